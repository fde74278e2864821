//! What a sender does with the link of a notice alone.

use crate::LANGUAGES;
use crate::driver::SPACE;
use crate::house::{FROM, House, OTHER, concern};
use crate::mail::{confidential, listed, wait_for};
use crate::visitor::Visitor;

#[test]
fn a_sender_decides_about_a_stopped_mail() {
    let house = House::new();
    let mut visitor = Visitor::new(&house);
    for (round, language) in LANGUAGES.into_iter().enumerate() {
        visitor.speak(language);
        let held = |what: &str| {
            let from = format!("{what}-{language}@social.kommun.example");
            house.held(&from, &[OTHER], &confidential(&format!("{what}-{language}")))
        };
        visitor.open(&held("first"));
        visitor.see("sender-overview");
        visitor.follow("a[href*='/edit']");
        visitor.see("sender-edit");
        visitor.follow(".back a");
        visitor.follow("a[href*='/review']");
        visitor.see("sender-review");
        visitor.follow_with("main button", SPACE);
        visitor.see("sender-review-asked");
        visitor.follow("main a.ds-button");
        visitor.see("sender-overview-asked");
        visitor.follow("a[href*='/secure']");
        visitor.see("sender-secure");
        visitor.follow("main button");
        visitor.see("sender-sent");
        assert_eq!(wait_for(&house.secure, round + 1).len(), round + 1);

        let void = held("second");
        visitor.open(&void);
        visitor.follow("a[href*='/withdraw']");
        visitor.see("sender-withdraw");
        visitor.follow("main button");
        visitor.see("sender-withdrawn");
        // The link is void now, and leads where one does that never was.
        visitor.open(&void);
        visitor.see_answered("sender-unknown", 404);
        assert_eq!((listed(&house.site, "held").len(), listed(&house.site, "discarded").len()), (0, round + 1));
    }

    let urgent = house.held(FROM, &[OTHER], &concern("urgent"));
    for language in LANGUAGES {
        visitor.speak(language);
        visitor.open(&urgent);
        visitor.see("sender-urgent");
    }
}
