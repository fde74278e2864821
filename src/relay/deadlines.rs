//! How long each step with a next hop may take.
//!
//! RFC 5321 section 4.5.3.2 gives minimums for a client that has all day (5 minutes for most steps).
//! A relay has a client of its own that waits, so the steps before the dot are shorter here, and
//! together bounded: whatever a next hop does, the first `RCPT` is answered within a minute.

use std::time::Duration;

/// For a free connection, when all `max_connections` are taken.
const WAIT: Duration = Duration::from_secs(30);
/// TCP, over all addresses of the host.
const CONNECT: Duration = Duration::from_secs(30);
/// The greeting; hops that delay it against spammers take some seconds.
const GREETING: Duration = Duration::from_secs(50);
/// EHLO, STARTTLS, the handshake, each line of AUTH.
const SETUP_STEP: Duration = Duration::from_secs(30);
/// From asking for a connection to the answer to the first RCPT, replacement included.
const START: Duration = Duration::from_secs(55);
/// MAIL and RCPT on a pooled connection, before it counts as dead and is replaced.
const POOLED_START: Duration = Duration::from_secs(25);
/// Each RCPT after the first.
const RECIPIENT: Duration = Duration::from_secs(55);
/// NOOP, RSET.
const SHORT_STEP: Duration = Duration::from_secs(10);
/// DATA to 354 (RFC 5321: 2 minutes).
const DATA: Duration = Duration::from_secs(120);
/// One write of content, at most [`super::handoff::BLOCK`] bytes (RFC 5321: 3 minutes a block).
const BLOCK: Duration = Duration::from_secs(60);
/// Dot to reply (RFC 5321: 10 minutes, which is all that our own client may be waiting).
const DOT: Duration = Duration::from_secs(300);
/// DATA to the reply to the dot, everything included; inside the 8 minutes of one transaction.
const HANDOFF: Duration = Duration::from_secs(450);
/// A pooled connection that nobody took for so long is closed.
const IDLE: Duration = Duration::from_secs(60);
/// A connection older than this is not pooled again, so that a change of address, certificate or
/// load balancing at the next hop is followed.
const AGE: Duration = Duration::from_secs(300);
/// How often a hop that could not be reached is tried.
const DOWN: Duration = Duration::from_secs(5);
/// A dialog in which nothing was sent for so long needs a NOOP.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// One value of each, so that tests can be short where production is patient.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadlines {
    pub wait: Duration,
    pub connect: Duration,
    pub greeting: Duration,
    pub setup_step: Duration,
    pub start: Duration,
    pub pooled_start: Duration,
    pub recipient: Duration,
    pub short_step: Duration,
    pub data: Duration,
    pub block: Duration,
    pub dot: Duration,
    pub handoff: Duration,
    pub idle: Duration,
    pub age: Duration,
    pub down: Duration,
    pub keep_alive: Duration,
}

impl Deadlines {
    pub const STANDARD: Deadlines = Deadlines {
        wait: WAIT,
        connect: CONNECT,
        greeting: GREETING,
        setup_step: SETUP_STEP,
        start: START,
        pooled_start: POOLED_START,
        recipient: RECIPIENT,
        short_step: SHORT_STEP,
        data: DATA,
        block: BLOCK,
        dot: DOT,
        handoff: HANDOFF,
        idle: IDLE,
        age: AGE,
        down: DOWN,
        keep_alive: KEEP_ALIVE,
    };
}
