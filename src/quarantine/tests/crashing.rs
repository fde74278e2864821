//! A process that dies at each named point, in the middle of a hold or a release, and what the next
//! process finds.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use super::next_hop::NextHop;
use super::*;
use crate::telemetry::failpoint;

/// Set for the process that dies: its folder, and the address of the hop.
const FOLDER: &str = "SLUSS_TEST_FOLDER";
const HOP: &str = "SLUSS_TEST_HOP";
/// Written there once the hold has its receipt: the id.
const RECEIPT: &str = "receipt";

/// What dies: one hold and one release, to two recipients. Does nothing but in that process.
#[tokio::test]
async fn one_hold_and_one_release() {
    let (Ok(folder), Ok(hop)) = (std::env::var(FOLDER), std::env::var(HOP)) else { return };
    let house = House::at(Path::new(&folder)).await;
    let id = house.held(&["bo@post.example", "eva@post.example"]).await;
    std::fs::write(house.dir.join(RECEIPT), id.to_string()).unwrap();
    let progress = house.releasing(hop).release(id, &operator(), Route::Ordinary, None).await.unwrap();
    assert!(matches!(progress, Progress::Released(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_at_any_point_loses_nothing_and_repeats_one_recipient_at_most() {
    for point in failpoint::POINTS.iter().filter(|point| point.starts_with("hold:") || point.starts_with("release:")) {
        // Those between the recipients of a release are passed once for each of the two.
        let between = matches!(*point, "release:before-handoff" | "release:before-record" | "release:after-record");
        for passage in 1..=if between { 2 } else { 1 } {
            let point = format!("{point}:{passage}");
            let folder = tempfile::tempdir().unwrap();
            let hop = NextHop::honest().await;
            let status = die_at(&point, folder.path(), &hop);
            assert_eq!(status.signal(), Some(9), "{point} was not passed");
            find_all_well(&House::at(folder.path()).await, &hop, &point).await;
        }
    }
}

fn die_at(point: &str, folder: &Path, hop: &NextHop) -> ExitStatus {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "quarantine::tests::crashing::one_hold_and_one_release"])
        .env(FOLDER, folder)
        .env(HOP, hop.address.to_string())
        .env("SLUSS_FAILPOINT", point)
        .output()
        .unwrap()
        .status
}

/// The next process, on what the dead one left.
async fn find_all_well(house: &House, hop: &NextHop, point: &str) {
    let receipt = std::fs::read_to_string(house.dir.join(RECEIPT)).ok();
    let held = house.store.list(&Default::default()).await.unwrap();
    let had_committed = !point.starts_with("hold:") || point.starts_with("hold:after-commit");
    assert_eq!(held.len(), usize::from(had_committed), "{point}");
    assert_eq!(receipt.is_some(), !point.starts_with("hold:"), "{point}");
    assert!(house.store.reconcile().await.unwrap().holds(), "{point}");
    assert_eq!(crate::audit::verify(house.store.as_ref(), None, &[]).await.unwrap().faults, [], "{point}");
    let Some(message) = held.first() else { return };
    if let Some(receipt) = receipt {
        assert_eq!(receipt, message.id.to_string(), "{point}");
    }
    let quarantine = house.releasing(hop.address);
    match message.state {
        State::Held => {
            quarantine.open(message.id, &operator(), "after a crash").await.unwrap();
            quarantine.release(message.id, &operator(), Route::Ordinary, None).await.unwrap();
        }
        State::Releasing => {
            // The dead process's lease is still good; it runs out by the database's clock.
            expire_lease(house).await;
            quarantine.resume(message.id).await.unwrap();
        }
        // Its content may still be there: the sweep finds it.
        State::Released => drop(quarantine.sweep().await.unwrap()),
        other => panic!("{point}: {other:?}"),
    }
    assert_eq!(house.message(message.id).await.state, State::Released, "{point}");
    assert_eq!(house.store.content(message.id).await.unwrap(), None, "{point}");
    let taken = hop.record().taken;
    for address in ["bo@", "eva@"] {
        assert!(taken.iter().any(|t| t.recipients[0].contains(address)), "{point}: {address} has nothing");
    }
    let repeated = usize::from(point.starts_with("release:before-record"));
    assert_eq!(taken.len(), 2 + repeated, "{point}");
}

async fn expire_lease(house: &House) {
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(house.dir.join("sluss.db"))
        .busy_timeout(Duration::from_secs(5));
    let mut conn = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::raw_sql("UPDATE held SET lease_until = 0").execute(&mut conn).await.unwrap();
}
