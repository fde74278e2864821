//! The words of the rooms besides queue and held mail, a folder each in `patterns/pages/desk/`, and those of reports.

use std::collections::BTreeMap;

use super::{Closed, Visit, accounts, channels, dashboard, health, record, words};
use crate::console::texts::{PageTextsError, Translated};
use crate::notice::Language;
use crate::report::words::{Words, WordsError};

/// Read once, at the start.
#[derive(Debug)]
pub struct RoomTexts {
    pub dashboard: Translated<dashboard::Texts>,
    pub channels: Translated<channels::Texts>,
    pub words: Translated<words::Texts>,
    pub record: Translated<record::Texts>,
    pub accounts: Translated<accounts::Texts>,
    pub health: Translated<health::Texts>,
    /// How a report writes figures, categories and levels.
    pub report: BTreeMap<Language, Words>,
}

/// A text that is compiled in has a fault. Ours.
#[derive(Debug, thiserror::Error)]
pub enum RoomTextsError {
    #[error("desk: {0}")]
    Page(#[from] PageTextsError),
    #[error(transparent)]
    Report(#[from] WordsError),
}

/// The files of a room.
macro_rules! files {
    ($room:literal) => {
        [
            (Language::Sv, include_str!(concat!("../../../patterns/pages/desk/", $room, "/sv.toml"))),
            (Language::Nb, include_str!(concat!("../../../patterns/pages/desk/", $room, "/nb.toml"))),
            (Language::Nn, include_str!(concat!("../../../patterns/pages/desk/", $room, "/nn.toml"))),
            (Language::En, include_str!(concat!("../../../patterns/pages/desk/", $room, "/en.toml"))),
        ]
    };
}

impl RoomTexts {
    /// The texts that are compiled in.
    pub fn builtin() -> Result<Self, RoomTextsError> {
        let report = Language::ALL.into_iter().map(|language| Ok((language, Words::of(language)?)));
        Ok(RoomTexts {
            dashboard: Translated::read(files!("dashboard"))?,
            channels: Translated::read(files!("channels"))?,
            words: Translated::read(files!("words"))?,
            record: Translated::read(files!("record"))?,
            accounts: Translated::read(files!("accounts"))?,
            health: Translated::read(files!("health"))?,
            report: report.collect::<Result<_, WordsError>>()?,
        })
    }
}

impl Visit {
    /// The words of a room in the language of the visit.
    pub fn room<T>(&self, of: fn(&RoomTexts) -> &Translated<T>) -> Result<&T, Closed> {
        of(&self.desk.rooms).of(self.language).ok_or(Closed::Fault)
    }

    /// How figures, categories and levels are written.
    pub fn report(&self) -> Result<&Words, Closed> {
        self.desk.rooms.report.get(&self.language).ok_or(Closed::Fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::texts::tests::same_slots;

    #[test]
    fn every_language_has_the_same_slots_in_the_same_texts() {
        let rooms = [
            files!("dashboard"),
            files!("channels"),
            files!("words"),
            files!("record"),
            files!("accounts"),
            files!("health"),
        ];
        for files in rooms {
            same_slots(files);
        }
        RoomTexts::builtin().unwrap();
    }
}
