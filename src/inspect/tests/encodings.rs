//! One synthetic number in every dress that mail can give it: transfer encodings, labels and corners,
//! character sets, Unicode, markup. Its digits must stand together in some view.

use data_encoding::{BASE64, BASE64URL};
use encoding_rs::{ISO_8859_10, ISO_8859_15, WINDOWS_1252};

use super::*;

const NUMBER: &str = "01819012365";
const SENTENCE: &str = "Fødselsnummer 01819012365 på søknaden.";

fn mail(fields: &str, body: &[u8]) -> Vec<u8> {
    [format!("From: a@a.example\r\nMIME-Version: 1.0\r\n{fields}\r\n\r\n").as_bytes(), body].concat()
}

fn text(fields: &str, body: &str) -> Vec<u8> {
    mail(fields, body.as_bytes())
}

/// A file whose label says nothing.
fn file(content: &str) -> Vec<u8> {
    text("Content-Type: application/octet-stream; name=x.bin", content)
}

fn html(body: &str) -> Vec<u8> {
    text("Content-Type: text/html; charset=utf-8", body)
}

fn encoded(cte: &str) -> Vec<u8> {
    let body = BASE64.encode(SENTENCE.as_bytes());
    text(&format!("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {cte}"), &body)
}

fn base64(body: &str) -> Vec<u8> {
    text("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64", body)
}

fn quoted(body: &str) -> Vec<u8> {
    text("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable", body)
}

fn charset(name: &str, bytes: &[u8]) -> Vec<u8> {
    mail(&format!("Content-Type: text/plain; charset={name}"), bytes)
}

fn utf_16(big: bool) -> Vec<u8> {
    SENTENCE.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

fn in_base64(fields: &str, bytes: &[u8]) -> Vec<u8> {
    text(&format!("{fields}\r\nContent-Transfer-Encoding: base64"), &BASE64.encode(bytes))
}

fn subject(value: &str) -> Vec<u8> {
    text(&format!("Subject: {value}"), "Hei")
}

fn attachment(disposition: &str) -> Vec<u8> {
    let part = format!("--xyz\r\nContent-Type: text/plain\r\n{disposition}\r\n\r\nHei\r\n--xyz--\r\n");
    text("Content-Type: multipart/mixed; boundary=xyz", &part)
}

fn multipart(part: &str) -> Vec<u8> {
    text("Content-Type: multipart/mixed; boundary=xyz", &format!("--xyz\r\n{part}\r\n--xyz--\r\n"))
}

fn wrapped(text: &str, width: usize) -> String {
    text.as_bytes().chunks(width).map(|c| String::from_utf8_lossy(c).into_owned()).collect::<Vec<_>>().join("\r\n")
}

/// Rows that hide the number in a transfer encoding.
fn transfer() -> Vec<(&'static str, Vec<u8>)> {
    let whole = BASE64.encode(SENTENCE.as_bytes());
    let unpadded = whole.trim_end_matches('=');
    let (first, second) = SENTENCE.split_at(19);
    let uuencoded = "begin 644 notat.txt\n=1F%R<V5L<VYU;6UE<B`P,3@Q.3`Q,C,V-2!N;W4*\n`\nend\n".replace('\n', "\r\n");
    vec![
        ("base64", encoded("base64")),
        ("base64 with a semicolon", encoded("base64;")),
        ("base64 in quotes", encoded("\"base64\"")),
        ("base64 after a comment", encoded("(c) base64")),
        ("base64 in capitals with a space", encoded("BASE64 ")),
        ("base-64", encoded("base-64")),
        ("base64 called 7bit", encoded("7bit")),
        ("base64 called binary", encoded("binary")),
        (
            "base64 without a word",
            text("Content-Type: text/plain", &wrapped(&BASE64.encode(SENTENCE.repeat(4).as_bytes()), 60)),
        ),
        ("base64 with foreign bytes", base64(&whole.replace('R', "R*!\u{1}"))),
        ("base64 with blanks", base64(&whole.replace('R', " \tR "))),
        ("base64 in two padded pieces", base64(&(BASE64.encode(first.as_bytes()) + &BASE64.encode(second.as_bytes())))),
        ("base64 without padding", base64(unpadded)),
        ("base64 with too much padding", base64(&format!("{unpadded}====="))),
        ("base64 in the other alphabet", base64(&BASE64URL.encode("??>~ 01819012365 ??>~".as_bytes()))),
        ("base64, a character a line", base64(&wrapped(&whole, 1))),
        ("base64 that is plain text", base64("Fnr 01819012365, takk for at du svarer.")),
        ("quoted-printable", quoted("F=C3=B8dselsnummer 01819012365")),
        ("quoted-printable with soft breaks and escapes", quoted("0181=\r\n90=31=\r\n2365")),
        ("quoted-printable in lower case, blanks before the break", quoted("=30=31819= \t\r\n=30=31=32365")),
        ("quoted-printable called nothing", text("X-A: 1", "F=C3=B8dselsnummer 0181=\r\n9012365")),
        ("quoted-printable with broken escapes", quoted("=ZZ 01819012365 =")),
        ("quoted-printable, a character over a soft break", quoted("=C3=\r\n=B8 01819012365")),
        ("uuencode as an encoding", text("Content-Transfer-Encoding: x-uuencode", &uuencoded)),
        ("uuencode in a text", text("Content-Type: text/plain", &format!("Se vedlegg\r\n\r\n{uuencoded}"))),
        ("two encodings", text("Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit", &whole)),
        (
            "two encodings, the other way",
            text("Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit", SENTENCE),
        ),
        (
            "base64 around a multipart",
            in_base64(
                "Content-Type: multipart/mixed; boundary=xyz",
                b"--xyz\r\nContent-Type: text/plain\r\n\r\nFnr 01819012365\r\n--xyz--\r\n",
            ),
        ),
    ]
}

/// Rows that hide the number in a label, a corner, or a message inside.
fn places() -> Vec<(&'static str, Vec<u8>)> {
    let nested = |message: &str| format!("Content-Type: message/rfc822\r\n\r\n{message}");
    let inner = format!("From: c@c.example\r\nSubject: inni\r\n\r\n{SENTENCE}");
    let twice = nested(&format!("From: b@b.example\r\nContent-Type: message/rfc822\r\n\r\n{inner}"));
    let eml = format!(
        "Content-Type: application/octet-stream; name=sak.eml\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        BASE64.encode(inner.as_bytes())
    );
    let boundary = "Content-Type: multipart/mixed; boundary=xyz";
    let part = "--xyz\r\nContent-Type: text/plain\r\n\r\nHei\r\n--xyz--\r\n";
    vec![
        ("text called a picture", text("Content-Type: image/png", SENTENCE)),
        ("text called binary", file(SENTENCE)),
        ("text of an unknown type", text("Content-Type: application/x-kommune", SENTENCE)),
        ("HTML called text", text("Content-Type: text/plain", "<html><body>018<b>19012</b>365</body></html>")),
        ("no type at all", text("X-Note: 1", SENTENCE)),
        ("preamble", text(boundary, &format!("{SENTENCE}\r\n{part}"))),
        ("epilogue", text(boundary, &format!("{part}{SENTENCE}\r\n"))),
        ("an unknown field", text("X-Notat: 01819012365", "Hei")),
        ("keywords", text("Keywords: sak, 01819012365", "Hei")),
        ("a comment in an address", text("To: Ola (01819012365) <ola@a.example>", "Hei")),
        ("a line that is no field", text("X-A: 1\r\n01819012365 er nummeret\r\nX-B: 2", "Hei")),
        ("a description", attachment("Content-Description: 01819012365")),
        ("a file name", attachment("Content-Disposition: attachment; filename=\"01819012365.txt\"")),
        (
            "a file name with spaces and no quotes",
            attachment("Content-Disposition: attachment; filename=sak 01819012365.txt"),
        ),
        (
            "a file name in an encoded-word",
            attachment("Content-Disposition: attachment; filename=\"=?utf-8?Q?01819=30?= =?utf-8?Q?12365?=.txt\""),
        ),
        (
            "a continued name",
            attachment(
                "Content-Disposition: attachment; filename*0*=utf-8''0181%39; filename*2=\"65\"; filename*1=\"0123\"",
            ),
        ),
        (
            "a name with a language",
            attachment("Content-Disposition: attachment; filename*=iso-8859-1'no'f%F8dt%2001819012365"),
        ),
        (
            "a name in the type",
            multipart(
                "Content-Type: text/plain; name=\"01819012365.txt\"\r\nContent-Disposition: attachment\r\n\r\nHei",
            ),
        ),
        ("a nested message", multipart(&nested(&inner))),
        ("a nested message, twice", multipart(&twice)),
        (
            "a nested message in base64",
            multipart(&nested("").replace(
                "\r\n\r\n",
                &format!("\r\nContent-Transfer-Encoding: base64\r\n\r\n{}", BASE64.encode(inner.as_bytes())),
            )),
        ),
        ("an eml file", multipart(&eml)),
        (
            "a digest",
            text("Content-Type: multipart/digest; boundary=xyz", &format!("--xyz\r\n\r\n{inner}\r\n--xyz--\r\n")),
        ),
        ("a delivery report", multipart("Content-Type: message/delivery-status\r\n\r\nDiagnostic-Code: 01819012365")),
        ("csv", text("Content-Type: text/csv; name=a.csv", "navn;fnr\r\nOla;=\"01819012365\"\r\n")),
        ("a calendar without a label", file("BEGIN:VCALENDAR\r\nSUMMARY:Fnr 01819\r\n 012365\r\nEND:VCALENDAR\r\n")),
        ("a card without a label", file("BEGIN:VCARD\r\nNOTE:Fnr 01819\r\n 012365\r\nEND:VCARD\r\n")),
        ("json without a label", file("{\"nr\":\"0181\\u0039012365\"}")),
        ("xml without a label", file("<?xml version='1.0'?><a>0181&#57;012365</a>")),
        (
            "a mail without a label",
            file(
                "From: a@a.example\r\nTo: b@b.example\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n0181=\r\n9012365\r\n",
            ),
        ),
        (
            "calendar",
            text("Content-Type: text/calendar", "BEGIN:VCALENDAR\r\nSUMMARY:Fnr 01819\r\n 012365\r\nEND:VCALENDAR\r\n"),
        ),
        ("vcard", text("Content-Type: text/vcard", "NOTE;ENCODING=QUOTED-PRINTABLE:0181=\r\n9012365\r\n")),
        (
            "json",
            text(
                "Content-Type: application/json",
                "{\"f\\u00f8dselsnummer\":\"0181\\u00399012365\"}".replace("\\u00399", "\\u0039").as_str(),
            ),
        ),
        ("a type without its semicolon", text("Content-Type: text/html charset=utf-8", "018<b>19012</b>365")),
        ("a type with a comma", text("Content-Type: text/html, charset=utf-8", "018<b>19012</b>365")),
        (
            "a boundary without its semicolon",
            text(
                "Content-Type: multipart/mixed boundary=xyz",
                &format!(
                    "--xyz\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--xyz--\r\n",
                    BASE64.encode(SENTENCE.as_bytes())
                ),
            ),
        ),
        ("a name without its semicolon", attachment("Content-Disposition: attachment filename=01819012365.txt")),
        ("watch HTML", text("Content-Type: text/watch-html", "018<b>19012</b>365")),
        ("enriched text", text("Content-Type: text/enriched", "018<bold>19012</bold>365")),
        ("text that begins as HTML", text("Content-Type: text/plain", "<html> <Ola 01819012365>\r\n")),
        (
            "a machine's field after a line that is none",
            text("X-A: 1\r\nHei, her er det\r\nStatus: 01819012365", "Hei"),
        ),
        (
            "a body that begins at a blank line of white space",
            text(&format!("X-A: 1\r\n \r\n{}", wrapped(&BASE64.encode(SENTENCE.repeat(4).as_bytes()), 60)), "Hei"),
        ),
        (
            "a file in a calendar",
            text(
                "Content-Type: text/calendar",
                &format!(
                    "ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY:{}\r\n",
                    wrapped(&BASE64.encode(SENTENCE.as_bytes()), 40).replace("\r\n", "\r\n ")
                ),
            ),
        ),
        (
            "a file in a vCard",
            text("Content-Type: text/vcard", &format!("NOTE;BASE64:{}\r\n", BASE64.encode(SENTENCE.as_bytes()))),
        ),
        (
            "a data URL in a calendar",
            text(
                "Content-Type: text/calendar",
                &format!("ATTACH:data:text/plain;base64,{}\r\n", BASE64.encode(SENTENCE.as_bytes())),
            ),
        ),
        (
            "a file in XML",
            text(
                "Content-Type: application/xml",
                &format!("<a><fil>{}</fil></a>", BASE64.encode(SENTENCE.repeat(6).as_bytes())),
            ),
        ),
        (
            "a file in JSON",
            text(
                "Content-Type: application/json",
                &format!("{{\"fil\":\"{}\"}}", BASE64.encode(SENTENCE.repeat(6).as_bytes())),
            ),
        ),
        (
            "a text in armour",
            text(
                "X-A: 1",
                &format!(
                    "-----BEGIN NOTAT-----\r\n{}\r\n-----END NOTAT-----\r\n",
                    wrapped(&BASE64.encode(SENTENCE.repeat(4).as_bytes()), 64)
                ),
            ),
        ),
        (
            "a web page in one file",
            multipart(
                "Content-Disposition: attachment; filename=side.mht\r\n\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n018<b class=3Dx>190=\r\n12</b>365",
            ),
        ),
        (
            "a message under its second name",
            multipart(&format!(
                "Content-Type: application/octet-stream; name=a.dat\r\nContent-Disposition: attachment; filename=b.eml\r\n\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
                BASE64.encode(SENTENCE.as_bytes())
            )),
        ),
        ("xml", text("Content-Type: application/xml", "<a><b nr=\"01819012365\"/></a>")),
        (
            "xml, a digit an element",
            text("Content-Type: application/xml", &NUMBER.chars().map(|d| format!("<d>{d}</d>")).collect::<String>()),
        ),
    ]
}

/// Rows that hide the number in a character set or in Unicode.
fn characters() -> Vec<(&'static str, Vec<u8>)> {
    let wide: String = NUMBER.chars().map(|d| char::from_u32(u32::from(d) - 0x30 + 0xFF10).unwrap()).collect();
    let arabic: String = NUMBER.chars().map(|d| char::from_u32(u32::from(d) - 0x30 + 0x660).unwrap()).collect();
    let reversed: String = NUMBER.chars().rev().collect();
    let with_mark = |big: bool| [if big { &b"\xFE\xFF"[..] } else { b"\xFF\xFE" }, &utf_16(big)].concat();
    let plain = |body: &str| text("Content-Type: text/plain; charset=utf-8", body);
    let between = |c: &str| plain(&NUMBER.chars().map(|d| format!("{d}{c}")).collect::<String>());
    vec![
        ("utf-8", charset("utf-8", SENTENCE.as_bytes())),
        ("iso-8859-1", charset("iso-8859-1", &WINDOWS_1252.encode(SENTENCE).0)),
        ("iso-8859-15", charset("iso-8859-15", &ISO_8859_15.encode(SENTENCE).0)),
        ("iso-8859-10", charset("iso-8859-10", &ISO_8859_10.encode(SENTENCE).0)),
        ("windows-1252", charset("windows-1252", &WINDOWS_1252.encode(SENTENCE).0)),
        ("latin-1 called utf-8", charset("utf-8", &WINDOWS_1252.encode(SENTENCE).0)),
        ("latin-1 called us-ascii", charset("us-ascii", &WINDOWS_1252.encode(SENTENCE).0)),
        ("latin-1 called nothing", mail("X-A: 1", &WINDOWS_1252.encode(SENTENCE).0)),
        ("latin-1 called nonsense", charset("x-ukjent", &WINDOWS_1252.encode(SENTENCE).0)),
        ("utf-8 called latin-1", charset("iso-8859-1", SENTENCE.as_bytes())),
        ("utf-8 with a mark", charset("iso-8859-1", format!("\u{FEFF}{SENTENCE}").as_bytes())),
        ("utf-8 twice", charset("utf-8", "FÃ¸dselsnummer 01819012365 pÃ¥ sÃ¸knaden.".as_bytes())),
        ("utf-7", charset("utf-7", b"F+APg-dselsnummer 01819012365 p+AOU s+APg-knaden.")),
        ("utf-8, or utf-7", charset("utf-8; charset=utf-7", b"018+ADEAOQ-012365")),
        ("utf-7 in HTML that no reader knows", mail("Content-Type: text/html; charset=utf-7", b"<p>+01819012365-")),
        ("utf-8 called utf-16", charset("utf-16", SENTENCE.as_bytes())),
        ("utf-8 called gb18030", charset("gb18030", SENTENCE.as_bytes())),
        ("utf-16le", in_base64("Content-Type: text/plain; charset=utf-16le", &utf_16(false))),
        ("utf-16be", in_base64("Content-Type: text/plain; charset=utf-16be", &utf_16(true))),
        ("utf-16 with a mark", in_base64("Content-Type: text/plain; charset=utf-16", &with_mark(true))),
        ("utf-16 without a mark", in_base64("Content-Type: text/plain; charset=utf-16", &utf_16(true))),
        ("utf-16 called nothing", in_base64("Content-Type: text/plain", &utf_16(false))),
        ("utf-16 called utf-8, with a mark", in_base64("Content-Type: text/plain; charset=utf-8", &with_mark(false))),
        (
            "utf-16 of odd length",
            in_base64("Content-Type: text/plain; charset=utf-16le", &[utf_16(false), vec![0x41]].concat()),
        ),
        ("cp850", charset("cp850", b"F\x9Bdselsnummer 01819012365 p\x86 s\x9Bknaden.")),
        ("cp865", charset("cp865", b"F\x9Bdselsnummer 01819012365 p\x86 s\x9Bknaden.")),
        (
            "html with a meta charset",
            mail(
                "Content-Type: text/html",
                &[&b"<meta charset=\"iso-8859-1\">"[..], &WINDOWS_1252.encode(SENTENCE).0].concat(),
            ),
        ),
        ("full-width digits", plain(&wide)),
        ("Arabic-Indic digits", plain(&arabic)),
        ("NFD letters", plain("Fo\u{338}dselsnummer 01819012365")),
        ("zero-width space", between("\u{200B}")),
        ("soft hyphen", between("\u{AD}")),
        ("word joiner", between("\u{2060}")),
        ("combining dot", between("\u{323}")),
        ("variation selector", between("\u{FE0F}")),
        ("tag characters", between("\u{E0041}")),
        ("right-to-left override", plain(&format!("\u{202E}{reversed}\u{202C}"))),
        ("isolates", between("\u{2066}")),
        ("subject", subject("Sak 01819012365")),
        ("subject in two encoded-words", subject("=?utf-8?B?MDE4MTkw?= =?utf-8?B?MTIzNjU=?=")),
        ("subject in two folded encoded-words", subject("=?utf-8?B?MDE4MTkw?=\r\n =?iso-8859-1?Q?12365?=")),
        ("encoded-word inside a number", subject("01819=?utf-8?Q?01?=2365")),
        ("encoded-word of an unknown set", subject("=?x-ukjent?Q?01819012365?=")),
        ("encoded-word with a language", subject("=?utf-8*nb?Q?01819012365?=")),
        ("encoded-word with spaces", subject("=?utf-8?Q?fnr 01819012365?=")),
        ("encoded-word too long", subject(&format!("=?utf-8?Q?{}=30=31819012365?=", "x".repeat(9_000)))),
        ("encoded-word in quotes", text("To: \"=?utf-8?Q?01819012365?=\" <a@a.example>", "Hei")),
        ("raw utf-8 in the subject", subject("fødselsnummer 01819012365")),
        ("two subjects", text("Subject: ingenting\r\nSubject: 01819012365", "Hei")),
        (
            "format=flowed with delsp",
            text("Content-Type: text/plain; format=flowed; delsp=yes", "01819 \r\n012365\r\n"),
        ),
    ]
}

/// Rows that hide the number in markup.
fn markup() -> Vec<(&'static str, Vec<u8>)> {
    let cells: String = NUMBER.chars().map(|d| format!("<td> {d} </td>\r\n")).collect();
    let divs: String = NUMBER.chars().map(|d| format!("<div style=\"float:left\">{d}</div>")).collect();
    let encoded = BASE64.encode(SENTENCE.as_bytes());
    vec![
        ("bold in the middle", html("<b>018190</b>12365")),
        ("empty tags", html("018190<b></b>12<span/>365")),
        ("numeric entities", html("01819&#48;1&#x32;&#0051;65")),
        ("named entities", html("018&zwnj;19&shy;012&ZeroWidthSpace;365")),
        ("a comment between digits", html("018190<!-- -->12365")),
        ("a comment that ends oddly", html("<!-- x --!>01819012365")),
        ("wbr", html("018190<wbr>12365")),
        ("a cell a digit", html(&format!("<table><tr>{cells}</tr></table>"))),
        ("a div a digit", html(&divs)),
        ("unclosed tags", html("<p><b><i>01819012365")),
        ("hidden text", html("<p style=\"display:none\">01819012365</p>")),
        ("a comment", html("<p>Hei</p><!-- 01819012365 -->")),
        ("an unclosed comment", html("<p>Hei</p><!-- 01819012365")),
        ("alt", html("<img src=\"cid:x\" alt=\"01819012365\">")),
        ("title attribute", html("<p title='01819012365'>Hei</p>")),
        ("an unquoted attribute", html("<p data-fnr=01819012365>Hei</p>")),
        ("title element", html("<title>018&#49;9012365</title>Hei")),
        ("style sheet", html("<style>p:after { content: \"01819012365\" }</style><p>Hei")),
        ("script", html("<script>var fnr = '01819012365';</script>Hei")),
        ("textarea", html("<textarea>01819012365</textarea>")),
        ("a link", html("<a href=\"mailto:a@a.example?subject=%30%31819012365\">Svar</a>")),
        ("a link's path", html("<a href=\"https://a.example/sak/01819012365/vis\">Sak</a>")),
        ("a picture's address", html("<img src=\"https://a.example/vis?nr=01819012365\">")),
        ("an entity of its own", html("<!DOCTYPE a [ <!ENTITY nr \"01819012365\"> ]>&nr;")),
        ("tags in a style sheet", html("<svg><style>p{}<b>01819012365</b></style></svg>")),
        ("a data URL", html(&format!("<a href=\"data:text/plain;base64,{encoded}\">x</a>"))),
        ("a big attribute", html(&format!("<p title=\"{}01819012365\">Hei</p>", "x".repeat(1_000_000)))),
        ("deep nesting", html(&format!("{}01819012365", "<div>".repeat(100_000)))),
        ("a broken tag", html("<p <b>01819012365")),
        ("a doctype and CDATA", html("<!DOCTYPE html><![CDATA[01819012365]]>")),
    ]
}

#[test]
fn the_number_is_found_in_every_dress() {
    let rows = [transfer(), places(), characters(), markup()].concat();
    assert!(rows.len() > 120);
    let mut missed = Vec::new();
    for (name, mail) in rows {
        if !bytes(mail).views.iter().any(|view| view.normal().contains(NUMBER)) {
            missed.push(name);
        }
    }
    assert_eq!(missed, [""; 0]);
}

#[test]
fn the_subject_is_told_as_it_is_shown() {
    for (written, shown) in [
        ("=?utf-8?q?M=C3=B8te_om_=C3=85se?=", Some("Møte om Åse")),
        ("=?iso-8859-1?b?TfZ0ZQ==?= i morgon \u{2013} kl. 9", Some("Möte i morgon \u{2013} kl. 9")),
        ("plain", Some("plain")),
    ] {
        let inspection = inspect(&RawMessage::uncounted(subject(written)));
        assert_eq!(inspection.subject(), shown);
    }
    assert_eq!(inspect(&RawMessage::uncounted(b"To: a@b.example\r\n\r\nx".to_vec())).subject(), None);
}

#[test]
fn nordic_letters_come_out_right_in_every_set() {
    let mut wrong = Vec::new();
    for (name, mail) in characters() {
        let word = |view: &View| view.normal().contains("Fødselsnummer") && view.normal().contains("på søknaden");
        if mail.windows(5).any(|w| w == b"dsels" || w == b"\0d\0s\0")
            && !name.contains("NFD")
            && !name.contains("subject")
            && !bytes(mail).views.iter().any(word)
        {
            wrong.push(name);
        }
    }
    assert_eq!(wrong, [""; 0]);
}
