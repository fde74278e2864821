//! What the relay judges by: patterns with their examples, and channels with evidence that ends.

use jiff::civil::Date;

use super::finding::Finding;
use crate::channel::evidence::{FIRST_REMINDER, days_left};
use crate::channel::{Channel, Level};
use crate::cli::assemble;
use crate::config::Checked;

/// Blocking, and takes a second.
pub fn patterns(checked: &Checked) -> Vec<Finding> {
    const CHECK: &str = "patterns";
    match assemble::try_patterns(checked) {
        Ok(notes) if notes.is_empty() => vec![Finding::ok(CHECK, "all load, and their examples come out as they say")],
        Ok(notes) => notes
            .into_iter()
            .map(|note| Finding::warning(CHECK, note, "Look whether that is meant (docs/patterns.md)."))
            .collect(),
        Err(faults) => faults
            .into_iter()
            .map(|fault| Finding::fault(CHECK, fault, "Correct the file; until then a start or reload is refused."))
            .collect(),
    }
}

pub fn channels(channels: &[Channel], today: Date) -> Vec<Finding> {
    const CHECK: &str = "channels";
    if channels.is_empty() {
        let todo = "Add a [[channel]] for each organisation whose login is known (docs, config/channels).";
        return vec![Finding::warning(CHECK, "there is none: every recipient is unknown", todo)];
    }
    // Where nothing was vouched for, nothing ends.
    let left = channels.iter().filter(|c| c.evidence.level > Level::Unknown);
    let left: Vec<(&str, i32)> = left.map(|c| (c.id.as_str(), days_left(c.evidence.verified_until, today))).collect();
    let named = |ends: &dyn Fn(i32) -> bool| -> Vec<&str> {
        left.iter().filter(|(_, days)| ends(*days)).map(|(id, _)| *id).collect()
    };
    let (over, soon) = (named(&|days| days < 0), named(&|days| (0..=FIRST_REMINDER).contains(&days)));
    let mut findings = Vec::new();
    const RENEW: &str = "Renew the evidence, and write its new last day into verified_until.";
    if !over.is_empty() {
        let what =
            format!("the evidence of {} has ended, their recipients are unknown: {}", over.len(), over.join(", "));
        findings.push(Finding::warning(CHECK, what, RENEW));
    }
    if !soon.is_empty() {
        let what = format!("the evidence of {} ends within {FIRST_REMINDER} days: {}", soon.len(), soon.join(", "));
        findings.push(Finding::warning(CHECK, what, RENEW));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, format!("{}; no evidence ends within {FIRST_REMINDER} days", channels.len())));
    }
    findings
}
