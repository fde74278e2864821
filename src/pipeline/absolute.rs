//! Units whose secrecy knows no harm test: that somebody is in their mail at all is the secret (OSL 26 kap. 3 §,
//! family counselling). Detection tells persons; here they become a client relation.

use super::judge::Address;
use crate::channel::Why;
use crate::detect::{Assessment, Basis, Category, Disclosure, Severity};
use crate::policy::Unit;

/// The reason a reviewer reads.
const REASON: &str = "absolute-secrecy";
/// Kind of findings that name a colleague, a sender or a recipient.
const COLLEAGUE: &str = "name.colleague";

/// Adds the client relation that the law sees in any mail about a person. Colleagues are none; but whoever is
/// written to at a private mailbox is a client, also when the mail names nobody else.
pub(super) fn add(assessment: &mut Assessment, unit: &Unit, addresses: &[Address]) {
    let known = |disclosure: &Disclosure| disclosure.basis == Basis::ClientRelation;
    if !unit.profile.absolute() || assessment.disclosures.iter().any(known) {
        return;
    }
    let private = addresses.iter().any(|address| address.class.why == Why::ConsumerWebmail);
    let persons = assessment.findings.iter().enumerate().filter(|(_, finding)| finding.category == Category::Name);
    let about = persons.filter(|(_, finding)| private || &*finding.kind != COLLEAGUE).map(|(at, _)| at);
    let findings: Vec<usize> = about.collect();
    if !findings.is_empty() {
        assessment.disclosures.push(Disclosure {
            category: Category::ClientRelation,
            basis: Basis::ClientRelation,
            severity: Severity::Medium,
            findings,
            reasons: vec![REASON],
        });
    }
}
