//! At the dot: refuse what is no mail, judge the rest, carry the verdict out.
//!
//! Whatever is not carried out to one of the two receipts is a refusal, and the client keeps its mail.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Zoned;
use tokio::time::timeout;

use super::judge::{Judgement, Knowledge, Read};
use super::record::{record_decision, record_exception};
use super::transaction::{Route, Transaction, start_all};
use super::{Accepted, Fault, Pipeline, Refusal, bypass, faults::Advice, notify, prefix};
use crate::channel::{Demand, Protection};
use crate::message::{Envelope, Header, RawMessage, stamp, trace};
use crate::policy::{Mode, OnFilterError, Verdict};
use crate::relay::{ConnectionSecurity, Dialog, Hop, SendError};
use crate::telemetry::failpoint;

/// Messages up to this many bytes are judged on the thread that read them; larger ones on a thread of
/// their own, so that no other connection waits for them.
const INLINE_LIMIT: usize = 128 * 1024;
/// How long a mail waits for the reader of pictures; then its pictures are left unread.
const MAX_WAIT: Duration = Duration::from_secs(120);
/// Mails that wait for it at once; the pictures of further ones are left unread. Each holds its content, and a
/// connection to its next hop: of those never more than half, or mail without pictures would find none.
const MAX_QUEUE: usize = 16;

/// Decides and acts; logs and counts the outcome.
pub(super) async fn carry_out(mut transaction: Transaction, message: RawMessage) -> Result<Accepted, Refusal> {
    let now = Zoned::now();
    let message = Arc::new(message);
    let size = message.len();
    transaction.bypass = transaction.pipeline.bypass();
    let mut considered = consider(&mut transaction, &message, &now).await;
    let (outcome, result) = match &mut considered {
        Err(refusal) => (not_taken(refusal), Err(refusal.clone())),
        Ok(judgement) => match act(&mut transaction, message, judgement, &now).await {
            ("rejected", result) => ("rejected", result),
            (_, Err(refusal)) => (not_taken(&refusal), Err(refusal)),
            accepted => accepted,
        },
    };
    if let Route::Dialog { dialog, .. } = std::mem::replace(&mut transaction.route, Route::Open) {
        // The client need not wait for the RSET.
        tokio::spawn(dialog.abandon());
    }
    record(&transaction, size, considered.as_ref().ok(), outcome, &result, &now);
    result
}

/// What log and figures call a mail that the client still has.
fn not_taken(refusal: &Refusal) -> &'static str {
    if refusal.reply().is_permanent() { "refused" } else { "deferred" }
}

/// The time from the dot to the reply is up; the client hears 451, and what was begun is dropped.
pub(super) fn overdue(pipeline: &Pipeline, id: &str, size: usize) {
    metrics::counter!("sluss_messages_total", "outcome" => "deferred").increment(1);
    let bypass = pipeline.bypass().map(|_| true);
    tracing::error!(id, size, bypass, "a message took too long; its client tries again");
}

/// Everything before the verdict is carried out.
async fn consider(transaction: &mut Transaction, message: &Arc<RawMessage>, now: &Zoned) -> Result<Judgement, Refusal> {
    let pipeline = transaction.pipeline.clone();
    let (Route::Dialog { hop, .. } | Route::Unprotected { hop }) = &transaction.route else {
        return Err(Refusal::NextHopUnavailable);
    };
    let hop = hop.clone();
    refuse_early(&pipeline, transaction, message, now)?;
    let judgement = match judge(transaction, message, &hop, now).await {
        Ok(judgement) => {
            let turned = {
                let mut faults = pipeline.faults();
                faults.fine();
                faults.turned()
            };
            report(&pipeline, turned);
            judgement
        }
        Err(Fault) => after_fault(transaction, message, &hop, now)?,
    };
    // Asked again: it may have been over, or begun, while the mail was read. From here on it is settled.
    transaction.bypass = pipeline.bypass();
    // Where only is watched, it goes on like everything else that would be stopped.
    let fragmented = judgement.inspection.fragmented && judgement.unit.rules.mode == Mode::Enforce;
    if fragmented && transaction.bypass.is_none() {
        return Err(Refusal::Fragmented);
    }
    Ok(judgement)
}

/// Refusals that need no inspection.
fn refuse_early(
    pipeline: &Pipeline,
    transaction: &Transaction,
    message: &RawMessage,
    now: &Zoned,
) -> Result<(), Refusal> {
    let settings = &transaction.in_force.settings;
    let header = Header::of(message.bytes());
    if !header.is_acceptable() {
        return Err(Refusal::BadHeader);
    }
    let received = header.fields.iter().filter(|field| field.is("received")).count();
    if received > trace::MAX_RECEIVED || trace::passes(&header.fields, &settings.hostname) > 1 {
        return Err(Refusal::Loop);
    }
    if let Some(keys) = &pipeline.keys
        && stamp::comes_back(&header, &transaction.envelope.recipients, now.timestamp().as_second(), keys)
    {
        return Err(Refusal::Loop);
    }
    if let Some((name, value)) = &settings.require_header
        && !header.fields.iter().any(|field| field.is(name) && *field.unfolded() == *value.as_bytes())
    {
        return Err(Refusal::NotAllowed);
    }
    Ok(())
}

/// Inspects and decides. While a large message waits for its turn or is read, the next hop is kept awake.
async fn judge(
    transaction: &mut Transaction,
    message: &Arc<RawMessage>,
    hop: &Arc<Hop>,
    now: &Zoned,
) -> Result<Judgement, Fault> {
    let pipeline = transaction.pipeline.clone();
    let knowledge = transaction.in_force.knowledge.clone();
    let judging =
        in_steps(pipeline, knowledge, message.clone(), transaction.envelope.clone(), hop.clone(), now.clone());
    let mut judging = std::pin::pin!(judging);
    loop {
        let quiet_too_long = transaction.keep_alive_at();
        tokio::select! {
            biased;
            judged = &mut judging => return judged,
            () = until(quiet_too_long) => transaction.keep_alive().await,
        }
    }
}

/// Reads, reads pictures, concludes. Between the steps nothing is held that another mail needs: who waits for
/// the reader of pictures has no turn at inspecting and no thread, only its place in that queue.
async fn in_steps(
    pipeline: Arc<Pipeline>,
    knowledge: Arc<Knowledge>,
    message: Arc<RawMessage>,
    envelope: Envelope,
    hop: Arc<Hop>,
    now: Zoned,
) -> Result<Judgement, Fault> {
    let envelope = Arc::new(envelope);
    let small = message.len() <= INLINE_LIMIT;
    let mut read = {
        let (knowledge, envelope) = (knowledge.clone(), envelope.clone());
        in_turn(&pipeline, small, move || knowledge.read(&message, Some(&envelope))).await?
    };
    // With nobody to read them the second step only says so.
    if read.waits_for_pictures() && knowledge.pictures.at_once() > 0 {
        let most = hop.max_connections().div_euclid(2).clamp(1, MAX_QUEUE);
        match Place::in_queue(&pipeline.queue, most) {
            Some(place) => read = read_pictures(&pipeline, &knowledge, read, place).await?,
            None => {
                tracing::warn!("too many mails wait for the reader of pictures: those of this one stay unread");
                read.give_pictures_up()?;
            }
        }
    } else {
        knowledge.read_pictures(&mut read)?;
    }
    in_turn(&pipeline, small, move || knowledge.conclude(read, Some(&envelope), hop.name(), &now)).await
}

/// Waits for a turn at the reader of pictures, and takes it.
async fn read_pictures(
    pipeline: &Pipeline,
    knowledge: &Arc<Knowledge>,
    mut read: Read,
    place: Place,
) -> Result<Read, Fault> {
    // Closed only with the pipeline itself.
    let turn = timeout(MAX_WAIT, pipeline.pictures.clone().acquire_owned()).await.ok().and_then(Result::ok);
    let knowledge = knowledge.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let _place = place;
        match &turn {
            Some(_) => knowledge.read_pictures(&mut read),
            None => read.give_pictures_up(),
        }
        .map(|()| read)
    });
    reading.await.unwrap_or(Err(Fault))
}

/// A place in the queue for the reader of pictures, until it is dropped.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn in_queue(queue: &Arc<AtomicUsize>, most: usize) -> Option<Place> {
        let enter = |now: usize| (now < most).then(|| now.saturating_add(1));
        queue.fetch_update(Ordering::AcqRel, Ordering::Acquire, enter).ok()?;
        Some(Place(queue.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Does `what` where it stands for a small message; for a larger one on a thread of its own, in its turn.
async fn in_turn<T: Send + 'static>(
    pipeline: &Pipeline,
    small: bool,
    what: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    if small {
        return what();
    }
    // Closed only with the pipeline itself.
    let turn = pipeline.inspections.clone().acquire_owned().await.map_err(|_| Fault)?;
    let working = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        what()
    });
    working.await.unwrap_or(Err(Fault))
}

/// Waits until then; `None` never comes.
async fn until(then: Option<tokio::time::Instant>) {
    match then {
        Some(then) => tokio::time::sleep_until(then).await,
        None => std::future::pending().await,
    }
}

/// Readiness follows the share of mails that fail inspection, down and up again.
fn report(pipeline: &Pipeline, turned: Option<bool>) {
    match turned {
        Some(true) => pipeline.health.set("inspection", Err("more than one in a hundred mails fails")),
        Some(false) => pipeline.health.set("inspection", Ok::<(), &str>(())),
        None => {}
    }
}

/// Our own inspection failed. `[policy] on_filter_error` decides, and a mail that fails again and
/// again is uninspectable.
pub(super) fn after_fault(
    transaction: &Transaction,
    message: &RawMessage,
    hop: &Arc<Hop>,
    now: &Zoned,
) -> Result<Judgement, Refusal> {
    let pipeline = &transaction.pipeline;
    let (advice, turned) = {
        let mut faults = pipeline.faults();
        (faults.failed(fault_key(message), std::time::Instant::now()), faults.turned())
    };
    report(pipeline, turned);
    let bypass = pipeline.bypass().map(|_| true);
    tracing::error!(id = transaction.id(), size = message.len(), bypass, "inspection failed through a fault of ours");
    let mut judgement = transaction.in_force.knowledge.judge_fault(&transaction.envelope, hop.name(), now);
    // A bypass lets it pass, like what cannot be read.
    if advice == Advice::GiveUp || bypass.is_some() {
        return Ok(judgement);
    }
    let observing = judgement.unit.rules.mode == Mode::Observe;
    match judgement.unit.rules.on_filter_error {
        OnFilterError::Tempfail => Err(Refusal::Fault),
        OnFilterError::Hold => {
            judgement.outcome.judged = Verdict::Quarantine;
            judgement.outcome.verdict = if observing { Verdict::Relay } else { Verdict::Quarantine };
            Ok(judgement)
        }
        OnFilterError::Pass => {
            judgement.outcome.verdict = Verdict::Relay;
            Ok(judgement)
        }
    }
}

fn fault_key(message: &RawMessage) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    message.bytes().hash(&mut hasher);
    hasher.finish()
}

/// Carries the verdict out; the word is what the log and the figures call it.
async fn act(
    transaction: &mut Transaction,
    message: Arc<RawMessage>,
    judgement: &mut Judgement,
    now: &Zoned,
) -> (&'static str, Result<Accepted, Refusal>) {
    // Never a weaker try: with less protection than the channel demands the mail does not leave.
    let spared = transaction.bypass.is_some() && bypass::spares(judgement);
    let short = match &transaction.route {
        Route::Dialog { dialog, .. } => falls_short(dialog, judgement),
        Route::Unprotected { .. } => true,
        Route::Open | Route::Lost => false,
    };
    if short && (spared || judgement.outcome.verdict <= Verdict::Warn) {
        return too_open(transaction, message, judgement, now).await;
    }
    if spared {
        return ("bypassed", send(transaction, &message, judgement, now).await);
    }
    // What is decided without a record did not happen: without one the mail waits. What is held has its own.
    let recorded = match judgement.outcome.verdict {
        Verdict::Quarantine => Ok(()),
        Verdict::Reject => record_decision(transaction, judgement, now).await,
        Verdict::Warn | Verdict::Reroute => match record_decision(transaction, judgement, now).await {
            Ok(()) => record_exception(transaction, judgement, now).await,
            failed => failed,
        },
        Verdict::Relay => record_exception(transaction, judgement, now).await,
    };
    if let Err(error) = recorded {
        tracing::error!(id = transaction.id(), %error, "what was decided could not be recorded");
        return ("deferred", Err(Refusal::StoreUnavailable));
    }
    match judgement.outcome.verdict {
        Verdict::Relay if judgement.unit.rules.mode == Mode::Observe && judgement.outcome.judged != Verdict::Relay => {
            ("observed", send(transaction, &message, judgement, now).await)
        }
        Verdict::Relay => ("relayed", send(transaction, &message, judgement, now).await),
        Verdict::Warn => {
            let sent = send(transaction, &message, judgement, now).await;
            if sent.is_ok() {
                notify::warned(transaction, judgement, now).await;
            }
            ("warned", sent)
        }
        Verdict::Reroute => {
            let (word, sent) = reroute(transaction, message, judgement, now).await;
            // Who has asked for it knows.
            if word == "rerouted" && sent.is_ok() && !judgement.outcome.requested {
                notify::rerouted(transaction, judgement, now).await;
            }
            (word, sent)
        }
        Verdict::Quarantine => ("held", super::hold::hold(transaction, message, judgement, now).await),
        Verdict::Reject => {
            notify::rejected(transaction, judgement, now).await;
            let refusal = if judgement.outcome.confidential { Refusal::Confidential } else { Refusal::Unreadable };
            ("rejected", Err(refusal))
        }
    }
}

fn falls_short(dialog: &Dialog, judgement: &Judgement) -> bool {
    judgement.outcome.tls.is_some_and(|demand| !has(dialog.security(), demand))
}

/// The connection is less protected than the channel demands: the mail is held, or its sender tries again.
async fn too_open(
    transaction: &Transaction,
    message: Arc<RawMessage>,
    judgement: &mut Judgement,
    now: &Zoned,
) -> (&'static str, Result<Accepted, Refusal>) {
    tracing::warn!(id = transaction.id(), "the connection has less protection than the channel demands");
    judgement.unprotected = true;
    judgement.outcome.reasons.push("connection-below-demand".to_owned());
    let hold = judgement.outcome.tls.is_some_and(|demand| demand.or_hold) && judgement.unit.rules.mode == Mode::Enforce;
    if hold {
        ("held", super::hold::hold(transaction, message, judgement, now).await)
    } else {
        ("deferred", Err(Refusal::NextHopUnprotected))
    }
}

/// DATA on the dialog that the recipients opened.
async fn send(
    transaction: &mut Transaction,
    message: &RawMessage,
    judgement: &Judgement,
    now: &Zoned,
) -> Result<Accepted, Refusal> {
    let Route::Dialog { hop, dialog } = std::mem::replace(&mut transaction.route, Route::Open) else {
        return Err(Refusal::NextHopUnavailable);
    };
    hand_off(transaction, &hop, *dialog, message, judgement, now).await
}

/// Whether a connection has what a channel demands.
pub(super) fn has(security: ConnectionSecurity, demand: Demand) -> bool {
    let least = match demand.protection {
        Protection::Encrypted => ConnectionSecurity::Encrypted,
        Protection::Verified => ConnectionSecurity::Verified,
    };
    security >= least
}

/// The whole dialog on another hop. All recipients or none: a 4xx is the client's to retry, a 5xx
/// holds the mail, because it may not go the ordinary way.
async fn reroute(
    transaction: &Transaction,
    message: Arc<RawMessage>,
    judgement: &mut Judgement,
    now: &Zoned,
) -> (&'static str, Result<Accepted, Refusal>) {
    let hop = judgement.outcome.reroute_to.as_ref().and_then(|name| transaction.in_force.hops().get(name)).cloned();
    let Some(hop) = hop else {
        return ("rerouted", Err(Refusal::Fault));
    };
    let sent = match start_all(&hop, &transaction.envelope, &transaction.envelope.recipients).await {
        Ok(dialog) if falls_short(&dialog, judgement) => {
            dialog.abandon().await;
            return too_open(transaction, message, judgement, now).await;
        }
        Ok(dialog) => hand_off(transaction, &hop, dialog, &message, judgement, now).await,
        Err(Refusal::NextHopUnprotected) => return too_open(transaction, message, judgement, now).await,
        Err(refusal) => Err(refusal),
    };
    match sent {
        // What need not go that way goes back to who asked for it.
        Err(refusal) if refusal.reply().is_permanent() && harmless(judgement) => ("refused", Err(refusal)),
        Err(refusal) if refusal.reply().is_permanent() => {
            tracing::info!(id = transaction.id(), "the secure hop refused the mail for good; it is held");
            ("held", super::hold::hold(transaction, message, judgement, now).await)
        }
        Err(Refusal::NextHop(_)) => ("rerouted", Err(Refusal::NextHopUnavailable)),
        sent => ("rerouted", sent),
    }
}

/// Nothing in the mail asks for another way than the ordinary one.
fn harmless(judgement: &Judgement) -> bool {
    !judgement.outcome.confidential && judgement.inspection.uninspectable.is_empty()
}

async fn hand_off(
    transaction: &Transaction,
    hop: &Arc<Hop>,
    dialog: Dialog,
    message: &RawMessage,
    judgement: &Judgement,
    now: &Zoned,
) -> Result<Accepted, Refusal> {
    let header = Header::of(message.bytes());
    let pipeline = &transaction.pipeline;
    let verdict = judgement.outcome.verdict.as_str();
    let mut prefix =
        prefix::added(pipeline.keys.as_deref(), hop, &header, &transaction.envelope, verdict, now.timestamp());
    prefix.push_str(&transaction.received(now));
    let mut names = prefix::stripped(&transaction.in_force);
    names.extend(prefix::replaced(hop));
    let mut content = vec![prefix.as_bytes()];
    content.extend(header.without(&names));
    failpoint::hit("relay:before-handoff");
    let sent = dialog.send(&content).await;
    failpoint::hit("relay:after-handoff");
    match sent {
        Ok(receipt) => Ok(receipt.into()),
        Err(SendError::Refused(reply)) => Err(Refusal::NextHop(reply)),
        Err(SendError::Lost) => Err(Refusal::NextHopUnavailable),
        Err(SendError::Unknown) => Err(Refusal::UnknownOutcome),
    }
}

/// What the figures call a mail that was relayed because its unit observes: what it would have been else.
fn observed(judged: Verdict) -> &'static str {
    match judged {
        Verdict::Relay => "relayed",
        Verdict::Warn => "observed-warned",
        Verdict::Reroute => "observed-rerouted",
        Verdict::Quarantine => "observed-held",
        Verdict::Reject => "observed-rejected",
    }
}

/// One line in the log, one count in the metrics and the figures. Content-free.
fn record(
    transaction: &Transaction,
    size: usize,
    judgement: Option<&Judgement>,
    outcome: &'static str,
    result: &Result<Accepted, Refusal>,
    now: &Zoned,
) {
    let reply = match result {
        Ok(accepted) => accepted.reply(),
        Err(refusal) => refusal.reply(),
    };
    // Observed mail was relayed, and counts as that: the dots answered 250 must come out even.
    let counted = if outcome == "observed" { "relayed" } else { outcome };
    metrics::counter!("sluss_messages_total", "outcome" => counted).increment(1);
    if result.is_ok() {
        transaction.pipeline.figures.taken(counted);
    }
    let why = result.as_ref().err().map(Refusal::word);
    let bypass = transaction.bypass.map(|_| true);
    if let (Some(bypass), Some(judgement), true) = (transaction.bypass, judgement, result.is_ok()) {
        transaction.pipeline.count_bypass(bypass, &judgement.unit.id, outcome == "bypassed");
    }
    let Some(judgement) = judgement else {
        tracing::info!(
            id = transaction.id(),
            outcome,
            reply = reply.code,
            why,
            bypass,
            size,
            recipients = transaction.accepted(),
            ms = millis(transaction),
            "message"
        );
        return;
    };
    let weakest = judgement.addresses.iter().map(|a| a.class.level).min().unwrap_or_default().as_str();
    let categories = judgement.outcome.categories.iter().map(|c| c.as_str());
    let figure = if outcome == "observed" { observed(judgement.outcome.judged) } else { outcome };
    // What only asks for a warning has categories of its own.
    let warned = judgement.outcome.warned.iter().filter(|_| !judgement.outcome.confidential).map(|c| c.as_str());
    let deciding = categories.clone().chain(warned);
    transaction.pipeline.totals.add(&now.date().to_string(), &judgement.unit.id, figure, deciding, weakest);
    tracing::info!(
        id = transaction.id(),
        outcome,
        reply = reply.code,
        why,
        unit = judgement.unit.id,
        judged = judgement.outcome.judged.as_str(),
        severity = judgement.outcome.severity.as_str(),
        categories = categories.collect::<Vec<_>>().join(","),
        reasons = judgement.outcome.reasons.join(","),
        channel = weakest,
        way = judgement.outcome.way.as_deref(),
        patterns = &*judgement.edition,
        config = &**transaction.in_force.config(),
        bypass,
        size,
        recipients = transaction.accepted(),
        ms = millis(transaction),
        "message"
    );
}

fn millis(transaction: &Transaction) -> u64 {
    u64::try_from(transaction.started.elapsed().as_millis()).unwrap_or(u64::MAX)
}
