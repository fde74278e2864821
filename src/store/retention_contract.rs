//! What every store must do with retention, disclosures and what is searched for; on a new store.

use jiff::{SignedDuration, Timestamp};

use super::contract::{entry, links, minute, new_held, ordinary};
use super::*;

/// Runs every function of this contract on one store, which must be new.
pub(super) async fn all(store: &dyn Store) {
    a_mail_is_found_by_its_mailboxes_and_values(store).await;
    who_accepted_is_kept_once(store).await;
    what_an_exception_let_go_is_kept(store).await;
    marks_and_links_of_a_message(store).await;
    legal_hold_keeps_the_message_and_what_is_recorded_of_it(store).await;
    a_prune_deletes_what_was_planned_and_the_figures_stay(store).await;
    a_plan_that_is_overtaken_changes_nothing(store).await;
    assert!(store.reconcile().await.unwrap().holds());
}

fn of(digest: &str) -> [String; 2] {
    ["2:nothing".into(), digest.into()]
}

fn digest(role: MailboxRole, digest: &str) -> MailboxDigest {
    MailboxDigest { role, digest: digest.into() }
}

async fn a_mail_is_found_by_its_mailboxes_and_values(store: &dyn Store) {
    let mailbox_digests = vec![digest(MailboxRole::Sender, "1:from"), digest(MailboxRole::Recipient, "1:from")];
    let new = NewHeld { mailbox_digests, value_digests: vec!["1:number".into()], ..new_held(minute(0), 1) };
    let id = store.hold(new).await.unwrap().id();
    let found = store.messages_of_mailbox(&of("1:from")).await.unwrap();
    assert_eq!(found, [(id, MailboxRole::Sender), (id, MailboxRole::Recipient)]);
    assert_eq!(store.messages_of_value(&of("1:number")).await.unwrap(), [id]);
    assert_eq!(store.messages_of_mailbox(&of("1:number")).await.unwrap(), []);
    assert_eq!(store.messages_of_value(&of("1:from")).await.unwrap(), []);
    store.discard(id, None, &Entry { message: Some(id), ..entry("discarded", minute(1)) }).await.unwrap();
}

async fn who_accepted_is_kept_once(store: &dyn Store) {
    let id = store.hold(new_held(minute(2), 2)).await.unwrap().id();
    let about = |event| Entry { message: Some(id), ..entry(event, minute(3)) };
    let claim = store
        .start_release(id, "one", std::time::Duration::from_secs(60), &ordinary(), &about("release-started"))
        .await
        .unwrap();
    let row = |position| RecipientRow { position, state: RecipientState::Accepted, reply: None };
    assert_eq!(store.disclosed(id).await.unwrap(), []);
    for (position, address) in [(1, address(b"second")), (0, address(b"first.")), (1, address(b"again."))] {
        store.record_accepted(&claim, &row(position), &address, &about("recipient-accepted")).await.unwrap();
    }
    let to = |position, sealed: &[u8]| DisclosedTo { position, address: address(sealed) };
    assert_eq!(store.disclosed(id).await.unwrap(), [to(0, b"first."), to(1, b"second")]);
    store.finish_release(&claim, None, &about("released")).await.unwrap();
    let events: Vec<_> = store.audit_links_of(id).await.unwrap().into_iter().map(|link| link.event).collect();
    assert_eq!(events.iter().filter(|event| *event == "recipient-accepted").count(), 2, "{events:?}");
}

fn address(sealed: &[u8]) -> SealedAddress {
    SealedAddress { sealed: sealed.to_vec(), sealed_to: vec!["a".into(), "b".into()] }
}

fn disclosure(at: Timestamp) -> NewDisclosure {
    NewDisclosure {
        id: MessageId::random(),
        unit: "social".into(),
        at,
        value_digests: vec!["1:other".into()],
        mailbox_digests: vec![digest(MailboxRole::Recipient, "1:to")],
        recipients: vec![address(b"a"), address(b"b")],
        review: None,
    }
}

async fn what_an_exception_let_go_is_kept(store: &dyn Store) {
    let new = disclosure(minute(4));
    store.disclose(&new, &Entry { message: Some(new.id), ..entry("exception-used", minute(4)) }).await.unwrap();
    let kept: Vec<_> = store.disclosed(new.id).await.unwrap().into_iter().map(|row| row.address).collect();
    assert_eq!(kept, new.recipients);
    assert_eq!(store.messages_of_value(&of("1:other")).await.unwrap(), [new.id]);
    assert_eq!(store.messages_of_mailbox(&of("1:to")).await.unwrap(), [(new.id, MailboxRole::Recipient)]);
    assert_eq!(store.audit_links_of(new.id).await.unwrap().len(), 1);
}

async fn marks_and_links_of_a_message(store: &dyn Store) {
    for event in ["started", "viewed", "anchored", "checkpoint", "held", "pruned", "stopped"] {
        // Nothing was held by it, so that the figures come out even.
        let event = if event == "held" { "listed" } else { event };
        store.append(&entry(event, minute(5))).await.unwrap();
    }
    let marks = store.audit_marks(store.writer(), i64::MIN).await.unwrap();
    let events: Vec<_> = marks.iter().map(|link| link.event.as_str()).collect();
    assert_eq!(events, ["started", "anchored", "checkpoint", "pruned", "stopped"]);
    let after = store.audit_marks(store.writer(), marks[3].sequence).await.unwrap();
    assert_eq!(after, marks[4..]);
}

async fn legal_hold_keeps_the_message_and_what_is_recorded_of_it(store: &dyn Store) {
    let released = Filter { state: Some(State::Released), ..Filter::default() };
    let id = store.list(&released).await.unwrap()[0].id;
    let free = store.prune_plan(minute(60)).await.unwrap();
    store.keep(id, "KS 2026/1", &entry("kept", minute(5))).await.unwrap();
    let kept = store.prune_plan(minute(60)).await.unwrap();
    assert_eq!(kept.messages, free.messages - 1);
    let first = store.audit_links_of(id).await.unwrap()[0].sequence;
    assert!(kept.links > 0 && kept.cuts.iter().all(|cut| cut.sequence == first - 1), "{kept:?}");
    store.unkeep(id, minute(7), &entry("unkept", minute(5))).await.unwrap();
}

async fn a_prune_deletes_what_was_planned_and_the_figures_stay(store: &dyn Store) {
    let kept = store.hold(new_held(minute(6), 1)).await.unwrap().id();
    let before = store.reconcile().await.unwrap();
    let all = links(store, store.writer()).await;
    let nothing = store.prune_plan(minute(0)).await.unwrap();
    assert_eq!((nothing.links, nothing.messages, nothing.disclosures, nothing.cuts), (0, 0, 0, Vec::new()));

    // All that happened by then, but what is still held, and the last link.
    let step = store.prune_plan(minute(60)).await.unwrap();
    let cut = &step.cuts[0];
    let last = &all[all.len() - 2];
    assert_eq!((cut.sequence, &cut.hash, cut.held), (last.sequence, &last.hash, 2));
    assert_eq!((step.links, step.messages, step.disclosures), (all.len() as u64 - 1, 2, 1));
    assert_eq!(step.removed, Removed { released: 1, discarded: 1, ..Removed::default() });
    store.prune(&step, &[entry("pruned", minute(70)), entry("checkpoint", minute(70))]).await.unwrap();

    let left: Vec<_> = links(store, store.writer()).await.into_iter().map(|link| link.event).collect();
    assert_eq!(left, ["held", "pruned", "checkpoint"]);
    let after = store.reconcile().await.unwrap();
    assert_eq!(after, Reconciliation { removed: step.removed, ..before });
    assert!(after.holds());
    assert_eq!(store.messages_of_mailbox(&of("1:from")).await.unwrap(), []);
    assert_eq!(store.messages_of_value(&of("1:other")).await.unwrap(), []);
    assert_eq!(store.list(&Filter::default()).await.unwrap().len(), 1);
    assert!(store.message(kept).await.unwrap().is_some());
    // It stayed as long as it was the last one.
    let again = store.prune_plan(minute(60)).await.unwrap();
    assert_eq!((again.links, again.messages, again.disclosures), (1, 0, 0));
    store.prune(&again, &[]).await.unwrap();
    let over = store.prune_plan(minute(60)).await.unwrap();
    assert_eq!((over.links, over.messages, over.disclosures), (0, 0, 0));
    assert_eq!((over.cuts, over.removed), (again.cuts, step.removed), "every later step proves it, too");
}

async fn a_plan_that_is_overtaken_changes_nothing(store: &dyn Store) {
    let hour = SignedDuration::from_hours(1);
    let new = disclosure(minute(80));
    store.disclose(&new, &entry("exception-used", minute(80))).await.unwrap();
    let stale = store.prune_plan(minute(90)).await.unwrap();
    store.prune(&store.prune_plan(minute(75)).await.unwrap(), &[]).await.unwrap();
    let heads = store.audit_heads().await.unwrap();
    let answer = store.prune(&stale, &[entry("pruned", minute(90) + hour)]).await;
    assert_eq!(answer, Err(Conflict::Outdated.into()));
    assert_eq!(store.audit_heads().await.unwrap(), heads);
    assert_eq!(store.disclosed(new.id).await.unwrap().len(), 2);
}
