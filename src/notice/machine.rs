//! Addresses that machines send from: a notice to them would lie unread.
//!
//! The list is `patterns/notices/machines.txt`; the administrator adds his own with `[notice] service_senders`.

const LIST: &str = include_str!("../../patterns/notices/machines.txt");

/// Whether the local part (before the `@`, without a tag) is a machine's by its name.
pub fn is_machine(local: &str) -> bool {
    let name = local.to_lowercase().replace(['.', '-', '_'], "");
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let mut words = LIST.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    words.any(|word| match word.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == word,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_known_by_name_and_people_are_not() {
        for (local, machine) in [
            ("noreply", true),
            ("No-Reply", true),
            ("no_reply.skola", true),
            ("ikke-svar", true),
            ("svara.inte", true),
            ("skanner3", true),
            ("MFP-02", true),
            ("kari", false),
            ("nora.reply", false),
            ("per.skrivare", false),
            ("printz", false),
            ("skriverhaug", false),
            ("barnevern", false),
            ("", false),
        ] {
            assert_eq!(is_machine(local), machine, "{local}");
        }
    }
}
