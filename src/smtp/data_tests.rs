//! Byte tables: W1 and W2 are the smuggling variants collected by hannob/smtpsmug and
//! The-Login/SMTP-Smuggling-Tools, W4 the edges of dot stuffing. Each row is fed whole, split at
//! every offset, and one byte at a time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use proptest::prelude::*;

use super::*;
use crate::smtp::data_writer;

const LIMIT: usize = 1_000_000;

/// What became of the input: the text and how many bytes came after the end, or why it failed.
type Outcome = Result<Option<(Vec<u8>, usize, Option<Discard>)>, DataError>;

fn read(pieces: &[&[u8]], limit: usize) -> Outcome {
    let mut reader = DataReader::new(limit);
    let mut out = Vec::new();
    let mut left: usize = pieces.iter().map(|piece| piece.len()).sum();
    for piece in pieces {
        if let Progress::End { consumed, discarded } = reader.push(piece, &mut out)? {
            return Ok(Some((out, left - consumed, discarded)));
        }
        left -= piece.len();
    }
    Ok(None)
}

/// Reads `input` in every way it could arrive and demands one answer.
fn read_all_ways(input: &[u8], limit: usize) -> Outcome {
    let whole = read(&[input], limit);
    for at in 0..=input.len() {
        let (head, tail) = input.split_at(at);
        assert_eq!(read(&[head, tail], limit), whole, "split at {at} of {:?}", input.escape_ascii().to_string());
    }
    let bytes: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(read(&bytes, limit), whole, "byte by byte: {:?}", input.escape_ascii().to_string());
    whole
}

#[test]
fn w1_and_w2_no_lookalike_ends_the_message() {
    let lookalikes: &[&[u8]] = &[
        b"\n.\n",
        b"\n.\r",
        b"\r.\n",
        b"\r.\r",
        b"\n.\r\n",
        b"\r.\r\n",
        b"\r\n.\n",
        b"\r\n.\r",
        b"\r\n\0.\r\n",
        b"\r\n.\0\r\n",
        b"\r\n.\r\r\n",
        b"\r\r\n.\r\r\n",
        b"\r\r\n.\r\n",
        b"\r\n\r.\r\n",
        b"\n\n.\r\n",
        b"\r\n.\n\r\n",
        b"\r\n\n.\r\n",
        b"\r\0\n.\r\n",
        b"\r\n.\r\0\n",
    ];
    for lookalike in lookalikes {
        for before in [&b"Subject: x\r\n\r\ntext"[..], b""] {
            let input =
                [before, lookalike, b"MAIL FROM:<x@y.example>\r\nRCPT TO:<z@y.example>\r\nDATA\r\n.\r\n"].concat();
            assert_eq!(
                read_all_ways(&input, LIMIT),
                Err(DataError::BareLineEnd),
                "{:?}",
                lookalike.escape_ascii().to_string()
            );
        }
    }
}

#[test]
fn w1_lookalikes_are_refused_in_a_message_that_is_being_discarded() {
    for lookalike in [&b"\n.\n"[..], b"\r.\r", b"\r\n.\n", b"\r\n\0.\r\n", b"\r\n.\r\r\n"] {
        let input = [b"longer than the limit\r\nstill longer", lookalike, b"RSET\r\n.\r\n"].concat();
        assert_eq!(read_all_ways(&input, 4), Err(DataError::BareLineEnd));
    }
}

#[test]
fn w4_dots_and_ends() {
    let table: &[(&[u8], &[u8], usize)] = &[
        // input, text, bytes after the end
        (b".\r\n", b"", 0),
        (b".\r\nQUIT\r\n", b"", 6),
        (b"..a\r\n.\r\n", b".a\r\n", 0),
        (b"..\r\n.\r\n", b".\r\n", 0),
        (b"...\r\n.\r\n", b"..\r\n", 0),
        (b".a\r\n.\r\n", b"a\r\n", 0),
        (b"a.\r\n.\r\n", b"a.\r\n", 0),
        (b"a..b\r\n..c..\r\n.\r\nRSET\r\n", b"a..b\r\n.c..\r\n", 6),
        (b"\r\n.\r\n", b"\r\n", 0),
        (b"\r\n\r\n\r\n.\r\n", b"\r\n\r\n\r\n", 0),
        (b"\r\n..\r\n..\r\n.\r\n", b"\r\n.\r\n.\r\n", 0),
        (b"a\r\n.\r\n.\r\n", b"a\r\n", 3),
        (b"\xe5\xff\x01\x7f\r\n.\r\n", b"\xe5\xff\x01\x7f\r\n", 0),
        (b"last line without line end before the dot.\r\n.\r\n", b"last line without line end before the dot.\r\n", 0),
    ];
    for (input, text, after) in table {
        assert_eq!(
            read_all_ways(input, LIMIT),
            Ok(Some((text.to_vec(), *after, None))),
            "{:?}",
            input.escape_ascii().to_string()
        );
    }
}

#[test]
fn unfinished_input_waits_for_more() {
    for input in [&b""[..], b".", b".\r", b"a", b"a\r", b"a\r\n", b"a\r\n.", b"a\r\n.\r", b"a\r\n..\r\n"] {
        assert_eq!(read_all_ways(input, LIMIT), Ok(None), "{:?}", input.escape_ascii().to_string());
    }
}

#[test]
fn w5_too_large_is_read_to_the_real_end() {
    let input = b"0123\r\n..56\r\n.\r\nQUIT\r\n";
    // the text is 0123\r\n.56\r\n, eleven octets
    assert_eq!(read_all_ways(input, 11), Ok(Some((b"0123\r\n.56\r\n".to_vec(), 6, None))));
    for limit in 0..11 {
        assert_eq!(read_all_ways(input, limit), Ok(Some((Vec::new(), 6, Some(Discard::TooLarge)))), "{limit}");
    }
}

#[test]
fn w6_a_line_over_the_limit_is_refused_at_the_end() {
    let line = |length: usize| [vec![b'x'; length - 2], b"\r\n.\r\n".to_vec()].concat();
    let (fits, too_long) = (line(MAX_LINE), line(MAX_LINE + 1));
    for piece in [1, 7, 4096, MAX_LINE, MAX_LINE * 2] {
        let pieces: Vec<&[u8]> = fits.chunks(piece).collect();
        assert_eq!(read(&pieces, LIMIT).unwrap().unwrap().2, None, "pieces of {piece}");
        let pieces: Vec<&[u8]> = too_long.chunks(piece).collect();
        let (text, after, discarded) = read(&pieces, LIMIT).unwrap().unwrap();
        assert_eq!((text.len(), after, discarded), (0, 0, Some(Discard::LineTooLong)), "pieces of {piece}");
    }
}

#[test]
fn the_first_reason_to_discard_stays_and_memory_is_given_back() {
    let mut reader = DataReader::new(4);
    let mut out = Vec::new();
    assert_eq!(reader.push(b"ab", &mut out), Ok(Progress::More));
    reader.discard(Discard::NoMemory);
    assert_eq!(reader.push(b"cdefgh\r\n", &mut out), Ok(Progress::More));
    assert_eq!(out.capacity(), 0);
    let end = Progress::End { consumed: 3, discarded: Some(Discard::NoMemory) };
    assert_eq!(reader.push(b".\r\n", &mut out), Ok(end));
}

#[test]
fn discarding_has_an_end() {
    let mut reader = DataReader::new(0);
    let mut out = Vec::new();
    let line = [vec![b'x'; 65_000], b"\r\n".to_vec()].concat();
    let piece = line.repeat(64);
    let mut given = 0u64;
    let stopped = loop {
        match reader.push(&piece, &mut out) {
            Ok(progress) => assert_eq!(progress, Progress::More),
            Err(error) => break error,
        }
        given += piece.len() as u64;
        assert!(given <= MAX_DISCARDED + 2 * piece.len() as u64);
    };
    assert_eq!(stopped, DataError::Endless);
}

/// Text whose line ends are all CRLF, rich in what matters: dots, empty lines, line ends.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        4 => Just(b"\r\n".to_vec()),
        4 => Just(b".".to_vec()),
        2 => proptest::collection::vec(any::<u8>().prop_filter("line ends and NUL", |b| !b"\r\n\0".contains(b)), 1..9),
        1 => Just(b"MAIL FROM:<x@y.example>".to_vec()),
    ];
    proptest::collection::vec(token, 0..60).prop_map(|tokens| {
        let mut text = tokens.concat();
        if !text.is_empty() && !text.ends_with(b"\r\n") {
            text.extend_from_slice(b"\r\n");
        }
        text
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(text in message(), cuts in proptest::collection::vec(1usize..40, 1..20)) {
        // written in pieces, read in pieces, something after the end
        let mut pieces: Vec<&[u8]> = Vec::new();
        let mut rest = &text[..];
        for cut in &cuts {
            let (piece, tail) = rest.split_at((*cut).min(rest.len()));
            pieces.push(piece);
            rest = tail;
        }
        pieces.push(rest);
        let mut wire = Vec::new();
        data_writer::write(&pieces, &mut wire).unwrap();

        // nothing a lax server could take for the end stands before the end
        let body = &wire[..wire.len() - 3];
        prop_assert!(wire.ends_with(b".\r\n"));
        prop_assert!(!body.windows(5).any(|w| w == b"\r\n.\r\n"));
        for (at, byte) in body.iter().enumerate() {
            prop_assert!(*byte != b'\r' || body.get(at + 1) == Some(&b'\n'));
            prop_assert!(*byte != b'\n' || at > 0 && body[at - 1] == b'\r');
        }

        wire.extend_from_slice(b"QUIT\r\n");
        let step = cuts[0];
        let read_pieces: Vec<&[u8]> = wire.chunks(step).collect();
        prop_assert_eq!(read(&read_pieces, LIMIT), Ok(Some((text.clone(), 6, None))));
        prop_assert_eq!(read(&[&wire], LIMIT), Ok(Some((text, 6, None))));
    }

    #[test]
    fn any_bytes_give_one_answer_however_split(
        input in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'.'), Just(0u8), Just(b'a')], 0..24),
        limit in 0usize..30,
    ) {
        let outcome = read_all_ways(&input, limit);
        if let Ok(Some((text, _, None))) = outcome {
            prop_assert!(text.len() <= limit);
            prop_assert!(text.is_empty() || text.ends_with(b"\r\n"));
        }
    }

    #[test]
    fn the_writer_refuses_every_bare_line_end(
        input in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'.'), Just(0u8), Just(b'a')], 0..16),
        cut in 0usize..16,
    ) {
        let (head, tail) = input.split_at(cut.min(input.len()));
        let bare = input.contains(&0) || input.iter().enumerate().any(|(at, byte)| match byte {
            b'\r' => input.get(at + 1) != Some(&b'\n'),
            b'\n' => at == 0 || input[at - 1] != b'\r',
            _ => false,
        });
        let mut wire = Vec::new();
        let written = data_writer::write(&[head, tail], &mut wire);
        prop_assert_eq!(written.is_err(), bare);
        if !bare {
            let mut text = input.clone();
            if !text.is_empty() && !text.ends_with(b"\r\n") {
                text.extend_from_slice(b"\r\n");
            }
            prop_assert_eq!(read(&[&wire], LIMIT), Ok(Some((text, 0, None))));
        }
    }
}
