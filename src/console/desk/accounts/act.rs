//! What an administrator does with an account.

use crate::account::{AccountError, Role, Standing};
use crate::console::desk::{Closed, Visit};
use crate::console::form::Fields;
use crate::message::LinkToken;
use crate::notice::Language;
use crate::store::{AccountId, Conflict, StoreError};

/// What became of it.
pub enum Done {
    /// With the link that sets a password.
    Linked(LinkToken),
    Changed,
    /// The word of the text that says why.
    Refused(&'static str),
}

/// Does what the form asks for.
pub async fn carry_out(visit: &Visit, fields: &Fields) -> Result<Done, Closed> {
    let (accounts, actor) = (&visit.desk.pages.accounts, visit.staff.actor());
    let standing = standing(visit, fields);
    let id: Option<AccountId> = fields.get("id").and_then(|id| id.parse().ok());
    let own = id == Some(visit.staff.signed_in.id());
    let done = match (fields.get("act").unwrap_or_default(), id) {
        ("add", _) => {
            let address = fields.secret("address");
            accounts.add(&address, &standing, &actor).await.map(|(_, token)| Done::Linked(token))
        }
        ("change", Some(id)) => {
            let loses = !standing.roles.contains(&Role::Administrator);
            if loses && accounts.is_last_administrator(id).await? {
                return Ok(Done::Refused("last"));
            }
            accounts.change(id, &standing, &actor).await.map(|()| Done::Changed)
        }
        ("disable" | "reset", Some(_)) if own => return Ok(Done::Refused("own")),
        ("disable", Some(id)) => {
            if accounts.is_last_administrator(id).await? {
                return Ok(Done::Refused("last"));
            }
            accounts.disable(id, true, &actor).await.map(|()| Done::Changed)
        }
        ("enable", Some(id)) => accounts.disable(id, false, &actor).await.map(|()| Done::Changed),
        ("reset", Some(id)) => {
            if accounts.is_last_administrator(id).await? {
                return Ok(Done::Refused("last"));
            }
            accounts.reset(id, &actor).await.map(Done::Linked)
        }
        _ => return Err(Closed::Unknown),
    };
    match done {
        Ok(done) => Ok(done),
        Err(AccountError::Address) => Ok(Done::Refused("address")),
        Err(AccountError::Store(StoreError::Conflict(Conflict::Known))) => Ok(Done::Refused("known")),
        // Somebody else was quicker: it is as it was wished.
        Err(AccountError::Store(StoreError::Conflict(Conflict::Ended))) => Ok(Done::Changed),
        Err(AccountError::Store(StoreError::Conflict(Conflict::NoAccount))) => Err(Closed::Unknown),
        Err(error) => Err(error.into()),
    }
}

/// Roles and units that were ticked; of what is none nothing is taken.
fn standing(visit: &Visit, fields: &Fields) -> Standing {
    let ticked = |kind: &str, word: &str| fields.get(&format!("{kind}-{word}")).is_some();
    let units = visit.desk.knowledge.units.all().map(|unit| unit.id.clone());
    let language = fields.get("language").and_then(Language::from_word);
    Standing {
        roles: Role::ALL.into_iter().filter(|role| ticked("role", role.as_str())).collect(),
        units: units.filter(|unit| ticked("unit", unit)).collect(),
        language: language.map(|language| language.as_str().to_owned()),
    }
}
