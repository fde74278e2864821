//! Release: by which route, and what it asks for. A way with login comes first; then the recipients whose own mailboxes
//! have two factors; and as it is only by a code of the law.

use super::form::{Choice, Fault, Typed};
use super::outcome::Done;
use crate::audit::Actor;
use crate::console::desk::session::escaped;
use crate::console::desk::{Closed, Visit};
use crate::console::documented::{self, Field};
use crate::console::texts::filled;
use crate::policy::{Exception, Opens};
use crate::quarantine::QuarantineError;
use crate::store::{HeldMessage, RecipientState, Route};

const WAY: &str = "way:";
const TWO_FACTOR: &str = "two-factor";
const ORDINARY: &str = "ordinary";

/// Ids of the ways that held mail of the unit can take today, the strongest first.
fn ways(visit: &Visit, copy: &HeldMessage) -> Vec<String> {
    let today = visit.today();
    let mut ways: Vec<_> = visit.desk.knowledge.registry.ways_later(&copy.record.unit, today).collect();
    ways.sort_by_key(|channel| std::cmp::Reverse(channel.today(today).0));
    ways.into_iter().map(|channel| channel.id.clone()).collect()
}

pub fn has_way(visit: &Visit, copy: &HeldMessage) -> bool {
    !ways(visit, copy).is_empty()
}

/// A route in words.
pub fn route_text(visit: &Visit, route: &Route) -> Result<String, Closed> {
    let texts = &visit.texts()?.decide;
    Ok(match route {
        Route::Way(id) => filled(&texts.by_way, &[("way", id)]),
        Route::TwoFactor => texts.to_two_factor.clone(),
        Route::Ordinary => texts.as_is.clone(),
        Route::Disclosure(id) => filled(&texts.by_disclosure, &[("way", id)]),
    })
}

/// Codes by which the mail can go as it is.
fn codes<'v>(visit: &'v Visit, copy: &HeldMessage) -> Vec<&'v Exception> {
    visit.desk.pages.disclosures.for_reviewers(&copy.record.unit)
}

/// The routes to choose from; of a code that was chosen what it asks for instead.
pub async fn options(
    visit: &Visit,
    open: &[HeldMessage],
    typed: &Typed,
    again: bool,
) -> Result<(Vec<Choice>, Vec<Field>), Closed> {
    let texts = &visit.texts()?.decide;
    let Some(first) = open.first() else { return Ok((Vec::new(), Vec::new())) };
    let private = open.iter().any(|copy| copy.record.private);
    let codes = codes(visit, first);
    let language = visit.language;
    if let Some(code) = codes.iter().find(|code| code.id == typed.code && !private) {
        let frame = visit.desk.pages.texts.of(language).ok_or(Closed::Fault)?;
        let fields = documented::fields(code, frame, language, again.then_some(&typed.documented));
        let chosen = Choice {
            value: ORDINARY.to_owned(),
            name: format!("{} · {}", code.id, code.name.in_language(language.as_str())),
            text: code.meaning.in_language(language.as_str()).to_owned(),
            chosen: true,
            href: None,
        };
        return Ok((vec![chosen], fields));
    }
    let mut options = Vec::new();
    for id in ways(visit, first) {
        options.push(Choice {
            chosen: typed.choice == format!("{WAY}{id}") || (typed.choice.is_empty() && options.is_empty()),
            value: format!("{WAY}{id}"),
            name: filled(&texts.by_way, &[("way", &id)]),
            text: texts.by_way_text.clone(),
            href: None,
        });
    }
    if !private {
        options.push(Choice {
            value: TWO_FACTOR.to_owned(),
            name: texts.to_two_factor.clone(),
            text: texts.to_two_factor_text.clone(),
            chosen: typed.choice == TWO_FACTOR,
            href: None,
        });
        let path = format!("{}{}/release", visit.prefix(), visit.mail_path(open));
        options.extend(codes.into_iter().map(|code| Choice {
            value: String::new(),
            name: format!("{} · {}", code.id, code.name.in_language(language.as_str())),
            text: code.meaning.in_language(language.as_str()).to_owned(),
            chosen: false,
            href: Some(format!("{path}?code={}", escaped(&code.id))),
        }));
    }
    Ok((options, Vec::new()))
}

/// Why the release cannot be what was chosen.
pub async fn fault(visit: &Visit, open: &[HeldMessage], typed: &Typed) -> Result<Option<Fault>, Closed> {
    let texts = &visit.texts()?.decide;
    let Some(first) = open.first() else { return Ok(None) };
    if typed.choice != ORDINARY {
        let known = route(typed).is_some_and(|route| match route {
            Route::Way(id) => ways(visit, first).contains(&id),
            _ => true,
        });
        return Ok((!known).then(|| ("choice", texts.no_choice.clone())));
    }
    let Some(code) = codes(visit, first).into_iter().find(|code| code.id == typed.code) else {
        return Ok(Some(("choice", texts.no_code.clone())));
    };
    if !documented::missing(code, &typed.documented).is_empty() {
        return Ok(Some(("documented", texts.incomplete.clone())));
    }
    if !code.opens(Opens::Channel) && !all_meet(visit, open).await? {
        return Ok(Some(("choice", texts.channel_closed.clone())));
    }
    Ok(None)
}

/// Every recipient who has not got it has a mailbox with the evidence that the mail needs.
async fn all_meet(visit: &Visit, open: &[HeldMessage]) -> Result<bool, Closed> {
    let registry = &visit.desk.knowledge.registry;
    for copy in open {
        let purpose = "channel of each recipient";
        let evidence = visit.desk.pages.quarantine.open_evidence(copy.id, &visit.staff.actor(), purpose).await?;
        let rows = visit.desk.store().recipients(copy.id).await?;
        let waits = rows.iter().filter(|row| row.state != RecipientState::Accepted).map(|row| row.position);
        for address in waits.filter_map(|position| evidence.recipients.get(position)) {
            if registry.resolve(address, visit.today()).level < visit.needed(copy) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn route(typed: &Typed) -> Option<Route> {
    match typed.choice.as_str() {
        TWO_FACTOR => Some(Route::TwoFactor),
        ORDINARY => Some(Route::Ordinary),
        other => other.strip_prefix(WAY).map(|id| Route::Way(id.to_owned())),
    }
}

/// The record's reason: the code with what it asks for, or what was typed.
pub async fn release(visit: &Visit, copy: &HeldMessage, actor: &Actor, typed: &Typed) -> Result<Done, QuarantineError> {
    let Some(route) = route(typed) else { return Ok(Done::Changed) };
    let reason = match route {
        Route::Ordinary => Some(format!("{}: {}", typed.code, documented::reason(&typed.documented))),
        _ => Some(typed.reason.clone()).filter(|reason| !reason.is_empty()),
    };
    visit.desk.pages.quarantine.release(copy.id, actor, route, reason).await.map(Done::of)
}
