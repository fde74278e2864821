//! `sluss check`: inspect mail; send nothing, keep nothing.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use jiff::Zoned;
use serde::Serialize;

use super::files;
use crate::detect::Finding;
use crate::pipeline::{Judgement, Knowledge, place_of};

/// Inspect mail as the relay would; nothing is sent and nothing kept.
///
/// Exit status: 1 when anything was confidential or could not be read, 2 when a file could not be
/// opened, 0 otherwise.
#[derive(clap::Args)]
pub struct Args {
    /// Print one JSON object a file
    #[arg(long, group = "form")]
    json: bool,
    /// Say for each finding what, where, by which rule and why; values are masked
    #[arg(long, group = "form")]
    explain: bool,
    /// Print the text that detection saw, part by part
    #[arg(long, group = "form")]
    text: bool,
    /// Mail files, folders (every *.eml below them), or - for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

pub fn run(args: &Args, knowledge: &Knowledge) -> ExitCode {
    let stdout = io::stdout();
    let colour = stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let mut out = BufWriter::new(stdout.lock());
    match check_all(args, knowledge, &mut out, colour).and_then(|code| out.flush().map(|()| code)) {
        Ok(code) => code,
        // The reader has closed the pipe (`| head`); it has seen what it wanted.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sluss: cannot write the result: {error}");
            ExitCode::from(super::EXIT_UNUSABLE)
        }
    }
}

fn check_all(args: &Args, knowledge: &Knowledge, out: &mut impl Write, colour: bool) -> io::Result<ExitCode> {
    let now = Zoned::now();
    let mut worst = 0;
    for path in &args.paths {
        let files = match files::below(path) {
            Ok(files) => files,
            Err(error) => {
                worst = worst.max(failed(args, path, &error, out)?);
                continue;
            }
        };
        for file in files {
            worst = worst.max(check_one(args, knowledge, &file, &now, out, colour)?);
        }
    }
    Ok(ExitCode::from(worst))
}

/// Checks one file and gives its part of the exit status.
fn check_one(
    args: &Args,
    knowledge: &Knowledge,
    file: &Path,
    now: &Zoned,
    out: &mut impl Write,
    colour: bool,
) -> io::Result<u8> {
    let message = match files::read(file) {
        Ok(message) => message,
        Err(error) => return failed(args, file, &error, out),
    };
    let started = Instant::now();
    let read = knowledge.read(&message, None).and_then(|mut read| {
        knowledge.read_pictures(&mut read)?;
        Ok(read)
    });
    let reading = micros(started);
    let concluded = read.and_then(|read| knowledge.conclude(read, None, crate::pipeline::DEFAULT_HOP, now));
    let Ok(judgement) = concluded else {
        let error = io::Error::other("inspection failed through a fault of the program");
        return failed(args, file, &error, out);
    };
    let elapsed = micros(started);
    let name = file.display().to_string();
    if args.json {
        serde_json::to_writer(&mut *out, &Report::new(&name, &judgement, reading, elapsed))?;
        writeln!(out)?;
    } else if args.text {
        writeln!(out, "{}", super::explain::heading(&name, colour))?;
        super::text::render(&judgement.inspection, out)?;
    } else if args.explain {
        super::explain::write(&name, &judgement, knowledge, out, colour)?;
    } else {
        super::explain::summary(&name, &judgement, out, colour)?;
    }
    Ok(u8::from(judgement.outcome.confidential || !judgement.inspection.uninspectable.is_empty()))
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn failed(args: &Args, file: &Path, error: &io::Error, out: &mut impl Write) -> io::Result<u8> {
    if args.json {
        let file = file.display().to_string();
        serde_json::to_writer(&mut *out, &serde_json::json!({ "file": file, "error": error.to_string() }))?;
        writeln!(out)?;
    } else {
        eprintln!("sluss: {}: {error}", file.display());
    }
    Ok(super::EXIT_UNUSABLE)
}

/// One line of `--json`. The shape is a contract: it may grow, never change.
#[derive(Serialize)]
struct Report<'a> {
    file: &'a str,
    unit: &'a str,
    confidential: bool,
    severity: &'static str,
    categories: Vec<&'static str>,
    verdict: &'static str,
    /// A duty to report, or danger: held, it goes to the top of the queue.
    urgent: bool,
    /// Short digest of the patterns it was made by.
    patterns: &'a str,
    findings: Vec<ReportedFinding<'a>>,
    uninspectable: Vec<ReportedReason<'a>>,
    /// Of the time, what reading took: all but detection and the decision.
    reading_us: u64,
    elapsed_us: u64,
}

#[derive(Serialize)]
struct ReportedFinding<'a> {
    category: &'static str,
    kind: &'a str,
    strength: &'static str,
    #[serde(rename = "where")]
    at: &'static str,
    zone: &'static str,
    part: &'a str,
    /// The file it stands in, within the files around it; what was found in the names is masked.
    name: Option<String>,
    place: Option<String>,
    start: usize,
    end: usize,
    masked: &'a str,
    rule: &'a str,
}

#[derive(Serialize)]
struct ReportedReason<'a> {
    part: &'a str,
    name: Option<String>,
    reason: &'static str,
    /// The name of its rule in the configuration.
    rule: &'static str,
}

impl<'a> Report<'a> {
    fn new(file: &'a str, judgement: &'a Judgement, reading_us: u64, elapsed_us: u64) -> Self {
        let Judgement { outcome, assessment, inspection, unit, edition, .. } = judgement;
        Report {
            file,
            unit: &unit.id,
            confidential: outcome.confidential,
            severity: outcome.severity.as_str(),
            categories: outcome.categories.iter().map(|c| c.as_str()).collect(),
            verdict: outcome.verdict.as_str(),
            urgent: assessment.urgent,
            patterns: edition,
            findings: assessment.findings.iter().map(|f| ReportedFinding::new(f, judgement)).collect(),
            uninspectable: inspection
                .uninspectable
                .iter()
                .map(|u| ReportedReason {
                    part: &u.part,
                    name: judgement.file_of(&u.part),
                    reason: u.reason.as_str(),
                    rule: u.reason.rule(),
                })
                .collect(),
            reading_us,
            elapsed_us,
        }
    }
}

impl<'a> ReportedFinding<'a> {
    fn new(finding: &'a Finding, judgement: &Judgement) -> Self {
        ReportedFinding {
            category: finding.category.as_str(),
            kind: &finding.kind,
            strength: finding.strength.as_str(),
            at: finding.place_of_find.as_str(),
            zone: finding.zone.as_str(),
            part: &finding.origin.part,
            name: judgement.file_of(&finding.origin.part),
            place: place_of(finding),
            start: finding.span.start,
            end: finding.span.end,
            masked: &finding.masked,
            rule: &finding.rule,
        }
    }
}
