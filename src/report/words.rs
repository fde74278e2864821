//! The texts of a report, from `patterns/report/LANGUAGE.toml`, and how numbers are written. Compiled in.
//!
//! Words of categories are those of the notices: one word for one thing.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::sheet::Name;
use super::suppress::{Figure, SHOWN_FROM};
use super::tally::{Dimension, NO_DAY, NO_DOMAIN};
use crate::notice::facts::Language;
use crate::notice::{Texts, words::Words as NoticeWords};
use crate::policy::Verdict;

/// One language.
#[derive(Debug)]
pub struct Words {
    pub language: Language,
    pub texts: Written,
    categories: BTreeMap<String, String>,
}

/// A file of texts as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    pub title: String,
    pub about: String,
    pub decimal: String,
    pub thousands: String,
    pub total: String,
    /// `{n}`
    others: String,
    /// `{n}`
    pub more_rows: String,
    /// `{title}`
    pub chart: String,
    no_channel: String,
    no_domain: String,
    no_day: String,
    pub too_few: String,
    pub facts: Facts,
    pub headline: Headline,
    pub guide: Guide,
    pub units: Units,
    outcomes: BTreeMap<String, String>,
    tables: BTreeMap<String, Table>,
    severity: BTreeMap<String, String>,
    level: BTreeMap<String, String>,
    unread: BTreeMap<String, String>,
    state: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    pub period: String,
    /// `{from} {to}`
    pub period_of: String,
    pub period_none: String,
    pub read: String,
    /// `{mails}`
    pub read_files: String,
    /// `{mails}`
    pub read_store: String,
    /// `{n}`
    pub failed: String,
    /// `{n}`
    pub undecided: String,
    pub mode: String,
    pub mode_builtin: String,
    /// `{n}`
    pub observe: String,
    /// `{n}`
    pub enforce: String,
    pub patterns: String,
    /// `{edition}`
    pub patterns_own: String,
    pub made: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Headline {
    pub held: String,
    pub warned: String,
    pub rerouted: String,
    pub sent: String,
    pub chart: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guide {
    pub title: String,
    pub points: Vec<String>,
    pub few: String,
    pub withheld: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Units {
    /// `{unit}`
    pub title: String,
    /// `{mails} {held}`
    pub intro: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub title: String,
    pub row: String,
    pub note: String,
}

/// A fault in what is compiled in; a test sees it first.
#[derive(Debug, thiserror::Error)]
#[error("texts of the report in {language}: {fault}")]
pub struct WordsError {
    language: &'static str,
    fault: String,
}

impl Words {
    pub fn of(language: Language) -> Result<Self, WordsError> {
        let text = match language {
            Language::Sv => include_str!("../../patterns/report/sv.toml"),
            Language::Nb => include_str!("../../patterns/report/nb.toml"),
            Language::Nn => include_str!("../../patterns/report/nn.toml"),
            Language::En => include_str!("../../patterns/report/en.toml"),
        };
        let fault = |fault: String| WordsError { language: language.as_str(), fault };
        let texts: Written = toml::from_str(text).map_err(|error| fault(error.to_string()))?;
        let notices = Texts::builtin().map_err(|error| fault(error.to_string()))?;
        let NoticeWords { categories, .. } =
            notices.edition(language).map(|e| e.words.clone()).ok_or_else(|| fault("no words of notices".into()))?;
        Ok(Words { language, texts, categories })
    }

    pub fn outcome(&self, outcome: Verdict) -> &str {
        known(&self.texts.outcomes, outcome.as_str())
    }

    /// `None` where the file has no such table, which a test sees first.
    pub fn table(&self, dimension: Dimension) -> Option<&Table> {
        self.texts.tables.get(dimension.as_str())
    }

    /// The name of a row.
    pub fn row(&self, dimension: Dimension, name: &Name) -> String {
        let word = match name {
            Name::Total => return self.texts.total.clone(),
            Name::Others(rows) => return self.texts.others.replace("{n}", &self.number(*rows)),
            Name::Word(word) => word.as_str(),
        };
        let texts = &self.texts;
        match dimension {
            Dimension::Category => known(&self.categories, word).to_owned(),
            Dimension::Severity => known(&texts.severity, word).to_owned(),
            Dimension::Level => known(&texts.level, word).to_owned(),
            Dimension::Unread => known(&texts.unread, word).to_owned(),
            Dimension::State => known(&texts.state, word).to_owned(),
            Dimension::Channel => match word.rsplit_once('/') {
                Some(("", level)) => format!("{} ({})", texts.no_channel, known(&texts.level, level)),
                Some((id, level)) => format!("{id} ({})", known(&texts.level, level)),
                None => word.to_owned(),
            },
            Dimension::Domain if word == NO_DOMAIN => texts.no_domain.clone(),
            Dimension::Day if word == NO_DAY => texts.no_day.clone(),
            _ => word.to_owned(),
        }
    }

    /// A number with its thousands apart.
    pub fn number(&self, number: u64) -> String {
        let digits = number.to_string();
        let mut written = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                written.push_str(&self.texts.thousands);
            }
            written.push(digit);
        }
        written
    }

    pub fn figure(&self, figure: Figure) -> String {
        match figure {
            Figure::Shown(number) => self.number(number),
            Figure::Few | Figure::Withheld => mark(figure),
        }
    }

    /// The share of a whole, `12.5 %`; nothing where one of the two is not shown.
    pub fn share(&self, part: Figure, whole: Figure) -> Option<String> {
        self.of_so_many(part, whole, 100).map(|share| format!("{share}\u{a0}%"))
    }

    /// Of a thousand, `3.6`; nothing where one of the two is not shown.
    pub fn per_thousand(&self, part: Figure, whole: Figure) -> Option<String> {
        self.of_so_many(part, whole, 1000)
    }

    fn of_so_many(&self, part: Figure, whole: Figure, many: u128) -> Option<String> {
        let (Figure::Shown(part), Figure::Shown(whole)) = (part, whole) else { return None };
        // Tenths, rounded to the nearest.
        let tenths = (u128::from(part) * many * 20 + u128::from(whole)).checked_div(u128::from(whole) * 2)?;
        Some(format!("{}{}{}", tenths / 10, self.texts.decimal, tenths % 10))
    }
}

/// A figure for machines: a number, or the mark of what is not shown.
pub fn mark(figure: Figure) -> String {
    match figure {
        Figure::Shown(number) => number.to_string(),
        Figure::Few => format!("<{SHOWN_FROM}"),
        Figure::Withheld => "*".to_owned(),
    }
}

/// A word of the closed lists in this language; one that is not in it comes as it is.
fn known<'a>(table: &'a BTreeMap<String, String>, word: &'a str) -> &'a str {
    table.get(word).map_or(word, String::as_str)
}

#[cfg(test)]
mod tests {
    use super::super::tally::OUTCOMES;
    use super::*;
    use crate::channel::Level;
    use crate::detect::{Category, Severity};
    use crate::inspect::Reason;
    use crate::store::State;

    #[test]
    fn every_language_has_every_word() {
        let reference = Words::of(Language::En).unwrap();
        for language in Language::ALL {
            let words = Words::of(language).unwrap();
            let lists = [
                (&words.texts.outcomes, OUTCOMES.map(Verdict::as_str).to_vec()),
                (&words.texts.severity, Severity::ALL.map(Severity::as_str).to_vec()),
                (&words.texts.level, Level::ALL.map(Level::as_str).to_vec()),
                (&words.texts.unread, Reason::ALL.map(Reason::rule).to_vec()),
                (&words.texts.state, State::ALL.map(State::as_str).to_vec()),
                (&words.categories, Category::ALL.map(Category::as_str).to_vec()),
            ];
            for (table, wanted) in lists {
                for word in wanted {
                    assert!(table.get(word).is_some_and(|text| !text.is_empty()), "{language:?}: {word}");
                }
            }
            let tables: Vec<_> = words.texts.tables.keys().map(String::as_str).collect();
            let mut wanted = Dimension::ALL.map(Dimension::as_str).to_vec();
            wanted.sort_unstable();
            assert_eq!(tables, wanted, "{language:?}");
            assert_eq!(words.texts.guide.points.len(), reference.texts.guide.points.len(), "{language:?}");
            let facts = &words.texts.facts;
            for (text, slot) in [
                (&words.texts.others, "{n}"),
                (&words.texts.more_rows, "{n}"),
                (&words.texts.chart, "{title}"),
                (&facts.period_of, "{from}"),
                (&facts.period_of, "{to}"),
                (&facts.read_files, "{mails}"),
                (&facts.read_store, "{mails}"),
                (&facts.failed, "{n}"),
                (&facts.undecided, "{n}"),
                (&facts.observe, "{n}"),
                (&facts.enforce, "{n}"),
                (&facts.patterns_own, "{edition}"),
                (&words.texts.units.title, "{unit}"),
                (&words.texts.units.intro, "{mails}"),
                (&words.texts.units.intro, "{held}"),
            ] {
                assert_eq!(text.matches(slot).count(), 1, "{language:?}: {text}");
            }
        }
    }

    #[test]
    fn numbers_and_shares_as_people_write_them() {
        let words = Words::of(Language::Sv).unwrap();
        for (number, wanted) in [(0, "0"), (999, "999"), (1000, "1\u{a0}000"), (1234567, "1\u{a0}234\u{a0}567")] {
            assert_eq!(words.number(number), wanted);
        }
        let share = |part, whole| words.share(Figure::Shown(part), Figure::Shown(whole));
        assert_eq!(share(1, 8).as_deref(), Some("12,5\u{a0}%"));
        assert_eq!(share(2, 3).as_deref(), Some("66,7\u{a0}%"));
        assert_eq!(share(0, 0), None);
        assert_eq!(words.per_thousand(Figure::Shown(45), Figure::Shown(12_340)).as_deref(), Some("3,6"));
        assert_eq!(words.share(Figure::Few, Figure::Shown(10)), None);
    }

    #[test]
    fn a_channel_is_named_by_id_and_evidence() {
        let words = Words::of(Language::Nb).unwrap();
        let row = |word: &str| words.row(Dimension::Channel, &Name::Word(word.into()));
        assert_eq!(row("intern/enforced"), "intern (tvunget gjennom)");
        assert_eq!(row("/unknown"), "ingen kanal i registeret (ukjent)");
    }
}
