//! A next hop that records what it is given: a small, honest SMTP server on loopback.
//!
//! It shares no code with the relay under test, so that a mistake in the relay's grammar is not
//! mirrored here. It is strict where a mailbox would be lax: a bare CR or LF in the message is kept
//! in [`Captured::text`] for the test to see.

#![allow(dead_code, reason = "each test program uses the part it needs")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// One transaction that this server answered 2xx at its dot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    /// What followed `MAIL FROM:`.
    pub mail: String,
    /// What followed `RCPT TO:`, of the recipients that were accepted.
    pub recipients: Vec<String>,
    /// The message, dots unstuffed.
    pub text: Vec<u8>,
}

/// How the server behaves.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Behaviour {
    /// Lines of the EHLO reply after the first.
    pub offers: Vec<String>,
    /// `(start of a command line, reply)`: the first that fits is answered instead of the usual one;
    /// a 2xx still does what the command says. `DOT` stands for the end of the message; a reply that
    /// begins with `after 500ms ` comes late.
    pub replies: Vec<(String, String)>,
}

pub struct Capture {
    address: SocketAddr,
    captured: Arc<Mutex<Vec<Captured>>>,
    stop: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Capture {
    pub fn start(behaviour: Behaviour) -> Capture {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let address = listener.local_addr().expect("bound");
        let captured: Arc<Mutex<Vec<Captured>>> = Arc::default();
        let stop = Arc::new(AtomicBool::new(false));
        let (kept, stopped) = (captured.clone(), stop.clone());
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (behaviour, kept) = (behaviour.clone(), kept.clone());
                // an error is a relay that hung up, which is its right
                std::thread::spawn(move || serve(stream, &behaviour, &kept).ok());
            }
        });
        Capture { address, captured, stop, accepting: Some(accepting) }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What was taken so far, in order.
    pub fn captured(&self) -> Vec<Captured> {
        self.captured.lock().expect("no panic while locked").clone()
    }

    pub fn clear(&self) {
        self.captured.lock().expect("no panic while locked").clear();
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // wakes the accepting thread, which then sees that it is over
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.accepting.take() {
            let _ = thread.join();
        }
    }
}

fn serve(stream: TcpStream, behaviour: &Behaviour, captured: &Mutex<Vec<Captured>>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    stream.set_nodelay(true)?;
    let mut input = BufReader::new(stream.try_clone()?);
    let mut output = stream;
    let mut transaction: Option<Captured> = None;
    output.write_all(b"220 capture.example ESMTP\r\n")?;
    loop {
        let mut line = Vec::new();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let upper = line.to_ascii_uppercase();
        let scripted = |name: &str| {
            let fits = |(start, _): &&(String, String)| name.starts_with(&start.to_ascii_uppercase());
            behaviour.replies.iter().find(fits).map(|(_, reply)| format!("{}\r\n", in_time(reply)))
        };
        let reply = scripted(&upper);
        if let Some(reply) = reply.as_deref().filter(|reply| !reply.starts_with('2')) {
            output.write_all(reply.as_bytes())?;
        } else if upper.starts_with("EHLO") {
            let mut lines = vec!["capture.example".to_owned()];
            lines.extend(behaviour.offers.iter().cloned());
            let last = lines.len() - 1;
            for (at, text) in lines.iter().enumerate() {
                output.write_all(format!("250{}{text}\r\n", if at == last { ' ' } else { '-' }).as_bytes())?;
            }
        } else if let Some(path) = after(&line, "MAIL FROM:") {
            transaction = Some(Captured { mail: path.to_owned(), ..Captured::default() });
            output.write_all(reply.as_deref().unwrap_or("250 2.1.0 sender ok\r\n").as_bytes())?;
        } else if let Some(path) = after(&line, "RCPT TO:") {
            match &mut transaction {
                Some(open) => {
                    open.recipients.push(path.to_owned());
                    output.write_all(reply.as_deref().unwrap_or("250 2.1.5 recipient ok\r\n").as_bytes())?;
                }
                None => output.write_all(b"503 5.5.1 MAIL first\r\n")?,
            }
        } else if upper == "DATA" {
            match transaction.take() {
                Some(mut open) if !open.recipients.is_empty() => {
                    output.write_all(b"354 go on\r\n")?;
                    open.text = message(&mut input)?;
                    match scripted("DOT") {
                        Some(reply) => {
                            if reply.starts_with('2') {
                                captured.lock().expect("no panic while locked").push(open);
                            }
                            output.write_all(reply.as_bytes())?;
                        }
                        None => {
                            captured.lock().expect("no panic while locked").push(open);
                            output.write_all(b"250 2.0.0 captured\r\n")?;
                        }
                    }
                }
                _ => output.write_all(b"503 5.5.1 RCPT first\r\n")?,
            }
        } else if upper == "RSET" {
            transaction = None;
            output.write_all(b"250 2.0.0 reset\r\n")?;
        } else if upper == "NOOP" {
            output.write_all(b"250 2.0.0 ok\r\n")?;
        } else if upper == "QUIT" {
            return output.write_all(b"221 2.0.0 bye\r\n");
        } else {
            output.write_all(b"500 5.5.2 what\r\n")?;
        }
    }
}

/// Waits out an `after 500ms `, and gives what follows it.
fn in_time(reply: &str) -> &str {
    let Some((time, reply)) = reply.strip_prefix("after ").and_then(|rest| rest.split_once("ms ")) else {
        return reply;
    };
    std::thread::sleep(Duration::from_millis(time.parse().expect("after N ms")));
    reply
}

fn after<'a>(line: &'a str, verb: &str) -> Option<&'a str> {
    line.get(..verb.len()).filter(|head| head.eq_ignore_ascii_case(verb))?;
    line.get(verb.len()..)
}

/// Reads to CRLF.CRLF the plain way: one byte after the other, then takes the dots off.
fn message(input: &mut impl Read) -> std::io::Result<Vec<u8>> {
    // the CRLF that ended the DATA line may be the first half of the end
    let mut raw = b"\r\n".to_vec();
    let mut byte = [0];
    while !raw.ends_with(b"\r\n.\r\n") {
        input.read_exact(&mut byte)?;
        raw.push(byte[0]);
    }
    let text = &raw[2..raw.len() - 3];
    let mut unstuffed = Vec::with_capacity(text.len());
    let mut line_start = true;
    for (at, byte) in text.iter().enumerate() {
        if !(line_start && *byte == b'.') {
            unstuffed.push(*byte);
        }
        line_start = *byte == b'\n' && at > 0 && text[at - 1] == b'\r';
    }
    Ok(unstuffed)
}
