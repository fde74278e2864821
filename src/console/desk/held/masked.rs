//! The first view: what was found and where, masked; whose mailboxes it would have gone to; what has happened since.

use askama::Template;
use jiff::Timestamp;

use super::Seen;
use super::reading::plain;
use crate::channel::{Channel, Why};
use crate::console::desk::decide::{self, Choice};
use crate::console::desk::queue::{Row, row};
use crate::console::desk::texts::{HeldTexts, said};
use crate::console::desk::{Closed, Shell, Visit};
use crate::console::rights::Right;
use crate::console::texts::{filled, purpose};
use crate::quarantine::{Evidence, MaskedFinding, own};
use crate::store::{HeldMessage, Link};

/// Findings and recipients of one copy that are shown.
const SHOWN: usize = 60;
/// Characters of what is shown of one finding.
const SHOWN_CHARS: usize = 120;
/// Steps of its history that are shown.
const STEPS: usize = 100;

#[derive(Template)]
#[template(path = "desk/held.html")]
pub struct MaskedPage<'v> {
    shell: Shell<'v>,
    texts: &'v HeldTexts,
    reference: String,
    row: Row,
    copies: Vec<Copy>,
    /// What somebody waits for.
    asked: Vec<String>,
    private: bool,
    /// Who looks has sent it.
    own: bool,
    path: String,
    may_open: bool,
    may_download: bool,
    choices: Vec<Choice<'v>>,
    history: Vec<Step>,
}

struct Copy {
    /// Of several.
    number: Option<String>,
    state: String,
    /// Nothing can be shown here, and why.
    hidden: Option<String>,
    sender: String,
    provisions: Vec<String>,
    unread: Vec<String>,
    findings: Vec<Finding>,
    more: Option<String>,
    recipients: Vec<Recipient>,
    /// What else would have let it pass.
    passes: Vec<String>,
    keep_decision: Option<String>,
    edition: String,
    duplicates: Option<String>,
}

struct Finding {
    what: String,
    masked: String,
    place: String,
    rule: String,
    strength: String,
}

struct Recipient {
    address: String,
    level: String,
    why: String,
    meets: bool,
    evidence: Option<String>,
    state: Option<String>,
}

struct Step {
    when: String,
    at: String,
    what: String,
    who: String,
    why: Option<String>,
}

impl<'v> MaskedPage<'v> {
    pub async fn of(visit: &'v Visit, seen: Vec<Seen>) -> Result<Self, Closed> {
        let texts = &visit.texts()?.held;
        let Some(first) = seen.first() else { return Err(Closed::Unknown) };
        let messages: Vec<HeldMessage> = seen.iter().map(|seen| seen.message.clone()).collect();
        let path = visit.mail_path(&messages);
        let several = seen.len() > 1;
        let mut copies = Vec::new();
        for (number, seen) in (1..).zip(&seen) {
            let name = filled(&texts.copy, &[("n", &usize::to_string(&number))]);
            copies.push(Copy::of(visit, texts, several.then_some(name), seen).await?);
        }
        let own = visit.is_own(&messages).await?;
        // Of what has ended the content is gone, but for a legal hold.
        let there = |seen: &Seen| !seen.message.state.is_final() || seen.message.kept.is_some();
        let there = seen.iter().any(|seen| seen.evidence.is_some() && there(seen));
        Ok(MaskedPage {
            reference: first.message.reference.to_string(),
            row: row(visit, &first.message)?,
            asked: asked(visit, texts, &messages).await?,
            private: first.message.record.private,
            may_open: there && !own && visit.may(Right::Open),
            may_download: there && !own && visit.may(Right::Download),
            own,
            choices: decide::choices(visit, &messages).await?,
            history: history(visit, texts, &messages).await?,
            path: format!("{}{path}", visit.prefix()),
            copies,
            shell: visit.shell()?,
            texts,
        })
    }
}

impl Copy {
    async fn of(visit: &Visit, texts: &HeldTexts, number: Option<String>, seen: &Seen) -> Result<Self, Closed> {
        let (message, words, all) = (&seen.message, visit.words()?, visit.texts()?);
        let duplicates = visit.desk.store().duplicates(message.id).await?.len();
        let mut copy = Copy {
            number,
            state: said(&all.state, message.state.as_str()).to_owned(),
            hidden: None,
            sender: String::new(),
            provisions: Vec::new(),
            unread: Vec::new(),
            findings: Vec::new(),
            more: None,
            recipients: Vec::new(),
            passes: Vec::new(),
            keep_decision: message.record.keep_decision.clone(),
            edition: String::new(),
            duplicates: (duplicates > 0).then(|| filled(&texts.duplicates, &[("n", &duplicates.to_string())])),
        };
        let Some(evidence) = &seen.evidence else {
            let hidden = match message.record.private {
                true => &texts.hidden_private,
                false if message.state.is_final() => &texts.hidden_gone,
                false => &texts.hidden_here,
            };
            copy.hidden = Some(hidden.clone());
            return Ok(copy);
        };
        let more = evidence.findings.len().saturating_sub(SHOWN);
        let unread = evidence.uninspectable.iter().map(|part| {
            let why = words.unreadable(std::slice::from_ref(&part.reason)).unwrap_or_else(|| part.reason.clone());
            part.name.as_ref().map_or_else(|| why.clone(), |name| format!("{}: {why}", plain(name)))
        });
        copy.sender = match evidence.sender.is_empty() {
            true => texts.no_sender.clone(),
            false => plain(&evidence.sender),
        };
        copy.provisions = evidence.notice.provisions.clone();
        copy.unread = unread.collect();
        copy.findings =
            evidence.findings.iter().take(SHOWN).map(|of| Finding::of(visit, texts, of)).collect::<Result<_, _>>()?;
        copy.more = (more > 0).then(|| filled(&texts.more, &[("n", &more.to_string())]));
        copy.recipients = recipients(visit, texts, message, evidence).await?;
        copy.passes = passes(visit, texts, message, evidence)?;
        copy.edition = evidence.patterns.clone();
        Ok(copy)
    }
}

impl Finding {
    fn of(visit: &Visit, texts: &HeldTexts, finding: &MaskedFinding) -> Result<Self, Closed> {
        let words = visit.words()?;
        let place = said(&texts.places, &finding.place_of_find).to_owned();
        let written = |text: &Option<String>| text.as_deref().map(plain);
        let parts = [Some(place), written(&finding.name), written(&finding.place)];
        let what = words.categories(std::slice::from_ref(&finding.category));
        Ok(Finding {
            what: what.unwrap_or_else(|| finding.category.clone()),
            masked: finding.masked.chars().take(SHOWN_CHARS).collect(),
            place: parts.into_iter().flatten().collect::<Vec<_>>().join(", "),
            rule: finding.rule.clone(),
            strength: said(&texts.strengths, &finding.strength).to_owned(),
        })
    }
}

/// Each recipient with what is known of the login today, and on whose word.
async fn recipients(
    visit: &Visit,
    texts: &HeldTexts,
    message: &HeldMessage,
    evidence: &Evidence,
) -> Result<Vec<Recipient>, Closed> {
    let rows = visit.desk.store().recipients(message.id).await?;
    let (registry, today) = (&visit.desk.knowledge.registry, visit.today());
    let needed = visit.needed(message);
    let levels = &visit.texts()?.level;
    let of = |(position, address): (usize, &String)| {
        let class = registry.resolve(address, today);
        let channel = class.channel.as_ref().and_then(|id| registry.channels().iter().find(|of| of.id == *id));
        let state = rows.iter().find(|row| row.position == position).map(|row| row.state.as_str());
        Recipient {
            address: plain(address),
            level: said(levels, class.level.as_str()).to_owned(),
            why: said(&texts.why, why(&class.why)).to_owned(),
            meets: class.level >= needed,
            evidence: channel.map(|channel| on_whose_word(texts, channel)),
            // That it waits says nothing of a mail of which nothing has gone.
            state: state
                .filter(|state| *state != "pending")
                .map(|state| said(&texts.recipient_states, state).to_owned()),
        }
    };
    Ok(evidence.recipients.iter().enumerate().take(SHOWN).map(of).collect())
}

fn on_whose_word(texts: &HeldTexts, channel: &Channel) -> String {
    let evidence = &channel.evidence;
    let until = evidence.verified_until.to_string();
    filled(
        &texts.evidence,
        &[
            ("channel", &channel.id),
            ("by", &evidence.decided_by),
            ("reference", &evidence.reference),
            ("until", &until),
        ],
    )
}

/// The word of a text.
fn why(why: &Why) -> &'static str {
    match why {
        Why::NoChannel => "no-channel",
        Why::Evidence => "evidence",
        Why::Expired(_) => "expired",
        Why::ConsumerWebmail => "webmail",
        Why::MailboxEvidence => "mailbox-evidence",
        Why::NoMailboxEvidence => "no-mailbox-evidence",
        Why::MailboxStale(_) => "mailbox-stale",
        Why::MailboxLacks(_) => "mailbox-lacks",
    }
}

/// What would have let it pass: another login, another way, other content, an exception.
fn passes(visit: &Visit, texts: &HeldTexts, message: &HeldMessage, evidence: &Evidence) -> Result<Vec<String>, Closed> {
    let mut passes = Vec::new();
    let (registry, today, unit) = (&visit.desk.knowledge.registry, visit.today(), &message.record.unit);
    let needed = visit.needed(message);
    if evidence.recipients.iter().any(|address| registry.resolve(address, today).level < needed) {
        let level = said(&visit.texts()?.level, needed.as_str());
        passes.push(filled(&texts.pass_level, &[("level", level)]));
    }
    let ways: Vec<String> = registry.ways_later(unit, today).map(|way| way.id.clone()).collect();
    if !ways.is_empty() {
        passes.push(filled(&texts.pass_way, &[("ways", &ways.join(", "))]));
    }
    if let Some(categories) = visit.words()?.categories(&message.record.categories) {
        passes.push(filled(&texts.pass_content, &[("categories", &categories)]));
    }
    let codes = visit.desk.pages.disclosures.for_reviewers(unit).len();
    if codes > 0 {
        passes.push(texts.pass_exception.clone());
    }
    Ok(passes)
}

/// What its sender or a colleague waits for.
async fn asked(visit: &Visit, texts: &HeldTexts, copies: &[HeldMessage]) -> Result<Vec<String>, Closed> {
    let mut lines = Vec::new();
    for copy in copies {
        if let Some(row) = visit.desk.store().exception_of(copy.id).await? {
            let needs = &visit.desk.pages.texts.of(visit.language).ok_or(Closed::Fault)?.need;
            let facts = own::facts(&visit.desk.pages.keys, &row).unwrap_or_default();
            let facts: Vec<String> =
                facts.iter().map(|(need, text)| format!("{}: {text}", said(needs, need))).collect();
            let when = visit.when(row.at)?;
            let slots = [("when", when.as_str()), ("code", &row.code), ("facts", &facts.join("; "))];
            lines.push(filled(&texts.asked_exception, &slots));
        } else if let Some(at) = copy.review_asked {
            lines.push(filled(&texts.asked_review, &[("when", &visit.when(at)?)]));
        }
        if let Some(request) = &copy.request {
            let (when, who) = (visit.when(request.at)?, visit.who(&request.by).await?);
            let route = decide::route_text(visit, &request.route)?;
            lines.push(filled(&texts.asked_second, &[("when", &when), ("who", &who), ("route", &route)]));
        }
        if let Some(row) = visit.desk.store().review_of(copy.id).await?.filter(|row| row.decided.is_none()) {
            let slots = [("when", visit.when(row.review.due)?), ("what", row.review.what)];
            let slots: Vec<(&str, &str)> = slots.iter().map(|(name, value)| (*name, value.as_str())).collect();
            lines.push(filled(&texts.look_due, &slots));
        }
    }
    lines.dedup();
    Ok(lines)
}

/// What the record says of it, the last first. Looks at the masked view are left out.
async fn history(visit: &Visit, texts: &HeldTexts, copies: &[HeldMessage]) -> Result<Vec<Step>, Closed> {
    let mut links: Vec<Link> = Vec::new();
    for copy in copies {
        links.extend(visit.desk.store().audit_links_of(copy.id).await?);
    }
    links.retain(|link| match link.event.as_str() {
        "viewed" | "resealed" => false,
        "opened" => link.detail.as_deref().is_some_and(|detail| detail.contains("content")),
        _ => true,
    });
    links.sort_by_key(|link| std::cmp::Reverse(link.at_ms));
    let purposes = &visit.texts()?.open.purposes;
    let mut steps = Vec::new();
    for link in links.into_iter().take(STEPS) {
        let at = Timestamp::from_millisecond(link.at_ms).unwrap_or_default();
        steps.push(Step {
            when: visit.when(at)?,
            at: at.to_string(),
            what: said(&texts.events, &link.event).to_owned(),
            who: visit.who(&link.actor).await?,
            why: match link.event.as_str() {
                "opened" => link.reason.map(|recorded| purpose(purposes, &recorded)),
                _ => link.reason,
            },
        });
    }
    Ok(steps)
}

impl Visit {
    /// What the mail asks of a mailbox, by its unit's rules.
    pub fn needed(&self, message: &HeldMessage) -> crate::channel::Level {
        let units = &self.desk.knowledge.units;
        let unit = units.all().find(|unit| unit.id == message.record.unit).unwrap_or_else(|| units.default_unit());
        unit.rules.minimum.of_words(&message.record.categories)
    }

    /// Who an actor of the record is, to a colleague: by role, and by the account where it is one.
    pub async fn who(&self, actor: &str) -> Result<String, Closed> {
        let texts = &self.texts()?.held;
        if actor == self.staff.actor().text() {
            return Ok(texts.you.clone());
        }
        let (kind, name) = actor.split_once(':').unwrap_or((actor, ""));
        let account = match kind {
            "account" => name.parse().ok(),
            _ => None,
        };
        let row = match account {
            Some(id) => self.desk.store().account(id).await?,
            None => None,
        };
        let Some(row) = row else { return Ok(filled(said(&texts.actors, kind), &[("name", name)])) };
        let roles = &self.texts()?.shell.roles;
        let role = row.roles.first().map_or(texts.sender_account.as_str(), |role| said(roles, role));
        Ok(format!("{role} {}", name.get(..6).unwrap_or(name)))
    }
}
