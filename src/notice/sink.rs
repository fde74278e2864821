//! The scripted next hop, as notices need it: replies by the recipient's local part.
//!
//! `dead…@` is refused for good, `later…@` for now, `later-once…@` the first time only; everybody
//! else gets the mail. What was accepted can be read afterwards.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

// The rooms' tests and the end-to-end tests share one scripted hop; each includes it by itself.
#[allow(clippy::duplicate_mod)]
#[path = "../../tests/support/next_hop.rs"]
mod next_hop;

use next_hop::{Act, At, Moment, NextHop, Options};

/// One accepted transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// As between the angle brackets of MAIL.
    pub from: String,
    pub to: String,
    /// Unstuffed, without the dot.
    pub mail: String,
    pub tls: bool,
}

/// Stops when dropped.
pub struct Sink {
    pub port: u16,
    hop: NextHop,
}

impl Sink {
    /// Offers STARTTLS when there is a certificate.
    pub async fn start(tls: Option<Arc<rustls::ServerConfig>>) -> Sink {
        let deferred = Mutex::new(HashSet::new());
        let script = move |moment: Moment<'_>| match moment.at {
            At::Rcpt => refusal(inside(moment.line), &deferred).map(Act::say),
            _ => None,
        };
        let hop =
            NextHop::start(Options { keywords: vec!["8BITMIME", "AUTH PLAIN"], tls, script: Box::new(script) }).await;
        Sink { port: hop.address.port(), hop }
    }

    pub fn taken(&self) -> Vec<Taken> {
        let one = |taken: next_hop::Taken| Taken {
            from: inside(&taken.mail).to_owned(),
            to: taken.recipients.iter().map(|line| inside(line)).collect(),
            mail: String::from_utf8(taken.content).unwrap(),
            tls: taken.tls,
        };
        self.hop.record().taken.into_iter().map(one).collect()
    }

    /// Every command line so far.
    pub fn commands(&self) -> Vec<String> {
        self.hop.record().lines.into_iter().map(|(_, line)| line).collect()
    }
}

/// Between the angle brackets.
fn inside(line: &str) -> &str {
    line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(address, _)| address)
}

fn refusal(to: &str, deferred: &Mutex<HashSet<String>>) -> Option<&'static str> {
    let again = !deferred.lock().unwrap().insert(to.to_owned());
    match to {
        _ if to.starts_with("dead") => Some("550 5.1.1 no such mailbox"),
        _ if to.starts_with("later-once") && again => None,
        _ if to.starts_with("later") => Some("451 4.3.0 try again later"),
        _ => None,
    }
}
