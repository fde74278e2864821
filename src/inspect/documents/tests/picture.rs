//! What is written beside pictures.

use super::*;

const PROPERTIES: Option<&str> = Some("properties");

/// Words without white space around them, sorted.
fn words(name: &str) -> Vec<String> {
    let found = extract(&fixture(name));
    assert_eq!(found.reasons, [], "{name}");
    assert!(found.files.is_empty() && found.pieces.iter().all(|piece| piece.place.as_deref() == PROPERTIES));
    let mut words: Vec<String> = found.pieces.into_iter().map(|piece| piece.text).collect();
    words.sort();
    words
}

#[test]
fn every_place_for_words_in_a_jpeg_is_read_once() {
    assert_eq!(
        words("tagged.jpg"),
        [
            "Beskrivelse 01819012365 æøåäö",
            "By 01819012365",
            "Fotograf 01819012365",
            "GPS 59.9139 N 10.7522 E",
            "IPTC 01819012365 æøåäö",
            "Kommentar 01819012365 æøåäö",
            "Merknad 01819012365 æøåäö",
            "Overskrift 01819012365",
            "Person 01819012365",
            "Rettigheter 01819012365",
            "Tittel 01819012365 æøåäö",
            "Windows 01819012365",
            "XMP 01819012365 æøåäö",
        ]
    );
}

#[test]
fn and_in_other_formats() {
    assert_eq!(
        words("tagged.png"),
        [
            "Beskrivelse 01819012365 æøåäö",
            "Forfatter 01819012365",
            "Fotograf 01819012365",
            "Merknad 01819012365 og mer av det samme",
            "Tittel 01819012365",
            "XMP 01819012365",
        ]
    );
    for name in ["tagged.webp", "tagged.tif"] {
        assert_eq!(words(name), ["Beskrivelse 01819012365", "GPS 59.9139 N 10.7522 E", "XMP 01819012365"], "{name}");
    }
}

#[test]
fn pictures_without_words_give_none_and_no_reason() {
    for name in ["logo.png", "photo.jpg", "scan.jpg", "scan.png", "scan.webp"] {
        assert_eq!(words(name), Vec::<String>::new(), "{name}");
    }
    // Ghostscript and Pillow say who they are.
    for name in ["scan.tif", "pages.tif"] {
        assert!(places(&extract(&fixture(name))).is_empty());
        assert_eq!(extract(&fixture(name)).reasons, [], "{name}");
    }
}

#[test]
fn damage_hides_nothing_in_silence() {
    for name in ["tagged.jpg", "tagged.png", "tagged.webp", "tagged.tif"] {
        let bytes = fixture(name);
        let whole = places(&extract(&bytes))["properties"];
        for end in (0..bytes.len()).step_by(bytes.len() / 300) {
            let Some(found) = read(&bytes[..end], &mut limits()) else { continue };
            let left = places(&found).get("properties").copied().unwrap_or(0);
            assert!(left == whole || !found.reasons.is_empty(), "{name} cut at {end}: {left} of {whole} in silence");
        }
        let mut noticed = 0;
        for copy in damaged(&bytes, 600) {
            // A letter of a caption may become another; only PNG vouches for its own.
            let Some(found) = read(&copy, &mut limits()) else { continue };
            noticed += usize::from(!found.reasons.is_empty());
            let left = places(&found).get("properties").copied().unwrap_or(0);
            assert!(name != "tagged.png" || left == whole || !found.reasons.is_empty(), "{name}: lost in silence");
        }
        assert!(noticed > 0, "{name}");
    }
}

#[test]
fn what_a_gateway_adds_is_no_damage() {
    for name in ["tagged.jpg", "tagged.png", "tagged.webp", "tagged.tif"] {
        assert_eq!(extract(&[&fixture(name)[..], b"\r\n"].concat()).reasons, [], "{name}");
    }
}

#[test]
fn limits_hold() {
    let mut few = Limits { bytes: 40, ..limits() };
    let found = read(&fixture("tagged.jpg"), &mut few).unwrap();
    assert!(found.pieces.iter().map(|piece| piece.text.len()).sum::<usize>() <= 40);
    assert_eq!(found.reasons, [Reason::OverLimit]);
    // A text of zeros that grows a thousandfold.
    let mut bomb = flate2::write::ZlibEncoder::new(b"Comment\0\0".to_vec(), flate2::Compression::best());
    bomb.write_all(&vec![b'0'; 60_000_000]).unwrap();
    let content = bomb.finish().unwrap();
    let len = u32::try_from(content.len()).unwrap().to_be_bytes();
    let mut crc = flate2::Crc::new();
    crc.update(b"zTXt");
    crc.update(&content);
    let png =
        [b"\x89PNG\r\n\x1A\n", &len[..], b"zTXt", &content, &crc.sum().to_be_bytes(), b"\0\0\0\0IEND\xAE\x42\x60\x82"]
            .concat();
    let found = extract(&png);
    assert_eq!((found.pieces.len(), found.reasons), (0, vec![Reason::OverLimit]));
}

#[test]
fn a_position_is_a_place_on_earth() {
    use exif::{Field, In, Rational, Tag, Value};
    let gps = |latitude: &[(u32, u32)], side: &str| {
        let rational = |parts: &[(u32, u32)]| {
            Value::Rational(parts.iter().map(|(num, denom)| Rational { num: *num, denom: *denom }).collect())
        };
        let ascii = |text: &str| Value::Ascii(vec![text.into()]);
        let fields = [
            (Tag::GPSLatitude, rational(latitude)),
            (Tag::GPSLatitudeRef, ascii(side)),
            (Tag::GPSLongitude, rational(&[(18, 1), (4, 1), (72, 2)])),
            (Tag::GPSLongitudeRef, ascii("e")),
        ];
        let fields = fields.map(|(tag, value)| Field { tag, ifd_num: In::PRIMARY, value });
        let mut writer = exif::experimental::Writer::new();
        fields.iter().for_each(|field| writer.push_field(field));
        let mut tiff = Cursor::new(Vec::new());
        writer.write(&mut tiff, true).unwrap();
        texts(&extract(tiff.get_ref()), PROPERTIES).join("|")
    };
    for (what, latitude, side, text) in [
        ("degrees, minutes, seconds", &[(59, 1), (20, 1), (3000, 100)][..], "N", "GPS 59.3417 N 18.0767 E"),
        ("the other half", &[(33, 1), (52, 1), (0, 1)], "S", "GPS 33.8667 S 18.0767 E"),
        ("degrees alone", &[(593_417, 10_000)], "N", "GPS 59.3417 N 18.0767 E"),
        ("no seconds known", &[(59, 1), (20, 1), (0, 0)], "N", "GPS 59.3333 N 18.0767 E"),
        ("nothing known", &[(0, 0), (0, 0), (0, 0)], "N", ""),
        ("no side", &[(59, 1)], "X", ""),
        ("nowhere", &[(5900, 1)], "N", ""),
    ] {
        assert_eq!(gps(latitude, side), text, "{what}");
    }
}

#[test]
fn many_pages_are_no_fault() {
    const PAGES: u32 = 12;
    // A directory of one field, its width, after the other; the first with a description.
    let mut tiff = [b"II*\0".to_vec(), 8_u32.to_le_bytes().to_vec()].concat();
    let field = |tag: u16, kind: u16, count: u32, value: u32| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    let directory = |fields: &[Vec<u8>], next: u32| {
        let count = u16::try_from(fields.len()).unwrap().to_le_bytes();
        [&count[..], &fields.concat(), &next.to_le_bytes()].concat()
    };
    let text = b"Faks 01819012365\0";
    let (first, other) = (2 + 24 + 4, 2 + 12 + 4);
    let at = 8 + first + other * (PAGES - 1);
    tiff.extend(directory(&[field(0x0100, 3, 1, 9), field(0x010E, 2, text.len() as u32, at)], 8 + first));
    for page in 1..PAGES {
        let next = if page + 1 < PAGES { 8 + first + other * page } else { 0 };
        tiff.extend(directory(&[field(0x0100, 3, 1, 9)], next));
    }
    tiff.extend(text);
    let found = extract(&tiff);
    assert_eq!((texts(&found, PROPERTIES), found.reasons.as_slice()), (vec!["Faks 01819012365"], &[][..]));
}

#[test]
fn what_cameras_leave_behind_is_no_fault() {
    // Directories behind each other; values that are not there are far behind the end.
    let field = |tag: u16, kind: u16, count: u32, value: u32| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    let tiff = |first: &[Vec<u8>], next: u32, exif: &[Vec<u8>]| {
        let directory = |fields: &[Vec<u8>], next: u32| {
            let count = u16::try_from(fields.len()).unwrap().to_le_bytes();
            [&count[..], &fields.concat(), &next.to_le_bytes()].concat()
        };
        let at = 8 + 6 + 12 * u32::try_from(first.len() + 1).unwrap();
        let first = [first, &[field(0x8769, 4, 1, at)]].concat();
        [b"II*\0\x08\0\0\0".to_vec(), directory(&first, next), directory(exif, 0)].concat()
    };
    const NOWHERE: u32 = 60_000;
    let words = [field(0x010E, 2, 4, u32::from_le_bytes(*b"Ola\0"))];
    let lost = [field(0x010E, 2, 40, NOWHERE)];
    let number = [field(0x9000, 7, 4, 0)];
    for (what, bytes, reasons) in [
        ("nothing", tiff(&words, 0, &number), &[][..]),
        ("notes of the camera", tiff(&words, 0, &[field(0x927C, 7, 900, NOWHERE)]), &[]),
        ("a list of other pictures", tiff(&words, 0, &[field(0xA005, 4, 1, NOWHERE)]), &[]),
        ("a thumbnail", tiff(&words, NOWHERE, &number), &[]),
        ("a description", tiff(&lost, 0, &number), &[Reason::Malformed]),
        ("a comment", tiff(&words, 0, &[field(0x9286, 7, 90, NOWHERE)]), &[Reason::Malformed]),
        ("the place", tiff(&[words[0].clone(), field(0x8825, 4, 1, NOWHERE)], 0, &number), &[Reason::Malformed]),
        ("a list that is cut off", tiff(&words, 0, &number)[..40].to_vec(), &[Reason::Malformed]),
    ] {
        let jpeg = |tiff: &[u8]| {
            let length = u16::try_from(tiff.len() + 8).unwrap().to_be_bytes();
            [b"\xFF\xD8\xFF\xE1", &length[..], b"Exif\0\0", tiff, b"\xFF\xD9"].concat()
        };
        let found = extract(&jpeg(&bytes));
        let said = if what == "a description" { vec![] } else { vec!["Ola"] };
        assert_eq!((texts(&found, PROPERTIES), found.reasons.as_slice()), (said, reasons), "{what}");
    }
}

#[test]
fn captions_under_a_name_that_nobody_knows_are_missed_loudly() {
    let mut bytes = fixture("tagged.webp");
    let name = memchr::memmem::find(&bytes, b"XMP ").unwrap();
    bytes[name + 3] = b'!';
    assert_eq!(extract(&bytes).reasons, [Reason::Malformed]);
    // The head as it was, the captions taken out.
    assert_eq!(extract(&bytes[..name]).reasons, []);
}
