//! The weights of sentences and passages against the texts they are learned from.
//!
//! How well they tell is measured by `tests/corpus.rs`; here stands that they belong to the texts beside them, that the
//! texts are in order, and that nothing of what measures was learned from.

#[path = "../examples/learn/texts.rs"]
#[allow(dead_code)] // the messages are for learning alone
mod texts;

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use sluss::detect::implied::{CLASSES, Implied};
use texts::{Texts, is_held_back};

#[test]
fn the_weights_were_learned_from_the_texts_that_stand_here() {
    let (texts, learned) = (Texts::read().unwrap().digest(), Implied::learned_from().unwrap());
    assert_eq!(texts, learned, "texts changed: `cargo run --release --example learn`");
}

#[test]
fn every_class_has_sentences_and_no_sentence_stands_twice() {
    let texts = Texts::read().unwrap();
    let sentences = texts.sentences().unwrap();
    for (class, category) in CLASSES.iter().enumerate() {
        let count = sentences.iter().filter(|s| s.class == class).count();
        assert!(count >= 400, "{category:?}: {count}");
    }
    let passages = texts.passages().unwrap();
    assert!(passages.iter().filter(|p| p.class == 0).count() * 3 > passages.len());
    let distinct: HashSet<&str> = passages.iter().map(|p| p.text).collect();
    assert_eq!(distinct.len(), passages.len());
}

#[test]
fn nothing_that_measures_is_learned_from() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let labels = fs::read_to_string(folder.join("labels.jsonl")).unwrap();
    let files = labels.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let held_back = files.filter(|label| is_held_back(label["file"].as_str().unwrap())).count();
    assert!((50..90).contains(&held_back), "{held_back}");
    let texts = Texts::read().unwrap();
    let learned: HashSet<&str> = texts.sentences().unwrap().iter().map(|s| s.text).collect();
    let entries = ["unseen/eml", "hard/eml", "fresh/eml", "newest/eml"]
        .into_iter()
        .flat_map(|set| fs::read_dir(folder.join(set)).unwrap());
    for entry in entries {
        let raw = fs::read(entry.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&raw);
        // A greeting may stand anywhere.
        let found = text.lines().map(str::trim).find(|line| line.len() > 40 && learned.contains(line));
        assert_eq!(found, None);
    }
}
