//! PDF: pages that are pictures, and pictures on pages of text.

use super::pdf::{grey, page_and, stream};
use super::*;

fn sizes(bytes: &[u8]) -> (u32, u32) {
    let (info, _) = shades(bytes);
    (info.width, info.height)
}

fn shades(bytes: &[u8]) -> (png::OutputInfo, Vec<u8>) {
    let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info().expect("a PNG");
    let mut shades = vec![0; reader.output_buffer_size().unwrap()];
    (reader.next_frame(&mut shades).unwrap(), shades)
}

#[test]
fn whatever_its_colours_are_made_of_ink_is_dark_and_paper_is_bright() {
    // Two pixels: black, then white; the inks as Adobe's programs keep them in a JPEG, and as they are.
    for (space, bits, decode, samples) in [
        ("/DeviceGray", 8, "", &[0, 255][..]),
        ("/DeviceGray", 8, "[1 0]", &[255, 0]),
        ("/DeviceGray", 1, "", &[0x40]),
        ("/DeviceGray", 1, "[1 0]", &[0x80]),
        ("/DeviceGray", 16, "[1 0]", &[255, 255, 0, 0]),
        ("/DeviceRGB", 8, "", &[0, 0, 0, 255, 255, 255]),
        ("/DeviceCMYK", 8, "", &[0, 0, 0, 255, 0, 0, 0, 0]),
        ("/DeviceCMYK", 8, "", &[255, 255, 255, 0, 0, 0, 0, 0]),
        ("/DeviceCMYK", 8, "[1 0 1 0 1 0 1 0]", &[255, 255, 255, 0, 255, 255, 255, 255]),
        ("/DeviceCMYK", 8, "[1 0 1 0 1 0 1 0]", &[0, 0, 0, 255, 255, 255, 255, 255]),
        ("[/Indexed/DeviceGray 1<00FF>]", 1, "", &[0x40]),
        ("[/Indexed/DeviceGray 1<00FF>]", 1, "[1 0]", &[0x80]),
        ("[/Separation/All/DeviceGray 7 0 R]", 8, "", &[255, 0]),
    ] {
        let decode = if decode.is_empty() { String::new() } else { format!("/Decode{decode}") };
        let dict =
            format!("/Type/XObject/Subtype/Image/Width 2/Height 1/ColorSpace{space}/BitsPerComponent {bits}{decode}");
        let found = extract(&page_and(b"q 595 0 0 842 0 0 cm /X Do Q", &[stream(&dict, samples)]));
        let (info, shades) = shades(&found.files[0].bytes);
        let row = &shades[..info.width as usize];
        assert_eq!((row.first(), row.last()), (Some(&0), Some(&255)), "{space} {bits} {decode} {samples:?}");
    }
}

#[test]
fn pages_of_pictures_become_pictures() {
    let found = extract(&fixture("scan.pdf"));
    assert_eq!(found.reasons, []);
    let files: Vec<_> = found.files.iter().map(|file| (file.name.as_str(), file.place.as_deref().unwrap())).collect();
    assert_eq!(files, [("", "page 1"), ("", "page 2"), ("", "page 3"), ("", "page 4")]);
    // As it is; turned upright; fax; JPEG 2000.
    assert!(found.files[0].bytes.starts_with(b"\xFF\xD8\xFF"));
    let sizes: Vec<_> = found.files[1..].iter().map(|file| sizes(&file.bytes)).collect();
    assert!(sizes[0].0 > sizes[0].1, "{sizes:?}");
    assert!(sizes[1].1 > 2_300 && sizes[1].1 <= 2_400, "{sizes:?}");
    assert!(sizes[2].1 > 1_150 && sizes[2].1 < 1_200, "{sizes:?}");
}

#[test]
fn pictures_on_pages_of_text_are_handed_on_once_if_they_are_large() {
    let found = extract(&fixture("ocr-layer.pdf"));
    assert_eq!(found.reasons, []);
    assert_eq!(places(&found), BTreeMap::from([("page 1", 1)]));
    let files: Vec<_> = found.files.iter().map(|file| file.place.as_deref().unwrap()).collect();
    // The scan of page 1 has its text with it.
    assert_eq!(files, ["page 2"]);
}

#[test]
fn a_picture_in_strips_is_one() {
    // 23 of 100 rows each, as some scanners and printer drivers write them.
    let strip = |n: usize| format!("q 595 0 0 36.6 0 {} cm /X Do Q ", 842.0 - 36.6 * (n + 1) as f64);
    let scan: String = (0..23).map(strip).collect();
    let line = "BT /F 8 Tf 20 830 Td (2027-03-03 14:22 Fra: Legekontoret Sentrum Til: 22334455 Side 1 av 3) Tj ET ";
    let layer = "BT 3 Tr /F 8 Tf 20 TL 20 800 Td (Et brev med mange ord i hver av sine linjer) Tj ".to_owned();
    let layer = layer + &"(Et brev med mange ord i hver av sine linjer) ' ".repeat(9) + "ET ";
    let screenshot: String = (10..14).map(strip).collect();
    let words = "BT /F 8 Tf 20 800 Td (Et skjermbilde som en skriverdriver har delt i fire strimler) Tj ET ";
    for (what, content, expected) in [
        ("a fax with its line of text", scan.clone() + line, &[(1654, 2340)][..]),
        ("a scan with its text", scan + &layer, &[]),
        ("a part of a page of text", words.to_owned() + &screenshot, &[(1654, 407)]),
        ("a line of it", words.to_owned() + &strip(3), &[(1654, 102)]),
    ] {
        let found = extract(&page_and(content.as_bytes(), &grey(1654, 100)));
        let sizes: Vec<_> = found.files.iter().map(|file| sizes(&file.bytes)).collect();
        assert_eq!((sizes.as_slice(), &found.reasons[..]), (expected, &[][..]), "{what}");
    }
}

#[test]
fn what_is_too_small_to_read_is_decoration() {
    let words = "BT /F 8 Tf 20 800 Td (Et merke) Tj ET ";
    let many: String = (0..60).map(|n| format!("q 9 0 0 9 {} 700 cm /X Do Q ", 20 + n * 9)).collect();
    for (what, content, size, pictures) in [
        ("a badge", words.to_owned() + "q 60 0 0 60 9 9 cm /X Do Q", (190, 190), 0),
        ("a rule", words.to_owned() + "q 500 0 0 5 9 9 cm /X Do Q", (2000, 21), 0),
        ("a line of text", words.to_owned() + "q 500 0 0 20 9 9 cm /X Do Q", (1000, 42), 1),
        ("one badge often", words.to_owned() + &"q 90 0 0 90 9 9 cm /X Do Q ".repeat(200), (190, 190), 0),
        ("a mark on an empty page", "q 9 0 0 9 9 9 cm /X Do Q".to_owned(), (40, 40), 0),
        ("an empty page but for letters that are pictures", many, (40, 40), 1),
    ] {
        let found = extract(&page_and(content.as_bytes(), &grey(size.0, size.1)));
        assert_eq!((found.files.len(), &found.reasons[..]), (pictures, &[][..]), "{what}");
    }
}

#[test]
fn letters_in_a_mask_are_as_fine_as_the_mask() {
    let mask = grey(1654, 2339).remove(0);
    let coarse = "/Type/XObject/Subtype/Image/Width 2/Height 2/ColorSpace/DeviceGray/BitsPerComponent 8/SMask 7 0 R";
    let scan = page_and(b"q 595 0 0 842 0 0 cm /X Do Q", &[stream(coarse, &[0; 4]), mask]);
    let words = "BT /F 8 Tf 20 800 Td (En side med nok ord til at den ikke er et bilde, og et stempel) Tj ET ";
    let inline = |dict: &str| {
        let image =
            [format!("{words} q 99 0 0 99 9 9 cm BI {dict} ID ").as_bytes(), &[0x55; 38 * 300], b"\nEI Q"].concat();
        extract(&page_and(&image, &[]))
    };
    let stencil = inline("/W 300/H 300/IM true");
    for (what, found, expected) in [("scan", &extract(&scan), (1654, 2340)), ("stencil", &stencil, (300, 300))] {
        let sizes: Vec<_> = found.files.iter().map(|file| sizes(&file.bytes)).collect();
        assert_eq!((sizes, &found.reasons[..]), (vec![expected], &[][..]), "{what}");
    }
    assert_eq!(inline("/W 300/H 300/BPC 1/CS/G/F/DCT").reasons, [Reason::Malformed]);
    assert_eq!(inline("/W 30/H 30/BPC 1/CS/G/F/DCT").reasons, [], "decoration");
}
