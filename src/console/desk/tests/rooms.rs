//! What the rooms besides the queue say, and what they never do.

use super::*;
use crate::channel::{Evidence, Level, Pattern};
use crate::store::Total;

/// A form of a page: its two hidden fields, ready to be sent back.
fn tag_of(page: &Answer, after: &str) -> String {
    let text = &page.text[page.text.find(after).unwrap_or_else(|| panic!("{after} in {}", page.text))..];
    let value = |name: &str| {
        let field = format!("name=\"{name}\" value=\"");
        let start = text.find(&field).unwrap() + field.len();
        text[start..].split('"').next().unwrap().to_owned()
    };
    format!("at={}&tag={}", value("at"), value("tag"))
}

impl House {
    async fn counted(&self, totals: &[(&str, &str, &str, u64)]) {
        let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
        let total = |(unit, outcome, category, count): &(&str, &str, &str, u64)| Total {
            day: today.clone(),
            unit: (*unit).to_owned(),
            outcome: (*outcome).to_owned(),
            category: (*category).to_owned(),
            channel: "unknown".to_owned(),
            count: *count,
        };
        let totals: Vec<Total> = totals.iter().map(total).collect();
        self.desk.store().add_totals(&totals).await.unwrap();
    }
}

#[tokio::test]
async fn the_dashboard_says_how_much_was_stopped_and_shows_no_small_number() {
    let house = House::new().await;
    house
        .counted(&[
            ("social", "relayed", "", 960),
            ("social", "observed-held", "", 37),
            ("social", "observed-held", "health", 30),
            ("bygg", "observed-held", "", 3),
        ])
        .await;
    let officer = house.person(&[Role::DataProtection], &[]).await;
    let page = house.get(&officer, "/dashboard").await;
    assert_eq!(page.status, 200, "{}", page.text);
    for said in ["1\u{a0}000 e", "40 stoppades, 40,0 av tusen", "Siffror", "hälsa", "&#60;5"] {
        assert!(page.text.contains(said), "{said} is not in {}", page.text);
    }
    assert!(!page.text.contains(">3<"), "a small number: {}", page.text);
    // Of two units the one with three would be the whole less the other.
    assert!(!page.text.contains(">37<"), "{}", page.text);
    let sheet = house.get(&officer, "/dashboard.csv").await;
    assert_eq!(sheet.headers.get(header::CONTENT_TYPE).unwrap(), "text/csv; charset=utf-8");
    assert!(sheet.text.contains(";stopped;total;40\r\n") && !sheet.text.contains(";3\r\n"), "{}", sheet.text);
    assert!(house.events().await.iter().filter(|event| *event == "report-made account").count() == 2);
    let old = house.get(&officer, "/dashboard?period=1999").await;
    assert_eq!(old.status, 200);
}

#[tokio::test]
async fn an_address_is_explained_and_stands_in_no_address_and_on_no_record() {
    let house = House::with(vec![Channel {
        id: "region".into(),
        patterns: vec![Pattern::parse("@region.example").unwrap()],
        listed: Vec::new(),
        list_file: None,
        not: Vec::new(),
        evidence: Evidence {
            level: Level::Contract,
            decided_by: "IT-chef".into(),
            reference: "KS 2026/7".into(),
            verified_until: Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date() + jiff::Span::new().days(9),
        },
        per_mailbox: false,
        mailbox: Default::default(),
        next_hop: None,
        tls: None,
        way: None,
        owner: None,
    }])
    .await;
    let reviewer = house.person(&[Role::Reviewer], &["social"]).await;
    let page = house.get(&reviewer, "/channels").await;
    for said in ["region", "KS 2026/7", "IT-chef", "Tar slut om 9 dagar", "två faktorer, avtalat"] {
        assert!(page.text.contains(said), "{said} is not in {}", page.text);
    }
    let form = tag_of(&page, "id=\"explain\"");
    let answer = house.post(&reviewer, "/channels", &format!("{form}&address=Karin%40region.example")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.text.contains("karin@region.example") && answer.text.contains("Kanalens underlag gäller i dag"));
    let other = house.post(&reviewer, "/channels", &format!("{form}&address=karin%40annan.example")).await;
    assert!(other.text.contains("Ingen kanal gäller för adressen"), "{}", other.text);
    let wrong = house.post(&reviewer, "/channels", &format!("{form}&address=karin")).await;
    assert_eq!(wrong.status, 422);
    for link in house.desk.store().audit_links("node", 0).await.unwrap() {
        assert!(!format!("{link:?}").to_lowercase().contains("karin"), "{link:?}");
    }
}

#[tokio::test]
async fn a_text_is_judged_masked_and_not_kept() {
    let house = House::new().await;
    let officer = house.person(&[Role::DataProtection], &[]).await;
    let page = house.get(&officer, "/words").await;
    assert!(page.text.contains("health.mental"), "{}", page.text);
    let form = tag_of(&page, "id=\"attempt\"");
    let text = "text=Karin+Dahlqvist%2C+personnummer+19941227-2396%2C+%C3%A4r+sjukskriven.&unit=social";
    let before = house.events().await.len();
    let answer = house.post(&officer, "/words", &format!("{form}&{text}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    for said in ["Skulle stoppas", "personnummer", "stark", "•"] {
        assert!(answer.text.contains(said), "{said} is not in {}", answer.text);
    }
    let after_the_form = answer.text.split("</textarea>").nth(1).unwrap();
    let shown = after_the_form.split("<footer").next().unwrap();
    assert!(!shown.contains("-2396") && !shown.contains("Dahlqvist"), "{shown}");
    assert_eq!(house.events().await.len(), before + 1, "that false alarms were listed, and nothing else");
    let harmless = house.post(&officer, "/words", &format!("{form}&text=Hej+och+tack&unit=social")).await;
    assert!(harmless.text.contains("Skulle skickas") && harmless.text.contains("Inget hittades"), "{}", harmless.text);
}

#[tokio::test]
async fn the_record_is_read_by_pages_verified_and_taken_as_a_file() {
    let house = House::new().await;
    let held = house.held(Wish::default()).await;
    let auditor = house.person(&[Role::Auditor], &[]).await;
    let page = house.get(&auditor, "/record?event=held&unit=social").await;
    assert!(page.status == 200 && page.text.contains(held.as_str()), "{}", page.text);
    assert!(!page.text.contains("kommun.example</td>"), "no address but the reader's own");
    assert!(house.get(&auditor, "/record?unit=bygg").await.text.contains("Inget passar"));
    let page = house.get(&auditor, "/record").await;
    let verified = house.post(&auditor, "/record/verify", &tag_of(&page, "/record/verify")).await;
    assert!(verified.text.contains("Inget fel i någon kedja. 1 stoppade"), "{}", verified.text);
    let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let form = tag_of(&page, "/record.csv");
    let file = house.post(&auditor, "/record.csv", &format!("{form}&from={today}&to={today}&masked=1")).await;
    assert!(file.text.starts_with("\u{feff}writer;sequence;at;event") && file.text.contains(";held;"), "{}", file.text);
    assert_eq!(house.events().await.last().unwrap(), "exported account");
    for _ in 0..120 {
        house.desk.store().append(&Event::BackupMade.entry(&Actor::System, Timestamp::now())).await.unwrap();
    }
    let first = house.get(&auditor, "/record?event=backup-made").await;
    let next = first.text.split("after=").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let second = house.get(&auditor, &format!("/record?event=backup-made&after={next}")).await;
    let rows = |page: &Answer| page.text.matches("<code>backup-made</code>").count();
    assert_eq!((rows(&first), rows(&second)), (100, 20));
}

#[tokio::test]
async fn an_administrator_keeps_accounts_and_cannot_lock_himself_out() {
    let house = House::new().await;
    let admin = house.person(&[Role::Administrator], &[]).await;
    let page = house.get(&admin, "/accounts").await;
    let form = tag_of(&page, "<main");
    let list = page.text.split("<main").nth(1).and_then(|main| main.split("<footer").next()).unwrap();
    assert!(!list.contains("kommun.example"), "addresses are closed: {list}");
    let opened = house.post(&admin, "/accounts", &format!("{form}&act=open")).await;
    assert!(opened.text.split("<footer").next().unwrap().contains("@kommun.example"), "{}", opened.text);
    let address = "address=ny%40kommun.example";
    let added = house
        .post(&admin, "/accounts", &format!("{form}&act=add&{address}&role-reviewer=1&unit-social=1&unit-none=1"))
        .await;
    assert!(added.status == 200 && added.text.contains("/a/"), "{}", added.text);
    let again = house.post(&admin, "/accounts", &format!("{form}&act=add&{address}")).await;
    assert!(again.status == 422 && again.text.contains("redan ett konto"), "{}", again.text);
    let rows = house.desk.store().accounts().await.unwrap();
    let (own, new) = (rows[0].id, rows[1].clone());
    assert_eq!((new.roles.clone(), new.units.clone()), (vec!["reviewer".to_owned()], vec!["social".to_owned()]));
    for (act, id, status, said) in [
        ("disable", own, 422, "inte stänga av"),
        ("reset", own, 422, "inte stänga av"),
        ("change", own, 422, "sista administratören"),
        ("change&role-auditor=1", new.id, 200, "Ändrat"),
        ("disable", new.id, 200, "Avstängt"),
        ("enable", new.id, 200, "Ändrat"),
        ("reset", new.id, 200, "/a/"),
        ("nothing", new.id, 404, ""),
    ] {
        let answer = house.post(&admin, "/accounts", &format!("{form}&act={act}&id={id}")).await;
        assert_eq!(answer.status, status, "{act}: {}", answer.text);
        assert!(answer.text.contains(said), "{act}: {}", answer.text);
    }
    assert_eq!(house.desk.store().account(new.id).await.unwrap().unwrap().roles, ["auditor"]);
}

#[tokio::test]
async fn everybody_has_an_account_of_his_own() {
    let house = House::new().await;
    let auditor = house.person(&[Role::Auditor], &[]).await;
    let page = house.get(&auditor, "/account").await;
    assert!(page.text.contains("Mitt konto") && page.text.contains("0 kvar"), "{}", page.text);
    let form = tag_of(&page, "id=\"own-language\"");
    house.post(&auditor, "/account", &format!("{form}&act=language&language=nb")).await;
    assert!(house.get(&auditor, "/account").await.text.contains("Min konto"));
    let ended = house.post(&auditor, "/account", &format!("{form}&act=sessions")).await;
    assert_eq!((ended.status, ended.location()), (303, "/sign-in"));
    assert_eq!(house.get(&auditor, "/account").await.status, 303, "nobody is signed in any more");
    assert_eq!(house.events().await.last().unwrap(), "sessions-ended account");
}

#[tokio::test]
async fn whoever_runs_it_sees_checks_and_configuration() {
    let house = House::new().await;
    house.desk.operations.health.set("store", Ok::<(), &str>(()));
    house.desk.operations.health.set("next-hop:default", Err("connection refused"));
    let admin = house.person(&[Role::Administrator], &[]).await;
    let page = house.get(&admin, "/health-view").await;
    for said in ["tar inte emot", "next-hop:default", "connection refused", "Inte i ordning", "Konfiguration i kraft"] {
        assert!(page.text.contains(said), "{said} is not in {}", page.text);
    }
    let supervisor = house.person(&[Role::Supervisor], &["social"]).await;
    let figures = house.get(&supervisor, "/dashboard").await;
    assert!(figures.text.contains("Inte i ordning: next-hop:default"), "{}", figures.text);
}
