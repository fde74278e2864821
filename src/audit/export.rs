//! The chains as JSON lines, complete enough to be verified elsewhere.

use std::io::Write;

use data_encoding::HEXLOWER;
use serde::Serialize;

use crate::store::{Link, Store, StoreError};

/// Why an export stopped.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot write: {0}")]
    Write(#[from] std::io::Error),
}

/// One link. `at` is RFC 3339 UTC with milliseconds; the hash covers exactly these milliseconds.
#[derive(Serialize)]
struct Line<'a> {
    writer: &'a str,
    sequence: i64,
    at: String,
    event: &'a str,
    actor: &'a str,
    id: Option<String>,
    #[serde(rename = "ref")]
    reference: Option<&'a str>,
    unit: Option<&'a str>,
    reason: Option<&'a str>,
    detail: Option<&'a str>,
    previous: String,
    hash: String,
}

/// Writes every chain, writer after writer, in order; returns the number of lines.
pub async fn export(store: &dyn Store, out: &mut (dyn Write + Send)) -> Result<u64, ExportError> {
    let mut lines = 0;
    for writer in store.audit_writers().await? {
        let mut after = i64::MIN;
        loop {
            let page = store.audit_links(&writer, after).await?;
            let Some(last) = page.last() else { break };
            after = last.sequence;
            for link in &page {
                serde_json::to_writer(&mut *out, &line(link)).map_err(std::io::Error::from)?;
                out.write_all(b"\n")?;
                lines += 1;
            }
        }
    }
    out.flush()?;
    Ok(lines)
}

fn line(link: &Link) -> Line<'_> {
    Line {
        writer: &link.writer,
        sequence: link.sequence,
        at: jiff::Timestamp::from_millisecond(link.at_ms)
            .map_or_else(|_| link.at_ms.to_string(), |at| format!("{at:.3}")),
        event: &link.event,
        actor: &link.actor,
        id: link.message.as_deref().map(|id| HEXLOWER.encode(id)),
        reference: link.reference.as_deref(),
        unit: link.unit.as_deref(),
        reason: link.reason.as_deref(),
        detail: link.detail.as_deref(),
        previous: HEXLOWER.encode(&link.previous),
        hash: HEXLOWER.encode(&link.hash),
    }
}
