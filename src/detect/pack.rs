//! Packs of patterns that are off until a configuration names them.

use super::lexicon::builtin::BUSINESS;
use super::lexicon::format::List;
use super::lexicon::{Purpose, Use};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pack {
    /// Trade secrets: forvaltningsloven § 13 no. 2, OSL 19 and 31 kap.
    Business,
}

impl Pack {
    pub const ALL: &[Pack] = &[Pack::Business];

    /// The word in `[detect] packs`.
    pub fn as_str(self) -> &'static str {
        match self {
            Pack::Business => "business",
        }
    }

    /// Its lists: path below `patterns/`, and text.
    pub(super) fn files(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Pack::Business => BUSINESS,
        }
    }

    /// The pack that an own list belongs to, by its purpose or by the list that it extends.
    pub(super) fn of(list: &List) -> Option<Pack> {
        let of_business = |id: &str| id.split('.').next() == Some(Pack::Business.as_str());
        let extends = list.extends.as_ref().is_some_and(|target| of_business(&target.id));
        (extends || matches!(list.of, Some(Use::Terms(Purpose::Business(_))))).then_some(Pack::Business)
    }
}
