//! One finding a place, however often its text is read.
//!
//! A table has a second reading with the heading before every cell, a mail's text a twin in HTML. Both find
//! what the first reading has found.

use std::collections::{HashMap, HashSet};

use super::category::Category;
use super::finding::{Finding, Identity, Where};
use crate::text::{OriginKind, View};

/// Takes out what is found twice. Names stay as often as they stand: each is an anchor of its own.
pub fn distinct_values(views: &[View], findings: Vec<Finding>) -> Vec<Finding> {
    once_in_html(once_in_a_text(views, findings))
}

fn has_value(finding: &Finding) -> bool {
    finding.category != Category::Name && finding.identity != Identity::default()
}

/// Readers print a cell's number that may have lost its zero a second time with the zero, one character on.
fn lost_its_zero(finding: &Finding) -> bool {
    finding.reasons.contains(&"leading-zero")
}

/// A value that two readings of one text find at one place is one finding, as sure as the surer of them.
fn once_in_a_text(views: &[View], findings: Vec<Finding>) -> Vec<Finding> {
    let is_second =
        |f: &Finding| has_value(f) && (lost_its_zero(f) || views.get(f.view).is_some_and(|view| view.alternative));
    // All readings of a text share its bytes.
    let key = |f: &Finding| (f.category, f.identity.clone(), views.get(f.view).map(|view| view.text().as_ptr()));
    let (second, mut kept): (Vec<Finding>, Vec<Finding>) = findings.into_iter().partition(is_second);
    if second.is_empty() {
        return kept;
    }
    let mut at: HashMap<_, Vec<usize>> = HashMap::new();
    for (index, finding) in kept.iter().enumerate().filter(|(_, finding)| has_value(finding)) {
        at.entry(key(finding)).or_default().push(index);
    }
    for finding in second {
        let same = at.entry(key(&finding)).or_default();
        let end = finding.span.end.saturating_add(if lost_its_zero(&finding) { 2 } else { 0 });
        let overlaps = |of: &Finding| of.span.start < end && finding.span.start < of.span.end;
        let first = same.iter().copied().find(|index| kept.get(*index).is_some_and(overlaps));
        match first.and_then(|index| kept.get_mut(index)) {
            Some(first) if first.strength < finding.strength => {
                (first.strength, first.reasons) = (finding.strength, finding.reasons);
            }
            Some(_) => {}
            None => {
                same.push(kept.len());
                kept.push(finding);
            }
        }
    }
    kept.sort_by_key(|finding| finding.view);
    kept
}

/// The same value in a text and its HTML alternative is one finding, the text's, as sure as the surer of them.
fn once_in_html(mut findings: Vec<Finding>) -> Vec<Finding> {
    let is_html = |f: &Finding| has_value(f) && (f.place_of_find == Where::Html || f.origin.kind == OriginKind::Html);
    let key = |f: &Finding| (f.category, f.identity.clone());
    // Of each value in a text: where it is surest.
    let mut surest: HashMap<_, usize> = HashMap::new();
    let strength = |findings: &[Finding], at: usize| findings.get(at).map(|f| f.strength);
    for (at, finding) in findings.iter().enumerate().filter(|(_, f)| has_value(f) && !is_html(f)) {
        let known = surest.entry(key(finding)).or_insert(at);
        if strength(&findings, *known) < Some(finding.strength) {
            *known = at;
        }
    }
    let mut seen = HashSet::new();
    let (html, stay): (Vec<usize>, Vec<usize>) =
        (0..findings.len()).partition(|at| findings.get(*at).is_some_and(is_html));
    let mut kept: HashSet<usize> = stay.into_iter().collect();
    for at in html {
        let Some(second) = findings.get(at).cloned() else { continue };
        match surest.get(&key(&second)).and_then(|first| findings.get_mut(*first)) {
            Some(first) if first.strength < second.strength => {
                (first.strength, first.reasons) = (second.strength, second.reasons);
            }
            Some(_) => {}
            None if seen.insert(key(&second)) => {
                kept.insert(at);
            }
            None => {}
        }
    }
    findings.into_iter().enumerate().filter(|(at, _)| kept.contains(at)).map(|(_, finding)| finding).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use std::sync::Arc;

    use super::super::category::Strength;
    use super::super::finding::{Label, Spot};
    use super::*;
    use crate::text::{Origin, Way, Zone};

    /// Readings of one text, the first of them not alternative, and one of another text.
    fn views() -> Vec<View> {
        let origin = |part: &str| Origin { kind: OriginKind::Attachment, part: part.into(), place: None, nested: 0 };
        let view = |text: &Arc<str>, second| {
            let first = View::read(origin("2"), text, 0..text.len(), false);
            if second { View::new(origin("2"), text, 0..text.len(), Way::Joined([].into())) } else { first }
        };
        let (text, other): (Arc<str>, Arc<str>) = ("fnr\n01819012365\n01819012365".into(), "01819012365".into());
        vec![view(&text, false), view(&text, true), view(&text, true), view(&other, true)]
    }

    fn finding(view: usize, start: usize, strength: Strength) -> Finding {
        Finding {
            category: Category::NationalId,
            kind: Label::Own("synthetic"),
            strength,
            view,
            origin: views()[view].origin.clone(),
            zone: Zone::New,
            place_of_find: Where::Attachment,
            normal: 0..0,
            span: start..start + 11,
            spot: Spot::default(),
            masked: String::new(),
            rule: Label::Own("x"),
            reasons: vec![strength.as_str()],
            identity: Identity("no01819012365".into()),
        }
    }

    #[test]
    fn a_place_that_is_read_twice_has_one_finding_as_sure_as_the_surer() {
        use Strength::{Medium, Strong, Weak};
        for (found, kept) in [
            // Two places, each read twice.
            (
                vec![(0, 4, Strong), (0, 16, Medium), (1, 4, Medium), (1, 16, Strong)],
                vec![(0, 4, Strong), (0, 16, Strong)],
            ),
            (vec![(0, 4, Weak), (1, 4, Weak)], vec![(0, 4, Weak)]),
            // Only the second readings find it: the second of them says nothing new.
            (vec![(1, 4, Medium), (2, 4, Medium)], vec![(1, 4, Medium)]),
            // A place that the first reading does not find, and one in another text.
            (
                vec![(0, 4, Strong), (1, 16, Medium), (3, 4, Medium)],
                vec![(0, 4, Strong), (1, 16, Medium), (3, 4, Medium)],
            ),
        ] {
            let findings = found.iter().map(|&(view, start, strength)| finding(view, start, strength)).collect();
            let found = distinct_values(&views(), findings);
            let outline: Vec<_> = found.iter().map(|f| (f.view, f.span.start, f.strength)).collect();
            assert_eq!(outline, kept);
            assert!(found.iter().all(|f| f.reasons == [f.strength.as_str()]), "the reasons go with the strength");
        }
    }

    #[test]
    fn a_number_beside_itself_with_its_zero_is_one() {
        let lost = |view, start| Finding {
            span: start..start + 10,
            reasons: vec!["leading-zero", "label"],
            ..finding(view, start, Strength::Medium)
        };
        let outline = |findings| -> Vec<_> {
            distinct_values(&views(), findings).iter().map(|f| (f.span.clone(), f.strength)).collect()
        };
        let twice = vec![lost(0, 5), finding(0, 16, Strength::Strong), lost(1, 5)];
        assert_eq!(outline(twice), [(16..27, Strength::Strong)]);
        assert_eq!(outline(vec![lost(0, 5)]), [(5..15, Strength::Medium)]);
        assert_eq!(outline(vec![lost(0, 0), finding(0, 16, Strength::Strong)]).len(), 2, "another place");
    }

    #[test]
    fn a_text_and_its_html_have_one_finding() {
        use Strength::{Medium, Strong};
        let html = |strength| Finding { place_of_find: Where::Html, ..finding(3, 0, strength) };
        let outline = |findings: Vec<Finding>| -> Vec<_> {
            distinct_values(&views(), findings).iter().map(|f| (f.view, f.strength)).collect()
        };
        let both = || vec![finding(0, 4, Strong), finding(0, 16, Medium)];
        assert_eq!(outline([both(), vec![html(Strong)]].concat()), [(0, Strong), (0, Medium)]);
        assert_eq!(outline(vec![finding(0, 4, Medium), html(Strong)]), [(0, Strong)]);
    }
}
