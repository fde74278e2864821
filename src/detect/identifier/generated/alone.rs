//! A right number alone in a mail is found.

use super::dress::{dressed, groupings};
use super::frames::{FRAMES, OTHER_PLACES};
use super::numbers::{Number, Shape, of_every_kind};
use super::{Dice, Tally, counted};
use crate::text::OriginKind;

/// What the measure must reach, over all and in every frame.
const FOUND: f64 = 0.999;
const LEAST_NUMBERS: usize = 20_000;

#[test]
fn a_right_number_is_found_in_every_form_and_frame() {
    let mut dice = Dice(4_711);
    let (mut by_kind, mut by_form, mut by_frame) = (Tally::default(), Tally::default(), Tally::default());
    let (mut numbers, mut missed) = (0, Vec::new());
    let body = FRAMES.iter().map(|frame| (OriginKind::Body, *frame));
    for (place, frame) in body.chain(OTHER_PLACES) {
        let one_line = place != OriginKind::Body || frame.contains("://");
        for kind in 0..of_every_kind(&mut dice).len() {
            let count = groupings(&of_every_kind(&mut dice)[kind]).len();
            // A number of its own for every way to write it.
            for way in 0..count * 2 {
                let number = of_every_kind(&mut dice).swap_remove(kind);
                let (grouping, plain) = groupings(&number).swap_remove(way / 2);
                let (dress, written) = if way % 2 == 0 { ("plain", plain) } else { dressed(&plain, &mut dice) };
                if is_no_form(&number, grouping, &written, frame, one_line) {
                    continue;
                }
                numbers += 1;
                let found = counted(place, &frame.replace("{}", &written));
                let hit = found.iter().any(|f| f.identity.0.ends_with(&number.tail));
                let country = match number.shape {
                    Shape::Norwegian => "no ",
                    Shape::Swedish => "se ",
                    Shape::Fixed | Shape::Labelled(_) => "",
                };
                if !hit {
                    missed.push(format!("{} {country}{grouping}, {dress}: {place:?} {frame:?}", number.kind));
                }
                by_kind.add(number.kind, hit);
                by_form.add(&format!("{country}{grouping}"), hit);
                by_form.add(&format!("dress: {dress}"), hit);
                by_frame.add(&format!("{place:?} {frame:?}"), hit);
            }
        }
    }
    by_kind.print("kind");
    by_form.print("form");
    by_frame.print("frame");
    missed.iter().for_each(|row| eprintln!("missed {row}"));
    eprintln!("{numbers} numbers, {:.5} found", by_kind.rate());
    assert!(numbers >= LEAST_NUMBERS);
    assert!(by_kind.rate() >= FOUND, "{:.5}", by_kind.rate());
}

/// What nobody writes, and what the design leaves to a label: ten digits of the shape of a 070 number,
/// and in a link whatever passes the check too often.
fn is_no_form(number: &Number, grouping: &str, written: &str, frame: &str, one_line: bool) -> bool {
    let lines = written.contains('\n');
    let phone = grouping == "ten" && number.value.get(2..5) == Some("070");
    let often = matches!(grouping, "ten" | "6 4") || number.kind.ends_with("2032");
    let two_labels = matches!(number.shape, Shape::Labelled(_)) && frame.contains("fnr{}");
    lines && (one_line || written.contains('\u{202e}')) || phone || often && frame.contains("://") || two_labels
}
