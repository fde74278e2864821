//! What every store must do, as functions over `&dyn Store`; each dialect's tests call [`all`].

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::message::Reference;

const LEASE: Duration = Duration::from_secs(60);
const OVER: Duration = Duration::ZERO;

/// Runs every function of the contract on one store, which must be new.
pub(super) async fn all(store: &dyn Store) {
    a_held_message_is_read_as_it_was_stored(store).await;
    copies_share_reference_and_notice(store).await;
    a_release_is_claimed_by_one_and_records_each_recipient(store).await;
    a_release_that_fails_goes_back_to_held(store).await;
    an_overtaken_holder_changes_nothing(store).await;
    a_discarded_message_is_gone(store).await;
    expiry_waits_for_its_time(store).await;
    the_outbox_gives_a_notice_to_one_and_erases_it_at_the_end(store).await;
    notices_of_a_topic_are_taken_together(store).await;
    a_topic_is_known_under_every_secret(store).await;
    totals_add_up(store).await;
    super::register_contract::all(store).await;
    super::keys_contract::all(store).await;
    super::link_contract::all(store).await;
    super::lifecycle_contract::all(store).await;
    super::account_contract::all(store).await;
    super::queue_contract::all(store).await;
    super::record_contract::all(store).await;
    a_bypass_is_one_row_with_its_events_and_is_told_of_once(store).await;
    each_reminder_is_given_once(store).await;
    the_secret_is_bound_once(store).await;
    super::keys_contract::the_secret_is_exchanged_once(store, "aaaa").await;
    chains_have_no_gap_and_end_at_their_head(store).await;
    assert!(store.reconcile().await.unwrap().holds());
    assert_eq!(store.healthy(), Health::Good);
    store.ping().await.unwrap();
}

/// 2026-05-04T10:00:00Z plus so many minutes; a whole number of milliseconds, as times are stored.
pub(super) fn minute(n: i64) -> Timestamp {
    "2026-05-04T10:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(n)
}

pub(super) fn entry(event: &'static str, at: Timestamp) -> Entry {
    Entry { at, event, actor: "system".into(), message: None, reference: None, unit: None, reason: None, detail: None }
}

pub(super) fn notice(at: Timestamp) -> NewNotice {
    NewNotice {
        id: NoticeId::random(),
        reference: None,
        payload: b"sealed notice".to_vec(),
        topics: Vec::new(),
        created_at: at,
        due: at,
        link: None,
    }
}

pub(super) fn new_held(at: Timestamp, recipients: usize) -> NewHeld {
    let id = MessageId::random();
    NewHeld {
        id,
        reference: Reference::random(),
        record: QueueRecord {
            unit: "social".into(),
            categories: vec!["health".into(), "national-id".into()],
            severity: "high".into(),
            channels: vec!["unknown".into()],
            mode: "enforce".into(),
            urgent: true,
            private: false,
            four_eyes: false,
            keep_decision: Some("KS 2026/12".into()),
            held_at: at,
            expires_at: at + SignedDuration::from_hours(24),
        },
        copy_digests: Vec::new(),
        duplicate_digests: Vec::new(),
        copies_since: at - SignedDuration::from_hours(24),
        value_digests: vec!["1:aa".into(), "1:bb".into(), "1:aa".into()],
        mailbox_digests: vec![MailboxDigest { role: MailboxRole::Sender, digest: "1:cc".into() }],
        recipients,
        sealed_to: vec!["0123456789abcdef".into()],
        evidence: b"sealed evidence".to_vec(),
        content: b"sealed content".to_vec(),
        notices: Vec::new(),
        entry: Entry { message: Some(id), unit: Some("social".into()), ..entry("held", at) },
    }
}

/// To everybody, by one person's decision.
pub(super) fn ordinary() -> NewRelease {
    NewRelease { route: Route::Ordinary, withheld: Vec::new(), agreement: None, review: None }
}

pub(super) async fn held(store: &dyn Store, recipients: usize) -> MessageId {
    store.hold(new_held(minute(0), recipients)).await.unwrap().id()
}

pub(super) fn about(event: &'static str, id: MessageId, at: Timestamp) -> Entry {
    Entry { message: Some(id), ..entry(event, at) }
}

pub(super) fn row(position: usize, state: RecipientState) -> RecipientRow {
    RecipientRow { position, state, reply: Some("250 2.0.0".into()) }
}

pub(super) async fn state(store: &dyn Store, id: MessageId) -> State {
    store.message(id).await.unwrap().unwrap().state
}

async fn a_held_message_is_read_as_it_was_stored(store: &dyn Store) {
    let mut new = new_held(minute(0), 3);
    // Three chunks, the last one short.
    new.content = (0..2 * held::CHUNK + 5).map(|i| (i % 251) as u8).collect();
    let receipt = store.hold(new.clone()).await.unwrap();
    assert_eq!((receipt.id(), receipt.reference()), (new.id, &new.reference));
    assert_eq!(
        store.message(new.id).await.unwrap().unwrap(),
        HeldMessage {
            id: new.id,
            reference: new.reference.clone(),
            record: new.record.clone(),
            state: State::Held,
            release_failed: false,
            ended_at: None,
            next_attempt: None,
            review_asked: None,
            exception: None,
            route: Route::Ordinary,
            request: None,
            kept: None,
            content_until: None,
        }
    );
    assert_eq!(store.content(new.id).await.unwrap(), Some(new.content));
    assert_eq!(store.evidence(new.id).await.unwrap(), Some(new.evidence));
    let pending: Vec<_> =
        (0..3).map(|position| RecipientRow { position, state: RecipientState::Pending, reply: None }).collect();
    assert_eq!(store.recipients(new.id).await.unwrap(), pending);
    for (filter, found) in [
        (Filter { reference: Some(new.reference.clone()), ..Filter::default() }, true),
        (Filter { state: Some(State::Held), ..Filter::default() }, true),
        (Filter { state: Some(State::Released), ..Filter::default() }, false),
        (Filter { after: Some((new.record.held_at, new.id)), ..Filter::default() }, false),
    ] {
        let listed = store.list(&filter).await.unwrap();
        assert_eq!(listed.iter().any(|m| m.id == new.id), found, "{filter:?}");
    }
    assert_eq!(store.message(MessageId::random()).await.unwrap(), None);
    assert_eq!(store.content(MessageId::random()).await.unwrap(), None);
}

async fn copies_share_reference_and_notice(store: &dyn Store) {
    let waiting = store.outbox_waiting().await.unwrap();
    let copy = |at: i64, digest: Option<&str>| NewHeld {
        copy_digests: digest.map(str::to_owned).into_iter().collect(),
        notices: vec![notice(minute(at))],
        ..new_held(minute(at), 1)
    };
    let first = store.hold(copy(0, Some("1:copy"))).await.unwrap();
    for (at, digest, same) in [
        (1, Some("1:copy"), true),
        (24 * 60, Some("1:copy"), true),
        // More than a day after the first and after every other copy.
        (49 * 60, Some("1:copy"), false),
        (1, Some("1:other"), false),
        (1, None, false),
        (1, None, false),
    ] {
        let receipt = store.hold(copy(at, digest)).await.unwrap();
        assert_eq!(receipt.reference() == first.reference(), same, "{at} {digest:?}");
    }
    assert_eq!(store.outbox_waiting().await.unwrap() - waiting, 5, "one notice for each reference");
    while let Some(item) = store.outbox_claim(minute(60 * 60)).await.unwrap() {
        let filter = Filter { reference: Some(item.reference.clone().unwrap().parse().unwrap()), ..Filter::default() };
        assert!(!store.list(&filter).await.unwrap().is_empty(), "the notice carries the reference");
        store.outbox_done(&item).await.unwrap();
    }
    // A reference drawn twice by chance is replaced.
    let clash = NewHeld { reference: first.reference().clone(), ..new_held(minute(0), 1) };
    assert_ne!(store.hold(clash).await.unwrap().reference(), first.reference());
}

async fn a_release_is_claimed_by_one_and_records_each_recipient(store: &dyn Store) {
    let id = held(store, 2).await;
    let start = about("release-started", id, minute(1));
    let claim = store.start_release(id, "a", LEASE, &ordinary(), &start).await.unwrap();
    assert_eq!((claim.started, claim.attempts, claim.unit.as_str()), (minute(1), 0, "social"));
    assert_eq!(state(store, id).await, State::Releasing);
    assert_eq!(
        store.start_release(id, "b", LEASE, &ordinary(), &start).await.unwrap_err(),
        Conflict::State(State::Releasing).into()
    );
    assert_eq!(store.resume_release(id, "b", LEASE).await.unwrap_err(), Conflict::Leased.into());
    assert_eq!(store.due_releases(minute(99)).await.unwrap(), [], "leased");

    let accepted = about("recipient-accepted", id, minute(1));
    store.record_recipient(&claim, &row(0, RecipientState::Accepted), Some(&accepted)).await.unwrap();
    // The same again, as after a commit of unknown outcome, leaves no second event.
    store.record_recipient(&claim, &row(0, RecipientState::Accepted), Some(&accepted)).await.unwrap();
    // And nothing makes an accepted one pending again.
    store.record_recipient(&claim, &row(0, RecipientState::Pending), None).await.unwrap();
    let events = events_of(store, id).await;
    assert_eq!(events, ["held", "release-started", "recipient-accepted"]);
    let done = about("released", id, minute(2));
    assert_eq!(store.finish_release(&claim, None, &done).await.unwrap_err(), Conflict::Unsettled.into());

    store.postpone_release(&claim, minute(10)).await.unwrap();
    assert_eq!(store.due_releases(minute(9)).await.unwrap(), []);
    assert_eq!(store.due_releases(minute(10)).await.unwrap(), [id]);
    let claim = store.resume_release(id, "b", LEASE).await.unwrap();
    assert_eq!((claim.started, claim.attempts), (minute(1), 1));
    store.renew(&claim, LEASE).await.unwrap();
    store.record_recipient(&claim, &row(1, RecipientState::Accepted), Some(&accepted)).await.unwrap();
    store.delete_content(id).await.unwrap();
    assert!(store.content(id).await.unwrap().is_some(), "not before the final state");
    store.finish_release(&claim, None, &done).await.unwrap();
    let message = store.message(id).await.unwrap().unwrap();
    assert_eq!((message.state, message.ended_at, message.next_attempt), (State::Released, Some(minute(2)), None));
    store.delete_content(id).await.unwrap();
    assert_eq!(store.content(id).await.unwrap(), None);
    // Evidence stays until the message would have expired.
    assert_eq!(store.sweep(minute(24 * 60 - 1)).await.unwrap(), Swept::default());
    assert_eq!(store.sweep(minute(24 * 60)).await.unwrap(), Swept { contents: 0, evidences: 1 });
    for refused in [
        store.finish_release(&claim, None, &done).await,
        store.renew(&claim, LEASE).await,
        store.postpone_release(&claim, minute(3)).await,
        store.record_recipient(&claim, &row(1, RecipientState::Refused), None).await,
        store.discard(id, None, &done).await,
        store.expire(id, None, &about("expired", id, minute(24 * 60))).await,
    ] {
        assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    }
}

async fn a_release_that_fails_goes_back_to_held(store: &dyn Store) {
    let id = held(store, 2).await;
    let claim =
        store.start_release(id, "a", LEASE, &ordinary(), &about("release-started", id, minute(1))).await.unwrap();
    store.record_recipient(&claim, &row(0, RecipientState::Accepted), None).await.unwrap();
    store.record_recipient(&claim, &row(1, RecipientState::Refused), None).await.unwrap();
    let waiting = store.outbox_waiting().await.unwrap();
    let notices = [notice(minute(2)), notice(minute(2))];
    let keep_until = minute(48 * 60);
    store.fail_release(&claim, keep_until, &notices, &about("release-failed", id, minute(2))).await.unwrap();
    assert_eq!(store.outbox_waiting().await.unwrap(), waiting + 2);
    let message = store.message(id).await.unwrap().unwrap();
    assert_eq!((message.state, message.release_failed, message.record.expires_at), (State::Held, true, keep_until));
    // The next release tries only who refused.
    let claim =
        store.start_release(id, "a", LEASE, &ordinary(), &about("release-started", id, minute(3))).await.unwrap();
    let states: Vec<_> = store.recipients(id).await.unwrap().iter().map(|r| r.state).collect();
    assert_eq!(states, [RecipientState::Accepted, RecipientState::Pending]);
    assert!(!store.message(id).await.unwrap().unwrap().release_failed);
    store.fail_release(&claim, minute(0), &[], &about("release-failed", id, minute(4))).await.unwrap();
    assert_eq!(store.message(id).await.unwrap().unwrap().record.expires_at, keep_until, "never shortened");
    store.discard(id, None, &about("discarded", id, minute(5))).await.unwrap();
}

async fn an_overtaken_holder_changes_nothing(store: &dyn Store) {
    let id = held(store, 1).await;
    let first =
        store.start_release(id, "a", OVER, &ordinary(), &about("release-started", id, minute(1))).await.unwrap();
    // Out of time but not overtaken: what it learned still counts.
    store.record_recipient(&first, &row(0, RecipientState::Pending), None).await.unwrap();
    let second = store.resume_release(id, "b", LEASE).await.unwrap();
    for refused in [
        store.record_recipient(&first, &row(0, RecipientState::Accepted), None).await,
        store.renew(&first, LEASE).await,
        store.postpone_release(&first, minute(9)).await,
        store.finish_release(&first, None, &about("released", id, minute(2))).await,
        store.fail_release(&first, minute(9), &[], &about("release-failed", id, minute(2))).await,
    ] {
        assert_eq!(refused, Err(Conflict::LeaseLost.into()));
    }
    store.record_recipient(&second, &row(0, RecipientState::Accepted), None).await.unwrap();
    store.finish_release(&second, None, &about("released", id, minute(3))).await.unwrap();
    // As after a crash between final state and deletion.
    assert_eq!(store.sweep(minute(4)).await.unwrap(), Swept { contents: 1, evidences: 0 });
    assert_eq!(store.content(id).await.unwrap(), None);
}

async fn a_discarded_message_is_gone(store: &dyn Store) {
    let id = held(store, 1).await;
    let entry = Entry { reason: Some("sent in error".into()), ..about("discarded", id, minute(1)) };
    store.discard(id, None, &entry).await.unwrap();
    assert_eq!(state(store, id).await, State::Discarded);
    assert_eq!((store.content(id).await.unwrap(), store.evidence(id).await.unwrap()), (None, None));
    assert_eq!(store.discard(id, None, &entry).await.unwrap_err(), Conflict::State(State::Discarded).into());
    assert_eq!(store.discard(MessageId::random(), None, &entry).await.unwrap_err(), Conflict::NotFound.into());
    assert_eq!(events_of(store, id).await, ["held", "discarded"]);
}

async fn expiry_waits_for_its_time(store: &dyn Store) {
    let id = held(store, 1).await;
    let listed = |messages: Vec<HeldMessage>| messages.iter().any(|m| m.id == id);
    assert!(!listed(store.expired(minute(24 * 60 - 1)).await.unwrap()));
    assert!(listed(store.expired(minute(24 * 60)).await.unwrap()));
    let early = about("expired", id, minute(24 * 60 - 1));
    assert_eq!(store.expire(id, None, &early).await.unwrap_err(), Conflict::State(State::Held).into());
    let waiting = store.outbox_waiting().await.unwrap();
    let entry = about("expired", id, minute(24 * 60));
    store.expire(id, Some(&notice(minute(24 * 60))), &entry).await.unwrap();
    assert_eq!(store.outbox_waiting().await.unwrap(), waiting + 1);
    assert_eq!(state(store, id).await, State::Expired);
    assert_eq!((store.content(id).await.unwrap(), store.evidence(id).await.unwrap()), (None, None));
    assert_eq!(store.expire(id, None, &entry).await.unwrap_err(), Conflict::State(State::Expired).into());
}

async fn the_outbox_gives_a_notice_to_one_and_erases_it_at_the_end(store: &dyn Store) {
    while let Some(item) = store.outbox_claim(minute(99 * 60)).await.unwrap() {
        store.outbox_done(&item).await.unwrap();
    }
    let late = NewNotice { due: minute(2), reference: Some("ABCD-2345".into()), ..notice(minute(0)) };
    let early = NewNotice { due: minute(1), ..notice(minute(0)) };
    store.outbox_add(&late).await.unwrap();
    store.outbox_add(&early).await.unwrap();
    assert_eq!(store.outbox_claim(minute(0)).await.unwrap(), None);
    let first = store.outbox_claim(minute(3)).await.unwrap().unwrap();
    assert_eq!((first.id, first.attempts, first.payload), (early.id, 1, early.payload));
    let second = store.outbox_claim(minute(3)).await.unwrap().unwrap();
    assert_eq!((second.id, second.reference.as_deref()), (late.id, Some("ABCD-2345")));
    assert_eq!(store.outbox_claim(minute(3)).await.unwrap(), None, "both are leased");
    let first = OutboxItem { payload: b"sealed notice".to_vec(), ..first };
    store.outbox_retry(&first, minute(5)).await.unwrap();
    assert_eq!(store.outbox_claim(minute(4)).await.unwrap(), None);
    let again = store.outbox_claim(minute(5)).await.unwrap().unwrap();
    assert_eq!((again.id, again.attempts), (first.id, 2));
    // Who had it before it was taken again changes nothing.
    let overtaken = Err(Conflict::NoticeTaken.into());
    assert_eq!(store.outbox_done(&first).await, overtaken);
    assert_eq!(store.outbox_failed(&first).await, overtaken);
    assert_eq!(store.outbox_retry(&first, minute(0)).await, overtaken);
    assert_eq!(store.outbox_claim(minute(9)).await.unwrap(), None, "the lease of the other is as it was");
    assert_eq!(store.outbox_waiting().await.unwrap(), 2);
    store.outbox_done(&again).await.unwrap();
    store.outbox_failed(&second).await.unwrap();
    assert_eq!(store.outbox_waiting().await.unwrap(), 0);
    for ended in [
        store.outbox_done(&again).await,
        store.outbox_failed(&again).await,
        store.outbox_retry(&second, minute(9)).await,
    ] {
        assert_eq!(ended, overtaken);
    }
}

/// Digests of one topic under several secrets: the notices of the time of an exchange are taken together.
async fn a_topic_is_known_under_every_secret(store: &dyn Store) {
    let of = |topics: &[&str]| NewNotice {
        topics: topics.iter().map(|topic| topic.to_string()).collect(),
        ..notice(minute(0))
    };
    for topics in [&["7:t"][..], &["8:t", "7:t"], &["8:t"], &["8:t", "7:t"], &["8:other", "7:other"]] {
        store.outbox_add(&of(topics)).await.unwrap();
    }
    let mut together = Vec::new();
    while let Some(item) = store.outbox_claim(minute(1)).await.unwrap() {
        let with = store.outbox_claim_like(&item, minute(1)).await.unwrap();
        for item in std::iter::once(&item).chain(&with) {
            store.outbox_done(item).await.unwrap();
        }
        together.push((item.topic.unwrap(), 1 + with.len()));
    }
    together.sort();
    // Who knows no earlier secret stands alone, until he finds others that know his.
    assert_eq!(together, [("7:t".into(), 2), ("8:other".into(), 1), ("8:t".into(), 2)]);
}

async fn notices_of_a_topic_are_taken_together(store: &dyn Store) {
    while let Some(item) = store.outbox_claim(minute(99 * 60)).await.unwrap() {
        store.outbox_done(&item).await.unwrap();
    }
    let of = |topic: Option<&str>, at: i64| NewNotice {
        topics: topic.map(str::to_owned).into_iter().collect(),
        ..notice(minute(at))
    };
    let added = [
        of(Some("1:a"), 1),
        of(Some("1:a"), 2),
        of(Some("1:a"), 10),
        of(Some("1:b"), 2),
        of(None, 2),
        of(None, 2),
        of(Some("1:a"), 60),
    ];
    for notice in &added {
        store.outbox_add(notice).await.unwrap();
    }
    assert_eq!((store.outbox_waiting().await.unwrap(), store.outbox_due(minute(2)).await.unwrap()), (7, 5));
    let first = store.outbox_claim(minute(1)).await.unwrap().unwrap();
    assert_eq!((first.id, first.topic.as_deref()), (added[0].id, Some("1:a")));
    let with = store.outbox_claim_like(&first, minute(15)).await.unwrap();
    let ids = |items: &[OutboxItem]| items.iter().map(|item| item.id).collect::<Vec<_>>();
    assert_eq!(ids(&with), [added[1].id, added[2].id], "what is due an hour later waits");
    assert!(with.iter().all(|item| item.attempts == 1 && item.payload == b"sealed notice"));
    assert_eq!(store.outbox_claim_like(&first, minute(15)).await.unwrap(), [], "they are leased");

    // Put off together they stay together, and nothing that nobody has tried joins them.
    for item in std::iter::once(&first).chain(&with) {
        store.outbox_retry(item, minute(20)).await.unwrap();
    }
    store.outbox_add(&of(Some("1:a"), 16)).await.unwrap();
    for alone in [added[3].id, added[4].id, added[5].id] {
        let item = store.outbox_claim(minute(2)).await.unwrap().unwrap();
        assert!(store.outbox_claim_like(&item, minute(2)).await.unwrap().is_empty(), "{alone:?}");
        store.outbox_done(&item).await.unwrap();
    }
    let new = store.outbox_claim(minute(16)).await.unwrap().unwrap();
    assert_eq!(store.outbox_claim_like(&new, minute(30)).await.unwrap(), [], "the others have been tried");
    store.outbox_done(&new).await.unwrap();
    let again = store.outbox_claim(minute(20)).await.unwrap().unwrap();
    let with = store.outbox_claim_like(&again, minute(30)).await.unwrap();
    assert_eq!((again.attempts, with.len()), (2, 2));
    for item in std::iter::once(&again).chain(&with) {
        store.outbox_failed(item).await.unwrap();
    }
    let last = store.outbox_claim(minute(60)).await.unwrap().unwrap();
    assert_eq!(store.outbox_claim_like(&last, minute(99)).await.unwrap(), [], "what has ended has no topic");
    store.outbox_done(&last).await.unwrap();
}

async fn totals_add_up(store: &dyn Store) {
    let cell = |day: &str, category: &str, count| Total {
        day: day.into(),
        unit: "social".into(),
        outcome: "quarantine".into(),
        category: category.into(),
        channel: "unknown".into(),
        count,
    };
    store.add_totals(&[]).await.unwrap();
    store.add_totals(&[cell("2026-05-04", "health", 2), cell("2026-05-05", "health", 1)]).await.unwrap();
    store.add_totals(&[cell("2026-05-04", "health", 3), cell("2026-05-04", "family", 1)]).await.unwrap();
    assert_eq!(
        store.totals("2026-05-04", "2026-05-04").await.unwrap(),
        [cell("2026-05-04", "family", 1), cell("2026-05-04", "health", 5)]
    );
    assert_eq!(store.totals("2026-05-01", "2026-05-31").await.unwrap().len(), 3);
}

async fn a_bypass_is_one_row_with_its_events_and_is_told_of_once(store: &dyn Store) {
    let new = |since, until| NewBypass {
        since: minute(since),
        until: minute(until),
        reason: "smarthost move".into(),
        actor: "operator:kari".into(),
    };
    let count = |unit: &str, mails, bypassed| BypassCount { unit: unit.into(), mails, bypassed };
    assert_eq!(store.bypass().await.unwrap(), None);
    let first = store.bypass_on(&new(0, 30), &entry("bypass-on", minute(0))).await.unwrap();
    assert_eq!((first.since, first.until, first.ended), (minute(0), minute(30), None));
    assert!(first.is_on(minute(29)) && !first.is_on(minute(30)));
    assert_eq!(store.bypass_untold().await.unwrap(), std::slice::from_ref(&first));

    // Changed before anybody was told: the old state can no longer be told.
    let longer = store.bypass_on(&new(5, 60), &entry("bypass-on", minute(5))).await.unwrap();
    assert_eq!((longer.id, longer.since, longer.until), (first.id, minute(0), minute(60)));
    assert_eq!(store.bypass().await.unwrap(), Some(longer.clone()));
    let waiting = store.outbox_waiting().await.unwrap();
    assert!(!store.bypass_told(&first, &[notice(minute(6))]).await.unwrap());
    assert!(store.bypass_told(&longer, &[notice(minute(6)), notice(minute(6))]).await.unwrap());
    assert!(!store.bypass_told(&longer, &[notice(minute(6))]).await.unwrap());
    assert_eq!(store.outbox_waiting().await.unwrap(), waiting + 2);
    assert_eq!(store.bypass_untold().await.unwrap(), []);

    store.bypass_count(first.id, &[count("social", 2, 1), count("default", 1, 0)]).await.unwrap();
    store.bypass_count(first.id, &[count("social", 3, 1)]).await.unwrap();
    assert_eq!(store.bypass_counts(first.id).await.unwrap(), [count("default", 1, 0), count("social", 5, 2)]);

    assert!(store.bypass_end(first.id, minute(9), &entry("bypass-off", minute(9))).await.unwrap());
    assert!(!store.bypass_end(first.id, minute(9), &entry("bypass-ended", minute(9))).await.unwrap());
    assert_eq!(store.bypass().await.unwrap(), None);
    let ended = store.bypass_untold().await.unwrap();
    assert_eq!(ended.iter().map(|b| b.ended).collect::<Vec<_>>(), [Some(minute(9))]);
    // A new one begins before the end of the last was told.
    let second = store.bypass_on(&new(10, 20), &entry("bypass-on", minute(10))).await.unwrap();
    assert_ne!(second.id, first.id);
    assert_eq!(store.bypass_untold().await.unwrap().len(), 2);
    assert!(store.bypass_told(&ended[0], &[]).await.unwrap());
    assert_eq!(store.bypass_counts(first.id).await.unwrap(), [], "forgotten with its bypass");
    store.bypass_count(first.id, &[count("social", 1, 1)]).await.unwrap();
    assert_eq!(store.bypass_counts(first.id).await.unwrap(), []);
    assert!(store.bypass_end(second.id, minute(20), &entry("bypass-ended", minute(20))).await.unwrap());

    let mut events = Vec::new();
    for writer in store.audit_writers().await.unwrap() {
        events.extend(links(store, &writer).await.into_iter().map(|l| l.event).filter(|e| e.starts_with("bypass")));
    }
    assert_eq!(events, ["bypass-on", "bypass-on", "bypass-off", "bypass-on", "bypass-ended"]);
}

async fn each_reminder_is_given_once(store: &dyn Store) {
    let waiting = store.outbox_waiting().await.unwrap();
    for (reminder, first) in [
        (("partner", "2027-06-30", 30), true),
        (("partner", "2027-06-30", 30), false),
        (("partner", "2027-06-30", 14), true),
        (("partner", "2028-06-30", 30), true),
        (("other", "2027-06-30", 30), true),
        (("other", "2027-06-30", 30), false),
    ] {
        let given = store.remind(reminder, minute(0), Some(&notice(minute(0)))).await.unwrap();
        assert_eq!(given, first, "{reminder:?}");
    }
    assert_eq!(store.outbox_waiting().await.unwrap(), waiting + 4);
    assert!(store.remind(("nobody", "2027-06-30", 0), minute(0), None).await.unwrap());
    assert_eq!(store.outbox_waiting().await.unwrap(), waiting + 4);
}

async fn the_secret_is_bound_once(store: &dyn Store) {
    assert_eq!(store.secret_fingerprint().await.unwrap(), None);
    let entry = entry("secret-made", minute(0));
    store.bind_secret("aaaa", &entry).await.unwrap();
    store.bind_secret("aaaa", &entry).await.unwrap();
    assert_eq!(store.secret_fingerprint().await.unwrap().as_deref(), Some("aaaa"));
    let other = store.bind_secret("bbbb", &entry).await.unwrap_err();
    assert_eq!(other, StoreError::OtherSecret { stored: "aaaa".into() });
}

pub(super) async fn chains_have_no_gap_and_end_at_their_head(store: &dyn Store) {
    store.append(&Entry { reason: Some("æøå".into()), ..entry("started", minute(0)) }).await.unwrap();
    let writers = store.audit_writers().await.unwrap();
    let heads = store.audit_heads().await.unwrap();
    assert_eq!(writers, heads.iter().map(|h| h.writer.clone()).collect::<Vec<_>>());
    for head in heads {
        let links = links(store, &head.writer).await;
        let mut previous = chain::GENESIS.to_vec();
        for (number, link) in (1..).zip(&links) {
            assert_eq!((link.sequence, &link.previous), (number, &previous));
            assert_eq!(link.computed_hash().to_vec(), link.hash);
            previous = link.hash.clone();
        }
        assert_eq!((head.sequence, head.hash), (links.len() as i64, previous));
    }
}

pub(super) async fn links(store: &dyn Store, writer: &str) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    loop {
        let page = store.audit_links(writer, links.last().map_or(0, |l| l.sequence)).await.unwrap();
        if page.is_empty() {
            return links;
        }
        links.extend(page);
    }
}

async fn events_of(store: &dyn Store, id: MessageId) -> Vec<String> {
    let mut events = Vec::new();
    for writer in store.audit_writers().await.unwrap() {
        let links = links(store, &writer).await;
        events.extend(links.into_iter().filter(|l| l.message.as_deref() == Some(&id.0)).map(|l| l.event));
    }
    events
}
