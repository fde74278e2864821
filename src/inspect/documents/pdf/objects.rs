//! What a file says outside of its pages: comments, fields, links, bookmarks, properties, files.
//!
//! Every object of the file is looked at, whether anything leads to it or not: what a damaged or a cunning
//! file no longer points to is still in it.

use std::collections::{HashMap, HashSet};

use hayro_syntax::object::{Array, Dict, MaybeRef, Name, Object, ObjectIdentifier, Stream};
use hayro_syntax::xref::XRef;
use memchr::{memchr, memmem};

use super::super::extract::{condensed, joined};
use super::markup;
use super::stream::Means;
use super::syntax;
use super::text::text;
use crate::inspect::Reason;
use crate::inspect::documents::Inner;

/// Direct dictionaries and arrays inside each other.
const MAX_DEPTH: usize = 8;
/// Objects between two looks at the time.
const TICK: usize = 512;
/// Parents of a field.
const MAX_PARENTS: usize = 32;
/// Entries of the document information that are not about its content, or are read as text elsewhere.
const MACHINE: [&[u8]; 6] = [b"CreationDate", b"ModDate", b"Producer", b"Trapped", b"PTEX.Fullbanner", b"Type"];
/// One of these makes a dictionary without a type the document information (ISO 32000-2, 14.3.3).
const INFORMATION: [&[u8]; 6] = [b"Producer", b"Creator", b"CreationDate", b"Author", b"Keywords", b"Subject"];

/// What is collected from the objects of a file.
pub(super) struct Objects<'a> {
    xref: &'a XRef,
    /// Where the objects of pages stand.
    pages: HashMap<ObjectIdentifier, String>,
    /// Dictionaries that have been read, by where they stand in memory.
    read: HashSet<usize>,
    /// Texts that have been added, with their places.
    said: HashSet<(Option<String>, String)>,
    files: HashSet<ObjectIdentifier>,
    /// The numbers of annotations that could not be read, and of the objects in streams of objects.
    missed: HashSet<u32>,
    packed: HashSet<u32>,
    /// Streams that anything refers to.
    pub referred: HashSet<ObjectIdentifier>,
    /// Alternative texts, to be compared with what the pages show.
    pub alternatives: Vec<(Option<String>, String)>,
}

/// A string entry as text.
pub(super) fn string(dict: &Dict<'_>, key: &[u8]) -> Option<String> {
    let string = dict.get::<hayro_syntax::object::String<'_>>(key)?;
    let text = text(string.as_bytes());
    (!text.trim().is_empty()).then_some(text)
}

fn name_is(dict: &Dict<'_>, key: &[u8], names: &[&[u8]]) -> bool {
    dict.get::<Name<'_>>(key).is_some_and(|name| names.contains(&name.as_ref()))
}

impl<'a> Objects<'a> {
    pub fn new(xref: &'a XRef) -> Self {
        Objects {
            xref,
            pages: HashMap::new(),
            read: HashSet::new(),
            said: HashSet::new(),
            files: HashSet::new(),
            missed: HashSet::new(),
            packed: HashSet::new(),
            referred: HashSet::new(),
            alternatives: Vec::new(),
        }
    }

    /// Says where an object and what refers to it as its page stand.
    pub fn page(&mut self, id: Option<ObjectIdentifier>, place: &str) {
        if let Some(id) = id {
            self.pages.insert(id, place.to_owned());
        }
    }

    pub fn resolve(&self, object: MaybeRef<Object<'a>>) -> Option<Object<'a>> {
        match object {
            MaybeRef::Ref(reference) => self.xref.get::<Object<'_>>(reference.into()),
            MaybeRef::NotRef(object) => Some(object),
        }
    }

    /// The items of an array, references followed. One that leads nowhere is said, and passed over.
    pub fn items(&self, array: &Array<'a>, means: &mut Means<'_>) -> Vec<Object<'a>> {
        let mut items = Vec::new();
        for item in array.raw_iter() {
            match self.resolve(item) {
                Some(item) => items.push(item),
                None => means.note(Reason::Malformed),
            }
        }
        items
    }

    /// The annotations of a page. Programs take one out of a file and leave it in its page's list: what is nowhere
    /// is nothing (ISO 32000-2, 7.3.10). What is somewhere is remembered as missed.
    pub fn annotations(&mut self, array: &Array<'a>) -> Vec<Object<'a>> {
        let mut found = Vec::new();
        for item in array.raw_iter() {
            let number = item.as_obj_ref().map(|reference| ObjectIdentifier::from(reference).obj_number);
            match self.resolve(item) {
                Some(item) => found.push(item),
                None => self.missed.extend(number),
            }
        }
        found
    }

    pub fn is_missed(&self, number: u32) -> bool {
        self.missed.contains(&number)
    }

    /// Whether one that is missed is in a stream of objects.
    pub fn misses_packed(&self) -> bool {
        !self.missed.is_disjoint(&self.packed)
    }

    /// Looks at one object of the file.
    pub fn visit(&mut self, object: Object<'a>, means: &mut Means<'_>) {
        match object {
            Object::Dict(dict) => {
                self.refer(dict.data());
                self.dict(&dict, None, MAX_DEPTH, means);
            }
            Object::Stream(stream) => {
                self.refer(stream.dict().data());
                if name_is(stream.dict(), b"Type", &[b"Metadata"]) {
                    self.metadata(&stream, means);
                } else if name_is(stream.dict(), b"Type", &[b"EmbeddedFile"]) {
                    // A file that no specification names is read when all are known.
                    return;
                } else if name_is(stream.dict(), b"Type", &[b"ObjStm"]) {
                    // Others have read it, without a word about damage.
                    let content = means.content(&stream).unwrap_or_default();
                    self.packed.extend(packed(&content, stream.dict().get::<u32>(b"First").unwrap_or(0)));
                }
                self.dict(stream.dict(), None, 1, means);
            }
            Object::Array(array) => {
                self.refer(array.data());
                self.array(&array, None, MAX_DEPTH, means);
            }
            _ => {}
        }
    }

    /// Remembers what is referred to: `12 0 R`.
    fn refer(&mut self, data: &[u8]) {
        for at in memchr::memchr_iter(b'R', data) {
            let before = data.get(..at).unwrap_or_default().trim_ascii_end();
            let digits = |bytes: &[u8]| bytes.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
            let split = |bytes: &'_ [u8]| -> Option<(u32, usize)> {
                let start = bytes.len().checked_sub(digits(bytes))?;
                let number = std::str::from_utf8(bytes.get(start..)?).ok()?.parse().ok()?;
                Some((number, start))
            };
            let Some((generation, start)) = split(before) else { continue };
            let Some((number, _)) = split(before.get(..start).unwrap_or_default().trim_ascii_end()) else { continue };
            self.referred.insert(ObjectIdentifier::new(number, i32::try_from(generation).unwrap_or(0)));
        }
    }

    fn array(&mut self, array: &Array<'a>, place: Option<&str>, depth: usize, means: &mut Means<'_>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        if memmem::find(array.data(), b"<<").is_none() {
            return;
        }
        for item in array.raw_iter() {
            match item {
                MaybeRef::NotRef(Object::Dict(dict)) => self.dict(&dict, place, depth, means),
                MaybeRef::NotRef(Object::Array(array)) => self.array(&array, place, depth, means),
                _ => {}
            }
        }
    }

    /// Reads a dictionary by what is in it, and those inside it.
    pub fn dict(&mut self, dict: &Dict<'a>, place: Option<&str>, depth: usize, means: &mut Means<'_>) {
        let data = dict.data();
        if !may_speak(data) || !self.read.insert(data.as_ptr() as usize) {
            return;
        }
        if !syntax::is_dictionary(data) {
            means.note(Reason::Malformed);
        }
        let place = place.map(str::to_owned).or_else(|| self.place(dict));
        let place = place.as_deref();
        let has = |key: &[u8]| dict.contains_key(key);
        if has(b"EF") {
            self.file(dict, place, means);
        }
        if has(b"XFA") {
            self.xfa(dict, means);
        }
        if has(b"FT") || (has(b"T") && (has(b"V") || has(b"DV") || has(b"Opt") || has(b"TU"))) {
            self.field(dict, place, means);
        }
        if name_is(dict, b"Type", &[b"Sig"]) || (has(b"ByteRange") && has(b"Filter")) {
            for key in [&b"Name"[..], b"Reason", b"Location", b"ContactInfo"] {
                self.say(Some("signature"), string(dict, key), means);
            }
        } else if (has(b"Rect") && has(b"Subtype")) || has(b"Contents") || has(b"RC") {
            self.annotation(dict, place, means);
        } else if has(b"Title") && [&b"Parent"[..], b"Dest", b"A", b"Next", b"Prev"].iter().any(|key| has(key)) {
            self.say(Some("bookmark"), string(dict, b"Title"), means);
        } else if !has(b"Type") && !has(b"Subtype") && !has(b"Size") && INFORMATION.iter().any(|key| has(key)) {
            self.information(dict, means);
        } else if has(b"S") && (has(b"P") || has(b"K")) {
            for key in [&b"Alt"[..], b"ActualText", b"E"] {
                self.alternatives.extend(string(dict, key).map(|text| (place.map(str::to_owned), text)));
            }
        }
        if name_is(dict, b"Type", &[b"OCG"]) {
            self.say(Some("layer"), string(dict, b"Name"), means);
        } else if name_is(dict, b"Type", &[b"Folder"]) {
            // In which attached files lie (ISO 32000-2, 12.3.5).
            self.say(Some("attachment description"), string(dict, b"Name"), means);
            self.say(Some("attachment description"), string(dict, b"Desc"), means);
        }
        if has(b"S") {
            self.action(dict, place, means);
        }
        let Some(depth) = depth.checked_sub(1) else { return };
        if memmem::find_iter(data, b"<<").nth(1).is_none() && memchr(b'[', data).is_none() {
            return;
        }
        for (key, value) in dict.entries() {
            match value {
                // The appearance of fields and the resources of pages are drawn, not read.
                _ if matches!(key.as_ref(), b"Resources" | b"DR" | b"Kids" | b"W") => {}
                MaybeRef::NotRef(Object::Dict(inner)) => self.dict(&inner, place, depth, means),
                MaybeRef::NotRef(Object::Array(array)) => self.array(&array, place, depth, means),
                _ => {}
            }
        }
    }

    /// The page on which something stands: it names it, or the page names it.
    fn place(&self, dict: &Dict<'a>) -> Option<String> {
        let own = dict.obj_id().and_then(|id| self.pages.get(&id));
        let named = || [&b"P"[..], b"Pg"].iter().find_map(|key| self.pages.get(&dict.get_ref(key)?.into()));
        let kid = || {
            let kid = dict.get::<Array<'_>>(b"Kids")?.raw_iter().next()?.as_obj_ref()?;
            self.pages.get(&kid.into())
        };
        own.or_else(named).or_else(kid).cloned()
    }

    /// Adds a text of a place once.
    fn say(&mut self, place: Option<&str>, said: Option<String>, means: &mut Means<'_>) {
        let Some(said) = said else { return };
        if self.said.insert((place.map(str::to_owned), condensed(&said))) {
            means.add(place, said);
        }
    }

    fn annotation(&mut self, dict: &Dict<'a>, place: Option<&str>, means: &mut Means<'_>) {
        let link = name_is(dict, b"Subtype", &[b"Link"]);
        let comment = joined(place, if link { "link" } else { "comment" });
        let contents = string(dict, b"Contents");
        let rich = self.rich(dict, b"RC", means);
        let says_more = |rich: &String| contents.as_ref().is_none_or(|plain| condensed(plain) != condensed(rich));
        let rich = rich.filter(says_more);
        self.say(Some(&comment), contents, means);
        self.say(Some(&comment), rich, means);
        self.say(Some(&comment), string(dict, b"Subj"), means);
        if !name_is(dict, b"Subtype", &[b"Widget"]) {
            self.say(Some(&joined(place, "author")), string(dict, b"T"), means);
        }
        if let Some(action) = dict.get::<Dict<'_>>(b"A") {
            self.action(&action, place, means);
        }
        if let Some(file) = dict.get::<Dict<'_>>(b"FS") {
            self.dict(&file, place, MAX_DEPTH, means);
        }
    }

    /// Where a link leads (ISO 32000-2, 12.6.4): an address, or a file and what to open it with.
    fn action(&mut self, dict: &Dict<'a>, place: Option<&str>, means: &mut Means<'_>) {
        let address = string(dict, b"URI").or_else(|| {
            let elsewhere = name_is(dict, b"S", &[b"GoToR", b"Launch", b"SubmitForm", b"ImportData", b"GoToE"]);
            let file = dict.get::<Object<'_>>(b"F").filter(|_| elsewhere)?;
            match file {
                Object::String(string) => Some(text(string.as_bytes())),
                Object::Dict(file) => string(&file, b"UF").or_else(|| string(&file, b"F")),
                _ => None,
            }
        });
        let Some(address) = address else { return };
        let link = joined(place, "link");
        if self.said.insert((Some(link), address.clone())) {
            if means.limits.take_bytes(address.len()) {
                means.out.add_link(place, &address);
            } else {
                means.note(Reason::OverLimit);
            }
        }
    }

    /// A form field: its value, its choices and what it says of itself (ISO 32000-2, 12.7.4).
    fn field(&mut self, dict: &Dict<'a>, place: Option<&str>, means: &mut Means<'_>) {
        let place = joined(place, "form field");
        self.say(Some(&place), string(dict, b"TU"), means);
        for said in self.values(dict, means) {
            self.say(Some(&place), Some(said), means);
        }
    }

    /// The values of a field and its parents: what its appearance shows.
    pub fn values(&self, dict: &Dict<'a>, means: &mut Means<'_>) -> Vec<String> {
        let mut values = Vec::new();
        let mut field = dict.clone();
        for _ in 0..MAX_PARENTS {
            for key in [&b"V"[..], b"DV", b"Opt"] {
                match field.get::<Object<'_>>(key) {
                    Some(Object::String(string)) => values.push(text(string.as_bytes())),
                    Some(Object::Stream(stream)) => {
                        let content = means.content(&stream);
                        values.extend(content.map(|content| text(&content)));
                    }
                    Some(Object::Array(array)) => self.strings(&array, MAX_DEPTH, &mut values),
                    // A name is the state of a button, a dictionary a signature.
                    _ => {}
                }
            }
            values.extend(self.rich(&field, b"RV", means));
            match field.get::<Dict<'_>>(b"Parent") {
                // Pages have a parent too.
                Some(parent) if !parent.contains_key(b"Type") => field = parent,
                _ => break,
            }
        }
        values.retain(|value| !value.trim().is_empty());
        values.dedup_by(|a, b| condensed(a) == condensed(b));
        values
    }

    fn strings(&self, array: &Array<'a>, depth: usize, out: &mut Vec<String>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        for item in array.raw_iter() {
            match self.resolve(item) {
                Some(Object::String(string)) => out.push(text(string.as_bytes())),
                Some(Object::Array(array)) => self.strings(&array, depth, out),
                _ => {}
            }
        }
    }

    /// Rich text: XHTML in a string or a stream (ISO 32000-2, 12.7.4.4).
    fn rich(&self, dict: &Dict<'a>, key: &[u8], means: &mut Means<'_>) -> Option<String> {
        let source = match dict.get::<Object<'_>>(key)? {
            Object::String(string) => text(string.as_bytes()),
            Object::Stream(stream) => text(&means.content(&stream)?),
            _ => return None,
        };
        Some(markup::text(source.as_bytes(), means.limits))
    }

    fn information(&mut self, dict: &Dict<'a>, means: &mut Means<'_>) {
        for (key, value) in dict.entries() {
            let Some(Object::String(value)) = self.resolve(value) else { continue };
            if !MACHINE.contains(&key.as_ref()) {
                let value = text(value.as_bytes());
                if !value.trim().is_empty() && self.said.insert((Some("properties".to_owned()), condensed(&value))) {
                    means.add(Some("properties"), format!("{}: {}", key.as_str(), value.trim()));
                }
            }
        }
    }

    /// XMP (ISO 16684-1): what the document information does not say already.
    fn metadata(&mut self, stream: &Stream<'a>, means: &mut Means<'_>) {
        let Some(content) = means.content(stream) else { return };
        for line in markup::metadata(&content, means.limits) {
            self.say(Some("properties"), Some(line), means);
        }
    }

    /// Forms in XML: all packets are one document (XFA 3.3, chapter 3).
    fn xfa(&mut self, form: &Dict<'a>, means: &mut Means<'_>) {
        let mut document = Vec::new();
        let streams = match form.get::<Object<'_>>(b"XFA") {
            Some(Object::Stream(stream)) => vec![Object::Stream(stream)],
            Some(Object::Array(array)) => self.items(&array, means),
            _ => return,
        };
        for object in streams {
            match object {
                Object::Stream(stream) => document.extend_from_slice(&means.content(&stream).unwrap_or_default()),
                // The names of the packets.
                Object::String(_) => {}
                _ => means.note(Reason::Malformed),
            }
        }
        let text = markup::text(&document, means.limits);
        self.say(Some("form"), Some(text), means);
    }

    /// A file specification with a file in it (ISO 32000-2, 7.11.4), whichever way leads to it.
    fn file(&mut self, dict: &Dict<'a>, place: Option<&str>, means: &mut Means<'_>) {
        let name = string(dict, b"UF").or_else(|| string(dict, b"F")).unwrap_or_default();
        self.say(Some(&joined(place, "attachment description")), string(dict, b"Desc"), means);
        if let Some(item) = dict.get::<Dict<'_>>(b"CI") {
            for (_, value) in item.entries() {
                let said = match self.resolve(value) {
                    Some(Object::String(value)) => Some(text(value.as_bytes())),
                    Some(Object::Dict(value)) => string(&value, b"D"),
                    _ => None,
                };
                self.say(Some(&joined(place, "attachment description")), said, means);
            }
        }
        let Some(kinds) = dict.get::<Dict<'_>>(b"EF") else { return means.note(Reason::Malformed) };
        let mut any = false;
        for (_, value) in kinds.entries() {
            if let Some(Object::Stream(stream)) = self.resolve(value) {
                any = true;
                self.hand_on(&stream, name.clone(), place, means);
            }
        }
        if !any {
            means.note(Reason::Malformed);
        }
    }

    /// Hands on an embedded file once.
    pub fn hand_on(&mut self, stream: &Stream<'a>, name: String, place: Option<&str>, means: &mut Means<'_>) {
        if !self.files.insert(stream.obj_id()) || !means.in_time() {
            return;
        }
        let bytes = if stream.filters().iter().any(|filter| is_picture(*filter)) {
            stream.raw_data()
        } else {
            match means.content(stream) {
                Some(bytes) => bytes,
                None => return,
            }
        };
        if means.limits.take_entry() && means.limits.take_bytes(bytes.len()) {
            means.out.files.push(Inner { name, place: place.map(str::to_owned), bytes: bytes.into_owned() });
        } else {
            means.note(Reason::OverLimit);
        }
    }
}

/// The numbers of the objects in a stream of objects: each stands with its offset before the first (ISO 32000-2, 7.5.7).
fn packed(content: &[u8], first: u32) -> Vec<u32> {
    let table = usize::try_from(first).ok().and_then(|first| content.get(..first)).unwrap_or_default();
    let words = table.split(|byte| syntax::is_white(*byte)).filter(|word| !word.is_empty()).step_by(2);
    words.filter_map(|word| std::str::from_utf8(word).ok()?.parse().ok()).collect()
}

fn is_picture(filter: hayro_syntax::Filter) -> bool {
    use hayro_syntax::Filter;
    matches!(filter, Filter::DctDecode | Filter::JpxDecode | Filter::Jbig2Decode | Filter::CcittFaxDecode)
}

/// Whether a dictionary can hold any text, or a way to one: most of a large file are numbers and references.
fn may_speak(data: &[u8]) -> bool {
    const WAYS: [&[u8]; 11] =
        [b"/EF", b"/FS", b"/A ", b"/XFA", b"/V", b"/RC", b"/RV", b"/Contents", b"/Title", b"/Opt", b"/ActualText"];
    memchr(b'(', data).is_some() || has_hex_string(data) || WAYS.iter().any(|way| memmem::find(data, way).is_some())
}

fn has_hex_string(data: &[u8]) -> bool {
    let mut rest = data;
    while let Some(at) = memchr(b'<', rest) {
        rest = rest.get(at.saturating_add(1)..).unwrap_or_default();
        match rest.first() {
            Some(b'<') => rest = rest.get(1..).unwrap_or_default(),
            Some(_) => return true,
            None => {}
        }
    }
    false
}

/// Looks at every object of a file.
pub(super) fn all<'a>(
    objects: &mut Objects<'a>,
    file: impl IntoIterator<Item = Object<'a>>,
    means: &mut Means<'_>,
    mut each: impl FnMut(&Object<'a>),
) {
    for (count, object) in file.into_iter().enumerate() {
        if count.is_multiple_of(TICK) && !means.in_time() {
            return;
        }
        each(&object);
        objects.visit(object, means);
    }
}
