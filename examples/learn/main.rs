//! Learns the weights of `patterns/implied/` again from the texts that stand there and from parts of `tests/corpus`, and
//! writes them:
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
use sluss::detect::implied::{CLASSES, Implied, KINDS, MarkWeights, Marks, Weights, told};
use sluss::detect::{Basis, Context, Detector};

use texts::{Message, Texts, measured};

/// How often a feature must stand in the sentences, and in the mails, to be learned: of one that is seldom met too
/// little is known. Sentences are many.
const SEEN_IN_SENTENCES: u32 = 3;
const SEEN_IN_PASSAGES: u32 = 2;
/// How often a message of the corpus counts beside those of one text: they come as mail does, and are fewer.
const MAIL_COUNTS: f32 = 3.0;
/// Parts that sentences are left out in, one after the other.
const PARTS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let texts = Texts::read()?;
    if std::env::args().any(|argument| argument == "--try") {
        return attempt(&texts);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("patterns/implied");
    let (of_sentences, of_passages) = learned(&texts)?;
    let (sentences, passages) = (of_sentences.len(), of_passages.len());
    let files = [
        ("sentences.weights", of_sentences.to_bytes(&texts.digest())),
        ("passages.weights", of_passages.to_bytes(&texts.digest())),
        ("marks.weights", marks(&texts, of_sentences, of_passages)?.to_text(&texts.digest()).into_bytes()),
    ];
    for (name, bytes) in files {
        let changed = fs::read(folder.join(name)).is_ok_and(|before| before != bytes);
        println!("{name}: {} bytes, {}", bytes.len(), if changed { "changed" } else { "as before" });
        fs::write(folder.join(name), bytes)?;
    }
    println!(
        "{} sentences, {sentences} features; {} passages, {passages} features",
        texts.sentences()?.len(),
        texts.passages()?.len()
    );
    Ok(())
}

/// The marks of a message, whether it is confidential, and how often it counts.
type Noticed = (Marks, bool, f32);
type OfSentences = Weights<{ CLASSES.len() }>;

fn learned(texts: &Texts) -> Result<(OfSentences, Weights<KINDS>), Box<dyn Error>> {
    Ok((train(&texts.sentences()?, SEEN_IN_SENTENCES), train(&texts.passages()?, SEEN_IN_PASSAGES)))
}

/// The weights of marks. What a message's sentences say must come from models that did not learn from it: each hand's
/// messages are read by models that were learned without them.
fn marks(texts: &Texts, sentences: OfSentences, passages: Weights<KINDS>) -> Result<MarkWeights, Box<dyn Error>> {
    let mut all: Vec<Noticed> = Vec::new();
    for hand in 0..texts.hands() {
        let (sentences, passages) = learned(&texts.without(hand))?;
        all.extend(noticed(sentences, passages, &texts.by(hand)?, 1.0)?);
    }
    all.extend(noticed(sentences, passages, &measured()?, MAIL_COUNTS)?);
    Ok(MarkWeights::learn(&all))
}

/// What detection by these models notices in each message.
fn noticed(
    sentences: OfSentences,
    passages: Weights<KINDS>,
    messages: &[Message],
    counts: f32,
) -> Result<Vec<Noticed>, Box<dyn Error>> {
    let detector = Detector::reading_by(Implied::of(sentences, passages)?)?;
    let of = |message: &Message| {
        let facts = &message.inspection.facts;
        let context = Context {
            own_names: facts.names.iter().chain(&message.signed).cloned().collect(),
            own_addresses: [&facts.from, &facts.to, &facts.cc].into_iter().flatten().cloned().collect(),
            today: (2025, 12, 1),
            count_synthetic: true,
            ..Context::default()
        };
        let assessment = detector.assess(&message.inspection.views, &context);
        // A number of a person is decided by rule.
        let by_rule = assessment.disclosures.iter().any(|d| matches!(d.basis, Basis::NationalId | Basis::Protected));
        assessment.marks.filter(|_| !by_rule).map(|marks| (marks, message.confidential, counts))
    };
    Ok(messages.iter().filter_map(of).collect())
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
