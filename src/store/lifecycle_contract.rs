//! What every store must do in the lifecycle of held mail; [`super::contract::all`] calls [`all`].

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::contract::{about, held, minute, new_held, notice, ordinary, row, state};
use super::*;

const LEASE: Duration = Duration::from_secs(60);
/// No lease at all: whoever comes next may take over.
const OVER: Duration = Duration::ZERO;

pub(super) async fn all(store: &dyn Store) {
    a_release_in_part_is_held_again_for_the_others(store).await;
    a_second_person_agrees_to_the_request_that_he_saw(store).await;
    a_return_keeps_its_content_for_some_days(store).await;
    a_return_is_mailed_back_once(store).await;
    nothing_of_what_is_kept_is_deleted(store).await;
    each_expiry_is_warned_of_once_and_not_too_early(store).await;
    what_was_sent_twice_is_found(store).await;
}

fn by(actor: &str, event: &'static str, id: MessageId, at: Timestamp) -> Entry {
    Entry { actor: actor.into(), ..about(event, id, at) }
}

async fn message(store: &dyn Store, id: MessageId) -> HeldMessage {
    store.message(id).await.unwrap().unwrap()
}

async fn events(store: &dyn Store, id: MessageId) -> Vec<String> {
    let mut events = Vec::new();
    for writer in store.audit_writers().await.unwrap() {
        let mut after = 0;
        loop {
            let page = store.audit_links(&writer, after).await.unwrap();
            let Some(last) = page.last() else { break };
            after = last.sequence;
            events
                .extend(page.into_iter().filter(|link| link.message.as_deref() == Some(&id.0)).map(|link| link.event));
        }
    }
    events
}

async fn a_release_in_part_is_held_again_for_the_others(store: &dyn Store) {
    let id = held(store, 3).await;
    let part = NewRelease { route: Route::TwoFactor, withheld: vec![1], agreement: None, review: None };
    let claim = store.start_release(id, "a", LEASE, &part, &about("release-started", id, minute(1))).await.unwrap();
    let states = async || store.recipients(id).await.unwrap().iter().map(|r| r.state).collect::<Vec<_>>();
    use RecipientState::{Accepted, Pending, Refused, Withheld};
    assert_eq!(states().await, [Pending, Withheld, Pending]);
    assert_eq!(message(store, id).await.route, Route::TwoFactor);
    store.record_recipient(&claim, &row(0, Accepted), None).await.unwrap();
    let end = async || {
        store.end_in_part(&claim, minute(0), &[notice(minute(2))], &about("released-in-part", id, minute(2))).await
    };
    assert_eq!(end().await, Err(Conflict::Unsettled.into()), "one is pending");
    store.record_recipient(&claim, &row(2, Refused), None).await.unwrap();
    assert_eq!(end().await, Err(Conflict::Unsettled.into()), "one has refused");
    store.record_recipient(&claim, &row(2, Accepted), None).await.unwrap();
    assert_eq!(
        store.finish_release(&claim, None, &about("released", id, minute(2))).await,
        Err(Conflict::Unsettled.into()),
        "released is when everybody has it"
    );
    let waiting = store.outbox_waiting().await.unwrap();
    end().await.unwrap();
    assert_eq!(store.outbox_waiting().await.unwrap(), waiting + 1);
    let again = message(store, id).await;
    assert_eq!((again.state, again.release_failed, again.ended_at), (State::Held, false, None));
    assert_eq!(states().await, [Accepted, Withheld, Accepted]);
    assert!(store.content(id).await.unwrap().is_some());
    // Another release is for the other one as well, and for nobody twice.
    store.start_release(id, "a", LEASE, &ordinary(), &about("release-started", id, minute(3))).await.unwrap();
    assert_eq!(states().await, [Accepted, Pending, Accepted]);
}

async fn a_second_person_agrees_to_the_request_that_he_saw(store: &dyn Store) {
    let mut new = new_held(minute(0), 1);
    new.record.four_eyes = true;
    let id = store.hold(new).await.unwrap().id();
    let start = async |actor: &str, agreement: Option<Agreement>, at: i64| {
        let new = NewRelease { agreement, ..ordinary() };
        store.start_release(id, "a", LEASE, &new, &by(actor, "release-started", id, minute(at))).await.map(|_| ())
    };
    let agreed = |asked: i64, now: i64| {
        Some(Agreement { requested_at: minute(asked), not_before: minute(now) - SignedDuration::from_hours(24) })
    };
    let ask = async |actor: &str, way: Route, at: i64| {
        let not_before = minute(at) - SignedDuration::from_hours(24);
        let request = NewRequest { route: way, not_before, keep_until: minute(at) + SignedDuration::from_hours(24) };
        store.request_release(id, &request, &by(actor, "release-requested", id, minute(at))).await
    };
    assert_eq!(start("operator:kari", None, 1).await, Err(Conflict::SecondPerson.into()));
    assert_eq!(start("operator:kari", agreed(1, 1), 1).await, Err(Conflict::NoRequest.into()));
    ask("operator:kari", Route::Ordinary, 1).await.unwrap();
    let asked = message(store, id).await;
    assert_eq!(
        (asked.state, asked.request),
        (State::Held, Some(Request { by: "operator:kari".into(), at: minute(1), route: Route::Ordinary }))
    );
    assert_eq!(asked.record.expires_at, minute(1) + SignedDuration::from_hours(24), "time to agree");
    assert_eq!(ask("operator:ola", Route::TwoFactor, 2).await, Err(Conflict::Requested.into()));
    ask("operator:kari", Route::Way("secure".into()), 3).await.unwrap();
    for (actor, agreement, now, refused) in [
        ("operator:kari", agreed(3, 4), 4, Conflict::SamePerson),
        // The same person at the console.
        ("reviewer:kari", agreed(3, 4), 4, Conflict::SamePerson),
        ("operator:ola", agreed(1, 4), 4, Conflict::NoRequest),
        ("operator:ola", None, 4, Conflict::SecondPerson),
        ("operator:ola", agreed(3, 24 * 60 + 4), 24 * 60 + 4, Conflict::NoRequest),
    ] {
        assert_eq!(start(actor, agreement, now).await, Err(refused.into()), "{actor} {agreement:?}");
    }
    assert_eq!(state(store, id).await, State::Held);
    // What has lapsed makes room.
    ask("operator:ola", Route::Ordinary, 24 * 60 + 4).await.unwrap();
    start("operator:kari", agreed(24 * 60 + 4, 24 * 60 + 5), 24 * 60 + 5).await.unwrap();
    let begun = message(store, id).await;
    assert_eq!((begun.state, begun.request), (State::Releasing, None));
    let asked = ["held", "release-requested", "release-requested", "release-requested", "release-started"];
    assert_eq!(events(store, id).await, asked, "nothing is written of what was refused");
}

async fn a_return_keeps_its_content_for_some_days(store: &dyn Store) {
    let id = held(store, 1).await;
    let new = NewReturn { content_until: minute(60), mail_back: false, notice: notice(minute(1)) };
    let waiting = store.outbox_waiting().await.unwrap();
    store.return_to_sender(id, &new, &about("returned", id, minute(1))).await.unwrap();
    let again = store.return_to_sender(id, &new, &about("returned", id, minute(1))).await;
    assert_eq!(again, Err(Conflict::State(State::Returned).into()));
    assert_eq!(store.outbox_waiting().await.unwrap(), waiting + 1);
    let returned = message(store, id).await;
    assert_eq!((returned.ended_at, returned.content_until), (Some(minute(1)), Some(minute(60))));
    store.delete_content(id).await.unwrap();
    store.sweep(minute(59)).await.unwrap();
    assert!(store.content(id).await.unwrap().is_some() && store.evidence(id).await.unwrap().is_some());
    assert!(!store.due_releases(minute(59)).await.unwrap().contains(&id));
    let none = store.resume_release(id, "a", OVER).await;
    assert!(none.is_err(), "there is nothing to mail back");
    store.sweep(minute(60)).await.unwrap();
    assert_eq!(store.content(id).await.unwrap(), None);
}

async fn a_return_is_mailed_back_once(store: &dyn Store) {
    let id = held(store, 1).await;
    let new = NewReturn { content_until: minute(60), mail_back: true, notice: notice(minute(1)) };
    store.return_to_sender(id, &new, &about("returned", id, minute(1))).await.unwrap();
    assert!(store.due_releases(minute(1)).await.unwrap().contains(&id));
    let first = store.resume_release(id, "a", OVER).await.unwrap();
    assert_eq!((first.started, first.attempts), (minute(1), 0));
    store.postpone_release(&first, minute(2)).await.unwrap();
    assert!(!store.due_releases(minute(1)).await.unwrap().contains(&id));
    let second = store.resume_release(id, "b", LEASE).await.unwrap();
    assert_eq!(second.attempts, 1);
    assert_eq!(store.resume_release(id, "c", LEASE).await, Err(Conflict::Leased.into()));
    let mailed = about("return-mailed", id, minute(2));
    assert_eq!(store.end_return(&first, None, &mailed).await, Err(Conflict::LeaseLost.into()));
    // A return is no release.
    assert!(store.finish_release(&second, None, &about("released", id, minute(2))).await.is_err());
    assert!(store.fail_release(&second, minute(9), &[], &about("release-failed", id, minute(2))).await.is_err());
    store.end_return(&second, None, &mailed).await.unwrap();
    assert!(!store.due_releases(minute(9)).await.unwrap().contains(&id));
    assert!(store.resume_release(id, "d", LEASE).await.is_err());
    assert_eq!(state(store, id).await, State::Returned);
    assert_eq!(events(store, id).await, ["held", "returned", "return-mailed"]);
}

async fn nothing_of_what_is_kept_is_deleted(store: &dyn Store) {
    let [stays, sent] = [held(store, 1).await, held(store, 1).await];
    for id in [stays, sent] {
        store.keep(id, "KS 2026/77", &about("kept", id, minute(1))).await.unwrap();
        assert_eq!(message(store, id).await.kept.as_deref(), Some("KS 2026/77"));
        assert_eq!(store.keep(id, "KS 2026/78", &about("kept", id, minute(1))).await, Err(Conflict::Kept.into()));
    }
    let much_later = minute(30 * 24 * 60);
    assert!(!store.expired(much_later).await.unwrap().iter().any(|m| m.id == stays));
    let expired = store.expire(stays, None, &about("expired", stays, much_later)).await;
    assert_eq!(expired, Err(Conflict::Kept.into()));
    let discarded = store.discard(stays, None, &about("discarded", stays, minute(2))).await;
    assert_eq!(discarded, Err(Conflict::Kept.into()));
    // It is sent all the same, and stays.
    let claim = store.start_release(sent, "a", LEASE, &ordinary(), &about("release-started", sent, minute(2))).await;
    let claim = claim.unwrap();
    store.record_recipient(&claim, &row(0, RecipientState::Accepted), None).await.unwrap();
    store.finish_release(&claim, None, &about("released", sent, minute(3))).await.unwrap();
    store.delete_content(sent).await.unwrap();
    store.sweep(much_later).await.unwrap();
    for id in [stays, sent] {
        assert!(store.content(id).await.unwrap().is_some() && store.evidence(id).await.unwrap().is_some());
    }
    let until = much_later + SignedDuration::from_hours(72);
    for id in [stays, sent] {
        store.unkeep(id, until, &about("unkept", id, much_later)).await.unwrap();
        let again = store.unkeep(id, until, &about("unkept", id, much_later)).await;
        assert_eq!(again, Err(Conflict::NotKept.into()));
    }
    assert_eq!(message(store, stays).await.record.expires_at, until, "somebody has to have time");
    store.sweep(much_later).await.unwrap();
    assert_eq!(store.content(sent).await.unwrap(), None);
    store.discard(stays, None, &about("discarded", stays, much_later)).await.unwrap();
    let gone = store.keep(stays, "KS 2026/79", &about("kept", stays, much_later)).await;
    assert_eq!(gone, Err(Conflict::State(State::Discarded).into()), "nothing of it is left");
    assert_eq!(message(store, stays).await.kept, None);
    let nobody = MessageId::random();
    assert_eq!(store.keep(nobody, "x", &about("kept", nobody, minute(1))).await, Err(Conflict::NotFound.into()));
    assert_eq!(store.unkeep(nobody, until, &about("unkept", nobody, minute(1))).await, Err(Conflict::NotFound.into()));
}

async fn each_expiry_is_warned_of_once_and_not_too_early(store: &dyn Store) {
    // It expires after a day.
    let id = held(store, 1).await;
    let listed = async |at: i64, before: i64| {
        let listed = store.to_warn(minute(at), SignedDuration::from_mins(before)).await.unwrap();
        listed.iter().any(|message| message.id == id)
    };
    for (at, before, expected) in [
        (22 * 60, 60, false),
        (23 * 60, 60, true),
        (11 * 60, 24 * 60, false),
        (12 * 60, 24 * 60, true),
        (24 * 60, 60, false),
    ] {
        assert_eq!(listed(at, before).await, expected, "{at} {before}");
    }
    let waiting = store.outbox_waiting().await.unwrap();
    let warn = async || {
        let notice = notice(minute(23 * 60));
        store.warn(id, Some(&notice), &about("expiry-warned", id, minute(23 * 60))).await
    };
    store.keep(id, "KS 1", &about("kept", id, minute(1))).await.unwrap();
    assert_eq!(warn().await, Err(Conflict::Warned.into()), "it does not expire");
    store.unkeep(id, minute(0), &about("unkept", id, minute(1))).await.unwrap();
    warn().await.unwrap();
    assert_eq!(warn().await, Err(Conflict::Warned.into()));
    assert!(!listed(23 * 60, 60).await);
    assert_eq!(store.outbox_waiting().await.unwrap(), waiting + 1);
    store.discard(id, None, &about("discarded", id, minute(23 * 60))).await.unwrap();
    assert_eq!(warn().await, Err(Conflict::State(State::Discarded).into()));
}

async fn what_was_sent_twice_is_found(store: &dyn Store) {
    let hold = async |at: i64, digests: &[&str]| {
        let duplicate_digests = digests.iter().map(|digest| digest.to_string()).collect();
        store.hold(NewHeld { duplicate_digests, ..new_held(minute(at), 1) }).await.unwrap().id()
    };
    let first = hold(0, &["1:twice"]).await;
    let (second, other, none) = (hold(1, &["1:twice"]).await, hold(1, &["1:once"]).await, hold(1, &[]).await);
    store.discard(second, None, &about("discarded", second, minute(2))).await.unwrap();
    for (id, expected) in [(first, vec![second]), (second, vec![first]), (other, vec![]), (none, vec![])] {
        let found: Vec<MessageId> = store.duplicates(id).await.unwrap().iter().map(|m| m.id).collect();
        assert_eq!(found, expected);
    }
    // After the secret was exchanged it is found by the earlier one's digest, and what follows it too.
    let third = hold(3, &["2:twice", "1:twice"]).await;
    let fourth = hold(4, &["2:twice", "1:twice"]).await;
    let new = hold(4, &["2:new", "1:new"]).await;
    let found: Vec<MessageId> = store.duplicates(third).await.unwrap().iter().map(|m| m.id).collect();
    assert_eq!(found, [first, second, fourth]);
    assert_eq!(store.duplicates(new).await.unwrap(), []);
}
