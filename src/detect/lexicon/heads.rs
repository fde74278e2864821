//! The first bytes of keys, as numbers: whether any key begins so, and how long those are that do.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use crate::detect::fnv;

/// Bits of a filter for each head: few enough to stay close to the processor, enough to be wrong rarely.
const FILTER_SHARE: usize = 16;

/// Heads that may be known: all that are, and a few more.
#[derive(Default)]
pub struct Filter {
    bits: Vec<u64>,
    /// Bits of a hash that are no place.
    shift: u32,
}

impl Filter {
    pub fn of(heads: impl ExactSizeIterator<Item = u64>) -> Filter {
        let size = heads.len().saturating_mul(FILTER_SHARE).next_power_of_two().max(64);
        let mut out = Filter { bits: vec![0; size / 64], shift: 64_u32.saturating_sub(size.trailing_zeros()) };
        for head in heads {
            let index = out.index(head);
            if let Some(word) = out.bits.get_mut(index / 64) {
                *word |= 1 << (index % 64);
            }
        }
        out
    }

    fn index(&self, head: u64) -> usize {
        (head.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize
    }

    #[inline]
    pub fn passes(&self, head: u64) -> bool {
        let index = self.index(head);
        self.bits.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 != 0)
    }
}

/// The first bytes of keys, and how long the keys are that begin so.
#[derive(Default)]
pub struct Heads {
    pub filter: Filter,
    /// Bit n: a key of n bytes.
    pub lengths: HashMap<u64, u128, BuildHasherDefault<fnv::Fnv>>,
    /// Bit n: a head of n bytes.
    pub sizes: u8,
}

impl Heads {
    pub fn add_start(&mut self, start: &[u8], length: usize) {
        self.add(masked(packed(start), start.len()), start.len(), length);
    }

    pub fn add(&mut self, head: u64, size: usize, length: usize) {
        self.sizes |= size_bit(size);
        let lengths = self.lengths.entry(head).or_default();
        *lengths |= 1_u128.wrapping_shl(u32::try_from(length).unwrap_or(0));
    }

    pub fn finish(&mut self) {
        self.filter = Filter::of(self.lengths.keys().copied());
    }
}

/// The bit of a head's size.
pub fn size_bit(size: usize) -> u8 {
    1_u8.wrapping_shl(size as u32)
}

/// Eight bytes from `start` on; what lies past the end is zero.
pub fn window(text: &[u8], start: usize) -> u64 {
    let rest = text.get(start..).unwrap_or_default();
    match rest.first_chunk::<8>() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => packed(rest),
    }
}

/// At most eight bytes as a number.
pub fn packed(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |packed, &b| packed << 8 | u64::from(b))
}

/// The first `size` bytes of the window, at most six, and the size itself: heads of two sizes never
/// look the same.
pub fn masked(window: u64, size: usize) -> u64 {
    let bits = (size as u32).wrapping_mul(8);
    window & 1_u64.wrapping_shl(bits).wrapping_sub(1) | (size as u64) << 56
}
