//! PDF: pages, what stands beside them, encryption, and what must not pass in silence.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::*;

/// A file of these objects, numbered from 1; the first is its catalog.
fn pdf(objects: &[&str]) -> Vec<u8> {
    let bytes: Vec<Vec<u8>> = objects.iter().map(|object| object.as_bytes().to_vec()).collect();
    file(&bytes)
}

fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n%\xE6\xF8\xE5\n".to_vec();
    let mut table = String::new();
    for (number, object) in (1..).zip(objects) {
        writeln!(table, "{:010} 00000 n ", out.len()).unwrap();
        out.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        out.extend_from_slice(object);
        out.extend_from_slice(b"\nendobj\n");
    }
    let (start, size) = (out.len(), objects.len() + 1);
    out.extend_from_slice(
        format!(
            "xref\n0 {size}\n0000000000 65535 f \n{table}trailer <</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n"
        )
        .as_bytes(),
    );
    out
}

pub(super) fn stream(dict: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("<<{dict}/Length {}>>\nstream\n", content.len());
    [head.as_bytes(), content, b"\nendstream"].concat()
}

const CATALOG: &str = "<</Type/Catalog/Pages 2 0 R>>";
const PAGES: &str = "<</Type/Pages/Kids[3 0 R]/Count 1>>";
const PAGE: &str = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R\
    /Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>>>";
const FONT: &str = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>";

/// A page with this content, in Helvetica; `more` objects have the numbers from 6 on.
pub(super) fn page_and(content: &[u8], more: &[Vec<u8>]) -> Vec<u8> {
    let content = stream("", content);
    let mut objects: Vec<Vec<u8>> = [CATALOG, PAGES, PAGE].iter().map(|object| object.as_bytes().to_vec()).collect();
    objects.extend([content, FONT.as_bytes().to_vec()]);
    objects.extend_from_slice(more);
    file(&objects)
}

fn page(content: &str) -> Vec<u8> {
    page_and(content.as_bytes(), &[])
}

fn page_text(content: &str) -> String {
    let found = extract(&page(&format!("BT /F 10 Tf {content} ET")));
    assert_eq!(found.reasons, [], "{content}");
    texts(&found, Some("page 1")).join("")
}

/// A picture in one shade.
pub(super) fn grey(width: usize, height: usize) -> Vec<Vec<u8>> {
    let dict =
        format!("/Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/DeviceGray/BitsPerComponent 8");
    vec![stream(&dict, &vec![200; width * height])]
}

#[test]
fn every_place_of_an_export_from_writer_is_found_once() {
    let found = extract(&fixture("writer.pdf"));
    assert_eq!(found.reasons, []);
    let expected = [
        ("bookmark", 1),
        ("page 1", 4),
        ("page 1 alt text", 1),
        ("page 1 comment", 1),
        ("page 1 form field", 1),
        ("page 1 link", 1),
        ("page 2", 1),
        ("properties", 1),
    ];
    assert_eq!(places(&found), BTreeMap::from(expected));
    let [first] = texts(&found, Some("page 1"))[..] else { panic!("one text a page: {found:?}") };
    assert!(
        first.starts_with("Topptekst\nBokmerke 01819012365\nÅse Ærlig Øgård, Malmö, fått hjälp på sjukhuset."),
        "{first}"
    );
    assert!(first.contains("\nDet") || first.contains("affære, finne, flytte og büro."), "{first}");
    assert!(first.contains("Delt over løp: 01819012365 i teksten.\nSpredt: 01819012365 slutt.\n"), "{first}");
    assert!(first.contains("\nOla Prøve\t01819012365\tSvært lang tekst"), "{first}");
    let [second] = texts(&found, Some("page 2"))[..] else { panic!("one text a page: {found:?}") };
    // One column after the other.
    assert!(!second.contains('\t'), "{second}");
    assert!(second.contains("VENSTRE Her står") && second.trim_end().ends_with("Bunntekst"), "{second}");
    assert_eq!(found.files, []);
}

#[test]
fn every_way_to_draw_and_to_hide_text_is_read_once() {
    let found = extract(&fixture("reportlab.pdf"));
    assert_eq!(found.reasons, []);
    let expected = [
        ("attachment description", 1),
        ("bookmark", 1),
        ("form", 1),
        ("page 1", 14),
        ("page 1 alt text", 1),
        ("page 1 comment", 4),
        ("page 1 form field", 3),
        ("page 1 link", 1),
        ("page 2", 1),
        ("properties", 3),
    ];
    assert_eq!(places(&found), BTreeMap::from(expected));
    let first = texts(&found, Some("page 1")).join("\n");
    for line in [
        "Åse Ærlig Øgård æøåäöÆØÅÄÖ é 100 €",
        "01819012365",
        "Fnr:\t01819012365",
        "Sperret 01819012365 tekst",
        "Fet 01819012365",
        "Ola Prøve\t01819012365\tMalmö",
        "Kari Prøve\tukjent\tTromsø",
        "Usynlig 01819012365",
        "Hvit 01819012365",
        "Utenfor 01819012365",
        "Dreid 01819012365",
        "Indre 01819012365",
        "Innebygd æøåäö fi 01819012365",
        "Lag 01819012365",
        "ø",
        "Stykker 01819012365",
    ] {
        assert!(first.lines().any(|read| read == line), "{line:?} in {first}");
    }
    let mut files: Vec<_> = found.files.iter().map(|file| (file.name.as_str(), file.place.as_deref())).collect();
    files.sort_unstable();
    let expected = [("på siden.txt", Some("page 1")), ("tilknyttet.csv", None), ("vedlegg.txt", None)];
    assert_eq!(files, expected);
    for file in &found.files {
        assert!(String::from_utf8_lossy(&file.bytes).contains(NUMBER), "{}", file.name);
    }
}

#[test]
fn a_file_of_ghostscript_is_read() {
    let found = extract(&fixture("ghostscript.pdf"));
    assert_eq!(found.reasons, []);
    let expected = "Åse Ærlig Øgård, Malmö, fødselsnummer 01819012365\nSperret 01819012365\nOla\t01819012365\n";
    assert_eq!(texts(&found, Some("page 1")), [expected]);
}

#[test]
fn what_opens_without_a_password_is_read_and_what_does_not_is_encrypted() {
    for cipher in ["rc4-40", "rc4-128", "aes-128", "aes-256"] {
        let owner = extract(&fixture(&format!("owner-{cipher}.pdf")));
        let expected = "Brev til Åse Prøve, fødselsnummer 01819012365\n";
        assert_eq!((texts(&owner, Some("page 1")), owner.reasons.as_slice()), (vec![expected], &[][..]), "{cipher}");
        let user = extract(&fixture(&format!("user-{cipher}.pdf")));
        assert_eq!((user.pieces, user.reasons), (vec![], vec![Reason::Encrypted(Lock::Pdf)]), "{cipher}");
    }
    let strange = pdf(&[CATALOG, PAGES, PAGE, "<</Length 0>>\nstream\n\nendstream", FONT]);
    let at = memchr::memmem::find(&strange, b"/Root").unwrap();
    let strange = [&strange[..at], b"/Encrypt<</Filter/Hemmelig/V 9>>/ID[(a)(a)]", &strange[at..]].concat();
    assert_eq!(extract(&strange).reasons, [Reason::Encrypted(Lock::Pdf)]);
}

#[test]
fn fonts_that_do_not_say_what_they_show_make_a_page_unread() {
    let found = extract(&fixture("no-unicode.pdf"));
    assert_eq!((places(&found), &found.reasons[..]), (BTreeMap::from([("properties", 1)]), &[Reason::ImageOnly][..]));
}

/// A font of three glyphs: one for what is missing, one that is blank, one that is not.
fn font_program() -> Vec<u8> {
    let words = |words: &[u16]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
    // A contour of three points on the line, moved by two bytes each.
    let triangle = words(&[1, 0, 0, 500, 500, 2, 0, 0x0101, 0x0100, 0, 500, 0, 0, 0, 500]);
    let end = u16::try_from(triangle.len() / 2).unwrap();
    let mut head = vec![0; 54];
    head[..4].copy_from_slice(&[0, 1, 0, 0]);
    head[12..16].copy_from_slice(&[0x5F, 0x0F, 0x3C, 0xF5]);
    head[18..20].copy_from_slice(&1000_u16.to_be_bytes());
    let tables = [
        ("glyf", [&triangle[..], &triangle].concat()),
        ("head", head),
        ("hhea", words(&[1, 0, 800, 0, 0, 600, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3])),
        ("hmtx", words(&[600, 0, 300, 0, 600, 0])),
        ("loca", words(&[0, end, end, end * 2])),
        ("maxp", words(&[1, 0, 3, 3, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0])),
    ];
    let mut font = words(&[1, 0, 6, 64, 2, 32]);
    let mut at = font.len() + 16 * tables.len();
    for (name, table) in &tables {
        font.extend([name.as_bytes(), &[0; 4]].concat());
        font.extend(u32::try_from(at).unwrap().to_be_bytes());
        font.extend(u32::try_from(table.len()).unwrap().to_be_bytes());
        at += table.len().next_multiple_of(4);
    }
    for (_, table) in &tables {
        font.extend(table);
        font.resize(font.len().next_multiple_of(4), 0);
    }
    font
}

#[test]
fn a_blank_glyph_is_a_space_whatever_its_map_leaves_out() {
    let map = "1 begincodespacerange <0000> <FFFF> endcodespacerange 1 beginbfchar <0002> <00F8> endbfchar";
    let font = "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/ToUnicode 8 0 R/DescendantFonts[<</Type/Font\
        /Subtype/CIDFontType2/BaseFont/X/CIDToGIDMap/Identity/DW 600/W[1[300]]/FontDescriptor 6 0 R>>]>>";
    let objects = [
        CATALOG.as_bytes().to_vec(),
        PAGES.into(),
        PAGE.into(),
        stream("", b"BT /F 10 Tf 50 700 Td <00020001000200010002000000020000000200000002> Tj ET"),
        font.into(),
        b"<</Type/FontDescriptor/FontName/X/Flags 4/FontFile2 7 0 R>>".to_vec(),
        stream("", &font_program()),
        stream("", map.as_bytes()),
    ];
    let found = extract(&file(&objects));
    assert_eq!(texts(&found, Some("page 1")), ["ø ø ø\u{FFFD}ø\u{FFFD}ø\u{FFFD}ø\n"]);
    assert_eq!(found.reasons, [Reason::ImageOnly], "what stands for a missing glyph stays unknown");
    assert_eq!(
        page_text("(en\\r) Tj 50 0 Td (to\\n) Tj 50 0 Td (tre\\t) Tj 50 0 Td (fire\\r\\n) Tj"),
        "en \tto \ttre \tfire\n"
    );
}

#[test]
fn letters_of_no_script_are_not_read() {
    let map = |from: &str| {
        let range = format!("1 beginbfrange <0000> <00FF> <{from}> endbfrange");
        let map = format!("1 begincodespacerange <0000> <FFFF> endcodespacerange {range}");
        let font = "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/ToUnicode 6 0 R/DescendantFonts[<<\
            /Type/Font/Subtype/CIDFontType2/BaseFont/X/DW 600>>]>>";
        let text = format!("BT /F 10 Tf 50 700 Td <{}> Tj ET", "00410042".repeat(30));
        let objects = [CATALOG.into(), PAGES.into(), PAGE.into(), stream("", text.as_bytes()), font.into()];
        extract(&file(&[&objects[..], &[stream("", map.as_bytes())]].concat())).reasons
    };
    assert_eq!((map("0000"), map("E100")), (vec![], vec![Reason::ImageOnly]));
}

#[test]
fn gaps_make_words_and_cells_but_never_split_a_number() {
    let table = [
        ("1 0 0 1 50 700 Tm (Ola) Tj 3 0 Td", "Ola\n"),
        ("[(01) -20 (81) 30 (9012365)] TJ", "01819012365\n"),
        ("[(fnr:) -300 (01819012365)] TJ", "fnr: 01819012365\n"),
        ("[(0) -240 (1) -240 (8) -240 (1)] TJ", "0181\n"),
        ("3 Tc (01819012365) Tj", "01819012365\n"),
        ("1 0 0 1 50 700 Tm [(0) -1500 (1) -1500 (8) -1500 (1) -1500 (9) -1500 (0) -1500 (7)] TJ", "0181907\n"),
        ("1 0 0 1 50 700 Tm [(a) -1500 (b) -1500 (c) -1500 (d) -1500 (e) -1500 (f)] TJ", "a\tb\tc\td\te\tf\n"),
        ("[(1) 526 (1) -30 (8) 526 (8) -30 (9) 526 (9) -30 (9) ] TJ", "1899\n"),
        ("[(Ola) -3000 (Pr\\370ve)] TJ", "Ola\tPrøve\n"),
        ("1 0 0 1 50 700 Tm (b) Tj 1 0 0 1 44.44 700 Tm (a) Tj", "ab\n"),
        ("0 1 -1 0 300 50 Tm (oppover) Tj 0 -1 1 0 400 700 Tm (ned) Tj", "oppover\nned\n"),
        ("-1 0 0 -1 300 500 Tm (hodet) Tj 0 -12 Td (ned) Tj", "hodet\nned\n"),
        ("50 Tz 1 0 0 1 50 700 Tm (smal ) Tj (tekst) Tj", "smal tekst\n"),
        ("12 TL 1 0 0 1 50 700 Tm (en) Tj (to) ' 0 0 (tre) \" T* (fire) Tj", "en\nto\ntre\nfire\n"),
        ("1 0 0 1 50 700 Tm (Vann H) Tj -3 Ts (2) Tj 0 Ts (O) Tj", "Vann H2O\n"),
    ];
    for (content, expected) in table {
        assert_eq!(page_text(content), expected, "{content}");
    }
}

#[test]
fn columns_are_read_one_after_the_other_rows_of_cells_are_not() {
    let block = |x: usize, lines: &[&str]| {
        let lines: String = lines.iter().map(|line| format!("({line}) ' ")).collect();
        format!("12 TL 1 0 0 1 {x} 700 Tm {lines}")
    };
    let long = "Her er en lang linje i en spalte";
    let two = block(50, &[long; 4]) + &block(300, &["01819012365 er nummeret i den", "og her slutter hele spalten"]);
    let read = format!("{long}\n{long}\n{long}\n{long}\n01819012365 er nummeret i den\nog her slutter hele spalten\n");
    assert_eq!(page_text(&two), read);
    let cells =
        block(50, &["Ola", "Kari", "Per", "Siri"]) + &block(300, &["01819012365", "ukjent", "ukjent", "ukjent"]);
    assert_eq!(page_text(&cells), "Ola\t01819012365\nKari\tukjent\nPer\tukjent\nSiri\tukjent\n");
}

#[test]
fn lines_of_a_page_scanned_askew_stay_lines() {
    for slope in [0.04_f64, -0.04] {
        let mut content = String::new();
        for line in 0..9 {
            for word in 0..6 {
                let (x, y) = (f64::from(50 + word * 90), f64::from(700 - line * 12));
                write!(content, "1 {slope} {} 1 {x} {} Tm (l{line}o{word}) Tj ", -slope, y + slope * x).unwrap();
            }
        }
        let expected: String = (0..9).map(|n| format!("l{n}o0\tl{n}o1\tl{n}o2\tl{n}o3\tl{n}o4\tl{n}o5\n")).collect();
        assert_eq!(page_text(&content), expected, "{slope}");
    }
}

#[test]
fn whatever_hides_text_from_the_eye_does_not_hide_it_here() {
    let pattern = stream(
        "/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]/XStep 9/YStep 9/Resources<</Font<</F 5 0 R>>>>",
        b"BT /F 9 Tf (01819012365) Tj ET",
    );
    let page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R\
        /Resources<</Font<</F 5 0 R>>/Pattern<</P 6 0 R>>/ExtGState<</G<</SMask<</S/Alpha/G 7 0 R>>>>>>>>>>";
    let mask = stream("/Type/XObject/Subtype/Form/BBox[0 0 9 9]", b"BT /F 9 Tf 0 99 Td (masken) Tj ET");
    let content =
        stream("", b"/Pattern cs /P scn 0 0 9 9 re f /G gs 0 0 9 9 re W n BT 7 Tr /F 9 Tf 50 50 Td (klippet) Tj ET");
    let objects = [CATALOG, PAGES, page].map(|object| object.as_bytes().to_vec());
    let found = extract(&file(&[&objects[..], &[content, FONT.into(), pattern, mask]].concat()));
    assert_eq!((texts(&found, Some("page 1")), &found.reasons[..]), (vec!["masken\nklippet\n01819012365\n"], &[][..]));
}

#[test]
fn what_nothing_leads_to_is_read() {
    let mut bytes = page_and(
        b"BT /F 10 Tf (side) Tj ET",
        &[
            b"<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents(l\xF8s merknad)>>".to_vec(),
            b"<</Type/Page/Contents 8 0 R/Resources<</Font<</F 5 0 R>>>>>>".to_vec(),
            stream("", b"BT /F 10 Tf (slettet side) Tj ET"),
            stream("", b"BT /F 10 Tf (glemt) Tj ET"),
            stream("/Type/EmbeddedFile", b"glemt fil"),
        ],
    );
    let found = extract(&bytes);
    let said: Vec<_> =
        found.pieces.iter().map(|piece| (piece.place.as_deref().unwrap_or_default(), piece.text.trim())).collect();
    let expected = [
        ("page 1", "side"),
        ("comment", "løs merknad"),
        ("unlisted page", "slettet side"),
        ("unlisted content", "glemt"),
    ];
    assert_eq!((said, &found.reasons[..]), (expected.to_vec(), &[][..]));
    assert_eq!(found.files, [Inner { bytes: b"glemt fil".to_vec(), ..Inner::default() }]);
    // Mail gateways add line ends, and some programs write before the header.
    bytes.splice(0..0, *b"\r\n\r\n");
    bytes.extend_from_slice(b"\r\n\r\n");
    assert_eq!(extract(&bytes).reasons, []);
}

#[test]
fn comments_have_authors_fields_their_question_and_layers_names() {
    let page = PAGE.replace("/Contents", "/Annots[6 0 R 7 0 R]/Contents");
    let objects = [
        CATALOG,
        PAGES,
        &page,
        "<</Length 0>>\nstream\n\nendstream",
        FONT,
        "<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents(se her)/T(Kari Pr\\370ve)>>",
        "<</Type/Annot/Subtype/Widget/FT/Tx/T(felt1)/V(F20.0)/TU(Diagnose)/Rect[0 0 9 9]>>",
        "<</Type/OCG/Name(Ola Pr\\370ve)>>",
        "<</Type/Folder/ID 0/Name(Barnevern)>>",
    ];
    let found = extract(&pdf(&objects));
    let said: Vec<_> =
        found.pieces.iter().map(|piece| (piece.place.as_deref().unwrap(), piece.text.as_str())).collect();
    let expected = [
        ("page 1 comment", "se her"),
        ("page 1 author", "Kari Prøve"),
        ("page 1 form field", "Diagnose"),
        ("page 1 form field", "F20.0"),
        ("layer", "Ola Prøve"),
        ("attachment description", "Barnevern"),
    ];
    assert_eq!((said.as_slice(), &found.reasons[..]), (&expected[..], &[][..]));
}

#[test]
fn what_was_taken_out_of_a_file_is_no_damage_and_what_cannot_be_read_is() {
    let with = |annotations: &str, more: &[&str]| {
        let page = PAGE.replace("/Contents", &format!("/Annots[{annotations}]/Contents"));
        let objects = [&[CATALOG, PAGES, &page, "<</Length 0>>\nstream\n\nendstream", FONT][..], more].concat();
        extract(&pdf(&objects)).reasons
    };
    let comment = "<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents(se her)>>";
    assert_eq!(with("6 0 R 17 0 R null", &[comment]), []);
    assert_eq!(with("6 0 R", &["<</Type/Annot/Contents(se her)"]), [Reason::Malformed]);
    let packed =
        "<</Type/ObjStm/N 2/First 10/Length 44>>\nstream\n17 0 18 5 null <</Type/Annot/Contents(se her)>>\nendstream";
    assert_eq!(with("17 0 R", &[packed]), [Reason::Malformed], "no table says where it is");
}

#[test]
fn what_cannot_be_read_is_said() {
    let deflated = |content: &[u8]| {
        let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(content).unwrap();
        writer.finish().unwrap()
    };
    let text: String = (0..500).fold("BT /F 10 Tf 12 TL ".into(), |text, n| format!("{text} ({} {n}) '", n * 7919));
    let text = text + " ET";
    let packed = deflated(text.as_bytes());
    let with = |dict: &str, data: &[u8]| {
        let objects = [CATALOG, PAGES, PAGE].map(|object| object.as_bytes().to_vec());
        file(&[&objects[..], &[stream(dict, data), FONT.into()]].concat())
    };
    let flate = "/Filter/FlateDecode";
    let mut flipped = packed.clone();
    flipped[packed.len() / 2] ^= 4;
    let wrong_sum = [&packed[..packed.len() - 1], b"\0"].concat();
    let no_sum = &packed[..packed.len() - 4];
    let zeros = deflated(&vec![b' '; 80 << 20]);
    // Only what stands below the letters tells how much it grows.
    let letters = |data: &[u8]| data_encoding::HEXUPPER.encode(data).into_bytes();
    let long = deflated((0..40_000_u64).map(|n| format!("{} w ", n * n * 7919)).collect::<String>().as_bytes());
    assert!(long.len() > 100_000);
    let in_letters = "/Filter[/ASCIIHexDecode/FlateDecode]";
    let twice = deflated(&zeros);
    let outlines = "1 1 2 2 3 3 c ".repeat(600);
    let (logo, scan) = (b"q 50 0 0 50 0 0 cm /X Do Q ".as_slice(), b"q 595 0 0 842 0 0 cm /X Do Q ".as_slice());
    let table = [
        ("whole", with(flate, &packed), vec![]),
        ("without its sum, which others read too", with(flate, no_sum), vec![]),
        ("cut off", with(flate, &packed[..packed.len() / 2]), vec![Reason::Malformed]),
        ("one bit", with(flate, &flipped), vec![Reason::Malformed]),
        ("wrong sum", with(flate, &wrong_sum), vec![Reason::Malformed]),
        ("in letters", with(in_letters, &letters(&packed)), vec![]),
        ("much in letters", with(in_letters, &letters(&long)), vec![]),
        ("wrong sum in letters", with(in_letters, &letters(&wrong_sum)), vec![Reason::Malformed]),
        ("bomb in letters", with(in_letters, &letters(&zeros)), vec![Reason::OverLimit]),
        ("unknown filter", with("/Filter/Hemmelig", &packed), vec![Reason::Malformed]),
        ("no filter", with("", &packed), vec![Reason::Malformed]),
        ("elsewhere", with("/F(fil.bin)", b""), vec![Reason::Unsupported]),
        ("bomb", with(flate, &zeros), vec![Reason::OverLimit]),
        ("bomb in a bomb", with("/Filter[/FlateDecode/FlateDecode]", &twice), vec![Reason::OverLimit]),
        ("string that does not end", page("BT /F 10 Tf (før) Tj (etter Tj ET"), vec![Reason::Malformed]),
        ("unknown operator", page("BT /F 10 Tf (før) Tk ET"), vec![Reason::Malformed]),
        ("unknown font", page("BT /G 10 Tf (tekst) Tj ET"), vec![Reason::Malformed]),
        ("picture that is not there", page("/Y Do"), vec![Reason::Malformed]),
        ("contents that are not there", pdf(&[CATALOG, PAGES, PAGE]), vec![Reason::Malformed]),
        ("nothing but the start", b"%PDF-1.7\n%\xE6\xF8\xE5\xFF\n".to_vec(), vec![Reason::Malformed]),
        ("outlines", page(&"1 1 2 2 3 3 c ".repeat(600)), vec![Reason::ImageOnly]),
        (
            "outlines beside a picture",
            page_and(&[logo, outlines.as_bytes()].concat(), &grey(9, 9)),
            vec![Reason::ImageOnly],
        ),
        (
            "outlines and a page number",
            page(&format!("BT /F 9 Tf (Side 1) Tj ET {}", outlines.repeat(9))),
            vec![Reason::ImageOnly],
        ),
        ("a coat of arms", page(&format!("BT /F 9 Tf (Side 1) Tj ET {outlines}")), vec![]),
        ("outlines on a picture", page_and(&[scan, outlines.as_bytes()].concat(), &grey(9, 9)), vec![]),
    ];
    for (what, bytes, reasons) in table {
        assert_eq!(extract(&bytes).reasons, reasons, "{what}");
    }
    let whole = with(flate, &packed);
    let bounded = |bytes, until| read(&whole, &mut Limits { bytes, entries: 9, until }).unwrap().reasons;
    assert_eq!(bounded(100, None), [Reason::OverLimit]);
    assert_eq!(bounded(100_000, Some(Instant::now())), [Reason::TimedOut]);
    let cut = extract(&with(flate, &packed[..packed.len() / 2]));
    assert!(texts(&cut, Some("page 1")).join("").contains("7919 1\n"), "what came before is read");
}

#[test]
fn hostile_structure_ends_soon() {
    let form = |content: &str| {
        stream("/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 6 0 R/Y 7 0 R>>>>", content.as_bytes())
    };
    let mut doubling = Vec::new();
    for level in 7..37 {
        let resources = format!("/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X {level} 0 R>>>>");
        doubling.push(stream(&resources, b"/X Do /X Do"));
    }
    let many = (0..200_000).map(|n| format!("<</N {n}/Kids[{n} 0 R]>>").into_bytes());
    let objects =
        [CATALOG, PAGES, PAGE].map(|object| object.as_bytes().to_vec()).into_iter().chain(many).collect::<Vec<_>>();
    let picture = |dict: &str, data: &[u8]| {
        let dict = format!("/Type/XObject/Subtype/Image/Width 300/Height 300/ColorSpace/DeviceGray{dict}");
        page_and(b"q 500 0 0 800 0 0 cm /X Do Q", &[stream(&dict, data)])
    };
    let zeros = {
        let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(&vec![0; 80 << 20]).unwrap();
        writer.finish().unwrap()
    };
    let fax = "/BitsPerComponent 1/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 2000000000>>";
    let jpeg = b"\xFF\xD8\xFF\xC0\0\x11\x08\xFF\xFF\xFF\xFF\x03\x01\x11\0\x02\x11\0\x03\x11\0\xFF\xD9";
    let wide = FONT.replace(
        "Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding",
        "Type0/BaseFont/X/Encoding/Identity-H\
        /DescendantFonts[<</Type/Font/Subtype/CIDFontType2/BaseFont/X/W[0 4294967294 500]>>]",
    );
    let text = "<</Length 24>>\nstream\nBT /F 9 Tf <0041> Tj ET \nendstream";
    let objects_of_zeros = stream("/Type/ObjStm/N 1/First 4/Filter/FlateDecode", &zeros);
    let strips: String = (0..4_000).map(|n| format!("q 600 0 0 .2 0 {} cm /X{} Do Q ", n / 5, n % 2)).collect();
    let large = "/Type/XObject/Subtype/Image/Width 3000/Height 3000/ColorSpace/DeviceGray/BitsPerComponent 8\
        /Filter/FlateDecode";
    let nines = {
        let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(&vec![0; 9_000_000]).unwrap();
        writer.finish().unwrap()
    };
    let mut many_large = page_and(strips.as_bytes(), &[stream(large, &nines), stream(large, &nines)]);
    let at = memchr::memmem::find(&many_large, b"/X 6 0 R").unwrap();
    many_large.splice(at..at + 8, *b"/X0 6 0 R/X1 7 0 R");
    let marked = "/S<</Alt(ord)>>BDC ".repeat(20_000) + "BT /F 9 Tf " + &"(abcdefghij) Tj ".repeat(40_000) + "ET";
    let deep = "[".repeat(1_000_000);
    let dicts = "<</A".repeat(300_000);
    let table = [
        ("a picture that grows", picture("/BitsPerComponent 8/Filter/FlateDecode", &zeros)),
        ("a fax without end", picture(fax, &[0; 10_000])),
        ("a large JPEG", picture("/BitsPerComponent 8/Decode[1 0]/Filter/DCTDecode", jpeg)),
        ("objects that grow", page_and(b"BT ET", &[objects_of_zeros])),
        ("a font of any width", pdf(&[CATALOG, PAGES, PAGE, text, &wide])),
        ("a form that draws itself", page_and(b"/X Do", &[form("/X Do")])),
        ("two that draw each other", page_and(b"/X Do", &[form("/Y Do"), form("/X Do")])),
        ("forms that double", page_and(b"/X Do", &doubling)),
        ("pages that are their own", pdf(&[CATALOG, "<</Type/Pages/Kids[2 0 R 2 0 R]/Parent 2 0 R>>"])),
        ("many objects", file(&objects)),
        ("large pictures in turn", many_large),
        ("marks around marks", page(&(marked + " Tk"))),
        ("deep arrays", page(&deep)),
        ("deep dictionaries", pdf(&[CATALOG, PAGES, PAGE, &dicts])),
        ("states without end", page(&"q ".repeat(1_000_000))),
    ];
    for (what, bytes) in table {
        let until = Instant::now() + Duration::from_secs(60);
        let found = read(&bytes, &mut Limits { until: Some(until), ..limits() }).unwrap();
        assert!(!found.reasons.is_empty() && Instant::now() < until, "{what}: {:?}", found.reasons);
    }
}

/// Characters at all places together.
fn length(extract: &Extract) -> usize {
    extract.pieces.iter().map(|piece| piece.text.chars().filter(|c| c.is_alphanumeric()).count()).sum()
}

/// Nothing vouches for single bytes of what is not compressed: a character may become another. But no damage
/// takes text or a file away in silence.
fn loses_nothing_in_silence(name: &str, copies: usize) {
    let bytes = fixture(name);
    let whole = extract(&bytes);
    let (letters, files) = (length(&whole), whole.files.len());
    let mut told = 0;
    for (index, copy) in damaged(&bytes, copies).enumerate() {
        let Some(found) = read(&copy, &mut limits()) else { continue };
        let lost = found.files.len() < files || length(&found) + 8 < letters;
        assert!(!lost || !found.reasons.is_empty(), "{name}, copy {index}: {} of {letters} letters", length(&found));
        told += usize::from(!found.reasons.is_empty());
    }
    assert!(told > copies / 4, "{name}: of {copies} damaged copies only {told} were noticed");
}

#[test]
fn damaged_copies_say_so() {
    loses_nothing_in_silence("writer.pdf", 300);
    loses_nothing_in_silence("reportlab.pdf", 300);
    loses_nothing_in_silence("ghostscript.pdf", 200);
    loses_nothing_in_silence("owner-aes-256.pdf", 100);
    loses_nothing_in_silence("scan.pdf", 100);
}
