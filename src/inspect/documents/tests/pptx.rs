//! PowerPoint presentations.

use super::*;

#[test]
fn every_place_of_a_presentation_is_found_once() {
    let python = extract(&fixture("python.pptx"));
    assert_eq!(python.reasons, []);
    let expected = [
        ("layout", 1),
        ("properties", 1),
        ("slide 1 (hidden)", 1),
        ("slide 2", 2),
        ("slide 2 alt text", 1),
        ("slide 2 link", 1),
        ("slide 2 notes", 1),
        ("slide 3", 1),
        ("slide 3 chart", 2),
    ];
    assert_eq!(places(&python), BTreeMap::from(expected));
    assert_eq!(texts(&python, Some("slide 2")), ["Æøåäö\n01819012365\nBoks 01819012365\nlenke"]);
    assert_eq!(texts(&python, Some("slide 3")), ["navn\tfnr\nOla Prøve\t01819012365"]);
    let files: Vec<_> = python.files.iter().map(|file| (file.name.as_str(), file.place.as_deref())).collect();
    let book = "ppt/embeddings/Microsoft_Excel_Sheet1.xlsx";
    assert_eq!(files, [("ppt/media/image1.png", Some("slide 2")), (book, Some("slide 3 chart"))]);

    let impress = extract(&fixture("impress.pptx"));
    assert_eq!(impress.reasons, []);
    let expected = [
        ("properties", 2),
        ("slide 1", 2),
        ("slide 1 alt text", 1),
        ("slide 1 comment", 1),
        ("slide 1 name", 1),
        ("slide 1 notes", 1),
        ("slide 2 (hidden)", 1),
    ];
    assert_eq!(places(&impress), BTreeMap::from(expected));
    assert_eq!(texts(&impress, Some("slide 1")), ["Æøåäö delt: 01819012365\nFigur 01819012365"]);
    assert_eq!(texts(&impress, Some("author")), ["Kari Prøve"]);
}

const TYPES: &str = r#"<Types><Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/ppt/presentation.xml" ContentType="application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml"/>
<Override PartName="/ppt/slides/slide1.xml" ContentType="application/vnd.openxmlformats-officedocument.presentationml.slide+xml"/>
<Override PartName="/ppt/slides/slide2.xml" ContentType="application/vnd.openxmlformats-officedocument.presentationml.slide+xml"/>
</Types>"#;

/// A presentation that lists its first slide and not its second, with these parts around the first.
fn slide(shapes: &str, rels: &str, more: &[(&str, &str)]) -> Extract {
    let text =
        |text: &str| format!("<p:sld xmlns:p='p' xmlns:a='a'><a:p><a:r><a:t>{text}</a:t></a:r></a:p>{shapes}</p:sld>");
    let rels = format!("<R>{rels}</R>");
    let (first, second) = (text("en"), text("to"));
    let parts = [
        ("[Content_Types].xml", TYPES),
        (
            "ppt/presentation.xml",
            "<p:p xmlns:p='p' xmlns:r='r'><p:sldIdLst><p:sldId id='256' r:id='r1'/></p:sldIdLst></p:p>",
        ),
        (
            "ppt/_rels/presentation.xml.rels",
            r#"<R><Relationship Id="r1" Type="t/slide" Target="slides/slide1.xml"/></R>"#,
        ),
        ("ppt/slides/slide1.xml", &first),
        ("ppt/slides/slide2.xml", &second),
        ("ppt/slides/_rels/slide1.xml.rels", &rels),
    ];
    extract(&archive(&[&parts[..], more].concat()))
}

#[test]
fn diagrams_and_comments_are_read_once_at_their_slide() {
    let rels = r#"<Relationship Id="a" Type="t/diagramDrawing" Target="../diagrams/drawing1.xml"/>
        <Relationship Id="b" Type="t/diagramData" Target="../diagrams/data1.xml"/>
        <Relationship Id="c" Type="t/comments" Target="../comments/modernComment1.xml"/>
        <Relationship Id="d" Type="t/hyperlink" Target="https://prove.example/01819012365" TargetMode="External"/>
        <Relationship Id="e" Type="t/media" Target="../media/lyd.mp3"/>"#;
    let point = |text: &str| {
        format!("<dgm:pt xmlns:dgm='d' xmlns:a='a'><dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>")
    };
    let data = format!("<d>{}{}</d>", point(NUMBER), point("leder"));
    let drawing = format!(
        "<d xmlns:a='a'><a:p><a:t>leder</a:t></a:p><a:p><a:t>{NUMBER}</a:t></a:p><a:p><a:t>bare her</a:t></a:p></d>"
    );
    let comment =
        "<p188:cmLst xmlns:p188='p' xmlns:a='a'><p188:cm><p188:reply><p188:txBody><a:p><a:r><a:t>01819</a:t></a:r>
        <a:r><a:t>012365</a:t></a:r></a:p></p188:txBody></p188:reply></p188:cm></p188:cmLst>";
    let found = slide(
        "",
        rels,
        &[
            ("ppt/diagrams/drawing1.xml", &drawing),
            ("ppt/diagrams/data1.xml", &data),
            ("ppt/comments/modernComment1.xml", comment),
            ("ppt/media/lyd.mp3", "ID3"),
        ],
    );
    assert_eq!(found.reasons, []);
    let expected = [("slide 1 comment", 1), ("slide 1 diagram", 1), ("slide 1 link", 1)];
    assert_eq!(places(&found), BTreeMap::from(expected));
    assert_eq!(texts(&found, Some("slide 1 diagram")), ["01819012365\nleder", "bare her"]);
    assert_eq!(texts(&found, Some("slide in no order")), ["to"]);
    assert_eq!(found.files[0].place.as_deref(), Some("slide 1"));
}

#[test]
fn numbers_of_charts_keep_the_zeros_that_their_format_shows() {
    let chart =
        "<c:chart xmlns:c='c'><c:numCache><c:formatCode>00000000000</c:formatCode><c:pt><c:v>1819012365</c:v></c:pt>
        </c:numCache><c:numCache><c:pt><c:v>12.5</c:v></c:pt></c:numCache></c:chart>";
    let rels = r#"<Relationship Id="a" Type="t/chart" Target="../charts/chart1.xml"/>"#;
    let found = slide("", rels, &[("ppt/charts/chart1.xml", chart)]);
    assert_eq!(texts(&found, Some("slide 1 chart")), ["01819012365\n12.5"]);
}

#[test]
fn a_slide_that_is_listed_and_missing_is_malformed() {
    let parts = [
        ("[Content_Types].xml", TYPES),
        ("ppt/presentation.xml", "<p:p xmlns:r='r'><p:sldId r:id='r9'/></p:p>"),
        ("ppt/slides/slide1.xml", "<s/>"),
        ("ppt/slides/slide2.xml", "<s/>"),
    ];
    assert_eq!(extract(&archive(&parts)).reasons, [Reason::Malformed]);
}

#[test]
fn damaged_copies_say_so() {
    survives_damage("python.pptx", 150);
    survives_damage("impress.pptx", 150);
}
