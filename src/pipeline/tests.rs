//! Whole transactions over sockets: two scripted next hops, a real store, the built-in patterns. What the
//! client's side of a transaction looks like is in `tests/dialogs/`.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Zoned;

use super::*;
use crate::channel::{Channel, Evidence, Level, Pattern, Registry};
use crate::detect::Detector;
use crate::message::{RawMessage, Recipient};
use crate::policy::{Mode, OnFilterError, Rules, Unit, Units, Verdict};
use crate::quarantine::{self, Sealer};
use crate::relay::{self, Hop};
use crate::smtp::{ForwardPath, parameter};
use crate::store::{Database, sqlite};

// The rooms' tests and the end-to-end tests share one scripted hop; each includes it by itself.
mod bypass;
#[allow(clippy::duplicate_mod)]
#[path = "../../tests/support/next_hop.rs"]
mod next_hop;

mod held;
mod in_force;
mod notices;
mod pictures;

use next_hop::{Act, At, Moment, NextHop, Options};

/// A person that is invented, and a test number of the Swedish tax agency.
const CONFIDENTIAL: &str = "Karin Dahlqvist, personnummer 19941227-2396, is on sick leave with a depression.\r\n";
const CLEAN: &str = "See you at noon.\r\n";
/// Larger than what is inspected at once.
const LARGE: usize = 200 * 1024;

fn mail(fields: &str, body: &str) -> RawMessage {
    let mail =
        format!("From: kari@kommun.example\r\nMessage-ID: <1@kommun.example>\r\n{fields}Subject: x\r\n\r\n{body}");
    RawMessage::uncounted(mail.into_bytes())
}

/// What a test wants otherwise than usual.
struct Wishes {
    default: Options,
    secure: Options,
    mixed: MixedNextHops,
    rules: Rules,
    require_header: Option<(String, String)>,
    /// How soon a silent next hop must hear from us.
    keep_alive: Duration,
    /// Connections to each next hop.
    connections: usize,
    units: HashMap<String, UnitFacts>,
    mailboxes: Mailboxes,
}

impl Default for Wishes {
    fn default() -> Self {
        Wishes {
            default: Options::default(),
            secure: Options::default(),
            mixed: MixedNextHops::Defer,
            rules: Rules::new(Mode::Enforce),
            require_header: None,
            keep_alive: Duration::from_secs(60),
            connections: 4,
            units: HashMap::new(),
            mailboxes: Mailboxes::default(),
        }
    }
}

/// A pipeline between two next hops: `default`, and `secure`, through which `secure.example` is reached
/// with evidence for everything. `bank.example` has the same evidence through any hop.
struct House {
    default: NextHop,
    secure: NextHop,
    pipeline: Arc<Pipeline>,
    _folder: tempfile::TempDir,
}

impl House {
    async fn new(wishes: Wishes) -> House {
        let folder = tempfile::tempdir().expect("a folder");
        let store = sqlite::Settings {
            path: folder.path().join("sluss.db"),
            writer: "test".to_owned(),
            busy_timeout: sqlite::BUSY_TIMEOUT,
            create: true,
        };
        let store: Arc<dyn Store> = Arc::new(Database::open(store).await.expect("a store"));
        let keys = Arc::new(Keys::derive(&[7; 32]));
        let recipient = age::x25519::Identity::generate().to_public().to_string();
        let sealer = Sealer::new(&[recipient], &BTreeMap::new()).expect("a recipient");
        let settings = quarantine::Settings {
            sealer,
            times: quarantine::Times::default(),
            desks: HashMap::new(),
            identities: None,
            routes: None,
        };
        let quarantine = Arc::new(Quarantine::new(store.clone(), keys.clone(), settings));

        let (default, secure) = (NextHop::start(wishes.default).await, NextHop::start(wishes.secure).await);
        let hop = |name: &str, server: &NextHop, add_header| {
            let settings = relay::Settings {
                add_header,
                max_connections: wishes.connections,
                ..relay::Settings::plain(name, server.address)
            };
            (name.to_owned(), Hop::with_keep_alive(settings, wishes.keep_alive).expect("good settings"))
        };
        let checked = ("X-Checked".to_owned(), "by Sluss".to_owned());
        let hops = HashMap::from([hop(DEFAULT_HOP, &default, Some(checked)), hop("secure", &secure, None)]);
        let settings = Settings {
            hostname: "sluss.kommun.example".to_owned(),
            mixed_next_hops: wishes.mixed,
            max_message_size: 50_000_000,
            require_header: wishes.require_header,
            local_domains: vec!["kommun.example".to_owned()],
            mailboxes: wishes.mailboxes,
            keeping: Keeping { days: 14, decision: None, classes: Vec::new() },
            private: PrivateMarks::builtin(),
            units: wishes.units,
        };
        let knowledge = Knowledge {
            edition: Edition::of(&Detector::builtin(), &Units::new(vec![Unit::fallback(wishes.rules.clone())])),
            detector: Detector::builtin(),
            registry: Registry::new(vec![channel("secure", Some("secure")), channel("bank", None)])
                .expect("good channels"),
            units: Units::new(vec![Unit::fallback(wishes.rules)]),
            count_synthetic: true,
            attachments: Arc::new(crate::inspect::attachments::Closed),
            pictures: Arc::new(crate::inspect::pictures::Blind),
            register: Arc::default(),
            familiar: Arc::default(),
        };
        let pipeline = Pipeline::new(Parts {
            in_force: InForce::new(settings, hops, Arc::new(knowledge), "c0ffee0000000000").expect("a default hop"),
            quarantine: Some(quarantine),
            store: Some(store),
            keys: Some(keys),
            memory: MemoryCap::new(100_000_000),
            health: Health::new(),
        });
        House { default, secure, pipeline, _folder: folder }
    }

    /// Puts other knowledge in force; everything else stays.
    fn know(&self, knowledge: Knowledge) {
        self.pipeline.replace(self.pipeline.in_force().knowing(knowledge));
    }

    fn begin(&self) -> Transaction {
        self.begin_from("<kari@kommun.example>")
    }

    fn begin_from(&self, reverse_path: &str) -> Transaction {
        let client = ClientFacts {
            address: "127.0.0.1".parse().expect("an address"),
            helo: "client.kommun.example".to_owned(),
            esmtp: true,
            tls: None,
        };
        let (sender, _) = ReversePath::parse(reverse_path).expect("a path");
        self.pipeline.begin(client, sender, Vec::new())
    }

    /// A transaction with these recipients, all taken.
    async fn to(&self, recipients: &[&str]) -> Transaction {
        let mut transaction = self.begin();
        for path in recipients {
            transaction.recipient(recipient(path)).await.expect("a recipient");
        }
        transaction
    }

    async fn send(&self, recipients: &[&str], message: RawMessage) -> Result<Accepted, Refusal> {
        self.to(recipients).await.finish(message).await
    }
}

fn channel(id: &str, next_hop: Option<&str>) -> Channel {
    Channel {
        id: id.to_owned(),
        patterns: vec![Pattern::parse(&format!("@{id}.example")).expect("a pattern")],
        listed: Vec::new(),
        list_file: None,
        not: Vec::new(),
        evidence: Evidence {
            level: Level::Eid,
            decided_by: "test".to_owned(),
            reference: "test".to_owned(),
            verified_until: jiff::civil::date(9000, 1, 1),
        },
        per_mailbox: false,
        mailbox: Default::default(),
        next_hop: next_hop.map(str::to_owned),
        tls: None,
        way: None,
        owner: None,
    }
}

/// `<path> PARAMETERS`.
fn recipient(text: &str) -> Recipient {
    let (path, rest) = ForwardPath::parse(text).expect("a path");
    Recipient { path, parameters: parameter::parse(rest).expect("parameters") }
}

fn scripted(script: impl Fn(Moment<'_>) -> Option<Act> + Send + Sync + 'static) -> Options {
    Options { script: Box::new(script), ..Options::default() }
}

fn refusal(result: Result<Accepted, Refusal>) -> Refusal {
    result.expect_err("a refusal")
}

#[tokio::test]
async fn a_later_recipient_that_asks_for_what_the_hop_lacks_is_refused_alone() {
    let default = Options { keywords: vec!["PIPELINING"], ..Options::default() };
    let house = House::new(Wishes { default, ..Wishes::default() }).await;
    let mut transaction = house.to(&["<a@firma.example>"]).await;
    let asks = recipient("<b@firma.example> NOTIFY=NEVER");
    assert_eq!(transaction.recipient(asks).await, Err(Refusal::LacksDsn));
    assert!(transaction.recipient(recipient("<c@firma.example>")).await.is_ok(), "the others go on");
    assert!(matches!(transaction.finish(mail("", CLEAN)).await, Ok(Accepted::Relayed(_))));
    assert_eq!(house.default.record().taken[0].recipients.len(), 2);
}

#[tokio::test]
async fn a_hop_lost_between_recipients_is_a_temporary_refusal_of_all_that_follows() {
    let default = scripted(|moment| (moment.at == At::Rcpt && moment.before == 1).then_some(Act::Close));
    let house = House::new(Wishes { default, ..Wishes::default() }).await;
    let mut transaction = house.to(&["<a@firma.example>"]).await;
    for path in ["<b@firma.example>", "<c@firma.example>"] {
        assert_eq!(transaction.recipient(recipient(path)).await, Err(Refusal::NextHopUnavailable));
    }
    assert_eq!(transaction.keep_alive_at(), None);
    assert_eq!(refusal(transaction.finish(mail("", CLEAN)).await), Refusal::NextHopUnavailable);
    assert_eq!(house.default.record().taken, []);
}

#[tokio::test]
async fn recipients_of_another_hop_are_deferred() {
    let house = House::new(Wishes::default()).await;
    let mut transaction = house.to(&["<a@secure.example>"]).await;
    let other = transaction.recipient(recipient("<b@firma.example>")).await;
    assert_eq!(other, Err(Refusal::MixedNextHops));
    assert_eq!(Refusal::MixedNextHops.reply().code, 452);
    assert!(transaction.recipient(recipient("<c@secure.example>")).await.is_ok());
    assert!(matches!(transaction.finish(mail("", CLEAN)).await, Ok(Accepted::Relayed(r)) if r.hop() == "secure"));
    assert_eq!(house.secure.record().taken[0].recipients.len(), 2);
    assert_eq!(house.default.record().lines, [], "nobody spoke to it");
}

#[tokio::test]
async fn or_all_go_through_the_default_hop() {
    let house = House::new(Wishes { mixed: MixedNextHops::Default, ..Wishes::default() }).await;
    let recipients = ["<a@secure.example>", "<b@firma.example>", "<c@secure.example>"];
    let sent = house.send(&recipients, mail("", CLEAN)).await;
    assert!(matches!(sent, Ok(Accepted::Relayed(r)) if r.hop() == "default"));
    assert_eq!(house.default.record().taken[0].recipients.len(), 3);
    assert_eq!(house.secure.record().verbs(0), ["EHLO", "MAIL", "RCPT", "RSET"]);
}

/// The answers that were given stay true: when the default hop refuses one, nobody moves.
#[tokio::test]
async fn nobody_moves_to_a_default_hop_that_does_not_take_all() {
    let default = scripted(|moment| moment.line.contains("secure.example").then(|| Act::say("550 5.1.1 no")));
    let house = House::new(Wishes { default, mixed: MixedNextHops::Default, ..Wishes::default() }).await;
    let mut transaction = house.to(&["<a@secure.example>"]).await;
    assert_eq!(transaction.recipient(recipient("<b@firma.example>")).await, Err(Refusal::MixedNextHops));
    assert!(matches!(transaction.finish(mail("", CLEAN)).await, Ok(Accepted::Relayed(r)) if r.hop() == "secure"));
    assert_eq!(house.default.record().taken, []);
}

/// Confidential mail that came to the default hop because of one recipient goes to the secure one, whole.
#[tokio::test]
async fn confidential_mail_is_rerouted_with_all_its_recipients() {
    let house = House::new(Wishes { mixed: MixedNextHops::Default, ..Wishes::default() }).await;
    let sent = house.send(&["<a@secure.example>", "<b@bank.example>"], mail("", CONFIDENTIAL)).await;
    assert!(matches!(sent, Ok(Accepted::Relayed(r)) if r.hop() == "secure"));
    assert_eq!(house.secure.record().taken[0].recipients.len(), 2);
    let record = house.default.until(|record| record.verbs(0).last().is_some_and(|verb| verb == "RSET")).await;
    assert_eq!(record.taken, [], "the other hop was told to forget it");
}

#[tokio::test]
async fn what_the_secure_hop_says_no_to_is_held_and_what_it_cannot_take_now_is_deferred() {
    // The first visit is the first recipient's, before the other one moved the mail to the default hop.
    let rows = [
        (At::Rcpt, 1, Act::say("550 5.1.1 no"), Ok(())),
        (At::Rcpt, 2, Act::say("550 5.1.1 no"), Ok(())),
        (At::Mail, 1, Act::say("550 5.7.1 no"), Ok(())),
        (At::Data, 0, Act::say("554 5.3.0 no"), Ok(())),
        (At::Dot, 0, Act::say("554 5.6.0 no"), Ok(())),
        (At::Rcpt, 2, Act::say("450 4.2.1 later"), Err(Refusal::NextHopUnavailable)),
        (At::Rcpt, 2, Act::Close, Err(Refusal::NextHopUnavailable)),
        (At::Data, 0, Act::say("451 4.3.0 later"), Err(Refusal::NextHopUnavailable)),
        (At::Dot, 0, Act::say("452 4.3.1 later"), Err(Refusal::NextHopUnavailable)),
        (At::Dot, 0, Act::Close, Err(Refusal::UnknownOutcome)),
    ];
    for (row, (at, before, act, expected)) in rows.into_iter().enumerate() {
        let secure = scripted(move |moment| (moment.at == at && moment.before == before).then(|| act.clone()));
        let house = House::new(Wishes { secure, mixed: MixedNextHops::Default, ..Wishes::default() }).await;
        let sent = house.send(&["<a@secure.example>", "<b@bank.example>"], mail("", CONFIDENTIAL)).await;
        match (sent, expected) {
            (Ok(Accepted::Held(_)), Ok(())) => {}
            (Err(found), Err(expected)) => {
                assert_eq!(found, expected, "row {row}");
                assert_eq!(found.reply().code, 451, "row {row}");
            }
            (sent, expected) => panic!("row {row}: {sent:?}, not {expected:?}"),
        }
        assert_eq!(house.secure.record().taken, [], "row {row}");
        assert_eq!(house.default.record().taken, [], "row {row}: never the weaker way");
    }
}

#[tokio::test]
async fn w23_what_goes_round_is_refused_for_good() {
    let house = House::new(Wishes::default()).await;
    let received = |count: usize| "Received: from a by b.example; now\r\n".repeat(count);
    let ours = "Received: from a ([192.0.2.7])\r\n\tby sluss.kommun.example (Sluss) with ESMTP id 1;\r\n\tnow\r\n";
    for (fields, looping) in
        [(received(50), false), (received(51), true), (ours.to_owned(), false), (ours.repeat(2), true)]
    {
        let sent = house.send(&["<a@firma.example>"], mail(&fields, CLEAN)).await;
        assert_eq!(sent.err(), looping.then_some(Refusal::Loop), "{fields}");
    }
    assert_eq!(Refusal::Loop.reply().enhanced, Some(crate::smtp::EnhancedCode(5, 4, 6)));

    // And what we have sent ourselves is known when it comes back, by its stamp.
    let sent = house.default.record().taken.last().expect("a message").content.clone();
    let back = house.send(&["<a@firma.example>"], RawMessage::uncounted(sent)).await;
    assert_eq!(refusal(back), Refusal::Loop);
}

#[tokio::test]
async fn w26_our_own_fields_never_come_from_outside() {
    let house = House::new(Wishes::default()).await;
    let forged = "X-Sluss-Stamp: v=1; verdict=relay; expires=9999999999; tag=00\r\nx-checked: by me\r\nX-Sluss-Stamp: \
                  again\r\n";
    let sent = house.send(&["<a@firma.example>"], mail(forged, CLEAN)).await;
    assert!(sent.is_ok());
    let content = String::from_utf8(house.default.record().taken[0].content.clone()).expect("ASCII");
    assert!(content.starts_with("X-Checked: by Sluss\r\nX-Sluss-Stamp: v=1; "), "{content}");
    assert_eq!(content.to_lowercase().matches("x-sluss-stamp:").count(), 1, "{content}");
    assert_eq!(content.to_lowercase().matches("x-checked:").count(), 1, "{content}");
    let below = content.split_once("Received: ").expect("our line").1;
    assert!(below.ends_with(std::str::from_utf8(mail("", CLEAN).bytes()).expect("ASCII")), "{content}");
}

#[tokio::test]
async fn a_tenants_header_is_demanded_and_taken_off() {
    let require_header = Some(("X-Tenant".to_owned(), "the word".to_owned()));
    let house = House::new(Wishes { require_header, ..Wishes::default() }).await;
    for fields in ["", "X-Tenant: another word\r\n", "X-Tenant-2: the word\r\n"] {
        let sent = house.send(&["<a@firma.example>"], mail(fields, CLEAN)).await;
        assert_eq!(refusal(sent), Refusal::NotAllowed, "{fields}");
    }
    assert!(house.send(&["<a@firma.example>"], mail("x-tenant: the word\r\n", CLEAN)).await.is_ok());
    let content = String::from_utf8(house.default.record().taken[0].content.clone()).expect("ASCII");
    assert!(!content.contains("the word"), "{content}");
}

#[tokio::test]
async fn m1_m18_what_is_no_whole_mail_is_refused_for_good() {
    let house = House::new(Wishes::default()).await;
    let partial = "Content-Type: message/partial; id=x; number=1; total=2\r\n";
    let body = "Content-Type: message/external-body; access-type=local-file; name=x\r\n";
    let flood = "X-A: b\r\n".repeat(1_001);
    for (fields, expected) in
        [(partial, Refusal::Fragmented), (body, Refusal::Fragmented), (flood.as_str(), Refusal::BadHeader)]
    {
        let sent = house.send(&["<a@firma.example>"], mail(fields, CLEAN)).await;
        assert_eq!(refusal(sent), expected);
        assert!(expected.reply().is_permanent());
    }
    assert_eq!(house.default.record().taken, []);
    // Who only watches loses no mail by it.
    let house = House::new(Wishes { rules: Rules::new(Mode::Observe), ..Wishes::default() }).await;
    assert!(house.send(&["<a@firma.example>"], mail(partial, CLEAN)).await.is_ok());
}

/// A large message that waits for its turn: the next hop hears a NOOP now and then, and has the message
/// in the end.
#[tokio::test]
async fn a_next_hop_is_kept_awake_while_a_large_message_waits_for_inspection() {
    let house = House::new(Wishes { keep_alive: Duration::from_millis(20), ..Wishes::default() }).await;
    let all = u32::try_from(house.pipeline.inspections.available_permits()).expect("few cores");
    let busy = house.pipeline.inspections.clone().acquire_many_owned(all).await.expect("open");
    let transaction = house.to(&["<a@firma.example>"]).await;
    let waiting = tokio::spawn(transaction.finish(mail("", &CLEAN.repeat(LARGE / CLEAN.len()))));
    let noops = |record: &next_hop::Record| record.verbs(0).iter().filter(|verb| *verb == "NOOP").count();
    house.default.until(|record| noops(record) >= 3).await;
    assert_eq!(house.default.record().taken, [], "it waits for its turn");
    drop(busy);
    assert!(matches!(waiting.await.expect("no panic"), Ok(Accepted::Relayed(_))));
    assert_eq!(house.default.record().taken.len(), 1);
}

/// The next hop gives up on us meanwhile: mail that was to go there is deferred, mail that is held is held.
#[tokio::test]
async fn a_next_hop_lost_during_inspection_defers_what_would_go_there() {
    for (line, held) in [(CLEAN, false), (CONFIDENTIAL, true)] {
        let default = scripted(|moment| (moment.at == At::Noop).then(|| Act::say_and_close("421 4.4.2 too slow")));
        let wishes = Wishes { default, keep_alive: Duration::from_millis(20), ..Wishes::default() };
        let house = House::new(wishes).await;
        let all = u32::try_from(house.pipeline.inspections.available_permits()).expect("few cores");
        let busy = house.pipeline.inspections.clone().acquire_many_owned(all).await.expect("open");
        let transaction = house.to(&["<a@firma.example>"]).await;
        let body = line.to_owned() + &CLEAN.repeat(LARGE / CLEAN.len());
        let waiting = tokio::spawn(transaction.finish(mail("", &body)));
        house.default.until(|record| record.open == 0).await;
        drop(busy);
        match waiting.await.expect("no panic") {
            Ok(Accepted::Held(_)) if held => {}
            Err(Refusal::NextHopUnavailable) if !held => {}
            other => panic!("{line}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_fault_of_ours_follows_its_rule_and_a_mail_that_fails_again_and_again_is_unreadable() {
    let now = Zoned::now();
    let message = |number: usize| mail(&format!("X-Number: {number}\r\n"), CLEAN);
    for (rule, expected) in [
        (OnFilterError::Tempfail, Err(Refusal::Fault)),
        (OnFilterError::Hold, Ok(Verdict::Quarantine)),
        (OnFilterError::Pass, Ok(Verdict::Relay)),
    ] {
        let mut rules = Rules::new(Mode::Enforce);
        rules.on_filter_error = rule;
        let house = House::new(Wishes { rules, ..Wishes::default() }).await;
        let transaction = house.to(&["<a@firma.example>"]).await;
        let failed = |number| {
            let judged =
                act::after_fault(&transaction, &message(number), house.pipeline.in_force().default_hop(), &now);
            judged.map(|judgement| judgement.outcome.verdict)
        };
        assert_eq!(failed(1), expected);
        assert_eq!(failed(1), expected);
        assert_eq!(failed(1), Ok(Verdict::Quarantine), "the third time the rule for uninspectable mail holds");
        assert!(house.pipeline.health.checks().is_empty(), "one mail is no broken relay");
        for number in 2..12 {
            assert_eq!(failed(number), expected);
        }
        assert!(house.pipeline.health.checks()["inspection"].state.is_err(), "but many are");
        // Two thousand mails later the share is small again.
        for _ in 0..2_000 {
            house.pipeline.faults().fine();
        }
        assert!(house.send(&["<b@firma.example>"], message(99)).await.is_ok());
        assert!(house.pipeline.health.checks()["inspection"].state.is_ok(), "and readiness comes back");
    }
}
