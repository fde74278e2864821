//! One synthetic number in every dress that mail can give it: transfer encodings, labels and corners, character
//! sets, Unicode, markup. Detection finds it in a mail's own body, in a part, in a forwarded mail and in an archive.

mod characters;
mod generated;
mod markup;
mod places;
mod transfer;

use std::io::{Cursor, Write};
use std::sync::{Arc, LazyLock};

use data_encoding::BASE64;
use sluss::detect::{Category, Context, Detector, Finding, Strength};
use sluss::inspect::attachments::InProcess;
use sluss::inspect::{Inspection, inspect_with};
use sluss::message::RawMessage;
use zip::write::SimpleFileOptions;

/// Names of rows, and their mails.
type Rows = Vec<(&'static str, Vec<u8>)>;

static DETECTOR: LazyLock<Arc<Detector>> = LazyLock::new(Detector::builtin);

const NUMBER: &str = "01819012365";
/// Fields that every row begins with.
const HEAD: &str = "From: a@a.example\r\nMIME-Version: 1.0\r\n";
const SENTENCE: &str = "Fødselsnummer 01819012365 på søknaden.";

fn mail(fields: &str, body: &[u8]) -> Vec<u8> {
    [format!("{HEAD}{fields}\r\n\r\n").as_bytes(), body].concat()
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

fn archive(name: &str, content: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(name, SimpleFileOptions::default()).unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap().into_inner()
}

fn read(mail: Vec<u8>) -> Inspection {
    inspect_with(&RawMessage::uncounted(mail), &InProcess)
}

/// Whether detection finds the number, and takes it for one.
fn finds(inspection: &Inspection, number: &str) -> bool {
    let context = Context { today: (2026, 1, 1), count_synthetic: true, ..Context::default() };
    let findings = DETECTOR.assess(&inspection.views, &context).findings;
    let found = |f: &Finding| f.category == Category::NationalId && f.identity.0.ends_with(number);
    findings.iter().any(|f| found(f) && f.strength > Strength::Weak)
}

/// What stands after the fields that every row begins with.
fn without_head(mail: &[u8]) -> &[u8] {
    mail.strip_prefix(HEAD.as_bytes()).unwrap()
}

/// A mail with one part.
fn around(part: &[u8]) -> Vec<u8> {
    let head = format!("{HEAD}Content-Type: multipart/mixed; boundary=ytre\r\n\r\n--ytre\r\n");
    [head.as_bytes(), part, b"\r\n--ytre--\r\n"].concat()
}

fn in_a_part(mail: &[u8]) -> Vec<u8> {
    around(without_head(mail))
}

fn forwarded(mail: &[u8]) -> Vec<u8> {
    around(&[b"Content-Type: message/rfc822\r\n\r\n", mail].concat())
}

fn archived(mail: &[u8]) -> Vec<u8> {
    let packed = wrapped(&BASE64.encode(&archive("sak.eml", mail)), 76);
    let fields = "Content-Type: application/zip; name=sak.zip\r\nContent-Transfer-Encoding: base64";
    around(format!("{fields}\r\n\r\n{packed}").as_bytes())
}

#[test]
fn the_number_is_found_in_every_dress() {
    let rows = [transfer::rows(), places::rows(), characters::rows(), markup::rows()].concat();
    assert!(rows.len() > 150);
    let mut missed = Vec::new();
    for (name, mail) in rows {
        for (form, mail) in [
            ("as it is", mail.clone()),
            ("in a part", in_a_part(&mail)),
            ("forwarded", forwarded(&mail)),
            ("in an archive", archived(&mail)),
        ] {
            if !finds(&read(mail), NUMBER) {
                missed.push(format!("{name}, {form}"));
            }
        }
    }
    assert_eq!(missed, [""; 0]);
}

#[test]
fn nordic_letters_come_out_right_in_every_set() {
    let (mut right, mut wrong) = (0, Vec::new());
    for (name, mail) in characters::rows() {
        let inspection = read(mail);
        let shows =
            |words: &[&str]| inspection.views.iter().any(|view| words.iter().all(|word| view.normal().contains(word)));
        if shows(&["Fødselsnummer", "på søknaden"]) {
            right += 1;
        } else if shows(&["knaden"]) {
            wrong.push(name);
        }
    }
    assert_eq!((right >= 20, wrong), (true, vec![""; 0]), "{right}");
}
