//! OpenDocument, as packages and flat.

use super::*;

const TEXT: [(&str, usize); 17] = [
    ("footer", 1),
    ("header", 1),
    ("paragraph 1", 1),
    ("paragraph 10", 1),
    ("paragraph 2 deleted text", 1),
    ("paragraph 3", 1),
    ("paragraph 4 comment", 1),
    ("paragraph 4 endnote", 1),
    ("paragraph 4 footnote", 1),
    ("paragraph 5 link", 1),
    ("paragraph 6 text box", 1),
    ("paragraph 7 alt text", 1),
    ("paragraph 7 name", 1),
    ("paragraph 8", 1),
    ("paragraph 9", 1),
    ("properties", 2),
    ("table 1 row 1", 1),
];

#[test]
fn every_place_of_a_text_is_found_once() {
    for name in ["writer.odt", "writer.fodt"] {
        let found = extract(&fixture(name));
        assert_eq!(found.reasons, [], "{name}");
        assert_eq!(places(&found), BTreeMap::from(TEXT), "{name}");
        let text = running(&found);
        assert!(text.starts_with("Æøåäö delt: 01819012365 i teksten.\nEndret: 01012365.\n"), "{text}");
        assert!(text.ends_with("\nOla Prøve\t01819012365\nNeste side 01819012365"), "{text}");
        assert_eq!(texts(&found, Some("paragraph 4 comment")), ["Kari Prøve\nMerknad 01819012365"]);
        let [picture] = &found.files[..] else { panic!("{name}: one picture: {:?}", found.files) };
        assert_eq!(picture.place.as_deref(), Some("paragraph 7"));
        assert!(picture.bytes.starts_with(b"\x89PNG") && picture.bytes.len() == 69);
    }
}

#[test]
fn every_place_of_a_spreadsheet_is_found_once() {
    for name in ["calc.ods", "calc.fods"] {
        let found = extract(&fixture(name));
        assert_eq!(found.reasons, [], "{name}");
        // LibreOffice leaves comments out of flat spreadsheets.
        let comments = usize::from(name == "calc.ods");
        let mut expected = BTreeMap::from([
            ("Liste text box", 1),
            ("Liste!A1 comment", comments),
            ("Liste!B1", 1),
            ("Liste!B2", 1),
            ("Liste!B3", 1),
            ("Liste!E900004 formula", 1),
            ("Skjult (hidden)!B1", 1),
            ("defined name", 1),
            ("footer", 1),
            ("header", 1),
            ("input help", 1),
            ("properties", 2),
        ]);
        expected.retain(|_, n| *n > 0);
        assert_eq!(places(&found), expected, "{name}");
        assert_eq!(texts(&found, Some("Liste!A2")), ["Kari Prøve\t"]);
        assert_eq!(texts(&found, Some("Liste!B3")), ["1819012365\t01819012365"]);
        assert_eq!(texts(&found, Some("Liste!C900004:D900004")), ["ja\t"]);
    }
}

#[test]
fn every_place_of_pages_is_found_once() {
    let impress = extract(&fixture("impress.odp"));
    assert_eq!(impress.reasons, []);
    let of = |page: &str| {
        [("", 2), (" alt text", 1), (" comment", 1), (" name", 1)].map(|(what, n)| (format!("{page}{what}"), n))
    };
    let mut expected: BTreeMap<String, usize> = of("slide 1").into_iter().collect();
    expected.extend([("slide 1 notes".into(), 1), ("slide 2 (hidden)".into(), 1), ("properties".into(), 2)]);
    let named = |found: &Extract| -> BTreeMap<String, usize> {
        places(found).into_iter().map(|(p, n)| (p.to_owned(), n)).collect()
    };
    assert_eq!(named(&impress), expected);
    assert_eq!(texts(&impress, Some("slide 1")), ["Æøåäö delt: 01819012365\nFigur 01819012365"]);
    assert_eq!(impress.files[0].place.as_deref(), Some("slide 1"));

    let draw = extract(&fixture("draw.odg"));
    assert_eq!(draw.reasons, []);
    let mut expected: BTreeMap<String, usize> = of("page 1").into_iter().collect();
    expected.extend([("page 2".into(), 1), ("properties".into(), 2)]);
    assert_eq!(named(&draw), expected);
}

#[test]
fn what_is_locked_is_encrypted_and_nothing_else() {
    let locked = extract(&fixture("locked.odt"));
    assert_eq!((locked.reasons, locked.pieces, locked.files), (vec![Reason::Encrypted(Lock::Office)], vec![], vec![]));
    // LibreOffice 24.8 and later locks the package as a whole.
    let manifest = r#"<m:manifest xmlns:m="m"><m:file-entry m:full-path="encrypted-package"><m:encryption-data/>
        </m:file-entry></m:manifest>"#;
    let whole = archive(&[
        ("mimetype", "application/vnd.oasis.opendocument.text"),
        ("encrypted-package", "\u{1}\u{2}"),
        ("META-INF/manifest.xml", manifest),
    ]);
    assert_eq!(extract(&whole).reasons, [Reason::Encrypted(Lock::Office)]);
    assert_eq!(extract(&whole).files, []);
}

/// What a package of this kind with this content and these other files gives.
fn package(kind: &str, content: &str, more: &[(&str, &str)]) -> Extract {
    let kind = format!("application/vnd.oasis.opendocument.{kind}");
    let content = format!(
        "<office:document-content xmlns:office='o' xmlns:text='t' xmlns:table='b' xmlns:draw='d' xmlns:form='f' \
         xmlns:style='s' xmlns:svg='v' xmlns:xlink='x' xmlns:presentation='p' xmlns:dc='c'>{content}</office:document-content>"
    );
    let parts = [("mimetype", kind.as_str()), ("content.xml", &content), ("META-INF/manifest.xml", "<m/>")];
    extract(&archive(&[&parts[..], more].concat()))
}

#[test]
fn forms_fields_and_objects_are_read() {
    let found = package(
        "text-template",
        "<form:textarea form:current-value='Felt 01819012365'/><form:listbox><form:option form:label='valg'/></form:listbox>
         <text:p>Sak<text:s/>nr <text:hidden-text text:string-value='01819012365'/>
         <draw:frame><draw:object xlink:href='./Object 1'/></draw:frame></text:p>
         <text:p>Andre<text:soft-page-break/> side</text:p><text:p>Tredje</text:p>",
        &[
            ("Object 1/content.xml", "<c xmlns:text='t'><text:p>01819012365</text:p></c>"),
            ("ObjectReplacements/Object 1", "\u{1}"),
            ("Object 2", "\u{1}OLE"),
            ("Basic/Standard/Module1.xml", "<!DOCTYPE script:module PUBLIC '-//x' 'module.dtd'><script:module>Rem 01819012365</script:module>"),
            ("Configurations2/accelerator/current.xml", ""),
            ("layout-cache", "\u{1}"),
            ("Fonts/f.ttf", "OTTO\u{1}"),
            ("styles.xml", "<s xmlns:style='s' xmlns:text='t'><style:header><text:p>Topp 01819012365</text:p></style:header></s>"),
        ],
    );
    assert_eq!(found.reasons, []);
    let expected = [
        ("Basic/Standard/Module1.xml", 1),
        ("header", 1),
        ("paragraph 1 field", 1),
        ("paragraph 1 form", 1),
        ("paragraph 1 object", 1),
    ];
    assert_eq!(places(&found), BTreeMap::from(expected));
    assert_eq!(texts(&found, Some("paragraph 1")), ["Sak nr  "]);
    assert_eq!(texts(&found, Some("page 2 paragraph 3")), ["Tredje"]);
    let names: Vec<&str> = found.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["Object 2"]);
}

#[test]
fn what_an_index_and_a_list_say_and_the_text_does_not_is_read() {
    let found = package(
        "text",
        "<text:p>Sak<text:alphabetical-index-mark text:string-value='Kari Prøve' text:key1='Fnr 01819012365'/></text:p>
         <text:p><text:drop-down><text:label text:value='Ola Prøve'/>valgt</text:drop-down>
         <loext:content-control loext:alias='Navn'><loext:list-item loext:display-text='Åse Prøve'/></loext:content-control></text:p>
         <text:p><draw:image-map><draw:area-rectangle xlink:href='https://prove.example/01819012365'/></draw:image-map></text:p>
         <text:list><text:list-item><text:p>punkt</text:p></text:list-item></text:list>",
        &[],
    );
    assert_eq!(texts(&found, Some("paragraph 1 field")), ["Kari Prøve", "Fnr 01819012365"]);
    assert_eq!(texts(&found, Some("paragraph 2 form")), ["Ola Prøve", "Navn", "Åse Prøve"]);
    assert!(found.pieces.iter().any(|piece| piece.text == "https://prove.example/01819012365"));
    assert!(running(&found).ends_with("punkt"));
    assert_eq!(found.reasons, []);
}

#[test]
fn a_repeated_cell_is_one_and_a_long_number_is_read_as_it_is_too() {
    let cells = "<table:table table:name='Ark'><table:table-row table:number-rows-repeated='1048576'>
        <table:table-cell office:value-type='float' office:value='1819012365' table:number-columns-repeated='16384'>
          <text:p>1,82E+09</text:p></table:table-cell></table:table-row>
        <table:table-row><table:table-cell><text:p>en</text:p><text:p>to</text:p></table:table-cell>
        <table:covered-table-cell table:number-columns-repeated='2'/>
        <table:table-cell office:value-type='percentage' office:value='0.123456789'><text:p>12 %</text:p></table:table-cell>
        </table:table-row></table:table>";
    let found = package("spreadsheet", cells, &[]);
    let given: Vec<_> = found.pieces.iter().map(|p| (p.place.as_deref().unwrap(), p.text.as_str())).collect();
    assert_eq!(
        given,
        [
            ("table name", "Ark"),
            ("Ark!A1:XFD1048576", "1,82E+09\t1819012365\t01819012365"),
            ("Ark!A1048577", "en to\t"),
            ("Ark!D1048577", "12 %"),
        ]
    );
    assert_eq!(found.reasons, []);
}

#[test]
fn masters_and_hidden_text_of_presentations_are_read() {
    let styles = "<s xmlns:style='s' xmlns:draw='d' xmlns:text='t'><style:master-page><draw:frame><draw:text-box>
        <text:p>Mal 01819012365</text:p></draw:text-box></draw:frame></style:master-page></s>";
    let found =
        package("presentation", "<presentation:footer-decl>Bunn</presentation:footer-decl>", &[("styles.xml", styles)]);
    assert_eq!(texts(&found, Some("master")), ["Mal 01819012365"]);
    assert_eq!(texts(&found, Some("footer")), ["Bunn"]);
}

#[test]
fn what_is_missing_or_declares_a_document_type_of_its_own_is_malformed() {
    let empty = archive(&[("mimetype", "application/vnd.oasis.opendocument.text"), ("META-INF/manifest.xml", "<m/>")]);
    assert_eq!(extract(&empty).reasons, [Reason::Malformed]);
    let typed = archive(&[
        ("mimetype", "application/vnd.oasis.opendocument.text"),
        ("content.xml", "<!DOCTYPE x [<!ENTITY a '01819012365'>]><c xmlns:text='t'><text:p>&a;</text:p></c>"),
        ("META-INF/manifest.xml", "<m/>"),
    ]);
    assert_eq!(extract(&typed).reasons, [Reason::Malformed]);
}

#[test]
fn damaged_copies_say_so() {
    survives_damage("writer.odt", 200);
    survives_damage("calc.ods", 200);
    survives_damage("impress.odp", 150);
    survives_damage("draw.odg", 150);
    survives_damage("locked.odt", 100);
}

#[test]
fn a_flat_file_that_was_cut_off_says_so() {
    for name in ["writer.fodt", "calc.fods"] {
        let bytes = fixture(name);
        let start = bytes.windows(16).position(|w| w == b"office:mimetype=").unwrap() + 80;
        for end in (start..bytes.len() - 20).step_by(bytes.len() / 50) {
            let found = extract(&bytes[..end]);
            assert!(found.reasons.contains(&Reason::Malformed), "{name} cut at {end}");
        }
    }
}
