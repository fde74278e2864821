use jiff::Timestamp;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::*;
use crate::message::{Keys, MessageId, Reference};
use crate::store::{Database, Route, Store, sqlite};

fn subject() -> Subject {
    Subject { id: MessageId([7; 16]), reference: Some("ABCD-2345".parse().unwrap()), unit: "social".into() }
}

fn at() -> Timestamp {
    "2026-05-04T10:00:00.25Z".parse().unwrap()
}

async fn store(dir: &tempfile::TempDir, writer: &str) -> Database {
    let settings = sqlite::Settings {
        path: dir.path().join("sluss.db"),
        writer: writer.into(),
        busy_timeout: sqlite::BUSY_TIMEOUT,
        create: true,
    };
    Database::open(settings).await.unwrap()
}

/// Two chains, `a` of five entries and `b` of one.
async fn chains(dir: &tempfile::TempDir) -> Database {
    let b = store(dir, "b").await;
    b.append(&Event::Started { version: "0.1.0" }.entry(&Actor::System, at())).await.unwrap();
    let a = store(dir, "a").await;
    let operator = Actor::Operator("kari".into());
    for event in [
        Event::Started { version: "0.1.0" },
        Event::Opened { subject: subject(), content: true, purpose: "complaint".into() },
        Event::ReleaseStarted {
            subject: subject(),
            route: Route::Ordinary,
            requested_by: None,
            reason: Some("agreed with the unit".into()),
        },
        Event::RecipientAccepted { subject: subject(), position: 0, hop: "default".into() },
        Event::Released(subject()),
    ] {
        a.append(&event.entry(&operator, at())).await.unwrap();
    }
    a
}

async fn tamper(dir: &tempfile::TempDir, sql: &'static str) {
    let mut conn: SqliteConnection =
        sqlx::sqlite::SqliteConnectOptions::new().filename(dir.path().join("sluss.db")).connect().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

/// The last two entries of chain `a` are gone, and its head says nothing of them.
const TAIL_CUT_OFF: &str = "DELETE FROM audit WHERE writer = 'a' AND sequence > 3;
     UPDATE audit_head SET sequence = 3,
         hash = (SELECT hash FROM audit WHERE writer = 'a' AND sequence = 3) WHERE writer = 'a'";

#[tokio::test]
async fn untouched_chains_have_no_fault() {
    let dir = tempfile::tempdir().unwrap();
    let store = chains(&dir).await;
    let report = verify(&store, None, &[]).await.unwrap();
    assert_eq!(report.faults, []);
    let lengths: Vec<_> = report.heads.iter().map(|h| (h.writer.as_str(), h.sequence)).collect();
    assert_eq!(lengths, [("a", 5), ("b", 1)]);
}

/// Whoever can write to the database, and even knows how hashes are made, is found out.
#[tokio::test]
async fn every_kind_of_tampering_is_found() {
    use FaultKind::*;
    let cases: [(&'static str, i64, FaultKind); 13] = [
        ("UPDATE audit SET reason = 'because' WHERE writer = 'a' AND sequence = 2", 2, Changed),
        ("UPDATE audit SET reason = NULL WHERE writer = 'a' AND sequence = 2", 2, Changed),
        ("UPDATE audit SET actor = 'operator:ola' WHERE writer = 'a' AND sequence = 3", 3, Changed),
        ("UPDATE audit SET at = at + 1 WHERE writer = 'a' AND sequence = 1", 1, Changed),
        ("UPDATE audit SET hash = zeroblob(32) WHERE writer = 'a' AND sequence = 4", 4, Changed),
        ("DELETE FROM audit WHERE writer = 'a' AND sequence = 3", 4, Missing),
        // Its beginning is gone, and nobody has sealed that it may.
        ("DELETE FROM audit WHERE writer = 'a' AND sequence = 1", 2, CutWithoutCheckpoint),
        // Cut short at the end: the head tells.
        ("DELETE FROM audit WHERE writer = 'a' AND sequence = 5", 5, CutShort),
        ("DELETE FROM audit WHERE writer = 'a'", 1, CutShort),
        // Two entries change places.
        (
            "UPDATE audit SET sequence = -3 WHERE writer = 'a' AND sequence = 3;
             UPDATE audit SET sequence = 3 WHERE writer = 'a' AND sequence = 4;
             UPDATE audit SET sequence = 4 WHERE writer = 'a' AND sequence = -3",
            3,
            Changed,
        ),
        // An entry of another chain is moved here.
        ("UPDATE audit SET writer = 'a', sequence = 6 WHERE writer = 'b'", 6, Changed),
        ("UPDATE audit SET sequence = -1 WHERE writer = 'a' AND sequence = 2", -1, Changed),
        ("DELETE FROM audit_head WHERE writer = 'a'", 1, BeyondHead),
    ];
    for (sql, sequence, kind) in cases {
        let dir = tempfile::tempdir().unwrap();
        let store = chains(&dir).await;
        tamper(&dir, sql).await;
        let report = verify(&store, None, &[]).await.unwrap();
        assert_eq!(report.faults.first(), Some(&Fault { writer: "a".into(), sequence, kind }), "{sql}");
    }
}

/// Who changes an entry and computes its hash anew is betrayed by the entry after it, or by the head.
#[tokio::test]
async fn an_entry_with_a_hash_computed_anew_is_found() {
    for (changed, found, kind) in [(2, 3, FaultKind::OutOfPlace), (5, 5, FaultKind::BeyondHead)] {
        let dir = tempfile::tempdir().unwrap();
        let store = chains(&dir).await;
        let mut link = store.audit_links("a", changed - 1).await.unwrap().remove(0);
        link.reason = Some("because".into());
        let mut conn =
            sqlx::sqlite::SqliteConnectOptions::new().filename(dir.path().join("sluss.db")).connect().await.unwrap();
        sqlx::query("UPDATE audit SET reason = ?1, hash = ?2 WHERE writer = 'a' AND sequence = ?3")
            .bind(&link.reason)
            .bind(link.computed_hash().as_slice())
            .bind(changed)
            .execute(&mut conn)
            .await
            .unwrap();
        let faults = verify(&store, None, &[]).await.unwrap().faults;
        assert_eq!(faults, [Fault { writer: "a".into(), sequence: found, kind }]);
    }
}

/// A chain cut short together with its head, and one written anew from the start, agree with
/// themselves; the heads in the log do not agree with them.
#[tokio::test]
async fn the_heads_in_the_log_find_a_chain_written_anew() {
    let dir = tempfile::tempdir().unwrap();
    let logged = {
        let store = chains(&dir).await;
        let head = store.audit_heads().await.unwrap().remove(0);
        let text = format!("{}:{}:{}", head.writer, head.sequence, data_encoding::HEXLOWER.encode(&head.hash));
        text.parse::<Anchor>().unwrap()
    };
    tamper(&dir, TAIL_CUT_OFF).await;
    let store = store(&dir, "a").await;
    assert_eq!(verify(&store, None, &[]).await.unwrap().faults, []);
    let anchors = [logged];
    let faults = verify(&store, None, &anchors).await.unwrap().faults;
    assert_eq!(faults, [Fault { writer: "a".into(), sequence: 4, kind: FaultKind::CutShort }]);
    for _ in 0..3 {
        store.append(&Event::Stopped { version: "0.1.0", figures: None }.entry(&Actor::System, at())).await.unwrap();
    }
    let faults = verify(&store, None, &anchors).await.unwrap().faults;
    assert_eq!(faults, [Fault { writer: "a".into(), sequence: 5, kind: FaultKind::NotAsLogged }]);
    tamper(&dir, "DELETE FROM audit WHERE writer = 'a'; DELETE FROM audit_head WHERE writer = 'a'").await;
    let faults = verify(&store, None, &anchors).await.unwrap().faults;
    assert_eq!(faults, [Fault { writer: "a".into(), sequence: 5, kind: FaultKind::CutShort }]);
}

/// Two lines of the log that speak of one entry: the chain can agree with one of them only.
#[tokio::test]
async fn of_two_heads_in_the_log_that_disagree_one_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let store = chains(&dir).await;
    let head = store.audit_heads().await.unwrap().remove(0);
    let right = Anchor { writer: head.writer, sequence: head.sequence, hash: head.hash };
    let other = Anchor { hash: vec![7; 32], ..right.clone() };
    for anchors in [[right.clone(), other.clone()], [other, right]] {
        let faults = verify(&store, None, &anchors).await.unwrap().faults;
        assert_eq!(faults, [Fault { writer: "a".into(), sequence: 5, kind: FaultKind::NotAsLogged }]);
    }
}

/// A row taken out of the queue leaves the chain whole; the count does not come out.
#[tokio::test]
async fn a_message_that_vanished_from_the_queue_is_missed() {
    let dir = tempfile::tempdir().unwrap();
    let store = chains(&dir).await;
    assert!(verify(&store, None, &[]).await.unwrap().is_good());
    store
        .append(
            &Event::Held { subject: subject(), patterns: "0123456789abcdef".into(), config: "fedcba9876543210".into() }
                .entry(&Actor::System, at()),
        )
        .await
        .unwrap();
    let report = verify(&store, None, &[]).await.unwrap();
    assert_eq!((report.faults.len(), report.figures.held, report.figures.accounted()), (0, 1, 0));
    assert!(!report.is_good());
}

#[test]
fn an_anchor_has_one_shape() {
    let hash = "0".repeat(64);
    assert!(format!("host:name:12:{hash}").parse::<Anchor>().is_ok_and(|a| a.writer == "host:name"));
    for bad in ["", "a:1", &format!("a:0:{hash}"), &format!(":1:{hash}"), &format!("a:x:{hash}"), "a:1:00"] {
        assert!(bad.parse::<Anchor>().is_err(), "{bad}");
    }
}

async fn rows(store: &Database, choice: &Choice) -> Vec<serde_json::Value> {
    let mut rows = Vec::new();
    let mut each = |row: &export::Row<'_>| -> std::io::Result<()> {
        assert_eq!(row.cells().len(), export::COLUMNS.len());
        rows.push(serde_json::to_value(row)?);
        Ok(())
    };
    let count = export::export(store, choice, &mut each).await.unwrap();
    assert_eq!(count, rows.len() as u64);
    rows
}

#[tokio::test]
async fn an_export_is_complete() {
    let dir = tempfile::tempdir().unwrap();
    let store = chains(&dir).await;
    let rows = rows(&store, &Choice::default()).await;
    assert_eq!(rows.len(), 6);
    for (key, value) in [
        ("writer", "a"),
        ("at", "2026-05-04T10:00:00.250Z"),
        ("event", "opened"),
        ("actor", "operator:kari"),
        ("id", "07070707070707070707070707070707"),
        ("ref", "ABCD-2345"),
        ("unit", "social"),
        ("reason", "complaint"),
        ("detail", "opened=evidence+content"),
    ] {
        assert_eq!(rows[1][key], value, "{key}");
    }
    assert_eq!(rows[1]["sequence"], 2);
    assert_eq!(rows[1]["previous"], rows[0]["hash"]);
}

/// Names, what a person typed, and what either could be worked out from.
#[tokio::test]
async fn what_is_handed_out_is_masked() {
    let dir = tempfile::tempdir().unwrap();
    let store = chains(&dir).await;
    let kari = Actor::Operator("kari".into());
    let case = "KS 2026/17".to_owned();
    let exported = Event::PersonExported { case, approved_by: "Ola Nordmann".into(), messages: 3 };
    store.append(&exported.entry(&kari, at())).await.unwrap();
    let rows = rows(&store, &Choice { masked: true, ..Choice::default() }).await;
    let all = serde_json::to_string(&rows).unwrap();
    for never in ["kari", "Ola", "Nordmann", "complaint", "agreed with", "KS 2026"] {
        assert!(!all.contains(never), "{never}: {all}");
    }
    assert!(rows.iter().all(|row| row["hash"].is_null() && row["previous"].is_null()));
    assert_eq!((&rows[1]["actor"], &rows[1]["reason"]), (&"operator".into(), &"•••••••••".into()));
    assert_eq!(rows[5]["detail"], "messages=3 approved-by=••• ••••••••");
}

#[tokio::test]
async fn an_export_of_a_period_or_of_some_messages() {
    let dir = tempfile::tempdir().unwrap();
    let store = chains(&dir).await;
    let second = jiff::SignedDuration::from_secs(1);
    let late = Event::Viewed(Subject { id: MessageId([8; 16]), ..subject() });
    store.append(&late.entry(&Actor::System, at() + second)).await.unwrap();
    let of = |messages: &[u8]| Some(messages.iter().map(|&b| (vec![b; 16], "sender".to_owned())).collect());
    for (choice, expected) in [
        (Choice { from: Some(at() + second), ..Choice::default() }, 1),
        (Choice { to: Some(at() + second), ..Choice::default() }, 6),
        (Choice { from: Some(at()), to: Some(at()), ..Choice::default() }, 0),
        (Choice { messages: of(&[7]), ..Choice::default() }, 4),
        (Choice { messages: of(&[8]), ..Choice::default() }, 1),
        (Choice { messages: of(&[]), ..Choice::default() }, 0),
    ] {
        let rows = rows(&store, &choice).await;
        assert_eq!(rows.len(), expected, "{choice:?}");
        assert!(choice.messages.is_none() || rows.iter().all(|row| row["mailbox"] == "sender"));
    }
}

#[test]
fn a_reason_of_any_length_is_cut_not_refused() {
    let reason = Some("å".repeat(10_000));
    let entry = Event::Discarded { subject: subject(), withdrawn: false, reason }.entry(&Actor::System, at());
    assert_eq!(entry.reason.unwrap().chars().count(), 500);
    let without = Subject { reference: None, ..subject() };
    let entry =
        Event::Held { subject: without, patterns: "0123456789abcdef".into(), config: "fedcba9876543210".into() }
            .entry(&Actor::System, at());
    assert_eq!((entry.event, entry.reference), ("held", None::<Reference>));
}

mod retention;
mod witnesses;
