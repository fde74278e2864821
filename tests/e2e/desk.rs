//! A reviewer at the desk: signs in, reads a held mail with a purpose, and sends it by the way that asks its recipient to
//! log in. Somebody of another unit finds nothing.

use crate::accounts::{Browser, House, PASSWORD, text};
use crate::capture::{Behaviour, Capture};
use crate::mail::{assert_no_secret, decoded, listed, wait_for};

const REVIEWER: &str = "rut@social.kommun.example";
const OTHER: &str = "bo@bygg.kommun.example";

/// The part of a page that is not its frame: the forms of the frame stand around it.
fn main_of(page: &str) -> &str {
    page.split_once("<main").expect("a page").1.split_once("</main>").expect("a page").0
}

impl Browser {
    /// Signs in at the desk.
    fn at_desk(&mut self, address: &str, code: &str) {
        let fields = [("address", address), ("password", PASSWORD), ("code", code)];
        let answer = self.fill("/sign-in?to=%2Fqueue", "/sign-in?to=%2Fqueue", &fields);
        assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/queue")), "{}", answer.text);
    }

    /// Opens the page, and sends its own form with these fields.
    fn decide(&mut self, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let page = self.get(path);
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        let answer = self.send(main_of(&page.text), path, fields);
        (answer.status, answer.text)
    }
}

#[test]
fn a_reviewer_reads_a_held_mail_with_a_purpose_and_sends_it_the_secure_way() {
    let gateway = Capture::start(Behaviour::default());
    let tables = format!(
        r#"
        [next_hop.secure]
        address = "{}"
        tls = "none"
        [[channel]]
        id = "gateway"
        next_hop = "secure"
        reroute = "on-request"
        trigger = [{{ subject = "[säkert]" }}]
        evidence = {{ level = "eid", decided_by = "IT", reference = "avtal", verified_until = 2999-12-31 }}
        [[unit]]
        id = "bygg"
        senders = ["@bygg.kommun.example"]
        profile = "se.general"
        language = "sv"
        "#,
        gateway.address()
    );
    let house = House::with(&tables);
    let sluss = house.site.start();
    let link = house.held("1", 1);
    let reference = listed(&house.site, "held")[0]["ref"].as_str().expect("a reference").to_owned();
    let (path, open) = (format!("/held/{reference}"), format!("/held/{reference}/open"));
    let reviewer = house.person_with(REVIEWER, &["--role", "reviewer", "--unit", "social"]);
    let other = house.person_with(OTHER, &["--role", "reviewer", "--unit", "bygg"]);

    let mut stranger = Browser::new(&house);
    let out = stranger.get(&path);
    assert_eq!(out.location.as_deref(), Some(format!("/sign-in?to=%2Fheld%2F{reference}").as_str()));
    stranger.at_desk(OTHER, &other.recovery[0]);
    assert!(!stranger.get("/queue").text.contains(&reference));
    for page in [&path, &open, &format!("{path}/release")] {
        assert_eq!(stranger.get(page).status, 404, "{page}");
    }

    // By a recovery code: the next code of the app is left for the opening.
    let mut browser = Browser::new(&house);
    browser.at_desk(REVIEWER, &reviewer.recovery[0]);
    let queue = browser.get("/queue").text;
    assert!(queue.contains(&path), "{queue}");
    assert_no_secret("the queue", &queue);
    let masked = browser.get(&path).text;
    assert_no_secret("the first view", &masked);
    assert!(masked.contains("19••••••-••••") && masked.contains("ola@firma.example"), "{masked}");

    let (status, refused) = browser.decide(&open, &[("purpose", "doubt"), ("code", "000000")]);
    assert_eq!(status, 422);
    assert_no_secret("what is shown without a code", &refused);
    let fields = [("purpose", "doubt"), ("words", "fråga från enheten"), ("code", &reviewer.code(1))];
    let (status, opened) = browser.decide(&open, &fields);
    assert_eq!(status, 200, "{opened}");
    assert!(opened.contains("<mark>19941227-2396") && opened.contains("depression"), "{opened}");

    let (status, sent) = browser.decide(&format!("{path}/release"), &[("choice", "way:gateway"), ("reason", "")]);
    assert_eq!(status, 200, "{sent}");
    let taken = wait_for(&gateway, 1);
    assert!(decoded(&taken[0]).contains("depression"), "the mail itself has gone to the gateway");
    assert_eq!((listed(&house.site, "held").len(), listed(&house.site, "released").len()), (0, 1));
    assert!(browser.get(&path).text.contains("Alla har den"));
    assert_eq!(browser.get(&link).status, 404, "the sender's link is void now");

    let audit = house.audit();
    assert_no_secret("the record", &audit);
    let actor = format!("account:{}", reviewer.account);
    for event in ["listed", "opened", "sign-in-confirmed", "release-started"] {
        let known = |line: &&str| line.contains(&format!("\"{event}\"")) && line.contains(&actor);
        assert!(audit.lines().any(|line| known(&line)), "{event} by {actor} is not in {audit}");
    }
    assert!(audit.contains("doubt; fråga från enheten") && !audit.contains(REVIEWER));
    text(house.site.run(&["audit", "verify"]));
    let log = sluss.log();
    assert!(!log.contains(REVIEWER) && !log.contains("fråga från enheten"), "{log}");
}

#[test]
fn a_sender_sees_who_has_read_the_mail_and_why() {
    let house = House::with("");
    let _sluss = house.site.start();
    let link = house.held("2", 1);
    let reviewer = house.person_with(REVIEWER, &["--role", "reviewer", "--unit", "social"]);
    let mut browser = Browser::new(&house);
    browser.at_desk(REVIEWER, &reviewer.recovery[0]);
    let reference = listed(&house.site, "held")[0]["ref"].as_str().expect("a reference").to_owned();
    browser.get(&format!("/held/{reference}"));
    assert!(!browser.get(&link).text.contains("av en granskare"), "a masked look is no reading");
    let fields = [("purpose", "danger"), ("code", &reviewer.code(1))];
    assert_eq!(browser.decide(&format!("/held/{reference}/open"), &fields).0, 200);
    let page = browser.get(&link).text;
    assert!(page.contains("av en granskare för social: någon kan vara i fara"), "{page}");
}
