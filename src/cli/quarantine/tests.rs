//! The commands as they are called, on real files, with a scripted next hop.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Parser;
use tokio::runtime::Runtime;

use super::*;
use crate::message::{Envelope, RawMessage, Recipient};
use crate::quarantine::{Hold, Leaving, RouteError};
use crate::relay::{ConnectionSecurity, Hop, Settings as HopSettings};
use crate::smtp::{ForwardPath, ReversePath};
use crate::store::sqlite;

// The rooms' tests and the end-to-end tests share one scripted hop; each includes it by itself.
#[allow(clippy::duplicate_mod)]
#[path = "../../../tests/support/next_hop.rs"]
mod next_hop;
use next_hop::{Act, At, Moment, NextHop};

#[derive(Debug, clap::Parser)]
struct Line {
    #[command(flatten)]
    args: Args,
}

fn parse(line: &str) -> Result<Args, clap::Error> {
    Line::try_parse_from(format!("quarantine {line}").split(' ')).map(|l| l.args)
}

#[test]
fn wrong_use_is_refused_before_anything_is_opened() {
    let id = "0123456789abcdef0123456789abcdef";
    for (line, right) in [
        ("list", true),
        ("list --json --state expired", true),
        ("list --state gone", false),
        (&format!("show {id}"), true),
        ("show abcd-2345 --json", true),
        ("show ABCD-1045", false), // 1 and 0 are not in the alphabet of references
        ("show ../../x", false),
        (&format!("show {id} --open"), false),
        (&format!("show {id} --purpose x"), false),
        (&format!("show {id} --open --purpose complaint"), true),
        (&format!("show {id} --open --purpose="), false),
        ("release", false),
        ("release --all", true),
        (&format!("release --all {id}"), false),
        (&format!("release {id} ABCD-2345 --reason agreed --wait 60"), true),
        ("discard", false),
        ("discard --all --reason=", false),
        ("discard --all --json", true),
        ("discard ABCD-2345 --withdrawn", true),
        ("release ABCD-2345 --through secure", true),
        ("release ABCD-2345 --through secure --only-two-factor", false),
        ("release ABCD-2345 --through=", false),
        ("release ABCD-2345 --only-two-factor", true),
        ("release ABCD-2345 --approve --reason agreed", true),
        ("release ABCD-2345 --approve --through secure", false),
        ("release ABCD-2345 --approve --only-two-factor", false),
        ("return ABCD-2345", false),
        ("return --reason x", false),
        ("return ABCD-2345 --reason x", true),
        ("return ABCD-2345 --reason x --advice remove", true),
        ("return ABCD-2345 --reason x --advice removed", false),
        ("return ABCD-2345 --reason x --advice=", false),
        ("keep ABCD-2345 --reason x", false),
        ("keep ABCD-2345 --decision x", false),
        ("keep ABCD-2345 --reason x --decision KS/1", true),
        ("reviews --all --json", true),
        ("review ABCD-2345", false),
        ("review ABCD-2345 --confirm", true),
        ("review ABCD-2345 --object", false),
        ("review ABCD-2345 --object --reason x", true),
        ("review ABCD-2345 --object --confirm --reason x", false),
        ("unkeep ABCD-2345", false),
        ("unkeep ABCD-2345 --reason x --json", true),
    ] {
        assert_eq!(parse(line).is_ok(), right, "{line}");
    }
}

#[test]
fn an_advice_is_a_word_that_notices_know_or_some_words() {
    assert_eq!(advice(" Ring mottagaren. "), Ok("Ring mottagaren.".to_owned()));
    assert!(advice(&"ord ".repeat(200)).unwrap_err().contains("longer"));
    let slip = advice("phoen").unwrap_err();
    assert!(slip.contains("case-system, phone, recipients, remove, secure"), "{slip}");
}

struct OneHop(Arc<Hop>);

impl Routes for OneHop {
    fn reach(&self, leaving: &Leaving<'_>, recipients: &[&Recipient]) -> Result<Vec<bool>, RouteError> {
        match leaving.route {
            Route::Ordinary => Ok(vec![true; recipients.len()]),
            Route::TwoFactor => Err(RouteError::NobodyMeets),
            Route::Way(id) if id == "secure" => Ok(vec![true; recipients.len()]),
            Route::Way(id) | Route::Disclosure(id) => Err(RouteError::NoSuchWay(id.clone())),
        }
    }

    fn hop(&self, _: &Leaving<'_>, _: &Recipient) -> Option<Arc<Hop>> {
        Some(Arc::clone(&self.0))
    }

    fn dress<'m>(&self, _: &Hop, _: &Envelope, message: &'m RawMessage) -> (Vec<u8>, Vec<&'m [u8]>) {
        (Vec::new(), vec![message.bytes()])
    }

    fn admits(&self, _: &Leaving<'_>, _: &Recipient, _: ConnectionSecurity) -> bool {
        true
    }
}

/// A store with keys in a folder, and a hop that runs beside the commands.
struct House {
    folder: tempfile::TempDir,
    runtime: Runtime,
    hop: NextHop,
    recipient: String,
}

impl House {
    fn new(script: impl Fn(Moment<'_>) -> Option<Act> + Send + Sync + 'static) -> House {
        let folder = tempfile::tempdir().unwrap();
        let recipient = Identities::create_file(&folder.path().join("identity"), jiff::Timestamp::now()).unwrap();
        let runtime = Runtime::new().unwrap();
        let hop = runtime.block_on(NextHop::scripted(script));
        let house = House { folder, runtime, hop, recipient };
        house.runtime.block_on(async {
            let store = Database::open(sqlite::Settings { create: true, ..house.store() }).await.unwrap();
            secret::keys(&store, &house.file("secret"), true, jiff::Timestamp::now()).await.unwrap();
            store.close().await;
        });
        house
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn store(&self) -> sqlite::Settings {
        sqlite::Settings {
            path: self.file("sluss.db"),
            writer: "node".into(),
            busy_timeout: sqlite::BUSY_TIMEOUT,
            create: false,
        }
    }

    fn settings(&self) -> Settings {
        let address = self.hop.address.to_string();
        Settings {
            store: self.store().into(),
            secret_file: self.file("secret"),
            sealer: Sealer::new(std::slice::from_ref(&self.recipient), &BTreeMap::new()).unwrap(),
            times: Times { keep_decision: None, warn_days: 3, return_days: 7 },
            identity_file: Some(self.file("identity")),
            routes: Box::new(move |_| Ok(Arc::new(OneHop(hop_to(address))))),
        }
    }

    fn run(&self, line: &str) -> u8 {
        self.run_with(line, self.settings())
    }

    fn run_with(&self, line: &str, settings: Settings) -> u8 {
        let code = run(parse(line).unwrap(), settings);
        (0..=u8::MAX).find(|n| ExitCode::from(*n) == code).unwrap()
    }

    fn held(&self, count: usize) -> Vec<MessageId> {
        self.held_as(count, |_| ())
    }

    fn held_as(&self, count: usize, change: fn(&mut Hold)) -> Vec<MessageId> {
        self.runtime.block_on(async {
            let store = Arc::new(Database::open(self.store()).await.unwrap());
            let settings = self.settings();
            let quarantine = super::quarantine(&store, settings, None, false).await.unwrap();
            let mut ids = Vec::new();
            for _ in 0..count {
                let mut hold = hold();
                change(&mut hold);
                ids.push(quarantine.hold(hold).await.unwrap().id());
            }
            store.close().await;
            ids
        })
    }

    fn state(&self, id: MessageId) -> State {
        self.runtime.block_on(async {
            let store = Database::open(self.store()).await.unwrap();
            store.message(id).await.unwrap().unwrap().state
        })
    }

    fn last_event(&self) -> (String, String, Option<String>) {
        self.runtime.block_on(async {
            let store = Database::open(self.store()).await.unwrap();
            let last = store.audit_links("node", 0).await.unwrap().pop().unwrap();
            (last.event, last.actor, last.reason)
        })
    }
}

fn hop_to(address: String) -> Arc<Hop> {
    Hop::new(HopSettings { max_connections: 2, ..HopSettings::plain("default", address) }).unwrap()
}

/// A mail with nothing in it that anybody knows.
pub(in crate::cli) fn hold() -> Hold {
    let path = ForwardPath::parse("<bo@post.example>").unwrap().0;
    let message = b"Subject: x\r\n\r\nbody\r\n".to_vec();
    Hold {
        at: jiff::Timestamp::now(),
        unit: "social".into(),
        categories: vec!["health".into()],
        severity: "high".into(),
        patterns: "0123456789abcdef".into(),
        config: "fedcba9876543210".into(),
        channels: vec!["unknown".into()],
        mode: "enforce".into(),
        urgent: true,
        keep_days: 14,
        keep_decision: None,
        private: false,
        four_eyes: false,
        envelope: Envelope {
            reverse_path: ReversePath::Null,
            parameters: Vec::new(),
            recipients: vec![Recipient { path, parameters: Vec::new() }],
        },
        message_id: None,
        subject: Some("x".into()),
        findings: Vec::new(),
        uninspectable: Vec::new(),
        values: Vec::new(),
        trace: Vec::new(),
        kept: vec![0..5, 5..message.len()],
        message: RawMessage::uncounted(message),
        notice: serde_json::from_value(serde_json::json!({
            "kind": "reviewer-held", "language": "nb", "to": [], "recipients": [], "reached": [], "others": false,
            "categories": [], "places": [], "unreadable": [], "reference": null, "urgent": false, "unit": "social",
            "at": "2026-05-04T10:00:00Z", "days": 14,
        }))
        .unwrap(),
        tell: Vec::new(),
        reviewers: Vec::new(),
    }
}

fn honest(_: Moment<'_>) -> Option<Act> {
    None
}

#[test]
fn released_by_id_by_reference_and_all_at_once() {
    let house = House::new(honest);
    let ids = house.held(4);
    assert_eq!(house.run("list"), 0);
    assert_eq!(house.run(&format!("release {} --reason agreed", ids[0])), 0);
    let reference = house.runtime.block_on(async {
        let store = Database::open(house.store()).await.unwrap();
        store.message(ids[1]).await.unwrap().unwrap().reference
    });
    assert_eq!(house.run(&format!("release {}", reference.as_str().to_lowercase())), 0);
    assert_eq!(house.hop.record().taken.len(), 2);
    assert_eq!(house.run("release --all --json"), 0);
    assert_eq!(house.hop.record().taken.len(), 4);
    assert!(ids.iter().all(|id| house.state(*id) == State::Released));
    // Released already is released; what nobody knows is not.
    assert_eq!(house.run(&format!("release {}", ids[0])), 0);
    assert_eq!(house.run(&format!("release {}", MessageId::random())), NOT_ALL);
    assert_eq!(house.run(&format!("discard {}", ids[0])), NOT_ALL);
    assert_eq!(house.run("release --all"), 0);
    assert_eq!(house.hop.record().taken.len(), 4);
}

#[test]
fn a_release_that_does_not_end_is_status_1_and_goes_on_with_the_next_command() {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    let times = AtomicUsize::new(0);
    // The first dot is deferred, the second refused, the third taken.
    let house = House::new(move |m: Moment<'_>| match m.at {
        At::Dot => match times.fetch_add(1, SeqCst) {
            0 => Some(Act::say("451 4.3.0 later")),
            1 => Some(Act::say("550 5.7.1 no")),
            _ => None,
        },
        _ => None,
    });
    let id = house.held(1)[0];
    assert_eq!(house.run(&format!("release {id}")), NOT_ALL);
    assert_eq!(house.state(id), State::Releasing);
    assert_eq!(house.run(&format!("discard {id}")), NOT_ALL, "it may have reached somebody");
    assert_eq!(house.run(&format!("release {id}")), NOT_ALL);
    assert_eq!(house.state(id), State::Held);
    assert_eq!(house.run(&format!("release {id}")), 0);
    assert_eq!(house.hop.record().taken.len(), 1);
}

#[test]
fn showing_and_discarding() {
    let house = House::new(honest);
    let ids = house.held(2);
    assert_eq!(house.run(&format!("show {}", ids[0])), 0);
    assert_eq!(house.run(&format!("show {} --json", ids[0])), 0);
    assert_eq!(house.last_event().0, "viewed", "a record without content is no opening");
    assert_eq!(house.run("list --state held"), 0);
    let (event, actor, _) = house.last_event();
    assert!(event == "listed" && actor.starts_with("operator:"), "{event} {actor}");
    assert_eq!(house.run(&format!("show {} --open --purpose complaint", ids[0])), 0);
    let (event, actor, reason) = house.last_event();
    assert_eq!((event.as_str(), reason.as_deref()), ("opened", Some("complaint")));
    assert!(actor.starts_with("operator:"));
    assert_eq!(house.run(&format!("show {} --open --json --purpose again", ids[0])), 0);
    assert_eq!(house.run(&format!("show {}", MessageId::random())), UNUSABLE);
    assert_eq!(house.run("discard --all --reason old"), 0);
    assert!(ids.iter().all(|id| house.state(*id) == State::Discarded));
    assert_eq!(house.last_event().2.as_deref(), Some("old"));
    assert_eq!(house.run(&format!("show {} --open --purpose late", ids[0])), UNUSABLE, "deleted");
}

#[test]
fn by_the_secure_way_alone_what_is_private() {
    let house = House::new(honest);
    let ids = house.held_as(2, |hold| hold.private = true);
    for refused in ["release", "release --only-two-factor", "release --through fax", "discard"] {
        assert_eq!(house.run(&format!("{refused} {}", ids[0])), NOT_ALL, "{refused}");
    }
    assert_eq!(house.run(&format!("show {} --open --purpose complaint", ids[0])), UNUSABLE);
    assert_ne!(house.last_event().0, "opened");
    assert_eq!(house.run(&format!("show {}", ids[0])), 0);
    assert_eq!(house.run(&format!("release {} --through secure", ids[0])), 0);
    assert_eq!(house.run(&format!("discard {} --withdrawn", ids[1])), 0);
    assert_eq!(ids.iter().map(|id| house.state(*id)).collect::<Vec<_>>(), [State::Released, State::Discarded]);
}

#[test]
fn one_person_cannot_do_what_takes_two() {
    let house = House::new(honest);
    let id = house.held_as(1, |hold| hold.four_eyes = true)[0];
    assert_eq!(house.run(&format!("release {id} --approve")), NOT_ALL, "nobody has asked");
    assert_eq!(house.run(&format!("release {id} --reason agreed")), NOT_ALL);
    assert_eq!(house.last_event().0, "release-requested");
    assert_eq!(house.run(&format!("release {id} --approve --json")), NOT_ALL);
    assert_eq!((house.state(id), house.hop.record().taken.len()), (State::Held, 0));
    let settings = house.settings();
    let approved = house.runtime.block_on(async {
        let store = Arc::new(Database::open(house.store()).await.unwrap());
        let quarantine =
            super::quarantine(&store, settings, Some(("release", &Actor::Operator("another".into()))), true)
                .await
                .unwrap();
        quarantine.approve(id, &Actor::Operator("another".into()), None).await
    });
    assert!(approved.is_ok(), "{approved:?}");
    assert_eq!(house.state(id), State::Released);
}

#[test]
fn kept_and_returned() {
    let house = House::new(honest);
    let ids = house.held(2);
    assert_eq!(house.run(&format!("keep {} --reason request --decision KS/77", ids[0])), 0);
    assert_eq!(house.last_event().0, "kept");
    assert_eq!(house.run(&format!("keep {} --reason request --decision KS/78", ids[0])), NOT_ALL);
    assert_eq!(house.run("discard --all"), NOT_ALL);
    assert_eq!(ids.iter().map(|id| house.state(*id)).collect::<Vec<_>>(), [State::Held, State::Discarded]);
    assert_eq!(house.run(&format!("unkeep {} --reason answered --json", ids[0])), 0);
    assert_eq!(house.run(&format!("unkeep {} --reason answered", ids[0])), NOT_ALL);
    // It came from the null path.
    assert_eq!(house.run(&format!("return {} --reason wrong", ids[0])), NOT_ALL);
    let told = house.held_as(1, |hold| {
        hold.notice.kind = crate::notice::facts::NoticeKind::Held;
        hold.notice.to = vec!["anna@kommun.example".into()];
    });
    assert_eq!(house.run(&format!("return {} --reason wrong --advice phone", told[0])), 0);
    let (event, _, reason) = house.last_event();
    assert_eq!((event.as_str(), reason.as_deref()), ("returned", Some("wrong")));
    assert_eq!(house.state(told[0]), State::Returned);
}

#[test]
fn a_file_that_cannot_be_used_is_status_2_and_changes_nothing() {
    let house = House::new(honest);
    let id = house.held(1)[0];
    let release = format!("release {id}");
    let elsewhere = |path: &Path| sqlite::Settings { path: path.to_owned(), ..house.store() }.into();
    let no_routes: MakeRoutes = Box::new(|_| Err("next hop: no address".into()));
    for settings in [
        Settings { store: elsewhere(&house.file("none.db")), ..house.settings() },
        Settings { store: elsewhere(&house.file("identity")), ..house.settings() },
        Settings { secret_file: house.file("none"), ..house.settings() },
        Settings { identity_file: None, ..house.settings() },
        Settings { identity_file: Some(house.file("secret")), ..house.settings() },
        Settings { routes: no_routes, ..house.settings() },
    ] {
        assert_eq!(house.run_with(&release, settings), UNUSABLE);
    }
    assert!(!house.file("none").exists() && !house.file("none.db").exists());
    assert_eq!(house.state(id), State::Held);
    assert_eq!(house.hop.record().taken.len(), 0);
}
