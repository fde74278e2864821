//! Sends a sample the way a mail server would: over a socket, addresses from its own header.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::inspect::inspect;
use crate::message::{Envelope, RawMessage, Recipient};
use crate::smtp::{ForwardPath, Reply, ReplyParser, ReversePath, data_writer};

/// For any one reply; inspection of a sample takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came of one mail.
pub struct Sent {
    pub envelope: Envelope,
    /// The first reply that decided it.
    pub reply: Reply,
}

pub async fn send(server: SocketAddr, mail: &[u8]) -> io::Result<Sent> {
    let envelope = envelope(mail).ok_or_else(|| io::Error::other("the sample needs usable From and To"))?;
    let mut dialog =
        Dialog { stream: TcpStream::connect(server).await?, parser: ReplyParser::new(), buffer: Vec::new() };
    dialog.reply().await?;
    dialog.ask("EHLO demo.kommun.example").await?;
    let mut reply = dialog.ask(&format!("MAIL FROM:{}", envelope.reverse_path.to_wire())).await?;
    for recipient in &envelope.recipients {
        if reply.is_positive() {
            reply = dialog.ask(&format!("RCPT TO:{}", recipient.path.to_wire())).await?;
        }
    }
    if reply.is_positive() {
        reply = dialog.ask("DATA").await?;
    }
    if reply.code == 354 {
        let mut wire = Vec::with_capacity(mail.len() + 16);
        data_writer::write(&[mail], &mut wire).map_err(|_| io::Error::other("bare line ends in the sample"))?;
        dialog.stream.write_all(&wire).await?;
        reply = dialog.reply().await?;
    }
    dialog.ask("QUIT").await?;
    Ok(Sent { envelope, reply })
}

/// Reverse path from `From`, recipients from `To` and `Cc`.
fn envelope(mail: &[u8]) -> Option<Envelope> {
    let facts = inspect(&RawMessage::uncounted(mail.to_vec())).facts;
    let (reverse_path, _) = ReversePath::parse(&format!("<{}>", facts.from.first()?)).ok()?;
    let recipient = |address: &String| {
        let (path, _) = ForwardPath::parse(&format!("<{address}>")).ok()?;
        Some(Recipient { path, parameters: Vec::new() })
    };
    let recipients: Vec<_> = facts.to.iter().chain(&facts.cc).map(recipient).collect::<Option<_>>()?;
    (!recipients.is_empty()).then_some(Envelope { reverse_path, parameters: Vec::new(), recipients })
}

struct Dialog {
    stream: TcpStream,
    parser: ReplyParser,
    buffer: Vec<u8>,
}

impl Dialog {
    async fn ask(&mut self, command: &str) -> io::Result<Reply> {
        self.stream.write_all(format!("{command}\r\n").as_bytes()).await?;
        self.reply().await
    }

    async fn reply(&mut self) -> io::Result<Reply> {
        loop {
            if let Some((reply, consumed)) = self.parser.push(&self.buffer).map_err(io::Error::other)? {
                self.buffer.drain(..consumed);
                return Ok(reply);
            }
            self.buffer.clear();
            if timeout(PATIENCE, self.stream.read_buf(&mut self.buffer)).await?? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}
