//! Daily figures: how many mails of a unit ended how, by category and channel class. No person, no
//! address, no content.
//!
//! They are counted in memory and added to the store every minute; a crash may lose one minute of
//! them. Held mail is never counted from here: the store itself knows it exactly.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::store::{Store, StoreError, Total};

/// Cells kept in memory between two writes; what is beyond them is counted without its categories.
const MAX_CELLS: usize = 10_000;
/// In place of a category: all mails, each once.
pub const EVERY_MAIL: &str = "";

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
    /// Counts one mail, once under [`EVERY_MAIL`] and once under each of its categories.
    pub fn add(
        &self,
        day: &str,
        unit: &str,
        outcome: &'static str,
        categories: impl IntoIterator<Item = &'static str>,
        channel: &'static str,
    ) {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        for category in std::iter::once(EVERY_MAIL).chain(categories) {
            let cell = Cell { day: day.to_owned(), unit: unit.to_owned(), outcome, category, channel };
            if category == EVERY_MAIL || cells.len() < MAX_CELLS || cells.contains_key(&cell) {
                let count = cells.entry(cell).or_default();
                *count = count.saturating_add(1);
            }
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
