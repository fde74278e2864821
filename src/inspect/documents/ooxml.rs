//! Office Open XML packages: docx, xlsx, pptx and their templates.
//!
//! Every part is read: the known ones in reading order and with a name for people, all other XML for
//! whatever text it has, everything else as a file. Left out is what programs make for themselves:
//! printer settings, fonts, the thumbnail of the first page (ECMA-376 parts 1 and 2).

use std::collections::HashMap;

use super::extract::joined;
use super::flow::{self, Manner};
use super::little_endian::runs;
use super::package::Package;
use super::words::Vocabulary;
use super::xml::{self, Node};
use super::{Extract, Limits, docx, pptx, xlsx};
use crate::inspect::Reason;

const CONTENT_TYPES: &str = "[Content_Types].xml";
/// Parts without text for people, by the end of their content type: settings of printers, fonts (scrambled, and so
/// no file of any other kind), signatures of macros.
const MACHINE: [&str; 7] = [
    "printersettings",
    "obfuscatedfont",
    "x-fontdata",
    "x-font-ttf",
    "vbaprojectsignature",
    "vbaprojectsignatureagile",
    "vbaprojectsignaturev3",
];
/// How a compound file begins (MS-CFB section 2.2).
const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0";
/// Statistics in the properties.
const STATISTICS: [&str; 17] = [
    "TotalTime",
    "Pages",
    "Words",
    "Characters",
    "CharactersWithSpaces",
    "Lines",
    "Paragraphs",
    "Slides",
    "Notes",
    "HiddenSlides",
    "MMClips",
    "ScaleCrop",
    "LinksUpToDate",
    "SharedDoc",
    "HyperlinksChanged",
    "AppVersion",
    "DocSecurity",
];

/// A part of the package.
#[derive(Debug)]
pub(super) struct Part {
    index: usize,
    /// Without a leading slash.
    pub name: String,
    /// Content type, lower case.
    pub kind: String,
    read: bool,
}

/// What a part points to.
#[derive(Debug)]
pub(super) struct Relationship {
    pub id: String,
    /// Last word of its type, lower case: `worksheet`, `comments` …
    pub kind: String,
    /// A part, or an address outside the package.
    pub target: String,
    pub external: bool,
    /// Its address has been given as text.
    pub read: bool,
    /// Where the text names it.
    pub place: Option<String>,
}

/// An opened package.
pub(super) struct Ooxml<'p, 'a> {
    package: &'p mut Package<'a>,
    pub parts: Vec<Part>,
    /// Numbers of parts by their names, lower case.
    by_name: HashMap<String, usize>,
    /// By the name of the part they start from, lower case; empty for the package.
    relationships: HashMap<String, Vec<Relationship>>,
}

impl<'p, 'a> Ooxml<'p, 'a> {
    pub fn fits(package: &Package<'_>) -> bool {
        package.position(CONTENT_TYPES).is_some()
    }

    pub fn read(package: &'p mut Package<'a>, limits: &mut Limits, out: &mut Extract) {
        let mut office = Ooxml::open(package, limits, out);
        let main = |family: &str| office.parts.iter().any(|p| p.kind.contains(family) && p.kind.contains("main"));
        if office.parts.iter().any(|part| part.kind.contains("sheet.binary")) {
            // Excel's binary workbook keeps its cells in parts of its own kind (MS-XLSB).
            out.note(Reason::Unsupported);
        } else if main("wordprocessingml") || main("ms-word") {
            docx::read(&mut office, limits, out);
        } else if main("spreadsheetml") || main("ms-excel") {
            xlsx::read(&mut office, limits, out);
        } else if main("presentationml") || main("ms-powerpoint") {
            pptx::read(&mut office, limits, out);
        } else {
            // XPS, Visio and others keep text where only their own programs look.
            out.note(Reason::Unsupported);
        }
        office.rest(limits, out);
    }

    fn open(package: &'p mut Package<'a>, limits: &mut Limits, out: &mut Extract) -> Self {
        let mut office = Ooxml { package, parts: Vec::new(), by_name: HashMap::new(), relationships: HashMap::new() };
        let types = office.package.position(CONTENT_TYPES);
        let types = types.and_then(|index| office.package.content(index, limits, out)).unwrap_or_default();
        let (mut defaults, mut overrides) = (HashMap::new(), HashMap::new());
        xml::read(&types, limits, out, &mut |node, _| {
            let Node::Start(element) = node else { return };
            let word = |name| element.attribute(name).map(|value| value.to_ascii_lowercase());
            let Some(kind) = word("ContentType") else { return };
            if let Some(extension) = word("Extension") {
                defaults.insert(extension, kind);
            } else if let Some(part) = word("PartName") {
                overrides.insert(part.trim_start_matches('/').to_owned(), kind);
            }
        });
        for (index, name) in office.package.names().iter().enumerate() {
            if name.eq_ignore_ascii_case(CONTENT_TYPES) {
                continue;
            }
            let folded = name.to_ascii_lowercase();
            let extension = folded.rsplit('.').next().unwrap_or_default();
            let kind = overrides.get(folded.as_str()).or_else(|| defaults.get(extension));
            let kind = kind.cloned().unwrap_or_default();
            office.by_name.insert(folded, office.parts.len());
            office.parts.push(Part { index, name: name.clone(), kind, read: false });
        }
        let missing = |(name, kind): (&String, &String)| kind.contains("main") && office.number(name).is_none();
        if overrides.iter().any(missing) {
            // The document itself is announced and not there; of other parts programs leave the announcement.
            out.note(Reason::Malformed);
        }
        office.relate(limits, out);
        office
    }

    /// Reads all relationships; where they lead outside, the address is text.
    fn relate(&mut self, limits: &mut Limits, out: &mut Extract) {
        for number in self.numbers(|part| part.name.to_ascii_lowercase().ends_with(".rels")) {
            let Some(source) = self.parts.get(number).map(|part| source_of(&part.name)) else { continue };
            let Some(bytes) = self.take(number, limits, out) else { continue };
            let mut found = Vec::new();
            xml::read(&bytes, limits, out, &mut |node, _| {
                let Node::Start(element) = node else { return };
                let Some(target) = element.attribute("Target") else { return };
                let kind = element.attribute("Type").unwrap_or_default();
                let kind = kind.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
                let id = element.attribute("Id").unwrap_or_default().into_owned();
                let external = element.says("TargetMode", &["External"]);
                let target = if external { target.into_owned() } else { resolved(&source, &target) };
                found.push(Relationship { id, kind, target, external, read: false, place: None });
            });
            let lost = |relationship: &Relationship| {
                !relationship.external
                    && relationship.target.ends_with(".xml")
                    && self.number(&relationship.target).is_none()
            };
            if found.iter().any(lost) {
                out.note(Reason::Malformed);
            }
            self.relationships.entry(source.to_ascii_lowercase()).or_default().extend(found);
        }
    }

    /// What a part points to inside the package.
    pub fn relationships(&self, source: &str) -> &[Relationship] {
        self.relationships.get(&source.to_ascii_lowercase()).map(Vec::as_slice).unwrap_or_default()
    }

    /// [`Ooxml::relationships`], for a reader that deals with all of them.
    pub fn take_relationships(&mut self, source: &str) -> Vec<Relationship> {
        self.relationships.remove(&source.to_ascii_lowercase()).unwrap_or_default()
    }

    /// Reads what a part points to and nobody has read: charts, diagrams, drawings, objects, addresses.
    pub fn around(&mut self, source: &str, place: Option<&str>, limits: &mut Limits, out: &mut Extract) {
        let links = self.take_relationships(source);
        self.follow(links, place, limits, out);
    }

    /// [`Ooxml::around`] for relationships that were taken already. What has a meaning of its own in the
    /// package (layouts, themes, styles) is left for later.
    pub fn follow(&mut self, links: Vec<Relationship>, place: Option<&str>, limits: &mut Limits, out: &mut Extract) {
        let mut open = vec![(links, place.map(str::to_owned))];
        while let Some((links, place)) = open.pop() {
            // A drawing of a diagram repeats its data.
            let (data, mut links): (Vec<_>, Vec<_>) = links.into_iter().partition(|link| link.kind == "diagramdata");
            let shown = out.pieces.len();
            links.splice(0..0, data);
            for link in links {
                let place = link.place.as_ref().or(place.as_ref());
                if link.external {
                    if !link.read {
                        out.add_link(place.map(String::as_str), &link.target);
                    }
                    continue;
                }
                let Some(number) = self.number(&link.target) else { continue };
                let what = match beside(&link.kind) {
                    Beside::Text(what) => joined(place.map(String::as_str), what),
                    Beside::File => {
                        self.hand_on(number, place.map(String::as_str), limits, out);
                        continue;
                    }
                    Beside::Other => continue,
                };
                let name = self.name(number);
                let before = out.pieces.len();
                self.flow(number, Some(&what), limits, out);
                if link.kind == "diagramdrawing" {
                    out.drop_repeated(shown..before, "");
                }
                // What stands in a drawing stands where the drawing does.
                let inner = if link.kind.ends_with("drawing") { place.cloned() } else { Some(what) };
                open.push((self.take_relationships(&name), inner));
            }
        }
    }

    /// Gives a part as a file, unless it is XML after all.
    fn hand_on(&mut self, number: usize, place: Option<&str>, limits: &mut Limits, out: &mut Extract) {
        let Some(part) = self.parts.get_mut(number).filter(|part| !part.read) else { return };
        if is_machine(part) || is_xml(&part.kind, &part.name) {
            return;
        }
        part.read = true;
        let (index, name, files) = (part.index, part.name.clone(), out.files.len());
        let is_control = part.kind.ends_with("vnd.ms-office.activex");
        self.package.hand_on(index, name, limits, out);
        let Some(file) = out.files.get_mut(files) else { return };
        file.place = place.map(str::to_owned);
        // What a control keeps of itself (MS-OFORMS), its caption and value among it, or a compound file of that.
        if is_control && !file.bytes.starts_with(COMPOUND) {
            let text = runs(&file.bytes);
            out.files.truncate(files);
            out.add(Some(&joined(place, "form")), text);
        }
    }

    /// The numbers of parts, in the order of the archive.
    pub fn numbers(&self, wanted: impl Fn(&Part) -> bool) -> Vec<usize> {
        let parts = self.parts.iter().enumerate().filter(|(_, part)| !part.read && wanted(part));
        parts.map(|(number, _)| number).collect()
    }

    pub fn number(&self, name: &str) -> Option<usize> {
        self.by_name.get(&name.to_ascii_lowercase()).copied()
    }

    pub fn name(&self, number: usize) -> String {
        self.parts.get(number).map(|part| part.name.clone()).unwrap_or_default()
    }

    /// The content of a part that nobody has read yet.
    pub fn take(&mut self, number: usize, limits: &mut Limits, out: &mut Extract) -> Option<Vec<u8>> {
        let part = self.parts.get_mut(number).filter(|part| !part.read)?;
        part.read = true;
        self.package.content(part.index, limits, out)
    }

    /// Reads a part as running text.
    pub fn flow(&mut self, number: usize, place: Option<&str>, limits: &mut Limits, out: &mut Extract) {
        self.flow_in(&Manner::of(Vocabulary::OfficeOpen), number, place, limits, out);
    }

    /// [`Ooxml::flow`] in a manner of its own; what the part points to gets its place.
    pub fn flow_in(
        &mut self,
        manner: &Manner,
        number: usize,
        place: Option<&str>,
        limits: &mut Limits,
        out: &mut Extract,
    ) {
        if let Some(bytes) = self.take(number, limits, out) {
            self.flow_of(&bytes, manner, number, place, limits, out);
        }
    }

    /// [`Ooxml::flow_in`] for a part that was taken already.
    pub fn flow_of(
        &mut self,
        bytes: &[u8],
        manner: &Manner,
        number: usize,
        place: Option<&str>,
        limits: &Limits,
        out: &mut Extract,
    ) {
        let mut places = flow::read(bytes, manner, place, limits, out);
        let name = self.name(number).to_ascii_lowercase();
        for link in self.relationships.get_mut(&name).into_iter().flatten() {
            link.place = places.remove(&link.id).flatten();
        }
    }

    /// Everything that the format's own reader left.
    fn rest(&mut self, limits: &mut Limits, out: &mut Extract) {
        for number in self.numbers(|_| true) {
            let Some(part) = self.parts.get(number) else { continue };
            let (name, kind) = (part.name.clone(), part.kind.clone());
            if is_machine(part) {
                continue;
            }
            if kind.starts_with("application/vnd.ms-excel.") && name.to_ascii_lowercase().ends_with(".bin") {
                out.note(Reason::Unsupported);
                continue;
            }
            if !is_xml(&kind, &name) {
                self.hand_on(number, None, limits, out);
                continue;
            }
            let Some(bytes) = self.take(number, limits, out) else { continue };
            // Core, extended and custom ones.
            if kind.ends_with("-properties+xml") {
                properties(&bytes, limits, out);
            } else {
                flow::read(&bytes, &Manner::of(Vocabulary::for_part(&name)), Some(&name), limits, out);
            }
        }
        let mut sources: Vec<String> = self.relationships.keys().cloned().collect();
        sources.sort();
        for source in sources {
            self.around(&source, None, limits, out);
        }
    }
}

/// What a relationship leads to.
enum Beside {
    /// Text that belongs to what it starts from, and what it is.
    Text(&'static str),
    File,
    Other,
}

fn beside(kind: &str) -> Beside {
    match kind {
        "chart" | "chartex" | "chartusershapes" => Beside::Text("chart"),
        "diagramdata" | "diagramdrawing" => Beside::Text("diagram"),
        "drawing" | "vmldrawing" => Beside::Text("drawing"),
        "comments" => Beside::Text("comment"),
        "image"
        | "media"
        | "audio"
        | "video"
        | "oleobject"
        | "package"
        | "control"
        | "afchunk"
        | "activexcontrol"
        | "activexcontrolbinary"
        | "legacydiagramtext"
        | "hdphoto"
        | "customproperty"
        | "model3d"
        | "ink" => Beside::File,
        _ => Beside::Other,
    }
}

/// What programs make for themselves.
fn is_machine(part: &Part) -> bool {
    MACHINE.iter().any(|machine| part.kind.ends_with(machine)) || is_thumbnail(&part.name)
}

fn is_xml(kind: &str, name: &str) -> bool {
    let extension = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    kind.ends_with("xml") || kind.ends_with("vmldrawing") || ["xml", "rels", "vml"].contains(&extension.as_str())
}

/// The picture of the first page, which shows what is read anyway.
fn is_thumbnail(name: &str) -> bool {
    name.to_ascii_lowercase().starts_with("docprops/thumbnail.")
}

/// The part whose relationships a `.rels` part holds: `word/_rels/document.xml.rels` is of `word/document.xml`.
fn source_of(rels: &str) -> String {
    let (folder, file) = rels.rsplit_once('/').unwrap_or(("", rels));
    let folder = folder.strip_suffix("_rels").unwrap_or(folder);
    let file = file.get(..file.len().saturating_sub(".rels".len())).unwrap_or_default();
    format!("{folder}{file}")
}

/// A target as a part name: relative to the folder of its source, or from the root.
fn resolved(source: &str, target: &str) -> String {
    let mut folders: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => source.split('/').collect(),
    };
    if !folders.is_empty() {
        folders.pop();
    }
    for step in target.trim_start_matches('/').split('/') {
        match step {
            ".." => drop(folders.pop()),
            "." | "" => {}
            step => folders.push(step),
        }
    }
    folders.join("/")
}

/// Core, extended and custom properties, a line each.
fn properties(bytes: &[u8], limits: &Limits, out: &mut Extract) {
    let (mut names, mut lines, mut value) = (Vec::<String>::new(), Vec::new(), String::new());
    xml::read(bytes, limits, out, &mut |node, _| match node {
        Node::Start(element) => {
            value.clear();
            // Custom properties have a name of their own around a value of some type.
            let own = element.attribute("name").map(|name| name.into_owned());
            let around = names.last().filter(|_| element.name().starts_with("lp") || element.name() == "bstr");
            names.push(own.or_else(|| around.cloned()).unwrap_or_else(|| element.name().to_owned()));
        }
        Node::Text(text) => value.push_str(&text),
        Node::End(element) => {
            let name = names.pop().unwrap_or_default();
            if !(value.trim().is_empty() || STATISTICS.contains(&element)) {
                lines.push(format!("{name}: {}", value.trim()));
            }
            value.clear();
        }
    });
    out.add(Some("properties"), lines.join("\n"));
}
