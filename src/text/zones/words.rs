//! The words by which zones are told apart, read from `patterns/zones/*.toml` and compiled into two
//! automata that are asked where the first bytes fit.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Anchored, Input, MatchKind, StartKind};
use memchr::memchr_iter;
use serde::Deserialize;

const BUILTIN: [&str; 5] = [
    include_str!("../../../patterns/zones/sv.toml"),
    include_str!("../../../patterns/zones/nb.toml"),
    include_str!("../../../patterns/zones/nn.toml"),
    include_str!("../../../patterns/zones/da.toml"),
    include_str!("../../../patterns/zones/en.toml"),
];

/// What a phrase announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cue {
    Separator,
    From,
    Sent,
    To,
    Subject,
    Wrote,
    Salutation,
    Closing,
    Postscript,
    Disclaimer,
    Footer,
}

/// One file of words, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[expect(dead_code, reason = "names the file for its reader; the words of all languages are matched together")]
    language: String,
    separator: Vec<String>,
    from: Vec<String>,
    sent: Vec<String>,
    to: Vec<String>,
    subject: Vec<String>,
    wrote: Vec<String>,
    salutation: Vec<String>,
    closing: Vec<String>,
    postscript: Vec<String>,
    disclaimer: Vec<String>,
    footer: Vec<String>,
    verbs: Vec<String>,
}

impl File {
    fn phrases(&self) -> impl Iterator<Item = (Cue, &str)> {
        [
            (Cue::Separator, &self.separator),
            (Cue::From, &self.from),
            (Cue::Sent, &self.sent),
            (Cue::To, &self.to),
            (Cue::Subject, &self.subject),
            (Cue::Wrote, &self.wrote),
            (Cue::Salutation, &self.salutation),
            (Cue::Closing, &self.closing),
            (Cue::Postscript, &self.postscript),
            (Cue::Disclaimer, &self.disclaimer),
            (Cue::Footer, &self.footer),
        ]
        .into_iter()
        .flat_map(|(cue, phrases)| phrases.iter().map(move |phrase| (cue, phrase.as_str())))
    }
}

/// All phrases of all languages.
pub(super) struct Words {
    /// Those that tell something only where they open a line.
    opening: Phrases,
    /// Those that tell something anywhere.
    anywhere: Phrases,
    /// Verbs that tell what somebody does or is.
    verbs: HashSet<String>,
}

/// Phrases that are looked for where one may begin.
struct Phrases {
    automaton: AhoCorasick,
    cues: Vec<Cue>,
    openings: Openings,
}

/// What phrases begin with, so that most places are passed over without asking the automaton.
struct Openings {
    /// Whether a phrase begins with bytes that mix to this number.
    mixtures: Box<[bool; MIXTURES]>,
    /// Which of the bytes count: as many as the shortest phrase has, but no more than [`COUNTING`].
    mask: u64,
}

const MIXTURES: usize = 4_096;
/// Bytes that count at four places next to each other, read as one number of eight.
const COUNTING: usize = 5;

impl Openings {
    fn of(phrases: &[String]) -> Openings {
        let shortest = phrases.iter().map(String::len).min().unwrap_or(0);
        let mask = (0..shortest.min(COUNTING)).fold(0, |mask, _| mask << 8 | 0xFF);
        let mut openings = Openings { mixtures: Box::new([false; MIXTURES]), mask };
        for phrase in phrases {
            let mixture = openings.mix(opening(phrase.as_bytes()));
            openings.mixtures[mixture] = true;
        }
        openings
    }

    /// Case makes no difference.
    fn mix(&self, bytes: u64) -> usize {
        let counting = (bytes | 0x2020_2020_2020_2020) & self.mask;
        (counting.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 52) as usize
    }

    fn hold(&self, bytes: u64) -> bool {
        self.mixtures[self.mix(bytes)]
    }

    /// The places in a text where a phrase may begin.
    fn places<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
        let (fours, _) = bytes.as_chunks::<4>();
        let nexts = fours.get(1..).unwrap_or_default();
        let may_hold = |(four, next): (&[u8; 4], &[u8; 4])| {
            let eight = u64::from(u32::from_le_bytes(*four)) | u64::from(u32::from_le_bytes(*next)) << 32;
            [0, 8, 16, 24].into_iter().fold(false, |any, passed| any | self.hold(eight >> passed))
        };
        let inside = fours.iter().zip(nexts).enumerate().filter(move |(_, pair)| may_hold(*pair));
        let last = nexts.len() * 4;
        let places = inside.flat_map(|(number, _)| number * 4..number * 4 + 4).chain(last..bytes.len());
        places.filter(|&at| bytes.get(at..).is_some_and(|rest| self.hold(opening(rest))))
    }
}

/// The first eight bytes; zeros stand for those behind the end.
fn opening(bytes: &[u8]) -> u64 {
    if let Some(eight) = bytes.first_chunk() {
        return u64::from_le_bytes(*eight);
    }
    let mut eight = [0; 8];
    eight.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    u64::from_le_bytes(eight)
}

/// What may stand on a line before the phrase that opens it: quote marks, rules of dashes, stars of bold text.
pub(super) const LEAD: [u8; 9] = *b" \t>*-_=/|";

impl Cue {
    fn tells_anywhere(self) -> bool {
        matches!(self, Cue::Disclaimer | Cue::Footer | Cue::Wrote)
    }
}

/// A phrase found: what it announces and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub cue: Cue,
    pub start: usize,
    pub end: usize,
}

impl Words {
    /// The words compiled into the binary.
    pub(super) fn builtin() -> &'static Words {
        static WORDS: LazyLock<Words> = LazyLock::new(|| {
            Words::load(&BUILTIN).expect("the zone words are part of the binary and a test reads them")
        });
        &WORDS
    }

    fn load(files: &[&str]) -> Result<Words, String> {
        let files: Vec<File> =
            files.iter().map(|file| toml::from_str(file)).collect::<Result<_, _>>().map_err(|e| e.to_string())?;
        let verbs = files.iter().flat_map(|file| file.verbs.iter().cloned()).collect();
        let phrases = || files.iter().flat_map(File::phrases);
        Ok(Words {
            opening: Phrases::of(phrases().filter(|(cue, _)| !cue.tells_anywhere()))?,
            anywhere: Phrases::of(phrases().filter(|(cue, _)| cue.tells_anywhere()))?,
            verbs,
        })
    }

    /// A verb that tells what somebody does or is; in capitals it is something else.
    pub(super) fn is_verb(&self, word: &str) -> bool {
        self.verbs.contains(word)
    }

    /// The phrases in `text` that stand as whole words and where they may tell something, from left to right. Of
    /// those that overlap the first, and of those the longest.
    pub(super) fn find(&self, text: &str) -> Vec<Hit> {
        let bytes = text.as_bytes();
        let letter = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at)).is_some_and(|b| b.is_ascii_alphanumeric() || !b.is_ascii())
        };
        let whole = |hit: &Hit| !letter(hit.start.checked_sub(1)) && !letter(Some(hit.end));
        let line_starts = std::iter::once(0).chain(memchr_iter(b'\n', bytes).map(|line_end| line_end + 1));
        let opening = line_starts.filter_map(|start| {
            let rest = bytes.get(start..)?;
            let first = start + rest.iter().position(|b| !LEAD.contains(b))?;
            self.opening.at(text, first)
        });
        let places = self.anywhere.openings.places(bytes).filter(|at| !letter(at.checked_sub(1)));
        let anywhere = places.filter_map(|at| self.anywhere.at(text, at));
        let mut hits: Vec<Hit> = opening.chain(anywhere).filter(whole).collect();
        hits.sort_by_key(|hit| (hit.start, Reverse(hit.end)));
        let mut end = 0;
        hits.retain(|hit| hit.start >= end && std::mem::replace(&mut end, hit.end) <= hit.start);
        hits
    }
}

impl Phrases {
    fn of<'a>(phrases: impl Iterator<Item = (Cue, &'a str)>) -> Result<Phrases, String> {
        let (cues, forms): (Vec<Cue>, Vec<String>) =
            phrases.flat_map(|(cue, phrase)| spellings(phrase).into_iter().map(move |form| (cue, form))).unzip();
        let openings = Openings::of(&forms);
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .start_kind(StartKind::Anchored)
            .kind(Some(AhoCorasickKind::DFA))
            .build(forms)
            .map_err(|e| e.to_string())?;
        Ok(Phrases { automaton, cues, openings })
    }

    /// The longest phrase that begins at `start`.
    fn at(&self, text: &str, start: usize) -> Option<Hit> {
        if !self.openings.hold(opening(text.as_bytes().get(start..)?)) {
            return None;
        }
        let found = self.automaton.find(Input::new(text).range(start..).anchored(Anchored::Yes))?;
        let cue = *self.cues.get(found.pattern().as_usize())?;
        Some(Hit { cue, start, end: found.end() })
    }
}

/// The automaton folds ASCII case only; a phrase that begins with another letter is added in both.
fn spellings(phrase: &str) -> Vec<String> {
    let upper: String = phrase.to_uppercase();
    let lower: String = phrase.to_lowercase();
    let mut forms = vec![phrase.to_owned(), upper, lower];
    forms.sort();
    forms.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_words_load() {
        let words = Words::load(&BUILTIN).unwrap();
        assert!(words.opening.cues.len() > 100 && words.anywhere.cues.len() > 100);
    }

    #[test]
    fn case_and_word_edges() {
        let cues = |text: &str| Words::builtin().find(text).iter().map(|hit| hit.cue).collect::<Vec<_>>();
        assert_eq!(cues("från: x"), [Cue::From]);
        assert_eq!(cues("FRÅN: x"), [Cue::From]);
        assert_eq!(cues("ämne"), [Cue::Subject]);
        assert_eq!(cues("ÄMNE"), [Cue::Subject]);
        assert_eq!(cues("frånvaro"), []);
        assert_eq!(cues("mvhx"), []);
        assert_eq!(cues("og til: x\n> *Til:* y"), [Cue::To]);
        assert_eq!(cues("opprinnelig MELDING"), [Cue::Separator]);
    }

    #[test]
    fn every_phrase_is_found_wherever_it_stands() {
        let files: Vec<File> = BUILTIN.iter().map(|file| toml::from_str(file).unwrap()).collect();
        for (cue, phrase) in files.iter().flat_map(File::phrases).filter(|(cue, _)| cue.tells_anywhere()) {
            for (before, behind) in [("", ""), (" ", "."), ("så (", ")"), ("hun\n", " og da var det slutt")] {
                let text = format!("{before}{}{behind}", phrase.to_uppercase());
                let hits = Words::builtin().find(&text);
                assert!(hits.iter().any(|hit| hit.cue == cue), "{text}");
            }
        }
    }
}
