//! The frame of every page of the desk: where one is, where one may go, who one is, and when the session ends.

use super::session::escaped;
use super::{Closed, Visit, places};
use crate::account::{ABSOLUTE, IDLE};
use crate::console::assets::{Assets, assets};
use crate::console::form::Form;
use crate::console::page::Other;
use crate::console::texts::filled;

pub struct Shell<'v> {
    pub lang: &'static str,
    pub prefix: &'v str,
    pub assets: &'static Assets,
    pub texts: &'v super::texts::ShellTexts,
    /// What a mail's facts are called.
    pub queue: &'v super::texts::QueueTexts,
    pub places: Vec<Place<'v>>,
    /// The same page in the other languages.
    pub languages: Vec<Other<'v>>,
    /// Whose account it is.
    pub address: &'v str,
    /// Roles and units, in words.
    pub standing: String,
    pub out: Form,
    /// When the session ends by itself.
    pub ends: String,
    /// Milliseconds without a request after which it has ended.
    pub idle_ms: i64,
}

/// An entry of the navigation.
pub struct Place<'v> {
    pub name: &'v str,
    pub href: &'static str,
    /// It is this page, or one below it.
    pub here: bool,
}

impl<'v> Shell<'v> {
    pub(super) fn of(visit: &'v Visit) -> Result<Self, Closed> {
        let texts = &visit.texts()?.shell;
        let pages = &visit.desk.pages;
        let here =
            |href: &str| visit.path.strip_prefix(href).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let place = |(word, href): (&str, &'static str)| {
            let name = texts.places.get(word).map_or("", String::as_str);
            Place { name, href, here: here(href) || (href == "/queue" && here("/held")) }
        };
        let role = |role: &crate::account::Role| texts.roles.get(role.as_str()).cloned();
        let roles: Vec<String> = visit.staff.roles.iter().filter_map(role).collect();
        let units = visit.staff.units().join(", ");
        let standing = match units.is_empty() {
            true => roles.join(", "),
            false => filled(&texts.standing, &[("roles", &roles.join(", ")), ("units", &units)]),
        };
        Ok(Shell {
            lang: visit.language.as_str(),
            prefix: &pages.prefix,
            assets: assets(),
            texts,
            queue: &visit.texts()?.queue,
            places: places(&visit.staff.roles).map(place).collect(),
            languages: visit.languages(),
            address: &visit.staff.signed_in.address,
            standing,
            out: visit.form("sign-out", b""),
            ends: filled(
                &texts.ends,
                &[("minutes", &IDLE.as_mins().to_string()), ("hours", &ABSOLUTE.as_hours().to_string())],
            ),
            idle_ms: i64::try_from(IDLE.as_millis()).unwrap_or(i64::MAX),
        })
    }
}

impl Visit {
    /// The same page in the other languages, with the rest of its query. A page that answers a form has none.
    fn languages(&self) -> Vec<Other<'_>> {
        let rest: String = self
            .query
            .pairs()
            .filter(|(name, _)| !matches!(*name, "l" | "by"))
            .map(|(name, value)| format!("&{}={}", escaped(name), escaped(value)))
            .collect();
        self.desk
            .pages
            .texts
            .all()
            .filter(|(other, _)| *other != self.language)
            .map(|(other, texts)| Other {
                lang: other.as_str(),
                name: &texts.language,
                href: format!("{}{}?l={}{rest}", self.prefix(), self.path, other.as_str()),
            })
            .collect()
    }
}
