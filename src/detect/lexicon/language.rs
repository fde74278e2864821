//! The languages of the lexicons.

/// Language of a term. `Int` terms (names, INN, brands) belong to all four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    Sv,
    Nb,
    Nn,
    En,
    Int,
}

impl Language {
    pub fn as_str(self) -> &'static str {
        match self {
            Language::Sv => "sv",
            Language::Nb => "nb",
            Language::Nn => "nn",
            Language::En => "en",
            Language::Int => "int",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        [Language::Sv, Language::Nb, Language::Nn, Language::En, Language::Int].into_iter().find(|l| l.as_str() == word)
    }
}

/// Which languages a paragraph may be in. Bokmål and nynorsk are one group: they mix freely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LanguageSet {
    pub swedish: bool,
    pub norwegian: bool,
    pub english: bool,
}

impl LanguageSet {
    pub const ALL: LanguageSet = LanguageSet { swedish: true, norwegian: true, english: true };

    pub fn holds(self, language: Language) -> bool {
        match language {
            Language::Sv => self.swedish,
            Language::Nb | Language::Nn => self.norwegian,
            Language::En => self.english,
            Language::Int => true,
        }
    }
}
