//! The registers while the program runs: what is entered at the command line is in force within half a minute.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior};

use super::{Rooms, Running};
use crate::cli::assemble;
use crate::cli::register::Source;

/// Between two questions whether an entry was made or changed.
const ASK_EVERY: Duration = Duration::from_secs(30);

/// When to ask.
pub(super) fn asks() -> Interval {
    let mut asks = tokio::time::interval(ASK_EVERY);
    asks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    asks
}

/// Where entries come from, with a store.
pub(super) fn source(rooms: &Rooms) -> Source {
    Source::new(rooms.store.clone(), rooms.keys.clone())
}

impl Running {
    /// Puts the entries in force that were made or changed since the last time; `anew` all of them, because codes
    /// or routes may have changed. What cannot be read leaves the last ones in force.
    pub(super) async fn read_entries(&mut self, anew: bool) {
        let checked = &self.live.checked;
        let (codes, routes) = (&checked.exceptions, &checked.disclosures);
        let Some(source) = &mut self.entries else {
            if anew {
                self.readers.register.replace(assemble::unregistered(checked));
            }
            return;
        };
        let read = if anew { source.read(codes, routes).await.map(Some) } else { source.changed(codes, routes).await };
        match read {
            Ok(Some(entries)) => self.readers.register.replace(entries),
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "the registers could not be read; what was in force stays"),
        }
    }
}
