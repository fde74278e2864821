//! Parts to views: decodes each, finds out what it is, and lets the reader of its format print it.
//!
//! Where readers of mail differ on a part, every reading is made and the part is named as malformed.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::attachments::{Attachments, Opened};
use super::budget::{Budget, MAX_DEPTH};
use super::charset;
use super::cms::{self, Cms};
use super::declared::Declared;
use super::documents::Extract;
use super::encoded_word;
use super::fields;
use super::formats::{self, Aside, Content};
use super::heading;
use super::magic::{Locked, Magic, locked, looks_like_mail, magic};
use super::page::Page;
use super::pictures::look::look;
use super::structure::{self, Part, Piece, Root, Shape};
use super::transfer::{self, Encoding};
use super::{Inspection, Lock, PartSummary, Reason};
use crate::message::{Field, Header, HeaderFacts};
use crate::text::{Origin, OriginKind, Place, Zone};

/// Bytes of a part that are read as they stand when a limit forbids to read it properly.
const MAX_RAW: usize = 4 * 1024 * 1024;
/// Extensions of signatures, certificates and lists of them.
const CREDENTIALS: [&str; 7] = ["p7s", "p7c", "p7b", "cer", "crt", "der", "crl"];

pub(super) struct Walk<'a> {
    pub inspection: Inspection,
    pub budget: Budget,
    pub attachments: &'a dyn Attachments,
}

impl Walk<'_> {
    /// Reads a message, and what it holds.
    pub fn message(&mut self, bytes: &[u8], root: &Root) {
        for piece in structure::read(bytes, root, &mut self.budget) {
            if !self.budget.in_time() {
                self.note("", Reason::TimedOut);
                return;
            }
            match piece {
                Piece::Part(part) => self.part(&part),
                Piece::Gap { path, nested, bytes } => self.gap(&path, nested, bytes),
            }
        }
    }

    fn part(&mut self, part: &Part<'_>) {
        if part.root {
            if part.nested == 0 {
                self.inspection.facts = HeaderFacts::read(&part.header);
            }
            self.message_header(part);
        }
        self.names(&part.path, part.nested, &part.declared.names);
        if !part.root {
            self.part_header(part);
        }
        if part.declared.contradictory || part.ambiguous {
            self.note(&part.path, Reason::Malformed);
        }
        if let Some(stray) = part.header.first_stray.and_then(|at| part.header.raw.get(at..)) {
            let text = Declared::of_embedded("text/plain");
            let path = &part.header_path;
            let item =
                Item { path, nested: part.nested, depth: part.depth, attachment: false, doubtful: false, place: None };
            self.text(&item, &text, Magic::Text, stray);
        }
        match part.shape {
            _ if part.over_limit => {
                self.note(&part.path, Reason::OverLimit);
                if part.header.over_limit {
                    self.gap(&part.header_path, part.nested, part.header.raw);
                }
                self.gap(&part.path, part.nested, part.body);
            }
            Shape::Leaf => self.leaf(part),
            Shape::Multipart => self.multipart(part),
            Shape::Message => self.summary(part, &part.path, part.body.len()),
        }
    }

    /// The header of a message: one text, the subject first. That of a nested one is what a forwarded
    /// mail's header block is in a text.
    fn message_header(&mut self, part: &Part<'_>) {
        let mut page = Page::new(origin(OriginKind::Header, &part.header_path, part.nested));
        let kind = |kind| if part.nested > 0 { OriginKind::Attachment } else { kind };
        for field in part.header.all("Subject") {
            let subject = encoded_word::decode(&field.unfolded());
            page.add_labelled("Subject: ", kind(OriginKind::Subject), &subject);
        }
        let zone = if part.nested > 0 { Zone::Forward } else { Zone::New };
        page.add_as(kind(OriginKind::Header), &fields_for_people(&part.header, |field| !field.is("Subject")), zone);
        page.finish(&mut self.inspection.views);
    }

    /// What the header of a part says to people: descriptions, fields nobody knows.
    fn part_header(&mut self, part: &Part<'_>) {
        let text = fields_for_people(&part.header, |_| true);
        if !text.is_empty() {
            let kind = if part.nested > 0 { OriginKind::Attachment } else { OriginKind::Header };
            let mut page = Page::new(origin(kind, &part.header_path, part.nested));
            page.add_as(kind, &text, Zone::New);
            page.finish(&mut self.inspection.views);
        }
    }

    fn names(&mut self, path: &str, nested: u8, names: &[String]) {
        if !names.is_empty() {
            let mut page = Page::new(origin(OriginKind::Filename, path, nested));
            page.add_as(OriginKind::Filename, &names.join("\n"), Zone::New);
            page.finish(&mut self.inspection.views);
            self.inspection.names.insert(path.to_owned(), names.join("\n"));
        }
    }

    /// Text outside every part, or a part that is read as it stands.
    fn gap(&mut self, path: &str, nested: u8, bytes: &[u8]) {
        let kind = if nested > 0 { OriginKind::Attachment } else { OriginKind::Gap };
        let mut page = Page::new(origin(kind, path, nested));
        page.add(&charset::decode(bytes.get(..MAX_RAW).unwrap_or(bytes), None));
        page.finish(&mut self.inspection.views);
        if bytes.len() > MAX_RAW {
            self.note(path, Reason::OverLimit);
        }
    }

    fn multipart(&mut self, part: &Part<'_>) {
        if part.declared.media_type == "multipart/encrypted" {
            self.note(&part.path, Reason::Encrypted(Lock::Pgp));
        }
        if part.declared.contradictory || part.ambiguous {
            self.gap(&part.path, part.nested, part.body);
        }
        // RFC 2045 section 6.4 forbids an encoding here; some readers undo it, most do not.
        for encoding in part.declared.encodings.iter().filter(|encoding| **encoding != Encoding::Identity) {
            let decoded = encoding.decode(part.body);
            let divides = part.declared.boundaries.iter().any(|boundary| {
                let line = [b"--", boundary.as_slice()].concat();
                decoded.starts_with(&line)
                    || memchr::memmem::find(&decoded, &[b"\n", line.as_slice()].concat()).is_some()
            });
            let same_parts = *encoding == Encoding::QuotedPrintable && !part.ambiguous;
            if divides && !same_parts && self.budget.take_bytes(decoded.len()) {
                self.note(&part.path, Reason::Malformed);
                let boundary = part.declared.boundaries.first().map(Vec::as_slice).unwrap_or_default();
                let head = [b"Content-Type: multipart/mixed; boundary=\"", boundary, b"\"\r\n\r\n"].concat();
                let root = self.below(&part.path, part.nested, part.depth);
                self.nested(&[head.as_slice(), &decoded].concat(), root);
            }
        }
    }

    fn leaf(&mut self, part: &Part<'_>) {
        let declared = &part.declared;
        if matches!(declared.media_type.as_str(), "message/partial" | "message/external-body") {
            self.inspection.fragmented = true;
        }
        let mut as_it_stands = declared.odd_encoding;
        let mut item = Item::of(part);
        item.doubtful = declared.contradictory;
        let mut size = 0;
        for encoding in &declared.encodings {
            if !self.budget.take_bytes(part.body.len()) {
                self.note(&part.path, Reason::OverLimit);
                self.gap(&part.path, part.nested, part.body);
                return;
            }
            let bytes = match encoding {
                Encoding::Base64 => {
                    let decoded = transfer::base64(part.body);
                    if transfer::is_not_base64(&decoded, part.body) {
                        self.note(&part.path, Reason::Malformed);
                        item.doubtful = true;
                    }
                    as_it_stands |= item.doubtful;
                    if decoded.torn {
                        self.note(&part.path, Reason::Malformed);
                        item.doubtful = true;
                    }
                    if decoded.goes_on && self.budget.take_bytes(part.body.len()) {
                        // What makes no sense that way is no second reading.
                        let second = Item { doubtful: true, ..item };
                        self.content(&second, declared, &transfer::base64_without_ends(part.body));
                    }
                    Cow::Owned(decoded.bytes)
                }
                other => other.decode(part.body),
            };
            size = bytes.len();
            self.content(&item, declared, &bytes);
        }
        if as_it_stands {
            self.content(&item, declared, part.body);
        }
        if declared.is_identity() && transfer::looks_quoted_printable(part.body) {
            self.content(&item, declared, &transfer::quoted_printable(part.body));
        }
        self.summary(part, &part.path, size);
    }

    /// One reading of one part, decoded.
    fn content(&mut self, item: &Item<'_>, declared: &Declared, bytes: &[u8]) {
        if bytes.trim_ascii().is_empty() {
            return;
        }
        let found = magic(bytes);
        let media_type = declared.media_type.as_str();
        let extensions = declared.extensions();
        let called = |known: &[&str]| extensions.iter().any(|extension| known.contains(&extension.as_str()));
        let is_message =
            declared.is_message() || called(&["eml", "mht", "mhtml"]) || (item.attachment && looks_like_mail(bytes));
        let is_smime = matches!(media_type, "application/pkcs7-mime" | "application/x-pkcs7-mime")
            || (found == Magic::Asn1 && called(&["p7m"]));
        match found {
            _ if is_smime => self.smime(item, declared, bytes),
            Magic::Text | Magic::Html if is_message => {
                let root = self.below(item.path, item.nested, item.depth);
                self.nested(bytes, root);
            }
            Magic::Text | Magic::Html => self.text(item, declared, found, bytes),
            Magic::Image => self.picture(item, declared, bytes),
            Magic::Asn1 if is_credential(media_type) || called(&CREDENTIALS) => self.credential(item, bytes),
            Magic::AudioVideo | Magic::Program | Magic::Asn1 => self.note(item.path, Reason::Unsupported),
            Magic::Unknown if item.doubtful => {}
            _ => self.document(item, declared, found, bytes),
        }
    }

    /// A picture: its captions are read now, its text when everything else is. Of logos in the mail's text nothing
    /// is read, of small pictures that are attached the captions.
    fn picture(&mut self, item: &Item<'_>, declared: &Declared, bytes: &[u8]) {
        let look = look(bytes);
        let decoration = look.is_decoration(bytes.len(), declared.inline);
        if decoration && declared.inline {
            return;
        }
        let origin = item.origin(OriginKind::Attachment);
        let mut page = Page::new(origin.clone());
        match self.attachments.open(bytes, self.budget.limits()) {
            Opened::Read(extract) => drop(self.print(item, &extract, &mut page)),
            Opened::Failed(reason) => self.note(item.path, reason),
            Opened::Unknown => {}
        }
        if decoration {
            page.finish(&mut self.inspection.views);
            return;
        }
        let at = self.inspection.views.len();
        self.inspection.album.take(origin, declared.referred, look, bytes, page, at);
    }

    /// What a parser is needed for. One that fails has cost this part and nothing else.
    fn document(&mut self, item: &Item<'_>, declared: &Declared, found: Magic, bytes: &[u8]) {
        if !self.budget.in_time() {
            self.note(item.path, Reason::TimedOut);
            return;
        }
        match self.attachments.open(bytes, self.budget.limits()) {
            Opened::Read(extract) => self.extract(item, declared, extract),
            Opened::Failed(reason) => {
                self.note(item.path, reason);
                if found == Magic::FlatOffice {
                    self.text(item, declared, Magic::Text, bytes);
                }
            }
            // It is text all the same.
            Opened::Unknown if found == Magic::FlatOffice => self.text(item, declared, Magic::Text, bytes),
            Opened::Unknown => {
                let locked = locked(found, bytes);
                if let Locked::Some(lock) | Locked::All(lock) = locked {
                    self.note(item.path, Reason::Encrypted(lock));
                }
                if !matches!(locked, Locked::All(_)) {
                    self.note(item.path, Reason::Unsupported);
                }
                if found == Magic::Unknown && declared.media_type.starts_with("text/") {
                    self.text(item, declared, found, bytes);
                }
            }
        }
    }

    /// Text and files that a parser found.
    fn extract(&mut self, item: &Item<'_>, declared: &Declared, extract: Extract) {
        let mut page = Page::new(item.origin(OriginKind::Attachment));
        let printed = self.print(item, &extract, &mut page);
        let sheets = heading::has_cells(extract.pieces.iter().map(|piece| piece.place.as_deref()));
        if let Some(all) = printed.filter(|_| sheets) {
            page.read_made(all, Arc::new(heading::sheets));
        }
        drop(extract.pieces);
        page.finish(&mut self.inspection.views);
        let unpacked = declared.unpacked_name();
        let files = extract.files.iter().map(|file| File {
            declared: Declared::of_file(if file.name.is_empty() { unpacked } else { &file.name }),
            named: !file.name.is_empty(),
            place: item.place_of(file.place.as_deref()).map(Cow::into_owned),
            bytes: &file.bytes,
        });
        self.files(item, files);
    }

    /// Prints what a parser found, each piece at its place, as far as the budget goes; where it stands is returned.
    fn print(&mut self, item: &Item<'_>, extract: &Extract, page: &mut Page) -> Option<Range<usize>> {
        extract.reasons.iter().for_each(|reason| self.note(item.path, *reason));
        let mut printed: Option<Range<usize>> = None;
        for piece in &extract.pieces {
            if !self.budget.take_bytes(piece.text.len()) {
                self.note(item.path, Reason::OverLimit);
                break;
            }
            let place = item.place_of(piece.place.as_deref());
            let span = page.add_at(place.as_deref(), &piece.text);
            printed = Some(printed.map_or(span.start, |all| all.start)..span.end);
        }
        printed
    }

    fn text(&mut self, item: &Item<'_>, declared: &Declared, found: Magic, bytes: &[u8]) {
        let kind = match found {
            _ if item.attachment || item.nested > 0 => OriginKind::Attachment,
            Magic::Html => OriginKind::Html,
            _ if declared.media_type == "text/html" => OriginKind::Html,
            _ => OriginKind::Body,
        };
        if declared.charsets.iter().any(|label| charset::is_shifted(label, bytes)) {
            self.note(item.path, Reason::Unsupported);
        }
        let mut page = Page::new(item.origin(kind));
        let mut aside = Aside::default();
        for (number, label) in charset::readings(&declared.charsets, bytes).into_iter().enumerate() {
            if number > 0 && !self.budget.take_bytes(bytes.len()) {
                self.note(item.path, Reason::OverLimit);
                break;
            }
            aside.add(formats::read(&Content::new(bytes, found, declared, label), &mut page));
        }
        page.finish(&mut self.inspection.views);
        self.aside(item, aside);
    }

    /// Signatures and certificates hold no text of the mail's, unless what was signed stands inside.
    fn credential(&mut self, item: &Item<'_>, bytes: &[u8]) {
        match cms::read(bytes) {
            Cms::Encrypted => self.note(item.path, Reason::Encrypted(Lock::Smime)),
            Cms::Signed(content) if self.budget.take_bytes(content.len()) => {
                self.content(item, &Declared::of_embedded(""), &content);
            }
            Cms::Signed(_) => self.note(item.path, Reason::OverLimit),
            Cms::Other => {}
        }
    }

    /// What a text held besides text.
    fn aside(&mut self, item: &Item<'_>, aside: Aside) {
        if aside.encrypted {
            self.note(item.path, Reason::Encrypted(Lock::Pgp));
        }
        if aside.unread {
            self.note(item.path, Reason::Malformed);
        }
        if aside.over_limit {
            self.note(item.path, Reason::OverLimit);
        }
        let files = aside.files.iter().map(|(name, bytes)| File {
            declared: Declared::of_embedded(name),
            named: true,
            place: item.place.map(str::to_owned),
            bytes,
        });
        self.files(item, files);
    }

    /// Files inside a part: each is read like an attachment, under the one budget.
    fn files<'f>(&mut self, item: &Item<'_>, files: impl Iterator<Item = File<'f>>) {
        for (number, file) in files.enumerate() {
            let path = format!("{}/{}", item.path, number.saturating_add(1));
            let depth = item.depth.saturating_add(1);
            if depth > MAX_DEPTH || !self.budget.take_entry() || !self.budget.take_bytes(file.bytes.len()) {
                self.note(&path, Reason::OverLimit);
                return;
            }
            if file.named {
                self.names(&path, item.nested, &file.declared.names);
            }
            let place = file.place.as_deref();
            let inner = Item { path: &path, nested: item.nested, depth, attachment: true, doubtful: false, place };
            self.content(&inner, &file.declared, file.bytes);
        }
    }

    fn smime(&mut self, item: &Item<'_>, declared: &Declared, bytes: &[u8]) {
        let enveloped = declared.smime_type.as_deref().is_some_and(|kind| kind.contains("enveloped"));
        match cms::read(bytes) {
            _ if enveloped => self.note(item.path, Reason::Encrypted(Lock::Smime)),
            Cms::Encrypted => self.note(item.path, Reason::Encrypted(Lock::Smime)),
            Cms::Signed(content) if self.budget.take_bytes(content.len()) => {
                let root = self.below(item.path, item.nested, item.depth);
                self.nested(&content, root);
            }
            Cms::Signed(_) => self.note(item.path, Reason::OverLimit),
            Cms::Other if declared.smime_type.as_deref() == Some("certs-only") => {}
            Cms::Other => self.note(item.path, Reason::Unsupported),
        }
    }

    /// A message that had to be decoded first. The depth is ours to bound, so this may call itself.
    fn nested(&mut self, bytes: &[u8], root: Root) {
        if root.depth > MAX_DEPTH {
            self.note(&root.prefix, Reason::OverLimit);
            self.gap(&root.prefix, root.nested, bytes);
        } else {
            self.message(bytes, &root);
        }
    }

    fn below(&self, path: &str, nested: u8, depth: usize) -> Root {
        Root { prefix: path.to_owned(), nested: nested.saturating_add(1), depth: depth.saturating_add(1) }
    }

    fn summary(&mut self, part: &Part<'_>, path: &str, size: usize) {
        self.inspection.parts.push(PartSummary {
            part: path.to_owned(),
            media_type: part.declared.media_type.clone(),
            attachment: part.declared.attachment,
            size,
        });
    }

    fn note(&mut self, part: &str, reason: Reason) {
        self.inspection.note(part, reason);
    }
}

/// Where a piece of content stands.
struct Item<'a> {
    path: &'a str,
    nested: u8,
    depth: usize,
    attachment: bool,
    /// One reading of several: when it makes no sense, the other is the right one.
    doubtful: bool,
    /// Where in the file around it a file inside stands.
    place: Option<&'a str>,
}

/// A file inside a part.
struct File<'a> {
    declared: Declared,
    /// The name is its own, not what is left of the name of the file around it.
    named: bool,
    place: Option<String>,
    bytes: &'a [u8],
}

impl<'a> Item<'a> {
    fn of(part: &'a Part<'_>) -> Self {
        let declared = &part.declared;
        let shown = declared.media_type.starts_with("text/") && !declared.attachment;
        Item {
            path: &part.path,
            nested: part.nested,
            depth: part.depth,
            attachment: !shown,
            doubtful: false,
            place: None,
        }
    }

    fn origin(&self, kind: OriginKind) -> Origin {
        Origin { place: self.place.map(Place::from), ..origin(kind, self.path, self.nested) }
    }

    /// A place inside this one: `slide 3 Sheet1!B2`.
    fn place_of<'p>(&self, inner: Option<&'p str>) -> Option<Cow<'p, str>> {
        match (self.place, inner) {
            // An Outlook body as RTF, and the HTML within it.
            (Some(outer), Some(inner)) if outer == inner => Some(Cow::Borrowed(inner)),
            (Some(outer), Some(inner)) => Some(Cow::Owned(format!("{outer} {inner}"))),
            (Some(outer), None) => Some(Cow::Owned(outer.to_owned())),
            (None, inner) => inner.map(Cow::Borrowed),
        }
    }
}

fn origin(kind: OriginKind, path: &str, nested: u8) -> Origin {
    Origin { kind, part: path.into(), place: None, nested }
}

/// The fields that hold words for people and are wanted, a line each.
fn fields_for_people(header: &Header<'_>, wanted: impl Fn(&Field<'_>) -> bool) -> String {
    let mut text = String::new();
    for field in header.fields.iter().filter(|field| fields::is_for_people(field) && wanted(field)) {
        text.push_str(&String::from_utf8_lossy(field.name));
        text.push_str(": ");
        text.push_str(&encoded_word::decode(&field.unfolded()));
        text.push('\n');
    }
    text
}

fn is_credential(media_type: &str) -> bool {
    media_type.contains("signature") || media_type.contains("cert")
}
