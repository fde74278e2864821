//! Who got a mail is known to whom has the keys, long after the mail is gone, and to nobody else.

use super::next_hop::NextHop;
use super::*;
use crate::audit::Event;
use crate::quarantine::{Disclosure, disclose};
use crate::store::MailboxRole;
use crate::telemetry::Sensitive;

const TWO: [&str; 2] = ["bo@post.example", "eva@post.example"];

async fn recipients(house: &House, id: MessageId) -> Vec<(usize, String)> {
    let identities = Identities::from_file(&house.dir.join("identity")).unwrap();
    disclose::recipients(house.store.as_ref(), &identities, id).await.unwrap()
}

#[tokio::test]
async fn a_released_mail_is_found_by_its_mailboxes_and_tells_who_got_it() {
    let house = House::new().await;
    let id = house.held(&TWO).await;
    assert_eq!(recipients(&house, id).await, [], "nobody has it yet");
    let hop = NextHop::honest().await;
    house.releasing(hop.address).release(id, &operator(), Route::Ordinary, None).await.unwrap();
    let expected = [(0, TWO[0].to_owned()), (1, TWO[1].to_owned())];
    assert_eq!(recipients(&house, id).await, expected);
    // The evidence goes; who got it stays.
    house.store.sweep(house.clock.now() + jiff::SignedDuration::from_hours(24 * 400)).await.unwrap();
    assert!(house.store.evidence(id).await.unwrap().is_none());
    assert_eq!(recipients(&house, id).await, expected);
    for (address, role) in [("EVA@post.example", MailboxRole::Recipient), ("anna@kommun.example", MailboxRole::Sender)]
    {
        let found = house.store.messages_of_mailbox(&house.keys.mailbox_digests(address)).await.unwrap();
        assert_eq!(found, [(id, role)], "{address}");
    }
    let database = std::fs::read(house.dir.join("sluss.db")).unwrap();
    assert!(!String::from_utf8_lossy(&database).contains("post.example"));
}

#[tokio::test]
async fn what_an_exception_lets_go_is_known_by_person_and_recipient() {
    let house = House::new().await;
    let disclosure = Disclosure {
        review: None,
        at: house.clock.now(),
        unit: "social".into(),
        sender: String::new(),
        recipients: vec![TWO[0].into()],
        values: vec![Sensitive::new("no:12057900499".into())],
    };
    let used = |id| Event::ExceptionUsed {
        disclosure: Some(id),
        unit: "social".into(),
        transaction: "0123456789ab".into(),
        by: "code:EX-LIFE".into(),
        verdict: "relay",
        reason: None,
        review_within_hours: None,
    };
    house.relay().disclose(disclosure, used).await.unwrap();
    let found = house.store.messages_of_value(&house.keys.value_digests("no:12057900499")).await.unwrap();
    assert_eq!(recipients(&house, found[0]).await, [(0, TWO[0].to_owned())]);
    let links = house.store.audit_links_of(found[0]).await.unwrap();
    assert_eq!(links.iter().map(|link| link.event.as_str()).collect::<Vec<_>>(), ["exception-used"]);
}
