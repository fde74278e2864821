//! What the clients of two nodes were told, held against what is at the next hop and in the database.
//!
//! * A clean mail that was answered 250 is at the next hop, byte for byte, for every recipient.
//! * A confidential one is held, and opens byte for byte with the present identity alone and with the escrow's alone,
//!   and with no identity that was taken out; or it was released and every recipient has it; or it has expired, on the
//!   record. It never went out without a release.
//! * One that was refused is nowhere.
//! * Nobody has anything more often than can be told why: the client sent it again because it had no final answer; a
//!   release or a notice was taken over from a process that had not recorded its end.
//! * Every notice was delivered, and every hold and every expiry has one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use sluss::audit::Actor;
use sluss::quarantine::{self, Identities, Quarantine, Sealer, secret};
use sluss::store::{Database, Store, postgres};

use super::client::{self, Kind};
use super::ledger::Mail;
use super::next_hop::Taken;
use super::nodes::RECIPIENTS;
use super::planted;
use super::{number, number_of_opened};

pub struct Account<'a> {
    /// Of the database.
    pub url: String,
    /// Where the secret is.
    pub folder: PathBuf,
    pub identity: PathBuf,
    pub escrow: PathBuf,
    /// Identities that were taken out.
    pub past: Vec<PathBuf>,
    pub sql: Box<dyn Fn(&str) -> String + 'a>,
}

/// One held message in the database.
struct Row {
    id: String,
    state: String,
    /// How often its release was taken.
    epoch: usize,
    /// Events that say that a recipient may have it twice.
    noted_twice: usize,
    /// Events of its expiry.
    expired: usize,
    /// What opened.
    number: Option<u64>,
}

#[derive(Default)]
pub struct Report {
    accepted: [usize; 3],
    refused: usize,
    undecided: usize,
    at_next_hop: usize,
    states: BTreeMap<String, usize>,
    opened: usize,
    /// Sent again by the client, which had no final answer: at the next hop, or held.
    sent_again: usize,
    held_again: usize,
    /// Recipients who have a released mail once more, and of them those of whom the record says so.
    released_again: usize,
    released_again_noted: usize,
    notices: usize,
    notices_again: usize,
    /// What must not be, each with its number, id or reference.
    faults: Vec<String>,
}

impl Account<'_> {
    pub async fn settle(&self, mails: &BTreeMap<u64, Mail>, taken: &[Taken]) -> Report {
        let mut report = Report::default();
        let mut rows = self.rows();
        self.open(&mut rows, &mut report).await;
        let hop = AtHop::of(taken, &mut report);
        let held: BTreeSet<u64> = rows.values().flatten().filter_map(|row| row.number).collect();
        for (&number, mail) in mails {
            match mail.code {
                Some(250) => {
                    report.accepted[mail.kind as usize] += 1;
                    match mail.kind {
                        Kind::Clean => clean(number, mail, &hop, &mut report),
                        Kind::Confidential => confidential(number, mail, &rows, &hop, &mut report),
                        Kind::Refused => report.faults.push(format!("{number} was accepted and had to be refused")),
                    }
                }
                Some(500..600) => {
                    report.refused += 1;
                    if hop.mails.contains_key(&number) || held.contains(&number) {
                        report.faults.push(format!("{number} was refused and is somewhere"));
                    }
                }
                _ => report.undecided += 1,
            }
        }
        for row in rows.values().flatten() {
            *report.states.entry(row.state.clone()).or_default() += 1;
        }
        self.notices(mails, &rows, &hop, &mut report);
        report
    }

    /// Held messages by reference.
    fn rows(&self) -> BTreeMap<String, Vec<Row>> {
        let count = |event: &str| format!("(SELECT count(*) FROM audit WHERE message = held.id AND event = '{event}')");
        let text = (self.sql)(&format!(
            "SELECT reference, encode(id, 'hex'), state, lease_epoch, {}, {} FROM held",
            count("possible-duplicate"),
            count("expired")
        ));
        let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for line in text.lines() {
            let fields: Vec<&str> = line.split('|').collect();
            let [reference, id, state, epoch, twice, expired] = fields[..] else { panic!("{line}") };
            rows.entry(reference.to_owned()).or_default().push(Row {
                id: id.to_owned(),
                state: state.to_owned(),
                epoch: epoch.parse().expect("a number"),
                noted_twice: twice.parse().expect("a number"),
                expired: expired.parse().expect("a number"),
                number: None,
            });
        }
        rows
    }

    /// Opens everything that is held.
    async fn open(&self, rows: &mut BTreeMap<String, Vec<Row>>, report: &mut Report) {
        let settings = postgres::Settings { url: self.url.clone(), writer: "ledger".to_owned() };
        let store: Arc<dyn Store> = Arc::new(Database::open(settings).await.expect("the store opens"));
        let secret_file = self.folder.join("sluss.secret");
        let keys = secret::keys(store.as_ref(), &secret_file, false, jiff::Timestamp::now()).await;
        let identities = |path: &PathBuf| Identities::from_file(path).expect("an identity");
        let identity = identities(&self.identity);
        let settings = quarantine::Settings {
            sealer: Sealer::new(&identity.recipients(), &BTreeMap::new()).expect("a recipient"),
            times: quarantine::Times::default(),
            desks: HashMap::new(),
            identities: Some(identity),
            routes: None,
        };
        let quarantine = Quarantine::new(store.clone(), Arc::new(keys.expect("the secret fits")), settings);
        let (escrow, past) = (identities(&self.escrow), self.past.iter().map(identities).collect::<Vec<_>>());
        for row in rows.values_mut().flatten().filter(|row| row.state == "held") {
            let id = row.id.parse().expect("an id");
            match quarantine.open(id, &Actor::System, "ledger test").await {
                Ok((_, content)) => row.number = Some(number_of_opened(content.message.bytes())),
                Err(error) => report.faults.push(format!("{} does not open: {error}", row.id)),
            }
            let sealed = [store.evidence(id).await, store.content(id).await];
            for sealed in sealed.map(|sealed| sealed.expect("the store answers").expect("it is held")) {
                if escrow.open(&sealed).is_err() {
                    report.faults.push(format!("{} does not open with the escrow's identity", row.id));
                }
                if past.iter().any(|identity| identity.open(&sealed).is_ok()) {
                    report.faults.push(format!("{} opens with an identity that was taken out", row.id));
                }
            }
            report.opened += 1;
        }
    }

    fn notices(
        &self,
        mails: &BTreeMap<u64, Mail>,
        rows: &BTreeMap<String, Vec<Row>>,
        hop: &AtHop,
        report: &mut Report,
    ) {
        // A mail that was refused and sent again, because the client did not hear of it, is told of once or twice: one
        // notice for both when they wait at the same time.
        let refused = mails.values().filter(|mail| mail.kind == Kind::Refused);
        let may_be_gathered: usize = refused.map(|mail| mail.sent - 1).sum();
        let mut gathered = 0;
        let text = (self.sql)("SELECT encode(id, 'hex'), reference, ended, attempts FROM outbox");
        let mut of_reference: BTreeMap<&str, usize> = BTreeMap::new();
        for line in text.lines() {
            let fields: Vec<&str> = line.split('|').collect();
            let [id, reference, ended, attempts] = fields[..] else { panic!("{line}") };
            let came = hop.notices.get(id).copied().unwrap_or_default();
            let attempts: usize = attempts.parse().expect("a number");
            if ended == "delivered" && came == 0 && reference.is_empty() && gathered < may_be_gathered {
                gathered += 1;
            } else if ended != "delivered" || came == 0 {
                report.faults.push(format!("a notice of {reference} is lost: {ended:?}, came {came} times"));
            }
            if came > attempts {
                report.faults.push(format!("a notice of {reference} came {came} times at {attempts} attempts"));
            }
            report.notices += 1;
            report.notices_again += came.saturating_sub(1);
            *of_reference.entry(reference).or_default() += 1;
        }
        for (reference, rows) in rows {
            // Copies share the notice of the hold; each that expires has its own.
            let owed = 1 + rows.iter().filter(|row| row.state == "expired").count();
            let there = of_reference.get(reference.as_str()).copied().unwrap_or_default();
            if there < owed {
                report.faults.push(format!("{reference} has {there} notices of {owed}"));
            }
        }
    }
}

fn clean(number: u64, mail: &Mail, hop: &AtHop, report: &mut Report) {
    let Some(at_hop) = hop.mails.get(&number) else {
        return report.faults.push(format!("{number} was answered 250 and is not at the next hop"));
    };
    if at_hop.len() != RECIPIENTS {
        report.faults.push(format!("{number} has reached {} of its recipients", at_hop.len()));
    }
    let came = at_hop.values().copied().max().unwrap_or_default();
    report.sent_again += came - 1;
    if came > mail.sent {
        report.faults.push(format!("{number} came {came} times and was sent {} times", mail.sent));
    }
}

fn confidential(number: u64, mail: &Mail, rows: &BTreeMap<String, Vec<Row>>, hop: &AtHop, report: &mut Report) {
    let rows = mail.reference.as_ref().and_then(|reference| rows.get(reference));
    let Some(rows) = rows else {
        return report.faults.push(format!("{number} was answered 250 and is not held"));
    };
    report.held_again += rows.len() - 1;
    if rows.len() > mail.sent {
        report.faults.push(format!("{number} is held {} times and was sent {} times", rows.len(), mail.sent));
    }
    let mut released = 0;
    for row in rows {
        let well = match row.state.as_str() {
            "held" => row.number == Some(number),
            "expired" => row.expired == 1,
            "released" => {
                released += 1;
                hop.mails.get(&number).is_some_and(|at_hop| at_hop.len() == RECIPIENTS)
            }
            _ => false,
        };
        if !well {
            report.faults.push(format!("{number} is {} and cannot be accounted for", row.state));
        }
    }
    let taken_over: usize = rows.iter().map(|row| row.epoch.saturating_sub(1)).sum();
    let noted: usize = rows.iter().map(|row| row.noted_twice).sum();
    let mut again = 0;
    for &came in hop.mails.get(&number).into_iter().flat_map(BTreeMap::values) {
        if released == 0 {
            report.faults.push(format!("{number} went out and was not released"));
        } else if came - released.min(came) > taken_over {
            report.faults.push(format!("{number} came {came} times, its release was taken over {taken_over} times"));
        }
        again += came.saturating_sub(released);
    }
    report.released_again += again;
    report.released_again_noted += again.min(noted);
}

/// What the next hop has.
#[derive(Default)]
struct AtHop {
    /// Numbered mails: how often each recipient has it.
    mails: BTreeMap<u64, BTreeMap<String, usize>>,
    /// Notices by the id in their Message-ID.
    notices: BTreeMap<String, usize>,
}

impl AtHop {
    fn of(taken: &[Taken], report: &mut Report) -> AtHop {
        let mut hop = AtHop::default();
        for taken in taken {
            let Some(number) = number(&taken.content) else {
                planted::assert_notice(&taken.content);
                let text = String::from_utf8_lossy(&taken.content);
                let id = text.lines().find_map(|line| line.strip_prefix("Message-ID: <")?.split('@').next());
                *hop.notices.entry(id.expect("a notice").to_owned()).or_default() += 1;
                continue;
            };
            report.at_next_hop += 1;
            if !taken.content.ends_with(client::mail(number, client::kind_of(number)).as_bytes()) {
                report.faults.push(format!("{number} did not come byte for byte"));
            }
            let recipients = hop.mails.entry(number).or_default();
            for recipient in &taken.recipients {
                *recipients.entry(recipient.clone()).or_default() += 1;
            }
        }
        hop
    }
}

impl Report {
    pub fn assert_kept(&self) {
        assert!(
            self.faults.is_empty(),
            "{} faults: {:#?}",
            self.faults.len(),
            &self.faults[..self.faults.len().min(20)]
        );
        let [clean, confidential, _] = self.accepted;
        assert!(clean > 0 && confidential > 0 && self.refused > 0 && self.opened > 0 && self.notices > 0, "{self}");
        for state in ["held", "released", "expired"] {
            assert!(self.states.get(state).is_some_and(|&count| count > 0), "nothing is {state}: {self}");
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "answered 250: {} clean, {} confidential; 5xx: {}; without a final answer: {}; transactions at the next hop: \
             {}; messages {:?}, opened {}; sent again by the client: {} relayed, {} held; recipients of a release that \
             have it again: {} ({} of them noted); notices: {}, again: {}; faults: {}",
            self.accepted[0],
            self.accepted[1],
            self.refused,
            self.undecided,
            self.at_next_hop,
            self.states,
            self.opened,
            self.sent_again,
            self.held_again,
            self.released_again,
            self.released_again_noted,
            self.notices,
            self.notices_again,
            self.faults.len()
        )
    }
}
