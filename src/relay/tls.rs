//! The TLS client: rustls with the four modes of [`TlsMode`].
//!
//! `opportunistic` and `required` take any certificate, but the handshake's signatures are checked, so
//! the peer at least holds the key of what it shows. `verified` checks chain, dates and name. A
//! handshake that fails ends the connection in every mode.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::error::{Cause, Step};
use super::settings::{ClientIdentity, Endpoint, Settings, SetupError, TlsMode};
use super::stream::Stream;

pub(super) struct TlsClient {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl TlsClient {
    /// `None` for [`TlsMode::None`].
    pub fn new(settings: &Settings, endpoint: &Endpoint) -> Result<Option<TlsClient>, SetupError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = match settings.tls {
            TlsMode::None => return Ok(None),
            TlsMode::Opportunistic | TlsMode::Required => Arc::new(AnyCertificate(provider.clone())),
            TlsMode::Verified => {
                let authorities = Arc::new(authorities(settings.ca_pem.as_deref())?);
                WebPkiServerVerifier::builder_with_provider(authorities, provider.clone())
                    .build()
                    .map_err(|_| SetupError::Authorities)?
            }
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(SetupError::Tls)?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let config = match &settings.client_identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let (chain, key) = read_identity(identity)?;
                builder.with_client_auth_cert(chain, key).map_err(identity_fault)?
            }
        };
        let name = settings.server_name.as_deref().unwrap_or(&endpoint.host);
        let name = ServerName::try_from(name.to_owned()).map_err(|_| SetupError::ServerName)?;
        Ok(Some(TlsClient { connector: TlsConnector::from(Arc::new(config)), name }))
    }

    /// The handshake; the caller bounds its time.
    pub async fn handshake(&self, tcp: TcpStream) -> Result<Stream, Cause> {
        let tls = self.connector.connect(self.name.clone(), tcp).await;
        tls.map(|tls| Stream::Tls(Box::new(tls))).map_err(|error| Cause::from_io(Step::Handshake, &error))
    }
}

fn authorities(ca_pem: Option<&[u8]>) -> Result<RootCertStore, SetupError> {
    let mut store = RootCertStore::empty();
    match ca_pem {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|_| SetupError::Authorities)?;
                store.add(certificate).map_err(|_| SetupError::Authorities)?;
            }
            if store.is_empty() { Err(SetupError::Authorities) } else { Ok(store) }
        }
        None => {
            // Systems carry some certificates that rustls cannot use; the rest are enough.
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if store.is_empty() { Err(SetupError::NoSystemAuthorities) } else { Ok(store) }
        }
    }
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn read_identity(identity: &ClientIdentity) -> Result<Identity, SetupError> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&identity.certificate_pem)
        .collect::<Result<_, _>>()
        .map_err(|_| SetupError::ClientIdentity("the certificate is not PEM".to_owned()))?;
    if chain.is_empty() {
        return Err(SetupError::ClientIdentity("the file holds no certificate".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_slice(identity.key_pem.expose())
        .map_err(|_| SetupError::ClientIdentity("the file holds no private key".to_owned()))?;
    Ok((chain, key))
}

fn identity_fault(error: rustls::Error) -> SetupError {
    SetupError::ClientIdentity(error.to_string())
}

/// Takes every certificate; the peer must still prove that it holds the key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
