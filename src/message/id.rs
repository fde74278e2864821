//! Identifiers: the 128-bit id of a held message, and the short reference a person reads on a phone.

use std::fmt;
use std::str::FromStr;

/// Letters and digits that cannot be taken for one another when read aloud or on a small screen.
const ALPHABET: &[u8] = b"ABCDEFGHJKMNPQRSTVWXYZ23456789";

/// 128 bits, written as 32 lower-case hex digits: 48 of the time in milliseconds, 80 random ones. Ids that are made
/// one after the other lie side by side in the store's indexes, so that a commit touches few pages. No secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub [u8; 16]);

impl MessageId {
    pub fn random() -> Self {
        let mut id: [u8; 16] = random();
        let [_, _, time @ ..] = jiff::Timestamp::now().as_millisecond().to_be_bytes();
        id[..6].copy_from_slice(&time);
        MessageId(id)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for MessageId {
    type Err = ();

    fn from_str(s: &str) -> Result<Self, ()> {
        let bytes = data_encoding::HEXLOWER.decode(s.as_bytes()).map_err(|_| ())?;
        Ok(MessageId(bytes.try_into().map_err(|_| ())?))
    }
}

/// `ABCD-2345`: shared by all copies of one mail, shown to sender, service desk and reviewer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Reference(String);

impl Reference {
    pub fn random() -> Self {
        let bytes: [u8; 8] = random();
        let mut text = String::with_capacity(9);
        for (i, byte) in bytes.iter().enumerate() {
            if i == 4 {
                text.push('-');
            }
            // 256 is not a multiple of 30; the slight bias costs no security, the id carries that.
            text.push(char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]));
        }
        Reference(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Reference {
    type Err = ();

    /// Accepts lower case, as typed on a phone.
    fn from_str(s: &str) -> Result<Self, ()> {
        let upper = s.trim().to_ascii_uppercase();
        let shape = upper.len() == 9
            && upper.bytes().enumerate().all(|(i, b)| if i == 4 { b == b'-' } else { ALPHABET.contains(&b) });
        if shape { Ok(Reference(upper)) } else { Err(()) }
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // The operating system's generator does not fail once it is seeded; a process that cannot get
    // random bytes must not go on handing out ids.
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        std::process::abort();
    }
    bytes
}
