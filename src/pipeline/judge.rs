//! Assess without acting: inspect, detect, resolve channels, decide.
//!
//! Blocking and pure but for the clock in the inspection's budget. The relay calls it at the dot,
//! `sluss check` for a file, the console for a draft.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use jiff::Zoned;

use crate::channel::{ChannelClass, Registry};
use crate::detect::{Assessment, Context, Detector};
use crate::inspect::budget::MAX_TIME;
use crate::inspect::{self, Attachments, Inspection, Reason, Uninspectable};
use crate::message::{Envelope, HeaderFacts, RawMessage};
use crate::policy::{self, Input, Judge, Judged, Outcome, Sender, Unit, Units};
use crate::smtp::{Mailbox, ReversePath};

/// Everything a judgement rests on; replaced as one when the configuration is read again.
pub struct Knowledge {
    pub detector: Arc<Detector>,
    pub registry: Registry,
    pub units: Units,
    /// `[detect] synthetic`: synthetic numbers count like real ones.
    pub count_synthetic: bool,
    /// Opens what is not text.
    pub attachments: Arc<dyn Attachments>,
}

/// An address whose channel was judged.
#[derive(Clone, Debug)]
pub struct Address {
    /// `local@domain`, for the sealed evidence and the sender's own notice only.
    pub address: String,
    pub class: ChannelClass,
    /// A recipient of this envelope, not only named in the header.
    pub envelope: bool,
}

/// What was found and decided.
#[derive(Debug)]
pub struct Judgement {
    pub inspection: Inspection,
    pub assessment: Assessment,
    pub unit: Unit,
    pub addresses: Vec<Address>,
    pub outcome: Outcome,
}

/// Inspection or detection panicked: our fault, not the mail's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault;

impl Knowledge {
    /// Judges one message on its way through `hop`.
    ///
    /// Without an envelope (`sluss check`) the addresses in `To` and `Cc` are the recipients.
    ///
    /// # Errors
    /// [`Fault`] when inspection or detection panicked; nothing was decided.
    pub fn judge(
        &self,
        message: &RawMessage,
        envelope: Option<&Envelope>,
        hop: &str,
        now: &Zoned,
    ) -> Result<Judgement, Fault> {
        // One time for reading and for assessing.
        let until = Instant::now().checked_add(MAX_TIME);
        let attachments = self.attachments.as_ref();
        let read = || inspect::inspect_with(message, attachments);
        let mut inspection = catch_unwind(AssertUnwindSafe(read)).map_err(|_| Fault)?;
        let unit = self.unit_of(envelope, &inspection.facts);
        let context = Context { until, ..self.context(envelope, &inspection.facts, unit, now) };
        let assessment =
            catch_unwind(AssertUnwindSafe(|| self.detector.assess(&inspection.views, &context))).map_err(|_| Fault)?;
        if assessment.unfinished {
            inspection.uninspectable.push(Uninspectable { part: String::new(), reason: Reason::TimedOut });
        }
        Ok(self.decide(inspection, assessment, unit.clone(), envelope, hop, now))
    }

    /// Judges a message that inspection has failed on too often: nothing of it is known.
    pub fn judge_fault(&self, envelope: &Envelope, hop: &str, now: &Zoned) -> Judgement {
        let inspection = Inspection {
            uninspectable: vec![Uninspectable { part: String::new(), reason: Reason::Fault }],
            ..Inspection::default()
        };
        let unit = self.unit_of(Some(envelope), &inspection.facts).clone();
        self.decide(inspection, Assessment::default(), unit, Some(envelope), hop, now)
    }

    /// The unit that the envelope sender, else the header, points to.
    pub fn unit_of(&self, envelope: Option<&Envelope>, facts: &HeaderFacts) -> &Unit {
        let reverse = envelope.and_then(|e| match &e.reverse_path {
            ReversePath::Null => None,
            ReversePath::Mailbox(mailbox) => Some(plain(mailbox)),
        });
        self.units.resolve(&Sender {
            envelope: reverse.as_deref(),
            header_sender: facts.sender.as_deref(),
            from: &facts.from,
        })
    }

    fn context(&self, envelope: Option<&Envelope>, facts: &HeaderFacts, unit: &Unit, now: &Zoned) -> Context {
        let mut own_addresses: Vec<String> = Vec::new();
        if let Some(envelope) = envelope {
            if let ReversePath::Mailbox(mailbox) = &envelope.reverse_path {
                own_addresses.push(plain(mailbox));
            }
            own_addresses.extend(envelope.recipients.iter().map(|r| plain(&r.path.0)));
        }
        own_addresses.extend(facts.from.iter().chain(&facts.sender).chain(&facts.to).chain(&facts.cc).cloned());
        own_addresses.sort_unstable();
        own_addresses.dedup();
        Context {
            own_names: facts.names.clone(),
            own_addresses,
            unit_words: Vec::new(),
            casework: unit.profile.casework(),
            today: (now.year(), now.month().unsigned_abs(), now.day().unsigned_abs()),
            count_synthetic: self.count_synthetic,
            until: None,
        }
    }

    fn decide(
        &self,
        inspection: Inspection,
        assessment: Assessment,
        unit: Unit,
        envelope: Option<&Envelope>,
        hop: &str,
        now: &Zoned,
    ) -> Judgement {
        let addresses = self.addresses(&inspection.facts, &unit, envelope, now);
        let judged: Vec<Judged<'_>> =
            addresses.iter().map(|a| Judged { class: &a.class, envelope: a.envelope }).collect();
        let mut reasons: Vec<Reason> = inspection.uninspectable.iter().map(|u| u.reason).collect();
        reasons.sort_unstable();
        reasons.dedup();
        let outcome = policy::decide(&Input {
            assessment: &assessment,
            uninspectable: &reasons,
            recipients: &judged,
            unit: &unit,
            hop,
        });
        Judgement { inspection, assessment, unit, addresses, outcome }
    }

    /// Envelope recipients, then those that only `To` and `Cc` name (`judge = "named"`).
    fn addresses(&self, facts: &HeaderFacts, unit: &Unit, envelope: Option<&Envelope>, now: &Zoned) -> Vec<Address> {
        let today = now.date();
        let mut seen = HashSet::new();
        let mut addresses = Vec::new();
        let mut add = |address: String, envelope: bool| {
            if seen.insert(address.to_lowercase()) {
                let class = self.registry.resolve(&address, today);
                addresses.push(Address { address, class, envelope });
            }
        };
        for recipient in envelope.iter().flat_map(|e| &e.recipients) {
            add(plain(&recipient.path.0), true);
        }
        if envelope.is_none() || unit.rules.judge == Judge::Named {
            for address in facts.to.iter().chain(&facts.cc) {
                add(address.clone(), envelope.is_none());
            }
        }
        addresses
    }
}

/// `local@domain`; the bare local part for `<postmaster>`.
pub(super) fn plain(mailbox: &Mailbox) -> String {
    if mailbox.domain().is_empty() {
        mailbox.local().to_owned()
    } else {
        format!("{}@{}", mailbox.local(), mailbox.domain())
    }
}
