//! What is sealed: the evidence for a first view, and the content for an opening or a release.
//!
//! The evidence is one JSON object. The content is one line of JSON, a line feed, and the message byte
//! for byte, so that `age -d … | tail -n +2` gives back the mail.

use serde::{Deserialize, Serialize};

use crate::message::{Envelope, Recipient};
use crate::notice::facts::{NoticeFacts, NoticeKind};
use crate::smtp::{ForwardPath, Parameter, ReversePath};
use crate::store::{RecipientRow, RecipientState};

/// One finding as a reviewer may see it: masked, with its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskedFinding {
    pub category: String,
    pub kind: String,
    pub strength: String,
    #[serde(rename = "where")]
    pub place_of_find: String,
    pub zone: String,
    pub part: String,
    /// The file it stands in, within the files around it; what was found in the names is masked.
    pub name: Option<String>,
    pub place: Option<String>,
    pub start: usize,
    pub end: usize,
    pub masked: String,
    pub rule: String,
    /// What the verdict rests on, and not only what was seen beside it (a colleague's name, a year). Earlier versions did
    /// not tell one from the other.
    #[serde(default = "yes")]
    pub counted: bool,
}

fn yes() -> bool {
    true
}

/// A part that could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadPart {
    pub part: String,
    pub name: Option<String>,
    pub reason: String,
}

/// Opens without the content. `Debug` is left out on purpose: it names persons.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Without angle brackets; empty for the null reverse path.
    pub sender: String,
    pub recipients: Vec<String>,
    pub findings: Vec<MaskedFinding>,
    pub uninspectable: Vec<UnreadPart>,
    /// The notice of the hold; later notices are made from it.
    pub notice: NoticeFacts,
    /// Whom a failed release is reported to.
    pub reviewers: Vec<String>,
    /// Short digest of the patterns that the verdict was made by; empty in what earlier versions held.
    #[serde(default)]
    pub patterns: String,
    /// The same of the configuration.
    #[serde(default)]
    pub config: String,
}

impl Evidence {
    /// The sender's own address, as notices go to it; empty when nobody may be told, or the sender is a machine.
    pub(super) fn sender_to_tell(&self) -> &[String] {
        let others = self.notice.kind.is_to_reviewers() || self.notice.kind == NoticeKind::ServiceDigest;
        if others { &[] } else { &self.notice.to }
    }

    /// Addresses of those who have the message, and of those who have not, by the rows' positions.
    pub(super) fn reached(&self, rows: &[RecipientRow]) -> (Vec<String>, Vec<String>) {
        let (accepted, others): (Vec<_>, Vec<_>) = rows.iter().partition(|r| r.state == RecipientState::Accepted);
        let addresses = |rows: Vec<&RecipientRow>| {
            rows.into_iter().filter_map(|r| self.recipients.get(r.position).cloned()).collect()
        };
        (addresses(accepted), addresses(others))
    }
}

/// The line before the message.
#[derive(Serialize, Deserialize)]
pub(super) struct ContentHeader {
    /// With angle brackets, as on the wire.
    reverse_path: String,
    /// `KEYWORD=value`, as on the wire.
    parameters: Vec<String>,
    recipients: Vec<SealedRecipient>,
    subject: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct SealedRecipient {
    forward_path: String,
    parameters: Vec<String>,
}

/// The plain bytes are not what a hold writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotARecord;

impl ContentHeader {
    pub(super) fn new(envelope: &Envelope, subject: Option<String>) -> Self {
        ContentHeader {
            reverse_path: envelope.reverse_path.to_wire(),
            parameters: to_wire(&envelope.parameters),
            recipients: envelope
                .recipients
                .iter()
                .map(|r| SealedRecipient { forward_path: r.path.to_wire(), parameters: to_wire(&r.parameters) })
                .collect(),
            subject,
        }
    }

    /// JSON without a line feed in it, then one.
    pub(super) fn to_line(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        Ok(line)
    }

    /// Splits opened content into envelope, subject and message.
    pub(super) fn split(plain: &[u8]) -> Result<(Envelope, Option<String>, &[u8]), NotARecord> {
        let end = plain.iter().position(|&b| b == b'\n').ok_or(NotARecord)?;
        let (line, rest) = plain.split_at_checked(end).ok_or(NotARecord)?;
        let header: ContentHeader = serde_json::from_slice(line).map_err(|_| NotARecord)?;
        let message = rest.get(1..).ok_or(NotARecord)?;
        let (reverse_path, _) = ReversePath::parse(&header.reverse_path).map_err(|_| NotARecord)?;
        let recipients = header
            .recipients
            .iter()
            .map(|r| {
                let (path, _) = ForwardPath::parse(&r.forward_path).map_err(|_| NotARecord)?;
                Ok(Recipient { path, parameters: from_wire(&r.parameters) })
            })
            .collect::<Result<_, NotARecord>>()?;
        let parameters = from_wire(&header.parameters);
        Ok((Envelope { reverse_path, parameters, recipients }, header.subject, message))
    }
}

fn to_wire(parameters: &[Parameter]) -> Vec<String> {
    parameters.iter().map(Parameter::to_wire).collect()
}

fn from_wire(words: &[String]) -> Vec<Parameter> {
    words
        .iter()
        .map(|word| match word.split_once('=') {
            Some((keyword, value)) => Parameter::new(keyword, Some(value)),
            None => Parameter::new(word, None),
        })
        .collect()
}
