//! A year of mails, month by month, as it may be shown.
//!
//! Months, quarters and the year are made safe together, as one table: a month that is left out on its own page cannot
//! be worked out from the quarter's. A page shows one of these spans, or the months beside one another; the marks are
//! the same on all of them.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::stored::outcome;
use super::suppress::{Cell, Figure, SHOWN_FROM, Suppression};
use super::tally::OUTCOMES;
use crate::channel::Level;
use crate::message::MessageId;
use crate::pipeline::totals::EVERY_MAIL;
use crate::policy::Verdict;
use crate::store::{Filter, HeldMessage, LIST_PAGE, Link, RecordFilter, RecordPlace, State, Store, StoreError, Total};

const MONTHS: usize = 12;
/// Months, quarters, the year.
const SPANS: usize = MONTHS + 4 + 1;
/// Units that are shown by name: the largest.
const MAX_UNITS: usize = 25;
/// Events that say who solved what, and what was no secret.
const TELLING: [&str; 3] = ["discarded", "release-started", "false-alarm"];
/// Of a discard at the wish of the sender.
const BY_SENDER: &str = "by=sender";
/// Who has the link of a notice.
const LINK: &str = "link";

/// A part of a year; months and quarters count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    Month(usize),
    Quarter(usize),
    Year,
}

impl Span {
    /// The span that a day lies in, of the kind of this one.
    pub fn around(self, day: Date) -> Span {
        let month = usize::from(day.month().unsigned_abs()).saturating_sub(1);
        match self {
            Span::Month(_) => Span::Month(month),
            Span::Quarter(_) => Span::Quarter(month / 3),
            Span::Year => Span::Year,
        }
    }

    fn place(self) -> usize {
        match self {
            Span::Month(month) => month.min(MONTHS - 1),
            Span::Quarter(quarter) => MONTHS + quarter.min(3),
            Span::Year => SPANS - 1,
        }
    }

    /// Months that belong to it.
    pub fn months(self) -> Range<usize> {
        match self {
            Span::Month(month) => month..month + 1,
            Span::Quarter(quarter) => quarter * 3..quarter * 3 + 3,
            Span::Year => 0..MONTHS,
        }
    }

    /// First and last day.
    pub fn days(self, year: i16) -> (Date, Date) {
        let months = self.months();
        let first = |month: usize| date(year, i8::try_from(month + 1).unwrap_or(1), 1);
        (first(months.start), first(months.end.saturating_sub(1)).last_of_month())
    }
}

/// What a line counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Theme {
    /// All that was decided.
    Mails,
    /// Went out, by outcome.
    Sent,
    /// Held or refused, or would have been in a unit that observes.
    Stopped,
    /// Of the stopped.
    Category,
    Unit,
    Level,
    /// Really held.
    Held,
    /// Of the held: what has become of it.
    Fate,
    /// Of the held: somebody has called it a false alarm, or nobody has.
    Alarm,
}

/// Words of [`Theme::Fate`], in the order of a page.
pub const FATES: [&str; 6] = ["sender", "released", "returned", "discarded", "expired", "waiting"];
/// Words of [`Theme::Alarm`].
pub const ALARM: &str = "false-alarm";
const NO_ALARM: &str = "other";
/// In place of the name of units that have none.
pub const OTHERS: &str = "";

/// Counts before anything is left out.
#[derive(Debug, Default)]
pub struct Counted {
    lines: BTreeMap<(Theme, String), [u64; MONTHS]>,
    /// From hold to a person's decision.
    times: [Vec<SignedDuration>; MONTHS],
}

/// What people have done, from the record.
#[derive(Debug, Default)]
struct Told {
    by_sender: HashSet<MessageId>,
    alarms: HashSet<MessageId>,
}

/// A year as it may be shown.
#[derive(Debug)]
pub struct Year {
    figures: BTreeMap<(Theme, String), [Figure; SPANS]>,
    times: [Vec<SignedDuration>; MONTHS],
}

/// Reads the year `year` of this place's calendar.
pub async fn read(store: &dyn Store, year: i16, zone: &TimeZone) -> Result<Counted, StoreError> {
    let (first, last) = Span::Year.days(year);
    let mut counted = Counted::default();
    for total in store.totals(&first.to_string(), &last.to_string()).await? {
        counted.total(&total);
    }
    let begins = |day: Date| day.to_zoned(zone.clone()).map_or(Timestamp::MIN, |at| at.timestamp());
    let from = begins(first);
    let told = told(store, from).await?;
    let mut filter = Filter { after: Some((from, MessageId([0; 16]))), ..Filter::default() };
    loop {
        let page = store.list(&filter).await?;
        for message in &page {
            let day = message.record.held_at.to_zoned(zone.clone()).date();
            if day > last {
                return Ok(counted);
            }
            counted.held(message, day, &told);
        }
        match page.last() {
            Some(last) if page.len() == LIST_PAGE => filter.after = Some((last.record.held_at, last.id)),
            _ => return Ok(counted),
        }
    }
}

/// Whatever was done since then; what was held late in a year may be decided in the next.
async fn told(store: &dyn Store, from: Timestamp) -> Result<Told, StoreError> {
    let events = TELLING.map(str::to_owned).to_vec();
    let filter = RecordFilter { events, from: Some(from), ..RecordFilter::default() };
    let (mut told, mut after) = (Told::default(), None);
    loop {
        let page = store.record(&filter, after.as_ref(), LIST_PAGE).await?;
        for link in &page {
            told.link(link);
        }
        match page.last() {
            Some(last) if page.len() == LIST_PAGE => after = Some(RecordPlace::of(last)),
            _ => return Ok(told),
        }
    }
}

impl Told {
    fn link(&mut self, link: &Link) {
        let Some(id) = link.message.as_deref().and_then(|id| id.try_into().ok()).map(MessageId) else { return };
        let withdrawn = || link.detail.as_deref().is_some_and(|facts| facts.split(' ').any(|fact| fact == BY_SENDER));
        match link.event.as_str() {
            "false-alarm" => self.alarms.insert(id),
            "discarded" => withdrawn() && self.by_sender.insert(id),
            _ => link.actor == LINK && self.by_sender.insert(id),
        };
    }
}

impl Counted {
    fn add(&mut self, theme: Theme, word: &str, month: usize, mails: u64) {
        let line = self.lines.entry((theme, word.to_owned())).or_default();
        if let Some(count) = line.get_mut(month) {
            *count = count.saturating_add(mails);
        }
    }

    /// Adds a cell of the daily figures. Held mail is left out: its records know it exactly.
    fn total(&mut self, total: &Total) {
        let month = total.day.get(5..7).and_then(|month| month.parse::<usize>().ok()?.checked_sub(1));
        let (Some(outcome), Some(month)) = (outcome(&total.outcome), month) else { return };
        if total.category == EVERY_MAIL {
            self.decided(outcome, &total.unit, &total.channel, month, total.count);
        } else if is_stopped(outcome) {
            self.add(Theme::Category, &total.category, month, total.count);
        }
    }

    fn decided(&mut self, outcome: Verdict, unit: &str, level: &str, month: usize, mails: u64) {
        self.add(Theme::Mails, "", month, mails);
        if is_stopped(outcome) {
            self.add(Theme::Stopped, "", month, mails);
            self.add(Theme::Unit, unit, month, mails);
            self.add(Theme::Level, level, month, mails);
        } else {
            self.add(Theme::Sent, outcome.as_str(), month, mails);
        }
    }

    fn held(&mut self, message: &HeldMessage, day: Date, told: &Told) {
        let record = &message.record;
        let month = usize::from(day.month().unsigned_abs()).saturating_sub(1);
        let weakest = record.channels.iter().filter_map(|word| Level::from_word(word)).min().unwrap_or_default();
        self.decided(Verdict::Quarantine, &record.unit, weakest.as_str(), month, 1);
        for category in &record.categories {
            self.add(Theme::Category, category, month, 1);
        }
        self.add(Theme::Held, "", month, 1);
        let by_sender = told.by_sender.contains(&message.id);
        let fate = match message.state {
            State::Held | State::Releasing => "waiting",
            _ if by_sender => "sender",
            State::Released => "released",
            State::Returned => "returned",
            State::Discarded => "discarded",
            State::Expired => "expired",
        };
        self.add(Theme::Fate, fate, month, 1);
        self.add(Theme::Alarm, if told.alarms.contains(&message.id) { ALARM } else { NO_ALARM }, month, 1);
        let decided = matches!(message.state, State::Released | State::Returned | State::Discarded) && !by_sender;
        if let (true, Some(ended), Some(times)) = (decided, message.ended_at, self.times.get_mut(month)) {
            times.push(ended.duration_since(record.held_at));
        }
    }

    /// Small units are counted together, under no name.
    fn fold_units(&mut self) {
        let mut units: Vec<(u64, String)> = self
            .lines
            .iter()
            .filter(|((theme, _), _)| *theme == Theme::Unit)
            .map(|((_, unit), months)| (months.iter().sum(), unit.clone()))
            .collect();
        units.sort_by_key(|(mails, unit)| (u64::MAX - mails, unit.clone()));
        let small = units.iter().enumerate().filter(|(place, (mails, _))| *place >= MAX_UNITS || *mails < SHOWN_FROM);
        for (_, (_, unit)) in small {
            let Some(months) = self.lines.remove(&(Theme::Unit, unit.clone())) else { continue };
            for (month, mails) in months.into_iter().enumerate() {
                self.add(Theme::Unit, OTHERS, month, mails);
            }
        }
    }

    /// What may be shown of it. Takes its time.
    pub fn shown(mut self) -> Year {
        self.fold_units();
        let mut counts = Suppression::default();
        let cells: BTreeMap<&(Theme, String), [Cell; SPANS]> =
            self.lines.iter().map(|(line, months)| (line, laid(&mut counts, months))).collect();
        let of = |theme: Theme| cells.iter().filter(move |((of, _), _)| *of == theme).map(|(_, cells)| cells);
        let sums = [
            (Theme::Mails, vec![Theme::Sent, Theme::Stopped]),
            (Theme::Stopped, vec![Theme::Unit]),
            (Theme::Stopped, vec![Theme::Level]),
            // These two where they happen to.
            (Theme::Stopped, vec![Theme::Category]),
            (Theme::Stopped, vec![Theme::Held]),
            (Theme::Held, vec![Theme::Fate]),
            (Theme::Held, vec![Theme::Alarm]),
        ];
        for span in 0..SPANS {
            for (whole, parts) in &sums {
                let Some(whole) = of(*whole).next() else { continue };
                let parts: Vec<Cell> = parts.iter().flat_map(|part| of(*part)).map(|cells| cells[span]).collect();
                counts.adds_up(&parts, whole[span]);
            }
        }
        counts.suppress();
        let figures = cells.iter().map(|(line, cells)| ((*line).clone(), cells.map(|cell| counts.figure(cell))));
        Year { figures: figures.collect(), times: self.times }
    }
}

fn is_stopped(outcome: Verdict) -> bool {
    matches!(outcome, Verdict::Quarantine | Verdict::Reject)
}

/// A line with its quarters and the year.
fn laid(counts: &mut Suppression, months: &[u64; MONTHS]) -> [Cell; SPANS] {
    let quarters: Vec<u64> = months.chunks(3).map(|quarter| quarter.iter().sum()).collect();
    let mut values = [months.iter().sum(); SPANS];
    values[..MONTHS].copy_from_slice(months);
    values[MONTHS..SPANS - 1].copy_from_slice(&quarters);
    let cells = values.map(|value| counts.cell(value));
    for (quarter, months) in cells[..MONTHS].chunks(3).enumerate() {
        counts.adds_up(months, cells[MONTHS + quarter]);
    }
    counts.adds_up(&cells[MONTHS..SPANS - 1], cells[SPANS - 1]);
    cells
}

impl Year {
    /// A count; 0 where nothing was counted.
    pub fn figure(&self, theme: Theme, word: &str, span: Span) -> Figure {
        let line = self.figures.get(&(theme, word.to_owned()));
        line.and_then(|figures| figures.get(span.place())).copied().unwrap_or(Figure::Shown(0))
    }

    /// Words of a theme that have any mail in the span, the largest that is shown first. An order by the true counts would
    /// tell of those that are not shown.
    pub fn words(&self, theme: Theme, span: Span) -> Vec<&str> {
        let some = |word: &str| self.figure(theme, word, span) != Figure::Shown(0);
        let mut words: Vec<&str> = self
            .figures
            .keys()
            .filter(|(of, word)| *of == theme && some(word))
            .map(|(_, word)| word.as_str())
            .collect();
        words.sort_by_key(|word| match self.figure(theme, word, span) {
            Figure::Shown(mails) => (*word == OTHERS, u64::MAX - mails, *word),
            Figure::Withheld => (*word == OTHERS, u64::MAX - SHOWN_FROM, *word),
            Figure::Few => (*word == OTHERS, u64::MAX, *word),
        });
        words
    }

    /// Half of what persons decided was decided within this time; of fewer decisions than are shown nothing is said.
    pub fn median(&self, span: Span) -> Option<SignedDuration> {
        let mut times: Vec<SignedDuration> =
            self.times.get(span.months())?.iter().flat_map(|month| month.iter().copied()).collect();
        let enough = u64::try_from(times.len()).is_ok_and(|decisions| decisions >= SHOWN_FROM);
        times.sort_unstable();
        times.get(times.len() / 2).copied().filter(|_| enough)
    }

    /// Outcomes of mail that went out, in the order of columns.
    pub fn sent() -> impl Iterator<Item = Verdict> {
        OUTCOMES.into_iter().filter(|outcome| !is_stopped(*outcome))
    }
}

#[cfg(test)]
#[path = "year_tests.rs"]
mod tests;
