//! The ledger: numbered mails go in while the relay is killed again and again; afterwards every answer
//! is held against what is really there.
//!
//! * answered 250: it is at the next hop, or it opens from quarantine, byte for byte;
//! * answered 5xx: it is at neither;
//! * anything else: the client still has it, and sends it again; nothing is demanded.
//!
//! Kills come as SIGKILL from outside at random moments, and from inside at every named point of
//! `telemetry::failpoint` (debug builds only). `SLUSS_TEST_KILLS=2000` runs the long version: so many kills of the single
//! node, and half as many on two nodes with one PostgreSQL (`nodes.rs`).

#[path = "../support/next_hop.rs"]
mod next_hop;
#[path = "../support/planted.rs"]
mod planted;
#[path = "../support/sluss.rs"]
mod sluss_process;

#[path = "../support/postgres.rs"]
mod postgres;

mod account;
mod client;
mod ledger;
mod nodes;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use client::{Kind, Sender};
use ledger::Ledger;
use next_hop::NextHop;
use sluss::audit::Actor;
use sluss::quarantine::{self, Identities, Quarantine, Sealer, secret};
use sluss::store::Store;
use sluss::store::{Database, sqlite};
use sluss_process::Site;

/// Kills of an ordinary run.
const KILLS: usize = 60;
/// At least so many at each named point.
const AT_EACH_POINT: usize = 3;
/// Points that a message passes on its way in; those of a release have a test of their own.
const INBOUND: [&str; 6] = [
    "relay:before-handoff",
    "relay:after-handoff",
    "hold:before-insert",
    "hold:after-insert",
    "hold:before-commit",
    "hold:after-commit",
];
const RELEASE: [&str; 5] = [
    "release:before-handoff",
    "release:before-record",
    "release:after-record",
    "release:before-content-delete",
    "release:after-content-delete",
];
/// Held mails opened with the command.
const BY_COMMAND: usize = 100;
/// Clients that send at the same time.
const SENDERS: usize = 6;

const NETWORKS: &str = "allow_networks = [\"127.0.0.0/8\"]";

fn site(hop: &NextHop) -> Site {
    let site = Site::new(NETWORKS, "");
    let recipient = site.make_key("sluss.key");
    site.write(NETWORKS, &tables(hop, "sqlite:sluss.db", &recipient));
    site
}

/// `recipients`: between their quotes.
fn tables(hop: &NextHop, store: &str, recipients: &str) -> String {
    format!(
        r#"
[next_hop.default]
address = "{}"
tls = "none"
[store]
url = "{store}"
[secret]
file = "sluss.secret"
[seal]
recipients = ["{recipients}"]
identity_file = "sluss.key"
[quarantine]
keep_days = 14
keep_decision = "test"
[policy]
mode = "enforce"
four_eyes_from = "never"
[[unit]]
id = "social"
senders = ["@social.kommun.example"]
profile = "se.social"
language = "sv"
[[unit]]
id = "refusing"
senders = ["@refusing.kommun.example"]
profile = "se.social"
language = "sv"
on_confidential = "reject"
"#,
        hop.address
    )
}

fn kills() -> usize {
    std::env::var("SLUSS_TEST_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(KILLS)
}

/// The order of kills: every point often enough, the rest at random moments.
fn plan(kills: usize) -> Vec<Option<&'static str>> {
    let at_each = AT_EACH_POINT.max(kills / 20);
    let points = INBOUND.iter().flat_map(|&point| std::iter::repeat_n(Some(point), at_each));
    let named: Vec<_> = points.collect();
    let random = kills.saturating_sub(named.len());
    // Mixed by a fixed stride, so that a failure can be run again as it was.
    let all: Vec<_> = named.into_iter().chain(std::iter::repeat_n(None, random)).collect();
    let stride = (1..).find(|n| n * 7 > all.len() && gcd(*n, all.len()) == 1).unwrap_or(1);
    (0..all.len()).map(|i| all[i * stride % all.len()]).collect()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[test]
fn every_answer_is_kept_through_kills() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let hop = runtime.block_on(NextHop::honest());
    let site = site(&hop);
    let ledger = Arc::new(Ledger::default());
    let senders: Vec<_> =
        (0..SENDERS).map(|_| Sender::start(vec![site.address()], ledger.clone(), 1, Duration::ZERO)).collect();

    let plan = plan(kills());
    let mut died_at = std::collections::BTreeMap::<&str, usize>::new();
    for (round, point) in plan.iter().enumerate() {
        match point {
            Some(point) => {
                // Not always the first passage: other mails are under way by then.
                let passage = format!("{point}:{}", 1 + round % 5);
                let mut sluss = site.spawn(&[("SLUSS_FAILPOINT", passage.as_str())]);
                let status = sluss.wait();
                assert_eq!(
                    signal_of(status),
                    Some(9),
                    "round {round}: it should have died at {passage}\n{}",
                    sluss.log()
                );
                *died_at.entry(point).or_default() += 1;
                comes_out_even(&site, round);
            }
            None => {
                let answered = ledger.answered();
                let mut sluss = site.spawn(&[]);
                ledger.wait_for(answered + 1, || assert!(sluss.is_running(), "it ended by itself\n{}", sluss.log()));
                // Between none and a few dozen mails later.
                std::thread::sleep(Duration::from_millis(((round * 7_919) % 120) as u64));
                sluss.kill();
                *died_at.entry("random").or_default() += 1;
                comes_out_even(&site, round);
            }
        }
    }
    for sender in senders {
        sender.stop();
    }
    for point in INBOUND {
        assert!(died_at.get(point).is_some_and(|&n| n >= AT_EACH_POINT), "too few kills at {point}: {died_at:?}");
    }

    // One quiet life, so that every kind of answer was given at least once.
    let sluss = site.start();
    let sender = Sender::start(vec![site.address()], ledger.clone(), 1, Duration::ZERO);
    let answered = ledger.answered();
    ledger.wait_for(answered + 30, || {});
    sender.stop();

    let relayed: BTreeSet<u64> =
        runtime.block_on(async { hop.record().taken.iter().filter_map(|t| number(&t.content)).collect() });
    runtime.block_on(async { hop.record().taken.iter().for_each(|taken| planted::assert_notice(&taken.content)) });
    let held = runtime.block_on(opened(&site, &held_ids(&site)));
    let report = ledger.hold_against(&relayed, &held);
    println!("kills: {died_at:?}\n{report}");
    assert!(report.lost.is_empty(), "answered 250 and nowhere: {report}");
    assert!(report.kept_though_refused.is_empty(), "answered 5xx and yet somewhere: {report}");
    assert!(report.accepted[Kind::Clean as usize] > 0 && report.accepted[Kind::Confidential as usize] > 0, "{report}");
    assert!(report.refused > 0, "no mail was refused: {report}");
    assert!(sluss.stop().success());
    let audit = site.run(&["audit", "verify"]);
    assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stdout));
    let processes = comes_out_even(&site, plan.len());
    let died = processes.iter().filter(|process| process["state"] == "died").count();
    // One that died before its start was recorded has held nothing, and nobody knows it.
    assert!(died > 0 && died <= plan.len(), "{died} of {} killed processes are named", plan.len());
    let last = processes.last().expect("the quiet life");
    assert!(last["state"] == "stopped" && last["figures"]["even"] == true, "{last}");
    assert!(last["figures"]["answered"].as_u64().is_some_and(|answered| answered > 0), "{last}");
}

/// Everything ever held is accounted for, whatever the crash; the processes that the record knows.
fn comes_out_even(site: &Site, round: usize) -> Vec<serde_json::Value> {
    let output = site.run(&["reconcile", "--json"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "round {round}: {text}{}", String::from_utf8_lossy(&output.stderr));
    let mut figures: serde_json::Value = serde_json::from_str(&text).expect("one object");
    assert_eq!(figures["store"]["even"], true, "round {round}: {text}");
    match figures["processes"].take() {
        serde_json::Value::Array(processes) => processes,
        other => panic!("{other} is no list"),
    }
}

#[test]
fn a_release_killed_anywhere_loses_nobody() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let hop = runtime.block_on(NextHop::honest());
    let site = site(&hop);
    let ledger = Arc::new(Ledger::default());
    let sluss = site.start();
    let wanted = RELEASE.len() * AT_EACH_POINT;
    for number in 0..wanted as u64 {
        client::send_one(site.address(), number, Kind::Confidential, &ledger, 3).expect("an answer");
    }
    let ids = held_ids(&site);
    assert_eq!(ids.len(), wanted);
    assert!(sluss.stop().success());

    for (id, point) in ids.iter().zip(RELEASE.iter().cycle()) {
        let output = std::process::Command::new(sluss_process::PROGRAM)
            .arg("--config")
            .arg(site.config())
            .args(["quarantine", "release", id, "--reason", "test"])
            .env("SLUSS_FAILPOINT", point)
            .output()
            .expect("the program starts");
        assert_eq!(signal_of(output.status), Some(9), "{point}: {}", String::from_utf8_lossy(&output.stderr));
        comes_out_even(&site, 0);
    }
    // The next process takes over when the dead ones' leases have run out.
    let sluss = site.start();
    let end = std::time::Instant::now() + Duration::from_secs(240);
    while states(&site).iter().any(|state| state != "released") {
        assert!(std::time::Instant::now() < end, "not all were released: {:?}", states(&site));
        std::thread::sleep(Duration::from_millis(500));
    }
    let taken = runtime.block_on(async { hop.record().taken });
    for number_sent in 0..wanted as u64 {
        let mut reached = BTreeSet::new();
        for mail in taken.iter().filter(|t| number(&t.content) == Some(number_sent)) {
            reached.extend(mail.recipients.iter().cloned());
        }
        assert_eq!(reached.len(), 3, "mail {number_sent} did not reach all its recipients");
    }
    // Notices to the sender are mails of their own, without a number.
    let numbered = taken.iter().filter(|t| number(&t.content).is_some()).count();
    let duplicates = numbered.saturating_sub(wanted * 3);
    println!("{wanted} releases killed, every recipient reached, {duplicates} reached twice");
    assert!(duplicates <= wanted, "more than one duplicate a kill");
    assert!(sluss.stop().success());
    assert!(site.run(&["audit", "verify"]).status.success());
}

fn signal_of(status: std::process::ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

/// The number in a mail's own field.
fn number(content: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(content);
    let line = text.lines().find_map(|line| line.strip_prefix("X-Number: "))?;
    line.trim().parse().ok()
}

fn listed(site: &Site) -> Vec<serde_json::Value> {
    let output = site.run(&["quarantine", "list", "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect()
}

fn held_ids(site: &Site) -> Vec<String> {
    listed(site).iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
}

fn states(site: &Site) -> Vec<String> {
    listed(site).iter().map(|row| row["state"].as_str().expect("a state").to_owned()).collect()
}

/// Opens every held mail and gives the numbers found: the first ones with the command, as an operator
/// does, while the relay runs; the rest in this process, or thousands would take hours. What does not open
/// fails the test.
async fn opened(site: &Site, ids: &[String]) -> BTreeSet<u64> {
    let by_command = ids.iter().take(BY_COMMAND).map(|id| {
        let output = site.run(&["quarantine", "show", id, "--open", "--purpose", "ledger test"]);
        assert!(output.status.success(), "{id} does not open: {}", String::from_utf8_lossy(&output.stderr));
        number_of_opened(&output.stdout)
    });
    let mut numbers: BTreeSet<u64> = by_command.collect();
    let quarantine = quarantine(site).await;
    for id in ids.iter().skip(BY_COMMAND) {
        let opened = quarantine.open(id.parse().expect("an id"), &Actor::System, "ledger test").await;
        let (_, content) = opened.unwrap_or_else(|error| panic!("{id} does not open: {error}"));
        numbers.insert(number_of_opened(content.message.bytes()));
    }
    numbers
}

fn number_of_opened(mail: &[u8]) -> u64 {
    let number = number(mail).expect("an opened mail has its number");
    let sent = client::mail(number, client::kind_of(number));
    assert!(mail.ends_with(sent.as_bytes()), "mail {number} does not open byte for byte");
    number
}

/// The quarantine of a site, with its identity.
async fn quarantine(site: &Site) -> Quarantine {
    let folder = site.dir.path();
    let settings = sqlite::Settings {
        path: folder.join("sluss.db"),
        writer: "ledger".to_owned(),
        busy_timeout: Duration::from_secs(60),
        create: false,
    };
    let store: Arc<dyn Store> = Arc::new(Database::open(settings).await.expect("the store opens"));
    let secret_file = folder.join("sluss.secret");
    let keys = secret::keys(store.as_ref(), &secret_file, false, jiff::Timestamp::now()).await;
    let keys = Arc::new(keys.expect("the secret fits"));
    let identities = Identities::from_file(&folder.join("sluss.key")).expect("an identity");
    let sealer = Sealer::new(&identities.recipients(), &BTreeMap::new()).expect("a recipient");
    let settings = quarantine::Settings {
        sealer,
        times: quarantine::Times::default(),
        desks: HashMap::new(),
        identities: Some(identities),
        routes: None,
    };
    Quarantine::new(store, keys, settings)
}
