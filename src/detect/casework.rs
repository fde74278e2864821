//! Whether the mail is casework: somebody's case is being handled.
//!
//! Evidence, strongest first: the sending unit is casework by nature; its name or address says so
//! (`Hemtjänsten Norr`, `barnevern@…`); phrases of casework in the text; role nouns.

use std::collections::HashSet;

use super::lexicon::{Hit, Lexicon, Purpose, Scratch, Weight};
use super::reading::Reading;
use super::{Category, Context};

/// Points from which a mail is casework.
const ENOUGH: f32 = 1.0;
const UNIT: f32 = 1.0;
const PHRASE: f32 = 0.4;
const SERVICE_TERM: f32 = 0.3;

/// How much speaks for casework.
#[derive(Clone, Copy, Debug, Default)]
pub struct Setting {
    pub points: f32,
    /// A correspondent's own name, or the configuration, says that cases are handled here.
    pub unit: bool,
    /// One's name says that animals are treated there.
    pub animals: bool,
}

impl Setting {
    pub fn of(context: &Context, readings: &[Reading], lexicon: &Lexicon, scratch: &mut Scratch) -> Setting {
        let named = named_by_correspondents(context, lexicon, scratch);
        let unit = context.casework || named.service;
        let mut points = 0.0;
        if unit {
            points += UNIT;
        }
        let phrases: HashSet<usize> = readings.iter().flat_map(|r| r.casework.iter().map(|m| m.term)).collect();
        points += PHRASE * phrases.len() as f32;
        let services: HashSet<(bool, usize)> = readings
            .iter()
            .flat_map(|r| &r.circumstances)
            .filter(|c| c.weight == Weight::Strong && matches!(c.category, Category::Social | Category::Health))
            .map(|c| c.distinct())
            .collect();
        points += SERVICE_TERM * services.len() as f32;
        Setting { points, unit, animals: named.animals }
    }

    pub fn is_casework(&self) -> bool {
        self.points >= ENOUGH
    }
}

/// What names and addresses of the correspondents tell.
#[derive(Default)]
struct Named {
    /// A word of care, social services or child protection.
    service: bool,
    /// A strong word for what is not human: a clinic for animals. `Björn` is somebody.
    animals: bool,
}

fn named_by_correspondents(context: &Context, lexicon: &Lexicon, scratch: &mut Scratch) -> Named {
    let mut named = Named::default();
    let mut hits: Vec<Hit> = Vec::new();
    let names = context.own_names.iter().map(|name| (name.as_str(), true));
    // a domain is a whole organisation's, and says nothing of the unit
    let addresses = context.own_addresses.iter().filter_map(|address| address.split_once('@'));
    for (name, of_unit) in names.chain(addresses.flat_map(|(local, domain)| [(local, true), (domain, false)])) {
        hits.clear();
        lexicon.scan(&name.replace(['.', '_'], " "), scratch, &mut hits);
        for entry in hits.iter().filter_map(|h| lexicon.entry(h)) {
            named.service |= of_unit && entry.purpose == Purpose::CaseworkUnit;
            named.animals |= entry.purpose == Purpose::NotHuman && entry.weight == Weight::Strong;
        }
    }
    named
}
