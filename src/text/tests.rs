//! Normalisation as a table, and the promise of the offset map.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;

fn normal(source: &str) -> String {
    normalise(source, 0, &[]).text
}

fn view(text: &str) -> View {
    let origin = Origin { kind: OriginKind::Body, part: "1".into(), place: None, nested: 0 };
    View::read(origin, &Arc::from(text), 0..text.len(), false)
}

#[test]
fn characters_become_matchable() {
    for (source, expected) in [
        // as they are
        ("Fødselsnummer på Åse, ÄÖ äö é", "Fødselsnummer på Åse, ÄÖ äö é"),
        ("rad 1\nrad 2\n", "rad 1\nrad 2\n"),
        // spaces and controls
        ("a\u{A0}b\u{202F}c\u{2009}d\u{3000}e\tf", "a b c d e\tf"),
        ("a\u{7}b\u{7F}c\u{85}d\u{C}e", "a b c d e"),
        ("a\u{2028}b", "a\nb"),
        // dashes
        ("0\u{2010}1\u{2011}2\u{2012}3\u{2013}4\u{2014}5\u{2212}6\u{FF0D}7", "0-1-2-3-4-5-6-7"),
        // invisible
        ("01\u{200B}01\u{AD}00\u{2060}1\u{FEFF}2\u{200D}3\u{FE0F}4\u{E0041}5", "01010012345"),
        ("\u{202A}0101\u{202C}00", "010100"),
        ("1\u{FE0F}\u{20E3}2\u{20E3}", "12"),
        // digits
        ("０１０１", "0101"),
        ("٠١٠١", "0101"),
        ("①②⑩", "1210"),
        ("m²", "m2"),
        ("2½", "2½"),
        // letters
        ("a\u{30A}pne A\u{30A}se o\u{308}", "åpne Åse ö"),
        ("0\u{323}1\u{336}2", "012"),
        ("ﬁnne", "finne"),
        ("ｐｅｒｓｏｎ", "person"),
        ("\u{B4}", "\u{B4}"),
        // quotes
        ("O\u{2019}Brien \u{201D}x\u{201D}", "O'Brien \"x\""),
        // look-alikes: only in words that are otherwise Latin
        ("p\u{435}rs\u{43E}nnummer", "personnummer"),
        ("\u{41A}ari", "Kari"),
        ("\u{43F}\u{440}\u{438}\u{432}\u{435}\u{442}", "\u{43F}\u{440}\u{438}\u{432}\u{435}\u{442}"),
        ("Athen\u{3B1}", "Athena"),
        // UTF-8 read as windows-1252, and text that only looks like it
        ("fÃ¸dselsnummer pÃ¥ Ã…se, mÃ¸te â€“ Â«Ã¦Â»", "fødselsnummer på Åse, møte - «æ»"),
        ("SÃO, pâté, Â", "SÃO, pâté, Â"),
    ] {
        assert_eq!(normal(source), expected);
    }
}

#[test]
fn spans_map_back_to_what_is_seen() {
    for (source, needle, seen) in [
        ("Fnr 010100 12345.", "010100 12345", "010100 12345"),
        ("é 01\u{200B}01\u{AD}00 x", "010100", "01\u{200B}01\u{AD}00"),
        ("æ ０１０１ x", "0101", "０１０１"),
        ("a\u{30A}pen sak", "åpen", "a\u{30A}pen"),
        ("oﬃce x", "ffi", "ﬃ"),
        ("oﬃce x", "c", "c"),
        ("fÃ¸dsel 1", "ø", "Ã¸"),
        ("fÃ¸dsel 1", "1", "1"),
        ("Hej\u{200B} Ola", "Hej", "Hej"),
    ] {
        let view = view(source);
        let at = view.normal().find(needle).unwrap();
        assert_eq!(&view.text()[view.to_text(at..at + needle.len())], seen);
    }
}

#[test]
fn plain_text_needs_no_map() {
    let text = "Hei, møtet om saken er på mandag. Ha det så bra, hälsningar Åsa.\n".repeat(50);
    assert_eq!(normalise(&text, 7, &[]).map, [(0, 7)]);
}

#[test]
fn a_piece_without_anything_to_fold_is_matched_where_it_is_printed() {
    let text = "Overskrift\nHei, møtet om saken er på mandag.\n";
    let (start, printed) = (text.find("Hei").unwrap(), Arc::<str>::from(text));
    let origin = Origin { kind: OriginKind::Body, part: "1".into(), place: None, nested: 0 };
    let view = View::read(origin, &printed, start..text.len(), true);
    assert_eq!(view.normal().as_ptr(), printed[start..].as_ptr());
    assert_eq!(&printed[view.to_text(5..11)], "møtet");
    assert_eq!(view.clone().normal(), view.normal());
}

proptest! {
    #[test]
    fn a_quick_look_never_misses_what_is_to_be_folded(source in awkward()) {
        prop_assert!(!normalise::is_plain(&source) || normal(&source) == source);
    }
}

#[test]
fn cuts_join_what_they_held_apart() {
    let text: Arc<str> = "0101\n00\t12345".into();
    let origin = Origin { kind: OriginKind::Html, part: "1".into(), place: None, nested: 0 };
    let view = View::new(origin, &text, 0..text.len(), Way::Joined([4..5, 7..8].into()));
    assert_eq!(view.normal(), "01010012345");
    assert!(view.alternative);
    assert_eq!(view.to_text(0..11), 0..13);
    assert_eq!(view.to_text(4..6), 5..7);
}

#[test]
fn overridden_digits_are_read_as_displayed() {
    let text: Arc<str> = "Nr \u{202E}54321001010\u{202C} slutt".into();
    let origin = Origin { kind: OriginKind::Body, part: "1".into(), place: None, nested: 0 };
    let view = View::new(origin.clone(), &text, 0..text.len(), Way::Reversed);
    assert_eq!(view.normal(), "Nr 01010012345 slutt");
    assert_eq!(&text[view.to_text(3..14)], "54321001010");
    let plain: Arc<str> = "\u{202E}abc".into();
    assert_eq!(View::new(origin, &plain, 0..plain.len(), Way::Reversed).normal(), "");
}

/// Text of ordinary letters and of everything that normalisation touches.
fn awkward() -> impl Strategy<Value = String> {
    let special = "\u{200B}\u{AD}\u{30A}\u{308}\u{202E}\u{202C}ﬁﷺ½０②ÃÂâ€\u{80}¸Ѐоеα\u{1F101}\n\t\u{2028}å0 aO";
    let special: Vec<char> = special.chars().collect();
    proptest::collection::vec(prop_oneof![proptest::sample::select(special), any::<char>()], 0..60)
        .prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    /// Every span of normal is a span of text, on character boundaries, and order is kept.
    #[test]
    fn every_span_maps_inside_the_text(source in awkward(), prefix in "[a-zå]{0,5}") {
        let text: Arc<str> = format!("{prefix}{source}").into();
        let origin = Origin { kind: OriginKind::Body, part: "1".into(), place: None, nested: 0 };
        let view = View::read(origin.clone(), &text, prefix.len()..text.len(), true);
        let bounds: Vec<usize> = view.normal().char_indices().map(|(at, _)| at).chain([view.normal().len()]).collect();
        let mut last = prefix.len();
        for pair in bounds.windows(2) {
            let span = view.to_text(pair[0]..pair[1]);
            prop_assert!(text.get(span.clone()).is_some_and(|seen| !seen.is_empty()));
            prop_assert!(span.start >= last, "spans do not run backwards");
            last = span.start;
        }
        prop_assert_eq!(view.zones().first().map(|z| z.span.start), Some(0));
        prop_assert_eq!(view.zones().last().map(|z| z.span.end), Some(view.normal().len()));
        for pair in view.zones().windows(2) {
            prop_assert_eq!(pair[0].span.end, pair[1].span.start);
        }
        let reversed = View::new(origin, &text, 0..text.len(), Way::Reversed);
        let all = reversed.to_text(0..reversed.normal().len());
        prop_assert!(text.get(all).is_some());
    }

    /// Normalising twice changes nothing more.
    #[test]
    fn normalisation_is_idempotent_on_nordic_text(source in "[a-zæøåäöéÆØÅÄÖ0-9 .,:;()\n-]{0,80}") {
        prop_assert_eq!(normal(&source), source);
    }
}
