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
        ("Barn!B4", 1),
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
    assert_eq!(row.concat(), "Ola Prøve\t01819012365\t18.01.1990\t12.5");
    assert_eq!(texts(&found, Some("Barn!B4")), ["1819012365\t01819012365"]);
    assert_eq!(texts(&found, Some("Barn header")), ["Topptekst 01819012365"]);
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
    let strings = "<si><r><t>01819</t></r><r><t>012365</t></r><rPh><t>uttale</t></rPh></si>
        <si><t>a_x000D_&#10;b_x0031__x</t></si><si><t>glemt</t></si>";
    let found = extract(&workbook(
        strings,
        r#"<row><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>
           <row><c r="A2" t="str"><f>"Fnr "&amp;"skjult"</f><v>Fnr ja</v></c></row>"#,
        &[],
    ));
    assert_eq!(texts(&found, Some("Ark!A1")), ["01819012365\t"]);
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
Kommentar: Fnr 01819012365</t></text></comment></commentList></comments>"#,
            ),
            ("xl/threaded1.xml", r#"<t><threadedComment ref="B2"><text>Fnr 01819012365</text></threadedComment></t>"#),
        ],
    ));
    assert_eq!(places(&found), BTreeMap::from([("Ark!B2 comment", 1)]));
    assert_eq!(texts(&found, Some("Ark!B2 comment")), ["Fnr 01819012365", "[Tråd]\nKommentar:"]);
    assert_eq!(found.reasons, []);
}

#[test]
fn what_pivot_tables_and_links_remember_is_read() {
    let cache = r#"<records><r><s v="Ola"/><x v="3"/><n v="01819012365"/></r></records>"#;
    let link = r#"<row><c r="A1" t="str"><v>lenke</v></c></row></sheetData><hyperlinks>
        <hyperlink ref="A1" display="lenke"/><hyperlink ref="A2" display="01819012365"/></hyperlinks><sheetData>"#;
    let found = extract(&workbook("", link, &[("xl/pivotCache/records1.xml", cache)]));
    assert_eq!(texts(&found, Some("xl/pivotCache/records1.xml")), ["Ola\n01819012365"]);
    assert_eq!(texts(&found, Some("Ark!A1 link")), [""; 0]);
    assert_eq!(texts(&found, Some("Ark!A2 link")), ["01819012365"]);
    assert_eq!(found.reasons, []);
}

#[test]
fn every_place_that_xlsxwriter_fills_is_found() {
    let found = extract(&fixture("writer.xlsx"));
    assert_eq!(found.reasons, []);
    let expected = [
        ("properties", 1),
        ("Ærlig ål drawing", 1),
        ("Ærlig ål drawing alt text", 1),
        // Title, name of the series, and the value that the chart remembers without its format.
        ("Ærlig ål drawing chart", 3),
        ("Ærlig ål filter", 1),
        // The rule and the formula that it is kept as.
        ("Ærlig ål rule", 2),
        ("Ærlig ål!A2 comment", 1),
        ("Ærlig ål!B2", 1),
        ("Ærlig ål!B3", 1),
    ];
    assert_eq!(places(&found), BTreeMap::from(expected));
    let files: Vec<_> = found.files.iter().map(|file| (file.name.as_str(), file.place.as_deref())).collect();
    assert_eq!(files, [("xl/media/image1.png", Some("Ærlig ål drawing"))]);
}

#[test]
fn a_pivot_table_remembers_rows() {
    let found = extract(&fixture("pivot.xlsx"));
    assert_eq!(found.reasons, []);
    assert_eq!(places(&found)["pivot cache!B2"], 1);
    let row = ["pivot cache!A3", "pivot cache!B3"].map(|cell| texts(&found, Some(cell)).concat());
    assert_eq!(row.concat(), "Kari Prøve\t1819012365\t01819012365");
}

#[test]
fn what_a_link_to_another_workbook_remembers_is_read() {
    let link = r#"<externalLink><externalBook><sheetNames><sheetName val="Barn"/></sheetNames><sheetDataSet>
        <sheetData sheetId="0"><row r="2"><cell r="A2" t="str"><v>Ola</v></cell><cell r="B2"><v>1819012365</v></cell></row>
        </sheetData></sheetDataSet></externalBook></externalLink>"#;
    let rels = r#"<R><Relationship Id="a" Type="t/externalLinkPath" Target="file:///k/barn%20i%20sak.xlsx" TargetMode="External"/></R>"#;
    let types = TYPES.replace(
        "</Types>",
        r#"<Override PartName="/xl/externalLinks/externalLink1.xml"
           ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml"/></Types>"#,
    );
    let parts = [
        ("[Content_Types].xml", types.as_str()),
        ("xl/workbook.xml", "<workbook/>"),
        ("xl/strings.xml", "<sst/>"),
        ("xl/sheet1.xml", "<worksheet/>"),
        ("xl/externalLinks/externalLink1.xml", link),
        ("xl/externalLinks/_rels/externalLink1.xml.rels", rels),
    ];
    let found = extract(&archive(&parts));
    assert_eq!(found.reasons, []);
    assert_eq!(texts(&found, Some("other workbook name")), ["Barn"]);
    assert_eq!(texts(&found, Some("other workbook!A2")), ["Ola\t"]);
    assert_eq!(texts(&found, Some("other workbook!B2")), ["1819012365\t01819012365"]);
    assert_eq!(texts(&found, Some("other workbook link")), ["file:///k/barn i sak.xlsx"]);
}

#[test]
fn rules_filters_and_lists_of_later_versions_are_read() {
    let cells = r#"<row><c r="A1"><v>1</v></c></row></sheetData><extLst><ext><x14:dataValidations xmlns:x14="x" xmlns:xm="m">
        <x14:dataValidation><x14:formula1><xm:f>"01819012365,nei"</xm:f></x14:formula1><xm:sqref>A1</xm:sqref>
        </x14:dataValidation></x14:dataValidations></ext></extLst>
        <autoFilter><filterColumn><filters><filter val="Ola"/></filters></filterColumn></autoFilter><sheetData>"#;
    let found = extract(&workbook("", cells, &[]));
    assert_eq!(texts(&found, Some("Ark rule")), ["\"01819012365,nei\""]);
    assert_eq!(texts(&found, Some("Ark filter")), ["Ola"]);
    assert_eq!(found.reasons, []);
}

#[test]
fn cells_without_a_name_are_counted_and_a_crowded_file_has_rows() {
    let found = extract(&workbook("", "<row><c><v>1</v></c><c/><c><v>2</v></c></row><row><c><v>3</v></c></row>", &[]));
    let given: Vec<_> =
        found.pieces.iter().filter_map(|piece| piece.place.as_deref()).filter(|p| p.contains('!')).collect();
    assert_eq!(given, ["Ark!A1", "Ark!C1", "Ark!A2"]);

    let mut crowded = Extract::default();
    crowded.pieces.resize_with(250_000, || Piece { place: None, text: String::new() });
    for (number, name) in ["A1", "B1", "AA1"].into_iter().enumerate() {
        crowded.add_cell(number == 0, super::super::extract::Cell { sheet: "Ark: 1", name }, name);
    }
    let row = crowded.pieces.last().unwrap();
    assert_eq!((row.place.as_deref(), row.text.as_str()), (Some("Ark: 1!A1:AA1"), "A1\tB1\tAA1"));
    assert_eq!(crowded.pieces.len(), 250_001);

    crowded.pieces.resize_with(400_000, || Piece { place: Some("Ark: 1!A1 comment".into()), text: String::new() });
    for (number, name) in ["A9", "B9", "A10", "B10"].into_iter().enumerate() {
        crowded.add_cell(number % 2 == 0, super::super::extract::Cell { sheet: "Ark: 1", name }, name);
    }
    let rows = crowded.pieces.last().unwrap();
    assert_eq!((rows.place.as_deref(), rows.text.as_str()), (Some("Ark: 1!A9:B10"), "A9\tB9\nA10\tB10"));
    assert_eq!(crowded.pieces.len(), 400_001);
}

#[test]
fn a_name_without_end_is_in_no_place() {
    let name = "ø".repeat(100_000);
    let content = format!(
        "<c><table:table xmlns:table='t' xmlns:text='x' table:name='{name}'><table:table-row><table:table-cell>\
         <text:p>a</text:p></table:table-cell></table:table-row></table:table></c>"
    );
    let kind = "application/vnd.oasis.opendocument.spreadsheet";
    let found =
        extract(&archive(&[("mimetype", kind), ("content.xml", content.as_str()), ("META-INF/manifest.xml", "<m/>")]));
    assert!(found.pieces.iter().all(|piece| piece.place.as_ref().is_none_or(|place| place.len() < 256)));
    assert_eq!(texts(&found, Some("table name")), [name]);
}

#[test]
fn a_binary_workbook_is_unsupported() {
    let types = r#"<Types><Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>
        <Default Extension="png" ContentType="image/png"/></Types>"#;
    let found =
        extract(&archive(&[("[Content_Types].xml", types), ("xl/workbook.bin", "\u{1}"), ("xl/media/a.png", "x")]));
    assert_eq!(found.reasons, [Reason::Unsupported]);
    assert_eq!(found.files.len(), 1);
}

#[test]
fn a_cell_that_says_it_has_a_string_and_has_none_is_empty() {
    let found =
        extract(&workbook("", r#"<row><c r="A1" t="s"/><c r="B1" t="s"><v></v></c><c r="C1"><v>1</v></c></row>"#, &[]));
    assert_eq!(texts(&found, Some("Ark!C1")), ["1"]);
    assert_eq!(found.reasons, []);
}

#[test]
fn texts_and_long_numbers_of_formulas_are_read() {
    let cells = r#"<row><c r="A1"><f>COUNTIF('Liste 2'!B1:B1048576,1819012365)+IF(C1="01819012365",1,0)</f><v>0</v></c>
        <c r="B1"><f>SUM(A1:A99999)</f><v>3</v></c></row>"#;
    let found = extract(&workbook("", cells, &[]));
    assert_eq!(texts(&found, Some("Ark!A1 formula")), ["1819012365\n01819012365"]);
    assert_eq!(texts(&found, Some("Ark!B1 formula")), [""; 0]);
}

#[test]
fn line_breaks_in_the_text_boxes_of_excel_have_no_end() {
    let drawing = r#"<xml xmlns:v="v" xmlns:x="x"><v:shape><v:textbox><div><font>Fnr<br>01819</font><font>012365</font></div></v:textbox>
        <x:ClientData ObjectType="Button"><x:Anchor>1, 2</x:Anchor></x:ClientData></v:shape></xml>"#;
    let rels = r#"<R><Relationship Id="a" Type="t/vmlDrawing" Target="drawing1.vml"/></R>"#;
    let found = extract(&workbook("", "", &[("xl/_rels/sheet1.xml.rels", rels), ("xl/drawing1.vml", drawing)]));
    assert_eq!(texts(&found, Some("Ark drawing text box")), ["Fnr\n01819012365"]);
    assert_eq!(found.reasons, []);
}

#[test]
fn damaged_copies_say_so() {
    survives_damage("writer.xlsx", 150);
    survives_damage("pivot.xlsx", 100);
    survives_damage("openpyxl.xlsx", 300);
    survives_damage("calc.xlsx", 200);
}
