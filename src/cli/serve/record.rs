//! The record of decisions while the program runs: anchored every hour and at the end, old entries deleted where the
//! configuration says so.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use jiff::{Timestamp, ToSpan, Zoned};
use tokio::sync::watch;

use super::{Rooms, note};
use crate::audit::{self, Actor, Event, Figures};
use crate::config::Checked;
use crate::config::checked::Audit;
use crate::message::Keys;
use crate::store::{Store, StoreError};

/// How often the heads of all chains go to the log and into each other, those of the command line included.
const ANCHOR: Duration = Duration::from_secs(3600);
/// How often entries that are too old are looked for.
const RETENTION: Duration = Duration::from_secs(24 * 3600);

/// How long entries are kept, as configured now.
pub(super) type Keep = Arc<ArcSwapOption<Audit>>;

/// Whoever can change the database cannot change the log.
pub(super) async fn anchor_every_hour(store: Arc<dyn Store>, mut stopping: watch::Receiver<bool>) {
    loop {
        if let Err(error) = audit::anchor(store.as_ref(), Timestamp::now()).await {
            tracing::warn!(%error, "the audit chains could not be anchored");
        }
        tokio::select! {
            () = tokio::time::sleep(ANCHOR) => {}
            _ = stopping.wait_for(|&stop| stop) => return,
        }
    }
}

/// Deletes entries older than `[audit] keep_years`, by its decision.
pub(super) async fn keep_no_longer(
    store: Arc<dyn Store>,
    keys: Arc<Keys>,
    keep: Keep,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        if let Some(audit) = keep.load_full() {
            match delete_older(store.as_ref(), &keys, &audit, &Zoned::now()).await {
                Ok(pruned) if pruned == audit::Pruned::default() => {}
                Ok(pruned) => tracing::info!(links = pruned.links, messages = pruned.messages, "audit pruned"),
                Err(error) => tracing::warn!(%error, "old audit entries could not be deleted"),
            }
        }
        tokio::select! {
            () = tokio::time::sleep(RETENTION) => {}
            _ = stopping.wait_for(|&stop| stop) => return,
        }
    }
}

async fn delete_older(store: &dyn Store, keys: &Keys, audit: &Audit, now: &Zoned) -> Result<audit::Pruned, StoreError> {
    // Before any time that there is, nothing is old.
    let Ok(before) = now.checked_sub(i64::from(audit.keep_years).years()) else {
        return Ok(audit::Pruned::default());
    };
    let by = (&Actor::System, now.timestamp());
    audit::prune(store, keys, before.timestamp(), &audit.keep_decision, by).await
}

/// The last of a process: heads, then its own end.
pub(super) async fn ended(store: &Arc<dyn Store>, figures: Option<Figures>) {
    let anchored = audit::anchor(store.as_ref(), Timestamp::now()).await;
    let stopped = note(store, Event::Stopped { version: env!("CARGO_PKG_VERSION"), figures }).await;
    if let Err(error) = anchored.and(stopped) {
        tracing::warn!(%error, "the end could not be recorded");
    }
}

/// Which private keys were read at the start.
pub(super) async fn identities_read(rooms: &Rooms) {
    let recipients = rooms.quarantine.as_ref().map(|quarantine| quarantine.opens_for()).unwrap_or_default();
    if recipients.is_empty() {
        return;
    }
    if let Err(error) = note(&rooms.store, Event::IdentitiesRead { recipients, purpose: "serve" }).await {
        tracing::error!(%error, "which identities were read could not be recorded");
    }
}

/// What is known of single mailboxes, by the import that came into force.
pub(super) fn mailboxes(checked: &Checked) -> Vec<Event> {
    let imported = checked.channels.iter().filter_map(|channel| channel.mailbox.imported.as_ref());
    imported
        .map(|mailboxes| Event::MailboxesLoaded {
            channel: mailboxes.run.channel.clone(),
            imported_by: mailboxes.run.imported_by.clone(),
            as_of: mailboxes.run.as_of,
            mailboxes: mailboxes.records.len(),
            sha256: mailboxes.run.inputs.iter().map(|input| input.sha256.as_str()).collect::<Vec<_>>().join(","),
        })
        .collect()
}
