//! Listing and showing. Records are content-free; who sees them, and every opening, goes on the record first.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Named, fail, find, pages};
use crate::audit::{Actor, Event, Subject};
use crate::cli::say;
use crate::message::Keys;
use crate::quarantine::Quarantine;
use crate::quarantine::own::facts;
use crate::store::{Filter, HeldMessage, RecipientRow, ReviewRow, State, Store, StoreError};

/// `state`: `None` lists what is held or being released.
pub(super) async fn list(store: &dyn Store, state: Option<State>, actor: &Actor, json: bool) -> ExitCode {
    let states = match state {
        Some(state) => vec![state],
        None => vec![State::Held, State::Releasing],
    };
    let mut messages = Vec::new();
    for state in states {
        match pages(store, Filter { state: Some(state), ..Filter::default() }).await {
            Ok(page) => messages.extend(page),
            Err(error) => return fail(&error),
        }
    }
    messages.sort_by_key(|m| (m.record.held_at, m.id));
    let by = state.map_or("current", State::as_str).to_owned();
    let listed = Event::Listed { list: "quarantine", by, rows: messages.len() };
    if let Err(error) = store.append(&listed.entry(actor, Timestamp::now())).await {
        return fail(&error);
    }
    if json {
        messages.iter().for_each(|message| say(format_args!("{}", object(&record(message)))));
    } else if messages.is_empty() {
        // Not on standard output: there it would count as a line of the listing.
        eprintln!("{}", state.map_or("nothing is held".to_owned(), |state| format!("nothing is {}", state.as_str())));
    } else {
        table(&messages).iter().for_each(|line| say(format_args!("{line}")));
    }
    ExitCode::SUCCESS
}

pub(super) async fn show(store: &dyn Store, keys: &Keys, named: &Named, actor: &Actor, json: bool) -> ExitCode {
    let messages = match find(store, named).await {
        Ok(messages) if messages.is_empty() => return fail(&"there is no such message"),
        Ok(messages) => messages,
        Err(error) => return fail(&error),
    };
    for message in messages {
        let recipients = match store.recipients(message.id).await {
            Ok(recipients) => recipients,
            Err(error) => return fail(&error),
        };
        let subject =
            Subject { id: message.id, reference: Some(message.reference.clone()), unit: message.record.unit.clone() };
        if let Err(error) = store.append(&Event::Viewed(subject).entry(actor, Timestamp::now())).await {
            return fail(&error);
        }
        let duplicates = match store.duplicates(message.id).await {
            Ok(duplicates) => duplicates,
            Err(error) => return fail(&error),
        };
        let more = match asked_and_due(store, keys, &message).await {
            Ok(more) => more,
            Err(error) => return fail(&error),
        };
        if json {
            let mut fields = full_record(&message, &recipients, &duplicates);
            fields.extend(more);
            say(format_args!("{}", object(&fields)));
        } else {
            sheet(&message, &recipients, &duplicates, more).iter().for_each(|line| say(format_args!("{line}")));
        }
    }
    ExitCode::SUCCESS
}

/// What its sender asks for and has documented, and by when somebody has to have looked at it.
async fn asked_and_due(store: &dyn Store, keys: &Keys, message: &HeldMessage) -> Result<Fields, StoreError> {
    let mut fields = Vec::new();
    if let Some(row) = store.exception_of(message.id).await? {
        fields.extend([
            ("exception_at", json!(row.at.to_string())),
            ("exception_by", json!(format!("account:{}", row.account))),
            ("exception_facts", json!(facts(keys, &row))),
        ]);
    }
    if let Some(ReviewRow { review, decided }) = store.review_of(message.id).await? {
        fields.extend([
            ("review_of", json!(review.what)),
            ("review_due", json!(review.due.to_string())),
            ("review_outcome", json!(decided.map(|(_, by, outcome)| format!("{} by {by}", outcome.as_str())))),
        ]);
    }
    Ok(fields)
}

/// Standard output gets the message byte for byte, or with `json` evidence and envelope as one object.
pub(super) async fn open(quarantine: &Quarantine, named: &Named, actor: &Actor, purpose: &str, json: bool) -> ExitCode {
    let messages = match find(quarantine.store().as_ref(), named).await {
        Ok(messages) => messages,
        Err(error) => return fail(&error),
    };
    let [message] = messages.as_slice() else {
        return fail(&match messages.len() {
            0 => "there is no such message",
            _ => "several copies share this reference; name one by its id",
        });
    };
    if json {
        return match quarantine.open(message.id, actor, purpose).await {
            Ok((evidence, content)) => {
                let mut fields = record(message);
                fields.extend([
                    ("evidence", json!(evidence)),
                    ("subject", json!(content.subject)),
                    ("size", json!(content.message.len())),
                ]);
                say(format_args!("{}", object(&fields)));
                ExitCode::SUCCESS
            }
            Err(error) => fail(&error),
        };
    }
    match quarantine.open(message.id, actor, purpose).await {
        Ok((_, content)) => {
            let mut out = std::io::stdout().lock();
            let bytes = content.message.bytes();
            let shown = if out.is_terminal() { Cow::Owned(harmless(bytes)) } else { Cow::Borrowed(bytes) };
            match out.write_all(&shown).and_then(|()| out.flush()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => fail(&error),
            }
        }
        Err(error) => fail(&error),
    }
}

/// A message as a terminal may show it: what would steer the terminal is written as `?`, line ends are its own.
fn harmless(message: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(message).replace("\r\n", "\n");
    let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    text.chars().map(|c| if steers(c) { '?' } else { c }).collect::<String>().into_bytes()
}

/// Fields of one object, in the order they are printed.
pub(super) type Fields = Vec<(&'static str, Value)>;

/// One line of JSON with the fields in their order.
pub(super) fn object(fields: &Fields) -> String {
    let members: Vec<String> = fields.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// A held message as every listing shows it.
fn record(message: &HeldMessage) -> Fields {
    let record = &message.record;
    vec![
        ("id", json!(message.id.to_string())),
        ("ref", json!(message.reference.as_str())),
        ("state", json!(message.state.as_str())),
        ("unit", json!(record.unit)),
        ("categories", json!(record.categories)),
        ("severity", json!(record.severity)),
        ("mode", json!(record.mode)),
        ("held_at", json!(record.held_at.to_string())),
        ("expires_at", json!(record.expires_at.to_string())),
        ("urgent", json!(record.urgent)),
        ("private", json!(record.private)),
        ("four_eyes", json!(record.four_eyes)),
        ("requested_by", json!(message.request.as_ref().map(|request| &request.by))),
        ("kept", json!(message.kept)),
    ]
}

/// `duplicates`: what was sent twice, byte for byte and to the same recipients.
fn full_record(message: &HeldMessage, recipients: &[RecipientRow], duplicates: &[HeldMessage]) -> Fields {
    let mut fields = record(message);
    let recipients: Vec<Value> = recipients
        .iter()
        .map(|r| json!({"position": r.position, "state": r.state.as_str(), "reply": r.reply}))
        .collect();
    fields.extend([
        ("channels", json!(message.record.channels)),
        ("release_failed", json!(message.release_failed)),
        ("next_attempt", json!(message.next_attempt.map(|at| at.to_string()))),
        ("review_asked", json!(message.review_asked.map(|at| at.to_string()))),
        ("exception", json!(message.exception)),
        ("ended_at", json!(message.ended_at.map(|at| at.to_string()))),
        ("recipients", json!(recipients)),
        ("keep_decision", json!(message.record.keep_decision)),
        ("route", json!(message.route.word())),
        ("requested_at", json!(message.request.as_ref().map(|request| request.at.to_string()))),
        ("requested_route", json!(message.request.as_ref().map(|request| request.route.word()))),
        ("content_until", json!(message.content_until.map(|at| at.to_string()))),
        ("duplicates", json!(duplicates.iter().map(|other| other.id.to_string()).collect::<Vec<_>>())),
    ]);
    fields
}

/// Columns for a person, under their names; a program reads `--json`.
fn table(messages: &[HeldMessage]) -> Vec<String> {
    let head = ["ID", "REF", "STATE", "HELD AT", "EXPIRES AT", "UNIT", "SEVERITY", "CATEGORIES", ""];
    let mut rows = vec![head.map(str::to_owned)];
    for message in messages {
        let record = &message.record;
        let flags = [
            (record.urgent, "urgent"),
            (message.review_asked.is_some(), "review-asked"),
            (message.exception.is_some(), "exception-asked"),
            (message.release_failed, "release-failed"),
            (record.private, "private"),
            (record.four_eyes, "four-eyes"),
            (message.request.is_some(), "requested"),
            (message.kept.is_some(), "kept"),
        ];
        let flags: Vec<_> = flags.iter().filter(|(up, _)| *up).map(|(_, word)| *word).collect();
        rows.push([
            message.id.to_string(),
            message.reference.to_string(),
            message.state.as_str().to_owned(),
            format!("{:.0}", record.held_at),
            format!("{:.0}", record.expires_at),
            record.unit.clone(),
            record.severity.clone(),
            or_dash(record.categories.join(",")),
            flags.join(","),
        ]);
    }
    let widths: [usize; 9] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let line = |row: &[String; 9]| {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// The record for a person: a line a field, then a line a recipient.
fn sheet(message: &HeldMessage, recipients: &[RecipientRow], duplicates: &[HeldMessage], more: Fields) -> Vec<String> {
    let fields = full_record(message, &[], duplicates).into_iter().filter(|(key, _)| *key != "recipients").chain(more);
    let mut lines: Vec<String> = fields.map(|(key, value)| format!("{key:<15} {}", words(&value))).collect();
    for row in recipients {
        let reply = row.reply.as_deref().map(|reply| format!(", last reply {reply}")).unwrap_or_default();
        lines.push(format!("{:<15} {}{reply}", format!("recipient {}", row.position), row.state.as_str()));
    }
    lines
}

/// A value without the marks of JSON.
fn words(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| format!("{key}={}", words(value)));
            or_dash(members.collect::<Vec<_>>().join("; "))
        }
        Value::Array(items) => or_dash(items.iter().map(words).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

fn or_dash(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> HeldMessage {
        HeldMessage {
            id: crate::message::MessageId([7; 16]),
            reference: "ABCD-2345".parse().unwrap(),
            record: crate::store::QueueRecord {
                unit: "social".into(),
                categories: vec!["health".into(), "national-id".into()],
                severity: "high".into(),
                channels: vec!["unknown".into()],
                mode: "enforce".into(),
                urgent: true,
                private: false,
                four_eyes: true,
                keep_decision: Some("KS 2026/12".into()),
                held_at: "2026-05-04T10:00:00Z".parse().unwrap(),
                expires_at: "2026-05-18T10:00:00.25Z".parse().unwrap(),
            },
            state: State::Held,
            release_failed: false,
            ended_at: None,
            next_attempt: None,
            review_asked: None,
            exception: None,
            route: crate::store::Route::Ordinary,
            request: None,
            kept: None,
            content_until: None,
        }
    }

    #[test]
    fn a_person_reads_columns_and_fields() {
        let unread = crate::store::QueueRecord {
            unit: "barnevern".into(),
            categories: Vec::new(),
            severity: "none".into(),
            urgent: false,
            four_eyes: false,
            ..message().record
        };
        let second = HeldMessage { record: unread, state: State::Releasing, release_failed: true, ..message() };
        let id = "07070707070707070707070707070707";
        assert_eq!(
            table(&[message(), second]),
            [
                format!(
                    "ID{}REF        STATE      HELD AT               EXPIRES AT            UNIT       SEVERITY  CATEGORIES",
                    " ".repeat(32)
                ),
                format!(
                    "{id}  ABCD-2345  held       2026-05-04T10:00:00Z  2026-05-18T10:00:00Z  social     high      health,national-id  urgent,four-eyes"
                ),
                format!(
                    "{id}  ABCD-2345  releasing  2026-05-04T10:00:00Z  2026-05-18T10:00:00Z  barnevern  none      -                   release-failed"
                ),
            ]
        );
        let rows = [
            RecipientRow {
                position: 0,
                state: crate::store::RecipientState::Accepted,
                reply: Some("250 2.0.0".into()),
            },
            RecipientRow { position: 1, state: crate::store::RecipientState::Pending, reply: None },
        ];
        let sheet = sheet(&message(), &rows, &[message()], Vec::new());
        for line in [
            "categories      health, national-id",
            "urgent          true",
            "ended_at        -",
            "recipient 0     accepted, last reply 250 2.0.0",
            "recipient 1     pending",
            "keep_decision   KS 2026/12",
            "duplicates      07070707070707070707070707070707",
        ] {
            assert!(sheet.iter().any(|l| l == line), "{line} is not in {sheet:?}");
        }
    }

    #[test]
    fn a_held_message_is_the_object_of_the_contract() {
        let message = message();
        let expected = concat!(
            r#"{"id":"07070707070707070707070707070707","ref":"ABCD-2345","state":"held","unit":"social","#,
            r#""categories":["health","national-id"],"severity":"high","mode":"enforce","#,
            r#""held_at":"2026-05-04T10:00:00Z","expires_at":"2026-05-18T10:00:00.25Z","urgent":true}"#
        );
        let grown = r#","private":false,"four_eyes":true,"requested_by":null,"kept":null}"#;
        assert_eq!(object(&record(&message)), format!("{}{grown}", expected.trim_end_matches('}')));
        let full = object(&full_record(&message, &[], &[]));
        assert!(full.starts_with(expected.trim_end_matches('}')), "{full}");
        serde_json::from_str::<Value>(&full).unwrap();
    }

    #[test]
    fn a_message_does_not_steer_the_terminal() {
        let shown = harmless(b"Subject: a\r\n\r\n\x1b]0;title\x07\tb\xc2\x9b2J\xff\r\n");
        assert_eq!(String::from_utf8(shown).as_deref(), Ok("Subject: a\n\n?]0;title?\tb?2J\u{FFFD}\n"));
    }
}
