//! Header fields and facts as tables.

use super::field::{Header, HeaderLimits, MAX_FIELD_BYTES};
use super::header::HeaderFacts;

const LIMITS: HeaderLimits = HeaderLimits { fields: 5, bytes: 200 };

fn header(bytes: &str) -> Header<'_> {
    Header::read(bytes.as_bytes(), LIMITS, |line| line == b"--stop")
}

fn facts(lines: &str) -> HeaderFacts {
    let bytes = lines.replace('\n', "\r\n") + "\r\n";
    HeaderFacts::read(&Header::read(bytes.as_bytes(), HeaderLimits { fields: 100, bytes: 10_000 }, |_| false))
}

#[test]
fn fields_are_kept_as_they_stand() {
    for (bytes, fields, stray, len) in [
        ("A: 1\r\nB:2\r\n\r\nbody", vec![("A", "1"), ("B", "2")], 0, 13),
        ("A: 1\nB : 2\n\nbody", vec![("A", "1"), ("B", "2")], 0, 12),
        ("A: 1\r\n 2\r\n\t3\r\n\r\n", vec![("A", "1 2\t3")], 0, 16),
        ("A: 1", vec![("A", "1")], 0, 4),
        ("\r\nbody", vec![], 0, 2),
        ("", vec![], 0, 0),
        ("A: 1\r\n--stop\r\nbody", vec![("A", "1")], 0, 6),
        ("From x\r\nA: 1\r\n\r\n", vec![("A", "1")], 0, 16),
        (" folded\r\nno field\r\nA: 1\r\n\r\n", vec![("A", "1")], 2, 27),
        ("A: 1\r\na: 2\r\n\r\n", vec![("A", "1"), ("a", "2")], 0, 14),
    ] {
        let header = header(bytes);
        let found: Vec<_> = header
            .fields
            .iter()
            .map(|f| (f.name.to_vec(), f.unfolded().into_owned()))
            .map(|(name, value)| (String::from_utf8(name).unwrap(), String::from_utf8(value).unwrap()))
            .collect();
        let expected: Vec<_> = fields.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
        assert_eq!((found, header.stray.len(), header.len), (expected, stray, len), "{bytes:?}");
        assert_eq!(header.raw.len(), header.len);
        assert!(!header.over_limit);
    }
}

#[test]
fn limits_keep_the_length_right() {
    for bytes in [
        format!("{}\r\nbody", "A: 1\r\n".repeat(20)),
        format!("{}\r\nbody", "no field\r\n".repeat(20)),
        format!("A: {}\r\n\r\nbody", "x".repeat(300)),
    ] {
        let header = header(&bytes);
        assert!(header.over_limit);
        assert_eq!(&bytes[header.len..], "body");
    }
}

#[test]
fn debug_prints_no_value() {
    let header = header("Subject: hemmelig\r\n\r\n");
    assert_eq!(format!("{:?}", header.fields), "[Subject(9 bytes)]");
}

#[test]
fn addresses_names_and_marks() {
    let found = facts(concat!(
        "Received: a\nReceived: b\n",
        "From: =?utf-8?Q?=C3=85se_D=C3=B8me?= <ase@Kommune.EXAMPLE>\n",
        "Sender: post@kommune.example\n",
        "Reply-To: Saksgruppa <sak@kommune.example>\n",
        "To: Gruppe: \"Dømesen, Ola\" <ola@a.example>, kari@b.example;,\n \"odd name\"@c.example\n",
        "Cc: (kopi) eva@d.example\n",
        "Message-ID: <1.2@kommune.example>\nDate: Sat, 21 Nov 2026 10:00:00 +0100\n",
    ));
    assert_eq!(found.from, ["ase@kommune.example"]);
    assert_eq!(found.sender.as_deref(), Some("post@kommune.example"));
    assert_eq!(found.to, ["ola@a.example", "kari@b.example", "odd name@c.example"]);
    assert_eq!(found.cc, ["eva@d.example"]);
    for name in ["Åse Døme", "Saksgruppa", "Dømesen, Ola"] {
        assert!(found.names.iter().any(|n| n == name), "{name}");
    }
    assert_eq!(found.message_id.as_deref(), Some("1.2@kommune.example"));
    assert_eq!(found.date.as_deref(), Some("Sat, 21 Nov 2026 10:00:00 +0100"));
    assert_eq!((found.received, found.auto_submitted), (2, false));
}

#[test]
fn machines_are_told_from_people() {
    for (lines, automatic) in [
        ("Auto-Submitted: no\n", false),
        ("Auto-Submitted: No (a person)\n", false),
        ("Auto-Submitted: auto-replied\n", true),
        ("auto-submitted: auto-generated; type=x\n", true),
        ("Precedence: bulk\n", true),
        ("Precedence: List\n", true),
        ("Precedence: first-class\n", false),
        ("Subject: x\n", false),
    ] {
        assert_eq!(facts(lines).auto_submitted, automatic, "{lines:?}");
    }
}

#[test]
fn duplicates_add_up() {
    let found = facts("From: a@a.example\nFrom: b@b.example\nSubject: x\n");
    assert_eq!(found.from, ["a@a.example", "b@b.example"]);
}

const MAIL: &[u8] = b"From: a@b.example\r\nX-Sluss-Stamp: one\r\n two\r\nSubject : x\r\nx-sluss-stamp: again\r\n\r\nX-Sluss-Stamp: body\r\n";

#[test]
fn folded_lines_belong_to_their_field() {
    let header = Header::of(MAIL);
    let values: Vec<_> = header.fields.iter().map(|field| field.unfolded().into_owned()).collect();
    assert_eq!(values, [&b"a@b.example"[..], b"one two", b"x", b"again"]);
    assert_eq!(header.body(), b"X-Sluss-Stamp: body\r\n");
    assert!(header.first("SUBJECT").is_some());
}

#[test]
fn every_copy_is_stripped_and_the_rest_is_untouched() {
    let header = Header::of(MAIL);
    let left = header.without(&["X-Sluss-Stamp"]).concat();
    assert_eq!(left, b"From: a@b.example\r\nSubject : x\r\n\r\nX-Sluss-Stamp: body\r\n");
    assert_eq!(header.without(&["Absent"]).concat(), MAIL);
}

#[test]
fn limits_of_a_header() {
    let acceptable = |mail: String| Header::of(mail.as_bytes()).is_acceptable();
    assert!(acceptable("A: b\r\n".repeat(1_000) + "\r\n"));
    assert!(!acceptable("A: b\r\n".repeat(1_001) + "\r\n"), "too many fields");
    assert!(!acceptable(format!("A: {}\r\n\r\n", "x".repeat(MAX_FIELD_BYTES))), "one field too long");
    assert!(!acceptable(format!("A: {}\r\n", "x".repeat(90_000)).repeat(3) + "\r\n"), "too many bytes");
    assert!(!acceptable("no header here\r\n\r\nbody".into()), "first line is no field");
    assert!(acceptable("\r\nbody only\r\n".into()), "an empty header");
    assert!(acceptable(format!("A: b\r\n\r\n{}", "x".repeat(1_000_000))), "the body does not count");
}

#[test]
fn any_bytes_are_taken() {
    for odd in [&b""[..], b"\r\n", b"no colon\r\nmore", b" leading fold\r\n\r\nbody", b"A: b"] {
        let header = Header::of(odd);
        assert_eq!(header.without(&[]).concat(), odd);
    }
}
