//! What readers do with an [`Extract`].

use std::ops::Range;

use super::{Extract, Piece};
use crate::inspect::{Reason, transfer};

/// Pieces of a file after which the cells of a row are one piece: a piece costs about a hundred bytes
/// besides its text.
const MAX_CELLS: usize = 250_000;
/// And after which rows are one piece too; the relay takes 500,000 of a file.
const MAX_ROWS: usize = 400_000;
/// Bytes of a name that is part of many places; Excel has 31 characters for the name of a sheet.
const MAX_NAME: usize = 200;

impl Extract {
    /// Names a reason once.
    pub(super) fn note(&mut self, reason: Reason) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// Adds text that is more than white space.
    pub(super) fn add(&mut self, place: Option<&str>, text: impl Into<String>) {
        self.insert(self.pieces.len(), place, text.into());
    }

    /// [`Extract::add`] before what was added from `at` on.
    pub(super) fn insert(&mut self, at: usize, place: Option<&str>, text: String) {
        if !text.trim().is_empty() {
            self.pieces.insert(at.min(self.pieces.len()), Piece { place: place.map(str::to_owned), text });
        }
    }

    /// Adds a cell behind the one before it in the row; `cell` (`Sheet1!B2`) is its place.
    pub(super) fn add_cell(&mut self, first: bool, cell: Cell<'_>, text: &str) {
        let most = if first { MAX_ROWS } else { MAX_CELLS };
        let crowded = self.pieces.len() >= most;
        if let Some(last) = self.pieces.last_mut().filter(|last| !first || (crowded && cell.follows(last))) {
            last.text.push(if first { '\n' } else { '\t' });
            if crowded {
                push_line(&mut last.text, text);
                cell.widen(last);
                return;
            }
        }
        let mut line = String::with_capacity(text.len().saturating_add(1));
        push_line(&mut line, text);
        self.pieces.push(Piece { place: Some(cell.place()), text: line });
    }

    /// Drops from all pieces after `shown` the lines that those in it, or `line`, have already.
    pub(super) fn drop_repeated(&mut self, shown: Range<usize>, line: &str) {
        let known = self.pieces.get(shown.clone()).unwrap_or_default().iter().map(|piece| piece.text.as_str());
        let known: Vec<String> = known.chain([line]).map(condensed).collect();
        let known = known.join("\n");
        let repeated = |text: &str| known.contains(&condensed(text));
        for mut piece in self.pieces.split_off(shown.end.min(self.pieces.len())) {
            if repeated(&piece.text) {
                continue;
            }
            if piece.text.contains('\n') {
                let lines: Vec<&str> = piece.text.lines().filter(|line| !repeated(line)).collect();
                piece.text = lines.join("\n");
            }
            if piece.text.trim().is_empty() {
                continue;
            }
            self.pieces.push(piece);
        }
    }

    /// Adds the target of a link as a person reads it: without `%20`.
    pub(super) fn add_link(&mut self, place: Option<&str>, target: &str) {
        let readable = String::from_utf8(transfer::percent(target.as_bytes())).unwrap_or_else(|_| target.to_owned());
        self.add(Some(&joined(place, "link")), readable);
    }
}

/// Where a cell stands.
#[derive(Clone, Copy)]
pub(super) struct Cell<'a> {
    pub sheet: &'a str,
    /// `B2`, or `B2:C2` for one that stands in several.
    pub name: &'a str,
}

impl Cell<'_> {
    pub fn place(self) -> String {
        let mut place = String::with_capacity(self.sheet.len().saturating_add(self.name.len()).saturating_add(1));
        place.push_str(self.sheet);
        place.push('!');
        place.push_str(self.name);
        place
    }

    /// Whether a piece holds cells of the same sheet.
    fn follows(self, piece: &Piece) -> bool {
        let cells = piece.place.as_deref().and_then(|place| place.strip_prefix(self.sheet));
        cells.is_some_and(|cells| cells.starts_with('!') && !cells.contains(' '))
    }

    /// Makes the place of a piece one that reaches to this cell: `Sheet1!A2:D2`.
    fn widen(self, piece: &mut Piece) {
        let Some(place) = &mut piece.place else { return };
        let cells = self.sheet.len().saturating_add(1);
        if let Some(colon) = place.get(cells..).and_then(|cells| cells.find(':')) {
            place.truncate(cells.saturating_add(colon));
        }
        place.push(':');
        place.push_str(self.name.rsplit(':').next().unwrap_or_default());
    }
}

/// Adds text without its line ends: a row is one line.
fn push_line(line: &mut String, text: &str) {
    if memchr::memchr2(b'\r', b'\n', text.as_bytes()).is_none() {
        return line.push_str(text);
    }
    for (number, part) in text.split(['\r', '\n']).enumerate() {
        if number > 0 {
            line.push(' ');
        }
        line.push_str(part);
    }
}

/// A name that many places begin with, not too long for that.
pub(super) fn clipped(name: &str) -> String {
    name.get(..name.floor_char_boundary(MAX_NAME)).unwrap_or_default().to_owned()
}

/// A place inside a place: `slide 3 comment`.
pub(super) fn joined(place: Option<&str>, inner: &str) -> String {
    place.map_or_else(|| inner.to_owned(), |place| format!("{place} {inner}"))
}

/// The text without its white space, to tell whether two texts say the same.
pub(super) fn condensed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
