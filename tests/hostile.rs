//! Structure attacks through the public door. Small ones are files in `tests/hostile/`, each with what
//! it must lead to in its `X-Expect` field; floods are made here, big enough that anything worse than
//! linear would not come to an end.

use std::fs;
use std::path::Path;

use data_encoding::BASE64;
use sluss::inspect::{Inspection, inspect};
use sluss::message::RawMessage;

/// Bytes of a flood.
const FLOOD: usize = 2_000_000;

fn read(mail: Vec<u8>) -> Inspection {
    inspect(&RawMessage::uncounted(mail))
}

fn reasons(inspection: &Inspection) -> Vec<String> {
    inspection.uninspectable.iter().map(|u| format!("{}:{}", u.part, u.reason.as_str())).collect()
}

/// A mail of one part with `unit` again and again.
fn flood(fields: &str, start: &str, unit: &str) -> Vec<u8> {
    let body = unit.repeat(FLOOD / unit.len().max(1));
    format!("From: a@a.example\r\n{fields}\r\n\r\n{start}{body}\r\n").into_bytes()
}

/// A mail with another one as a file that is labelled as nothing but a name.
fn attached(mail: &str) -> Vec<u8> {
    let fields = "Content-Type: application/octet-stream; name=sak.eml\r\nContent-Transfer-Encoding: base64";
    let file = BASE64.encode(mail.as_bytes());
    format!("Content-Type: multipart/mixed; boundary=ytre\r\n\r\n--ytre\r\n{fields}\r\n\r\n{file}\r\n--ytre--\r\n")
        .into()
}

#[test]
fn every_sample_leads_to_what_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    let mut samples: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    samples.sort();
    assert!(samples.len() >= 12);
    for sample in samples {
        let name = sample.file_name().unwrap().to_string_lossy().into_owned();
        let mail = fs::read_to_string(&sample).unwrap().replace('\n', "\r\n");
        let expected = mail.lines().find_map(|line| line.strip_prefix("X-Expect: ")).unwrap().trim().to_owned();
        let seen = |inspection: &Inspection| {
            inspection.views.iter().any(|view| view.normal().contains("01819012365")) || expected.contains("encrypted")
        };
        let inspection = read(mail.clone().into_bytes());
        let found = reasons(&inspection);
        let found = if found.is_empty() { "nothing".to_owned() } else { found.join(" ") };
        assert_eq!(found, expected, "{name}");
        assert!(seen(&inspection), "{name}: the number must be seen");
        // The same as a file.
        let inspection = read(attached(&mail));
        let words: Vec<_> = inspection.uninspectable.iter().map(|of| of.reason.as_str()).collect();
        let (_, expected) = expected.split_once(':').unwrap_or_default();
        assert_eq!(words.join(" "), expected, "{name}, attached");
        assert!(seen(&inspection), "{name}, attached: the number must be seen");
    }
}

#[test]
fn floods_come_to_an_end() {
    let html = "Content-Type: text/html; charset=utf-8";
    let mixed = "Content-Type: multipart/mixed; boundary=x";
    for (name, mail) in [
        ("attributes in one tag", {
            let attributes: String = (0..FLOOD / 8).map(|i| format!(" a{i}=1")).collect();
            format!("{html}\r\n\r\n<p{attributes}>hei").into_bytes()
        }),
        ("comments that never end", flood(html, "", "<!--")),
        ("comments that end oddly", flood(html, "", "<!----!>")),
        ("conditional comments", flood(html, "", "<!--[if x]>")),
        ("elements of raw text", flood(html, "", "<title></titl")),
        ("style sheets", flood(html, "", "<style>content:'")),
        ("open elements", flood(html, "", "<div>")),
        ("ampersands", flood(html, "", "&")),
        ("entities without an end", flood(html, "&#x", "0")),
        ("cells", flood(html, "", "<td>1")),
        ("less-than signs", flood(html, "", "<")),
        ("boundaries", flood(mixed, "", "--x\r\n")),
        ("boundaries that almost fit", flood(mixed, "--x\r\n\r\n", "--y\r\n")),
        ("dashes", flood(mixed, "--x\r\n\r\n", "--\r\n")),
        ("encoded-words in a field", format!("Subject: {}\r\n\r\nhei", "=?utf-8?Q?".repeat(20_000)).into_bytes()),
        ("question marks in a field", format!("Subject: {}\r\n\r\nhei", "=?".repeat(100_000)).into_bytes()),
        ("addresses in a field", format!("To: {}\r\n\r\nhei", "a@a.example, ".repeat(18_000)).into_bytes()),
        ("brackets in a field", format!("To: {}\r\n\r\nhei", "(<\"".repeat(60_000)).into_bytes()),
        ("parameters", format!("Content-Type: text/plain; {}\r\n\r\nhei", "name=a; ".repeat(30_000)).into_bytes()),
        ("types", format!("{}\r\nhei", "Content-Type: text/plain; name=a\r\n".repeat(990)).into_bytes()),
        ("quote marks", flood("X-A: 1", "", ">")),
        ("quoted lines", flood("X-A: 1", "", "> \r\n")),
        ("quoted headers", flood("X-A: 1", "", "Fra: a\r\n")),
        ("separators", flood("X-A: 1", "", "-----Original Message-----\r\n\r\n")),
        ("closings", flood("X-A: 1", "", "Mvh\r\n")),
        ("attributions", flood("X-A: 1", "", "a@a.example skrev:\r\n")),
        ("disclaimers", flood("X-A: 1", "", "This e-mail is intended. ")),
        ("signature delimiters", flood("X-A: 1", "", "-- \r\n")),
        ("combining marks", flood("X-A: 1", "a", "\u{308}")),
        ("look-alikes", flood("X-A: 1", "a", "\u{43E}")),
        ("overrides", flood("X-A: 1", "", "\u{202E}1")),
        ("invisible characters", flood("X-A: 1", "", "1\u{200B}")),
        ("misread letters", flood("X-A: 1", "", "Ã¸")),
        ("files in the text", flood("X-A: 1", "", "begin 644 a\r\n")),
        ("short files in the text", flood("X-A: 1", "", "begin 644 a\r\n#86)C\r\n`\r\nend\r\n")),
        ("base64 in the text", flood("X-A: 1", "", &format!("{}\r\n\r\n", BASE64.encode(&[b'a'; 60])))),
        ("one long line", flood("X-A: 1", "", "0")),
        ("padding", flood("Content-Transfer-Encoding: base64", "", "QQ==")),
        ("escapes", flood("Content-Transfer-Encoding: quoted-printable", "", "=")),
        ("soft breaks", flood("Content-Transfer-Encoding: quoted-printable", "", "=\r\n")),
        ("a table of separators", flood("Content-Type: text/csv", "a;b\r\n", ";")),
        ("a table of quotes", flood("Content-Type: text/csv", "a;b\r\n", "\"\r\n")),
        ("backslashes", flood("Content-Type: application/json", "", "\\u")),
        ("folded calendar lines", flood("Content-Type: text/calendar", "A:", "\r\n x")),
        ("calendar soft breaks", flood("Content-Type: text/calendar", "", "A;QUOTED-PRINTABLE:=\r\n")),
        ("signed data", flood("Content-Type: application/pkcs7-mime", "", "\u{30}\u{7F}")),
        ("nested values", flood("Content-Type: application/pkcs7-mime", "", "0\u{1}")),
    ] {
        let len = mail.len();
        let inspection = read(mail);
        let printed: usize = inspection.views.iter().map(|view| view.normal().len()).sum();
        assert!(printed <= 12 * len + 1_000, "{name}: {printed} bytes of text from {len}");
        assert!(inspection.uninspectable.iter().all(|u| u.reason.as_str() != "timed-out"), "{name}");
    }
}

#[test]
fn nesting_has_an_end_in_every_form() {
    let message = |depth: usize| "Content-Type: message/rfc822\r\n\r\n".repeat(depth);
    let multipart = |depth: usize| -> String {
        (0..depth).map(|i| format!("Content-Type: multipart/mixed; boundary=b{i}b\r\n\r\n--b{i}b\r\n")).collect()
    };
    let both = |depth: usize| -> String {
        let level = |i| {
            format!(
                "Content-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=b{i}b\r\n\r\n--b{i}b\r\n"
            )
        };
        (0..depth).map(level).collect()
    };
    let mut in_base64 = "Subject: x\r\n\r\nhei".to_owned();
    for _ in 0..40 {
        let encoded = BASE64.encode(in_base64.as_bytes());
        // Only the first levels grow; the last are cut, as the depth and not the size matters.
        let encoded = encoded.get(..3_000_000).unwrap_or(&encoded).to_owned();
        in_base64 = format!("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}");
    }
    let mut in_data = "hei".to_owned();
    for _ in 0..40 {
        let url = format!("<html><a href=\"data:text/html;base64,{}\">x</a>", BASE64.encode(in_data.as_bytes()));
        in_data = url.get(..3_000_000).unwrap_or(&url).to_owned();
    }
    for (name, mail) in [
        ("messages", message(40_000) + "\r\nhei"),
        ("multiparts", multipart(50_000) + "\r\nhei"),
        ("both in turn", both(20_000) + "\r\nhei"),
        ("messages in base64", in_base64),
        ("data URLs", format!("Content-Type: text/html\r\n\r\n{in_data}")),
    ] {
        for mail in [attached(&mail), mail.into_bytes()] {
            let reasons = reasons(&read(mail));
            assert!(reasons.iter().any(|reason| reason.ends_with("over-limit")), "{name}: {reasons:?}");
        }
    }
}
