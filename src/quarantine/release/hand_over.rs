//! One transaction for one recipient of a released message.

use std::sync::Arc;

use super::routes::{Leaving, Routes};
use crate::message::{Envelope, Recipient};
use crate::quarantine::open::OpenedContent;
use crate::relay::{Dialog, Hop, HopError, SendError};
use crate::smtp::Reply;

/// What one transaction told us about its recipient.
pub(in crate::quarantine) enum Answer {
    /// The complete 2xx to the dot was read.
    Accepted(Reply),
    /// 5xx to MAIL, RCPT, DATA or the dot.
    Refused(Reply),
    /// 4xx.
    Later(Reply),
    /// The connection was lost; after the dot it may have it. Stays pending: twice is better than never.
    Unknown,
    /// The hop cannot be reached at all.
    Down,
}

/// One transaction for one recipient.
/// The dot goes only if `still` says yes.
pub(in crate::quarantine) async fn hand_over(
    hop: &Arc<Hop>,
    routes: &dyn Routes,
    leaving: &Leaving<'_>,
    (recipient, content): (&Recipient, &OpenedContent),
    still: impl Future<Output = bool>,
) -> Answer {
    let refusal = |reply: Reply| if reply.is_permanent() { Answer::Refused(reply) } else { Answer::Later(reply) };
    let envelope = &content.envelope;
    let dialog = match Dialog::start(hop, &envelope.reverse_path, &envelope.parameters, recipient).await {
        Ok((dialog, Ok(_))) if routes.admits(leaving, recipient, dialog.security()) => dialog,
        Ok((dialog, Ok(_))) => {
            tracing::warn!(hop = hop.name(), "the connection has less protection than the channel demands");
            dialog.abandon().await;
            return Answer::Down;
        }
        Ok((dialog, Err(reply))) => {
            dialog.abandon().await;
            return refusal(reply);
        }
        Err(HopError::Refused(reply)) => return refusal(reply),
        Err(HopError::LacksSmtputf8) => return Answer::Refused(lacks(553, 7, "the next hop does not take SMTPUTF8")),
        Err(HopError::LacksEightBit) => {
            return Answer::Refused(lacks(554, 3, "the next hop does not take 8-bit content"));
        }
        Err(HopError::LacksDsn) => return Answer::Unknown,
        Err(HopError::NoCapacity | HopError::Unavailable(_)) => return Answer::Down,
    };
    let own = Envelope {
        reverse_path: envelope.reverse_path.clone(),
        parameters: envelope.parameters.clone(),
        recipients: vec![recipient.clone()],
    };
    let (prefix, rest) = routes.dress(hop, &own, &content.message);
    let mut slices = vec![prefix.as_slice()];
    slices.extend(rest);
    match dialog.send_if(&slices, still).await {
        Ok(receipt) => Answer::Accepted(receipt.reply().clone()),
        Err(SendError::Refused(reply)) => refusal(reply),
        Err(SendError::Lost | SendError::Unknown) => Answer::Unknown,
    }
}

/// The reply we would give a client for a parameter that the hop lacks.
fn lacks(code: u16, detail: u16, text: &str) -> Reply {
    Reply::new(code, Some(crate::smtp::EnhancedCode(5, 6, detail)), text)
}

/// Code and enhanced code; the text may name the recipient.
pub(in crate::quarantine) fn codes(reply: &Reply) -> String {
    match reply.enhanced {
        Some(enhanced) => format!("{} {enhanced}", reply.code),
        None => reply.code.to_string(),
    }
}
