//! The dialog of one connection: one method a verb. It knows no socket; a command goes in, a reply
//! and what follows from it come out.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::access::Denied;
use super::listener::Shared;
use super::panic::caught;
use super::rules::Rules;
use super::tls::Handshake;
use crate::message::Recipient;
use crate::pipeline::{ClientFacts, Refusal, TlsFacts, Transaction};
use crate::smtp::parameter::MailFacts;
use crate::smtp::reply::printable;
use crate::smtp::{Command, CommandError, EnhancedCode, Extensions, ForwardPath, Parameter, Reply, ReversePath};

/// Recipients of one transaction, RFC 5321 section 4.5.3.1.8 (at least 100).
const MAX_RECIPIENTS: usize = 200;
/// Commands that made no sense, per connection.
const MAX_ERRORS: u32 = 5;
/// Commands that bring no mail forward, between two messages.
const MAX_JUNK: u32 = 100;

/// A reply, and what the connection does after it.
pub(super) struct Answer {
    pub reply: Reply,
    pub next: Next,
}

pub(super) enum Next {
    /// Reads the next command.
    Continue,
    /// Reads no more and closes.
    Close,
    /// Turns to TLS; everything said before is forgotten.
    StartTls(TlsAcceptor),
    /// Hands the transaction over to the data phase, which sends this 354 only when there is memory
    /// for the message. The dialog is then as after RSET.
    Data(Box<Open>),
}

/// A transaction between MAIL and the dot.
pub(super) struct Open {
    pub transaction: Transaction,
    /// `SIZE` as declared, octets.
    pub declared: Option<usize>,
    /// Largest message, octets: what was offered, and never more than ours.
    pub limit: usize,
    smtputf8: bool,
    /// Those of its MAIL, to its end.
    rules: Arc<Rules>,
}

/// What the client called itself, and what it was offered; `None` after HELO.
struct Greeting {
    client: String,
    offered: Option<Extensions>,
}

pub(super) struct Dialog {
    shared: Arc<Shared>,
    address: IpAddr,
    handshake: Option<Handshake>,
    greeting: Option<Greeting>,
    open: Option<Open>,
    errors: u32,
    junk: u32,
}

impl Dialog {
    pub(super) fn new(shared: Arc<Shared>, address: IpAddr, handshake: Option<Handshake>) -> Self {
        Dialog { shared, address, handshake, greeting: None, open: None, errors: 0, junk: 0 }
    }

    pub(super) fn banner(&self) -> Reply {
        Reply::new(220, None, format!("{} ESMTP Sluss", self.shared.rules().hostname))
    }

    /// Answers one command line.
    pub(super) async fn command(&mut self, command: Result<Command, CommandError>) -> Answer {
        match command {
            Err(error) => self.misunderstood(error),
            Ok(Command::Ehlo { client }) => self.ehlo(client).await,
            Ok(Command::Helo { client }) => self.helo(client).await,
            Ok(Command::Mail { path, parameters, facts }) => self.mail(path, parameters, facts),
            Ok(Command::Rcpt { path, parameters, dsn }) => self.rcpt(path, parameters, dsn).await,
            Ok(Command::Data) => self.data(),
            Ok(Command::Rset) => self.rset().await,
            Ok(Command::Noop) => self.idle(Reply::new(250, Some(EnhancedCode(2, 0, 0)), "OK")),
            Ok(Command::Help) => self.idle(Reply::new(214, Some(EnhancedCode(2, 0, 0)), "see RFC 5321")),
            Ok(Command::Vrfy) => {
                let text = "cannot verify, send mail and see";
                self.idle(Reply::new(252, Some(EnhancedCode(2, 0, 0)), text))
            }
            Ok(Command::Quit) => close(Reply::new(221, Some(EnhancedCode(2, 0, 0)), "bye")),
            Ok(Command::StartTls) => self.starttls(),
            // What follows BDAT is text of a message, and we do not know how much of it.
            Ok(Command::Bdat) => close(not_implemented()),
            Ok(Command::Expn | Command::Auth | Command::Xclient | Command::Xforward) => self.error(not_implemented()),
        }
    }

    /// An over-long command line, which was skipped.
    pub(super) fn line_too_long(&mut self) -> Answer {
        self.error(Reply::new(500, Some(EnhancedCode(5, 5, 2)), "line too long"))
    }

    /// A message came through to its dot: the client is at work, not idling.
    pub(super) fn message_done(&mut self) {
        self.junk = 0;
    }

    /// Gives the next hop's connection back, when there is one.
    pub(super) async fn abandon(&mut self) {
        if let Some(open) = self.open.take() {
            // a panic here costs the next hop's connection, which is dropped with the transaction
            let _ = caught(open.transaction.abandon()).await;
        }
    }

    /// When the next hop of an open transaction should hear from us.
    pub(super) fn keep_alive_at(&self) -> Option<Instant> {
        self.open.as_ref().and_then(|open| open.transaction.keep_alive_at())
    }

    /// To be called at [`Dialog::keep_alive_at`]: the client takes its time between two commands.
    pub(super) async fn keep_alive(&mut self) {
        if let Some(open) = &mut self.open
            && caught(open.transaction.keep_alive()).await.is_none()
        {
            // what is left of it cannot be relied on
            self.open = None;
        }
    }

    async fn ehlo(&mut self, client: String) -> Answer {
        self.abandon().await;
        let offered = self.offer();
        let mut lines = vec![self.shared.rules().hostname.clone()];
        lines.extend(offered.to_keywords());
        self.greeting = Some(Greeting { client, offered: Some(offered) });
        self.idle(Reply { code: 250, enhanced: None, lines })
    }

    async fn helo(&mut self, client: String) -> Answer {
        self.abandon().await;
        self.greeting = Some(Greeting { client, offered: None });
        self.idle(Reply::new(250, None, self.shared.rules().hostname.clone()))
    }

    /// What EHLO offers now. 8-bit text needs nothing of us: bytes pass unchanged.
    fn offer(&self) -> Extensions {
        let (behind, rules) = (self.shared.pipeline.extensions(), self.shared.rules());
        let ours = u64::try_from(rules.max_message_size).unwrap_or(u64::MAX);
        let size = behind.size.filter(|&limit| limit > 0).map_or(ours, |limit| limit.min(ours));
        Extensions {
            pipelining: true,
            enhanced_status_codes: true,
            eight_bit_mime: true,
            smtputf8: behind.smtputf8,
            dsn: behind.dsn,
            starttls: rules.tls.is_some() && self.handshake.is_none(),
            size: Some(size),
            auth: Vec::new(),
        }
    }

    fn mail(&mut self, path: ReversePath, parameters: Vec<Parameter>, facts: MailFacts) -> Answer {
        let rules = self.shared.rules();
        let client_name = match rules.access.client(self.address, self.handshake.as_ref()) {
            Ok(client_name) => client_name,
            Err(denied) => return self.denied(denied),
        };
        let Some(greeting) = &self.greeting else { return self.error(out_of_order("send EHLO first")) };
        if self.open.is_some() {
            return self.error(out_of_order("nested MAIL command"));
        }
        let offered = greeting.offered.as_ref();
        if !may_use(offered, facts) || offered.is_none() && !parameters.is_empty() {
            return self.error(not_offered());
        }
        if !path.is_ascii() && !facts.smtputf8 {
            return self.error(needs_smtputf8());
        }
        let limit = offered.and_then(|offered| offered.size).and_then(|size| usize::try_from(size).ok());
        let limit = limit.unwrap_or(usize::MAX).min(rules.max_message_size);
        let declared = facts.size.map(|size| usize::try_from(size).unwrap_or(usize::MAX));
        if declared.is_some_and(|size| size > limit) {
            return proceed(too_large(limit));
        }
        if let Err(denied) = rules.access.sender(&path) {
            return self.denied(denied);
        }
        let tls = self.handshake.as_ref().map(|handshake| TlsFacts {
            version: handshake.version.clone(),
            cipher: handshake.cipher.clone(),
            client_name,
        });
        let helo = printable(greeting.client.as_bytes());
        let client = ClientFacts { address: self.address, helo, esmtp: offered.is_some(), tls };
        let transaction = self.shared.pipeline.begin(client, path, parameters);
        self.open = Some(Open { transaction, declared, limit, smtputf8: facts.smtputf8, rules });
        proceed(Reply::new(250, Some(EnhancedCode(2, 1, 0)), "sender ok"))
    }

    async fn rcpt(&mut self, path: ForwardPath, parameters: Vec<Parameter>, dsn: bool) -> Answer {
        let rules = self.open.as_ref().map_or_else(|| self.shared.rules(), |open| open.rules.clone());
        if let Err(denied) = rules.access.client(self.address, self.handshake.as_ref()) {
            return self.denied(denied);
        }
        let Some(open) = &mut self.open else { return self.error(out_of_order("need MAIL command")) };
        let offered = self.greeting.as_ref().and_then(|greeting| greeting.offered.as_ref());
        if dsn && !offered.is_some_and(|offered| offered.dsn) {
            return self.error(not_offered());
        }
        if !path.is_ascii() && !open.smtputf8 {
            return self.error(needs_smtputf8());
        }
        if open.transaction.accepted() >= MAX_RECIPIENTS {
            return proceed(Reply::new(452, Some(EnhancedCode(4, 5, 3)), "too many recipients"));
        }
        let recipient = Recipient { path, parameters };
        match caught(open.transaction.recipient(recipient)).await {
            Some(Ok(reply)) => proceed(reply.or_enhanced(EnhancedCode(2, 1, 5))),
            Some(Err(refusal)) => proceed(refusal_reply(&refusal)),
            None => {
                // what is left of it cannot be relied on
                self.open = None;
                proceed(Refusal::Fault.reply())
            }
        }
    }

    fn data(&mut self) -> Answer {
        match self.open.take() {
            None => self.error(out_of_order("need MAIL command")),
            Some(open) if open.transaction.accepted() == 0 => {
                self.open = Some(open);
                self.error(Reply::new(554, Some(EnhancedCode(5, 5, 1)), "no valid recipients"))
            }
            Some(open) => {
                let reply = Reply::new(354, None, "end data with <CR><LF>.<CR><LF>");
                Answer { reply, next: Next::Data(Box::new(open)) }
            }
        }
    }

    async fn rset(&mut self) -> Answer {
        self.abandon().await;
        self.idle(Reply::new(250, Some(EnhancedCode(2, 0, 0)), "OK"))
    }

    fn starttls(&mut self) -> Answer {
        if self.handshake.is_some() {
            return self.error(out_of_order("TLS is on already"));
        }
        match &self.shared.rules().tls {
            None => self.error(not_implemented()),
            Some(tls) => Answer {
                reply: Reply::new(220, Some(EnhancedCode(2, 0, 0)), "ready to start TLS"),
                next: Next::StartTls(tls.acceptor()),
            },
        }
    }

    /// A client that may not relay learns just that, however odd its addresses are.
    fn misunderstood(&mut self, error: CommandError) -> Answer {
        if matches!(error, CommandError::ReversePath(_) | CommandError::ForwardPath(_))
            && let Err(denied) = self.shared.rules().access.client(self.address, self.handshake.as_ref())
        {
            return self.denied(denied);
        }
        self.error(error.reply())
    }

    fn denied(&mut self, denied: Denied) -> Answer {
        tracing::info!(client = %self.address, reason = denied.word(), "client refused");
        self.idle(denied.reply())
    }

    /// Counts a command that made no sense.
    fn error(&mut self, reply: Reply) -> Answer {
        self.errors = self.errors.saturating_add(1);
        if self.errors >= MAX_ERRORS {
            return close(Reply::new(421, Some(EnhancedCode(4, 7, 0)), "too many errors"));
        }
        proceed(reply)
    }

    /// Counts a command that brings no mail forward.
    fn idle(&mut self, reply: Reply) -> Answer {
        self.junk = self.junk.saturating_add(1);
        if self.junk > MAX_JUNK {
            return close(Reply::new(421, Some(EnhancedCode(4, 7, 0)), "too many commands without mail"));
        }
        proceed(reply)
    }
}

/// Does MAIL ask for nothing but what EHLO offered? `AUTH=` asks for nothing: it tells whose mail it is, and only
/// servers of the house may relay.
fn may_use(offered: Option<&Extensions>, facts: MailFacts) -> bool {
    let has = |feature: fn(&Extensions) -> bool| offered.is_some_and(feature);
    (!facts.smtputf8 || has(|offered| offered.smtputf8)) && (!facts.dsn || has(|offered| offered.dsn))
}

/// A refusal as the client may read it: never 2xx or 3xx, and 421 only where we do close.
pub(super) fn refusal_reply(refusal: &Refusal) -> Reply {
    let mut reply = refusal.reply();
    if reply.code == 421 {
        reply.code = 451;
    }
    if reply.is_transient() || reply.is_permanent() {
        reply.or_enhanced(EnhancedCode(4, 0, 0))
    } else {
        Refusal::NextHopUnavailable.reply()
    }
}

pub(super) fn too_large(limit: usize) -> Reply {
    Reply::new(552, Some(EnhancedCode(5, 3, 4)), format!("message larger than {limit} octets"))
}

pub(super) fn proceed(reply: Reply) -> Answer {
    Answer { reply, next: Next::Continue }
}

pub(super) fn close(reply: Reply) -> Answer {
    Answer { reply, next: Next::Close }
}

fn out_of_order(text: &str) -> Reply {
    Reply::new(503, Some(EnhancedCode(5, 5, 1)), text)
}

fn not_implemented() -> Reply {
    Reply::new(502, Some(EnhancedCode(5, 5, 1)), "command not implemented")
}

fn not_offered() -> Reply {
    Reply::new(555, Some(EnhancedCode(5, 5, 4)), "parameter not offered")
}

fn needs_smtputf8() -> Reply {
    Reply::new(553, Some(EnhancedCode(5, 6, 7)), "address needs SMTPUTF8")
}
