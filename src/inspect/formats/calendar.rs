//! iCalendar and vCard: RFC 5545 section 3.1, RFC 6350 section 3.2. Folded lines are joined, escapes
//! undone, vCard 2.1's quoted-printable values and files inside (`ATTACH`, `PHOTO`) decoded.

use std::borrow::Cow;

use super::{Aside, Content, Format};
use crate::inspect::charset;
use crate::inspect::page::{Page, unix_lines};
use crate::inspect::transfer;

pub(super) struct Calendar;

impl Format for Calendar {
    fn fits(&self, content: &Content<'_>) -> bool {
        let types =
            ["text/calendar", "text/x-vcalendar", "application/ics", "text/vcard", "text/x-vcard", "text/directory"];
        content.is(&types, &["ics", "vcs", "vcf", "ifb"]) || content.begins(&["BEGIN:VCALENDAR", "BEGIN:VCARD"])
    }

    fn read(&self, content: &Content<'_>, page: &mut Page) -> Aside {
        let source = charset::decode(content.bytes, content.charset);
        let source = unix_lines(&source).replace("\n ", "").replace("\n\t", "");
        let mut text = String::with_capacity(source.len());
        let mut aside = Aside::default();
        let mut lines = source.lines();
        while let Some(line) = lines.next() {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            let upper = name.to_ascii_uppercase();
            if let Some(file) = embedded(&upper, value) {
                aside.files.push(file);
                text.push_str(name);
            } else if upper.contains("QUOTED-PRINTABLE") {
                // A soft line break ends the line with an equals sign.
                let mut encoded = value.to_owned();
                while encoded.ends_with('=') {
                    let Some(next) = lines.next() else { break };
                    encoded.push('\n');
                    encoded.push_str(next);
                }
                let decoded = transfer::quoted_printable(encoded.as_bytes()).into_owned();
                text.push_str(name);
                text.push(':');
                text.push_str(&charset::decode(&decoded, None));
            } else {
                text.push_str(&unescaped(line));
            }
            text.push('\n');
        }
        page.add(&text);
        aside
    }
}

/// A file that is the value of a property: media type or name, and content.
fn embedded(property: &str, value: &str) -> Option<(String, Vec<u8>)> {
    let mut parameters = property.split(';');
    let name = parameters.next().unwrap_or_default();
    if let Some(url) = value.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("data:")).and(value.get(5..)) {
        return Some(transfer::data_url(url.as_bytes()));
    }
    let encodings = ["ENCODING=BASE64", "ENCODING=B", "BASE64"];
    let (encoded, mut kind) = parameters.fold((false, None), |(encoded, kind), parameter| {
        let media = parameter.strip_prefix("FMTTYPE=").or(parameter.strip_prefix("X-FILENAME="));
        (encoded || encodings.contains(&parameter), kind.or(media))
    });
    // A portrait or a logo, as in a signature.
    if matches!(name.rsplit('.').next(), Some("PHOTO" | "LOGO")) {
        kind = Some("image/jpeg");
    }
    encoded.then(|| (kind.unwrap_or_default().to_ascii_lowercase(), transfer::base64(value.as_bytes()).bytes))
}

/// `\n`, `\,`, `\;` and `\\` undone.
fn unescaped(line: &str) -> Cow<'_, str> {
    if !line.contains('\\') {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n' | 'N') => out.push('\n'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}
