//! Which header fields hold words for people.
//!
//! Everything is read but what machines write to each other: trace, authentication, identifiers,
//! filters' scores. Those are long runs of digits and letters that nobody typed.

use crate::message::Field;

#[rustfmt::skip]
const MACHINE: [&str; 42] = [
    "accept-language", "authentication-results", "auto-submitted", "bimi-selector", "content-disposition",
    "content-id", "content-language", "content-length", "content-md5", "content-transfer-encoding", "content-type",
    "date", "delivery-date", "dkim-signature", "domainkey-signature", "feedback-id", "importance", "in-reply-to",
    "lines", "message-id", "mime-version", "msip_labels", "original-message-id", "precedence", "priority", "received",
    "received-spf", "references", "resent-date", "resent-message-id", "return-path", "status", "thread-index",
    "user-agent", "x-auto-response-suppress", "x-mailer", "x-mimeole", "x-msmail-priority", "x-originating-ip",
    "x-priority", "x-received", "x-uidl",
];

#[rustfmt::skip]
const MACHINE_PREFIXES: [&str; 20] = [
    "arc-", "ironport-", "list-", "x-arc-", "x-barracuda-", "x-cisco-", "x-eopattributedmessage", "x-exchange-",
    "x-forefront-", "x-gm-", "x-google-", "x-halon-", "x-ironport-", "x-microsoft-", "x-mimecast-", "x-ms-",
    "x-proofpoint-", "x-sluss-", "x-sophos-", "x-spam-",
];

/// Whether a field may hold words for people.
pub(super) fn is_for_people(field: &Field<'_>) -> bool {
    let name = field.name.to_ascii_lowercase();
    !MACHINE.iter().any(|machine| machine.as_bytes() == name)
        && !MACHINE_PREFIXES.iter().any(|prefix| name.starts_with(prefix.as_bytes()))
}
