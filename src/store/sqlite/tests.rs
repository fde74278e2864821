use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use super::*;
use crate::message::Reference;
use crate::store::contract::{self, entry, minute, new_held, notice, ordinary};
use crate::store::{Conflict, Database, Filter, Health, NewHeld, State, Store as _};

fn settings(path: &Path) -> Settings {
    Settings { path: path.to_owned(), writer: "node".into(), busy_timeout: BUSY_TIMEOUT, create: true }
}

async fn store(dir: &tempfile::TempDir) -> Database {
    Database::open(settings(&dir.path().join("sluss.db"))).await.unwrap()
}

/// A second, plain connection to the same file, as another process has one.
async fn other_connection(dir: &tempfile::TempDir) -> SqliteConnection {
    SqliteConnectOptions::new().filename(dir.path().join("sluss.db")).connect().await.unwrap()
}

#[tokio::test]
async fn keeps_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    contract::all(&store(&dir).await).await;
}

#[tokio::test]
async fn a_new_file_is_private_and_has_the_settings() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir).await;
    for name in ["sluss.db", "sluss.db-wal", "sluss.db-shm"] {
        let mode = std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode, 0o600, "{name}");
    }
    let mut tx = store.core.begin().await.unwrap();
    for (pragma, expected) in [
        ("PRAGMA synchronous", 2),
        ("PRAGMA auto_vacuum", 2),
        ("PRAGMA secure_delete", 1),
        ("PRAGMA foreign_keys", 1),
        ("PRAGMA user_version", open::MIGRATIONS.len() as i64),
        ("PRAGMA busy_timeout", 5_000),
    ] {
        let value: i64 = sqlx::query_scalar(pragma).fetch_one(tx.sqlite()).await.unwrap();
        assert_eq!(value, expected, "{pragma}");
    }
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(tx.sqlite()).await.unwrap();
    assert_eq!(journal, "wal");
}

#[tokio::test]
async fn a_file_that_must_not_be_used_is_refused_with_its_fault() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sluss.db");
    let shut = Settings { create: false, ..settings(&path) };
    assert!(matches!(Database::open(shut.clone()).await, Err(OpenError::Io { .. })));
    assert!(!path.exists(), "not made where it may not be");

    store(&dir).await.close().await;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o604)).unwrap();
    assert!(matches!(Database::open(shut.clone()).await, Err(OpenError::Exposed { mode: 0o604, .. })));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();

    let mut conn = other_connection(&dir).await;
    sqlx::raw_sql("PRAGMA user_version = 99").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    assert!(matches!(Database::open(shut.clone()).await, Err(OpenError::TooNew { found: 99, .. })));

    std::fs::write(&path, b"this is no database, whatever its name says; it is a text of some length").unwrap();
    let Err(OpenError::Store { source: StoreError::Broken(_), .. }) = Database::open(shut).await else {
        panic!("a text was taken for a database")
    };
}

/// Each earlier schema there was is brought up to today's.
#[tokio::test]
async fn a_file_of_an_earlier_version_is_brought_up() {
    for earlier in 1..open::MIGRATIONS.len() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sluss.db");
        let mut conn = SqliteConnectOptions::new().filename(&path).create_if_missing(true).connect().await.unwrap();
        for script in &open::MIGRATIONS[..earlier] {
            sqlx::raw_sql(*script).execute(&mut conn).await.unwrap();
        }
        let set = sqlx::AssertSqlSafe(format!("PRAGMA user_version = {earlier}"));
        sqlx::raw_sql(set).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        contract::all(&store(&dir).await).await;
    }
}

/// As two units do that start together on a fresh machine.
#[tokio::test]
async fn several_may_make_the_file_at_once() {
    for _ in 0..5 {
        let dir = tempfile::tempdir().unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..6 {
            tasks.spawn(Database::open(settings(&dir.path().join("sluss.db"))));
        }
        for opened in tasks.join_all().await {
            opened.unwrap().append(&entry("started", minute(0))).await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_was_held_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let new = new_held(minute(0), 1);
    let first = store(&dir).await;
    first.hold(new.clone()).await.unwrap();
    // Not closed: as after a crash, the log has to be read.
    drop(first);
    let second = store(&dir).await;
    assert_eq!(second.content(new.id).await.unwrap(), Some(new.content));
}

#[tokio::test]
async fn a_locked_database_refuses_and_recovers() {
    let dir = tempfile::tempdir().unwrap();
    store(&dir).await.close().await;
    let impatient = Settings { busy_timeout: Duration::from_millis(20), ..settings(&dir.path().join("sluss.db")) };
    let store = Database::open(impatient).await.unwrap();
    let mut other = other_connection(&dir).await;
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let new = new_held(minute(0), 1);
    assert_eq!(store.hold(new.clone()).await.unwrap_err(), StoreError::Busy);
    assert_eq!(store.append(&entry("started", minute(0))).await, Err(StoreError::Busy));
    assert_eq!(store.message(new.id).await.unwrap(), None, "reading goes on");
    assert_eq!(store.ping().await, Err(StoreError::Busy), "and is not all that readiness asks for");
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(store.healthy(), Health::Good);
    store.ping().await.unwrap();
    store.hold(new.clone()).await.unwrap();
}

#[tokio::test]
async fn a_full_database_refuses_leaves_nothing_behind_and_recovers() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir).await;
    limit_pages(&store, 60).await;
    let big = NewHeld { content: vec![1; 2 * 1024 * 1024], notices: vec![notice(minute(0))], ..new_held(minute(0), 1) };
    assert_eq!(store.hold(big.clone()).await.unwrap_err(), StoreError::Full);
    assert_eq!(store.message(big.id).await.unwrap(), None);
    assert_eq!(store.content(big.id).await.unwrap(), None);
    assert_eq!(store.outbox_waiting().await.unwrap(), 0);
    assert_eq!(store.audit_heads().await.unwrap(), []);
    assert_eq!(store.healthy(), Health::Good);
    store.hold(new_held(minute(0), 1)).await.unwrap();
    limit_pages(&store, 100_000).await;
    store.hold(big.clone()).await.unwrap();
    assert!(store.reconcile().await.unwrap().holds());
}

/// SQLite answers as on a full disk once the file would pass so many pages.
async fn limit_pages(store: &Database, pages: u32) {
    let mut slot = store.core.writing.lock().await;
    let conn = slot.as_mut().unwrap();
    let set = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
    sqlx::raw_sql(set).execute(conn.sqlite()).await.unwrap();
}

/// A write that fails in the middle (here: past the process's file size limit) poisons the store, for
/// good. The limit is the whole process's, so the test runs itself again in a process of its own.
#[test]
fn an_io_error_stops_all_writing_until_a_restart() {
    const INNER: &str = "SLUSS_TEST_FILE_LIMIT";
    if std::env::var_os(INNER).is_some() {
        return tokio::runtime::Runtime::new().unwrap().block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let store = store(&dir).await;
            let kept = new_held(minute(0), 1);
            store.hold(kept.clone()).await.unwrap();
            let big = NewHeld { content: vec![1; 4 * 1024 * 1024], ..new_held(minute(0), 1) };
            let Err(StoreError::Broken(why)) = store.hold(big.clone()).await else { panic!("the limit was not met") };
            assert_eq!(store.healthy(), Health::Broken(why.clone()));
            for refused in [
                store.hold(new_held(minute(0), 1)).await.map(|_| ()),
                store.append(&entry("started", minute(0))).await,
                store.ping().await,
            ] {
                assert_eq!(refused, Err(StoreError::Broken(why.clone())));
            }
            drop(store);
            let restarted = self::store(&dir).await;
            assert_eq!(restarted.message(big.id).await.unwrap(), None);
            assert_eq!(restarted.content(kept.id).await.unwrap(), Some(kept.content));
            restarted.append(&entry("started", minute(0))).await.unwrap();
        });
    }
    // The shell ignores SIGXFSZ, so that the limit shows as an error; the limit counts blocks of 512 bytes
    // in sh and of 1024 in bash: 1 or 2 MiB, both between the small and the big message.
    let done = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 2048; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "store::sqlite::tests::an_io_error_stops_all_writing_until_a_restart"])
        .env(INNER, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && text.contains("1 passed"), "{text}");
}

/// The answer to a commit is lost on the way: whether it took place is read from the store.
#[tokio::test]
async fn a_commit_of_unknown_outcome_is_read_by_id() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir).await;
    let drawn = Reference::random();
    let lost = || StoreError::Unavailable("connection lost".into());
    // It took place: the receipt names what is stored, not what was meant to be.
    let stored = store.hold(new_held(minute(0), 1)).await.unwrap();
    let receipt = store.core.receipt_after(Err(lost()), stored.id(), drawn.clone()).await.unwrap();
    assert_eq!((receipt.id(), receipt.reference()), (stored.id(), stored.reference()));
    // It did not.
    let absent = crate::message::MessageId::random();
    assert_eq!(store.core.receipt_after(Err(lost()), absent, drawn.clone()).await.unwrap_err(), lost());
    // A failed sync: what can be read may still be nowhere but in memory.
    let failed = StoreError::Broken("I/O error, code 1034".into());
    assert_eq!(store.core.receipt_after(Err(failed.clone()), stored.id(), drawn.clone()).await.unwrap_err(), failed);
    // Nobody can say, so nobody is told that it is held.
    store.core.readers.close().await;
    assert_eq!(store.core.receipt_after(Err(lost()), stored.id(), drawn).await.unwrap_err(), lost());
}

/// SQLite itself refuses the COMMIT, after everything has been written.
#[tokio::test]
async fn a_commit_that_is_refused_leaves_nothing_and_gives_no_receipt() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir).await;
    {
        let mut slot = store.core.writing.lock().await;
        let conn = slot.as_mut().unwrap();
        conn.sqlite().lock_handle().await.unwrap().set_commit_hook(|| false);
    }
    let new = NewHeld { notices: vec![notice(minute(0))], ..new_held(minute(0), 1) };
    assert!(matches!(store.hold(new.clone()).await, Err(StoreError::Unavailable(_))));
    assert_eq!(store.message(new.id).await.unwrap(), None);
    assert_eq!(store.outbox_waiting().await.unwrap(), 0);
    assert_eq!(store.audit_heads().await.unwrap(), []);
    // The connection was thrown away, and the hook with it.
    store.hold(new.clone()).await.unwrap();
    assert!(store.reconcile().await.unwrap().holds());
}

#[tokio::test]
async fn a_dropped_step_leaves_nothing_and_does_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir).await;
    for _ in 0..20 {
        let new = NewHeld { content: vec![1; 256 * 1024], ..new_held(minute(0), 1) };
        // Dropped after a number of polls that differs from round to round.
        let _ = tokio::time::timeout(Duration::from_micros(300), store.hold(new.clone())).await;
    }
    store.hold(new_held(minute(0), 1)).await.unwrap();
    assert!(store.reconcile().await.unwrap().holds());
    for message in store.list(&Filter::default()).await.unwrap() {
        assert!(store.content(message.id).await.unwrap().is_some(), "whole or not at all");
    }
}

#[tokio::test]
async fn one_of_many_wins_a_claim() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(store(&dir).await);
    let second = Arc::new(Database::open(settings(&dir.path().join("sluss.db"))).await.unwrap());
    let id = store.hold(new_held(minute(0), 1)).await.unwrap().id();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..8 {
        let store = Arc::clone(if n % 2 == 0 { &store } else { &second });
        tasks.spawn(async move {
            loop {
                let entry = entry("release-started", minute(1));
                match store.start_release(id, "owner", Duration::from_secs(60), &ordinary(), &entry).await {
                    Err(StoreError::Busy) => continue,
                    other => return other,
                }
            }
        });
    }
    let results = tasks.join_all().await;
    let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 7));
    assert!(lost.into_iter().all(|l| l == Err(Conflict::State(State::Releasing).into())));
}

#[tokio::test]
async fn deleted_content_leaves_file_and_log() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir).await;
    let marker = b"the sealed bytes of one message, to be found again".repeat(20_000);
    let new = NewHeld { content: marker.clone(), reference: Reference::random(), ..new_held(minute(0), 1) };
    store.hold(new.clone()).await.unwrap();
    let on_disk = || {
        ["sluss.db", "sluss.db-wal"].iter().any(|name| {
            let bytes = std::fs::read(dir.path().join(name)).unwrap();
            bytes.windows(50).any(|w| w == &marker[..50])
        })
    };
    assert!(on_disk());
    store.discard(new.id, None, &entry("discarded", minute(1))).await.unwrap();
    store.sweep(minute(1)).await.unwrap();
    assert!(!on_disk());
    let size = std::fs::metadata(dir.path().join("sluss.db")).unwrap().len();
    assert!(size < marker.len() as u64 * 2, "the file has become shorter: {size}");
}

/// Whoever looks from outside may be root; what he made would lock the relay out.
#[tokio::test]
async fn a_look_from_outside_makes_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sluss.db");
    let names = || {
        let mut names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert!(matches!(look::look(&path, BUSY_TIMEOUT).await, Err(OpenError::Io { .. })));
    assert_eq!(names().len(), 0);
    let store = store(&dir).await;
    store.bind_secret("aaaa", &entry("secret-made", minute(0))).await.unwrap();
    let known = open::MIGRATIONS.len() as i64;
    let expected = look::Look {
        schema: known,
        known,
        wal: true,
        fingerprint: Some("aaaa".into()),
        bypass_until: None,
        damage: Ok(None),
    };
    // While a relay has it open, and afterwards.
    assert_eq!(look::look(&path, BUSY_TIMEOUT).await.unwrap(), expected);
    store.close().await;
    assert_eq!(names(), ["sluss.db"]);
    assert_eq!(look::look(&path, BUSY_TIMEOUT).await.unwrap(), expected);
    assert_eq!(names(), ["sluss.db"]);

    // A page in the middle is overwritten.
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0x5a);
    std::fs::write(&path, bytes).unwrap();
    assert!(!matches!(look::look(&path, BUSY_TIMEOUT).await, Ok(look::Look { damage: Ok(None), .. })));
}

#[tokio::test]
async fn retention_as_the_contract_says() {
    let dir = tempfile::tempdir().unwrap();
    crate::store::retention_contract::all(&store(&dir).await).await;
}
