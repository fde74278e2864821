//! What every store must do with links of senders and what senders ask for.

use super::contract::{entry, minute, new_held, notice};
use super::*;

pub(super) async fn all(store: &dyn Store) {
    a_link_is_stored_with_its_notice_and_swept_with_its_mail(store).await;
    a_review_is_asked_for_once(store).await;
}

fn link(number: u8) -> NewLink {
    NewLink { digest: LinkDigest([number; 32]), sealed: vec![number; 3] }
}

fn with_link(number: u8, copy_digest: Option<&str>) -> NewHeld {
    NewHeld {
        copy_digests: copy_digest.map(str::to_owned).into_iter().collect(),
        notices: vec![NewNotice { link: Some(link(number)), ..notice(minute(0)) }],
        ..new_held(minute(0), 1)
    }
}

async fn found(store: &dyn Store, number: u8) -> Option<SenderLink> {
    store.link(&LinkDigest([number; 32])).await.unwrap()
}

async fn a_link_is_stored_with_its_notice_and_swept_with_its_mail(store: &dyn Store) {
    let first = store.hold(with_link(11, Some("1:linked"))).await.unwrap();
    let copy = store.hold(with_link(12, Some("1:linked"))).await.unwrap();
    assert_eq!(found(store, 11).await, Some(SenderLink { reference: first.reference().clone(), sealed: vec![11; 3] }));
    assert_eq!(found(store, 12).await, None, "the copy has no notice, so it has no link");
    // A later notice has a link of its own.
    let later = NewNotice { reference: Some(first.reference().to_string()), link: Some(link(13)), ..notice(minute(1)) };
    store.outbox_add(&later).await.unwrap();
    assert_eq!(found(store, 13).await.unwrap().reference, *first.reference());

    let discarded = |id| Entry { message: Some(id), ..entry("discarded", minute(2)) };
    store.discard(first.id(), None, &discarded(first.id())).await.unwrap();
    store.sweep(minute(3)).await.unwrap();
    assert!(found(store, 11).await.is_some(), "a copy is held");
    store.discard(copy.id(), None, &discarded(copy.id())).await.unwrap();
    store.sweep(minute(3)).await.unwrap();
    assert_eq!((found(store, 11).await, found(store, 13).await), (None, None));
    while let Some(item) = store.outbox_claim(minute(5)).await.unwrap() {
        store.outbox_done(&item).await.unwrap();
    }
}

async fn a_review_is_asked_for_once(store: &dyn Store) {
    let (one, other) =
        (store.hold(new_held(minute(0), 1)).await.unwrap(), store.hold(new_held(minute(0), 1)).await.unwrap());
    let asked = |at: i64, ids: &[MessageId]| -> Vec<(MessageId, Entry)> {
        ids.iter().map(|&id| (id, Entry { message: Some(id), ..entry("review-asked", minute(at)) })).collect()
    };
    let waiting = store.outbox_waiting().await.unwrap();
    let told = notice(minute(1));
    assert_eq!(store.ask_review(&asked(1, &[one.id()]), Some(&told)).await.unwrap(), 1);
    // The other copy has come since; the first keeps its time, and has no second event.
    assert_eq!(store.ask_review(&asked(2, &[one.id(), other.id()]), None).await.unwrap(), 1);
    assert_eq!(store.ask_review(&asked(3, &[one.id(), other.id()]), Some(&notice(minute(3)))).await.unwrap(), 0);
    assert_eq!(store.outbox_waiting().await.unwrap(), waiting + 1, "who asks again tells nobody again");
    for (id, at) in [(one.id(), 1), (other.id(), 2)] {
        assert_eq!(store.message(id).await.unwrap().unwrap().review_asked, Some(minute(at)));
    }
    let gone = store.hold(new_held(minute(0), 1)).await.unwrap().id();
    store.discard(gone, None, &Entry { message: Some(gone), ..entry("discarded", minute(2)) }).await.unwrap();
    assert_eq!(store.ask_review(&asked(4, &[gone, MessageId::random()]), None).await.unwrap(), 0);
    for id in [one.id(), other.id()] {
        store.discard(id, None, &Entry { message: Some(id), ..entry("discarded", minute(5)) }).await.unwrap();
    }
    while let Some(item) = store.outbox_claim(minute(5)).await.unwrap() {
        store.outbox_done(&item).await.unwrap();
    }
}
