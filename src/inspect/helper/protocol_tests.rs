#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::inspect::Lock;

const ROOM: Limits = Limits { bytes: 1000, entries: 3, until: None };

fn heard(bytes: &[u8]) -> Result<Opened, Breach> {
    hear(&mut Cursor::new(bytes), &ROOM)
}

fn extract() -> Extract {
    Extract {
        pieces: vec![
            Piece { place: Some("Ark1!B2".into()), text: "Kari Nordmann".into() },
            Piece { place: None, text: String::new() },
        ],
        files: vec![Inner { name: "a.txt".into(), place: Some("slide 2".into()), bytes: vec![0, 255] }],
        reasons: vec![Reason::Encrypted(Lock::Archive), Reason::Malformed],
    }
}

fn frame(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind][..], &u32::try_from(content.len()).unwrap().to_le_bytes(), content].concat()
}

#[test]
fn what_is_said_is_heard() {
    let mut said = Vec::new();
    answer(&mut said, Some(extract())).unwrap();
    assert_eq!(heard(&said).unwrap(), Opened::Read(extract()));
    let mut unknown = Vec::new();
    answer(&mut unknown, None).unwrap();
    assert_eq!(heard(&unknown).unwrap(), Opened::Unknown);
}

#[test]
fn a_signal_that_arrives_meanwhile_changes_nothing() {
    /// Is interrupted before every byte.
    struct Interrupted(Cursor<Vec<u8>>, bool);
    impl Read for Interrupted {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 { Err(io::ErrorKind::Interrupted.into()) } else { self.0.read(&mut bytes[..1]) }
        }
    }
    let mut said = Vec::new();
    answer(&mut said, Some(extract())).unwrap();
    assert_eq!(hear(&mut Interrupted(Cursor::new(said), false), &ROOM).unwrap(), Opened::Read(extract()));
}

#[test]
fn a_file_arrives_with_its_limits() {
    let mut asked = Vec::new();
    let until = Instant::now() + Duration::from_secs(5);
    ask(&mut asked, b"\x1F\x8Bfile", &Limits { bytes: usize::MAX, entries: 7, until: Some(until) }).unwrap();
    let mut from = Cursor::new(asked);
    let (bytes, limits) = next(&mut from).unwrap().unwrap();
    assert_eq!((bytes.as_slice(), limits.bytes, limits.entries), (&b"\x1F\x8Bfile"[..], MAX_ANSWER, 7));
    assert!(limits.in_time());
    assert!(next(&mut from).unwrap().is_none());
}

#[test]
fn too_much_is_cut_and_named() {
    let name = "æ".repeat(MAX_NAME);
    let place = "x".repeat(MAX_PLACE * 2);
    let given = Extract {
        pieces: vec![Piece { place: Some(place), text: "a".into() }],
        files: vec![Inner { name, bytes: Vec::new(), ..Inner::default() }],
        reasons: vec![Reason::OverLimit],
    };
    let mut said = Vec::new();
    answer(&mut said, Some(given)).unwrap();
    let Opened::Read(got) = heard(&said).unwrap() else { panic!("it was read") };
    assert_eq!(got.pieces[0].place.as_ref().unwrap().len(), MAX_PLACE);
    assert_eq!((got.files[0].name.len(), got.reasons), (MAX_NAME, vec![Reason::OverLimit]));
}

#[test]
fn whoever_breaks_the_rules_is_not_listened_to() {
    let (piece, inner, reason, end) = (Kind::Piece as u8, Kind::Inner as u8, Kind::Reason as u8, Kind::End as u8);
    let placeless = u32::MAX.to_le_bytes();
    let text = |n: usize| [&placeless[..], &vec![b'a'; n]].concat();
    for (what, said) in [
        ("no such frame", frame(99, b"")),
        ("a long frame that is not there", [&[piece][..], &u32::MAX.to_le_bytes()].concat()),
        ("more text than asked for", frame(piece, &text(1001))),
        ("in two pieces", [frame(piece, &text(600)), frame(piece, &text(600))].concat()),
        ("more files than asked for", frame(inner, &[0; 4]).repeat(4)),
        ("no length", frame(piece, b"abc")),
        ("a length beyond the end", frame(piece, b"\x09\0\0\0abc")),
        ("no UTF-8", frame(piece, b"\x01\0\0\0\xFFabc")),
        ("an unknown reason", frame(reason, &[200])),
        ("no reason", frame(reason, b"")),
        ("reasons without end", frame(reason, &[0]).repeat(Reason::ALL.len() + 1)),
        ("an end that is none", frame(end, b"x")),
        ("unknown after all", [frame(reason, &[0]), frame(Kind::Unknown as u8, b"")].concat()),
        ("out of turn", frame(Kind::Build as u8, b"")),
    ] {
        assert!(matches!(heard(&said), Err(Breach::Rules(_))), "{what}: {:?}", heard(&said));
    }
    let mut whole = Vec::new();
    answer(&mut whole, Some(extract())).unwrap();
    for end in 0..whole.len() {
        assert!(matches!(heard(&whole[..end]), Err(Breach::Gone(_))), "cut after {end}");
    }
}

#[test]
fn both_must_be_the_same_build() {
    struct Two(Cursor<Vec<u8>>, Vec<u8>);
    impl Read for Two {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            self.0.read(to)
        }
    }
    impl Write for Two {
        fn write(&mut self, from: &[u8]) -> io::Result<usize> {
            self.1.write(from)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut locked = false;
    let said = |text: &[u8]| Two(Cursor::new(frame(Kind::Build as u8, text)), Vec::new());
    let found = Found::from_bits(0b101).unwrap();
    let mut child = said(b"1 of today");
    answer_greeting(&mut child, "1 of today", || found).unwrap();
    assert_eq!(greet(&mut Two(Cursor::new(child.1), Vec::new()), "1 of today").unwrap(), found);
    let other = answer_greeting(&mut said(b"1 of yesterday"), "1 of today", || {
        locked = true;
        found
    });
    assert!(matches!(other, Err(Breach::Rules(_))) && !locked);
    assert!(matches!(greet(&mut said(b"\x071 of yesterday"), "1 of today"), Err(Breach::Rules(_))));
    assert!(matches!(greet(&mut said(b"\xFF1 of today"), "1 of today"), Err(Breach::Rules(_))));
}

proptest! {
    #[test]
    fn nothing_that_is_said_is_more_than_was_asked_for(said in proptest::collection::vec(any::<u8>(), 0..2000)) {
        if let Ok(Opened::Read(extract)) = heard(&said) {
            let text: usize = extract.pieces.iter().map(|piece| piece.text.len()).sum();
            let files: usize = extract.files.iter().map(|file| file.bytes.len()).sum();
            prop_assert!(text + files <= ROOM.bytes && extract.files.len() <= ROOM.entries);
        }
    }
}
