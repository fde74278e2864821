//! HTML, XML, SVG: what is shown, then what is hidden.

use super::plain::inside;
use super::{Aside, Content, Format};
use crate::inspect::charset;
use crate::inspect::html;
use crate::inspect::magic::Magic;
use crate::inspect::page::Page;
use crate::text::Zone;

pub(super) struct Markup;

const XML_TYPES: [&str; 3] = ["text/xml", "application/xml", "image/svg+xml"];

impl Format for Markup {
    fn fits(&self, content: &Content<'_>) -> bool {
        content.magic == Magic::Html
            || is_html(content)
            || content.is(&XML_TYPES, &["xml", "svg"])
            || content.media_type.ends_with("+xml")
            || content.begins(&["<?xml", "<svg"])
    }

    fn read(&self, content: &Content<'_>, page: &mut Page) -> Aside {
        let meta = charset::meta_label(content.bytes);
        let source = charset::decode(content.bytes, content.charset.or(meta.as_deref()));
        let declared = is_html(content);
        let text = html::read(&source, !(declared || content.magic == Magic::Html));
        let shown = page.add(&text.shown);
        page.read_joined(shown, text.seams);
        page.add_as(page.kind(), &text.hidden, Zone::New);
        // HTML that is not called so is shown as it stands.
        if !declared && content.magic == Magic::Html {
            page.add_as(page.kind(), &source, Zone::New);
        }
        let mut aside = inside(text.shown.as_bytes());
        // XML ends with a tag, a comment or an instruction; what does not was cut off.
        aside.unread |=
            content.begins(&["<?xml"]) && !source.trim_end_matches(['\0', ' ', '\t', '\r', '\n']).ends_with('>');
        aside.files.extend(text.embedded);
        aside
    }
}

/// HTML by its label; `text/enriched` (RFC 1896) is read by the same rules.
fn is_html(content: &Content<'_>) -> bool {
    content.media_type.contains("html") || content.is(&["text/enriched", "text/richtext"], &["html", "htm", "xhtml"])
}
