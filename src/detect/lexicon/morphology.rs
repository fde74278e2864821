//! Inflection: a word as in the lexicon becomes stems, each with the endings it may carry.
//!
//! The rules over-generate on purpose: a form that is no word is never met. What they must not do is
//! turn one word into another, so short words take few endings. Endings are folded where they meet their stem
//! ([`packed_endings`]): `skjem` + `aet` is `skjemat`, `video` + `en` is `videon`.

use std::sync::LazyLock;

use super::fold::{Folded, Folding};
use super::heads::packed;
use super::language::Language;

/// Words shorter than this (characters) take only the plainest endings.
const SHORT: usize = 4;

/// A stem and what may follow it within the word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stem {
    /// Lower case, unfolded.
    pub text: String,
    pub endings: Endings,
}

/// Endings a stem may carry; `""` is among them when the stem is a word itself.
pub type Endings = &'static [&'static str];

/// Only the form itself.
pub const EXACT: Endings = &[""];
/// Abbreviations written in capitals: `BUP`, `BUPs`, `LVU:n`, `PPT-en`.
pub const ABBREVIATION: Endings = &["", "s", "n", "en", "ens", "er", "et", "a"];

const SHORT_NORDIC: Endings = &["", "s", "en", "ens", "et", "ets", "a", "ene", "enes"];

const SV_CONSONANT: Endings = &[
    "", "s", "en", "ens", "et", "ets", "ar", "ars", "arna", "arnas", "er", "ers", "erna", "ernas", "na", "nas", "a",
    "as", "t", "ts", "e", "es", "n", "ns", "ad", "at", "ade", "ande",
];
const SV_DOUBLED: Endings = &["en", "ens", "et", "ets", "ar", "arna", "arnas", "er", "erna", "a", "e", "na"];
const SV_A: Endings = &[
    "a", "an", "as", "ans", "or", "ors", "orna", "ornas", "ar", "at", "ats", "ade", "ades", "ad", "ande", "are",
    "aren", "arna", "er", "te", "de", "s", "ana", "anas", "des", "tes", "t", "ts", "ta", "tas", "d", "da", "das",
];
const SV_E: Endings = &[
    "e", "en", "es", "ens", "ena", "enas", "ar", "ars", "arna", "arnas", "er", "ers", "erna", "ernas", "a", "et", "ets",
];
const SV_ARE: Endings = &["e", "en", "es", "ens", "na", "nas"];
const SV_PARTICIPLE_D: Endings = &["d", "t", "de", "des", "s"];
const SV_PARTICIPLE_DD: Endings = &["tt", "dda", "ddas", "dde", "ddes"];
const SV_PARTICIPLE_STEM: Endings = &["t", "da", "das", "de"];
const SV_EN: Endings = &["en", "et", "na", "nas", "ne", "nes", "ets", "ens"];
/// Of a stem that lost its last vowel: `fåglarna`, `fönstret`, `föräldrar`.
const SV_CONTRACTED: Endings = &["ar", "ars", "arna", "arnas", "er", "erna", "et", "ets", "en", "ens"];
const UM: Endings = &["et", "ets", "er", "ers", "erna", "ernas", "ene", "enes", "en", "ens", "a", "as", "aene", "ane"];

const NO_CONSONANT: Endings = &[
    "", "s", "en", "ens", "et", "ets", "er", "ers", "ene", "enes", "a", "as", "ar", "ars", "ane", "anes", "e", "es",
    "t", "te", "i", "ne", "nes", "ande", "ende",
];
const NO_DOUBLED: Endings = &["en", "ens", "et", "ets", "er", "ene", "enes", "ar", "ane", "a", "e", "te"];
const NO_E: Endings = &[
    "e", "en", "es", "ens", "er", "ers", "ene", "enes", "a", "as", "ar", "ars", "ane", "anes", "et", "ets", "te", "t",
    "ende", "ande", "de", "ast", "ede", "edes",
];
const NO_ET: Endings = &["et", "ede", "edes", "ete", "etes", "a", "te", "ets", "ne", "nes"];
const NO_EN: Endings = &["en", "et", "ets", "e", "ne", "i", "a", "nes", "ens", "enet", "enets", "nene", "nenes", "ent"];
/// Feminines (`jenta, jenter`) and verbs.
const NO_A: Endings = &["a", "e", "as", "ene", "enes", "er", "et", "ar", "ande", "ast"];
/// `skjema, skjemaet`, `astma, astmaen`, `kamera`: words that are no feminine's definite form.
const NO_FOREIGN_A: Endings =
    &["a", "as", "aet", "aets", "aer", "aers", "aene", "aenes", "aen", "aens", "e", "er", "et", "ets", "ane", "anes"];
/// Of a stem that lost its last vowel: `sykler`, `midlene`, `søstre`, `syklane`.
const NO_CONTRACTED: Endings =
    &["er", "ers", "ene", "enes", "ar", "ars", "ane", "anes", "et", "ets", "a", "e", "es", "en"];
/// `søster, søstre`, and not `forsker`.
const NO_CONTRACTING: &[&str] = &["ster", "lder", "nter", "ffer", "mmer", "nger", "ber", "eter", "ater"];
const NN_PARTICIPLE_DD: Endings = &["tt", "dde"];
const NN_PARTICIPLE_STEM: Endings = &["t"];
/// Of a plural with another vowel.
const IRREGULAR_PLURAL: Endings =
    &["", "s", "n", "ns", "na", "nas", "nen", "nens", "en", "ne", "nes", "ene", "enes", "ane"];
const IRREGULAR_DEFINITE: Endings = &["ne", "nes"];

const EN_PLAIN: Endings = &["", "s", "ed", "ing"];
const EN_SIBILANT: Endings = &["", "s", "es", "ed", "ing"];
const EN_SHORT_E: Endings = &["", "s", "d"];
const EN_E: Endings = &["e", "es", "ed", "ing"];
const EN_Y: Endings = &["y", "ies", "ied", "ying"];
const EN_DOUBLED: Endings = &["ed", "ing"];
const EN_IS: Endings = &["is", "es"];

const INTERNATIONAL: Endings = &["", "s", "en", "et", "n", "er", "a"];

/// Plurals of another stem: language, what a word ends with, what its plural ends with then. The word may be the last
/// element of a compound.
const IRREGULAR: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/patterns/irregular.txt"));

static IRREGULARS: LazyLock<Vec<(Language, &str, &str)>> = LazyLock::new(|| {
    let row = |line: &'static str| {
        let mut fields = line.split_whitespace();
        Some((Language::from_word(fields.next()?)?, fields.next()?, fields.next()?))
    };
    IRREGULAR.lines().filter_map(row).collect()
});

/// British letters and the American ones, in words from [`AMERICAN_FROM`] letters.
const AMERICAN: &[(&str, &str)] = &[
    ("ae", "e"),
    ("oe", "e"),
    ("isation", "ization"),
    ("ise", "ize"),
    ("yse", "yze"),
    ("our", "or"),
    ("lled", "led"),
    ("lling", "ling"),
    ("centre", "center"),
];
const AMERICAN_FROM: usize = 6;

/// The last letter of a stem where the fold may join it with the first of an ending.
pub fn joining(stem: &str) -> Option<char> {
    stem.chars().last().filter(|last| matches!(last, 'a' | 'o'))
}

/// Endings as numbers (see [`packed_ending`]), as they are folded behind such a letter or behind any other.
pub fn packed_endings(endings: Endings, joining: Option<char>) -> Vec<u64> {
    let mut folder = Folded::default();
    let before = joining.unwrap_or('x');
    let mut fold = |ending: &str| {
        folder.fold(&format!("{before}{ending}"), Folding::Plain);
        packed_ending(folder.bytes().get(1..)?)
    };
    endings.iter().filter_map(|ending| fold(ending)).collect()
}

/// A few letters as a number, so that endings are compared as numbers; none for more than eight.
pub fn packed_ending(ending: &[u8]) -> Option<u64> {
    (ending.len() <= 8).then(|| packed(ending))
}

/// The stems of one word in one language.
pub fn stems(word: &str, language: Language) -> Vec<Stem> {
    let length = word.chars().count();
    let mut out = Stems(Vec::with_capacity(3));
    if !word.chars().last().is_some_and(char::is_alphabetic) {
        out.add(word, EXACT);
        return out.0;
    }
    match language {
        Language::Int => out.add(word, INTERNATIONAL),
        Language::En => english(word, length, &mut out),
        _ if length < SHORT => out.add(word, SHORT_NORDIC),
        Language::Sv => swedish(word, length, &mut out),
        Language::Nb | Language::Nn => norwegian(word, length, language, &mut out),
    }
    let english = language == Language::En;
    // what short words become lists say themselves: `söner` without its dots is another word
    let fits = |of: Language| of == language && (english || length >= SHORT);
    for (_, singular, plural) in IRREGULARS.iter().filter(|(of, ..)| fits(*of)) {
        let Some(before) = word.strip_suffix(singular) else { continue };
        let stem = format!("{before}{plural}");
        out.add(&stem, if english { EN_PLAIN } else { IRREGULAR_PLURAL });
        // `bøker, bøkene`
        if let Some(stem) = stem.strip_suffix('r').filter(|_| matches!(language, Language::Nb | Language::Nn)) {
            out.add(stem, IRREGULAR_DEFINITE);
        }
    }
    out.0
}

/// Stems so far.
struct Stems(Vec<Stem>);

impl Stems {
    fn add(&mut self, text: &str, endings: Endings) {
        self.0.push(Stem { text: text.to_owned(), endings });
    }
}

fn english(word: &str, length: usize, out: &mut Stems) {
    if length >= AMERICAN_FROM {
        for (british, american) in AMERICAN.iter().filter(|(british, _)| word.contains(british)) {
            english_endings(&word.replacen(british, american, 1), length, out);
        }
    }
    english_endings(word, length, out);
    let mut back = word.chars().rev();
    let (last, vowel, before) = (back.next(), back.next(), back.next());
    if let (Some(last), Some(vowel), Some(before)) = (last, vowel, before)
        && is_vowel(vowel)
        && !is_vowel(before)
        && !is_vowel(last)
        && !matches!(last, 'w' | 'x' | 'y' | 's')
    {
        out.add(&format!("{word}{last}"), EN_DOUBLED);
    }
}

fn english_endings(word: &str, length: usize, out: &mut Stems) {
    let after_consonant = |stem: &&str| stem.chars().last().is_some_and(|c| !is_vowel(c));
    if let Some(stem) = word.strip_suffix('e') {
        match length >= SHORT {
            true => out.add(stem, EN_E),
            false => out.add(word, EN_SHORT_E),
        }
    } else if let Some(stem) = word.strip_suffix('y').filter(after_consonant) {
        out.add(stem, EN_Y);
    } else if let Some(stem) = word.strip_suffix("is").filter(|_| length > SHORT) {
        out.add(stem, EN_IS);
    } else if word.ends_with(['s', 'x', 'z', 'h', 'o']) {
        out.add(word, EN_SIBILANT);
    } else {
        out.add(word, EN_PLAIN);
    }
}

fn swedish(word: &str, length: usize, out: &mut Stems) {
    if let Some(stem) = word.strip_suffix('e').filter(|s| s.ends_with("ar")) {
        out.add(stem, SV_ARE);
    } else if let Some(stem) = word.strip_suffix('a') {
        out.add(stem, SV_A);
    } else if let Some(stem) = word.strip_suffix('e') {
        out.add(stem, SV_E);
    } else if let Some(stem) = word.strip_suffix("dd") {
        out.add(word, SV_CONSONANT);
        out.add(stem, SV_PARTICIPLE_DD);
    } else if let Some(stem) = word.strip_suffix('d') {
        out.add(word, SV_CONSONANT);
        if stem.ends_with('a') {
            out.add(stem, SV_PARTICIPLE_D);
        } else if is_participle_stem(stem) {
            out.add(stem, SV_PARTICIPLE_STEM);
        }
    } else if let Some(stem) = word.strip_suffix("en") {
        out.add(stem, SV_EN);
        out.add(word, EXACT);
    } else {
        out.add(word, SV_CONSONANT);
        if let Some(doubled) = doubled(word) {
            out.add(&doubled, SV_DOUBLED);
        }
        if let Some(contracted) = contracted(word, &['m']) {
            out.add(&contracted, SV_CONTRACTED);
        }
        if let Some(stem) = latin_stem(word, length) {
            out.add(stem, UM);
        }
    }
}

fn norwegian(word: &str, length: usize, language: Language, out: &mut Stems) {
    if let Some(stem) = word.strip_suffix("et").filter(|_| length > SHORT) {
        if word.ends_with("het") || word.ends_with("itet") {
            out.add(word, NO_CONSONANT);
        } else {
            out.add(stem, NO_ET);
        }
    } else if let Some(stem) = word.strip_suffix("en").filter(|_| length > SHORT) {
        out.add(stem, NO_EN);
    } else if let Some(stem) = word.strip_suffix('e') {
        out.add(stem, NO_E);
    } else if let Some(stem) = word.strip_suffix('a') {
        out.add(stem, if stem.ends_with('m') || stem.ends_with("er") { NO_FOREIGN_A } else { NO_A });
    } else {
        out.add(word, NO_CONSONANT);
        if let Some(doubled) = doubled(word) {
            out.add(&doubled, NO_DOUBLED);
        }
        let agent = word.ends_with('r') && !NO_CONTRACTING.iter().any(|end| word.ends_with(end));
        if let Some(contracted) = contracted(word, CONSONANTS).filter(|_| !agent) {
            out.add(&contracted, NO_CONTRACTED);
        }
        if let Some(stem) = latin_stem(word, length) {
            out.add(stem, UM);
        }
        if language == Language::Nn {
            if let Some(stem) = word.strip_suffix("dd") {
                out.add(stem, NN_PARTICIPLE_DD);
            } else if let Some(stem) = word.strip_suffix('d').filter(|stem| is_participle_stem(stem)) {
                out.add(stem, NN_PARTICIPLE_STEM);
            }
        }
    }
}

/// `muse` of `museum`, `sentr` of `sentrum`; `visum` has none.
fn latin_stem(word: &str, length: usize) -> Option<&str> {
    word.strip_suffix("um").filter(|stem| length > SHORT + 1 && stem.ends_with(['e', 'i', 'r']))
}

/// `dömd`, `inlagd`, `anmäld`, and not `vård` or `mord`: what is left of a participle without its `d`.
fn is_participle_stem(stem: &str) -> bool {
    let mut back = stem.chars().rev();
    match (back.next(), back.next()) {
        (Some('m' | 'j' | 'v'), Some(_)) => true,
        // `trygd` is a noun
        (Some('g'), Some(before)) => matches!(before, 'a' | 'ä' | 'ö' | 'n' | 'l'),
        (Some('l' | 'n' | 'r'), Some(before)) => matches!(before, 'ä' | 'ö' | 'y' | 'i' | 'e' | 'æ' | 'ø'),
        _ => false,
    }
}

/// `sykdom` → `sykdomm`, `hem` → `hemm`: a short vowel's consonant is doubled before an ending.
fn doubled(word: &str) -> Option<String> {
    let mut back = word.chars().rev();
    let (last, before) = (back.next()?, back.next()?);
    let fits = matches!(last, 'm' | 'n') && is_vowel(before);
    fits.then(|| format!("{word}{last}"))
}

const CONSONANTS: &[char] = &['b', 'd', 'f', 'g', 'k', 'l', 'm', 'n', 'p', 'r', 's', 't'];

/// `fågel` → `fågl`, `nummer` → `numr`, `trussel` → `trusl`: the vowel of the last syllable goes before an ending,
/// and of a consonant that is double before it one goes too, where it is one of `single`.
fn contracted(word: &str, single: &[char]) -> Option<String> {
    let last = word.chars().last().filter(|last| matches!(last, 'l' | 'r'))?;
    let before = word.strip_suffix(last)?.strip_suffix('e')?;
    if !before.contains(is_vowel) || before.ends_with(is_vowel) {
        return None;
    }
    let consonant = before.chars().last()?;
    let shorter = before.strip_suffix(consonant).filter(|s| s.ends_with(consonant) && single.contains(&consonant));
    Some(format!("{}{last}", shorter.unwrap_or(before)))
}

fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'å' | 'ä' | 'ö' | 'æ' | 'ø')
}

/// The forms a word takes when it is not the last of a multi-word term: adjectives agree
/// (`psykisk lidelse`, `psykiske lidelser`; `skyddad adress`, `skyddade adresser`).
pub fn agreeing(word: &str, language: Language) -> Vec<String> {
    let mut out = vec![word.to_owned()];
    let mut add = |form: String| {
        if !out.contains(&form) {
            out.push(form);
        }
    };
    match language {
        Language::En | Language::Int => {}
        Language::Sv => {
            if let Some(stem) = word.strip_suffix('d').filter(|s| s.ends_with('a')) {
                add(format!("{stem}t"));
                add(format!("{word}e"));
            } else if let Some(stem) = word.strip_suffix("at").filter(|_| word.chars().count() > SHORT) {
                add(format!("{stem}ad"));
                add(format!("{stem}ade"));
            } else if is_adjective(word) {
                add(format!("{word}a"));
                add(format!("{word}t"));
            } else if let Some(stem) = neuter(word) {
                add(stem.to_owned());
                add(format!("{stem}a"));
            } else if let Some(stem) = word.strip_suffix('d').filter(|stem| is_participle_stem(stem)) {
                add(format!("{stem}t"));
                add(format!("{word}a"));
            } else if word.ends_with("tt") {
                add(format!("{word}a"));
            } else if let Some(stem) = word.strip_suffix("en").filter(|_| word.chars().count() > SHORT) {
                add(format!("{stem}et"));
                add(format!("{stem}na"));
            }
        }
        Language::Nb | Language::Nn => {
            if is_adjective(word) {
                add(format!("{word}e"));
            } else if let Some(stem) = word.strip_suffix('e').filter(|s| is_adjective(s)) {
                add(stem.to_owned());
            } else if let Some(stem) = neuter(word) {
                add(stem.to_owned());
                add(format!("{stem}e"));
            } else if ["tt", "rt", "st", "kt", "mt"].iter().any(|e| word.ends_with(e)) {
                add(format!("{word}e"));
            } else if let Some(stem) = word.strip_suffix("en").filter(|_| word.chars().count() > SHORT) {
                add(format!("{stem}ne"));
            }
        }
    }
    out
}

/// `högt` → `hög`, `lavt` → `lav`.
fn neuter(word: &str) -> Option<&str> {
    word.strip_suffix('t').filter(|stem| stem.ends_with(['g', 'v', 'y', 'n', 'k', 'l']))
}

fn is_adjective(word: &str) -> bool {
    ["isk", "ig", "leg", "sam", "iv", "al", "ell", "tell"].iter().any(|e| word.ends_with(e))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::super::keys::LONGEST_ENDING;
    use super::*;

    #[test]
    fn no_ending_is_longer_than_the_scan_allows_for() {
        for language in [Language::Sv, Language::Nb, Language::Nn, Language::En, Language::Int] {
            for word in [
                "flicka", "skjema", "pojke", "läkare", "sykkel", "nummer", "museum", "utredd", "dömd", "våpen",
                "mobbet",
            ] {
                for stem in stems(word, language) {
                    assert!(packed_endings(stem.endings, joining(&stem.text)).len() == stem.endings.len(), "{word}");
                    assert!(stem.endings.iter().all(|e| e.len() <= LONGEST_ENDING && e.is_ascii()), "{word}");
                }
            }
        }
    }

    #[test]
    fn adjectives_agree_inside_a_term() {
        assert_eq!(agreeing("psykisk", Language::Nb), ["psykisk", "psykiske"]);
        assert_eq!(agreeing("skyddad", Language::Sv), ["skyddad", "skyddat", "skyddade"]);
        assert_eq!(agreeing("våld", Language::Sv), ["våld"]);
    }
}
