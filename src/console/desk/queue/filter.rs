//! What is asked of the queue, as it stands in the address.

use jiff::{SignedDuration, Timestamp};

use crate::console::desk::Visit;
use crate::message::{MessageId, Reference};
use crate::policy::due;
use crate::store::{Order, QueueFilter, State};

/// Rows of a page.
pub const ROWS: usize = 50;

/// Ages that can be asked for: word, and how old at least or at most.
pub const AGES: [(&str, i64, bool); 4] =
    [("under-1h", 1, false), ("over-4h", 4, true), ("over-1d", 24, true), ("over-7d", 7 * 24, true)];

/// What waits for somebody.
const WAITING: [State; 2] = [State::Held, State::Releasing];

/// What was asked for, and what of it means nothing.
pub struct Asked {
    pub filter: QueueFilter,
    pub order: Order,
    pub after: Option<MessageId>,
    /// What the counts are about: all that waits.
    pub waiting: QueueFilter,
    /// As it was typed.
    pub reference: String,
    pub reference_wrong: bool,
    pub age: String,
    pub state: String,
    pub overdue: bool,
    /// Something was asked for besides the order.
    pub filtered: bool,
}

impl Asked {
    pub fn of(visit: &Visit) -> Self {
        let asked = |name: &str| visit.query.get(name).map(str::trim).filter(|value| !value.is_empty());
        let word = |name: &str| asked(name).filter(|word| is_word(word)).map(str::to_owned);
        let flag = |name: &str| asked(name).is_some();
        let zone = visit.desk.pages.settings.time_zone.clone();
        let moment = |local: jiff::civil::DateTime| local.to_zoned(zone.clone()).map_or(visit.now, |at| at.timestamp());
        let (urgent, other) = due::overdue(visit.now.to_zoned(zone.clone()).datetime(), visit.desk.review_hours);
        let late = (moment(urgent), moment(other));

        let units = visit.staff.units().to_vec();
        let waiting = QueueFilter {
            states: WAITING.to_vec(),
            units: units.clone(),
            overdue: Some(late),
            ..QueueFilter::default()
        };
        let typed = asked("ref").unwrap_or_default().chars().take(20).collect::<String>();
        let reference: Option<Reference> = typed.parse().ok();
        let state = asked("state").and_then(State::from_word);
        let age = asked("age").and_then(|age| AGES.into_iter().find(|(word, _, _)| *word == age));
        let limit = |hours: i64| before(visit.now, hours);
        let filter = QueueFilter {
            states: match (state, &reference) {
                (Some(state), _) => vec![state],
                // A mail that somebody asks about by its reference is found whatever has become of it.
                (None, Some(_)) => State::ALL.to_vec(),
                (None, None) => WAITING.to_vec(),
            },
            units: match asked("unit") {
                Some(unit) => units.into_iter().filter(|own| own == unit).collect(),
                None => units,
            },
            reference: reference.clone(),
            category: word("category"),
            channel: word("channel"),
            severity: word("severity"),
            urgent: flag("urgent"),
            asked: flag("asked"),
            held_before: age.filter(|(_, _, over)| *over).map(|(_, hours, _)| limit(hours)),
            held_since: age.filter(|(_, _, over)| !*over).map(|(_, hours, _)| limit(hours)),
            overdue: flag("overdue").then_some(late),
        };
        let names = ["ref", "unit", "category", "channel", "severity", "urgent", "asked", "age", "state", "overdue"];
        Asked {
            filter,
            order: asked("order").and_then(Order::from_word).unwrap_or_default(),
            after: asked("after").and_then(|id| id.parse().ok()),
            waiting,
            reference_wrong: !typed.is_empty() && reference.is_none(),
            reference: typed,
            age: age.map_or_else(String::new, |(word, _, _)| word.to_owned()),
            state: state.map_or_else(String::new, |state| state.as_str().to_owned()),
            overdue: flag("overdue"),
            filtered: names.into_iter().any(flag),
        }
    }
}

fn before(now: Timestamp, hours: i64) -> Timestamp {
    now.saturating_sub(SignedDuration::from_hours(hours)).unwrap_or(now)
}

/// A word of categories, channels and severities: nothing that a search would read otherwise.
fn is_word(word: &str) -> bool {
    word.len() <= 40 && word.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}
