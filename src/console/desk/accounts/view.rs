//! Accounts in words.

use std::collections::BTreeMap;

use askama::Template;
use serde::Deserialize;

use super::ACCOUNTS;
use super::act::Done;
use crate::account::{LINK_OPEN, Role};
use crate::console::desk::texts::said;
use crate::console::desk::{Closed, Shell, Visit};
use crate::console::form::Form;
use crate::console::texts::filled;
use crate::notice::Language;
use crate::store::AccountRow;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    pub title: String,
    pub caption: String,
    pub open: String,
    pub open_note: String,
    pub account: String,
    pub address: String,
    pub state: String,
    pub roles: String,
    pub units: String,
    pub language: String,
    pub any_language: String,
    pub change: String,
    pub save: String,
    pub disable: String,
    pub enable: String,
    pub reset: String,
    pub reset_note: String,
    pub add: String,
    pub add_note: String,
    pub make: String,
    pub link: String,
    /// `{hours}`
    pub link_note: String,
    pub changed: String,
    pub you: String,
    pub none: String,
    pub own_title: String,
    pub own_language: String,
    pub own_sessions: String,
    pub own_sessions_note: String,
    pub own_sessions_end: String,
    pub recovery: String,
    /// `{n}`
    pub recovery_left: String,
    pub recovery_note: String,
    pub states: BTreeMap<String, String>,
    /// Why something was not done.
    pub refused: BTreeMap<String, String>,
}

#[derive(Template)]
#[template(path = "desk/accounts.html")]
pub struct AccountsView<'v> {
    shell: Shell<'v>,
    texts: &'v Texts,
    form: Form,
    open: bool,
    rows: Vec<Row>,
    roles: Vec<Choice>,
    units: Vec<Choice>,
    languages: Vec<Choice>,
    link: Option<String>,
    link_note: String,
    changed: bool,
    refused: Option<String>,
}

struct Row {
    id: String,
    address: Option<String>,
    state: String,
    /// Of the design system.
    color: &'static str,
    roles: String,
    units: String,
    own: bool,
    disabled: bool,
    choices: Vec<Choice>,
    unit_choices: Vec<Choice>,
    languages: Vec<Choice>,
}

/// Something to tick or to choose.
pub struct Choice {
    pub word: String,
    pub text: String,
    pub chosen: bool,
}

impl<'v> AccountsView<'v> {
    pub fn of(visit: &'v Visit, rows: &[AccountRow], open: bool, done: Option<&Done>) -> Result<Self, Closed> {
        let texts = visit.room(|rooms| &rooms.accounts)?;
        let row = |row: &AccountRow| -> Result<Row, Closed> {
            let state = state(row);
            let color = match state {
                "open" => "success",
                "not-set-up" => "info",
                _ => "warning",
            };
            let names = roles(visit, &row.roles)?;
            let named: Vec<&str> = names.iter().filter(|c| c.chosen).map(|c| c.text.as_str()).collect();
            Ok(Row {
                id: row.id.to_string(),
                address: open.then(|| visit.desk.pages.accounts.address(row)).transpose()?,
                state: said(&texts.states, state).to_owned(),
                color,
                roles: if named.is_empty() { texts.none.clone() } else { named.join(", ") },
                units: row.units.join(", "),
                own: row.id == visit.staff.signed_in.id(),
                disabled: row.disabled_at.is_some(),
                choices: names,
                unit_choices: units(visit, &row.units),
                languages: languages(visit, row.language.as_deref()),
            })
        };
        let link = match done {
            // The address of the console is in its configuration; without one the path is all that is known.
            Some(Done::Linked(token)) => {
                let url = visit.desk.pages.settings.console_url.as_deref().unwrap_or_default();
                Some(format!("{}/a/{}", url.trim_end_matches('/'), token.text()))
            }
            _ => None,
        };
        Ok(AccountsView {
            form: visit.form(ACCOUNTS, b""),
            open,
            rows: rows.iter().map(row).collect::<Result<_, _>>()?,
            roles: roles(visit, &[])?,
            units: units(visit, &[]),
            languages: languages(visit, None),
            link,
            link_note: filled(&texts.link_note, &[("hours", &LINK_OPEN.as_hours().to_string())]),
            changed: matches!(done, Some(Done::Changed)),
            refused: match done {
                Some(Done::Refused(why)) => Some(said(&texts.refused, why).to_owned()),
                _ => None,
            },
            shell: visit.shell()?,
            texts,
        })
    }
}

/// The word of `sluss user list`.
fn state(row: &AccountRow) -> &'static str {
    match row {
        AccountRow { disabled_at: Some(_), .. } => "disabled",
        AccountRow { locked_at: Some(_), .. } => "locked",
        AccountRow { enrolled_at: None, .. } => "not-set-up",
        _ => "open",
    }
}

fn roles(visit: &Visit, chosen: &[String]) -> Result<Vec<Choice>, Closed> {
    let names = &visit.texts()?.shell.roles;
    let choice = |role: Role| Choice {
        word: role.as_str().to_owned(),
        text: said(names, role.as_str()).to_owned(),
        chosen: chosen.iter().any(|word| word == role.as_str()),
    };
    Ok(Role::ALL.into_iter().map(choice).collect())
}

fn units(visit: &Visit, chosen: &[String]) -> Vec<Choice> {
    let choice = |id: &String| Choice { word: id.clone(), text: id.clone(), chosen: chosen.contains(id) };
    visit.desk.knowledge.units.all().map(|unit| choice(&unit.id)).collect()
}

/// Each by its own name.
pub fn languages(visit: &Visit, chosen: Option<&str>) -> Vec<Choice> {
    let choice = |(language, texts): (Language, &crate::console::texts::Texts)| Choice {
        word: language.as_str().to_owned(),
        text: texts.language.clone(),
        chosen: chosen == Some(language.as_str()),
    };
    visit.desk.pages.texts.all().map(choice).collect()
}
