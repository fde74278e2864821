//! The dashboard: what a leader, a board or the data-protection officer wants to know. No person is named, and no
//! number from 1 to 4 is shown or can be worked out: see [`crate::report::year`].
//!
//! A year is counted as a whole and kept for a minute, so that a page that is asked for again and again costs nothing.
//! Every look is on the record, as that of `sluss report --store` is.

mod view;

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::{Answered, Closed, Room, Visit};
use crate::audit::Event;
use crate::console::rights::Right;
use crate::report::year::{self, Span, Year};
pub use view::Texts;

/// How old what was counted may be.
const FRESH: SignedDuration = SignedDuration::from_secs(60);
/// Years that can be asked for: this one, and those before.
const YEARS: i16 = 3;

pub const ROOMS: &[Room] = &[
    Room { path: "/dashboard", right: Right::Statistics, show: Some(show), act: None },
    Room { path: "/dashboard.csv", right: Right::Statistics, show: Some(sheet), act: None },
];

/// Years as they were counted last. One is counted at a time.
#[derive(Default)]
pub struct Kept(Mutex<HashMap<i16, (Timestamp, Arc<Year>)>>);

/// Which part of which year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Period {
    year: i16,
    span: Span,
}

impl Period {
    /// `2026-05`, `2026-Q2`, `2026`; any other word is the quarter of today.
    fn of(word: Option<&str>, today: Date) -> Self {
        let asked = word.and_then(|word| {
            let (year, part) = word.split_once('-').map_or((word, None), |(year, part)| (year, Some(part)));
            let year: i16 = year.parse().ok().filter(|year| Period::years(today).any(|known| known == *year))?;
            let number = |text: &str, most: usize| text.parse().ok().filter(|n| (1..=most).contains(n)).map(|n| n - 1);
            let span = match part {
                None => Span::Year,
                Some(part) => match part.strip_prefix('Q') {
                    Some(quarter) => Span::Quarter(number(quarter, 4)?),
                    None => Span::Month(number(part, 12)?),
                },
            };
            Some(Period { year, span })
        });
        asked.unwrap_or(Period { year: today.year(), span: Span::Quarter(0).around(today) })
    }

    fn word(self) -> String {
        match self.span {
            Span::Month(month) => format!("{}-{:02}", self.year, month + 1),
            Span::Quarter(quarter) => format!("{}-Q{}", self.year, quarter + 1),
            Span::Year => self.year.to_string(),
        }
    }

    fn years(today: Date) -> impl Iterator<Item = i16> {
        (0..YEARS).map(move |back| today.year().saturating_sub(back))
    }

    /// All that can be asked for, the latest first: months, quarters, years.
    fn all(today: Date) -> [Vec<Period>; 3] {
        let of = |spans: Vec<Span>| -> Vec<Period> {
            let begun = |period: &Period| period.span.days(period.year).0 <= today;
            let in_year = |year| spans.iter().rev().map(move |span| Period { year, span: *span });
            Period::years(today).flat_map(in_year).filter(begun).collect()
        };
        [of((0..12).map(Span::Month).collect()), of((0..4).map(Span::Quarter).collect()), of(vec![Span::Year])]
    }
}

fn show(visit: Visit, _: Request) -> Answered {
    Box::pin(async move {
        let (period, year) = counted(&visit).await?;
        let figures = visit.desk.store().reconcile().await?;
        let template = view::Dashboard::of(&visit, period, &year, figures)?;
        Ok(visit.page(StatusCode::OK, &template))
    })
}

/// Every figure of the page, for a spreadsheet.
fn sheet(visit: Visit, _: Request) -> Answered {
    Box::pin(async move {
        let (period, year) = counted(&visit).await?;
        let name = format!("attachment; filename=\"sluss-{}.csv\"", period.word());
        let headers =
            [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
        Ok((headers, view::csv(period, &year)).into_response())
    })
}

/// The period that was asked for, and its year; that somebody looks is on the record.
async fn counted(visit: &Visit) -> Result<(Period, Arc<Year>), Closed> {
    let period = Period::of(visit.query.get("period"), visit.today());
    let (from, to) = period.span.days(period.year);
    let made = Event::ReportMade { from: Some(from), to: Some(to) };
    visit.desk.store().append(&made.entry(&visit.staff.actor(), visit.now)).await?;
    let mut kept = visit.desk.figures.0.lock().await;
    if let Some((at, year)) = kept.get(&period.year)
        && visit.now.duration_since(*at) < FRESH
    {
        return Ok((period, year.clone()));
    }
    let zone = visit.desk.pages.settings.time_zone.clone();
    let counted = year::read(visit.desk.store().as_ref(), period.year, &zone).await?;
    let shown = tokio::task::spawn_blocking(move || counted.shown()).await.map_err(|_| Closed::Fault)?;
    let year = Arc::new(shown);
    kept.insert(period.year, (visit.now, year.clone()));
    Ok((period, year))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_period_is_one_that_there_is() {
        let today = date(2026, 11, 23);
        let of = |word: Option<&str>| Period::of(word, today);
        let quarter = Period { year: 2026, span: Span::Quarter(3) };
        for word in [None, Some(""), Some("2023"), Some("2027"), Some("2026-13"), Some("2026-Q0"), Some("2026-5x")] {
            assert_eq!(of(word), quarter, "{word:?}");
        }
        assert_eq!(of(Some("2025-05")), Period { year: 2025, span: Span::Month(4) });
        let all = Period::all(today);
        assert_eq!((all[0][0].word(), all[1][0].word(), all[2].len()), ("2026-11".into(), "2026-Q4".into(), 3));
        for period in all.iter().flatten() {
            assert_eq!(of(Some(&period.word())), *period);
        }
    }
}
