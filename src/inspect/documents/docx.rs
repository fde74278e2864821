//! Word documents: the body, then what stands around it, in the order a person meets it.
//!
//! Paragraphs of the body that hold text are numbered, those of tables by table and row, with the page
//! that Word last saw them on: `page 2 paragraph 14`.

use super::flow::Manner;
use super::ooxml::Ooxml;
use super::words::Vocabulary;
use super::{Extract, Limits};

/// Parts by the end of their content type, and where their text is; notes and comments say it themselves.
const PARTS: [(&str, Option<&str>); 9] = [
    ("main+xml", None),
    ("header+xml", Some("header")),
    ("footer+xml", Some("footer")),
    ("footnotes+xml", None),
    ("endnotes+xml", None),
    ("comments+xml", None),
    ("document.glossary+xml", Some("building blocks")),
    ("numbering+xml", None),
    ("settings+xml", None),
];

/// Reads what a Word document has of its own.
pub(super) fn read(office: &mut Ooxml<'_, '_>, limits: &mut Limits, out: &mut Extract) {
    let mut around = Vec::new();
    for (kind, place) in PARTS {
        for number in office.numbers(|part| part.kind.ends_with(kind)) {
            let manner = Manner { numbered: kind == "main+xml", ..Manner::of(Vocabulary::OfficeOpen) };
            office.flow_in(&manner, number, place, limits, out);
            around.push((office.name(number), place));
        }
    }
    for (name, place) in around {
        office.around(&name, place, limits, out);
    }
}
