//! Views to findings, findings to an assessment.
//!
//! Detection is rules, checksums, lexicons, linking and a transparent score. It knows nothing of
//! mail headers, channels or policy; what it needs to know about sender and unit comes as plain
//! values in a [`Context`]. After load it does no I/O. A finding never carries the value it found.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod assess;
pub mod assessment;
mod business;
mod casework;
pub mod category;
pub mod contact;
pub mod detector;
mod distinct;
pub mod draft;
pub mod explain;
pub mod finding;
mod fnv;
mod general;
pub mod identifier;
pub mod implied;
mod keep;
mod layout;
pub mod lexicon;
mod link;
mod marks;
pub mod mask;
pub mod pack;
pub mod patterns;
pub mod person;
mod reading;
mod seek;
#[cfg(test)]
mod tests;
mod told;

use std::time::Instant;

use crate::text::Origin;

pub use assessment::{Assessment, Basis, Disclosure, default_severity};
pub use category::{Category, Severity, Strength};
pub use detector::Detector;
pub use finding::{Finding, Where};
pub use pack::Pack;

/// What detection may know of the world around the text. All plain values.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Display names of the sender, the recipients and colleagues: not clients.
    pub own_names: Vec<String>,
    /// Their addresses, `local@domain`, lower case.
    pub own_addresses: Vec<String>,
    /// True when the sending unit is casework by nature (social services, child protection, health).
    pub casework: bool,
    /// Today, for ages and for numbers that lie in the future. `(year, month, day)`.
    pub today: (i16, u8, u8),
    /// `[detect] synthetic = "ignore"` clears it.
    pub count_synthetic: bool,
    /// Pictures that may show a person: where they stand.
    pub photos: Vec<Origin>,
    /// When to stop, the text not yet read through.
    pub until: Option<Instant>,
}

impl Context {
    /// Whether there is time for one more pass over a view.
    fn in_time(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() < until)
    }
}
