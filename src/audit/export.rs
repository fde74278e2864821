//! The chains as rows: all of them complete enough to be verified elsewhere, or a choice for a person to read.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::Serialize;

use super::event::PRUNED;
use crate::store::{Link, Store, StoreError};

/// What stands for every letter and digit that is masked, as in evidence.
const MASK: char = '•';
/// Facts that name a person; each is the last of its event.
const NAMES: [&str; 3] = ["approved-by=", "imported-by=", "requested-by="];
/// Reasons that are references of decisions: configured, or given for a public record.
const REFERENCES: [&str; 2] = ["expired", PRUNED];

/// Why an export stopped.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot write: {0}")]
    Write(#[from] std::io::Error),
}

/// Which entries, and how they are shown.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// Only these messages, by id, each with what the mailbox was to it.
    pub messages: Option<BTreeMap<Vec<u8>, String>>,
    /// Without names of accounts, and with reasons masked. Without hashes too: a hash covers the reason, and a short
    /// reason could be guessed from it.
    pub masked: bool,
}

/// One link. `at` is RFC 3339 UTC with milliseconds; the hash covers exactly these milliseconds.
#[derive(Serialize)]
pub struct Row<'a> {
    writer: &'a str,
    sequence: i64,
    at: String,
    event: &'a str,
    actor: &'a str,
    id: Option<String>,
    #[serde(rename = "ref")]
    reference: Option<&'a str>,
    unit: Option<&'a str>,
    reason: Option<String>,
    detail: Option<String>,
    previous: Option<String>,
    hash: Option<String>,
    /// `sender`, `recipient` or both, where a mailbox was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    mailbox: Option<&'a str>,
}

/// Names of the cells of a row, those of the JSON object.
pub const COLUMNS: [&str; 13] = [
    "writer", "sequence", "at", "event", "actor", "id", "ref", "unit", "reason", "detail", "previous", "hash",
    "mailbox",
];

impl Row<'_> {
    /// In the order of [`COLUMNS`]; empty where there is nothing.
    pub fn cells(&self) -> [String; 13] {
        let own = |text: Option<&str>| text.unwrap_or_default().to_owned();
        [
            self.writer.to_owned(),
            self.sequence.to_string(),
            self.at.clone(),
            self.event.to_owned(),
            self.actor.to_owned(),
            own(self.id.as_deref()),
            own(self.reference),
            own(self.unit),
            own(self.reason.as_deref()),
            own(self.detail.as_deref()),
            own(self.previous.as_deref()),
            own(self.hash.as_deref()),
            own(self.mailbox),
        ]
    }
}

/// Gives every chosen entry to `each`, chain after chain in order; returns how many there were.
pub async fn export(
    store: &dyn Store,
    choice: &Choice,
    each: &mut (dyn FnMut(&Row<'_>) -> std::io::Result<()> + Send),
) -> Result<u64, ExportError> {
    let mut rows = 0;
    for writer in store.audit_writers().await? {
        let mut after = i64::MIN;
        loop {
            let page = store.audit_links(&writer, after).await?;
            let Some(last) = page.last() else { break };
            after = last.sequence;
            for link in page.iter().filter(|link| choice.has(link)) {
                each(&choice.row(link))?;
                rows += 1;
            }
        }
    }
    Ok(rows)
}

impl Choice {
    fn has(&self, link: &Link) -> bool {
        let of =
            |messages: &BTreeMap<Vec<u8>, String>| link.message.as_ref().is_some_and(|id| messages.contains_key(id));
        self.from.is_none_or(|from| link.at_ms >= from.as_millisecond())
            && self.to.is_none_or(|to| link.at_ms < to.as_millisecond())
            && self.messages.as_ref().is_none_or(of)
    }

    fn row<'l>(&'l self, link: &'l Link) -> Row<'l> {
        let hash = |hash: &[u8]| (!self.masked).then(|| HEXLOWER.encode(hash));
        let own_words = self.masked && !REFERENCES.contains(&link.event.as_str());
        Row {
            writer: &link.writer,
            sequence: link.sequence,
            at: Timestamp::from_millisecond(link.at_ms)
                .map_or_else(|_| link.at_ms.to_string(), |at| format!("{at:.3}")),
            event: &link.event,
            actor: if self.masked { role(&link.actor) } else { &link.actor },
            id: link.message.as_deref().map(|id| HEXLOWER.encode(id)),
            reference: link.reference.as_deref(),
            unit: link.unit.as_deref(),
            reason: link.reason.as_ref().map(|reason| if own_words { mask(reason) } else { reason.clone() }),
            detail: link.detail.as_ref().map(|facts| if self.masked { without_names(facts) } else { facts.clone() }),
            previous: hash(&link.previous),
            hash: hash(&link.hash),
            mailbox: link.message.as_ref().and_then(|id| self.messages.as_ref()?.get(id)).map(String::as_str),
        }
    }
}

/// `operator` of `operator:NAME`.
fn role(actor: &str) -> &str {
    actor.split_once(':').map_or(actor, |(role, _)| role)
}

fn mask(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() { MASK } else { c }).collect()
}

fn without_names(facts: &str) -> String {
    let name = NAMES.iter().filter_map(|key| facts.find(key).map(|at| at.saturating_add(key.len()))).min();
    match name.and_then(|at| facts.split_at_checked(at)) {
        Some((kept, name)) => format!("{kept}{}", mask(name)),
        None => facts.to_owned(),
    }
}
