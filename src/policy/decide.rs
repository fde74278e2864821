//! One verdict for one message: that of its worst recipient.
//!
//! Content that counts for the unit, and parts that cannot be read, each ask for a minimum of
//! evidence. A recipient whose channel has it may get the mail as it is; one whose channel has it
//! through another next hop, or for whom a way round is configured, may get it rerouted; one below it
//! decides the verdict by the rules. Beside the channels stand rules of their own: an order of secrecy
//! about a person, other units of the same organisation, mistakes of addressing. The strictest holds.
//!
//! Weaker evidence, a further recipient or a day later never loosens a verdict: tests hold that.

use std::collections::BTreeSet;

use super::recipients::Mistake;
use super::register::Lifted;
use super::rules::{Internal, Mode, OnConfidential, Treatment};
use super::unit::Unit;
use super::verdict::{Outcome, Verdict};
use crate::channel::{ChannelClass, Demand, Level, Why};
use crate::detect::{Assessment, Category, Severity};
use crate::inspect::Reason;

/// One address whose channel is judged.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// Resolved for today.
    pub class: &'a ChannelClass,
    /// True for recipients of this envelope; false for those that only `To` or `Cc` names, whose
    /// copy goes its own way.
    pub envelope: bool,
    /// The unit of our own organisation that the address belongs to.
    pub unit: Option<&'a str>,
}

/// A channel that all of the message can go through instead, whatever is known of the recipients'
/// own mailboxes: a gateway that lets them log in.
#[derive(Clone, Copy, Debug)]
pub struct Way<'a> {
    /// Id of the channel.
    pub channel: &'a str,
    /// What its evidence is worth today.
    pub level: Level,
    /// Next hop; `None`: the one that holds the transaction.
    pub hop: Option<&'a str>,
    /// How its connection must be protected.
    pub tls: Option<Demand>,
    /// The sender has asked for it. Other ways are taken only when the mail could not go otherwise.
    pub requested: bool,
}

/// Everything the decision depends on.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    pub assessment: &'a Assessment,
    /// Of every part that could not be read.
    pub uninspectable: &'a [Reason],
    /// None at all counts as one of whom nothing is known.
    pub recipients: &'a [Judged<'a>],
    /// Open to this message; those the sender asked for first.
    pub ways: &'a [Way<'a>],
    pub mistakes: &'a [Mistake],
    /// What the registers and a claim lift.
    pub lifted: &'a Lifted,
    pub unit: &'a Unit,
    /// Name of the next hop that holds the transaction.
    pub hop: &'a str,
}

/// How a message that asks for a minimum gets to all its recipients.
#[derive(Clone, Copy, Debug)]
enum Reach<'a> {
    /// Every channel has it.
    AsIs,
    /// Every channel has it once the message goes through this next hop.
    Through(&'a str, Option<Way<'a>>),
    /// At least one has not.
    Below,
    /// Every channel has it, each through a next hop of its own: no way is right for all.
    Split,
}

pub fn decide(input: &Input<'_>) -> Outcome {
    let rules = &input.unit.rules;
    let mut judgement = Judgement::default();
    let content = Content::of(input.unit, input.assessment);
    content.reasons.iter().for_each(|reason| judgement.reason(reason.clone()));

    // The demand that asks for most comes last: its reroute is good for the others too.
    let mut demands: Vec<(Level, Verdict)> = Vec::new();
    if let Some(minimum) = content.held {
        demands.push((minimum, on_confidential(rules.on_confidential)));
    }
    if let Some(minimum) = content.warned {
        demands.push((minimum, Verdict::Warn));
    }
    for &reason in input.uninspectable {
        judgement.reason(format!("uninspectable:{}", reason.rule()));
        demands.push((rules.minimum.default, rules.uninspectable.of(reason).verdict()));
    }
    demands.sort_by_key(|&(minimum, towards)| (minimum, towards));
    let stopping = |&(_, towards): &(Level, Verdict)| towards > Verdict::Reroute;
    let least = demands.iter().filter(|demand| stopping(demand)).map(|(minimum, _)| *minimum).max();
    for (minimum, towards_below) in demands {
        judgement.demand(input, &content, minimum, towards_below);
    }
    beside_channels(input, &content, &mut judgement);
    requested(input, least, &mut judgement);

    let judged = judgement.verdict;
    let verdict = match rules.mode {
        Mode::Enforce => judged,
        // What the sender asks for is a service, not a measure against him.
        Mode::Observe if judgement.asked_for => judged,
        Mode::Observe => {
            if judged != Verdict::Relay {
                judgement.reason("observed".into());
            }
            Verdict::Relay
        }
    };
    let way = judgement.way.filter(|_| judged == Verdict::Reroute);
    let taken = way.filter(|_| verdict == Verdict::Reroute);
    Outcome {
        verdict,
        judged,
        confidential: !content.categories.is_empty(),
        severity: content.severity,
        categories: content.categories,
        warned: content.warned_categories,
        reasons: judgement.reasons,
        insecure: judgement.insecure.into_iter().collect(),
        reroute_to: judgement.reroute_to.filter(|_| judged == Verdict::Reroute),
        way: way.map(|way| way.channel.to_owned()),
        requested: judgement.asked_for,
        tls: protection(input, taken.as_ref()),
    }
}

fn on_confidential(rule: OnConfidential) -> Verdict {
    match rule {
        OnConfidential::Quarantine => Verdict::Quarantine,
        OnConfidential::Reject => Verdict::Reject,
    }
}

/// What the content asks for under the unit's law.
#[derive(Clone, Debug, Default)]
pub struct Content {
    pub severity: Severity,
    /// Those that make it confidential.
    pub categories: BTreeSet<Category>,
    warned_categories: BTreeSet<Category>,
    /// Evidence that confidential content needs.
    held: Option<Level>,
    /// Evidence below which the sender gets a word.
    warned: Option<Level>,
    reasons: Vec<String>,
}

impl Content {
    /// Weighs every disclosure by the unit's profile and thresholds.
    pub fn of(unit: &Unit, assessment: &Assessment) -> Content {
        let rules = &unit.rules;
        let mut content = Content::default();
        for disclosure in &assessment.disclosures {
            let Some(weighed) = unit.profile.weigh(disclosure) else { continue };
            content.severity = content.severity.max(weighed.severity);
            let minimum = Some(rules.minimum.of(disclosure.category));
            let words =
                || format!("{}:{}:{}", disclosure.category.as_str(), disclosure.basis.as_str(), weighed.provision);
            if weighed.severity >= rules.hold_from {
                content.categories.insert(disclosure.category);
                content.held = content.held.max(minimum);
                content.reasons.push(format!("confidential:{}", words()));
            } else if weighed.severity >= rules.warn_from {
                content.warned_categories.insert(disclosure.category);
                content.warned = content.warned.max(minimum);
                content.reasons.push(format!("warning:{}", words()));
            }
        }
        content
    }
}

/// The rules that ask neither how a mailbox is opened nor through which hop it is reached.
fn beside_channels(input: &Input<'_>, content: &Content, judgement: &mut Judgement<'_>) {
    let rules = &input.unit.rules;
    let confidential = !content.categories.is_empty();
    if input.lifted.order.is_some() && (confidential || !input.uninspectable.is_empty()) {
        judgement.reason("secrecy-order".into());
        judgement.all(input);
        judgement.at_least(on_confidential(rules.on_confidential));
    }
    if confidential && !input.lifted.secrecy {
        for (number, recipient) in input.recipients.iter().enumerate() {
            let Some(unit) = recipient.unit.filter(|unit| *unit != input.unit.id) else { continue };
            let Some(&treatment) = rules.towards.get(unit) else { continue };
            if treatment != Treatment::Relay {
                // What lifts the demand on the channel is danger to life: it opens the secrecy as well, with a word
                // (fvl § 13 b no. 7).
                let lifted = if input.lifted.channel { Verdict::Warn } else { Verdict::Reject };
                judgement.reason(format!("other-unit:{unit}"));
                judgement.insecure.insert(number);
                judgement.at_least(treatment.verdict().min(lifted));
            }
        }
    }
    let counts = confidential || !content.warned_categories.is_empty() || !input.uninspectable.is_empty();
    if counts && !input.lifted.team {
        for &mistake in input.mistakes {
            let treatment = rules.recipients.of(mistake);
            if treatment != Treatment::Relay {
                judgement.reason(format!("recipients:{}", mistake.as_str()));
                judgement.at_least(treatment.verdict());
            }
        }
    }
}

/// The sender has asked for a way, and nothing stands against it: it is taken whatever the content. One with
/// less evidence than the content asks for is not taken: the recipients' own mailboxes have more.
fn requested<'a>(input: &Input<'a>, least: Option<Level>, judgement: &mut Judgement<'a>) {
    if let Some(way) = judgement.way.filter(|_| judgement.verdict == Verdict::Reroute) {
        judgement.asked_for = way.requested;
    }
    let fits = |way: &&Way<'_>| way.requested && least.is_none_or(|least| way.level >= least);
    if judgement.verdict <= Verdict::Warn
        && let Some(way) = input.ways.iter().find(fits)
    {
        judgement.reason(format!("requested:{}", way.channel));
        // Behind the ordinary hop the product listens to the same word: the mail goes as it is.
        if let Some(hop) = way.hop.filter(|hop| *hop != input.hop) {
            judgement.verdict = Verdict::Reroute;
            judgement.reroute_to = Some(hop.to_owned());
            judgement.way = Some(*way);
            judgement.asked_for = true;
        }
    } else if let Some(way) = judgement.way.filter(|_| judgement.asked_for) {
        judgement.reason(format!("requested:{}", way.channel));
    }
}

/// How the connection that takes the mail must be protected: the strictest of the channels it serves.
fn protection(input: &Input<'_>, way: Option<&Way<'_>>) -> Option<Demand> {
    match way {
        Some(way) => way.tls,
        None => input.recipients.iter().filter(|r| r.envelope).filter_map(|r| r.class.tls).max(),
    }
}

/// What has been found so far; every demand can only make it stricter.
struct Judgement<'a> {
    verdict: Verdict,
    reasons: Vec<String>,
    insecure: BTreeSet<usize>,
    reroute_to: Option<String>,
    way: Option<Way<'a>>,
    /// The sender's request is granted.
    asked_for: bool,
}

impl Default for Judgement<'_> {
    fn default() -> Self {
        Judgement {
            verdict: Verdict::Relay,
            reasons: Vec::new(),
            insecure: BTreeSet::new(),
            reroute_to: None,
            way: None,
            asked_for: false,
        }
    }
}

impl<'a> Judgement<'a> {
    /// The message asks for `minimum`; `towards_below` is done when a recipient has less.
    fn demand(&mut self, input: &Input<'a>, content: &Content, minimum: Level, towards_below: Verdict) {
        if towards_below == Verdict::Relay {
            return;
        }
        if input.recipients.iter().any(|r| only_reported(input, r) && !meets(r.class, minimum)) {
            self.reason("internal-reported".into());
        }
        let verdict = match reach(input, minimum, towards_below > Verdict::Reroute) {
            Reach::AsIs => return,
            Reach::Through(hop, way) => {
                self.reroute_to = Some(hop.to_owned());
                self.way = way;
                if way.is_some() {
                    self.reason(format!("channel-below-minimum:{}", minimum.as_str()));
                }
                Verdict::Reroute
            }
            Reach::Below => {
                self.reason(format!("channel-below-minimum:{}", minimum.as_str()));
                towards_below
            }
            Reach::Split => {
                self.reason("mixed-next-hops".into());
                towards_below
            }
        };
        let mut verdict = verdict;
        // A protected address needs a second pair of eyes even then.
        let lifted = input.lifted.channel && !content.categories.contains(&Category::Protected);
        if lifted && verdict > Verdict::Warn {
            self.reason("channel-lifted".into());
            verdict = Verdict::Warn;
        }
        self.note_insecure(input, minimum);
        self.at_least(verdict);
    }

    fn note_insecure(&mut self, input: &Input<'_>, minimum: Level) {
        for (number, recipient) in input.recipients.iter().enumerate() {
            if only_reported(input, recipient) {
                continue;
            }
            let level = meets(recipient.class, minimum);
            if !level {
                match recipient.class.why {
                    Why::Expired(_) | Why::MailboxStale(_) => self.reason("evidence-expired".into()),
                    Why::ConsumerWebmail => self.reason("consumer-webmail".into()),
                    Why::NoChannel
                    | Why::Evidence
                    | Why::MailboxEvidence
                    | Why::NoMailboxEvidence
                    | Why::MailboxLacks(_) => {}
                }
            }
            let elsewhere = recipient.envelope && recipient.class.next_hop.as_deref().is_some_and(|h| h != input.hop);
            if !level || elsewhere {
                self.insecure.insert(number);
            }
        }
    }

    fn at_least(&mut self, verdict: Verdict) {
        self.verdict = self.verdict.max(verdict);
    }

    /// No recipient may get it.
    fn all(&mut self, input: &Input<'_>) {
        self.insecure.extend(0..input.recipients.len());
    }

    /// Each reason once, in the order they came up.
    fn reason(&mut self, reason: String) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }
}

fn meets(class: &ChannelClass, minimum: Level) -> bool {
    class.level >= minimum
}

/// A recipient of our own, whose unit's mail within the house is only watched.
fn only_reported(input: &Input<'_>, recipient: &Judged<'_>) -> bool {
    recipient.unit.is_some() && input.unit.rules.internal == Internal::Report
}

/// A channel that names a next hop has its evidence only for mail that goes through that hop. A way
/// round is looked for where the mail would else be stopped (`stopped`); a warning needs none.
fn reach<'a>(input: &Input<'a>, minimum: Level, stopped: bool) -> Reach<'a> {
    let counted = || input.recipients.iter().filter(|r| !only_reported(input, r));
    let own = if input.recipients.is_empty() || counted().any(|r| !meets(r.class, minimum)) {
        Reach::Below
    } else {
        let mut hops: Vec<&str> =
            counted().filter(|r| r.envelope).filter_map(|r| r.class.next_hop.as_deref()).collect();
        hops.sort_unstable();
        hops.dedup();
        match hops.as_slice() {
            [] => Reach::AsIs,
            [hop] if *hop == input.hop => Reach::AsIs,
            [hop] => Reach::Through(hop, None),
            _ => Reach::Split,
        }
    };
    // A product behind the ordinary hop has it: as it is, or as good as.
    let here = |way: &Way<'_>| way.hop.is_none_or(|hop| hop == input.hop);
    let good = |way: &&Way<'a>| way.level >= minimum;
    if matches!(own, Reach::AsIs) || input.ways.iter().filter(good).any(here) {
        return Reach::AsIs;
    }
    // The way the sender asks for comes before the mailbox's own hop, and that before the others.
    let own_hop = matches!(own, Reach::Through(..));
    let way = input.ways.iter().filter(good).find(|way| way.requested || !own_hop);
    match way {
        Some(way) if stopped => Reach::Through(way.hop.unwrap_or(input.hop), Some(*way)),
        // A word to the sender is less than another way.
        _ if own_hop && !stopped => Reach::Split,
        _ => own,
    }
}
