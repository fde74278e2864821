//! Excel workbooks.

use super::*;

#[test]
fn every_place_of_a_workbook_is_found_once() {
    let found = extract(&fixture("openpyxl.xlsx"));
    assert_eq!(found.reasons, []);
    let expected = [
        ("Barn!A3 link", 1),
        ("Barn!B2", 1),
        ("Barn!B3", 1),
        ("Barn!B3 comment", 1),
        ("Barn!C3 input help", 1),
        ("Barn footer", 1),
        ("Barn header", 1),
        ("Skjult (hidden)!C5", 1),
        ("defined name", 1),
        ("properties", 1),
    ];
    assert_eq!(places(&found), BTreeMap::from(expected));
    let row = ["Barn!A2", "Barn!B2", "Barn!C2", "Barn!D2"].map(|cell| texts(&found, Some(cell)).concat());
    assert_eq!(row.concat(), "Ola Prøve\t01819012345\t18.01.1990\t12.5");
    assert_eq!(texts(&found, Some("Barn!B4")), ["1019012345\t01019012345"]);
    assert_eq!(texts(&found, Some("Barn header")), ["Topptekst 01819012345"]);
    assert_eq!(texts(&found, Some("sheet names")), ["Barn\nSkjult (hidden)"]);
    assert_eq!(found.files, []);

    let calc = extract(&fixture("calc.xlsx"));
    assert_eq!(calc.reasons, []);
    assert_eq!(places(&calc), BTreeMap::from([("Liste drawing", 1), ("Liste!A1 comment", 1), ("Liste!B1", 1)]));
    assert_eq!((texts(&calc, Some("Liste!A1")), texts(&calc, Some("Liste!B1"))), (vec!["Ola Prøve\t"], vec![NUMBER]));
}

const TYPES: &str = r#"<Types><Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
<Override PartName="/xl/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>
<Override PartName="/xl/strings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>
</Types>"#;

/// What a workbook of one sheet gives.
fn workbook(strings: &str, cells: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let strings = format!("<sst>{strings}</sst>");
    let sheet = format!("<worksheet><sheetData>{cells}</sheetData></worksheet>");
    let parts = [
        ("[Content_Types].xml", TYPES),
        (
            "xl/workbook.xml",
            r#"<workbook><sheets><sheet name="Ark" sheetId="1" r:id="r1" xmlns:r="r"/></sheets></workbook>"#,
        ),
        ("xl/_rels/workbook.xml.rels", r#"<R><Relationship Id="r1" Type="t/worksheet" Target="sheet1.xml"/></R>"#),
        ("xl/strings.xml", &strings),
        ("xl/sheet1.xml", &sheet),
    ];
    archive(&[&parts[..], more].concat())
}

#[test]
fn strings_are_whole_and_those_of_no_cell_are_read_too() {
    let strings = "<si><r><t>01819</t></r><r><t>012345</t></r><rPh><t>uttale</t></rPh></si>
        <si><t>a_x000D_&#10;b_x0031__x</t></si><si><t>glemt</t></si>";
    let found = extract(&workbook(
        strings,
        r#"<row><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>
           <row><c r="A2" t="str"><f>"Fnr "&amp;"skjult"</f><v>Fnr ja</v></c></row>"#,
        &[],
    ));
    assert_eq!(texts(&found, Some("Ark!A1")), ["01819012345\t"]);
    assert_eq!(texts(&found, Some("Ark!C1")), ["a  b1_x"]);
    assert_eq!(texts(&found, Some("Ark!A2")), ["Fnr ja"]);
    assert_eq!(texts(&found, Some("Ark!A2 formula")), ["skjult"]);
    assert_eq!(texts(&found, Some("phonetic guide")), ["uttale"]);
    assert_eq!(texts(&found, Some("strings of no cell")), ["glemt"]);
    assert_eq!(found.reasons, []);
}

#[test]
fn a_string_or_sheet_that_is_not_there_is_malformed() {
    let found = extract(&workbook("", r#"<row><c r="A1" t="s"><v>7</v></c></row>"#, &[]));
    assert_eq!(found.reasons, [Reason::Malformed]);
}

#[test]
fn one_string_in_many_cells_is_counted_each_time() {
    let string = format!("<si><t>{}</t></si>", "0".repeat(10_000));
    let cells = r#"<row><c r="A1" t="s"><v>0</v></c></row>"#.repeat(1_000);
    let bytes = workbook(&string, &cells, &[]);
    let mut limits = Limits { bytes: 1_000_000, entries: 100, until: None };
    let found = read(&bytes, &mut limits).unwrap();
    assert_eq!(found.reasons, [Reason::OverLimit]);
    assert!(found.pieces.iter().map(|piece| piece.text.len()).sum::<usize>() < 1_000_000);
}

#[test]
fn a_threaded_comment_is_read_once_with_what_older_programs_show_besides() {
    let rels = r#"<R><Relationship Id="a" Type="t/comments" Target="comments1.xml"/>
        <Relationship Id="b" Type="t/threadedComment" Target="threaded1.xml"/></R>"#;
    let found = extract(&workbook(
        "",
        "",
        &[
            ("xl/_rels/sheet1.xml.rels", rels),
            (
                "xl/comments1.xml",
                r#"<comments><authors><author>tc={1}</author></authors><commentList>
                <comment ref="B2"><text><t>[Tråd]
Kommentar: Fnr 01819012345</t></text></comment></commentList></comments>"#,
            ),
            ("xl/threaded1.xml", r#"<t><threadedComment ref="B2"><text>Fnr 01819012345</text></threadedComment></t>"#),
        ],
    ));
    assert_eq!(places(&found), BTreeMap::from([("Ark!B2 comment", 1)]));
    assert_eq!(texts(&found, Some("Ark!B2 comment")), ["Fnr 01819012345", "[Tråd]\nKommentar:"]);
    assert_eq!(found.reasons, []);
}

#[test]
fn what_pivot_tables_and_links_remember_is_read() {
    let cache = r#"<records><r><s v="Ola"/><x v="3"/><n v="01819012345"/></r></records>"#;
    let link = r#"<row><c r="A1" t="str"><v>lenke</v></c></row></sheetData><hyperlinks>
        <hyperlink ref="A1" display="lenke"/><hyperlink ref="A2" display="01819012345"/></hyperlinks><sheetData>"#;
    let found = extract(&workbook("", link, &[("xl/pivotCache/records1.xml", cache)]));
    assert_eq!(texts(&found, Some("xl/pivotCache/records1.xml")), ["Ola\n01819012345"]);
    assert_eq!(texts(&found, Some("Ark!A1 link")), [""; 0]);
    assert_eq!(texts(&found, Some("Ark!A2 link")), ["01819012345"]);
    assert_eq!(found.reasons, []);
}

#[test]
fn damaged_copies_say_so() {
    survives_damage("openpyxl.xlsx", 300);
    survives_damage("calc.xlsx", 200);
}
