//! What a channel or a unit says about addresses: one address, one domain, or all below a domain.

use std::fmt;

use super::address::{Canonical, canonical_domain};

/// `anna@kommun.example`, `@kommun.example` or `.kommun.example`, each in canonical form.
///
/// `@kommun.example` does not cover subdomains, and `.kommun.example` does not cover the domain
/// itself: a subdomain is often another organisation's mail service.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pattern {
    Address(Canonical),
    Domain(String),
    /// Without its leading dot.
    Suffix(String),
}

/// Why a text is no pattern; each names what to write instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    #[error(r#"an address ("anna@kommun.example"), a domain ("@kommun.example") or all below it (".kommun.example")"#)]
    Shape,
    #[error(r#"a domain with "@" in front ("@kommun.example"), or with "." for all below it"#)]
    BareDomain,
    #[error(r#"no wildcard: ".kommun.example" covers all below the domain, "@kommun.example" the domain itself"#)]
    Wildcard,
    #[error("an address without a plus tag: tags are left out when addresses are compared")]
    PlusTag,
    #[error("a domain with at least two labels")]
    TopLevel,
}

impl Pattern {
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let text = text.trim();
        if text.contains('*') {
            return Err(PatternError::Wildcard);
        }
        if let Some(domain) = text.strip_prefix('@') {
            return canonical_domain(domain).ok_or(PatternError::Shape).and_then(two_labels).map(Pattern::Domain);
        }
        if let Some(domain) = text.strip_prefix('.') {
            return canonical_domain(domain).ok_or(PatternError::Shape).and_then(two_labels).map(Pattern::Suffix);
        }
        let Some((local, _)) = text.rsplit_once('@') else {
            return Err(match canonical_domain(text) {
                Some(domain) if domain.contains('.') => PatternError::BareDomain,
                _ => PatternError::Shape,
            });
        };
        if local.trim_start_matches('+').contains('+') {
            return Err(PatternError::PlusTag);
        }
        if local.chars().any(|c| c.is_whitespace() || c.is_control() || "<>,;".contains(c)) {
            return Err(PatternError::Shape);
        }
        Canonical::of(text).map(Pattern::Address).ok_or(PatternError::Shape)
    }

    /// The domain it speaks of.
    pub fn domain(&self) -> &str {
        match self {
            Pattern::Address(address) => address.domain(),
            Pattern::Domain(domain) | Pattern::Suffix(domain) => domain,
        }
    }

    pub fn matches(&self, address: &Canonical) -> bool {
        match self {
            Pattern::Address(own) => own == address,
            Pattern::Domain(domain) => domain == address.domain(),
            Pattern::Suffix(suffix) => address.parents().any(|parent| parent == suffix),
        }
    }

    /// How exactly it matches: address, then domain, then the longer suffix.
    pub fn specificity(&self) -> Specificity {
        match self {
            Pattern::Address(_) => Specificity::ADDRESS,
            Pattern::Domain(_) => Specificity::DOMAIN,
            Pattern::Suffix(suffix) => Specificity::suffix(suffix),
        }
    }
}

/// Rank of a match; greater is more specific. Suffixes rank by their number of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Specificity(usize);

impl Specificity {
    // A domain has at most 127 labels (RFC 1035 section 2.3.4), so no suffix reaches these.
    const DOMAIN: Self = Specificity(1_000);
    /// An address that stands in a list file: named, but not by hand.
    pub const LISTED: Self = Specificity(2_000);
    const ADDRESS: Self = Specificity(3_000);

    fn suffix(suffix: &str) -> Self {
        Specificity(suffix.split('.').count())
    }
}

impl fmt::Display for Specificity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Specificity::ADDRESS => "address",
            Specificity::LISTED => "list",
            Specificity::DOMAIN => "domain",
            _ => "suffix",
        })
    }
}

fn two_labels(domain: String) -> Result<String, PatternError> {
    if domain.contains('.') { Ok(domain) } else { Err(PatternError::TopLevel) }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Address(address) => address.fmt(f),
            Pattern::Domain(domain) => write!(f, "@{domain}"),
            Pattern::Suffix(suffix) => write!(f, ".{suffix}"),
        }
    }
}

/// Prints the domain only: an address may name a person.
impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Address(address) => write!(f, "Pattern(…@{})", address.domain()),
            Pattern::Domain(_) | Pattern::Suffix(_) => write!(f, "Pattern({self})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_and_what_it_means() {
        for (written, meant) in [
            ("anna@kommun.example", Ok("anna@kommun.example")),
            ("@Kommun.Example", Ok("@kommun.example")),
            (".kommun.example.", Ok(".kommun.example")),
            ("@blåbær.example", Ok("@xn--blbr-roah.example")),
            ("kommun.example", Err(PatternError::BareDomain)),
            ("*.kommun.example", Err(PatternError::Wildcard)),
            ("*@kommun.example", Err(PatternError::Wildcard)),
            ("anna+x@kommun.example", Err(PatternError::PlusTag)),
            ("@example", Err(PatternError::TopLevel)),
            (".example", Err(PatternError::TopLevel)),
            ("<anna@kommun.example>", Err(PatternError::Shape)),
            ("anna", Err(PatternError::Shape)),
            ("@", Err(PatternError::Shape)),
            ("", Err(PatternError::Shape)),
        ] {
            assert_eq!(Pattern::parse(written).map(|p| p.to_string()).as_deref(), meant.as_deref(), "{written}");
        }
    }

    #[test]
    fn a_domain_is_not_its_subdomains_nor_the_other_way() {
        let inside = Canonical::of("a@kommun.example").unwrap();
        let below = Canonical::of("a@skole.kommun.example").unwrap();
        let beside = Canonical::of("a@akommun.example").unwrap();
        let domain = Pattern::parse("@kommun.example").unwrap();
        let suffix = Pattern::parse(".kommun.example").unwrap();
        assert!(domain.matches(&inside) && !domain.matches(&below) && !domain.matches(&beside));
        assert!(!suffix.matches(&inside) && suffix.matches(&below) && !suffix.matches(&beside));
    }

    #[test]
    fn the_order_of_specificity() {
        let rank = |text| Pattern::parse(text).unwrap().specificity();
        assert!(rank("a@x.example") > Specificity::LISTED);
        assert!(Specificity::LISTED > rank("@x.example"));
        assert!(rank("@x.example") > rank(".a.b.c.d.example"));
        assert!(rank(".b.x.example") > rank(".x.example"));
    }
}
