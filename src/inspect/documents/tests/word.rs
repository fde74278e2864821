//! Documents of Word 97 to 2003: what Word writes and LibreOffice does not.

use super::compound::{compound, utf_16};
use super::*;

fn long(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap().to_le_bytes()
}

/// Streams of a document that are being made.
struct Made {
    word: Vec<u8>,
    tables: Vec<u8>,
}

impl Made {
    fn new() -> Self {
        let mut word = vec![0; 0x400];
        word[..4].copy_from_slice(&[0xEC, 0xA5, 0xC1, 0]);
        Made { word, tables: vec![0; 4] }
    }

    /// Puts a table among the others, and says so in the file information block at `fib`.
    fn table(&mut self, fib: usize, number: usize, content: &[u8]) {
        let at = fib + 0x9A + number * 8;
        self.word[at..at + 4].copy_from_slice(&long(self.tables.len()));
        self.word[at + 4..at + 8].copy_from_slice(&long(content.len()));
        self.tables.extend(content);
    }

    /// Puts text at the end of the file. Gives its first byte.
    fn text(&mut self, fib: usize, text: &[u8]) -> usize {
        let at = self.word.len();
        self.word[fib + 0x4C..fib + 0x50].copy_from_slice(&long(text.len()));
        let place = u32::try_from(at * 2).unwrap() | 0x4000_0000;
        let plc = [&long(0)[..], &long(text.len()), &[0, 0], &place.to_le_bytes(), &[0, 0]].concat();
        self.table(fib, 33, &[&[2][..], &long(plc.len()), &plc].concat());
        self.word.extend(text);
        at
    }

    fn page(&mut self) -> usize {
        self.word.resize(self.word.len().next_multiple_of(512), 0);
        self.word.len() / 512
    }

    fn extract(&self, data: &[u8]) -> Extract {
        extract(&compound(&[("WordDocument", &self.word), ("0Table", &self.tables), ("Data", data)]))
    }
}

#[test]
fn rows_end_where_their_properties_say() {
    let mut made = Made::new();
    let text = b"Ola\x07\x0701819012365\x07\x07Kari\x07\x07\x07\x07a\rb\r\rSlutt\r";
    let start = made.text(0, text);
    let without = made.extract(&[]);
    assert_eq!(texts(&without, None)[0].lines().next(), Some("Ola\t"), "as far as it can be guessed");

    let ends: Vec<usize> = (1..text.len()).filter(|at| text[at - 1..=*at] == *b"\x07\x07").collect();
    let (first, second) = (ends[1], ends[4]);
    assert_eq!((text[first], text[second], text[second + 1]), (7, 7, b'a'));
    let inner = second + 1;
    let (row, cell, inner_row): (&[u8], &[u8], &[u8]) =
        (&[3, 0, 0, 0x17, 0x24, 1], &[3, 0, 0, 0x4B, 0x24, 1], &[0, 4, 0, 0, 0x4B, 0x24, 1, 0x4C, 0x24, 1]);
    // Bounds of paragraphs with their properties.
    let stretches = [
        (0, None),
        (first, Some(row)),
        (first + 1, None),
        (second, Some(row)),
        (inner, Some(cell)),
        (inner + 4, Some(inner_row)),
        (inner + 5, None),
    ];
    let number = made.page();
    let mut page = vec![0; 512];
    page[511] = u8::try_from(stretches.len()).unwrap();
    for (run, (from, properties)) in stretches.iter().enumerate() {
        page[run * 4..run * 4 + 4].copy_from_slice(&long(start + from));
        if let Some(properties) = properties {
            let at = 240 + run * 20;
            page[at..at + properties.len()].copy_from_slice(properties);
            page[(stretches.len() + 1) * 4 + run * 13] = u8::try_from(at / 2).unwrap();
        }
    }
    let bound = stretches.len() * 4;
    page[bound..bound + 4].copy_from_slice(&long(start + text.len()));
    made.word.extend(page);
    made.table(0, 13, &[long(start), long(start + text.len()), long(number)].concat());
    let found = made.extract(&[]);
    assert_eq!(found.reasons, []);
    assert_eq!(texts(&found, None), ["Ola\t\t01819012365\t\nKari\t\t\t\na\tb\t\nSlutt"]);
}

#[test]
fn fields_of_forms_are_read_with_what_was_chosen() {
    let text =
        |text: &str| [&u16::try_from(text.chars().count()).unwrap().to_le_bytes()[..], &utf_16(text), &[0, 0]].concat();
    let field = |flags: u16, rest: &[u8]| {
        let data = [&[0xFF; 4][..], &flags.to_le_bytes(), &[0; 4], &text("Grunn"), rest].concat();
        [&long(data.len() + 68)[..], &[0x44, 0], &[0; 62], &data].concat()
    };
    let texts_of_all = [text(""), text("Hjelp 01819012365"), text("Status"), text("makro"), text("")].concat();
    let item = |text: &str| [&u16::try_from(text.chars().count()).unwrap().to_le_bytes()[..], &utf_16(text)].concat();
    let list = [&[0xFF, 0xFF, 3, 0, 0, 0][..], &item("Velg"), &item("Rus"), &item("Psykisk helse")].concat();
    let mut made = Made::new();
    made.text(0, b"Skjema\r");
    let chosen = field(2 | 2 << 2, &[&[0, 0][..], &texts_of_all, &list].concat());
    let default = field(2 | 25 << 2, &[&[1, 0][..], &texts_of_all, &list].concat());
    let written = field(0, &[&text("Forslag")[..], &texts_of_all].concat());
    let found = made.extract(&[chosen, vec![0x44, 0, 0x44], default, written].concat());
    assert_eq!(found.reasons, []);
    assert_eq!(
        texts(&found, Some("form")),
        [
            "Grunn: Psykisk helse\nHjelp 01819012365\nStatus\nVelg\nRus\nPsykisk helse",
            "Grunn: Rus\nHjelp 01819012365\nStatus\nVelg\nRus\nPsykisk helse",
            "Grunn\nForslag\nHjelp 01819012365\nStatus",
        ]
    );
}

#[test]
fn building_blocks_of_a_template_are_read() {
    let mut made = Made::new();
    made.text(0, b"Mal\r");
    let page = made.page();
    made.word[8..10].copy_from_slice(&u16::try_from(page).unwrap().to_le_bytes());
    let fib = made.word.len();
    let head = made.word[..0x400].to_vec();
    made.word.extend(head);
    made.text(fib, b"Hilsen Ola Prove 01819012365\r");
    let found = made.extract(&[]);
    assert_eq!(found.reasons, []);
    assert_eq!(
        (texts(&found, None), texts(&found, Some("autotext"))),
        (vec!["Mal"], vec!["Hilsen Ola Prove 01819012365"])
    );
    made.word.truncate(fib + 0x400);
    assert_eq!(made.extract(&[]).reasons, [Reason::Malformed]);
}

#[test]
fn word_95_uses_its_piece_table_only_when_it_saved_fast() {
    let mut word = vec![0; 0x200];
    word[..4].copy_from_slice(&[0xDC, 0xA5, 0x68, 0]);
    let text = b"Fnr 01819012365\r";
    word[0x18..0x1C].copy_from_slice(&long(0x200));
    word[0x1C..0x20].copy_from_slice(&long(0x200 + text.len()));
    word[0x34..0x38].copy_from_slice(&long(text.len()));
    // A table that was left behind.
    word[0x160..0x168].copy_from_slice(&[long(0x210), long(40)].concat());
    word.extend(text);
    word.extend([9; 40]);
    let found = extract(&compound(&[("WordDocument", &word)]));
    assert_eq!(found.reasons, []);
    assert_eq!(texts(&found, None), ["Fnr 01819012365"]);
    word[0x0A] = 4;
    assert_eq!(extract(&compound(&[("WordDocument", &word)])).reasons, [Reason::Malformed]);
}

/// A drawing of Windows with one text, and its length in words in its header.
pub(super) fn metafile(text: &[u8]) -> Vec<u8> {
    let words = text.len().div_ceil(2);
    let mut written =
        [&long(6 + words)[..], &[0x21, 5], &u16::try_from(text.len()).unwrap().to_le_bytes(), text].concat();
    written.resize(8 + words * 2, 0);
    written.extend([0; 4]);
    let end = [&long(3)[..], &[0, 0]].concat();
    let all = (18 + written.len() + end.len()) / 2;
    [&[1, 0, 9, 0, 0, 3][..], &long(all), &[0; 8], &written, &end].concat()
}

#[test]
fn pictures_of_word_95_are_read() {
    let mut word = vec![0; 0x200];
    word[..4].copy_from_slice(&[0xDC, 0xA5, 0x68, 0]);
    word[0x18..0x20].copy_from_slice(&[long(0x200), long(0x202)].concat());
    word[0x34..0x38].copy_from_slice(&long(2));
    word.extend(b"\x01\r");
    // Seventy bytes of head, and something that only begins like a drawing.
    word.extend([&[1, 0, 9, 0, 0, 3, 0xFF, 0xFF, 0xFF, 0x7F][..], &[0; 60], &metafile(b"Skilt 01819012365")].concat());
    let found = extract(&compound(&[("WordDocument", &word)]));
    assert_eq!(found.reasons, []);
    assert_eq!(texts(&found, Some("drawing")), ["Skilt 01819012365"]);
}

#[test]
fn pictures_for_print_are_files_and_formulas_no_loss() {
    let mut made = Made::new();
    made.text(0, b"Bilde\r");
    let jpeg = [&[0; 17][..], b"\xFF\xD8\xFF\xE1 01"].concat();
    let found = made.extract(&[&[0x20, 0x6E, 0x2A, 0xF0][..], &long(jpeg.len()), &jpeg].concat());
    assert_eq!(found.reasons, []);
    assert_eq!(found.files[0].bytes, b"\xFF\xD8\xFF\xE1 01");

    let formula = [&[0x1C, 0, 0, 0, 2, 0, 0xFF][..], b"DSMT6\0WinAllBasicCodePages\0Times New Roman\0"].concat();
    let streams: [(&str, &[u8]); 3] =
        [("WordDocument", &made.word), ("0Table", &made.tables), ("ObjectPool/_1/Equation Native", &formula)];
    assert_eq!(extract(&compound(&streams)).reasons, []);
}

#[test]
fn what_lies_in_itself_is_counted_each_time() {
    let little = || Limits { bytes: 4_000_000, ..limits() };
    let given = |found: &Extract| found.pieces.iter().map(|piece| piece.text.len()).sum::<usize>();
    let mut made = Made::new();
    made.text(0, b"Ola\r");
    // Tables of shapes, each of whose texts holds all that follow.
    let table: [&[u8]; 4] = [&[0x13, 0, 0x0B, 0xF0], &long(250_006), &[0x81, 0xC3], &long(250_000)];
    let tables = [table.concat().repeat(40_000), vec![b'x'; 300_000]].concat();
    // Fields of forms, each of whose names holds those that follow.
    let field: [&[u8]; 6] = [&long(0x20_0000), &[0x44, 0], &[b'x'; 62], &[0xFF; 4], &[0, 0, 9, 9, 9, 9], &[0xF0, 0x7F]];
    let fields = [field.concat().repeat(20_000), vec![0; 0x30_0000]].concat();
    for data in [&tables, &fields] {
        let streams: [(&str, &[u8]); 3] = [("WordDocument", &made.word), ("0Table", &made.tables), ("Data", data)];
        let mut limits = Limits { bytes: data.len() + 3_000_000, ..little() };
        let found = read(&compound(&streams), &mut limits).unwrap();
        assert!(found.reasons.contains(&Reason::OverLimit), "{:?}", found.reasons);
        assert!(given(&found) < 8_000_000);
    }

    // Ten thousand properties of one text.
    let count = 10_000;
    let mut set = [long(0), long(count)].concat();
    for _ in 0..count {
        set.extend([long(2), long(8 + count * 8)].concat());
    }
    set.extend([&long(0x1E)[..], &long(100_000), &[b'x'; 100_000]].concat());
    let stream = [&[0; 24][..], &long(1), &[0; 16], &long(48), &set].concat();
    let streams: [(&str, &[u8]); 3] =
        [("WordDocument", &made.word), ("0Table", &made.tables), ("\u{5}SummaryInformation", &stream)];
    let found = read(&compound(&streams), &mut little()).unwrap();
    assert_eq!(found.reasons, [Reason::OverLimit]);
    assert!(given(&found) < 5_000_000);
}
