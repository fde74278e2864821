//! `sluss reconcile`: whether the figures come out even, and which processes died.

use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::assemble::Unusable;
use super::{owner, say};
use crate::audit::{End, Figures, Process, processes};
use crate::store::{self, Database, Reconciliation, Store};

/// Something is missing, or there is too much of it.
const UNEVEN: u8 = 1;

/// Compare what was held with what became of it, and what each process answered with what it did
///
/// In the store: held = released + returned + discarded + expired + still held, exact after any crash. In the life of
/// a process: dots answered 250 = relayed + warned + rerouted + held + bypassed. A process that died is named; of its
/// figures nothing is known, of what it held everything.
///
/// Exit status: 0 when it comes out even, 1 when not.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// `settings`: the store, never created here. Must be called before any thread is started.
pub fn run(args: &Args, settings: store::Settings) -> ExitCode {
    match look(settings) {
        Ok((figures, processes)) => {
            match args.json {
                true => say(format_args!("{}", object(&figures, &processes))),
                false => lines(&figures, &processes).iter().for_each(|line| say(format_args!("{line}"))),
            }
            if is_even(&figures, &processes) { ExitCode::SUCCESS } else { ExitCode::from(UNEVEN) }
        }
        Err(error) => super::unusable(&error),
    }
}

fn look(settings: store::Settings) -> Result<(Reconciliation, Vec<Process>), Unusable> {
    owner::become_owner_of(&settings).map_err(Unusable::because)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.map_err(Unusable::because)?.block_on(async {
        let store = Database::open(settings).await.map_err(Unusable::because)?;
        let looked = async { Ok((store.reconcile().await?, processes(&store, store.writer()).await?)) };
        let looked = looked.await.map_err(|error: crate::store::StoreError| Unusable::because(error));
        store.close().await;
        looked
    })
}

fn is_even(figures: &Reconciliation, processes: &[Process]) -> bool {
    figures.holds() && processes.iter().filter_map(counted).all(Figures::come_out_even)
}

fn counted(process: &Process) -> Option<&Figures> {
    match &process.end {
        End::Stopped { figures, .. } => figures.as_ref(),
        End::Running | End::Died | End::Unknown => None,
    }
}

fn lines(figures: &Reconciliation, processes: &[Process]) -> Vec<String> {
    let Reconciliation { held, still_held, released, returned, discarded, expired, removed } = figures;
    let mut lines = vec![format!(
        "{}store    held {held} = released {released} + returned {returned} + discarded {discarded} + expired {expired} + still held {still_held}",
        uneven(figures.holds())
    )];
    if removed.all() > 0 {
        lines.push(format!("         {} of them ended long ago and were deleted by decision", removed.all()));
    }
    for process in processes {
        let name = format!("process  {} {} from {}", process.writer, process.pid, shown(process.started));
        lines.push(match &process.end {
            End::Running => format!("{name}: runs"),
            End::Died => format!("{name}: DIED without a word; what it held is counted above, its figures are lost"),
            End::Unknown => format!("{name}: has not ended, or died; ask on that machine"),
            End::Stopped { at, figures: None } => format!("{name} to {}", shown(*at)),
            End::Stopped { at, figures: Some(figures) } => {
                let Figures { answered, relayed, warned, rerouted, held, bypassed } = figures;
                format!(
                    "{}{name} to {}: answered 250 {answered} = relayed {relayed} + warned {warned} + rerouted {rerouted} + held {held} + bypassed {bypassed}",
                    uneven(figures.come_out_even()),
                    shown(*at)
                )
            }
        });
    }
    lines
}

fn uneven(even: bool) -> &'static str {
    if even { "" } else { "UNEVEN " }
}

fn shown(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| format!("{at:.0}"))
}

/// The shape may grow, never change.
fn object(figures: &Reconciliation, processes: &[Process]) -> Value {
    json!({
        "even": is_even(figures, processes),
        "store": {
            "even": figures.holds(),
            "held": figures.held,
            "released": figures.released,
            "returned": figures.returned,
            "discarded": figures.discarded,
            "expired": figures.expired,
            "still_held": figures.still_held,
            "removed": figures.removed.all(),
        },
        "processes": processes.iter().map(process).collect::<Vec<_>>(),
    })
}

fn process(process: &Process) -> Value {
    let (state, at) = match &process.end {
        End::Stopped { at, .. } => ("stopped", *at),
        End::Running => ("running", None),
        End::Died => ("died", None),
        End::Unknown => ("unknown", None),
    };
    let figures = counted(process).map(|figures| {
        json!({
            "even": figures.come_out_even(),
            "answered": figures.answered,
            "relayed": figures.relayed,
            "warned": figures.warned,
            "rerouted": figures.rerouted,
            "held": figures.held,
            "bypassed": figures.bypassed,
        })
    });
    json!({
        "writer": process.writer,
        "pid": process.pid,
        "state": state,
        "started": process.started.map(|at| at.to_string()),
        "stopped": at.map(|at| at.to_string()),
        "figures": figures,
    })
}
