//! STARTTLS on the client's side: our certificate, the client's, and what the handshake showed.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ServerConnection, WebPkiClientVerifier};
use rustls::{ProtocolVersion, RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;
use x509_parser::extensions::GeneralName;

use super::SetupError;
use crate::telemetry::Sensitive;

/// `[gateway.tls]`, the files read.
#[derive(Clone, Debug)]
pub struct TlsSettings {
    /// PEM, the server's certificate first, then the chain.
    pub certificate: Vec<u8>,
    /// PEM.
    pub key: Sensitive<Vec<u8>>,
    /// PEM; `None`: no client certificate is asked for.
    pub client_ca: Option<Vec<u8>>,
}

/// The server's side of TLS.
#[derive(Debug)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
}

/// What a finished handshake showed.
#[derive(Clone, Debug)]
pub(super) struct Handshake {
    /// As in `Received` lines: `TLSv1.3`.
    pub version: String,
    /// The registered name of the cipher suite.
    pub cipher: String,
    /// Names in the client's certificate, which `client_ca` vouches for; `None` without one.
    pub names: Option<Vec<String>>,
}

impl ServerTls {
    pub fn new(settings: &TlsSettings) -> Result<Self, SetupError> {
        Ok(ServerTls { config: server_config(settings)? })
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.config.clone())
    }
}

impl Handshake {
    pub(super) fn of(connection: &ServerConnection) -> Self {
        let version = match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
            Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
            _ => "TLS",
        };
        let suite = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
        // rustls writes TLS13_ where the registry has TLS_
        let cipher = suite.unwrap_or_default().replacen("TLS13_", "TLS_", 1);
        let names = connection.peer_certificates().and_then(<[_]>::first).map(names);
        Handshake { version: version.to_owned(), cipher, names }
    }
}

fn server_config(settings: &TlsSettings) -> Result<Arc<ServerConfig>, SetupError> {
    let chain = certificates(&settings.certificate).map_err(SetupError::Certificate)?;
    let key =
        PrivateKeyDer::from_pem_slice(settings.key.expose()).map_err(|error| SetupError::Key(error.to_string()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| SetupError::Certificate(error.to_string()))?;
    let builder = match &settings.client_ca {
        None => builder.with_no_client_auth(),
        Some(pem) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(pem).map_err(SetupError::ClientCa)? {
                roots.add(certificate).map_err(|error| SetupError::ClientCa(error.to_string()))?;
            }
            // Without a certificate the handshake succeeds and MAIL is refused: a reply tells the
            // administrator more than an alert does.
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .allow_unauthenticated()
                .build()
                .map_err(|error| SetupError::ClientCa(error.to_string()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let config = builder.with_single_cert(chain, key).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => SetupError::Key("does not belong to the certificate".to_owned()),
        error => SetupError::Certificate(error.to_string()),
    })?;
    Ok(Arc::new(config))
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match parsed {
        Ok(certificates) if certificates.is_empty() => Err("no certificate in the file".to_owned()),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(error.to_string()),
    }
}

/// DNS names of the subject alternative name, then common names. The certificate has been verified.
fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok((_, parsed)) = x509_parser::parse_x509_certificate(certificate) else { return Vec::new() };
    let mut names = Vec::new();
    if let Ok(Some(alternative)) = parsed.subject_alternative_name() {
        names.extend(alternative.value.general_names.iter().filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        }));
    }
    names.extend(parsed.subject().iter_common_name().filter_map(|name| name.as_str().ok().map(str::to_owned)));
    names
}
