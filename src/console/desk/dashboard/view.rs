//! The dashboard in words, bars and tables.

use askama::Template;
use jiff::SignedDuration;
use serde::Deserialize;

use super::Period;
use crate::console::desk::channels::{Ends, ending};
use crate::console::desk::{Closed, Shell, Visit};
use crate::console::rights::Right;
use crate::console::texts::filled;
use crate::report::chart::{self, STRIPES};
use crate::report::csv::{BYTE_ORDER_MARK, line};
use crate::report::sheet::Name;
use crate::report::suppress::Figure;
use crate::report::tally::Dimension;
use crate::report::words::{Words, mark};
use crate::report::year::{ALARM, FATES, OTHERS, Span, Theme, Year};
use crate::store::Reconciliation;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    title: String,
    /// `{period}` `{mails}` `{stopped}` `{per}`
    lead: String,
    /// `{share}`
    lead_solved: String,
    /// `{period}`
    lead_none: String,
    /// `{period}`
    lead_few: String,
    observes: String,
    period: String,
    show: String,
    csv: String,
    months: String,
    quarters: String,
    years: String,
    /// `{month}` `{year}`
    month: String,
    /// `{n}` `{year}`
    quarter: String,
    figures: String,
    per_thousand: String,
    stopped: String,
    rerouted: String,
    rerouted_column: String,
    solved: String,
    median: String,
    alarms: String,
    not_shown: String,
    /// `{n}`
    minutes: String,
    /// `{n}`
    hours: String,
    /// `{n}`
    days: String,
    over_time: String,
    /// `{year}`
    over_time_note: String,
    /// `{year}`
    chart: String,
    month_column: String,
    mails: String,
    warned: String,
    total: String,
    categories: String,
    categories_note: String,
    category: String,
    units: String,
    units_note: String,
    unit: String,
    other_units: String,
    levels: String,
    levels_note: String,
    level: String,
    fates: String,
    fates_note: String,
    fate: String,
    held: String,
    sender: String,
    released: String,
    returned: String,
    discarded: String,
    expired: String,
    waiting: String,
    none: String,
    channels: String,
    channels_none: String,
    channels_more: String,
    service: String,
    /// `{n}`
    accounted: String,
    unaccounted: String,
    well: String,
    /// `{checks}`
    unwell: String,
    guide: String,
    guide_people: String,
    guide_marks: String,
    guide_wrong: String,
}

#[derive(Template)]
#[template(path = "desk/dashboard.html")]
pub struct Dashboard<'v> {
    shell: Shell<'v>,
    texts: &'v Texts,
    lead: String,
    observes: bool,
    groups: Vec<Group<'v>>,
    csv: String,
    key: Vec<Key<'v>>,
    stripes: &'static str,
    chart: String,
    chart_alt: String,
    over_time: String,
    grids: Vec<Grid<'v>>,
    ends: Vec<Ends>,
    channels: Option<String>,
    accounted: String,
    all_accounted: bool,
    health: String,
    well: bool,
}

struct Group<'v> {
    label: &'v str,
    choices: Vec<Choice>,
}

struct Choice {
    word: String,
    text: String,
    chosen: bool,
}

struct Key<'v> {
    label: &'v str,
    value: String,
}

/// A table of figures.
struct Grid<'v> {
    id: &'static str,
    title: &'v str,
    note: &'v str,
    columns: Vec<String>,
    rows: Vec<GridRow>,
}

struct GridRow {
    name: String,
    bar: String,
    cells: Vec<String>,
}

impl<'v> Dashboard<'v> {
    pub fn of(visit: &'v Visit, period: Period, year: &Year, figures: Reconciliation) -> Result<Self, Closed> {
        let texts = visit.room(|rooms| &rooms.dashboard)?;
        let words = visit.report()?;
        let page = Page { visit, texts, words, period, year };
        let unwell: Vec<String> = visit
            .desk
            .operations
            .health
            .checks()
            .into_iter()
            .filter(|(_, check)| check.state.is_err())
            .map(|(name, _)| name)
            .collect();
        let zone = visit.today();
        let columns: Vec<(String, Figure, String)> = (0..12)
            .map(|month| {
                let figure = year.figure(Theme::Stopped, "", Span::Month(month));
                (page.short_month(month), figure, words.figure(figure))
            })
            .collect();
        let held = words.figure(Figure::alone(figures.held));
        Ok(Dashboard {
            lead: page.lead(),
            observes: visit.desk.knowledge.units.all().any(|unit| unit.rules.mode == crate::policy::Mode::Observe),
            groups: page.groups(),
            csv: format!("{}/dashboard.csv?period={}", visit.prefix(), period.word()),
            key: page.key(),
            stripes: STRIPES,
            chart: chart::months(&columns),
            chart_alt: filled(&texts.chart, &[("year", &period.year.to_string())]),
            over_time: filled(&texts.over_time_note, &[("year", &period.year.to_string())]),
            grids: page.grids(),
            ends: ending(visit, zone)?,
            channels: visit.may(Right::Policy).then(|| format!("{}/channels", visit.prefix())),
            accounted: match figures.holds() {
                true => filled(&texts.accounted, &[("n", &held)]),
                false => texts.unaccounted.clone(),
            },
            all_accounted: figures.holds(),
            well: unwell.is_empty(),
            health: match unwell.is_empty() {
                true => texts.well.clone(),
                false => filled(&texts.unwell, &[("checks", &unwell.join(", "))]),
            },
            shell: visit.shell()?,
            texts,
        })
    }
}

/// What the parts of the page are made from.
struct Page<'v, 'y> {
    visit: &'v Visit,
    texts: &'v Texts,
    words: &'v Words,
    period: Period,
    year: &'y Year,
}

impl<'v> Page<'v, '_> {
    fn figure(&self, theme: Theme, word: &str) -> Figure {
        self.year.figure(theme, word, self.period.span)
    }

    fn name_of(&self, period: Period) -> String {
        let year = period.year.to_string();
        match period.span {
            Span::Month(month) => {
                let names = self.visit.words().map(|words| words.months.as_slice()).unwrap_or_default();
                let month = names.get(month).map_or("", String::as_str);
                filled(&self.texts.month, &[("month", month), ("year", &year)])
            }
            Span::Quarter(quarter) => {
                filled(&self.texts.quarter, &[("n", &(quarter + 1).to_string()), ("year", &year)])
            }
            Span::Year => year,
        }
    }

    /// The first letters, as they fit below a column.
    fn short_month(&self, month: usize) -> String {
        let names = self.visit.words().map(|words| words.months.as_slice()).unwrap_or_default();
        names.get(month).map(|name| name.chars().take(3).collect()).unwrap_or_default()
    }

    /// One sentence for whoever reads no other.
    fn lead(&self) -> String {
        let (mails, stopped) = (self.figure(Theme::Mails, ""), self.figure(Theme::Stopped, ""));
        let name = self.name_of(self.period);
        if mails == Figure::Shown(0) {
            return filled(&self.texts.lead_none, &[("period", &name)]);
        }
        let Some(per) = self.words.per_thousand(stopped, mails) else {
            return filled(&self.texts.lead_few, &[("period", &name)]);
        };
        let (mails, stopped) = (self.words.figure(mails), self.words.figure(stopped));
        let slots = [("period", name.as_str()), ("mails", &mails), ("stopped", &stopped), ("per", &per)];
        let lead = filled(&self.texts.lead, &slots);
        match self.solved() {
            Some(share) => format!("{lead} {}", filled(&self.texts.lead_solved, &[("share", &share)])),
            None => lead,
        }
    }

    fn solved(&self) -> Option<String> {
        self.words.share(self.figure(Theme::Fate, "sender"), self.figure(Theme::Held, ""))
    }

    fn key(&self) -> Vec<Key<'v>> {
        let texts = self.texts;
        let (mails, stopped) = (self.figure(Theme::Mails, ""), self.figure(Theme::Stopped, ""));
        let rerouted = self.figure(Theme::Sent, "reroute");
        let confidential = match (rerouted, stopped) {
            (Figure::Shown(rerouted), Figure::Shown(stopped)) => Figure::Shown(rerouted.saturating_add(stopped)),
            _ => Figure::Withheld,
        };
        let held = self.figure(Theme::Held, "");
        let lines = [
            (&texts.per_thousand, self.words.per_thousand(stopped, mails)),
            (&texts.stopped, Some(self.words.figure(stopped))),
            (&texts.solved, self.solved()),
            (&texts.rerouted, self.words.share(rerouted, confidential)),
            (&texts.median, self.year.median(self.period.span).map(|time| self.time(time))),
            (&texts.alarms, self.words.share(self.figure(Theme::Alarm, ALARM), held)),
        ];
        let key = |(label, value): (&'v String, Option<String>)| Key {
            label,
            value: value.unwrap_or_else(|| texts.not_shown.clone()),
        };
        lines.into_iter().map(key).collect()
    }

    /// Minutes, hours or days, whichever a person would say.
    fn time(&self, time: SignedDuration) -> String {
        let (text, number) = match time.as_mins() {
            minutes if minutes < 60 => (&self.texts.minutes, minutes),
            minutes if minutes < 48 * 60 => (&self.texts.hours, minutes / 60),
            minutes => (&self.texts.days, minutes / (24 * 60)),
        };
        filled(text, &[("n", &number.to_string())])
    }

    fn groups(&self) -> Vec<Group<'v>> {
        let labels = [&self.texts.months, &self.texts.quarters, &self.texts.years];
        let choice =
            |period: Period| Choice { word: period.word(), text: self.name_of(period), chosen: period == self.period };
        let groups = labels.into_iter().zip(Period::all(self.visit.today()));
        groups.map(|(label, periods)| Group { label, choices: periods.into_iter().map(choice).collect() }).collect()
    }

    fn grids(&self) -> Vec<Grid<'v>> {
        let texts = self.texts;
        let of = |id, theme, title, note, row: &'v String| self.grid(id, theme, title, note, row);
        vec![
            self.by_month(),
            of("categories", Theme::Category, &texts.categories, &texts.categories_note, &texts.category),
            of("units", Theme::Unit, &texts.units, &texts.units_note, &texts.unit),
            of("levels", Theme::Level, &texts.levels, &texts.levels_note, &texts.level),
            of("fates", Theme::Fate, &texts.fates, &texts.fates_note, &texts.fate),
        ]
    }

    /// The months of the year that have begun, whatever becomes of mail beside one another.
    fn by_month(&self) -> Grid<'v> {
        let texts = self.texts;
        let lines = [
            (&texts.mails, Theme::Mails, ""),
            (&texts.stopped, Theme::Stopped, ""),
            (&texts.held, Theme::Held, ""),
            (&texts.rerouted_column, Theme::Sent, "reroute"),
            (&texts.warned, Theme::Sent, "warn"),
        ];
        let cells = |span| {
            let figures = lines.iter().map(|(_, theme, word)| self.words.figure(self.year.figure(*theme, word, span)));
            figures.collect::<Vec<_>>()
        };
        let month = |month| GridRow {
            name: self.name_of(Period { year: self.period.year, span: Span::Month(month) }),
            bar: String::new(),
            cells: cells(Span::Month(month)),
        };
        let begun = |month: &usize| Span::Month(*month).days(self.period.year).0 <= self.visit.today();
        let mut rows: Vec<GridRow> = (0..12).filter(begun).map(month).collect();
        rows.push(GridRow { name: self.period.year.to_string(), bar: String::new(), cells: cells(Span::Year) });
        // What the columns of the table are called: short, as what stands in them is a count.
        let names = lines.iter().map(|(name, _, _)| (*name).clone());
        Grid {
            id: "months",
            title: &texts.over_time,
            note: "",
            columns: std::iter::once(texts.month_column.clone()).chain(names).collect(),
            rows,
        }
    }

    /// A row for each word; a column for each month, where the period has several, and one for all of it.
    fn grid(&self, id: &'static str, theme: Theme, title: &'v str, note: &'v str, row: &'v str) -> Grid<'v> {
        let months: Vec<usize> = self.period.span.months().collect();
        let months = if months.len() > 1 { months } else { Vec::new() };
        let names = months.iter().map(|month| self.short_month(*month));
        let columns = std::iter::once(row.to_owned()).chain(names).chain([self.texts.total.clone()]).collect();
        let words: Vec<&str> = match theme {
            Theme::Fate => FATES.into_iter().filter(|fate| self.figure(theme, fate) != Figure::Shown(0)).collect(),
            _ => self.year.words(theme, self.period.span),
        };
        let shown = |word: &&str| if let Figure::Shown(mails) = self.figure(theme, word) { mails } else { 0 };
        let longest = Figure::Shown(words.iter().map(shown).max().unwrap_or_default());
        let cell = |word: &str, span| self.words.figure(self.year.figure(theme, word, span));
        let rows = words
            .iter()
            .map(|word| GridRow {
                name: self.word(theme, word),
                bar: chart::length(self.figure(theme, word), longest),
                cells: months
                    .iter()
                    .map(|month| cell(word, Span::Month(*month)))
                    .chain([cell(word, self.period.span)])
                    .collect(),
            })
            .collect();
        Grid { id, title, note, columns, rows }
    }

    fn word(&self, theme: Theme, word: &str) -> String {
        let texts = self.texts;
        let of = |dimension| self.words.row(dimension, &Name::Word(word.to_owned()));
        match (theme, word) {
            (Theme::Category, _) => of(Dimension::Category),
            (Theme::Level, _) => of(Dimension::Level),
            (Theme::Unit, OTHERS) => texts.other_units.clone(),
            (Theme::Fate, "sender") => texts.sender.clone(),
            (Theme::Fate, "released") => texts.released.clone(),
            (Theme::Fate, "returned") => texts.returned.clone(),
            (Theme::Fate, "discarded") => texts.discarded.clone(),
            (Theme::Fate, "expired") => texts.expired.clone(),
            (Theme::Fate, "waiting") => texts.waiting.clone(),
            _ => word.to_owned(),
        }
    }
}

/// `period;table;row;count`, a line a figure; words are those of configuration and code, in no language.
pub fn csv(period: Period, year: &Year) -> String {
    let mut out = String::from(BYTE_ORDER_MARK);
    line(&mut out, &["period", "table", "row", "count"]);
    let mut spans = vec![period];
    if period.span.months().len() > 1 {
        spans.extend(period.span.months().map(|month| Period { year: period.year, span: Span::Month(month) }));
    }
    let tables = [
        (Theme::Mails, "mails"),
        (Theme::Sent, "sent"),
        (Theme::Stopped, "stopped"),
        (Theme::Category, "category"),
        (Theme::Unit, "unit"),
        (Theme::Level, "level"),
        (Theme::Held, "held"),
        (Theme::Fate, "state"),
    ];
    for span in spans {
        for (theme, table) in tables {
            for word in year.words(theme, span.span) {
                let count = mark(year.figure(theme, word, span.span));
                let row = match (theme, word) {
                    (Theme::Unit, OTHERS) => "others",
                    (_, "") => "total",
                    (_, word) => word,
                };
                line(&mut out, &[&span.word(), table, row, &count]);
            }
        }
        let alarms = mark(year.figure(Theme::Alarm, ALARM, span.span));
        line(&mut out, &[&span.word(), "held", ALARM, &alarms]);
        if let Some(median) = year.median(span.span) {
            line(&mut out, &[&span.word(), "median-minutes", "total", &median.as_mins().to_string()]);
        }
    }
    out
}
