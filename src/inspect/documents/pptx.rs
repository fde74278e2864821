//! PowerPoint presentations (ECMA-376 part 1, section 19).
//!
//! Slides in the order they are shown in, hidden ones too (`slide 3 (hidden)`), each followed by its
//! notes, comments, charts, diagrams and files. Layouts and masters hold what the author of the template
//! typed (footers, letterheads) next to the prompts of empty boxes, and nothing tells the two apart for
//! certain: all of it is read, each line once.

use super::flow::Manner;
use super::ooxml::Ooxml;
use super::words::Vocabulary;
use super::xml::{self, Node};
use super::{Extract, Limits};
use crate::inspect::Reason;

/// Bytes in which a slide's first element stands.
const HEAD: usize = 4_096;

/// Reads what a presentation has of its own.
pub(super) fn read(office: &mut Ooxml<'_, '_>, limits: &mut Limits, out: &mut Extract) {
    for (at, number) in slides(office, limits, out).into_iter().enumerate() {
        slide(office, number, &format!("slide {}", at.saturating_add(1)), limits, out);
    }
    // Slides that the presentation does not list.
    for number in office.numbers(|part| part.kind.ends_with("presentationml.slide+xml")) {
        slide(office, number, "slide in no order", limits, out);
    }
    let first = out.pieces.len();
    for (kind, place) in [
        ("slidemaster+xml", "master"),
        ("slidelayout+xml", "layout"),
        ("notesmaster+xml", "notes master"),
        ("handoutmaster+xml", "handout master"),
    ] {
        for number in office.numbers(|part| part.kind.ends_with(kind)) {
            let (name, before) = (office.name(number), out.pieces.len());
            office.flow(number, Some(place), limits, out);
            out.drop_repeated(first..before, "");
            office.around(&name, Some(place), limits, out);
        }
    }
}

/// The parts of the slides in their order.
fn slides(office: &mut Ooxml<'_, '_>, limits: &mut Limits, out: &mut Extract) -> Vec<usize> {
    let mut slides = Vec::new();
    for number in office.numbers(|part| part.kind.contains("main") && part.kind.ends_with("xml")) {
        let name = office.name(number);
        let Some(bytes) = office.take(number, limits, out) else { continue };
        let mut ids = Vec::new();
        xml::read(&bytes, limits, out, &mut |node, _| {
            if let Node::Start(element) = node
                && element.name() == "sldId"
            {
                // `id` is the name of a number as well; that of the relationship has a prefix.
                ids.extend(element.prefixed("id").map(|id| id.into_owned()));
            }
        });
        for id in ids {
            let target = office.relationships(&name).iter().find(|link| link.id == id);
            match target.and_then(|link| office.number(&link.target)) {
                Some(slide) => slides.push(slide),
                None => out.note(Reason::Malformed),
            }
        }
        // Names of sections and custom shows.
        office.flow_of(&bytes, &Manner::of(Vocabulary::OfficeOpen), number, Some("presentation"), limits, out);
    }
    slides
}

fn slide(office: &mut Ooxml<'_, '_>, number: usize, place: &str, limits: &mut Limits, out: &mut Extract) {
    let name = office.name(number);
    let Some(bytes) = office.take(number, limits, out) else { return };
    let place = if is_hidden(&bytes) { format!("{place} (hidden)") } else { place.to_owned() };
    office.flow_of(&bytes, &Manner::of(Vocabulary::OfficeOpen), number, Some(&place), limits, out);
    let links = office.take_relationships(&name);
    for link in links.iter().filter(|link| link.kind == "notesslide") {
        if let Some(notes) = office.number(&link.target) {
            let notes_place = format!("{place} notes");
            let name = office.name(notes);
            office.flow(notes, Some(&notes_place), limits, out);
            office.around(&name, Some(&notes_place), limits, out);
        }
    }
    office.follow(links, Some(&place), limits, out);
}

/// Whether a slide is left out of the show (section 19.3.1.38): its first element says so.
fn is_hidden(bytes: &[u8]) -> bool {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let (mut hidden, mut first) = (false, true);
    let nothing = Limits { bytes: 0, entries: 0, until: None };
    // The text that is cut off here is read elsewhere.
    xml::read(head, &nothing, &mut Extract::default(), &mut |node, _| {
        if let Node::Start(element) = node {
            hidden |= first && element.says("show", &["0", "false"]);
            first = false;
        }
    });
    hidden
}
