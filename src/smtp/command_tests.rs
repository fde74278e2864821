#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use proptest::prelude::*;

use super::*;

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
