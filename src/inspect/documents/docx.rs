//! Word documents: the body, then what stands around it, in the order a person meets it.

use super::ooxml::Ooxml;
use super::{Extract, Limits};

/// Parts by a word of their content type, and where their text is; notes and comments say it themselves.
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
    for (kind, place) in PARTS {
        for number in office.numbers(|part| part.kind.ends_with(kind)) {
            office.flow(number, place, limits, out);
        }
    }
}
