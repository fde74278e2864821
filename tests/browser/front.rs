//! TLS in front of the console, as its documentation asks for: the pages' cookies and addresses are those of a site
//! with TLS, and the browser meets them at their real name.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use rcgen::PublicKeyData;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

/// The console's name, as `[console] url` has it.
pub const HOST: &str = "sluss.kommun.example";

/// A reverse proxy on a port of loopback; gone when dropped.
pub struct Front {
    pub port: u16,
    /// SHA-256 of its public key, in base64: the one certificate that the browser is told to take.
    pub pin: String,
    _runtime: Runtime,
}

impl Front {
    /// Hands everything on to this port of loopback.
    pub fn start(console: u16) -> Front {
        let key = rcgen::KeyPair::generate().expect("a key");
        let certificate = rcgen::CertificateParams::new(vec![HOST.to_owned()]).expect("parameters");
        let certificate = certificate.self_signed(&key).expect("a certificate");
        let pin = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &key.subject_public_key_info());
        let secret = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], secret)
            .expect("a certificate with its key");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let builder = &mut tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(hand_on(client, acceptor.clone(), (Ipv4Addr::LOCALHOST, console).into()));
            }
        });
        Front { port, pin: data_encoding::BASE64.encode(pin.as_ref()), _runtime: runtime }
    }
}

async fn hand_on(client: TcpStream, acceptor: TlsAcceptor, console: SocketAddr) {
    // A browser opens connections that it never uses; how one ends is nothing to tell of.
    let Ok(mut client) = acceptor.accept(client).await else { return };
    let Ok(mut server) = TcpStream::connect(console).await else { return };
    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
}
