//! `sluss audit verify`.

use std::fs::File;
use std::io::{BufReader, stdin};
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use super::{Anchor, Desk, Unusable, audit};
use crate::audit::{FaultKind, Report};
use crate::cli::say;

const FAULT_FOUND: u8 = 1;
/// Name for standard input.
const STDIN: &str = "-";

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A head from the log (WRITER:SEQUENCE:HASH) that the chain must contain; may be repeated
    #[arg(long = "head", value_name = "WRITER:SEQUENCE:HASH")]
    heads: Vec<Anchor>,
    /// A log, in any format, of which every head must be contained; - is standard input; may be repeated
    #[arg(long = "anchors", value_name = "FILE")]
    logs: Vec<PathBuf>,
    /// One object a line
    #[arg(long)]
    json: bool,
}

impl Args {
    /// The heads that were named, and those of the logs.
    pub(super) fn anchors(&self) -> Result<Vec<Anchor>, Unusable> {
        let mut anchors = self.heads.clone();
        for log in &self.logs {
            let unreadable = |error| Unusable(format!("{}: {error}", log.display()));
            let found = match log.to_str() {
                Some(STDIN) => audit::anchor::in_log(stdin().lock()).map_err(unreadable)?,
                _ => audit::anchor::in_log(BufReader::new(File::open(log).map_err(unreadable)?)).map_err(unreadable)?,
            };
            // To look at the wrong file would prove as much as a good one.
            if found.is_empty() {
                return Err(Unusable(format!("{}: no head of a chain is in it", log.display())));
            }
            anchors.extend(found);
        }
        Ok(anchors)
    }
}

pub(super) async fn run(args: &Args, anchors: &[Anchor], desk: &Desk<'_>) -> Result<ExitCode, Unusable> {
    // Needed for checkpoints alone: chains that were never pruned are verified without.
    let keys = desk.keys().await;
    let report = audit::verify(desk.store, keys.as_ref().ok(), anchors).await.map_err(Unusable::because)?;
    let sealed = |fault: &audit::Fault| fault.kind == FaultKind::CutWithoutCheckpoint;
    if report.faults.iter().any(sealed)
        && let Err(error) = keys
    {
        return Err(Unusable(format!("{error}\nWithout it no checkpoint can be proven.")));
    }
    print(&report, anchors.len(), args.json);
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::from(FAULT_FOUND) })
}

fn print(report: &Report, anchors: usize, json: bool) {
    for head in &report.heads {
        if json {
            let hash = data_encoding::HEXLOWER.encode(&head.hash);
            say(format_args!("{}", json!({"writer": head.writer, "sequence": head.sequence, "hash": hash})));
        } else {
            say(format_args!("{head}"));
        }
    }
    for fault in &report.faults {
        if json {
            let (writer, kind) = (&fault.writer, fault.kind.as_str());
            say(format_args!("{}", json!({"writer": writer, "sequence": fault.sequence, "fault": kind})));
        } else {
            say(format_args!("FAULT {fault}"));
        }
    }
    let figures = &report.figures;
    let accounted = figures.accounted();
    if !figures.holds() {
        match json {
            true => {
                let found = json!({"fault": "not-accounted", "held": figures.held, "messages": accounted});
                say(format_args!("{found}"));
            }
            false => say(format_args!(
                "FAULT {} messages were held by the chains' events, the store has {accounted}",
                figures.held
            )),
        }
    }
    if let Some(proven) = &report.removed_otherwise {
        match json {
            true => {
                let (proven, stored) = (proven.all(), figures.removed.all());
                say(format_args!("{}", json!({"fault": "removed-unproven", "proven": proven, "messages": stored})));
            }
            false => say(format_args!(
                "FAULT the chains prove that {} ended messages were deleted by decision, the store says {}",
                proven.all(),
                figures.removed.all()
            )),
        }
    }
    if !json && report.is_good() {
        say(format_args!(
            "no fault; {accounted} messages held so far, each accounted for; {anchors} heads of the log seen"
        ));
    }
}
