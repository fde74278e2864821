//! A next hop for the demo: a small, honest SMTP server on loopback that keeps what it takes in
//! memory and hands it to whoever asks.
//!
//! It reads lines and data with the same readers as the gate. It is bounded: one mail is at most
//! [`MAX_MESSAGE`], and only the last [`KEPT`] are kept.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::message::Header;
use crate::smtp::data::{DataReader, Progress};
use crate::smtp::line::{LineReader, Step};
use crate::smtp::{Command, EnhancedCode, Reply};

const MAX_MESSAGE: usize = 150 * 1024 * 1024;
const KEPT: usize = 100;

/// How often [`Capture::notices`] looks.
const LOOK: Duration = Duration::from_millis(50);

/// The mails that have arrived, last [`KEPT`].
#[derive(Clone, Default)]
pub struct Capture {
    mails: Arc<Mutex<VecDeque<Vec<u8>>>>,
}

impl Capture {
    /// Listens on a free port of loopback and serves until the process ends.
    pub async fn start() -> std::io::Result<(Self, SocketAddr)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let capture = Capture::default();
        let shared = capture.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = shared.clone();
                tokio::spawn(async move {
                    // A broken connection loses nothing: its client was not given a 250.
                    let _ = serve(stream, &shared).await;
                });
            }
        });
        Ok((capture, address))
    }

    /// True when a mail with this Message-ID has arrived.
    pub fn has(&self, message_id: &[u8]) -> bool {
        self.lock().iter().any(|mail| header_has(mail, message_id))
    }

    /// Waits until so many notices have arrived, at most so long, and gives their number.
    pub async fn notices(&self, wanted: usize, within: Duration) -> usize {
        let end = Instant::now() + within;
        loop {
            let arrived = self.lock().iter().filter(|mail| is_notice(mail)).count();
            if arrived >= wanted || Instant::now() >= end {
                return arrived;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The address of the sender's page, from the last notice that has one.
    pub fn sender_page(&self) -> Option<String> {
        let parser = mail_parser::MessageParser::default();
        self.lock().iter().rev().filter(|mail| is_notice(mail)).find_map(|mail| {
            let notice = parser.parse(mail)?;
            let text = notice.body_text(0)?;
            text.split_whitespace().find_map(|word| word.strip_suffix("/edit")).map(str::to_owned)
        })
    }

    fn keep(&self, mail: Vec<u8>) {
        let mut mails = self.lock();
        if mails.len() >= KEPT {
            mails.pop_front();
        }
        mails.push_back(mail);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Vec<u8>>> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_notice(message: &[u8]) -> bool {
    Header::of(message).first("auto-submitted").is_some_and(|field| *field.unfolded() == *b"auto-replied")
}

fn header_has(message: &[u8], message_id: &[u8]) -> bool {
    Header::of(message).first("message-id").is_some_and(|field| *field.unfolded() == *message_id)
}

/// One connection: greeting, commands, data.
async fn serve(mut stream: TcpStream, capture: &Capture) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    let mut lines = LineReader::new();
    let mut recipients = 0;
    say(&mut stream, 220, "demo next hop").await?;
    loop {
        let Some(line) = read_line(&mut stream, &mut buffer, &mut lines).await? else { return Ok(()) };
        match Command::parse(&line) {
            Ok(Command::Ehlo { .. }) => {
                stream.write_all(b"250-demo\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n").await?;
                stream.write_all(b"250-ENHANCEDSTATUSCODES\r\n250 SIZE 157286400\r\n").await?;
            }
            Ok(Command::Rcpt { .. }) => {
                recipients += 1;
                say(&mut stream, 250, "ok").await?;
            }
            Ok(Command::Data) if recipients == 0 => say(&mut stream, 503, "no recipients").await?,
            Ok(Command::Data) => {
                say(&mut stream, 354, "go on").await?;
                let Some(message) = read_message(&mut stream, &mut buffer).await? else { return Ok(()) };
                recipients = 0;
                capture.keep(message);
                say(&mut stream, 250, "captured").await?;
            }
            Ok(Command::Quit) => return say(&mut stream, 221, "bye").await,
            Ok(Command::Rset | Command::Mail { .. } | Command::Helo { .. } | Command::Noop) => {
                recipients = 0;
                say(&mut stream, 250, "ok").await?;
            }
            Ok(_) => say(&mut stream, 502, "not in the demo").await?,
            Err(error) => stream.write_all(&error.reply().to_wire()).await?,
        }
    }
}

async fn say(stream: &mut TcpStream, code: u16, text: &str) -> std::io::Result<()> {
    let class = u8::try_from(code / 100).unwrap_or(5);
    let enhanced = (code != 220 && code != 354).then_some(EnhancedCode(class, 0, 0));
    stream.write_all(&Reply::new(code, enhanced, text).to_wire()).await
}

/// The next command line; `None` when the client has gone or broke the grammar of lines.
async fn read_line(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
    lines: &mut LineReader,
) -> std::io::Result<Option<Vec<u8>>> {
    loop {
        match lines.next(buffer) {
            Ok(Step::Line { line, consumed }) => {
                let line = buffer.get(line).unwrap_or_default().to_vec();
                buffer.drain(..consumed);
                return Ok(Some(line));
            }
            Ok(Step::Incomplete { consumed } | Step::TooLong { consumed }) => {
                buffer.drain(..consumed);
            }
            Err(_) => return Ok(None),
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

/// The message up to its dot; `None` when it did not come whole.
async fn read_message(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<Option<Vec<u8>>> {
    let mut reader = DataReader::new(MAX_MESSAGE);
    let mut message = Vec::new();
    loop {
        match reader.push(buffer, &mut message) {
            Ok(Progress::End { consumed, discarded }) => {
                buffer.drain(..consumed);
                return Ok(discarded.is_none().then_some(message));
            }
            Ok(Progress::More) => buffer.clear(),
            Err(_) => return Ok(None),
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}
