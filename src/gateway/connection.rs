//! The client's socket: one read buffer, replies gathered in one write, a deadline on each step.
//!
//! A read returns at once when the process shuts down. Nothing here knows what the bytes mean, but
//! for the cutting of command lines.

use std::io;
use std::mem::MaybeUninit;
use std::net::IpAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::tls::Handshake;
use crate::smtp::line::{LineReader, Step};
use crate::smtp::{EnhancedCode, Reply};

/// One read buffer per connection, used again for each read.
const READ_BUFFER: usize = 64 * 1024;
/// Replies not yet written; more than this is written before the next command is looked at.
const MAX_PENDING_REPLIES: usize = 8 * 1024;
/// Octets of a client's that are dropped after a refusal that closes.
const LINGER_OCTETS: usize = 1024 * 1024;

/// How long each step may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadlines {
    /// A whole command line, however it drips; RFC 5321 section 4.5.3.2.7.
    pub command: Duration,
    /// A client that does not read its replies is gone after this.
    pub write: Duration,
    pub handshake: Duration,
    /// After a refusal that closes: for the client to stop sending and read it.
    pub linger: Duration,
}

impl Deadlines {
    pub(super) const STANDARD: Deadlines = Deadlines {
        command: Duration::from_secs(5 * 60),
        write: Duration::from_secs(60),
        handshake: Duration::from_secs(30),
        linger: Duration::from_secs(1),
    };
}

/// What was read where a command was expected.
#[derive(Debug)]
pub(super) enum Input {
    /// A command line without its CRLF.
    Line(Vec<u8>),
    /// An over-long line was skipped.
    LineTooLong,
    /// Bare CR, bare LF or NUL.
    BareLineEnd,
    /// No whole line by the time at which the caller wanted to be woken; the waiting goes on with the next call.
    Quiet,
}

/// Why no more will be read or written.
#[derive(Debug)]
pub(super) enum Ended {
    /// The client closed, does not read, or the connection broke.
    Gone,
    /// A deadline passed.
    Slow,
    /// We are shutting down.
    Shutdown,
}

impl Ended {
    /// What the client should still hear, RFC 5321 section 3.8.
    pub(super) fn last_words(&self) -> Option<Reply> {
        match self {
            Ended::Gone => None,
            Ended::Slow => Some(Reply::new(421, Some(EnhancedCode(4, 4, 2)), "timeout")),
            Ended::Shutdown => Some(Reply::new(421, Some(EnhancedCode(4, 3, 2)), "shutting down")),
        }
    }
}

enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

pub(super) struct Connection {
    socket: Socket,
    peer: IpAddr,
    /// `buffer[start..]` is read and not consumed.
    buffer: Vec<u8>,
    start: usize,
    lines: LineReader,
    replies: Vec<u8>,
    /// When the command that is waited for must be there.
    command_by: Option<Instant>,
    shutdown: watch::Receiver<bool>,
    deadlines: Deadlines,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, peer: IpAddr, shutdown: watch::Receiver<bool>, deadlines: Deadlines) -> Self {
        Connection {
            deadlines,
            socket: Socket::Plain(stream),
            peer,
            buffer: Vec::with_capacity(READ_BUFFER),
            start: 0,
            lines: LineReader::new(),
            replies: Vec::with_capacity(512),
            command_by: None,
            shutdown,
        }
    }

    pub(super) fn peer(&self) -> IpAddr {
        self.peer
    }

    /// Completes when the process shuts down.
    pub(super) fn shutdown(&self) -> impl Future<Output = ()> + use<> {
        let mut shutdown = self.shutdown.clone();
        async move {
            // a dropped sender is a process on its way out as well
            let _ = shutdown.wait_for(|down| *down).await;
        }
    }

    /// Bytes that were read and not consumed.
    pub(super) fn pending(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// True when the client has sent something that nobody has read.
    pub(super) fn has_unread(&self) -> bool {
        if !self.pending().is_empty() {
            return true;
        }
        let Socket::Plain(stream) = &self.socket else { return false };
        // a look that shows 0 octets is a client that closed, not one that talks
        let look = socket2::SockRef::from(stream).peek(&mut [MaybeUninit::uninit()]);
        look.is_ok_and(|octets| octets > 0)
    }

    pub(super) fn consume(&mut self, octets: usize) {
        self.start = self.start.saturating_add(octets).min(self.buffer.len());
    }

    /// Reads more bytes behind the pending ones, at the latest until `deadline`.
    pub(super) async fn read(&mut self, deadline: Instant) -> Result<(), Ended> {
        if self.start == self.buffer.len() {
            self.buffer.clear();
            self.start = 0;
        } else if self.buffer.len() == self.buffer.capacity() {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        let read = async {
            match &mut self.socket {
                Socket::Plain(stream) => stream.read_buf(&mut self.buffer).await,
                Socket::Tls(stream) => stream.read_buf(&mut self.buffer).await,
            }
        };
        tokio::select! {
            biased;
            read = timeout_at(deadline, read) => match read {
                Err(_) => Err(Ended::Slow),
                Ok(Ok(octets)) if octets > 0 => Ok(()),
                Ok(_) => Err(Ended::Gone),
            },
            _ = self.shutdown.wait_for(|down| *down) => Err(Ended::Shutdown),
        }
    }

    /// The next command line, or [`Input::Quiet`] at `wake`. Replies are written before waiting for one.
    pub(super) async fn command(&mut self, wake: Option<Instant>) -> Result<Input, Ended> {
        let deadline = *self.command_by.get_or_insert_with(|| Instant::now() + self.deadlines.command);
        let input = self.line_by(deadline, wake.unwrap_or(deadline)).await?;
        if !matches!(input, Input::Quiet) {
            self.command_by = None;
        }
        Ok(input)
    }

    async fn line_by(&mut self, deadline: Instant, wake: Instant) -> Result<Input, Ended> {
        loop {
            match self.lines.next(self.buffer.get(self.start..).unwrap_or_default()) {
                Ok(Step::Line { line, consumed }) => {
                    let line = self.pending().get(line).unwrap_or_default().to_vec();
                    self.consume(consumed);
                    return Ok(Input::Line(line));
                }
                Ok(Step::TooLong { consumed }) => {
                    self.consume(consumed);
                    return Ok(Input::LineTooLong);
                }
                Ok(Step::Incomplete { consumed }) => self.consume(consumed),
                Err(_) => return Ok(Input::BareLineEnd),
            }
            self.flush().await?;
            match self.read(deadline.min(wake)).await {
                Err(Ended::Slow) if Instant::now() < deadline => return Ok(Input::Quiet),
                read => read?,
            }
        }
    }

    /// Puts a reply behind those that wait to be written.
    pub(super) async fn reply(&mut self, reply: &Reply) -> Result<(), Ended> {
        reply.write_to(&mut self.replies);
        if self.replies.len() > MAX_PENDING_REPLIES { self.flush().await } else { Ok(()) }
    }

    /// Writes what waits. A client that does not read within the deadline is gone: it would not read a
    /// farewell either.
    pub(super) async fn flush(&mut self) -> Result<(), Ended> {
        if self.replies.is_empty() {
            return Ok(());
        }
        let write = async {
            match &mut self.socket {
                Socket::Plain(stream) => stream.write_all(&self.replies).await,
                Socket::Tls(stream) => {
                    stream.write_all(&self.replies).await?;
                    stream.flush().await
                }
            }
        };
        let written = timeout(self.deadlines.write, write).await;
        self.replies.clear();
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Ended::Gone),
        }
    }

    /// Turns the connection over to TLS. Nothing may be pending.
    pub(super) async fn start_tls(self, acceptor: TlsAcceptor) -> Result<(Self, Handshake), TlsFailure> {
        let shutdown = self.shutdown();
        let Socket::Plain(stream) = self.socket else { return Err(TlsFailure::Twice) };
        let handshake = timeout(self.deadlines.handshake, acceptor.accept(stream));
        let stream = tokio::select! {
            biased;
            stream = handshake => stream.map_err(|_| TlsFailure::Slow)?.map_err(TlsFailure::Failed)?,
            () = shutdown => return Err(TlsFailure::Shutdown),
        };
        let facts = Handshake::of(stream.get_ref().1);
        let mut buffer = self.buffer;
        buffer.clear();
        let socket = Socket::Tls(Box::new(stream));
        Ok((Connection { socket, buffer, start: 0, lines: LineReader::new(), ..self }, facts))
    }

    /// Writes what waits and closes. With `linger` what the client still sends is read and dropped
    /// for a moment: closing on unread bytes resets the connection, and the reset may overtake our
    /// last reply.
    pub(super) async fn close(mut self, linger: bool) {
        // the last words fit into the socket at once, unless nobody reads there
        let flushed = timeout(self.deadlines.linger, self.flush()).await.unwrap_or(Err(Ended::Gone));
        if flushed.is_err() || !linger && matches!(self.socket, Socket::Plain(_)) {
            // dropping a socket whose bytes are all read closes it in good order
            return;
        }
        let goodbye = async {
            match &mut self.socket {
                Socket::Plain(stream) => stream.shutdown().await?,
                Socket::Tls(stream) => stream.shutdown().await?,
            }
            let mut dropped = 0usize;
            while linger && dropped < LINGER_OCTETS {
                self.buffer.clear();
                let octets = match &mut self.socket {
                    Socket::Plain(stream) => stream.read_buf(&mut self.buffer).await?,
                    Socket::Tls(stream) => stream.read_buf(&mut self.buffer).await?,
                };
                if octets == 0 {
                    break;
                }
                dropped = dropped.saturating_add(octets);
            }
            io::Result::Ok(())
        };
        // whatever happens now, the connection is over
        let _ = timeout(self.deadlines.linger, goodbye).await;
    }
}

/// Why there is no TLS; the connection is of no further use.
#[derive(Debug, thiserror::Error)]
pub(super) enum TlsFailure {
    #[error("TLS is on already")]
    Twice,
    #[error("no handshake in time")]
    Slow,
    #[error("{0}")]
    Failed(io::Error),
    #[error("shutting down")]
    Shutdown,
}
