//! From a place in a view to a [`Finding`]: the one way the detectors of values build theirs.

use std::ops::Range;

use super::category::{Category, Strength};
use super::finding::{Finding, Identity, Label, Spot, Where};
use super::mask::{mask_all, mask_identifier};
use crate::text::View;

/// What a detector knows about a place before it becomes a finding.
pub struct Draft {
    pub category: Category,
    pub kind: &'static str,
    pub strength: Strength,
    /// In `normal` of the view.
    pub span: Range<usize>,
    pub rule: &'static str,
    pub reasons: Vec<&'static str>,
    pub identity: String,
}

impl Draft {
    pub fn into_finding(self, view: &View, index: usize) -> Finding {
        let zone = view.zone_at(self.span.start);
        let span = view.to_text(self.span.clone());
        let written = view.text().get(span.clone()).unwrap_or_default();
        let masked = if self.category == Category::NationalId { mask_identifier(written) } else { mask_all(written) };
        Finding {
            category: self.category,
            kind: Label::Own(self.kind),
            strength: self.strength,
            view: index,
            origin: view.origin_at(span.start),
            zone,
            place_of_find: Where::of(&view.origin, zone),
            normal: self.span,
            span,
            spot: Spot::default(),
            masked,
            rule: Label::Own(self.rule),
            reasons: self.reasons,
            identity: Identity(self.identity),
        }
    }
}
