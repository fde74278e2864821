//! What a list is for: the words after `category` and `purpose`.

use crate::detect::Category;
use crate::detect::identifier::Role;

/// What the terms of the lexicon are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Personal circumstances of the category.
    Circumstance(Category),
    /// Nouns for the person a case is about, without a name (`den enskilde`, `tjenestemottakeren`).
    CaseworkRole,
    /// The writer is handling somebody's case.
    CaseworkPhrase,
    /// Words in the name of a unit that handles cases.
    CaseworkUnit,
    /// To the top of the queue.
    Urgent,
    /// Words of statistics, law, teaching, recruitment and administration.
    General,
    /// The text says that it is invented, anonymous or an example.
    Hypothetical,
    /// Circumstances of groups: `personer med`, `barn med`.
    Collective,
    /// The person is a child.
    Child,
    /// Someone in a public office, or long dead, or a figure of a book.
    Public,
    /// Times nobody living remembers.
    Past,
    /// Animals and things that fall ill, die and are treated too.
    NotHuman,
    /// Idioms and greetings: a circumstance inside one is none.
    Harmless,
    /// Words with an innocent sense, `amb` lines only.
    Ambiguous,
    /// The commonest words of a language, to tell languages apart.
    Function,
    /// What tells a trade secret.
    Business(Dealing),
}

/// What a word says of a business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dealing {
    /// Somebody claims secrecy.
    Secret,
    /// A price, or what is behind it.
    Price,
    /// A procurement, or a supplier.
    Setting,
    /// An amount of money, or a percentage.
    Amount,
    /// The matter is decided and known.
    Public,
}

/// Words that say something of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NameList {
    Given,
    Surname,
    /// What a surname may end with.
    SurnameEnding,
    /// Given names that are ordinary words, places or months too.
    Ambiguous,
    /// Houses, squares, companies and boats that are called like a person.
    NotAName,
}

/// What is the organisation's own, and no client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OwnList {
    /// Street and number.
    Address,
    Phone,
    /// Mailboxes of staff and offices.
    Mailbox,
}

/// Who reads a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Use {
    /// The lexicon.
    Terms(Purpose),
    /// What a word beside a number says the number is.
    Label(Role),
    Names(NameList),
    /// Single words that make an address together with a number.
    Street,
    /// Domains of private mailboxes.
    PrivateDomain,
    Own(OwnList),
}

const USES: [(&str, Use); 50] = [
    ("casework-role", Use::Terms(Purpose::CaseworkRole)),
    ("casework-phrase", Use::Terms(Purpose::CaseworkPhrase)),
    ("casework-unit", Use::Terms(Purpose::CaseworkUnit)),
    ("urgent", Use::Terms(Purpose::Urgent)),
    ("general", Use::Terms(Purpose::General)),
    ("hypothetical", Use::Terms(Purpose::Hypothetical)),
    ("collective", Use::Terms(Purpose::Collective)),
    ("child", Use::Terms(Purpose::Child)),
    ("public", Use::Terms(Purpose::Public)),
    ("past", Use::Terms(Purpose::Past)),
    ("not-human", Use::Terms(Purpose::NotHuman)),
    ("harmless", Use::Terms(Purpose::Harmless)),
    ("ambiguous", Use::Terms(Purpose::Ambiguous)),
    ("function", Use::Terms(Purpose::Function)),
    ("business-secret", Use::Terms(Purpose::Business(Dealing::Secret))),
    ("business-price", Use::Terms(Purpose::Business(Dealing::Price))),
    ("business-setting", Use::Terms(Purpose::Business(Dealing::Setting))),
    ("business-amount", Use::Terms(Purpose::Business(Dealing::Amount))),
    ("business-public", Use::Terms(Purpose::Business(Dealing::Public))),
    ("label-identity", Use::Label(Role::Identity)),
    ("label-last-digits", Use::Label(Role::LastDigits)),
    ("label-d-number", Use::Label(Role::DNumber)),
    ("label-duf", Use::Label(Role::Duf)),
    ("label-help-number", Use::Label(Role::HelpNumber)),
    ("label-reserve", Use::Label(Role::Reserve)),
    ("label-cpr", Use::Label(Role::Cpr)),
    ("label-hetu", Use::Label(Role::Hetu)),
    ("label-kennitala", Use::Label(Role::Kennitala)),
    ("label-account", Use::Label(Role::Account)),
    ("label-reference", Use::Label(Role::Reference)),
    ("label-giro", Use::Label(Role::Giro)),
    ("label-invoice", Use::Label(Role::Invoice)),
    ("label-order", Use::Label(Role::Order)),
    ("label-phone", Use::Label(Role::Phone)),
    ("label-organisation", Use::Label(Role::Organisation)),
    ("label-case", Use::Label(Role::Case)),
    ("label-tracking", Use::Label(Role::Tracking)),
    ("label-serial", Use::Label(Role::Serial)),
    ("label-time", Use::Label(Role::Time)),
    ("label-amount", Use::Label(Role::Amount)),
    ("given-name", Use::Names(NameList::Given)),
    ("surname", Use::Names(NameList::Surname)),
    ("surname-ending", Use::Names(NameList::SurnameEnding)),
    ("ambiguous-name", Use::Names(NameList::Ambiguous)),
    ("not-a-name", Use::Names(NameList::NotAName)),
    ("street", Use::Street),
    ("private-domain", Use::PrivateDomain),
    ("own-address", Use::Own(OwnList::Address)),
    ("own-phone", Use::Own(OwnList::Phone)),
    ("own-mailbox", Use::Own(OwnList::Mailbox)),
];

impl Use {
    /// The use behind a word after `purpose`.
    pub fn from_word(word: &str) -> Option<Self> {
        USES.iter().find(|(known, _)| *known == word).map(|(_, meant)| *meant)
    }

    /// Every word that may stand after `purpose`.
    pub fn words() -> impl Iterator<Item = &'static str> {
        USES.iter().map(|(word, _)| *word)
    }
}
