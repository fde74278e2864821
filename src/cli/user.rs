//! `sluss user add | list | roles | disable | enable | remove | reset`: who may sign in at the console.
//!
//! Whose an account is is typed or piped in, never an argument, which every user of the machine could see. An account is
//! named by its id, which the record of decisions names it by. A link that sets a password is printed once.

use std::process::ExitCode;
use std::sync::Arc;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::Timestamp;
use serde_json::json;

use super::assemble::Unusable;
use super::{owner, say, typed};
use crate::account::{Accounts, LINK_OPEN, Role, Standing};
use crate::audit::{Actor, Event};
use crate::message::LinkToken;
use crate::notice::Language;
use crate::quarantine::secret;
use crate::store::{self, AccountId, AccountRow, Database, Store};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make an account; the work address is read from standard input. Prints the link that sets its password
    Add(Rights),
    /// List accounts
    List {
        /// With their addresses, which are encrypted in the database
        #[arg(long)]
        open: bool,
        /// One object a line
        #[arg(long)]
        json: bool,
    },
    /// Replace roles, units and language of an account
    Roles {
        account: AccountId,
        #[command(flatten)]
        rights: Rights,
    },
    /// End an account's sessions and let nobody sign in with it any more
    Disable { account: AccountId },
    /// Let its holder sign in again
    Enable { account: AccountId },
    /// Delete an account; what was done with it stays on the record under its id
    Remove { account: AccountId },
    /// Void password, authenticator app, recovery codes and sessions. Prints the link that sets them anew
    Reset { account: AccountId },
}

/// What an account is for. Without a role its holder sees what he has sent himself, and nothing else.
#[derive(Debug, clap::Args)]
struct Rights {
    /// Several are several times this option
    #[arg(long = "role", value_name = "ROLE", value_parser = role())]
    roles: Vec<Role>,
    /// Id of a [[unit]] that the roles are for
    #[arg(long = "unit", value_name = "UNIT")]
    units: Vec<String>,
    /// Of the pages, unless the browser asks for another: sv, nb, nn or en
    #[arg(long, value_name = "LANGUAGE", value_parser = language())]
    language: Option<Language>,
}

fn role() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.map(Role::as_str))
        .try_map(|word| Role::from_word(&word).ok_or("there is no such role"))
}

fn language() -> impl TypedValueParser<Value = Language> {
    PossibleValuesParser::new(Language::ALL.map(Language::as_str))
        .try_map(|word| Language::from_word(&word).ok_or("there is no such language"))
}

/// What the commands need of the configuration.
pub struct Settings {
    /// Never created here.
    pub store: store::Settings,
    pub secret_file: std::path::PathBuf,
    /// `[console] url`, without a final slash.
    pub url: Option<String>,
    /// Ids of all units.
    pub units: Vec<String>,
}

/// Runs the command as the store's owner. Must be called before any thread is started.
pub fn run(args: Args, settings: Settings) -> ExitCode {
    let actor = Actor::Operator(owner::operator());
    let done = owner::become_owner_of(&settings.store).map_err(Unusable::because).and_then(|()| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        runtime.map_err(Unusable::because)?.block_on(answer(args.command, settings, actor))
    });
    match done {
        Ok(lines) => {
            lines.iter().for_each(|line| say(format_args!("{line}")));
            ExitCode::SUCCESS
        }
        Err(error) => super::unusable(&error),
    }
}

async fn answer(command: Command, settings: Settings, actor: Actor) -> Result<Vec<String>, Unusable> {
    let database = Arc::new(Database::open(settings.store.clone()).await.map_err(Unusable::because)?);
    let store: Arc<dyn Store> = database.clone();
    let done = match secret::keys(store.as_ref(), &settings.secret_file, false, Timestamp::now()).await {
        Ok(keys) => carry_out(command, &settings, &Accounts::new(store, Arc::new(keys)), &actor).await,
        Err(error) => Err(Unusable(format!("[secret] file: {error}"))),
    };
    database.close().await;
    done
}

async fn carry_out(
    command: Command,
    settings: &Settings,
    accounts: &Accounts,
    actor: &Actor,
) -> Result<Vec<String>, Unusable> {
    match command {
        Command::Add(rights) => {
            let url = settings.url()?;
            let standing = rights.standing(&settings.units)?;
            let address = typed::from_standard_input(|input| input.line("the work address"));
            let address = address.ok_or_else(|| Unusable::because("no address was read from standard input"))?;
            let (id, token) = accounts.add(&address, &standing, actor).await.map_err(Unusable::because)?;
            Ok(told(id, url, &token))
        }
        Command::List { open, json } => list(accounts, actor, open, json).await,
        Command::Roles { account, rights } => {
            let standing = rights.standing(&settings.units)?;
            accounts.change(account, &standing, actor).await.map_err(Unusable::because)?;
            Ok(vec![format!("account {account}: changed")])
        }
        Command::Disable { account } => {
            accounts.disable(account, true, actor).await.map_err(Unusable::because)?;
            Ok(vec![format!("account {account}: disabled")])
        }
        Command::Enable { account } => {
            accounts.disable(account, false, actor).await.map_err(Unusable::because)?;
            Ok(vec![format!("account {account}: enabled")])
        }
        Command::Remove { account } => {
            accounts.remove(account, actor).await.map_err(Unusable::because)?;
            Ok(vec![format!("account {account}: removed")])
        }
        Command::Reset { account } => {
            let url = settings.url()?;
            let token = accounts.reset(account, actor).await.map_err(Unusable::because)?;
            Ok(told(account, url, &token))
        }
    }
}

impl Settings {
    fn url(&self) -> Result<&str, Unusable> {
        self.url.as_deref().ok_or_else(|| {
            Unusable::because("[console] url is not set: there is no page on which a password could be set")
        })
    }
}

impl Rights {
    fn standing(self, units: &[String]) -> Result<Standing, Unusable> {
        if let Some(unit) = self.units.iter().find(|unit| !units.contains(unit)) {
            return Err(Unusable(format!("there is no unit {unit:?}; there are {}", units.join(", "))));
        }
        let language = self.language.map(|language| language.as_str().to_owned());
        Ok(Standing { roles: self.roles, units: self.units, language })
    }
}

/// The link is shown here and nowhere else.
fn told(id: AccountId, url: &str, token: &LinkToken) -> Vec<String> {
    vec![
        format!("account {id}"),
        format!("{url}/a/{}", token.text()),
        format!("The link works once, for {} hours. Give it to nobody but the holder.", LINK_OPEN.as_hours()),
    ]
}

async fn list(accounts: &Accounts, actor: &Actor, open: bool, as_json: bool) -> Result<Vec<String>, Unusable> {
    let rows = accounts.store().accounts().await.map_err(Unusable::because)?;
    let by = if open { "open" } else { "-" }.to_owned();
    let listed = Event::Listed { list: "user", by, rows: rows.len() };
    accounts.store().append(&listed.entry(actor, Timestamp::now())).await.map_err(Unusable::because)?;
    let mut lines = Vec::new();
    for row in &rows {
        let address = if open { Some(accounts.address(row).map_err(Unusable::because)?) } else { None };
        lines.push(if as_json { object(row, address.as_deref()) } else { columns(row, address.as_deref()) });
    }
    Ok(lines)
}

fn state(row: &AccountRow) -> &'static str {
    match row {
        AccountRow { disabled_at: Some(_), .. } => "disabled",
        AccountRow { locked_at: Some(_), .. } => "locked",
        AccountRow { enrolled_at: None, .. } => "not-set-up",
        _ => "open",
    }
}

fn object(row: &AccountRow, address: Option<&str>) -> String {
    let mut object = json!({
        "account": row.id.to_string(), "state": state(row), "roles": row.roles, "units": row.units,
        "language": row.language, "created_at": row.created_at.to_string(),
    });
    if let (Some(address), Some(object)) = (address, object.as_object_mut()) {
        object.insert("address".to_owned(), json!(address));
    }
    object.to_string()
}

fn columns(row: &AccountRow, address: Option<&str>) -> String {
    let list = |words: &[String]| if words.is_empty() { "-".to_owned() } else { words.join(",") };
    let line = format!("{}  {:<10}  {}  {}", row.id, state(row), list(&row.roles), list(&row.units));
    address.map_or(line.clone(), |address| format!("{line}  {address}"))
}
