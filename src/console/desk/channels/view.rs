//! Channels in words.

use std::collections::BTreeMap;

use askama::Template;
use jiff::civil::Date;
use serde::Deserialize;

use super::EXPLAIN;
use crate::channel::evidence::{days_left, reminder};
use crate::channel::{Candidate, Channel, Explanation, Level, Why};
use crate::console::desk::texts::said;
use crate::console::desk::{Closed, Shell, Visit};
use crate::console::form::Form;
use crate::console::texts::filled;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    title: String,
    lead: String,
    none: String,
    channel: String,
    level: String,
    until: String,
    decided: String,
    reference: String,
    matches: String,
    /// `{n}`
    listed: String,
    /// `{patterns}`
    left_out: String,
    /// `{hop}`
    way: String,
    /// `{level}`
    configured: String,
    /// `{n}`
    ends_in: String,
    ends_today: String,
    /// `{n}`
    ended: String,
    /// `{verified}` `{known}` `{day}` `{age}`
    mailboxes: String,
    mailboxes_stale: String,
    mailboxes_none: String,
    import: String,
    import_text: String,
    explain: String,
    explain_lead: String,
    address: String,
    address_hint: String,
    address_wrong: String,
    ask: String,
    two_factor: String,
    not_two_factor: String,
    because: String,
    decides: String,
    also: String,
    leaves_out: String,
    ways: String,
    webmail: String,
    to_change: String,
    /// Why an address counts as it does; `{day}` where it is about one.
    why: BTreeMap<String, String>,
    /// What is known of a single mailbox.
    standing: BTreeMap<String, String>,
    /// What a level says, for a reader who does not know the scale.
    meaning: BTreeMap<String, String>,
}

#[derive(Template)]
#[template(path = "desk/channels.html")]
pub struct Channels<'v> {
    shell: Shell<'v>,
    texts: &'v Texts,
    rows: Vec<Row>,
    form: Form,
    /// As it was typed.
    address: String,
    wrong: bool,
    answer: Option<Answer>,
}

struct Row {
    id: String,
    level: String,
    color: &'static str,
    configured: Option<String>,
    until: String,
    ends: Option<Ends>,
    decided: String,
    reference: String,
    matches: Vec<String>,
    mailboxes: Option<String>,
    way: Option<String>,
}

/// Evidence that ends soon, or has ended.
pub struct Ends {
    pub channel: String,
    pub when: String,
    /// Of the design system.
    pub color: &'static str,
}

/// Why an address counts as it does.
struct Answer {
    address: String,
    two_factor: bool,
    level: String,
    meaning: String,
    because: String,
    candidates: Vec<Matching>,
    excluded: Vec<String>,
    ways: Vec<String>,
    webmail: bool,
    to_change: bool,
}

/// A channel that matches the address.
struct Matching {
    id: String,
    level: String,
    until: String,
    decided: String,
    reference: String,
    mailbox: Option<String>,
}

/// Channels whose evidence ends within the time of the first reminder or has ended, the next first.
pub fn ending(visit: &Visit, today: Date) -> Result<Vec<Ends>, Closed> {
    let texts = visit.room(|rooms| &rooms.channels)?;
    let mut due: Vec<(i32, &Channel)> = visit
        .desk
        .knowledge
        .registry
        .channels()
        .iter()
        .filter(|channel| channel.evidence.level != Level::Unknown)
        .map(|channel| (days_left(channel.evidence.verified_until, today), channel))
        .filter(|(days, _)| reminder(*days).is_some())
        .collect();
    due.sort_by_key(|(days, channel)| (*days, channel.id.as_str()));
    Ok(due.into_iter().filter_map(|(_, channel)| ends(texts, channel, today)).collect())
}

fn ends(texts: &Texts, channel: &Channel, today: Date) -> Option<Ends> {
    let days = days_left(channel.evidence.verified_until, today);
    let (text, color) = match days {
        ..0 => (&texts.ended, "danger"),
        0 => (&texts.ends_today, "danger"),
        _ => (&texts.ends_in, "warning"),
    };
    let when = filled(text, &[("n", &days.unsigned_abs().to_string())]);
    (channel.evidence.level != Level::Unknown && reminder(days).is_some()).then(|| Ends {
        channel: channel.id.clone(),
        when,
        color,
    })
}

impl<'v> Channels<'v> {
    pub fn of(visit: &'v Visit, typed: Option<&str>) -> Result<Self, Closed> {
        let texts = visit.room(|rooms| &rooms.channels)?;
        let (today, registry) = (visit.today(), &visit.desk.knowledge.registry);
        let levels = &visit.texts()?.level;
        let level = |level: Level| said(levels, level.as_str()).to_owned();
        let row = |channel: &Channel| {
            let (counts, _) = channel.today(today);
            let evidence = &channel.evidence;
            let mut matches: Vec<String> = channel.patterns.iter().map(ToString::to_string).collect();
            if !channel.listed.is_empty() {
                matches.push(filled(&texts.listed, &[("n", &channel.listed.len().to_string())]));
            }
            if !channel.not.is_empty() {
                let not: Vec<String> = channel.not.iter().map(ToString::to_string).collect();
                matches.push(filled(&texts.left_out, &[("patterns", &not.join(", "))]));
            }
            Row {
                id: channel.id.clone(),
                level: level(counts),
                color: if counts.is_two_factor() { "success" } else { "warning" },
                configured: (counts != evidence.level)
                    .then(|| filled(&texts.configured, &[("level", &level(evidence.level))])),
                until: evidence.verified_until.to_string(),
                ends: ends(texts, channel, today),
                decided: evidence.decided_by.clone(),
                reference: evidence.reference.clone(),
                matches,
                mailboxes: mailboxes(texts, channel, today),
                way: channel.next_hop.as_deref().map(|hop| filled(&texts.way, &[("hop", hop)])),
            }
        };
        let explained = typed.map(|address| registry.explain(address, today));
        let answer = explained.as_ref().and_then(|explained| Answer::of(texts, explained, &level));
        Ok(Channels {
            rows: registry.channels().iter().map(row).collect(),
            form: visit.form(EXPLAIN, b""),
            wrong: explained.is_some() && answer.is_none(),
            address: typed.unwrap_or_default().to_owned(),
            answer,
            shell: visit.shell()?,
            texts,
        })
    }

    /// What was typed is no address.
    pub fn is_wrong(&self) -> bool {
        self.wrong
    }
}

/// What was imported of single mailboxes, where the channel asks for it.
fn mailboxes(texts: &Texts, channel: &Channel, today: Date) -> Option<String> {
    if !channel.per_mailbox {
        return None;
    }
    let rule = &channel.mailbox;
    let Some(imported) = &rule.imported else { return Some(texts.mailboxes_none.clone()) };
    let run = &imported.run;
    let (verified, known) = (imported.verified(rule.phone_factor).to_string(), imported.records.len().to_string());
    let (day, age) = (run.as_of.to_string(), run.age(today).to_string());
    let slots = [("verified", verified.as_str()), ("known", &known), ("day", &day), ("age", &age)];
    let stale = rule.is_stale(run, today);
    let said = filled(&texts.mailboxes, &slots);
    Some(if stale { format!("{said} {}", texts.mailboxes_stale) } else { said })
}

impl Answer {
    /// `None`: it is no address.
    fn of(texts: &Texts, explained: &Explanation<'_>, level: &dyn Fn(Level) -> String) -> Option<Answer> {
        let address = explained.address.as_ref()?;
        let counts = explained.class.level;
        Some(Answer {
            address: address.to_string(),
            two_factor: counts.is_two_factor(),
            level: level(counts),
            meaning: said(&texts.meaning, counts.as_str()).to_owned(),
            because: because(texts, &explained.class.why),
            candidates: explained.candidates.iter().map(|candidate| Matching::of(texts, candidate, level)).collect(),
            excluded: explained.excluded.iter().map(|channel| channel.id.clone()).collect(),
            ways: explained.ways.iter().map(|(channel, worth)| format!("{} ({})", channel.id, level(*worth))).collect(),
            webmail: explained.webmail && !explained.candidates.is_empty(),
            to_change: explained.candidates.is_empty() && !explained.webmail,
        })
    }
}

impl Matching {
    fn of(texts: &Texts, candidate: &Candidate<'_>, level: &dyn Fn(Level) -> String) -> Matching {
        let evidence = &candidate.channel.evidence;
        let record = candidate.record.as_ref().map(|record| said(&texts.standing, record.standing.as_str()).to_owned());
        Matching {
            id: candidate.channel.id.clone(),
            level: level(candidate.level),
            until: evidence.verified_until.to_string(),
            decided: evidence.decided_by.clone(),
            reference: evidence.reference.clone(),
            mailbox: record,
        }
    }
}

fn because(texts: &Texts, why: &Why) -> String {
    let (word, day) = match why {
        Why::NoChannel => ("no-channel", None),
        Why::Evidence => ("evidence", None),
        Why::Expired(day) => ("expired", Some(day)),
        Why::ConsumerWebmail => ("webmail", None),
        Why::NoMailboxEvidence => ("no-mailbox-evidence", None),
        Why::MailboxEvidence => ("mailbox-evidence", None),
        Why::MailboxStale(day) => ("mailbox-stale", Some(day)),
        Why::MailboxLacks(standing) => return said(&texts.standing, standing.as_str()).to_owned(),
    };
    let day = day.map(ToString::to_string).unwrap_or_default();
    filled(said(&texts.why, word), &[("day", &day)])
}
