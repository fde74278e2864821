//! Workbooks of Excel 97 to 2003: what Excel writes and LibreOffice does not.

use super::compound::{cell, compound, record, utf_16, workbook};
use super::word::metafile;
use super::*;

/// A text with its length in two bytes, one byte a character.
fn text(text: &str) -> Vec<u8> {
    [&u16::try_from(text.len()).unwrap().to_le_bytes()[..], &[0], text.as_bytes()].concat()
}

fn label(row: u16, column: u16, content: &str) -> Vec<u8> {
    cell(0x0204, row, column, &text(content))
}

/// A formula whose code is one text.
fn code(constant: &str) -> Vec<u8> {
    let len = constant.len();
    let code = [&[0x17, u8::try_from(len).unwrap(), 0][..], constant.as_bytes()].concat();
    [&u16::try_from(code.len()).unwrap().to_le_bytes()[..], &code].concat()
}

/// A cell with a formula whose result is a text in the next record.
fn formula(row: u16, column: u16, code: &[u8]) -> Vec<u8> {
    cell(0x0006, row, column, &[&[0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0][..], code].concat())
}

fn book(globals: &[Vec<u8>], cells: &[Vec<u8>]) -> Extract {
    extract(&compound(&[("Workbook", &workbook(0x0600, globals, cells))]))
}

#[test]
fn texts_in_formulas_stand_behind_their_row() {
    let found = book(
        &[],
        &[
            label(0, 0, "Ola"),
            formula(0, 1, &code("Avslag")),
            record(0x0207, &text("Innvilget")),
            label(0, 2, "01819012365"),
            label(1, 0, "Kari"),
        ],
    );
    assert_eq!(found.reasons, []);
    let pieces: Vec<_> = found.pieces.iter().map(|piece| (piece.place.as_deref().unwrap(), &*piece.text)).collect();
    assert_eq!(
        pieces[1..],
        [
            ("Ark!A1", "Ola\t"),
            ("Ark!B1", "Innvilget\t"),
            ("Ark!C1", "01819012365"),
            ("Ark!B1 formula", "Avslag"),
            ("Ark!A2", "Kari")
        ]
    );
}

#[test]
fn formulas_of_many_cells_have_their_texts_and_a_result_behind_them() {
    let shared = [&[0, 0, 9, 0, 1, 1, 0, 10][..], &code("Barnevern")].concat();
    let array =
        [&[2, 0, 2, 0, 1, 1, 0, 0, 0, 0, 0, 0][..], &code("Sosial"), b"\x00\x00\x00\x02\x05\0\0Vedtak"].concat();
    let found = book(
        &[],
        &[
            formula(0, 1, &[0, 0]),
            record(0x04BC, &shared),
            record(0x0207, &text("Ja 01819012365")),
            formula(2, 1, &[0, 0]),
            record(0x0221, &array),
            record(0x0207, &text("Nei")),
            // A table of a what-if analysis; a result that is not there.
            formula(3, 1, &[0, 0]),
            record(0x0236, &[0; 16]),
            record(0x0207, &text("Kanskje")),
            formula(4, 1, &code("Alene")),
        ],
    );
    assert_eq!(found.reasons, []);
    assert_eq!(texts(&found, Some("Ark!B1")), ["Ja 01819012365"]);
    assert_eq!(texts(&found, Some("Ark!B1 formula")), ["Barnevern"]);
    assert_eq!(texts(&found, Some("Ark!B3 formula")), ["Sosial\nVedtak"]);
    assert_eq!(texts(&found, Some("Ark!B4")), ["Kanskje"]);
    assert_eq!(texts(&found, Some("Ark!B5 formula")), ["Alene"]);
}

#[test]
fn what_other_workbooks_said_is_read() {
    let path = "\u{1}\u{1}Csaker\u{3}Barn.xls";
    let other = [&[1, 0][..], &text(path), &text("Ark 7")].concat();
    let cells = [&[2, 0, 4, 0, 2][..], &text("Ola Prove"), &[1], &1_819_012_365_f64.to_le_bytes(), &[0], &[0; 8]];
    let itself = record(0x01AE, &[1, 0, 1, 4]);
    let found = book(&[itself, record(0x01AE, &other), record(0x005A, &cells.concat())], &[]);
    assert_eq!(found.reasons, []);
    assert_eq!(texts(&found, Some("other workbook")), ["//Csaker/Barn.xls\nArk 7"]);
    assert_eq!(texts(&found, Some("other workbook!A5")), ["Ola Prove\t"]);
    assert_eq!(texts(&found, Some("other workbook!B5")), ["1819012365 01819012365"]);
    assert_eq!(book(&[record(0x005A, &[0, 0, 4, 0, 1, 2])], &[]).reasons, [Reason::Malformed]);
}

#[test]
fn choices_of_a_cell_and_scenarios_are_read() {
    let list = b"Rus\0Psykisk helse";
    let code = [&[0x17, u8::try_from(list.len()).unwrap(), 0][..], list].concat();
    let none = text("\0");
    let len = u16::try_from(code.len()).unwrap().to_le_bytes();
    let choices = [&[0; 4][..], &text("Velg"), &none, &text("Grunn"), &none, &len, &[0; 2], &code].concat();
    let found = book(&[], &[record(0x01BE, &choices), record(0x00AF, b"\x01\0\0\0\x0801819012365\0\0")]);
    assert_eq!(found.reasons, []);
    assert_eq!(texts(&found, Some("Ark input help")), ["Velg\nGrunn\nRus\nPsykisk helse"]);
    assert_eq!(texts(&found, Some("Ark scenario")), ["01819012365\n"]);
}

#[test]
fn drawings_go_on_behind_boxes() {
    let description = utf_16("Bilde av 01819012365\0");
    let len = u32::try_from(description.len()).unwrap().to_le_bytes();
    let table = [&[0x81, 0xC3][..], &len, &description].concat();
    let art = [&[0x13, 0, 0x0B, 0xF0], &u32::try_from(table.len()).unwrap().to_le_bytes()[..], &table].concat();
    let (begun, rest) = art.split_at(20);
    let head = [&[0; 10][..], &[3, 0, 8, 0], &[0; 4]].concat();
    let found = book(
        &[],
        &[
            record(0x00EC, begun),
            record(0x005D, &[0; 8]),
            record(0x01B6, &head),
            record(0x003C, b"\0Hei"),
            record(0x003C, &[0; 8]),
            record(0x003C, rest),
        ],
    );
    assert_eq!(found.reasons, []);
    assert_eq!(texts(&found, Some("Ark text box")), ["Hei"]);
    assert_eq!(texts(&found, Some("alt text")), ["Bilde av 01819012365"]);
}

#[test]
fn hundreds_of_thousands_of_cells_are_fewer_pieces() {
    let row = |row: u16| {
        let cells = (0..250_u16).flat_map(|column| [&[0, 0][..], &(u32::from(column) << 2 | 2).to_le_bytes()].concat());
        record(0x00BD, &[&row.to_le_bytes()[..], &[0, 0], &cells.collect::<Vec<u8>>(), &[249, 0]].concat())
    };
    let rows: Vec<Vec<u8>> = (0..2_100).map(row).collect();
    let found = book(&[], &rows);
    assert_eq!(found.reasons, []);
    assert!(found.pieces.len() < 300_000, "{}", found.pieces.len());
    assert!(found.pieces.last().unwrap().text.ends_with("\t249"));
}

#[test]
fn workbooks_of_excel_for_macintosh_have_their_letters() {
    let text = b"\x05\0Pr\xBFve";
    let mac = workbook(0x0500, &[record(0x0042, &0x8000_u16.to_le_bytes())], &[cell(0x0204, 0, 0, text)]);
    let found = extract(&compound(&[("Book", &mac)]));
    assert_eq!((texts(&found, Some("Ark!A1")), found.reasons.len()), (vec!["Prøve"], 0));
}

#[test]
fn pictures_of_excel_95_are_read_or_named() {
    let drawing = [&[2, 0, 1, 0, 99, 0, 0, 0][..], &[8, 0, 0, 1, 0, 1, 0, 0], &metafile(b"Skilt 01819012365")].concat();
    let (first, rest) = drawing.split_at(30);
    let book = workbook(0x0500, &[], &[record(0x007F, first), record(0x003C, rest)]);
    let found = extract(&compound(&[("Book", &book)]));
    assert_eq!((texts(&found, Some("drawing")), found.reasons.len()), (vec!["Skilt 01819012365"], 0));
    let book = workbook(0x0500, &[], &[record(0x007F, &[9, 0, 1, 0, 12, 0, 0, 0, 12, 0, 0, 0])]);
    assert_eq!(extract(&compound(&[("Book", &book)])).reasons, [Reason::ImageOnly]);
}

#[test]
fn a_stream_that_does_not_begin_as_a_workbook_is_malformed() {
    let old = [record(0x0409, &[0, 0, 0x10, 0, 0, 0]), record(0x0204, &[0; 8]), record(0x000A, &[])].concat();
    assert_eq!(extract(&compound(&[("Book", &old)])).reasons, [Reason::Malformed]);
}
