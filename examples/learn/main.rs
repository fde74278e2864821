//! Learns the weights of `patterns/implied/` again from the texts that stand there and from the tuned part of
//! `tests/corpus`, and writes them:
//!
//! ```text
//! cargo run --release --example learn
//! ```
//!
//! The same texts give the same weights. `-- --try` writes nothing and prints how well sentences are told that were left
//! out, a fifth at a time.

mod texts;

use std::error::Error;
use std::fs;
use std::path::Path;

use sluss::detect::implied::train::{Sample, train};
use sluss::detect::implied::{CLASSES, KINDS, told};

use texts::Texts;

/// How often a feature must stand in the sentences, and in the mails, to be learned: of one that is seldom met too
/// little is known. Sentences are many.
const SEEN_IN_SENTENCES: u32 = 3;
const SEEN_IN_PASSAGES: u32 = 2;
/// Parts that sentences are left out in, one after the other.
const PARTS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let texts = Texts::read()?;
    if std::env::args().any(|argument| argument == "--try") {
        return attempt(&texts);
    }
    let (sentences, passages) = (texts.sentences()?, texts.passages()?);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("patterns/implied");
    let of_sentences = train::<{ CLASSES.len() }>(&sentences, SEEN_IN_SENTENCES);
    let of_passages = train::<KINDS>(&passages, SEEN_IN_PASSAGES);
    for (name, bytes) in [
        ("sentences.weights", of_sentences.to_bytes(&texts.digest())),
        ("passages.weights", of_passages.to_bytes(&texts.digest())),
    ] {
        let changed = fs::read(folder.join(name)).is_ok_and(|before| before != bytes);
        println!("{name}: {} bytes, {}", bytes.len(), if changed { "changed" } else { "as before" });
        fs::write(folder.join(name), bytes)?;
    }
    println!(
        "{} sentences, {} features; {} passages, {} features",
        sentences.len(),
        of_sentences.len(),
        passages.len(),
        of_passages.len()
    );
    Ok(())
}

/// How well sentences are told that nothing was learned from: recall and precision from each chance on.
fn attempt(texts: &Texts) -> Result<(), Box<dyn Error>> {
    let sentences = texts.sentences()?;
    let mut outcomes: Vec<(bool, f32)> = Vec::new();
    // Twins stand side by side in the files: whole stretches are left out, not single lines.
    let stretch = sentences.len().div_ceil(PARTS * 20);
    let part = |index: usize| index / stretch % PARTS;
    for left_out in 0..PARTS {
        let of = |wanted: bool| {
            sentences.iter().enumerate().filter(move |(index, _)| (part(*index) == left_out) == wanted).map(|(_, s)| *s)
        };
        let weights = train::<{ CLASSES.len() }>(&of(false).collect::<Vec<Sample<'_>>>(), SEEN_IN_SENTENCES);
        outcomes.extend(of(true).filter_map(|s| told(&weights, s.text).map(|told| (s.class != 0, told.chance))));
    }
    for least in [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] {
        let count =
            |tells: bool, found: bool| outcomes.iter().filter(|o| o.0 == tells && (o.1 > least) == found).count();
        let (hits, misses, alarms) = (count(true, true) as f64, count(true, false) as f64, count(false, true) as f64);
        println!("from {least}: recall {:.3}, precision {:.3}", hits / (hits + misses), hits / (hits + alarms));
    }
    Ok(())
}
