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
    /// The user that the server before us has authenticated, from the `Received` it wrote.
    pub authenticated: Option<String>,
    /// It answers another mail (`In-Reply-To` or `References`).
    pub reply: bool,
    /// Short fields by name in lower case, in order: what an administrator's rules may ask for.
    pub fields: ShortFields,
}

/// Most bytes of a value in [`ShortFields`]; what a rule compares with is a word or two.
const SHORT: usize = 512;
/// Most fields kept there.
const MAX_SHORT: usize = 300;

/// Name and unfolded value. Prints how many there are, never a value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ShortFields(Vec<(String, String)>);

impl ShortFields {
    /// Values of the fields of this name, compared without case.
    pub fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Name and value, in order.
    pub fn all(&self) -> &[(String, String)] {
        &self.0
    }

    fn take(&mut self, name: String, field: &Field<'_>) {
        if self.0.len() < MAX_SHORT && field.value.len() <= SHORT && name != "received" {
            self.0.push((name, decoded(field)));
        }
    }
}

impl std::fmt::Debug for ShortFields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ShortFields({})", self.0.len())
    }
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
        let name = field.name.to_ascii_lowercase();
        self.fields.take(String::from_utf8_lossy(&name).into_owned(), field);
        match name.as_slice() {
            b"in-reply-to" | b"references" => self.reply |= !field.value.trim_ascii().is_empty(),
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
            b"received" => {
                if self.received == 0 {
                    self.authenticated = authenticated(&text(field));
                }
                self.received = self.received.saturating_add(1);
            }
            _ => {}
        }
    }
}

/// The value with its encoded words (RFC 2047) decoded.
fn decoded(field: &Field<'_>) -> String {
    let mut line = field.unfolded().into_owned();
    line.push(b'\n');
    match MessageStream::new(&line).parse_unstructured() {
        HeaderValue::Text(text) => text.into_owned(),
        _ => text(field),
    }
}

/// `(Authenticated sender: user)`, as Postfix writes it with `smtpd_sasl_authenticated_header = yes`.
fn authenticated(received: &str) -> Option<String> {
    let (_, rest) = received.split_once("(Authenticated sender: ")?;
    let (user, _) = rest.split_once(')')?;
    Some(user.trim().to_owned()).filter(|user| !user.is_empty())
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
