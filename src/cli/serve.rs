//! `sluss serve`: relay, release and console, as the configuration's tables say.
//!
//! Starting is all or nothing: every fault of configuration, ports, files and store ends the program
//! with status 2 before a client is served. Stopping is gentle: no new connections, what is past its
//! dot is finished, the last figures are written. Between them the configuration may change: see [`reload`].

mod entries;
mod folders;
mod record;
mod reload;
pub mod set;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use jiff::{Timestamp, Zoned};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use folders::Watch;
use reload::Live;
use set::Set;

use super::assemble::{self, Hops, Readers, Unusable};
use super::register::Source;
use crate::audit::{Actor, Event};
use crate::config::show::Shown;
use crate::config::{Checked, Digest};
use crate::console::desk::Operations;
use crate::gateway::Gateway;
use crate::inspect::helper::tesseract::Readiness;
use crate::message::{Keys, MemoryCap};
use crate::notice::Outbox;
use crate::pipeline::{Edition, Parts, Pipeline, ReleaseRoutes};
use crate::quarantine::{Quarantine, secret};
use crate::relay::Hop;
use crate::store::{Health as StoreHealth, Store, StoreError};
use crate::telemetry::{Health, logging, metrics};

/// How often the next hops are asked what they offer.
const PROBE_EVERY: Duration = Duration::from_secs(5 * 60);
/// How soon a hop that did not answer is asked again.
const PROBE_AGAIN: Duration = Duration::from_secs(10);
/// How long starting waits for a hop; one that is down is not waited for.
const PROBE_AT_START: Duration = Duration::from_secs(2);
/// How often daily figures go to the store.
const FLUSH_EVERY: Duration = Duration::from_secs(60);
/// How long what is not a client's transaction may take to end: a release or a notice on its way. What is
/// given up then is done again by the next process.
const BACKGROUND_END: Duration = Duration::from_secs(35);
/// How often is looked whether a process that opens attachments is there.
const ATTACHMENTS_CHECK: Duration = Duration::from_secs(30);
/// How often the store is asked whether the bypass is on: who switches it on or off was told five seconds.
const BYPASS_LOOK: Duration = Duration::from_secs(2);
/// How often is looked whether a new day has begun, on which evidence may end.
const DAY_LOOK: Duration = Duration::from_secs(10 * 60);
/// How often the store is asked whether it is well.
const STORE_CHECK: Duration = Duration::from_secs(5);

/// Run the relay and/or the console until SIGTERM; SIGHUP reads the configuration again.
#[derive(clap::Args)]
pub struct Args {}

pub fn run(path: &Path) -> ExitCode {
    match assemble::load(path).and_then(|checked| serve(&checked)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sluss: {error}");
            ExitCode::from(super::EXIT_UNUSABLE)
        }
    }
}

/// Threads that carry the dialogs; parsing of large mails has threads of its own.
pub fn runtime() -> Result<tokio::runtime::Runtime, Unusable> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Unusable::because)
}

fn serve(checked: &Checked) -> Result<(), Unusable> {
    logging::init(logging::Format::detect()).map_err(Unusable::because)?;
    let metrics = metrics::install().map_err(Unusable::because)?;
    runtime()?.block_on(async {
        // Before the start: whoever asks for a reload during it must not end the process by that.
        let signals = Signals::caught()?;
        let mut running = Running::start(checked, metrics).await?;
        let notify = [sd_notify::NotifyState::Ready];
        // Without systemd there is nobody to tell.
        let _ = sd_notify::notify(&notify);
        tracing::info!(version = env!("CARGO_PKG_VERSION"), listen = ?running.listening, "serving");
        running.until_signal(signals).await;
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        running.stop().await;
        Ok(())
    })
}

/// What the process listens to, from now on.
struct Signals {
    term: Signal,
    int: Signal,
    hup: Signal,
}

impl Signals {
    fn caught() -> Result<Self, Unusable> {
        let listen = |kind| signal(kind).map_err(Unusable::because);
        Ok(Signals {
            term: listen(SignalKind::terminate())?,
            int: listen(SignalKind::interrupt())?,
            hup: listen(SignalKind::hangup())?,
        })
    }
}

/// A started program.
pub struct Running {
    /// Where the gateway listens; empty without one.
    pub listening: Vec<SocketAddr>,
    pub pipeline: Option<Arc<Pipeline>>,
    /// `None` without `[store]`.
    pub rooms: Option<Rooms>,
    /// What reads attachments and pictures, and what is registered.
    pub readers: Readers,
    /// Where entries of the registers come from; `None` without a store.
    entries: Option<Source>,
    health: Health,
    live: Live,
    shutdown: watch::Sender<bool>,
    /// Ends when the last transaction past its dot has its reply.
    gateway: Option<JoinHandle<()>>,
    tasks: JoinSet<()>,
}

/// What rests on the store.
pub struct Rooms {
    pub store: Arc<dyn Store>,
    pub keys: Arc<Keys>,
    /// `None` without `[seal]`.
    pub quarantine: Option<Arc<Quarantine>>,
    pub routes: Arc<ReleaseRoutes>,
}

impl Running {
    /// Starts every room that the configuration switches on.
    pub async fn start(checked: &Checked, metrics: PrometheusHandle) -> Result<Self, Unusable> {
        if checked.gateway.is_none() && checked.console.is_none() {
            return Err(Unusable::because("nothing to serve: the configuration has neither [gateway] nor [console]"));
        }
        let health = Health::new();
        let (shutdown, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        if checked.gateway.is_some() {
            // Not ready before the last of these has been done, in this order.
            health.expect("patterns");
            health.expect("attachments");
            health.expect("listener");
        }
        let desk = Arc::new(ArcSwapOption::empty());
        if let Some(console) = &checked.console {
            let listener = TcpListener::bind(console.listen)
                .await
                .map_err(|error| Unusable(format!("[console] listen: cannot listen on {}: {error}", console.listen)))?;
            health.expect("store");
            let shown = desk.clone();
            let in_force = Arc::new(move || shown.load_full());
            tasks.spawn(crate::console::serve(listener, health.clone(), metrics, in_force, stopping.clone()));
        }
        let readers = assemble::readers(Some(checked));
        let mut watch = Watch::default();
        watch.knows(folders::look(&checked.watched()));
        let set = Set::prepare(checked.clone(), &readers, &Hops::new())?;
        let mut probes = HashMap::new();
        for hop in set.hops.values() {
            health.expect(&format!("next-hop:{}", hop.name()));
            let probing = tasks.spawn(probe(hop.clone(), health.clone(), stopping.clone()));
            probes.insert(hop.name().to_owned(), probing);
        }
        let opened = assemble::open_store(checked).await?;
        if opened.is_none() {
            health.forget("store");
        }
        let mut running = Running {
            listening: Vec::new(),
            pipeline: None,
            rooms: None,
            readers,
            entries: None,
            health: health.clone(),
            live: Live {
                checked: set.checked,
                digest: set.digest,
                edition: set.edition,
                hops: set.hops,
                probes,
                control: None,
                voice: Arc::new(ArcSwapOption::from_pointee(set.voice)),
                desk,
                knowledge: set.knowledge,
                keep: Arc::new(ArcSwapOption::from_pointee(checked.audit.clone())),
                watch,
            },
            shutdown,
            gateway: None,
            tasks,
        };
        if let Some((store, keys)) = opened {
            match note(&store, Event::Started { version: env!("CARGO_PKG_VERSION") }).await {
                // Clean mail needs no disk: it must not wait until somebody has made room. What has to be
                // held is deferred, and the check of the store says why.
                Err(error @ (StoreError::Busy | StoreError::Full)) => {
                    tracing::error!(%error, "the start could not be recorded");
                }
                noted => noted.map_err(Unusable::because)?,
            }
            running.tasks.spawn(watch_store(store.clone(), keys.clone(), health.clone(), stopping.clone()));
            running.tasks.spawn(record::anchor_every_hour(store.clone(), stopping.clone()));
            let keep = running.live.keep.clone();
            running.tasks.spawn(record::keep_no_longer(store.clone(), keys.clone(), keep, stopping.clone()));
            let rooms = running.start_rooms(checked, store, keys, &stopping)?;
            running.readers.register.unlock(rooms.keys.clone());
            record::identities_read(&rooms).await;
            running.entries = Some(entries::source(&rooms));
            running.rooms = Some(rooms);
            running.show_pages(checked, &running.live.digest)?;
            running.read_entries(true).await;
        }
        Live::begins(&running).await;
        if let Some(((in_force, rules), gateway)) = set.relay.zip(checked.gateway.as_ref()) {
            let rooms = running.rooms.as_ref();
            health.set("patterns", Ok::<(), &str>(()));
            patterns_in_force(&running.live.edition, rooms).await;
            // Before the first client, whose first attachment would have to wait for it.
            look_after_attachments(&running.readers, &health).await;
            running.tasks.spawn(watch_readers(running.readers.clone(), health.clone(), stopping.clone()));
            let pipeline = Pipeline::new(Parts {
                in_force,
                quarantine: rooms.and_then(|rooms| rooms.quarantine.clone()),
                store: rooms.map(|rooms| rooms.store.clone()),
                keys: rooms.map(|rooms| rooms.keys.clone()),
                memory: MemoryCap::new(assemble::bytes(gateway.memory_for_messages)),
                health: health.clone(),
            });
            // Before the first client: what the hops offer decides what we offer.
            for hop in running.live.hops.values() {
                let _ = tokio::time::timeout(PROBE_AT_START, hop.probe()).await;
            }
            // Before the first client, too.
            if let Err(error) = pipeline.look_at_bypass().await {
                tracing::error!(%error, "whether the bypass is on could not be told; mail is judged and stopped");
            }
            let listening = Gateway::bind(&gateway.listen, rules, pipeline.clone())
                .await
                .map_err(|error| Unusable(format!("[gateway]: {error}")))?;
            health.set("listener", Ok::<(), &str>(()));
            running.listening = listening.addresses();
            running.live.control = Some(listening.control());
            running.gateway = Some(tokio::spawn(listening.run(stopping.clone())));
            if let Some(rooms) = &running.rooms {
                running.tasks.spawn(watch_bypass(pipeline.clone(), stopping.clone()));
                running.tasks.spawn(flush_totals(pipeline.clone(), rooms.store.clone(), stopping.clone()));
            }
            running.tasks.spawn(watch_evidence(pipeline.clone(), stopping));
            running.pipeline = Some(pipeline);
        }
        Ok(running)
    }

    /// Puts the sender's page and the desk in force as the configuration says.
    fn show_pages(&self, checked: &Checked, digest: &Digest) -> Result<(), Unusable> {
        let held = self.rooms.as_ref().and_then(|rooms| Some((rooms.quarantine.as_ref()?, &rooms.keys)));
        let pages = assemble::sender_pages(checked, held)?;
        let operations = Operations {
            health: self.health.clone(),
            configuration: Shown::of(checked).to_string(),
            digest: digest.sha256().to_owned(),
        };
        let desk =
            pages.map(|pages| assemble::desk(checked, pages, self.live.knowledge.clone(), operations)).transpose()?;
        self.live.desk.store(desk.map(Arc::new));
        Ok(())
    }

    /// Quarantine with its worker (retries of releases where identities are configured, expiry everywhere),
    /// and the outbox.
    fn start_rooms(
        &mut self,
        checked: &Checked,
        store: Arc<dyn Store>,
        keys: Arc<Keys>,
        stopping: &watch::Receiver<bool>,
    ) -> Result<Rooms, Unusable> {
        let routes = Arc::new(assemble::routes(checked, self.live.hops.clone(), keys.clone())?);
        let quarantine = assemble::quarantine(checked, store.clone(), keys.clone(), routes.clone())?;
        if let Some(quarantine) = &quarantine {
            let mut stopping = stopping.clone();
            self.tasks.spawn(quarantine.clone().run(async move {
                let _ = stopping.wait_for(|&stop| stop).await;
            }));
        }
        let outbox = Outbox::new(store.clone(), keys.clone(), self.live.voice.clone());
        self.tasks.spawn(outbox.run(stopping.clone()));
        Ok(Rooms { store, keys, quarantine, routes })
    }

    /// Serves until SIGTERM or SIGINT; SIGHUP reads the configuration again, and what it watches is looked at.
    async fn until_signal(&mut self, signals: Signals) {
        let Signals { mut term, mut int, mut hup } = signals;
        let (mut looks, mut asks) = (reload::looks(), entries::asks());
        loop {
            tokio::select! {
                _ = term.recv() => return,
                _ = int.recv() => return,
                _ = hup.recv() => self.reload().await,
                _ = looks.tick() => self.look().await,
                _ = asks.tick() => self.read_entries(false).await,
            }
        }
    }

    /// Ends everything: no new connections, what is past its dot is finished.
    pub async fn stop(mut self) {
        self.shutdown.send_replace(true);
        if let Some(gateway) = self.gateway.take()
            && gateway.await.is_err()
        {
            tracing::error!("the gateway ended through a fault of ours");
        }
        let background = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(BACKGROUND_END, background).await.is_err() {
            tracing::warn!("not everything came to its end in time");
        }
        if let Some(Rooms { store, .. }) = &self.rooms {
            if let Some(pipeline) = &self.pipeline {
                let _ = pipeline.totals().flush(store.as_ref()).await;
                let _ = pipeline.look_at_bypass().await;
            }
            record::ended(store, self.pipeline.as_ref().map(|pipeline| pipeline.figures().now())).await;
        }
    }
}

/// Records by which patterns verdicts are made from now on; each carries the digest's beginning.
async fn patterns_in_force(edition: &Edition, rooms: Option<&Rooms>) {
    let (own, lists, profiles) = (edition.own(), edition.lists(), edition.profiles());
    tracing::info!(patterns = &**edition.short(), sha256 = edition.sha256(), own, lists, profiles, "patterns in force");
    let Some(Rooms { store, .. }) = rooms else { return };
    let sha256 = edition.sha256().to_owned();
    if let Err(error) = note(store, Event::PatternsLoaded { sha256, own, lists, profiles }).await {
        tracing::error!(%error, "which patterns are in force could not be recorded");
    }
}

/// Appends an event of the process itself.
async fn note(store: &Arc<dyn Store>, event: Event) -> Result<(), StoreError> {
    store.append(&event.entry(&Actor::System, Timestamp::now())).await
}

/// Asks a next hop what it offers, and whether it is there.
async fn probe(hop: Arc<Hop>, health: Health, mut stopping: watch::Receiver<bool>) {
    let name = format!("next-hop:{}", hop.name());
    loop {
        let state = tokio::select! {
            state = hop.probe() => state,
            _ = stopping.wait_for(|&stop| stop) => return,
        };
        let pause = if state.is_ok() { PROBE_EVERY } else { PROBE_AGAIN };
        health.set(&name, state.map_err(|error| error.to_string()));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stopping.wait_for(|&stop| stop) => return,
        }
    }
}

async fn watch_store(store: Arc<dyn Store>, keys: Arc<Keys>, health: Health, mut stopping: watch::Receiver<bool>) {
    loop {
        let state = match store.healthy() {
            StoreHealth::Broken(why) => Err(why),
            StoreHealth::Good => tokio::select! {
                answered = look_at_store(store.as_ref(), &keys) => answered.map_err(|error| error.to_string()),
                _ = stopping.wait_for(|&stop| stop) => return,
            },
        };
        health.set("store", state);
        tokio::select! {
            () = tokio::time::sleep(STORE_CHECK) => {}
            _ = stopping.wait_for(|&stop| stop) => return,
        }
    }
}

/// Whether it can be written to; and whether it was bound to another secret meanwhile.
async fn look_at_store(store: &dyn Store, keys: &Keys) -> Result<(), StoreError> {
    store.ping().await?;
    if secret::follow(store, keys).await? {
        tracing::info!(secret = keys.number(), "another secret is in use");
    }
    Ok(())
}

/// Starts a process that opens attachments when none is there, and reports.
async fn look_after_attachments(readers: &Readers, health: &Health) {
    let attachments = readers.attachments.clone();
    let state = tokio::task::spawn_blocking(move || attachments.ready()).await;
    health.set("attachments", state.unwrap_or_else(|_| Err("looking after them failed".to_owned())));
}

/// Looks whether pictures are read, and reports. Not to read them for want of Tesseract is a choice, and no
/// reason to take no mail.
async fn look_after_pictures(readers: &Readers, health: &Health) {
    let Some(tesseract) = readers.tesseract.clone() else { return };
    let state = tokio::task::spawn_blocking(move || tesseract.ready()).await;
    match state {
        Ok(Readiness::Reads(remark)) => health.well_but("pictures", remark.as_deref()),
        Ok(Readiness::Absent(why)) => health.well_but("pictures", Some(&why)),
        Ok(Readiness::Fails(why)) => health.set("pictures", Err(why)),
        Err(_) => health.set("pictures", Err("looking after them failed")),
    }
}

async fn watch_readers(readers: Readers, health: Health, mut stopping: watch::Receiver<bool>) {
    loop {
        // Pictures from the start on: the first proof takes a second, which no client need wait for.
        look_after_pictures(&readers, &health).await;
        tokio::select! {
            () = tokio::time::sleep(ATTACHMENTS_CHECK) => {}
            _ = stopping.wait_for(|&stop| stop) => return,
        }
        look_after_attachments(&readers, &health).await;
    }
}

/// Follows `sluss bypass`. A store that does not answer is reported by its own check.
async fn watch_bypass(pipeline: Arc<Pipeline>, mut stopping: watch::Receiver<bool>) {
    let mut told = true;
    loop {
        tokio::select! {
            () = tokio::time::sleep(BYPASS_LOOK) => {}
            _ = stopping.wait_for(|&stop| stop) => return,
        }
        match pipeline.look_at_bypass().await {
            Ok(()) => told = true,
            Err(error) if told => {
                tracing::warn!(%error, "whether the bypass is on cannot be told; it is as it was, to its end");
                told = false;
            }
            Err(_) => {}
        }
    }
}

/// At the start and on every new day.
async fn watch_evidence(pipeline: Arc<Pipeline>, mut stopping: watch::Receiver<bool>) {
    let mut done = None;
    loop {
        let now = Zoned::now();
        if done != Some(now.date()) {
            match pipeline.remind_of_evidence(&now).await {
                Ok(()) => done = Some(now.date()),
                Err(error) => tracing::warn!(%error, "reminders of evidence that ends are tried again"),
            }
        }
        tokio::select! {
            () = tokio::time::sleep(DAY_LOOK) => {}
            _ = stopping.wait_for(|&stop| stop) => return,
        }
    }
}

async fn flush_totals(pipeline: Arc<Pipeline>, store: Arc<dyn Store>, mut stopping: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(FLUSH_EVERY) => {}
            _ = stopping.wait_for(|&stop| stop) => return,
        }
        if let Err(error) = pipeline.totals().flush(store.as_ref()).await {
            tracing::warn!(%error, "daily figures are kept for the next minute");
        }
    }
}
