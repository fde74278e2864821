//! `sluss audit prune`: retention, by decision.

use std::process::ExitCode;

use jiff::ToSpan;
use jiff::civil::Date;

use super::{Desk, Unusable, audit, text};
use crate::cli::say;

/// So much is always kept: whoever asks about a decision must have had the time to.
const LEAST_YEARS: i64 = 1;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The first day that is kept; at least a year ago
    #[arg(long, value_name = "YYYY-MM-DD")]
    before: Date,
    /// Reference of the decision that allows the deletion (gallringsbeslut, kassasjonsvedtak)
    #[arg(long, value_name = "REF", value_parser = text)]
    decision: String,
}

pub(super) async fn run(args: &Args, desk: &Desk<'_>) -> Result<ExitCode, Unusable> {
    let youngest = desk.now.date().checked_sub(LEAST_YEARS.years()).map_err(Unusable::because)?;
    if args.before > youngest {
        return Err(Unusable(format!("--before {}: at least a year is kept, that is from {youngest} on", args.before)));
    }
    let (keys, before) = (desk.keys().await?, desk.beginning(args.before)?);
    let by = (&desk.actor, desk.now.timestamp());
    let pruned = audit::prune(desk.store, &keys, before, &args.decision, by).await.map_err(Unusable::because)?;
    say(format_args!("deleted {} entries, and the records of {} ended messages", pruned.links, pruned.messages));
    Ok(ExitCode::SUCCESS)
}
