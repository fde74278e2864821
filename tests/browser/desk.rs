//! What reviewers do at the desk. Two languages with scripts off, two with the desk's own script.

use crate::LANGUAGES;
use crate::driver::DOWN;
use crate::house::{House, OTHER, Person, concern};
use crate::mail::{confidential, listed, wait_for};
use crate::visitor::Visitor;

/// Pages that whoever reviews and supervises may look at: name, address, status. A line for each page more.
const PAGES: &[(&str, &str, u64)] = &[
    ("desk-queue", "/queue", 200),
    ("desk-queue-filtered", "/queue?unit=social", 200),
    ("desk-queue-wrong", "/queue?ref=x", 422),
];

/// Pages below that of a held mail.
const OF_A_MAIL: &[(&str, &str)] = &[
    ("desk-held", ""),
    ("desk-open", "/open"),
    ("desk-download", "/download"),
    ("desk-release", "/release"),
    ("desk-return", "/return"),
    ("desk-false-alarm", "/false-alarm"),
    ("desk-discard", "/discard"),
    ("desk-keep", "/keep"),
];

#[test]
fn a_reviewer_opens_a_mail_with_a_purpose_and_releases_it() {
    let house = House::new();
    house.held("ola@bygg.kommun.example", &[OTHER], &confidential("bygg"));
    let others = references(&house, "bygg").remove(0);
    let mut visitor = Visitor::new(&house);
    for (round, language) in LANGUAGES.into_iter().enumerate() {
        visitor.speak(language);
        visitor.with_scripts(round >= 2);
        let address = format!("granskare-{language}@social.kommun.example");
        let roles = ["--role", "reviewer", "--role", "supervisor", "--unit", "social"];
        visitor.open(&house.invited(&address, language, &roles));
        let person = Person::enrolled(&visitor, &address);
        let sender = |name: &str| format!("{name}-{language}@social.kommun.example");
        house.held(&sender("eva"), &[OTHER], &concern(&format!("concern-{language}")));
        let before = references(&house, "social");
        house.held(&sender("kari"), &[OTHER], &confidential(language));
        let own = references(&house, "social").into_iter().find(|own| !before.contains(own)).expect("one more");

        visitor.open("/queue");
        visitor.see("desk-sign-in");
        person.signs_in_with(&visitor, "000000");
        visitor.see_answered("desk-refused", 403);
        person.signs_in(&visitor);
        for (name, path, status) in PAGES {
            visitor.open(path);
            visitor.see_answered(name, *status);
        }
        for (name, path) in OF_A_MAIL {
            visitor.open(&format!("/held/{own}{path}"));
            visitor.see(name);
        }
        reads(&mut visitor, &person, &own);
        visitor.follow("main a.ds-button");
        visitor.see("desk-held-opened");
        decides(&mut visitor, &own);
        assert_eq!(wait_for(&house.secure, round + 1).len(), round + 1, "it went by the way with login");

        // Another unit's mail is nowhere.
        visitor.open("/queue?unit=bygg");
        assert!(!visitor.text("main").contains(&others), "another unit's mail is listed");
        for path in ["", "/open", "/release"] {
            visitor.open(&format!("/held/{others}{path}"));
            visitor.see_answered("desk-unknown", 404);
        }
        visitor.open("/queue");
        visitor.follow("form.who button");
        visitor.see("desk-signed-out");
    }
    assert_eq!(references(&house, "bygg"), [others]);
}

/// From the queue to the text, with a purpose and a second factor.
fn reads(visitor: &mut Visitor, person: &Person, own: &str) {
    visitor.open("/queue");
    visitor.follow(&format!("#queue a[href*='{own}']"));
    visitor.follow("main a[href*='/open']");
    visitor.fill("#purpose", DOWN);
    visitor.fill("#code", "000000");
    visitor.follow("main form button");
    visitor.see_answered("desk-open-refused", 422);
    visitor.fill("#code", &person.recovery[0]);
    visitor.follow("main form button");
    visitor.see("desk-opened");
    assert!(visitor.text("main").contains("Karin Dahlqvist"), "the text itself");
}

/// First not as it should be, then by the way that is offered first.
fn decides(visitor: &mut Visitor, own: &str) {
    visitor.follow("main a[href*='/discard']");
    visitor.fill("#reason", " ");
    visitor.follow("main form button");
    visitor.see_answered("desk-discard-incomplete", 422);
    visitor.open(&format!("/held/{own}"));
    visitor.follow("main a[href*='/release']");
    visitor.follow("main form button");
    visitor.see("desk-released");
}

/// Of the unit's mails that are held.
fn references(house: &House, unit: &str) -> Vec<String> {
    let rows = listed(&house.site, "held");
    let own = rows.iter().filter(|row| row["unit"] == unit);
    own.map(|row| row["ref"].as_str().expect("a reference").to_owned()).collect()
}
