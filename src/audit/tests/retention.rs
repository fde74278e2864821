//! Old entries go by decision, and the chains still verify; without one they do not.

use jiff::SignedDuration;

use super::*;
use crate::store::Conflict;

fn keys() -> Keys {
    Keys::derive(&[7; 32])
}

fn day(n: i64) -> Timestamp {
    at() + SignedDuration::from_hours(24 * n)
}

async fn note(store: &Database, day: Timestamp, times: usize) {
    for _ in 0..times {
        store.append(&Event::Viewed(subject()).entry(&Actor::Operator("kari".into()), day)).await.unwrap();
    }
}

async fn prune_until(store: &Database, before: Timestamp) -> Pruned {
    prune(store, &keys(), before, "KS 2036/1", (&Actor::System, day(100))).await.unwrap()
}

/// Chain `a` of ten entries, one a day from day 0 on, and chain `b` that ended on day 1.
async fn ten_days(dir: &tempfile::TempDir) -> Database {
    let b = store(dir, "b").await;
    note(&b, day(0), 1).await;
    note(&b, day(1), 1).await;
    let a = store(dir, "a").await;
    for n in 0..10 {
        note(&a, day(n), 1).await;
    }
    a
}

#[tokio::test]
async fn a_pruned_chain_verifies_with_the_secret_and_only_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = ten_days(&dir).await;
    assert_eq!(prune_until(&store, day(4)).await, Pruned { links: 5, messages: 0 });
    assert_eq!(verify(&store, Some(&keys()), &[]).await.unwrap().faults, []);
    let first = store.audit_links("a", 0).await.unwrap().remove(0);
    assert_eq!((first.sequence, first.at_ms), (5, day(4).as_millisecond()));
    // Its last link stays, though all of it is old.
    assert_eq!(store.audit_links("b", 0).await.unwrap().len(), 1);

    let another = Keys::derive(&[8; 32]);
    let cut = |writer: &str, sequence| Fault { writer: writer.into(), sequence, kind: FaultKind::CutWithoutCheckpoint };
    for keys in [None, Some(&another)] {
        assert_eq!(verify(&store, keys, &[]).await.unwrap().faults, [cut("a", 5), cut("b", 2)]);
    }
    // Nothing is left to do, and nothing is appended for it.
    let head = store.audit_heads().await.unwrap();
    assert_eq!(prune_until(&store, day(4)).await, Pruned::default());
    assert_eq!(store.audit_heads().await.unwrap(), head);
}

#[tokio::test]
async fn later_prunes_carry_the_proof_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = ten_days(&dir).await;
    prune_until(&store, day(2)).await;
    note(&store, day(101), 1).await;
    // Takes the first checkpoint away too, of chain `b` as well.
    let later = (&Actor::System, day(5000));
    prune(&store, &keys(), day(200), "KS 2036/2", later).await.unwrap();
    let report = verify(&store, Some(&keys()), &[]).await.unwrap();
    assert_eq!(report.faults, []);
    assert!(report.is_good());
    let events: Vec<_> = store.audit_links("a", 0).await.unwrap().into_iter().map(|link| link.event).collect();
    // The last one from before went in a second step, when it was the last no more.
    let step = ["pruned", "checkpoint", "checkpoint"];
    assert_eq!(events, [step, step].concat());
}

/// Whoever can change the database takes more away than was decided, and what else he may try.
#[tokio::test]
async fn a_cut_beyond_the_checkpoint_is_found() {
    let cases: [(&'static str, i64, FaultKind); 4] = [
        ("DELETE FROM audit WHERE writer = 'a' AND sequence <= 7", 8, FaultKind::CutWithoutCheckpoint),
        // With what the database itself says of it.
        (
            "DELETE FROM audit WHERE writer = 'a' AND sequence <= 7;
             UPDATE audit_cut SET sequence = 7 WHERE writer = 'a'",
            8,
            FaultKind::CutWithoutCheckpoint,
        ),
        (
            "UPDATE audit SET detail = replace(detail, 'through=4', 'through=7') WHERE writer = 'a'",
            5,
            FaultKind::CutWithoutCheckpoint,
        ),
        ("DELETE FROM audit WHERE writer = 'a' AND sequence = 6", 7, FaultKind::Missing),
    ];
    for (sql, sequence, kind) in cases {
        let dir = tempfile::tempdir().unwrap();
        let store = ten_days(&dir).await;
        prune_until(&store, day(4)).await;
        tamper(&dir, sql).await;
        let report = verify(&store, Some(&keys()), &[]).await.unwrap();
        assert_eq!(report.faults.first(), Some(&Fault { writer: "a".into(), sequence, kind }), "{sql}");
    }
}

/// A head in the log from before the prune is no fault; one that the chain lost since is.
#[tokio::test]
async fn heads_of_deleted_entries_are_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let store = ten_days(&dir).await;
    let links = store.audit_links("a", 0).await.unwrap();
    let anchor = |n: usize| Anchor { writer: "a".into(), sequence: n as i64, hash: links[n - 1].hash.clone() };
    prune_until(&store, day(4)).await;
    assert_eq!(verify(&store, Some(&keys()), &[anchor(2), anchor(6)]).await.unwrap().faults, []);
    let other = Anchor { hash: vec![1; 32], ..anchor(6) };
    let faults = verify(&store, Some(&keys()), &[other]).await.unwrap().faults;
    assert_eq!(faults, [Fault { writer: "a".into(), sequence: 6, kind: FaultKind::NotAsLogged }]);
}

#[tokio::test]
async fn a_plan_that_somebody_else_has_overtaken_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = ten_days(&dir).await;
    let stale = store.prune_plan(day(4)).await.unwrap();
    prune_until(&store, day(3)).await;
    let outdated = store.prune(&stale, &[]).await;
    assert_eq!(outdated, Err(Conflict::Outdated.into()));
    assert_eq!(verify(&store, Some(&keys()), &[]).await.unwrap().faults, []);
}
