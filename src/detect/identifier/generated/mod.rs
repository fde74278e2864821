//! Two measures over generated numbers: how surely a right number is found however it is written, and how
//! seldom another number is taken for one.
//!
//! Everything is made from a fixed seed, so a figure changes only when detection or these files do. The
//! tests print their figures (`cargo test identifier::generated -- --nocapture`) and hold them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod alone;
mod dress;
mod frames;
mod numbers;
mod others;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::{Columns, Labels, find};
use crate::detect::category::{Category, Strength};
use crate::detect::{Context, Finding};
use crate::text::{Origin, OriginKind, View, Way};

static LABELS: LazyLock<Labels> = LazyLock::new(|| Labels::builtin().unwrap());

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn from(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    fn digits(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| u8::try_from(self.below(10)).unwrap()).collect()
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

fn text_of(digits: &[u8]) -> String {
    digits.iter().map(|d| char::from(b'0' + d)).collect()
}

/// Numbers of persons that count, in all readings of a text of this kind.
fn counted(kind: OriginKind, text: &str) -> Vec<Finding> {
    let origin = Origin { kind, part: Arc::from("1"), place: None, nested: 0 };
    let ctx = Context { today: (2026, 11, 21), count_synthetic: true, ..Context::default() };
    let shared: Arc<str> = Arc::from(text);
    let mut out = Vec::new();
    let zoned = kind == OriginKind::Body;
    let view = View::read(origin, &shared, 0..text.len(), zoned);
    find(&view, 0, &ctx, &LABELS, &mut Columns::default(), &mut out);
    if text.contains('\u{202e}') {
        let reversed = View::new(view.origin.clone(), &shared, 0..text.len(), Way::Reversed);
        find(&reversed, 0, &ctx, &LABELS, &mut Columns::default(), &mut out);
    }
    out.retain(|f| f.category == Category::NationalId && f.strength > Strength::Weak);
    out
}

/// How many of how many, by name.
#[derive(Default)]
struct Tally(BTreeMap<String, (usize, usize)>);

impl Tally {
    fn add(&mut self, name: &str, hit: bool) {
        let row = self.0.entry(name.to_owned()).or_default();
        row.0 += usize::from(hit);
        row.1 += 1;
    }

    fn print(&self, title: &str) {
        eprintln!("{title}");
        for (name, (hit, of)) in &self.0 {
            eprintln!("  {name:34} {hit:>6} of {of:>6}  {:.4}", ratio(*hit, *of));
        }
    }

    fn rate(&self) -> f64 {
        let (hit, of) = self.0.values().fold((0, 0), |(h, o), (hit, of)| (h + hit, o + of));
        ratio(hit, of)
    }
}

#[allow(clippy::cast_precision_loss)]
fn ratio(hit: usize, of: usize) -> f64 {
    if of == 0 { 0.0 } else { hit as f64 / of as f64 }
}
