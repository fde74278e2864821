//! One verdict for one message: that of its worst recipient.
//!
//! Content that counts for the unit, and parts that cannot be read, each ask for a minimum of
//! evidence. A recipient whose channel has it may get the mail as it is; one whose channel has it
//! through another next hop may get it rerouted; one below it decides the verdict by the rules. The
//! stricter of content and unreadable parts holds.

use std::collections::BTreeSet;

use super::rules::{Mode, OnConfidential};
use super::unit::Unit;
use super::verdict::{Outcome, Verdict};
use crate::channel::{ChannelClass, Level, Why};
use crate::detect::{Assessment, Severity};
use crate::inspect::Reason;

/// One address whose channel is judged.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// Resolved for today.
    pub class: &'a ChannelClass,
    /// True for recipients of this envelope; false for those that only `To` or `Cc` names, whose
    /// copy goes its own way.
    pub envelope: bool,
}

/// Everything the decision depends on.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    pub assessment: &'a Assessment,
    /// Of every part that could not be read.
    pub uninspectable: &'a [Reason],
    /// None at all counts as one of whom nothing is known.
    pub recipients: &'a [Judged<'a>],
    pub unit: &'a Unit,
    /// Name of the next hop that holds the transaction.
    pub hop: &'a str,
}

/// How a message that asks for `minimum` gets to all its recipients.
#[derive(Debug)]
enum Reach {
    /// Every channel has it.
    AsIs,
    /// Every channel has it once the message goes through this next hop.
    Through(String),
    /// At least one has not.
    Below,
    /// Every channel has it, each through a next hop of its own: no way is right for all.
    Split,
}

pub fn decide(input: &Input<'_>) -> Outcome {
    let rules = &input.unit.rules;
    let mut judgement = Judgement::default();

    let mut held_minimum = None;
    let mut warned_minimum = None;
    let mut severity = Severity::None;
    let mut categories = BTreeSet::new();
    let mut warned = BTreeSet::new();
    for disclosure in &input.assessment.disclosures {
        let Some(weighed) = input.unit.profile.weigh(disclosure) else { continue };
        severity = severity.max(weighed.severity);
        let minimum = Some(rules.minimum.of(disclosure.category));
        let words = || format!("{}:{}:{}", disclosure.category.as_str(), disclosure.basis.as_str(), weighed.provision);
        if weighed.severity >= rules.hold_from {
            categories.insert(disclosure.category);
            held_minimum = held_minimum.max(minimum);
            judgement.reason(format!("confidential:{}", words()));
        } else if weighed.severity >= rules.warn_from {
            warned.insert(disclosure.category);
            warned_minimum = warned_minimum.max(minimum);
            judgement.reason(format!("warning:{}", words()));
        }
    }
    if let Some(minimum) = held_minimum {
        let towards_below = match rules.on_confidential {
            OnConfidential::Quarantine => Verdict::Quarantine,
            OnConfidential::Reject => Verdict::Reject,
        };
        judgement.demand(input, minimum, towards_below);
    }
    if let Some(minimum) = warned_minimum {
        judgement.demand(input, minimum, Verdict::Warn);
    }
    for &reason in input.uninspectable {
        judgement.reason(format!("uninspectable:{}", reason.rule()));
        judgement.demand(input, rules.minimum.default, rules.uninspectable.of(reason).verdict());
    }

    let judged = judgement.verdict;
    let verdict = match rules.mode {
        Mode::Enforce => judged,
        Mode::Observe => {
            if judged != Verdict::Relay {
                judgement.reason("observed".into());
            }
            Verdict::Relay
        }
    };
    Outcome {
        verdict,
        judged,
        confidential: !categories.is_empty(),
        severity,
        categories,
        warned,
        reasons: judgement.reasons,
        insecure: judgement.insecure.into_iter().collect(),
        reroute_to: judgement.reroute_to.filter(|_| judged == Verdict::Reroute),
    }
}

/// What has been found so far; every demand can only make it stricter.
struct Judgement {
    verdict: Verdict,
    reasons: Vec<String>,
    insecure: BTreeSet<usize>,
    reroute_to: Option<String>,
}

impl Default for Judgement {
    fn default() -> Self {
        Judgement { verdict: Verdict::Relay, reasons: Vec::new(), insecure: BTreeSet::new(), reroute_to: None }
    }
}

impl Judgement {
    /// The message asks for `minimum`; `towards_below` is done when a recipient has less.
    fn demand(&mut self, input: &Input<'_>, minimum: Level, towards_below: Verdict) {
        if towards_below == Verdict::Relay {
            return;
        }
        let verdict = match reach(input, minimum) {
            Reach::AsIs => return,
            Reach::Through(hop) => {
                self.reroute_to = Some(hop);
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
        for (number, recipient) in input.recipients.iter().enumerate() {
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
        self.verdict = self.verdict.max(verdict);
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

/// A channel that names a next hop has its evidence only for mail that goes through that hop.
fn reach(input: &Input<'_>, minimum: Level) -> Reach {
    if input.recipients.is_empty() || input.recipients.iter().any(|r| !meets(r.class, minimum)) {
        return Reach::Below;
    }
    let hops: BTreeSet<&str> =
        input.recipients.iter().filter(|r| r.envelope).filter_map(|r| r.class.next_hop.as_deref()).collect();
    match hops.iter().copied().collect::<Vec<_>>().as_slice() {
        [] => Reach::AsIs,
        [hop] if *hop == input.hop => Reach::AsIs,
        [hop] => Reach::Through((*hop).to_owned()),
        _ => Reach::Split,
    }
}
