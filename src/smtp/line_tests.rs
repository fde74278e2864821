#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::*;

/// What a connection sees, in order; ends at the first error.
#[derive(Debug, PartialEq)]
enum Seen {
    Line(String),
    TooLong,
    Bare,
}

fn read(pieces: &[&[u8]]) -> Vec<Seen> {
    let mut reader = LineReader::new();
    let mut buffer: Vec<u8> = Vec::new();
    let mut seen = Vec::new();
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            match reader.next(&buffer) {
                Ok(Step::Incomplete { consumed }) => {
                    buffer.drain(..consumed);
                    break;
                }
                Ok(Step::Line { line, consumed }) => {
                    seen.push(Seen::Line(buffer[line].escape_ascii().to_string()));
                    buffer.drain(..consumed);
                }
                Ok(Step::TooLong { consumed }) => {
                    seen.push(Seen::TooLong);
                    buffer.drain(..consumed);
                }
                Err(BareLineEnd) => {
                    seen.push(Seen::Bare);
                    return seen;
                }
            }
        }
        assert!(buffer.len() <= MAX_LINE + piece.len(), "an over-long line must not pile up");
    }
    seen
}

fn read_all_ways(input: &[u8]) -> Vec<Seen> {
    let whole = read(&[input]);
    for at in 0..=input.len() {
        let (head, tail) = input.split_at(at);
        assert_eq!(read(&[head, tail]), whole, "split at {at}");
    }
    assert_eq!(read(&input.chunks(1).collect::<Vec<_>>()), whole, "byte by byte");
    whole
}

fn line(text: &str) -> Seen {
    Seen::Line(text.to_owned())
}

#[test]
fn lines_end_at_crlf() {
    assert_eq!(read_all_ways(b"EHLO x\r\nMAIL FROM:<>\r\n\r\nQUI"), [line("EHLO x"), line("MAIL FROM:<>"), line("")]);
}

#[test]
fn w13_bare_line_ends_and_nul_are_fatal_at_once() {
    for input in [
        &b"EHLO x\n"[..],
        b"MAIL FROM:<a@b.example>\rRCPT TO:<c@d.example>\r\n",
        b"MAIL FROM:<a@b.example>\nRCPT TO:<c@d.example>\r\n",
        b"RCPT TO:<\"a\nDATA\"@b.example>\r\n",
        b"NOOP \0\r\n",
        b"NOOP\r\r\n",
        b"\n",
        b"\r\r",
    ] {
        assert_eq!(read_all_ways(input), [Seen::Bare], "{:?}", input.escape_ascii().to_string());
    }
}

#[test]
fn w6_an_over_long_line_is_one_error_and_the_next_line_is_read() {
    let long = |length: usize| [vec![b'x'; length], b"\r\nNOOP\r\n".to_vec()].concat();
    assert_eq!(read_all_ways(&long(MAX_LINE - 2))[1], line("NOOP"));
    assert!(matches!(read_all_ways(&long(MAX_LINE - 2))[0], Seen::Line(_)));
    for length in [MAX_LINE - 1, MAX_LINE, MAX_LINE + 1, 3 * MAX_LINE] {
        assert_eq!(read_all_ways(&long(length)), [Seen::TooLong, line("NOOP")], "{length}");
    }
    let endless = vec![b'x'; 10_000_000];
    let mut pieces: Vec<&[u8]> = endless.chunks(16_384).collect();
    pieces.push(b"\r\nNOOP\r\n");
    assert_eq!(read(&pieces), [Seen::TooLong, line("NOOP")]);
}
