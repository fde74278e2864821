//! What the walk does with what an attachment gave, whoever opened it.

use std::io::Write;
use std::sync::Mutex;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::super::attachments::{Closed, InProcess, Opened};
use super::super::documents::{Extract, Inner, Limits, Piece};
use super::*;
use crate::inspect::Lock;

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    writer.write_all(content).unwrap();
    writer.finish().unwrap()
}

/// A mail with these attachments, read by `attachments`.
fn opened(files: &[(&str, Vec<u8>)], attachments: &dyn Attachments) -> Inspection {
    let mut mail = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHei\r\n".to_vec();
    for (name, file) in files {
        let head = "--x\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=";
        let encoded = data_encoding::BASE64.encode(file);
        mail.extend(format!("{head}{name}\r\n\r\n{encoded}\r\n").into_bytes());
    }
    mail.extend(b"--x--\r\n");
    inspect_with(&RawMessage::uncounted(mail), attachments)
}

/// Answers every file alike.
struct Always(fn() -> Opened);

impl Attachments for Always {
    fn open(&self, _bytes: &[u8], _limits: Limits) -> Opened {
        (self.0)()
    }
}

#[test]
fn a_file_in_a_file_is_read_and_its_path_goes_on() {
    let inner = gzip(b"\xEF\xBB\xBFKari Nordmann");
    let inspection = opened(&[("a.gz.gz", gzip(&inner)), ("b.gz", gzip(b"<html><p>Ola"))], &InProcess);
    assert_eq!(
        outline(&inspection),
        [
            "Body 1: Hei",
            "Filename 2: a.gz.gz",
            "Attachment 2/1/1: Kari Nordmann",
            "Filename 3: b.gz",
            "Attachment 3/1: Ola",
            "Attachment 3/1: <html><p>Ola",
        ]
    );
    assert_eq!(reasons(&inspection), [""; 0]);
}

#[test]
fn every_piece_of_text_has_its_place() {
    let piece = |place: Option<&str>, text: &str| Piece { place: place.map(str::to_owned), text: text.to_owned() };
    let given = Mutex::new(Some(Extract {
        pieces: vec![
            piece(Some("Ark1!A1"), "navn\t"),
            piece(Some("Ark1!B1"), "fnr"),
            piece(Some("Ark1!A2"), "Kari\t"),
            piece(Some("Ark1!B2"), "01819012365"),
            piece(None, "Ola"),
            piece(Some("Ark1!B3"), ""),
        ],
        files: vec![Inner { name: "sak/indre.txt".into(), place: Some("slide 3".into()), bytes: b"Nordmann".to_vec() }],
        reasons: vec![Reason::Encrypted(Lock::Archive)],
    }));
    struct Once(Mutex<Option<Extract>>);
    impl Attachments for Once {
        fn open(&self, _bytes: &[u8], _limits: Limits) -> Opened {
            self.0.lock().unwrap().take().map_or(Opened::Unknown, Opened::Read)
        }
    }
    let inspection = opened(&[("a.xlsx", b"PK\x03\x04".to_vec())], &Once(given));
    let shown: Vec<_> = inspection
        .views
        .iter()
        .filter(|view| view.origin.part.starts_with('2'))
        .map(|view| (view.origin.part.to_string(), view.origin.place.as_deref(), view.normal()))
        .collect();
    let expected = [
        ("2", None, "a.xlsx"),
        ("2", None, "navn\tfnr\nKari\t01819012365\nOla\n"),
        ("2", None, "navn Kari; fnr 01819012365; "),
        ("2/1", None, "sak/indre.txt"),
        ("2/1", Some("slide 3"), "Nordmann"),
    ];
    assert_eq!(shown, expected.map(|(part, place, text)| (part.to_owned(), place, text)));
    assert_eq!(reasons(&inspection), ["2 encrypted-archive"]);
    assert_eq!(inspection.names["2/1"], "sak/indre.txt");
    // Each reading leads back to the cell.
    for (view, found) in [(1, "01819012365"), (2, "01819012365"), (1, "Kari"), (2, "Kari"), (1, "Ola")] {
        let view = inspection.views.iter().filter(|view| view.origin.part.starts_with('2')).nth(view).unwrap();
        let at = view.normal().find(found).unwrap();
        let span = view.to_text(at..at + found.len());
        assert_eq!(&view.text()[span.clone()], found);
        let place = match found {
            "Kari" => Some("Ark1!A2"),
            "Ola" => None,
            _ => Some("Ark1!B2"),
        };
        assert_eq!(view.origin_at(span.start).place.as_deref(), place);
    }
}

#[test]
fn a_file_that_fails_has_one_reason() {
    for (always, reason) in [
        (Always(|| Opened::Failed(Reason::Malformed)), "2 malformed"),
        (Always(|| Opened::Failed(Reason::TimedOut)), "2 timed-out"),
        (Always(|| Opened::Failed(Reason::OverLimit)), "2 over-limit"),
        (Always(|| Opened::Unknown), "2 unsupported"),
    ] {
        for mark in [&b"PK\x03\x04"[..], b"\x1F\x8B\x08", b"%PDF-1.7", b"{\\rtf1", b"\x78\x9F\x3E\x22"] {
            assert_eq!(reasons(&opened(&[("a", mark.to_vec())], &always)), [reason], "{mark:?}");
        }
    }
}

#[test]
fn text_is_nobody_elses_business() {
    let never = Always(|| panic!("it was asked"));
    let files = [("a.txt", b"Kari".to_vec()), ("b.csv", b"a;b\n1;2\n".to_vec())];
    assert_eq!(reasons(&opened(&files, &never)), [""; 0]);
}

#[test]
fn captions_of_pictures_are_views_and_what_hides_them_has_its_reason() {
    let png = |width: u32, rest: usize| {
        let header = [&b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR"[..], &width.to_be_bytes(), &800_u32.to_be_bytes()];
        [header.concat(), vec![1; rest]].concat()
    };
    let captioned = Always(|| {
        let piece = Piece { place: Some("properties".into()), text: "Kari Nordmann".into() };
        Opened::Read(Extract { pieces: vec![piece], ..Extract::default() })
    });
    // Of small ones that are attached as well; only the large one has pixels that nobody has read.
    let inspection = opened(&[("small.png", png(40, 40)), ("large.png", png(800, 40_000))], &captioned);
    let shown = |view: &&View| view.by_place() == [(Some("properties".into()), "Kari Nordmann")];
    let parts: Vec<_> = inspection.views.iter().filter(shown).map(|view| view.origin.part.to_string()).collect();
    assert_eq!((parts, reasons(&inspection)), (vec!["2".to_owned(), "3".to_owned()], vec!["3 image-only".to_owned()]));
    let broken = Always(|| Opened::Failed(Reason::Malformed));
    assert_eq!(reasons(&opened(&[("large.png", png(800, 40_000))], &broken)), ["2 malformed", "2 image-only"]);
}

#[test]
fn captions_of_a_picture_inside_stand_where_the_picture_does() {
    struct Slide;
    impl Attachments for Slide {
        fn open(&self, bytes: &[u8], _limits: Limits) -> Opened {
            let picture =
                Inner { place: Some("slide 3".into()), bytes: b"\x89PNG\r\n\x1A\n".to_vec(), ..Inner::default() };
            let caption = Piece { place: Some("properties".into()), text: "Kari Nordmann".into() };
            Opened::Read(match bytes.starts_with(b"PK") {
                true => Extract { files: vec![picture], ..Extract::default() },
                false => Extract { pieces: vec![caption], ..Extract::default() },
            })
        }
    }
    let inspection = opened(&[("a.pptx", b"PK\x03\x04".to_vec())], &Slide);
    let captions: Vec<_> = inspection.views.iter().filter(|view| &*view.origin.part == "2/1").collect();
    let [caption] = captions[..] else { panic!("{captions:?}") };
    assert_eq!(caption.by_place(), [(Some("slide 3 properties".into()), "Kari Nordmann")]);
}

#[test]
fn bombs_end_within_the_budget() {
    let mut nested = b"Kari".to_vec();
    for _ in 0..100 {
        nested = gzip(&nested);
    }
    let inspection = opened(&[("a.gz", nested)], &InProcess);
    let [found] = &reasons(&inspection)[..] else { panic!("{:?}", reasons(&inspection)) };
    assert!(found.starts_with("2/1/1/1/1") && found.ends_with(" over-limit"), "{found}");

    // 100 MB in 100 kB, in a mail whose budget is 16 MB.
    let inspection = opened(&[("a.gz", gzip(&vec![b'a'; 100_000_000]))], &InProcess);
    assert!(reasons(&inspection).contains(&"2 over-limit".to_owned()), "{:?}", reasons(&inspection));
    let text: usize = inspection.views.iter().map(|view| view.text().len()).sum();
    assert!(text <= 2 * budget::MIN_EXPANDED, "{text}");

    // One that gives a file again and again.
    let again = Always(|| {
        let inner = || Inner { name: String::new(), bytes: b"PK\x03\x04".to_vec(), ..Inner::default() };
        Opened::Read(Extract { files: (0..30).map(|_| inner()).collect(), ..Extract::default() })
    });
    let inspection = opened(&[("a.zip", b"PK\x03\x04".to_vec())], &again);
    assert!(!inspection.uninspectable.is_empty());
    assert!(inspection.uninspectable.iter().all(|of| of.reason == Reason::OverLimit));
}

#[test]
fn a_flat_office_document_has_places_and_is_text_where_nobody_opens_it() {
    let flat = std::fs::read(format!("{}/tests/documents/writer.fodt", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let found = |attachments: &dyn Attachments, place: Option<&str>| {
        let inspection = opened(&[("a.fodt", flat.clone())], attachments);
        let mut views = inspection.views.iter().filter(|view| view.text().contains("01819012365"));
        views.any(|view| {
            let stands =
                view.by_place().into_iter().any(|(at, text)| at.as_deref() == place && text.contains("01819012365"));
            stands || (place.is_none() && view.by_place().is_empty())
        })
    };
    assert!(found(&InProcess, Some("table 1 row 1")));
    assert!(found(&Closed, None));
}

#[test]
fn what_is_locked_is_told_by_what_locks_it() {
    let then = |start: &[u8]| {
        [start, &(0..600_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<_>>()].concat()
    };
    for (what, bytes, expected) in [
        ("a session key to a public key", then(b"\x85\x01\x0C\x0312345678\x01"), "encrypted-pgp"),
        ("the same in the new form", then(b"\xC1\xC0\x4C\x0312345678\x12"), "encrypted-pgp"),
        ("a session key with a password", then(b"\x8C\x0D\x04\x09\x03\x08"), "encrypted-pgp"),
        ("a key of no kind", then(b"\x85\x01\x0C\x0312345678\x77"), "unsupported"),
        ("age", then(b"age-encryption.org/v1\n-> X25519 abc\n--- def\n"), "encrypted-pgp"),
        (
            "age, hardly longer than its header",
            b"age-encryption.org/v1\n-> X25519 abc\n--- def\n\x81".to_vec(),
            "encrypted-pgp",
        ),
        ("mail under rights management", then(b"\x76\xE8\x04\x60\xC4\x11\xE3\x86"), "encrypted-office"),
        ("a file under rights management", then(b".pfile"), "encrypted-office"),
        ("a zip archive", then(b"PK\x03\x04\x14\0\x01\0"), "encrypted-archive"),
        (
            "a document",
            then(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"),
            "encrypted-office",
        ),
        ("neither", then(b"\x93\x82"), "unsupported"),
    ] {
        let inspection = opened(&[("a.bin", bytes)], &Closed);
        let rules: Vec<_> = inspection.uninspectable.iter().map(|of| of.reason.rule()).collect();
        assert_eq!(rules, [expected], "{what}");
    }
}
