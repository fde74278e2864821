//! Readers against documents made by real software, by hand, and against damage.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod archive;
mod compound;
mod docx;
mod excel;
mod metafile;
mod opendocument;
mod outlook;
mod pdf;
mod pdf_pictures;
mod picture;
mod powerpoint;
mod pptx;
mod rtf;
mod tnef;
mod word;
mod xlsx;
mod xml;

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;

use super::*;
use crate::inspect::Lock;

/// The synthetic identity number that stands once in every place of the fixtures.
const NUMBER: &str = "01819012365";

fn limits() -> Limits {
    Limits { bytes: 50_000_000, entries: 1_000, until: None }
}

fn extract(bytes: &[u8]) -> Extract {
    read(bytes, &mut limits()).expect("a known format")
}

/// A fixture of `tests/documents/`.
fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/documents/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// An archive of these entries.
fn archive(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// How often the number stands in each place; the text itself is the place `""`.
fn places(extract: &Extract) -> BTreeMap<&str, usize> {
    let mut places = BTreeMap::new();
    for piece in &extract.pieces {
        let found = piece.text.matches(NUMBER).count();
        if found > 0 {
            *places.entry(piece.place.as_deref().unwrap_or_default()).or_default() += found;
        }
    }
    places
}

/// The texts at a place.
fn texts<'a>(extract: &'a Extract, place: Option<&str>) -> Vec<&'a str> {
    let pieces = extract.pieces.iter().filter(|piece| piece.place.as_deref() == place);
    pieces.map(|piece| piece.text.as_str()).collect()
}

/// The running text of a document whose paragraphs are numbered.
fn running(extract: &Extract) -> String {
    let inner = ["link", "field", "text", "box", "comment", "bookmark", "footnote", "endnote", "form", "name"];
    let own = |place: &&Piece| {
        let place = place.place.as_deref().unwrap_or_default();
        (place.contains("paragraph ") || place.contains(" row ")) && !inner.iter().any(|what| place.ends_with(what))
    };
    let lines: Vec<&str> = extract.pieces.iter().filter(own).map(|piece| piece.text.as_str()).collect();
    lines.join("\n")
}

/// Copies that were cut off, or have one byte wrong, spread evenly over the file.
fn damaged(bytes: &[u8], copies: usize) -> impl Iterator<Item = Vec<u8>> {
    let step = (bytes.len() / copies).max(1);
    let cut = (0..bytes.len()).step_by(step * 4).map(|at| bytes[..at].to_vec());
    let flipped = (0..bytes.len()).step_by(step).map(|at| {
        let mut copy = bytes.to_vec();
        copy[at] ^= 1 << (at % 8);
        copy
    });
    cut.chain(flipped)
}

/// Damage never makes a reader panic, and never takes a place or a file away without a reason.
fn survives_damage(name: &str, copies: usize) {
    let bytes = fixture(name);
    let whole = extract(&bytes);
    let (expected, files) = (places(&whole), whole.files.len());
    let mut told = 0;
    for copy in damaged(&bytes, copies) {
        // Cut off before its mark, or with a wrong one: no format that is read here.
        let Some(found) = read(&copy, &mut limits()) else { continue };
        let lost = found.files.len() < files
            || expected.iter().any(|(place, n)| {
                // Nothing in an archive vouches for its comment.
                *place != "archive comment" && places(&found).get(place).is_none_or(|found| found < n)
            });
        assert!(!lost || !found.reasons.is_empty(), "{name}: text lost in silence");
        told += usize::from(!found.reasons.is_empty());
    }
    assert!(told > copies / 2, "{name}: of {copies} damaged copies only {told} were noticed");
}
