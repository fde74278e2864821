//! DATA, content, dot, reply.

use super::*;
use crate::relay::handoff::BLOCK;

/// Larger than any one write, with a dot to be stuffed at the start of every line.
fn large() -> Vec<u8> {
    b".123456789012345678901234567890123456789\r\n".repeat(10 * BLOCK / 42)
}

/// More than the system takes from us while the hop does not read.
fn huge() -> Vec<u8> {
    large().repeat(60)
}

#[tokio::test]
async fn content_arrives_byte_for_byte_in_whatever_slices() {
    let server = NextHop::honest().await;
    let hop = hop_to(&server);
    let large = large();
    let header = b"Received: x\r\n".as_slice();
    let rows: Vec<Vec<&[u8]>> = vec![
        vec![],
        vec![b"\r\n"],
        vec![b".\r\n"],
        vec![b"..\r\n.\r\n\r\n"],
        vec![header, CONTENT],
        vec![b"a\r", b"\n.b\r\n"],
        vec![b"a\r\n", b".", b"b\r\n"],
        vec![b"h: \xe5 without BODY=8BITMIME\r\n\r\n\xc3\xa5\r\n"],
        vec![header, &large],
        vec![&large[..BLOCK], &large[BLOCK..]],
    ];
    for (row, slices) in rows.iter().enumerate() {
        assert_matches!(transact(&hop, slices).await, End::Receipt(_), "row {row}");
        let record = server.record();
        assert_eq!(record.taken.len(), row + 1);
        assert!(record.taken[row].content == slices.concat(), "row {row}");
    }
    assert_eq!(server.record().connections, 1);
}

#[tokio::test]
async fn content_without_a_last_line_end_gets_one() {
    let server = NextHop::honest().await;
    assert_matches!(transact(&hop_to(&server), &[b"a\r\nb"]).await, End::Receipt(_));
    assert_eq!(server.record().taken[0].content, b"a\r\nb\r\n");
}

/// Outbound smuggling: what would end a message at a lax hop never leaves.
#[tokio::test]
async fn a_bare_line_end_never_leaves() {
    let server = NextHop::honest().await;
    let hop = hop_to(&server);
    let rows: [&[&[u8]]; 5] = [&[b"a\n.\r\nMAIL"], &[b"a\r.\r\n"], &[b"a\r"], &[b"a\r", b"b\r\n"], &[b"nul\0\r\n"]];
    for (row, slices) in rows.into_iter().enumerate() {
        assert_matches!(transact(&hop, slices).await, End::Send(SendError::Lost), "row {row}");
    }
    assert_eq!(server.record().taken, []);
    assert_eq!(server.record().connections, rows.len(), "a connection with half a message on it is not pooled");
}

#[tokio::test]
async fn without_a_recipient_nothing_is_sent() {
    let server = NextHop::scripted(always(At::Rcpt, Act::say("550 5.1.1 no"))).await;
    let hop = hop_to(&server);
    let (dialog, reply) = start(&hop).await.expect("a dialog");
    assert!(reply.is_err());
    assert_matches!(dialog.send(&[CONTENT]).await, Err(SendError::Lost));
    assert!(!server.record().verbs(0).contains(&"DATA".to_owned()));
}

/// 8-bit text that was not announced, to a hop that may not get it: its own refusal in its place.
#[tokio::test]
async fn w11_eight_bit_text_is_not_sent_to_a_hop_without_8bitmime() {
    let server = NextHop::start(Options { keywords: vec!["PIPELINING"], ..Options::default() }).await;
    let hop = hop_to(&server);
    let eight_bit = b"Subject: x\r\n\r\nbl\xe5b\xe6r\r\n".as_slice();
    match transact(&hop, &[b"Received: x\r\n", eight_bit]).await {
        End::Send(SendError::Refused(reply)) => {
            assert_eq!((reply.code, reply.enhanced), (554, Some(crate::smtp::EnhancedCode(5, 6, 3))));
        }
        other => panic!("{other:?}"),
    }
    assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(_));
    let record = server.record();
    assert_eq!(record.verbs(0), ["EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA"]);
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Refused(u16),
    Lost,
    Unknown,
}
use Outcome::*;

/// Every way in which a hand-off can fail, what it is called, and whether the connection is used again.
#[tokio::test]
async fn faults_from_data_to_the_last_reply() {
    let many = || Act::Say(b"250-2.0.0 taken\r\n".repeat(1_000_000));
    let rows = [
        // DATA: nothing of the message has been said.
        (At::Data, Act::say("450 4.3.0 later"), Refused(450), true),
        (At::Data, Act::say("554 5.3.0 no"), Refused(554), true),
        (At::Data, Act::say_and_close("421 4.3.2 bye"), Refused(451), false),
        (At::Data, Act::say("250 2.0.0 taken"), Lost, false),
        (At::Data, Act::say("334 go on"), Lost, false),
        (At::Data, Act::say("99 what"), Lost, false),
        (At::Data, Act::Say(b"354-go\r\n250 taken\r\n".to_vec()), Lost, false),
        (At::Data, Act::Close, Lost, false),
        // 354 with the answer to the dot behind it: whoever says so has not seen the message.
        (At::Data, Act::Say(b"354 go\r\n250 2.0.0 taken\r\n".to_vec()), Lost, false),
        (At::Data, Act::Say(b"354 go\r\n25".to_vec()), Lost, false),
        // The dot may have arrived: only a complete answer tells.
        (At::Content, Act::ReadSayAndClose(10, Vec::new()), Unknown, false),
        (At::Dot, Act::say("450 4.3.0 later"), Refused(450), true),
        (At::Dot, Act::say("554 5.6.0 no"), Refused(554), true),
        (At::Dot, Act::say("552 too much"), Refused(552), true),
        (At::Dot, Act::say_and_close("421 4.3.2 bye"), Refused(451), false),
        (At::Dot, Act::say("354 more"), Unknown, false),
        (At::Dot, Act::say("199 what"), Unknown, false),
        (At::Dot, Act::say("25 what"), Unknown, false),
        (At::Dot, Act::say("2500 what"), Unknown, false),
        (At::Dot, Act::Say(b"250 bare\n".to_vec()), Unknown, false),
        (At::Dot, Act::SayAndClose(b"250 2.0.0 taken".to_vec()), Unknown, false),
        (At::Dot, Act::SayAndClose(b"250-2.0.0 taken\r\n".to_vec()), Unknown, false),
        (At::Dot, Act::Say(b"250-2.0.0 taken\r\n550 5.0.0 no\r\n".to_vec()), Unknown, false),
        (At::Dot, many(), Unknown, false),
        (At::Dot, Act::Close, Unknown, false),
    ];
    for (row, (at, act, expected, again)) in rows.into_iter().enumerate() {
        let first = move |moment: Moment<'_>| {
            (moment.at == at && moment.before == 0 && moment.connection == 0).then(|| act.clone())
        };
        let server = NextHop::scripted(first).await;
        let hop = hop_with(settings(server.address), Deadlines { short_step: SHORT, ..patient() });
        let found = match transact(&hop, &[CONTENT]).await {
            End::Send(SendError::Refused(reply)) => Refused(reply.code),
            End::Send(SendError::Lost) => Lost,
            End::Send(SendError::Unknown) => Unknown,
            other => panic!("row {row}: {other:?}"),
        };
        assert_eq!(found, expected, "row {row}, {at:?}");
        assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(_), "row {row}");
        assert_eq!(server.record().connections, if again { 1 } else { 2 }, "row {row}");
    }
}

#[tokio::test]
async fn silence_at_each_step_of_the_hand_off() {
    let rows = [
        (At::Data, Deadlines { data: SHORT, ..patient() }, Lost),
        (At::Data, Deadlines { handoff: SHORT, ..patient() }, Lost),
        (At::Dot, Deadlines { dot: SHORT, ..patient() }, Unknown),
        (At::Dot, Deadlines { handoff: SEVERAL, ..patient() }, Unknown),
    ];
    for (at, deadlines, expected) in rows {
        let server = NextHop::scripted(always(at, Act::Silence)).await;
        let hop = hop_with(settings(server.address), deadlines);
        let found = match transact(&hop, &[CONTENT]).await {
            End::Send(SendError::Lost) => Lost,
            End::Send(SendError::Unknown) => Unknown,
            other => panic!("{other:?}"),
        };
        assert_eq!(found, expected, "{at:?}");
    }
}

#[tokio::test]
async fn a_hop_that_stops_reading_costs_one_deadline() {
    let server = NextHop::scripted(always(At::Content, Act::Silence)).await;
    let deadlines = Deadlines { block: SHORT, short_step: SHORT, ..patient() };
    let hop = hop_with(settings(server.address), deadlines);
    assert_matches!(transact(&hop, &[&huge()]).await, End::Send(SendError::Lost));
}

#[tokio::test]
async fn a_drop_in_the_middle_of_large_content_is_a_loss() {
    let cut = Act::ReadSayAndClose(3 * BLOCK, Vec::new());
    let server = NextHop::scripted(always(At::Content, cut)).await;
    assert_matches!(transact(&hop_to(&server), &[&huge()]).await, End::Send(SendError::Lost));
}

/// A 552 in mid content is the hop's answer, and a retry would get the same. A 250 there is a lie.
#[tokio::test]
async fn an_answer_before_the_dot() {
    let rows = [
        ("552 5.3.4 too large", Some(552)),
        ("421 4.3.2 bye", Some(451)),
        ("250 2.0.0 taken", None),
        ("354 go", None),
        ("25", None),
    ];
    for (words, refused) in rows {
        let server = NextHop::scripted(always(At::Content, Act::say(words))).await;
        let hop = hop_with(settings(server.address), Deadlines { short_step: SEVERAL, ..patient() });
        match (transact(&hop, &[&huge()]).await, refused) {
            (End::Send(SendError::Refused(reply)), Some(code)) => assert_eq!(reply.code, code),
            (End::Send(SendError::Lost), None) => {}
            (other, _) => panic!("{words}: {other:?}"),
        }
    }
}

/// The hop has it and says good-bye in the same breath: the receipt stands, the connection does not.
#[tokio::test]
async fn a_farewell_behind_the_receipt() {
    let script = |moment: Moment<'_>| {
        (moment.at == At::Dot && moment.connection == 0)
            .then(|| Act::SayAndClose(b"250 2.0.0 taken\r\n421 4.3.2 enough\r\n".to_vec()))
    };
    let server = NextHop::scripted(script).await;
    let hop = hop_to(&server);
    for _ in 0..2 {
        assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(_));
    }
    assert_eq!(server.record().connections, 2);
    assert_eq!(server.record().taken.len(), 2);
}

#[tokio::test]
async fn the_receipt_carries_the_hops_words() {
    let server = NextHop::scripted(always(At::Dot, Act::Say(b"250-queued\r\n250 as 4711\r\n".to_vec()))).await;
    match transact(&hop_to(&server), &[CONTENT]).await {
        End::Receipt(receipt) => {
            assert_eq!(receipt.reply().lines, ["queued", "as 4711"]);
            assert_eq!(receipt.reply().enhanced, Some(crate::smtp::EnhancedCode(2, 0, 0)));
        }
        other => panic!("{other:?}"),
    }
}
