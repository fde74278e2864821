//! Passwords: what is demanded of one, and its Argon2id hash (RFC 9106 section 4, the second recommended choice).

use std::collections::BTreeSet;

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::constant_time;
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Memory of one hash: 64 MiB.
pub const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;
const SALT_LEN: usize = 16;
const HASH_LEN: usize = 32;
/// Characters. It is one of two factors (NIST SP 800-63B-4 section 3.1.1 asks for 8 then).
pub const SHORTEST: usize = 12;
/// Characters; nobody types more, and a hash takes no longer for it.
pub const LONGEST: usize = 256;
/// Different characters.
const DIFFERENT: usize = 6;

/// What is wrong with a password, for who chooses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weak {
    Short,
    Long,
    /// A few characters again and again.
    Monotonous,
    /// The name before the `@` is in it.
    Name,
}

/// A hash with what it was made by.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hash {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    /// Base64.
    salt: String,
    hash: String,
}

/// It could not be made or compared: no memory, or the stored one is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a password cannot be hashed")]
pub struct HashError;

/// Whether a password will do for this address.
pub fn judge(password: &str, address: &str) -> Result<(), Weak> {
    let password = normalised(password);
    let characters = password.chars().count();
    let name = address.split('@').next().unwrap_or_default().to_lowercase();
    if characters < SHORTEST {
        Err(Weak::Short)
    } else if characters > LONGEST {
        Err(Weak::Long)
    } else if password.chars().collect::<BTreeSet<_>>().len() < DIFFERENT {
        Err(Weak::Monotonous)
    } else if name.chars().count() >= 4 && password.to_lowercase().contains(&name) {
        Err(Weak::Name)
    } else {
        Ok(())
    }
}

impl Hash {
    /// Takes some hundred milliseconds and [`MEMORY_KIB`]: not for a thread that others wait for.
    pub fn of(password: &str) -> Result<Self, HashError> {
        let mut salt = [0; SALT_LEN];
        aws_lc_rs::rand::fill(&mut salt).map_err(|_| HashError)?;
        Hash::with(password, &salt, (MEMORY_KIB, PASSES, LANES))
    }

    /// What nobody's password is compared with: the work is that of a real one.
    pub fn of_nobody() -> Self {
        Hash {
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
            salt: BASE64.encode(&[0; SALT_LEN]),
            hash: BASE64.encode(&[0; HASH_LEN]),
        }
    }

    /// Whether it is the password's; takes the same time wherever they differ.
    pub fn matches(&self, password: &str) -> Result<bool, HashError> {
        let salt = BASE64.decode(self.salt.as_bytes()).map_err(|_| HashError)?;
        let given = Hash::with(password, &salt, (self.memory_kib, self.passes, self.lanes))?;
        Ok(constant_time::verify_slices_are_equal(given.hash.as_bytes(), self.hash.as_bytes()).is_ok())
    }

    fn with(password: &str, salt: &[u8], (memory_kib, passes, lanes): (u32, u32, u32)) -> Result<Self, HashError> {
        let params = Params::new(memory_kib, passes, lanes, Some(HASH_LEN)).map_err(|_| HashError)?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut hash = Zeroizing::new([0; HASH_LEN]);
        argon.hash_password_into(normalised(password).as_bytes(), salt, &mut *hash).map_err(|_| HashError)?;
        Ok(Hash { memory_kib, passes, lanes, salt: BASE64.encode(salt), hash: BASE64.encode(&*hash) })
    }
}

/// However a keyboard composes its letters, it is the same password (RFC 8265 section 4.2). What is beyond the longest
/// one does not count, so that nobody makes us work on it.
fn normalised(password: &str) -> Zeroizing<String> {
    Zeroizing::new(password.chars().take(LONGEST.saturating_add(1)).nfc().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_that_of_its_password_alone() {
        let small = (64, 1, 1);
        let hash = Hash::with("correct horse é", b"0123456789abcdef", small).unwrap();
        assert_eq!(hash.matches("correct horse é"), Ok(true));
        assert_eq!(hash.matches("correct horse e\u{301}"), Ok(true), "composed otherwise");
        assert_eq!(hash.matches("correct horse e"), Ok(false));
        assert_eq!(hash.matches(""), Ok(false));
        let json = serde_json::to_string(&hash).unwrap();
        assert!(serde_json::from_str::<Hash>(&json).unwrap() == hash);
        assert!(!json.contains("horse"));
        assert_eq!(Hash::of_nobody().matches("whatever"), Ok(false));
        let again = Hash::of("correct horse").unwrap();
        assert!(again.matches("correct horse").unwrap() && again != Hash::of("correct horse").unwrap(), "salted");
    }

    /// A vector of the reference implementation's own tests (phc-winner-argon2, src/test.c).
    #[test]
    fn a_hash_is_argon2id() {
        let hash = Hash::with("password", b"somesalt", (65536, 2, 1)).unwrap();
        let hex = data_encoding::HEXLOWER.encode(&BASE64.decode(hash.hash.as_bytes()).unwrap());
        assert_eq!(hex, "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7");
    }

    #[test]
    fn what_is_easily_guessed_will_not_do() {
        for (password, address, judged) in [
            ("sommar2026!", "kari@kommun.example", Err(Weak::Short)),
            ("sommarregn på taket", "kari@kommun.example", Ok(())),
            ("aaaaaaaaaaaaaaaa", "kari@kommun.example", Err(Weak::Monotonous)),
            ("hemligt-Kari-1234", "kari@kommun.example", Err(Weak::Name)),
            ("hemligt-bo-123456", "bo@kommun.example", Ok(())),
            ("☃☂☀☁☄★☎☏☐☑☒☓", "kari@kommun.example", Ok(())),
        ] {
            assert_eq!(judge(password, address), judged, "{password}");
        }
        let long: String = ('a'..='z').cycle().take(LONGEST + 1).collect();
        assert_eq!(judge(&long, "kari@kommun.example"), Err(Weak::Long));
    }
}
