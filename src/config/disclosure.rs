//! `[[disclosure]]`: fixed recipients of lawful disclosure, as child protection's reporting office or the police.

use std::collections::HashSet;

use super::checked::UnitSettings;
use super::raw::{Item, Source, Table};
use super::value;
use crate::channel::Pattern;
use crate::channel::webmail::is_webmail;
use crate::policy::{Exceptions, Need, Role, Route};

pub fn read<'t>(
    source: &mut Source<'t>,
    root: &Table<'t>,
    exceptions: &Exceptions,
    units: &[UnitSettings],
) -> Vec<Route> {
    let mut ids = HashSet::new();
    let mut routes = Vec::new();
    for table in source.tables(root, "disclosure") {
        let Some(route) = one(source, &table, exceptions, units) else { continue };
        if !ids.insert(route.id.clone()) {
            if let Some(item) = table.get("id") {
                source.refuse(&item, format!("a second disclosure with the id {:?}", route.id));
            }
            continue;
        }
        routes.push(route);
    }
    routes
}

fn one<'t>(
    source: &mut Source<'t>,
    table: &Table<'t>,
    exceptions: &Exceptions,
    units: &[UnitSettings],
) -> Option<Route> {
    let id = match table.get("id") {
        Some(item) => source.parsed(&item, value::id),
        None => {
            source.missing(table, "id", r#"a short name, as in "barnevern""#);
            None
        }
    };
    let units = table.get("units").map_or_else(Vec::new, |item| named_units(source, &item, units));
    let code = match table.get("code") {
        Some(item) => code(source, &item, exceptions),
        None => {
            source.missing(table, "code", r#"a code of docs/exceptions.md, as in "EX-CHILD-REPORT""#);
            None
        }
    };
    let recipients = match table.get("recipients") {
        Some(item) => recipients(source, &item),
        None => {
            source.missing(table, "recipients", r#"addresses and domains, as in ["vakt@barnevern.kommune.example"]"#);
            Vec::new()
        }
    };
    let urgent_phone = table.get("urgent_phone").and_then(|item| source.parsed(&item, value::text));
    Some(Route { id: id?, code: code?, recipients, units, urgent_phone })
}

fn named_units<'t>(source: &mut Source<'t>, item: &Item<'t>, units: &[UnitSettings]) -> Vec<String> {
    let ids: Vec<&str> = units.iter().map(|u| u.unit.id.as_str()).collect();
    let mut named = Vec::new();
    for (member, id) in source.list(item, value::id) {
        if ids.contains(&id.as_str()) {
            named.push(id);
        } else {
            source.no_such_word(&member, &ids);
        }
    }
    named
}

/// A code that a sender may use: a route stands for what he would name.
fn code<'t>(source: &mut Source<'t>, item: &Item<'t>, exceptions: &Exceptions) -> Option<String> {
    let id = source.string(item)?;
    let Some(code) = exceptions.get(id) else {
        source.no_such_word(item, &exceptions.ids().collect::<Vec<_>>());
        return None;
    };
    if !code.may_be_used_by(Role::Sender) {
        source.refuse(item, format!("{id} is not for senders; allowed: a code that a sender may name"));
        return None;
    }
    let each: Vec<&str> = code.needs.iter().filter(|n| **n != Need::Reason).map(|n| n.as_str()).collect();
    if !each.is_empty() {
        let text = format!("{id} needs {} of each mail: the route alone lifts nothing", each.join(", "));
        source.warn(item, text);
    }
    Some(id.to_owned())
}

fn recipients<'t>(source: &mut Source<'t>, item: &Item<'t>) -> Vec<Pattern> {
    if item.is_empty_list() {
        source.refuse(item, "empty: the route leads to nobody");
    }
    let mut patterns = Vec::new();
    for (member, pattern) in source.list(item, Pattern::parse) {
        if is_webmail(pattern.domain()) {
            let text = format!(
                "{} is consumer webmail; allowed: addresses of the authority itself, nobody can vouch for it",
                pattern.domain()
            );
            source.refuse(&member, text);
        } else {
            patterns.push(pattern);
        }
    }
    patterns
}
