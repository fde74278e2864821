//! How reports spell things, from `patterns/reports.toml`: headings, truth, methods, kinds of mailboxes.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::channel::mailbox::Factor;

/// What a column holds, whatever its heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Column {
    User,
    Mail,
    Proxies,
    Enabled,
    Blocked,
    Status,
    UserType,
    MailboxKind,
    Members,
    Capable,
    Registered,
    Methods,
    Enrolled,
    Enforced,
}

impl Column {
    const ALL: [Column; 14] = [
        Column::User,
        Column::Mail,
        Column::Proxies,
        Column::Enabled,
        Column::Blocked,
        Column::Status,
        Column::UserType,
        Column::MailboxKind,
        Column::Members,
        Column::Capable,
        Column::Registered,
        Column::Methods,
        Column::Enrolled,
        Column::Enforced,
    ];

    fn word(self) -> &'static str {
        match self {
            Column::User => "user",
            Column::Mail => "mail",
            Column::Proxies => "proxies",
            Column::Enabled => "enabled",
            Column::Blocked => "blocked",
            Column::Status => "status",
            Column::UserType => "user-type",
            Column::MailboxKind => "mailbox-kind",
            Column::Members => "members",
            Column::Capable => "capable",
            Column::Registered => "registered",
            Column::Methods => "methods",
            Column::Enrolled => "enrolled",
            Column::Enforced => "enforced",
        }
    }

    /// As its makers write it.
    pub fn name(self) -> &'static str {
        match self {
            Column::User => "userPrincipalName",
            Column::Mail => "mail",
            Column::Proxies => "proxyAddresses",
            Column::Enabled => "accountEnabled",
            Column::Blocked => "suspended",
            Column::Status => "Status",
            Column::UserType => "userType",
            Column::MailboxKind => "recipientTypeDetails",
            Column::Members => "members",
            Column::Capable => "isMfaCapable",
            Column::Registered => "isMfaRegistered",
            Column::Methods => "methodsRegistered",
            Column::Enrolled => "isEnrolledIn2Sv",
            Column::Enforced => "isEnforcedIn2Sv",
        }
    }
}

/// A method of sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Factor(Factor),
    /// Known, and no second factor.
    NoFactor,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MailboxKind {
    User,
    Shared,
    List,
    /// Of another organisation.
    External,
    Other,
}

struct Words {
    columns: HashMap<String, Column>,
    truth: HashMap<String, bool>,
    nothing: Vec<String>,
    methods: HashMap<String, Method>,
    method_prefixes: Vec<(String, Method)>,
    guests: Vec<String>,
    active: Vec<String>,
    mailboxes: HashMap<String, MailboxKind>,
    not_members: Vec<String>,
}

/// Sections of the file: key to words.
type Sections = HashMap<String, HashMap<String, Vec<String>>>;

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    // A test below holds that the file can be read; without it nothing is recognised, so nothing is evidence.
    let sections: Sections = toml::from_str(include_str!("../../../patterns/reports.toml")).unwrap_or_default();
    let rows = |section: &str| sections.get(section).cloned().unwrap_or_default();
    let list = |section: &str| rows(section).remove("words").unwrap_or_default();
    let mut words = Words {
        columns: HashMap::new(),
        truth: HashMap::new(),
        nothing: list("nothing"),
        methods: HashMap::new(),
        method_prefixes: Vec::new(),
        guests: list("guests"),
        active: list("active"),
        mailboxes: HashMap::new(),
        not_members: list("not-members"),
    };
    for (key, names) in rows("columns") {
        let column = Column::ALL.into_iter().find(|c| c.word() == key);
        words.columns.extend(names.into_iter().filter_map(|name| Some((name, column?))));
    }
    for (key, names) in rows("truth") {
        words.truth.extend(names.into_iter().map(|name| (name, key == "true")));
    }
    for (key, names) in rows("methods") {
        let method = Factor::from_word(&key).map_or(Method::NoFactor, Method::Factor);
        for name in names {
            match name.strip_suffix('*') {
                Some(prefix) => words.method_prefixes.push((prefix.to_owned(), method)),
                None => drop(words.methods.insert(name, method)),
            }
        }
    }
    for (key, names) in rows("mailboxes") {
        let kind = match key.as_str() {
            "user" => MailboxKind::User,
            "shared" => MailboxKind::Shared,
            "list" => MailboxKind::List,
            "external" => MailboxKind::External,
            _ => MailboxKind::Other,
        };
        words.mailboxes.extend(names.into_iter().map(|name| (name, kind)));
    }
    words
});

/// As words are compared: lower case, letters and digits only, without what stands in brackets.
pub(super) fn plain(text: &str) -> String {
    let mut depth = 0usize;
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' | '[' => depth = depth.saturating_add(1),
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 && c.is_alphanumeric() => plain.extend(c.to_lowercase()),
            _ => {}
        }
    }
    plain
}

pub(super) fn column(heading: &str) -> Option<Column> {
    WORDS.columns.get(&plain(heading)).copied()
}

pub(super) fn truth(cell: &str) -> Option<bool> {
    WORDS.truth.get(&plain(cell)).copied()
}

pub(super) fn is_nothing(cell: &str) -> bool {
    let plain = plain(cell);
    plain.is_empty() || WORDS.nothing.contains(&plain)
}

pub(super) fn method(name: &str) -> Method {
    let plain = plain(name);
    let prefix = || WORDS.method_prefixes.iter().find(|(p, _)| plain.starts_with(p)).map(|(_, m)| *m);
    WORDS.methods.get(&plain).copied().or_else(prefix).unwrap_or(Method::Unknown)
}

pub(super) fn is_guest(cell: &str) -> bool {
    WORDS.guests.contains(&plain(cell))
}

pub(super) fn is_active(cell: &str) -> bool {
    WORDS.active.contains(&plain(cell))
}

/// An empty cell is a user's mailbox.
pub(super) fn mailbox_kind(cell: &str) -> MailboxKind {
    let plain = plain(cell);
    if plain.is_empty() {
        return MailboxKind::User;
    }
    WORDS.mailboxes.get(&plain).copied().unwrap_or(MailboxKind::Other)
}

pub(super) fn is_no_member(cell: &str) -> bool {
    WORDS.not_members.contains(&plain(cell))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every word of the file is in the form in which words are compared, under a key that is known, and once.
    #[test]
    fn the_file_is_clean() {
        let sections: Sections = toml::from_str(include_str!("../../../patterns/reports.toml")).unwrap();
        let names = ["columns", "truth", "nothing", "methods", "guests", "active", "mailboxes", "not-members"];
        assert_eq!(sections.len(), names.len());
        for section in names {
            let mut seen = Vec::new();
            for (key, words) in &sections[section] {
                let known = match section {
                    "columns" => Column::ALL.iter().any(|c| c.word() == key),
                    "truth" => ["true", "false"].contains(&key.as_str()),
                    "methods" => key == "none" || Factor::from_word(key).is_some(),
                    "mailboxes" => ["user", "shared", "list", "external"].contains(&key.as_str()),
                    _ => key == "words",
                };
                assert!(known, "[{section}] {key}");
                for word in words {
                    assert_eq!(plain(word), word.trim_end_matches('*'), "[{section}] {key}: not as compared");
                    assert!(!seen.contains(word), "[{section}] {word}: twice");
                    seen.push(word.clone());
                }
            }
        }
        assert!(Column::ALL.iter().all(|c| sections["columns"].contains_key(c.word())));
    }

    #[test]
    fn spellings_of_one_word_are_one() {
        for heading in ["userPrincipalName", "UserPrincipalName", "User principal name", "user_principal_name", "UPN"] {
            assert_eq!(column(heading), Some(Column::User), "{heading}");
        }
        for (heading, expected) in [
            ("2sv Enrolled [READ ONLY]", Some(Column::Enrolled)),
            ("2sv Enforced [READ ONLY]", Some(Column::Enforced)),
            ("Email Address [Required]", Some(Column::Mail)),
            ("Multifactor authentication capable", Some(Column::Capable)),
            ("IsMfaRegistered", Some(Column::Registered)),
            ("Proxy addresses", Some(Column::Proxies)),
            ("userDisplayName", None),
            ("", None),
        ] {
            assert_eq!(column(heading), expected, "{heading}");
        }
        for word in ["True", "TRUE", "1", "Yes", "Ja", "Sann", "SANT", "capable", "\"true\""] {
            assert_eq!(truth(word), Some(true), "{word}");
        }
        for word in ["False", "0", "no", "Nei", "Nej", "USANN", "Usant", "FALSKT", "Not capable"] {
            assert_eq!(truth(word), Some(false), "{word}");
        }
        assert_eq!((truth(""), truth("kanskje"), truth("2")), (None, None, None));
    }

    #[test]
    fn methods_by_class() {
        for (name, expected) in [
            ("fido2SecurityKey", Method::Factor(Factor::Passkey)),
            ("passKeyDeviceBoundAuthenticator", Method::Factor(Factor::Passkey)),
            ("passKeyOfTomorrow", Method::Factor(Factor::Passkey)),
            ("windowsHelloForBusiness", Method::Factor(Factor::Hello)),
            ("microsoftAuthenticatorPush", Method::Factor(Factor::App)),
            ("Microsoft Authenticator app (push notification)", Method::Factor(Factor::App)),
            ("softwareOneTimePasscode", Method::Factor(Factor::Code)),
            ("Hardware OATH token", Method::Factor(Factor::Code)),
            ("x509CertificateMultiFactor", Method::Factor(Factor::Certificate)),
            ("mobilePhone", Method::Factor(Factor::Phone)),
            ("Office phone", Method::Factor(Factor::Phone)),
            ("email", Method::NoFactor),
            ("securityQuestion", Method::NoFactor),
            ("temporaryAccessPass", Method::NoFactor),
            ("appPassword", Method::NoFactor),
            ("externalAuthMethod", Method::NoFactor),
            ("carrierPigeon", Method::Unknown),
            ("", Method::Unknown),
        ] {
            assert_eq!(method(name), expected, "{name}");
        }
    }
}
