//! The page of a mail: masked, opened with purpose and code, decided upon; and what stands against it.

use zeroize::Zeroizing;

use super::*;
use crate::account::totp::CodeSecret;
use crate::account::{Credentials, Set, Setting, SignIn};
use crate::store::{Filter, State as MessageState};

const SECRETS: [&str; 3] = ["19941227-2396", "Karin Dahlqvist", "sjukskriven"];

impl House {
    /// Somebody whose app is known. The code of the step of the set-up is used; that of the next one is not.
    async fn person_with_app(&self, roles: &[Role], units: &[&str]) -> (Person, CodeSecret) {
        let accounts = &self.desk.pages.accounts;
        let units = units.iter().map(|unit| (*unit).to_owned()).collect();
        let standing = Standing { roles: roles.to_vec(), units, language: Some("sv".to_owned()) };
        let address = "granskare@kommun.example";
        let (_, link) = accounts.add(address, &standing, &Actor::System).await.unwrap();
        let codes = CodeSecret::random();
        let again = CodeSecret::from_bytes(codes.bytes()).unwrap();
        let password = || Zeroizing::new("fyra torra hästar på taket".to_owned());
        let code = Zeroizing::new(codes.code_at(Timestamp::now()).unwrap());
        let Set::Done(recovery) = accounts.set(&link, Setting { password: password(), codes, code }).await.unwrap()
        else {
            panic!("it was not set")
        };
        let typed = Credentials { address: address.to_owned(), password: password(), code: recovery[0].clone() };
        let SignIn::In(_, token) = accounts.sign_in(typed).await.unwrap() else { panic!("refused") };
        (Person { cookie: format!("{}={}", cookie::SESSION, token.text()) }, again)
    }

    /// Opens the page, and sends its form with these fields.
    async fn fill(&self, person: &Person, path: &str, fields: &str) -> Answer {
        let page = self.get(person, path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        self.post(person, path, &format!("{}&{fields}", form(&page.text))).await
    }

    async fn state(&self, reference: &Reference) -> MessageState {
        let filter = Filter { reference: Some(reference.clone()), ..Filter::default() };
        self.desk.store().list(&filter).await.unwrap()[0].state
    }
}

/// The hidden fields of the page's own form.
fn form(page: &str) -> String {
    let (_, main) = page.split_once("<main").unwrap();
    let value = |name: &str| {
        let (_, rest) = main.split_once(&format!("name=\"{name}\" value=\""))?;
        Some(format!("{name}={}", rest.split_once('"')?.0))
    };
    ["at", "tag", "seen"].into_iter().filter_map(value).collect::<Vec<_>>().join("&")
}

#[tokio::test]
async fn the_first_view_is_masked_and_on_the_record() {
    let house = House::new().await;
    let mail = house.held(Wish::default()).await;
    let person = house.person(&[Role::Reviewer], &["social"]).await;
    let page = house.get(&person, &format!("/held/{mail}")).await;
    assert_eq!(page.status, 200, "{}", page.text);
    for shown in [
        "19••••••-••••",
        "se.personnummer",
        "26 kap. 1 § OSL",
        "bo@post.example",
        "anna@kommun.example",
        "Inget är känt om adressen.",
        "Räcker inte",
        "Mottagare vars brevlådor öppnas minst med",
        "/release",
        "/discard",
    ] {
        assert!(page.text.contains(shown), "{shown} is not in {}", page.text);
    }
    for secret in SECRETS {
        assert!(!page.text.contains(secret), "{secret}");
    }
    assert!(!page.text.contains("/approve") && !page.text.contains("/download"));
    assert!(house.events().await.contains(&"opened account".to_owned()));
}

#[tokio::test]
async fn the_text_is_opened_with_a_purpose_and_a_code_and_the_code_counts_for_a_while() {
    let house = House::new().await;
    let mail = house.held(Wish::default()).await;
    let (person, codes) = house.person_with_app(&[Role::Reviewer], &["social"]).await;
    let path = format!("/held/{mail}/open");
    let openings = async || house.events().await.iter().filter(|event| *event == "opened account").count();
    for (fields, said) in [
        ("purpose=&code=1", "Välj varför du behöver läsa den."),
        ("purpose=other&words=&code=1", "Skriv med egna ord varför."),
        ("purpose=doubt&code=000000", "Koden stämmer inte"),
        ("purpose=nothing&code=1", "Välj varför du behöver läsa den."),
    ] {
        let refused = house.fill(&person, &path, fields).await;
        assert_eq!(refused.status, 422, "{fields}: {}", refused.text);
        assert!(refused.text.contains(said), "{fields}: {}", refused.text);
        assert!(SECRETS.iter().all(|secret| !refused.text.contains(secret)));
    }
    assert_eq!(openings().await, 0);
    let next = codes.code_at(Timestamp::now() + SignedDuration::from_secs(30)).unwrap();
    let opened = house.fill(&person, &path, &format!("purpose=doubt&words=dnr+12&code={next}")).await;
    assert_eq!(opened.status, 200, "{}", opened.text);
    assert!(opened.text.contains("<mark>19941227-2396") && opened.text.contains("sjukskriven"), "{}", opened.text);
    // No code is asked for again.
    let again = house.get(&person, &path).await;
    assert!(!again.text.contains("name=\"code\"") && again.text.contains("Din kod gäller till"));
    assert_eq!(house.fill(&person, &path, "purpose=asked").await.status, 200);
    assert_eq!(openings().await, 2);
    let history = house.get(&person, &format!("/held/{mail}")).await;
    assert!(history.text.contains("För att se om det som hittades stämmer; dnr 12"), "{}", history.text);
    // A form of another mail, and of another session.
    let other = house.held(Wish::default()).await;
    let foreign = form(&house.get(&person, &format!("/held/{other}/open")).await.text);
    assert_eq!(house.post(&person, &path, &format!("{foreign}&purpose=asked")).await.status, 403);
    let someone = house.person(&[Role::Reviewer], &["social"]).await;
    assert_eq!(house.post(&someone, &path, &format!("{foreign}&purpose=asked")).await.status, 403);
    assert_eq!(house.get(&person, &format!("/held/{mail}/download")).await.status, 403, "a reviewer takes no file");
}

#[tokio::test]
async fn what_is_private_nobody_opens() {
    let house = House::new().await;
    let mail = house.held(Wish { private: true, ..Wish::default() }).await;
    let person = house.person(&[Role::Reviewer, Role::Supervisor], &["social"]).await;
    let page = house.get(&person, &format!("/held/{mail}")).await;
    assert!(page.text.contains("märkt privat") && !page.text.contains("19••") && !page.text.contains("bo@"));
    for step in ["open", "download", "release", "return", "false-alarm", "discard"] {
        let answer = house.get(&person, &format!("/held/{mail}/{step}")).await;
        assert_eq!((answer.status, answer.location()), (303, format!("/held/{mail}").as_str()), "{step}");
    }
    assert!(!house.events().await.contains(&"opened account".to_owned()));
}

#[tokio::test]
async fn decisions_are_steps_of_the_quarantine_and_never_overwrite_another() {
    let house = House::new().await;
    let person = house.person(&[Role::Reviewer, Role::Supervisor], &["social"]).await;
    let mail = house.held(Wish::default()).await;
    let path = |step: &str| format!("/held/{mail}/{step}");
    assert_eq!(house.fill(&person, &path("discard"), "reason=").await.status, 422);
    let lain_open = house.get(&person, &path("return")).await;
    let kept = house.fill(&person, &path("keep"), "decision=KS+2026%2F77&reason=utl%C3%A4mnande").await;
    assert_eq!(kept.status, 200, "{}", kept.text);
    assert_eq!(house.get(&person, &path("discard")).await.status, 303, "kept is not deleted");
    // The page lay open while a colleague put it on legal hold.
    let late = house.post(&person, &path("return"), &format!("{}&reason=fel", form(&lain_open.text))).await;
    assert_eq!(late.status, 409, "{}", late.text);
    assert!(late.text.contains("Någon hann före") && late.text.contains("nu: Stoppad"), "{}", late.text);
    assert_eq!(house.state(&mail).await, MessageState::Held);
    assert_eq!(house.fill(&person, &path("unkeep"), "reason=klart").await.status, 200);
    let returned = house.fill(&person, &path("return"), "reason=fel+mottagare&word=recipients&own_advice=").await;
    assert_eq!(returned.status, 200, "{}", returned.text);
    assert_eq!(house.state(&mail).await, MessageState::Returned);

    let other = house.held(Wish::default()).await;
    let deleted = house.fill(&person, &format!("/held/{other}/discard"), "reason=dubblett").await;
    assert_eq!((deleted.status, house.state(&other).await), (200, MessageState::Discarded));
    let events = house.events().await;
    for event in ["kept account", "unkept account", "returned account", "discarded account"] {
        assert!(events.contains(&event.to_owned()), "{event} is not in {events:?}");
    }
}

#[tokio::test]
async fn a_false_alarm_keeps_rules_and_shapes_and_no_letter() {
    let house = House::new().await;
    let person = house.person(&[Role::Reviewer], &["social"]).await;
    let mail = house.held(Wish::default()).await;
    // Nothing is released from here: there is no next hop. What was said of the finding stands.
    let answer = house.fill(&person, &format!("/held/{mail}/false-alarm"), "reason=testnummer").await;
    assert_eq!(answer.status, 409, "{}", answer.text);
    let units = ["social".to_owned()];
    let rows = house.desk.store().false_alarms(&units).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].finding.rule.as_str(), rows[0].finding.shape.as_str()), ("se.personnummer", "••••••••-••••"));
    assert!(house.desk.store().false_alarms(&["bygg".to_owned()]).await.unwrap().is_empty());
}

/// Whoever reviews has a mailbox as well.
#[tokio::test]
async fn nobody_decides_about_a_mail_of_his_own() {
    let house = House::new().await;
    let mail = house.held(Wish::default()).await;
    let sender = house.person_of("Anna@kommun.example", &[Role::Reviewer, Role::Supervisor], &["social"]).await;
    let page = house.get(&sender, &format!("/held/{mail}")).await;
    assert!(page.text.contains("Du har själv skickat mejlet"), "{}", page.text);
    for step in ["open", "download", "release", "return", "false-alarm", "discard", "keep"] {
        assert!(!page.text.contains(&format!("/{step}\"")), "{step}");
        let answer = house.get(&sender, &format!("/held/{mail}/{step}")).await;
        assert_eq!((answer.status, answer.location()), (303, format!("/held/{mail}").as_str()), "{step}");
    }
    let other = house.person(&[Role::Reviewer], &["social"]).await;
    assert!(!house.get(&other, &format!("/held/{mail}")).await.text.contains("Du har själv"));
}
