//! TNEF.

use super::*;

#[test]
fn every_place_is_found_once_and_attachments_are_files() {
    let found = extract(&fixture("winmail.dat"));
    assert_eq!(found.reasons, []);
    let expected = [("", 1), ("properties", 1), ("recipients", 1), ("sender", 1), ("subject", 1)];
    assert_eq!(places(&found), BTreeMap::from(expected));
    assert_eq!(texts(&found, Some("subject")), ["Emne æøåäö 01819012365"]);
    assert_eq!(texts(&found, None), ["Hei æøåäö, fnr 01819012365"]);
    let names: Vec<&str> = found.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["body.rtf", "vedtak åse.txt", "Videresendt"]);
    assert_eq!(found.files[1].bytes, "Fødselsnummer 01819012365\r\n".as_bytes());
    assert_eq!(texts(&extract(&found.files[0].bytes), None), ["Fødselsnummer 01819012365 æøåäö"]);
    let inner = extract(&found.files[2].bytes);
    assert_eq!(inner.reasons, []);
    assert_eq!(places(&inner), BTreeMap::from([("", 1), ("subject", 1)]));
}

#[test]
fn lengths_that_lie_are_malformed_and_what_came_before_stays() {
    let bytes = fixture("winmail.dat");
    let body = bytes.windows(3).position(|window| window == b"Hei").unwrap();
    for lie in [u32::MAX, 0x7FFF_FFFF, 100_000, 0] {
        let mut copy = bytes.clone();
        copy[body - 4..body].copy_from_slice(&lie.to_le_bytes());
        let found = extract(&copy);
        assert_eq!(found.reasons, [Reason::Malformed], "{lie}");
        assert_eq!(places(&found)["subject"], 1);
    }
    // Millions of properties and values that are not there.
    let mut list = b"\x78\x9F\x3E\x22\0\0".to_vec();
    let content = [&[0xFF; 4][..], &[0x1F, 0x10, 0x37, 0], &[0xFF; 4]].concat();
    let sum = content.iter().map(|byte| u16::from(*byte)).sum::<u16>();
    list.extend([&[1, 3, 0x90, 6, 0][..], &u32::try_from(content.len()).unwrap().to_le_bytes(), &content].concat());
    list.extend(sum.to_le_bytes());
    assert_eq!(extract(&list).reasons, [Reason::Malformed]);
    let mut little = Limits { bytes: 100, ..limits() };
    assert_eq!(read(&bytes, &mut little).unwrap().reasons, [Reason::OverLimit]);
}

fn attribute(level: u8, attribute: u32, content: &[u8]) -> Vec<u8> {
    let sum = content.iter().map(|byte| u16::from(*byte)).sum::<u16>();
    let len = u32::try_from(content.len()).unwrap().to_le_bytes();
    [&[level][..], &attribute.to_le_bytes(), &len, content, &sum.to_le_bytes()].concat()
}

#[test]
fn meeting_requests_and_receipts_are_whole() {
    let head = [b"\x78\x9F\x3E\x22\0\0".to_vec(), attribute(1, 0x0002_800C, b"Fnr 01819012365\0")].concat();
    // The owner's number of a meeting, whether an answer is wanted, and the class of what is answered.
    for more in [0x0005_0008, 0x0004_0009, 0x0007_0006, 0x0003_0006, 0x0003_0007, 0x0006_0002] {
        let found = extract(&[&head[..], &attribute(1, more, b"\x01\0\0\0")].concat());
        assert_eq!((&found.reasons[..], texts(&found, None)), (&[][..], vec!["Fnr 01819012365"]), "{more:X}");
    }
    let unknown = [&head[..], &attribute(1, 0x0006_9ABC, b"Ola")].concat();
    assert_eq!(extract(&unknown).reasons, [Reason::Malformed]);
}

#[test]
fn an_attachment_that_was_only_announced_is_malformed() {
    let head = [b"\x78\x9F\x3E\x22\0\0".to_vec(), attribute(1, 0x0002_800C, b"Hei\0")].concat();
    let announced = [head, attribute(2, 0x0006_9002, &[0; 14]), attribute(2, 0x0001_8010, b"vedtak.txt\0")].concat();
    assert_eq!(extract(&announced).reasons, [Reason::Malformed]);
    for whole in [attribute(2, 0x0006_800F, b"..."), attribute(2, 0x0006_9005, &[0; 4])] {
        assert_eq!(extract(&[&announced[..], &whole].concat()).reasons, []);
    }
}

#[test]
fn damaged_copies_say_so() {
    let bytes = fixture("winmail.dat");
    let whole = extract(&bytes);
    let (expected, files) = (places(&whole), whole.files.len());
    // Where one attribute ends and the next begins, nothing tells that there were more.
    let mut ends = vec![6];
    while let Some(len) = bytes.get(ends[ends.len() - 1] + 5..) {
        let len = u32::from_le_bytes(*len.first_chunk().unwrap());
        ends.push(ends[ends.len() - 1] + usize::try_from(len).unwrap() + 11);
    }
    let (mut told, mut all) = (0, 0);
    for copy in damaged(&bytes, bytes.len()) {
        let Some(found) = read(&copy, &mut limits()) else { continue };
        let lost = found.files.len() < files || places(&found) != expected;
        let between = copy.len() < bytes.len() && ends.contains(&copy.len());
        let changed = bytes.iter().zip(&copy).position(|(a, b)| a != b);
        assert!(!lost || between || !found.reasons.is_empty(), "{} {changed:?}", copy.len());
        all += 1;
        told += usize::from(!found.reasons.is_empty());
    }
    assert!(told * 100 > all * 95, "{told} of {all}");
}
