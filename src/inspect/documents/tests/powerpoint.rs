//! Presentations: what PowerPoint and programs beside it write and LibreOffice does not.

use super::compound::compound;
use super::*;

fn record(head: u16, kind: u16, content: &[u8]) -> Vec<u8> {
    let len = u32::try_from(content.len()).unwrap().to_le_bytes();
    [&head.to_le_bytes()[..], &kind.to_le_bytes(), &len, content].concat()
}

/// A presentation whose only live record is a slide of these.
fn presentation(inner: &[Vec<u8>]) -> Extract {
    let slide = record(0xF, 0x03EE, &inner.concat());
    let directory_at = u32::try_from(slide.len()).unwrap();
    let directory = record(0, 0x1772, &[&(1_u32 << 20 | 1).to_le_bytes()[..], &0_u32.to_le_bytes()].concat());
    let edit_at = directory_at + u32::try_from(directory.len()).unwrap();
    let edit = record(0, 0x0FF5, &[&[0; 12][..], &directory_at.to_le_bytes(), &[0; 12]].concat());
    let user = [&[0; 16][..], &edit_at.to_le_bytes()].concat();
    extract(&compound(&[("Current User", &user), ("PowerPoint Document", &[slide, directory, edit].concat())]))
}

#[test]
fn what_other_programs_add_need_not_be_records() {
    let text = record(0, 0x0FA8, b"Fnr 01819012365");
    let found = presentation(&[text.clone(), record(0, 0x138B, b"\x01Sak 2026/01819012365 x")]);
    assert_eq!(found.reasons, []);
    assert_eq!(texts(&found, Some("slide")), ["Fnr 01819012365"]);
    assert_eq!(texts(&found, Some("slide properties")), ["Sak 2026/01819012365 x\n"]);
    // What begins with records and goes on otherwise was damaged.
    let cut = presentation(&[record(0, 0x138B, &[text, vec![1; 9]].concat())]);
    assert_eq!(cut.reasons, [Reason::Malformed]);
    assert_eq!(texts(&cut, Some("slide")), ["Fnr 01819012365"]);
}
