#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use proptest::prelude::*;

use super::*;

fn reply(code: u16, enhanced: Option<EnhancedCode>, lines: &[&str]) -> Reply {
    Reply { code, enhanced, lines: lines.iter().map(|line| (*line).to_owned()).collect() }
}

fn wire(reply: &Reply) -> String {
    String::from_utf8(reply.to_wire()).unwrap()
}

#[test]
fn replies_become_bytes() {
    let ok = Some(EnhancedCode(2, 1, 5));
    assert_eq!(wire(&reply(250, ok, &["fine"])), "250 2.1.5 fine\r\n");
    assert_eq!(wire(&reply(250, None, &["a", "b", "c"])), "250-a\r\n250-b\r\n250 c\r\n");
    assert_eq!(wire(&reply(550, Some(EnhancedCode(5, 7, 1)), &["a", "b"])), "550-5.7.1 a\r\n550 5.7.1 b\r\n");
    assert_eq!(wire(&reply(354, None, &[""])), "354\r\n");
    assert_eq!(wire(&reply(250, None, &[])), "250\r\n");
}

#[test]
fn w25_foreign_text_cannot_end_a_line_or_drive_a_terminal() {
    let hostile = reply(550, None, &["x\r\n250 ok\r\n\u{1b}[2J\0åø"]);
    assert_eq!(wire(&hostile), "550 x??250 ok???[2J?????\r\n");
}

#[test]
fn lines_are_cut_at_512_octets() {
    let long = reply(451, Some(EnhancedCode(4, 0, 0)), &["å".repeat(2_000).as_str(), "x"]);
    assert!(wire(&long).split_inclusive("\r\n").all(|line| line.len() <= 512));
    assert_eq!(wire(&long).split("\r\n").count(), 3);
}

#[test]
fn an_enhanced_code_is_added_where_it_lacks_and_fits() {
    let fallback = EnhancedCode(2, 1, 5);
    let table = [
        (reply(250, None, &["x"]), Some(fallback)),
        (reply(250, Some(EnhancedCode(2, 0, 0)), &["x"]), Some(EnhancedCode(2, 0, 0))),
        (reply(451, None, &["x"]), Some(EnhancedCode(4, 0, 0))),
        (reply(550, None, &["x"]), Some(EnhancedCode(5, 0, 0))),
        (reply(354, None, &["x"]), None),
    ];
    for (before, enhanced) in table {
        assert_eq!(before.or_enhanced(fallback).enhanced, enhanced);
    }
}

#[test]
fn debug_shows_no_text() {
    let refusal = reply(550, Some(EnhancedCode(5, 1, 1)), &["<anna@kommun.example> unknown"]);
    assert_eq!(format!("{refusal:?}"), "Reply(550 5.1.1, 1 lines)");
}

// The parser.

fn parse(pieces: &[&[u8]]) -> Result<Option<(Reply, usize)>, ReplyError> {
    let mut parser = ReplyParser::new();
    let mut before = 0;
    for piece in pieces {
        if let Some((reply, consumed)) = parser.push(piece)? {
            assert!(parser.is_idle());
            return Ok(Some((reply, before + consumed)));
        }
        before += piece.len();
    }
    Ok(None)
}

fn parse_all_ways(input: &[u8]) -> Result<Option<(Reply, usize)>, ReplyError> {
    let whole = parse(&[input]);
    for at in 0..=input.len() {
        let (head, tail) = input.split_at(at);
        assert_eq!(parse(&[head, tail]), whole, "split at {at} of {}", input.escape_ascii());
    }
    assert_eq!(parse(&input.chunks(1).collect::<Vec<_>>()), whole, "byte by byte");
    whole
}

#[test]
fn a_next_hops_replies() {
    let table: &[(&[u8], Reply, usize)] = &[
        (b"250 ok\r\n", reply(250, None, &["ok"]), 8),
        (b"250\r\n", reply(250, None, &[""]), 5),
        (b"250 \r\n", reply(250, None, &[""]), 6),
        (b"250 2.0.0 queued\r\n", reply(250, Some(EnhancedCode(2, 0, 0)), &["queued"]), 18),
        (b"250 2.0.0\r\n", reply(250, Some(EnhancedCode(2, 0, 0)), &[""]), 11),
        (b"250 5.0.0 odd\r\n", reply(250, None, &["5.0.0 odd"]), 15),
        (b"250 2.0.0.0 odd\r\n", reply(250, None, &["2.0.0.0 odd"]), 17),
        (b"250 2.1234.0 odd\r\n", reply(250, None, &["2.1234.0 odd"]), 18),
        (b"250 2.+1.0 odd\r\n", reply(250, None, &["2.+1.0 odd"]), 16),
        (b"354 go\r\nmore", reply(354, None, &["go"]), 8),
        (b"250-a\r\n250-b\r\n250 c\r\n250 next\r\n", reply(250, None, &["a", "b", "c"]), 21),
        (b"550-5.7.1 a\r\n550 5.7.1 b\r\n", reply(550, Some(EnhancedCode(5, 7, 1)), &["a", "b"]), 26),
        (b"220 \xe5\x1b[2J\r\n", reply(220, None, &["??[2J"]), 11),
    ];
    for (input, expected, consumed) in table {
        let parsed = parse_all_ways(input).unwrap().unwrap();
        assert_eq!((&parsed.0, parsed.0.lines.as_slice(), parsed.1), (expected, expected.lines.as_slice(), *consumed));
    }
}

#[test]
fn w21_what_makes_no_sense_is_an_error() {
    let long = [b"250 ".to_vec(), vec![b'x'; 3_000], b"\r\n".to_vec()].concat();
    let many = b"250-x\r\n".repeat(101);
    let table: &[(&[u8], ReplyError)] = &[
        (b"99 x\r\n", ReplyError::Code),
        (b"099 x\r\n", ReplyError::Code),
        (b"100 x\r\n", ReplyError::Code),
        (b"600 x\r\n", ReplyError::Code),
        (b"+25 x\r\n", ReplyError::Code),
        (b"2 0 x\r\n", ReplyError::Code),
        (b"2500 x\r\n", ReplyError::Code),
        (b"250x\r\n", ReplyError::Code),
        (b"\r\n", ReplyError::Code),
        (b"HTTP/1.1 400\r\n", ReplyError::Code),
        (b"250-a\r\n251 b\r\n", ReplyError::CodesDiffer),
        (b"250-a\r\n550 b\r\n", ReplyError::CodesDiffer),
        (b"250 a\n", ReplyError::BareLineEnd),
        (b"250 a\rb\r\n", ReplyError::BareLineEnd),
        (b"250 a\0\r\n", ReplyError::BareLineEnd),
        (&long, ReplyError::LineTooLong),
        (&many, ReplyError::TooManyLines),
    ];
    for (input, error) in table {
        assert_eq!(parse_all_ways(input), Err(*error), "{}", input.get(..20).unwrap_or(input).escape_ascii());
    }
}

#[test]
fn an_endless_reply_stops_without_growing() {
    let mut parser = ReplyParser::new();
    let line_without_end = [b'2'; 1_024];
    let stopped = (0..100_000).find_map(|_| parser.push(&line_without_end).err());
    assert_eq!(stopped, Some(ReplyError::LineTooLong));
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        code in prop_oneof![Just(220u16), Just(250), Just(354), Just(421), Just(451), Just(550)],
        detail in proptest::option::of((0u16..1000, 0u16..1000)),
        lines in proptest::collection::vec("[a-z<>()@=;-]{1,6}( [a-z0-9.]{1,8}){0,8}", 1..6),
    ) {
        let class = (code / 100) as u8;
        let enhanced = detail.filter(|_| class != 3).map(|(subject, detail)| EnhancedCode(class, subject, detail));
        let written = Reply { code, enhanced, lines };
        let bytes = written.to_wire();
        let (read, consumed) = parse(&[&bytes]).unwrap().unwrap();
        prop_assert_eq!(consumed, bytes.len());
        prop_assert_eq!(&read.lines, &written.lines);
        prop_assert_eq!(read, written);
    }

    #[test]
    fn any_bytes_are_a_reply_or_an_error(
        input in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'2'), Just(b'5'), Just(b'0'), Just(b'-'), Just(b' ')], 0..30),
    ) {
        let _ = parse_all_ways(&input);
    }
}
