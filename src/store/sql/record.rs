//! The record, newest first.

use super::audit::{LINK, link};
use super::queue::Conditions;
use super::statement::Value;
use super::{Answer, Core, Database};
use crate::store::record::{RecordFilter, RecordPlace, RecordStore};
use crate::store::{LIST_PAGE, Link, StoreError};

impl RecordStore for Database {
    fn record<'a>(
        &'a self,
        filter: &'a RecordFilter,
        after: Option<&'a RecordPlace>,
        rows: usize,
    ) -> Answer<'a, Vec<Link>> {
        self.guarded(self.core.read_record(filter, after, rows))
    }
}

impl Core {
    async fn read_record(
        &self,
        filter: &RecordFilter,
        after: Option<&RecordPlace>,
        rows: usize,
    ) -> Result<Vec<Link>, StoreError> {
        let mut conditions = Conditions::default();
        // A condition there always is, so that the statement is one.
        conditions.and("sequence > ?", [Value::from(0_i64)]);
        if !filter.events.is_empty() {
            conditions.among("event", filter.events.iter().map(Value::from).collect());
        }
        if let Some(unit) = &filter.unit {
            conditions.and("unit = ?", [unit.into()]);
        }
        if let Some(from) = filter.from {
            conditions.and("at >= ?", [from.into()]);
        }
        if let Some(to) = filter.to {
            conditions.and("at < ?", [to.into()]);
        }
        if let Some(after) = after {
            let key = [after.at_ms.into(), Value::from(&after.writer), after.sequence.into()];
            conditions.and("(at, writer, sequence) < (?, ?, ?)", key);
        }
        conditions.values.push(rows.min(LIST_PAGE).into());
        let text = format!(
            "SELECT {LINK} FROM audit WHERE {} ORDER BY at DESC, writer DESC, sequence DESC LIMIT ${}",
            conditions.text,
            conditions.values.len()
        );
        conditions.bound(text).all(&mut *self.read().await?).await?.iter().map(link).collect()
    }
}
