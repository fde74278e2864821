//! An import as text, and back: one JSON object that says what was imported, then one for each address.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::channel::address::Canonical;
use crate::channel::mailbox::{
    AddressKind, Factor, ImportRun, InputFile, MailboxRecord, Mailboxes, PhoneFactor, ReportSource, Standing,
};

/// Grows when an older program could misread the file.
const FORMAT: u32 = 1;

/// What is wrong with a file; never repeats what stands there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Damaged {
    pub line: usize,
    pub what: String,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    channel: String,
    source: String,
    as_of: String,
    imported_at: String,
    imported_by: String,
    inputs: Vec<HeaderInput>,
    rows: usize,
    skipped: usize,
    left_out: usize,
    /// Lines after this one.
    records: usize,
}

#[derive(Serialize, Deserialize)]
struct HeaderInput {
    sha256: String,
    bytes: u64,
}

#[derive(Serialize, Deserialize)]
struct Record<'a> {
    address: std::borrow::Cow<'a, str>,
    /// What the report alone shows, a telephone not counted.
    level: std::borrow::Cow<'a, str>,
    standing: std::borrow::Cow<'a, str>,
    factors: Vec<std::borrow::Cow<'a, str>>,
    kind: std::borrow::Cow<'a, str>,
}

/// Addresses in alphabetical order: two imports of the same mailboxes differ in the first line only.
pub fn write(mailboxes: &Mailboxes) -> Result<String, serde_json::Error> {
    let run = &mailboxes.run;
    let header = Header {
        format: FORMAT,
        channel: run.channel.clone(),
        source: run.source.as_str().to_owned(),
        as_of: run.as_of.to_string(),
        imported_at: run.imported_at.to_string(),
        imported_by: run.imported_by.clone(),
        inputs: run.inputs.iter().map(|i| HeaderInput { sha256: i.sha256.clone(), bytes: i.bytes }).collect(),
        rows: run.rows,
        skipped: run.skipped,
        left_out: run.left_out,
        records: mailboxes.records.len(),
    };
    let mut text = serde_json::to_string(&header)?;
    text.push('\n');
    let mut records: Vec<_> = mailboxes.records.iter().collect();
    records.sort_by_key(|(address, _)| *address);
    for (address, record) in records {
        let row = Record {
            address: address.to_string().into(),
            level: record.standing.level(PhoneFactor::Refuse).as_str().into(),
            standing: record.standing.as_str().into(),
            factors: record.factors.iter().map(|f| f.as_str().into()).collect(),
            kind: record.kind.as_str().into(),
        };
        text.push_str(&serde_json::to_string(&row)?);
        text.push('\n');
    }
    Ok(text)
}

/// Reads what [`write`] wrote. A line too few, or one that is not understood, damages the whole.
pub fn read(text: &str) -> Result<Mailboxes, Damaged> {
    let damaged = |line: usize, what: &str| Damaged { line, what: what.to_owned() };
    let mut lines = (1usize..).zip(text.lines());
    let header = lines.next().map(|(_, line)| line).unwrap_or_default();
    let header: Header = serde_json::from_str(header).map_err(|_| damaged(1, "not the head of an import"))?;
    if header.format != FORMAT {
        let what = format!("format {}; this version reads {FORMAT}: import the reports again", header.format);
        return Err(Damaged { line: 1, what });
    }
    let run = run(&header).ok_or_else(|| damaged(1, "not the head of an import"))?;
    let mut records = HashMap::with_capacity(header.records.min(text.len() / 64));
    for (number, line) in lines {
        let row: Record<'_> = serde_json::from_str(line).map_err(|_| damaged(number, "not a record"))?;
        let (address, record) = record(&row).ok_or_else(|| damaged(number, "not a record"))?;
        if records.insert(address, record).is_some() {
            return Err(damaged(number, "an address that is there twice"));
        }
    }
    if records.len() != header.records {
        let what = format!("{} records; the head says {}", records.len(), header.records);
        return Err(Damaged { line: 1, what });
    }
    Ok(Mailboxes { run, records })
}

fn run(header: &Header) -> Option<ImportRun> {
    Some(ImportRun {
        channel: header.channel.clone(),
        source: ReportSource::from_word(&header.source)?,
        inputs: header.inputs.iter().map(|i| InputFile { sha256: i.sha256.clone(), bytes: i.bytes }).collect(),
        imported_at: header.imported_at.parse::<Timestamp>().ok()?,
        imported_by: header.imported_by.clone(),
        as_of: header.as_of.parse::<Date>().ok()?,
        rows: header.rows,
        skipped: header.skipped,
        left_out: header.left_out,
    })
}

fn record(row: &Record<'_>) -> Option<(Canonical, MailboxRecord)> {
    let standing = Standing::from_word(&row.standing)?;
    let factors: Option<_> = row.factors.iter().map(|word| Factor::from_word(word)).collect();
    // Somebody who raises a level by hand has to know both words.
    if row.level != standing.level(PhoneFactor::Refuse).as_str() {
        return None;
    }
    let record = MailboxRecord { standing, factors: factors?, kind: AddressKind::from_word(&row.kind)? };
    Some((Canonical::of(&row.address)?, record))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn mailboxes() -> Mailboxes {
        let run = ImportRun {
            channel: "intern".into(),
            source: ReportSource::Entra,
            inputs: vec![InputFile { sha256: "0a".repeat(32), bytes: 7 }],
            imported_at: "2026-11-20T08:00:00Z".parse().unwrap(),
            imported_by: "kari".into(),
            as_of: date(2026, 11, 20),
            rows: 12,
            skipped: 1,
            left_out: 0,
        };
        let mut records = HashMap::new();
        for (number, standing) in Standing::ALL.into_iter().enumerate() {
            let factors = Factor::ALL.into_iter().take(number % 8).collect();
            let kind = AddressKind::ALL[number % AddressKind::ALL.len()];
            let address = Canonical::of(&format!("u{number}@blåbær.example")).unwrap();
            records.insert(address, MailboxRecord { standing, factors, kind });
        }
        Mailboxes { run, records }
    }

    #[test]
    fn what_is_written_is_read() {
        let text = write(&mailboxes()).unwrap();
        assert_eq!(read(&text).unwrap(), mailboxes());
        let second = text.lines().nth(1).unwrap();
        let expected = r#"{"address":"u0@xn--blbr-roah.example","level":"unknown","standing":"list","factors":[],"kind":"account"}"#;
        assert_eq!(second, expected);
    }

    #[test]
    fn damage_is_found_wherever_it_is() {
        let text = write(&mailboxes()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let fault = |text: &str| read(text).unwrap_err().to_string();
        assert_eq!(fault(""), "line 1: not the head of an import");
        assert_eq!(fault(&lines[1..].join("\n")), "line 1: not the head of an import");
        assert_eq!(fault(&lines[..11].join("\n")), "line 1: 10 records; the head says 11");
        assert_eq!(fault(&text[..text.len() - 9]), "line 12: not a record");
        assert_eq!(
            fault(&text.replacen("\"format\":1", "\"format\":2", 1)).split(';').next(),
            Some("line 1: format 2")
        );
        assert_eq!(fault(&format!("{text}{}\n", lines[1])), "line 13: an address that is there twice");
        assert_eq!(fault(&text.replacen("no-factor", "no-sauna", 1)).split(": ").nth(1), Some("not a record"));
        assert_eq!(fault(&text.replacen("\"level\":\"unknown\"", "\"level\":\"enforced\"", 1)), "line 2: not a record");
    }
}
