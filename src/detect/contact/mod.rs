//! Contact data and birth dates of persons.
//!
//! | category | kind | strength |
//! |---|---|---|
//! | contact | `phone` | strong behind a label; medium by its writing; weak as a bare run of eight digits |
//! | contact | `street-address` | strong with postcode or a word for living; medium with a street's ending; weak shortened, or a box |
//! | contact | `bruksenhetsnummer`, `lagenhetsnummer` | medium |
//! | contact | `postcode`, `property`, `email` | weak: only a private mailbox counts as `email` |
//! | contact | `door-code` | strong |
//! | contact | `care-of` | medium |
//! | birth | `birth.date` | medium behind a word for birth or under one, in figures or words, or with the last digits of a number hidden; weak without its day or year |
//!
//! Bare dates are nothing. Signatures, disclaimers, footers and the heads of forwarded mails never
//! yield contact data, and neither do the organisation's own addresses, numbers and mailboxes ([`Words::own`]).
//!
//! Limits: [`MAX_FINDINGS`] findings a kind in one view.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod address;
mod around;
mod birth;
mod code;
mod email;
mod phone;
mod spelled;
#[cfg(test)]
mod tests;
mod words;

use std::ops::Range;

use around::Before;
pub use words::{Words, WordsError};

use super::Context;
use super::category::{Category, Strength};
use super::draft::Draft;
use super::finding::Finding;
use super::identifier::Columns;
use super::identifier::fold::fold;
use super::identifier::{Labels, Role, surroundings};
use super::seek;
use crate::text::{View, Zone};

/// Findings of one kind in one view.
pub const MAX_FINDINGS: usize = 200;

const KINDS: [&str; 10] = [
    "phone",
    "street-address",
    "bruksenhetsnummer",
    "lagenhetsnummer",
    "postcode",
    "property",
    "email",
    "door-code",
    "care-of",
    "birth.date",
];

/// Finds contact data and birth dates in one view and appends them to `out`. True when a limit was
/// reached and there are more. `births` are the columns of birth dates, one for all views of a message.
pub fn find(
    view: &View,
    index: usize,
    ctx: &Context,
    (labels, words): (&Labels, &Words),
    births: &mut Columns<()>,
    out: &mut Vec<Finding>,
) -> bool {
    let mut reader = Reader { view, index, ctx, labels, words, births, found: [0; KINDS.len()], truncated: false, out };
    reader.numbers();
    reader.marks();
    reader.truncated
}

struct Reader<'a> {
    view: &'a View,
    index: usize,
    ctx: &'a Context,
    labels: &'a Labels,
    words: &'a Words,
    births: &'a mut Columns<()>,
    found: [usize; KINDS.len()],
    truncated: bool,
    out: &'a mut Vec<Finding>,
}

impl Reader<'_> {
    /// Everything that has digits in it.
    fn numbers(&mut self) {
        let text = self.view.normal().as_bytes();
        let mut at = 0_usize;
        while let Some(start) = seek::digit(text, at) {
            let run = text.get(start..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count();
            let digits = start..start.saturating_add(run);
            at = self.number(&digits).unwrap_or(digits.end).max(digits.end);
        }
    }

    fn number(&mut self, digits: &Range<usize>) -> Option<usize> {
        let text = self.view.normal();
        if let Some(span) = birth::hidden(text, digits) {
            return Some(self.push(
                Category::Birth,
                "birth.date",
                Strength::Medium,
                span,
                "last-digits-hidden",
                String::new(),
            ));
        }
        // Later groups of a date, a time or a telephone number have no label of their own.
        if !goes_on(text.as_bytes(), digits.start) {
            let before = Before::of(text, digits.start, self.words);
            if digits.len() <= 8
                && let Some(span) = birth::labelled(text, digits.start, &before, self.words, self.ctx.today)
            {
                return Some(self.push(Category::Birth, "birth.date", Strength::Medium, span, "label", String::new()));
            }
            if let Some(span) = self.birth_in_column(digits) {
                return Some(self.push(Category::Birth, "birth.date", Strength::Medium, span, "column", String::new()));
            }
            if let Some(span) = code::read(text, digits, &before) {
                return Some(self.push(Category::Contact, "door-code", Strength::Strong, span, "label", String::new()));
            }
            if let Some(piece) = address::read(text, digits, &before, self.words) {
                let value = text.get(piece.span.clone()).unwrap_or_default().to_lowercase();
                if self.words.own.has_address(&value) {
                    return Some(piece.span.end);
                }
                return Some(self.push(Category::Contact, piece.kind, piece.strength, piece.span, piece.reason, value));
            }
        }
        self.phone(digits)
    }

    /// The date in a cell of its own, when the column's heading is a word for birth.
    fn birth_in_column(&mut self, digits: &Range<usize>) -> Option<Range<usize>> {
        let (text, words) = (self.view.normal(), self.words);
        let span = birth::in_cell(text, digits, words, self.ctx.today)?;
        let (printed, place) = (self.view.text(), self.view.to_text(span.clone()));
        let births = self.births.of(printed, |cell| words.heads_births(cell).then_some(()));
        births.of_column(printed, &place).map(|()| span)
    }

    fn phone(&mut self, digits: &Range<usize>) -> Option<usize> {
        let text = self.view.normal();
        let phone = phone::read(text.as_bytes(), digits.start)?;
        let label = surroundings::label(text, &phone.span, 0, self.labels);
        let (strength, reason) = match label.map(|l| l.role) {
            Some(Role::Phone) => (Strength::Strong, "label"),
            None if phone.strength.is_none() && self.is_contact_line(&phone.span) => (Strength::Medium, "contact-line"),
            None => (phone.strength?, "writing"),
            Some(_) if phone.span.start < digits.start => (phone.strength?, "writing"),
            Some(_) => return phone.strength.map(|_| phone.span.end),
        };
        if self.words.own.has_phone(&phone.value) {
            return Some(phone.span.end);
        }
        Some(self.push(Category::Contact, "phone", strength, phone.span, reason, phone.value))
    }

    /// Whether a mailbox or another telephone stands on the line of a number.
    fn is_contact_line(&self, span: &Range<usize>) -> bool {
        let text = self.view.normal();
        let sides = [around::line_before(text, span.start), around::line_after(text, span.end)];
        let phone = |side: &str| self.labels.hits(&fold(side)).any(|hit| hit.role == Role::Phone);
        sides.iter().any(|side| side.contains('@') || phone(side))
    }

    /// What has a mark or a word instead: `@`, `c/o`, `född den trettonde mars`.
    fn marks(&mut self) {
        let view = self.view;
        let text = view.normal();
        for (at, _) in text.match_indices('@') {
            if let Some(span) = email::read(text, at, self.words) {
                let value = text.get(span.clone()).unwrap_or_default().to_lowercase();
                if !self.ctx.own_addresses.contains(&value) && !self.words.own.has_mailbox(&value) {
                    self.push(Category::Contact, "email", Strength::Weak, span, "private-mailbox", value);
                }
            }
        }
        for (span, strength) in self.words.spelled.dates(text) {
            self.push(Category::Birth, "birth.date", strength, span, "in-words", String::new());
        }
        // `c/o`, found by its slash.
        for (slash, _) in text.match_indices('/') {
            let at = slash.saturating_sub(1);
            let mark = self.words.care_of.iter().find(|m| text.get(at..).is_some_and(|t| t.starts_with(m.as_str())));
            if let Some(span) = mark.and_then(|m| address::care_of(text, at, m.len())) {
                self.push(Category::Contact, "care-of", Strength::Medium, span, "care-of", String::new());
            }
        }
    }

    fn push(
        &mut self,
        category: Category,
        kind: &'static str,
        strength: Strength,
        span: Range<usize>,
        reason: &'static str,
        identity: String,
    ) -> usize {
        let end = span.end;
        if !matches!(self.view.zone_at(span.start), Zone::New | Zone::Quote) {
            return end;
        }
        let Some(count) = KINDS.iter().position(|k| *k == kind).and_then(|i| self.found.get_mut(i)) else { return end };
        if *count >= MAX_FINDINGS {
            self.truncated = true;
            return end;
        }
        *count = count.saturating_add(1);
        let draft = Draft { category, kind, strength, span, rule: kind, reasons: vec![reason], identity };
        self.out.push(draft.into_finding(self.view, self.index));
        end
    }
}

/// Whether the digits at `start` go on from digits before them, with one mark in between.
fn goes_on(text: &[u8], start: usize) -> bool {
    matches!(text.get(..start), Some([.., b'0'..=b'9', b' ' | b'.' | b':' | b'/' | b'-']))
}
