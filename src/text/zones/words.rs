//! The words by which zones are told apart, read from `patterns/zones/*.toml` and compiled into one
//! automaton.

use std::collections::HashSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
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
    automaton: AhoCorasick,
    cues: Vec<Cue>,
    verbs: HashSet<String>,
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
        let mut phrases = Vec::new();
        let mut cues = Vec::new();
        let mut verbs = HashSet::new();
        for file in files {
            let file: File = toml::from_str(file).map_err(|e| e.to_string())?;
            for (cue, phrase) in file.phrases() {
                for form in spellings(phrase) {
                    phrases.push(form);
                    cues.push(cue);
                }
            }
            verbs.extend(file.verbs);
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            // Two megabytes, and every mail's text passes through it.
            .kind(Some(AhoCorasickKind::DFA))
            .build(phrases)
            .map_err(|e| e.to_string())?;
        Ok(Words { automaton, cues, verbs })
    }

    /// A verb that tells what somebody does or is; in capitals it is something else.
    pub(super) fn is_verb(&self, word: &str) -> bool {
        self.verbs.contains(word)
    }

    /// All phrases in `text` that stand as whole words, from left to right.
    pub(super) fn find<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Hit> + 'a {
        let bytes = text.as_bytes();
        let letter = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at)).is_some_and(|b| b.is_ascii_alphanumeric() || !b.is_ascii())
        };
        self.automaton.find_iter(text).filter_map(move |found| {
            let whole = !letter(found.start().checked_sub(1)) && !letter(Some(found.end()));
            let cue = *self.cues.get(found.pattern().as_usize())?;
            whole.then_some(Hit { cue, start: found.start(), end: found.end() })
        })
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
        assert!(words.cues.len() > 200);
    }

    #[test]
    fn case_and_word_edges() {
        let cues = |text: &str| Words::builtin().find(text).map(|hit| hit.cue).collect::<Vec<_>>();
        assert_eq!(cues("från: x"), [Cue::From]);
        assert_eq!(cues("FRÅN: x"), [Cue::From]);
        assert_eq!(cues("ämne"), [Cue::Subject]);
        assert_eq!(cues("ÄMNE"), [Cue::Subject]);
        assert_eq!(cues("frånvaro"), []);
        assert_eq!(cues("mvhx"), []);
        assert_eq!(cues("opprinnelig MELDING"), [Cue::Separator]);
    }
}
