//! Daily figures: how many mails of a unit ended how, by category and channel class. No person, no
//! address, no content.
//!
//! They are counted in memory and added to the store every minute; a crash may lose one minute of
//! them. Held mail is never counted from here: the store itself knows it exactly.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::store::{Store, StoreError, Total};

/// Cells kept in memory between two writes; further ones go into a cell without category.
const MAX_CELLS: usize = 10_000;

/// Counts since the last write.
#[derive(Debug, Default)]
pub struct Totals {
    cells: Mutex<HashMap<Cell, u64>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Cell {
    day: String,
    unit: String,
    outcome: &'static str,
    category: &'static str,
    channel: &'static str,
}

impl Totals {
    /// Counts one mail once for each of its categories, or once without one.
    pub fn add(
        &self,
        day: &str,
        unit: &str,
        outcome: &'static str,
        categories: impl IntoIterator<Item = &'static str>,
        channel: &'static str,
    ) {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        let mut count = |category| {
            let cell = Cell { day: day.to_owned(), unit: unit.to_owned(), outcome, category, channel };
            let cell =
                if cells.len() < MAX_CELLS || cells.contains_key(&cell) { cell } else { Cell { category: "", ..cell } };
            let count = cells.entry(cell).or_default();
            *count = count.saturating_add(1);
        };
        let mut any = false;
        for category in categories {
            any = true;
            count(category);
        }
        if !any {
            count("");
        }
    }

    /// Adds everything to the store; on failure it is kept for the next time.
    pub async fn flush(&self, store: &dyn Store) -> Result<(), StoreError> {
        let taken = std::mem::take(&mut *self.cells.lock().unwrap_or_else(PoisonError::into_inner));
        if taken.is_empty() {
            return Ok(());
        }
        let totals: Vec<Total> = taken
            .iter()
            .map(|(cell, &count)| Total {
                day: cell.day.clone(),
                unit: cell.unit.clone(),
                outcome: cell.outcome.to_owned(),
                category: cell.category.to_owned(),
                channel: cell.channel.to_owned(),
                count,
            })
            .collect();
        let written = store.add_totals(&totals).await;
        if written.is_err() {
            let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
            for (cell, count) in taken {
                let sum = cells.entry(cell).or_default();
                *sum = sum.saturating_add(count);
            }
        }
        written
    }
}
