#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use proptest::prelude::*;

use super::*;
use crate::smtp::line::{LineReader, Step};

#[test]
fn verbs_in_any_case_with_trailing_spaces() {
    let table: &[(&str, Command)] = &[
        ("EHLO client.example", Command::Ehlo { client: "client.example".into() }),
        ("helo [192.0.2.1]", Command::Helo { client: "[192.0.2.1]".into() }),
        ("data", Command::Data),
        ("DATA  ", Command::Data),
        ("RSET", Command::Rset),
        ("NOOP and more", Command::Noop),
        ("Quit", Command::Quit),
        ("VRFY anna", Command::Vrfy),
        ("EXPN list", Command::Expn),
        ("HELP", Command::Help),
        ("STARTTLS", Command::StartTls),
        ("AUTH PLAIN AGEAYg==", Command::Auth),
        ("BDAT 18446744073709551616 LAST", Command::Bdat),
        ("XCLIENT ADDR=127.0.0.1 LOGIN=admin", Command::Xclient),
        ("XFORWARD NAME=x", Command::Xforward),
    ];
    for (line, command) in table {
        assert_eq!(Command::parse(line.as_bytes()).as_ref(), Ok(command), "{line}");
    }
}

#[test]
fn mail_and_rcpt_with_parameters() {
    let Ok(Command::Mail { path, parameters, facts }) =
        Command::parse(b"mail from:<a@b.example> SIZE=12 body=8BITMIME")
    else {
        panic!("not taken")
    };
    assert_eq!((path.to_wire().as_str(), parameters.len()), ("<a@b.example>", 2));
    assert_eq!(facts, MailFacts { size: Some(12), eight_bit: true, ..Default::default() });

    let Ok(Command::Mail { path: ReversePath::Null, .. }) = Command::parse(b"MAIL FROM: <>") else {
        panic!("not taken")
    };
    let Ok(Command::Rcpt { path, dsn: true, .. }) = Command::parse(b"RCPT TO:<postmaster> NOTIFY=NEVER") else {
        panic!("not taken")
    };
    assert_eq!(path.to_wire(), "<postmaster>");
}

#[test]
fn errors_and_their_replies() {
    let table: &[(&[u8], &str)] = &[
        (b"", "500 5.5.2"),
        (b"HELLO x", "500 5.5.2"),
        (b"STARTTLSX", "500 5.5.2"),
        (b"GET / HTTP/1.1", "500 5.5.2"),
        // W12: invalid UTF-8; W13, W25: control bytes
        (b"MAIL FROM:<\xff\xfe@b.example>", "500 5.5.2"),
        (b"EHLO x\x1b[2J", "500 5.5.2"),
        (b"NOOP \x01", "500 5.5.2"),
        (b"EHLO", "501 5.5.4"),
        (b"EHLO two words", "501 5.5.4"),
        (b"DATA now", "501 5.5.4"),
        (b"STARTTLS now", "501 5.5.4"),
        (b"RSET x", "501 5.5.4"),
        (b"QUIT x", "501 5.5.4"),
        (b"MAIL", "501 5.5.4"),
        (b"MAIL TO:<a@b.example>", "501 5.5.4"),
        (b"RCPT FROM:<a@b.example>", "501 5.5.4"),
        (b"MAIL FROM:a@b.example", "501 5.1.7"),
        (b"MAIL FROM:<a@b.example", "501 5.1.7"),
        (b"RCPT TO:<>", "501 5.1.3"),
        (b"RCPT TO:<a@b.example", "501 5.1.3"),
        (b"RCPT TO:<;id@b.example>", "501 5.1.3"),
        (b"RCPT TO:<a@b.example>SIZE=1", "501 5.5.4"),
        (b"MAIL FROM:<a@b.example> SIZE=x", "501 5.5.4"),
        (b"MAIL FROM:<a@b.example> XVERP", "555 5.5.4"),
        (b"RCPT TO:<a@b.example> SIZE=1", "555 5.5.4"),
    ];
    for (line, reply) in table {
        let error = Command::parse(line).map(|_| ()).expect_err(&line.escape_ascii().to_string());
        let wire = String::from_utf8(error.reply().to_wire()).unwrap();
        assert!(wire.starts_with(reply), "{}: {wire}", line.escape_ascii());
    }
}

/// What a stream of bytes is taken for, however it is split: commands, replies to errors, or the end
/// of the connection.
fn read_all_ways(input: &[u8]) -> Vec<String> {
    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let (mut lines, mut buffer, mut seen) = (LineReader::new(), Vec::new(), Vec::new());
        for piece in pieces {
            buffer.extend_from_slice(piece);
            loop {
                match lines.next(&buffer) {
                    Ok(Step::Line { line, consumed }) => {
                        seen.push(match Command::parse(&buffer[line]) {
                            Ok(Command::Rcpt { path, .. }) => format!("RCPT {}", path.to_wire()),
                            Ok(Command::Mail { path, .. }) => format!("MAIL {}", path.to_wire()),
                            Ok(command) => format!("{command:?}"),
                            Err(error) => error.reply().code.to_string(),
                        });
                        buffer.drain(..consumed);
                    }
                    Ok(Step::Incomplete { .. } | Step::TooLong { .. }) => break,
                    Err(_) => {
                        seen.push("closed".to_owned());
                        return seen;
                    }
                }
            }
        }
        seen
    }
    let whole = read(&[input]);
    for at in 0..=input.len() {
        let (head, tail) = input.split_at(at);
        assert_eq!(read(&[head, tail]), whole, "split at {at} of {}", input.escape_ascii());
    }
    assert_eq!(read(&input.chunks(1).collect::<Vec<_>>()), whole, "byte by byte");
    whole
}

#[test]
fn w7_w13_w14_streams_are_read_alike_however_split() {
    let table: &[(&[u8], &[&str])] = &[
        // W7: the line behind STARTTLS is seen as one, so that it can be refused
        (b"STARTTLS\r\nMAIL FROM:<a@b.example>\r\n", &["StartTls", "MAIL <a@b.example>"]),
        (b"STARTTLS\nMAIL FROM:<a@b.example>\r\n", &["closed"]),
        // W13
        (b"NOOP\r\nMAIL FROM:<a@b.example>\rRCPT TO:<c@d.example>\r\n", &["Noop", "closed"]),
        (b"RCPT TO:<\"a\r\nDATA\"@b.example>\r\nNOOP\r\n", &["501", "500", "Noop"]),
        (b"RCPT TO:<;id@b.example>\r\nNOOP\r\n", &["501", "Noop"]),
        (b"RCPT TO:<@x.example,@y.example:z@w.example>\r\n", &["501"]),
        // W14
        (b"RCPT TO:<user@ext.example>\r\n", &["RCPT <user@ext.example>"]),
        (b"RCPT TO:<user%ext.example@local.example>\r\n", &["RCPT <user%ext.example@local.example>"]),
        (b"RCPT TO:<ext.example!user@local.example>\r\n", &["RCPT <ext.example!user@local.example>"]),
        (b"RCPT TO:<\"user@ext.example\"@local.example>\r\n", &["RCPT <\"user@ext.example\"@local.example>"]),
        (b"RCPT TO:<@local.example:user@ext.example>\r\n", &["501"]),
        (b"RCPT TO:<user@[192.0.2.1]>\r\n", &["RCPT <user@[192.0.2.1]>"]),
    ];
    for (input, expected) in table {
        assert_eq!(read_all_ways(input), *expected, "{}", input.escape_ascii());
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_command_or_an_error(line in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = Command::parse(&line);
    }

    #[test]
    fn near_commands_are_a_command_or_an_error(line in r#"(MAIL FROM:|RCPT TO:|EHLO )?[<>@"\\ a-z=.:\[\]å]{0,30}"#) {
        let _ = Command::parse(line.as_bytes());
    }
}
