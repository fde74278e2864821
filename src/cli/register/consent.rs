//! `sluss consent add | list | withdraw`.

use jiff::civil::Date;
use serde_json::json;

use super::sealed::{ConsentText, open, seal};
use super::{Desk, Fields, Listing, Unusable, Whose, day, lines, present, text};
use crate::audit::Event;
use crate::channel::{Pattern, PatternError};
use crate::detect::Category;
use crate::store::{ConsentRow, RegisterId};

const COLUMNS: [&str; 6] = ["id", "state", "given", "expires", "categories", "withdrawn_at"];

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Register a consent that somebody has given; the id is printed
    ///
    /// The person's number is read from standard input. A consent opens secrecy towards these recipients, for these
    /// categories, until its last day. It never replaces two-factor login.
    Add(New),
    /// List consents: those that hold or will hold
    List(Listing),
    /// A consent was withdrawn; it holds no more from today on
    Withdraw {
        /// Id, as the list shows it
        id: RegisterId,
    },
}

#[derive(Debug, clap::Args)]
struct New {
    #[command(flatten)]
    whose: Whose,
    /// What it is for, in the words of the record
    #[arg(long, value_name = "TEXT", value_parser = text)]
    purpose: String,
    /// What may be told; may be repeated, or joined by commas. Everything a mail tells must be named: with
    /// national-id where the number is in it
    #[arg(long = "category", value_name = "CATEGORY", required = true, value_delimiter = ',', value_parser = category)]
    categories: Vec<Category>,
    /// Who may know: an address, a domain ("@klinik.example") or all below one (".klinik.example"); may be repeated
    #[arg(long = "recipient", value_name = "PATTERN", required = true, value_parser = pattern)]
    recipients: Vec<Pattern>,
    /// The day it was given
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    given: Date,
    /// The role that received it
    #[arg(long, value_name = "ROLE", value_parser = text)]
    received_by: String,
    /// Where it is documented: a case reference
    #[arg(long, value_name = "REF", value_parser = text)]
    documented: String,
    /// The last day it holds
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    expires: Date,
}

fn category(word: &str) -> Result<Category, String> {
    Category::from_word(word.trim())
        .ok_or_else(|| format!("allowed: {}", Category::ALL.map(Category::as_str).join(", ")))
}

fn pattern(text: &str) -> Result<Pattern, PatternError> {
    Pattern::parse(text)
}

pub(super) async fn answer(args: Args, desk: &mut Desk<'_>) -> Result<Vec<String>, Unusable> {
    match args.command {
        Command::Add(new) => add(&new, desk).await,
        Command::List(listing) => list(&listing, desk).await,
        Command::Withdraw { id } => {
            let entry = desk.entry(Event::ConsentWithdrawn(id));
            desk.store.withdraw_consent(id, &entry).await.map_err(Unusable::because)?;
            Ok(Vec::new())
        }
    }
}

async fn add(new: &New, desk: &mut Desk<'_>) -> Result<Vec<String>, Unusable> {
    let today = desk.today();
    for (wrong, reason) in [
        (new.given > today, "--given lies in the future: a consent is registered when it has been given"),
        (new.expires < new.given, "--expires lies before --given"),
        (new.expires < today, "--expires has passed: the consent would hold on no day"),
    ] {
        if wrong {
            return Err(Unusable::because(reason));
        }
    }
    let id = RegisterId::random();
    let mut categories: Vec<String> = new.categories.iter().map(|c| c.as_str().to_owned()).collect();
    categories.sort();
    categories.dedup();
    let text = ConsentText {
        purpose: new.purpose.clone(),
        recipients: new.recipients.iter().map(ToString::to_string).collect(),
        received_by: new.received_by.clone(),
        documented: new.documented.clone(),
    };
    let row = ConsentRow {
        id,
        person: present(desk.whose(&new.whose)?),
        categories,
        given: new.given,
        expires: new.expires,
        created_at: desk.timestamp(),
        withdrawn_at: None,
        sealed: seal(&desk.keys, id, &text).map_err(Unusable::because)?,
    };
    let entry = desk.entry(Event::ConsentGiven(id));
    desk.store.add_consent(&row, &entry).await.map_err(Unusable::because)?;
    Ok(vec![id.to_string()])
}

async fn list(listing: &Listing, desk: &mut Desk<'_>) -> Result<Vec<String>, Unusable> {
    let only = desk.only(listing)?;
    let rows = desk.store.registers().await.map_err(Unusable::because)?.consents;
    let today = desk.today();
    let shown = |row: &&ConsentRow| {
        only.as_ref().is_none_or(|digests| digests.contains(&row.person))
            && (listing.all || matches!(state(row, today), "valid" | "not-yet"))
    };
    let entries: Vec<Fields> = rows.iter().filter(shown).map(|row| fields(row, today, listing, desk)).collect();
    desk.listed("consents", listing, entries.len()).await?;
    Ok(lines(&entries, &COLUMNS, listing))
}

fn state(row: &ConsentRow, today: Date) -> &'static str {
    match () {
        () if row.withdrawn_at.is_some() => "withdrawn",
        () if row.expires < today => "expired",
        () if row.given > today => "not-yet",
        () => "valid",
    }
}

fn fields(row: &ConsentRow, today: Date, listing: &Listing, desk: &Desk<'_>) -> Fields {
    let mut fields = vec![
        ("id", json!(row.id.to_string())),
        ("person", json!(row.person)),
        ("state", json!(state(row, today))),
        ("given", json!(row.given.to_string())),
        ("expires", json!(row.expires.to_string())),
        ("categories", json!(row.categories)),
        ("created_at", json!(row.created_at.to_string())),
        ("withdrawn_at", json!(row.withdrawn_at.map(|at| at.to_string()))),
    ];
    if listing.open {
        let text = open::<ConsentText>(&desk.keys, row.id, &row.sealed);
        fields.extend([
            ("purpose", json!(text.as_ref().map(|t| &t.purpose))),
            ("recipients", json!(text.as_ref().map(|t| &t.recipients))),
            ("received_by", json!(text.as_ref().map(|t| &t.received_by))),
            ("documented", json!(text.as_ref().map(|t| &t.documented))),
        ]);
    }
    fields
}
