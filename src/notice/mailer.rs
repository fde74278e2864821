//! Sends a notice from `<>` through `[notice] next_hop`, one transaction a recipient.
//!
//! TLS modes mean what they mean for the relay. The text of a reply may quote an address, so only its
//! code leaves this file.

use std::time::Duration;

use lettre::Address;
use lettre::address::Envelope;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Identity, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{AsyncSmtpTransport, Error, PoolConfig};
use lettre::{AsyncTransport, Tokio1Executor};

use crate::relay::{Settings, TlsMode};

/// For connecting, greeting, EHLO and TLS.
const CONNECT: Duration = Duration::from_secs(30);
/// For one whole delivery.
const DELIVERY: Duration = Duration::from_secs(120);
/// Notices are few; two connections, closed when they rest.
const CONNECTIONS: u32 = 2;
const IDLE: Duration = Duration::from_secs(30);

/// The administrator is at fault.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    #[error("address must be host:port")]
    Address,
    #[error("ca_file holds no usable certificate")]
    Authorities,
    #[error("client_certificate or client_key cannot be used")]
    ClientIdentity,
    #[error("TLS cannot be set up")]
    Tls,
}

/// Why a recipient did not get a notice this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The next hop knows that this mailbox takes no mail: trying again is of no use.
    Refused(u16),
    /// Another reply than 2xx; a fault of the next hop or of its settings, which may be mended.
    Deferred(u16),
    /// No whole dialog: no connection, TLS too weak, cut off, too slow, no sense in the replies.
    Unreachable,
}

pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl Mailer {
    pub fn new(settings: &Settings) -> Result<Self, MailerError> {
        let (host, port) = settings.address.rsplit_once(':').ok_or(MailerError::Address)?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = port.parse().map_err(|_| MailerError::Address)?;
        let pool = PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE);
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(port)
            .hello_name(ClientId::Domain(settings.helo.clone()))
            .timeout(Some(CONNECT))
            .pool_config(pool)
            .tls(tls(settings, host)?);
        if let Some(known) = &settings.credentials {
            builder = builder.credentials(Credentials::new(known.username.clone(), known.password.expose().clone()));
        }
        Ok(Mailer { transport: builder.build() })
    }

    /// Delivers to one recipient; `Ok` when the next hop has taken it.
    pub async fn send(&self, to: &Address, mail: &[u8]) -> Result<(), Failure> {
        let envelope = Envelope::new(None, vec![to.clone()]).map_err(|_| Failure::Unreachable)?;
        match tokio::time::timeout(DELIVERY, self.transport.send_raw(&envelope, mail)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(failure(&error)),
            Err(_) => Err(Failure::Unreachable),
        }
    }
}

fn tls(settings: &Settings, host: &str) -> Result<Tls, MailerError> {
    if settings.tls == TlsMode::None {
        return Ok(Tls::None);
    }
    let verified = settings.tls == TlsMode::Verified;
    let name = settings.server_name.clone().unwrap_or_else(|| host.to_owned());
    let mut builder = TlsParameters::builder(name)
        .dangerous_accept_invalid_certs(!verified)
        .dangerous_accept_invalid_hostnames(!verified);
    if let Some(pem) = settings.ca_pem.as_ref().filter(|_| verified) {
        let authorities = Certificate::from_pem(pem).map_err(|_| MailerError::Authorities)?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(authorities);
    }
    if let Some(own) = &settings.client_identity {
        let identity =
            Identity::from_pem(&own.certificate_pem, own.key_pem.expose()).map_err(|_| MailerError::ClientIdentity)?;
        builder = builder.identify_with(identity);
    }
    let parameters = builder.build_rustls().map_err(|_| MailerError::Tls)?;
    // A password never goes out in clear because somebody took STARTTLS out of a reply.
    let opportunistic = settings.tls == TlsMode::Opportunistic && settings.credentials.is_none();
    Ok(if opportunistic { Tls::Opportunistic(parameters) } else { Tls::Required(parameters) })
}

fn failure(error: &Error) -> Failure {
    let Some(code) = error.status() else { return Failure::Unreachable };
    // "permanent error (550): 5.1.1 …": the reply's own text follows the code.
    let text = error.to_string();
    let reply = text.split_once("): ").map_or("", |(_, reply)| reply);
    judge(u16::from(code), reply)
}

/// 550, 551 and 553 are about the mailbox (RFC 5321 section 4.2.3), unless the enhanced code speaks of
/// something else (RFC 3463: 5.1 address, 5.2 mailbox; 5.7 is policy, which the administrator mends).
fn judge(code: u16, reply: &str) -> Failure {
    let enhanced = reply.strip_prefix("5.").and_then(|rest| rest.chars().next());
    let mailbox = matches!(code, 550 | 551 | 553) && matches!(enhanced, None | Some('1' | '2'));
    if mailbox { Failure::Refused(code) } else { Failure::Deferred(code) }
}

#[cfg(test)]
#[path = "mailer_tests.rs"]
mod tests;
