//! How long a held mail is kept: the days of its class, and the decision that its deletion rests on
//! (gallringsbeslut, kassasjonsvedtak). `[quarantine]` and `[[quarantine.keep]]`.

use std::collections::BTreeSet;

use crate::detect::{Category, Severity};

/// The general rule, and those of single classes in the order of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeping {
    pub days: u32,
    pub decision: Option<String>,
    pub classes: Vec<KeptClass>,
}

/// One class. It is of all that it names; what it does not name it does not ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptClass {
    /// Ids of units; empty: all.
    pub units: Vec<String>,
    /// One of them is enough; empty: whatever the mail holds.
    pub categories: Vec<Category>,
    pub severity_from: Option<Severity>,
    pub days: u32,
    /// Without one the general decision.
    pub decision: Option<String>,
}

impl Keeping {
    /// Days, and what the deletion rests on: those of the first class that the mail is of, else the general ones.
    pub fn of(&self, unit: &str, categories: &BTreeSet<Category>, severity: Severity) -> (u32, Option<&str>) {
        let class = self.classes.iter().find(|class| class.has(unit, categories, severity));
        let decision = class.and_then(|class| class.decision.as_ref()).or(self.decision.as_ref());
        (class.map_or(self.days, |class| class.days), decision.map(String::as_str))
    }
}

impl KeptClass {
    fn has(&self, unit: &str, categories: &BTreeSet<Category>, severity: Severity) -> bool {
        (self.units.is_empty() || self.units.iter().any(|id| id == unit))
            && (self.categories.is_empty() || self.categories.iter().any(|category| categories.contains(category)))
            && self.severity_from.is_none_or(|from| severity >= from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_class_that_fits_decides() {
        let class = |days| KeptClass { days, ..KeptClass::default() };
        let keeping = Keeping {
            days: 14,
            decision: Some("KS 1".into()),
            classes: vec![
                KeptClass { units: vec!["social".into()], severity_from: Some(Severity::Critical), ..class(30) },
                KeptClass { categories: vec![Category::Health], decision: Some("HS 2".into()), ..class(7) },
                KeptClass { units: vec!["social".into()], ..class(21) },
            ],
        };
        let (health, none) = (BTreeSet::from([Category::Health, Category::Name]), BTreeSet::new());
        for (unit, categories, severity, expected) in [
            ("social", &health, Severity::Critical, (30, Some("KS 1"))),
            ("social", &health, Severity::High, (7, Some("HS 2"))),
            ("social", &none, Severity::High, (21, Some("KS 1"))),
            ("skola", &health, Severity::Critical, (7, Some("HS 2"))),
            ("skola", &none, Severity::Critical, (14, Some("KS 1"))),
        ] {
            assert_eq!(keeping.of(unit, categories, severity), expected, "{unit} {severity:?}");
        }
        assert_eq!(Keeping { decision: None, ..keeping }.of("skola", &none, Severity::Low), (14, None));
    }
}
