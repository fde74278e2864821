//! One line of a mail's text, and what its shape tells.

use std::ops::Range;

use super::words::{Cue, Hit, Words};

/// Bytes that "On … wrote:" may have.
pub(super) const MAX_ATTRIBUTION: usize = 300;
/// Bytes that may stand before a cue on its line: quote marks, rules of dashes, stars of bold text.
const MAX_LEAD: usize = 60;
/// Words after a closing on its own line: a name, perhaps a title.
const MAX_CLOSING_WORDS: usize = 6;
/// Words from which on a line that ends like a sentence is one.
const PROSE_SENTENCE: usize = 4;
/// Words from which on a line with a verb is one: `Ola er innlagt`.
const PROSE_TOLD: usize = 3;
/// Words from which on any line is prose, unless it is divided like an address line.
const PROSE_WORDS: usize = 10;
/// Digits from which on a line holds a phone number or the like.
const CONTACT_DIGITS: usize = 6;

/// A line of the text, with the cues found on it.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Of the line in the text; `end` without the line end.
    pub start: usize,
    pub end: usize,
    /// Where the content begins, after quote marks.
    body: usize,
    /// Number of `>` before it.
    pub depth: usize,
    /// First cue at the start of the content.
    pub cue: Option<Cue>,
    /// End of that cue.
    cue_end: usize,
    /// The first disclaimer or footer phrase and where it begins.
    pub boilerplate: Option<(Cue, usize)>,
    /// The line holds a verb of attribution.
    pub wrote: bool,
}

/// Whether a hit can tell anything where it stands: most cues must begin their line, labels need a
/// colon.
pub(super) fn tells(text: &str, hit: Hit) -> bool {
    if matches!(hit.cue, Cue::Disclaimer | Cue::Footer | Cue::Wrote) {
        return true;
    }
    if matches!(hit.cue, Cue::From | Cue::Sent | Cue::To | Cue::Subject) && !colon_follows(text, hit.end) {
        return false;
    }
    let lead = text.as_bytes().get(hit.start.saturating_sub(MAX_LEAD)..hit.start).unwrap_or_default();
    let line = lead.iter().rposition(|&b| b == b'\n').map_or(lead, |at| lead.get(at..).unwrap_or_default());
    line.iter().all(|b| matches!(b, b'\n' | b' ' | b'\t' | b'>' | b'*' | b'-' | b'_' | b'=' | b'/' | b'|'))
}

fn colon_follows(text: &str, at: usize) -> bool {
    text.get(at..).is_some_and(|rest| rest.trim_start_matches([' ', '\t', '*']).starts_with(':'))
}

/// The line that begins at `start` and ends at `end`, with the cues that stand on it. `hits` are sorted.
pub(super) fn read(text: &str, start: usize, end: usize, hits: &[Hit]) -> Line {
    let raw = text.get(start..end).unwrap_or_default();
    let lead = raw.bytes().take_while(|b| matches!(b, b'>' | b' ' | b'\t')).count();
    let depth = raw.bytes().take(lead).filter(|&b| b == b'>').count();
    let body = start + if depth > 0 { lead } else { 0 };
    let mut line = Line { start, end, body, depth, cue: None, cue_end: body, boilerplate: None, wrote: false };
    for hit in hits.iter().skip_while(|hit| hit.start < start).take_while(|hit| hit.start < end) {
        match hit.cue {
            Cue::Wrote => line.wrote = true,
            cue @ (Cue::Disclaimer | Cue::Footer) => {
                line.boilerplate.get_or_insert((cue, hit.start));
            }
            cue if line.cue.is_none() => {
                line.cue = Some(cue);
                line.cue_end = hit.end;
            }
            _ => {}
        }
    }
    line
}

impl Line {
    /// Where the next line begins, if there is one.
    pub fn next(&self) -> usize {
        self.end + 1
    }

    /// The line without quote marks and outer spaces.
    pub fn content<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.body..self.end).unwrap_or_default().trim()
    }

    fn after_cue<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.cue_end..self.end).unwrap_or_default().trim()
    }

    /// `From:`, `*Fra:*` and the like.
    pub fn is_label(&self, text: &str) -> bool {
        matches!(self.cue, Some(Cue::From | Cue::Sent | Cue::To | Cue::Subject)) && colon_follows(text, self.cue_end)
    }

    /// Nothing but a rule of at least four dashes, underscores, equals signs or stars.
    pub fn is_rule(&self, text: &str) -> bool {
        if !self.begins_like_a_rule(text) {
            return false;
        }
        let content = self.content(text);
        content.len() >= 4 && content.bytes().all(|b| matches!(b, b'-' | b'_' | b'=' | b'*'))
    }

    /// What a signature stands under: `-- ` (RFC 3676 section 4.3), `__`, or a rule.
    pub fn is_delimiter(&self, text: &str) -> bool {
        self.begins_like_a_rule(text) && matches!(self.content(text), "--" | "__" | "---") || self.is_rule(text)
    }

    /// A quick look at the first byte.
    fn begins_like_a_rule(&self, text: &str) -> bool {
        let content = text.as_bytes().get(self.body..self.end).unwrap_or_default();
        content.first().is_some_and(|b| matches!(b, b'-' | b'_' | b'=' | b'*' | b' ' | b'\t'))
    }

    /// A separator phrase alone on its line, or between rules.
    pub fn is_separator(&self, text: &str) -> bool {
        let rest = self.after_cue(text);
        rest.bytes().all(|b| matches!(b, b'-' | b'_' | b'=' | b'*' | b':' | b' ' | b'\t' | b'.'))
    }

    /// A closing phrase with nothing but a name and title after it.
    pub fn is_closing(&self, text: &str) -> bool {
        let rest = self.after_cue(text).trim_start_matches([',', '.', '!', ':', '-', ' ', '\t']);
        let words = rest.split_whitespace().count();
        words <= MAX_CLOSING_WORDS
            && !rest.ends_with(['.', '?'])
            && (words <= 2 || rest.chars().next().is_none_or(char::is_uppercase))
    }

    /// A salutation or a postscript: own text begins here.
    pub fn starts_text(&self) -> bool {
        matches!(self.cue, Some(Cue::Salutation | Cue::Postscript))
    }
}

/// Whether a line reads like running text and not like a line of a signature.
pub(super) fn is_prose(line: &str) -> bool {
    let words = line.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count();
    let divided = line.contains(['|', '@', '\u{B7}', '\u{2022}']) || line.contains("www.");
    let sentence = line.ends_with(['.', '!', '?', ':']) && words >= PROSE_SENTENCE;
    let told = || words >= PROSE_TOLD && line.split_whitespace().any(|word| Words::builtin().is_verb(word));
    !divided && (sentence || words >= PROSE_WORDS || told())
}

/// Whether a line is one word with a capital.
pub(super) fn is_one_name(line: &str) -> bool {
    let rest = line.trim_end_matches('.');
    rest.starts_with(char::is_uppercase) && rest.chars().all(|c| c.is_alphabetic() || c == '-')
}

/// Whether a line is two words or more, each with a capital: a name and nothing else.
pub(super) fn is_full_name(line: &str) -> bool {
    let names = || line.split(' ').filter(|word| !word.is_empty());
    (2..=4).contains(&names().count()) && names().all(is_one_name)
}

/// Whether a line holds a mail address, a web address or a phone number.
pub(super) fn is_contact(line: &str) -> bool {
    line.contains('@')
        || line.contains("www.")
        || line.contains("http")
        || line.bytes().filter(u8::is_ascii_digit).count() >= CONTACT_DIGITS
}

/// Whether an attribution names a time or an address: `10:12`, `kl. 10.12`, `<a@b.example>`, `2025`.
pub(super) fn is_dated(text: &str) -> bool {
    text.contains('@') || text.bytes().filter(u8::is_ascii_digit).count() >= 4
}

/// Where the sentence begins that holds the end of `range`, not before its start.
pub(super) fn sentence_start(text: &str, range: Range<usize>) -> usize {
    let before = text.get(range.clone()).unwrap_or_default();
    let end = [". ", "! ", "? "].iter().filter_map(|end| before.rfind(end)).max();
    end.map_or(range.start, |at| range.start + at + 2)
}
