//! What the findings add up to, before any unit's law is applied.
//!
//! Severity here is that of the matter itself. The unit's legal profile (in `policy`) decides
//! whether a [`Disclosure`] of its [`Basis`] counts for the unit, and lifts or lowers it.

use super::category::{Category, Severity};
use super::finding::Finding;
use super::implied::Marks;

/// Why something is a disclosure at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Basis {
    /// A number of a person that passes its checks.
    NationalId,
    /// An identifiable private person together with a personal circumstance.
    PersonAndCircumstance,
    /// A client's home address, phone or door code in a casework setting.
    ContactInCasework,
    /// The client relation itself: a name plus the service.
    ClientRelation,
    /// Protected address or identity marker.
    Protected,
    /// Contact data or birth date of a person, nothing else: counts only where the unit's law
    /// has a positive list.
    ContactAlone,
    /// A circumstance about somebody who is hardly identifiable: worth a warning at most.
    CircumstanceAlone,
    /// A picture without text in a casework setting: whom it shows nobody here can tell.
    PhotoInCasework,
    /// A business's prices or secrets, nobody's person: of the pack `business`.
    BusinessSecret,
}

impl Basis {
    pub const ALL: [Basis; 9] = [
        Basis::NationalId,
        Basis::PersonAndCircumstance,
        Basis::ContactInCasework,
        Basis::ClientRelation,
        Basis::Protected,
        Basis::ContactAlone,
        Basis::CircumstanceAlone,
        Basis::PhotoInCasework,
        Basis::BusinessSecret,
    ];

    pub fn from_word(word: &str) -> Option<Self> {
        Basis::ALL.into_iter().find(|b| b.as_str() == word)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Basis::NationalId => "national-id",
            Basis::PersonAndCircumstance => "person-and-circumstance",
            Basis::ContactInCasework => "contact-in-casework",
            Basis::ClientRelation => "client-relation",
            Basis::Protected => "protected",
            Basis::ContactAlone => "contact-alone",
            Basis::CircumstanceAlone => "circumstance-alone",
            Basis::PhotoInCasework => "photo-in-casework",
            Basis::BusinessSecret => "business-secret",
        }
    }
}

/// One thing that would be disclosed.
#[derive(Clone, Debug)]
pub struct Disclosure {
    pub category: Category,
    pub basis: Basis,
    /// Of the matter itself, aggravations included, before the profile.
    pub severity: Severity,
    /// Indices into [`Assessment::findings`]; the first is the decisive one.
    pub findings: Vec<usize>,
    /// What raised or lowered it, as short words (`child`, `several-persons`, `in-subject`).
    pub reasons: Vec<&'static str>,
}

/// The severity of a message under the built-in profile `default`: numbers, a person with a
/// circumstance, contact data in casework, the client relation, protection markers and trade secrets count in full;
/// what is alone, and pictures, never exceed low.
pub fn default_severity(assessment: &Assessment) -> Severity {
    assessment
        .disclosures
        .iter()
        .map(|d| match d.basis {
            Basis::ContactAlone | Basis::CircumstanceAlone | Basis::PhotoInCasework => d.severity.min(Severity::Low),
            Basis::NationalId
            | Basis::PersonAndCircumstance
            | Basis::ContactInCasework
            | Basis::ClientRelation
            | Basis::Protected
            | Basis::BusinessSecret => d.severity,
        })
        .max()
        .unwrap_or_default()
}

#[derive(Clone, Debug, Default)]
pub struct Assessment {
    pub findings: Vec<Finding>,
    pub disclosures: Vec<Disclosure>,
    /// What was noticed in it as a whole; nothing of a long message.
    pub marks: Option<Marks>,
    /// How many persons it seems to be about, at least.
    pub persons: usize,
    /// Must-report or danger words (orosanmälan, bekymringsmelding, fara för liv): to the top of
    /// the queue, and the notice says "phone".
    pub urgent: bool,
    /// A limit on findings was reached; counts are lower bounds.
    pub truncated: bool,
    /// The time was up before all text was read: what was not found may yet be there.
    pub unfinished: bool,
}
