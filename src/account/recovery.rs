//! Recovery codes: for who has lost the authenticator app. Ten, each good once, of 100 random bits; the store has their
//! digests. Too many values to be tried, so the digest need not be slow, and needs no secret that may be exchanged.

use data_encoding::{Encoding, Specification};
use zeroize::Zeroizing;

use super::token::hashed;
use crate::store::{AccountId, TokenDigest};

/// How many a person gets.
pub const CODES: usize = 10;
/// Letters and digits of a code.
const LETTERS: usize = 20;
/// Between two dashes.
const GROUP: usize = 5;

/// Digits and letters that are not mistaken for one another (Crockford's).
fn alphabet() -> Encoding {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789abcdefghjkmnpqrstvwxyz");
    // 32 different symbols: this cannot fail.
    specification.encoding().expect("an alphabet of 32 symbols")
}

/// New codes, as they are shown: four groups with dashes.
pub fn random_codes() -> Vec<Zeroizing<String>> {
    let alphabet = alphabet();
    let one = |_| {
        // 13 bytes make 21 symbols; the last one carries less, and is left out.
        let mut bytes = Zeroizing::new([0; 13]);
        if aws_lc_rs::rand::fill(&mut *bytes).is_err() {
            std::process::abort();
        }
        let text = Zeroizing::new(alphabet.encode(&*bytes));
        let groups: Vec<&str> =
            (0..LETTERS).step_by(GROUP).filter_map(|at| text.get(at..at.saturating_add(GROUP))).collect();
        Zeroizing::new(groups.join("-"))
    };
    (0..CODES).map(one).collect()
}

/// By which the store knows a code, however its letters are typed; `None` for what cannot be one.
pub fn digest(account: AccountId, typed: &str) -> Option<TokenDigest> {
    let mut plain = Zeroizing::new(String::with_capacity(LETTERS));
    for letter in typed.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        let letter = match letter.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            letter => letter,
        };
        if !letter.is_ascii_alphanumeric() || letter == 'u' || plain.len() >= LETTERS {
            return None;
        }
        plain.push(letter);
    }
    (plain.len() == LETTERS).then(|| hashed(&[b"sluss recovery 1", &account.0, plain.as_bytes()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_however_it_is_typed() {
        let codes = random_codes();
        assert_eq!(codes.len(), CODES);
        let account = AccountId([7; 16]);
        for code in &codes {
            assert_eq!((code.len(), code.matches('-').count()), (LETTERS + 3, 3), "{}", **code);
            let known = digest(account, code).unwrap();
            assert_eq!(digest(account, &code.to_uppercase().replace('-', " ")), Some(known));
            assert_ne!(digest(AccountId([8; 16]), code), Some(known), "another person's is another one");
        }
        assert_eq!(digest(account, "0O1iL-00000-00000-00000"), digest(account, "00111-00000-00000-00000"));
        for wrong in
            ["", "123456", "00000-00000-00000-0000", "00000-00000-00000-000000", "uuuuu-00000-00000-00000", "å"]
        {
            assert_eq!(digest(account, wrong), None, "{wrong}");
        }
        let mut different = codes.iter().map(|code| code.as_str()).collect::<Vec<_>>();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), CODES);
    }
}
