//! HTML, XML, SVG: what is shown, then what is hidden.

use super::{Aside, Content, Format};
use crate::inspect::charset;
use crate::inspect::html;
use crate::inspect::magic::Magic;
use crate::inspect::page::Page;
use crate::text::Zone;

pub(super) struct Markup;

const HTML_TYPES: [&str; 2] = ["text/html", "application/xhtml+xml"];
const XML_TYPES: [&str; 3] = ["text/xml", "application/xml", "image/svg+xml"];

impl Format for Markup {
    fn fits(&self, content: &Content<'_>) -> bool {
        content.magic == Magic::Html
            || content.is(&HTML_TYPES, &["html", "htm", "xhtml"])
            || content.is(&XML_TYPES, &["xml", "svg"])
            || content.media_type.ends_with("+xml")
    }

    fn read(&self, content: &Content<'_>, page: &mut Page) -> Aside {
        let meta = charset::meta_label(content.bytes);
        let source = charset::decode(content.bytes, content.charset.or(meta.as_deref()));
        let is_html = content.magic == Magic::Html || content.is(&HTML_TYPES, &["html", "htm", "xhtml"]);
        let text = html::read(&source, !is_html);
        let shown = page.add(&text.shown);
        page.read_joined(shown, text.seams);
        page.add_as(page.kind(), &text.hidden, Zone::New);
        Aside { files: text.embedded, ..Aside::default() }
    }
}
