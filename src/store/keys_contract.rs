//! What every store must do about keys; run with [`super::contract::all`].

use jiff::civil::date;

use super::contract::{entry, minute, new_held, notice, ordinary};
use super::*;

pub(super) async fn all(store: &dyn Store) {
    what_is_sealed_is_counted_by_unit_and_keys(store).await;
    a_message_is_sealed_anew_whole_or_not_at_all(store).await;
    whoever_ends_a_message_wins(store).await;
    who_got_a_mail_is_sealed_anew(store).await;
    texts_are_found_and_replaced_as_they_were_read(store).await;
    what_needs_a_secret_is_counted(store).await;
    a_copy_is_found_under_an_earlier_secret(store).await;
}

fn names(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| key.to_string()).collect()
}

async fn held(store: &dyn Store, unit: &str, keys: &[&str]) -> MessageId {
    let mut new = new_held(minute(0), 1);
    new.record.unit = unit.into();
    new.sealed_to = names(keys);
    // Three chunks, the last one short.
    new.content = vec![7; 2 * held::CHUNK + 5];
    store.hold(new).await.unwrap().id()
}

fn anew(id: MessageId, from: &[&str], to: &[&str]) -> Resealed {
    let content = Some(vec![8; held::CHUNK + 1]);
    Resealed { id, from: names(from), to: names(to), evidence: b"evidence anew".to_vec(), content }
}

/// Messages of the unit by keys.
async fn counts(store: &dyn Store, unit: &str) -> Vec<(String, u64)> {
    let counts = store.seals().await.unwrap().into_iter().filter(|count| count.unit == unit);
    counts.map(|count| (count.sealed_to.join(" "), count.messages)).collect()
}

async fn listed(store: &dyn Store, unit: &str, keys: &[&str]) -> Vec<MessageId> {
    let list = store.sealed_like(unit, &names(keys), None).await.unwrap();
    list.into_iter().map(|message| message.id).collect()
}

async fn resealed_events(store: &dyn Store) -> usize {
    let mut count = 0;
    for writer in store.audit_writers().await.unwrap() {
        let links = super::contract::links(store, &writer).await;
        count += links.iter().filter(|link| link.event == "resealed").count();
    }
    count
}

async fn what_is_sealed_is_counted_by_unit_and_keys(store: &dyn Store) {
    let mut ids = Vec::new();
    for (unit, keys) in [("north", &["a", "b"][..]), ("north", &["a", "b"]), ("north", &[]), ("south", &["a"])] {
        ids.push(held(store, unit, keys).await);
    }
    assert_eq!(counts(store, "north").await, [(String::new(), 1), ("a b".into(), 2)]);
    assert_eq!(counts(store, "south").await, [("a".into(), 1)]);
    let mut both = ids[..2].to_vec();
    both.sort();
    assert_eq!(listed(store, "north", &["a", "b"]).await, both);
    assert_eq!(listed(store, "north", &["a"]).await, []);
    assert_eq!(listed(store, "north", &[]).await, [ids[2]]);
    let after = store.sealed_like("north", &names(&["a", "b"]), Some(both[0])).await.unwrap();
    assert_eq!(after.iter().map(|message| message.id).collect::<Vec<_>>(), [both[1]]);
    // Once nothing is sealed any more, no key is needed for it.
    store.discard(ids[3], None, &entry("discarded", minute(1))).await.unwrap();
    assert_eq!(counts(store, "south").await, []);
}

async fn a_message_is_sealed_anew_whole_or_not_at_all(store: &dyn Store) {
    let id = held(store, "east", &["old"]).await;
    let before = store.message(id).await.unwrap();
    let events = resealed_events(store).await;
    let change = anew(id, &["old"], &["new"]);
    assert!(store.reseal(&change, &entry("resealed", minute(1))).await.unwrap());
    assert_eq!(store.evidence(id).await.unwrap().unwrap(), change.evidence);
    assert_eq!(store.content(id).await.unwrap(), change.content);
    assert_eq!(store.message(id).await.unwrap(), before, "the queue record stays");
    assert_eq!(counts(store, "east").await, [("new".into(), 1)]);
    // What was read under other keys is no longer what is there.
    for stale in [anew(id, &["old"], &["other"]), anew(id, &[], &["other"]), anew(MessageId::random(), &[], &["other"])]
    {
        assert!(!store.reseal(&stale, &entry("resealed", minute(2))).await.unwrap());
    }
    let nothing = Resealed { content: None, ..anew(id, &["new"], &["other"]) };
    assert!(!store.reseal(&nothing, &entry("resealed", minute(2))).await.unwrap(), "the content would be lost");
    assert_eq!(store.content(id).await.unwrap(), change.content);
    assert_eq!(store.evidence(id).await.unwrap().unwrap(), change.evidence);
    assert_eq!(resealed_events(store).await, events + 1, "only what was done is on the record");
}

async fn whoever_ends_a_message_wins(store: &dyn Store) {
    // Discarded since it was read.
    let id = held(store, "west", &["old"]).await;
    store.discard(id, None, &entry("discarded", minute(1))).await.unwrap();
    assert!(!store.reseal(&anew(id, &["old"], &["new"]), &entry("resealed", minute(2))).await.unwrap());
    assert_eq!((store.evidence(id).await.unwrap(), store.content(id).await.unwrap()), (None, None));

    // Released since it was read: its content has gone, its evidence is still sealed.
    let id = held(store, "west", &["old"]).await;
    let lease = std::time::Duration::from_secs(60);
    let claim = store.start_release(id, "a", lease, &ordinary(), &entry("release-started", minute(1))).await.unwrap();
    // A release that is under way has what it needs in memory.
    assert!(store.reseal(&anew(id, &["old"], &["new"]), &entry("resealed", minute(2))).await.unwrap());
    let accepted = RecipientRow { position: 0, state: RecipientState::Accepted, reply: None };
    store.record_recipient(&claim, &accepted, None).await.unwrap();
    store.finish_release(&claim, None, &entry("released", minute(3))).await.unwrap();
    store.delete_content(id).await.unwrap();
    let with_content = anew(id, &["new"], &["newest"]);
    assert!(!store.reseal(&with_content, &entry("resealed", minute(4))).await.unwrap());
    assert_eq!(store.content(id).await.unwrap(), None, "what was deleted does not come back");
    let without = Resealed { content: None, ..with_content };
    assert!(store.reseal(&without, &entry("resealed", minute(4))).await.unwrap());
    assert_eq!(counts(store, "west").await, [("newest".into(), 1)]);
}

async fn who_got_a_mail_is_sealed_anew(store: &dyn Store) {
    let address = |sealed: &[u8], keys: &[&str]| SealedAddress { sealed: sealed.to_vec(), sealed_to: names(keys) };
    let disclosure = |recipients: &[&[u8]]| NewDisclosure {
        id: MessageId::random(),
        unit: "abroad".into(),
        at: minute(0),
        value_digests: Vec::new(),
        mailbox_digests: Vec::new(),
        recipients: recipients.iter().map(|sealed| address(sealed, &["old"])).collect(),
        review: None,
    };
    let (two, one) = (disclosure(&[b"first", b"second"]), disclosure(&[b"third"]));
    for new in [&two, &one] {
        let entry = Entry { message: Some(new.id), ..entry("exception-used", minute(0)) };
        store.disclose(new, &entry).await.unwrap();
    }
    let count =
        |keys: &[&str], disclosed| SealCount { unit: "abroad".into(), sealed_to: names(keys), messages: 0, disclosed };
    let counts = async || -> Vec<SealCount> {
        store.seals().await.unwrap().into_iter().filter(|count| count.unit == "abroad").collect()
    };
    assert_eq!(counts().await, [count(&["old"], 2)], "mails, not addresses");
    let mut both = [two.id, one.id];
    both.sort();
    let like = async |after| store.disclosed_like("abroad", &names(&["old"]), after).await.unwrap();
    assert_eq!(like(None).await, both);
    assert_eq!(like(Some(both[0])).await, [both[1]]);
    let anew = |addresses: &[(usize, &[u8])], from: &str| ResealedAddresses {
        id: two.id,
        from: names(&[from]),
        to: names(&["new"]),
        addresses: addresses.iter().map(|(position, sealed)| (*position, sealed.to_vec())).collect(),
    };
    let resealed = entry("resealed", minute(1));
    let events = resealed_events(store).await;
    // All of them or none.
    assert!(!store.reseal_disclosed(&anew(&[(0, b"1"), (2, b"3")], "old"), &resealed).await.unwrap());
    assert!(!store.reseal_disclosed(&anew(&[(0, b"1")], "older"), &resealed).await.unwrap());
    let kept: Vec<_> = store.disclosed(two.id).await.unwrap().into_iter().map(|row| row.address).collect();
    assert_eq!(kept, two.recipients);
    assert!(store.reseal_disclosed(&anew(&[(0, b"1"), (1, b"2")], "old"), &resealed).await.unwrap());
    let kept: Vec<_> = store.disclosed(two.id).await.unwrap().into_iter().map(|row| row.address).collect();
    assert_eq!(kept, [address(b"1", &["new"]), address(b"2", &["new"])]);
    assert_eq!(counts().await, [count(&["new"], 1), count(&["old"], 1)]);
    assert!(!store.reseal_disclosed(&anew(&[(0, b"1")], "old"), &resealed).await.unwrap(), "somebody was quicker");
    assert_eq!(resealed_events(store).await, events + 1);
}

async fn texts_are_found_and_replaced_as_they_were_read(store: &dyn Store) {
    let waiting = notice(minute(0));
    store.outbox_add(&waiting).await.unwrap();
    let texts = store.secret_texts(TextPlace::Outbox, None).await.unwrap();
    let text = texts.into_iter().find(|text| text.id == waiting.id.0).unwrap();
    assert_eq!(text.sealed, waiting.payload);
    assert!(store.renew_text(&text, b"anew").await.unwrap());
    assert!(!store.renew_text(&text, b"again").await.unwrap(), "somebody was quicker");
    let text = SecretText { sealed: b"anew".to_vec(), ..text };
    while let Some(item) = store.outbox_claim(minute(0)).await.unwrap() {
        store.outbox_done(&item).await.unwrap();
    }
    assert!(!store.renew_text(&text, b"again").await.unwrap(), "delivered meanwhile");
    for place in TextPlace::ALL {
        let mut after = None;
        while let Some(last) = store.secret_texts(place, after).await.unwrap().last() {
            assert!(after.is_none_or(|after| after < last.id) && last.place == place);
            after = Some(last.id);
        }
    }
}

async fn what_needs_a_secret_is_counted(store: &dyn Store) {
    let today = date(2026, 5, 4);
    assert!(!store.secret_uses(17, today, minute(0)).await.unwrap().any());
    let mut new = new_held(minute(10), 1);
    new.value_digests = names(&["17:aa", "17:bb", "170:aa"]);
    new.copy_digests = names(&["17:copy"]);
    new.mailbox_digests = vec![MailboxDigest { role: MailboxRole::Sender, digest: "17:cc".into() }];
    store.hold(new).await.unwrap();
    for seal in ["17:aa", "170:aa"] {
        let detail = Some(format!("before=1 seal={seal}"));
        store.append(&Entry { detail, ..entry("checkpoint", minute(0)) }).await.unwrap();
    }
    let consent = |n: u8| ConsentRow {
        id: RegisterId([n; 16]),
        person: format!("17:{n:02x}"),
        categories: names(&["health"]),
        given: date(2026, 5, 1),
        expires: today,
        created_at: minute(0),
        withdrawn_at: None,
        sealed: vec![1],
    };
    let order = |n: u8, until| OrderRow {
        id: RegisterId([n; 16]),
        person: format!("17:{n:02x}"),
        from: date(2026, 5, 1),
        until,
        created_at: minute(0),
        sealed: vec![1],
    };
    let team = |n: u8| TeamRow {
        id: RegisterId([n; 16]),
        person: format!("17:{n:02x}"),
        kind: "sip".into(),
        consent: None,
        expires: today,
        created_at: minute(0),
        opted_out_at: None,
        ended_at: None,
        sealed: vec![1],
    };
    for n in [0xc1, 0xc2] {
        store.add_consent(&consent(n), &entry("consent-given", minute(0))).await.unwrap();
        store.add_team(&team(n), &entry("team-made", minute(0))).await.unwrap();
    }
    store.add_order(&order(0xc1, None), &entry("order-made", minute(0))).await.unwrap();
    store.add_order(&order(0xc2, Some(today)), &entry("order-made", minute(0))).await.unwrap();
    let uses = SecretUses {
        values: 2,
        mailboxes: 1,
        checkpoints: 1,
        copies: 1,
        consents: 2,
        orders: 2,
        teams: 2,
        accounts: 0,
    };
    assert_eq!(store.secret_uses(17, today, minute(10)).await.unwrap(), uses);
    // What has ended needs it no more; values are looked for as long as their record is there.
    store.withdraw_consent(RegisterId([0xc1; 16]), &entry("consent-withdrawn", minute(1))).await.unwrap();
    store.end_team(RegisterId([0xc1; 16]), &entry("team-ended", minute(1))).await.unwrap();
    let uses = SecretUses {
        values: 2,
        mailboxes: 1,
        checkpoints: 1,
        copies: 0,
        consents: 1,
        orders: 2,
        teams: 1,
        accounts: 0,
    };
    assert_eq!(store.secret_uses(17, today, minute(11)).await.unwrap(), uses);
    let uses = SecretUses {
        values: 2,
        mailboxes: 1,
        checkpoints: 1,
        copies: 0,
        consents: 0,
        orders: 1,
        teams: 0,
        accounts: 0,
    };
    assert_eq!(store.secret_uses(17, date(2026, 5, 5), minute(11)).await.unwrap(), uses);
}

async fn a_copy_is_found_under_an_earlier_secret(store: &dyn Store) {
    let copy = |digests: &[&str]| NewHeld { copy_digests: names(digests), ..new_held(minute(0), 1) };
    let first = store.hold(copy(&["1:of both"])).await.unwrap();
    let second = store.hold(copy(&["2:of both", "1:of both"])).await.unwrap();
    assert_eq!(first.reference(), second.reference());
    // It stands under the present one, its first.
    let third = store.hold(copy(&["2:of both"])).await.unwrap();
    assert_eq!(first.reference(), third.reference());
    let other = store.hold(copy(&["2:of another", "1:of another"])).await.unwrap();
    assert_ne!(first.reference(), other.reference());
}

/// To be run where the store is bound to `from`.
pub(super) async fn the_secret_is_exchanged_once(store: &dyn Store, from: &str) {
    let entry = entry("secret-exchanged", minute(0));
    let stale = store.rebind_secret("another", "next", &entry).await.unwrap_err();
    assert_eq!(stale, StoreError::OtherSecret { stored: from.into() });
    store.rebind_secret(from, "next", &entry).await.unwrap();
    assert_eq!(store.secret_fingerprint().await.unwrap().as_deref(), Some("next"));
    let stale = store.rebind_secret(from, "next", &entry).await.unwrap_err();
    assert_eq!(stale, StoreError::OtherSecret { stored: "next".into() });
}
