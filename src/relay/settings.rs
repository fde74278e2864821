//! What the administrator says about a next hop, as plain values, and the checks that need no network.

use std::fmt;
use std::net::IpAddr;

use crate::telemetry::Sensitive;

/// How the connection to the next hop is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsMode {
    /// STARTTLS is never asked for.
    None,
    /// Encrypts when STARTTLS is offered, with any certificate. Goes in clear only when it is not
    /// offered, never after a handshake that failed. Protects against listening, not against
    /// somebody in the middle.
    Opportunistic,
    /// TLS or nothing; the certificate is not checked, so whoever answers is believed.
    Required,
    /// TLS or nothing; the certificate leads to a trusted authority and names the hop.
    Verified,
}

/// One next hop. `Debug` prints neither credentials, keys nor the added header.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// As in the configuration; for logs and metrics.
    pub name: String,
    /// `host:port`, `192.0.2.1:25` or `[2001:db8::1]:25`.
    pub address: String,
    pub tls: TlsMode,
    /// Name the certificate must bear, and sent as SNI; the host of `address` when absent.
    pub server_name: Option<String>,
    /// Trusted authorities for [`TlsMode::Verified`], PEM; the system's when absent.
    pub ca_pem: Option<Vec<u8>>,
    pub client_identity: Option<ClientIdentity>,
    pub credentials: Option<Credentials>,
    /// Connections taken and idle together, at least 1.
    pub max_connections: usize,
    /// Our name in EHLO: a domain or an address literal.
    pub helo: String,
    /// Header line this hop gets on every message: name and value.
    pub add_header: Option<(String, String)>,
    /// Put behind each recipient's domain: `.secure.example`.
    pub recipient_suffix: Option<String>,
    /// Put in front of each subject.
    pub subject_tag: Option<String>,
}

/// How a connection is protected, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConnectionSecurity {
    Clear,
    /// TLS, whoever answers.
    Encrypted,
    /// TLS with a certificate that leads to a trusted authority and names the hop.
    Verified,
}

/// The certificate we show to a next hop that asks for one.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientIdentity {
    /// Chain, leaf first.
    pub certificate_pem: Vec<u8>,
    pub key_pem: Sensitive<Vec<u8>>,
}

/// For AUTH PLAIN or LOGIN; sent under TLS or to this machine only.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub username: String,
    pub password: Sensitive<String>,
}

#[cfg(test)]
impl Settings {
    /// A hop on this machine without TLS or login, for tests.
    pub(crate) fn plain(name: &str, address: impl ToString) -> Settings {
        Settings {
            name: name.to_owned(),
            address: address.to_string(),
            tls: TlsMode::None,
            server_name: None,
            ca_pem: None,
            client_identity: None,
            credentials: None,
            max_connections: 4,
            helo: "sluss.kommun.example".to_owned(),
            add_header: None,
            recipient_suffix: None,
            subject_tag: None,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("name", &self.name)
            .field("address", &self.address)
            .field("tls", &self.tls)
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}

/// A fault of the configuration, found before anything is connected.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("address must be host:port")]
    Address,
    #[error("server_name is neither a host name nor an address")]
    ServerName,
    #[error("max_connections must be at least 1")]
    NoConnections,
    #[error("the EHLO name must be a host name or an address literal")]
    Helo,
    #[error("add_header must be a header name and a value of printable ASCII in one line")]
    AddHeader,
    #[error("a user name or password for AUTH must not be empty or contain control characters")]
    Credentials,
    #[error("credentials need TLS unless the next hop is on this machine")]
    CredentialsInClear,
    #[error("ca_file holds no usable certificate")]
    Authorities,
    #[error("the system has no trusted authorities; give a ca_file")]
    NoSystemAuthorities,
    #[error("client_certificate or client_key cannot be used: {0}")]
    ClientIdentity(String),
    #[error("TLS cannot be set up: {0}")]
    Tls(rustls::Error),
}

/// Host and port of `address`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// Without brackets.
    pub host: String,
    pub port: u16,
}

impl Endpoint {
    /// `host:port`; an IPv6 address needs brackets.
    pub fn parse(address: &str) -> Option<Endpoint> {
        let (host, port) = address.rsplit_once(':')?;
        let port = port.parse().ok().filter(|&port| port != 0)?;
        let host = match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').filter(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok())?,
            None => host,
        };
        let named =
            !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-' || b == b'_');
        let literal = address.starts_with('[');
        (named || literal).then(|| Endpoint { host: host.to_owned(), port })
    }

    /// True when the host, as written, can only be this machine.
    fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost") || self.host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    }
}

impl Settings {
    /// Everything that can be known to be wrong without a network, keys and certificates apart.
    pub(super) fn check(&self) -> Result<Endpoint, SetupError> {
        let endpoint = Endpoint::parse(&self.address).ok_or(SetupError::Address)?;
        if self.max_connections == 0 {
            return Err(SetupError::NoConnections);
        }
        let helo = !self.helo.is_empty() && self.helo.bytes().all(|b| b.is_ascii_graphic());
        if !helo {
            return Err(SetupError::Helo);
        }
        if self.add_header.as_ref().is_some_and(|(name, value)| !is_header_name(name) || !is_header_value(value)) {
            return Err(SetupError::AddHeader);
        }
        if let Some(Credentials { username, password }) = &self.credentials {
            let usable = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
            if !usable(username) || !usable(password.expose()) {
                return Err(SetupError::Credentials);
            }
            if self.tls == TlsMode::None && !endpoint.is_loopback() {
                return Err(SetupError::CredentialsInClear);
            }
        }
        Ok(endpoint)
    }
}

/// RFC 5322 section 3.6.8 `ftext`.
fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b':')
}

fn is_header_value(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
}
