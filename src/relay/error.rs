//! What can go wrong with a next hop, and at which step. None of it names a person or a message.

use std::fmt;
use std::io;

use crate::smtp::Reply;

/// Where in the dialog with the next hop something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Resolve,
    Connect,
    Greeting,
    Hello,
    StartTls,
    Handshake,
    Auth,
    Mail,
    Recipient,
    Data,
    Content,
    Dot,
    Noop,
    Reset,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Resolve => "resolving the host name",
            Step::Connect => "connect",
            Step::Greeting => "greeting",
            Step::Hello => "EHLO",
            Step::StartTls => "STARTTLS",
            Step::Handshake => "TLS handshake",
            Step::Auth => "AUTH",
            Step::Mail => "MAIL",
            Step::Recipient => "RCPT",
            Step::Data => "DATA",
            Step::Content => "content",
            Step::Dot => "end of data",
            Step::Noop => "NOOP",
            Step::Reset => "RSET",
        })
    }
}

/// Why a connection to the next hop cannot be used. The text is for the administrator's log.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Cause {
    /// The host name has no address, or the resolver failed.
    #[error("the host name could not be resolved ({0})")]
    NoAddress(io::ErrorKind),
    /// Refused, no route, reset while connecting.
    #[error("could not connect ({0})")]
    Connect(io::ErrorKind),
    #[error("{0} took too long")]
    TimedOut(Step),
    #[error("the connection was lost at {0}")]
    Lost(Step),
    /// A 421: the hop closes the channel (RFC 5321 section 3.8).
    #[error("the next hop closed the channel at {0} (421)")]
    Closing(Step),
    /// A complete 4xx or 5xx while the connection was being set up.
    #[error("refused at {step} with {code}")]
    Refused { step: Step, code: u16 },
    /// A complete reply whose code makes no sense here, such as 250 to DATA.
    #[error("unexpected code {code} at {step}")]
    Unexpected { step: Step, code: u16 },
    /// Not a reply: bad code, over-long, mixed codes.
    #[error("unreadable reply at {0}")]
    Unreadable(Step),
    /// A reply to something that had not been said yet; who is in step can no longer be known.
    #[error("bytes out of turn before {0}")]
    OutOfTurn(Step),
    /// Ours is the fault: a control character in a command or a bare line end in the content, which
    /// would mean something else to the hop than to us. It was not sent.
    #[error("{0} would hold a control character or bare line end")]
    Unsendable(Step),
    /// It was no longer to be sent when the dot was due.
    #[error("the hand-off was withdrawn before the dot")]
    Withdrawn,
    /// Ours is the fault: content was to be sent though no recipient had been taken.
    #[error("no recipient was taken")]
    NoRecipient,
    #[error("STARTTLS is demanded and not offered")]
    StartTlsMissing,
    /// Bytes after the reply to STARTTLS and before the handshake (response injection).
    #[error("plaintext behind the reply to STARTTLS")]
    PlaintextBehindStartTls,
    /// In the handshake, or after it: under TLS 1.3 a client certificate is refused at the first read.
    #[error("TLS failed: {0}")]
    Tls(rustls::Error),
    /// Credentials are configured; the hop offers neither PLAIN nor LOGIN.
    #[error("credentials are configured, and the next hop offers neither AUTH PLAIN nor LOGIN")]
    AuthMissing,
    /// Credentials go over TLS or to this machine, nowhere else.
    #[error("credentials are not sent without TLS")]
    AuthInClear,
}

impl Cause {
    /// A failed read or write on a connection.
    pub(super) fn from_io(step: Step, error: &io::Error) -> Cause {
        let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        tls.map_or(Cause::Lost(step), |tls| Cause::Tls(tls.clone()))
    }

    /// The connection could not be protected as the hop's settings demand.
    pub fn is_unprotected(&self) -> bool {
        matches!(self, Cause::StartTlsMissing | Cause::PlaintextBehindStartTls | Cause::Tls(_))
    }

    /// A short fixed word for metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Cause::NoAddress(_) => "resolve",
            Cause::Connect(_) => "connect",
            Cause::TimedOut(_) => "timeout",
            Cause::Lost(_) => "lost",
            Cause::Closing(_) => "closing",
            Cause::Refused { .. } => "refused",
            Cause::Unexpected { .. } | Cause::Unreadable(_) | Cause::OutOfTurn(_) => "protocol",
            Cause::Unsendable(_) | Cause::NoRecipient | Cause::Withdrawn => "ours",
            Cause::StartTlsMissing | Cause::PlaintextBehindStartTls | Cause::Tls(_) => "tls",
            Cause::AuthMissing | Cause::AuthInClear => "auth",
        }
    }
}

/// Why a dialog cannot begin or go on. All are the next hop's matter and become 4xx for the client,
/// but the hop's own 5xx and a parameter that it lacks.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum HopError {
    /// All connections were taken for as long as we wait.
    #[error("no connection became free")]
    NoCapacity,
    #[error(transparent)]
    Unavailable(#[from] Cause),
    /// The hop's 4xx or 5xx to MAIL.
    #[error("MAIL was refused with {}", .0.code)]
    Refused(Reply),
    #[error("the next hop lacks SMTPUTF8")]
    LacksSmtputf8,
    #[error("the next hop lacks 8BITMIME")]
    LacksEightBit,
    #[error("the next hop lacks DSN")]
    LacksDsn,
}

/// Why a hand-off gave no receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// A complete 4xx or 5xx to DATA or to the dot: the hop has said that it does not have the message.
    /// Or 554 5.6.3, in its place: the message has 8-bit text, and the hop does not offer 8BITMIME.
    #[error("the message was refused with {}", .0.code)]
    Refused(Reply),
    /// The connection failed before the write that carries the dot was begun: the hop cannot have it.
    #[error("the connection was lost before the end of the data")]
    Lost,
    /// From that write on: nobody knows.
    #[error("the outcome is unknown")]
    Unknown,
}
