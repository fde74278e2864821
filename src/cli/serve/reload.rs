//! Reading the configuration again: a whole new set, or the old one.
//!
//! `sluss.toml` is read on SIGHUP alone. What it names as watched is taken when it has changed, under the text
//! that is in force: nobody's half-edited file comes into force because a list was saved. A set that has any
//! fault changes nothing. No connection ends by it; a transaction goes on under the set that it began with.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use jiff::Zoned;
use tokio::task::AbortHandle;

use super::super::assemble::{self, Hops, Readers};
use super::folders::{self, Print, Watch};
use super::record::{self, Keep};
use super::set::{Refused, Set, only_in};
use super::{PROBE_AT_START, Running, note, patterns_in_force, probe};
use crate::audit::Event;
use crate::config::show::Shown;
use crate::config::{self, Checked, Digest, LoadError};
use crate::console::Desk;
use crate::gateway::Control;
use crate::notice::Voice;
use crate::pipeline::{Edition, Knowledge, Pipeline};

/// Name of the check that shows whether the last change was taken.
const CHECK: &str = "configuration";

/// What a reload replaces, and what it is compared with.
pub(super) struct Live {
    /// In force: what needs a restart is as it was at the start.
    pub checked: Checked,
    pub digest: Digest,
    pub edition: Edition,
    pub hops: Hops,
    pub probes: HashMap<String, AbortHandle>,
    pub control: Option<Control>,
    pub voice: Arc<ArcSwapOption<Voice>>,
    pub desk: Arc<ArcSwapOption<Desk>>,
    pub knowledge: Arc<Knowledge>,
    pub keep: Keep,
    pub watch: Watch,
}

/// Why it is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Somebody asked for it: the file counts as it is now.
    Asked,
    /// Something watched has changed: the text in force counts.
    Changed,
}

impl Cause {
    fn as_str(self) -> &'static str {
        match self {
            Cause::Asked => "asked",
            Cause::Changed => "changed",
        }
    }
}

/// A set that can come into force, and the keys that wait for a restart.
struct Prepared {
    set: Set,
    waiting: Vec<&'static str>,
    warnings: Vec<String>,
    /// What was watched as it was read.
    print: Print,
}

impl Running {
    /// SIGHUP. Says to systemd what came of it.
    pub async fn reload(&mut self) {
        use sd_notify::NotifyState::{Ready, Reloading, Status};
        if let Ok(now) = sd_notify::NotifyState::monotonic_usec_now() {
            // Without systemd there is nobody to tell.
            let _ = sd_notify::notify(&[Reloading, now]);
        }
        let outcome = self.take(Cause::Asked).await;
        let _ = sd_notify::notify(&[Ready, Status(&outcome)]);
    }

    /// One look at what is watched; takes it when it has changed and come to rest.
    pub async fn look(&mut self) {
        let paths = self.live.checked.watched();
        if paths.is_empty() {
            return;
        }
        let Ok(print) = tokio::task::spawn_blocking(move || folders::look(&paths)).await else { return };
        if self.live.watch.sees(print) {
            let outcome = self.take(Cause::Changed).await;
            let _ = sd_notify::notify(&[sd_notify::NotifyState::Status(&outcome)]);
        }
    }

    /// Reads, checks and puts in force, or says why not; gives the outcome in a line.
    pub async fn take(&mut self, cause: Cause) -> String {
        let (running, readers, present) = (self.live.checked.clone(), self.readers.clone(), self.live.hops.clone());
        let prepared = tokio::task::spawn_blocking(move || prepare(cause, &running, &readers, &present)).await;
        match prepared {
            Ok(Ok(prepared)) => self.put_in_force(cause, prepared).await,
            Ok(Err(refused)) => self.refuse(cause, &refused).await,
            Err(_) => self.refuse(cause, &Refused::because("reading it failed through a fault of ours")).await,
        }
    }

    async fn put_in_force(&mut self, cause: Cause, prepared: Prepared) -> String {
        let Prepared { set, waiting, warnings, print } = prepared;
        if cause == Cause::Asked {
            self.live.watch.knows(print);
        }
        let Set { checked, digest, edition, hops, registry, knowledge, relay, voice, sealer } = set;
        if cause == Cause::Changed && digest == self.live.digest {
            tracing::debug!("watched files have changed, and mean the same");
            self.health.well_but(CHECK, None);
            return in_force(&self.live.digest);
        }
        warnings.iter().for_each(|warning| eprintln!("{warning}"));
        self.meet(&hops).await;
        if let Some((pipeline, (in_force, rules))) = self.pipeline.as_ref().zip(relay) {
            resize(pipeline, &checked);
            pipeline.replace(in_force);
            if let Some(control) = &self.live.control {
                control.replace(rules);
            }
        }
        if let Some(rooms) = &self.rooms {
            rooms.routes.replace(
                hops.clone(),
                registry,
                checked.rules.minimum.clone(),
                assemble::disclosures(&checked),
            );
            if let Some((quarantine, sealer)) = rooms.quarantine.as_ref().zip(sealer) {
                quarantine.replace(sealer, assemble::times(&checked), assemble::desks(&checked));
            }
        }
        self.live.voice.store(voice.map(Arc::new));
        self.live.knowledge = knowledge;
        if let Err(error) = self.show_pages(&checked, &digest) {
            // Its texts are those of the notices, which were read a moment ago.
            tracing::error!(%error, "the sender's page and the desk stay as they were");
        }
        self.live.keep.store(checked.audit.clone().map(Arc::new));
        let before = std::mem::replace(&mut self.live.checked, checked);
        let old_patterns = std::mem::replace(&mut self.live.edition, edition);
        self.live.digest = digest;
        self.live.hops = hops;
        self.read_entries(true).await;
        self.say(cause, &before, &old_patterns, &waiting).await;
        self.health.well_but(CHECK, None);
        match waiting.is_empty() {
            true => in_force(&self.live.digest),
            false => format!("{}; needs a restart: {}", in_force(&self.live.digest), waiting.join(", ")),
        }
    }

    /// Learns what new next hops offer before the first mail goes to them, watches over them, and over no
    /// other any more.
    async fn meet(&mut self, hops: &Hops) {
        let (new, gone) = (only_in(hops, &self.live.hops), only_in(&self.live.hops, hops));
        for name in gone.keys() {
            if let Some(probe) = self.live.probes.remove(*name) {
                probe.abort();
            }
            if !hops.contains_key(*name) {
                self.health.forget(&format!("next-hop:{name}"));
            }
        }
        let asked = new.values().map(|&hop| {
            let hop = hop.clone();
            tokio::spawn(async move { tokio::time::timeout(PROBE_AT_START, hop.probe()).await })
        });
        for asking in asked.collect::<Vec<_>>() {
            // A hop that is down is no reason against a configuration.
            let _ = asking.await;
        }
        for (name, hop) in new {
            let probing = probe(hop.clone(), self.health.clone(), self.shutdown.subscribe());
            self.live.probes.insert(name.to_owned(), self.tasks.spawn(probing));
        }
    }

    /// Log and record.
    async fn say(&self, cause: Cause, before: &Checked, patterns: &Edition, waiting: &[&str]) {
        let changed = Shown::of(before).differences(&Shown::of(&self.live.checked));
        let changed: Vec<&str> = changed.iter().map(|difference| difference.path()).collect();
        let digest = &self.live.digest;
        tracing::info!(
            config = &**digest.short(),
            sha256 = digest.sha256(),
            cause = cause.as_str(),
            changed = changed.join(","),
            "configuration in force"
        );
        // A list that was saved is no news of what waits.
        for key in waiting.iter().filter(|_| cause == Cause::Asked) {
            tracing::warn!("needs a restart: {key}");
        }
        self.record(Event::ConfigLoaded { digest: digest.sha256().to_owned() }).await;
        let known = record::mailboxes(before);
        for loaded in record::mailboxes(&self.live.checked).into_iter().filter(|loaded| !known.contains(loaded)) {
            self.record(loaded).await;
        }
        if self.live.edition.sha256() != patterns.sha256() {
            patterns_in_force(&self.live.edition, self.rooms.as_ref()).await;
        }
    }

    async fn refuse(&self, cause: Cause, refused: &Refused) -> String {
        for fault in &refused.faults {
            eprintln!("sluss: {fault}");
        }
        let (faults, digest) = (refused.faults.len(), &self.live.digest);
        let config = &**digest.short();
        tracing::error!(
            config,
            faults,
            cause = cause.as_str(),
            "the configuration was refused; the old one stays in force"
        );
        self.record(Event::ConfigRefused { digest: digest.sha256().to_owned(), faults }).await;
        let outcome = format!("a change was refused ({faults} faults, see the log); {}", in_force(digest));
        self.health.well_but(CHECK, Some(&outcome));
        outcome
    }

    async fn record(&self, event: Event) {
        let Some(rooms) = &self.rooms else { return };
        if let Err(error) = note(&rooms.store, event).await {
            tracing::error!(%error, "which configuration is in force could not be recorded");
        }
    }
}

impl Live {
    /// Records the first set like every later one.
    pub(super) async fn begins(running: &Running) {
        let digest = &running.live.digest;
        tracing::info!(config = &**digest.short(), sha256 = digest.sha256(), "configuration in force");
        running.record(Event::ConfigLoaded { digest: digest.sha256().to_owned() }).await;
        for loaded in record::mailboxes(&running.live.checked) {
            running.record(loaded).await;
        }
        running.health.well_but(CHECK, None);
    }
}

fn in_force(digest: &Digest) -> String {
    format!("configuration {} in force", digest.short())
}

/// `memory_for_messages`.
fn resize(pipeline: &Pipeline, checked: &Checked) {
    if let Some(gateway) = &checked.gateway {
        pipeline.memory().set_limit(assemble::bytes(gateway.memory_for_messages));
    }
}

/// From the file, or from the text in force, to a set that can come into force.
fn prepare(cause: Cause, running: &Checked, readers: &Readers, present: &Hops) -> Result<Prepared, Refused> {
    let (path, today): (PathBuf, _) = (running.path.clone(), Zoned::now().date());
    // Before it is read: what changes from here on is seen as a change.
    let (watched, before) = (running.watched(), folders::look(&running.watched()));
    let loaded = match cause {
        Cause::Asked => config::load(&path, today),
        Cause::Changed => config::load_text(&path, &running.text, today),
    };
    let (new, report) = loaded.map_err(|error| match error {
        LoadError::Refused(report) => Refused { faults: report.faults().map(ToString::to_string).collect() },
        unreadable @ LoadError::Unreadable { .. } => Refused::because(unreadable),
    })?;
    let (checked, waiting) = config::held_back(running, new);
    let set = Set::prepare(checked, readers, present).inspect_err(|_| {
        // Else a fault that comes of what is held back could not be understood.
        for key in waiting.iter().filter(|_| cause == Cause::Asked) {
            eprintln!("sluss: needs a restart: {key}");
        }
    })?;
    let now_watched = set.checked.watched();
    let print = if now_watched == watched { before } else { folders::look(&now_watched) };
    Ok(Prepared { set, waiting, warnings: report.warnings().map(ToString::to_string).collect(), print })
}

/// Between two looks at what is watched.
pub(super) fn looks() -> tokio::time::Interval {
    let mut looks = tokio::time::interval(folders::LOOK);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    looks
}
