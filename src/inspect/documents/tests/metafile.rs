//! Drawings of Windows as files of their own.

use super::*;

#[test]
fn a_drawing_is_read_line_by_line() {
    for name in ["draw.emf", "draw.wmf"] {
        let found = extract(&fixture(name));
        assert_eq!(found.reasons, [], "{name}");
        let drawn = "Æøåäö delt: 01819012365\nFigur \n01819012365";
        assert_eq!(texts(&found, Some("drawing")), [drawn], "{name}");
        let whole = fixture(name);
        for copy in damaged(&whole, 500) {
            let found = read(&copy, &mut limits());
            let cut = copy.len() < whole.len();
            assert!(!cut || found.is_none_or(|found| found.reasons == [Reason::Malformed]), "{name}");
        }
    }
}

/// A header, one record, and the end.
fn enhanced(record: &[u8]) -> Vec<u8> {
    let head = [&[1, 0, 0, 0, 88, 0, 0, 0][..], &[0; 32], b" EMF", &[0; 44]].concat();
    [&head[..], record, &[14, 0, 0, 0, 20, 0, 0, 0], &[0; 12]].concat()
}

#[test]
fn text_that_nobody_can_read_makes_it_a_picture() {
    let mut glyphs = [&[84, 0, 0, 0, 80, 0, 0, 0][..], &[0; 36], &[1, 0, 0, 0, 76, 0, 0, 0], &[0x10]].concat();
    glyphs.resize(80, 0);
    let plus = |dual| {
        let begin = [&b"EMF+"[..], &[0x01, 0x40, dual, 0, 12, 0, 0, 0, 0, 0, 0, 0]].concat();
        [&[70, 0, 0, 0, 28, 0, 0, 0, 16, 0, 0, 0][..], &begin].concat()
    };
    for (name, record, reasons) in [
        ("nothing", vec![], &[][..]),
        ("glyphs", glyphs, &[Reason::ImageOnly][..]),
        ("EMF+ beside the same in EMF", plus(1), &[]),
        ("EMF+ alone", plus(0), &[Reason::ImageOnly]),
    ] {
        assert_eq!(extract(&enhanced(&record)).reasons, reasons, "{name}");
    }
}
