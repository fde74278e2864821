//! The quarantine on a real SQLite store, with real keys, against a scripted next hop on a socket.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use jiff::SignedDuration;

use super::*;
use crate::audit::{Actor, Event, Subject};
use crate::message::{Envelope, MessageId, RawMessage, Recipient};
use crate::notice::facts::{NoticeFacts, NoticeKind};
use crate::notice::gather::Plan;
use crate::relay::{ConnectionSecurity, Hop, Settings as HopSettings};
use crate::smtp::{ForwardPath, Parameter, ReversePath};
use crate::store::{Claim, Conflict, Database, HeldMessage, NewRelease, Route, State, StoreError, sqlite};
use crate::telemetry::Sensitive;

// The rooms' tests and the end-to-end tests share one scripted hop; each includes it by itself.
#[allow(clippy::duplicate_mod)]
#[path = "../../tests/support/next_hop.rs"]
mod next_hop;

mod crashing;
mod deciding;
mod disclosing;
mod holding;
mod linking;
mod model;
mod releasing;
mod retaining;
mod rotating;

/// What the verdicts of these tests were made by, and the event of a hold with them.
const PATTERNS: &str = "0123456789abcdef";
const CONFIG: &str = "fedcba9876543210";
const HELD: &str = "held patterns=0123456789abcdef config=fedcba9876543210";
const SUBJECT: &[u8] = b"Subject: caf\xc3\xa9\r\n";
/// A header line that is not kept.
const FORGED: &[u8] = b"X-Sluss-Stamp: forged\r\n";
const REST: &[u8] = b"\r\n.Body\r\nof the mail\r\n";
const TRACE: &[u8] = b"Received: from client.example by sluss.kommun.example\r\n";

/// What is stored of the message, and sent after the lines of the release itself.
fn stored() -> Vec<u8> {
    [TRACE, SUBJECT, REST].concat()
}

/// A clock that a test moves.
#[derive(Clone)]
struct Clock(Arc<Mutex<Timestamp>>);

impl Clock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn forward(&self, by: SignedDuration) {
        *self.0.lock().unwrap() += by;
    }
}

/// A store with its keys in a folder of its own.
struct House {
    dir: PathBuf,
    /// Removed with the house, where it has made one.
    _folder: Option<tempfile::TempDir>,
    store: Arc<Database>,
    keys: Arc<Keys>,
    recipient: String,
    clock: Clock,
}

impl House {
    async fn new() -> House {
        let folder = tempfile::tempdir().unwrap();
        let mut house = House::at(folder.path()).await;
        house._folder = Some(folder);
        house
    }

    /// In a folder that may have been lived in.
    async fn at(dir: &Path) -> House {
        let identity = dir.join("identity");
        if !identity.exists() {
            Identities::create_file(&identity, Timestamp::now()).unwrap();
        }
        let recipient = Identities::from_file(&identity).unwrap().recipients().remove(0);
        let store = Database::open(sqlite::Settings {
            path: dir.join("sluss.db"),
            writer: "node".into(),
            busy_timeout: sqlite::BUSY_TIMEOUT,
            create: true,
        })
        .await
        .unwrap();
        let clock = Clock(Arc::new(Mutex::new("2026-05-04T10:00:00Z".parse().unwrap())));
        let keys = secret::keys(&store, &dir.join("sluss.secret"), true, clock.now()).await.unwrap();
        House { dir: dir.to_owned(), _folder: None, store: Arc::new(store), keys: Arc::new(keys), recipient, clock }
    }

    fn sealer(&self) -> Sealer {
        Sealer::new(std::slice::from_ref(&self.recipient), &BTreeMap::new()).unwrap()
    }

    fn settings(&self, routes: Option<Arc<dyn Routes>>) -> Settings {
        let identities = Identities::from_file(&self.dir.join("identity")).unwrap();
        let desk = UnitDesk { language: Language::Sv, reviewers: vec!["granskare@kommun.example".to_owned()] };
        Settings {
            sealer: self.sealer(),
            times: Times { keep_decision: Some("KS 2026/12".into()), warn_days: 3, return_days: 7 },
            desks: HashMap::from([("social".to_owned(), desk)]),
            identities: Some(identities),
            routes,
        }
    }

    fn build(&self, settings: Settings) -> Quarantine {
        let clock = self.clock.clone();
        let store = Arc::clone(&self.store) as Arc<dyn Store>;
        Quarantine::new(store, Arc::clone(&self.keys), settings).with_clock(move || clock.now())
    }

    /// With identities; releases go to the hop at this address.
    fn releasing(&self, hop: impl ToString) -> Quarantine {
        self.build(self.settings(Some(Arc::new(OneHop::to(hop_to(hop))))))
    }

    /// With identities, without routes.
    fn console(&self) -> Quarantine {
        self.build(self.settings(None))
    }

    /// As the relay role: can hold, cannot open.
    fn relay(&self) -> Quarantine {
        self.build(Settings { identities: None, ..self.settings(None) })
    }

    fn hold(&self, recipients: &[&str]) -> Hold {
        hold(self.clock.now(), recipients)
    }

    async fn held(&self, recipients: &[&str]) -> MessageId {
        self.relay().hold(self.hold(recipients)).await.unwrap().id()
    }

    /// What a dead process leaves: a release that has begun, its lease run out.
    async fn abandoned(&self, id: MessageId, route: Route) -> Claim {
        let subject = Subject { id, reference: None, unit: "social".into() };
        let event = Event::ReleaseStarted { subject, route: route.clone(), requested_by: None, reason: None };
        let start = NewRelease { route, withheld: Vec::new(), agreement: None, review: None };
        let entry = event.entry(&operator(), self.clock.now());
        self.store.start_release(id, "dead", std::time::Duration::ZERO, &start, &entry).await.unwrap()
    }

    async fn message(&self, id: MessageId) -> HeldMessage {
        self.store.message(id).await.unwrap().unwrap()
    }

    /// The states of its recipients, in the order of the envelope.
    async fn states(&self, id: MessageId) -> Vec<&'static str> {
        self.store.recipients(id).await.unwrap().iter().map(|r| r.state.as_str()).collect()
    }

    /// Words of its events, with their details.
    async fn events(&self, id: MessageId) -> Vec<String> {
        let links = self.store.audit_links("node", 0).await.unwrap();
        let own = links.into_iter().filter(|l| l.message.as_deref() == Some(&id.0));
        own.map(|l| match l.detail {
            Some(detail) => format!("{} {detail}", l.event),
            None => l.event,
        })
        .collect()
    }

    /// Takes every notice that waits, decrypted, with the reference of its row.
    async fn notices(&self) -> Vec<(NoticeFacts, Option<String>)> {
        let mut notices = Vec::new();
        while let Some(item) = self.store.outbox_claim(self.clock.now()).await.unwrap() {
            let json = self.keys.open_outbox(&item.id.0, &item.payload).unwrap();
            self.store.outbox_done(&item).await.unwrap();
            notices.push((serde_json::from_slice(&json).unwrap(), item.reference));
        }
        // Those due at the same time come in any order.
        notices.sort_by_key(|(notice, _): &(NoticeFacts, _)| format!("{:?}", notice.kind));
        notices
    }
}

/// Everything to one hop, with a line that names the transaction's recipients. Mailboxes at `post.example` have two
/// factors until somebody says otherwise, and there is one way, `secure`, which takes everything.
struct OneHop {
    hop: Arc<Hop>,
    two_factor: AtomicBool,
}

impl OneHop {
    fn to(hop: Arc<Hop>) -> Self {
        OneHop { hop, two_factor: AtomicBool::new(true) }
    }

    fn meets(&self, recipient: &Recipient) -> bool {
        recipient.path.0.domain() == "post.example" && self.two_factor.load(Ordering::SeqCst)
    }
}

impl Routes for OneHop {
    fn reach(&self, leaving: &Leaving<'_>, recipients: &[&Recipient]) -> Result<Vec<bool>, RouteError> {
        match leaving.route {
            Route::TwoFactor => {
                let reached: Vec<bool> = recipients.iter().map(|recipient| self.meets(recipient)).collect();
                if reached.contains(&true) { Ok(reached) } else { Err(RouteError::NobodyMeets) }
            }
            Route::Way(id) if id != "secure" => Err(RouteError::NoSuchWay(id.clone())),
            _ => Ok(vec![true; recipients.len()]),
        }
    }

    fn hop(&self, leaving: &Leaving<'_>, recipient: &Recipient) -> Option<Arc<Hop>> {
        let open = *leaving.route != Route::TwoFactor || self.meets(recipient);
        open.then(|| Arc::clone(&self.hop))
    }

    fn dress<'m>(&self, hop: &Hop, envelope: &Envelope, message: &'m RawMessage) -> (Vec<u8>, Vec<&'m [u8]>) {
        let to: Vec<_> = envelope.recipients.iter().map(|r| r.path.to_wire()).collect();
        let prefix = format!("X-Prefix: {} {} {}\r\n", hop.name(), to.join(","), message.len());
        (prefix.into_bytes(), vec![message.bytes()])
    }

    fn admits(&self, _: &Leaving<'_>, _: &Recipient, _: ConnectionSecurity) -> bool {
        true
    }
}

fn hop_to(address: impl ToString) -> Arc<Hop> {
    Hop::new(HopSettings { max_connections: 2, ..HopSettings::plain("default", address) }).unwrap()
}

fn recipient(address: &str) -> Recipient {
    let (path, _) = ForwardPath::parse(&format!("<{address}>")).unwrap();
    Recipient { path, parameters: vec![Parameter::new("NOTIFY", Some("FAILURE"))] }
}

fn notice() -> NoticeFacts {
    serde_json::from_value(json!({
        "kind": "held", "language": "sv", "to": ["anna@kommun.example"], "recipients": ["bo@post.example"],
        "reached": [], "others": false, "categories": ["health"], "places": ["body"], "unreadable": [],
        "reference": null, "urgent": false, "unit": "social", "at": "2026-05-04T10:00:00Z", "days": 14,
    }))
    .unwrap()
}

fn hold(at: Timestamp, recipients: &[&str]) -> Hold {
    let (reverse_path, _) = ReversePath::parse("<anna@kommun.example>").unwrap();
    let message = [SUBJECT, FORGED, REST].concat();
    Hold {
        at,
        unit: "social".into(),
        categories: vec!["national-id".into(), "health".into(), "health".into()],
        severity: "high".into(),
        patterns: PATTERNS.into(),
        config: CONFIG.into(),
        channels: vec!["unknown".into(), "unknown".into()],
        mode: "enforce".into(),
        urgent: false,
        keep_days: 14,
        keep_decision: None,
        private: false,
        four_eyes: false,
        envelope: Envelope {
            reverse_path,
            parameters: vec![Parameter::new("BODY", Some("8BITMIME")), Parameter::new("RET", Some("HDRS"))],
            recipients: recipients.iter().map(|r| recipient(r)).collect(),
        },
        message_id: None,
        subject: Some("café".into()),
        findings: vec![MaskedFinding {
            category: "national-id".into(),
            kind: "fodselsnummer".into(),
            strength: "strong".into(),
            place_of_find: "body".into(),
            zone: "new".into(),
            part: "1".into(),
            name: None,
            place: None,
            start: 3,
            end: 14,
            masked: "01•••• •••••".into(),
            rule: "no.fodselsnummer".into(),
            counted: true,
        }],
        uninspectable: vec![UnreadPart { part: "2".into(), name: None, reason: "encrypted".into() }],
        values: vec![Sensitive::new("a value".into()), Sensitive::new("a value".into())],
        trace: TRACE.to_vec(),
        kept: vec![0..SUBJECT.len(), SUBJECT.len() + FORGED.len()..message.len()],
        message: RawMessage::uncounted(message),
        tell: vec![Tell { facts: notice(), plan: Plan::at_once(at) }],
        notice: notice(),
        reviewers: vec!["granskare@kommun.example".into()],
    }
}

fn operator() -> Actor {
    Actor::Operator("kari".into())
}

/// Another one.
fn second() -> Actor {
    Actor::Operator("ola".into())
}
