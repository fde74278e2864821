//! A site on the disk, well and broken in one place after the other. The network is looked at in the tests of
//! each check.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use jiff::Timestamp;

use super::*;
use crate::message::Keys;
use crate::quarantine::{Identities, secret};
use crate::store::{Database, sqlite};

struct Site(tempfile::TempDir);

impl Site {
    /// As after a first start that has ended.
    async fn new() -> Site {
        let site = Site(tempfile::tempdir().unwrap());
        let recipients = ["sluss.key", "escrow.key"]
            .map(|file| Identities::create_file(&site.path(file), Timestamp::now()).unwrap())
            .map(|recipient| format!("{recipient:?}"));
        let text = format!(
            r#"
            [gateway]
            listen = ["127.0.0.1:2525"]
            hostname = "sluss.kommun.example"
            allow_networks = ["127.0.0.0/8"]
            [next_hop.default]
            address = "127.0.0.1:2526"
            tls = "none"
            [store]
            url = "sqlite:sluss.db"
            [secret]
            file = "sluss.secret"
            [seal]
            recipients = [{}]
            identity_file = "sluss.key"
            [quarantine]
            keep_decision = "test"
            [policy]
            mode = "enforce"
            "#,
            recipients.join(", ")
        );
        std::fs::write(site.path("sluss.toml"), text).unwrap();
        let settings = sqlite::Settings {
            path: site.path("sluss.db"),
            writer: "node".to_owned(),
            busy_timeout: sqlite::BUSY_TIMEOUT,
            create: true,
        };
        let store = Database::open(settings).await.unwrap();
        secret::keys(&store, &site.path("sluss.secret"), true, Timestamp::now()).await.unwrap();
        store.close().await;
        site
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn mode(&self, file: &str, mode: u32) {
        std::fs::set_permissions(self.path(file), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Checks that are not well, with the worst that was found of each.
    async fn unwell(&self) -> Vec<(String, State)> {
        let (checked, report) = config::understand(&self.path("sluss.toml"), jiff::civil::date(2026, 11, 22)).unwrap();
        let (checked, me) = (checked.unwrap(), Account::me());
        let mut findings = configuration(&checked, &report, true);
        let (store, fingerprint) = store::check(&self.path("sluss.db"), &me, &me).await;
        findings.extend(store);
        findings.extend(inside(&checked, &me, &me, fingerprint.as_deref()));
        let mut unwell: Vec<(String, State)> =
            findings.into_iter().filter(|f| f.state > State::Ok).map(|f| (f.check, f.state)).collect();
        unwell.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
        unwell.dedup_by(|a, b| a.0 == b.0);
        unwell
    }
}

#[tokio::test]
async fn a_site_that_is_well_and_one_thing_after_the_other_broken() {
    let fault = |check: &str| (check.to_owned(), State::Fault);
    let warning = |check: &str| (check.to_owned(), State::Warning);
    let site = Site::new().await;
    let disk = |found: Vec<(String, State)>| found.into_iter().filter(|(check, _)| check != "disk").collect::<Vec<_>>();
    assert_eq!(disk(site.unwell().await), []);
    let before: Vec<_> = std::fs::read_dir(site.0.path()).unwrap().map(|e| e.unwrap().file_name()).collect();

    site.mode("sluss.db", 0o606);
    assert_eq!(disk(site.unwell().await), [fault("store")]);
    site.mode("sluss.db", 0o600);

    site.mode("sluss.toml", 0o666);
    assert_eq!(disk(site.unwell().await), [fault("files")]);
    site.mode("sluss.toml", 0o644);

    site.mode("sluss.secret", 0o640);
    assert_eq!(disk(site.unwell().await), [fault("configuration"), fault("secret")]);
    site.mode("sluss.secret", 0o600);

    let secret = std::fs::read(site.path("sluss.secret")).unwrap();
    std::fs::remove_file(site.path("sluss.secret")).unwrap();
    assert_eq!(disk(site.unwell().await), [fault("secret")], "the store has had one");
    Keys::create_file(&site.path("sluss.secret")).unwrap();
    assert_eq!(disk(site.unwell().await), [fault("secret")], "another one");
    std::fs::write(site.path("sluss.secret"), secret).unwrap();

    let identity = std::fs::read(site.path("sluss.key")).unwrap();
    std::fs::remove_file(site.path("sluss.key")).unwrap();
    Identities::create_file(&site.path("sluss.key"), Timestamp::now()).unwrap();
    assert_eq!(disk(site.unwell().await), [warning("configuration"), fault("identity")]);
    std::fs::write(site.path("sluss.key"), identity).unwrap();

    // A log without its index, as after a restore: nobody but a start may touch it.
    std::fs::write(site.path("sluss.db-wal"), "").unwrap();
    site.mode("sluss.db-wal", 0o600);
    assert_eq!(disk(site.unwell().await), [warning("store")]);
    std::fs::remove_file(site.path("sluss.db-wal")).unwrap();

    assert_eq!(disk(site.unwell().await), []);
    let after: Vec<_> = std::fs::read_dir(site.0.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(before.len(), after.len(), "{after:?}");
}

#[test]
fn channels_that_end() {
    use crate::channel::{Channel, Evidence, Level};
    let today = jiff::civil::date(2026, 11, 22);
    let row = |id: &str, level, until| Channel {
        id: id.to_owned(),
        patterns: Vec::new(),
        listed: Vec::new(),
        list_file: None,
        not: Vec::new(),
        evidence: Evidence { level, decided_by: "x".into(), reference: "y".into(), verified_until: until },
        per_mailbox: false,
        next_hop: None,
        owner: None,
        mailbox: Default::default(),
        tls: None,
        way: None,
    };
    let date = jiff::civil::date;
    let told = |channels: &[Channel]| {
        content::channels(channels, today).into_iter().map(|f| (f.state, f.what)).collect::<Vec<_>>()
    };
    assert_eq!(told(&[])[0].0, State::Warning);
    let far = row("far", Level::Contract, date(2027, 11, 22));
    let nothing = row("nothing", Level::Unknown, date(2026, 1, 1));
    assert_eq!(told(&[far.clone(), nothing.clone()])[0].0, State::Ok);
    let all =
        told(&[far, nothing, row("soon", Level::Eid, date(2026, 12, 1)), row("over", Level::Eid, date(2026, 11, 21))]);
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all[0].1.ends_with("unknown: over") && all[1].1.ends_with("30 days: soon"), "{all:?}");
}
