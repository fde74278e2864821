//! `sluss order add | list | end`.

use jiff::civil::Date;
use serde_json::json;

use super::sealed::{OrderText, open, seal};
use super::{Desk, Fields, Listing, Unusable, Whose, day, lines, present, text};
use crate::audit::Event;
use crate::store::{OrderRow, RegisterId};

const COLUMNS: [&str; 4] = ["id", "state", "from", "until"];

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Register an order of secrecy; the id is printed
    ///
    /// While it holds, neither consent nor code nor route lifts anything for mail about this person or case: the
    /// statsforvalter or ministry may order so in a child's interest (sosialtjenesteloven § 44, last paragraph).
    Add(New),
    /// List orders: those that hold or will hold
    List(Listing),
    /// An order ends
    End {
        /// Id, as the list shows it
        id: RegisterId,
        /// The last day it holds [default: yesterday, so that it holds no more]
        #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
        until: Option<Date>,
    },
}

#[derive(Debug, clap::Args)]
struct New {
    #[command(flatten)]
    whose: Whose,
    /// The first day it holds [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    from: Option<Date>,
    /// The last day it holds; without it, until it is ended
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    until: Option<Date>,
    /// The authority or role that decided it
    #[arg(long, value_name = "ROLE", value_parser = text)]
    decided_by: String,
    /// The decision's reference
    #[arg(long, value_name = "REF", value_parser = text)]
    reference: String,
}

pub(super) async fn answer(args: Args, desk: &mut Desk<'_>) -> Result<Vec<String>, Unusable> {
    match args.command {
        Command::Add(new) => add(&new, desk).await,
        Command::List(listing) => list(&listing, desk).await,
        Command::End { id, until } => {
            let until = match until {
                Some(day) => day,
                None => desk.today().yesterday().map_err(Unusable::because)?,
            };
            let entry = desk.entry(Event::OrderEnded(id));
            desk.store.end_order(id, until, &entry).await.map_err(Unusable::because)?;
            Ok(Vec::new())
        }
    }
}

async fn add(new: &New, desk: &mut Desk<'_>) -> Result<Vec<String>, Unusable> {
    let from = new.from.unwrap_or_else(|| desk.today());
    if new.until.is_some_and(|until| until < from) {
        return Err(Unusable::because("--until lies before the first day: the order would hold on no day"));
    }
    let id = RegisterId::random();
    let text = OrderText { decided_by: new.decided_by.clone(), reference: new.reference.clone() };
    let row = OrderRow {
        id,
        person: present(desk.whose(&new.whose)?),
        from,
        until: new.until,
        created_at: desk.timestamp(),
        sealed: seal(&desk.keys, id, &text).map_err(Unusable::because)?,
    };
    let entry = desk.entry(Event::OrderMade(id));
    desk.store.add_order(&row, &entry).await.map_err(Unusable::because)?;
    Ok(vec![id.to_string()])
}

async fn list(listing: &Listing, desk: &mut Desk<'_>) -> Result<Vec<String>, Unusable> {
    let only = desk.only(listing)?;
    let rows = desk.store.registers().await.map_err(Unusable::because)?.orders;
    let today = desk.today();
    let shown = |row: &&OrderRow| {
        only.as_ref().is_none_or(|digests| digests.contains(&row.person))
            && (listing.all || state(row, today) != "ended")
    };
    let entries: Vec<Fields> = rows.iter().filter(shown).map(|row| fields(row, today, listing, desk)).collect();
    desk.listed("orders", listing, entries.len()).await?;
    Ok(lines(&entries, &COLUMNS, listing))
}

fn state(row: &OrderRow, today: Date) -> &'static str {
    match () {
        () if row.until.is_some_and(|until| until < today || until < row.from) => "ended",
        () if row.from > today => "not-yet",
        () => "in-force",
    }
}

fn fields(row: &OrderRow, today: Date, listing: &Listing, desk: &Desk<'_>) -> Fields {
    let mut fields = vec![
        ("id", json!(row.id.to_string())),
        ("person", json!(row.person)),
        ("state", json!(state(row, today))),
        ("from", json!(row.from.to_string())),
        ("until", json!(row.until.map(|day| day.to_string()))),
        ("created_at", json!(row.created_at.to_string())),
    ];
    if listing.open {
        let text = open::<OrderText>(&desk.keys, row.id, &row.sealed);
        fields.extend([
            ("decided_by", json!(text.as_ref().map(|t| &t.decided_by))),
            ("reference", json!(text.as_ref().map(|t| &t.reference))),
        ]);
    }
    fields
}
