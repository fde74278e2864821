//! Which keys what is stored depends on, and what is sealed or encrypted anew.

use jiff::Timestamp;
use jiff::civil::Date;

use super::audit::FINGERPRINT;
use super::held::{RECORD, message};
use super::statement::{Row, sql};
use super::{Core, Writing};
use crate::message::MessageId;
use crate::store::held::CHUNK;
use crate::store::{
    Entry, HeldMessage, LIST_PAGE, Resealed, ResealedAddresses, SealCount, SecretText, SecretUses, StoreError,
    TextPlace,
};
use crate::telemetry::failpoint;

impl Core {
    pub(super) async fn count_seals(&self) -> Result<Vec<SealCount>, StoreError> {
        sql("SELECT unit, sealed_to, count(held) AS messages, count(DISTINCT gone) AS disclosed
             FROM (SELECT held.unit AS unit, evidence.sealed_to AS sealed_to, held.id AS held, NULL AS gone
                     FROM evidence JOIN held ON held.id = evidence.message
                   UNION ALL SELECT unit, sealed_to, NULL, message FROM disclosure) AS kept
             GROUP BY unit, sealed_to ORDER BY unit, sealed_to")
        .all(&mut *self.read().await?)
        .await?
        .iter()
        .map(|row| {
            Ok(SealCount {
                unit: row.text("unit")?,
                sealed_to: row.words("sealed_to")?,
                messages: row.count("messages")?,
                disclosed: row.count("disclosed")?,
            })
        })
        .collect()
    }

    pub(super) async fn read_sealed_like(
        &self,
        unit: &str,
        sealed_to: &[String],
        after: Option<MessageId>,
    ) -> Result<Vec<HeldMessage>, StoreError> {
        let after = after.map_or(Vec::new(), |id| id.0.to_vec());
        sql(format!(
            "SELECT {RECORD} FROM held WHERE id > $1 AND unit = $2
               AND EXISTS (SELECT 1 FROM evidence WHERE message = held.id AND sealed_to = $3)
             ORDER BY id LIMIT $4"
        ))
        .bind(&after)
        .bind(unit)
        .bind(sealed_to.join(" "))
        .bind(LIST_PAGE)
        .all(&mut *self.read().await?)
        .await?
        .iter()
        .map(message)
        .collect()
    }

    pub(super) async fn write_resealed(&self, new: &Resealed, entry: &Entry) -> Result<bool, StoreError> {
        let bytes = new.evidence.len() + new.content.as_ref().map_or(0, Vec::len);
        self.backend.refuse_when_full(bytes)?;
        let mut tx = self.begin().await?;
        let step = reseal(&mut tx, new, entry).await;
        failpoint::hit("rotate:before-commit");
        let resealed = tx.end_if(step).await;
        failpoint::hit("rotate:after-commit");
        resealed
    }

    pub(super) async fn read_disclosed_like(
        &self,
        unit: &str,
        sealed_to: &[String],
        after: Option<MessageId>,
    ) -> Result<Vec<MessageId>, StoreError> {
        let after = after.map_or(Vec::new(), |id| id.0.to_vec());
        sql("SELECT DISTINCT message FROM disclosure WHERE message > $1 AND unit = $2 AND sealed_to = $3
             ORDER BY message LIMIT $4")
        .bind(&after)
        .bind(unit)
        .bind(sealed_to.join(" "))
        .bind(LIST_PAGE)
        .all(&mut *self.read().await?)
        .await?
        .iter()
        .map(|row| row.message("message"))
        .collect()
    }

    pub(super) async fn write_resealed_disclosed(
        &self,
        new: &ResealedAddresses,
        entry: &Entry,
    ) -> Result<bool, StoreError> {
        self.backend.refuse_when_full(new.addresses.iter().map(|(_, sealed)| sealed.len()).sum())?;
        let mut tx = self.begin().await?;
        let step = reseal_disclosed(&mut tx, new, entry).await;
        tx.end_if(step).await
    }

    pub(super) async fn exchange_fingerprint(&self, from: &str, to: &str, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = exchange(&mut tx, from, to, entry).await;
        tx.end(step).await
    }

    pub(super) async fn count_secret_uses(
        &self,
        number: u32,
        today: Date,
        copies_since: Timestamp,
    ) -> Result<SecretUses, StoreError> {
        let digests = format!("{number}:%");
        let mut conn = self.read().await?;
        let mut count = async |statement: &'static str, value: Option<String>| {
            let mut statement = sql(statement).bind(&digests);
            if let Some(value) = value {
                statement = statement.bind(value);
            }
            statement.first(&mut conn).await?.map_or(Ok(0), |row| row.count("count"))
        };
        let today = || Some(today.to_string());
        let uses = SecretUses {
            values: count("SELECT count(*) AS count FROM value_digest WHERE digest LIKE $1", None).await?
                + count("SELECT count(*) AS count FROM disclosure_value WHERE digest LIKE $1", None).await?,
            mailboxes: count("SELECT count(*) AS count FROM mailbox_digest WHERE digest LIKE $1", None).await?,
            checkpoints: 0,
            copies: 0,
            consents: count(
                "SELECT count(*) AS count FROM consent
                 WHERE person LIKE $1 AND withdrawn_at IS NULL AND expires >= $2",
                today(),
            )
            .await?,
            orders: count(
                "SELECT count(*) AS count FROM secrecy_order
                 WHERE person LIKE $1 AND (last_day IS NULL OR last_day >= $2)",
                today(),
            )
            .await?,
            teams: count(
                "SELECT count(*) AS count FROM team WHERE person LIKE $1 AND ended_at IS NULL AND expires >= $2",
                today(),
            )
            .await?,
            accounts: count("SELECT count(*) AS count FROM account WHERE login LIKE $1", None).await?,
        };
        let copies = sql("SELECT count(*) AS count FROM held WHERE copy_digest LIKE $1 AND held_at >= $2")
            .bind(&digests)
            .bind(copies_since)
            .first(&mut conn)
            .await?;
        let checkpoints = sql("SELECT count(*) AS count FROM audit
                               WHERE event IN ('checkpoint', 'pruned') AND detail LIKE $1")
        .bind(format!("%seal={digests}"))
        .first(&mut conn)
        .await?;
        let count = |row: Option<Row>| row.map_or(Ok(0), |row| row.count("count"));
        Ok(SecretUses { copies: count(copies)?, checkpoints: count(checkpoints)?, ..uses })
    }

    pub(super) async fn read_secret_texts(
        &self,
        place: TextPlace,
        after: Option<[u8; 16]>,
    ) -> Result<Vec<SecretText>, StoreError> {
        let (table, column) = where_it_stands(place);
        let after = after.map_or(Vec::new(), |id| id.to_vec());
        let rows = sql(format!(
            "SELECT id, {column} AS sealed FROM {table} WHERE id > $1 AND {column} IS NOT NULL ORDER BY id LIMIT $2"
        ))
        .bind(&after)
        .bind(LIST_PAGE)
        .all(&mut *self.read().await?)
        .await?;
        let text = |row: &Row| Ok(SecretText { place, id: row.id("id")?, sealed: row.bytes("sealed")? });
        rows.iter().map(text).collect()
    }

    pub(super) async fn write_renewed_text(&self, read: &SecretText, sealed: &[u8]) -> Result<bool, StoreError> {
        let (table, column) = where_it_stands(read.place);
        let mut tx = self.begin().await?;
        let step = sql(format!("UPDATE {table} SET {column} = $3 WHERE id = $1 AND {column} = $2"))
            .bind(read.id.as_slice())
            .bind(&read.sealed)
            .bind(sealed)
            .run(&mut tx)
            .await;
        Ok(tx.end(step).await? == 1)
    }
}

/// Table and column.
fn where_it_stands(place: TextPlace) -> (&'static str, &'static str) {
    match place {
        TextPlace::Outbox => ("outbox", "payload"),
        TextPlace::Consent => ("consent", "sealed"),
        TextPlace::Order => ("secrecy_order", "sealed"),
        TextPlace::Team => ("team", "sealed"),
        TextPlace::Account => ("account", "sealed"),
        TextPlace::Exception => ("exception_request", "sealed"),
    }
}

/// False where it has changed or gone since it was read; what was done of it then is for the caller to roll back.
async fn reseal(tx: &mut Writing<'_>, new: &Resealed, entry: &Entry) -> Result<bool, StoreError> {
    // Nothing is changed here: the row is only kept from others until the commit, as every transition keeps it.
    let kept = sql("UPDATE held SET state = state WHERE id = $1").bind(new.id).run(tx).await?;
    let evidence = sql("UPDATE evidence SET sealed = $3, sealed_to = $4 WHERE message = $1 AND sealed_to = $2")
        .bind(new.id)
        .bind(new.from.join(" "))
        .bind(&new.evidence)
        .bind(new.to.join(" "))
        .run(tx)
        .await?;
    if kept != 1 || evidence != 1 {
        return Ok(false);
    }
    let chunks = sql("DELETE FROM content WHERE message = $1").bind(new.id).run(tx).await?;
    if (chunks > 0) != new.content.is_some() {
        return Ok(false);
    }
    if let Some(content) = &new.content {
        tx.insert_content(new.id, content).await?;
    }
    tx.append(entry).await?;
    Ok(true)
}

/// The same of the addresses of one mail.
async fn reseal_disclosed(tx: &mut Writing<'_>, new: &ResealedAddresses, entry: &Entry) -> Result<bool, StoreError> {
    for (position, sealed) in &new.addresses {
        let changed = sql("UPDATE disclosure SET sealed = $4, sealed_to = $5
                           WHERE message = $1 AND position = $2 AND sealed_to = $3")
        .bind(new.id)
        .bind(*position)
        .bind(new.from.join(" "))
        .bind(sealed)
        .bind(new.to.join(" "))
        .run(tx)
        .await?;
        if changed != 1 {
            return Ok(false);
        }
    }
    tx.append(entry).await?;
    Ok(true)
}

async fn exchange(tx: &mut Writing<'_>, from: &str, to: &str, entry: &Entry) -> Result<(), StoreError> {
    let exchanged = sql("UPDATE meta SET value = $3 WHERE key = $1 AND value = $2")
        .bind(FINGERPRINT)
        .bind(from)
        .bind(to)
        .run(tx)
        .await?;
    if exchanged == 1 {
        return tx.append(entry).await;
    }
    let stored = super::audit::fingerprint(tx).await?.unwrap_or_default();
    Err(StoreError::OtherSecret { stored })
}

impl Writing<'_> {
    /// The sealed content of a message, in chunks.
    pub(super) async fn insert_content(&mut self, id: MessageId, content: &[u8]) -> Result<(), StoreError> {
        for (number, chunk) in content.chunks(CHUNK).enumerate() {
            sql("INSERT INTO content (message, chunk, sealed) VALUES ($1, $2, $3)")
                .bind(id)
                .bind(number)
                .bind(chunk)
                .run(self)
                .await?;
        }
        Ok(())
    }
}
