//! A client that speaks to the relay in bytes and lines, and certificates for both.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// Longer than any step of a working relay on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Writes a file that only its owner may read.
fn write_private(path: &Path, bytes: &[u8]) {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path).expect("file created");
    file.write_all(bytes).expect("file written");
}

/// An authority made for the test, a server's certificate and clients' certificates by it.
pub struct Certificates {
    authority: rcgen::CertifiedIssuer<'static, rcgen::KeyPair>,
    server: (String, String),
}

impl Certificates {
    pub fn new() -> Certificates {
        let key = rcgen::KeyPair::generate().expect("key");
        let mut parameters = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority = rcgen::CertifiedIssuer::self_signed(parameters, key).expect("authority");
        let server = issue(&authority, "sluss.kommun.example");
        Certificates { authority, server }
    }

    /// `tls.crt`, `tls.key`, and `clients.pem` with the authority.
    pub fn write_to(&self, folder: &Path) {
        std::fs::write(folder.join("tls.crt"), &self.server.0).expect("written");
        write_private(&folder.join("tls.key"), self.server.1.as_bytes());
        std::fs::write(folder.join("clients.pem"), self.authority.pem()).expect("written");
    }

    /// TLS for a client that trusts the authority; with a certificate for `name` when given.
    fn client(&self, name: Option<&str>) -> ClientConnection {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der().clone()).expect("root");
        let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots);
        let config = match name {
            None => builder.with_no_client_auth(),
            Some(name) => {
                use rustls::pki_types::pem::PemObject;
                let (certificate, key) = issue(&self.authority, name);
                let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("certificate")];
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("key");
                builder.with_client_auth_cert(chain, key).expect("certificate and key agree")
            }
        };
        let server = ServerName::try_from("sluss.kommun.example").expect("name");
        ClientConnection::new(Arc::new(config), server).expect("client")
    }
}

fn issue(authority: &rcgen::CertifiedIssuer<'static, rcgen::KeyPair>, name: &str) -> (String, String) {
    let key = rcgen::KeyPair::generate().expect("key");
    let parameters = rcgen::CertificateParams::new(vec![name.to_owned()]).expect("parameters");
    let certificate = parameters.signed_by(&key, authority).expect("certificate");
    (certificate.pem(), key.serialize_pem())
}

/// A client that sends bytes and reads lines.
pub struct Client {
    socket: Socket,
    read: Vec<u8>,
    /// Lines of the last multi-line reply.
    pub reply: Vec<String>,
}

enum Socket {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
    Gone,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).expect("the relay accepts");
        stream.set_read_timeout(Some(PATIENCE)).expect("timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("timeout");
        stream.set_nodelay(true).expect("no delay");
        Client { socket: Socket::Plain(stream), read: Vec::new(), reply: Vec::new() }
    }

    /// Sends; a connection the relay has closed shows when its last reply is read.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = match &mut self.socket {
            Socket::Plain(stream) => stream.write_all(bytes),
            Socket::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
            Socket::Gone => Ok(()),
        };
    }

    /// The next line without CRLF; `None` when the connection is closed.
    pub fn line(&mut self) -> Result<Option<String>, String> {
        loop {
            if let Some(end) = self.read.windows(2).position(|pair| pair == b"\r\n") {
                let line: Vec<u8> = self.read.drain(..end + 2).collect();
                return Ok(Some(String::from_utf8_lossy(&line[..end]).into_owned()));
            }
            let mut buffer = [0; 4096];
            let octets = match &mut self.socket {
                Socket::Plain(stream) => stream.read(&mut buffer),
                Socket::Tls(stream) => stream.read(&mut buffer),
                Socket::Gone => Ok(0),
            };
            match octets {
                Ok(0) if self.read.is_empty() => return Ok(None),
                Ok(0) => return Err(format!("closed inside a line: {}", self.read.escape_ascii())),
                Ok(octets) => self.read.extend_from_slice(&buffer[..octets]),
                Err(error) => match error.kind() {
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => {
                        return Err("no answer in time".to_owned());
                    }
                    // reset, or TLS without its goodbye: closed all the same
                    _ => return Ok(None),
                },
            }
        }
    }

    pub fn start_tls(&mut self, certificates: &Certificates, name: Option<&str>) -> Result<(), String> {
        let Socket::Plain(stream) = std::mem::replace(&mut self.socket, Socket::Gone) else {
            return Err("no plain connection".to_owned());
        };
        let mut tls = StreamOwned::new(certificates.client(name), stream);
        while tls.conn.is_handshaking() {
            tls.conn.complete_io(&mut tls.sock).map_err(|error| format!("handshake: {error}"))?;
        }
        self.socket = Socket::Tls(Box::new(tls));
        Ok(())
    }

    pub fn hang_up(&mut self) {
        self.socket = Socket::Gone;
    }
}
