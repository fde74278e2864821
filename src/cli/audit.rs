//! `sluss audit verify | export`.

use std::io::{BufWriter, stdout};
use std::process::ExitCode;

use serde_json::json;

use super::{owner, say};
use crate::audit::{self, Anchor, Report};
use crate::store::{self, Database};

const FAULT_FOUND: u8 = 1;
/// Wrong use, or a store that cannot be opened.
const UNUSABLE: u8 = 2;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Walk all chains, name the first fault of each, and count the messages against their events
    Verify {
        /// A head from the log (WRITER:SEQUENCE:HASH) that the chain must contain; may be repeated
        #[arg(long = "head", value_name = "WRITER:SEQUENCE:HASH")]
        heads: Vec<Anchor>,
        /// One object a line
        #[arg(long)]
        json: bool,
    },
    /// Write all chains as JSON lines to standard output
    Export,
}

/// `settings`: the store, never created here.
pub fn run(args: Args, settings: store::Settings) -> ExitCode {
    if let Err(error) = owner::become_owner_of(&settings) {
        return fail(&error);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    runtime.block_on(async {
        let store = match Database::open(settings).await {
            Ok(store) => store,
            Err(error) => return fail(&error),
        };
        let code = match args.command {
            Command::Verify { heads, json } => match audit::verify(&store, &heads).await {
                Ok(report) => {
                    print(&report, json);
                    if report.is_good() { ExitCode::SUCCESS } else { ExitCode::from(FAULT_FOUND) }
                }
                Err(error) => fail(&error),
            },
            Command::Export => match audit::export(&store, &mut BufWriter::new(stdout())).await {
                Ok(_) => ExitCode::SUCCESS,
                Err(error) => fail(&error),
            },
        };
        store.close().await;
        code
    })
}

fn print(report: &Report, json: bool) {
    for head in &report.heads {
        let hash = data_encoding::HEXLOWER.encode(&head.hash);
        if json {
            say(format_args!("{}", json!({"writer": head.writer, "sequence": head.sequence, "hash": hash})));
        } else {
            say(format_args!("{}:{}:{hash}", head.writer, head.sequence));
        }
    }
    for fault in &report.faults {
        if json {
            say(format_args!(
                "{}",
                json!({"writer": fault.writer, "sequence": fault.sequence, "fault": fault.kind.as_str()})
            ));
        } else {
            say(format_args!("FAULT {fault}"));
        }
    }
    let figures = &report.figures;
    let accounted = figures.accounted();
    if json && !figures.holds() {
        say(format_args!("{}", json!({"fault": "not-accounted", "held": figures.held, "messages": accounted})));
    } else if !figures.holds() {
        say(format_args!("FAULT {} messages were held by the chains' events, the store has {accounted}", figures.held));
    } else if !json && report.is_good() {
        say(format_args!("no fault; {accounted} messages held so far, each accounted for"));
    }
}

fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("sluss: {error}");
    ExitCode::from(UNUSABLE)
}
