//! Every row of `tests/vectors/identifiers.json`, against the detectors that run in the relay.
//!
//! `valid: true`: the text holds an identifier of the kind, and it is found. `valid: false`: nothing
//! of the kind is found above weak. Rows with a `form` are raw mail syntax and go through a mail.

use std::sync::Arc;

use serde::Deserialize;
use sluss::detect::category::Strength;
use sluss::detect::identifier::{self, Columns, Labels, business, iceland};
use sluss::detect::{Context, Finding, contact};
use sluss::inspect::inspect;
use sluss::message::RawMessage;
use sluss::text::{Origin, OriginKind, View};

#[derive(Deserialize)]
struct Row {
    text: String,
    country: String,
    kind: String,
    valid: bool,
    why: String,
    form: Option<String>,
}

fn rows() -> Vec<Row> {
    serde_json::from_str(include_str!("vectors/identifiers.json")).expect("the vectors are JSON")
}

fn context() -> Context {
    Context { today: (2026, 11, 21), count_synthetic: true, ..Context::default() }
}

/// The text as the text room hands it over.
fn view(text: &str) -> View {
    let origin = Origin { kind: OriginKind::Body, part: Arc::from("1"), place: None, nested: 0 };
    View::read(origin, &Arc::from(text), 0..text.len(), false)
}

/// A mail with the row as its HTML body, as an attachment, or as the name of one.
fn mail(form: &str, text: &str) -> Vec<u8> {
    let (head, body) = match form {
        "html" => ("Content-Type: text/html; charset=utf-8\r\n".to_owned(), text),
        "csv" => (
            "Content-Type: text/csv; charset=utf-8\r\nContent-Disposition: attachment; filename=\"lista.csv\"\r\n"
                .to_owned(),
            text,
        ),
        "filename" => (
            format!("Content-Type: text/plain\r\nContent-Disposition: attachment; filename=\"{text}\"\r\n"),
            "Se filen.",
        ),
        other => panic!("a form of mail syntax nobody wrote yet: {other}"),
    };
    format!(
        "From: a@kommun.example\r\nTo: b@mottaker.example\r\nSubject: rad\r\nMIME-Version: 1.0\r\n{head}\r\n{body}\r\n"
    )
    .into_bytes()
}

fn views(row: &Row, label: &str) -> Vec<View> {
    let text = format!("{label}{}", row.text);
    match &row.form {
        None => vec![view(&text)],
        Some(form) => inspect(&RawMessage::uncounted(mail(form, &text))).views,
    }
}

fn found(views: &[View]) -> Vec<Finding> {
    let (mut out, mut columns) = (Vec::new(), Columns::default());
    let labels = Labels::builtin().expect("the labels load");
    for (index, view) in views.iter().enumerate() {
        identifier::find(view, index, &context(), &labels, &mut columns, &mut out);
    }
    out
}

/// The label that names the kind where the digits cannot: numbers without a check digit, and digits
/// that are a right number of another register too.
fn label_of(kind: &str) -> &'static str {
    match kind {
        "kennitala" | "kerfiskennitala" => "Kennitala: ",
        "reservnummer" => "Reservnummer: ",
        "duf-nummer" => "DUF-nr ",
        "henkilotunnus" => "Hetu: ",
        "cpr" => "CPR-nr. ",
        _ => "Fnr ",
    }
}

#[test]
fn numbers_of_persons() {
    let mut wrong = Vec::new();
    for (n, row) in rows().iter().enumerate() {
        let national = matches!(
            row.kind.as_str(),
            "fodselsnummer"
                | "d-nummer"
                | "h-nummer"
                | "fh-nummer"
                | "duf-nummer"
                | "npid"
                | "synthetic"
                | "placeholder"
                | "personnummer"
                | "samordningsnummer"
                | "interim"
                | "tf-nummer"
                | "reservnummer"
                | "cpr"
                | "erstatningspersonnummer"
                | "henkilotunnus"
                | "kennitala"
                | "kerfiskennitala"
        );
        if !national {
            continue;
        }
        let mut found = found(&views(row, ""));
        let of_another_register = found.iter().any(|f| *f.kind != *row.kind);
        if row.valid && (row.kind == "kerfiskennitala" || of_another_register) {
            found = self::found(&views(row, label_of(&row.kind)));
        }
        let of_kind = found.iter().filter(|f| *f.kind == *row.kind);
        let right = match row.valid {
            true => of_kind.count() > 0,
            false => of_kind.filter(|f| f.strength > Strength::Weak).count() == 0,
        };
        if !right {
            let kinds: Vec<_> = found.iter().map(|f| (f.kind.to_string(), f.strength)).collect();
            wrong.push(format!("row {n}: {} {} {} ({}): {kinds:?}", row.country, row.kind, row.valid, row.why));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn numbers_of_companies_and_accounts() {
    for row in rows() {
        let digits: Vec<u8> = row.text.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect();
        let written = row.text.trim_start_matches("Kontonr ");
        let is = match row.kind.as_str() {
            "organisasjonsnummer" => business::is_organisasjonsnummer(&digits),
            "organisationsnummer" => business::is_organisationsnummer(&digits),
            "kontonummer" => business::is_kontonummer(&digits),
            "kid" => business::is_kid(written),
            "bankgiro" => business::is_bankgiro(written),
            "plusgiro" => business::is_plusgiro(written),
            "kennitala-company" => <[u8; 10]>::try_from(digits.as_slice()).is_ok_and(|d| iceland::is_company(&d)),
            _ => continue,
        };
        assert_eq!(is, row.valid, "{}: {}", row.kind, row.why);
        let strong = found(&views(&row, "")).into_iter().any(|f| f.strength > Strength::Weak);
        // Any valid account number may be a person's number; only the label tells.
        assert!(!strong, "{}: {}", row.kind, row.why);
    }
}

#[test]
fn contact_data() {
    let labels = Labels::builtin().expect("the labels load");
    let words = contact::Words::builtin().expect("the words load");
    let mut wrong = Vec::new();
    for (n, row) in rows().iter().enumerate() {
        if !matches!(
            row.kind.as_str(),
            "phone" | "postcode" | "street-address" | "bruksenhetsnummer" | "lagenhetsnummer"
        ) {
            continue;
        }
        let mut out = Vec::new();
        contact::find(&view(&row.text), 0, &context(), (&labels, &words), &mut Columns::default(), &mut out);
        if out.iter().any(|f| *f.kind == *row.kind) != row.valid {
            let kinds: Vec<_> = out.iter().map(|f| (f.kind.to_string(), f.strength)).collect();
            wrong.push(format!("row {n}: {} {} {} ({}): {kinds:?}", row.country, row.kind, row.valid, row.why));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
