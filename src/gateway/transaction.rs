//! From DATA to the reply to the dot.
//!
//! Before the dot nothing has happened: a client that goes away, a deadline or a shutdown ends the
//! transaction and nothing is kept. After the dot the transaction is carried to its end, whether or
//! not the client still listens, and the reply is written even while the process shuts down. 250 is
//! said in one place, from `Accepted`. The pipeline logs what became of a message; only what never reaches it,
//! or never comes back from it, is logged here.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::connection::{Connection, Ended};
use super::dialog::{Answer, Open, close, proceed, refusal_reply, too_large};
use super::listener::Shared;
use super::panic::caught;
use crate::message::{MemoryCap, RawMessage, Reservation};
use crate::pipeline::{Refusal, Transaction};
use crate::smtp::data::{DataError, DataReader, Discard, Progress};
use crate::smtp::{EnhancedCode, Reply};

/// Memory for a message whose size was not declared, before it grows.
const FIRST_CAPACITY: usize = 16 * 1024;
/// Room beyond the declared size: what the client counts and what it sends may differ a little.
const SLACK: usize = 1024;
/// One read, RFC 5321 section 4.5.3.2.5.
const READ_TIMEOUT: Duration = Duration::from_secs(3 * 60);
/// Octets a second, measured from 354 after a first [`READ_TIMEOUT`].
const MIN_RATE: u64 = 500;
/// The whole message.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// The data phase, after DATA was found in order. `go` is the 354.
///
/// Ends the transaction on every way out. `Err` means that the dot was not seen.
pub(super) async fn receive(
    connection: &mut Connection,
    open: Open,
    go: &Reply,
    shared: &Arc<Shared>,
) -> Result<Answer, Ended> {
    let mut transaction = open.transaction;
    let limit = open.limit;
    let first = open.declared.map_or(FIRST_CAPACITY, |size| size.saturating_add(SLACK));
    let Some(mut text) = Text::with_capacity(shared.pipeline.memory(), first) else {
        let _ = caught(transaction.abandon()).await;
        return Ok(proceed(refusal_reply(&Refusal::MemoryFull)));
    };

    measure(shared);

    let started = Instant::now();
    let received = match go_ahead(connection, go).await {
        Ok(()) => read_message(connection, &mut transaction, &mut text, limit, started).await,
        Err(ended) => Err(ended),
    };
    let answer = match received {
        Ok(Received::Message) => {
            metrics::histogram!("sluss_message_bytes")
                .record(f64::from(u32::try_from(text.octets.len()).unwrap_or(u32::MAX)));
            let dot = Instant::now();
            // Bounded by the pipeline. A panic is a fault of ours: 451, and if the next hop has the
            // message after all, the client's second try is the accepted price.
            let id = transaction.id().to_owned();
            let finished = caught(transaction.finish(text.into_message())).await;
            let outcome = finished.unwrap_or_else(|| {
                tracing::error!(id, "a transaction failed through a fault of ours");
                Err(Refusal::Fault)
            });
            metrics::histogram!("sluss_dot_seconds").record(dot.elapsed().as_secs_f64());
            proceed(match outcome {
                // The one place that answers 250: the message is at the next hop or durably held.
                Ok(accepted) => {
                    shared.pipeline.figures().answered();
                    accepted.reply().or_enhanced(EnhancedCode(2, 0, 0))
                }
                Err(refusal) => refusal_reply(&refusal),
            })
        }
        Ok(Received::Refused(reply)) => {
            tracing::info!(id = transaction.id(), client = %connection.peer(), reply = reply.code, "message not taken");
            let _ = caught(transaction.abandon()).await;
            proceed(reply)
        }
        Ok(Received::Fatal(reply)) => {
            tracing::info!(id = transaction.id(), client = %connection.peer(), reply = reply.code, "message not taken");
            let _ = caught(transaction.abandon()).await;
            close(reply)
        }
        Err(Ended::Shutdown) => return Err(Ended::Shutdown),
        Err(ended) => {
            tracing::info!(id = transaction.id(), client = %connection.peer(), octets = text.octets.len(), ?ended, "no end of data");
            let _ = caught(transaction.abandon()).await;
            return Err(ended);
        }
    };
    count(&answer.reply);
    measure(shared);
    Ok(answer)
}

async fn go_ahead(connection: &mut Connection, go: &Reply) -> Result<(), Ended> {
    connection.reply(go).await?;
    connection.flush().await
}

/// What came between 354 and the dot.
enum Received {
    Message,
    /// Read to its end and not kept.
    Refused(Reply),
    /// The place in the stream is lost, or never ends.
    Fatal(Reply),
}

async fn read_message(
    connection: &mut Connection,
    transaction: &mut Transaction,
    text: &mut Text,
    limit: usize,
    started: Instant,
) -> Result<Received, Ended> {
    let mut reader = DataReader::new(limit);
    let mut received = 0u64;
    loop {
        let input = connection.pending();
        if !reader.is_discarding() && !text.make_room(input.len()) {
            reader.discard(Discard::NoMemory);
        }
        match reader.push(input, &mut text.octets) {
            Ok(Progress::End { consumed, discarded }) => {
                connection.consume(consumed);
                return Ok(discarded.map_or(Received::Message, |why| Received::Refused(discarded_reply(why, limit))));
            }
            Ok(Progress::More) => {
                let octets = input.len();
                received = received.saturating_add(u64::try_from(octets).unwrap_or(u64::MAX));
                connection.consume(octets);
            }
            Err(DataError::BareLineEnd) => {
                let reply = Reply::new(521, Some(EnhancedCode(5, 5, 2)), "bare CR, bare LF or NUL in the message");
                return Ok(Received::Fatal(reply));
            }
            Err(DataError::Endless) => return Ok(Received::Fatal(discarded_reply(Discard::TooLarge, limit))),
        }
        if reader.is_discarding() {
            text.give_back();
        }
        let deadline = deadline(started, Instant::now(), received);
        let keep_alive_at = transaction.keep_alive_at();
        match connection.read(keep_alive_at.map_or(deadline, |at| deadline.min(at))).await {
            Err(Ended::Slow) if Instant::now() < deadline => {}
            read => read?,
        }
        if keep_alive_at.is_some_and(|at| Instant::now() >= at) {
            tokio::select! {
                biased;
                () = transaction.keep_alive() => {}
                () = connection.shutdown() => return Err(Ended::Shutdown),
            }
        }
    }
}

/// When the next bytes must have come: a pause may be long, the whole may not be slow.
fn deadline(started: Instant, now: Instant, received: u64) -> Instant {
    let paced = started + READ_TIMEOUT + Duration::from_secs(received / MIN_RATE);
    (now + READ_TIMEOUT).min(paced).min(started + TOTAL_TIMEOUT)
}

fn discarded_reply(why: Discard, limit: usize) -> Reply {
    match why {
        Discard::TooLarge => too_large(limit),
        Discard::LineTooLong => Reply::new(554, Some(EnhancedCode(5, 6, 0)), "line too long"),
        Discard::NoMemory => refusal_reply(&Refusal::MemoryFull),
    }
}

/// The text of one message with its share of the memory for messages, which always covers the whole
/// of what is allocated.
struct Text {
    octets: Vec<u8>,
    reservation: Reservation,
    cap: MemoryCap,
}

impl Text {
    fn with_capacity(cap: &MemoryCap, capacity: usize) -> Option<Self> {
        let mut reservation = cap.reservation();
        let reserved = reservation.grow(capacity);
        reserved.then(|| Text { octets: Vec::with_capacity(capacity), reservation, cap: cap.clone() })
    }

    /// Room for `more` octets, doubling; false when the memory for messages is used up.
    fn make_room(&mut self, more: usize) -> bool {
        let (length, capacity) = (self.octets.len(), self.octets.capacity());
        let needed = length.saturating_add(more);
        if needed <= capacity {
            return true;
        }
        let wanted = capacity.saturating_mul(2).max(needed);
        if !self.reservation.grow(wanted.saturating_sub(capacity)) {
            return false;
        }
        self.octets.reserve_exact(wanted.saturating_sub(length));
        true
    }

    /// The message will not be kept.
    fn give_back(&mut self) {
        self.octets = Vec::new();
        self.reservation = self.cap.reservation();
    }

    fn into_message(self) -> RawMessage {
        RawMessage::new(self.octets, self.reservation)
    }
}

fn count(reply: &Reply) {
    let label = match reply.code / 100 {
        2 => "250",
        4 => "4xx",
        _ => "5xx",
    };
    metrics::counter!("sluss_dots_total", "reply" => label).increment(1);
}

fn measure(shared: &Shared) {
    let used = u32::try_from(shared.pipeline.memory().used()).unwrap_or(u32::MAX);
    metrics::gauge!("sluss_memory_for_messages_bytes").set(f64::from(used));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_may_be_long_and_the_whole_may_not_be_slow() {
        let started = Instant::now();
        let at = |seconds: u64| started + Duration::from_secs(seconds);
        // at second, octets received, deadline
        for (now, received, expected) in [
            (0, 0, 180),
            (100, 0, 180),
            (100, 50_000, 280),
            (200, 20_000, 220),
            (3_500, 100_000_000, 3_600),
            (170, 5_000, 190),
        ] {
            assert_eq!(deadline(started, at(now), received), at(expected), "{now} {received}");
        }
    }

    #[test]
    fn memory_is_counted_as_allocated_and_given_back() {
        let cap = MemoryCap::new(1_000);
        let mut text = Text::with_capacity(&cap, 300).unwrap();
        assert_eq!(cap.used(), 300);
        text.octets.extend_from_slice(&[b'x'; 300]);
        assert!(text.make_room(1));
        assert_eq!((cap.used(), text.octets.capacity()), (600, 600));
        text.octets.extend_from_slice(&[b'x'; 300]);
        assert!(!text.make_room(1), "1,200 would pass the cap");
        assert_eq!(cap.used(), 600);
        assert!(Text::with_capacity(&cap, 401).is_none());
        text.give_back();
        assert_eq!((cap.used(), text.octets.capacity()), (0, 0));
    }
}
