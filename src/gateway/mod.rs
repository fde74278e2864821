//! Inbound SMTP: listener, TLS, access, the dialog of one connection.
//!
//! The gateway owns the client's socket and nothing else: it reads commands and data, asks
//! [`crate::pipeline`] what they mean, and writes replies. It never inspects and never decides.
//!
//! ```text
//! listener     accepts, counts connections, tells them of the shutdown
//! limits       connections in all and by source
//! rules        what a connection goes by; replaced as one when the configuration is read again
//! session      one connection from banner to close: reads a line, asks the dialog, writes replies
//!   connection   the socket: one read buffer, replies gathered in one write, a deadline on each step
//!   tls          STARTTLS, certificates, the names in a client's certificate
//!   dialog       one method a verb; what a command means now; no socket
//!   access       who may relay, and for which sender domains; pure
//!   transaction  from DATA to the reply to the dot
//! ```
//!
//! What it promises: 250 to the dot only from `pipeline::Accepted`; replies in the order of the
//! commands, none lost; bytes that came before TLS, after a fatal error or in the text of a refused
//! message are never read as commands; no client can hold a connection without sending or reading.
//!
//! Metrics: `sluss_connections`, `sluss_connections_total{result="accepted|total|source"}`,
//! `sluss_tls_handshakes_total{result="ok|failed"}`, `sluss_message_bytes`,
//! `sluss_memory_for_messages_bytes` (gauge, at the start and end of a data phase), `sluss_dots_total{reply="250|4xx|5xx"}`, `sluss_dot_seconds` (from the dot to our reply).

pub mod access;
mod connection;
mod dialog;
mod limits;
mod listener;
mod panic;
mod rules;
mod session;
pub mod tls;
mod transaction;

pub use access::AccessSettings;
pub use listener::{Control, Gateway};
pub use rules::Rules;
pub use tls::TlsSettings;

/// `[gateway]` as meant, but for the addresses to listen on.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Our name in the banner and in the EHLO reply.
    pub hostname: String,
    pub access: AccessSettings,
    /// Octets; what EHLO offers is the smaller of this and the pipeline's.
    pub max_message_size: usize,
    pub max_connections: usize,
    pub max_connections_per_source: usize,
    /// `None`: STARTTLS is not offered.
    pub tls: Option<TlsSettings>,
}

/// Why the gateway cannot start. The configuration or the system is at fault.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("cannot listen on {address}: {source}")]
    Listen { address: std::net::SocketAddr, source: std::io::Error },
    #[error("certificate: {0}")]
    Certificate(String),
    #[error("private key: {0}")]
    Key(String),
    #[error("client_ca: {0}")]
    ClientCa(String),
    #[error("allow_sender_domains: \"{0}\" is not a domain")]
    SenderDomain(String),
}

#[cfg(test)]
mod tests;
