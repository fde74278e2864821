//! Which place of a file each stretch of its text comes from.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Page, sheet!cell, slide or paragraph inside an attachment, as shown to a person.
pub type Place = Arc<str>;

/// The places of one text, in the order of the text; shared by all its views.
///
/// A large sheet has a hundred thousand of them, so their names lie in one string and none is a value of its own
/// before somebody asks for it.
#[derive(Clone, Default)]
pub struct Places {
    /// All names, one after another.
    names: String,
    marks: Vec<Mark>,
}

/// Where a place begins in the text, and its name ends in the names; it begins where the one before ends. No
/// name is no place. A message is shorter than what the fields can say.
#[derive(Clone, Copy)]
struct Mark {
    start: u32,
    name_end: u32,
}

impl Places {
    /// From `start` of the text on, which is not before that of the last call, the text stands at `place`.
    pub fn begin(&mut self, start: usize, place: Option<&str>) {
        if !self.marks.is_empty() && self.last() == place {
            return;
        }
        self.names.push_str(place.unwrap_or_default());
        self.marks.push(Mark { start: narrow(start), name_end: narrow(self.names.len()) });
    }

    /// The place of what stands at `offset` of the text.
    pub fn at(&self, offset: usize) -> Option<&str> {
        let offset = narrow(offset);
        let after = self.marks.partition_point(|mark| mark.start <= offset);
        self.name(after.checked_sub(1)?)
    }

    /// Every place with the stretch of a text of `length` bytes that it holds.
    pub fn stretches(&self, length: usize) -> impl Iterator<Item = (Option<&str>, Range<usize>)> {
        self.marks.iter().enumerate().map(move |(number, mark)| {
            let end = self.marks.get(number + 1).map_or(length, |next| next.start as usize);
            (self.name(number), mark.start as usize..end)
        })
    }

    fn last(&self) -> Option<&str> {
        self.name(self.marks.len().checked_sub(1)?)
    }

    fn name(&self, number: usize) -> Option<&str> {
        let end = self.marks.get(number)?.name_end;
        let start = number.checked_sub(1).and_then(|before| self.marks.get(before)).map_or(0, |before| before.name_end);
        self.names.get(start as usize..end as usize).filter(|name| !name.is_empty())
    }
}

/// An offset in a text, of which many are kept.
pub fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// Prints how many, never names: a sheet may be called after a person.
impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Places({})", self.marks.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reaches_to_the_next() {
        let mut places = Places::default();
        assert_eq!(places.at(0), None);
        for (start, place) in [(0, Some("Ark1!A1")), (5, Some("Ark1!B1")), (9, Some("Ark1!B1")), (12, None), (20, None)]
        {
            places.begin(start, place);
        }
        for (offset, place) in [
            (0, Some("Ark1!A1")),
            (4, Some("Ark1!A1")),
            (5, Some("Ark1!B1")),
            (11, Some("Ark1!B1")),
            (12, None),
            (99, None),
        ] {
            assert_eq!(places.at(offset), place, "{offset}");
        }
        let stretches: Vec<_> = places.stretches(30).collect();
        assert_eq!(stretches, [(Some("Ark1!A1"), 0..5), (Some("Ark1!B1"), 5..12), (None, 12..30)]);
    }
}
