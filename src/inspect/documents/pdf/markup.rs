//! XML inside a PDF, which nobody checks: what is not well-formed is read by leaving its tags out.

use super::super::xml::{self, Node};
use super::super::{Extract, Limits};

/// Elements of which only machines make anything.
const MACHINE: [&str; 18] = [
    "script",
    "CreateDate",
    "ModifyDate",
    "MetadataDate",
    "CreatorTool",
    "Producer",
    "DocumentID",
    "InstanceID",
    "OriginalDocumentID",
    "RenditionClass",
    "format",
    "part",
    "conformance",
    "when",
    "instanceID",
    "documentID",
    "softwareAgent",
    "Trapped",
];
/// Elements that stand on a line of their own.
const BLOCKS: [&str; 7] = ["p", "br", "li", "value", "text", "para", "field"];
/// Attributes of XMP that are names of properties have one of these before them.
const NO_VALUE: [&str; 8] = ["about", "lang", "parseType", "resource", "xmptk", "CreatorTool", "Producer", "part"];

/// The text of a document, a line for each element that has one of its own.
pub(super) fn text(bytes: &[u8], limits: &Limits) -> String {
    let mut out = String::new();
    let mut quiet = 0_usize;
    let whole = read(bytes, limits, &mut |node| match node {
        Node::Start(element) => {
            if element.name() == "script" {
                quiet = quiet.saturating_add(1);
            }
            if BLOCKS.contains(&element.name()) {
                end_line(&mut out);
            }
        }
        Node::Text(text) if quiet == 0 => out.push_str(&text),
        Node::Text(_) => {}
        Node::End(name) => {
            if name == "script" {
                quiet = quiet.saturating_sub(1);
            }
            // Data of a form is elements of any name with a text in each; rich text is runs of one paragraph.
            if !["span", "b", "i", "sub", "sup", "a"].contains(&name) {
                end_line(&mut out);
            }
        }
    });
    let lines = |text: &str| text.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n");
    if whole { lines(&out) } else { lines(&without_tags(bytes)) }
}

/// The properties of XMP, one each.
pub(super) fn metadata(bytes: &[u8], limits: &Limits) -> Vec<String> {
    let mut values = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut value = String::new();
    let whole = read(bytes, limits, &mut |node| match node {
        Node::Start(element) => {
            value.clear();
            names.push(element.name().to_owned());
            element.each_own(|name, text| {
                if !(NO_VALUE.contains(&name) || MACHINE.contains(&name)) {
                    values.push(text.into_owned());
                }
            });
        }
        Node::Text(text) => value.push_str(&text),
        Node::End(name) => {
            let quiet = names.iter().any(|name| MACHINE.contains(&name.as_str()));
            names.pop();
            let text = std::mem::take(&mut value);
            if !quiet && !text.trim().is_empty() && !MACHINE.contains(&name) {
                values.push(text.trim().to_owned());
            }
        }
    });
    if whole { values } else { vec![without_tags(bytes)] }
}

/// Reads well-formed XML; false when it is not.
fn read(bytes: &[u8], limits: &Limits, each: &mut dyn FnMut(Node<'_>)) -> bool {
    let mut scratch = Extract::default();
    let end = bytes.iter().rposition(|byte| *byte == b'>').map_or(0, |at| at.saturating_add(1));
    xml::read(bytes.get(..end).unwrap_or_default(), limits, &mut scratch, &mut |node, _| each(node));
    scratch.reasons.is_empty()
}

fn without_tags(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::new();
    let mut rest: &str = &text;
    while let Some((before, tag)) = rest.split_once('<') {
        out.push_str(before);
        end_line(&mut out);
        rest = tag.split_once('>').map_or(tag, |(_, after)| after);
    }
    out.push_str(rest);
    out
}

fn end_line(out: &mut String) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}
