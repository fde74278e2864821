//! Expiry, discarding, sweeping.

use super::*;
use crate::store::{Outcome, ReviewStore};

#[tokio::test]
async fn after_keep_days_it_is_deleted_with_event_and_notice() {
    let house = House::new().await;
    let id = house.held(&["bo@post.example"]).await;
    house.notices().await;
    let console = house.console();
    house.clock.forward(SignedDuration::from_hours(14 * 24) - SignedDuration::from_millis(1));
    assert_eq!(console.expire().await.unwrap(), 0);
    house.clock.forward(SignedDuration::from_millis(1));
    assert_eq!(console.expire().await.unwrap(), 1);
    assert_eq!(house.message(id).await.state, State::Expired);
    assert_eq!(house.store.content(id).await.unwrap(), None);
    assert_eq!(house.store.evidence(id).await.unwrap(), None);
    assert_eq!(house.events(id).await, [HELD, "expired"]);
    let links = house.store.audit_links("node", 0).await.unwrap();
    let expired = links.iter().find(|link| link.event == "expired").unwrap();
    assert_eq!(expired.reason.as_deref(), Some("KS 2026/12"), "what the deletion rests on");
    let notices = house.notices().await;
    assert_eq!(notices.len(), 1);
    let (notice, reference) = &notices[0];
    assert_eq!((notice.kind, notice.to.as_slice()), (NoticeKind::Expired, &["anna@kommun.example".to_owned()][..]));
    assert_eq!(notice.reference, *reference);
    assert_eq!(console.expire().await.unwrap(), 0);
}

/// Its release reached one of the two: the last notice must not say that nobody has it.
#[tokio::test]
async fn what_expires_after_a_failed_release_names_those_it_has_reached() {
    use super::next_hop::{Act, At, Moment, NextHop};
    let house = House::new().await;
    let id = house.held(&["bo@post.example", "eva@post.example"]).await;
    house.clock.forward(SignedDuration::from_hours(13 * 24 + 12));
    let hop = NextHop::scripted(|m: Moment<'_>| {
        (m.at == At::Rcpt && m.line.contains("eva@")).then(|| Act::say("550 5.1.1 no such user"))
    })
    .await;
    house.notices().await;
    house.releasing(hop.address).release(id, &operator(), Route::Ordinary, None).await.unwrap();
    // Half a day was left; a failed release gives a whole one, and the notices say so.
    let failed = house.notices().await;
    assert_eq!(failed.iter().map(|(n, _)| n.days).collect::<Vec<_>>(), [1, 1]);
    house.clock.forward(SignedDuration::from_hours(24));
    assert_eq!(house.console().expire().await.unwrap(), 1);
    let notices = house.notices().await;
    let [(notice, _)] = notices.as_slice() else { panic!("{} notices", notices.len()) };
    assert_eq!(notice.kind, NoticeKind::Expired);
    assert_eq!(
        (notice.recipients.as_slice(), notice.reached.as_slice()),
        (&["eva@post.example".to_owned()][..], &["bo@post.example".to_owned()][..])
    );
}

#[tokio::test]
async fn who_cannot_open_it_waits_for_others_then_deletes_without_a_notice() {
    let house = House::new().await;
    let id = house.held(&["bo@post.example"]).await;
    house.notices().await;
    house.clock.forward(SignedDuration::from_hours(15 * 24) - SignedDuration::from_millis(1));
    assert_eq!(house.relay().expire().await.unwrap(), 0);
    house.clock.forward(SignedDuration::from_millis(1));
    assert_eq!(house.relay().expire().await.unwrap(), 1);
    assert_eq!(house.message(id).await.state, State::Expired);
    assert_eq!(house.notices().await.len(), 0);
}

#[tokio::test]
async fn a_discarded_message_is_gone_with_its_reason_on_the_record() {
    let house = House::new().await;
    let id = house.held(&["bo@post.example"]).await;
    let console = house.console();
    console.discard(id, &operator(), Some("sent twice".into())).await.unwrap();
    assert_eq!(house.message(id).await.state, State::Discarded);
    let links = house.store.audit_links("node", 0).await.unwrap();
    assert_eq!(links.last().unwrap().reason.as_deref(), Some("sent twice"));
    assert!(matches!(console.open(id, &operator(), "x").await, Err(QuarantineError::Gone)));
    assert!(matches!(
        console.discard(id, &operator(), None).await,
        Err(QuarantineError::Store(StoreError::Conflict(Conflict::State(State::Discarded))))
    ));
    assert!(matches!(
        console.discard(MessageId::random(), &operator(), None).await,
        Err(QuarantineError::Store(StoreError::Conflict(Conflict::NotFound)))
    ));
}

#[tokio::test]
async fn the_sender_is_warned_once_before_it_expires() {
    let house = House::new().await;
    let id = house.held(&["bo@post.example"]).await;
    house.notices().await;
    let console = house.console();
    // A minute early: it is looked for once a minute.
    let before = SignedDuration::from_mins(1) + SignedDuration::from_millis(1);
    house.clock.forward(SignedDuration::from_hours(11 * 24) - before);
    assert_eq!(console.warn().await.unwrap(), 0);
    house.clock.forward(before);
    assert_eq!(house.relay().warn().await.unwrap(), 0, "who cannot open it cannot tell");
    assert_eq!(console.warn().await.unwrap(), 1);
    assert_eq!(console.warn().await.unwrap(), 0);
    let notices = house.notices().await;
    let told: Vec<_> = notices.iter().map(|(n, _)| (n.kind, n.to.join(","), n.days)).collect();
    assert_eq!(told, [(NoticeKind::Expiring, "anna@kommun.example".to_owned(), 3)]);
    assert_eq!(house.events(id).await, [HELD, "expiry-warned"]);
    assert_eq!(house.message(id).await.state, State::Held);
}

/// A machine reads no warning; the event says that there was nobody.
#[tokio::test]
async fn without_a_sender_to_tell_nobody_is_warned() {
    let house = House::new().await;
    let mut hold = house.hold(&["bo@post.example"]);
    hold.notice.kind = NoticeKind::ServiceDigest;
    let id = house.relay().hold(hold).await.unwrap().id();
    house.notices().await;
    house.clock.forward(SignedDuration::from_hours(11 * 24));
    assert_eq!(house.console().warn().await.unwrap(), 1);
    assert_eq!(house.notices().await.len(), 0);
    assert_eq!(house.events(id).await, [HELD, "expiry-warned"]);
}

#[tokio::test]
async fn an_expiry_rests_on_the_decision_that_it_was_held_by() {
    let house = House::new().await;
    let mut hold = house.hold(&["bo@post.example"]);
    (hold.keep_days, hold.keep_decision) = (7, Some("SN 2026/45".into()));
    house.relay().hold(hold).await.unwrap();
    house.clock.forward(SignedDuration::from_hours(7 * 24));
    assert_eq!(house.console().expire().await.unwrap(), 1);
    let links = house.store.audit_links("node", 0).await.unwrap();
    assert_eq!(links.last().unwrap().reason.as_deref(), Some("SN 2026/45"));
}

/// A sending server that never heard our 250 sends again; a person who presses twice sends another mail.
#[tokio::test]
async fn what_was_sent_twice_is_linked() {
    let house = House::new().await;
    let first = house.held(&["bo@post.example", "eva@post.example"]).await;
    let again = house.held(&["EVA@post.example", "bo@post.example"]).await;
    let to_others = house.held(&["bo@post.example"]).await;
    let mut other = house.hold(&["bo@post.example", "eva@post.example"]);
    let message = [SUBJECT, FORGED, b"\r\nAnother body\r\n"].concat();
    other.kept = std::iter::once(0..message.len()).collect();
    other.message = RawMessage::uncounted(message);
    let other = house.relay().hold(other).await.unwrap().id();
    for (id, expected) in [(first, vec![again]), (again, vec![first]), (to_others, vec![]), (other, vec![])] {
        let found: Vec<_> = house.store.duplicates(id).await.unwrap().iter().map(|m| m.id).collect();
        assert_eq!(found, expected);
    }
}

/// What an exception let go is known by the id of its disclosure. The house begins on a Monday.
#[tokio::test]
async fn reviewers_are_reminded_each_working_day_of_a_look_that_is_overdue() {
    let house = House::new().await;
    let (console, begin) = (house.console(), house.clock.now());
    for unit in ["social", "of-another-node"] {
        let disclosure = Disclosure {
            at: begin,
            unit: unit.into(),
            sender: "anna@kommun.example".into(),
            recipients: vec!["bo@post.example".into()],
            values: Vec::new(),
            review: Some(("code:EX-LIFE".into(), begin + SignedDuration::from_hours(24))),
        };
        let event = |id| Event::ExceptionUsed {
            disclosure: Some(id),
            unit: unit.into(),
            transaction: "t".into(),
            by: "code:EX-LIFE".into(),
            verdict: "relay",
            reason: None,
            review_within_hours: Some(24),
        };
        console.disclose(disclosure, event).await.unwrap();
    }
    let open = house.store.reviews(false).await.unwrap();
    let id = open.iter().find(|row| row.review.unit == "social").unwrap().review.id;
    let hours = |hours| house.clock.forward(SignedDuration::from_hours(hours));
    hours(23);
    assert_eq!(console.remind().await.unwrap(), 0);
    hours(1);
    assert_eq!(console.remind().await.unwrap(), 1);
    assert_eq!(house.relay().remind().await.unwrap(), 0, "once a day");
    hours(1);
    let notices = house.notices().await;
    let told: Vec<_> = notices.iter().map(|(notice, _)| (notice.kind, notice.to.join(","))).collect();
    assert_eq!(told, [(NoticeKind::ReviewerReviewOverdue, "granskare@kommun.example".to_owned())]);
    assert_eq!(notices[0].0.reference, Some(id.to_string()));
    // To Friday, then to the weekend, then to Monday.
    for (forward, reminded) in [(3 * 24, 1), (24, 0), (24, 0), (24, 1)] {
        hours(forward);
        assert_eq!(console.remind().await.unwrap(), reminded);
    }
    assert_eq!(house.events(id).await.iter().filter(|event| *event == "review-overdue").count(), 3);
    let row = house.store.review_of(id).await.unwrap().unwrap();
    console.review(&row.review, Outcome::Confirmed, None, &operator()).await.unwrap();
    hours(24);
    assert_eq!(console.remind().await.unwrap(), 0);
}
