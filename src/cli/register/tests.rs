//! The commands as they are called, on a real store.

use std::collections::BTreeSet;
use std::sync::Arc;

use clap::Parser;
use jiff::tz::TimeZone;

use super::*;
use crate::channel::Canonical;
use crate::detect::{Category, Severity, identifier};
use crate::policy::{Case, Exceptions, Lifted, Whom};
use crate::store::sqlite;

/// Invented, with right check digits.
const KARI: &str = "01819012365";
const KARIN: &str = "19941227-2396";

#[derive(Parser)]
enum Line {
    Consent(consent::Args),
    Order(order::Args),
    Team(team::Args),
}

fn parse(line: &str) -> Result<Command, clap::Error> {
    Line::try_parse_from(std::iter::once("sluss").chain(line.split(' '))).map(|line| match line {
        Line::Consent(args) => Command::Consent(args),
        Line::Order(args) => Command::Order(args),
        Line::Team(args) => Command::Team(args),
    })
}

struct House {
    folder: tempfile::TempDir,
    store: Arc<Database>,
    now: Zoned,
}

impl House {
    async fn new() -> House {
        let folder = tempfile::tempdir().unwrap();
        let settings = sqlite::Settings {
            path: folder.path().join("sluss.db"),
            writer: "node".into(),
            busy_timeout: sqlite::BUSY_TIMEOUT,
            create: true,
        };
        let store = Arc::new(Database::open(settings).await.unwrap());
        House { folder, store, now: "2026-05-04T10:00:00+00:00[UTC]".parse().unwrap() }
    }

    fn keys() -> Keys {
        Keys::derive(&[7; 32])
    }

    /// Runs a line with this typed at the input.
    async fn run(&self, line: &str, typed: &str) -> Result<Vec<String>, String> {
        let command = parse(line).map_err(|error| error.to_string())?;
        let mut desk = Desk {
            store: self.store.as_ref(),
            keys: House::keys(),
            actor: Actor::Operator("kari".into()),
            now: self.now.clone(),
            input: &mut typed.as_bytes(),
            terminal: false,
        };
        desk.answer(command).await.map_err(|error| error.to_string())
    }

    async fn id(&self, line: &str, typed: &str) -> String {
        let lines = self.run(line, typed).await.unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(lines.len(), 1);
        lines[0].clone()
    }

    fn file(&self, text: &str) -> String {
        let path = self.folder.path().join("members");
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// What the policy makes of a mail about this person to this address.
    async fn lifted(&self, person: &str, to: &str) -> Lifted {
        let rows = self.store.registers().await.unwrap();
        let registers = snapshot(&rows, &House::keys(), Exceptions::builtin(), Vec::new(), &TimeZone::UTC);
        let identity = identifier::number(person, (2026, 5, 4)).unwrap().1;
        registers.apply(&Case {
            persons: &[Whom::new(&House::keys().person_digests(&identity.0))],
            matters: &[],
            people: 1,
            recipients: &[Canonical::of(to).unwrap()],
            unit: "social",
            profile: "se.social",
            categories: &BTreeSet::from([Category::Health]),
            severity: Severity::High,
            claimed: None,
            today: self.now.date(),
        })
    }
}

const CONSENT: &str = "consent add --purpose rehab --category health,national-id --recipient @klinik.example \
                       --given 2026-05-01 --received-by handläggare --documented BUV-1 --expires 2026-12-31";
const ORDER: &str = "order add --decided-by statsforvalteren --reference 2026-17";

#[test]
fn wrong_use_is_refused() {
    let id = "0123456789abcdef0123456789abcdef";
    for (line, right) in [
        (CONSENT, true),
        (&format!("{CONSENT} --case BUV-1"), true),
        (&CONSENT.replace("health,", "helth,"), false),
        (&CONSENT.replace("@klinik", "klinik"), false),
        (&CONSENT.replace("--purpose rehab ", ""), false),
        (&CONSENT.replace("2026-12-31", "31.12.2026"), false),
        ("consent list --all --open --json", true),
        ("consent list --person --case BUV-1", false),
        (&format!("consent withdraw {id}"), true),
        ("consent withdraw ABCD-2345", false),
        ("consent withdraw", false),
        (ORDER, true),
        ("order add --reference 2026-17", false),
        (&format!("order end {id} --until 2026-06-30"), true),
        ("team add --kind sip --basis x --expires 2026-12-31", false),
        (&format!("team change {id} --opt-out"), true),
        (&format!("team end {id}"), true),
        // A number is no argument anywhere.
        (&format!("{CONSENT} --person {KARI}"), false),
        (&format!("{CONSENT} {KARI}"), false),
    ] {
        assert_eq!(parse(line).is_ok(), right, "{line}");
    }
}

#[tokio::test]
async fn a_consent_is_registered_used_listed_and_withdrawn() {
    let house = House::new().await;
    let id = house.id(CONSENT, &format!("{KARIN}\n")).await;
    let lifted = house.lifted("9412272396", "a@klinik.example").await;
    assert!(lifted.secrecy && !lifted.channel, "the number counts however it is written");
    assert_eq!(lifted.by[0].to_string(), format!("consent:{id}"));
    assert!(!house.lifted(KARI, "a@klinik.example").await.secrecy);
    let link = house.store.audit_links("node", 0).await.unwrap().pop().unwrap();
    assert_eq!((link.event.as_str(), link.actor.as_str()), ("consent-given", "operator:kari"));
    assert_eq!((link.detail.as_deref(), link.reason), (Some(format!("consent={id}").as_str()), None));

    let list = house.run("consent list --json", "").await.unwrap();
    let fields: serde_json::Value = serde_json::from_str(&list[0]).unwrap();
    assert_eq!(fields["id"], id.as_str());
    assert_eq!((&fields["state"], &fields["categories"][1]), (&"valid".into(), &"national-id".into()));
    assert_eq!(fields.get("recipients"), None, "closed unless asked for");
    let opened = house.run("consent list --json --open", "").await.unwrap();
    let fields: serde_json::Value = serde_json::from_str(&opened[0]).unwrap();
    assert_eq!((&fields["recipients"][0], &fields["documented"]), (&"@klinik.example".into(), &"BUV-1".into()));
    assert_eq!(house.run("consent list --person", KARI).await.unwrap(), Vec::<String>::new());
    let columns = house.run("consent list --person", KARIN).await.unwrap();
    assert_eq!(
        columns[0].split_whitespace().collect::<Vec<_>>().join(" "),
        "ID STATE GIVEN EXPIRES CATEGORIES WITHDRAWN AT"
    );
    assert!(columns[1].starts_with(&id) && columns.len() == 2);

    house.run(&format!("consent withdraw {id}"), "").await.unwrap();
    assert!(!house.lifted(KARIN, "a@klinik.example").await.secrecy);
    assert_eq!(house.run("consent list", "").await.unwrap().len(), 0);
    assert!(house.run("consent list --all", "").await.unwrap()[1].contains("withdrawn"));
    let again = house.run(&format!("consent withdraw {id}"), "").await.unwrap_err();
    assert_eq!(again, "the entry has ended already");
}

#[tokio::test]
async fn a_number_that_is_none_is_refused_and_never_repeated() {
    let house = House::new().await;
    for typed in ["", "\n", "01819012366", "19941227-2397", "Kari 01819012365", &"1".repeat(5_000)] {
        let error = house.run(CONSENT, typed).await.unwrap_err();
        assert!(error.contains("--case REF"), "{error}");
        assert!(typed.trim().is_empty() || !error.contains(typed.trim()), "{error}");
    }
    assert_eq!(house.store.registers().await.unwrap().changes, 0);
    house.id(&format!("{CONSENT} --case buv-1"), "").await;
    assert_eq!(house.run("consent list --case BUV-1", "").await.unwrap().len(), 2, "however it is capitalised");
    for (line, reason) in [
        (CONSENT.replace("2026-05-01", "2026-05-05"), "--given lies in the future"),
        (CONSENT.replace("2026-12-31", "2026-05-03"), "--expires has passed"),
        (CONSENT.replace("2026-12-31", "2026-04-01"), "--expires lies before --given"),
    ] {
        let error = house.run(&line, KARI).await.unwrap_err();
        assert!(error.contains(reason), "{error}");
    }
}

#[tokio::test]
async fn an_order_holds_until_it_is_ended() {
    let house = House::new().await;
    house.id(CONSENT, KARI).await;
    let id = house.id(ORDER, KARI).await;
    let lifted = house.lifted(KARI, "a@klinik.example").await;
    assert_eq!((lifted.secrecy, lifted.order.as_deref()), (false, Some(id.as_str())));
    let listed = house.run("order list --open", "").await.unwrap();
    assert!(listed[1].contains("in-force") && listed[1].contains("statsforvalteren"), "{listed:?}");
    house.run(&format!("order end {id}"), "").await.unwrap();
    assert!(house.lifted(KARI, "a@klinik.example").await.secrecy);
    assert!(house.run("order list --all", "").await.unwrap()[1].contains("ended"));
    let before = house.run(&format!("{ORDER} --from 2026-06-01 --until 2026-05-31"), KARI).await.unwrap_err();
    assert!(before.contains("on no day"), "{before}");
}

#[tokio::test]
async fn a_team_is_made_changed_and_ended() {
    let house = House::new().await;
    let file = house.file("# the plan\nPost@Klinik.example BUP, team 2\n\nrektor@skole.example\tSkolen\n");
    let consent = house.id(CONSENT, KARI).await;
    let add = format!("team add --kind individual-plan --members {file} --basis no.hol --expires 2026-12-31");
    let other = house.run(&format!("{add} --consent {consent}"), KARIN).await.unwrap_err();
    assert_eq!(other, "--consent: the consent is another person's");
    let id = house.id(&format!("{add} --consent {consent}"), KARI).await;
    assert!(house.lifted(KARI, "rektor@skole.example").await.team);
    let opened = house.run("team list --json --open", "").await.unwrap();
    let fields: serde_json::Value = serde_json::from_str(&opened[0]).unwrap();
    assert_eq!(fields["members"][0]["service"], "BUP, team 2");
    assert_eq!(fields["members"][1]["address"], "rektor@skole.example");

    let nothing = house.run(&format!("team change {id}"), "").await.unwrap_err();
    assert!(nothing.contains("--opt-out"), "{nothing}");
    let file = house.file("post@klinik.example BUP\n");
    house.run(&format!("team change {id} --members {file} --expires 2026-06-30"), "").await.unwrap();
    assert!(!house.lifted(KARI, "rektor@skole.example").await.team);
    assert!(house.lifted(KARI, "post@klinik.example").await.team);
    house.run(&format!("team change {id} --opt-out"), "").await.unwrap();
    assert!(!house.lifted(KARI, "post@klinik.example").await.team);
    house.run(&format!("team end {id}"), "").await.unwrap();
    assert_eq!(house.run("team list", "").await.unwrap().len(), 0);

    for (text, reason) in [
        ("", "names nobody"),
        ("post@bup.example", "line 1: allowed: an address"),
        ("\nklinik BUP", "line 2: the first word is no mail address"),
        ("a@bup.example x\nA@bup.example y", "line 2: this address stands twice"),
    ] {
        let file = house.file(text);
        let line = format!("team add --kind sip --members {file} --basis x --expires 2026-12-31");
        let error = house.run(&line, KARI).await.unwrap_err();
        assert!(error.contains(reason) && !error.contains("bup.example"), "{error}");
    }
}

/// Whoever reads the file learns no number, no address, no text.
#[tokio::test]
async fn nothing_personal_is_in_clear_in_the_database_or_the_audit() {
    let house = House::new().await;
    let file = house.file("rektor@skole.example Skolen\n");
    house.id(CONSENT, KARI).await;
    house.id(ORDER, KARI).await;
    house.id(&format!("team add --kind sip --members {file} --basis no.hol --expires 2026-12-31"), KARI).await;
    house.store.close().await;
    for name in ["sluss.db", "sluss.db-wal"] {
        let bytes = std::fs::read(house.folder.path().join(name)).unwrap_or_default();
        for word in
            [KARI, "klinik.example", "rehab", "BUV-1", "handl", "statsforvalteren", "2026-17", "skole", "no.hol"]
        {
            let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!found, "{word} is in {name}");
        }
    }
}

#[tokio::test]
async fn a_snapshot_is_made_anew_when_something_has_changed() {
    let house = House::new().await;
    let mut source = Source::new(house.store.clone(), Arc::new(House::keys()));
    let exceptions = Exceptions::builtin();
    assert!(source.changed(&exceptions, &[]).await.unwrap().is_some(), "the first");
    assert!(source.changed(&exceptions, &[]).await.unwrap().is_none());
    house.id(CONSENT, KARI).await;
    assert!(source.changed(&exceptions, &[]).await.unwrap().is_some());
    assert!(source.changed(&exceptions, &[]).await.unwrap().is_none());
    source.read(&exceptions, &[]).await.unwrap();
}

#[tokio::test]
async fn an_entry_of_another_secret_lifts_nothing() {
    let house = House::new().await;
    house.id(CONSENT, KARI).await;
    let rows = house.store.registers().await.unwrap();
    let row = &rows.consents[0];
    assert!(sealed::open::<sealed::ConsentText>(&House::keys(), row.id, &row.sealed).is_some());
    assert!(sealed::open::<sealed::ConsentText>(&Keys::derive(&[8; 32]), row.id, &row.sealed).is_none());
    let other = crate::store::RegisterId::random();
    assert!(sealed::open::<sealed::ConsentText>(&House::keys(), other, &row.sealed).is_none(), "copied to another row");
    assert!(sealed::open::<sealed::OrderText>(&House::keys(), row.id, &row.sealed).is_none(), "read as another kind");
}
