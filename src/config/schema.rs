//! Every table and key of a configuration, and those whose room is not built yet.

/// `(table, keys)`. Tables by their name without array index; `next_hop.*` stands for each of them.
pub const KEYS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "gateway",
            "next_hop",
            "store",
            "secret",
            "seal",
            "quarantine",
            "audit",
            "notice",
            "console",
            "patterns",
            "inspect",
            "detect",
            "policy",
            "unit",
            "channel",
            "disclosure",
            "imports",
        ],
    ),
    (
        "gateway",
        &[
            "listen",
            "hostname",
            "allow_networks",
            "allow_sender_domains",
            "require_header",
            "max_message_size",
            "max_connections",
            "max_connections_per_source",
            "memory_for_messages",
            "mixed_next_hops",
            "tls",
        ],
    ),
    ("gateway.require_header", &["name", "value_file"]),
    ("gateway.tls", &["certificate", "key", "require", "client_ca", "client_names"]),
    (
        "next_hop.*",
        &[
            "address",
            "tls",
            "max_connections",
            "server_name",
            "ca_file",
            "client_certificate",
            "client_key",
            "username",
            "password_file",
            "add_header",
            "recipient_suffix",
            "subject_tag",
        ],
    ),
    ("next_hop.*.add_header", &["name", "value_file"]),
    ("store", &["url"]),
    ("secret", &["file"]),
    ("seal", &["recipients", "identity_file"]),
    ("quarantine", &["keep_days", "keep_decision", "warn_days", "return_days", "keep"]),
    ("quarantine.keep", &["units", "categories", "severity_from", "days", "decision"]),
    ("audit", &["keep_years", "keep_decision"]),
    (
        "notice",
        &[
            "from",
            "next_hop",
            "local_domains",
            "policy",
            "desk",
            "duty_phone",
            "review_hours",
            "language_file",
            "shared_mailboxes",
            "service_senders",
        ],
    ),
    ("console", &["listen", "url", "proxies"]),
    ("patterns", &["dir"]),
    ("inspect", &["ocr", "sandbox"]),
    ("detect", &["synthetic", "packs"]),
    (
        "policy",
        &[
            "mode",
            "on_confidential",
            "on_filter_error",
            "judge",
            "hold_from",
            "warn_from",
            "four_eyes_from",
            "minimum_evidence",
            "uninspectable",
            "recipients",
        ],
    ),
    ("policy.recipients", &["look-alike", "webmail-among-official", "reply-to-many", "many"]),
    // The keys of [policy.minimum_evidence] are `default` and the categories.
    (
        "policy.uninspectable",
        &[
            "encrypted",
            "encrypted-archive",
            "encrypted-office",
            "encrypted-pdf",
            "encrypted-smime",
            "encrypted-pgp",
            "unsupported",
            "image-only",
            "malformed",
            "over-limit",
            "timed-out",
            "fault",
        ],
    ),
    (
        "unit",
        &[
            "id",
            "senders",
            "senders_file",
            "users",
            "header",
            "profile",
            "language",
            "mode",
            "on_confidential",
            "hold_from",
            "warn_from",
            "four_eyes_from",
            "seal_recipients",
            "reviewers",
            "how_to_secure",
            "service_owner",
            "internal",
            "towards",
        ],
    ),
    // The keys of unit.towards are the ids of other units.
    ("unit.header", &["name", "value"]),
    (
        "channel",
        &[
            "id",
            "match",
            "match_file",
            "not",
            "evidence",
            "per_mailbox",
            "phone_factor",
            "mailbox_days",
            "next_hop",
            "tls",
            "on_tls_failure",
            "trigger",
            "reroute",
            "units",
            "max_recipients",
            "max_message_size",
            "owner",
        ],
    ),
    ("channel.trigger", &["header", "value", "subject"]),
    ("channel.evidence", &["level", "decided_by", "reference", "verified_until"]),
    ("disclosure", &["id", "code", "recipients", "units", "urgent_phone"]),
    ("imports", &["dir"]),
];

/// Keys that are read and checked, but that nothing acts on yet.
pub const NOT_BUILT: &[(&str, &str)] = &[];

/// The keys of a table, e.g. of `next_hop.default` those of `next_hop.*`. Empty for tables whose keys
/// are data.
pub fn keys_of(table: &str) -> &'static [&'static str] {
    KEYS.iter().find(|(pattern, _)| *pattern == general(table)).map_or(&[], |(_, keys)| keys)
}

/// The tables that have this key.
pub fn homes_of(key: &str) -> impl Iterator<Item = &'static str> {
    KEYS.iter().filter(move |(_, keys)| keys.contains(&key)).map(|(table, _)| *table)
}

/// A table as the administrator writes it.
pub fn shown(table: &str) -> String {
    match table {
        "" => "the top of the file".into(),
        "unit" | "channel" | "channel.trigger" | "disclosure" | "quarantine.keep" => format!("[[{table}]]"),
        _ => format!("[{}]", table.replace('*', "NAME")),
    }
}

/// What the key will do one day, when nothing acts on it yet.
pub fn not_built(table: &str, key: &str) -> Option<&'static str> {
    let path = format!("{}.{key}", general(table));
    NOT_BUILT.iter().find(|(known, _)| *known == path).map(|(_, why)| *why)
}

fn general(table: &str) -> String {
    match table.strip_prefix("next_hop.") {
        Some(rest) => rest.split_once('.').map_or("next_hop.*".into(), |(_, below)| format!("next_hop.*.{below}")),
        None => table.to_owned(),
    }
}
