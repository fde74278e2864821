//! Inflection: a word as in the lexicon becomes stems, each with the endings it may carry.
//!
//! The rules over-generate on purpose: a form that is no word is never met. What they must not do is
//! turn one word into another, so short words take few endings. Endings are folded (see `fold`).

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

/// Folded endings a stem may carry; `""` is among them when the stem is a word itself.
pub type Endings = &'static [&'static str];

/// Only the form itself.
pub const EXACT: Endings = &[""];
/// Abbreviations written in capitals: `BUP`, `BUPs`, `LVU:n`, `PPT-en`.
pub const ABBREVIATION: Endings = &["", "s", "n", "en", "ens", "er", "et", "a"];

const SHORT_NORDIC: Endings = &["", "s", "en", "ens", "et", "ets", "a"];

const SV_CONSONANT: Endings = &[
    "", "s", "en", "ens", "et", "ets", "ar", "ars", "arna", "arnas", "er", "ers", "erna", "ernas", "na", "nas", "a",
    "as", "t", "ts", "e", "es", "n", "ns", "or", "orna", "ad", "at", "ade", "ande",
];
const SV_DOUBLED: Endings = &["en", "ens", "et", "ets", "ar", "arna", "arnas", "er", "erna", "a", "e", "na"];
const SV_A: Endings = &[
    "a", "an", "as", "ans", "or", "ors", "orna", "ornas", "ar", "at", "ats", "ade", "ades", "ad", "ande", "are",
    "aren", "arna", "er", "te", "de", "s",
];
const SV_E: Endings = &["e", "en", "es", "ens", "ar", "ars", "arna", "arnas", "er", "erna", "a", "et", "ets"];
const SV_ARE: Endings = &["e", "en", "es", "ens", "na", "nas"];
const SV_PARTICIPLE_D: Endings = &["d", "t", "de", "des", "s"];
const SV_PARTICIPLE_EN: Endings = &["en", "et", "na", "nas", "ne", "ets", "ens"];

const NO_CONSONANT: Endings = &[
    "", "s", "en", "ens", "et", "ets", "er", "ers", "ene", "enes", "a", "as", "ar", "ars", "ane", "anes", "e", "es",
    "t", "te", "i", "ne", "nes", "ande", "ende",
];
const NO_DOUBLED: Endings = &["en", "ens", "et", "ets", "er", "ene", "enes", "ar", "ane", "a", "e", "te"];
const NO_E: Endings = &[
    "e", "en", "es", "ens", "er", "ers", "ene", "enes", "a", "as", "ar", "ane", "anes", "et", "ets", "te", "t", "ende",
    "ande", "de",
];
const NO_PARTICIPLE_ET: Endings = &["et", "ede", "a", "te", "ets"];
const NO_PARTICIPLE_EN: Endings = &["en", "et", "e", "ne", "i", "a", "nes", "ens"];
const NO_A: Endings = &["a", "e", "as", "ene", "er", "et"];

const EN_PLAIN: Endings = &["", "s", "es", "ed", "d", "ing"];
const EN_E: Endings = &["e", "es", "ed", "ing"];
const EN_Y: Endings = &["y", "ies", "ied", "ying"];

const INTERNATIONAL: Endings = &["", "s", "en", "et", "n", "er", "a"];

/// The stems of one word in one language.
pub fn stems(word: &str, language: Language) -> Vec<Stem> {
    let length = word.chars().count();
    let mut out = Vec::with_capacity(2);
    let mut add = |text: &str, endings| out.push(Stem { text: text.to_owned(), endings });
    if !word.chars().last().is_some_and(char::is_alphabetic) {
        add(word, EXACT);
        return out;
    }
    match language {
        Language::Int => add(word, INTERNATIONAL),
        Language::En => match (word.strip_suffix('e'), word.strip_suffix('y')) {
            (Some(stem), _) if length >= SHORT => add(stem, EN_E),
            (_, Some(stem)) if length >= SHORT => add(stem, EN_Y),
            _ => add(word, EN_PLAIN),
        },
        _ if length < SHORT => add(word, SHORT_NORDIC),
        Language::Sv => {
            if let Some(stem) = word.strip_suffix('e').filter(|s| s.ends_with("ar")) {
                add(stem, SV_ARE);
            } else if let Some(stem) = word.strip_suffix('a') {
                add(stem, SV_A);
            } else if let Some(stem) = word.strip_suffix('e') {
                add(stem, SV_E);
            } else if let Some(stem) = word.strip_suffix('d').filter(|s| s.ends_with(['a', 'i', 'r'])) {
                add(stem, SV_PARTICIPLE_D);
                add(word, SV_CONSONANT);
            } else if let Some(stem) = word.strip_suffix("en") {
                add(stem, SV_PARTICIPLE_EN);
                add(word, EXACT);
            } else {
                add(word, SV_CONSONANT);
                if let Some(doubled) = doubled(word) {
                    add(&doubled, SV_DOUBLED);
                }
            }
        }
        Language::Nb | Language::Nn => {
            if let Some(stem) = word.strip_suffix("et").filter(|_| length > SHORT) {
                add(stem, NO_PARTICIPLE_ET);
            } else if let Some(stem) = word.strip_suffix("en").filter(|_| length > SHORT) {
                add(stem, NO_PARTICIPLE_EN);
            } else if let Some(stem) = word.strip_suffix('e') {
                add(stem, NO_E);
            } else if let Some(stem) = word.strip_suffix('a') {
                add(stem, NO_A);
            } else {
                add(word, NO_CONSONANT);
                if let Some(doubled) = doubled(word) {
                    add(&doubled, NO_DOUBLED);
                }
            }
        }
    }
    out
}

/// `sykdom` → `sykdomm`, `hem` → `hemm`: a short vowel's consonant is doubled before an ending.
fn doubled(word: &str) -> Option<String> {
    let mut back = word.chars().rev();
    let (last, before) = (back.next()?, back.next()?);
    let fits = matches!(last, 'm' | 'n') && is_vowel(before);
    fits.then(|| format!("{word}{last}"))
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
            } else if is_adjective(word) {
                add(format!("{word}a"));
                add(format!("{word}t"));
            }
        }
        Language::Nb | Language::Nn => {
            if is_adjective(word) {
                add(format!("{word}e"));
            } else if let Some(stem) = word.strip_suffix('e').filter(|s| is_adjective(s)) {
                add(stem.to_owned());
            }
        }
    }
    out
}

fn is_adjective(word: &str) -> bool {
    ["isk", "ig", "sam", "iv", "al", "ell", "tell"].iter().any(|e| word.ends_with(e))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    fn has(word: &str, language: Language, form: &str) -> bool {
        stems(word, language)
            .iter()
            .any(|s| form.strip_prefix(s.text.as_str()).is_some_and(|rest| s.endings.contains(&rest)))
    }

    #[test]
    fn inflected_forms_are_reached() {
        use Language::{En, Nb, Nn, Sv};
        for (language, word, forms) in [
            (Sv, "diagnos", "diagnos diagnosen diagnoser diagnoserna diagnosernas"),
            (Sv, "barn", "barnet barnets barnen barnens"),
            (Sv, "sjukdom", "sjukdomen sjukdomar sjukdomarna"),
            (Sv, "deprimerad", "deprimerat deprimerade"),
            (Sv, "flicka", "flickan flickor flickornas"),
            (Sv, "misshandla", "misshandlar misshandlade misshandlat misshandlad"),
            (Sv, "missbrukare", "missbrukaren missbrukarna missbrukares"),
            (Sv, "utskriven", "utskrivna utskrivet"),
            (Sv, "familjehem", "familjehemmet familjehemmen"),
            (Sv, "hemlös", "hemlösa hemlöst"),
            (Nb, "sykdom", "sykdommen sykdommer sykdommene sykdommens"),
            (Nb, "brudd", "bruddet bruddene"),
            (Nb, "sykemelding", "sykemeldingen sykemeldinga sykemeldinger"),
            (Nb, "lidelse", "lidelsen lidelser lidelsene"),
            (Nb, "bruker", "brukeren brukere brukerne"),
            (Nb, "mobbet", "mobbet mobbede mobba"),
            (Nb, "sykmeldt", "sykmeldte"),
            (Nn, "brukar", "brukaren brukarar brukarane"),
            (Nn, "helse", "helsa"),
            (Nn, "vedtak", "vedtaket vedtaka"),
            (Nn, "sjukmelding", "sjukmeldinga sjukmeldingar sjukmeldingane"),
            (En, "pregnancy", "pregnancies"),
            (En, "allergy", "allergy allergies"),
            (En, "seizure", "seizures"),
            (En, "refugee", "refugees"),
        ] {
            for form in forms.split(' ') {
                assert!(has(word, language, form), "{word}: {form}");
            }
        }
    }

    #[test]
    fn short_words_do_not_become_other_words() {
        for (language, word, other) in
            [(Language::Sv, "mor", "mord"), (Language::Sv, "far", "farlig"), (Language::Sv, "son", "soner")]
        {
            assert!(!has(word, language, other), "{word}: {other}");
        }
    }

    #[test]
    fn no_ending_is_longer_than_the_scan_allows_for() {
        for endings in [SV_CONSONANT, SV_A, SV_E, NO_CONSONANT, NO_E, EN_PLAIN, INTERNATIONAL, ABBREVIATION] {
            assert!(endings.iter().all(|e| e.len() <= 5 && e.is_ascii()));
        }
    }

    #[test]
    fn adjectives_agree_inside_a_term() {
        assert_eq!(agreeing("psykisk", Language::Nb), ["psykisk", "psykiske"]);
        assert_eq!(agreeing("skyddad", Language::Sv), ["skyddad", "skyddat", "skyddade"]);
        assert_eq!(agreeing("våld", Language::Sv), ["våld"]);
    }
}
