//! What a report says of itself: period, what was read, the rules and patterns it was judged by.

use jiff::Zoned;

use crate::policy::{Mode, Units, Verdict};
use crate::report::sheet::{Row, Sheets};
use crate::report::suppress::Figure;
use crate::report::tally::OUTCOMES;
use crate::report::words::Words;

/// Where the mails came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Files; this many could not be read.
    Files { failed: usize },
    /// The store; this many attempts were not decided. The days that were asked for, where any were.
    Store { undecided: u64, from: Option<String>, to: Option<String> },
}

/// Units by their mode; `None` where no configuration was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modes {
    pub observe: u64,
    pub enforce: u64,
}

impl Modes {
    pub fn of(units: &Units) -> Self {
        let mut modes = Modes::default();
        for unit in units.all() {
            match unit.rules.mode {
                Mode::Observe => modes.observe += 1,
                Mode::Enforce => modes.enforce += 1,
            }
        }
        modes
    }
}

#[derive(Clone, Debug)]
pub struct About {
    pub source: Source,
    pub modes: Option<Modes>,
    /// Short digest of the patterns and profiles.
    pub edition: String,
    /// The organisation has patterns or profiles of its own.
    pub own: bool,
    pub made: Zoned,
}

impl About {
    /// First and last day, as far as any are known.
    pub fn period(&self, sheets: &Sheets) -> Option<(String, String)> {
        let (from, to) = match &self.source {
            Source::Store { from, to, .. } => (from.clone(), to.clone()),
            Source::Files { .. } => (None, None),
        };
        let shown = sheets.period();
        let from = from.or_else(|| shown.map(|(first, _)| first.to_owned()))?;
        let to = to.or_else(|| shown.map(|(_, last)| last.to_owned())).unwrap_or_else(|| self.made.date().to_string());
        Some((from, to))
    }

    /// Labels and what stands beside them, in words.
    pub fn facts(&self, sheets: &Sheets, words: &Words) -> Vec<(String, String)> {
        let facts = &words.texts.facts;
        let mails = words.figure(sheets.all.sum());
        let period = self.period(sheets).map_or_else(
            || facts.period_none.clone(),
            |(from, to)| facts.period_of.replace("{from}", &from).replace("{to}", &to),
        );
        let (mut read, missing, text) = match &self.source {
            Source::Files { failed } => {
                (facts.read_files.clone(), Figure::Shown(u64::try_from(*failed).unwrap_or(u64::MAX)), &facts.failed)
            }
            Source::Store { undecided, .. } => (facts.read_store.clone(), Figure::alone(*undecided), &facts.undecided),
        };
        read = read.replace("{mails}", &mails);
        if missing != Figure::Shown(0) {
            read = format!("{read}. {}", text.replace("{n}", &words.figure(missing)));
        }
        let mode = match self.modes {
            None => facts.mode_builtin.clone(),
            Some(modes) => [(&facts.observe, modes.observe), (&facts.enforce, modes.enforce)]
                .into_iter()
                .filter(|(_, n)| *n > 0)
                .map(|(text, n)| text.replace("{n}", &words.number(n)))
                .collect::<Vec<_>>()
                .join("; "),
        };
        let patterns =
            if self.own { facts.patterns_own.replace("{edition}", &self.edition) } else { self.edition.clone() };
        let made = format!("{}, Sluss {}", self.made.strftime("%Y-%m-%d %H:%M"), env!("CARGO_PKG_VERSION"));
        vec![
            (facts.period.clone(), period),
            (facts.read.clone(), read),
            (facts.mode.clone(), mode),
            (facts.patterns.clone(), patterns),
            (facts.made.clone(), made),
        ]
    }
}

/// What would have happened, gravest first: number, share of all, description.
pub fn headline(all: &Row, words: &Words) -> Vec<(String, Option<String>, String)> {
    let of = |outcome: Verdict| {
        let place = OUTCOMES.iter().position(|known| *known == outcome);
        place.and_then(|place| all.figures.get(place)).copied().unwrap_or(Figure::Withheld)
    };
    let texts = &words.texts.headline;
    let stopped = held(all);
    let share = |figure| words.share(figure, all.sum());
    let mut lines = vec![(held_in_words(all, words), stopped.and_then(share), texts.held.clone())];
    for (outcome, text) in
        [(Verdict::Reroute, &texts.rerouted), (Verdict::Warn, &texts.warned), (Verdict::Relay, &texts.sent)]
    {
        let figure = of(outcome);
        if figure != Figure::Shown(0) || outcome == Verdict::Relay {
            lines.push((words.figure(figure), share(figure), text.clone()));
        }
    }
    lines
}

/// Held and refused together, where both are shown.
fn held(row: &Row) -> Option<Figure> {
    match (row.figures[3], row.figures[4]) {
        (Figure::Shown(held), Figure::Shown(refused)) => Some(Figure::Shown(held.saturating_add(refused))),
        _ => None,
    }
}

/// `120`, or `120 + <5` where one of the two is not shown.
pub fn held_in_words(row: &Row, words: &Words) -> String {
    match held(row) {
        Some(figure) => words.figure(figure),
        None => [row.figures[3], row.figures[4]]
            .into_iter()
            .filter(|figure| *figure != Figure::Shown(0))
            .map(|figure| words.figure(figure))
            .collect::<Vec<_>>()
            .join(" + "),
    }
}
