//! A rendered notice as a mail: RFC 5322 header, `multipart/alternative` with text and HTML.
//!
//! Every field is ours. Nothing of the original's header is here, so nothing of it can go out.

use jiff::Timestamp;
use lettre::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};

use super::facts::NoticeFacts;
use super::render::{RenderError, Rendered, render};
use super::settings::Settings;
use super::texts::Texts;

/// Marks the notice as automatic (RFC 3834 section 5), so that no out-of-office answers it.
const AUTO_SUBMITTED: &str = "auto-replied";
/// The same for Exchange.
const SUPPRESS: &str = "All";

/// The administrator is at fault.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("`from` must be an address or `Name <address>`")]
    From,
    #[error("the host name on the right of a Message-ID must be a domain")]
    Hostname,
}

/// We are at fault; the notice stays in the outbox.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    #[error("the text cannot be made: {0}")]
    Render(#[from] RenderError),
    #[error("none of its recipients is an address")]
    NoRecipient,
    #[error("the mail cannot be built")]
    Build,
}

/// A notice as it goes out.
pub struct Mail {
    pub to: Vec<Address>,
    /// Header and body, line ends CRLF.
    pub bytes: Vec<u8>,
}

/// Everything that turns facts into mail.
pub struct Composer {
    settings: Settings,
    texts: Texts,
    from: Mailbox,
}

impl Composer {
    pub fn new(settings: Settings, texts: Texts) -> Result<Self, SetupError> {
        let from = settings.from.parse().map_err(|_| SetupError::From)?;
        let domain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        if settings.hostname.is_empty() || !settings.hostname.chars().all(domain) {
            return Err(SetupError::Hostname);
        }
        Ok(Composer { settings, texts, from })
    }

    /// `id` makes the Message-ID; the same for every attempt, so that a notice which arrives twice
    /// is known as one.
    pub fn compose(&self, facts: &NoticeFacts, id: &str, now: Timestamp) -> Result<Mail, ComposeError> {
        let Rendered { subject, text, html } = render(facts, &self.settings, &self.texts)?;
        let to: Vec<Address> = facts.to.iter().filter_map(|address| parse_address(address)).collect();
        if to.is_empty() {
            return Err(ComposeError::NoRecipient);
        }
        let host = &self.settings.hostname;
        let mut builder = Message::builder().from(self.from.clone()).date(now.into()).subject(subject);
        for address in &to {
            builder = builder.to(Mailbox::new(None, address.clone()));
        }
        let mut fields = vec![
            ("Message-ID", format!("<{id}@{host}>")),
            ("Auto-Submitted", AUTO_SUBMITTED.to_owned()),
            ("X-Auto-Response-Suppress", SUPPRESS.to_owned()),
            ("Content-Language", facts.language.as_str().to_owned()),
        ];
        if let Some(reference) = &facts.reference {
            // All notices about one mail stand together in the mail reader.
            fields.push(("References", format!("<{reference}@{host}>")));
        }
        for (name, value) in fields {
            builder = builder.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
        }
        let message =
            builder.multipart(MultiPart::alternative_plain_html(text, html)).map_err(|_| ComposeError::Build)?;
        Ok(Mail { to, bytes: message.formatted() })
    }
}

/// An address as the envelope had it. lettre knows fewer forms than are in use (`a..b@`, `a.@`);
/// those are taken as they are when they cannot end the command or the field they stand in.
fn parse_address(text: &str) -> Option<Address> {
    text.parse().ok().or_else(|| {
        let (local, domain) = text.rsplit_once('@')?;
        let harmless = |c: char| !c.is_control() && !c.is_whitespace() && !"<>()[]:;,\\\"".contains(c);
        let whole = !local.is_empty() && !domain.is_empty() && text.chars().all(harmless);
        whole.then(|| Address::new_dangerous(local, domain))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_use_are_taken_and_injection_is_not() {
        for (text, taken) in [
            ("kari@kommun.example", true),
            ("kari..n@kommun.example", true),
            ("\"kari n\"@kommun.example", true),
            ("kåre@kommun.example", true),
            ("kari@kommun.example>\r\nRCPT TO:<ola@post.example", false),
            ("kari@kommun.example, ola@post.example", false),
            ("kari n.@kommun.example", false),
            ("kari", false),
            ("@kommun.example", false),
        ] {
            assert_eq!(parse_address(text).is_some(), taken, "{text}");
        }
    }
}
