//! Counts of mails that may be shown: `sluss report`, and the dashboard.
//!
//! ```text
//! tally     rows -> counts                       stored   figures and records of the store -> counts
//! sheet     counts -> tables that may be shown   year     a year of the store, month by month
//! suppress, equations   no small number, and none to be worked out
//! words, chart, csv     in the words of a language, as bars, for a spreadsheet
//! ```
//!
//! Nobody is named: there is no sender, no address, and no count of fewer than five mails but 0.

pub mod chart;
pub mod csv;
mod equations;
pub mod sheet;
pub mod stored;
pub mod suppress;
pub mod tally;
pub mod words;
pub mod year;
