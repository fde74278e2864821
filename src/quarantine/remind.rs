//! Looks that nobody has taken in time: the unit's reviewers are told of them each working day.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Quarantine, QuarantineError, UnitDesk, sealed_notice};
use crate::audit::{Actor, Event};
use crate::notice::facts::{NoticeFacts, NoticeKind};
use crate::store::{NewNotice, NewReview, StoreError};

/// A little less than a day, so that the reminder does not wander through it.
const BETWEEN_REMINDERS: SignedDuration = SignedDuration::from_hours(23);

impl Quarantine {
    /// Reminds the reviewers of what went out and should have been looked at by now; returns of how many. Nobody is
    /// reminded at the weekend. A unit without reviewers has the event alone; one that this process does not know is
    /// left to those that do.
    pub async fn remind(&self) -> Result<u64, StoreError> {
        let now = self.now();
        if is_weekend(now, &TimeZone::system()) {
            return Ok(0);
        }
        let since = now.saturating_sub(BETWEEN_REMINDERS).unwrap_or(Timestamp::MIN);
        let mut reminded = 0;
        let desks = self.desks.load_full();
        for row in self.store.reviews_overdue(now, since).await? {
            let Some(desk) = desks.get(&row.review.unit) else { continue };
            let notice = match self.reminder(desk, &row.review) {
                Ok(notice) => notice,
                Err(error) => {
                    tracing::warn!(id = %row.review.id, %error, "of an overdue look nobody is told");
                    None
                }
            };
            let NewReview { id, reference, unit, .. } = row.review;
            let entry = Event::ReviewOverdue { id, reference, unit }.entry(&Actor::System, now);
            if self.store.remind_of_review(id, since, notice.as_ref(), &entry).await? {
                metrics::counter!("sluss_quarantine_total", "event" => "review-overdue").increment(1);
                reminded += 1;
            }
        }
        Ok(reminded)
    }

    /// `None` where nobody is there to be told.
    fn reminder(&self, desk: &UnitDesk, review: &NewReview) -> Result<Option<NewNotice>, QuarantineError> {
        if desk.reviewers.is_empty() {
            return Ok(None);
        }
        let (kind, to) = (NoticeKind::ReviewerReviewOverdue, desk.reviewers.clone());
        // What was never held is known by the id of its disclosure.
        let named = review.reference.as_ref().map_or_else(|| review.id.to_string(), |known| known.as_str().to_owned());
        let facts = NoticeFacts {
            reference: Some(named),
            at: review.at.to_string(),
            ..NoticeFacts::of_service(kind, desk.language, to, &review.unit, self.now())
        };
        Ok(Some(sealed_notice(&self.keys, &facts, review.reference.as_ref(), self.now())?))
    }
}

fn is_weekend(now: Timestamp, zone: &TimeZone) -> bool {
    matches!(now.to_zoned(zone.clone()).weekday(), Weekday::Saturday | Weekday::Sunday)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_reminded_at_the_weekend() {
        let oslo = TimeZone::get("Europe/Oslo").unwrap();
        for (at, weekend) in [
            // 2026-05-08 is a Friday; midnight in Oslo is 22:00 UTC.
            ("2026-05-08T21:59:00Z", false),
            ("2026-05-08T22:01:00Z", true),
            ("2026-05-10T21:59:00Z", true),
            ("2026-05-10T22:01:00Z", false),
        ] {
            assert_eq!(is_weekend(at.parse().unwrap(), &oslo), weekend, "{at}");
        }
    }
}
