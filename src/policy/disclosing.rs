//! The urgent path: what the sender of a held mail may send at once to the fixed recipients of a lawful disclosure, and
//! by when somebody has to have looked at it.
//!
//! A route counts when its unit is the mail's, its code is a sender's, cannot wait, and belongs to the law of the unit's
//! profile. Only its own recipients get the mail, whoever else is among them.

use std::collections::HashMap;

use jiff::civil::{DateTime, Weekday};

use super::exception::{Exception, Exceptions, Opens, Role};
use super::register::Route;
use crate::channel::Canonical;
use crate::detect::Category;

/// All routes, the codes they name, and each unit's profile.
#[derive(Clone, Debug, Default)]
pub struct Disclosures {
    routes: Vec<Route>,
    codes: Option<Exceptions>,
    /// Id of the legal profile by id of the unit.
    profiles: HashMap<String, String>,
}

/// A route with its code.
#[derive(Clone, Copy, Debug)]
pub struct Urgent<'d> {
    pub route: &'d Route,
    pub code: &'d Exception,
}

impl Disclosures {
    pub fn new(routes: Vec<Route>, codes: Exceptions, profiles: HashMap<String, String>) -> Self {
        Disclosures { routes, codes: Some(codes), profiles }
    }

    /// Codes that the sender of a mail of this unit may ask for, in the order of their ids.
    pub fn askable(&self, unit: &str) -> Vec<&Exception> {
        let codes = self.codes.iter().flat_map(Exceptions::all).map(AsRef::as_ref);
        codes.filter(|code| !code.automatic && self.is_law_of(code, unit)).collect()
    }

    /// Codes that whoever reviews a mail of this unit may name, in the order of their ids.
    pub fn for_reviewers(&self, unit: &str) -> Vec<&Exception> {
        let codes = self.codes.iter().flat_map(Exceptions::all).map(AsRef::as_ref);
        let profile = self.profile(unit);
        codes
            .filter(|code| !code.automatic && code.may_be_used_by(Role::Reviewer) && code.is_for_profile(profile))
            .collect()
    }

    /// Id of the unit's legal profile; empty for a unit that is not there.
    pub fn profile(&self, unit: &str) -> &str {
        self.profiles.get(unit).map_or("", String::as_str)
    }

    /// The routes that are open to mail of this unit with these categories, as words.
    pub fn urgent<'d>(&'d self, unit: &'d str, categories: &'d [String]) -> impl Iterator<Item = Urgent<'d>> {
        self.routes.iter().filter_map(move |route| {
            let code = self.codes.as_ref()?.get(&route.code)?;
            let open = route.has_unit(unit)
                && code.urgent
                && self.is_law_of(code, unit)
                && (code.categories.is_empty() || covers(&code.categories, categories));
            open.then_some(Urgent { route, code })
        })
    }

    fn is_law_of(&self, code: &Exception, unit: &str) -> bool {
        code.may_be_used_by(Role::Sender) && code.is_for_profile(self.profile(unit))
    }
}

impl Urgent<'_> {
    /// Whether the recipient gets it: one of the route's own. `meets`: the mailbox has the evidence that the mail needs,
    /// which it must have unless the code opens the channel.
    pub fn reaches(&self, recipient: &Canonical, meets: bool) -> bool {
        self.route.reaches(recipient) && (meets || self.code.opens(Opens::Channel))
    }
}

fn covers(limited: &[Category], categories: &[String]) -> bool {
    categories.iter().all(|word| limited.iter().any(|category| category.as_str() == word))
}

/// The same time on the next working day. Saturday and Sunday are none; a public holiday counts as one, so that
/// somebody is asked too early rather than too late.
pub fn within_a_working_day(from: DateTime) -> DateTime {
    let days = match from.weekday() {
        Weekday::Friday => 3,
        Weekday::Saturday => 2,
        _ => 1,
    };
    let date = (0..days).fold(from.date(), |date, _| date.tomorrow().unwrap_or(date));
    // What goes out at the weekend is looked at by the end of Monday.
    match from.weekday() {
        Weekday::Saturday | Weekday::Sunday => date.at(17, 0, 0, 0),
        _ => date.to_datetime(from.time()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::datetime;

    use super::*;
    use crate::channel::Pattern;

    #[test]
    fn a_look_is_due_on_the_next_working_day() {
        for (from, due) in [
            // 2026-05-04 is a Monday.
            (datetime(2026, 5, 4, 15, 30, 0, 0), datetime(2026, 5, 5, 15, 30, 0, 0)),
            (datetime(2026, 5, 7, 23, 59, 0, 0), datetime(2026, 5, 8, 23, 59, 0, 0)),
            (datetime(2026, 5, 8, 15, 30, 0, 0), datetime(2026, 5, 11, 15, 30, 0, 0)),
            (datetime(2026, 5, 9, 3, 0, 0, 0), datetime(2026, 5, 11, 17, 0, 0, 0)),
            (datetime(2026, 5, 10, 22, 0, 0, 0), datetime(2026, 5, 11, 17, 0, 0, 0)),
            (datetime(2026, 12, 31, 10, 0, 0, 0), datetime(2027, 1, 1, 10, 0, 0, 0)),
        ] {
            assert_eq!(within_a_working_day(from), due, "{from}");
        }
    }

    fn disclosures() -> Disclosures {
        let route = |id: &str, code: &str, units: &[&str]| Route {
            id: id.into(),
            code: code.into(),
            recipients: vec![Pattern::parse("vakt@barnevern.example").unwrap()],
            units: units.iter().map(|unit| (*unit).to_owned()).collect(),
            urgent_phone: None,
        };
        let routes = vec![
            route("barnevern", "EX-CHILD-REPORT", &[]),
            route("skole", "EX-CHILD-REPORT", &["skole"]),
            route("party", "EX-PARTY", &[]),
        ];
        let profiles = [("skole", "no.school"), ("social", "se.social")];
        let profiles = profiles.into_iter().map(|(unit, profile)| (unit.to_owned(), profile.to_owned())).collect();
        Disclosures::new(routes, Exceptions::builtin(), profiles)
    }

    #[test]
    fn only_what_cannot_wait_goes_at_once_and_only_to_its_own() {
        let disclosures = disclosures();
        let of = |unit: &str| -> Vec<String> {
            disclosures.urgent(unit, &[]).map(|urgent| urgent.route.id.clone()).collect()
        };
        assert_eq!(of("skole"), ["barnevern", "skole"]);
        assert_eq!(of("social"), ["barnevern"]);
        let urgent = disclosures.urgent("social", &[]).next().unwrap();
        let address = |text: &str| Canonical::of(text).unwrap();
        assert!(urgent.reaches(&address("Vakt@Barnevern.example"), false), "it opens the channel");
        assert!(!urgent.reaches(&address("andre@barnevern.example"), true), "not one of its own");
    }

    #[test]
    fn a_sender_asks_for_codes_of_his_own_law() {
        let disclosures = disclosures();
        let ids =
            |unit: &str| -> Vec<String> { disclosures.askable(unit).iter().map(|code| code.id.clone()).collect() };
        let (norwegian, swedish) = (ids("skole"), ids("social"));
        assert!(norwegian.contains(&"EX-PARENT".to_owned()) && !swedish.contains(&"EX-PARENT".to_owned()));
        assert!(swedish.contains(&"EX-CRIME-1Y".to_owned()) && !norwegian.contains(&"EX-CRIME-1Y".to_owned()));
        for never in ["EX-ANON", "EX-NOMEN", "EX-DELIVER-PUBLIC", "EX-PARENT-SE"] {
            assert!(!norwegian.iter().chain(&swedish).any(|id| id == never), "{never} is not a sender's");
        }
    }
}
