//! One mail transaction: recipients on the way in, the verdict at the dot, what is done about it.
//!
//! Cut-through: the first accepted recipient opens the dialog with its next hop, and every answer to
//! RCPT is the hop's own. The content goes on only after the verdict. Whatever happens, the client
//! keeps the message until one of the two receipts exists.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::bypass::Bypassing;
use super::{Accepted, InForce, MixedNextHops, Pipeline, Refusal};
use crate::message::{Envelope, RawMessage, Recipient, trace};
use crate::relay::{Dialog, Hop, HopError};
use crate::smtp::{EnhancedCode, Parameter, Reply, ReversePath};

/// From the client's dot to our reply; clients wait ten minutes (RFC 5321 section 4.5.3.2.6).
const DOT_TO_REPLY: Duration = Duration::from_secs(8 * 60);

/// What the gateway knows of the client.
#[derive(Clone, Debug)]
pub struct ClientFacts {
    pub address: IpAddr,
    /// What it said in EHLO or HELO.
    pub helo: String,
    pub esmtp: bool,
    pub tls: Option<TlsFacts>,
}

/// How the client's connection is encrypted.
#[derive(Clone, Debug)]
pub struct TlsFacts {
    pub version: String,
    pub cipher: String,
    /// Name in its verified certificate.
    pub client_name: Option<String>,
}

/// Between MAIL and the reply to the dot. Dropping it closes the next hop's connection.
pub struct Transaction {
    pub(super) pipeline: Arc<Pipeline>,
    /// What it began under, to its end.
    pub(super) in_force: Arc<InForce>,
    pub(super) client: ClientFacts,
    pub(super) envelope: Envelope,
    /// Short id of this transaction, in the log and in `Received`.
    pub(super) id: String,
    pub(super) started: Instant,
    pub(super) route: Route,
    /// The bypass that was on when its verdict was carried out.
    pub(super) bypass: Option<Bypassing>,
}

/// Where the transaction goes.
pub(super) enum Route {
    /// No recipient was accepted yet.
    Open,
    Dialog {
        hop: Arc<Hop>,
        dialog: Box<Dialog>,
    },
    /// The next hop's connection was lost after a recipient had been accepted.
    Lost,
    /// No connection to the hop has the protection that the recipients' channels demand, and what cannot go is to
    /// be held: the mail is taken to that end.
    Unprotected {
        hop: Arc<Hop>,
    },
}

impl Transaction {
    pub(super) fn new(
        pipeline: Arc<Pipeline>,
        client: ClientFacts,
        reverse_path: ReversePath,
        parameters: Vec<Parameter>,
    ) -> Self {
        let id = crate::message::MessageId::random().to_string()[..12].to_owned();
        let in_force = pipeline.in_force();
        Transaction {
            pipeline,
            in_force,
            client,
            envelope: Envelope { reverse_path, parameters, recipients: Vec::new() },
            id,
            started: Instant::now(),
            route: Route::Open,
            bypass: None,
        }
    }

    /// Short id of this transaction, as in the log.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Recipients that a next hop has accepted.
    pub fn accepted(&self) -> usize {
        self.envelope.recipients.len()
    }

    /// Offers one recipient to its next hop. `Ok` is the hop's 2xx, or ours for a mail that can only be held.
    ///
    /// # Errors
    /// The hop's refusal of this recipient, or of MAIL when it is the first; 451 when the hop cannot
    /// be reached; 452 when the recipient belongs to another hop than the first one.
    pub async fn recipient(&mut self, recipient: Recipient) -> Result<Reply, Refusal> {
        let hop = self.in_force.hop_for(&recipient).clone();
        let answer = match &mut self.route {
            Route::Lost => return Err(Refusal::NextHopUnavailable),
            Route::Open => self.open(&hop, &recipient).await?,
            Route::Unprotected { hop: fixed } if Arc::ptr_eq(fixed, &hop) => self.taken_unprotected(&recipient)?,
            Route::Unprotected { .. } => return Err(Refusal::MixedNextHops),
            Route::Dialog { hop: fixed, .. } if Arc::ptr_eq(fixed, &hop) => self.further(&recipient).await?,
            Route::Dialog { .. } => self.other_hop(&recipient).await?,
        };
        let reply = answer.map_err(Refusal::NextHop)?;
        self.envelope.recipients.push(recipient);
        Ok(reply)
    }

    async fn open(&mut self, hop: &Arc<Hop>, first: &Recipient) -> Result<Result<Reply, Reply>, Refusal> {
        let started = Dialog::start(hop, &self.envelope.reverse_path, &self.envelope.parameters, first).await;
        if matches!(&started, Err(HopError::Unavailable(cause)) if cause.is_unprotected()) {
            let taken = self.taken_unprotected(first)?;
            self.route = Route::Unprotected { hop: hop.clone() };
            return Ok(taken);
        }
        let (dialog, answer) = started?;
        if answer.is_ok() {
            self.route = Route::Dialog { hop: hop.clone(), dialog: Box::new(dialog) };
        } else {
            // The next recipient may belong to another hop; nothing is fixed yet.
            dialog.abandon().await;
        }
        Ok(answer)
    }

    /// Our own answer for a hop that nobody can be sure of, where the recipient's channel wants its mail held then.
    fn taken_unprotected(&self, recipient: &Recipient) -> Result<Result<Reply, Reply>, Refusal> {
        match self.in_force.holds_unprotected(recipient) {
            true => Ok(Ok(recipient_ok())),
            false => Err(Refusal::NextHopUnprotected),
        }
    }

    /// A further recipient on the dialog there is. One that asks for what the hop lacks is refused alone;
    /// only a connection that failed ends the dialog.
    async fn further(&mut self, recipient: &Recipient) -> Result<Result<Reply, Reply>, Refusal> {
        let Route::Dialog { dialog, .. } = &mut self.route else { return Err(Refusal::NextHopUnavailable) };
        let answer = dialog.recipient(recipient).await;
        if matches!(answer, Err(HopError::Unavailable(_))) {
            self.route = Route::Lost;
        }
        answer.map_err(Refusal::from)
    }

    /// A recipient bound to another hop than the one that the first recipient fixed.
    async fn other_hop(&mut self, recipient: &Recipient) -> Result<Result<Reply, Reply>, Refusal> {
        metrics::counter!("sluss_mixed_next_hops_total", "client" => self.client.address.to_string()).increment(1);
        if self.in_force.settings.mixed_next_hops == MixedNextHops::Defer {
            return Err(Refusal::MixedNextHops);
        }
        let default = self.in_force.default_hop().clone();
        if matches!(&self.route, Route::Dialog { hop, .. } if Arc::ptr_eq(hop, &default)) {
            return self.further(recipient).await;
        }
        // All move to the default hop, or nobody does: the answers already given must stay true.
        let mut all = self.envelope.recipients.clone();
        all.push(recipient.clone());
        let dialog = start_all(&default, &self.envelope, &all).await.map_err(|_| Refusal::MixedNextHops)?;
        let moved = Route::Dialog { hop: default, dialog: Box::new(dialog) };
        if let Route::Dialog { dialog: left, .. } = std::mem::replace(&mut self.route, moved) {
            left.abandon().await;
        }
        Ok(Ok(recipient_ok()))
    }

    /// When the next hop should hear from us again, until the content goes on; `None` while there is no
    /// dialog with one.
    pub fn keep_alive_at(&self) -> Option<tokio::time::Instant> {
        match &self.route {
            Route::Dialog { dialog, .. } => dialog.keep_alive_at(),
            Route::Open | Route::Lost | Route::Unprotected { .. } => None,
        }
    }

    /// To be called at [`Transaction::keep_alive_at`].
    pub async fn keep_alive(&mut self) {
        if let Route::Dialog { dialog, .. } = &mut self.route
            && dialog.keep_alive().await.is_err()
        {
            self.route = Route::Lost;
        }
    }

    /// The client has sent its dot: decides and acts.
    ///
    /// # Errors
    /// Everything that is not one of the two receipts.
    pub async fn finish(self, message: RawMessage) -> Result<Accepted, Refusal> {
        let (id, size, pipeline) = (self.id.clone(), message.len(), self.pipeline.clone());
        match timeout(DOT_TO_REPLY, super::act::carry_out(self, message)).await {
            Ok(result) => result,
            Err(_) => {
                super::act::overdue(&pipeline, &id, size);
                Err(Refusal::Fault)
            }
        }
    }

    /// Gives the next hop's connection back without sending anything.
    pub async fn abandon(self) {
        if let Route::Dialog { dialog, .. } = self.route {
            dialog.abandon().await;
        }
    }

    /// Our `Received` for this transaction.
    pub(super) fn received(&self, at: &jiff::Zoned) -> String {
        let smtputf8 = self.envelope.parameters.iter().any(|p| p.keyword == "SMTPUTF8");
        trace::received(&trace::Hop {
            client: self.client.address,
            helo: &self.client.helo,
            hostname: &self.in_force.settings.hostname,
            protocol: trace::protocol(self.client.esmtp, self.client.tls.is_some(), smtputf8),
            id: &self.id,
            at,
        })
    }
}

fn recipient_ok() -> Reply {
    Reply::new(250, Some(EnhancedCode(2, 1, 5)), "recipient ok")
}

/// Starts a dialog in which every recipient must be accepted.
///
/// # Errors
/// The first refusal; then nothing is sent and the connection goes back.
pub(super) async fn start_all(
    hop: &Arc<Hop>,
    envelope: &Envelope,
    recipients: &[Recipient],
) -> Result<Dialog, Refusal> {
    let Some((first, rest)) = recipients.split_first() else {
        return Err(Refusal::Fault);
    };
    let (mut dialog, answer) = Dialog::start(hop, &envelope.reverse_path, &envelope.parameters, first).await?;
    let mut refused = answer.err();
    for recipient in rest {
        if refused.is_some() {
            break;
        }
        refused = dialog.recipient(recipient).await?.err();
    }
    match refused {
        None => Ok(dialog),
        Some(reply) => {
            dialog.abandon().await;
            Err(Refusal::NextHop(reply))
        }
    }
}

impl From<HopError> for Refusal {
    fn from(error: HopError) -> Self {
        match error {
            HopError::NoCapacity => Refusal::NoCapacity,
            HopError::Unavailable(cause) if cause.is_unprotected() => Refusal::NextHopUnprotected,
            HopError::Unavailable(_) => Refusal::NextHopUnavailable,
            HopError::Refused(reply) => Refusal::NextHop(reply),
            HopError::LacksSmtputf8 => Refusal::LacksSmtputf8,
            HopError::LacksEightBit => Refusal::LacksEightBit,
            HopError::LacksDsn => Refusal::LacksDsn,
        }
    }
}
