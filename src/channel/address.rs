//! The form in which addresses are compared. For lookup only: what is sent keeps its own spelling.

use std::fmt;

/// An address as the registry and the units compare it: local part in lower case and without quotes
/// or plus tag, domain in lower case A-labels (UTS 46) without a final dot.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Canonical {
    local: String,
    domain: String,
}

impl Canonical {
    /// `None` for what cannot match anything: no `@`, an empty half, a domain that is no domain
    /// (address literals among them).
    pub fn of(address: &str) -> Option<Self> {
        let (local, domain) = address.trim().rsplit_once('@')?;
        let local = unquoted(local).to_lowercase();
        let local = match local.split_once('+') {
            Some((name, _tag)) if !name.is_empty() => name.to_owned(),
            _ => local,
        };
        let domain = canonical_domain(domain)?;
        (!local.is_empty()).then_some(Canonical { local, domain })
    }

    pub fn local(&self) -> &str {
        &self.local
    }

    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The parents of the domain, nearest first: `a.b.example` gives `b.example`, `example`.
    pub fn parents(&self) -> impl Iterator<Item = &str> {
        parents(&self.domain)
    }
}

/// Prints nothing of the address: it may name a person.
impl fmt::Debug for Canonical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Canonical({} bytes)", self.local.len().saturating_add(self.domain.len()).saturating_add(1))
    }
}

impl fmt::Display for Canonical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

/// A domain as compared; `None` when it is none (empty, empty label, address literal, bad IDNA).
pub fn canonical_domain(domain: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii(domain.trim()).ok()?;
    let ascii = ascii.strip_suffix('.').unwrap_or(&ascii);
    let labels = ascii.split('.').all(|label| {
        !label.is_empty() && label.len() <= 63 && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    });
    (labels && ascii.len() <= 253).then(|| ascii.to_owned())
}

/// The parents of a domain, nearest first.
pub(crate) fn parents(domain: &str) -> impl Iterator<Item = &str> {
    domain.match_indices('.').filter_map(|(dot, _)| domain.get(dot.saturating_add(1)..))
}

fn unquoted(local: &str) -> String {
    match local.strip_prefix('"').and_then(|l| l.strip_suffix('"')) {
        Some(inside) => inside.replace('\\', ""),
        None => local.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_mailbox_are_one() {
        for (written, compared) in [
            ("anna@kommun.example", Some("anna@kommun.example")),
            (" Anna@KOMMUN.example ", Some("anna@kommun.example")),
            ("anna+tag@kommun.example", Some("anna@kommun.example")),
            ("anna+a+b@kommun.example", Some("anna@kommun.example")),
            ("\"anna\"@kommun.example", Some("anna@kommun.example")),
            ("\"an\\na\"@kommun.example", Some("anna@kommun.example")),
            ("anna@kommun.example.", Some("anna@kommun.example")),
            ("åse@blåbær.example", Some("åse@xn--blbr-roah.example")),
            ("ÅSE@BLÅBÆR.example", Some("åse@xn--blbr-roah.example")),
            ("anna@ｇｍａｉｌ．ｅｘａｍｐｌｅ", Some("anna@gmail.example")),
            ("+tag@kommun.example", Some("+tag@kommun.example")),
            ("\"a@b\"@kommun.example", Some("a@b@kommun.example")),
            ("anna", None),
            ("@kommun.example", None),
            ("anna@", None),
            ("anna@kommun..example", None),
            ("anna@[192.0.2.1]", None),
            ("", None),
        ] {
            assert_eq!(Canonical::of(written).map(|c| c.to_string()).as_deref(), compared, "{written}");
        }
    }

    #[test]
    fn parents_are_nearest_first() {
        let address = Canonical::of("x@a.b.kommun.example").unwrap();
        assert_eq!(address.parents().collect::<Vec<_>>(), ["b.kommun.example", "kommun.example", "example"]);
    }
}
