//! States of a held message and of each of its recipients, and which change may follow which.

/// ```text
/// held ──► releasing ──► released
///  ▲ │         │
///  │ │         └── some refused, or 24 h over
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
    /// Given back to the sender.
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
}

impl RecipientState {
    pub const ALL: [RecipientState; 3] = [RecipientState::Pending, RecipientState::Accepted, RecipientState::Refused];

    pub fn as_str(self) -> &'static str {
        match self {
            RecipientState::Pending => "pending",
            RecipientState::Accepted => "accepted",
            RecipientState::Refused => "refused",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        RecipientState::ALL.into_iter().find(|s| s.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
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
}
