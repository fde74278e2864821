//! Every row of `tests/vectors/identifiers.json`, against the detectors that run in the relay.
//!
//! `valid: true`: the text holds an identifier of the kind, and it is found. `valid: false`: nothing
//! of the kind is found above weak. Rows with a `form` are raw mail syntax and go through a mail.

use std::sync::Arc;

use serde::Deserialize;
use sluss::detect::category::Strength;
use sluss::detect::identifier::{self, Labels, business, iceland};
use sluss::detect::{Context, Finding};
use sluss::text::{Origin, OriginKind, View, Zone, ZoneSpan};

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
fn normal(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '\u{200b}' | '\r'))
        .map(|c| match c {
            '\u{a0}' => ' ',
            '\u{2010}'..='\u{2013}' | '\u{2212}' => '-',
            '０'..='９' => char::from(b'0' + (c as u32 - '０' as u32) as u8),
            c => c,
        })
        .collect()
}

fn view(kind: OriginKind, text: &str) -> View {
    let normal = normal(text);
    let origin = Origin { kind, part: Arc::from("1"), place: None, nested: 0 };
    let zones = vec![ZoneSpan { span: 0..normal.len(), zone: Zone::New }];
    View::new(origin, Arc::from(normal.as_str()), normal, vec![(0, 0)], zones, false)
}

fn found(kind: OriginKind, text: &str) -> Vec<Finding> {
    let mut out = Vec::new();
    let labels = Labels::builtin().expect("the labels load");
    identifier::find(&view(kind, text), 0, &context(), &labels, &mut out);
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
        let origin = match row.form.as_deref() {
            None => OriginKind::Body,
            Some("filename") => OriginKind::Filename,
            Some("csv") => OriginKind::Attachment,
            Some(_) => continue,
        };
        if !national {
            continue;
        }
        let mut found = found(origin, &row.text);
        let of_another_register = found.iter().any(|f| *f.kind != *row.kind);
        if row.valid && (row.kind == "kerfiskennitala" || of_another_register) {
            found = self::found(origin, &format!("{}{}", label_of(&row.kind), row.text));
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
        let strong = found(OriginKind::Body, &row.text).into_iter().any(|f| f.strength > Strength::Weak);
        // Any valid account number may be a person's number; only the label tells.
        assert!(!strong, "{}: {}", row.kind, row.why);
    }
}
