//! `[[channel]]`.

use std::collections::HashSet;
use std::path::PathBuf;

use jiff::civil::Date;

use super::raw::{Item, Source, Table};
use super::{list, value, way};
use crate::channel::evidence::{FIRST_REMINDER, days_left};
use crate::channel::webmail::is_webmail;
use crate::channel::{Channel, Evidence, Level, MailboxRule, Pattern, PhoneFactor};

/// Days that a report on single mailboxes may hold.
const MAX_MAILBOX_DAYS: u64 = 400;

pub fn read<'t>(source: &mut Source<'t>, root: &Table<'t>, today: Date) -> Vec<Channel> {
    let mut ids = HashSet::new();
    let mut channels = Vec::new();
    for table in source.tables(root, "channel") {
        let Some(channel) = one(source, &table, today) else { continue };
        if !ids.insert(channel.id.clone()) {
            if let Some(item) = table.get("id") {
                source.refuse(&item, format!("a second channel with the id {:?}", channel.id));
            }
            continue;
        }
        channels.push(channel);
    }
    channels
}

fn one<'t>(source: &mut Source<'t>, table: &Table<'t>, today: Date) -> Option<Channel> {
    let id = match table.get("id") {
        Some(item) => source.parsed(&item, value::id),
        None => {
            source.missing(table, "id", r#"a short name, as in "region""#);
            None
        }
    };
    let evidence = evidence(source, table, today);
    let way = way::read(source, table);
    // At a way the login is the way's own, whoever's the mailbox.
    let level = evidence.as_ref().filter(|_| way.is_none()).map_or(Level::Unknown, |e| e.level);
    let patterns = match table.get("match") {
        Some(item) => {
            let rows = source.list(&item, Pattern::parse);
            if item.is_empty_list() {
                source.refuse(&item, "empty: the channel is about nobody");
            }
            rows.into_iter().filter(|(member, p)| not_webmail(source, member, p, level)).map(|(_, p)| p).collect()
        }
        None => Vec::new(),
    };
    let (list_file, listed) = match table.get("match_file") {
        Some(item) => list_file(source, &item, level),
        None => (None, Vec::new()),
    };
    if table.get("match").is_none() && table.get("match_file").is_none() && way.is_none() {
        source.missing(table, "match", r#"addresses and domains, as in ["@region.example"], or match_file"#);
    }
    let not = table
        .get("not")
        .map_or_else(Vec::new, |item| source.list(&item, Pattern::parse).into_iter().map(|(_, p)| p).collect());
    let per_mailbox = table.get("per_mailbox").and_then(|item| source.boolean(&item));
    let mailbox = mailbox(source, table);
    let next_hop = table.get("next_hop").and_then(|item| source.parsed(&item, value::id));
    let tls = way::demand(source, table);
    let owner = table.get("owner").and_then(|item| source.parsed(&item, value::mailbox));
    Some(Channel {
        id: id?,
        patterns,
        listed,
        list_file,
        not,
        evidence: evidence?,
        per_mailbox: per_mailbox.unwrap_or(false),
        mailbox,
        next_hop,
        tls,
        way,
        owner,
    })
}

/// What evidence of single mailboxes has to be; what there is, is attached later.
fn mailbox<'t>(source: &mut Source<'t>, table: &Table<'t>) -> MailboxRule {
    let mut rule = MailboxRule::default();
    let phone = table.get("phone_factor");
    if let Some(word) = phone.and_then(|item| source.word(&item, &PhoneFactor::ALL, PhoneFactor::as_str)) {
        rule.phone_factor = word;
    }
    let days = table.get("mailbox_days").and_then(|item| source.integer(&item, 1..=MAX_MAILBOX_DAYS));
    if let Some(days) = days.and_then(|days| u16::try_from(days).ok()) {
        rule.days = days;
    }
    rule
}

fn evidence<'t>(source: &mut Source<'t>, channel: &Table<'t>, today: Date) -> Option<Evidence> {
    let Some(table) = source.table(channel, "evidence") else {
        if channel.get("evidence").is_none() {
            source.missing(channel, "evidence", "{ level, decided_by, reference, verified_until }");
        }
        return None;
    };
    let level = match table.get("level") {
        Some(item) => source.word(&item, &Level::ALL, Level::as_str),
        None => {
            source.missing(&table, "level", Level::ALL.map(Level::as_str).join(", "));
            None
        }
    };
    let mut text = |key: &str, allowed: &str| match table.get(key) {
        Some(item) => source.parsed(&item, value::text),
        None => {
            source.missing(&table, key, allowed);
            None
        }
    };
    let decided_by = text("decided_by", "who answers for it: a role or a name");
    let reference = text("reference", "the paper that shows it: an agreement, a decision, a case number");
    let verified_until = match table.get("verified_until") {
        Some(item) => source.date(&item).inspect(|until| match days_left(*until, today) {
            ..0 => source.warn(&item, "the evidence has expired: these recipients are unknown"),
            0 => source.warn(&item, "the evidence ends today"),
            days if days <= FIRST_REMINDER => source.warn(&item, format!("the evidence ends in {days} days")),
            _ => {}
        }),
        None => {
            source.missing(&table, "verified_until", "the last day it holds, as in 2027-06-30");
            None
        }
    };
    Some(Evidence { level: level?, decided_by: decided_by?, reference: reference?, verified_until: verified_until? })
}

fn list_file<'t>(source: &mut Source<'t>, item: &Item<'t>, level: Level) -> (Option<PathBuf>, Vec<Pattern>) {
    let refuse = |pattern: &Pattern| (level > Level::Unknown && is_webmail(pattern.domain())).then(|| webmail(pattern));
    match list::patterns(source, item, refuse) {
        Some((path, listed)) => (Some(path), listed),
        None => (None, Vec::new()),
    }
}

fn not_webmail(source: &mut Source<'_>, item: &Item<'_>, pattern: &Pattern, level: Level) -> bool {
    if level == Level::Unknown || !is_webmail(pattern.domain()) {
        return true;
    }
    source.refuse(item, webmail(pattern));
    false
}

fn webmail(pattern: &Pattern) -> String {
    format!(
        "{} is consumer webmail; allowed: only evidence of level unknown, nobody can vouch for it",
        pattern.domain()
    )
}
