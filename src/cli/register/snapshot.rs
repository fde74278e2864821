//! Rows and keys to the snapshot that the policy reads.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::sealed::{ConsentText, TeamText, open};
use crate::channel::{Canonical, Pattern};
use crate::detect::Category;
use crate::message::Keys;
use crate::policy::register::{Consent, Order, Team};
use crate::policy::{Exceptions, PersonDigest, Registers, Route};
use crate::store::{ConsentRow, OrderRow, Registered, Store, StoreError, TeamRow};

/// The registers as the policy reads them. A consent or team that does not open lifts nothing and is logged by its id;
/// an order needs nothing that is sealed. Times become days in `zone`.
pub fn snapshot(
    rows: &Registered,
    keys: &Keys,
    exceptions: Exceptions,
    routes: Vec<Route>,
    zone: &TimeZone,
) -> Registers {
    let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
    Registers::new(
        exceptions,
        rows.consents.iter().filter_map(|row| consent(row, keys, day)).collect(),
        rows.orders.iter().map(order).collect(),
        rows.teams.iter().filter_map(|row| team(row, keys, day)).collect(),
        routes,
    )
}

/// Where snapshots come from while the program runs.
pub struct Source {
    store: Arc<dyn Store>,
    keys: Arc<Keys>,
    seen: Option<u64>,
}

impl Source {
    pub fn new(store: Arc<dyn Store>, keys: Arc<Keys>) -> Self {
        Source { store, keys, seen: None }
    }

    /// The snapshot, if an entry was made or changed since the last one; at the first call always. A failure leaves
    /// the last one in force, and the next call tries again.
    pub async fn changed(
        &mut self,
        exceptions: &Exceptions,
        routes: &[Route],
    ) -> Result<Option<Registers>, StoreError> {
        if self.seen == Some(self.store.register_changes().await?) {
            return Ok(None);
        }
        self.read(exceptions, routes).await.map(Some)
    }

    /// The snapshot, whatever has changed: after the configuration was read anew.
    pub async fn read(&mut self, exceptions: &Exceptions, routes: &[Route]) -> Result<Registers, StoreError> {
        let rows = self.store.registers().await?;
        let registers = snapshot(&rows, &self.keys, exceptions.clone(), routes.to_vec(), &TimeZone::system());
        self.seen = Some(rows.changes);
        Ok(registers)
    }
}

fn consent(row: &ConsentRow, keys: &Keys, day: impl Fn(Timestamp) -> Date) -> Option<Consent> {
    let Some(text) = open::<ConsentText>(keys, row.id, &row.sealed) else {
        tracing::error!(id = %row.id, "a consent in the register cannot be opened; it lifts nothing");
        return None;
    };
    Some(Consent {
        id: row.id.to_string().into(),
        person: PersonDigest::new(&row.person),
        // A word or pattern that this version does not know covers nothing.
        categories: row.categories.iter().filter_map(|word| Category::from_word(word)).collect(),
        recipients: text.recipients.iter().filter_map(|text| Pattern::parse(text).ok()).collect(),
        given: row.given,
        expires: row.expires,
        withdrawn: row.withdrawn_at.map(day),
    })
}

fn order(row: &OrderRow) -> Order {
    Order { id: row.id.to_string().into(), person: PersonDigest::new(&row.person), from: row.from, until: row.until }
}

fn team(row: &TeamRow, keys: &Keys, day: impl Fn(Timestamp) -> Date) -> Option<Team> {
    let Some(text) = open::<TeamText>(keys, row.id, &row.sealed) else {
        tracing::error!(id = %row.id, "a team in the register cannot be opened; it spares no warning");
        return None;
    };
    Some(Team {
        id: row.id.to_string().into(),
        person: PersonDigest::new(&row.person),
        members: text.members.iter().filter_map(|member| Canonical::of(&member.address)).collect(),
        consent: row.consent.map(|id| id.to_string().into()),
        opted_out: row.opted_out_at.map(&day),
        expires: row.expires,
        ended: row.ended_at.map(&day),
    })
}
