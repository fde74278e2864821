use std::sync::Arc;

use super::*;
use crate::message::MessageId;
use crate::store::contract::{self, about, entry, links, minute, new_held, notice, ordinary, row};
use crate::store::{Conflict, Database, Health, NewHeld, RecipientState, State, Store as _};
use server::Cluster;

#[path = "../../../tests/support/postgres.rs"]
mod server;

const LEASE: Duration = Duration::from_secs(60);

fn settings(url: String, writer: &str) -> Settings {
    Settings { url, writer: writer.to_owned() }
}

async fn node(database: &str, writer: &str) -> Database {
    Database::open(settings(Cluster::shared().url(database), writer)).await.unwrap()
}

/// Two nodes on one new database.
async fn two_nodes() -> (String, Arc<Database>, Arc<Database>) {
    let database = Cluster::shared().database();
    let (a, b) = (node(&database, "a").await, node(&database, "b").await);
    (database, Arc::new(a), Arc::new(b))
}

#[tokio::test]
async fn keeps_the_contract() {
    contract::all(&node(&Cluster::shared().database(), "node").await).await;
}

#[tokio::test]
async fn every_session_has_the_settings() {
    let store = node(&Cluster::shared().database(), "node").await;
    let mut tx = store.core.begin().await.unwrap();
    for (setting, expected) in [
        ("synchronous_commit", "on"),
        ("lock_timeout", "5s"),
        ("statement_timeout", "25s"),
        ("idle_in_transaction_session_timeout", "30s"),
        ("transaction_isolation", "read committed"),
    ] {
        let row = crate::store::sql::statement::sql("SELECT current_setting($1) AS value").bind(setting);
        let value = row.first(&mut tx).await.unwrap().unwrap().text("value").unwrap();
        assert_eq!(value, expected, "{setting}");
    }
}

#[test]
fn a_password_is_not_shown_and_a_network_is_not_trusted() {
    use sqlx::postgres::PgSslMode::{Disable, Prefer, Require, VerifyFull};
    let shown = open::place("postgres://sluss:geheim@db.kommun.example:5433/sluss?sslmode=require");
    assert_eq!(shown, "postgres://sluss@db.kommun.example:5433/sluss");
    for (url, mode) in [
        ("postgres://sluss@db.kommun.example/sluss", VerifyFull),
        ("postgres://sluss@db.kommun.example/sluss?sslmode=prefer", VerifyFull),
        ("postgres://sluss@db.kommun.example/sluss?sslmode=require", Require),
        ("postgres://sluss@192.0.2.7/sluss?sslmode=disable", Disable),
        ("postgres://sluss@localhost/sluss", Prefer),
        ("postgres://sluss@127.0.0.1/sluss", Prefer),
        ("postgres://sluss@[::1]/sluss", Prefer),
        ("postgres://sluss@localhost/sluss?host=/run/postgresql", Prefer),
    ] {
        let found = open::options(url).unwrap().get_ssl_mode();
        assert_eq!(format!("{found:?}"), format!("{mode:?}"), "{url}");
    }
}

/// As two nodes do that start together for the first time.
#[tokio::test]
async fn several_may_make_the_schema_at_once() {
    for _ in 0..3 {
        let database = Cluster::shared().database();
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..6 {
            tasks.spawn(Database::open(settings(Cluster::shared().url(&database), &format!("node{n}"))));
        }
        for opened in tasks.join_all().await {
            opened.unwrap().append(&entry("started", minute(0))).await.unwrap();
        }
    }
}

#[tokio::test]
async fn each_earlier_schema_is_brought_up_and_a_newer_one_refused() {
    for earlier in 1..open::MIGRATIONS.len() {
        let database = Cluster::shared().database();
        for script in &open::MIGRATIONS[..earlier] {
            Cluster::shared().sql(&database, script);
        }
        let set = format!("INSERT INTO meta (key, value) VALUES ('schema', '{earlier}')");
        Cluster::shared().sql(&database, &set);
        contract::all(&node(&database, "node").await).await;
    }
    let database = Cluster::shared().database();
    node(&database, "node").await;
    Cluster::shared().sql(&database, "UPDATE meta SET value = '99' WHERE key = 'schema'");
    let opened = Database::open(settings(Cluster::shared().url(&database), "node")).await;
    assert!(matches!(opened, Err(OpenError::TooNew { found: 99, .. })));
}

#[tokio::test]
async fn copies_held_on_two_nodes_at_once_share_reference_and_notice() {
    let (_, a, b) = two_nodes().await;
    for n in 0..10 {
        let mut tasks = tokio::task::JoinSet::new();
        for copy in 0..8 {
            let store = Arc::clone(if copy % 2 == 0 { &a } else { &b });
            let new = NewHeld {
                copy_digests: vec![format!("1:copy{n}")],
                notices: vec![notice(minute(0))],
                ..new_held(minute(0), 1)
            };
            tasks.spawn(async move { store.hold(new).await.unwrap().reference().clone() });
        }
        let references = tasks.join_all().await;
        assert!(references.iter().all(|reference| *reference == references[0]), "{references:?}");
        assert_eq!(a.outbox_waiting().await.unwrap(), n + 1);
    }
    assert!(b.reconcile().await.unwrap().holds());
}

/// Two processes of each of two machines: the chain is the machine's.
#[tokio::test]
async fn chains_have_no_gap_whoever_writes_at_once() {
    let (database, a, b) = two_nodes().await;
    let (a2, b2) = (Arc::new(node(&database, "a").await), Arc::new(node(&database, "b").await));
    let mut tasks = tokio::task::JoinSet::new();
    for store in [&a, &b, &a2, &b2] {
        for n in 0..4 {
            let store = Arc::clone(store);
            tasks.spawn(async move {
                for _ in 0..10 {
                    store.hold(new_held(minute(n), 1)).await.unwrap();
                    store.append(&entry("started", minute(n))).await.unwrap();
                }
            });
        }
    }
    tasks.join_all().await;
    assert_eq!(a.audit_writers().await.unwrap(), ["a", "b"]);
    for writer in ["a", "b"] {
        assert_eq!(links(&*b, writer).await.len(), 160);
    }
    contract::chains_have_no_gap_and_end_at_their_head(&*a).await;
    assert!(a.reconcile().await.unwrap().holds());
}

#[tokio::test]
async fn one_of_two_nodes_wins_a_release_and_the_overtaken_one_writes_nothing() {
    let (_, a, b) = two_nodes().await;
    for _ in 0..10 {
        let id = a.hold(new_held(minute(0), 1)).await.unwrap().id();
        let (new, start) = (ordinary(), about("release-started", id, minute(1)));
        let (first, second) = tokio::join!(
            a.start_release(id, "a", Duration::ZERO, &new, &start),
            b.start_release(id, "b", Duration::ZERO, &new, &start)
        );
        let (winner, claim, other) = match (first, second) {
            (Ok(claim), Err(lost)) => {
                assert_eq!(lost, Conflict::State(State::Releasing).into());
                (&a, claim, &b)
            }
            (Err(lost), Ok(claim)) => {
                assert_eq!(lost, Conflict::State(State::Releasing).into());
                (&b, claim, &a)
            }
            both => panic!("{both:?}"),
        };
        // The winner's lease has run out, as that of a node that was stopped.
        let taken = other.resume_release(id, "other", LEASE).await.unwrap();
        let accepted = row(0, RecipientState::Accepted);
        assert_eq!(winner.record_recipient(&claim, &accepted, None).await, Err(Conflict::LeaseLost.into()));
        assert_eq!(winner.renew(&claim, LEASE).await, Err(Conflict::LeaseLost.into()));
        other.record_recipient(&taken, &accepted, None).await.unwrap();
        other.finish_release(&taken, None, &about("released", id, minute(2))).await.unwrap();
    }
}

#[tokio::test]
async fn a_notice_is_given_to_one_node() {
    let (_, a, b) = two_nodes().await;
    for _ in 0..20 {
        a.outbox_add(&notice(minute(0))).await.unwrap();
    }
    let take = |store: Arc<Database>| async move {
        let mut taken = Vec::new();
        while let Some(item) = store.outbox_claim(minute(1)).await.unwrap() {
            assert_eq!(item.attempts, 1);
            taken.push(item.id);
        }
        taken
    };
    let (first, second) = tokio::join!(take(Arc::clone(&a)), take(Arc::clone(&b)));
    let mut all: Vec<_> = first.into_iter().chain(second).map(|id| id.0).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 20);
}

#[tokio::test]
async fn one_node_binds_the_secret() {
    let (_, a, b) = two_nodes().await;
    let made = entry("secret-made", minute(0));
    let (first, second) = tokio::join!(a.bind_secret("aaaa", &made), b.bind_secret("bbbb", &made));
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    let stored = a.secret_fingerprint().await.unwrap().unwrap();
    let lost = first.and(second).unwrap_err();
    assert_eq!(lost, StoreError::OtherSecret { stored });
}

/// What a server forgets is not held there.
#[tokio::test]
async fn a_server_that_may_forget_is_refused_by_name() {
    let cluster = Cluster::new();
    cluster.start();
    for setting in ["fsync", "full_page_writes"] {
        let set = |value: &str| {
            cluster.sql("postgres", &format!("ALTER SYSTEM SET {setting} = {value}"));
            cluster.stop_at_once();
            cluster.start();
        };
        set("off");
        let Err(refused) = Database::open(settings(cluster.url("postgres"), "node")).await else {
            panic!("{setting} = off was taken")
        };
        assert!(refused.to_string().contains(&format!("{setting} = off")), "{refused}");
        assert!(look::look(&cluster.url("postgres")).await.is_err());
        set("on");
    }
    Database::open(settings(cluster.url("postgres"), "node")).await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_gone_at_the_start_is_said_at_once() {
    let cluster = Cluster::new();
    let opened = Database::open(settings(cluster.url("postgres"), "node")).await;
    assert!(matches!(opened, Err(OpenError::Store { source: StoreError::Unavailable(_), .. })));
    cluster.start();
    Database::open(settings(cluster.url("postgres"), "node")).await.unwrap();
}

/// The server dies again and again in the middle of everything; both nodes go on as soon as it is back, and nothing
/// that was answered is lost.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_a_killed_server() {
    let cluster = Cluster::new();
    cluster.start();
    let open = |writer| Database::open(settings(cluster.url("postgres"), writer));
    let nodes = [Arc::new(open("a").await.unwrap()), Arc::new(open("b").await.unwrap())];
    let mut answered: Vec<MessageId> = Vec::new();
    for round in 0..6 {
        let mut clients = tokio::task::JoinSet::new();
        for n in 0..8 {
            let store = Arc::clone(&nodes[n % 2]);
            clients.spawn(async move {
                let mut answered = Vec::new();
                let mut refused = 0;
                while refused < 3 {
                    let new = NewHeld { copy_digests: vec![format!("1:{round}")], ..new_held(minute(0), 2) };
                    match store.hold(new).await {
                        Ok(receipt) => answered.push(receipt.id()),
                        Err(StoreError::Unavailable(_)) => refused += 1,
                        Err(other) => panic!("{other}"),
                    }
                }
                answered
            });
        }
        while nodes[0].list(&Default::default()).await.unwrap().len() < (round + 1) * 20 {
            tokio::task::yield_now().await;
        }
        match round % 2 {
            0 => cluster.kill(),
            _ => cluster.stop_at_once(),
        }
        answered.extend(clients.join_all().await.into_iter().flatten());
        assert!(nodes[0].ping().await.is_err(), "readiness says that nothing can be held");
        cluster.start();
        assert_eq!(nodes[0].healthy(), Health::Good);
        nodes[1].ping().await.unwrap();
    }
    assert!(answered.len() >= 120);
    for id in answered {
        let held = nodes[0].message(id).await.unwrap();
        assert_eq!(held.map(|message| message.state), Some(State::Held));
        assert!(nodes[1].content(id).await.unwrap().is_some());
    }
    contract::chains_have_no_gap_and_end_at_their_head(&*nodes[0]).await;
    assert!(nodes[0].reconcile().await.unwrap().holds());
}

/// A connection that ends in mid-transaction takes nothing with it and is replaced.
#[tokio::test]
async fn a_connection_that_is_cut_is_replaced() {
    let (database, a, _) = two_nodes().await;
    let new = new_held(minute(0), 1);
    let cut = || {
        let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                      WHERE datname = current_database() AND pid <> pg_backend_pid()";
        Cluster::shared().sql(&database, others);
    };
    cut();
    a.hold(new.clone()).await.unwrap();
    cut();
    assert_eq!(a.content(new.id).await.unwrap(), Some(new.content));
    let mut tx = a.core.begin().await.unwrap();
    cut();
    assert!(matches!(tx.append(&entry("started", minute(0))).await, Err(StoreError::Unavailable(_))));
    drop(tx);
    a.append(&entry("started", minute(0))).await.unwrap();
    let unknown = Err(StoreError::Unavailable("no connection".into()));
    let receipt = a.core.receipt_after(unknown, new.id, new.reference.clone()).await.unwrap();
    assert_eq!(receipt.id(), new.id);
}

/// PostgreSQL turns the COMMIT after a failed statement into a rollback and says that all is well.
#[tokio::test]
async fn a_transaction_in_which_a_statement_failed_is_never_committed() {
    let store = node(&Cluster::shared().database(), "node").await;
    let mut tx = store.core.begin().await.unwrap();
    tx.append(&entry("started", minute(0))).await.unwrap();
    assert!(crate::store::sql::statement::sql("SELECT 1 / 0").run(&mut tx).await.is_err());
    assert!(tx.commit().await.is_err());
    assert_eq!(store.audit_heads().await.unwrap(), []);
}

#[tokio::test]
async fn retention_as_the_contract_says() {
    crate::store::retention_contract::all(&node(&Cluster::shared().database(), "node").await).await;
}
