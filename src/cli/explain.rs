//! A judgement for a person: one line, or every finding with its place, rule and reasons.
//!
//! Values are masked; what is shown of the mail is its shape.

use std::io::{self, Write};

use crate::detect::{Disclosure, Finding};
use crate::pipeline::Judgement;
use crate::policy::Verdict;

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RED: &str = "\x1b[31m";
const YELLOW: &str = "\x1b[33m";
const GREEN: &str = "\x1b[32m";
const RESET: &str = "\x1b[0m";

fn paint(text: &str, style: &str, colour: bool) -> String {
    if colour { format!("{style}{text}{RESET}") } else { text.to_owned() }
}

/// The file's name as a heading.
pub fn heading(name: &str, colour: bool) -> String {
    paint(&format!("== {name}"), BOLD, colour)
}

/// One line: what would happen, and why.
pub fn summary(name: &str, judgement: &Judgement, out: &mut impl Write, colour: bool) -> io::Result<()> {
    writeln!(out, "{name}: {}", conclusion(judgement, colour))
}

/// The judgement with all its findings, the mail's parts as headings.
pub fn write(name: &str, judgement: &Judgement, out: &mut impl Write, colour: bool) -> io::Result<()> {
    writeln!(out, "{}", heading(name, colour))?;
    writeln!(out, "   {}", conclusion(judgement, colour))?;
    writeln!(out, "   unit {} (profile {})", judgement.unit.id, judgement.unit.profile.id())?;
    for address in &judgement.addresses {
        let channel = address.class.channel.as_deref().unwrap_or("no channel");
        writeln!(out, "   recipient {}: {} ({channel})", domain(&address.address), address.class.level.as_str())?;
    }
    for disclosure in &judgement.assessment.disclosures {
        write_disclosure(judgement, disclosure, out, colour)?;
    }
    write_findings(judgement, out, colour)?;
    for part in &judgement.inspection.uninspectable {
        let place = if part.part.is_empty() { "the message" } else { &part.part };
        let file = file(judgement, place);
        writeln!(out, "   not read: {place}{file}: {}", paint(part.reason.rule(), YELLOW, colour))?;
    }
    writeln!(out)
}

fn conclusion(judgement: &Judgement, colour: bool) -> String {
    let outcome = &judgement.outcome;
    let style = match outcome.judged {
        Verdict::Relay => GREEN,
        Verdict::Warn => YELLOW,
        Verdict::Reroute | Verdict::Quarantine | Verdict::Reject => RED,
    };
    let mut line = paint(outcome.judged.as_str(), style, colour);
    if outcome.confidential {
        let words: Vec<_> = outcome.categories.iter().map(|c| c.as_str()).collect();
        line.push_str(&format!(", confidential ({}): {}", outcome.severity.as_str(), words.join(", ")));
    } else {
        line.push_str(", not confidential");
    }
    let unread = judgement.inspection.uninspectable.len();
    if unread > 0 {
        line.push_str(&format!(", {unread} part{} not read", if unread == 1 { "" } else { "s" }));
    }
    line
}

fn write_disclosure(
    judgement: &Judgement,
    disclosure: &Disclosure,
    out: &mut impl Write,
    colour: bool,
) -> io::Result<()> {
    let weighed = judgement.unit.profile.weigh(disclosure);
    let (severity, provision) =
        weighed.map_or(("does not count for this unit", ""), |w| (w.severity.as_str(), w.provision));
    let head = format!("{} by {}: {severity}", disclosure.category.as_str(), disclosure.basis.as_str());
    write!(out, "   {}", paint(&head, BOLD, colour))?;
    if !provision.is_empty() {
        write!(out, ", {provision}")?;
    }
    if !disclosure.reasons.is_empty() {
        write!(out, " {}", paint(&format!("[{}]", disclosure.reasons.join(", ")), DIM, colour))?;
    }
    writeln!(out)?;
    for finding in disclosure.findings.iter().filter_map(|&i| judgement.assessment.findings.get(i)) {
        writeln!(out, "      {}", line(finding))?;
    }
    Ok(())
}

fn write_findings(judgement: &Judgement, out: &mut impl Write, colour: bool) -> io::Result<()> {
    let assessment = &judgement.assessment;
    let mut part = None;
    for finding in &assessment.findings {
        let here = (finding.origin.kind, &finding.origin.part);
        if part != Some(here) {
            let path = &finding.origin.part;
            let title = format!("part {path} ({}){}", finding.place_of_find.as_str(), file(judgement, path));
            writeln!(out, "   {}", paint(&title, DIM, colour))?;
            part = Some(here);
        }
        writeln!(out, "      {} {}", line(finding), paint(&format!("[{}]", finding.reasons.join(", ")), DIM, colour))?;
    }
    if assessment.truncated {
        writeln!(out, "   more findings than are listed")?;
    }
    Ok(())
}

/// The names of the file a part is in, with a space before them.
fn file(judgement: &Judgement, part: &str) -> String {
    judgement.file_of(part).map(|names| format!(" {names}")).unwrap_or_default()
}

fn line(finding: &Finding) -> String {
    let place = finding.origin.place.as_deref().map(|p| format!(", {p}")).unwrap_or_default();
    format!(
        "{} {} {} in {}{place} ({}..{}) by {}",
        finding.kind,
        finding.strength.as_str(),
        finding.masked.replace(['\n', '\r', '\t'], " "),
        finding.zone.as_str(),
        finding.span.start,
        finding.span.end,
        finding.rule,
    )
}

/// The domain alone: the local part may name a person.
fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("(local)", |(_, domain)| domain)
}
