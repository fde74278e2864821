//! The few header facts that decide a message's way. Nothing else of the header is kept.

use mail_parser::parsers::MessageStream;
use mail_parser::{Addr, HeaderValue};

use super::field::{Field, Header};

/// Addresses are `local@domain`, domain in lower case, display names dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderFacts {
    /// Without angle brackets.
    pub message_id: Option<String>,
    /// `Date` verbatim.
    pub date: Option<String>,
    pub from: Vec<String>,
    pub sender: Option<String>,
    pub to: Vec<String>,
    pub cc: Vec<String>,
    /// Display names of From, Sender, Reply-To, To and Cc: colleagues and recipients, not clients.
    pub names: Vec<String>,
    /// `Auto-Submitted` other than `no` (RFC 3834 section 5), or `Precedence: bulk|junk|list`.
    pub auto_submitted: bool,
    /// Number of `Received` lines.
    pub received: usize,
}

impl HeaderFacts {
    /// Reads the facts out of a message's own header. Duplicates of an address field add up: each of
    /// them is what some reader shows.
    pub fn read(header: &Header<'_>) -> Self {
        let mut facts = HeaderFacts::default();
        for field in &header.fields {
            facts.take(field);
        }
        facts
    }

    fn take(&mut self, field: &Field<'_>) {
        match field.name.to_ascii_lowercase().as_slice() {
            b"message-id" if self.message_id.is_none() => {
                self.message_id = Some(text(field).trim_matches(['<', '>']).to_owned()).filter(|id| !id.is_empty());
            }
            b"date" if self.date.is_none() => self.date = Some(text(field)),
            b"from" => self.from.extend(addresses(field, &mut self.names)),
            b"to" => self.to.extend(addresses(field, &mut self.names)),
            b"cc" => self.cc.extend(addresses(field, &mut self.names)),
            b"sender" => {
                let sender = addresses(field, &mut self.names).into_iter().next();
                self.sender = self.sender.take().or(sender);
            }
            b"reply-to" => {
                addresses(field, &mut self.names);
            }
            b"auto-submitted" => {
                let value = text(field);
                let word = value.split([';', ' ', '(']).next().unwrap_or_default();
                self.auto_submitted |= !word.is_empty() && !word.eq_ignore_ascii_case("no");
            }
            b"precedence" => {
                let value = text(field).to_ascii_lowercase();
                self.auto_submitted |= matches!(value.as_str(), "bulk" | "junk" | "list");
            }
            b"received" => self.received = self.received.saturating_add(1),
            _ => {}
        }
    }
}

fn text(field: &Field<'_>) -> String {
    String::from_utf8_lossy(&field.unfolded()).into_owned()
}

/// The addresses of an address field (RFC 5322 section 3.4, groups included); names go to `names`.
fn addresses(field: &Field<'_>, names: &mut Vec<String>) -> Vec<String> {
    let mut line = field.unfolded().into_owned();
    line.push(b'\n');
    let HeaderValue::Address(list) = MessageStream::new(&line).parse_address() else { return Vec::new() };
    let mut found = Vec::new();
    for Addr { name, address } in list.iter() {
        let name = name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        match (address.as_deref().and_then(|address| address.trim().rsplit_once('@')), name) {
            // `"odd name"@c.example`: the parser takes a quoted local part for a name.
            (Some(("", domain)), Some(local)) => found.push(format!("{local}@{}", domain.to_lowercase())),
            (Some((local, domain)), _) => {
                found.push(format!("{local}@{}", domain.to_lowercase()));
                names.extend(name.map(str::to_owned));
            }
            (None, name) => names.extend(name.map(str::to_owned)),
        }
    }
    found
}
