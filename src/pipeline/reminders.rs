//! Evidence that ends: somebody is reminded before its last day, so that it is renewed and not missed.
//!
//! Each reminder (30, 14 and 3 days before, and on or after the last day) is given once for a channel and a
//! last day, also across restarts: the store remembers it together with its notice.

use jiff::Zoned;

use super::Pipeline;
use crate::channel::evidence::{days_left, reminder};
use crate::channel::{Channel, Level};
use crate::notice::facts::{Language, NoticeFacts, NoticeKind, Service};
use crate::notice::local_addresses;
use crate::quarantine::sealed_notice;
use crate::store::{NewNotice, StoreError};

/// The unit whose reviewers answer for channels without an owner.
const FALLBACK: &str = "default";

impl Pipeline {
    /// Looks at every channel in force: figures, a line in the log for each that ends soon or has ended, and
    /// the reminders that are due. To be called once a day.
    ///
    /// # Errors
    /// The store's; what was not remembered is due again at the next call.
    pub async fn remind_of_evidence(&self, now: &Zoned) -> Result<(), StoreError> {
        let in_force = self.in_force();
        let mut failed = None;
        // Where nothing was vouched for, nothing ends.
        for channel in in_force.knowledge.registry.channels().iter().filter(|c| c.evidence.level > Level::Unknown) {
            let days = days_left(channel.evidence.verified_until, now.date());
            metrics::gauge!("sluss_channel_days_left", "channel" => channel.id.clone()).set(f64::from(days));
            let Some(reminder) = reminder(days) else { continue };
            tracing::warn!(channel = channel.id, days, "the channel's evidence ends, or has ended");
            if let Err(error) = self.remind(channel, days, reminder, now).await {
                failed = Some(error);
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn remind(&self, channel: &Channel, days: i32, reminder: i32, now: &Zoned) -> Result<(), StoreError> {
        let Some(store) = &self.store else { return Ok(()) };
        let until = channel.evidence.verified_until.to_string();
        let notice = self.reminder_notice(channel, days, now);
        if store.remind((&channel.id, &until, reminder), now.timestamp(), notice.as_ref()).await? && notice.is_none() {
            tracing::warn!(channel = channel.id, "nobody is there to be reminded of it");
        }
        Ok(())
    }

    /// To the channel's owner, else to the reviewers of the unit `default`.
    fn reminder_notice(&self, channel: &Channel, days: i32, now: &Zoned) -> Option<NewNotice> {
        let keys = self.keys.as_ref()?;
        let in_force = self.in_force();
        let fallback = in_force.settings.units.get(FALLBACK);
        let reviewers = fallback.map_or(&[][..], |unit| &unit.reviewers);
        let to = match &channel.owner {
            Some(owner) => local_addresses(std::slice::from_ref(owner), &in_force.settings.local_domains),
            None => local_addresses(reviewers, &in_force.settings.local_domains),
        };
        if to.is_empty() {
            return None;
        }
        let language = fallback.map_or(Language::En, |unit| unit.language);
        let facts = NoticeFacts {
            days: u32::try_from(days).unwrap_or(0),
            service: Service {
                until: Some(channel.evidence.verified_until.to_string()),
                channel: Some(channel.id.clone()),
                ended: days < 0,
                ..Service::default()
            },
            ..NoticeFacts::of_service(NoticeKind::ChannelEnds, language, to, FALLBACK, now.timestamp())
        };
        sealed_notice(keys, &facts, None, now.timestamp()).ok()
    }
}
