//! `sluss audit export`: JSON lines or CSV; all, or a period, or what concerns one mailbox.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write, stdout};
use std::process::ExitCode;

use jiff::civil::Date;

use super::{Desk, Unusable, audit, text};
use crate::audit::Event;
use crate::audit::export::{COLUMNS, Choice};
use crate::cli::typed::from_standard_input;
use crate::report::csv;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// As a spreadsheet opens it, instead of JSON lines
    #[arg(long)]
    csv: bool,
    /// Without names of accounts, typed reasons and hashes: for handing out
    #[arg(long)]
    masked: bool,
    /// First day
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<Date>,
    /// Last day
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: Option<Date>,
    /// Only what concerns held mail from or to one mailbox; its address is read from standard input
    #[arg(long, requires = "reason")]
    mailbox: bool,
    /// Why; goes on the record
    #[arg(long, value_name = "TEXT", value_parser = text)]
    reason: Option<String>,
}

pub(super) async fn run(args: &Args, desk: &Desk<'_>) -> Result<ExitCode, Unusable> {
    if let (Some(from), Some(to)) = (args.from, args.to)
        && from > to
    {
        return Err(Unusable(format!("--from {from} is after --to {to}")));
    }
    let choice = Choice {
        from: args.from.map(|day| desk.beginning(day)).transpose()?,
        to: args.to.map(|day| desk.end(day)).transpose()?,
        messages: if args.mailbox { Some(of_mailbox(desk).await?) } else { None },
        masked: args.masked,
    };
    desk.record(Event::Exported { what: args.what(), reason: args.reason.clone() }).await?;
    let mut out = BufWriter::new(stdout());
    let mut line = String::new();
    if args.csv {
        line.push_str(csv::BYTE_ORDER_MARK);
        csv::line(&mut line, &COLUMNS);
        out.write_all(line.as_bytes()).map_err(Unusable::because)?;
    }
    let mut each = |row: &audit::export::Row<'_>| -> std::io::Result<()> {
        if !args.csv {
            serde_json::to_writer(&mut out, row).map_err(std::io::Error::from)?;
            return out.write_all(b"\n");
        }
        line.clear();
        csv::line(&mut line, &row.cells().each_ref().map(String::as_str));
        out.write_all(line.as_bytes())
    };
    audit::export(desk.store, &choice, &mut each).await.map_err(Unusable::because)?;
    out.flush().map_err(Unusable::because)?;
    Ok(ExitCode::SUCCESS)
}

impl Args {
    /// What is written out, for the record.
    fn what(&self) -> String {
        let day = |day: Option<Date>| day.map_or_else(|| "-".to_owned(), |day| day.to_string());
        let format = if self.csv { "csv" } else { "json" };
        let (from, to, masked) = (day(self.from), day(self.to), self.masked);
        let whose = if self.mailbox { "one-mailbox" } else { "all" };
        format!("format={format} masked={masked} from={from} to={to} of={whose}")
    }
}

/// The messages that the mailbox sent or was to get, by id.
async fn of_mailbox(desk: &Desk<'_>) -> Result<BTreeMap<Vec<u8>, String>, Unusable> {
    let keys = desk.keys().await?;
    let address = from_standard_input(|input| input.line("the mailbox's address"));
    let address = address.filter(|address| address.contains('@'));
    let address = address.ok_or_else(|| Unusable::because("no address was read from standard input"))?;
    let found = desk.store.messages_of_mailbox(&keys.mailbox_digests(&address)).await.map_err(Unusable::because)?;
    let mut messages: BTreeMap<Vec<u8>, String> = BTreeMap::new();
    for (id, role) in found {
        let roles = messages.entry(id.0.to_vec()).or_default();
        if !roles.is_empty() {
            roles.push(',');
        }
        roles.push_str(role.as_str());
    }
    Ok(messages)
}
