//! `[[unit]]`.

use std::collections::HashMap;
use std::sync::Arc;

use super::checked::{Gateway, UnitSettings};
use super::raw::{Item, Source, Table};
use super::{list, policy, storage, value};
use crate::channel::Pattern;
use crate::notice::facts::Language;
use crate::policy::unit::DEFAULT;
use crate::policy::{Internal, Profile, Profiles, Rules, Treatment, Unit};

const LANGUAGES: [Language; 4] = [Language::Sv, Language::Nb, Language::Nn, Language::En];

/// Every unit of the file, and the implied `default` when the file has none.
pub fn read<'t>(
    source: &mut Source<'t>,
    root: &Table<'t>,
    profiles: &Profiles,
    rules: &Rules,
    gateway: Option<&Gateway>,
) -> Vec<UnitSettings> {
    let mut units: Vec<UnitSettings> = Vec::new();
    let mut claimed: HashMap<Pattern, String> = HashMap::new();
    for table in source.tables(root, "unit") {
        let Some(unit) = one(source, &table, profiles, rules, &mut claimed) else { continue };
        if units.iter().any(|u| u.unit.id == unit.unit.id)
            && let Some(item) = table.get("id")
        {
            source.refuse(&item, format!("a second unit with the id {:?}", unit.unit.id));
            continue;
        }
        units.push(unit);
    }
    if !units.iter().any(|u| u.unit.id == DEFAULT) {
        let language = units.first().map(|u| u.language).or_else(|| gateway.map(|g| language_of(&g.hostname)));
        units.push(UnitSettings {
            unit: Unit::new(DEFAULT, profiles.default_profile(), rules.clone()),
            senders_file: None,
            language: language.unwrap_or(Language::En),
            seal_recipients: Vec::new(),
            reviewers: Vec::new(),
            how_to_secure: None,
            service_owner: None,
        });
    }
    units
}

fn one<'t>(
    source: &mut Source<'t>,
    table: &Table<'t>,
    profiles: &Profiles,
    general: &Rules,
    claimed: &mut HashMap<Pattern, String>,
) -> Option<UnitSettings> {
    let id = match table.get("id") {
        Some(item) => source.parsed(&item, value::id),
        None => {
            source.missing(table, "id", r#"a short name, as in "social""#);
            None
        }
    };
    let senders = senders(source, table, id.as_deref(), claimed);
    let profile = table.get("profile").map(|item| profile(source, &item, profiles));
    let profile = profile.unwrap_or_else(|| Some(profiles.default_profile()));
    let language = match table.get("language") {
        Some(item) => source.word(&item, &LANGUAGES, language_word),
        None => Some(profile.as_ref().map_or(Language::En, |p| language_of_profile(p.id()))),
    };
    let (senders_file, listed) = table.get("senders_file").map_or((None, Vec::new()), |item| {
        list::patterns(source, &item, |_| None).map_or((None, Vec::new()), |(path, listed)| (Some(path), listed))
    });
    let users = table
        .get("users")
        .map_or_else(Vec::new, |item| source.list(&item, Pattern::parse).into_iter().map(|(_, p)| p).collect());
    let fields = field(source, table).into_iter().collect();
    let mut rules = general.clone();
    policy::lay_over(source, table, &mut rules);
    within_the_house(source, table, &mut rules);
    let seal_recipients =
        table.get("seal_recipients").map_or_else(Vec::new, |item| storage::seal_recipients(source, &item));
    let reviewers = table.get("reviewers").map_or_else(Vec::new, |item| {
        source.list(&item, value::mailbox).into_iter().map(|(_, address)| address).collect()
    });
    let how_to_secure = table.get("how_to_secure").and_then(|item| source.parsed(&item, value::text));
    let service_owner = table.get("service_owner").and_then(|item| source.parsed(&item, value::mailbox));
    Some(UnitSettings {
        unit: Unit { senders, listed: listed.into_iter().collect(), users, fields, ..Unit::new(&id?, profile?, rules) },
        senders_file,
        language: language?,
        seal_recipients,
        reviewers,
        how_to_secure,
        service_owner,
    })
}

fn senders<'t>(
    source: &mut Source<'t>,
    table: &Table<'t>,
    id: Option<&str>,
    claimed: &mut HashMap<Pattern, String>,
) -> Vec<Pattern> {
    let Some(item) = table.get("senders") else {
        let otherwise = ["senders_file", "users", "header"].iter().any(|key| table.get(key).is_some());
        if id.is_some_and(|id| id != DEFAULT) && !otherwise {
            source.missing(table, "senders", r#"addresses and domains, as in ["@social.kommun.example"]"#);
        }
        return Vec::new();
    };
    let rows = source.list(&item, Pattern::parse);
    if item.is_empty_list() && id.is_some_and(|id| id != DEFAULT) {
        source.refuse(&item, "empty: no mail is ever of this unit");
    }
    let mut senders = Vec::new();
    for (member, pattern) in rows {
        let own = id.unwrap_or_default();
        if let Some(other) = claimed.get(&pattern) {
            source.warn(&member, format!("unit {other:?} claims the same senders; the stricter profile decides"));
        } else {
            claimed.insert(pattern.clone(), own.to_owned());
        }
        senders.push(pattern);
    }
    senders
}

/// `header`: a field that the organisation's own servers set for the unit's mail.
fn field<'t>(source: &mut Source<'t>, table: &Table<'t>) -> Option<(String, String)> {
    let field = source.table(table, "header")?;
    let mut part = |key: &str, allowed: &str| match field.get(key) {
        Some(item) => Some(item),
        None => {
            source.missing(&field, key, allowed);
            None
        }
    };
    let name = part("name", r#"the name of a field, as in "X-Department""#);
    let value = part("value", r#"its value for this unit, as in "Socialtjänst""#);
    let name = name.and_then(|item| source.parsed(&item, value::header_name));
    let value = value.and_then(|item| source.parsed(&item, value::text));
    name.zip(value)
}

/// `internal` and `towards`: mail to recipients of our own.
fn within_the_house<'t>(source: &mut Source<'t>, table: &Table<'t>, rules: &mut Rules) {
    if let Some(word) = table.get("internal").and_then(|item| source.word(&item, Internal::ALL, Internal::as_str)) {
        rules.internal = word;
    }
    let Some(towards) = source.table(table, "towards") else { return };
    for (unit, item) in towards.items() {
        if let Some(treatment) = source.word(&item, Treatment::ALL, Treatment::as_str) {
            rules.towards.insert(unit, treatment);
        }
    }
}

fn profile<'t>(source: &mut Source<'t>, item: &Item<'t>, profiles: &Profiles) -> Option<Arc<Profile>> {
    let id = source.string(item)?;
    let profile = profiles.get(id).cloned();
    if profile.is_none() {
        source.no_such_word(item, &profiles.ids().collect::<Vec<_>>());
    }
    profile
}

/// The word of a language, as in the configuration.
pub fn language_word(language: Language) -> &'static str {
    match language {
        Language::Sv => "sv",
        Language::Nb => "nb",
        Language::Nn => "nn",
        Language::En => "en",
    }
}

fn language_of_profile(id: &str) -> Language {
    match id.split_once('.') {
        Some(("se", _)) => Language::Sv,
        Some(("no", _)) => Language::Nb,
        _ => Language::En,
    }
}

fn language_of(hostname: &str) -> Language {
    match hostname.rsplit('.').next() {
        Some("se") => Language::Sv,
        Some("no") => Language::Nb,
        _ => Language::En,
    }
}
