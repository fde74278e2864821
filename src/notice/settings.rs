//! What the administrator says once for all notices.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

/// Absent values leave sensible sentences; see the texts.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `From`: an address, or `Name <address>`.
    pub from: String,
    /// Right side of Message-IDs, and our name at the next hop.
    pub hostname: String,
    /// What the rule is called in the organisation.
    pub policy: Option<String>,
    /// Service desk: a phone number, an address or words.
    pub desk: Option<String>,
    /// Whom to phone about a child or somebody in danger.
    pub duty_phone: Option<String>,
    /// How long an answer takes, in words.
    pub review_hours: Option<String>,
    /// By unit id: how this unit sends confidential matter, a whole sentence in the unit's language.
    pub how_to_secure: BTreeMap<String, String>,
    /// Without it notices carry no links.
    pub console_url: Option<String>,
    /// Times are shown in it.
    pub time_zone: TimeZone,
}
