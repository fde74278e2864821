//! Our reading of XML against that of a crate, on every part of the fixtures and on XML made at random.

use std::io::Read;

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::super::xml::{self, Node};
use super::*;

/// A document as lines: tags with their attributes, the text between them as one, ends.
#[derive(Default)]
struct Lines(Vec<String>, String);

impl Lines {
    fn tag(&mut self, line: String) {
        if !self.1.is_empty() {
            self.0.push(format!("text {}", std::mem::take(&mut self.1)));
        }
        self.0.push(line);
    }
}

fn ours(bytes: &[u8]) -> (Vec<String>, Vec<Reason>) {
    let (mut lines, mut out) = (Lines::default(), Extract::default());
    xml::read(bytes, &limits(), &mut out, &mut |node, _| match node {
        Node::Start(element) => {
            let mut line = format!("<{}", element.name());
            element.each(|name, value| line.push_str(&format!(" {name}={value}")));
            lines.tag(line);
        }
        Node::Text(text) => lines.1.push_str(&text),
        Node::End(name) => lines.tag(format!("/{name}")),
    });
    (lines.0, out.reasons)
}

/// None where it is no XML to the crate.
fn theirs(text: &str) -> Option<Vec<String>> {
    fn start(tag: &BytesStart<'_>) -> Option<String> {
        let mut line = format!("<{}", tag.local_name().as_ref());
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.ok()?;
            let value = quick_xml::escape::unescape(&attribute.value).ok()?;
            line.push_str(&format!(" {}={value}", attribute.key.local_name().as_ref()));
        }
        Some(line)
    }
    let (mut reader, mut lines, mut open) = (Reader::from_str(text), Lines::default(), 0);
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                lines.tag(start(&tag)?);
                open += 1;
            }
            Event::Empty(tag) => {
                lines.tag(start(&tag)?);
                lines.tag(format!("/{}", tag.local_name().as_ref()));
            }
            Event::End(tag) => {
                lines.tag(format!("/{}", tag.local_name().as_ref()));
                open -= 1;
            }
            Event::Text(text) => lines.1.push_str(&text.xml10_content()),
            Event::CData(text) => lines.1.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().ok()? {
                Some(character) => lines.1.push(character),
                None => lines.1.push_str(quick_xml::escape::resolve_predefined_entity(&reference)?),
            },
            Event::Eof => return (open == 0).then_some(lines.0),
            _ => {}
        }
    }
}

#[test]
fn every_part_of_the_fixtures_is_read_as_a_crate_reads_it() {
    let folder = format!("{}/tests/documents", env!("CARGO_MANIFEST_DIR"));
    let mut compared = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let Ok(mut package) = zip::ZipArchive::new(std::fs::File::open(&path).unwrap()) else { continue };
        for at in 0..package.len() {
            let Ok(mut part) = package.by_index(at) else { continue };
            let (name, mut text) = (part.name().unwrap().into_owned(), String::new());
            let is_xml = name.ends_with(".xml") || name.ends_with(".rels");
            if !is_xml || part.read_to_string(&mut text).is_err() {
                continue;
            }
            let text = text.trim_start_matches('\u{FEFF}');
            if let Some(theirs) = theirs(text) {
                assert_eq!(ours(text.as_bytes()), (theirs, vec![]), "{name} of {}", path.display());
                compared += 1;
            }
        }
    }
    assert!(compared > 150, "{compared}");
}

/// XML, its pieces put together at random, now and then broken.
fn document() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "<a>",
        "</a>",
        "<w:b x='1' y:z=\"&lt;2 &#229;\">",
        "</w:b>",
        "<c/>",
        "<d e = 'f>g' />",
        "tekst ",
        "æøå\r\n",
        "&amp;",
        "&#x61;",
        "<!-- c -->",
        "<![CDATA[<x>&amp;]]>",
        "<?p q?>",
        "]]",
        ">",
        "'",
    ];
    proptest::collection::vec(proptest::sample::select(PIECES), 0..30)
        .prop_map(|inner| format!("<r>{}</r>", inner.concat()))
}

proptest! {
    #[test]
    fn what_a_crate_takes_for_xml_is_read_alike(text in document()) {
        if let Some(theirs) = theirs(&text) {
            prop_assert_eq!(ours(text.as_bytes()), (theirs, vec![]));
        }
    }
}
