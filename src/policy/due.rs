//! By when somebody has to have decided about a held mail, and which ones are overdue.
//!
//! What must be reported has half an hour by the clock, day and night. Everything else has some hours of work: Monday to
//! Friday from eight to four. A public holiday counts as a working day, so that a mail is called late too early rather
//! than too late.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time, Weekday};

/// For a mail that may be about somebody in danger.
pub const URGENT: SignedDuration = SignedDuration::from_mins(30);
const BEGINS: Time = Time::constant(8, 0, 0, 0);
const ENDS: Time = Time::constant(16, 0, 0, 0);
/// More hours than this nobody is given; it bounds the days that are counted.
pub const MOST_HOURS: u32 = 400;

/// `hours` of work after `held`, local time.
pub fn due(held: DateTime, urgent: bool, hours: u32) -> DateTime {
    if urgent {
        return held.saturating_add(URGENT);
    }
    let mut left = length(hours);
    let mut at = held;
    loop {
        let (begins, ends) = day(at.date());
        if is_worked(at.date()) && at < ends {
            let from = at.max(begins);
            let rest = from.duration_until(ends);
            if left <= rest {
                return from.saturating_add(left);
            }
            left = left.saturating_sub(rest);
        }
        match at.date().tomorrow() {
            Ok(next) => at = next.to_datetime(BEGINS),
            Err(_) => return at,
        }
    }
}

/// Whatever was held before this is overdue at `now`: an urgent mail, and any other.
pub fn overdue(now: DateTime, hours: u32) -> (DateTime, DateTime) {
    (now.saturating_sub(URGENT), before(now, length(hours)))
}

/// So much work before `now`; the last of the moments that are as long ago.
fn before(now: DateTime, mut left: SignedDuration) -> DateTime {
    let mut at = now;
    loop {
        let (begins, ends) = day(at.date());
        if is_worked(at.date()) && at > begins {
            let until = at.min(ends);
            let rest = begins.duration_until(until);
            if left <= rest {
                return until.saturating_sub(left);
            }
            left = left.saturating_sub(rest);
        }
        match at.date().yesterday() {
            Ok(last) => at = last.to_datetime(Time::MAX),
            Err(_) => return at,
        }
    }
}

fn length(hours: u32) -> SignedDuration {
    SignedDuration::from_hours(i64::from(hours.min(MOST_HOURS)))
}

fn day(date: Date) -> (DateTime, DateTime) {
    (date.to_datetime(BEGINS), date.to_datetime(ENDS))
}

fn is_worked(date: Date) -> bool {
    !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// The first whole number of a text such as `4 arbetstimmar`; a day of work without one.
pub fn hours_of(text: Option<&str>) -> u32 {
    const A_DAY: u32 = 8;
    let digits = text.unwrap_or_default().split(|c: char| !c.is_ascii_digit()).find(|word| !word.is_empty());
    digits.and_then(|digits| digits.parse().ok()).filter(|hours| (1..=MOST_HOURS).contains(hours)).unwrap_or(A_DAY)
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    fn at(text: &str) -> DateTime {
        text.parse().unwrap()
    }

    #[test]
    fn hours_of_work_are_counted_and_danger_by_the_clock() {
        // 2026-05-04 is a Monday.
        for (held, urgent, hours, expected) in [
            ("2026-05-04T09:00", false, 4, "2026-05-04T13:00"),
            ("2026-05-04T12:00", false, 4, "2026-05-04T16:00"),
            ("2026-05-04T14:00", false, 4, "2026-05-05T10:00"),
            ("2026-05-04T06:00", false, 1, "2026-05-04T09:00"),
            ("2026-05-04T20:00", false, 1, "2026-05-05T09:00"),
            ("2026-05-08T15:00", false, 4, "2026-05-11T11:00"),
            ("2026-05-09T11:00", false, 8, "2026-05-11T16:00"),
            ("2026-05-04T09:00", false, 40, "2026-05-11T09:00"),
            ("2026-05-09T23:50", true, 4, "2026-05-10T00:20"),
        ] {
            assert_eq!(due(at(held), urgent, hours), at(expected), "{held} {urgent} {hours}");
        }
    }

    /// What is overdue is what was held before the moment that is due now.
    #[test]
    fn what_is_overdue_is_what_was_due() {
        let start = at("2026-05-08T00:07");
        for hours in [1, 4, 8, 20] {
            for step in 0..400 {
                let now = start.saturating_add((step * 23).minutes());
                let (urgent, other) = overdue(now, hours);
                assert_eq!(due(urgent, true, hours), now);
                assert!(
                    due(other.saturating_sub(1.minutes()), false, hours) < now.saturating_add(1.minutes()),
                    "{now}"
                );
                assert!(
                    due(other.saturating_add(1.minutes()), false, hours) > now.saturating_sub(1.minutes()),
                    "{now}"
                );
            }
        }
    }

    #[test]
    fn the_hours_are_read_from_what_senders_are_told() {
        for (text, hours) in
            [(Some("4 arbetstimmar"), 4), (Some("innen 24 timer"), 24), (Some("snart"), 8), (None, 8), (Some("0"), 8)]
        {
            assert_eq!(hours_of(text), hours, "{text:?}");
        }
    }
}
