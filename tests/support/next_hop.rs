//! A next hop that does what a test tells it to, on a real socket.
//!
//! Without instructions it is an honest SMTP server: it takes everything and records it. A script is a
//! function from the moment (which connection, which step, how often it came there) to something else
//! to do. It shares no code with the client it tests: lines and dots are read in their own way here.
#![allow(dead_code)]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// A test that runs into its end instead of a result must still end.
const SESSION: Duration = Duration::from_secs(300);

/// Where a connection stands when the script is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    Greeting,
    Ehlo,
    StartTls,
    /// The line `AUTH …`.
    Auth,
    /// A line that answers a 334.
    AuthAnswer,
    Mail,
    Rcpt,
    Data,
    /// 354 was sent, nothing of the content has been read.
    Content,
    Dot,
    Noop,
    Rset,
    Quit,
    /// A line that is none of these.
    Other,
}

#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// Connections are counted from 0 in the order they were accepted.
    pub connection: usize,
    pub at: At,
    /// How often this connection was at this step before.
    pub before: usize,
    /// The command without CRLF; empty where there is none.
    pub line: &'a str,
}

/// What to do instead of the honest thing.
#[derive(Clone, Debug)]
pub enum Act {
    /// These bytes are the reply; then on as if they were in order. At [`At::Content`] nobody asked.
    Say(Vec<u8>),
    SayAndClose(Vec<u8>),
    Close,
    /// Keeps the connection open and neither reads nor speaks again.
    Silence,
    /// One byte at a time, with this pause before each; then on.
    Drip(Vec<u8>, Duration),
    /// The other, after this time.
    Late(Duration, Box<Act>),
    /// At [`At::Content`]: reads about so many bytes, says this, closes.
    ReadSayAndClose(usize, Vec<u8>),
}

impl Act {
    /// One line, CRLF added.
    pub fn say(line: &str) -> Act {
        Act::Say(format!("{line}\r\n").into_bytes())
    }

    pub fn say_and_close(line: &str) -> Act {
        Act::SayAndClose(format!("{line}\r\n").into_bytes())
    }

    /// What is said, in a code; 0 for nothing.
    fn code(&self) -> u16 {
        let bytes = match self {
            Act::Say(bytes) | Act::SayAndClose(bytes) | Act::Drip(bytes, _) => bytes,
            Act::Late(_, later) => return later.code(),
            Act::Close | Act::Silence | Act::ReadSayAndClose(..) => return 0,
        };
        let digits = bytes.get(..3).and_then(|code| std::str::from_utf8(code).ok());
        digits.and_then(|code| code.parse().ok()).unwrap_or(0)
    }
}

pub type Script = dyn Fn(Moment<'_>) -> Option<Act> + Send + Sync;

/// A message the hop took responsibility for: it said 2xx to the dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub connection: usize,
    /// The whole line.
    pub mail: String,
    /// The whole lines, of accepted recipients only.
    pub recipients: Vec<String>,
    /// After unstuffing.
    pub content: Vec<u8>,
    pub tls: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Record {
    pub taken: Vec<Taken>,
    /// Every command line, with the connection it came on.
    pub lines: Vec<(usize, String)>,
    pub connections: usize,
    pub open: usize,
    pub most_open: usize,
    /// Bytes came after a command before its reply, though PIPELINING was not offered.
    pub impatient: bool,
    /// A client certificate was shown.
    pub client_certificates: usize,
}

impl Record {
    /// The verbs of one connection in order.
    pub fn verbs(&self, connection: usize) -> Vec<String> {
        let own = self.lines.iter().filter(|(number, _)| *number == connection);
        own.map(|(_, line)| line.split(' ').next().unwrap_or_default().to_owned()).collect()
    }
}

pub struct NextHop {
    pub address: SocketAddr,
    record: Arc<Mutex<Record>>,
    task: JoinHandle<()>,
}

pub struct Options {
    /// Offered after EHLO.
    pub keywords: Vec<&'static str>,
    /// With it STARTTLS is offered in clear, and answered with a handshake.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    pub script: Box<Script>,
}

impl Default for Options {
    fn default() -> Self {
        let keywords = vec!["PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "SIZE 52428800", "ENHANCEDSTATUSCODES"];
        Options { keywords, tls: None, script: Box::new(|_| None) }
    }
}

impl NextHop {
    pub async fn honest() -> NextHop {
        NextHop::start(Options::default()).await
    }

    pub async fn scripted(script: impl Fn(Moment<'_>) -> Option<Act> + Send + Sync + 'static) -> NextHop {
        NextHop::start(Options { script: Box::new(script), ..Options::default() }).await
    }

    pub async fn start(options: Options) -> NextHop {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let record = Arc::new(Mutex::new(Record::default()));
        let task = tokio::spawn(accept(listener, Arc::new(options), record.clone()));
        NextHop { address, record, task }
    }

    /// What has happened so far.
    pub fn record(&self) -> Record {
        lock(&self.record).clone()
    }

    /// Waits until the record is as wanted; a test whose wish never comes true panics with the record.
    pub async fn until(&self, wanted: impl Fn(&Record) -> bool) -> Record {
        for _ in 0..2_000 {
            let record = self.record();
            if wanted(&record) {
                return record;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("never came: {:?}", self.record());
    }
}

impl Drop for NextHop {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(record: &Mutex<Record>) -> MutexGuard<'_, Record> {
    record.lock().expect("no test panics while it holds the record")
}

async fn accept(listener: TcpListener, options: Arc<Options>, record: Arc<Mutex<Record>>) {
    // Sessions end with the server.
    let mut sessions = tokio::task::JoinSet::new();
    while let Ok((tcp, _)) = listener.accept().await {
        // Replies are written one by one; together with delayed acknowledgements each would cost 40 ms.
        let _ = tcp.set_nodelay(true);
        let connection = {
            let mut record = lock(&record);
            record.connections += 1;
            record.open += 1;
            record.most_open = record.most_open.max(record.open);
            record.connections - 1
        };
        let (options, record) = (options.clone(), record.clone());
        sessions.spawn(async move {
            let session = Session::new(connection, tcp, options, record.clone());
            let _ = tokio::time::timeout(SESSION, session.run()).await;
            lock(&record).open -= 1;
        });
    }
}

trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Socket for T {}

struct Session {
    connection: usize,
    socket: Box<dyn Socket>,
    /// Kept apart while in clear, for the handshake.
    tcp: Option<TcpStream>,
    tls: bool,
    input: Vec<u8>,
    visits: Vec<At>,
    options: Arc<Options>,
    record: Arc<Mutex<Record>>,
}

/// Why a session is over; the reason does not matter to anybody.
struct Over;
type Step<T> = Result<T, Over>;

impl From<std::io::Error> for Over {
    fn from(_: std::io::Error) -> Self {
        Over
    }
}

impl Session {
    fn new(connection: usize, tcp: TcpStream, options: Arc<Options>, record: Arc<Mutex<Record>>) -> Session {
        let socket: Box<dyn Socket> = Box::new(tokio::io::empty());
        Session {
            connection,
            socket,
            tcp: Some(tcp),
            tls: false,
            input: Vec::new(),
            visits: Vec::new(),
            options,
            record,
        }
    }

    async fn run(mut self) -> Step<()> {
        self.answer(At::Greeting, "", "220 hop.example ESMTP").await?;
        let (mut mail, mut recipients) = (String::new(), Vec::new());
        loop {
            let line = self.line().await?;
            lock(&self.record).lines.push((self.connection, line.clone()));
            let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    let reply = self.ehlo();
                    self.answer(At::Ehlo, &line, &reply).await?;
                }
                "STARTTLS" => {
                    let said = self.answer(At::StartTls, &line, "220 2.0.0 go ahead").await?;
                    if said == 220 {
                        self.handshake().await?;
                    }
                }
                "AUTH" => {
                    let mut said = self.answer(At::Auth, &line, "235 2.7.0 welcome").await?;
                    while said == 334 {
                        let answer = self.line().await?;
                        lock(&self.record).lines.push((self.connection, answer.clone()));
                        said = self.answer(At::AuthAnswer, &answer, "235 2.7.0 welcome").await?;
                    }
                }
                "MAIL" => {
                    if self.answer(At::Mail, &line, "250 2.1.0 sender fine").await? / 100 == 2 {
                        (mail, recipients) = (line, Vec::new());
                    }
                }
                "RCPT" if mail.is_empty() => {
                    self.answer(At::Rcpt, &line, "503 5.5.1 MAIL first").await?;
                }
                "RCPT" => {
                    if self.answer(At::Rcpt, &line, "250 2.1.5 recipient fine").await? / 100 == 2 {
                        recipients.push(line);
                    }
                }
                "DATA" if recipients.is_empty() => {
                    self.answer(At::Data, &line, "503 5.5.1 RCPT first").await?;
                }
                "DATA" => {
                    if self.answer(At::Data, &line, "354 go ahead").await? != 354 {
                        continue;
                    }
                    let content = self.content().await?;
                    let act = self.act(At::Dot, "").unwrap_or_else(|| Act::say("250 2.0.0 taken"));
                    // Before the reply is sent: whoever hears it may look at the record at once.
                    if act.code() / 100 == 2 {
                        let (mail, recipients) = (std::mem::take(&mut mail), std::mem::take(&mut recipients));
                        let (connection, tls) = (self.connection, self.tls);
                        lock(&self.record).taken.push(Taken { connection, mail, recipients, content, tls });
                    }
                    (mail, recipients) = (String::new(), Vec::new());
                    self.perform(act).await?;
                }
                "NOOP" => {
                    self.answer(At::Noop, &line, "250 2.0.0 fine").await?;
                }
                "RSET" => {
                    self.answer(At::Rset, &line, "250 2.0.0 forgotten").await?;
                    (mail, recipients) = (String::new(), Vec::new());
                }
                "QUIT" => {
                    self.answer(At::Quit, &line, "221 2.0.0 bye").await?;
                    return Err(Over);
                }
                _ => {
                    self.answer(At::Other, &line, "500 5.5.2 what").await?;
                }
            }
        }
    }

    fn ehlo(&self) -> String {
        let mut lines = vec!["hop.example"];
        lines.extend(&self.options.keywords);
        if self.options.tls.is_some() && !self.tls {
            lines.push("STARTTLS");
        }
        let last = lines.len() - 1;
        let lines = lines.iter().enumerate();
        let lines: Vec<_> = lines.map(|(i, line)| format!("250{}{line}", if i == last { ' ' } else { '-' })).collect();
        lines.join("\r\n")
    }

    /// The code that was said, when the session goes on.
    async fn answer(&mut self, at: At, line: &str, honest: &str) -> Step<u16> {
        let pipelining = self.options.keywords.contains(&"PIPELINING");
        if !pipelining && !self.input.is_empty() {
            lock(&self.record).impatient = true;
        }
        let act = self.act(at, line).unwrap_or_else(|| Act::say(honest));
        let said = act.code();
        self.perform(act).await.map(|()| said)
    }

    async fn perform(&mut self, mut act: Act) -> Step<()> {
        while let Act::Late(time, later) = act {
            tokio::time::sleep(time).await;
            act = *later;
        }
        match act {
            Act::Say(bytes) => self.write(&bytes, None).await,
            Act::Drip(bytes, pause) => self.write(&bytes, Some(pause)).await,
            Act::SayAndClose(bytes) => {
                self.write(&bytes, None).await?;
                Err(Over)
            }
            Act::Silence => {
                tokio::time::sleep(SESSION).await;
                Err(Over)
            }
            Act::Close | Act::ReadSayAndClose(..) | Act::Late(..) => Err(Over),
        }
    }

    fn act(&mut self, at: At, line: &str) -> Option<Act> {
        let before = self.visits.iter().filter(|visited| **visited == at).count();
        self.visits.push(at);
        (self.options.script)(Moment { connection: self.connection, at, before, line })
    }

    async fn write(&mut self, bytes: &[u8], pause: Option<Duration>) -> Step<()> {
        match pause {
            None => self.socket().write_all(bytes).await?,
            Some(pause) => {
                for byte in bytes {
                    tokio::time::sleep(pause).await;
                    self.socket().write_all(std::slice::from_ref(byte)).await?;
                }
            }
        }
        self.socket().flush().await?;
        Ok(())
    }

    fn socket(&mut self) -> &mut dyn Socket {
        match &mut self.tcp {
            Some(tcp) => tcp,
            None => &mut *self.socket,
        }
    }

    async fn handshake(&mut self) -> Step<()> {
        let Some(config) = self.options.tls.clone() else {
            // STARTTLS among the keywords and nothing behind it: says 220 and no more.
            tokio::time::sleep(SESSION).await;
            return Err(Over);
        };
        let Some(tcp) = self.tcp.take() else { return Err(Over) };
        self.input.clear();
        let tls = TlsAcceptor::from(config).accept(tcp).await?;
        lock(&self.record).client_certificates += tls.get_ref().1.peer_certificates().map_or(0, <[_]>::len);
        self.tls = true;
        self.socket = Box::new(tls);
        Ok(())
    }

    async fn more(&mut self) -> Step<()> {
        let mut buffer = [0; 16 * 1024];
        let read = self.socket().read(&mut buffer).await?;
        self.input.extend_from_slice(&buffer[..read]);
        if read == 0 { Err(Over) } else { Ok(()) }
    }

    async fn line(&mut self) -> Step<String> {
        loop {
            if let Some(end) = find(&self.input, b"\r\n") {
                let line = self.input.drain(..end + 2).take(end).collect();
                return String::from_utf8(line).map_err(|_| Over);
            }
            self.more().await?;
        }
    }

    /// Content without the final dot, unstuffed.
    async fn content(&mut self) -> Step<Vec<u8>> {
        match self.act(At::Content, "") {
            None => {}
            Some(Act::Say(words)) => self.write(&words, None).await?,
            Some(Act::ReadSayAndClose(bytes, words)) => {
                while self.input.len() < bytes {
                    self.more().await?;
                }
                self.write(&words, None).await?;
                return Err(Over);
            }
            Some(Act::Silence) => {
                tokio::time::sleep(SESSION).await;
                return Err(Over);
            }
            Some(_) => return Err(Over),
        }
        let mut content = Vec::new();
        let mut searched = 0;
        loop {
            while let Some(end) = find(&self.input[searched..], b"\r\n").map(|at| searched + at) {
                let line: Vec<u8> = self.input.drain(..end + 2).collect();
                searched = 0;
                if line == b".\r\n" {
                    return Ok(content);
                }
                content.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            }
            searched = self.input.len().saturating_sub(1);
            self.more().await?;
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
