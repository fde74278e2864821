//! Views of text: what detection reads, with the way back to what a person sees.
//!
//! A [`View`] has two texts. `text` is what `sluss check --text` prints for the part: decoded, line
//! ends LF, HTML as text. `normal` is the same text made easy to match (characters folded, invisible ones dropped); its case
//! and its line ends are kept. Spans in `normal` map back to spans in `text`. A long view is read in blocks, so that
//! what is made for reading stays small however long the text is.

mod blocks;
mod fold;
pub mod normalise;
pub mod places;
pub mod view;
pub mod zones;

pub use blocks::{BLOCK, Blocks};
pub use fold::is_invisible;
pub use normalise::{Normal, normalise, normalise_onto};
pub use places::{Place, Places, narrow};
pub use view::{Maker, Origin, OriginKind, View, Way, Zone, ZoneSpan};

#[cfg(test)]
mod tests;
