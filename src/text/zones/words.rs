//! The words by which zones are told apart, read from `patterns/zones/*.toml` and compiled into two
//! automata.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Anchored, Input, Match, MatchKind, StartKind};
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

struct Phrases {
    automaton: AhoCorasick,
    cues: Vec<Cue>,
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
            opening: Phrases::of(phrases().filter(|(cue, _)| !cue.tells_anywhere()), StartKind::Anchored)?,
            anywhere: Phrases::of(phrases().filter(|(cue, _)| cue.tells_anywhere()), StartKind::Unanchored)?,
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
        let starts = std::iter::once(0).chain(memchr_iter(b'\n', bytes).map(|line_end| line_end + 1));
        let opening = starts.filter_map(|start| {
            let rest = bytes.get(start..)?;
            let first = start + rest.iter().position(|b| !LEAD.contains(b))?;
            self.opening.hit(self.opening.automaton.find(Input::new(text).range(first..).anchored(Anchored::Yes))?)
        });
        let anywhere = self.anywhere.automaton.find_iter(text).filter_map(|found| self.anywhere.hit(found));
        let mut hits: Vec<Hit> = opening.chain(anywhere).filter(whole).collect();
        hits.sort_by_key(|hit| (hit.start, Reverse(hit.end)));
        let mut end = 0;
        hits.retain(|hit| hit.start >= end && std::mem::replace(&mut end, hit.end) <= hit.start);
        hits
    }
}

impl Phrases {
    fn of<'a>(phrases: impl Iterator<Item = (Cue, &'a str)>, start: StartKind) -> Result<Phrases, String> {
        let (cues, forms): (Vec<Cue>, Vec<String>) =
            phrases.flat_map(|(cue, phrase)| spellings(phrase).into_iter().map(move |form| (cue, form))).unzip();
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .start_kind(start)
            // Two megabytes, and every mail's text passes through it.
            .kind(Some(AhoCorasickKind::DFA))
            .build(forms)
            .map_err(|e| e.to_string())?;
        Ok(Phrases { automaton, cues })
    }

    fn hit(&self, found: Match) -> Option<Hit> {
        let cue = *self.cues.get(found.pattern().as_usize())?;
        Some(Hit { cue, start: found.start(), end: found.end() })
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
}
