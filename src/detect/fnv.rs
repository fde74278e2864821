//! Hashes for tables of words, quick on short keys: FNV-1a byte by byte, and eight bytes at a time where the
//! whole word is at hand. The keys are our own lists, so nobody outside can choose them to collide.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

pub const START: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

/// A table from words to what they mean.
pub type Table<V> = HashMap<Box<str>, V, BuildHasherDefault<Fnv>>;

/// One byte more.
pub fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(PRIME)
}

/// The hash of a whole word; its high bits are the best.
#[inline]
pub fn hash(word: &[u8]) -> u64 {
    const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
    let (blocks, rest) = word.as_chunks::<8>();
    let hash =
        blocks.iter().fold(START, |hash, block| (hash ^ u64::from_le_bytes(*block)).wrapping_mul(MIX).rotate_left(31));
    let rest = rest.iter().fold(word.len() as u64, |rest, &b| rest << 8 | u64::from(b));
    let mixed = (hash ^ rest).wrapping_mul(MIX);
    (mixed ^ mixed >> 32).wrapping_mul(MIX)
}

#[derive(Default)]
pub struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = self.0.rotate_left(5) ^ hash(bytes);
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write_u128(&mut self, n: u128) {
        self.write_u64(n as u64 ^ (n >> 64) as u64);
    }

    fn finish(&self) -> u64 {
        // The table takes its buckets from the low bits and its tags from the high ones.
        self.0 ^ self.0.rotate_left(29)
    }
}
