//! A judgement for a person: one line, or every finding with its place, rule and reasons.
//!
//! Values are masked; what is shown of the mail is its shape.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::detect::{Disclosure, Finding};
use crate::pipeline::{Judgement, Knowledge, place_of};
use crate::policy::Verdict;
use crate::text::Zone;

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
pub fn write(
    name: &str,
    judgement: &Judgement,
    knowledge: &Knowledge,
    out: &mut impl Write,
    colour: bool,
) -> io::Result<()> {
    writeln!(out, "{}", heading(name, colour))?;
    writeln!(out, "   {}", conclusion(judgement, colour))?;
    writeln!(out, "   unit {} (profile {})", judgement.unit.id, judgement.unit.profile.id())?;
    let own = match knowledge.edition.own() {
        none if none.is_empty() => String::new(),
        own => format!(" with {own}"),
    };
    writeln!(out, "   patterns {}{own}", judgement.edition)?;
    for address in &judgement.addresses {
        let channel = address.class.channel.as_deref().unwrap_or("no channel");
        writeln!(out, "   recipient {}: {} ({channel})", domain(&address.address), address.class.level.as_str())?;
    }
    if let Some(way) = &judgement.outcome.way {
        writeln!(out, "   goes through {way}")?;
    }
    let because: Vec<&str> = judgement.outcome.reasons.iter().map(String::as_str).filter(|r| !of_content(r)).collect();
    if !because.is_empty() {
        writeln!(out, "   because {}", because.join(", "))?;
    }
    for disclosure in &judgement.assessment.disclosures {
        write_disclosure(judgement, disclosure, knowledge, out, colour)?;
    }
    write_findings(judgement, out, colour)?;
    for part in &judgement.inspection.uninspectable {
        let place = if part.part.is_empty() { "the message" } else { &part.part };
        let file = file(judgement, place);
        writeln!(out, "   not read: {place}{file}: {}", paint(part.reason.rule(), YELLOW, colour))?;
    }
    writeln!(out)
}

/// A reason that is shown with what was found, or with the part that was not read.
fn of_content(reason: &str) -> bool {
    ["confidential:", "warning:", "uninspectable:"].iter().any(|start| reason.starts_with(start))
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
    let unread = &judgement.inspection.uninspectable;
    if !unread.is_empty() {
        let reasons: BTreeSet<_> = unread.iter().map(|of| of.reason.as_str()).collect();
        let reasons: Vec<_> = reasons.into_iter().collect();
        let parts: BTreeSet<_> = unread.iter().map(|of| &of.part).collect();
        let plural = if parts.len() == 1 { "" } else { "s" };
        line.push_str(&format!(", {} part{plural} not read ({})", parts.len(), reasons.join(", ")));
    }
    line
}

fn write_disclosure(
    judgement: &Judgement,
    disclosure: &Disclosure,
    knowledge: &Knowledge,
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
        if let Some(provision) = knowledge.detector.provisions().get(provision) {
            write!(out, " ({})", provision.cite.in_language(""))?;
        }
    }
    write_reasons(&disclosure.reasons, out, colour)?;
    for finding in disclosure.findings.iter().filter_map(|&i| judgement.assessment.findings.get(i)) {
        let part = part(judgement, finding);
        writeln!(out, "      {}{} in {part}", value(finding), place(finding))?;
    }
    Ok(())
}

fn write_findings(judgement: &Judgement, out: &mut impl Write, colour: bool) -> io::Result<()> {
    let assessment = &judgement.assessment;
    // In the order of the mail, whichever detector found them.
    let mut findings: Vec<&Finding> = assessment.findings.iter().collect();
    findings.sort_by_key(|finding| (finding.view, finding.span.start));
    let mut last = None;
    for finding in findings {
        let here = (finding.origin.kind, &finding.origin.part);
        if last != Some(here) {
            writeln!(out, "   {}", paint(&part(judgement, finding), DIM, colour))?;
            last = Some(here);
        }
        let (value, place, span) = (value(finding), place(finding), &finding.span);
        write!(out, "      {value}{place} ({}..{}) by {}", span.start, span.end, finding.rule)?;
        write_reasons(&finding.reasons, out, colour)?;
    }
    if assessment.truncated {
        writeln!(out, "   more findings than are listed")?;
    }
    Ok(())
}

/// Ends a line with what raised or lowered it.
fn write_reasons(reasons: &[&str], out: &mut impl Write, colour: bool) -> io::Result<()> {
    if !reasons.is_empty() {
        write!(out, " {}", paint(&format!("[{}]", reasons.join(", ")), DIM, colour))?;
    }
    writeln!(out)
}

/// The names of the file a part is in, with a space before them.
fn file(judgement: &Judgement, part: &str) -> String {
    judgement.file_of(part).map(|names| format!(" {names}")).unwrap_or_default()
}

/// `part 2/1 (attachment) sak.zip/liste.csv`.
fn part(judgement: &Judgement, finding: &Finding) -> String {
    let path = &finding.origin.part;
    format!("part {path} ({}){}", finding.place_of_find.as_str(), file(judgement, path))
}

/// What it is, how sure that is, and its shape.
fn value(finding: &Finding) -> String {
    let masked = finding.masked.replace(['\n', '\r', '\t'], " ");
    format!("{} {} {masked}", finding.kind, finding.strength.as_str())
}

/// Where in its part a person finds it: the place in a document, and of a mail's text what is not new in it.
fn place(finding: &Finding) -> String {
    let place = place_of(finding).map(|place| format!(" at {place}"));
    let zone = (finding.zone != Zone::New).then(|| format!(" in {}", finding.zone.as_str()));
    [place, zone].into_iter().flatten().collect()
}

/// The domain alone: the local part may name a person.
fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("(local)", |(_, domain)| domain)
}
