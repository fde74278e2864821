use super::*;
use crate::notice::facts::{Language, Machine, PlaceWord};

fn keys() -> Keys {
    Keys::derive(&[7; 32])
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn facts(kind: NoticeKind) -> NoticeFacts {
    let now = at("2027-03-03T13:05:00Z");
    let to = vec!["kari@kommun.example".to_owned()];
    NoticeFacts {
        recipients: vec!["ola@post.example".to_owned(), "per@post.example".to_owned()],
        categories: vec!["health".to_owned()],
        places: vec![PlaceWord::Body],
        reference: Some("ABCD-2345".to_owned()),
        days: 14,
        ..NoticeFacts::of_service(kind, Language::Sv, to, "social", now)
    }
}

const NONE: [String; 0] = [];

fn summer_time() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
}

#[test]
fn what_says_the_same_has_one_topic_and_nothing_else_has() {
    let one = facts(NoticeKind::Held);
    let told = topics(&one, &keys());
    assert_eq!(told.len(), 1);
    assert!(!told[0].contains("kari") && told[0].starts_with("1:"), "a keyed digest");
    let same = [
        NoticeFacts { reference: Some("EFGH-6789".to_owned()), ..one.clone() },
        NoticeFacts { at: "2027-03-03T13:09:00Z".to_owned(), days: 13, ..one.clone() },
        NoticeFacts { places: vec![PlaceWord::Quote], ..one.clone() },
        NoticeFacts { recipients: one.recipients.iter().rev().cloned().collect(), ..one.clone() },
    ];
    assert!(same.iter().all(|facts| topics(facts, &keys()) == told));
    let other = [
        NoticeFacts { kind: NoticeKind::Rejected, ..one.clone() },
        NoticeFacts { language: Language::Nn, ..one.clone() },
        NoticeFacts { to: vec!["ola@kommun.example".to_owned()], ..one.clone() },
        NoticeFacts { recipients: vec!["ola@post.example".to_owned()], ..one.clone() },
        NoticeFacts { categories: vec!["crime".to_owned()], ..one.clone() },
        NoticeFacts { unreadable: vec!["encrypted".to_owned()], ..one.clone() },
        NoticeFacts { unit: "skola".to_owned(), ..one.clone() },
        NoticeFacts { urgent: true, ..one.clone() },
    ];
    assert!(other.iter().all(|facts| topics(facts, &keys()) != told));
    for alone in [NoticeKind::Expired, NoticeKind::ReleaseFailed, NoticeKind::BypassOn, NoticeKind::ChannelEnds] {
        assert_eq!(topics(&facts(alone), &keys()), NONE, "{alone:?}");
    }
    let urgent = NoticeFacts { urgent: true, ..facts(NoticeKind::ReviewerHeld) };
    assert_eq!(topics(&urgent, &keys()), NONE, "urgent mail is told of alone");
}

#[test]
fn each_kind_has_its_time() {
    let (now, zone) = (at("2027-03-03T13:05:00Z"), summer_time());
    let due = |facts: &NoticeFacts| Plan::of(facts, &keys(), now, &zone).due;
    assert_eq!(due(&facts(NoticeKind::Held)), now);
    let reviewers = facts(NoticeKind::ReviewerHeld);
    assert_eq!(due(&reviewers), at("2027-03-03T13:20:00Z"));
    assert_eq!(due(&NoticeFacts { urgent: true, ..reviewers.clone() }), now);
    assert_eq!(due(&NoticeFacts { untold: true, ..reviewers }), now);
    let digest = facts(NoticeKind::ServiceDigest);
    assert_eq!(due(&digest), at("2027-03-04T05:00:00Z"), "six in the morning, an hour east of Greenwich");
    for (now, next) in [
        ("2027-03-04T04:59:59Z", "2027-03-04T05:00:00Z"),
        ("2027-03-04T05:00:00Z", "2027-03-05T05:00:00Z"),
        // The clocks go forward on the 28th.
        ("2027-03-27T12:00:00Z", "2027-03-28T04:00:00Z"),
    ] {
        assert_eq!(Plan::of(&digest, &keys(), at(now), &zone).due, at(next), "{now}");
    }
}

#[test]
fn a_warning_comes_two_days_before_in_the_morning_and_never_too_late() {
    let (zone, expiring) = (summer_time(), facts(NoticeKind::ReviewerExpiring));
    for (held, expires, due) in [
        ("2027-03-03T13:05:00Z", "2027-03-17T13:05:00Z", "2027-03-15T06:00:00Z"),
        ("2027-03-03T05:05:00Z", "2027-03-17T05:05:00Z", "2027-03-14T06:00:00Z"),
        ("2027-03-03T13:05:00Z", "2027-03-04T13:05:00Z", "2027-03-03T13:05:00Z"),
        ("2027-03-03T23:05:00Z", "2027-03-04T23:05:00Z", "2027-03-04T06:00:00Z"),
    ] {
        let plan = Plan::of_warning(&expiring, &keys(), at(held), at(expires), &zone);
        assert_eq!(plan.due, at(due), "{held} {expires}");
    }
}

#[test]
fn the_first_goes_at_once_and_the_same_again_every_ten_minutes() {
    let start = at("2027-03-03T13:00:00Z");
    let minute = |n: i64| start + SignedDuration::from_mins(n);
    let plan = |now| Plan { due: now, topics: vec!["1:abc".to_owned()] };
    let mut rhythm = Rhythm::default();
    for (now, due) in [(0, 0), (1, 10), (9, 10), (11, 20), (19, 20), (21, 30), (55, 55), (56, 65)] {
        assert_eq!(rhythm.fit(plan(minute(now)), minute(now)).due, minute(due), "minute {now}");
    }
    rhythm.forget("1:abc");
    assert_eq!(rhythm.fit(plan(minute(57)), minute(57)).due, minute(57), "what was not stored was not told");
    let later = Plan { due: minute(90), topics: vec!["1:abc".to_owned()] };
    assert_eq!(rhythm.fit(later.clone(), minute(58)), later, "what has its own time keeps it");
    assert_eq!(rhythm.fit(Plan::at_once(minute(58)), minute(58)).due, minute(58));
}

#[test]
fn memory_of_what_was_told_is_bounded() {
    let start = at("2027-03-03T13:00:00Z");
    let mut rhythm = Rhythm::default();
    for n in 0..REMEMBERED {
        rhythm.fit(Plan { due: start, topics: vec![n.to_string()] }, start);
    }
    let later = start + SignedDuration::from_mins(21);
    rhythm.fit(Plan { due: later, topics: vec!["new".to_owned()] }, later);
    assert_eq!(rhythm.lately.len(), 1);
}

#[test]
fn several_become_one_that_hides_nothing() {
    assert!(together(Vec::new()).is_none());
    let first = facts(NoticeKind::Held);
    let second = NoticeFacts {
        reference: Some("EFGH-6789".to_owned()),
        places: vec![PlaceWord::Body, PlaceWord::Quote],
        unreadable: vec!["encrypted".to_owned()],
        categories: vec!["crime".to_owned(), "health".to_owned()],
        others: true,
        days: 13,
        ..first.clone()
    };
    let one = together(vec![first, second]).unwrap();
    let references: Vec<_> = one.gathered.iter().map(|mail| mail.reference.as_deref().unwrap()).collect();
    assert_eq!(references, ["ABCD-2345", "EFGH-6789"]);
    assert_eq!(one.categories, ["crime", "health"]);
    assert_eq!(one.places, [PlaceWord::Body, PlaceWord::Quote]);
    assert_eq!((one.unreadable.len(), one.others, one.days), (1, true, 13));
}

#[test]
fn a_digest_knows_what_became_of_each() {
    let one =
        |outcome| NoticeFacts { machine: Some(Machine { sender: None, outcome }), ..facts(NoticeKind::ServiceDigest) };
    let day = together(vec![one(NoticeKind::Held), one(NoticeKind::Warned)]).unwrap();
    let outcomes: Vec<_> = day.gathered.iter().map(|mail| mail.outcome).collect();
    assert_eq!(outcomes, [NoticeKind::Held, NoticeKind::Warned]);
}
