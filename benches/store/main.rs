//! What a hold costs against what the disk costs: `cargo bench --bench store [-- URL]`.
//!
//! In one run, on the file system of the folder `target` (or `$BENCH_DIR`): the disk alone (a new file of 4 KB is
//! written, synced and removed), then holds of a 4 KB mail, each by 1 and by 20 clients that each wait for their
//! answer. Prints rate, median and 99th percentile, and the two ratios that are promised: the p99 of a hold at most 3
//! times that of the disk with one client, the rate of 20 clients at least 0.7 of that of the disk. Then, with 100,000
//! messages held: a page of the queue, and holds while a sweep removes what 2,000 released ones have left.
//! Without a URL the store is SQLite; a `postgres://…` database must be empty.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use sluss::message::{MessageId, Reference};
use sluss::store::{
    Database, Entry, Filter, MailboxDigest, MailboxRole, NewHeld, NewNotice, NewRelease, NoticeId, QueueRecord, Route,
    Settings, State, Store, postgres, sqlite,
};

/// Operations of one measurement.
const ALONE: usize = 1_000;
const TOGETHER: usize = 6_000;
const CLIENTS: usize = 20;
const HELD: usize = 100_000;
const ENDED: usize = 2_000;

/// Times of all operations, and how long it took.
struct Measured {
    times: Vec<Duration>,
    took: Duration,
}

impl Measured {
    fn at(&self, percent: usize) -> Duration {
        self.times.get(self.times.len() * percent / 100).copied().unwrap_or_default()
    }

    fn rate(&self) -> f64 {
        self.times.len() as f64 / self.took.as_secs_f64()
    }

    fn print(&self, what: &str) {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        println!("{what:28} {:7.0}/s  p50 {:7.2} ms  p99 {:7.2} ms", self.rate(), ms(self.at(50)), ms(self.at(99)));
    }
}

#[tokio::main]
async fn main() {
    let folder = std::env::var_os("BENCH_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    let folder = tempfile::tempdir_in(&folder).expect("a folder");
    let url = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let store = Arc::new(Database::open(settings(url, folder.path())).await.expect("the store opens"));

    let disk = disk(folder.path(), 1, ALONE);
    disk.print("disk, 1 client");
    let disk_together = self::disk(folder.path(), CLIENTS, TOGETHER);
    disk_together.print("disk, 20 clients");
    let hold = holds(&store, 1, ALONE).await;
    hold.print("hold, 1 client");
    let hold_together = holds(&store, CLIENTS, TOGETHER).await;
    hold_together.print("hold, 20 clients");
    println!("p99 of a hold / p99 of the disk, 1 client:  {:.2} (at most 3)", ratio(hold.at(99), disk.at(99)));
    let together = ratio(hold_together.at(99), disk_together.at(99));
    println!("p99 of a hold / p99 of the disk, 20 clients: {together:.2}");
    println!("rate of 20 clients / of the disk: {:.2} (at least 0.7)", hold_together.rate() / disk_together.rate());

    holds(&store, 64, HELD).await.print("filling the queue");
    let pages = pages(&store).await;
    pages.print("a page of the queue");
    println!("the slowest page: {:.1} ms (at most 50)", pages.at(100 - 1).as_secs_f64() * 1e3);
    retention(&store).await;
    assert!(store.reconcile().await.expect("it is read").holds());
    store.close().await;
}

fn settings(url: Option<String>, folder: &Path) -> Settings {
    let writer = "bench".to_owned();
    match url {
        Some(url) => postgres::Settings { url, writer }.into(),
        None => {
            let (path, busy_timeout) = (folder.join("sluss.db"), sqlite::BUSY_TIMEOUT);
            sqlite::Settings { path, writer, busy_timeout, create: true }.into()
        }
    }
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

/// What the disk allows: a new file of 4 KB is written, synced and removed.
fn disk(folder: &Path, clients: usize, count: usize) -> Measured {
    let started = Instant::now();
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let client = |client: usize| {
            let mut times = Vec::new();
            for _ in 0..count / clients {
                let name = folder.join(format!("disk-{client}"));
                let began = Instant::now();
                let mut file = std::fs::File::create(&name).expect("a file");
                file.write_all(&[b'x'; 4096]).and_then(|()| file.sync_all()).expect("it is written");
                std::fs::remove_file(name).expect("it is removed");
                times.push(began.elapsed());
            }
            times
        };
        let clients: Vec<_> = (0..clients).map(|number| scope.spawn(move || client(number))).collect();
        clients.into_iter().flat_map(|client| client.join().expect("it ends")).collect()
    });
    times.sort_unstable();
    Measured { times, took: started.elapsed() }
}

async fn holds(store: &Arc<Database>, clients: usize, count: usize) -> Measured {
    let left = Arc::new(AtomicUsize::new(count));
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..clients {
        let (store, left) = (Arc::clone(store), Arc::clone(&left));
        tasks.spawn(async move {
            let mut times = Vec::new();
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                let new = mail();
                let began = Instant::now();
                store.hold(new).await.expect("it is held");
                times.push(began.elapsed());
            }
            times
        });
    }
    let mut times: Vec<Duration> = tasks.join_all().await.into_iter().flatten().collect();
    times.sort_unstable();
    Measured { times, took: started.elapsed() }
}

/// A mail of 4 KB as it is stored: sealed, with its notice.
fn mail() -> NewHeld {
    let (id, now) = (MessageId::random(), Timestamp::now());
    let mailboxes = [(MailboxRole::Recipient, format!("1:r{id}")), (MailboxRole::Sender, format!("1:s{id}"))];
    NewHeld {
        id,
        reference: Reference::random(),
        record: QueueRecord {
            unit: "social".into(),
            categories: vec!["health".into(), "national-id".into()],
            severity: "high".into(),
            channels: vec!["unknown".into()],
            mode: "enforce".into(),
            urgent: false,
            private: false,
            four_eyes: false,
            keep_decision: None,
            held_at: now,
            expires_at: now + SignedDuration::from_hours(24 * 14),
        },
        copy_digests: vec![format!("1:{id}")],
        duplicate_digests: vec![format!("1:d{id}")],
        copies_since: now - SignedDuration::from_hours(24),
        value_digests: vec![format!("1:v{id}")],
        mailbox_digests: mailboxes.into_iter().map(|(role, digest)| MailboxDigest { role, digest }).collect(),
        recipients: 1,
        sealed_to: Vec::new(),
        evidence: vec![0x5a; 1_200],
        content: vec![0xa5; 4_096 + 500],
        notices: vec![NewNotice {
            id: NoticeId::random(),
            reference: None,
            payload: vec![0x5a; 800],
            topics: Vec::new(),
            created_at: now,
            due: now,
            link: None,
        }],
        entry: Entry { message: Some(id), unit: Some("social".into()), ..entry("held", now) },
    }
}

fn entry(event: &'static str, at: Timestamp) -> Entry {
    Entry { at, event, actor: "system".into(), message: None, reference: None, unit: None, reason: None, detail: None }
}

/// Through the whole queue, as a reviewer leafs; then the first page over and over.
async fn pages(store: &Database) -> Measured {
    let started = Instant::now();
    let mut times = Vec::new();
    let mut filter = Filter { state: Some(State::Held), ..Filter::default() };
    loop {
        let began = Instant::now();
        let page = store.list(&filter).await.expect("it is read");
        times.push(began.elapsed());
        match page.last() {
            Some(last) => filter.after = Some((last.record.held_at, last.id)),
            None => break,
        }
    }
    times.sort_unstable();
    Measured { times, took: started.elapsed() }
}

/// Holds go on while a sweep removes what final states have left.
async fn retention(store: &Arc<Database>) {
    let mut filter = Filter::default();
    let mut ended = 0;
    while ended < ENDED {
        let page = store.list(&filter).await.expect("it is read");
        for message in &page {
            // Returned to pending space only by the sweep: evidence and content stay until then.
            let now = Timestamp::now();
            let ordinary = NewRelease { route: Route::Ordinary, withheld: Vec::new(), agreement: None, review: None };
            let start = entry("release-started", now);
            let claim = store.start_release(message.id, "bench", Duration::from_secs(60), &ordinary, &start).await;
            let claim = claim.expect("it is claimed");
            let accepted =
                sluss::store::RecipientRow { position: 0, state: sluss::store::RecipientState::Accepted, reply: None };
            store.record_recipient(&claim, &accepted, None).await.expect("it is recorded");
            store.finish_release(&claim, None, &entry("released", now)).await.expect("it ends");
            ended += 1;
        }
        match page.last() {
            Some(last) => filter.after = Some((last.record.held_at, last.id)),
            None => break,
        }
    }
    let sweeper = Arc::clone(store);
    let began = Instant::now();
    let sweep = tokio::spawn(async move {
        let swept = sweeper.sweep(Timestamp::now()).await.expect("it is swept");
        (swept, began.elapsed())
    });
    let mut times = Vec::new();
    let started = Instant::now();
    while !sweep.is_finished() {
        let began = Instant::now();
        store.hold(mail()).await.expect("it is held");
        times.push(began.elapsed());
    }
    times.sort_unstable();
    Measured { times, took: started.elapsed() }.print("hold during the sweep");
    let (swept, took) = sweep.await.expect("it ends");
    println!("the sweep removed {} contents in {:.1} s", swept.contents, took.as_secs_f64());
}
