//! Compound files: Word, Excel and PowerPoint before 2007, Outlook items, embedded objects.

use std::io::{Read, Seek, SeekFrom};

use super::*;

/// A compound file of these streams.
pub(super) fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (path, content) in streams {
        if let Some((storage, _)) = path.rsplit_once('/') {
            file.create_storage_all(format!("/{storage}")).unwrap();
        }
        file.create_stream(format!("/{path}")).unwrap().write_all(content).unwrap();
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}

/// A fixture with one of its streams changed.
fn changed(name: &str, stream: &str, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut file = cfb::CompoundFile::open(Cursor::new(fixture(name))).unwrap();
    let mut content = Vec::new();
    let mut stream = file.open_stream(format!("/{stream}")).unwrap();
    stream.read_to_end(&mut content).unwrap();
    change(&mut content);
    stream.set_len(0).unwrap();
    stream.seek(SeekFrom::Start(0)).unwrap();
    stream.write_all(&content).unwrap();
    drop(stream);
    file.flush().unwrap();
    file.into_inner().into_inner()
}

pub(super) fn utf_16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn every_place_of_a_word_document_is_found_once() {
    let found = extract(&fixture("writer.doc"));
    assert_eq!(found.reasons, []);
    let expected = [
        // Running text, hidden text, a cell.
        ("", 3),
        ("comment", 1),
        ("deleted text", 1),
        ("endnote", 1),
        ("field", 1),
        ("footer", 1),
        ("footnote", 1),
        ("header", 1),
        // Title, and a property of the organisation's own.
        ("properties", 2),
        ("text box", 1),
    ];
    assert_eq!(places(&found), BTreeMap::from(expected));
    let text = texts(&found, None).join("\n");
    assert!(text.starts_with("Fødselsnummer æøåäö, delt over løp: 01819012365 i teksten.\nStrøket: 018199 her.\n"));
    assert!(text.contains("\nOla Prøve\t01819012365\t\nÅse Prøve\tukjent\t\nSlutt."), "{text}");
    assert_eq!(texts(&found, Some("deleted text")), ["01819012365"], "with the word it was deleted from");
    assert_eq!(texts(&found, Some("author"))[0], "Kari Prøve");
    assert_eq!(found.files.len(), 1);
    assert!(found.files[0].bytes.starts_with(b"\x89PNG"));
}

#[test]
fn every_place_of_a_workbook_is_found_once() {
    let found = extract(&fixture("calc.xls"));
    assert_eq!(found.reasons, []);
    let expected = [
        ("Barn å footer", 1),
        ("Barn å header", 1),
        ("Barn å text box", 1),
        ("Barn å!A3 comment", 1),
        ("Barn å!A6 link", 1),
        ("Barn å!B2", 1),
        ("Barn å!B3", 1),
        ("Barn å!B4", 1),
        ("Skjult (hidden) footer", 1),
        ("Skjult (hidden) header", 1),
        ("Skjult (hidden)!B2", 1),
        ("defined name", 1),
        ("properties", 1),
    ];
    assert_eq!(places(&found), BTreeMap::from(expected));
    assert_eq!(texts(&found, Some("Barn å!A2")), ["Ola Prøve æøåäö\t"]);
    assert_eq!(texts(&found, Some("Barn å!B2")), ["01819012365\t"], "with the zero that its format shows");
    assert_eq!(texts(&found, Some("Barn å!C2")), ["18.01.1990"]);
    assert_eq!(texts(&found, Some("Barn å!B4")), ["1819012365 01819012365"], "with the zero it may have lost");
    assert_eq!(texts(&found, Some("Barn å!A5 formula")), ["Fnr "]);
    assert_eq!(texts(&found, Some("sheet names")), ["Barn å", "Skjult (hidden)"]);
    assert_eq!(texts(&found, Some("properties")), ["title: Liste æøåäö 01819012365"]);
}

#[test]
fn every_place_of_a_presentation_is_found_once() {
    let found = extract(&fixture("impress.ppt"));
    assert_eq!(found.reasons, []);
    let expected = [
        ("link", 1),
        // Title, and the list of links.
        ("properties", 2),
        ("slide 1", 1),
        ("slide 1 comment", 1),
        ("slide 1 notes", 1),
        // A box and a cell of a hidden slide.
        ("slide 2 (hidden)", 2),
    ];
    assert_eq!(places(&found), BTreeMap::from(expected));
    assert_eq!(texts(&found, Some("slide 1")), ["Tittel æøåäö", "Delt: 01819012365"]);
    assert_eq!(found.files.len(), 1);
    assert!(found.files[0].bytes.starts_with(b"\x89PNG"));
}

#[test]
fn text_of_a_slide_that_only_an_earlier_edit_has_is_read_too() {
    let slide = |text: &str| {
        let text = utf_16(text);
        let atom = [&[0, 0, 0xA0, 0x0F], &u32::try_from(text.len()).unwrap().to_le_bytes()[..], &text].concat();
        [&[0x0F, 0, 0xEE, 0x03], &u32::try_from(atom.len()).unwrap().to_le_bytes()[..], &atom].concat()
    };
    let bytes = changed("impress.ppt", "PowerPoint Document", |stream| {
        stream.extend(slide("Slettet 01819012365 æøå"));
        stream.extend(slide("Delt: 01819012365"));
    });
    let found = extract(&bytes);
    assert_eq!(found.reasons, []);
    assert_eq!(texts(&found, Some("earlier version")), ["Slettet 01819012365 æøå"]);
}

#[test]
fn every_place_of_an_outlook_item_is_found_once_and_its_attachments_are_files() {
    let found = extract(&fixture("outlook.msg"));
    assert_eq!(found.reasons, []);
    let expected = [("", 1), ("header", 1), ("properties", 1), ("recipients", 1), ("sender", 1), ("subject", 1)];
    assert_eq!(places(&found), BTreeMap::from(expected));
    assert_eq!(texts(&found, None), ["Hei æøåäö\r\nFnr 01819012365\r\n"]);
    assert_eq!(texts(&found, Some("properties")), ["Møterom 01819012365"]);
    let names: Vec<&str> = found.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["body.rtf", "body.html", "vedtak åse.txt", "Videresendt"]);
    assert_eq!(found.files[2].bytes, "Fødselsnummer 01819012365\r\n".as_bytes());

    let body = extract(&found.files[0].bytes);
    assert_eq!((body.reasons, body.pieces), (vec![], vec![]));
    assert_eq!(body.files[0].bytes, "<p>Fødselsnummer æøåäö 01819<b>012365</b></p>".as_bytes());

    let inner = extract(&found.files[3].bytes);
    assert_eq!(inner.reasons, []);
    assert_eq!(places(&inner), BTreeMap::from([("", 1), ("subject", 1)]));
}

#[test]
fn what_has_a_password_is_encrypted_and_its_properties_are_read() {
    for name in ["locked.doc", "locked.xls", "locked.docx"] {
        assert_eq!(extract(&fixture(name)).reasons, [Reason::Encrypted(Lock::Office)], "{name}");
    }
    let locked = changed("impress.ppt", "Current User", |user| user[12..16].copy_from_slice(b"\xDF\xC4\xD1\xF3"));
    assert_eq!(extract(&locked).reasons, [Reason::Encrypted(Lock::Office)]);
    assert_eq!(places(&extract(&fixture("locked.doc"))), BTreeMap::from([("properties", 2)]));
    let rights = compound(&[("\u{9}DRMContent", b"..."), ("\u{6}DataSpaces/Version", b"...")]);
    assert_eq!(extract(&rights).reasons, [Reason::Encrypted(Lock::Office)]);
}

/// The stream of a packaged file.
fn packaged(name: &str, content: &[u8]) -> Vec<u8> {
    let len = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_le_bytes();
    let path = format!("C:\\sak\\{name}\0");
    let inner = [
        &[2, 0],
        name.as_bytes(),
        b"\0",
        path.as_bytes(),
        &[0, 0, 3, 0],
        &len(path.as_bytes()),
        path.as_bytes(),
        &len(content),
        content,
    ]
    .concat();
    [&len(&inner)[..], &inner].concat()
}

#[test]
fn embedded_files_and_objects_are_files() {
    let native = packaged("vedtak.txt", b"Fnr 01819012365");
    let found = extract(&compound(&[("\u{1}Ole10Native", &native), ("\u{1}CompObj", b"...")]));
    assert_eq!(found.reasons, []);
    assert_eq!(found.files[0].name, "vedtak.txt");
    assert_eq!(found.files[0].bytes, b"Fnr 01819012365");
    assert_eq!(texts(&found, Some("origin of a file")), ["C:\\sak\\vedtak.txt"]);

    // In a document: a package, a file, an object of a program's own.
    let mut file = cfb::CompoundFile::open(Cursor::new(fixture("writer.doc"))).unwrap();
    for (path, content) in [
        ("/ObjectPool/_1/\u{1}Ole10Native", &native[..]),
        ("/ObjectPool/_2/Package", b"PK\x03\x04"),
        ("/ObjectPool/_3/WordDocument", &[0; 5000]),
        ("/ObjectPool/_3/\u{3}ObjInfo", b"..."),
    ] {
        file.create_storage_all(path.rsplit_once('/').unwrap().0).unwrap();
        file.create_stream(path).unwrap().write_all(content).unwrap();
    }
    file.flush().unwrap();
    let found = extract(&file.into_inner().into_inner());
    assert_eq!(found.reasons, []);
    let files: Vec<_> = found.files.iter().skip(1).map(|file| (file.place.as_deref(), file.name.as_str())).collect();
    let place = Some("embedded object");
    assert_eq!(files, [(place, "vedtak.txt"), (place, ""), (place, "")]);
    let inner = found
        .files
        .iter()
        .find(|file| file.bytes.starts_with(super::super::compound::MARK))
        .expect("a file of its own");
    assert_eq!(extract(&inner.bytes).reasons, [Reason::Unsupported], "a document of no version");
}

#[test]
fn what_programs_leave_beside_a_document_is_no_loss() {
    let mut file = cfb::CompoundFile::open(Cursor::new(fixture("writer.doc"))).unwrap();
    for (path, content) in [
        ("/MsoDataStore/A/Item", &b"<sak>01819012365</sak>"[..]),
        ("/_signatures", b"\x01\x02\xFF\xFE Utsteder AS certificate"),
        ("/\u{5}bagaaqy23kudbhchAaq5u2chNd", b"\xFE\xFF\0\0\xFF Mappe 01819012365"),
        ("/ObjectPool/_1/contents", b"\0\x02\x1C\xFF\0Send 01819012365\0\x01\xFF"),
        ("/ObjectPool/_1/\u{3}OCXNAME", b"K\0"),
    ] {
        file.create_storage_all(path.rsplit_once('/').unwrap().0).unwrap();
        file.create_stream(path).unwrap().write_all(content).unwrap();
    }
    file.flush().unwrap();
    let found = extract(&file.into_inner().into_inner());
    assert_eq!(found.reasons, []);
    assert_eq!((places(&found)["properties"], places(&found)["form control"]), (3, 1));
    assert_eq!(found.files.last().map(|file| &file.bytes[..]), Some(&b"<sak>01819012365</sak>"[..]));
}

#[test]
fn another_kind_of_file_is_unsupported_and_what_text_it_has_is_given() {
    let text = utf_16("Tegning av Ola Prøve 01819012365");
    let drawing = [[0x81, 2, 0xFE].repeat(99), text].concat();
    let found = extract(&compound(&[("VisioDocument", &drawing), ("Contents", &[0xFF; 40])]));
    assert_eq!(found.reasons, [Reason::Unsupported]);
    assert_eq!(texts(&found, Some("VisioDocument")), ["Tegning av Ola Prøve 01819012365\n"]);
}

#[test]
fn how_an_object_looks_is_read_where_nobody_opens_it() {
    let drawing = drawing();
    let len = u32::try_from(drawing.len()).unwrap().to_le_bytes();
    let head = [&[0xFF; 4][..], &[14, 0, 0, 0, 4, 0, 0, 0], &[0; 24], &len].concat();
    let look = [&head, &drawing[..]].concat();
    let found = extract(&compound(&[("\u{2}OlePres000", &look), ("\u{1}CompObj", b"...")]));
    assert_eq!(places(&found), BTreeMap::from([("drawing", 1)]));
    assert_eq!(found.reasons, []);
    let found = extract(&compound(&[("\u{2}OlePres000", &look), ("Native", &[0xFF; 40])]));
    assert_eq!((places(&found)["drawing"], found.reasons), (1, vec![Reason::Unsupported]));
    // What people see of a formula, and words of a form that has no name.
    let found = extract(&compound(&[("\u{2}OlePres000", &look), ("Equation Native", b"\x1C\0DSMT6\0Times New Roman")]));
    assert_eq!((places(&found)["drawing"], found.reasons), (1, vec![]));
    let found = extract(&compound(&[("contents", b"\0\x02\xFFSend 01819012365\0"), ("\u{1}CompObj", b"...")]));
    assert_eq!((places(&found)["form control"], found.reasons), (1, vec![]));
    let picture = [&b"Salt\0\0lt\0\0\x0A\0\0\0"[..], b"\x89PNG\r\n\x1A\n01", b"lt\0\0\x02\0\0\0BM"].concat();
    let found = extract(&compound(&[("contents", &picture)]));
    assert_eq!(found.files.iter().map(|file| &file.bytes[..]).collect::<Vec<_>>(), [b"\x89PNG\r\n\x1A\n01"]);
    // LibreOffice's own way, and an object that was emptied.
    let own = extract(&compound(&[("package_stream", b"PK\x03\x04"), ("properties_stream", &[0; 16])]));
    assert_eq!((own.files.len(), own.reasons), (1, vec![]));
    assert_eq!(extract(&compound(&[("\u{2}OlePres000", &head)])).reasons, []);
}

#[test]
fn streams_that_share_their_bytes_are_counted_each_time() {
    // Every entry of the directory names the first one's sectors.
    let names: Vec<String> = (0..400).map(|number| format!("S{number}")).collect();
    let content = vec![b'x'; 100_000];
    let streams: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &content[..1])).collect();
    let mut bytes = compound(&[&streams[..], &[("ZZ", &content)]].concat());
    let entry = |bytes: &[u8], name: &str| {
        let name: Vec<u8> = [utf_16(name), vec![0, 0]].concat();
        bytes.windows(name.len()).position(|window| window == name).unwrap()
    };
    let from = entry(&bytes, "ZZ") + 116;
    let last: Vec<u8> = bytes[from..from + 12].to_vec();
    for name in &names {
        let at = entry(&bytes, name) + 116;
        bytes[at..at + 12].copy_from_slice(&last);
    }
    let mut limits = Limits { bytes: 1_000_000, entries: 100, until: None };
    let found = read(&bytes, &mut limits).unwrap();
    assert!(found.reasons.contains(&Reason::OverLimit), "{:?}", found.reasons);
    assert!(found.files.iter().map(|file| file.bytes.len()).sum::<usize>() <= 1_000_000);
}

#[test]
fn macros_are_text_and_no_loss() {
    // One chunk that is all literals.
    let source = b"Attribute VB_Name = \"M\"\r\n' 01819012365\r\n";
    let mut chunk = Vec::new();
    for eight in source.chunks(8) {
        chunk.push(0);
        chunk.extend(eight);
    }
    let head = 0xB000 | u16::try_from(chunk.len() - 1).unwrap();
    let module = [&b"compiled\x01"[..], &head.to_le_bytes(), &chunk].concat();
    let streams: [(&str, &[u8]); 4] = [
        ("VBA/Module1", &module),
        ("VBA/_VBA_PROJECT", b"\xCC\x61\xFF\xFF compiled"),
        ("VBA/dir", &[1, 0, 0xB0]),
        ("PROJECT", b"Module=Module1\r\n"),
    ];
    let found = extract(&compound(&streams));
    assert_eq!(found.reasons, []);
    assert_eq!(places(&found), BTreeMap::from([("macro", 1)]));
}

pub(super) fn record(kind: u16, content: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes(), &u16::try_from(content.len()).unwrap().to_le_bytes()[..], content].concat()
}

/// A workbook of one sheet.
pub(super) fn workbook(version: u16, globals: &[Vec<u8>], cells: &[Vec<u8>]) -> Vec<u8> {
    let begin = |what: u8| record(0x0809, &[&version.to_le_bytes()[..], &[what, 0, 0, 0, 0, 0]].concat());
    let end = record(0x000A, &[]);
    let name: &[u8] = if version == 0x0600 { b"\x03\0Ark" } else { b"\x03Ark" };
    let globals = globals.concat();
    let at = begin(5).len() + globals.len() + 4 + 6 + name.len() + end.len();
    let sheet = record(0x0085, &[&u32::try_from(at).unwrap().to_le_bytes()[..], &[0, 0], name].concat());
    [begin(5), globals, sheet, end.clone(), begin(0x10), cells.concat(), end].concat()
}

pub(super) fn cell(kind: u16, row: u16, column: u16, content: &[u8]) -> Vec<u8> {
    record(kind, &[&row.to_le_bytes()[..], &column.to_le_bytes(), &[0, 0], content].concat())
}

#[test]
fn workbooks_of_excel_95_are_read() {
    let text = |text: &[u8]| [&u16::try_from(text.len()).unwrap().to_le_bytes()[..], text].concat();
    let note = |row: u16, len: u16, text: &[u8]| {
        record(0x001C, &[&row.to_le_bytes()[..], &[1, 0], &len.to_le_bytes(), text].concat())
    };
    let bytes = workbook(
        0x0500,
        &[
            record(0x0042, &1252_u16.to_le_bytes()),
            record(0x041E, b"\xA4\0\x0B00000000000"),
            record(0x00E0, b"\0\0\xA4\0\0\0\0\0"),
        ],
        &[
            cell(0x0204, 0, 0, &text(b"Ola Pr\xF8ve \xE6\xF8\xE5\xE4\xF6")),
            cell(0x0203, 0, 1, &1_819_012_365_f64.to_le_bytes()),
            note(0, 4000, b"Merknad 01819"),
            note(0xFFFF, 6, b"012365"),
            record(0x0014, b"\x10&C&\"Arial\"Hode \xE5"),
        ],
    );
    let found = extract(&compound(&[("Book", &bytes)]));
    assert_eq!(found.reasons, []);
    assert_eq!(texts(&found, Some("Ark!A1")), ["Ola Prøve æøåäö\t"]);
    assert_eq!(texts(&found, Some("Ark!B1")), ["01819012365"]);
    assert_eq!(texts(&found, Some("Ark!B1 comment")), ["Merknad 01819012365"]);
    assert_eq!(texts(&found, Some("Ark header")), ["Hode å"]);
}

#[test]
fn strings_go_on_in_further_records_and_results_of_formulas_are_cells() {
    // A string of the table that goes on in a record of its own, where it is wide; one that no cell shows.
    let strings = [&[2, 0, 0, 0, 2, 0, 0, 0][..], &[11, 0, 0], b"01819"].concat();
    let further = [&[1][..], &utf_16("012365"), &[6, 0, 0], b"glemt!"].concat();
    let result = [&[0, 0, 0, 0, 0, 0, 0xFF, 0xFF][..], &[0; 6], &[9, 0, 0x17, 6, 0], b"skjult", &[0]].concat();
    let bytes = workbook(
        0x0600,
        &[record(0x00FC, &strings), record(0x003C, &further)],
        &[
            cell(0x00FD, 0, 0, &[0, 0, 0, 0]),
            cell(0x0006, 1, 27, &result),
            record(0x0207, b"\x0b\0\x0001819012365"),
            cell(0x027E, 2, 0, &(1_019_012_u32 << 2 | 2).to_le_bytes()),
            // Two numbers in one record.
            record(0x00BD, &[&[3, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 10, 0, 0, 0][..], &[1, 0]].concat()),
        ],
    );
    let found = extract(&compound(&[("Workbook", &bytes)]));
    assert_eq!(found.reasons, []);
    assert_eq!(places(&found), BTreeMap::from([("Ark!A1", 1), ("Ark!AB2", 1)]));
    assert_eq!(texts(&found, Some("Ark!AB2 formula")), ["skjult"]);
    assert_eq!(texts(&found, Some("strings of no cell")), ["glemt!"]);
    assert_eq!(texts(&found, Some("Ark!A3")), ["1019012"]);
    assert_eq!(texts(&found, Some("Ark!A4")), ["1\t"]);
    assert_eq!(texts(&found, Some("Ark!B4")), ["2"]);

    // Cut off, and with a string that is not there.
    let cut = extract(&compound(&[("Workbook", &bytes[..bytes.len() - 6])]));
    assert_eq!(cut.reasons, [Reason::Malformed]);
    let lost = workbook(0x0600, &[], &[cell(0x00FD, 0, 0, &[7, 0, 0, 0])]);
    assert_eq!(extract(&compound(&[("Workbook", &lost)])).reasons, [Reason::Malformed]);
    let locked = workbook(0x0600, &[record(0x002F, &[0; 6])], &[]);
    assert_eq!(extract(&compound(&[("Workbook", &locked)])).reasons, [Reason::Encrypted(Lock::Office)]);
}

/// A Word document of 1997 with two pieces, the second of which stands first in the file.
fn document(first: &str, second: &str) -> (Vec<u8>, Vec<u8>) {
    let mut word = vec![0; 0x400];
    word[..4].copy_from_slice(&[0xEC, 0xA5, 0xC1, 0]);
    let (narrow, wide) = (second.as_bytes(), utf_16(first));
    let count = u32::try_from(first.chars().count() + second.len()).unwrap();
    word[0x4C..0x50].copy_from_slice(&count.to_le_bytes());
    let at = u32::try_from(word.len()).unwrap();
    word.extend(narrow);
    let wide_at = u32::try_from(word.len()).unwrap();
    word.extend(&wide);
    let split = u32::try_from(first.chars().count()).unwrap();
    let plc: Vec<u8> = [0, split, count].iter().flat_map(|cp: &u32| cp.to_le_bytes()).collect();
    let piece = |at: u32| [&[0, 0][..], &at.to_le_bytes(), &[0, 0]].concat();
    let plc = [plc, piece(wide_at), piece((at * 2) | 0x4000_0000)].concat();
    let table = [&[1, 2, 0, 9, 9, 2][..], &u32::try_from(plc.len()).unwrap().to_le_bytes(), &plc].concat();
    word[0x1A2..0x1AA]
        .copy_from_slice(&[0_u32.to_le_bytes(), u32::try_from(table.len()).unwrap().to_le_bytes()].concat());
    (word, table)
}

#[test]
fn pieces_of_a_document_saved_fast_are_read_in_their_order() {
    let (word, table) = document("Søknad fra Åse 018", "19012365\rx\r");
    let found = extract(&compound(&[("WordDocument", &word), ("0Table", &table)]));
    assert_eq!(found.reasons, []);
    assert_eq!(texts(&found, None), ["Søknad fra Åse 01819012365\nx"]);
    // A piece that reaches past the end.
    let cut = compound(&[("WordDocument", &word[..word.len() - 4]), ("0Table", &table)]);
    assert_eq!(extract(&cut).reasons, [Reason::Malformed]);
    let lost = compound(&[("WordDocument", &word)]);
    assert_eq!(extract(&lost).reasons, [Reason::Malformed]);
}

#[test]
fn word_95_is_read() {
    let mut word = vec![0; 0x200];
    word[..4].copy_from_slice(&[0xDC, 0xA5, 0x68, 0]);
    let text = b"S\xF8knad \xE6\xE5 01819012365\rFotnote\r";
    word[0x18..0x1C].copy_from_slice(&0x200_u32.to_le_bytes());
    word[0x1C..0x20].copy_from_slice(&u32::try_from(0x200 + text.len()).unwrap().to_le_bytes());
    word[0x34..0x38].copy_from_slice(&u32::try_from(text.len() - 8).unwrap().to_le_bytes());
    word[0x38..0x3C].copy_from_slice(&8_u32.to_le_bytes());
    word.extend(text);
    let found = extract(&compound(&[("WordDocument", &word)]));
    assert_eq!(found.reasons, []);
    assert_eq!(texts(&found, None), ["Søknad æå 01819012365"]);
    assert_eq!(texts(&found, Some("footnote")), ["Fotnote"]);
}

/// A drawing of Windows with a text and a bitmap.
fn drawing() -> Vec<u8> {
    let word = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
    let mut head = vec![0; 80];
    head.extend([0; 8]);
    head[..8].copy_from_slice(&[1, 0, 0, 0, 88, 0, 0, 0]);
    head[40..44].copy_from_slice(b" EMF");
    let text = utf_16("Tegnet 01819012365 æøå ");
    let mut written = [&word(84), &word(76 + text.len())[..], &[0; 68], &text].concat();
    written[44..48].copy_from_slice(&word(text.len() / 2));
    written[48..52].copy_from_slice(&word(76));
    let dib = [&word(40)[..], &word(1), &word(1), &[1, 0, 24, 0], &[0; 24], &[9, 9, 9, 0]].concat();
    let mut bitmap = [&word(81), &word(80 + dib.len())[..], &[0; 72], &dib].concat();
    for (at, value) in [(48, 80), (52, 40), (56, 120), (60, 4)] {
        bitmap[at..at + 4].copy_from_slice(&word(value));
    }
    [head, written, bitmap, [word(14), word(20)].concat(), vec![0; 12]].concat()
}

#[test]
fn texts_of_drawings_are_read_and_their_pictures_are_files() {
    let description = utf_16("Bilde av 01819012365\0");
    let len = u32::try_from(description.len()).unwrap().to_le_bytes();
    let table = [&[0x81, 0xC3][..], &len, &description].concat();
    let art = [&[0x13, 0, 0x0B, 0xF0], &u32::try_from(table.len()).unwrap().to_le_bytes()[..], &table].concat();
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(&drawing()).unwrap();
    let packed = packed.finish().unwrap();
    let content = [&[7; 16][..], &[0; 34], &packed].concat();
    let len = u32::try_from(content.len()).unwrap().to_le_bytes();
    let metafile = [&[0x40, 0x3D, 0x1A, 0xF0], &len[..], &content].concat();
    let (word, tables) = document("Ola", " Prove\r");
    let data = [art, metafile].concat();
    let streams: [(&str, &[u8]); 3] = [("WordDocument", &word), ("0Table", &tables), ("Data", &data)];
    let found = extract(&compound(&streams));
    assert_eq!(found.reasons, []);
    assert_eq!(places(&found), BTreeMap::from([("alt text", 1), ("drawing", 1)]));
    assert_eq!(texts(&found, Some("drawing")), ["Tegnet 01819012365 æøå "]);
    assert_eq!(found.files.len(), 1);
    assert!(found.files[0].bytes.starts_with(b"BM\x3A\0\0\0\0\0\0\0\x36\0\0\0"));

    let cut = [&data[..data.len() - 20], &[0; 20]].concat();
    let streams: [(&str, &[u8]); 3] = [("WordDocument", &word), ("0Table", &tables), ("Data", &cut)];
    assert_eq!(extract(&compound(&streams)).reasons, [Reason::Malformed]);
}

#[test]
fn one_string_in_many_cells_and_one_piece_many_times_stay_within_the_limits() {
    let text = [&[1, 0, 0, 0, 1, 0, 0, 0, 0, 0x10, 0][..], &[b'0'; 0x1000]].concat();
    let cells: Vec<Vec<u8>> = (0..1_000).map(|row| cell(0x00FD, row, 0, &[0, 0, 0, 0])).collect();
    let book = workbook(0x0600, &[record(0x00FC, &text)], &cells);
    let mut limits = Limits { bytes: 1_000_000, entries: 100, until: None };
    let found = read(&compound(&[("Workbook", &book)]), &mut limits).unwrap();
    assert_eq!(found.reasons, [Reason::OverLimit]);
    assert!(found.pieces.iter().map(|piece| piece.text.len()).sum::<usize>() < 1_000_000);
    let late = Limits { until: Some(std::time::Instant::now()), ..super::limits() };
    let found = read(&fixture("writer.doc"), &mut late.clone()).unwrap();
    assert_eq!(found.reasons, [Reason::TimedOut]);
}

#[test]
fn a_file_that_ends_inside_its_last_sector_is_read_and_malformed() {
    for name in ["writer.doc", "calc.xls", "impress.ppt", "outlook.msg"] {
        let bytes = fixture(name);
        let (whole, cut) = (extract(&bytes), extract(&bytes[..bytes.len() - 10]));
        assert_eq!(cut.reasons, [Reason::Malformed], "{name}");
        // In the other two the last sector is the table of sectors: all that is left is text without places.
        if cut.pieces.iter().all(|piece| piece.place.as_deref() != Some("damaged file")) {
            assert_eq!(places(&cut), places(&whole), "{name}");
        } else {
            assert!(name != "writer.doc" && name != "calc.xls" && !places(&cut).is_empty(), "{name}");
        }
        let longer = [&bytes[..], b"\r\n"].concat();
        assert_eq!(extract(&longer), whole, "{name}: whenever it is read");
    }
}

/// Whether the number still stands there but for two characters: what no format without sums can tell.
fn nearly(extract: &Extract) -> usize {
    let number: Vec<char> = NUMBER.chars().collect();
    let near = |window: &[char]| window.iter().zip(&number).filter(|(a, b)| a != b).count() <= 2;
    let texts = extract.pieces.iter().map(|piece| piece.text.chars().collect::<Vec<char>>());
    texts.map(|text| text.windows(number.len()).filter(|window| near(window)).count()).sum()
}

#[test]
fn cut_copies_say_so_and_changed_bytes_seldom_lose_text_in_silence() {
    // In a hundred. No sums guard these formats: what a changed offset leads to is not told from text.
    let most = 2;
    for name in ["writer.doc", "calc.xls", "impress.ppt", "outlook.msg"] {
        let bytes = fixture(name);
        let whole = extract(&bytes);
        let (expected, files) = (nearly(&whole), whole.files.len());
        let (mut silent, mut all) = (Vec::new(), 0);
        for copy in damaged(&bytes, 500) {
            let Some(found) = read(&copy, &mut limits()) else { continue };
            let lost = found.files.len() < files || nearly(&found) < expected;
            all += 1;
            if lost && found.reasons.is_empty() {
                assert_eq!(copy.len(), bytes.len(), "{name}: cut off in silence");
                silent.push((0..bytes.len()).find(|at| copy[*at] != bytes[*at]).unwrap());
            }
        }
        assert!(
            silent.len() * 100 <= all * most,
            "{name}: {} of {all} lost text in silence: {silent:X?}",
            silent.len()
        );
    }
}
