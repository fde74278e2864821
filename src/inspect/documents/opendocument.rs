//! OpenDocument: texts, spreadsheets, presentations, drawings and their templates (OpenDocument 1.3 parts 2
//! and 3), as packages and as flat XML.
//!
//! Every part is read: content, styles (headers, footers, masters), properties, objects, all other XML;
//! everything else is a file, with the place where the text shows it. Left out is what programs make for
//! themselves: the thumbnail, pictures of objects, the layout cache, fonts.

use std::collections::HashSet;

use super::extract::joined;
use super::flow::{self, Manner, References};
use super::package::Package;
use super::words::Vocabulary;
use super::xml::{self, Node};
use super::{Document, Extract, Inner, Limits};
use crate::inspect::magic::flat_open_document;
use crate::inspect::{Lock, Reason};

/// What every media type of the family begins with.
const FAMILY: &str = "application/vnd.oasis.opendocument.";
const MANIFEST: &str = "META-INF/manifest.xml";
/// The whole package in one, locked (LibreOffice 24.8 and later).
const LOCKED_PACKAGE: &str = "encrypted-package";
/// Files by the start of their names that show or repeat what is read elsewhere.
const MACHINE: [&str; 5] = ["mimetype", "META-INF/manifest.xml", "Thumbnails/", "ObjectReplacements/", "layout-cache"];
/// First bytes of fonts.
const FONTS: [&[u8]; 6] = [b"\0\x01\0\0", b"OTTO", b"true", b"ttcf", b"wOFF", b"wOF2"];

/// An OpenDocument package.
pub(super) struct OpenDocument;

impl OpenDocument {
    pub fn fits(package: &Package<'_>) -> bool {
        let has = |name| package.position(name).is_some();
        has(MANIFEST) && (has("content.xml") || has(LOCKED_PACKAGE) || has("mimetype"))
    }

    pub fn read(package: &mut Package<'_>, limits: &mut Limits, out: &mut Extract) {
        let kind = text_of(package, "mimetype", limits, out);
        let manner = manner(&kind);
        let locked = locked(package, limits, out);
        if !locked.is_empty() {
            out.note(Reason::Encrypted(Lock::Office));
        }
        let mut reading = Reading { package, locked, manner, references: References::new(), done: HashSet::new() };
        reading.part("content.xml", None, limits, out);
        let master = (kind.contains("presentation") || kind.contains("graphics")).then_some("master");
        reading.part("styles.xml", master, limits, out);
        reading.part("meta.xml", None, limits, out);
        reading.rest(limits, out);
    }
}

/// One XML file with everything in it.
pub(super) struct Flat;

impl Document for Flat {
    fn fits(&self, bytes: &[u8]) -> bool {
        flat_open_document(bytes).is_some()
    }

    fn read(&self, bytes: &[u8], limits: &mut Limits, out: &mut Extract) {
        if !limits.take_bytes(bytes.len()) {
            out.note(Reason::OverLimit);
            return;
        }
        let manner = manner(flat_open_document(bytes).unwrap_or_default());
        flow::read(bytes, &manner, None, limits, out);
    }
}

/// How the content of a media type is read.
fn manner(kind: &str) -> Manner {
    let kind = kind.trim().strip_prefix(FAMILY).unwrap_or_default();
    Manner {
        numbered: kind.starts_with("text"),
        sheets: kind.starts_with("spreadsheet"),
        pages: match kind.split('-').next() {
            Some("presentation") => Some("slide"),
            Some("graphics") => Some("page"),
            _ => None,
        },
        ..Manner::of(Vocabulary::OpenDocument)
    }
}

struct Reading<'p, 'a> {
    package: &'p mut Package<'a>,
    locked: HashSet<String>,
    manner: Manner,
    references: References,
    done: HashSet<usize>,
}

impl Reading<'_, '_> {
    /// Reads a part of the document itself.
    fn part(&mut self, name: &str, place: Option<&str>, limits: &mut Limits, out: &mut Extract) {
        let Some(index) = self.package.position(name).filter(|_| !self.locked.contains(name)) else {
            if name == "content.xml" && self.locked.is_empty() {
                // Announced by what it is, and not there.
                out.note(Reason::Malformed);
            }
            return;
        };
        self.done.insert(index);
        let Some(bytes) = self.package.content(index, limits, out) else { return };
        let plain = Manner { pages: self.manner.pages, ..Manner::of(Vocabulary::OpenDocument) };
        let manner = if name == "content.xml" { &self.manner } else { &plain };
        self.references.extend(flow::read(&bytes, manner, place, limits, out));
    }

    /// Everything else: objects, scripts, pictures, older versions.
    fn rest(&mut self, limits: &mut Limits, out: &mut Extract) {
        for (index, name) in self.package.names().to_vec().into_iter().enumerate() {
            let machine = MACHINE.iter().any(|known| name.starts_with(known));
            if machine || name.ends_with('/') || self.locked.contains(&name) || !self.done.insert(index) {
                continue;
            }
            let place = self.place(&name);
            if name.ends_with(".xml") || name.ends_with(".rdf") {
                let Some(bytes) = self.package.content(index, limits, out) else { continue };
                // Toolbars nobody has changed are files without content.
                if bytes.is_empty() {
                    continue;
                }
                let place = match (place, name.rsplit('/').next()) {
                    (Some(place), Some("content.xml" | "styles.xml" | "meta.xml")) => joined(Some(&place), "object"),
                    _ => name.clone(),
                };
                flow::read(&bytes, &Manner::of(Vocabulary::OpenDocument), Some(&place), limits, out);
                continue;
            }
            let files = out.files.len();
            self.package.hand_on(index, name, limits, out);
            out.files.retain(|file| !is_font(file));
            if let Some(file) = out.files.get_mut(files) {
                file.place = place;
            }
        }
    }

    /// Where the text shows a picture (`Pictures/1.png`) or an object (`./Object 1`).
    fn place(&self, name: &str) -> Option<String> {
        let folder = name.split('/').next().unwrap_or_default();
        let known = [name, folder].into_iter().flat_map(|name| [name.to_owned(), format!("./{name}")]);
        known.filter_map(|name| self.references.get(&name)).next().cloned().flatten()
    }
}

fn is_font(file: &Inner) -> bool {
    let name = file.name.to_ascii_lowercase();
    name.starts_with("fonts/") && FONTS.iter().any(|mark| file.bytes.starts_with(mark))
}

fn text_of(package: &mut Package<'_>, name: &str, limits: &mut Limits, out: &mut Extract) -> String {
    let index = package.position(name);
    let bytes = index.and_then(|index| package.content(index, limits, out)).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Names of the parts that are encrypted (OpenDocument 1.3 part 2, section 4.4).
fn locked(package: &mut Package<'_>, limits: &mut Limits, out: &mut Extract) -> HashSet<String> {
    let mut locked = HashSet::new();
    if package.position(LOCKED_PACKAGE).is_some() {
        locked.insert(LOCKED_PACKAGE.to_owned());
    }
    let index = package.position(MANIFEST);
    let Some(bytes) = index.and_then(|index| package.content(index, limits, out)) else { return locked };
    let mut entry = String::new();
    xml::read(&bytes, limits, out, &mut |node, _| {
        let Node::Start(element) = node else { return };
        match element.name() {
            "file-entry" => entry = element.attribute("full-path").unwrap_or_default().into_owned(),
            "encryption-data" => drop(locked.insert(std::mem::take(&mut entry))),
            _ => {}
        }
    });
    locked
}
