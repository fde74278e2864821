//! Rows that hide the number in a label, a corner, or a message inside.

use data_encoding::BASE64;

use super::*;

pub fn rows() -> Rows {
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
        ("keywords", text("Keywords: notat, 01819012365", "Hei")),
        ("a comment in an address", text("To: Ola (01819012365) <ola@a.example>", "Hei")),
        ("a line that is no field", text("X-A: 1\r\n01819012365 er nummeret\r\nX-B: 2", "Hei")),
        ("an unknown field of a part", attachment("X-Notat: 01819012365")),
        ("a subject of a part", attachment("Subject: 01819012365")),
        ("a description", attachment("Content-Description: 01819012365")),
        ("a file name", attachment("Content-Disposition: attachment; filename=\"01819012365.txt\"")),
        (
            "a file name with spaces and no quotes",
            attachment("Content-Disposition: attachment; filename=brev 01819012365.txt"),
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
            "a continued name without its second piece",
            attachment("Content-Disposition: attachment; filename*0=\"brev 01819012365\"; filename*2=\".txt\""),
        ),
        (
            "a name with and without a set",
            attachment("Content-Disposition: attachment; filename=a.txt; filename*=utf-8''%30%31819012365"),
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
        ("a nested message, three times", multipart(&nested(&format!("From: d@d.example\r\n{twice}")))),
        (
            "an archive called text",
            in_base64("Content-Type: text/plain; name=a.txt", &archive("a.txt", SENTENCE.as_bytes())),
        ),
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
