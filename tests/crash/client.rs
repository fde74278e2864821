//! A client that never gives up: one mail after the other, a new number each time.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::ledger::Ledger;
use super::planted;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Is relayed.
    Clean = 0,
    /// Is held.
    Confidential = 1,
    /// Is refused with 5xx: its unit rejects.
    Refused = 2,
}

/// Fixed by the number, so that the ledger needs no second list.
pub fn kind_of(number: u64) -> Kind {
    match number % 5 {
        0 | 2 => Kind::Clean,
        1 | 3 => Kind::Confidential,
        _ => Kind::Refused,
    }
}

/// The mail with this number. The person and the personnummer (a published test number) are invented.
pub fn mail(number: u64, kind: Kind) -> String {
    let text = match kind {
        Kind::Clean => "Vi bokar bussen till den 12 juni. Märk fakturan med 4410.",
        _ => "Karin Dahlqvist, personnummer 19941227-2396, har en depression och är sjukskriven.",
    };
    format!(
        "X-Number: {number}\r\nMessage-ID: <{number}@kommun.example>\r\nFrom: <a{number}@{domain}>\r\n\
         To: <b@firma.example>\r\nDate: Thu, 12 Feb 2026 13:05:00 +0100\r\nSubject: nummer\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
         Hej,\r\n\r\n{text}\r\n.. en rad med punkter\r\n",
        domain = domain(kind)
    )
}

fn domain(kind: Kind) -> &'static str {
    match kind {
        Kind::Refused => "refusing.kommun.example",
        Kind::Clean | Kind::Confidential => "social.kommun.example",
    }
}

/// Sends on a thread of its own until stopped: the same mail until it is accepted or refused, to one node after the
/// other, as a mail server does.
pub struct Sender {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Sender {
    /// To so many recipients each, with this pause after each mail.
    pub fn start(addresses: Vec<SocketAddr>, ledger: Arc<Ledger>, recipients: usize, pause: Duration) -> Sender {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut number = ledger.next();
            let mut nodes = addresses.iter().cycle().skip(number as usize % addresses.len());
            while !stopped.load(Ordering::Relaxed) {
                let address = *nodes.next().expect("an address");
                match send_one(address, number, kind_of(number), &ledger, recipients) {
                    Ok(250 | 500..600) => {
                        number = ledger.next();
                        std::thread::sleep(pause);
                    }
                    // Put off, or nobody listens: the relay is being started again.
                    _ => std::thread::sleep(Duration::from_millis(10)),
                }
            }
        });
        Sender { stop, thread }
    }

    pub fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("a sender does not panic");
    }
}

/// Sends one mail to so many recipients and writes the answer to its dot into the ledger; gives the answer's code.
pub fn send_one(address: SocketAddr, number: u64, kind: Kind, ledger: &Ledger, recipients: usize) -> io::Result<u16> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    reply(&mut stream)?;
    ask(&mut stream, "EHLO client.kommun.example")?;
    ask(&mut stream, &format!("MAIL FROM:<a{number}@{}>", domain(kind)))?;
    for i in 0..recipients {
        if ask(&mut stream, &format!("RCPT TO:<b{i}@firma.example>"))? / 100 != 2 {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
    }
    if ask(&mut stream, "DATA")? != 354 {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    let mut wire = String::new();
    for line in mail(number, kind).split_inclusive("\r\n") {
        if line.starts_with('.') {
            wire.push('.');
        }
        wire.push_str(line);
    }
    wire.push_str(".\r\n");
    ledger.sends(number, kind);
    stream.get_mut().write_all(wire.as_bytes())?;
    let (code, text) = reply(&mut stream)?;
    ledger.answer(number, code, text.trim_end().split("held, ref ").nth(1));
    Ok(code)
}

fn ask(stream: &mut BufReader<TcpStream>, command: &str) -> io::Result<u16> {
    stream.get_mut().write_all(format!("{command}\r\n").as_bytes())?;
    Ok(reply(stream)?.0)
}

/// Code and last line.
fn reply(stream: &mut BufReader<TcpStream>) -> io::Result<(u16, String)> {
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 || line.len() < 4 || !line.ends_with('\n') {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line.as_bytes()[3] == b' ' {
            planted::assert_none(planted::search("a reply", line.as_bytes()));
            let code = line[..3].parse().map_err(|_| io::ErrorKind::InvalidData)?;
            return Ok((code, line));
        }
    }
}
