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
}

impl Setting {
    pub fn of(context: &Context, readings: &[Reading], lexicon: &Lexicon, scratch: &mut Scratch) -> Setting {
        let unit = context.casework || names_a_service(context, lexicon, scratch);
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
        Setting { points, unit }
    }

    pub fn is_casework(&self) -> bool {
        self.points >= ENOUGH
    }
}

/// Whether a name or address of the correspondents holds a word of care, social services or child
/// protection.
fn names_a_service(context: &Context, lexicon: &Lexicon, scratch: &mut Scratch) -> bool {
    let mut hits: Vec<Hit> = Vec::new();
    let locals = context.own_addresses.iter().filter_map(|a| a.split('@').next());
    for name in context.own_names.iter().map(String::as_str).chain(locals) {
        hits.clear();
        lexicon.scan(&name.replace(['.', '_'], " "), scratch, &mut hits);
        if hits.iter().filter_map(|h| lexicon.entry(h)).any(|e| e.purpose == Purpose::CaseworkUnit) {
            return true;
        }
    }
    false
}
