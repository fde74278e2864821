//! The closed words of detection: category, strength, severity.

/// What kind of confidential matter. The order is the alphabetical order of the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    Belief,
    Birth,
    Business,
    ClientRelation,
    Contact,
    Crime,
    Economy,
    Education,
    Family,
    Health,
    Housing,
    Migration,
    Name,
    NationalId,
    Photo,
    Protected,
    Social,
    Work,
}

impl Category {
    pub const ALL: [Category; 18] = [
        Category::Belief,
        Category::Birth,
        Category::Business,
        Category::ClientRelation,
        Category::Contact,
        Category::Crime,
        Category::Economy,
        Category::Education,
        Category::Family,
        Category::Health,
        Category::Housing,
        Category::Migration,
        Category::Name,
        Category::NationalId,
        Category::Photo,
        Category::Protected,
        Category::Social,
        Category::Work,
    ];

    /// The word in configuration, JSON, logs and pattern files.
    pub fn as_str(self) -> &'static str {
        match self {
            Category::Belief => "belief",
            Category::Birth => "birth",
            Category::Business => "business",
            Category::ClientRelation => "client-relation",
            Category::Contact => "contact",
            Category::Crime => "crime",
            Category::Economy => "economy",
            Category::Education => "education",
            Category::Family => "family",
            Category::Health => "health",
            Category::Housing => "housing",
            Category::Migration => "migration",
            Category::Name => "name",
            Category::NationalId => "national-id",
            Category::Photo => "photo",
            Category::Protected => "protected",
            Category::Social => "social",
            Category::Work => "work",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Category::ALL.into_iter().find(|c| c.as_str() == word)
    }

    /// True for the personal circumstances: what is confidential once it is about someone.
    pub fn is_circumstance(self) -> bool {
        !matches!(
            self,
            Category::Birth
                | Category::Business
                | Category::Contact
                | Category::Name
                | Category::NationalId
                | Category::Photo
        )
    }
}

/// How sure one finding is, its check and its surroundings together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Strength {
    Weak,
    Medium,
    Strong,
}

impl Strength {
    pub fn as_str(self) -> &'static str {
        match self {
            Strength::Weak => "weak",
            Strength::Medium => "medium",
            Strength::Strong => "strong",
        }
    }
}

/// How bad a disclosure would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    #[default]
    None,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    pub const ALL: [Severity; 5] =
        [Severity::None, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    pub fn as_str(self) -> &'static str {
        match self {
            Severity::None => "none",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Severity::ALL.into_iter().find(|s| s.as_str() == word)
    }

    /// One step up; critical stays critical.
    pub fn raised(self) -> Self {
        match self {
            Severity::None => Severity::Low,
            Severity::Low => Severity::Medium,
            Severity::Medium => Severity::High,
            Severity::High | Severity::Critical => Severity::Critical,
        }
    }
}
