//! From a passing number to a finding with its strength.

use std::ops::Range;

use super::headings::Columns;
use super::kind::{Country, Kind, Proof, Reading};
use super::labels::{Labels, Role};
use super::read::{Candidate, Writing};
use super::surroundings::{self, Beside, Joint};
use super::written::Groups;
use super::{MAX_FINDINGS, shape};
use crate::detect::Context;
use crate::detect::category::{Category, Strength};
use crate::detect::draft::Draft;
use crate::detect::finding::Finding;
use crate::text::{OriginKind, View, is_invisible};

/// Unlabelled numbers of one length are chance hits when so many of the same length fail beside them.
const FAILED_MANY: usize = 8;
const FAILED_PER_PASSED: usize = 4;
/// The same for numbers that pass once in hundreds.
const FAILED_MANY_SURE: usize = 100;
const FAILED_PER_PASSED_SURE: usize = 50;
/// From this year on numbers under the rule of 2032 are given out.
const NEW_RULE_FROM: i16 = 2032;

pub struct Weigher<'a> {
    view: &'a View,
    index: usize,
    ctx: &'a Context,
    labels: &'a Labels,
    columns: &'a mut Columns<Role>,
    found: [usize; Kind::COUNT],
    truncated: bool,
    /// Solid runs of ten and of eleven digits that failed, and that passed without a label.
    failed: [usize; 2],
    /// Places in `out` of the unlabelled solid ones, with their length, and whether chance seldom makes such.
    unlabelled: Vec<(usize, usize, bool)>,
    passed: [usize; 2],
}

/// What a label says about one reading.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    For,
    Against(Role),
    Silent,
}

impl<'a> Weigher<'a> {
    pub fn new(
        view: &'a View,
        index: usize,
        ctx: &'a Context,
        labels: &'a Labels,
        columns: &'a mut Columns<Role>,
    ) -> Self {
        Weigher {
            view,
            index,
            ctx,
            labels,
            columns,
            found: [0; Kind::COUNT],
            truncated: false,
            failed: [0; 2],
            unlabelled: Vec::new(),
            passed: [0; 2],
        }
    }

    /// Weighs one number; returns where to go on.
    pub fn weigh(&mut self, candidate: Candidate, out: &mut Vec<Finding>) -> usize {
        let end = candidate.span.end;
        if let Some(room) = candidate.readings.first().and_then(|r| self.found.get(r.kind as usize))
            && *room >= MAX_FINDINGS
        {
            self.truncated = true;
            return end;
        }
        let label = match candidate.writing.label {
            Some(role) => Some(Beside { role, near: true }),
            None => self.label(&candidate.span, candidate.writing.digits),
        };
        let Some((reading, verdict)) = choose(&candidate.readings, label.map(|l| l.role)) else { return end };
        if !self.ctx.count_synthetic && reading.kind == Kind::Synthetic {
            return end;
        }
        let joint = surroundings::joint(self.view.normal().as_bytes(), &candidate.span);
        let sure = self.is_sure(&reading, &candidate);
        let verdict = match verdict {
            // No other number has its first six apart with a hyphen, and no account or telephone such digits.
            Verdict::Against(_) if sure && candidate.is_written_as_a_persons() => Verdict::Silent,
            Verdict::Against(Role::Phone) if sure && candidate.is_no_phone() => Verdict::Silent,
            Verdict::Against(role) if reading.proof == Proof::Checked && !speaks_against(role, label, sure) => {
                Verdict::Silent
            }
            verdict => verdict,
        };
        let Some((strength, mut reasons)) =
            self.strength(&reading, verdict, &candidate.writing, (joint, sure), &candidate.span)
        else {
            return end;
        };
        let written = self.view.text().get(self.view.to_text(candidate.span.clone()));
        if written.is_some_and(|w| w.chars().any(is_invisible)) {
            reasons.push("invisible-characters");
        }
        self.emit(reading, strength, reasons, (candidate, sure), out);
        end
    }

    /// Whether hardly any other number has this writing and these check digits: eleven digits under
    /// today's rule (once in hundreds), a century, a hyphen, a letter.
    fn is_sure(&self, reading: &Reading, candidate: &Candidate) -> bool {
        let writing = &candidate.writing;
        if reading.proof != Proof::Checked || writing.doubt.is_some() || writing.account {
            return false;
        }
        match writing.digits {
            10 => writing.parted,
            11 | 13 => reading.reason == "checksum" || self.ctx.today.0 >= NEW_RULE_FROM,
            _ => true,
        }
    }

    /// Remembers solid runs that look like a number and fail.
    pub fn note_failed(&mut self, groups: &Groups) {
        let slot = match groups.as_slice().first().map(|g| g.len()) {
            Some(10) => 0,
            Some(11) => 1,
            _ => return,
        };
        if let Some(n) = self.failed.get_mut(slot) {
            *n = n.saturating_add(1);
        }
    }

    /// Lowers chance hits in lists of other numbers. True when something was left out.
    pub fn finish(self, out: &mut [Finding]) -> bool {
        for (place, slot, sure) in self.unlabelled {
            let (many, per_passed) = match sure {
                true => (FAILED_MANY_SURE, FAILED_PER_PASSED_SURE),
                false => (FAILED_MANY, FAILED_PER_PASSED),
            };
            let failed = self.failed.get(slot).copied().unwrap_or(0);
            let passed = self.passed.get(slot).copied().unwrap_or(0);
            if failed >= many
                && failed >= passed.saturating_mul(per_passed)
                && let Some(finding) = out.get_mut(place)
            {
                finding.strength = Strength::Weak;
                finding.reasons.extend(["among-failing", "needs-label-or-casework"]);
            }
        }
        self.truncated
    }

    fn label(&mut self, span: &Range<usize>, digits: usize) -> Option<Beside> {
        surroundings::label(self.view.normal(), span, digits, self.labels).or_else(|| {
            // Cells are held apart by tabs in the printed text, by spaces in the text as matched.
            let (printed, labels) = (self.view.text(), self.labels);
            let place = self.view.to_text(span.clone());
            let headings = self.columns.of(printed, |cell| labels.longest_in(cell));
            headings.of_column(printed, &place).map(|role| Beside { role, near: true })
        })
    }

    fn strength(
        &self,
        reading: &Reading,
        verdict: Verdict,
        writing: &Writing,
        (joint, sure): (Joint, bool),
        span: &Range<usize>,
    ) -> Option<(Strength, Vec<&'static str>)> {
        const NEEDS: &str = "needs-label-or-casework";
        let proof = reading.reason;
        match (verdict, reading.proof) {
            (Verdict::Against(_), Proof::NeedsSupport | Proof::LabelOnly) | (Verdict::Silent, Proof::LabelOnly) => None,
            // No country's code begins with a zero.
            (_, _) if joint == Joint::Plus && !(sure && self.begins_with_zero(span)) => None,
            (_, _) if joint == Joint::Inside => Some((Strength::Weak, vec![proof, "part-of-longer"])),
            (Verdict::For, Proof::LabelOnly) => Some((Strength::Medium, vec![proof, "label"])),
            (Verdict::For, _) => Some((Strength::Strong, vec![proof, "label"])),
            (Verdict::Against(role), _) if reading.reason == "personal-account" && role == Role::Account => {
                Some((Strength::Medium, vec![proof]))
            }
            (Verdict::Against(role), _) => Some((Strength::Weak, vec![proof, role.against()])),
            (Verdict::Silent, _) => {
                if joint == Joint::Part && proof != "personal-account" {
                    return Some((Strength::Weak, vec![proof, "part-of-longer"]));
                }
                if joint == Joint::MessageId || (joint == Joint::Link && !sure) {
                    return Some((Strength::Weak, vec![proof, "in-address"]));
                }
                if writing.account {
                    return Some((Strength::Weak, vec![proof, "shape-of-account"]));
                }
                if writing.pairs && surroundings::in_row(self.view.normal().as_bytes(), span) {
                    return None;
                }
                let filename = self.view.origin.kind == OriginKind::Filename;
                let doubt = writing.doubt.or_else(|| {
                    (filename && reading.kind.country() == Country::Sweden)
                        .then(|| shape::clock_in_filename(self.view.normal().get(span.clone())?, self.ctx.today))
                        .flatten()
                });
                match (doubt, reading.proof) {
                    (Some(doubt), _) => Some((Strength::Weak, vec![proof, doubt, NEEDS])),
                    (None, Proof::NeedsSupport) => Some((Strength::Weak, vec![proof, NEEDS])),
                    (None, _) => Some((Strength::Medium, vec![proof])),
                }
            }
        }
    }

    fn begins_with_zero(&self, span: &Range<usize>) -> bool {
        self.view.normal().get(span.clone()).is_some_and(|number| number.starts_with('0'))
    }

    fn emit(
        &mut self,
        reading: Reading,
        strength: Strength,
        reasons: Vec<&'static str>,
        (candidate, sure): (Candidate, bool),
        out: &mut Vec<Finding>,
    ) {
        let kind = reading.kind;
        if let Some(count) = self.found.get_mut(kind as usize) {
            *count = count.saturating_add(1);
        }
        if candidate.writing.solid && strength == Strength::Medium {
            let slot = match candidate.writing.digits {
                10 => Some(0),
                11 => Some(1),
                _ => None,
            };
            if let Some((slot, passed)) = slot.and_then(|s| self.passed.get_mut(s).map(|p| (s, p))) {
                *passed = passed.saturating_add(1);
                self.unlabelled.push((out.len(), slot, sure));
            }
        }
        let filler = reading.reason == "filler";
        let draft = Draft {
            category: if filler { Category::Birth } else { Category::NationalId },
            kind: kind.as_str(),
            // A filler stands for a person, but it is a date and no number.
            strength: if filler { strength.min(Strength::Medium) } else { strength },
            span: candidate.span,
            rule: kind.rule(),
            reasons,
            identity: format!("{}{}", kind.country().prefix(), candidate.value),
        };
        out.push(draft.into_finding(self.view, self.index));
    }
}

/// The reading that the label names, else the likeliest; and what the label says about it.
fn choose(readings: &[Reading], label: Option<Role>) -> Option<(Reading, Verdict)> {
    let judged = readings.iter().map(|r| (*r, verdict(r.kind, label)));
    judged.clone().find(|(_, v)| *v == Verdict::For).or_else(|| judged.clone().next())
}

/// Whether a label speaks against a number with right check digits. One that hardly any other looks
/// like takes a label right beside it.
fn speaks_against(role: Role, label: Option<Beside>, sure: bool) -> bool {
    let near = !sure || role.shares_the_check() || label.is_some_and(|l| l.near);
    near && role.has_such_numbers() && !(sure && role == Role::Mark)
}

/// What a label says about a number of this kind.
fn verdict(kind: Kind, label: Option<Role>) -> Verdict {
    let Some(role) = label else { return Verdict::Silent };
    let country = kind.country();
    let fits = match role {
        // In Norway and Sweden; a Danish or Icelandic number behind it may be one of theirs gone wrong.
        Role::Identity | Role::LastDigits => matches!(country, Country::Norway | Country::Sweden | Country::Finland),
        Role::DNumber => country == Country::Norway && kind != Kind::DufNummer,
        Role::Duf => kind == Kind::DufNummer,
        Role::HelpNumber => matches!(kind, Kind::FhNummer | Kind::HNummer) || country == Country::Norway,
        Role::Reserve => country == Country::Sweden,
        Role::Cpr => country == Country::Denmark,
        Role::Hetu => country == Country::Finland,
        Role::Kennitala => country == Country::Iceland,
        // A sole trader's organisation number and VAT number are the owner's personnummer.
        Role::Organisation => return Verdict::Silent,
        _ => return Verdict::Against(role),
    };
    match (fits, role) {
        (true, _) => Verdict::For,
        (false, Role::DNumber) => Verdict::Against(role),
        // A label of another register: still a number of a person.
        (false, _) => Verdict::Silent,
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn every_kind_has_its_place_in_the_counts() {
        assert_eq!(Kind::Kerfiskennitala as usize, Kind::COUNT - 1);
    }
}
