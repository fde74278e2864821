//! Reuse, replacement, the cap, the memory of a hop that is down.

use super::*;
use crate::smtp::Extensions;

#[tokio::test]
async fn messages_in_a_row_share_a_connection_and_nothing_is_said_between_them() {
    let server = NextHop::honest().await;
    let hop = hop_to(&server);
    for _ in 0..3 {
        assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(_));
    }
    started(&hop).await.abandon().await;
    let record = server.record();
    assert_eq!(record.connections, 1);
    let message = ["MAIL", "RCPT", "DATA"];
    let expected = [&["EHLO"][..], &message, &message, &message, &["MAIL", "RCPT", "RSET"]].concat();
    assert_eq!(record.verbs(0), expected);
}

/// The first connection ends after its first message, in one way or another. The second message goes
/// over a new one, and its client hears nothing of it.
#[tokio::test]
async fn a_dead_pooled_connection_is_replaced_unseen() {
    let closed_at_once = Act::SayAndClose(b"250 2.0.0 taken\r\n".to_vec());
    let rows = [
        (At::Dot, 0, closed_at_once),
        (At::Mail, 1, Act::Close),
        (At::Mail, 1, Act::say_and_close("421 4.4.2 timeout")),
        (At::Mail, 1, Act::say("99 what")),
        (At::Mail, 1, Act::Silence),
        (At::Rcpt, 1, Act::Close),
        (At::Rcpt, 1, Act::say_and_close("421 4.4.2 timeout")),
        (At::Rcpt, 1, Act::Silence),
    ];
    for (at, before, act) in rows {
        let label = format!("{at:?} {act:?}");
        let script = move |moment: Moment<'_>| {
            (moment.connection == 0 && moment.at == at && moment.before == before).then(|| act.clone())
        };
        let server = NextHop::scripted(script).await;
        let hop = hop_with(settings(server.address), Deadlines { pooled_start: SEVERAL, ..patient() });
        assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(_), "{label}");
        assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(_), "{label}");
        let record = server.record();
        assert_eq!((record.connections, record.taken.len()), (2, 2), "{label}");
        assert_eq!((record.taken[0].connection, record.taken[1].connection), (0, 1), "{label}");
    }
}

#[tokio::test]
async fn replaced_once_and_not_again() {
    // From the second message on every connection ends at MAIL.
    let script = |moment: Moment<'_>| {
        let later = moment.connection > 0 || moment.before > 0;
        (moment.at == At::Mail && later).then_some(Act::Close)
    };
    let server = NextHop::scripted(script).await;
    let hop = hop_to(&server);
    assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(_));
    assert_matches!(transact(&hop, &[CONTENT]).await, End::Start(HopError::Unavailable(Cause::Lost(Step::Mail))));
    assert_eq!(server.record().connections, 2);
}

/// After a 2xx to RCPT our client has been told so: from then on a loss is a loss.
#[tokio::test]
async fn not_replaced_after_the_first_recipient() {
    let script = |moment: Moment<'_>| (moment.at == At::Data && moment.before == 1).then_some(Act::Close);
    let server = NextHop::scripted(script).await;
    let hop = hop_to(&server);
    assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(_));
    assert_matches!(transact(&hop, &[CONTENT]).await, End::Send(SendError::Lost));
    assert_eq!(server.record().connections, 1);
}

#[tokio::test]
async fn never_more_than_max_connections_and_everybody_gets_a_turn() {
    let server = NextHop::honest().await;
    let hop = hop_with(Settings { max_connections: 3, ..settings(server.address) }, patient());
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..24 {
        let hop = hop.clone();
        clients.spawn(async move {
            // Some give up in between: their slots must come back.
            match client % 3 {
                0 => drop(started(&hop).await),
                1 => started(&hop).await.abandon().await,
                _ => assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(_)),
            }
        });
    }
    while let Some(done) = clients.join_next().await {
        done.expect("no client fails");
    }
    let record = server.record();
    assert_eq!(record.taken.len(), 8);
    // The server learns of a dropped connection a moment after its slot is free again.
    assert!(record.connections <= 3 + 8, "reused: {}", record.connections);
}

#[tokio::test]
async fn reuse_keeps_the_hop_at_the_cap() {
    let server = NextHop::honest().await;
    let hop = hop_with(Settings { max_connections: 3, ..settings(server.address) }, patient());
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..60 {
        let hop = hop.clone();
        clients.spawn(async move { assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(_)) });
    }
    while let Some(done) = clients.join_next().await {
        done.expect("no client fails");
    }
    let record = server.record();
    assert_eq!(record.taken.len(), 60);
    assert!(record.connections <= 3, "{}", record.connections);
}

#[tokio::test]
async fn waiting_for_a_connection_ends() {
    let server = NextHop::honest().await;
    let deadlines = Deadlines { wait: SHORT, ..patient() };
    let hop = hop_with(Settings { max_connections: 1, ..settings(server.address) }, deadlines);
    let dialog = started(&hop).await;
    assert_matches!(start(&hop).await.map(|_| ()), Err(HopError::NoCapacity));
    assert_eq!(hop.probe().await, Err(HopError::NoCapacity));
    dialog.abandon().await;
    assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(_));
}

#[tokio::test]
async fn a_dropped_dialog_closes_its_connection_and_the_hop_forgets_it() {
    let server = NextHop::honest().await;
    let hop = hop_to(&server);
    drop(started(&hop).await);
    let record = server.until(|record| record.open == 0).await;
    assert_eq!(record.verbs(0), ["EHLO", "MAIL", "RCPT"]);
    assert_eq!(record.taken, []);
}

#[tokio::test]
async fn idle_connections_are_closed_with_quit() {
    let server = NextHop::honest().await;
    let hop = hop_with(settings(server.address), Deadlines { idle: SHORT, ..patient() });
    assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(_));
    let record = server.until(|record| record.open == 0).await;
    assert_eq!(record.verbs(0).last().map(String::as_str), Some("QUIT"));
    // The sweeper has ended with the last connection and comes back with the next.
    assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(_));
    let record = server.until(|record| record.open == 0).await;
    assert_eq!(record.verbs(1).last().map(String::as_str), Some("QUIT"));
}

#[tokio::test]
async fn an_old_connection_is_not_pooled_again() {
    let server = NextHop::honest().await;
    let hop = hop_with(settings(server.address), Deadlines { age: Duration::ZERO, ..patient() });
    for _ in 0..2 {
        assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(_));
    }
    assert_eq!(server.record().connections, 2);
}

#[tokio::test]
async fn a_hop_that_is_down_is_tried_by_one_and_told_to_the_others() {
    let server = NextHop::scripted(|moment| {
        (moment.at == At::Greeting && moment.connection == 0).then(|| Act::say_and_close("554 5.3.2 no"))
    })
    .await;
    let cause = Cause::Refused { step: Step::Greeting, code: 554 };
    let hop = hop_with(settings(server.address), Deadlines { down: PATIENT, ..patient() });
    for _ in 0..5 {
        assert_matches!(
            transact(&hop, &[CONTENT]).await,
            End::Start(HopError::Unavailable(found)) if found == cause
        );
    }
    assert_eq!(server.record().connections, 1, "one attempt for five clients");
    hop.probe().await.expect("a probe always tries");
    assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(_));
}

#[tokio::test]
async fn a_probe_learns_what_the_hop_offers_now_and_leaves_a_connection() {
    let options = |keywords| Options { keywords, ..Options::default() };
    let server = NextHop::start(options(vec!["PIPELINING", "DSN"])).await;
    let hop = hop_with(Settings { max_connections: 2, ..settings(server.address) }, patient());
    assert_eq!(hop.extensions(), None);
    hop.probe().await.expect("reachable");
    let offered = Extensions { pipelining: true, dsn: true, ..Extensions::default() };
    assert_eq!(hop.extensions(), Some(offered));
    for _ in 0..3 {
        hop.probe().await.expect("reachable");
    }
    assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(_));
    let record = server.until(|record| record.open == 1).await;
    assert_eq!(record.connections, 4, "the last probe's connection carried the message");
}
