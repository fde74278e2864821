//! What is registered now, and what it lifts for one mail.
//!
//! The registers are kept apart from what a configuration replaces: an entry that is made while the relay
//! runs is in force within half a minute. Persons are looked up by keyed digests; without the key, as in
//! `sluss check`, only codes and routes are known.

use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use jiff::civil::Date;

use super::judge::Address;
use crate::channel::Canonical;
use crate::detect::{Assessment, Category};
use crate::message::{HeaderFacts, Keys};
use crate::policy::{Case, Claim, Content, Exceptions, Lifted, Need, Registers, Unit, Whom};

/// `X-Sluss-Exception: CODE; reason in words; date=2026-11-01`: what the sender claims for this mail, and what he
/// documents. It never leaves.
pub const CLAIM_FIELD: &str = "X-Sluss-Exception";
/// `X-Sluss-Case: reference`: the case the mail belongs to. It never leaves either.
pub const CASE_FIELD: &str = "X-Sluss-Case";

/// The registers in force. One for the process.
pub struct Register {
    now: ArcSwap<Registers>,
    keys: OnceLock<Arc<Keys>>,
}

/// What a mail is about, as far as the registers care.
pub(super) struct About<'a> {
    pub facts: &'a HeaderFacts,
    pub assessment: &'a Assessment,
    pub addresses: &'a [Address],
    pub unit: &'a Unit,
    pub today: Date,
}

/// The built-in codes, and nobody registered.
impl Default for Register {
    fn default() -> Self {
        let nobody = Registers::new(Exceptions::builtin(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Register { now: ArcSwap::from_pointee(nobody), keys: OnceLock::new() }
    }
}

impl Register {
    /// Without a key: codes and routes alone.
    pub fn new(registers: Registers) -> Arc<Self> {
        Arc::new(Register { now: ArcSwap::from_pointee(registers), keys: OnceLock::new() })
    }

    /// From now on persons and cases can be looked up. The first key stays.
    pub fn unlock(&self, keys: Arc<Keys>) {
        let _ = self.keys.set(keys);
    }

    /// Puts newly read entries in force.
    pub fn replace(&self, registers: Registers) {
        self.now.store(Arc::new(registers));
    }

    /// What is lifted for the mail, and the sender's claim.
    pub(super) fn lifted(&self, about: &About<'_>) -> (Lifted, Option<Claim>) {
        let claim = claim(about.facts);
        let recipients: Option<Vec<Canonical>> = about.addresses.iter().map(|a| Canonical::of(&a.address)).collect();
        // Whom nobody can tell apart has no consent and no route.
        let Some(recipients) = recipients else { return (Lifted::default(), claim) };
        let content = Content::of(about.unit, about.assessment);
        let mut lifted = self.now.load().apply(&Case {
            persons: &self.persons(about.assessment),
            matters: &self.matters(about.facts),
            people: about.assessment.persons,
            recipients: &recipients,
            unit: &about.unit.id,
            profile: about.unit.profile.id(),
            categories: &content.categories,
            severity: content.severity,
            claimed: claim.as_ref(),
            today: about.today,
        });
        // A team is one only while all of it logs in with two factors.
        lifted.team &= about.addresses.iter().all(|address| address.class.level.is_two_factor());
        (lifted, claim)
    }

    fn persons(&self, assessment: &Assessment) -> Vec<Whom> {
        let Some(keys) = self.keys.get() else { return Vec::new() };
        let numbers = assessment.findings.iter().filter(|f| f.category == Category::NationalId);
        let mut identities: Vec<&str> =
            numbers.map(|f| &*f.identity.0).filter(|identity| !identity.is_empty()).collect();
        identities.sort_unstable();
        identities.dedup();
        identities.into_iter().map(|identity| Whom::new(&keys.person_digests(identity))).collect()
    }

    fn matters(&self, facts: &HeaderFacts) -> Vec<Whom> {
        let Some(keys) = self.keys.get() else { return Vec::new() };
        facts.fields.of(CASE_FIELD).map(|reference| Whom::new(&keys.case_digests(reference))).collect()
    }
}

/// The first claim of the header; a second one says that nobody knows what was meant, and counts as none.
fn claim(facts: &HeaderFacts) -> Option<Claim> {
    let mut fields = facts.fields.of(CLAIM_FIELD);
    let (first, second) = (fields.next()?, fields.next());
    if second.is_some() {
        return None;
    }
    let mut parts = first.split(';').map(str::trim);
    let mut claim = Claim::of_sender(parts.next()?, "");
    for part in parts {
        // What is no `need=text` is the reason.
        let (need, text) = part
            .split_once('=')
            .and_then(|(word, text)| Some((Need::from_word(word.trim())?, text)))
            .unwrap_or((Need::Reason, part));
        claim.documented = claim.documented.with(need, text);
    }
    Some(claim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Header;

    fn read(header: &str) -> Option<Claim> {
        claim(&HeaderFacts::read(&Header::of(format!("{header}\r\n\r\n").as_bytes())))
    }

    #[test]
    fn a_claim_is_a_code_with_what_is_documented() {
        let claim =
            read("X-Sluss-Exception: EX-CONSENT; date=2026-11-01; scope = plan ;received-by=A; asked by him").unwrap();
        assert_eq!(claim.code, "EX-CONSENT");
        for (need, text) in [
            (Need::Date, Some("2026-11-01")),
            (Need::Scope, Some("plan")),
            (Need::ReceivedBy, Some("A")),
            (Need::Reason, Some("asked by him")),
            (Need::Documented, None),
        ] {
            assert_eq!(claim.documented.get(need), text);
        }
        assert_eq!(read("x-sluss-exception: EX-LIFE").unwrap().documented.get(Need::Reason), None);
        assert!(read("Subject: x").is_none());
        assert!(read("X-Sluss-Exception: EX-LIFE; a\r\nX-Sluss-Exception: EX-SELF; b").is_none(), "two are none");
    }
}
