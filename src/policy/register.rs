//! What is registered: consents, orders of secrecy, cooperation teams and the routes of lawful disclosure, and what
//! they lift for one mail. Pure: a snapshot of values, today is an argument.
//!
//! ```text
//! order     keeps secret whatever anybody consents to          beats everything below
//! consent   every person, every recipient, every category      -> secrecy, never the channel
//! route     all recipients are of it, its code is a sender's   -> what the code opens
//! claim     a code that somebody names for this mail           -> what the code opens
//! team      all recipients are members                         -> no warning about recipients
//! ```
//!
//! Everything asks for *all*: one more person, recipient or category never lifts more. A mail whose persons nobody
//! can tell (no number, no case reference) is covered by no consent and no team.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;

use super::exception::{Documented, Exception, Exceptions, Need, Opens, Role};
use crate::channel::{Canonical, Pattern};
use crate::detect::{Category, Severity};

/// Name of an entry, as its listing shows it; of a route its id in the configuration.
pub type Id = Arc<str>;

/// Keyed digest of a person's number or of a case reference. Says nothing to who has not the key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonDigest(pub Arc<str>);

impl PersonDigest {
    pub fn new(digest: &str) -> Self {
        PersonDigest(digest.into())
    }
}

/// A person or a case of a mail: every digest under which an entry about it may stand, one for each secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whom(Vec<PersonDigest>);

impl Whom {
    pub fn new(digests: &[String]) -> Self {
        Whom(digests.iter().map(|digest| PersonDigest::new(digest)).collect())
    }

    /// The entries about it.
    fn among<'s, T>(&self, entries: &'s BTreeMap<PersonDigest, Vec<T>>) -> impl Iterator<Item = &'s T> {
        self.0.iter().filter_map(|digest| entries.get(digest)).flatten()
    }
}

/// A person lets these recipients know these categories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    pub id: Id,
    pub person: PersonDigest,
    pub categories: BTreeSet<Category>,
    pub recipients: Vec<Pattern>,
    pub given: Date,
    /// The last day.
    pub expires: Date,
    /// The day from which it holds no more.
    pub withdrawn: Option<Date>,
}

/// Somebody with the right to do so has decided that secrecy holds whatever anybody consents to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub id: Id,
    pub person: PersonDigest,
    pub from: Date,
    /// The last day; `None`: until it is ended.
    pub until: Option<Date>,
}

/// People of several services who work together for one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    pub id: Id,
    pub person: PersonDigest,
    pub members: BTreeSet<Canonical>,
    /// Works only while this consent holds.
    pub consent: Option<Id>,
    /// The person wants it no more, from this day on.
    pub opted_out: Option<Date>,
    /// The last day.
    pub expires: Date,
    /// The day from which it is no more.
    pub ended: Option<Date>,
}

/// `[[disclosure]]`: recipients that a code may always be used towards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub id: String,
    /// Id of an [`Exception`].
    pub code: String,
    pub recipients: Vec<Pattern>,
    /// Ids; empty: every unit.
    pub units: Vec<String>,
    /// For the notice: whom to ring.
    pub urgent_phone: Option<String>,
}

/// A code that somebody names for one mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub code: String,
    pub by: Role,
    /// A second person has agreed.
    pub seconded: bool,
    pub documented: Documented,
}

impl Claim {
    /// What a sender names when sending: a code and the reason in words.
    pub fn of_sender(code: &str, reason: &str) -> Self {
        let documented = Documented::default().with(Need::Reason, reason);
        Claim { code: code.to_owned(), by: Role::Sender, seconded: false, documented }
    }
}

/// One mail, as far as the registers care.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Of every number in the mail.
    pub persons: &'a [Whom],
    /// Of every case reference that the mail or its sender names. They stand for the person only where the mail has
    /// no number.
    pub matters: &'a [Whom],
    /// How many persons the mail seems to be about, at least (`Assessment::persons`): more than there are numbers,
    /// and no consent covers them all.
    pub people: usize,
    /// Everybody whose channel is judged. An address without a canonical form must not be left out: where there is
    /// one, nothing can be lifted and nobody need ask.
    pub recipients: &'a [Canonical],
    pub unit: &'a str,
    /// Id of the unit's legal profile; tells the country.
    pub profile: &'a str,
    /// Those that make it confidential.
    pub categories: &'a BTreeSet<Category>,
    pub severity: Severity,
    pub claimed: Option<&'a Claim>,
    pub today: Date,
}

/// What has lifted something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    Consent(Id),
    Team(Id),
    Route(Id),
    Code(Id),
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            By::Consent(id) => write!(f, "consent:{id}"),
            By::Team(id) => write!(f, "team:{id}"),
            By::Route(id) => write!(f, "route:{id}"),
            By::Code(id) => write!(f, "code:{id}"),
        }
    }
}

/// Why a claim did not apply. Prints a short word without content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    UnknownCode,
    /// Detection decides it; nobody names it.
    Automatic,
    NotFor(Role),
    /// The unit's law does not know it.
    Profile,
    /// The mail tells more than the code is about.
    Categories,
    /// The recipients are not those of a route with this code.
    Recipients,
    Missing(&'static str),
    /// So grave that a second person has to agree.
    FourEyes,
    /// Consent to one of these recipients was withdrawn.
    Withdrawn,
    /// An order of secrecy holds.
    Order,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::UnknownCode => f.write_str("unknown-code"),
            Refusal::Automatic => f.write_str("automatic"),
            Refusal::NotFor(role) => write!(f, "not-for:{}", role.as_str()),
            Refusal::Profile => f.write_str("not-for-this-unit"),
            Refusal::Categories => f.write_str("categories"),
            Refusal::Recipients => f.write_str("recipients"),
            Refusal::Missing(need) => write!(f, "needs:{need}"),
            Refusal::FourEyes => f.write_str("four-eyes"),
            Refusal::Withdrawn => f.write_str("withdrawn"),
            Refusal::Order => f.write_str("order"),
        }
    }
}

/// What is lifted for one mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lifted {
    /// The recipients may know it; a channel with two factors is needed all the same.
    pub secrecy: bool,
    /// It may leave to a mailbox without two-factor login.
    pub channel: bool,
    /// Warnings about these recipients (many of them, new ones) are not needed: they are a team. Only if every one of
    /// them has a channel with two factors, which the caller knows.
    pub team: bool,
    /// An order of secrecy that lets nothing be lifted.
    pub order: Option<Id>,
    /// What lifted it, sorted.
    pub by: Vec<By>,
    /// It cannot wait: to the top, and the notice says "ring". Set in spite of an order.
    pub urgent: bool,
    /// Whom to ring, where a route says so.
    pub urgent_phone: Option<Arc<str>>,
    /// Somebody has to look at it within so many hours.
    pub review_within_hours: Option<u32>,
    /// Why the claim did not apply; empty when it did, or when there was none.
    pub refused: Vec<Refusal>,
}

impl Lifted {
    fn apply(&mut self, code: &Exception, by: By) {
        self.secrecy |= code.opens(Opens::Secrecy);
        self.channel |= code.opens(Opens::Channel);
        self.urgent |= code.urgent;
        self.review_within_hours = self.review_within_hours.into_iter().chain(code.review_within_hours).min();
        self.by.push(by);
    }
}

/// Everything registered at one moment.
#[derive(Clone, Debug)]
pub struct Registers {
    exceptions: Exceptions,
    consents: BTreeMap<PersonDigest, Vec<Consent>>,
    orders: BTreeMap<PersonDigest, Vec<Order>>,
    teams: BTreeMap<PersonDigest, Vec<Team>>,
    routes: Vec<Route>,
}

impl Registers {
    pub fn new(
        exceptions: Exceptions,
        consents: Vec<Consent>,
        orders: Vec<Order>,
        teams: Vec<Team>,
        routes: Vec<Route>,
    ) -> Self {
        Registers {
            exceptions,
            consents: by_person(consents, |c| &c.person),
            orders: by_person(orders, |o| &o.person),
            teams: by_person(teams, |t| &t.person),
            routes,
        }
    }

    pub fn exceptions(&self) -> &Exceptions {
        &self.exceptions
    }

    /// What is lifted for this mail today.
    pub fn apply(&self, case: &Case<'_>) -> Lifted {
        let mut lifted = Lifted::default();
        for consent in self.covering(case, |p| self.consent_of(p, case)) {
            lifted.secrecy = true;
            lifted.by.push(By::Consent(consent.id.clone()));
        }
        for team in self.covering(case, |p| self.team_of(p, case)) {
            lifted.team = true;
            lifted.by.push(By::Team(team.id.clone()));
        }
        for route in self.routes.iter().filter(|r| r.is_for(case)) {
            if let Some(code) = self.exceptions.get(&route.code)
                && self.refusals_of_route(code, case).is_empty()
            {
                lifted.apply(code, By::Route(route.id.as_str().into()));
                let phone = || route.urgent_phone.as_deref().map(Arc::from);
                lifted.urgent_phone = lifted.urgent_phone.take().or_else(phone);
            }
        }
        if let Some(claim) = case.claimed {
            self.claim(claim, case, &mut lifted);
        }
        lifted.by.sort();
        lifted.by.dedup();
        match self.order_on(case) {
            None => lifted,
            Some(order) => Lifted {
                order: Some(order.id.clone()),
                urgent: lifted.urgent,
                urgent_phone: lifted.urgent_phone,
                refused: case.claimed.map_or_else(Vec::new, |_| vec![Refusal::Order]),
                ..Lifted::default()
            },
        }
    }

    /// The order that holds for a person or a case of the mail.
    fn order_on(&self, case: &Case<'_>) -> Option<&Order> {
        let subjects = case.persons.iter().chain(case.matters);
        subjects.flat_map(|p| p.among(&self.orders)).find(|order| order.holds(case.today))
    }

    /// What `of` finds for each person, or for each case of a mail without a number; nothing unless it finds one for
    /// every one of them, and for whoever else the mail is about.
    fn covering<'s, T>(&'s self, case: &Case<'_>, of: impl Fn(&Whom) -> Option<&'s T>) -> Vec<&'s T> {
        let subjects = if case.persons.is_empty() { case.matters } else { case.persons };
        let known = if case.persons.is_empty() { 1 } else { distinct(case.persons) };
        if case.recipients.is_empty() || subjects.is_empty() || case.people > known {
            return Vec::new();
        }
        subjects.iter().map(of).collect::<Option<Vec<_>>>().unwrap_or_default()
    }

    fn consent_of(&self, person: &Whom, case: &Case<'_>) -> Option<&Consent> {
        person.among(&self.consents).find(|consent| {
            consent.holds(case.today)
                && case.categories.is_subset(&consent.categories)
                && case.recipients.iter().all(|r| consent.recipients.iter().any(|p| p.matches(r)))
        })
    }

    fn team_of(&self, person: &Whom, case: &Case<'_>) -> Option<&Team> {
        let consented = |team: &Team| {
            team.consent.as_ref().is_none_or(|id| {
                let mut consents = person.among(&self.consents).filter(|c| c.id == *id);
                consents.any(|c| c.holds(case.today))
            })
        };
        person.among(&self.teams).find(|team| {
            team.holds(case.today) && consented(team) && case.recipients.iter().all(|r| team.members.contains(r))
        })
    }

    /// A route stands for a claim by the sender, and for its reason: somebody has decided it once for all. What has
    /// to be told of the single mail a claim of the same code must bring.
    fn refusals_of_route(&self, code: &Exception, case: &Case<'_>) -> Vec<Refusal> {
        let claim = case.claimed.filter(|claim| claim.code == code.id);
        let documented = claim.map_or_else(Documented::default, |claim| claim.documented.clone());
        let documented = documented.with(Need::Reason, "route");
        let standing = Claim {
            code: code.id.clone(),
            by: Role::Sender,
            seconded: claim.is_some_and(|claim| claim.seconded),
            documented,
        };
        self.refusals(code, &standing, case)
    }

    fn claim(&self, claim: &Claim, case: &Case<'_>, lifted: &mut Lifted) {
        let Some(code) = self.exceptions.get(&claim.code) else {
            lifted.refused.push(Refusal::UnknownCode);
            return;
        };
        lifted.refused = self.refusals(code, claim, case);
        if lifted.refused.is_empty() {
            lifted.apply(code, By::Code(code.id.as_str().into()));
        }
    }

    /// Everything that speaks against this claim of the code.
    fn refusals(&self, code: &Exception, claim: &Claim, case: &Case<'_>) -> Vec<Refusal> {
        let mut refused = Vec::new();
        if code.automatic {
            refused.push(Refusal::Automatic);
        } else if !code.may_be_used_by(claim.by) {
            refused.push(Refusal::NotFor(claim.by));
        }
        if !code.is_for_profile(case.profile) {
            refused.push(Refusal::Profile);
        }
        if !code.categories.is_empty() && case.categories.iter().any(|c| !code.categories.contains(c)) {
            refused.push(Refusal::Categories);
        }
        if !code.recipients.is_empty() && !self.are_of_routes(&code.id, case) {
            refused.push(Refusal::Recipients);
        }
        refused.extend(code.missing(&claim.documented).into_iter().map(Refusal::Missing));
        if code.needs_four_eyes(case.severity) && !claim.seconded {
            refused.push(Refusal::FourEyes);
        }
        if code.consent && self.is_withdrawn(case) {
            refused.push(Refusal::Withdrawn);
        }
        refused
    }

    /// Every recipient is one of a route with this code for the unit.
    fn are_of_routes(&self, code: &str, case: &Case<'_>) -> bool {
        let routes: Vec<&Route> = self.routes.iter().filter(|r| r.code == code && r.has_unit(case.unit)).collect();
        !case.recipients.is_empty() && case.recipients.iter().all(|r| routes.iter().any(|route| route.reaches(r)))
    }

    /// Somebody has withdrawn the consent to one of these recipients, and no other consent covers the mail: whoever
    /// claims one has not looked.
    fn is_withdrawn(&self, case: &Case<'_>) -> bool {
        let about = case.persons.iter().chain(case.matters).flat_map(|p| p.among(&self.consents));
        let reaches = |c: &Consent| case.recipients.iter().any(|r| c.recipients.iter().any(|p| p.matches(r)));
        about.filter(|c| c.is_withdrawn(case.today)).any(reaches)
            && self.covering(case, |p| self.consent_of(p, case)).is_empty()
    }
}

impl Consent {
    /// Today is one of its days.
    pub fn holds(&self, today: Date) -> bool {
        self.given <= today && today <= self.expires && !self.is_withdrawn(today)
    }

    fn is_withdrawn(&self, today: Date) -> bool {
        self.withdrawn.is_some_and(|day| day <= today)
    }
}

impl Order {
    pub fn holds(&self, today: Date) -> bool {
        self.from <= today && self.until.is_none_or(|until| today <= until)
    }
}

impl Team {
    pub fn holds(&self, today: Date) -> bool {
        let over = |day: Option<Date>| day.is_some_and(|day| day <= today);
        today <= self.expires && !over(self.opted_out) && !over(self.ended)
    }
}

impl Route {
    pub(super) fn has_unit(&self, unit: &str) -> bool {
        self.units.is_empty() || self.units.iter().any(|own| own == unit)
    }

    pub(super) fn reaches(&self, recipient: &Canonical) -> bool {
        self.recipients.iter().any(|pattern| pattern.matches(recipient))
    }

    /// All recipients are its own.
    fn is_for(&self, case: &Case<'_>) -> bool {
        self.has_unit(case.unit) && !case.recipients.is_empty() && case.recipients.iter().all(|r| self.reaches(r))
    }
}

fn distinct(persons: &[Whom]) -> usize {
    persons.iter().collect::<BTreeSet<_>>().len()
}

fn by_person<T>(entries: Vec<T>, person: fn(&T) -> &PersonDigest) -> BTreeMap<PersonDigest, Vec<T>> {
    let mut map: BTreeMap<PersonDigest, Vec<T>> = BTreeMap::new();
    for entry in entries {
        map.entry(person(&entry).clone()).or_default().push(entry);
    }
    map
}

#[cfg(test)]
#[path = "register_tests.rs"]
mod tests;
