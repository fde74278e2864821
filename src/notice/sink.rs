//! A next hop for tests: real sockets on loopback, and replies by the recipient's local part.
//!
//! `dead…@` is refused for good, `later…@` for now, `later-once…@` the first time only; everybody
//! else gets the mail. What was accepted can be read afterwards.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// One accepted transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// As between the angle brackets of MAIL.
    pub from: String,
    pub to: String,
    /// Unstuffed, without the dot.
    pub mail: String,
    pub tls: bool,
}

#[derive(Default)]
struct Log {
    taken: Vec<Taken>,
    commands: Vec<String>,
    deferred: HashSet<String>,
}

/// Stops when dropped.
pub struct Sink {
    pub port: u16,
    log: Arc<Mutex<Log>>,
    task: JoinHandle<()>,
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Sink {
    /// Offers STARTTLS when there is a certificate.
    pub async fn start(tls: Option<Arc<rustls::ServerConfig>>) -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Log::default()));
        let shared = Arc::clone(&log);
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                // A client that breaks off is part of some tests.
                tokio::spawn(converse(socket, tls.clone(), Arc::clone(&shared)));
            }
        });
        Sink { port, log, task }
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.log.lock().unwrap().taken.clone()
    }

    /// Every command line so far.
    pub fn commands(&self) -> Vec<String> {
        self.log.lock().unwrap().commands.clone()
    }
}

async fn converse(
    mut socket: TcpStream,
    tls: Option<Arc<rustls::ServerConfig>>,
    log: Arc<Mutex<Log>>,
) -> std::io::Result<()> {
    socket.write_all(b"220 sink.example\r\n").await?;
    if dialog(&mut socket, tls.is_some(), false, &log).await?
        && let Some(config) = tls
    {
        let mut socket = TlsAcceptor::from(config).accept(socket).await?;
        dialog(&mut socket, false, true, &log).await?;
    }
    Ok(())
}

/// True when STARTTLS was answered with 220.
async fn dialog<S>(socket: &mut S, offer_tls: bool, tls: bool, log: &Mutex<Log>) -> std::io::Result<bool>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut socket = BufReader::new(socket);
    let (mut from, mut to) = (String::new(), String::new());
    loop {
        let mut line = String::new();
        if socket.read_line(&mut line).await? == 0 {
            return Ok(false);
        }
        let line = line.trim_end();
        log.lock().unwrap().commands.push(line.to_owned());
        let inside = || line.split_once('<').and_then(|(_, r)| r.split_once('>')).map_or("", |(a, _)| a).to_owned();
        let reply = match line.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" if offer_tls => "250-sink.example\r\n250-8BITMIME\r\n250 STARTTLS".to_owned(),
            "EHLO" => "250-sink.example\r\n250-8BITMIME\r\n250 AUTH PLAIN".to_owned(),
            "STARTTLS" => {
                socket.write_all(b"220 go\r\n").await?;
                return Ok(true);
            }
            "MAIL" => {
                from = inside();
                "250 2.1.0 ok".to_owned()
            }
            "RCPT" => {
                to = inside();
                answer(&to, log)
            }
            "DATA" => {
                socket.write_all(b"354 go\r\n").await?;
                let mut mail = String::new();
                loop {
                    let mut line = String::new();
                    socket.read_line(&mut line).await?;
                    if line == ".\r\n" {
                        break;
                    }
                    mail.push_str(line.strip_prefix('.').unwrap_or(&line));
                }
                log.lock().unwrap().taken.push(Taken { from: from.clone(), to: to.clone(), mail, tls });
                "250 2.0.0 taken".to_owned()
            }
            "AUTH" => "235 2.7.0 welcome".to_owned(),
            "QUIT" => {
                socket.write_all(b"221 bye\r\n").await?;
                return Ok(false);
            }
            _ => "250 2.0.0 ok".to_owned(),
        };
        socket.write_all(format!("{reply}\r\n").as_bytes()).await?;
    }
}

fn answer(to: &str, log: &Mutex<Log>) -> String {
    let again = !log.lock().unwrap().deferred.insert(to.to_owned());
    match to {
        _ if to.starts_with("dead") => "550 5.1.1 no such mailbox",
        _ if to.starts_with("later-once") && again => "250 2.1.5 ok",
        _ if to.starts_with("later") => "451 4.3.0 try again later",
        _ => "250 2.1.5 ok",
    }
    .to_owned()
}
