//! Accounts: set up by a link, signed in with two factors, and what a sender may do then.

use crate::LANGUAGES;
use crate::driver::ENTER;
use crate::house::{GUARD, House, OTHER, Person};
use crate::mail::confidential;
use crate::visitor::Visitor;

#[test]
fn a_sender_with_an_account_asks_for_an_exception_reports_at_once_and_fetches() {
    let house = House::new();
    let mut visitor = Visitor::new(&house);
    for language in LANGUAGES {
        visitor.speak(language);
        let address = format!("kari-{language}@social.kommun.example");
        let link = house.invited(&address, language, &[]);
        visitor.open(&link);
        visitor.see("account-enrol");
        let person = Person::enrolled(&visitor, &address);
        visitor.see("account-recovery");

        let page = house.held(&address, &[GUARD, OTHER], &confidential(language));
        visitor.open(&page);
        visitor.follow("a[href*='/sign-in']");
        visitor.see("account-sign-in");
        person.signs_in_with(&visitor, "000000");
        visitor.see_answered("account-refused", 403);
        person.signs_in(&visitor);
        visitor.see("sender-own");

        visitor.follow("a[href*='/exception']");
        visitor.see("sender-exceptions");
        visitor.follow("a[href*='code=EX-CONSENT']");
        visitor.see("sender-exception");
        visitor.fill("#date", "05012026");
        visitor.fill("#documented", " ");
        visitor.fill("#received-by", "handläggare");
        visitor.fill("#scope", "vårdplan");
        visitor.fill("#reason", "flytt");
        visitor.follow("main form button");
        visitor.see_answered("sender-exception-incomplete", 422);
        visitor.fill("#documented", "dnr 2026/17");
        visitor.follow("main form button");
        visitor.see("sender-exception-asked");

        visitor.follow("main a.ds-button");
        visitor.follow("a[href*='/sign-in']");
        visitor.follow("a[href*='/at-once']");
        visitor.see("sender-at-once");
        visitor.fill("#reason", "ett barn far illa");
        visitor.follow("main form button");
        visitor.see("sender-at-once-sent");

        house.told(&["quarantine", "return", &house.id_of("held"), "--reason", "fel mottagare"], "");
        visitor.open(&page);
        visitor.see("sender-returned");
        visitor.follow("a[href*='/sign-in']");
        visitor.see("sender-own-returned");
        visitor.reach("form[action*='/fetch'] button");
        visitor.browser.press(ENTER);
        let fetched = String::from_utf8_lossy(&visitor.browser.fetched("eml")).into_owned();
        assert!(fetched.contains(&format!("<{language}@kommun.example>")), "the mail itself");
        visitor.follow("form.bar button");
        visitor.see("sender-signed-out");
    }
}
