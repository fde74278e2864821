//! Numbers that are taken for those of persons: companies, accounts, payment references.
//!
//! No check digit can clear a number as "only an account": the check of a Norwegian account has the
//! weights of the second check digit of a fødselsnummer, and every Swedish OCR number passes Luhn.
//! These checks tell what a number may be *as well*; the label beside it decides.

use super::checks::{luhn, two, weighted};

const ORGANISASJONSNUMMER: [u8; 9] = [3, 2, 7, 6, 5, 4, 3, 2, 1];
const KONTONUMMER: [u8; 11] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1];
/// Shortest and longest KID.
const KID: std::ops::RangeInclusive<usize> = 2..=25;

/// Norwegian organisation number: nine digits, first 8 or 9, mod 11.
pub fn is_organisasjonsnummer(digits: &[u8]) -> bool {
    matches!(digits, [8 | 9, ..]) && digits.len() == 9 && weighted(digits, &ORGANISASJONSNUMMER).is_multiple_of(11)
}

/// Norwegian bank account: eleven digits, mod 11.
pub fn is_kontonummer(digits: &[u8]) -> bool {
    digits.len() == 11 && digits.iter().any(|&d| d > 0) && weighted(digits, &KONTONUMMER).is_multiple_of(11)
}

/// Norwegian payment reference: the last character is mod 10 or mod 11, where a rest of 10 is `-`.
pub fn is_kid(reference: &str) -> bool {
    let body = reference.strip_suffix('-').unwrap_or(reference);
    let Some(mut digits) = digits_of(body) else { return false };
    if !KID.contains(&reference.len()) {
        return false;
    }
    let open = body.len() < reference.len();
    if open {
        digits.push(0);
    }
    let sum: u32 =
        digits.iter().rev().zip((1..=1).chain((2..=7).cycle())).map(|(&d, w)| u32::from(d).saturating_mul(w)).sum();
    if open { sum % 11 == 1 } else { sum.is_multiple_of(11) || luhn(&digits) }
}

/// Swedish organisation number: ten digits, the third at least 2, Luhn.
pub fn is_organisationsnummer(digits: &[u8]) -> bool {
    matches!(digits, [_, _, 2..=9, ..]) && digits.len() == 10 && luhn(digits)
}

/// Bankgiro as written: `NNN-NNNN` or `NNNN-NNNN`.
pub fn is_bankgiro(written: &str) -> bool {
    let Some((head, tail)) = written.split_once('-') else { return false };
    matches!(head.len(), 3 | 4) && tail.len() == 4 && digits_of(&[head, tail].concat()).is_some_and(|d| luhn(&d))
}

/// Plusgiro as written: pairs of digits, `-` and a check digit.
pub fn is_plusgiro(written: &str) -> bool {
    let Some((head, check)) = written.split_once('-') else { return false };
    let digits = digits_of(&[head, check].concat().replace(' ', ""));
    check.len() == 1 && digits.is_some_and(|d| (2..=8).contains(&d.len()) && luhn(&d))
}

/// Norwegian unit number: H, U, K or L, floor and door from 01 on.
pub fn is_bruksenhetsnummer(written: &str) -> bool {
    let digits = written.strip_prefix(['H', 'U', 'K', 'L']).and_then(digits_of);
    matches!(digits.as_deref(), Some(&[f1, f2, d1, d2]) if two(f1, f2) > 0 && two(d1, d2) > 0)
}

fn digits_of(written: &str) -> Option<Vec<u8>> {
    written.bytes().map(|b| b.is_ascii_digit().then(|| b.saturating_sub(b'0'))).collect()
}
