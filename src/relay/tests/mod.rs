//! The client against a scripted next hop on real sockets.

mod dialog;
mod handoff;
mod pool;
mod property;
mod setup;
mod tls;

#[path = "../../../tests/support/next_hop.rs"]
mod next_hop;

use std::sync::Arc;
use std::time::Duration;

use next_hop::{Act, At, Moment, NextHop, Options};

use super::deadlines::Deadlines;
use super::{Cause, Dialog, HandoffReceipt, Hop, HopError, RecipientReply, SendError, Settings, Step, TlsMode};
use crate::message::Recipient;
use crate::smtp::{ForwardPath, Parameter, ReversePath, parameter};

/// Longer than anything takes that is not meant to run into its deadline.
const PATIENT: Duration = Duration::from_secs(30);
/// For the one step that is.
const SHORT: Duration = Duration::from_millis(150);
/// For several steps together, of which all but the last are in time, also on a busy machine.
const SEVERAL: Duration = Duration::from_secs(1);

const CONTENT: &[u8] = b"Subject: t\r\n\r\n.one dot\r\nlast\r\n";

fn patient() -> Deadlines {
    Deadlines {
        wait: PATIENT,
        connect: PATIENT,
        greeting: PATIENT,
        setup_step: PATIENT,
        start: PATIENT,
        pooled_start: PATIENT,
        recipient: PATIENT,
        short_step: PATIENT,
        data: PATIENT,
        block: PATIENT,
        dot: PATIENT,
        handoff: PATIENT,
        // Never known down, unless a test is about it.
        down: Duration::ZERO,
        ..Deadlines::STANDARD
    }
}

fn settings(address: impl ToString) -> Settings {
    Settings::plain("default", address)
}

fn hop_to(server: &NextHop) -> Arc<Hop> {
    hop_with(settings(server.address), patient())
}

fn hop_with(settings: Settings, deadlines: Deadlines) -> Arc<Hop> {
    Hop::with_deadlines(settings, deadlines).expect("good settings")
}

fn reverse(text: &str) -> ReversePath {
    ReversePath::parse(text).expect("a path").0
}

fn parameters(text: &str) -> Vec<Parameter> {
    parameter::parse(text).expect("parameters")
}

/// `<path> PARAMETERS`.
fn recipient(text: &str) -> Recipient {
    let (path, rest) = ForwardPath::parse(text).expect("a path");
    Recipient { path, parameters: parameters(rest) }
}

async fn start(hop: &Arc<Hop>) -> Result<(Dialog, RecipientReply), HopError> {
    Dialog::start(hop, &reverse("<clerk@kommun.example>"), &[], &recipient("<first@kund.example>")).await
}

/// A dialog whose first recipient was taken.
async fn started(hop: &Arc<Hop>) -> Dialog {
    let (dialog, reply) = start(hop).await.expect("a dialog");
    reply.expect("a recipient");
    dialog
}

/// A whole transaction with one recipient.
#[derive(Debug)]
enum End {
    Receipt(HandoffReceipt),
    Start(HopError),
    Recipient(u16),
    Send(SendError),
}

async fn transact(hop: &Arc<Hop>, content: &[&[u8]]) -> End {
    match start(hop).await {
        Err(error) => End::Start(error),
        Ok((dialog, Err(refusal))) => {
            dialog.abandon().await;
            End::Recipient(refusal.code)
        }
        Ok((dialog, Ok(_))) => match dialog.send(content).await {
            Ok(receipt) => End::Receipt(receipt),
            Err(error) => End::Send(error),
        },
    }
}

/// The script "at this step do that, always".
fn always(at: At, act: Act) -> impl Fn(Moment<'_>) -> Option<Act> + Send + Sync + 'static {
    move |moment| (moment.at == at).then(|| act.clone())
}

/// Checks a pattern and shows what was found instead.
macro_rules! assert_matches {
    ($value:expr, $pattern:pat $(if $guard:expr)? $(,)?) => {
        assert_matches!($value, $pattern $(if $guard)?, "")
    };
    ($value:expr, $pattern:pat $(if $guard:expr)?, $($context:tt)+) => {
        match $value {
            $pattern $(if $guard)? => {}
            other => panic!("{} does not match {other:?} {}", stringify!($pattern), format!($($context)+)),
        }
    };
}
use assert_matches;
