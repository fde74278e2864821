//! What the record of a held mail says: who may look at it, and who has to agree.

use super::*;
use crate::detect::Severity;
use crate::store::HeldMessage;

async fn held(house: &House, message: RawMessage) -> HeldMessage {
    let sent = house.send(&["<a@firma.example>"], message).await;
    let Ok(Accepted::Held(receipt)) = sent else { panic!("{sent:?}") };
    let store = house.pipeline.store.clone().expect("a store");
    store.message(receipt.id()).await.expect("a store").expect("held")
}

#[tokio::test]
async fn a_mail_is_private_when_its_sender_says_so_and_is_judged_all_the_same() {
    let house = House::new(Wishes::default()).await;
    for (fields, private) in [("", false), ("Sensitivity: Private\r\n", true), ("Sensitivity: normal\r\n", false)] {
        assert_eq!(held(&house, mail(fields, CONFIDENTIAL)).await.record.private, private, "{fields:?}");
    }
    // In the subject.
    let marked = format!("From: kari@kommun.example\r\nSubject: Privat: hej\r\n\r\n{CONFIDENTIAL}");
    assert!(held(&house, RawMessage::uncounted(marked.into_bytes())).await.record.private);
}

#[tokio::test]
async fn two_persons_are_asked_for_from_the_severity_of_the_rules() {
    for (from, expected) in [(Some(Severity::Low), true), (None, false)] {
        let rules = Rules { four_eyes_from: from, ..Rules::new(Mode::Enforce) };
        let house = House::new(Wishes { rules, ..Wishes::default() }).await;
        assert_eq!(held(&house, mail("", CONFIDENTIAL)).await.record.four_eyes, expected, "{from:?}");
    }
}
