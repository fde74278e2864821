//! States of a held message and of each of its recipients, and which change may follow which.

/// ```text
/// held ──► releasing ──► released
///  ▲ │         │
///  │ │         └── some refused, or 24 h over, or it was not for all
///  └─┼─────────┘
///    ├──► returned
///    ├──► discarded
///    └──► expired
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Sealed with us; nobody is working on it.
    Held,
    /// A release has begun; some recipients may have it.
    Releasing,
    /// Every recipient's next hop has accepted it.
    Released,
    /// Given back to the sender, for whom the content stays for some days.
    Returned,
    /// Deleted by decision.
    Discarded,
    /// Deleted after `keep_days`.
    Expired,
}

impl State {
    pub const ALL: [State; 6] =
        [State::Held, State::Releasing, State::Released, State::Returned, State::Discarded, State::Expired];

    /// The word in database and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Held => "held",
            State::Releasing => "releasing",
            State::Released => "released",
            State::Returned => "returned",
            State::Discarded => "discarded",
            State::Expired => "expired",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        State::ALL.into_iter().find(|s| s.as_str() == word)
    }

    /// The only changes there are.
    pub fn may_become(self, next: State) -> bool {
        match self {
            State::Held => matches!(next, State::Releasing | State::Returned | State::Discarded | State::Expired),
            State::Releasing => matches!(next, State::Released | State::Held),
            State::Released | State::Returned | State::Discarded | State::Expired => false,
        }
    }

    /// Nothing follows; the content is no longer needed.
    pub fn is_final(self) -> bool {
        State::ALL.into_iter().all(|next| !self.may_become(next))
    }
}

/// How far a release has come with one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecipientState {
    /// To be tried; the outcome of an earlier try is unknown or temporary.
    Pending,
    /// The next hop's complete 2xx to the dot was read.
    Accepted,
    /// The next hop said 5xx.
    Refused,
    /// The release that is under way, or was the last, is not for this one.
    Withheld,
}

impl RecipientState {
    pub const ALL: [RecipientState; 4] =
        [RecipientState::Pending, RecipientState::Accepted, RecipientState::Refused, RecipientState::Withheld];

    pub fn as_str(self) -> &'static str {
        match self {
            RecipientState::Pending => "pending",
            RecipientState::Accepted => "accepted",
            RecipientState::Refused => "refused",
            RecipientState::Withheld => "withheld",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        RecipientState::ALL.into_iter().find(|s| s.as_str() == word)
    }
}

/// Which way a release takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Route {
    /// Each recipient by the next hop of the channel.
    #[default]
    Ordinary,
    /// Likewise, but only to mailboxes with the evidence that the message needs.
    TwoFactor,
    /// By the way (a channel that lets recipients log in) of this id.
    Way(String),
    /// Each by the next hop of the channel, but only to the fixed recipients of the lawful disclosure of this id.
    Disclosure(String),
}

impl Route {
    const WAY: &str = "way:";
    const DISCLOSURE: &str = "disclosure:";

    /// The word in database, audit and JSON.
    pub fn word(&self) -> String {
        match self {
            Route::Ordinary => "ordinary".to_owned(),
            Route::TwoFactor => "two-factor".to_owned(),
            Route::Way(id) => format!("{}{id}", Route::WAY),
            Route::Disclosure(id) => format!("{}{id}", Route::DISCLOSURE),
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "ordinary" => Some(Route::Ordinary),
            "two-factor" => Some(Route::TwoFactor),
            other => match other.strip_prefix(Route::WAY) {
                Some(id) => Some(Route::Way(id.to_owned())),
                None => other.strip_prefix(Route::DISCLOSURE).map(|id| Route::Disclosure(id.to_owned())),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Route;
    use super::State::{self, *};

    /// A row for each state, a column for each that may follow, in the order of `State::ALL`.
    #[rustfmt::skip]
    const TABLE: [(State, [bool; 6]); 6] = [
        //            held   releasing released returned discarded expired
        (Held,      [ false, true,     false,   true,    true,     true  ]),
        (Releasing, [ true,  false,    true,    false,   false,    false ]),
        (Released,  [ false, false,    false,   false,   false,    false ]),
        (Returned,  [ false, false,    false,   false,   false,    false ]),
        (Discarded, [ false, false,    false,   false,   false,    false ]),
        (Expired,   [ false, false,    false,   false,   false,    false ]),
    ];

    #[test]
    fn only_the_changes_of_the_table_are_allowed() {
        for (from, row) in TABLE {
            for (to, allowed) in State::ALL.into_iter().zip(row) {
                assert_eq!(from.may_become(to), allowed, "{} -> {}", from.as_str(), to.as_str());
            }
            assert_eq!(from.is_final(), !row.contains(&true));
            assert_eq!(State::from_word(from.as_str()), Some(from));
        }
    }

    #[test]
    fn a_route_is_the_word_it_was() {
        for route in [
            Route::Ordinary,
            Route::TwoFactor,
            Route::Way("secure".into()),
            Route::Way("way:ordinary".into()),
            Route::Disclosure("barnevern".into()),
        ] {
            assert_eq!(Route::from_word(&route.word()), Some(route));
        }
        assert_eq!(Route::from_word("secure"), None);
    }
}
