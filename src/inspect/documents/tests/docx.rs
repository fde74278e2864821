//! Word documents.

use super::*;

const TYPES: &str = r#"<Types>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>
</Types>"#;

/// What a document with this body gives.
fn body(xml: &str) -> Extract {
    let document = format!(r#"<w:document xmlns:w="w"><w:body>{xml}</w:body></w:document>"#);
    extract(&archive(&[("[Content_Types].xml", TYPES), ("word/document.xml", &document)]))
}

#[test]
fn every_place_of_a_document_is_found_once() {
    let writer = extract(&fixture("writer.docx"));
    assert_eq!(writer.reasons, []);
    let expected = [
        ("comment", 1),
        ("endnote", 1),
        ("footer", 1),
        ("footnote", 1),
        ("header", 1),
        ("paragraph 1", 1),
        ("paragraph 2 deleted text", 1),
        ("paragraph 3", 1),
        ("paragraph 5 link", 1),
        ("paragraph 6 text box", 1),
        ("paragraph 7 alt text", 1),
        ("properties", 3),
        ("table 1 row 1", 1),
    ];
    assert_eq!(places(&writer), BTreeMap::from(expected));
    let text = running(&writer);
    assert!(text.starts_with("Delt over løp: 01819012365 i teksten.\nStrøket: her.\n"), "{text}");
    assert!(text.ends_with("\nOla Prøve\t01819012365\nSlutt."), "{text}");
    assert_eq!(texts(&writer, Some("paragraph 5 link")), ["mailto:post@prove.example?subject=Fnr 01819012365"]);
    let names: Vec<&str> = writer.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["word/media/image1.png"]);
    assert_eq!(writer.files[0].place.as_deref(), Some("paragraph 7"));

    let python = extract(&fixture("python.docx"));
    assert_eq!(python.reasons, []);
    assert_eq!(
        places(&python),
        BTreeMap::from([("footer", 1), ("header", 1), ("paragraph 1", 1), ("properties", 1), ("table 1 row 1", 1)])
    );
    assert_eq!(running(&python), "Delt: 01819012365\tetter tabulator\netter linjeskift\nOla Prøve\t01819012365");
    assert_eq!(python.files, []);
}

#[test]
fn paragraphs_rows_and_pages_are_numbered() {
    let p = |text: &str| format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>");
    let cell = |inner: &str| format!("<w:tc>{inner}</w:tc>");
    let row = |cells: &str| format!("<w:tr>{cells}</w:tr>");
    let inner = format!("<w:tbl>{}</w:tbl>", row(&(cell(&p("c")) + &cell(&p("d")))));
    let rows = row(&(cell(&(p("a") + &p("b"))) + &cell(&inner) + &cell(&p("e")))) + &row(&cell(&p("f")));
    let found = body(&format!(
        "{}<w:p/>{}<w:p><w:r><w:lastRenderedPageBreak/><w:t>på neste</w:t></w:r></w:p><w:tbl>{rows}</w:tbl>{}
        <w:p><w:r><w:t>over </w:t><w:lastRenderedPageBreak/><w:t>siden</w:t></w:r></w:p>{}",
        p("en"),
        p("to"),
        p("tre"),
        p("fire"),
    ));
    let given: Vec<_> = found.pieces.iter().map(|p| (p.place.as_deref().unwrap(), p.text.as_str())).collect();
    assert_eq!(
        given,
        [
            ("paragraph 1", "en"),
            ("paragraph 2", "to"),
            ("page 2 paragraph 3", "på neste"),
            ("page 2 table 1 row 1", "a\nb\tc\td\te"),
            ("page 2 table 1 row 2", "f"),
            ("page 2 paragraph 4", "tre"),
            ("page 2 paragraph 5", "over siden"),
            ("page 3 paragraph 6", "fire"),
        ]
    );
}

#[test]
fn both_readings_of_a_changed_number_are_whole() {
    let run = |text: &str| format!("<w:r><w:t>{text}</w:t></w:r>");
    let gone = |text: &str| format!("<w:del><w:r><w:delText>{text}</w:delText></w:r></w:del>");
    let new = |text: &str| format!("<w:ins>{}</w:ins>", run(text));
    let table = [
        (run("fnr 01819") + &gone("0") + &run("12365 og"), "fnr 0181912365 og", "01819012365"),
        (run("fnr ") + &gone("01819012365") + &new("01819054321"), "fnr 01819054321", "01819012365"),
        (run("01819012365") + &gone(" eller") + &run(" nei"), "01819012365 nei", " eller"),
        (gone("018") + &new("019") + &run("19012365"), "01919012365", "01819012365"),
    ];
    for (runs, now, before) in table {
        let found = body(&format!("<w:p>{runs}</w:p>"));
        assert_eq!(running(&found), now);
        assert_eq!(texts(&found, Some("paragraph 1 deleted text")), [before]);
    }
}

#[test]
fn what_stands_for_characters_is_read_as_them() {
    let found = body(
        r#"<w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/>
        <w:t>0181</w:t><w:noBreakHyphen/><w:t>9</w:t><w:sym w:font="Symbol" w:char="F030"/>
        <w:t xml:space="preserve"> &amp;&#x31;</w:t></w:r></w:p><w:p><w:r><w:t>c</w:t></w:r></w:p>"#,
    );
    assert_eq!(running(&found), "a\tb\n0181-90 &1\nc");
    assert_eq!(found.reasons, []);
}

#[test]
fn fields_give_their_code_and_their_result() {
    let found = body(
        r#"<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>HYPERLINK "mailto:a@b.example?body=</w:instrText>
        </w:r><w:r><w:instrText>01819%3012365"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/>
        <w:t>skriv</w:t><w:fldChar w:fldCharType="end"/></w:r></w:p>
        <w:p><w:fldSimple w:instr="DOCVARIABLE navn"><w:r><w:t>Ola</w:t></w:r></w:fldSimple></w:p>"#,
    );
    assert_eq!(running(&found), "skriv\nOla");
    let codes = ["HYPERLINK \"mailto:a@b.example?body=01819012365\"", "DOCVARIABLE navn"];
    assert_eq!(texts(&found, Some("paragraph 1 field")), codes[..1]);
    assert_eq!(texts(&found, Some("paragraph 2 field")), codes[1..]);
}

#[test]
fn an_older_form_is_read_where_it_says_something_else() {
    let form = |text: &str| format!("<w:txbxContent><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:txbxContent>");
    let both = |choice: &str, fallback: &str| {
        body(&format!(
            "<w:p><w:r><mc:AlternateContent xmlns:mc='m'><mc:Choice>{}</mc:Choice><mc:Fallback>{}</mc:Fallback>\
             </mc:AlternateContent></w:r></w:p>",
            form(choice),
            form(fallback)
        ))
    };
    assert_eq!(places(&both(NUMBER, NUMBER)), BTreeMap::from([("paragraph 1 text box", 1)]));
    assert_eq!(places(&both("annet", NUMBER)).values().sum::<usize>(), 1);
}

#[test]
fn entities_are_never_expanded() {
    let document = r#"<!DOCTYPE x [<!ENTITY a "01819012365"><!ENTITY b SYSTEM "file:///etc/passwd">]>
        <w:document xmlns:w="w"><w:p><w:r><w:t>før &a;&b; etter</w:t></w:r></w:p></w:document>"#;
    let found = extract(&archive(&[("[Content_Types].xml", TYPES), ("word/document.xml", document)]));
    assert_eq!(running(&found), "før  etter");
    assert_eq!(found.reasons, [Reason::Malformed]);
}

#[test]
fn xml_that_ends_early_or_is_announced_and_missing_is_malformed() {
    let early = [("[Content_Types].xml", TYPES), ("word/document.xml", "<w:p xmlns:w='w'><w:t>01819012365")];
    let found = extract(&archive(&early));
    assert_eq!((places(&found), &found.reasons[..]), (BTreeMap::from([("paragraph 1", 1)]), &[Reason::Malformed][..]));
    let missing = extract(&archive(&[("[Content_Types].xml", TYPES)]));
    assert!(missing.reasons.contains(&Reason::Malformed));
    let types = TYPES.replace(
        "</Types>",
        r#"<Override PartName="/word/comments.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"/></Types>"#,
    );
    let forgotten = extract(&archive(&[("[Content_Types].xml", &types), ("word/document.xml", "<w:p xmlns:w='w'/>")]));
    assert_eq!(forgotten.reasons, []);
}

#[test]
fn text_of_unknown_parts_is_read_and_files_are_handed_on() {
    let found = extract(&archive(&[
        ("[Content_Types].xml", TYPES),
        ("word/document.xml", "<w:p xmlns:w='w'/>"),
        ("customXml/item1.xml", "<sak><fnr>01819012365</fnr><navn>Ola</navn></sak>"),
        ("word/embeddings/oleObject1.bin", "\u{1}fil"),
    ]));
    assert_eq!(texts(&found, Some("customXml/item1.xml")), ["01819012365\nOla"]);
    assert_eq!(
        found.files,
        [Inner { name: "word/embeddings/oleObject1.bin".into(), bytes: b"\x01fil".to_vec(), ..Inner::default() }]
    );
    assert_eq!(found.reasons, []);
}

#[test]
fn charts_pictures_and_parts_of_other_formats_stand_where_the_text_has_them() {
    let document = r#"<w:document xmlns:w="w" xmlns:r="r"><w:p><w:r><w:t>en</w:t></w:r></w:p>
        <w:p><w:r><w:drawing><c:chart r:id="c"/><a:blip r:embed="i"/></w:drawing><w:t>to</w:t></w:r>
        <w:hyperlink r:id="h"><w:r><w:t>lenke</w:t></w:r></w:hyperlink></w:p><w:altChunk r:id="k"/>
        <w:sdt><w:sdtPr><w:alias w:val="Fnr"/></w:sdtPr><w:sdtContent><w:p><w:r><w:t>01819012365</w:t></w:r></w:p></w:sdtContent>
        </w:sdt></w:document>"#;
    // Types of relationships as the strict form has them (ECMA-376 part 1, annex A).
    let rels = r#"<R><Relationship Id="c" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/chart" Target="charts/chart1.xml"/>
        <Relationship Id="i" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/image" Target="/word/media/image1.png"/>
        <Relationship Id="k" Type="t/aFChunk" Target="afchunk.rtf"/>
        <Relationship Id="h" Type="t/hyperlink" Target="mailto:01819012365%40prove.example" TargetMode="External"/></R>"#;
    let found = extract(&archive(&[
        ("[Content_Types].xml", TYPES),
        ("word/document.xml", document),
        ("word/_rels/document.xml.rels", rels),
        ("word/charts/chart1.xml", "<c:chart xmlns:c='c'><c:v>01819012365</c:v></c:chart>"),
        ("word/media/image1.png", "PNG"),
        ("word/afchunk.rtf", "{\\rtf1}"),
        ("customXml/item2.xml", "<sak xmlns='urn:x' fnr='01819012365'/>"),
        ("customXml/itemProps2.xml", "<ds:datastoreItem xmlns:ds='d' ds:itemID='{01819012365}'/>"),
    ]));
    assert_eq!(found.reasons, []);
    let expected = [("customXml/item2.xml", 1), ("paragraph 2 chart", 1), ("paragraph 2 link", 1), ("paragraph 3", 1)];
    assert_eq!(places(&found), BTreeMap::from(expected));
    assert_eq!(texts(&found, Some("paragraph 2 link")), ["mailto:01819012365@prove.example"]);
    let files: Vec<_> = found.files.iter().map(|file| (file.name.as_str(), file.place.as_deref())).collect();
    assert_eq!(files, [("word/media/image1.png", Some("paragraph 2")), ("word/afchunk.rtf", Some("paragraph 3"))]);
}

#[test]
fn what_programs_keep_beside_a_text_is_not_part_of_its_words() {
    let found = body(
        r#"<w:p><w:r><w:t xml:space="preserve">Fnr </w:t></w:r><w:r><w:fldChar w:fldCharType="begin">
        <w:fldData xml:space="preserve">S2FyaSBOb3JkbWFubiwg
        MDE4MTkwMTIzNjU=</w:fldData></w:fldChar></w:r><w:r><w:t>01819012365</w:t></w:r>
        <w:r><w:object><o:OLEObject xmlns:o="o"><o:LinkType>Picture</o:LinkType><o:LockedField>false</o:LockedField>
        <o:FieldCodes>\f 0</o:FieldCodes></o:OLEObject></w:object></w:r><w:r><w:t> slutt</w:t></w:r></w:p>
        <w:p><w:sym w:font="Wingdings" w:char="F0FE"/><w:r><w:t>01819012365</w:t></w:r></w:p>
        <w:p><inkml:trace xmlns:inkml="i">18 19 24575, 1 0 0</inkml:trace></w:p>"#,
    );
    assert_eq!(running(&found), "Fnr 01819012365 slutt\n\u{25A1}01819012365");
    assert_eq!(texts(&found, Some("paragraph 1 field")), ["Kari Nordmann, 01819012365", "\\f 0"]);
    assert_eq!(found.reasons, []);
}

#[test]
fn names_of_pictures_and_values_of_controls_are_read() {
    let found = body(
        r#"<w:p><w:pict><v:shape xmlns:v="v"><v:imagedata o:title="Kari Nordmann" xmlns:o="o"/></v:shape></w:pict></w:p>
        <w:p><w:drawing><wp:docPr xmlns:wp="p" id="1" name="Picture 3"/>
        <pic:cNvPr xmlns:pic="i" id="0" name="01819012365.jpg"/></w:drawing></w:p>
        <w:smartTag><w:smartTagPr><w:attr w:name="person" w:val="Ola Prøve"/></w:smartTagPr></w:smartTag>"#,
    );
    assert_eq!(texts(&found, Some("paragraph 1 alt text")), ["Kari Nordmann"]);
    let named = found.pieces.iter().filter(|piece| piece.place.as_deref().is_some_and(|place| place.ends_with("name")));
    assert_eq!(named.map(|piece| piece.text.as_str()).collect::<Vec<_>>(), ["01819012365.jpg"]);
    assert!(found.pieces.iter().any(|piece| piece.text == "Ola Prøve"));

    let types = TYPES.replace(
        "</Types>",
        r#"<Override PartName="/word/activeX/activeX1.bin" ContentType="application/vnd.ms-office.activeX"/>
        <Override PartName="/word/vbaProjectSignature.bin" ContentType="application/vnd.ms-office.vbaProjectSignature"/>
        </Types>"#,
    );
    let found = extract(&archive(&[
        ("[Content_Types].xml", &types),
        ("word/document.xml", "<w:p xmlns:w='w'/>"),
        (
            "word/activeX/activeX1.xml",
            r#"<ax:ocx xmlns:ax="a"><ax:ocxPr ax:name="Value" ax:value="Ola Prøve"/></ax:ocx>"#,
        ),
        ("word/activeX/activeX1.bin", "\u{1}\u{2}\0\u{1}Fnr 01819012365\0\u{1}"),
        ("word/vbaProjectSignature.bin", "\u{1}\u{2}\0\u{1}"),
    ]));
    assert_eq!(texts(&found, Some("form")), ["Fnr 01819012365\n"]);
    assert_eq!(texts(&found, Some("word/activeX/activeX1.xml form")), ["Ola Prøve"]);
    assert_eq!((found.files, found.reasons), (vec![], vec![]));
}

#[test]
fn what_is_wrong_in_the_markup_is_told_and_read_on() {
    let found =
        body("<w:p><w:r><w:t>Ola & Kari &aelig; 0181</w:t></w:r></w:p></w:p></w:x></w:x><w:p><w:t>9012365</w:t></w:p>");
    assert_eq!(found.reasons, [Reason::Malformed]);
    assert!(running(&found).contains("Ola & Kari  0181") && running(&found).contains("9012365"));
}

#[test]
fn xml_that_says_it_is_utf_16_and_is_not_is_read() {
    let item = r#"<?xml version="1.0" encoding="utf-16"?><sak><navn>Åse</navn></sak>"#;
    let wide: Vec<u8> = item.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [item.as_bytes().to_vec(), [&b"\xFF\xFE"[..], &wide].concat(), wide] {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let parts = [("[Content_Types].xml", TYPES), ("word/document.xml", "<w:p xmlns:w='w'/>")];
        let parts = parts.map(|(name, content)| (name, content.as_bytes().to_vec()));
        for (name, content) in parts.into_iter().chain([("customXml/item1.xml", bytes)]) {
            writer.start_file(name, SimpleFileOptions::default()).unwrap();
            writer.write_all(&content).unwrap();
        }
        let found = extract(&writer.finish().unwrap().into_inner());
        assert_eq!(texts(&found, Some("customXml/item1.xml")), ["Åse"]);
        assert_eq!(found.reasons, []);
    }
}

#[test]
fn damaged_copies_say_so() {
    survives_damage("writer.docx", 400);
    survives_damage("python.docx", 60);
}
