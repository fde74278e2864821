//! Numbers as written: groups of digits and what stands between them.
//!
//! One pass, bounded work a group: from every start of a digit run at most [`MAX_GROUPS`] groups are
//! read ahead, each of them once, and no group longer than [`MAX_DIGITS`] is followed.

/// Groups that one number may be written in: eleven single digits in boxes, and some more.
const MAX_GROUPS: usize = 14;
/// Digits of the longest number read (a birth date with century and five more).
pub const MAX_DIGITS: usize = 14;
/// Spaces between two groups, quote marks and indentation after a line end.
const MAX_SPACES: usize = 3;
const MAX_INDENT: usize = 12;

/// What stands between two groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    Space,
    Hyphen,
    Plus,
    Dot,
    Slash,
    Underscore,
    Tab,
    /// A line end, quote marks after it included.
    Line,
}

#[derive(Clone, Copy, Debug)]
pub struct Group {
    pub start: usize,
    pub end: usize,
    /// What stands before it; of the first group nothing is known.
    pub before: Option<Gap>,
}

impl Group {
    pub fn len(&self) -> usize {
        self.end.saturating_sub(self.start)
    }
}

/// The groups from one start on.
#[derive(Debug, Default)]
pub struct Groups {
    /// Those passed already in front.
    all: Vec<Group>,
    passed: usize,
    digits: usize,
    /// Nothing that could belong to the number follows the last one.
    ended: bool,
}

/// Groups passed by that are kept before the room is used again.
const MAX_PASSED: usize = 256;

impl Groups {
    /// Reads the groups that begin at `start`, a digit with no digit before it, until they have more digits than
    /// any number. What was read ahead from the start before is not read again.
    pub fn read(&mut self, text: &[u8], start: usize) {
        self.move_to(start);
        while self.digits <= MAX_DIGITS && self.as_slice().len() < MAX_GROUPS {
            let (before, at) = match self.as_slice().last() {
                None => (None, start),
                Some(_) if self.ended => return,
                Some(last) => match gap(text, last.end) {
                    Some((gap, next)) => (Some(gap), next),
                    None => return self.ended = true,
                },
            };
            let end = at.saturating_add(digits(text, at, MAX_DIGITS.saturating_add(1)));
            let group = Group { start: at, end, before };
            if group.len() == 0 || group.len() > MAX_DIGITS {
                return self.ended = true;
            }
            self.digits = self.digits.saturating_add(group.len());
            self.all.push(group);
        }
    }

    /// Keeps the groups behind the first when they begin at `start`, none otherwise.
    fn move_to(&mut self, start: usize) {
        let first = self.as_slice().first().map_or(0, Group::len);
        self.passed = self.passed.saturating_add(1);
        match self.all.get_mut(self.passed) {
            Some(next) if next.start == start => {
                next.before = None;
                self.digits = self.digits.saturating_sub(first);
            }
            _ => {
                self.all.clear();
                (self.passed, self.digits, self.ended) = (0, 0, false);
            }
        }
        if self.passed > MAX_PASSED {
            self.all.drain(..self.passed);
            self.passed = 0;
        }
    }

    pub fn as_slice(&self) -> &[Group] {
        self.all.get(self.passed..).unwrap_or_default()
    }
}

/// How many digits follow at `at`, counted to `most`.
pub fn digits(text: &[u8], at: usize, most: usize) -> usize {
    text.get(at..).unwrap_or_default().iter().take(most).take_while(|b| b.is_ascii_digit()).count()
}

/// What stands between the group that ends at `end` and the next digit, and where that is.
fn gap(text: &[u8], end: usize) -> Option<(Gap, usize)> {
    let mut mark = None;
    let mut line = false;
    let mut spaces = 0_usize;
    for (width, &b) in text.get(end..)?.iter().enumerate() {
        match b {
            b'0'..=b'9' => {
                let gap = match mark {
                    // A hyphen at the line's end still joins.
                    Some(Gap::Hyphen) => Gap::Hyphen,
                    _ if line => Gap::Line,
                    Some(gap) => gap,
                    None if spaces > 0 => Gap::Space,
                    None => return None,
                };
                return Some((gap, end.saturating_add(width)));
            }
            b' ' if spaces < if line { MAX_INDENT } else { MAX_SPACES } => spaces = spaces.saturating_add(1),
            b'\n' if !line => (line, spaces) = (true, 0),
            b'>' if line && spaces < MAX_INDENT => spaces = spaces.saturating_add(1),
            b'\t' if mark.is_none() && !line => mark = Some(Gap::Tab),
            _ if mark.is_some() || line => return None,
            b'-' => mark = Some(Gap::Hyphen),
            b'+' => mark = Some(Gap::Plus),
            b'.' => mark = Some(Gap::Dot),
            b'/' => mark = Some(Gap::Slash),
            b'_' => mark = Some(Gap::Underscore),
            _ => return None,
        }
    }
    None
}

/// Where the gaps of a number stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cuts {
    /// Bit n: a gap before digit n.
    bits: u16,
}

impl Cuts {
    pub fn has(self, digit: usize) -> bool {
        self.bits & bit(digit) != 0
    }

    pub fn is_exactly(self, places: &[usize]) -> bool {
        self.bits == places.iter().fold(0, |bits, &p| bits | bit(p))
    }

    /// Of the groups of a number.
    pub fn of(groups: &[Group]) -> Cuts {
        let mut at = 0_usize;
        let mut bits = 0;
        for group in groups {
            if at > 0 {
                bits |= bit(at);
            }
            at = at.saturating_add(group.len());
        }
        Cuts { bits }
    }

    /// No gaps but at these places.
    pub fn are_among(self, places: &[usize]) -> bool {
        self.bits & !places.iter().fold(0, |bits, &p| bits | bit(p)) == 0
    }

    pub fn is_solid(self) -> bool {
        self.bits == 0
    }
}

fn bit(digit: usize) -> u16 {
    u32::try_from(digit).ok().and_then(|d| 1_u16.checked_shl(d)).unwrap_or(0)
}

/// A prefix of the groups read as one number.
#[derive(Debug)]
pub struct Written<'a> {
    pub groups: &'a [Group],
    pub digits: [u8; MAX_DIGITS],
    pub len: usize,
    pub cuts: Cuts,
    pub start: usize,
    pub end: usize,
}

impl<'a> Written<'a> {
    /// The groups as one number; none with too many digits.
    pub fn of(text: &[u8], groups: &'a [Group]) -> Option<Self> {
        let mut digits = [0; MAX_DIGITS];
        let mut len = 0_usize;
        for group in groups {
            for &b in text.get(group.start..group.end)? {
                *digits.get_mut(len)? = b.saturating_sub(b'0');
                len = len.saturating_add(1);
            }
        }
        let (first, last) = (groups.first()?, groups.last()?);
        Some(Written { groups, digits, len, cuts: Cuts::of(groups), start: first.start, end: last.end })
    }

    /// The digits when there are exactly `N` of them.
    pub fn exactly<const N: usize>(&self) -> Option<[u8; N]> {
        if self.len != N {
            return None;
        }
        self.digits.get(..N)?.try_into().ok()
    }

    /// The gap before digit `at`.
    pub fn gap_at(&self, at: usize) -> Option<Gap> {
        let mut before = 0_usize;
        for group in self.groups {
            if before == at {
                return group.before;
            }
            before = before.saturating_add(group.len());
        }
        None
    }

    /// Every gap but the one before digit `but` is one of these.
    pub fn gaps_are(&self, but: usize, allowed: &[Gap]) -> bool {
        let mut before = 0_usize;
        self.groups.iter().all(|group| {
            let here = before;
            before = before.saturating_add(group.len());
            here == 0 || here == but || group.before.is_some_and(|g| allowed.contains(&g))
        })
    }

    /// A hyphen or plus stands between two of its groups.
    pub fn has_sign(&self) -> bool {
        self.groups.iter().skip(1).any(|group| matches!(group.before, Some(Gap::Hyphen | Gap::Plus)))
    }

    /// Every digit stands alone, as in the boxes of a form.
    pub fn is_boxed(&self) -> bool {
        self.groups.len() == self.len && self.gaps_are(0, &[Gap::Space])
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn groups_read_ahead_are_those_read_afresh(text in "([0-9]{1,16}[ .\n-]{0,2}[a ]?){0,40}") {
            let text = text.as_bytes();
            let mut ahead = Groups::default();
            let starts = |at: &usize| text[*at].is_ascii_digit() && (*at == 0 || !text[*at - 1].is_ascii_digit());
            for start in (0..text.len()).filter(starts) {
                let mut afresh = Groups::default();
                ahead.read(text, start);
                afresh.read(text, start);
                prop_assert_eq!(format!("{:?}", ahead.as_slice()), format!("{:?}", afresh.as_slice()));
            }
        }
    }
}
