//! From a judgement to what a report takes of it: rows, and what would have become of the mail. The address,
//! the subject and the text end here.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{Zoned, fmt::rfc2822};

use crate::channel::ChannelClass;
use crate::pipeline::Judgement;
use crate::report::tally::{Dimension, NO_DAY, NO_DOMAIN, Seen};

/// Longest domain name (RFC 1035 section 2.3.4).
const MAX_DOMAIN: usize = 253;
/// Years before it are no dates of mail.
const FIRST_YEAR: i16 = 1980;

/// What would have happened to the mail: in a unit that observes, what it would have done in enforce mode.
pub fn of(judgement: &Judgement, now: &Zoned) -> Seen {
    let outcome = &judgement.outcome;
    let mut rows = BTreeSet::new();
    let mut row = |dimension, row: &str| {
        rows.insert((dimension, row.to_owned()));
    };
    row(Dimension::Severity, outcome.severity.as_str());
    let deciding = if outcome.categories.is_empty() { &outcome.warned } else { &outcome.categories };
    for category in deciding {
        row(Dimension::Category, category.as_str());
    }
    for address in &judgement.addresses {
        row(Dimension::Channel, &channel(&address.class));
        row(Dimension::Domain, &domain(&address.address));
    }
    for unread in &judgement.inspection.uninspectable {
        row(Dimension::Unread, unread.reason.rule());
    }
    for reason in outcome.reasons.iter().filter(|reason| *reason != "observed") {
        row(Dimension::Reason, reason);
    }
    let (profile, rules) = (&judgement.unit.profile, &judgement.unit.rules);
    let counting = judgement.assessment.disclosures.iter().filter(|disclosure| {
        profile.weigh(disclosure).is_some_and(|weighed| weighed.severity >= rules.warn_from.min(rules.hold_from))
    });
    for finding in counting.flat_map(|d| &d.findings).filter_map(|&i| judgement.assessment.findings.get(i)) {
        row(Dimension::Kind, &finding.kind);
        row(Dimension::Rule, &finding.rule);
    }
    let day = judgement.inspection.facts.date.as_deref().and_then(|date| day(date, now));
    row(Dimension::Day, &day.map_or_else(|| NO_DAY.to_owned(), |day| day.to_string()));
    Seen {
        unit: judgement.unit.id.as_str().into(),
        outcome: outcome.judged,
        noteworthy: outcome.confidential || !judgement.inspection.uninspectable.is_empty(),
        rows,
    }
}

/// `id/level`; ids of the configuration, levels of the evidence.
fn channel(class: &ChannelClass) -> String {
    format!("{}/{}", class.channel.as_deref().unwrap_or_default(), class.level.as_str())
}

fn domain(address: &str) -> String {
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain).trim_end_matches('.');
    let is_one = domain.len() <= MAX_DOMAIN
        && domain.contains('.')
        && domain
            .split('.')
            .all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_')));
    if is_one { domain.to_lowercase() } else { NO_DOMAIN.to_owned() }
}

/// The day that the sender's clock showed (RFC 5322 section 3.6.1).
fn day(date: &str, now: &Zoned) -> Option<Date> {
    let written = rfc2822::parse(date.trim()).ok()?.date();
    let tomorrow = now.date().tomorrow().unwrap_or(Date::MAX);
    (written.year() >= FIRST_YEAR && written <= tomorrow).then_some(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_one_or_has_no_row_of_its_own() {
        for (address, wanted) in [
            ("anna@Kommun.example", "kommun.example"),
            ("anna@kommun.example.", "kommun.example"),
            ("anna@sub.blåbær.example", "sub.blåbær.example"),
            ("anna@<script>.example", NO_DOMAIN),
            ("anna@karin dahlqvist.example", NO_DOMAIN),
            ("anna@localhost", NO_DOMAIN),
            ("anna@a..example", NO_DOMAIN),
            ("anna", NO_DOMAIN),
            ("anna@=cmd|.example", NO_DOMAIN),
        ] {
            assert_eq!(domain(address), wanted, "{address}");
        }
        assert_eq!(domain(&format!("a@{}.example", "x".repeat(MAX_DOMAIN))), NO_DOMAIN);
    }

    #[test]
    fn a_day_is_one_that_can_be() {
        let now: Zoned = "2026-05-04T12:00[Europe/Stockholm]".parse().unwrap();
        for (date, wanted) in [
            ("Sun, 3 May 2026 23:59:00 -0800", Some("2026-05-03")),
            ("Mon, 04 May 2026 08:00:00 +0200", Some("2026-05-04")),
            ("4 May 2027 08:00:00 +0200", None),
            ("1 Jan 1970 00:00:00 +0000", None),
            ("in the morning", None),
        ] {
            assert_eq!(day(date, &now).map(|d| d.to_string()).as_deref(), wanted, "{date}");
        }
    }
}
