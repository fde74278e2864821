//! What a part's header says of its content, with all contradictions.

use super::parameter::Parameterised;
use super::transfer::Encoding;
use crate::message::Header;

/// Bytes of a boundary that is followed; RFC 2046 section 5.1.1 allows 70.
const MAX_BOUNDARY: usize = 200;
/// Fields of one name in one header that are read; one is allowed.
const MAX_DUPLICATES: usize = 8;
/// Different character sets of one part that it is read by.
const MAX_CHARSETS: usize = 3;

/// Extensions of one packed file, which has the name without them.
const PACKED: [&str; 5] = ["gz", "bz2", "xz", "zst", "zstd"];

/// The `Content-…` fields of one part.
#[derive(Debug, Default)]
pub(super) struct Declared {
    /// Media type, lower case, `text/plain` when nothing usable is declared.
    pub media_type: String,
    /// All different boundaries, as bytes.
    pub boundaries: Vec<Vec<u8>>,
    /// All different `charset` parameters.
    pub charsets: Vec<String>,
    /// All different encodings, at least one.
    pub encodings: Vec<Encoding>,
    /// All different file names, decoded.
    pub names: Vec<String>,
    /// `Content-Disposition: attachment`, or anything with a file name.
    pub attachment: bool,
    /// Shown inside the mail: `Content-Disposition: inline` or a `Content-ID`.
    pub inline: bool,
    /// Shown by the mail's text: a `Content-ID`, and no `Content-Disposition: attachment`; or a `data:` URL.
    pub referred: bool,
    /// `format=flowed` and `delsp=yes` (RFC 3676).
    pub flowed: Option<Flowed>,
    /// Parameters that tell S/MIME types apart.
    pub smime_type: Option<String>,
    /// Readers differ on what this header means.
    pub contradictory: bool,
    /// Something in this header was beyond a limit.
    pub over_limit: bool,
    /// An encoding is named in a way that only some readers understand.
    pub odd_encoding: bool,
}

/// How soft line breaks are undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flowed {
    pub delete_space: bool,
}

impl Declared {
    /// Reads a header; `default` is the media type of a part that declares none (RFC 2046 sections
    /// 5.1 and 5.1.5).
    pub fn read(header: &Header<'_>, default: &str) -> Self {
        let mut declared =
            Declared { contradictory: header.ambiguous, over_limit: header.over_limit, ..Declared::default() };
        declared.content_type(header, default);
        declared.encoding(header);
        declared.disposition(header);
        declared
    }

    /// A file found inside a text; `name` is a file name, a media type (of a `data:` URL), or empty.
    pub fn of_embedded(name: &str) -> Self {
        let is_type = name.contains('/') && !name.contains('.');
        Declared {
            media_type: if is_type { name.to_owned() } else { "application/octet-stream".to_owned() },
            names: if is_type || name.is_empty() { Vec::new() } else { vec![name.to_owned()] },
            encodings: vec![Encoding::Identity],
            attachment: !is_type,
            inline: is_type,
            referred: is_type,
            ..Declared::default()
        }
    }

    /// A file found inside another file, with the name it has there.
    pub fn of_file(name: &str) -> Self {
        let names = if name.is_empty() { Vec::new() } else { vec![name.to_owned()] };
        Declared { names, attachment: true, inline: false, ..Declared::of_embedded("") }
    }

    /// The name of the one file that a `liste.csv.gz` holds; empty when there is none to be told.
    pub fn unpacked_name(&self) -> &str {
        let names = self.names.iter().filter_map(|name| name.rsplit_once('.'));
        let mut unpacked =
            names.filter(|(_, extension)| PACKED.iter().any(|known| extension.eq_ignore_ascii_case(known)));
        unpacked.next().map_or("", |(name, _)| name)
    }

    /// Of all file names, lower case, without the dot.
    pub fn extensions(&self) -> Vec<String> {
        let extensions = self.names.iter().filter_map(|name| name.trim().rsplit_once('.'));
        extensions.map(|(_, extension)| extension.to_ascii_lowercase()).collect()
    }

    pub fn is_multipart(&self) -> bool {
        self.media_type.starts_with("multipart/")
    }

    /// Media types whose body is a message of its own (RFC 2046 section 5.2.1, RFC 6532).
    pub fn is_message(&self) -> bool {
        matches!(self.media_type.as_str(), "message/rfc822" | "message/global" | "message/news")
    }

    /// All encodings leave the bytes as they are.
    pub fn is_identity(&self) -> bool {
        self.encodings.iter().all(|encoding| *encoding == Encoding::Identity)
    }

    fn content_type(&mut self, header: &Header<'_>, default: &str) {
        self.over_limit |= header.all("Content-Type").count() > MAX_DUPLICATES;
        let types = header.all("Content-Type").take(MAX_DUPLICATES);
        let types: Vec<_> = types.map(|f| Parameterised::read(&f.unfolded())).collect();
        for parsed in &types {
            self.over_limit |= parsed.over_limit;
            parsed.all("charset").for_each(|charset| keep(&mut self.charsets, charset.trim().to_ascii_lowercase()));
            parsed.all("name").for_each(|name| keep(&mut self.names, name.to_owned()));
            for boundary in parsed.all("boundary").filter(|boundary| !boundary.trim().is_empty()) {
                self.over_limit |= boundary.len() > MAX_BOUNDARY;
                keep(&mut self.boundaries, boundary.trim_end().as_bytes().to_vec());
            }
            if parsed.all("format").any(|format| format.eq_ignore_ascii_case("flowed")) {
                let delete_space = parsed.all("delsp").any(|value| value.eq_ignore_ascii_case("yes"));
                self.flowed = Some(Flowed { delete_space });
            }
            self.smime_type =
                self.smime_type.take().or_else(|| parsed.all("smime-type").next().map(str::to_ascii_lowercase));
        }
        self.over_limit |= self.charsets.len() > MAX_CHARSETS;
        self.charsets.truncate(MAX_CHARSETS);
        let mut values: Vec<&str> =
            types.iter().map(|parsed| parsed.value.as_str()).filter(|v| !v.is_empty()).collect();
        values.dedup();
        self.contradictory |= values.len() > 1 || self.boundaries.len() > 1;
        // Where readers differ, the one that sees most parts is followed.
        let structured = values.iter().find(|value| value.starts_with("multipart/") || value.starts_with("message/"));
        self.media_type = match structured.or(values.first()) {
            Some(value) if value.contains('/') => (*value).to_owned(),
            Some(_) => "text/plain".to_owned(),
            None => default.to_owned(),
        };
    }

    fn encoding(&mut self, header: &Header<'_>) {
        for field in header.all("Content-Transfer-Encoding") {
            let (encoding, regular) = Encoding::named(&field.unfolded());
            self.odd_encoding |= !regular;
            keep(&mut self.encodings, encoding);
        }
        self.contradictory |= self.encodings.len() > 1;
        if self.encodings.is_empty() {
            self.encodings.push(Encoding::Identity);
        }
    }

    fn disposition(&mut self, header: &Header<'_>) {
        let mut values = Vec::new();
        self.over_limit |= header.all("Content-Disposition").count() > MAX_DUPLICATES;
        for field in header.all("Content-Disposition").take(MAX_DUPLICATES) {
            let parsed = Parameterised::read(&field.unfolded());
            self.over_limit |= parsed.over_limit;
            parsed.all("filename").for_each(|name| keep(&mut self.names, name.to_owned()));
            keep(&mut values, parsed.value);
        }
        self.names.retain(|name| !name.trim().is_empty());
        self.contradictory |= values.len() > 1;
        self.attachment = !self.names.is_empty() || values.iter().any(|value| value == "attachment");
        // Some mailers give every attachment a Content-ID.
        let attached = values.iter().any(|value| value == "attachment");
        self.referred = !attached && header.all("Content-ID").next().is_some();
        self.inline = values.iter().any(|value| value == "inline") || self.referred;
    }
}

fn keep<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}
