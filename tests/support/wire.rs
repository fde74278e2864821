//! A relay process with a configuration and certificates of its own, and a client that speaks to it
//! in bytes and lines.

#![allow(dead_code, reason = "each test program uses the part it needs")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use age::secrecy::ExposeSecret;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// Longer than any step of a working relay on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A relay process in a folder of its own, ended when dropped.
pub struct Relay {
    child: Child,
    pub address: SocketAddr,
    pub folder: tempfile::TempDir,
}

/// Lines for tables of the configuration, beside those every test has.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Overrides {
    /// Table name to its lines; a line replaces the one with the same key.
    pub tables: BTreeMap<String, Vec<String>>,
}

impl Relay {
    /// Starts `sluss serve` and waits until it accepts connections. `Err` is what it wrote instead.
    pub fn start(next_hop: SocketAddr, overrides: &Overrides, certificates: &Certificates) -> Result<Relay, String> {
        // the port is free now; should somebody take it first, the relay says so and another is tried
        for _ in 0..5 {
            let address = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port");
            let folder = tempfile::tempdir().expect("a folder");
            certificates.write_to(folder.path());
            write_private(&folder.path().join("identity"), identity().as_bytes());
            let config = folder.path().join("sluss.toml");
            std::fs::write(&config, configuration(address, next_hop, overrides)).expect("configuration written");
            let log = std::fs::File::create(folder.path().join("log")).expect("log created");
            let child = Command::new(env!("CARGO_BIN_EXE_sluss"))
                .args(["serve", "--config"])
                .arg(&config)
                .stdin(Stdio::null())
                .stdout(log.try_clone().expect("log shared"))
                .stderr(log)
                .spawn()
                .expect("sluss starts");
            let mut relay = Relay { child, address, folder };
            match relay.wait_until_up() {
                Ok(()) => return Ok(relay),
                Err(log) if log.contains("in use") => {}
                Err(log) => return Err(log),
            }
        }
        Err("no port was free".to_owned())
    }

    fn wait_until_up(&mut self) -> Result<(), String> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if self.child.try_wait().expect("child").is_some() {
                return Err(self.log());
            }
            // said once all sockets are bound; a connection made to find out would count against limits
            if self.log().contains("serving") {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(self.log())
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    pub fn terminate(&self) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).expect("a pid"));
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("signal sent");
    }

    /// Waits for the process to end by itself.
    pub fn exit(&mut self) -> Option<ExitStatus> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().expect("child") {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn identity() -> String {
    age::x25519::Identity::generate().to_string().expose_secret().to_owned()
}

fn configuration(address: SocketAddr, next_hop: SocketAddr, overrides: &Overrides) -> String {
    let recipient = age::x25519::Identity::generate().to_public();
    let mut tables: Vec<(String, Vec<String>)> = vec![
        (
            "gateway".into(),
            vec![
                format!("listen = [\"{address}\"]"),
                "hostname = \"sluss.kommun.example\"".into(),
                "allow_networks = [\"127.0.0.0/8\"]".into(),
            ],
        ),
        ("next_hop.default".into(), vec![format!("address = \"{next_hop}\""), "tls = \"none\"".into()]),
        ("store".into(), vec!["url = \"sqlite:sluss.db\"".into()]),
        ("secret".into(), vec!["file = \"sluss.secret\"".into()]),
        ("seal".into(), vec![format!("recipients = [\"{recipient}\"]")]),
        ("policy".into(), vec!["mode = \"observe\"".into()]),
    ];
    for (name, lines) in &overrides.tables {
        let at = tables.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            tables.push((name.clone(), Vec::new()));
            tables.len() - 1
        });
        for line in lines {
            let key = |line: &str| line.split('=').next().unwrap_or_default().trim().to_owned();
            tables[at].1.retain(|known| key(known) != key(line));
            tables[at].1.push(line.clone());
        }
    }
    tables.iter().map(|(name, lines)| format!("[{name}]\n{}\n\n", lines.join("\n"))).collect()
}

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

    fn write_to(&self, folder: &Path) {
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
