//! From the entries about one message to what was disclosed of it: when, to which recipient, on which ground.

use jiff::Timestamp;

use super::facts::Facts;
use crate::store::Link;

/// One recipient who has the message, or was sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosed {
    /// In the envelope; `None`: all recipients of the mail.
    pub position: Option<usize>,
    pub at: Option<Timestamp>,
    pub unit: Option<String>,
    /// `release`, or what opened the way for a mail that was not held (`consent:…`, `route:…`, `code:…`).
    pub ground: String,
    /// Who decided: `operator:NAME`, or `system` where the sender's documented exception did.
    pub by: String,
    pub reason: Option<String>,
}

/// What the entries about one message, in order of time, say of its disclosure.
pub fn disclosed(links: &[Link]) -> Vec<Disclosed> {
    let mut released: Option<&Link> = None;
    let mut all = Vec::new();
    for link in links {
        let facts = Facts::of(link.detail.as_deref());
        match link.event.as_str() {
            "release-started" => released = Some(link),
            "recipient-accepted" => all.push(Disclosed {
                position: facts.number("recipient"),
                ground: "release".to_owned(),
                by: released.map_or("system", |link| &link.actor).to_owned(),
                reason: released.and_then(|link| link.reason.clone()),
                ..of(link)
            }),
            "exception-used" => all.push(Disclosed {
                ground: facts.word("by").unwrap_or_default().to_owned(),
                unit: facts.word("unit").map(str::to_owned),
                ..of(link)
            }),
            _ => {}
        }
    }
    all
}

fn of(link: &Link) -> Disclosed {
    Disclosed {
        position: None,
        at: Timestamp::from_millisecond(link.at_ms).ok(),
        unit: link.unit.clone(),
        ground: String::new(),
        by: link.actor.clone(),
        reason: link.reason.clone(),
    }
}
