//! The queue: the page's ids come out of the index alone, then its rows are read.

use jiff::Timestamp;

use super::held::{RECORD, message};
use super::statement::{Row, Statement, Value, sql};
use super::{Answer, Core, Database, Writing};
use crate::message::MessageId;
use crate::store::queue::{FalseAlarmRow, FalseFinding, Order, QueueCount, QueueFilter, QueuePage, QueueStore};
use crate::store::{Entry, HeldMessage, LIST_PAGE, StoreError};

/// The gravest first; what is none of them comes last.
const SEVERITY: &str = "CAST(CASE severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' \
                        THEN 3 ELSE 4 END AS BIGINT)";

impl QueueStore for Database {
    fn queue<'a>(&'a self, filter: &'a QueueFilter, page: &'a QueuePage) -> Answer<'a, Vec<HeldMessage>> {
        self.guarded(self.core.read_queue(filter, page))
    }

    fn queue_count<'a>(&'a self, filter: &'a QueueFilter) -> Answer<'a, QueueCount> {
        self.guarded(self.core.count_queue(filter))
    }

    fn add_false_alarm<'a>(
        &'a self,
        id: MessageId,
        unit: &'a str,
        findings: &'a [FalseFinding],
        entry: &'a Entry,
    ) -> Answer<'a, bool> {
        self.guarded(self.core.write_false_alarm(id, unit, findings, entry))
    }

    fn false_alarms<'a>(&'a self, units: &'a [String]) -> Answer<'a, Vec<FalseAlarmRow>> {
        self.guarded(self.core.read_false_alarms(units))
    }
}

/// Conditions as they are written, and the values of their places in order.
#[derive(Default)]
pub(super) struct Conditions<'v> {
    pub(super) text: String,
    pub(super) values: Vec<Value<'v>>,
}

impl<'v> Conditions<'v> {
    /// `?` in the text is the place of the next value.
    pub(super) fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Value<'v>>) {
        if !self.text.is_empty() {
            self.text.push_str(" AND ");
        }
        let mut values = values.into_iter();
        for piece in condition.split_inclusive('?') {
            match piece.strip_suffix('?') {
                Some(before) => {
                    self.values.extend(values.next());
                    self.text.push_str(&format!("{before}${}", self.values.len()));
                }
                None => self.text.push_str(piece),
            }
        }
    }

    pub(super) fn among(&mut self, column: &str, values: Vec<Value<'v>>) {
        match values.len() {
            0 => self.and("1 = 0", []),
            count => self.and(&format!("{column} IN ({})", vec!["?"; count].join(", ")), values),
        }
    }

    fn of(filter: &'v QueueFilter) -> Self {
        let mut all = Conditions::default();
        all.among("state", filter.states.iter().map(|&state| state.into()).collect());
        all.among("unit", filter.units.iter().map(Value::from).collect());
        if let Some(reference) = &filter.reference {
            all.and("reference = ?", [reference.into()]);
        }
        for (column, word) in [("categories", &filter.category), ("channels", &filter.channel)] {
            if let Some(word) = word {
                all.and(&format!("' ' || {column} || ' ' LIKE ?"), [Value::from(format!("% {word} %"))]);
            }
        }
        if let Some(severity) = &filter.severity {
            all.and("severity = ?", [severity.into()]);
        }
        if filter.urgent {
            all.and("urgent = 1", []);
        }
        if filter.asked {
            all.and("review_asked IS NOT NULL", []);
        }
        if let Some(before) = filter.held_before {
            all.and("held_at < ?", [before.into()]);
        }
        if let Some(since) = filter.held_since {
            all.and("held_at >= ?", [since.into()]);
        }
        all
    }

    pub(super) fn bound(self, text: String) -> Statement<'v> {
        self.values.into_iter().fold(sql(text), |statement, value| statement.bind(value))
    }
}

impl Core {
    async fn read_queue(&self, filter: &QueueFilter, page: &QueuePage) -> Result<Vec<HeldMessage>, StoreError> {
        let first = first(page.order);
        let mut conditions = Conditions::of(filter);
        if let Some((urgent, other)) = filter.overdue {
            conditions.and("held_at < CASE WHEN urgent = 1 THEN ? ELSE ? END", [urgent.into(), other.into()]);
        }
        if let Some(after) = &page.after {
            let key = [first_of(page.order, after), after.record.held_at.into(), after.id.into()];
            conditions.and(&format!("({first}, held_at, id) > (?, ?, ?)"), key);
        }
        conditions.values.push(page.rows.min(LIST_PAGE).into());
        let text = format!(
            "SELECT {RECORD} FROM held WHERE id IN (SELECT id FROM held WHERE {} ORDER BY {first}, held_at, id LIMIT ${})
             ORDER BY {first}, held_at, id",
            conditions.text,
            conditions.values.len()
        );
        conditions.bound(text).all(&mut *self.read().await?).await?.iter().map(message).collect()
    }

    async fn count_queue(&self, filter: &QueueFilter) -> Result<QueueCount, StoreError> {
        let mut conditions = Conditions::of(filter);
        let (urgent, other) = filter.overdue.unwrap_or((Timestamp::MIN, Timestamp::MIN));
        let places = conditions.values.len();
        conditions.values.extend([Value::from(urgent), Value::from(other)]);
        let text = format!(
            "SELECT COUNT(*) AS messages, CAST(COALESCE(SUM(urgent), 0) AS BIGINT) AS urgent,
                    CAST(COALESCE(SUM(CASE WHEN held_at < CASE WHEN urgent = 1 THEN ${} ELSE ${} END THEN 1 ELSE 0 END), 0)
                         AS BIGINT) AS overdue,
                    MAX(held_at) AS newest
             FROM held WHERE {}",
            places.saturating_add(1),
            places.saturating_add(2),
            conditions.text
        );
        let row = conditions.bound(text).first(&mut *self.read().await?).await?;
        row.map_or(Ok(QueueCount::default()), |row| {
            Ok(QueueCount {
                messages: row.count("messages")?,
                urgent: row.count("urgent")?,
                overdue: row.count("overdue")?,
                newest: row.optional_time("newest")?,
            })
        })
    }

    async fn write_false_alarm(
        &self,
        id: MessageId,
        unit: &str,
        findings: &[FalseFinding],
        entry: &Entry,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let step = add_false_alarm(&mut tx, id, unit, findings, entry).await;
        tx.end_if(step).await
    }

    async fn read_false_alarms(&self, units: &[String]) -> Result<Vec<FalseAlarmRow>, StoreError> {
        const WHAT: &str = "unit, rule, category, kind, strength, place, zone, shape";
        let mut conditions = Conditions::default();
        conditions.among("unit", units.iter().map(Value::from).collect());
        conditions.values.push(LIST_PAGE.into());
        let text = format!(
            "SELECT {WHAT}, COUNT(*) AS times, MAX(at) AS last FROM false_alarm WHERE {} GROUP BY {WHAT}
             ORDER BY times DESC, {WHAT} LIMIT ${}",
            conditions.text,
            conditions.values.len()
        );
        conditions.bound(text).all(&mut *self.read().await?).await?.iter().map(false_alarm).collect()
    }
}

async fn add_false_alarm(
    tx: &mut Writing<'_>,
    id: MessageId,
    unit: &str,
    findings: &[FalseFinding],
    entry: &Entry,
) -> Result<bool, StoreError> {
    tx.lock("false-alarm", &id.to_string()).await?;
    let before = sql("SELECT position FROM false_alarm WHERE message = $1 LIMIT 1").bind(id).first(tx).await?;
    if before.is_some() {
        return Ok(false);
    }
    let rows = (0i64..).zip(findings).map(|(position, finding)| -> [Value<'_>; 11] {
        [
            id.into(),
            position.into(),
            entry.at.into(),
            unit.into(),
            (&finding.rule).into(),
            (&finding.category).into(),
            (&finding.kind).into(),
            (&finding.strength).into(),
            (&finding.place).into(),
            (&finding.zone).into(),
            (&finding.shape).into(),
        ]
    });
    let into = "false_alarm (message, position, at, unit, rule, category, kind, strength, place, zone, shape)";
    tx.insert(into, rows.collect()).await?;
    tx.append(entry).await?;
    Ok(true)
}

/// What comes first in the order; smaller is earlier.
fn first(order: Order) -> &'static str {
    match order {
        Order::Urgency => "1 - urgent",
        Order::Oldest => "held_at",
        Order::Newest => "0 - held_at",
        Order::Expiry => "expires_at",
        Order::Severity => SEVERITY,
        Order::Unit => "unit",
        Order::Reference => "reference",
    }
}

/// The same of a message.
fn first_of(order: Order, message: &HeldMessage) -> Value<'_> {
    let record = &message.record;
    match order {
        Order::Urgency => i64::from(!record.urgent).into(),
        Order::Oldest => record.held_at.into(),
        Order::Newest => record.held_at.as_millisecond().saturating_neg().into(),
        Order::Expiry => record.expires_at.into(),
        Order::Severity => {
            let order = ["critical", "high", "medium", "low"];
            order.iter().position(|word| *word == record.severity).unwrap_or(order.len()).into()
        }
        Order::Unit => (&record.unit).into(),
        Order::Reference => (&message.reference).into(),
    }
}

fn false_alarm(row: &Row) -> Result<FalseAlarmRow, StoreError> {
    Ok(FalseAlarmRow {
        unit: row.text("unit")?,
        finding: FalseFinding {
            rule: row.text("rule")?,
            category: row.text("category")?,
            kind: row.text("kind")?,
            strength: row.text("strength")?,
            place: row.text("place")?,
            zone: row.text("zone")?,
            shape: row.text("shape")?,
        },
        times: row.count("times")?,
        last: row.time("last")?,
    })
}
