//! A statement, its values and the rows it gives, the same for both databases.
//!
//! Statements are written in what both understand: parameters are `$1`, `$2`, …; whole numbers, texts and bytes are
//! the only types; a flag is 0 or 1, a time is milliseconds since 1970-01-01 UTC, a day is `YYYY-MM-DD`.

use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use super::connection::{Connection, Link};
use crate::message::{LinkDigest, MessageId, Reference};
use crate::store::{AccountId, NoticeId, RecipientState, RegisterId, State, StoreError, TokenDigest, postgres, sqlite};

/// What is bound to a parameter. `None` is NULL of that type: PostgreSQL wants to know it.
#[derive(Debug)]
pub(in crate::store) enum Value<'v> {
    Number(Option<i64>),
    Text(Option<Cow<'v, str>>),
    Bytes(Option<Cow<'v, [u8]>>),
}

/// A statement on its way to a connection.
pub(in crate::store) struct Statement<'v> {
    text: Cow<'static, str>,
    values: Vec<Value<'v>>,
}

/// One row of an answer.
pub(in crate::store) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// Begins a statement; its values follow in order.
pub(in crate::store) fn sql<'v>(text: impl Into<Cow<'static, str>>) -> Statement<'v> {
    Statement { text: text.into(), values: Vec::new() }
}

/// Binds the values in order; the two drivers' queries have methods of the same names, but no trait in common.
macro_rules! query {
    ($driver:ty, $statement:ident) => {{
        // The texts are this module's own: no value is ever written into one.
        let mut query = sqlx::query::<$driver>(sqlx::AssertSqlSafe($statement.text.into_owned()));
        for value in &$statement.values {
            query = match value {
                Value::Number(number) => query.bind(*number),
                Value::Text(text) => query.bind(text.as_deref()),
                Value::Bytes(bytes) => query.bind(bytes.as_deref()),
            };
        }
        query
    }};
}

impl<'v> Statement<'v> {
    /// With these values and no other.
    pub(in crate::store) fn with(text: String, values: Vec<Value<'v>>) -> Self {
        Statement { text: text.into(), values }
    }

    pub(in crate::store) fn bind(mut self, value: impl Into<Value<'v>>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Runs it; how many rows it changed.
    pub(in crate::store) async fn run(self, conn: &mut Connection) -> Result<u64, StoreError> {
        let answer = match conn.engage()? {
            Link::Sqlite(link) => {
                query!(sqlx::Sqlite, self).execute(link).await.map(|done| done.rows_affected()).map_err(sqlite::fault)
            }
            Link::Postgres(link) => {
                let run = query!(sqlx::Postgres, self).execute(link);
                postgres::in_time(run).await.map(|done| done.rows_affected())
            }
        };
        conn.settle(answer)
    }

    /// Runs it; all rows that it gives.
    pub(in crate::store) async fn all(self, conn: &mut Connection) -> Result<Vec<Row>, StoreError> {
        let answer = match conn.engage()? {
            Link::Sqlite(link) => {
                let rows = query!(sqlx::Sqlite, self).fetch_all(link).await.map_err(sqlite::fault);
                rows.map(|rows| rows.into_iter().map(Row::Sqlite).collect())
            }
            Link::Postgres(link) => {
                let rows = postgres::in_time(query!(sqlx::Postgres, self).fetch_all(link)).await;
                rows.map(|rows| rows.into_iter().map(Row::Postgres).collect())
            }
        };
        conn.settle(answer)
    }

    /// Runs it; the first row that it gives. It is to give few.
    pub(in crate::store) async fn first(self, conn: &mut Connection) -> Result<Option<Row>, StoreError> {
        Ok(self.all(conn).await?.into_iter().next())
    }
}

/// Rows of one statement. Statements are kept prepared by their text, so there are few texts.
const ROWS_TOGETHER: [usize; 12] = [32, 24, 20, 16, 12, 8, 6, 5, 4, 3, 2, 1];
/// Of that many texts, of nine statements, and of those for one row.
pub(in crate::store) const STATEMENTS_PREPARED: usize = 256;
/// Bytes after which a row is the last of its statement.
const BYTES_TOGETHER: usize = 1 << 20;

impl Connection {
    /// Inserts rows `into` a table, named with its columns, several in a statement.
    pub(in crate::store) async fn insert<const N: usize>(
        &mut self,
        into: &str,
        rows: Vec<[Value<'_>; N]>,
    ) -> Result<(), StoreError> {
        for statement in self.inserts(into, rows) {
            statement.run(self).await?;
        }
        Ok(())
    }

    /// The statements of [`Connection::insert`].
    pub(in crate::store) fn inserts<'v, const N: usize>(
        &self,
        into: &str,
        rows: Vec<[Value<'v>; N]>,
    ) -> Vec<Statement<'v>> {
        let statement = |rows: Vec<[Value<'v>; N]>| {
            let places: Vec<String> = (0..rows.len()).map(|row| self.places(row * N + 1, N)).collect();
            let text = format!("INSERT INTO {into} VALUES {}", places.join(", "));
            Statement::with(text, rows.into_iter().flatten().collect())
        };
        by_bytes(rows).into_iter().flat_map(in_parts).map(statement).collect()
    }

    /// Runs statements in order that give no rows, their values in the places that [`Connection::places`] writes. With
    /// `at_once` SQLite, whose connection is a thread of its own, is asked one time and not once for each. Every mixture
    /// of statements is a text of its own that is prepared, so that is for mixtures of which there are few.
    pub(in crate::store) async fn run_all(
        &mut self,
        statements: Vec<Statement<'_>>,
        at_once: bool,
    ) -> Result<(), StoreError> {
        if at_once && self.is_sqlite() {
            let texts: Vec<&str> = statements.iter().map(|statement| statement.text.as_ref()).collect();
            let text = texts.join(";\n");
            let values = statements.into_iter().flat_map(|statement| statement.values).collect();
            return Statement::with(text, values).run(self).await.map(|_| ());
        }
        for statement in statements {
            statement.run(self).await?;
        }
        Ok(())
    }

    /// All rows that `select`, which ends in `IN`, gives for any of the values.
    pub(in crate::store) async fn select_among(
        &mut self,
        select: &str,
        values: Vec<Value<'_>>,
    ) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        for values in in_parts(values) {
            let mut statement = sql(format!("{select} {}", self.places(1, values.len())));
            statement.values = values;
            rows.extend(statement.all(self).await?);
        }
        Ok(rows)
    }

    /// `($4, $5, $6)`; in SQLite `(?, ?, ?)`, where a numbered parameter is looked up in a list of all of them.
    pub(in crate::store) fn places(&self, first: usize, count: usize) -> String {
        let place = |number: usize| if self.is_sqlite() { "?".to_owned() } else { format!("${number}") };
        let places: Vec<String> = (first..first + count).map(place).collect();
        format!("({})", places.join(", "))
    }
}

/// The rows in order, in parts that end with the row that makes them large.
fn by_bytes<const N: usize>(rows: Vec<[Value<'_>; N]>) -> Vec<Vec<[Value<'_>; N]>> {
    let mut parts = vec![Vec::new()];
    let mut bytes = 0;
    for row in rows {
        if bytes >= BYTES_TOGETHER {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes += row.iter().map(Value::len).sum::<usize>();
        if let Some(part) = parts.last_mut() {
            part.push(row);
        }
    }
    parts
}

/// The items in order, in parts of the sizes there are.
fn in_parts<T>(mut items: Vec<T>) -> Vec<Vec<T>> {
    let mut parts = Vec::new();
    for size in ROWS_TOGETHER {
        while items.len() >= size {
            let rest = items.split_off(size);
            parts.push(std::mem::replace(&mut items, rest));
        }
    }
    parts
}

impl Value<'_> {
    fn len(&self) -> usize {
        match self {
            Value::Number(_) | Value::Text(None) | Value::Bytes(None) => 8,
            Value::Text(Some(text)) => text.len(),
            Value::Bytes(Some(bytes)) => bytes.len(),
        }
    }
}

/// Reads a column by name; an error is a value that this version never writes.
macro_rules! column {
    ($row:ident, $column:ident) => {
        match $row {
            Row::Sqlite(row) => row.try_get($column),
            Row::Postgres(row) => row.try_get($column),
        }
        .map_err(|_| unexpected($column))
    };
}

impl Row {
    pub(in crate::store) fn number(&self, column: &str) -> Result<i64, StoreError> {
        column!(self, column)
    }

    pub(in crate::store) fn optional_number(&self, column: &str) -> Result<Option<i64>, StoreError> {
        column!(self, column)
    }

    pub(in crate::store) fn text(&self, column: &str) -> Result<String, StoreError> {
        column!(self, column)
    }

    pub(in crate::store) fn optional_text(&self, column: &str) -> Result<Option<String>, StoreError> {
        column!(self, column)
    }

    pub(in crate::store) fn bytes(&self, column: &str) -> Result<Vec<u8>, StoreError> {
        column!(self, column)
    }

    pub(in crate::store) fn optional_bytes(&self, column: &str) -> Result<Option<Vec<u8>>, StoreError> {
        column!(self, column)
    }

    /// Of something that is counted.
    pub(in crate::store) fn count(&self, column: &str) -> Result<u64, StoreError> {
        u64::try_from(self.number(column)?).map_err(|_| unexpected(column))
    }

    pub(in crate::store) fn flag(&self, column: &str) -> Result<bool, StoreError> {
        Ok(self.number(column)? != 0)
    }

    pub(in crate::store) fn time(&self, column: &str) -> Result<Timestamp, StoreError> {
        Timestamp::from_millisecond(self.number(column)?).map_err(|_| unexpected(column))
    }

    pub(in crate::store) fn optional_time(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        let read = |ms| Timestamp::from_millisecond(ms).map_err(|_| unexpected(column));
        self.optional_number(column)?.map(read).transpose()
    }

    pub(in crate::store) fn day(&self, column: &str) -> Result<Date, StoreError> {
        self.text(column)?.parse().map_err(|_| unexpected(column))
    }

    pub(in crate::store) fn optional_day(&self, column: &str) -> Result<Option<Date>, StoreError> {
        let read = |text: String| text.parse().map_err(|_| unexpected(column));
        self.optional_text(column)?.map(read).transpose()
    }

    /// Words with one space between.
    pub(in crate::store) fn words(&self, column: &str) -> Result<Vec<String>, StoreError> {
        Ok(self.text(column)?.split_ascii_whitespace().map(str::to_owned).collect())
    }

    /// The 16 bytes of an id.
    pub(in crate::store) fn id(&self, column: &str) -> Result<[u8; 16], StoreError> {
        self.bytes(column)?.try_into().map_err(|_| unexpected(column))
    }

    pub(in crate::store) fn message(&self, column: &str) -> Result<MessageId, StoreError> {
        self.id(column).map(MessageId)
    }

    pub(in crate::store) fn reference(&self, column: &str) -> Result<Reference, StoreError> {
        self.text(column)?.parse().map_err(|()| unexpected(column))
    }

    pub(in crate::store) fn state(&self, column: &str) -> Result<State, StoreError> {
        State::from_word(&self.text(column)?).ok_or_else(|| unexpected(column))
    }
}

/// A value that this version never writes.
pub(in crate::store) fn unexpected(what: &str) -> StoreError {
    StoreError::Unavailable(format!("unexpected {what} in a row"))
}

/// `Value::from` for a type and for the option of it.
macro_rules! values {
    ($($type:ty => $kind:ident $value:ident $to:expr;)*) => {$(
        impl<'v> From<$type> for Value<'v> {
            fn from($value: $type) -> Self {
                Value::$kind(Some($to))
            }
        }

        impl<'v> From<Option<$type>> for Value<'v> {
            fn from(value: Option<$type>) -> Self {
                Value::$kind(value.map(|$value| $to))
            }
        }
    )*};
}

values! {
    i64 => Number value value;
    i32 => Number value i64::from(value);
    u64 => Number value i64::try_from(value).unwrap_or(i64::MAX);
    usize => Number value i64::try_from(value).unwrap_or(i64::MAX);
    bool => Number value i64::from(value);
    Duration => Number value i64::try_from(value.as_millis()).unwrap_or(i64::MAX);
    Timestamp => Number value value.as_millisecond();
    &'v str => Text value Cow::Borrowed(value);
    &'v String => Text value Cow::Borrowed(value.as_str());
    String => Text value Cow::Owned(value);
    Date => Text value Cow::Owned(value.to_string());
    State => Text value Cow::Borrowed(value.as_str());
    RecipientState => Text value Cow::Borrowed(value.as_str());
    &'v Reference => Text value Cow::Borrowed(value.as_str());
    &'v [u8] => Bytes value Cow::Borrowed(value);
    Vec<u8> => Bytes value Cow::Owned(value);
    &'v Vec<u8> => Bytes value Cow::Borrowed(value.as_slice());
    MessageId => Bytes value Cow::Owned(value.0.to_vec());
    NoticeId => Bytes value Cow::Owned(value.0.to_vec());
    RegisterId => Bytes value Cow::Owned(value.0.to_vec());
    LinkDigest => Bytes value Cow::Owned(value.0.to_vec());
    AccountId => Bytes value Cow::Owned(value.0.to_vec());
    TokenDigest => Bytes value Cow::Owned(value.0.to_vec());
}
