//! One connection to a next hop: set up, one command or group of commands at a time, replies in turn.
//!
//! The connection counts the replies it is owed. While any is outstanding nothing else can be said, so
//! a cancelled call, a lost reply or a half-written message can never shift a later reply onto
//! another command: such a connection is only good for being closed.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::task::{Context, Waker};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::auth;
use super::deadlines::Deadlines;
use super::error::{Cause, Step};
use super::mapping::expect;
use super::settings::{Endpoint, Settings, TlsMode};
use super::stream::Stream;
use super::tls::TlsClient;
use crate::smtp::{Extensions, Reply, ReplyParser};

/// Replies are short; a longer one is read in several goes.
const INPUT: usize = 2_048;

pub(super) struct Connection {
    stream: Stream,
    /// Read and not yet parsed: bytes behind the reply that was given last.
    input: Vec<u8>,
    replies: ReplyParser,
    /// Replies to what was sent that have not been read.
    owed: usize,
    extensions: Extensions,
    opened: Instant,
    last_sent: Instant,
    /// For building commands and content; kept for its capacity.
    pub scratch: Vec<u8>,
}

impl Connection {
    /// Connects, greets, encrypts and authenticates as the settings say, all before `end`.
    pub async fn open(
        settings: &Settings,
        endpoint: &Endpoint,
        tls: Option<&TlsClient>,
        deadlines: &Deadlines,
        end: Instant,
    ) -> Result<Connection, Cause> {
        let by = |limit| end.min(Instant::now() + limit);
        let tcp = connect(endpoint, by(deadlines.connect)).await?;
        let mut connection = Connection::new(Stream::Clear(tcp));
        let greeting = connection.reply_unasked(Step::Greeting, by(deadlines.greeting)).await?;
        expect(220, Step::Greeting, greeting)?;
        connection.hello(settings, by(deadlines.setup_step)).await?;
        if let Some(tls) = tls {
            if connection.extensions.starttls {
                connection = connection.start_tls(tls, by(deadlines.setup_step)).await?;
                connection.hello(settings, by(deadlines.setup_step)).await?;
            } else if settings.tls != TlsMode::Opportunistic {
                return Err(Cause::StartTlsMissing);
            }
        }
        if let Some(credentials) = &settings.credentials {
            auth::log_in(&mut connection, credentials, by(deadlines.setup_step)).await?;
        }
        Ok(connection)
    }

    fn new(stream: Stream) -> Connection {
        let now = Instant::now();
        Connection {
            stream,
            input: Vec::with_capacity(INPUT),
            replies: ReplyParser::new(),
            owed: 0,
            extensions: Extensions::default(),
            opened: now,
            last_sent: now,
            scratch: Vec::new(),
        }
    }

    async fn hello(&mut self, settings: &Settings, by: Instant) -> Result<(), Cause> {
        let line = format!("EHLO {}\r\n", settings.helo);
        let reply = self.command(line.as_bytes(), Step::Hello, by).await?;
        self.extensions = Extensions::from_ehlo(&expect(250, Step::Hello, reply)?);
        Ok(())
    }

    /// RFC 3207. Everything learnt in clear is forgotten.
    async fn start_tls(mut self, tls: &TlsClient, by: Instant) -> Result<Connection, Cause> {
        let reply = self.command(b"STARTTLS\r\n", Step::StartTls, by).await?;
        expect(220, Step::StartTls, reply)?;
        if !self.input.is_empty() {
            return Err(Cause::PlaintextBehindStartTls);
        }
        let Stream::Clear(tcp) = self.stream else { return Err(Cause::OutOfTurn(Step::StartTls)) };
        let handshake = timeout_at(by, tls.handshake(tcp)).await;
        Ok(Connection::new(handshake.map_err(|_| Cause::TimedOut(Step::Handshake))??))
    }

    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    pub fn opened(&self) -> Instant {
        self.opened
    }

    pub fn last_sent(&self) -> Instant {
        self.last_sent
    }

    pub fn is_tls(&self) -> bool {
        self.stream.is_tls()
    }

    /// Whom we are connected to, as the system says.
    pub fn peer(&self) -> Option<IpAddr> {
        self.stream.peer()
    }

    /// Nothing is owed and nothing waits to be read: the next reply will answer the next command.
    pub fn is_in_step(&self) -> bool {
        self.owed == 0 && self.input.is_empty() && self.replies.is_idle()
    }

    /// In step, the peer has not closed, and nothing has come in unasked, as far as is known now.
    pub fn is_quiet(&mut self) -> bool {
        self.is_in_step() && self.is_silent()
    }

    /// The same between 354 and dot, when a reply is owed and not yet due. Looks once without waiting,
    /// and keeps what it hears. TLS records without data, such as session tickets, are no speech.
    pub fn is_silent(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        self.input.is_empty()
            && self.replies.is_idle()
            && pin!(self.stream.read_buf(&mut self.input)).poll(&mut context).is_pending()
    }

    /// QUIT without waiting for its answer.
    pub fn close(mut self) {
        if self.is_in_step() {
            self.stream.say_quit();
        }
    }

    /// One command, CRLF included, and its reply.
    pub async fn command(&mut self, line: &[u8], step: Step, by: Instant) -> Result<Reply, Cause> {
        self.send(line, 1, step, by).await?;
        self.reply(step, by).await
    }

    /// Sends what will be answered by `replies` replies.
    pub async fn send(&mut self, bytes: &[u8], replies: usize, step: Step, by: Instant) -> Result<(), Cause> {
        if !self.is_in_step() {
            return Err(Cause::OutOfTurn(step));
        }
        self.owed = replies;
        self.write(bytes, step, by).await
    }

    /// After a 354: from here on the reply to the dot is owed, whatever becomes of the content, which
    /// follows through [`Connection::write`].
    pub fn owe_reply_to_dot(&mut self) {
        self.owed = 1;
    }

    /// Hands all bytes to the system.
    pub async fn write(&mut self, bytes: &[u8], step: Step, by: Instant) -> Result<(), Cause> {
        let stream = &mut self.stream;
        let written = timeout_at(by, async {
            stream.write_all(bytes).await?;
            stream.flush().await
        })
        .await;
        self.last_sent = Instant::now();
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Cause::from_io(step, &error)),
            Err(_) => Err(Cause::TimedOut(step)),
        }
    }

    /// The next reply that is owed, whole, before `by`: a reply that drips in gains no time.
    pub async fn reply(&mut self, step: Step, by: Instant) -> Result<Reply, Cause> {
        let reply = self.reply_unasked(step, by).await?;
        self.owed = self.owed.saturating_sub(1);
        Ok(reply)
    }

    /// A reply that answers no command: the greeting, or what a hop says before it is its turn.
    pub async fn reply_unasked(&mut self, step: Step, by: Instant) -> Result<Reply, Cause> {
        loop {
            if !self.input.is_empty() {
                match self.replies.push(&self.input).map_err(|_| Cause::Unreadable(step))? {
                    Some((reply, consumed)) => {
                        self.input.drain(..consumed.min(self.input.len()));
                        return Ok(reply);
                    }
                    None => self.input.clear(),
                }
            }
            match timeout_at(by, self.stream.read_buf(&mut self.input)).await {
                Ok(Ok(0)) => return Err(Cause::Lost(step)),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(Cause::from_io(step, &error)),
                Err(_) => return Err(Cause::TimedOut(step)),
            }
        }
    }
}

/// Tries the host's addresses in the resolver's order, each with its share of the time that is left.
async fn connect(endpoint: &Endpoint, by: Instant) -> Result<TcpStream, Cause> {
    let addresses = timeout_at(by, resolve(endpoint)).await.map_err(|_| Cause::TimedOut(Step::Resolve))??;
    let mut failure = Cause::NoAddress(io::ErrorKind::NotFound);
    for (tried, address) in addresses.iter().enumerate() {
        let left = by.saturating_duration_since(Instant::now());
        let share = u32::try_from(addresses.len() - tried).map_or(left, |remaining| left / remaining);
        match timeout_at(Instant::now() + share, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => {
                // Small writes are whole commands; waiting to fill a packet only costs time.
                let _ = tcp.set_nodelay(true);
                return Ok(tcp);
            }
            Ok(Err(error)) => failure = Cause::Connect(error.kind()),
            Err(_) => failure = Cause::TimedOut(Step::Connect),
        }
    }
    Err(failure)
}

async fn resolve(endpoint: &Endpoint) -> Result<Vec<SocketAddr>, Cause> {
    if let Ok(ip) = endpoint.host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, endpoint.port)]);
    }
    match tokio::net::lookup_host((endpoint.host.as_str(), endpoint.port)).await {
        Ok(addresses) => Ok(addresses.collect()),
        Err(error) => Err(Cause::NoAddress(error.kind())),
    }
}
