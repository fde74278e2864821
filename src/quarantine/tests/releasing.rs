//! Release against a scripted next hop: every reply at every step, for each recipient on its own.

use super::next_hop::{Act, At, Moment, NextHop};
use super::*;

const TWO: [&str; 2] = ["bo@post.example", "eva@post.example"];

/// A hop that gives this answer at this step to whatever concerns `eva`, and takes the rest.
async fn against_eva(at: At, act: Act) -> NextHop {
    let is_eva = std::sync::atomic::AtomicBool::new(false);
    NextHop::scripted(move |moment: Moment<'_>| {
        use std::sync::atomic::Ordering::SeqCst;
        if moment.at == At::Rcpt {
            is_eva.store(moment.line.contains("eva@"), SeqCst);
        }
        (moment.at == at && is_eva.load(SeqCst)).then(|| act.clone())
    })
    .await
}

#[tokio::test]
async fn every_recipient_gets_it_once_and_the_content_is_gone() {
    let house = House::new().await;
    let id = house.held(&TWO).await;
    let hop = NextHop::honest().await;
    let progress =
        house.releasing(hop.address).release(id, &operator(), Route::Ordinary, Some("agreed".into())).await.unwrap();
    assert_eq!(progress, Progress::Released(Tally { accepted: 2, refused: 0, pending: 0, withheld: 0 }));
    let taken = hop.record().taken;
    assert_eq!(taken.len(), 2);
    for (taken, address) in taken.iter().zip(TWO) {
        assert_eq!(taken.mail, "MAIL FROM:<anna@kommun.example> BODY=8BITMIME RET=HDRS");
        assert_eq!(taken.recipients, [format!("RCPT TO:<{address}> NOTIFY=FAILURE")]);
        let prefix = format!("X-Prefix: default <{address}> {}\r\n", stored().len());
        assert_eq!(taken.content, [prefix.as_bytes(), &stored()].concat());
    }
    let message = house.message(id).await;
    assert_eq!((message.state, message.ended_at), (State::Released, Some(house.clock.now())));
    assert_eq!(house.store.content(id).await.unwrap(), None);
    assert!(house.store.evidence(id).await.unwrap().is_some(), "kept until it would have expired");
    assert_eq!(
        house.events(id).await,
        [
            HELD,
            "release-started",
            "recipient-accepted recipient=0 hop=default",
            "recipient-accepted recipient=1 hop=default",
            "released"
        ]
    );
    assert_eq!(house.notices().await.len(), 1, "that of the hold");
    let again = house.releasing(hop.address).release(id, &operator(), Route::Ordinary, None).await;
    assert!(matches!(again, Err(QuarantineError::Store(StoreError::Conflict(Conflict::State(State::Released))))));
    assert_eq!(hop.record().taken.len(), 2);
}

#[tokio::test]
async fn a_temporary_failure_is_tried_again_for_that_recipient_alone() {
    let house = House::new().await;
    for at in [At::Mail, At::Rcpt, At::Data, At::Dot] {
        // `Mail` comes before the recipient is known: the script's memory makes it the second MAIL.
        let id = house.held(&["eva@post.example", "bo@post.example"]).await;
        let hop = match at {
            At::Mail => {
                NextHop::scripted(|m: Moment<'_>| {
                    (m.at == At::Mail && m.before == 0).then(|| Act::say("451 4.3.0 later"))
                })
                .await
            }
            at => against_eva(at, Act::say("451 4.3.0 later")).await,
        };
        let progress = house.releasing(hop.address).release(id, &operator(), Route::Ordinary, None).await.unwrap();
        let next = house.clock.now() + SignedDuration::from_mins(1);
        assert_eq!(
            progress,
            Progress::Pending { tally: Tally { accepted: 1, refused: 0, pending: 1, withheld: 0 }, next },
            "{at:?}"
        );
        assert_eq!(house.states(id).await, ["pending", "accepted"], "{at:?}");
        assert_eq!(house.message(id).await.state, State::Releasing);

        let honest = NextHop::honest().await;
        let quarantine = house.releasing(honest.address);
        assert_eq!(quarantine.due().await.unwrap(), []);
        house.clock.forward(SignedDuration::from_mins(1));
        assert_eq!(quarantine.due().await.unwrap(), [id]);
        let progress = quarantine.resume(id).await.unwrap();
        assert_eq!(progress, Progress::Released(Tally { accepted: 2, refused: 0, pending: 0, withheld: 0 }));
        let taken = honest.record().taken;
        assert_eq!(taken.len(), 1, "{at:?}");
        assert_eq!(taken[0].recipients, ["RCPT TO:<eva@post.example> NOTIFY=FAILURE"]);
    }
}

#[tokio::test]
async fn a_refusal_at_any_step_brings_it_back_to_held_and_tells_who_was_reached() {
    let house = House::new().await;
    house.notices().await;
    for at in [At::Mail, At::Rcpt, At::Data, At::Dot] {
        let id = house.held(&["eva@post.example", "bo@post.example"]).await;
        house.notices().await;
        let hop = match at {
            At::Mail => {
                NextHop::scripted(|m: Moment<'_>| {
                    (m.at == At::Mail && m.before == 0).then(|| Act::say("550 5.1.1 eva@post.example"))
                })
                .await
            }
            at => against_eva(at, Act::say("550 5.1.1 eva@post.example")).await,
        };
        let progress = house.releasing(hop.address).release(id, &operator(), Route::Ordinary, None).await.unwrap();
        assert_eq!(progress, Progress::Failed(Tally { accepted: 1, refused: 1, pending: 0, withheld: 0 }), "{at:?}");
        let message = house.message(id).await;
        assert_eq!((message.state, message.release_failed), (State::Held, true));
        assert_eq!(
            house.events(id).await[2..],
            [
                "recipient-refused recipient=0 hop=default reply=550 5.1.1",
                "recipient-accepted recipient=1 hop=default",
                "release-failed accepted=1 refused=1 pending=0"
            ],
            "{at:?}"
        );
        let notices = house.notices().await;
        let told: Vec<_> = notices.iter().map(|(n, _)| (n.kind, n.to.clone())).collect();
        assert_eq!(
            told,
            [
                (NoticeKind::ReleaseFailed, vec!["anna@kommun.example".to_owned()]),
                (NoticeKind::ReviewerReleaseFailed, vec!["granskare@kommun.example".to_owned()])
            ]
        );
        for (notice, reference) in notices {
            assert_eq!(
                (notice.recipients, notice.reached),
                (vec!["eva@post.example".into()], vec!["bo@post.example".into()])
            );
            assert_eq!(reference.as_deref(), Some(message.reference.as_str()));
            assert_eq!(notice.reference, reference);
        }
        // The mail is still there, and a second release sends to the refused one alone.
        let honest = NextHop::honest().await;
        house.releasing(honest.address).release(id, &operator(), Route::Ordinary, None).await.unwrap();
        assert_eq!(honest.record().taken.len(), 1);
        assert_eq!(house.message(id).await.state, State::Released);
    }
}

#[tokio::test]
async fn a_connection_lost_around_the_dot_leaves_the_recipient_pending() {
    let house = House::new().await;
    for (at, act) in [
        (At::Data, Act::Close),
        (At::Content, Act::ReadSayAndClose(10, Vec::new())),
        (At::Dot, Act::Close),
        (At::Dot, Act::say("nonsense")),
    ] {
        let id = house.held(&TWO).await;
        let hop = against_eva(at, act).await;
        let progress = house.releasing(hop.address).release(id, &operator(), Route::Ordinary, None).await.unwrap();
        assert!(
            matches!(progress, Progress::Pending { tally: Tally { accepted: 1, refused: 0, pending: 1, .. }, .. }),
            "{at:?}"
        );
        let honest = NextHop::honest().await;
        house.releasing(honest.address).resume(id).await.unwrap();
        assert_eq!(honest.record().taken.len(), 1, "{at:?}");
    }
}

#[tokio::test]
async fn a_hop_that_is_down_is_tried_for_a_day_then_the_release_has_failed() {
    let house = House::new().await;
    let id = house.held(&TWO).await;
    house.notices().await;
    // Nobody listens there.
    let gone = NextHop::honest().await.address;
    let mut progress = house.releasing(gone).release(id, &operator(), Route::Ordinary, None).await.unwrap();
    let began = house.clock.now();
    let mut pauses = Vec::new();
    while let Progress::Pending { tally, next } = progress {
        assert_eq!(tally, Tally { accepted: 0, refused: 0, pending: 2, withheld: 0 });
        let pause = next.duration_since(house.clock.now());
        pauses.push(pause.as_mins());
        house.clock.forward(pause);
        progress = house.releasing(gone).resume(id).await.unwrap();
    }
    assert_eq!(pauses[..8], [1, 2, 4, 8, 16, 32, 60, 60]);
    assert_eq!(house.clock.now().duration_since(began), SignedDuration::from_hours(24));
    assert_eq!(progress, Progress::Failed(Tally { accepted: 0, refused: 0, pending: 2, withheld: 0 }));
    let message = house.message(id).await;
    assert_eq!((message.state, message.release_failed), (State::Held, true));
    let notices = house.notices().await;
    assert_eq!(notices.len(), 2);
    assert_eq!(notices[0].0.recipients, TWO);
    assert!(notices[0].0.reached.is_empty());
    // Time enough for a person, even where the message was about to expire.
    house.clock.forward(SignedDuration::from_hours(23));
    assert_eq!(house.console().expire().await.unwrap(), 0);
}

#[tokio::test]
async fn without_a_hop_today_a_recipient_waits() {
    struct NoHop;
    impl Routes for NoHop {
        fn reach(&self, _: &Leaving<'_>, recipients: &[&Recipient]) -> Result<Vec<bool>, RouteError> {
            Ok(vec![true; recipients.len()])
        }

        fn hop(&self, _: &Leaving<'_>, _: &Recipient) -> Option<Arc<Hop>> {
            None
        }

        fn dress<'m>(&self, _: &Hop, _: &Envelope, message: &'m RawMessage) -> (Vec<u8>, Vec<&'m [u8]>) {
            (Vec::new(), vec![message.bytes()])
        }

        fn admits(&self, _: &Leaving<'_>, _: &Recipient, _: ConnectionSecurity) -> bool {
            true
        }
    }
    let house = House::new().await;
    let id = house.held(&["bo@post.example"]).await;
    let quarantine = house.build(house.settings(Some(Arc::new(NoHop))));
    let progress = quarantine.release(id, &operator(), Route::Ordinary, None).await.unwrap();
    assert!(matches!(progress, Progress::Pending { tally: Tally { pending: 1, .. }, .. }));
}

/// Killed between the hop's 250 to the first recipient and its record: the next process sends to that one
/// again, and to the second.
#[tokio::test]
async fn a_crash_before_the_record_repeats_that_recipient_and_no_other() {
    let house = House::new().await;
    for (recorded, expected) in [(false, 2), (true, 1)] {
        let id = house.held(&TWO).await;
        let claim = house.abandoned(id, Route::Ordinary).await;
        if recorded {
            let row = crate::store::RecipientRow {
                position: 0,
                state: crate::store::RecipientState::Accepted,
                reply: Some("250".into()),
            };
            house.store.record_recipient(&claim, &row, None).await.unwrap();
        }
        let hop = NextHop::honest().await;
        let quarantine = house.releasing(hop.address);
        assert_eq!(quarantine.due().await.unwrap(), [id]);
        assert!(matches!(quarantine.resume(id).await.unwrap(), Progress::Released(_)));
        assert_eq!(hop.record().taken.len(), expected);
    }
}

#[tokio::test]
async fn two_who_release_at_once_send_once() {
    let house = House::new().await;
    let id = house.held(&TWO).await;
    let hop = NextHop::honest().await;
    let (a, b) = (house.releasing(hop.address), house.releasing(hop.address));
    let actor = operator();
    let (first, second) =
        tokio::join!(a.release(id, &actor, Route::Ordinary, None), b.release(id, &actor, Route::Ordinary, None));
    let won = [&first, &second].into_iter().filter(|r| matches!(r, Ok(Progress::Released(_)))).count();
    assert_eq!(won, 1, "{first:?} {second:?}");
    assert_eq!(hop.record().taken.len(), 2);
}

#[tokio::test]
async fn what_cannot_be_opened_stays_where_it_is_and_ends_after_a_day() {
    let house = House::new().await;
    let id = house.held(&["bo@post.example"]).await;
    let hop = NextHop::honest().await;
    let stranger = || Quarantine {
        identities: Some(Arc::new({
            let path = house.dir.join(format!("other-{}", MessageId::random()));
            Identities::create_file(&path, Timestamp::now()).unwrap();
            Identities::from_file(&path).unwrap()
        })),
        ..house.releasing(hop.address)
    };
    assert!(stranger().release(id, &operator(), Route::Ordinary, None).await.is_err());
    assert_eq!(house.message(id).await.state, State::Held);
    // A release that began elsewhere, and whose identity is lost.
    house.abandoned(id, Route::Ordinary).await;
    assert!(stranger().resume(id).await.is_err());
    assert_eq!(house.releasing(hop.address).due().await.unwrap(), [], "not at once again");
    house.clock.forward(SignedDuration::from_hours(24));
    assert!(stranger().resume(id).await.is_err());
    let message = house.message(id).await;
    assert_eq!((message.state, message.release_failed), (State::Held, true));
    assert_eq!(hop.record().taken.len(), 0);
}

/// The content is damaged, the evidence is not: nobody was reached, and everybody is told.
#[tokio::test]
async fn what_cannot_be_sent_any_more_is_told_when_its_time_is_over() {
    let house = House::new().await;
    let id = house.held(&TWO).await;
    house.notices().await;
    let hop = NextHop::honest().await;
    let quarantine = house.releasing(hop.address);
    house.abandoned(id, Route::Ordinary).await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(house.dir.join("sluss.db"));
    let mut other = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::raw_sql("UPDATE content SET sealed = zeroblob(length(sealed))").execute(&mut other).await.unwrap();
    house.clock.forward(SignedDuration::from_hours(24));
    assert!(matches!(quarantine.resume(id).await, Err(QuarantineError::Seal(SealError::Damaged))));
    let message = house.message(id).await;
    assert_eq!((message.state, message.release_failed), (State::Held, true));
    let notices = house.notices().await;
    let told: Vec<_> = notices.iter().map(|(n, _)| (n.kind, n.recipients.len(), n.reached.len(), n.days)).collect();
    assert_eq!(told, [(NoticeKind::ReleaseFailed, 2, 0, 13), (NoticeKind::ReviewerReleaseFailed, 2, 0, 13)]);
    assert_eq!(hop.record().taken.len(), 0);
}

#[tokio::test]
async fn the_worker_continues_what_is_due_and_stops_when_told() {
    let house = House::new().await;
    let id = house.held(&TWO).await;
    house.abandoned(id, Route::Ordinary).await;
    let hop = NextHop::honest().await;
    let quarantine = Arc::new(house.releasing(hop.address));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let worker = tokio::spawn(quarantine.run(async { stopped.await.unwrap_or_default() }));
    hop.until(|record| record.taken.len() == 2).await;
    stop.send(()).unwrap();
    worker.await.unwrap();
    // The release that was under way has been brought to its end first.
    assert_eq!(house.message(id).await.state, State::Released);
}

/// As a process that is stopped for longer than its lease, goes on, and has been overtaken meanwhile: before the dot it
/// sends none, after it its result is recorded as what it may be.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_overtaken_sends_no_dot_or_records_a_possible_duplicate() {
    for (at, arrived, recorded) in
        [(At::Data, 0, &[][..]), (At::Dot, 1, &["possible-duplicate recipient=0 hop=default"][..])]
    {
        let house = House::new().await;
        let id = house.held(&["eva@post.example"]).await;
        let file = house.dir.join("sluss.db");
        let hop = NextHop::scripted(move |moment: Moment<'_>| {
            if moment.at == at {
                take_over(&file);
            }
            None
        })
        .await;
        let ended = house.releasing(hop.address).release(id, &operator(), Route::Ordinary, None).await;
        let lost = matches!(ended, Err(QuarantineError::Store(StoreError::Conflict(Conflict::LeaseLost))));
        assert!(lost, "{at:?}: {ended:?}");
        assert_eq!(hop.record().taken.len(), arrived, "{at:?}");
        assert_eq!(house.events(id).await[2..], *recorded, "{at:?}");
        assert_eq!(house.message(id).await.state, State::Releasing, "the other one's now");
    }
}

/// What another process does to the row when it finds the lease run out.
fn take_over(file: &std::path::Path) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let taking = std::thread::spawn(|| {
        tokio::runtime::Runtime::new().unwrap().block_on(async move {
            let mut conn = sqlx::ConnectOptions::connect(&options).await.unwrap();
            sqlx::raw_sql("UPDATE held SET lease_epoch = lease_epoch + 1").execute(&mut conn).await.unwrap();
        });
    });
    taking.join().unwrap();
}
