//! What stands around a number: the label before or after it, and what it is glued to.
//!
//! A label before the number wins over one after it; of several before it the nearest; a label whose
//! own number already came in between has been used up, unless a list goes on.

use std::ops::Range;

use super::fold::fold;
use super::labels::{Hit, Labels, Longest, Role};

/// Bytes of text looked at before and after a number.
const BEFORE: usize = 120;
const AFTER: usize = 48;
/// Words that may stand between a label and its number.
const WORDS_BEFORE: usize = 7;
const WORDS_AFTER: usize = 3;
/// A label that speaks against a number has to stand closer.
const WORDS_AGAINST: usize = 3;
/// Line ends that may stand between with no word on them.
const MAX_LINES: usize = 3;
/// Digits that may stand between (`fnr for punkt 2: …`) without using the label up.
const SPARE_DIGITS: usize = 4;

/// A label beside a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beside {
    pub role: Role,
    /// No word stands between the two.
    pub near: bool,
}

/// The label that belongs to the number at `span` with `digits` digits.
pub fn label(text: &str, span: &Range<usize>, digits: usize, labels: &Labels) -> Option<Beside> {
    before(text, span.start, digits, labels).or_else(|| after(text, span.end, labels))
}

fn before(text: &str, at: usize, digits: usize, labels: &Labels) -> Option<Beside> {
    let head = slice_before(text, at, BEFORE);
    let folded = fold(head.get(reach(head.as_bytes(), digits, labels.longest())?..)?);
    // Of labels that end at the same place the longest is meant: `session id`, not `id`.
    let nearest = |a: &Hit, b: &Hit| (a.end, b.start).cmp(&(b.end, a.start));
    labels
        .hits(&folded)
        .filter(|hit| folded.get(hit.end..).is_some_and(|between| reaches(between, hit, digits)))
        .filter(|hit| hit.end.saturating_sub(hit.start) > 1 || stands_free(text, at))
        .max_by(nearest)
        .map(|hit| Beside { role: hit.role, near: folded.get(hit.end..).is_some_and(|between| words_of(between) == 0) })
}

/// From where on a label may stand in `head` that [`reaches`] its end; none when there is none. Counts only what
/// folding leaves as it is, so that it never says too little.
fn reach(head: &[u8], digits: usize, longest: Longest) -> Option<usize> {
    let byte = |at: usize| head.get(at).copied();
    let is_letter = |b: u8| b.is_ascii_alphabetic() || !b.is_ascii();
    let opens = |at: usize, before: Option<u8>| {
        byte(at).is_some_and(|b| b.is_ascii_alphanumeric())
            && before.is_some_and(|b| b.is_ascii() && !b.is_ascii_alphanumeric())
    };
    let (mut words, mut in_between, mut lines, mut letters) = (0_usize, 0_usize, 0_usize, false);
    let mut at = head.len();
    while let Some(before) = at.checked_sub(1) {
        at = before;
        let Some(b) = byte(at) else { break };
        letters |= is_letter(b);
        in_between = in_between.saturating_add(usize::from(b.is_ascii_digit()));
        lines = lines.saturating_add(usize::from(b == b'\n'));
        let opens = b.is_ascii_alphabetic() && opens(at, at.checked_sub(1).and_then(byte));
        words = words.saturating_add(usize::from(opens));
        let too_many_digits = in_between > SPARE_DIGITS && (digits == 0 || words > 1);
        if words > WORDS_BEFORE || too_many_digits || lines > 0 && words > 0 || lines > MAX_LINES {
            break;
        }
    }
    if !letters && longest.digits_behind < usize::MAX {
        // A label that ends here ends with digits, and its letters stand right before them.
        let last = head.get(..at.saturating_add(1))?.iter().rposition(|&b| is_letter(b))?;
        let behind = head.get(last..=at)?.iter().filter(|b| b.is_ascii_digit()).count();
        if behind > longest.digits_behind {
            return None;
        }
    }
    // The label's own words, from the start of one on.
    let mut left = longest.words.saturating_add(1);
    while let Some(before) = at.checked_sub(1) {
        left = left.saturating_sub(usize::from(opens(at, byte(before))));
        if left == 0 {
            break;
        }
        at = before;
    }
    Some(at)
}

/// `f. 13…`, `T: 070…`: a label of one letter is a word of its own, with nothing else joined to it.
fn stands_free(text: &str, at: usize) -> bool {
    let head = slice_before(text, at, BEFORE).trim_end_matches([' ', '\t', '.', ':']);
    let mut letters = head.chars().rev();
    let letter = letters.next().is_some_and(char::is_alphabetic);
    letter && matches!(letters.next(), None | Some(' ' | '\t' | '\n' | '(' | ',' | ';'))
}

/// Whether a label still speaks for what comes after `between`.
fn reaches(between: &str, hit: &Hit, digits: usize) -> bool {
    let lines = between.matches('\n').count();
    let words = words_of(between);
    let in_between = between.bytes().filter(u8::is_ascii_digit).count();
    let list = digits > 0 && in_between.is_multiple_of(digits) && words <= 1;
    let most = if hit.role.is_identity() { WORDS_BEFORE } else { WORDS_AGAINST };
    let near = if hit.adjacent { words == 0 && (in_between == 0 || list) } else { words <= most };
    near && (in_between <= SPARE_DIGITS || list) && (lines == 0 || (words == 0 && lines <= MAX_LINES))
}

/// Words, of letters, in a folded text.
fn words_of(folded: &str) -> usize {
    folded.split([' ', '\t', '\n']).filter(|w| w.starts_with(|c: char| c.is_ascii_lowercase())).count()
}

fn after(text: &str, at: usize, labels: &Labels) -> Option<Beside> {
    let window = slice_after(text, at, AFTER);
    let line = window.split('\n').next().unwrap_or_default();
    // Digits before the first letter that no label begins with belong to the next number.
    let letter = line.bytes().position(|b| b.is_ascii_alphabetic() || !b.is_ascii());
    let digits = line.bytes().take(letter.unwrap_or(AFTER)).filter(u8::is_ascii_digit).count();
    let none_begins_so = letter.is_none() || digits > labels.longest().digits_before;
    if none_begins_so && labels.longest().digits_before < usize::MAX {
        return None;
    }
    let folded = fold(line);
    // One letter (`t`, `m`) is a label before a number only: behind it stands `t.o.m.`.
    let hits = labels.hits(&folded).filter(|hit| hit.end.saturating_sub(hit.start) > 1);
    let hit = hits.min_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)))?;
    let between = folded.get(..hit.start)?;
    let words = between.split(' ').filter(|w| !w.is_empty()).count();
    let digits = between.bytes().any(|b| b.is_ascii_digit());
    // `13107248022, konto 8601…`: the label belongs to what follows it.
    let own = folded.get(hit.end..)?.trim_start().starts_with(|c: char| c.is_ascii_digit());
    let near = if hit.adjacent { words == 0 } else { words <= WORDS_AFTER };
    (near && !digits && !own).then_some(Beside { role: hit.role, near: words == 0 })
}

/// At most `most` bytes before `at`, from a character boundary on.
pub fn slice_before(text: &str, at: usize, most: usize) -> &str {
    let mut from = at.saturating_sub(most);
    while !text.is_char_boundary(from) {
        from = from.saturating_add(1);
    }
    text.get(from..at).unwrap_or_default()
}

/// At most `most` bytes from `at` on, to a character boundary.
pub fn slice_after(text: &str, at: usize, most: usize) -> &str {
    let mut to = at.saturating_add(most).min(text.len());
    while !text.is_char_boundary(to) {
        to = to.saturating_sub(1);
    }
    text.get(at..to).unwrap_or_default()
}

/// How a number is joined to what stands directly beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joint {
    /// Stands free, or is glued to plain letters on one side (`fnr13107248022`).
    Free,
    /// Behind a plus sign: a telephone number.
    Plus,
    /// Part of a longer row of groups, a UUID, a decimal number.
    Part,
    /// Inside a word of letters and digits, such as a hash.
    Inside,
    /// Inside an address of the web.
    Link,
    /// Inside a message id or the name of a mailbox.
    MessageId,
}

/// Bytes looked at on both sides for the word the number stands in.
const TOKEN: usize = 80;

pub fn joint(text: &[u8], span: &Range<usize>) -> Joint {
    let before = text.get(span.start.saturating_sub(TOKEN)..span.start).unwrap_or_default();
    let after = text.get(span.end..).unwrap_or_default();
    let after = after.get(..TOKEN).unwrap_or(after);
    let width = before.iter().rev().take_while(|b| b.is_ascii_alphanumeric()).count();
    let glued_before = before.get(before.len().saturating_sub(width)..).unwrap_or_default();
    let width = after.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    let glued_after = after.get(..width).unwrap_or_default();
    let mixed = |part: &[u8]| part.iter().any(u8::is_ascii_digit);
    if mixed(glued_before) || mixed(glued_after) || (!glued_before.is_empty() && !glued_after.is_empty()) {
        return Joint::Inside;
    }
    let address = address(before, after);
    // In a link a plus is a space.
    if before.last() == Some(&b'+') && address != Some(Joint::Link) {
        return Joint::Plus;
    }
    let mut left = before.iter().rev();
    if let (Some(b'-' | b'.' | b':' | b'\''), Some(d)) = (left.next(), left.next())
        && d.is_ascii_alphanumeric()
        && (d.is_ascii_digit() || is_hex_group(before))
        && digits_ending(before.get(..before.len().saturating_sub(1)).unwrap_or_default()) < LIST
    {
        return Joint::Part;
    }
    let mut right = after.iter();
    if let (Some(mark @ (b'-' | b':' | b'\'' | b'.')), Some(d)) = (right.next(), right.next())
        && d.is_ascii_digit()
    {
        let next = after.iter().skip(1).take_while(|b| b.is_ascii_digit()).count();
        if !(*mark == b'-' && next >= LIST) {
            return Joint::Part;
        }
    }
    address.unwrap_or(Joint::Free)
}

/// From so many digits on, numbers joined by a hyphen are a list and not one longer number.
const LIST: usize = 10;

fn digits_ending(text: &[u8]) -> usize {
    text.iter().rev().take_while(|b| b.is_ascii_digit()).count()
}

/// `…-a716-` before the number: the last group of a UUID.
fn is_hex_group(before: &[u8]) -> bool {
    let group: Vec<u8> = before.iter().rev().skip(1).copied().take_while(u8::is_ascii_alphanumeric).collect();
    group.len() == 4 && group.iter().all(u8::is_ascii_hexdigit) && group.iter().any(u8::is_ascii_digit)
}

fn address(before: &[u8], after: &[u8]) -> Option<Joint> {
    let word = |b: &&u8| !b.is_ascii_whitespace() && !matches!(**b, b'<' | b'>' | b'(' | b'"' | b';' | b',');
    let left: Vec<u8> = before.iter().rev().take_while(word).copied().collect();
    let url = left.windows(3).any(|w| w == b"//:") || left.ends_with(b".www");
    let id = after.iter().take_while(word).any(|&b| b == b'@') && !left.is_empty();
    match (url, id) {
        (true, _) => Some(Joint::Link),
        (false, true) => Some(Joint::MessageId),
        (false, false) => None,
    }
}

/// Whether the groups go on before or after with a single space, as in a list of telephone numbers.
pub fn in_row(text: &[u8], span: &Range<usize>) -> bool {
    let left = text.get(..span.start).unwrap_or_default();
    let right = text.get(span.end..).unwrap_or_default();
    matches!(left, [.., d, b' '] if d.is_ascii_digit()) || matches!(right, [b' ', d, ..] if d.is_ascii_digit())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static LABELS: LazyLock<Labels> = LazyLock::new(|| Labels::builtin().unwrap());

    /// The roles of all labels that reach the end of a text.
    fn reaching(folded: &str, digits: usize) -> Vec<Role> {
        let hits = LABELS.hits(folded).filter(|hit| folded.get(hit.end..).is_some_and(|b| reaches(b, hit, digits)));
        hits.map(|hit| hit.role).collect()
    }

    proptest! {
        #[test]
        fn no_label_that_reaches_the_number_is_left_out(
            head in "((fnr|konto|Kid nr|født|siste 4|fire siste|fødselsnummer|på|x|[0-9]{1,6}|år)[ .:\n\t-]{0,3}){0,14}",
            digits in prop::sample::select(vec![0_usize, 10, 11]),
        ) {
            let all = reaching(&fold(&head), digits);
            let near = reach(head.as_bytes(), digits, LABELS.longest())
                .map(|from| reaching(&fold(&head[from..]), digits))
                .unwrap_or_default();
            prop_assert_eq!(all, near);
        }
    }
}
