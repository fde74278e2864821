//! What a person decides: routes, two persons, returns, private mail, legal hold; two persons at once.

use super::next_hop::{Act, At, Moment, NextHop};
use super::*;
use crate::notice::facts::Language;
use crate::quarantine::{Progress, Return, Tally};

/// The first has two-factor login, the second has not.
const MIXED: [&str; 2] = ["bo@post.example", "eva@other.example"];

fn conflict<T: std::fmt::Debug>(result: Result<T, QuarantineError>) -> Conflict {
    match result {
        Err(QuarantineError::Store(StoreError::Conflict(conflict))) => conflict,
        other => panic!("{other:?}"),
    }
}

fn advice(text: &str) -> Return {
    Return { reason: "too much".into(), advice: Some(text.into()) }
}

impl House {
    async fn held_as(&self, recipients: &[&str], change: impl FnOnce(&mut Hold)) -> MessageId {
        let mut hold = self.hold(recipients);
        change(&mut hold);
        self.relay().hold(hold).await.unwrap().id()
    }
}

#[tokio::test]
async fn only_those_with_two_factors_get_it_and_it_is_held_on_for_the_others() {
    let house = House::new().await;
    let id = house.held(&MIXED).await;
    house.notices().await;
    let hop = NextHop::honest().await;
    let quarantine = house.releasing(hop.address);
    let progress = quarantine.release(id, &operator(), Route::TwoFactor, None).await.unwrap();
    assert_eq!(progress, Progress::InPart(Tally { accepted: 1, withheld: 1, ..Tally::default() }));
    assert_eq!(house.states(id).await, ["accepted", "withheld"]);
    let message = house.message(id).await;
    assert_eq!((message.state, message.release_failed), (State::Held, false));
    assert_eq!(
        house.events(id).await,
        [
            HELD,
            "release-started route=two-factor",
            "recipient-accepted recipient=0 hop=default",
            "released-in-part accepted=1 withheld=1"
        ]
    );
    let notices = house.notices().await;
    let [(notice, _)] = notices.as_slice() else { panic!("{}", notices.len()) };
    assert_eq!((notice.kind, notice.days), (NoticeKind::ReleasedInPart, 14));
    assert_eq!(
        (notice.reached.as_slice(), notice.recipients.as_slice()),
        (&[MIXED[0].into()][..], &[MIXED[1].into()][..])
    );
    // Nobody is left who has two factors; by the way round the other one gets it, and nobody twice.
    let none = quarantine.release(id, &operator(), Route::TwoFactor, None).await;
    assert!(matches!(none, Err(QuarantineError::Route(RouteError::NobodyMeets))));
    let way = Route::Way("secure".into());
    let progress = quarantine.release(id, &operator(), way, None).await.unwrap();
    assert_eq!(progress, Progress::Released(Tally { accepted: 2, ..Tally::default() }));
    assert_eq!(hop.record().taken.len(), 2);
    assert_eq!(house.events(id).await[4], "release-started route=way:secure");
}

/// Between the decision and a later attempt its evidence has ended.
#[tokio::test]
async fn a_mailbox_that_has_lost_its_evidence_waits_and_the_release_fails() {
    let house = House::new().await;
    let id = house.held(&MIXED).await;
    let hop = NextHop::honest().await;
    let routes = Arc::new(OneHop::to(hop_to(hop.address)));
    let quarantine = house.build(house.settings(Some(routes.clone())));
    house.abandoned(id, Route::TwoFactor).await;
    routes.two_factor.store(false, Ordering::SeqCst);
    assert!(matches!(quarantine.resume(id).await.unwrap(), Progress::Pending { .. }));
    house.clock.forward(SignedDuration::from_hours(24));
    assert!(matches!(quarantine.resume(id).await.unwrap(), Progress::Failed(_)));
    assert_eq!(hop.record().taken.len(), 0);
}

#[tokio::test]
async fn a_way_that_is_not_open_changes_nothing() {
    let house = House::new().await;
    let id = house.held(&MIXED).await;
    let hop = NextHop::honest().await;
    let refused = house.releasing(hop.address).release(id, &operator(), Route::Way("fax".into()), None).await;
    assert!(matches!(refused, Err(QuarantineError::Route(RouteError::NoSuchWay(_)))));
    assert_eq!(house.message(id).await.state, State::Held);
    assert_eq!(house.events(id).await, [HELD]);
}

#[tokio::test]
async fn what_is_grave_is_released_by_two_persons() {
    let house = House::new().await;
    let id = house.held_as(&MIXED, |hold| hold.four_eyes = true).await;
    let hop = NextHop::honest().await;
    let quarantine = house.releasing(hop.address);
    assert_eq!(conflict(quarantine.approve(id, &second(), None).await), Conflict::NoRequest);
    let reason = Some("agreed with the unit".to_owned());
    house.notices().await;
    let asked = quarantine.release(id, &operator(), Route::Way("secure".into()), reason).await.unwrap();
    assert_eq!(asked, Progress::Requested);
    let told: Vec<_> = house.notices().await.into_iter().map(|(notice, _)| (notice.kind, notice.to)).collect();
    assert_eq!(told, [(NoticeKind::ReviewerSecond, vec!["granskare@kommun.example".to_owned()])]);
    assert_eq!(conflict(quarantine.approve(id, &operator(), None).await), Conflict::SamePerson);
    let same = Actor::Reviewer("kari".into());
    assert_eq!(conflict(quarantine.approve(id, &same, None).await), Conflict::SamePerson);
    assert_eq!(conflict(quarantine.release(id, &second(), Route::Ordinary, None).await), Conflict::Requested);
    assert_eq!((house.message(id).await.state, hop.record().taken.len()), (State::Held, 0));
    let progress = quarantine.approve(id, &second(), None).await.unwrap();
    assert_eq!(progress, Progress::Released(Tally { accepted: 2, ..Tally::default() }));
    let events = house.events(id).await;
    assert_eq!(
        events[1..3],
        ["release-requested route=way:secure", "release-started route=way:secure requested-by=operator:kari"]
    );
}

#[tokio::test]
async fn a_request_lapses_after_a_day_and_the_message_waits_for_it() {
    let house = House::new().await;
    let id = house.held_as(&MIXED, |hold| (hold.four_eyes, hold.keep_days) = (true, 1)).await;
    house.clock.forward(SignedDuration::from_hours(23));
    let hop = NextHop::honest().await;
    let quarantine = house.releasing(hop.address);
    quarantine.release(id, &operator(), Route::Ordinary, None).await.unwrap();
    house.clock.forward(SignedDuration::from_hours(23));
    assert_eq!(quarantine.expire().await.unwrap(), 0);
    house.clock.forward(SignedDuration::from_hours(1) + SignedDuration::from_millis(1));
    assert_eq!(conflict(quarantine.approve(id, &second(), None).await), Conflict::NoRequest);
    assert_eq!(quarantine.expire().await.unwrap(), 1);
}

#[tokio::test]
async fn a_private_message_is_opened_by_nobody_and_goes_the_secure_way_alone() {
    let house = House::new().await;
    let private = async || house.held_as(&MIXED, |hold| hold.private = true).await;
    let (sent, withdrawn) = (private().await, private().await);
    let hop = NextHop::honest().await;
    let quarantine = house.releasing(hop.address);
    for id in [sent, withdrawn] {
        assert!(matches!(quarantine.open(id, &operator(), "x").await, Err(QuarantineError::Private)));
        assert!(matches!(quarantine.open_evidence(id, &operator(), "x").await, Err(QuarantineError::Private)));
        for route in [Route::Ordinary, Route::TwoFactor] {
            let released = quarantine.release(id, &operator(), route, None).await;
            assert!(matches!(released, Err(QuarantineError::Private)));
        }
        assert!(matches!(quarantine.discard(id, &operator(), None).await, Err(QuarantineError::Private)));
        let returned = quarantine.return_to_sender(id, &operator(), advice("secure")).await;
        assert!(matches!(returned, Err(QuarantineError::Private)));
        assert_eq!(house.events(id).await, [HELD], "no opening took place");
    }
    let way = Route::Way("secure".into());
    assert!(matches!(quarantine.release(sent, &operator(), way, None).await.unwrap(), Progress::Released(_)));
    quarantine.withdraw(withdrawn, &operator(), None).await.unwrap();
    assert_eq!(house.events(withdrawn).await[1], "discarded by=sender");
}

#[tokio::test]
async fn who_asked_for_a_review_hears_how_it_ended() {
    let house = House::new().await;
    let hop = NextHop::honest().await;
    let quarantine = house.releasing(hop.address);
    let (sent, deleted) = (house.held(&MIXED).await, house.held(&MIXED[..1]).await);
    let (withdrawn, unread) = (house.held(&["per@post.example"]).await, house.held(&["lisa@post.example"]).await);
    let unasked = house.held(&MIXED[1..]).await;
    for id in [sent, deleted, withdrawn, unread] {
        let asked = house.message(id).await;
        assert!(quarantine.ask_review(&[asked], &Actor::Link, Language::Nb, &[]).await.unwrap());
    }
    house.notices().await;
    quarantine.release(sent, &operator(), Route::Ordinary, None).await.unwrap();
    quarantine.discard(deleted, &operator(), None).await.unwrap();
    quarantine.withdraw(withdrawn, &Actor::Link, None).await.unwrap();
    quarantine.discard(unasked, &operator(), None).await.unwrap();
    // Without an identity nobody can say to whom.
    house.relay().discard(unread, &operator(), None).await.unwrap();
    let notices = house.notices().await;
    let told: Vec<_> = notices.iter().map(|(notice, _)| (notice.kind, notice.reached.len())).collect();
    assert_eq!(told, [(NoticeKind::Discarded, 0), (NoticeKind::Released, MIXED.len())]);
    for ((notice, reference), id) in notices.iter().zip([deleted, sent]) {
        assert_eq!(notice.to, ["anna@kommun.example"]);
        assert_eq!(reference.as_deref(), Some(house.message(id).await.reference.as_str()));
    }
}

#[tokio::test]
async fn a_return_tells_the_sender_and_keeps_the_content_for_him() {
    let house = House::new().await;
    let id = house.held(&MIXED).await;
    house.notices().await;
    let console = house.console();
    assert!(!console.return_to_sender(id, &operator(), advice("remove")).await.unwrap());
    let message = house.message(id).await;
    let week = house.clock.now() + SignedDuration::from_hours(7 * 24);
    assert_eq!((message.state, message.content_until), (State::Returned, Some(week)));
    assert_eq!(house.events(id).await, [HELD, "returned days=7 mail-back=false"]);
    let notices = house.notices().await;
    let [(notice, _)] = notices.as_slice() else { panic!("{}", notices.len()) };
    assert_eq!((notice.kind, notice.days, notice.mailed_back), (NoticeKind::Returned, 7, false));
    assert_eq!(
        (notice.to.as_slice(), notice.advice.as_deref()),
        (&["anna@kommun.example".to_owned()][..], Some("remove"))
    );
    assert_eq!(conflict(console.open(id, &operator(), "x").await.map(|_| ())), Conflict::State(State::Returned));
    house.clock.forward(SignedDuration::from_hours(7 * 24) - SignedDuration::from_millis(1));
    console.sweep().await.unwrap();
    assert!(house.store.content(id).await.unwrap().is_some());
    house.clock.forward(SignedDuration::from_millis(1));
    console.sweep().await.unwrap();
    assert_eq!(house.store.content(id).await.unwrap(), None);
}

/// The sender's own mailbox is at `post.example`, which has two factors.
#[tokio::test]
async fn it_is_mailed_back_to_a_mailbox_with_two_factors() {
    let house = House::new().await;
    let from = |hold: &mut Hold| hold.envelope.reverse_path = ReversePath::parse("<anna@post.example>").unwrap().0;
    let id = house.held_as(&MIXED, from).await;
    let times = std::sync::atomic::AtomicUsize::new(0);
    let hop = NextHop::scripted(move |moment: Moment<'_>| {
        let first = moment.at == At::Dot && times.fetch_add(1, Ordering::SeqCst) == 0;
        first.then(|| Act::say("451 4.3.0 later"))
    })
    .await;
    let quarantine = house.releasing(hop.address);
    assert!(quarantine.return_to_sender(id, &operator(), advice("phone")).await.unwrap());
    assert_eq!(quarantine.due().await.unwrap(), [], "not at once again");
    house.clock.forward(SignedDuration::from_mins(1));
    assert_eq!(quarantine.due().await.unwrap(), [id]);
    quarantine.resume_due(id).await;
    let taken = hop.record().taken;
    let [back] = taken.as_slice() else { panic!("{}", taken.len()) };
    assert_eq!(back.mail, "MAIL FROM:<> BODY=8BITMIME");
    assert_eq!(back.recipients, ["RCPT TO:<anna@post.example>"]);
    let content = String::from_utf8_lossy(&back.content).into_owned();
    assert!(content.contains("Resent-To: <anna@post.example>\r\n"), "{content}");
    assert!(back.content.ends_with(&stored()));
    assert_eq!(house.events(id).await[2..], ["return-mailed hop=default"]);
    assert_eq!(quarantine.due().await.unwrap(), []);
    assert_eq!(house.message(id).await.state, State::Returned);
}

#[tokio::test]
async fn what_cannot_be_mailed_back_is_told() {
    let house = House::new().await;
    let from = |hold: &mut Hold| hold.envelope.reverse_path = ReversePath::parse("<anna@post.example>").unwrap().0;
    let refusing = NextHop::scripted(|m: Moment<'_>| (m.at == At::Rcpt).then(|| Act::say("550 5.1.1 no"))).await;
    let gone = NextHop::honest().await.address;
    for (hop, waits, last) in
        [(refusing.address, 0, "return-not-mailed reply=550 5.1.1"), (gone, 24, "return-not-mailed")]
    {
        let id = house.held_as(&MIXED, from).await;
        house.notices().await;
        let quarantine = house.releasing(hop);
        assert!(quarantine.return_to_sender(id, &operator(), advice("phone")).await.unwrap());
        house.clock.forward(SignedDuration::from_hours(waits));
        for due in quarantine.due().await.unwrap() {
            quarantine.resume_due(due).await;
        }
        assert_eq!(house.events(id).await.last().unwrap(), last);
        let mut told: Vec<_> = house.notices().await.iter().map(|(n, _)| (n.kind, n.mailed_back)).collect();
        told.sort_unstable();
        assert_eq!(told, [(NoticeKind::Returned, false), (NoticeKind::Returned, true)], "{last}");
        assert!(house.store.content(id).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn nobody_is_there_to_return_it_to() {
    let house = House::new().await;
    let id = house.held_as(&MIXED, |hold| hold.notice.kind = NoticeKind::ReviewerHeld).await;
    let returned = house.console().return_to_sender(id, &operator(), advice("phone")).await;
    assert!(matches!(returned, Err(QuarantineError::NoSender)));
    assert_eq!(house.message(id).await.state, State::Held);
}

#[tokio::test]
async fn what_is_kept_outlives_time_and_decisions() {
    let house = House::new().await;
    let id = house.held(&MIXED).await;
    let console = house.console();
    console.keep(id, &operator(), "KS 2026/77".into(), "record request".into()).await.unwrap();
    house.clock.forward(SignedDuration::from_hours(30 * 24));
    assert_eq!((console.warn().await.unwrap(), console.expire().await.unwrap()), (0, 0));
    assert_eq!(conflict(console.discard(id, &operator(), None).await), Conflict::Kept);
    console.unkeep(id, &operator(), "answered".into()).await.unwrap();
    assert_eq!(house.events(id).await[1..], ["kept decision=KS 2026/77", "unkept"]);
    assert_eq!(console.expire().await.unwrap(), 0, "time to decide");
    house.clock.forward(SignedDuration::from_hours(3 * 24));
    assert_eq!(console.expire().await.unwrap(), 1);
}

/// Every pair of decisions about one message at the same moment: one of them happens, the other one is told.
#[tokio::test]
async fn of_two_who_decide_at_once_one_does() {
    let house = House::new().await;
    let hop = NextHop::honest().await;
    let (a, b) = (house.releasing(hop.address), house.releasing(hop.address));
    let decide = async |quarantine: &Quarantine, id: MessageId, what: usize, actor: &Actor| match what {
        0 => quarantine.release(id, actor, Route::Ordinary, None).await.map(|_| ()),
        1 => quarantine.discard(id, actor, None).await,
        2 => quarantine.return_to_sender(id, actor, advice("phone")).await.map(|_| ()),
        _ => quarantine.withdraw(id, actor, None).await,
    };
    let ends = [State::Released, State::Discarded, State::Returned, State::Discarded];
    for (one, other) in (0..4).flat_map(|one| (one..4).map(move |other| (one, other))) {
        let id = house.held(&["bo@post.example"]).await;
        let (kari, ola) = (operator(), second());
        let (first, last) = tokio::join!(decide(&a, id, one, &kari), decide(&b, id, other, &ola));
        assert_eq!(usize::from(first.is_ok()) + usize::from(last.is_ok()), 1, "{one} {other}: {first:?} {last:?}");
        let won = if first.is_ok() { one } else { other };
        assert_eq!(house.message(id).await.state, ends[won]);
        let ended = ["released", "discarded", "returned"];
        let events = house.events(id).await;
        let said = events.iter().filter(|e| ended.contains(&e.split(' ').next().unwrap())).count();
        assert_eq!(said, 1, "{one} {other}: {events:?}");
    }
}

#[tokio::test]
async fn of_two_who_agree_at_once_one_does() {
    let house = House::new().await;
    let id = house.held_as(&["bo@post.example"], |hold| hold.four_eyes = true).await;
    let hop = NextHop::honest().await;
    let (a, b) = (house.releasing(hop.address), house.releasing(hop.address));
    a.release(id, &operator(), Route::Ordinary, None).await.unwrap();
    let (ola, per) = (second(), Actor::Operator("per".into()));
    let (first, last) = tokio::join!(a.approve(id, &ola, None), b.approve(id, &per, None));
    assert_eq!(usize::from(first.is_ok()) + usize::from(last.is_ok()), 1, "{first:?} {last:?}");
    assert_eq!(hop.record().taken.len(), 1);
}
