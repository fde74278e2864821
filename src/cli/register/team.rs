//! `sluss team add | list | change | end`.

use std::fmt;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::civil::Date;
use serde_json::json;

use super::sealed::{Member, TeamText, open, seal};
use super::{Desk, Fields, Listing, Unusable, Whose, day, lines, present, text};
use crate::audit::Event;
use crate::channel::Canonical;
use crate::store::{RegisterId, TeamRow};

const COLUMNS: [&str; 5] = ["id", "state", "kind", "expires", "consent"];
/// What sort of team: individuell plan, barnekoordinator, samordnad individuell plan, another.
const KINDS: [&str; 4] = ["individual-plan", "child-coordinator", "sip", "other"];
/// Members of one team.
const MAX_MEMBERS: usize = 100;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Register the people who work together for one person; the id is printed
    ///
    /// Mail about the person to members alone brings no warning about its recipients, when each of them has
    /// two-factor login. It opens neither secrecy nor channel.
    Add(New),
    /// List teams: those that work
    List(Listing),
    /// Change members, last day or consent of a team, or note that the person wants it no more
    Change(Change),
    /// A team ends, today
    End {
        /// Id, as the list shows it
        id: RegisterId,
    },
}

#[derive(Debug, clap::Args)]
struct New {
    #[command(flatten)]
    whose: Whose,
    /// What sort of team
    #[arg(long, value_parser = kind())]
    kind: String,
    /// A file with one member a line: the address, then the unit or service
    #[arg(long, value_name = "FILE", value_parser = members)]
    members: Members,
    /// The law that it rests on
    #[arg(long, value_name = "TEXT", value_parser = text)]
    basis: String,
    /// The consent that it rests on, by its id; the team works only while that holds
    #[arg(long, value_name = "ID")]
    consent: Option<RegisterId>,
    /// The last day it works
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    expires: Date,
}

#[derive(Debug, clap::Args)]
struct Change {
    /// Id, as the list shows it
    id: RegisterId,
    /// All members, as with `add`
    #[arg(long, value_name = "FILE", value_parser = members)]
    members: Option<Members>,
    /// Another consent
    #[arg(long, value_name = "ID")]
    consent: Option<RegisterId>,
    /// Another last day
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    expires: Option<Date>,
    /// The person wants the team no more: it stops working today
    #[arg(long)]
    opt_out: bool,
}

fn kind() -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(KINDS)
}

pub(super) async fn answer(args: Args, desk: &mut Desk<'_>) -> Result<Vec<String>, Unusable> {
    match args.command {
        Command::Add(new) => add(&new, desk).await,
        Command::List(listing) => list(&listing, desk).await,
        Command::Change(change) => alter(&change, desk).await,
        Command::End { id } => {
            let entry = desk.entry(Event::TeamEnded(id));
            desk.store.end_team(id, &entry).await.map_err(Unusable::because)?;
            Ok(Vec::new())
        }
    }
}

async fn add(new: &New, desk: &mut Desk<'_>) -> Result<Vec<String>, Unusable> {
    not_passed(new.expires, desk)?;
    let digests = desk.whose(&new.whose)?;
    // A consent may stand under an earlier secret; its team then stands beside it.
    let consents = desk.store.registers().await.map_err(Unusable::because)?.consents;
    let beside =
        consents.into_iter().find(|consent| new.consent == Some(consent.id) && digests.contains(&consent.person));
    let id = RegisterId::random();
    let text = TeamText { basis: new.basis.clone(), members: new.members.0.clone() };
    let row = TeamRow {
        id,
        person: beside.map_or_else(|| present(digests), |consent| consent.person),
        kind: new.kind.clone(),
        consent: new.consent,
        expires: new.expires,
        created_at: desk.timestamp(),
        opted_out_at: None,
        ended_at: None,
        sealed: seal(&desk.keys, id, &text).map_err(Unusable::because)?,
    };
    let entry = desk.entry(Event::TeamMade(id));
    desk.store.add_team(&row, &entry).await.map_err(|error| Unusable(format!("--consent: {error}")))?;
    Ok(vec![id.to_string()])
}

async fn alter(change: &Change, desk: &mut Desk<'_>) -> Result<Vec<String>, Unusable> {
    if change.members.is_none() && change.consent.is_none() && change.expires.is_none() && !change.opt_out {
        return Err(Unusable::because("nothing to change; allowed: --members, --consent, --expires, --opt-out"));
    }
    let teams = desk.store.registers().await.map_err(Unusable::because)?.teams;
    let Some(mut row) = teams.into_iter().find(|team| team.id == change.id) else {
        return Err(Unusable::because(crate::store::Conflict::NotRegistered));
    };
    if let Some(members) = &change.members {
        let Some(text) = open::<TeamText>(&desk.keys, row.id, &row.sealed) else {
            return Err(Unusable::because("the team cannot be opened with this secret"));
        };
        let text = TeamText { members: members.0.clone(), ..text };
        row.sealed = seal(&desk.keys, row.id, &text).map_err(Unusable::because)?;
    }
    if let Some(expires) = change.expires {
        not_passed(expires, desk)?;
        row.expires = expires;
    }
    row.consent = change.consent.or(row.consent);
    if change.opt_out {
        row.opted_out_at = row.opted_out_at.or(Some(desk.timestamp()));
    }
    let entry = desk.entry(Event::TeamChanged(row.id));
    desk.store.change_team(&row, &entry).await.map_err(Unusable::because)?;
    Ok(Vec::new())
}

fn not_passed(expires: Date, desk: &Desk<'_>) -> Result<(), Unusable> {
    match expires < desk.today() {
        true => Err(Unusable::because("--expires has passed: the team would work on no day")),
        false => Ok(()),
    }
}

/// The members of a file.
#[derive(Clone)]
struct Members(Vec<Member>);

/// Prints how many, never whom.
impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Members({})", self.0.len())
    }
}

/// Reads a file of one member a line; `#` starts a comment. Read with the arguments, while this process is still the
/// user who may read it. The fault names a line, never an address: that would name a person.
fn members(file: &str) -> Result<Members, String> {
    let written = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let mut members: Vec<Member> = Vec::new();
    for (number, line) in (1..).zip(written.trim_start_matches('\u{feff}').lines()) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let at = |reason: &str| format!("line {number}: {reason}");
        let (address, service) = line
            .split_once(char::is_whitespace)
            .ok_or_else(|| at("allowed: an address, then its unit or service, as in \"post@klinik.example BUP\""))?;
        let address = Canonical::of(address).ok_or_else(|| at("the first word is no mail address"))?.to_string();
        if members.iter().any(|member| member.address == address) {
            return Err(at("this address stands twice"));
        }
        let service = text(service).map_err(|reason| at(&format!("the service {reason}")))?;
        members.push(Member { address, service });
    }
    match members.len() {
        0 => Err("names nobody".to_owned()),
        n if n > MAX_MEMBERS => Err(format!("more than {MAX_MEMBERS} members")),
        _ => Ok(Members(members)),
    }
}

async fn list(listing: &Listing, desk: &mut Desk<'_>) -> Result<Vec<String>, Unusable> {
    let only = desk.only(listing)?;
    let rows = desk.store.registers().await.map_err(Unusable::because)?.teams;
    let today = desk.today();
    let shown = |row: &&TeamRow| {
        only.as_ref().is_none_or(|digests| digests.contains(&row.person))
            && (listing.all || state(row, today) == "working")
    };
    let entries: Vec<Fields> = rows.iter().filter(shown).map(|row| fields(row, today, listing, desk)).collect();
    desk.listed("teams", listing, entries.len()).await?;
    Ok(lines(&entries, &COLUMNS, listing))
}

/// By the team's own days; that its consent holds is told by the list of consents.
fn state(row: &TeamRow, today: Date) -> &'static str {
    match () {
        () if row.ended_at.is_some() => "ended",
        () if row.opted_out_at.is_some() => "opted-out",
        () if row.expires < today => "expired",
        () => "working",
    }
}

fn fields(row: &TeamRow, today: Date, listing: &Listing, desk: &Desk<'_>) -> Fields {
    let mut fields = vec![
        ("id", json!(row.id.to_string())),
        ("person", json!(row.person)),
        ("state", json!(state(row, today))),
        ("kind", json!(row.kind)),
        ("expires", json!(row.expires.to_string())),
        ("consent", json!(row.consent.map(|id| id.to_string()))),
        ("created_at", json!(row.created_at.to_string())),
        ("opted_out_at", json!(row.opted_out_at.map(|at| at.to_string()))),
        ("ended_at", json!(row.ended_at.map(|at| at.to_string()))),
    ];
    if listing.open {
        let text = open::<TeamText>(&desk.keys, row.id, &row.sealed);
        let member = |m: &Member| json!({"address": m.address, "service": m.service});
        let members = text.as_ref().map(|t| t.members.iter().map(member).collect::<Vec<_>>());
        fields.extend([("basis", json!(text.as_ref().map(|t| &t.basis))), ("members", json!(members))]);
    }
    fields
}
