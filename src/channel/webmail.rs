//! Consumer webmail: domains whose mailboxes nobody can vouch for.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::address::{canonical_domain, parents};

static DOMAINS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    include_str!("../../patterns/webmail.txt")
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .filter(|line| !line.is_empty())
        .filter_map(canonical_domain)
        .collect()
});

/// True for a consumer webmail domain and everything below it. `domain` is canonical.
pub fn is_webmail(domain: &str) -> bool {
    DOMAINS.contains(domain) || parents(domain).any(|parent| DOMAINS.contains(parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_clean() {
        let mut seen = HashSet::new();
        for (number, line) in include_str!("../../patterns/webmail.txt").lines().enumerate() {
            let domain = line.split('#').next().unwrap_or_default().trim();
            if domain.is_empty() {
                continue;
            }
            assert_eq!(canonical_domain(domain).as_deref(), Some(domain), "line {}: not canonical", number + 1);
            assert!(domain.contains('.'), "line {}: a whole top-level domain", number + 1);
            assert!(seen.insert(domain), "line {}: twice", number + 1);
        }
        assert!(seen.len() > 100);
    }

    #[test]
    fn domains_below_count_and_neighbours_do_not() {
        assert!(is_webmail("gmail.com"));
        assert!(is_webmail("mail.gmail.com"));
        assert!(!is_webmail("notgmail.com"));
        assert!(!is_webmail("kommun.example"));
    }
}
