//! MAIL and RCPT: parameters, per-recipient replies, what a fault does to the rest.

use super::*;
use crate::smtp::EnhancedCode;

#[tokio::test]
async fn parameters_go_on_verbatim() {
    let server = NextHop::honest().await;
    let hop = hop_to(&server);
    let mail = parameters(" SIZE=1234 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=QQ314159");
    let first = recipient("<Å.Person@kund.example> NOTIFY=SUCCESS,DELAY ORCPT=utf-8;\u{e5}.person@kund.example");
    let second = recipient("<\"odd local\"@kund.example> ORCPT=rfc822;odd+2Blocal@kund.example NOTIFY=NEVER");
    let (mut dialog, reply) = Dialog::start(&hop, &ReversePath::Null, &mail, &first).await.expect("a dialog");
    assert!(reply.is_ok());
    assert!(dialog.recipient(&second).await.expect("a reply").is_ok());
    assert_eq!(dialog.accepted(), 2);
    dialog.send(&[CONTENT]).await.expect("a receipt");

    let record = server.record();
    assert_eq!(record.taken[0].mail, "MAIL FROM:<> SIZE=1234 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=QQ314159");
    assert_eq!(
        record.taken[0].recipients,
        [
            "RCPT TO:<Å.Person@kund.example> NOTIFY=SUCCESS,DELAY ORCPT=utf-8;\u{e5}.person@kund.example",
            "RCPT TO:<\"odd local\"@kund.example> ORCPT=rfc822;odd+2Blocal@kund.example NOTIFY=NEVER",
        ]
    );
}

#[tokio::test]
async fn what_a_poor_hop_lacks_is_dropped_or_refused() {
    let options = Options { keywords: vec![], ..Options::default() };
    let server = NextHop::start(options).await;
    let hop = hop_to(&server);
    let rows = [
        ("", "", Ok("MAIL FROM:<a@kommun.example>")),
        (" SIZE=10 BODY=7BIT", "", Ok("MAIL FROM:<a@kommun.example>")),
        (" AUTH=<>", "", Ok("MAIL FROM:<a@kommun.example>")),
        (" BODY=8BITMIME", "", Err(HopError::LacksEightBit)),
        (" SMTPUTF8", "", Err(HopError::LacksSmtputf8)),
        (" RET=FULL", "", Err(HopError::LacksDsn)),
        (" ENVID=x", "", Err(HopError::LacksDsn)),
        ("", " NOTIFY=NEVER", Err(HopError::LacksDsn)),
        ("", " ORCPT=rfc822;a@kund.example", Err(HopError::LacksDsn)),
    ];
    for (mail, rcpt, expected) in rows {
        let sender = reverse("<a@kommun.example>");
        let to = recipient(&format!("<b@kund.example>{rcpt}"));
        match (Dialog::start(&hop, &sender, &parameters(mail), &to).await, expected) {
            (Ok((dialog, reply)), Ok(line)) => {
                assert!(reply.is_ok());
                let said = server.record().lines;
                assert!(said.iter().rev().any(|(_, said)| said == line), "{mail}: {said:?}");
                dialog.abandon().await;
            }
            (Err(found), Err(expected)) => assert_eq!(found, expected, "{mail} {rcpt}"),
            (found, expected) => panic!("{mail} {rcpt}: {:?}, not {expected:?}", found.map(|(_, reply)| reply)),
        }
    }
    let record = server.record();
    assert_eq!(record.connections, 1, "a parameter the hop lacks costs no connection");
    assert!(!record.impatient, "no PIPELINING, so one command at a time");
}

#[tokio::test]
async fn a_later_recipient_that_needs_dsn_leaves_the_dialog_whole() {
    let server = NextHop::start(Options { keywords: vec!["PIPELINING"], ..Options::default() }).await;
    let hop = hop_to(&server);
    let mut dialog = started(&hop).await;
    let asks = recipient("<b@kund.example> NOTIFY=NEVER");
    assert_eq!(dialog.recipient(&asks).await, Err(HopError::LacksDsn));
    assert!(dialog.recipient(&recipient("<c@kund.example>")).await.expect("a reply").is_ok());
    dialog.send(&[CONTENT]).await.expect("a receipt");
    assert_eq!(server.record().taken[0].recipients.len(), 2);
}

/// Each recipient's reply is its own, whatever the others got.
#[tokio::test]
async fn replies_are_kept_apart_by_recipient() {
    let server = NextHop::scripted(|moment| match moment.line {
        "RCPT TO:<no@kund.example>" => Some(Act::say("550 5.1.1 no such user")),
        "RCPT TO:<full@kund.example>" => Some(Act::say("452 mailbox full")),
        "RCPT TO:<moved@kund.example>" => Some(Act::Say(b"251-2.1.5 moved\r\n251 2.1.5 on\r\n".to_vec())),
        _ => None,
    })
    .await;
    let hop = hop_to(&server);
    let (mut dialog, first) =
        Dialog::start(&hop, &ReversePath::Null, &[], &recipient("<no@kund.example>")).await.expect("a dialog");
    let refusal = first.expect_err("refused");
    assert_eq!((refusal.code, refusal.enhanced), (550, Some(EnhancedCode(5, 1, 1))));
    assert_eq!(refusal.lines, ["no such user"]);
    assert_eq!(dialog.accepted(), 0);

    let rows = [
        ("<yes@kund.example>", Ok(250), EnhancedCode(2, 1, 5)),
        ("<full@kund.example>", Err(452), EnhancedCode(4, 0, 0)),
        ("<moved@kund.example>", Ok(251), EnhancedCode(2, 1, 5)),
        ("<no@kund.example>", Err(550), EnhancedCode(5, 1, 1)),
    ];
    for (path, code, enhanced) in rows {
        let reply = dialog.recipient(&recipient(path)).await.expect("a reply");
        let (Ok(found) | Err(found)) = &reply;
        assert_eq!(found.enhanced, Some(enhanced), "{path}");
        assert_eq!(reply.map(|r| r.code).map_err(|r| r.code), code, "{path}");
    }
    assert_eq!(dialog.accepted(), 2);
    dialog.send(&[CONTENT]).await.expect("a receipt");
    assert_eq!(server.record().taken[0].recipients, ["RCPT TO:<yes@kund.example>", "RCPT TO:<moved@kund.example>"]);
}

#[tokio::test]
async fn refused_mail_is_the_answer_and_the_connection_stays() {
    for keywords in [vec!["PIPELINING"], vec![]] {
        for code in [450, 550] {
            let script = move |moment: Moment<'_>| {
                (moment.at == At::Mail && moment.before == 0).then(|| Act::say(&format!("{code} not you")))
            };
            let options = Options { keywords: keywords.clone(), script: Box::new(script), ..Options::default() };
            let server = NextHop::start(options).await;
            let hop = hop_to(&server);
            assert_matches!(transact(&hop, &[CONTENT]).await, End::Start(HopError::Refused(r)) if r.code == code);
            assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(_));
            assert_eq!(server.record().connections, 1);
        }
    }
}

#[tokio::test]
async fn a_refused_recipient_is_forgotten_before_the_next_message() {
    let server =
        NextHop::scripted(|moment| (moment.at == At::Rcpt && moment.before == 0).then(|| Act::say("550 5.1.1 no")))
            .await;
    let hop = hop_to(&server);
    assert_matches!(transact(&hop, &[CONTENT]).await, End::Recipient(550));
    assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(_));
    let record = server.record();
    assert_eq!(record.verbs(0), ["EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA"]);
}

/// Not a reply, or not one that belongs here: the dialog is over, at the first recipient or a later.
#[tokio::test]
async fn nonsense_and_ends_at_mail_and_rcpt() {
    let mixed = || Act::Say(b"250-2.1.5 fine\r\n550 5.1.1 no\r\n".to_vec());
    let rows = [
        (At::Mail, Act::say("354 go ahead"), Cause::Unexpected { step: Step::Mail, code: 354 }),
        (At::Mail, Act::say_and_close("421 4.3.2 bye"), Cause::Closing(Step::Mail)),
        (At::Mail, Act::say("99 what"), Cause::Unreadable(Step::Mail)),
        (At::Mail, Act::Close, Cause::Lost(Step::Mail)),
        (At::Rcpt, Act::say("354 go ahead"), Cause::Unexpected { step: Step::Recipient, code: 354 }),
        (At::Rcpt, Act::say_and_close("421 4.3.2 bye"), Cause::Closing(Step::Recipient)),
        (At::Rcpt, Act::say("600 what"), Cause::Unreadable(Step::Recipient)),
        (At::Rcpt, mixed(), Cause::Unreadable(Step::Recipient)),
        (At::Rcpt, Act::Say(b"250 bare\n".to_vec()), Cause::Unreadable(Step::Recipient)),
        (At::Rcpt, Act::Close, Cause::Lost(Step::Recipient)),
    ];
    for (at, act, cause) in rows {
        let server = NextHop::scripted(always(at, act.clone())).await;
        assert_matches!(
            transact(&hop_to(&server), &[CONTENT]).await,
            End::Start(HopError::Unavailable(found)) if found == cause, "{at:?} {act:?}"
        );
        if at == At::Mail {
            continue;
        }
        let later = move |moment: Moment<'_>| (moment.at == at && moment.before == 1).then(|| act.clone());
        let server = NextHop::scripted(later).await;
        let hop = hop_to(&server);
        let mut dialog = started(&hop).await;
        let second = recipient("<second@kund.example>");
        assert_eq!(dialog.recipient(&second).await, Err(HopError::Unavailable(cause.clone())));
        assert_eq!(dialog.recipient(&second).await, Err(HopError::Unavailable(cause)), "and it stays so");
        assert_matches!(dialog.send(&[CONTENT]).await, Err(SendError::Lost));
        assert_eq!(server.record().taken, []);
    }
}

/// Refused MAIL, accepted RCPT: nobody could say what a DATA would do.
#[tokio::test]
async fn a_hop_that_contradicts_itself_is_left() {
    let server = NextHop::scripted(|moment| match moment.at {
        At::Mail => Some(Act::say("550 no")),
        At::Rcpt => Some(Act::say("250 yes")),
        _ => None,
    })
    .await;
    assert_matches!(
        transact(&hop_to(&server), &[CONTENT]).await,
        End::Start(HopError::Unavailable(Cause::Unexpected { step: Step::Recipient, code: 250 }))
    );
}

#[tokio::test]
async fn replies_come_out_printable() {
    let server = NextHop::scripted(always(At::Rcpt, Act::Say(b"550 5.1.1 \x1b[2J\xc3\xa5 <b>\tx\r\n".to_vec()))).await;
    let (_, reply) = start(&hop_to(&server)).await.expect("a dialog");
    assert_eq!(reply.expect_err("refused").lines, ["?[2J?? <b>?x"]);
}

#[tokio::test]
async fn keep_alive_speaks_only_after_silence() {
    let server = NextHop::honest().await;
    let mut dialog = started(&hop_to(&server)).await;
    dialog.keep_alive().await.expect("alive");
    assert_eq!(server.record().verbs(0), ["EHLO", "MAIL", "RCPT"], "something was said just now");

    let hop = hop_with(settings(server.address), Deadlines { keep_alive: Duration::ZERO, ..patient() });
    let mut dialog = started(&hop).await;
    dialog.keep_alive().await.expect("alive");
    dialog.send(&[CONTENT]).await.expect("a receipt");
    assert_eq!(server.record().verbs(1), ["EHLO", "MAIL", "RCPT", "NOOP", "DATA"]);
}

#[tokio::test]
async fn keep_alive_notices_the_end() {
    let server = NextHop::scripted(always(At::Noop, Act::say_and_close("421 4.4.2 too slow"))).await;
    let hop = hop_with(settings(server.address), Deadlines { keep_alive: Duration::ZERO, ..patient() });
    let mut dialog = started(&hop).await;
    assert_eq!(dialog.keep_alive().await, Err(HopError::Unavailable(Cause::Closing(Step::Noop))));
    assert_matches!(dialog.send(&[CONTENT]).await, Err(SendError::Lost));
}

/// A caller that gives up waiting must not get that late reply as the answer to something else.
#[tokio::test]
async fn a_cancelled_call_ends_the_dialog() {
    let late = |moment: Moment<'_>| {
        (moment.at == At::Rcpt && moment.before == 1).then(|| Act::Drip(b"250 late\r\n".to_vec(), SHORT / 8))
    };
    let server = NextHop::scripted(late).await;
    let hop = hop_to(&server);
    let mut dialog = started(&hop).await;
    let second = recipient("<second@kund.example>");
    let cancelled = tokio::time::timeout(SHORT / 4, dialog.recipient(&second)).await;
    assert!(cancelled.is_err(), "still dripping");
    server.until(|record| record.verbs(0).len() == 4).await;
    tokio::time::sleep(2 * SHORT).await;
    assert_matches!(dialog.send(&[CONTENT]).await, Err(SendError::Lost));
    assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(_));
    assert_eq!(server.record().connections, 2, "the old one was not pooled");
}
