//! What becomes of pictures, by what their reader says.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::sync::Mutex;

use super::*;
use crate::inspect::{attachments, begin};
use crate::message::RawMessage;
use crate::text::View;

/// Says the same of each page, and remembers which were asked for.
#[derive(Default)]
struct Says {
    pages: Vec<Result<(usize, f32), Unread>>,
    asked: Mutex<Vec<usize>>,
}

impl Pictures for Says {
    fn at_once(&self) -> usize {
        1
    }

    fn read(&self, _picture: &[u8], page: usize, _time: Time) -> Result<Vec<String>, Unread> {
        self.asked.lock().unwrap().push(page);
        let (words, sure) = self.pages[page.min(self.pages.len() - 1)]?;
        let word = |n| format!("5\t1\t1\t1\t1\t{n}\t0\t0\t1\t1\t{sure}\tpage{page}æøåäö\n");
        Ok(vec![(0..words).map(word).collect()])
    }
}

fn png(side: u32) -> Vec<u8> {
    let header = [&b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR"[..], &side.to_be_bytes(), &side.to_be_bytes()].concat();
    [header, vec![7; 40_000]].concat()
}

/// With one directory a page.
fn tiff(pages: usize) -> Vec<u8> {
    let mut bytes = [b"II*\0".to_vec(), 8_u32.to_le_bytes().to_vec()].concat();
    for page in 1..=pages {
        bytes.extend(2_u16.to_le_bytes());
        for tag in [256_u16, 257] {
            bytes.extend([tag.to_le_bytes(), 4_u16.to_le_bytes()].concat());
            bytes.extend([1_u32.to_le_bytes(), 2_000_u32.to_le_bytes()].concat());
        }
        let next = if page < pages { u32::try_from(bytes.len() + 4).unwrap() } else { 0 };
        bytes.extend(next.to_le_bytes());
    }
    bytes
}

fn inspected(pictures: &[Vec<u8>], reader: &Says) -> Inspection {
    inspected_in("", pictures, reader)
}

/// With this field in the header of the first.
fn inspected_in(field: &str, pictures: &[Vec<u8>], reader: &Says) -> Inspection {
    let mut mail = "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nforan\r\n".to_owned();
    for (number, picture) in pictures.iter().enumerate() {
        let encoded = data_encoding::BASE64.encode(picture);
        mail.push_str("--x\r\nContent-Type: image/x\r\nContent-Transfer-Encoding: base64\r\n");
        mail.push_str(if number == 0 { field } else { "" });
        mail.push_str("\r\n");
        mail.push_str(&encoded);
        mail.push_str("\r\n");
    }
    mail.push_str("--x\r\n\r\netter\r\n--x--\r\n");
    let mut inspection = begin(&RawMessage::uncounted(mail.into_bytes()), &attachments::Closed);
    inspection.read_pictures(reader);
    inspection
}

/// `part place: first word` of every place of a picture.
fn views(inspection: &Inspection) -> Vec<String> {
    let first = |text: &str| text.split_whitespace().next().unwrap_or_default().to_owned();
    let of_view = |view: &View| {
        let part = view.origin.part.clone();
        let places = view.by_place().into_iter().filter_map(|(place, text)| Some((place?, first(text))));
        let said = places.filter(|(_, word)| !word.is_empty());
        said.map(|(place, word)| format!("{part} {place}: {word}")).collect::<Vec<_>>()
    };
    inspection.views.iter().flat_map(of_view).collect()
}

fn unread(inspection: &Inspection) -> Vec<&str> {
    assert!(inspection.uninspectable.iter().all(|of| of.reason == Reason::ImageOnly));
    inspection.uninspectable.iter().map(|of| of.part.as_str()).collect()
}

#[test]
fn what_its_reader_says_decides_what_a_picture_is() {
    for (what, said, outcome, left) in [
        ("a scan", Ok((5, 95.0)), Outcome::Read(Legible::Text), &[][..]),
        ("a photograph", Ok((0, 0.0)), Outcome::Read(Legible::Nothing), &[]),
        ("handwriting", Ok((30, 20.0)), Outcome::Read(Legible::Doubtful), &["2"]),
        ("nobody there", Err(Unread::Nobody), Outcome::Unread, &["2"]),
        ("too late", Err(Unread::Late), Outcome::Unread, &["2"]),
        ("broken", Err(Unread::Failed), Outcome::Unread, &["2"]),
    ] {
        let reader = Says { pages: vec![said], ..Says::default() };
        let inspection = inspected(&[png(1000)], &reader);
        assert_eq!((inspection.album.pictures[0].outcome, unread(&inspection).as_slice()), (outcome, left), "{what}");
        assert!(!inspection.waits_for_pictures() && inspection.album.pictures[0].bytes().is_none());
        let text = matches!(outcome, Outcome::Read(Legible::Text | Legible::Doubtful));
        assert_eq!(views(&inspection), if text { vec!["2 picture: page0æøåäö"] } else { vec![] }, "{what}");
    }
}

#[test]
fn their_text_stands_where_they_stand() {
    let reader = Says { pages: vec![Ok((9, 90.0))], ..Says::default() };
    let inspection = inspected(&[png(1000), tiff(3), png(700)], &reader);
    let parts: Vec<_> = inspection.views.iter().map(|view| view.origin.part.to_string()).collect();
    assert_eq!(
        parts.iter().map(String::as_str).filter(|part| *part != "0").collect::<Vec<_>>(),
        ["1", "2", "3", "4", "5"],
        "the pages of one file are one text"
    );
    assert_eq!(
        views(&inspection),
        [
            "2 picture: page0æøåäö",
            "3 page 1: page0æøåäö",
            "3 page 2: page1æøåäö",
            "3 page 3: page2æøåäö",
            "4 picture: page0æøåäö"
        ]
    );
    assert_eq!(unread(&inspection), [""; 0]);
}

#[test]
fn pages_are_counted_over_the_whole_message() {
    let reader = Says { pages: vec![Ok((9, 90.0))], ..Says::default() };
    let inspection = inspected(&[tiff(3), tiff(4), png(1000)], &reader);
    assert_eq!(*reader.asked.lock().unwrap(), [0, 1, 2, 0, 1]);
    assert_eq!(unread(&inspection), ["3", "4"]);
    assert_eq!(views(&inspection).len(), 5, "what was read of it counts");
}

#[test]
fn files_come_before_what_the_text_shows() {
    let reader = Says { pages: vec![Ok((9, 90.0))], ..Says::default() };
    let inspection = inspected_in("Content-ID: <1@x>\r\n", &[tiff(4), tiff(3)], &reader);
    assert_eq!(*reader.asked.lock().unwrap(), [0, 1, 2, 0, 1]);
    assert_eq!(unread(&inspection), ["2"]);
    assert!(views(&inspection)[0].starts_with("2 page 1"), "their text stands where they stand");
}

#[test]
fn small_ones_are_passed_over_and_strange_ones_image_only() {
    let reader = Says { pages: vec![Ok((9, 90.0))], ..Says::default() };
    let heic = [&b"\0\0\0\x18ftypheic"[..], &[0; 60_000]].concat();
    let inspection = inspected(&[png(150), heic], &reader);
    assert_eq!((unread(&inspection).as_slice(), reader.asked.lock().unwrap().len()), (&["3"][..], 0));
}

#[test]
fn nothing_is_read_when_the_time_is_up() {
    let reader = Says { pages: vec![Ok((9, 90.0))], ..Says::default() };
    let mail = format!(
        "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        data_encoding::BASE64.encode(&png(900))
    );
    let mut inspection = begin(&RawMessage::uncounted(mail.into_bytes()), &attachments::Closed);
    inspection.left = KEPT_FOR_ASSESSING;
    inspection.read_pictures(&reader);
    assert_eq!((unread(&inspection).len(), reader.asked.lock().unwrap().len()), (1, 0));
}
