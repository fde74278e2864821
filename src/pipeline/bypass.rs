//! The bypass: for a while, decided by a person and on the record, mail is relayed whatever was judged.
//!
//! The store says whether it is on; a task looks there every few seconds ([`Pipeline::look_at_bypass`]). Between
//! two looks it ends by itself when its time is over, whether the store answers or not. Everything goes on as
//! before but the carrying out: mail is read and judged, and what was judged is recorded. What is no mail
//! (loops, headers that no server should pass on) is refused as ever.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;
use jiff::Timestamp;

use super::Pipeline;
use super::judge::Judgement;
use crate::audit::{Actor, Event};
use crate::notice::facts::{NoticeFacts, NoticeKind, Service};
use crate::notice::local_addresses;
use crate::policy::{Mode, Verdict};
use crate::quarantine::sealed_notice;
use crate::store::{Bypass as Row, BypassCount, NewNotice, Store, StoreError};

/// Name of its check, which is well, with a remark.
const CHECK: &str = "bypass";

/// What the pipeline knows of it.
#[derive(Debug, Default)]
pub(super) struct Bypass {
    in_force: ArcSwapOption<Bypassing>,
    /// Mails, and bypassed ones of them, by bypass and unit, not yet in the store.
    counts: Mutex<HashMap<(i64, String), (u64, u64)>>,
}

/// A bypass that was on when the store was looked at last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bypassing {
    id: i64,
    until: Timestamp,
}

/// Whether a bypass lets through what would have been stopped, or would have gone another way.
pub(super) fn spares(judgement: &Judgement) -> bool {
    let fragmented = judgement.inspection.fragmented && judgement.unit.rules.mode == Mode::Enforce;
    // A warning and another way hold nobody up.
    fragmented || judgement.outcome.verdict > Verdict::Reroute
}

impl Pipeline {
    /// The bypass, while it is on.
    pub fn bypass(&self) -> Option<Bypassing> {
        let in_force = self.bypass.in_force.load();
        in_force.as_deref().copied().filter(|bypass| Timestamp::now() < bypass.until)
    }

    /// Counts a mail that was taken while it was on.
    pub(super) fn count_bypass(&self, bypass: Bypassing, unit: &str, spared: bool) {
        let mut counts = self.bypass.lock();
        let (mails, bypassed) = counts.entry((bypass.id, unit.to_owned())).or_default();
        *mails = mails.saturating_add(1);
        *bypassed = bypassed.saturating_add(u64::from(spared));
    }

    /// Follows what the store says, records an end whose time has come, and tells the reviewers what they
    /// have not been told.
    ///
    /// # Errors
    /// The store's; what it said last stays in force until its time is over, and the rest is done next time.
    pub async fn look_at_bypass(&self) -> Result<(), StoreError> {
        let Some(store) = self.store.as_deref() else { return Ok(()) };
        let now = Timestamp::now();
        let mut on = store.bypass().await?;
        if let Some(over) = on.take_if(|row| !row.is_on(now)) {
            store.bypass_end(over.id, now, &Event::BypassEnded.entry(&Actor::System, now)).await?;
        }
        self.follow(on.as_ref());
        self.flush_bypass_counts(store).await?;
        for row in store.bypass_untold().await? {
            self.tell_of_bypass(store, &row, now).await?;
        }
        Ok(())
    }

    fn follow(&self, on: Option<&Row>) {
        let now = on.map(|row| Bypassing { id: row.id, until: row.until });
        let before = self.bypass.in_force.swap(now.map(Arc::new)).as_deref().copied();
        metrics::gauge!("sluss_bypass_active").set(if now.is_some() { 1.0 } else { 0.0 });
        match now {
            Some(Bypassing { until, .. }) if before != now => {
                tracing::warn!(%until, "the bypass is on: every mail is relayed, whatever is judged");
                let remark = format!("on until {until:.0}: every mail is relayed, whatever is judged");
                self.health.well_but(CHECK, Some(&remark));
            }
            None if before.is_some() => {
                tracing::warn!("the bypass is over: mail is held and refused again");
                self.health.forget(CHECK);
            }
            _ => {}
        }
    }

    async fn flush_bypass_counts(&self, store: &dyn Store) -> Result<(), StoreError> {
        let taken = std::mem::take(&mut *self.bypass.lock());
        let mut failed = None;
        for ((id, unit), (mails, bypassed)) in taken {
            let counts = [BypassCount { unit: unit.clone(), mails, bypassed }];
            if let Err(error) = store.bypass_count(id, &counts).await {
                let mut kept = self.bypass.lock();
                let sum = kept.entry((id, unit)).or_default();
                *sum = (sum.0.saturating_add(mails), sum.1.saturating_add(bypassed));
                failed = Some(error);
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// A notice to the reviewers of every unit that has some. An end is in the log with its counts as well.
    async fn tell_of_bypass(&self, store: &dyn Store, row: &Row, now: Timestamp) -> Result<(), StoreError> {
        let counts = store.bypass_counts(row.id).await?;
        let notices = self.notices_of_bypass(row, &counts, now);
        if !store.bypass_told(row, &notices).await? {
            return Ok(());
        }
        if notices.is_empty() {
            tracing::warn!("no unit has reviewers in a local domain: nobody was told of the bypass");
        }
        if row.ended.is_some() {
            for BypassCount { unit, mails, bypassed } in &counts {
                tracing::info!(unit, mails, bypassed, "went through while the bypass was on");
            }
        }
        Ok(())
    }

    fn notices_of_bypass(&self, row: &Row, counts: &[BypassCount], now: Timestamp) -> Vec<NewNotice> {
        let Some(keys) = &self.keys else { return Vec::new() };
        let in_force = self.in_force();
        let mut units: Vec<_> = in_force.settings.units.iter().collect();
        units.sort_by_key(|(id, _)| id.as_str());
        let notice = |(id, unit): (&String, &super::UnitFacts)| {
            let to = local_addresses(&unit.reviewers, &in_force.settings.local_domains);
            if to.is_empty() {
                return None;
            }
            let counted = counts.iter().find(|count| count.unit == *id);
            let facts = NoticeFacts {
                service: Service {
                    until: Some(row.ended.unwrap_or(row.until).to_string()),
                    // The sentence around it has its own full stop.
                    reason: Some(row.reason.trim_end_matches('.').to_owned()),
                    mails: Some(counted.map_or(0, |count| count.mails)),
                    bypassed: Some(counted.map_or(0, |count| count.bypassed)),
                    all_mails: Some(counts.iter().fold(0, |sum, count| sum.saturating_add(count.mails))),
                    all_bypassed: Some(counts.iter().fold(0, |sum, count| sum.saturating_add(count.bypassed))),
                    ..Service::default()
                },
                ..NoticeFacts::of_service(
                    if row.ended.is_some() { NoticeKind::BypassOff } else { NoticeKind::BypassOn },
                    unit.language,
                    to,
                    id,
                    row.since,
                )
            };
            sealed_notice(keys, &facts, None, now).ok()
        };
        units.into_iter().filter_map(notice).collect()
    }
}

impl Bypass {
    fn lock(&self) -> MutexGuard<'_, HashMap<(i64, String), (u64, u64)>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
