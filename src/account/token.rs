//! Tokens of sessions and of links that set a password: what the store knows of them.
//!
//! A token is a [`LinkToken`], 256 random bits. Its digest says what the token is for, so that none serves for another
//! purpose: what leads to a mail's page is no session.

use aws_lc_rs::digest::{Context, SHA256};

use crate::message::LinkToken;
use crate::store::TokenDigest;

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Session,
    Enrolment,
    /// What binds a form to a browser before there is a session.
    Form,
}

impl Purpose {
    fn word(self) -> &'static [u8] {
        match self {
            Purpose::Session => b"sluss session 1",
            Purpose::Enrolment => b"sluss enrolment 1",
            Purpose::Form => b"sluss form 1",
        }
    }
}

/// By which the store knows the token.
pub fn digest(token: &LinkToken, purpose: Purpose) -> TokenDigest {
    hashed(&[purpose.word(), &token.digest().0])
}

/// SHA-256 over the parts with their lengths. For what has too many values to be tried.
pub(super) fn hashed(parts: &[&[u8]]) -> TokenDigest {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    TokenDigest(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_for_one_purpose() {
        let token = LinkToken::random();
        assert_ne!(digest(&token, Purpose::Session), digest(&token, Purpose::Enrolment));
        assert_ne!(digest(&token, Purpose::Session).0, token.digest().0);
        assert_eq!(
            digest(&token, Purpose::Session),
            digest(&LinkToken::parse(&token.text()).unwrap(), Purpose::Session)
        );
        assert_ne!(hashed(&[b"ab", b"c"]), hashed(&[b"a", b"bc"]), "parts do not run into one another");
    }
}
