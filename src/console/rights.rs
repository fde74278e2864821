//! Who may do what at the console: one table. A page names the right that it asks for; nothing else is looked at.
//!
//! Rights over held mail ([`Right::is_of_units`]) hold for the units of the account alone: whoever oversees several has
//! all of them in his account. Nobody's right reaches a mail that is marked private. What two persons are needed for
//! the store asks, whatever stands here.

use crate::account::Role;

/// What a page or an act asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// The queue, and the first view of a mail: masked.
    See,
    /// The text of a mail, with a purpose.
    Open,
    /// A mail as a file.
    Download,
    /// Release, return, discard, call a false alarm; a look at what went out.
    Decide,
    /// Agree as the second person.
    Approve,
    /// Legal hold.
    Keep,
    /// Figures.
    Statistics,
    /// The registry of channels and the law in force.
    Policy,
    /// Lexicons, and trying a text.
    Words,
    /// The record of decisions.
    Record,
    /// Who may sign in.
    Accounts,
    /// Health, and the configuration in force.
    Operations,
    /// One's own account.
    Own,
}

/// A row for each right, a column for each role in the order of `Role::ALL`.
#[rustfmt::skip]
const TABLE: [(Right, [bool; 5]); 13] = [
    //                  reviewer supervisor data-protection auditor administrator
    (Right::See,        [true,   true,      false,          false,  false]),
    (Right::Open,       [true,   true,      false,          false,  false]),
    (Right::Download,   [false,  true,      false,          false,  false]),
    (Right::Decide,     [true,   true,      false,          false,  false]),
    (Right::Approve,    [false,  true,      false,          false,  false]),
    (Right::Keep,       [true,   true,      false,          false,  false]),
    (Right::Statistics, [true,   true,      true,           false,  false]),
    (Right::Policy,     [true,   true,      true,           false,  true]),
    (Right::Words,      [true,   true,      true,           false,  true]),
    (Right::Record,     [false,  false,     true,           true,   false]),
    (Right::Accounts,   [false,  false,     false,          false,  true]),
    (Right::Operations, [false,  false,     false,          false,  true]),
    (Right::Own,        [true,   true,      true,           true,   true]),
];

/// What stands in the navigation, in its order: word of its text, address, right. The first that somebody may see is
/// where he lands. What has no page yet is left out.
pub const PLACES: [(&str, &str, Right); 7] = [
    ("queue", "/queue", Right::See),
    ("dashboard", "/dashboard", Right::Statistics),
    ("channels", "/channels", Right::Policy),
    ("words", "/words", Right::Words),
    ("record", "/record", Right::Record),
    ("accounts", "/accounts", Right::Accounts),
    ("health", "/health-view", Right::Operations),
];

impl Right {
    /// One of these roles has it.
    pub fn is_of(self, roles: &[Role]) -> bool {
        let row = TABLE.iter().find(|(right, _)| *right == self).map(|(_, row)| row);
        row.is_some_and(|row| Role::ALL.iter().zip(row).any(|(role, has)| *has && roles.contains(role)))
    }

    /// Over held mail: only that of the account's own units.
    pub fn is_of_units(self) -> bool {
        matches!(self, Right::See | Right::Open | Right::Download | Right::Decide | Right::Approve | Right::Keep)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_for_those_who_decide_and_for_nobody_else() {
        for role in [Role::DataProtection, Role::Auditor, Role::Administrator] {
            for (right, _) in TABLE {
                assert!(!(right.is_of_units() && right.is_of(&[role])), "{right:?} {role:?}");
            }
        }
        assert!(!Right::Approve.is_of(&[Role::Reviewer]) && Right::Approve.is_of(&[Role::Reviewer, Role::Supervisor]));
        assert!(!Right::Accounts.is_of(&[Role::Reviewer, Role::Supervisor, Role::DataProtection, Role::Auditor]));
        assert!(TABLE.iter().all(|(right, _)| !right.is_of(&[])));
    }

    #[test]
    fn everybody_with_a_role_has_somewhere_to_land() {
        for role in Role::ALL {
            assert!(PLACES.iter().any(|(_, _, right)| right.is_of(&[role])), "{role:?}");
        }
    }
}
