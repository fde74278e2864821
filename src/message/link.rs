//! The token of a sender's link: 256 random bits that stand in the address of a notice and nowhere else.
//!
//! Two values come out of it by HKDF-SHA256 (RFC 5869), and neither leads back to it: the digest by which the store
//! finds the link, and the key under which the store keeps what the page may show. So the database, its backup and
//! its administrator can neither follow a link nor read what it leads to. No secret of the installation goes in: 256
//! random bits cannot be tried, and a link outlives a change of the secret.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, RandomizedNonceKey};
use aws_lc_rs::hkdf;
use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use super::keys::{OpenError, expand, open, seal};

/// HKDF salt: names application and version of this derivation.
const SALT: &[u8] = b"sluss link 1";
/// Characters of a token as text.
pub const TEXT_LEN: usize = 43;

/// Not to be stored, logged or printed.
pub struct LinkToken(Zeroizing<[u8; 32]>);

/// By which the store knows a link.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkDigest(pub [u8; 32]);

impl LinkToken {
    pub fn random() -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        // The operating system's generator does not fail once it is seeded; a guessable link is worse than none.
        if aws_lc_rs::rand::fill(&mut *bytes).is_err() {
            std::process::abort();
        }
        LinkToken(bytes)
    }

    /// 43 letters, digits, `-` and `_`.
    pub fn text(&self) -> String {
        BASE64URL_NOPAD.encode(&*self.0)
    }

    /// `None` for anything that [`LinkToken::text`] does not write.
    pub fn parse(text: &str) -> Option<Self> {
        // Longer texts are not looked at: they come from anybody.
        if text.len() != TEXT_LEN {
            return None;
        }
        let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?);
        Some(LinkToken(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    pub fn digest(&self) -> LinkDigest {
        LinkDigest(*self.derive(b"digest"))
    }

    /// Encrypts what the page may show: nonce, ciphertext, tag.
    pub fn seal(&self, plain: &[u8]) -> Vec<u8> {
        seal(&self.page_key(), &self.digest().0, plain)
    }

    /// Opens what [`LinkToken::seal`] sealed under the same token.
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        open(&self.page_key(), &self.digest().0, sealed)
    }

    fn page_key(&self) -> RandomizedNonceKey {
        // The key has the length the algorithm asks for, so this cannot fail.
        RandomizedNonceKey::new(&AES_256_GCM, &*self.derive(b"page")).expect("a 32-byte key")
    }

    fn derive(&self, label: &[u8]) -> Zeroizing<[u8; 32]> {
        expand(&hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(&*self.0), label)
    }
}

/// The beginning only: enough to tell links apart in a test's output.
impl fmt::Debug for LinkDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0[..4]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_an_address_and_nothing_else_does() {
        let token = LinkToken::random();
        let text = token.text();
        assert_eq!(text.len(), TEXT_LEN);
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        assert_eq!(LinkToken::parse(&text).unwrap().digest(), token.digest());
        for (wrong, what) in [
            (String::new(), "nothing"),
            (text[1..].to_owned(), "short"),
            (format!("{text}A"), "long"),
            (format!("{text}="), "padded"),
            (format!("{}/", &text[..42]), "another alphabet"),
            ("é".repeat(TEXT_LEN), "letters beyond ASCII"),
            ("../../etc/passwd".to_owned(), "a path"),
        ] {
            assert!(LinkToken::parse(&wrong).is_none(), "{what}");
        }
        // 43 characters carry two bits more than 256; only one spelling of a token is one.
        let other = if text.ends_with('A') { 'B' } else { 'A' };
        let twisted = format!("{}{other}", &text[..42]);
        assert!(LinkToken::parse(&twisted).is_none_or(|parsed| parsed.digest() != token.digest()));
    }

    #[test]
    fn what_is_sealed_opens_under_its_token_alone() {
        let (token, other) = (LinkToken::random(), LinkToken::random());
        let sealed = token.seal(b"norsk.example");
        assert_eq!(token.open(&sealed).unwrap(), b"norsk.example");
        assert_eq!(other.open(&sealed), Err(OpenError));
        assert!(!sealed.windows(5).any(|w| w == b"norsk"));
        assert_ne!(token.digest(), other.digest());
        assert_ne!(token.digest().0, *token.derive(b"page"));
        assert_eq!(token.open(&sealed[..5]), Err(OpenError));
    }
}
