//! Numbers of persons: Norwegian, Swedish, Danish, Finnish, Icelandic.
//!
//! One linear pass over the `normal` text of a view. A number is found by its digits (date and check
//! digits, see the file of its country) and weighed by what stands around it:
//!
//! | strength | when |
//! |---|---|
//! | strong | the checks pass and a label names it (`fnr`, `personnr`, a column's heading …) |
//! | medium | the checks pass |
//! | weak, reason `needs-label-or-casework` | the checks pass, but ordinary numbers do so too often (FH and DUF numbers, ten digits that look like a 070 phone number, clock times, Unix seconds): drop it unless the setting is casework |
//! | weak, any other reason | the checks pass, but a label (account, KID, OCR, order, phone …) or the writing (4.2.5, part of a longer row, inside a web address) says it is something else |
//!
//! How far a label speaks against a number depends on what else looks like it. Eleven digits under today's
//! Norwegian rule, a century, a hyphen or a letter are *sure*: chance makes one in hundreds or thousands. Only
//! a label right beside them lowers them, and in a link they count. Ten digits in a row pass once in 129, and
//! numbers under the rule of 2032 are nobody's yet: a label a few words off and a link lower them. Numbers of
//! cases and customers never speak against right check digits, those of accounts and payments always do.
//! The tests in `generated` measure both sides.
//!
//! Numbers that fail their checks are not found, whatever the label says. Birth dates with a filler
//! (`placeholder`, unverified `npid`) are findings of category `birth`, never `national-id`.
//!
//! A number with characters in it that do not show (zero width, bidi, tags) is found as without them, and its
//! reasons say `invisible-characters`.
//!
//! Limits: [`MAX_FINDINGS`] findings a kind in one view; what comes after is counted as truncated.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod apart;
pub mod business;
pub mod checks;
pub mod denmark;
pub mod finland;
pub(in crate::detect) mod fold;
mod headings;
pub mod iceland;
mod kind;
mod labels;
pub mod norway;
mod read;
mod shape;
mod single;
pub(in crate::detect) mod surroundings;
pub mod sweden;
mod weigh;
mod written;

#[cfg(test)]
mod generated;
#[cfg(test)]
mod tests;

pub use headings::Columns;
pub use kind::{Country, Kind, Proof, Reading};
pub use labels::{LabelError, Labels, Role};
pub use single::number;

use super::Context;
use super::finding::Finding;
use super::seek;
use crate::text::View;
use weigh::Weigher;
use written::Groups;

/// Findings of one kind in one view.
pub const MAX_FINDINGS: usize = 200;

/// Finds the numbers of persons in one view and appends them to `out`. True when a limit was reached
/// and there are more. `columns` is one for all views of a message.
pub fn find(
    view: &View,
    index: usize,
    ctx: &Context,
    labels: &Labels,
    columns: &mut Columns<Role>,
    out: &mut Vec<Finding>,
) -> bool {
    let text = view.normal().as_bytes();
    let mut groups = Groups::default();
    let mut weigher = Weigher::new(view, index, ctx, labels, columns);
    let mut at = 0_usize;
    while let Some(start) = seek::digit(text, at) {
        groups.read(text, start);
        let number = read::at(view.normal(), start, &groups, ctx.today);
        at = match number.or_else(|| apart::read(view.normal(), &groups, ctx.today, labels)) {
            Some(candidate) => weigher.weigh(candidate, out),
            None => {
                weigher.note_failed(&groups);
                start.saturating_add(run(text, start))
            }
        };
    }
    weigher.finish(out)
}

/// Digits of the run at `start`, however long it is.
fn run(text: &[u8], start: usize) -> usize {
    text.get(start..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count().max(1)
}
