//! The next hop of `next_hop.rs` for tests without a runtime, told in words what to do.

#![allow(dead_code, reason = "each test program uses the part it needs")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::next_hop::{Act, At, Moment, NextHop, Options, Record, Taken};

/// One transaction that was answered 2xx at its dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// What followed `MAIL FROM:`.
    pub mail: String,
    /// What followed `RCPT TO:`, of the recipients that were accepted.
    pub recipients: Vec<String>,
    /// The message, dots unstuffed.
    pub text: Vec<u8>,
}

impl From<Taken> for Captured {
    fn from(taken: Taken) -> Self {
        let after = |line: &str| line.split_once(':').map_or("", |(_, rest)| rest).to_owned();
        let recipients = taken.recipients.iter().map(|line| after(line)).collect();
        Captured { mail: after(&taken.mail), recipients, text: taken.content }
    }
}

/// How the server behaves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Behaviour {
    /// Lines of the EHLO reply after the first.
    pub offers: Vec<String>,
    /// `(start of a command line, words)`: the first that fits is done instead of the usual. `GREETING`
    /// stands for the time before the banner, `CONTENT` for that behind the 354, `DOT` for the end of the
    /// message. The words are a reply, `close`, or `silence`; after `after 500ms ` they come late.
    pub replies: Vec<(String, String)>,
}

/// What every such server offers.
impl Default for Behaviour {
    fn default() -> Self {
        let offers = ["PIPELINING", "8BITMIME", "SIZE 104857600", "ENHANCEDSTATUSCODES"];
        Behaviour { offers: offers.map(str::to_owned).to_vec(), replies: Vec::new() }
    }
}

impl Behaviour {
    fn act(&self, moment: Moment<'_>) -> Option<Act> {
        let name = match moment.at {
            At::Greeting => "GREETING".to_owned(),
            At::Content => "CONTENT".to_owned(),
            At::Dot => "DOT".to_owned(),
            _ => moment.line.to_ascii_uppercase(),
        };
        let scripted = self.replies.iter().find(|(start, _)| name.starts_with(&start.to_ascii_uppercase()));
        match scripted {
            Some((_, words)) => Some(told(words)),
            None if moment.at == At::Ehlo => Some(Act::Say(self.ehlo())),
            None => None,
        }
    }

    fn ehlo(&self) -> Vec<u8> {
        let lines: Vec<&str> = std::iter::once("hop.example").chain(self.offers.iter().map(String::as_str)).collect();
        let last = lines.len() - 1;
        let line = |(at, text): (usize, &&str)| format!("250{}{text}\r\n", if at == last { ' ' } else { '-' });
        lines.iter().enumerate().map(line).collect::<String>().into_bytes()
    }
}

fn told(words: &str) -> Act {
    if let Some((time, words)) = words.strip_prefix("after ").and_then(|rest| rest.split_once("ms ")) {
        let time = Duration::from_millis(time.parse().expect("after N ms"));
        return Act::Late(time, Box::new(told(words)));
    }
    match words {
        "close" => Act::Close,
        "silence" => Act::Silence,
        reply => Act::say(reply),
    }
}

pub struct Capture {
    // Ends before the runtime that it runs on.
    hop: NextHop,
    runtime: tokio::runtime::Runtime,
    /// Messages that a test has done with.
    cleared: AtomicUsize,
}

/// Searches the notices among what it took.
impl Drop for Capture {
    fn drop(&mut self) {
        self.hop.record().taken.iter().for_each(|taken| crate::planted::assert_notice(&taken.content));
    }
}

impl Capture {
    pub fn start(behaviour: Behaviour) -> Capture {
        Capture::with_tls(behaviour, None)
    }

    /// One that can do the handshake of STARTTLS, which `behaviour` has to offer.
    pub fn with_tls(behaviour: Behaviour, tls: Option<Arc<rustls::ServerConfig>>) -> Capture {
        let builder = &mut tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().expect("a runtime");
        let script = move |moment: Moment<'_>| behaviour.act(moment);
        let options = Options { script: Box::new(script), tls, ..Options::default() };
        let hop = runtime.block_on(NextHop::start(options));
        Capture { hop, runtime, cleared: AtomicUsize::new(0) }
    }

    pub fn address(&self) -> SocketAddr {
        self.hop.address
    }

    /// What was taken since the last [`Capture::clear`], in order.
    pub fn captured(&self) -> Vec<Captured> {
        let taken = self.hop.record().taken.into_iter().skip(self.cleared.load(Ordering::SeqCst));
        taken.map(Captured::from).collect()
    }

    pub fn clear(&self) {
        self.cleared.store(self.hop.record().taken.len(), Ordering::SeqCst);
    }

    /// Everything that has happened.
    pub fn record(&self) -> Record {
        self.hop.record()
    }
}
