//! The commands as they are called, on a real store in a folder.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use clap::Parser;
use tokio::runtime::Runtime;

use super::*;
use crate::cli::quarantine::tests::hold;
use crate::message::MessageId;
use crate::quarantine::{Hold, Quarantine, Settings as QuarantineSettings, Times, key_name};
use crate::store::sqlite;

#[derive(Debug, clap::Parser)]
struct Line {
    #[command(flatten)]
    args: Args,
}

fn parse(line: &str) -> Result<Args, clap::Error> {
    Line::try_parse_from(format!("keys {line}").split(' ')).map(|l| l.args)
}

#[test]
fn wrong_use_is_refused_before_anything_is_opened() {
    for (line, right) in [
        ("new /tmp/x", true),
        ("new", false),
        ("status --json", true),
        ("rotate", true),
        ("rotate --unit social --unit school --dry-run --json", true),
        ("rotate --hand-over", true),
        ("rotate --secret", true),
        ("rotate --secret --dry-run", false),
        ("rotate --secret --unit social", false),
        ("use-secret 2", true),
        ("use-secret two", false),
        ("forget-secret", false),
        ("forget-secret 1", true),
    ] {
        assert_eq!(parse(line).is_ok(), right, "{line}");
    }
}

/// A store with its secret in a folder.
struct House {
    folder: tempfile::TempDir,
    runtime: Runtime,
}

impl House {
    fn new() -> House {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let house = House { folder: tempfile::tempdir().unwrap(), runtime };
        house.runtime.block_on(async { house.open(true).await });
        house
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn open(&self, create: bool) -> (Arc<dyn Store>, Arc<Keys>) {
        let store = Database::open(self.store(create)).await.unwrap();
        let now = jiff::Timestamp::now();
        let keys = secret::keys(&store, &self.path("sluss.secret"), create, now).await.unwrap();
        (Arc::new(store), Arc::new(keys))
    }

    fn store(&self, create: bool) -> sqlite::Settings {
        let path = self.path("sluss.db");
        sqlite::Settings { path, writer: "node".into(), busy_timeout: sqlite::BUSY_TIMEOUT, create }
    }

    /// A new identity in this file; its recipient.
    fn key(&self, name: &str) -> String {
        Identities::create_file(&self.path(name), jiff::Timestamp::now()).unwrap()
    }

    fn settings(&self, recipients: &[&String], identity: Option<&str>) -> Settings {
        let recipients: Vec<String> = recipients.iter().map(|r| r.to_string()).collect();
        Settings {
            store: self.store(false).into(),
            secret_file: self.path("sluss.secret"),
            sealer: Some(Sealer::new(&recipients, &BTreeMap::new()).unwrap()),
            identity_file: identity.map(|name| self.path(name)),
        }
    }

    /// Exit status of the line.
    fn run(&self, line: &str, settings: Settings) -> u8 {
        let args = parse(line).unwrap();
        let code = self.runtime.block_on(command(args.command, settings, Actor::Operator("kari".into())));
        (0..=u8::MAX).find(|n| ExitCode::from(*n) == code).unwrap()
    }

    fn hold(&self, recipients: &[&String]) -> MessageId {
        // A copy of it may come.
        let mail = Hold { message_id: Some("m@kommun.example".into()), ..hold() };
        self.runtime.block_on(async {
            let (store, keys) = self.open(false).await;
            let sealer = self.settings(recipients, None).sealer.unwrap();
            let settings = QuarantineSettings {
                sealer,
                times: Times::default(),
                desks: HashMap::new(),
                identities: None,
                routes: None,
            };
            Quarantine::new(store, keys, settings).hold(mail).await.unwrap().id()
        })
    }

    fn opens(&self, identity: &Path, id: MessageId) -> bool {
        let identities = Identities::from_file(identity).unwrap();
        self.runtime.block_on(async {
            let (store, _) = self.open(false).await;
            let evidence = store.evidence(id).await.unwrap().unwrap();
            let content = store.content(id).await.unwrap().unwrap();
            assert_eq!(identities.open(&evidence).is_ok(), identities.open(&content).is_ok());
            identities.open(&content).is_ok()
        })
    }

    fn events(&self) -> Vec<String> {
        self.runtime.block_on(async {
            let (store, _) = self.open(false).await;
            let links = store.audit_links("node", 0).await.unwrap();
            links.into_iter().map(|link| link.event).collect()
        })
    }
}

#[test]
fn held_mail_is_sealed_anew_and_never_where_nobody_here_could_open_it() {
    let house = House::new();
    let (escrow, old) = (house.key("escrow"), house.key("old"));
    let id = house.hold(&[&escrow, &old]);
    let new = house.key("new");
    let both =
        std::fs::read_to_string(house.path("new")).unwrap() + &std::fs::read_to_string(house.path("old")).unwrap();
    crate::message::keys::write_new_private(&house.path("both"), both.as_bytes()).unwrap();
    let now = |identity: &str| house.settings(&[&escrow, &new], Some(identity));

    assert_eq!(house.run("rotate", house.settings(&[&escrow, &new], None)), EXIT_UNUSABLE, "no identity");
    assert_eq!(house.run("rotate", now("old")), EXIT_UNUSABLE, "it would shut out this host");
    assert_eq!(house.run("rotate --dry-run", now("both")), 0);
    assert!(house.opens(&house.path("old"), id), "nothing has changed");
    // Its identity does not open what is there.
    assert_eq!(house.run("rotate", now("new")), NOT_ALL);
    assert!(house.opens(&house.path("old"), id));

    assert_eq!(house.run("rotate --json", now("both")), 0);
    assert!(house.opens(&house.path("new"), id) && house.opens(&house.path("escrow"), id));
    assert!(!house.opens(&house.path("old"), id));
    assert_eq!(house.run("rotate", now("both")), 0, "nothing is left to do");
    assert_eq!(house.run("status", now("both")), 0);
    assert_eq!(house.run("status --json", now("both")), 0);

    // To somebody else, when that is what is wanted.
    let theirs = house.key("theirs");
    let handed = || house.settings(&[&theirs], Some("new"));
    assert_eq!(house.run("rotate", handed()), EXIT_UNUSABLE);
    assert_eq!(house.run("rotate --hand-over --unit school", handed()), 0, "another unit's");
    assert!(house.opens(&house.path("new"), id));
    assert_eq!(house.run("rotate --hand-over --unit social", handed()), 0);
    assert!(house.opens(&house.path("theirs"), id) && !house.opens(&house.path("new"), id));
    assert_eq!(house.events().iter().filter(|event| *event == "resealed").count(), 2);
    assert_eq!(key_name(&theirs).len(), 16);
}

#[test]
fn a_secret_is_added_used_and_forgotten() {
    let house = House::new();
    let key = house.key("key");
    let settings = || house.settings(&[&key], Some("key"));
    let fingerprints = || Keys::from_file(&house.path("sluss.secret")).unwrap().names();
    assert_eq!(house.run("use-secret 2", settings()), EXIT_UNUSABLE, "there is none");
    assert_eq!(house.run("rotate --secret", settings()), 0);
    assert_eq!(house.run("rotate --secret", settings()), EXIT_UNUSABLE, "one is waiting");
    assert_eq!(fingerprints().len(), 2);
    assert_eq!(house.run("forget-secret 1", settings()), EXIT_UNUSABLE, "it is the one in use");
    let id = house.hold(&[&key]);
    assert_eq!(house.run("use-secret 2", settings()), 0);
    assert_eq!(house.run("status", settings()), 0);
    assert_eq!(house.run("forget-secret 1", settings()), NOT_ALL, "a copy of what is held may come");
    assert_eq!(fingerprints().len(), 2);
    assert!(house.opens(&house.path("key"), id));
    assert!(!house.events().contains(&"secret-forgotten".to_owned()));

    // A secret that nothing needs.
    let unused = House::new();
    let settings = || unused.settings(&[&key], None);
    assert_eq!(unused.run("rotate --secret", settings()), 0);
    assert_eq!(unused.run("use-secret 2", settings()), 0);
    assert_eq!(unused.run("forget-secret 1", settings()), 0);
    let left = Keys::from_file(&unused.path("sluss.secret")).unwrap().names();
    assert_eq!(left.iter().map(|name| name.number).collect::<Vec<_>>(), [2]);
    assert_eq!(unused.events(), ["secret-made", "secret-exchanged", "secret-forgotten"]);
    assert_eq!(unused.run("status", settings()), 0, "the store belongs to what is left");
}
