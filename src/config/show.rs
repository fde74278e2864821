//! The configuration in effect, defaults included, as TOML that means the same: `config show`, and line
//! by line `config diff`. Secrets appear as the paths of their files.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use toml::Value;

use super::checked::{Checked, Gateway, Header, NextHop, Pem, Store, UnitSettings};
use super::policy::NEVER;
use super::unit::language_word;
use super::value::show_size;
use crate::channel::{Channel, Demand, Pattern, Trigger, WaySettings};
use crate::detect::Category;
use crate::inspect::Reason;
use crate::policy::{KeptClass, Mistake, Route, Rules};

/// A configuration as sections of rows, in a fixed order.
#[derive(Debug)]
pub struct Shown {
    sections: Vec<Section>,
}

#[derive(Debug)]
struct Section {
    /// `[gateway]`, `[[unit]]`.
    header: String,
    /// How a difference names it: `gateway`, `unit.social`.
    path: String,
    rows: Vec<(&'static str, String)>,
}

/// A row that only one of two configurations has.
#[derive(Debug, PartialEq, Eq)]
pub enum Difference {
    Only { first: bool, path: String, value: String },
    Changed { path: String, first: String, second: String },
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, section) in self.sections.iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            writeln!(f, "{}", section.header)?;
            for (key, value) in &section.rows {
                writeln!(f, "{key} = {value}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Only { first: true, path, value } => write!(f, "- {path} = {value}"),
            Difference::Only { first: false, path, value } => write!(f, "+ {path} = {value}"),
            Difference::Changed { path, first, second } => write!(f, "- {path} = {first}\n+ {path} = {second}"),
        }
    }
}

impl Difference {
    /// Table and key: `policy.mode`, `unit.social.profile`.
    pub fn path(&self) -> &str {
        match self {
            Difference::Only { path, .. } | Difference::Changed { path, .. } => path,
        }
    }
}

impl Shown {
    pub fn of(checked: &Checked) -> Self {
        let mut sections = Vec::new();
        if let Some(gateway) = &checked.gateway {
            gateway_sections(gateway, &mut sections);
        }
        sections.extend(checked.next_hops.values().map(next_hop));
        storage(checked, &mut sections);
        rooms(checked, &mut sections);
        policy(checked, &mut sections);
        sections.extend(checked.units.iter().map(unit));
        sections.extend(checked.channels.iter().map(channel));
        sections.extend(checked.disclosures.iter().map(disclosure));
        Shown { sections }
    }

    /// What differs, in the order of the paths.
    pub fn differences(&self, other: &Shown) -> Vec<Difference> {
        let (first, second) = (self.flat(), other.flat());
        let mut paths: Vec<&String> = first.keys().chain(second.keys()).collect();
        paths.sort();
        paths.dedup();
        let difference = |path: &String| match (first.get(path), second.get(path)) {
            (Some(a), Some(b)) if a == b => None,
            (Some(a), Some(b)) => {
                Some(Difference::Changed { path: path.clone(), first: a.to_string(), second: b.to_string() })
            }
            (Some(a), None) => Some(Difference::Only { first: true, path: path.clone(), value: a.to_string() }),
            (None, Some(b)) => Some(Difference::Only { first: false, path: path.clone(), value: b.to_string() }),
            (None, None) => None,
        };
        paths.into_iter().filter_map(difference).collect()
    }

    fn flat(&self) -> BTreeMap<String, &str> {
        let rows = self.sections.iter().flat_map(|s| s.rows.iter().map(move |row| (s, row)));
        rows.map(|(section, (key, value))| (format!("{}.{key}", section.path), value.as_str())).collect()
    }
}

impl Section {
    fn table(path: impl Into<String>) -> Self {
        let path = path.into();
        Section { header: format!("[{path}]"), path, rows: Vec::new() }
    }

    fn member(array: &str, id: &str) -> Self {
        Section { header: format!("[[{array}]]"), path: format!("{array}.{id}"), rows: Vec::new() }
    }

    fn row(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.rows.push((key, value.into().to_string()));
        self
    }

    fn maybe(self, key: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.row(key, value),
            None => self,
        }
    }

    fn number(self, key: &'static str, value: usize) -> Self {
        self.row(key, i64::try_from(value).unwrap_or(i64::MAX))
    }

    fn list<T: fmt::Display>(self, key: &'static str, values: &[T]) -> Self {
        let values: Vec<Value> = values.iter().map(|v| Value::String(v.to_string())).collect();
        self.row(key, values)
    }

    fn header(self, key: &'static str, header: Option<&Header>) -> Self {
        let table = header.map(|h| {
            let mut table = toml::Table::new();
            table.insert("name".into(), h.name.clone().into());
            table.insert("value_file".into(), path(&h.value_file));
            Value::Table(table)
        });
        self.maybe(key, table)
    }

    /// The path of a list, and how much there is in it.
    fn file(mut self, key: &'static str, file: Option<&Path>, listed: impl Iterator<Item = impl fmt::Display>) -> Self {
        if let Some(file) = file {
            self.rows.push((key, format!("{} # {}", path(file), entries(listed))));
        }
        self
    }

    fn pem(self, key: &'static str, pem: Option<&Pem>) -> Self {
        self.maybe(key, pem.map(|p| path(&p.path)))
    }
}

/// Absolute, so that it means the same from everywhere.
fn path(path: &Path) -> Value {
    let absolute = std::path::absolute(path);
    Value::String(absolute.as_deref().unwrap_or(path).display().to_string())
}

fn gateway_sections(gateway: &Gateway, sections: &mut Vec<Section>) {
    let section = Section::table("gateway")
        .list("listen", &gateway.listen)
        .row("hostname", gateway.hostname.as_str())
        .list("allow_networks", &gateway.allow_networks)
        .list("allow_sender_domains", &gateway.allow_sender_domains)
        .header("require_header", gateway.require_header.as_ref())
        .row("max_message_size", show_size(gateway.max_message_size))
        .number("max_connections", gateway.max_connections)
        .number("max_connections_per_source", gateway.max_connections_per_source)
        .row("memory_for_messages", show_size(gateway.memory_for_messages))
        .row("mixed_next_hops", gateway.mixed_next_hops.as_str());
    sections.push(section);
    if let Some(tls) = &gateway.tls {
        let section = Section::table("gateway.tls")
            .pem("certificate", Some(&tls.certificate))
            .pem("key", Some(&tls.key))
            .row("require", tls.require)
            .pem("client_ca", tls.client_ca.as_ref())
            .list("client_names", &tls.client_names);
        sections.push(section);
    }
}

fn next_hop(hop: &NextHop) -> Section {
    let identity = hop.client_identity.as_ref();
    Section::table(format!("next_hop.{}", toml_key(&hop.name)))
        .row("address", hop.address.as_str())
        .row("tls", hop.tls.as_str())
        .number("max_connections", hop.max_connections)
        .maybe("server_name", hop.server_name.as_deref())
        .pem("ca_file", hop.ca.as_ref())
        .pem("client_certificate", identity.map(|(certificate, _)| certificate))
        .pem("client_key", identity.map(|(_, key)| key))
        .maybe("username", hop.credentials.as_ref().map(|c| c.username.as_str()))
        .maybe("password_file", hop.credentials.as_ref().map(|c| path(&c.password_file)))
        .header("add_header", hop.add_header.as_ref())
        .maybe("recipient_suffix", hop.recipient_suffix.as_deref())
        .maybe("subject_tag", hop.subject_tag.as_deref())
}

/// A next hop's name as a key: ids may hold a dot, which TOML reads as a table.
fn toml_key(name: &str) -> String {
    if name.contains('.') { format!("{name:?}") } else { name.to_owned() }
}

fn storage(checked: &Checked, sections: &mut Vec<Section>) {
    if let Some(store) = &checked.store {
        let url = match store {
            Store::Sqlite(file) => {
                let absolute = std::path::absolute(file);
                format!("sqlite:{}", absolute.as_deref().unwrap_or(file).display())
            }
            Store::Postgres(url) => url.clone(),
        };
        sections.push(Section::table("store").row("url", url));
    }
    if let Some(secret) = &checked.secret {
        sections.push(Section::table("secret").row("file", path(&secret.file)));
    }
    if let Some(seal) = &checked.seal {
        let section = Section::table("seal")
            .list("recipients", &seal.recipients)
            .maybe("identity_file", seal.identity_file.as_deref().map(path));
        sections.push(section);
    }
    let quarantine = &checked.quarantine;
    let section = Section::table("quarantine")
        .row("keep_days", i64::from(quarantine.keeping.days))
        .maybe("keep_decision", quarantine.keeping.decision.as_deref())
        .row("warn_days", i64::from(quarantine.warn_days))
        .row("return_days", i64::from(quarantine.return_days));
    sections.push(section);
    sections.extend((1..).zip(&quarantine.keeping.classes).map(|(number, class)| kept_class(number, class)));
    if let Some(audit) = &checked.audit {
        let section = Section::table("audit")
            .row("keep_years", i64::from(audit.keep_years))
            .row("keep_decision", audit.keep_decision.as_str());
        sections.push(section);
    }
}

/// Classes have no name; their order decides.
fn kept_class(number: usize, class: &KeptClass) -> Section {
    let categories: Vec<&str> = class.categories.iter().map(|category| category.as_str()).collect();
    let mut section = Section::member("quarantine.keep", &number.to_string());
    if !class.units.is_empty() {
        section = section.list("units", &class.units);
    }
    if !categories.is_empty() {
        section = section.list("categories", &categories);
    }
    section
        .maybe("severity_from", class.severity_from.map(|severity| severity.as_str()))
        .row("days", i64::from(class.days))
        .maybe("decision", class.decision.as_deref())
}

fn rooms(checked: &Checked, sections: &mut Vec<Section>) {
    let notice = &checked.notice;
    if let Some(from) = &notice.from {
        let preferences = notice.languages.iter().map(|(who, language)| format!("{who} {}", language.as_str()));
        let section = Section::table("notice")
            .row("from", from.as_str())
            .row("next_hop", notice.next_hop.as_str())
            .list("local_domains", &notice.local_domains)
            .maybe("policy", notice.policy.as_deref())
            .maybe("desk", notice.desk.as_deref())
            .maybe("duty_phone", notice.duty_phone.as_deref())
            .maybe("review_hours", notice.review_hours.as_deref())
            .file("language_file", notice.language_file.as_deref(), preferences)
            .list("shared_mailboxes", &notice.shared_mailboxes)
            .list("service_senders", &notice.service_senders);
        sections.push(section);
    }
    if let Some(console) = &checked.console {
        let section = Section::table("console")
            .row("listen", console.listen.to_string())
            .maybe("url", console.url.as_deref())
            .list("proxies", &console.proxies);
        sections.push(section);
    }
    if let Some(dir) = &checked.patterns.dir {
        sections.push(Section::table("patterns").row("dir", path(dir)));
    }
    if let Some(dir) = &checked.imports.dir {
        sections.push(Section::table("imports").row("dir", path(dir)));
    }
    let inspect = &checked.inspect;
    sections.push(Section::table("inspect").row("ocr", inspect.ocr.as_str()).row("sandbox", inspect.sandbox.as_str()));
    let detect = &checked.detect;
    let packs: Vec<&str> = detect.packs.iter().map(|pack| pack.as_str()).collect();
    sections.push(Section::table("detect").row("synthetic", detect.synthetic.as_str()).row("packs", packs));
}

fn policy(checked: &Checked, sections: &mut Vec<Section>) {
    let rules = &checked.rules;
    let section = Section::table("policy")
        .row("mode", rules.mode.as_str())
        .row("on_confidential", rules.on_confidential.as_str())
        .row("on_filter_error", rules.on_filter_error.as_str())
        .row("judge", rules.judge.as_str())
        .row("hold_from", rules.hold_from.as_str())
        .row("warn_from", rules.warn_from.as_str())
        .row("four_eyes_from", four_eyes_word(rules));
    sections.push(section);
    let mut section = Section::table("policy.minimum_evidence").row("default", rules.minimum.default.as_str());
    for category in Category::ALL {
        section = section.maybe(category.as_str(), rules.minimum.by_category.get(&category).map(|l| l.as_str()));
    }
    sections.push(section);
    let mut section = Section::table("policy.uninspectable");
    for reason in Reason::ALL {
        section = section.row(reason.rule(), rules.uninspectable.of(reason).as_str());
    }
    sections.push(section);
    let mut section = Section::table("policy.recipients");
    for &mistake in Mistake::ALL {
        section = section.row(mistake.as_str(), rules.recipients.of(mistake).as_str());
    }
    sections.push(section.number("many", rules.recipients.many));
}

fn unit(settings: &UnitSettings) -> Section {
    let unit = &settings.unit;
    Section::member("unit", &unit.id)
        .row("id", unit.id.as_str())
        .list("senders", &unit.senders)
        .file("senders_file", settings.senders_file.as_deref(), unit.listed.iter())
        .list("users", &unit.users)
        .maybe("header", unit.fields.first().map(|(name, value)| inline(&[("name", name), ("value", value)])))
        .row("profile", unit.profile.id())
        .row("language", language_word(settings.language))
        .row("mode", unit.rules.mode.as_str())
        .row("on_confidential", unit.rules.on_confidential.as_str())
        .row("hold_from", unit.rules.hold_from.as_str())
        .row("warn_from", unit.rules.warn_from.as_str())
        .row("four_eyes_from", four_eyes_word(&unit.rules))
        .list("seal_recipients", &settings.seal_recipients)
        .list("reviewers", &settings.reviewers)
        .maybe("how_to_secure", settings.how_to_secure.as_deref())
        .maybe("service_owner", settings.service_owner.as_deref())
        .row("internal", unit.rules.internal.as_str())
        .maybe("towards", (!unit.rules.towards.is_empty()).then(|| towards(&unit.rules)))
}

fn four_eyes_word(rules: &Rules) -> &'static str {
    rules.four_eyes_from.map_or(NEVER, |severity| severity.as_str())
}

fn towards(rules: &Rules) -> Value {
    let rows: Vec<(&str, &str)> = rules.towards.iter().map(|(unit, rule)| (unit.as_str(), rule.as_str())).collect();
    inline(&rows)
}

/// `{ key = "value" }`.
fn inline(rows: &[(&str, &str)]) -> Value {
    Value::Table(rows.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect())
}

fn channel(channel: &Channel) -> Section {
    let evidence = &channel.evidence;
    let text = |value: &str| Value::String(value.to_owned());
    let shown = format!(
        "{{ level = {}, decided_by = {}, reference = {}, verified_until = {} }}",
        text(evidence.level.as_str()),
        text(&evidence.decided_by),
        text(&evidence.reference),
        evidence.verified_until
    );
    let mut section = Section::member("channel", &channel.id).row("id", channel.id.as_str());
    if !channel.patterns.is_empty() {
        section = section.list::<Pattern>("match", &channel.patterns);
    }
    section = section.file("match_file", channel.list_file.as_deref(), channel.listed.iter()).list("not", &channel.not);
    section.rows.push(("evidence", shown));
    section = section.row("per_mailbox", channel.per_mailbox);
    if channel.per_mailbox {
        section = section
            .row("phone_factor", channel.mailbox.phone_factor.as_str())
            .row("mailbox_days", i64::from(channel.mailbox.days));
    }
    let section = section.maybe("next_hop", channel.next_hop.as_deref()).maybe("owner", channel.owner.as_deref());
    let on_failure = |demand: &Demand| if demand.or_hold { "hold" } else { "defer" };
    let section = section
        .maybe("tls", channel.tls.as_ref().map(|demand| demand.protection.as_str()))
        .maybe("on_tls_failure", channel.tls.as_ref().map(on_failure));
    match &channel.way {
        Some(way) => way_rows(section, way),
        None => section,
    }
}

fn way_rows(section: Section, way: &WaySettings) -> Section {
    let trigger = |trigger: &Trigger| match trigger {
        Trigger::Header { name, value } => inline(&[("header", name), ("value", value)]),
        Trigger::Subject(words) => inline(&[("subject", words)]),
    };
    section
        .row("trigger", way.triggers.iter().map(trigger).collect::<Vec<_>>())
        .row("reroute", if way.automatic { "automatic" } else { "on-request" })
        .list("units", &way.units)
        .maybe("max_recipients", way.max_recipients.and_then(|n| i64::try_from(n).ok()))
        .maybe("max_message_size", way.max_message_size.map(show_size))
}

fn disclosure(route: &Route) -> Section {
    Section::member("disclosure", &route.id)
        .row("id", route.id.as_str())
        .row("code", route.code.as_str())
        .list::<Pattern>("recipients", &route.recipients)
        .list("units", &route.units)
        .maybe("urgent_phone", route.urgent_phone.as_deref())
}

/// How many there are, and which: a list that was changed shows in a comparison.
fn entries(listed: impl Iterator<Item = impl fmt::Display>) -> String {
    let mut lines: Vec<String> = listed.map(|entry| format!("{entry}\n")).collect();
    lines.sort_unstable();
    let text = lines.concat();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    let digest: String = data_encoding::HEXLOWER.encode(digest.as_ref()).chars().take(16).collect();
    format!("{} entries, sha256 {digest}", lines.len())
}
