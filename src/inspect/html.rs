//! HTML to text: what is shown, what is hidden, and where cells hold digits apart.
//!
//! A tokenizer after the WHATWG's (section 13.2.5) without a tree: linear, no recursion, nothing is
//! dropped for being malformed. html5ever's tokenizer compares each attribute of a tag with all
//! before it, so that one tag of a megabyte took nine seconds; its entity table is used, and a test
//! holds this reader against it. XML is read by the same rules, each tag being a separator.

use memchr::{memchr, memmem};
use std::ops::Range;

use super::cursor::Cursor;
use super::entity::decode_entities;
use super::transfer;

/// Elements that begin and end a line.
#[rustfmt::skip]
const BLOCKS: [&str; 46] = [
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "optgroup", "option", "pre", "section", "select",
    "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
];

/// Attributes that hold no text: layout, names, links without words in them.
#[rustfmt::skip]
const SILENT: [&str; 60] = [
    "align", "alink", "background", "bgcolor", "border", "bordercolor", "cellpadding", "cellspacing", "charset",
    "class", "clear", "color", "cols", "colspan", "coords", "dir", "encoding", "face", "frame", "frameborder",
    "height", "hspace", "http-equiv", "id", "itemprop", "itemtype", "lang", "language", "leftmargin", "link",
    "marginheight", "marginwidth", "media", "method", "name", "noshade", "nowrap", "rel", "role", "rows", "rowspan",
    "rules", "scope", "shape", "size", "span", "start", "style", "tabindex", "target", "text", "topmargin", "type",
    "usemap", "valign", "version", "vlink", "vspace", "width", "xmlns",
];

/// What an HTML text says.
#[derive(Default)]
pub(super) struct HtmlText {
    /// What is shown, one line a block, cells apart by tabs.
    pub shown: String,
    /// Separators in `shown` with a digit or dash on either side: a second reading goes without.
    pub seams: Vec<Range<usize>>,
    /// Comments, attributes, title, scripts: a line each.
    pub hidden: String,
    /// `data:` URLs: media type, and content as written.
    pub embedded: Vec<(String, Vec<u8>)>,
}

/// Reads HTML, or with `xml` any markup in that manner.
pub(super) fn read(source: &str, xml: bool) -> HtmlText {
    let mut reader = Reader { xml, ..Reader::default() };
    reader.run(source);
    reader.text
}

/// What stands between two pieces of text, weakest first.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Space,
    Cell,
    Line,
    Paragraph,
}

#[derive(Default)]
struct Reader {
    xml: bool,
    text: HtmlText,
    gap: Gap,
    /// Depth of elements that keep white space.
    preformatted: usize,
    /// What the last paragraph put around itself.
    paragraph: Gap,
    /// Inside a conditional comment: comments in it are no markup.
    conditional: bool,
}

impl Reader {
    fn run(&mut self, source: &str) {
        let mut rest = Cursor::new(source.as_bytes());
        loop {
            self.shown(rest.take_to(b'<'));
            match (rest.next(), rest.peek()) {
                (None, _) => return,
                (_, Some(b'!' | b'?')) => self.declaration(&mut rest),
                (_, Some(b'/')) if rest.rest().get(1).is_some_and(u8::is_ascii_alphabetic) => {
                    rest.skip(1);
                    let name = tag_name(&mut rest);
                    self.attributes(&mut rest);
                    self.boundary(&name, true, "");
                }
                (_, Some(b'/')) if rest.rest().len() > 1 => {
                    // An end tag without a name is a comment.
                    let content = rest.take_to(b'>').get(1..).unwrap_or_default();
                    rest.skip(1);
                    self.hide(content);
                }
                (_, Some(first)) if first.is_ascii_alphabetic() => self.open(&mut rest),
                _ => self.shown(b"<"),
            }
        }
    }

    /// A start tag and, for elements of raw text, their content.
    fn open(&mut self, rest: &mut Cursor<'_>) {
        let name = tag_name(rest);
        let class = self.attributes(rest);
        self.boundary(&name, false, &class);
        if self.xml {
            return;
        }
        match name.as_str() {
            "style" => {
                let content = raw_text(rest, &name);
                // In an SVG picture, tags end a style sheet.
                if memchr(b'{', content).is_none() || has_tag(content) {
                    self.hide(content);
                }
                for string in css_strings(content) {
                    self.hide(string);
                }
            }
            "script" => {
                let content = raw_text(rest, &name);
                self.hide(content);
            }
            "title" | "noembed" | "noframes" | "iframe" => {
                let content = decode_entities(raw_text(rest, &name), false);
                self.hide(content.as_bytes());
            }
            "textarea" | "xmp" => {
                let content = raw_text(rest, &name);
                self.shown(content);
            }
            "plaintext" => {
                let content = rest.take(usize::MAX);
                self.shown(content);
            }
            _ => {}
        }
    }

    /// What a tag puts between the text before and after it.
    fn boundary(&mut self, name: &str, end: bool, class: &str) {
        let gap = match name {
            "pre" | "textarea" | "listing" if !self.xml => {
                self.preformatted =
                    if end { self.preformatted.saturating_sub(1) } else { self.preformatted.saturating_add(1) };
                Gap::Line
            }
            _ if self.xml => Gap::Line,
            "td" | "th" => Gap::Cell,
            // Word writes every line as a paragraph without space around it.
            "p" if end => self.paragraph,
            "p" => {
                self.paragraph = if class.contains("mso") { Gap::Line } else { Gap::Paragraph };
                self.paragraph
            }
            "br" if self.gap == Gap::Line => Gap::Paragraph,
            "br" => Gap::Line,
            name if BLOCKS.contains(&name) => Gap::Line,
            _ => Gap::None,
        };
        self.gap = self.gap.max(gap);
    }

    /// Attributes up to the end of the tag; returns the class in lower case.
    fn attributes(&mut self, rest: &mut Cursor<'_>) -> String {
        let mut class = String::new();
        loop {
            rest.take_until(|b| !(b.is_ascii_whitespace() || b == b'/'));
            match rest.peek() {
                None => return class,
                Some(b'>') => {
                    rest.skip(1);
                    return class;
                }
                _ => {}
            }
            let name = attribute_name(rest);
            rest.take_until(|b| !b.is_ascii_whitespace());
            if rest.peek() != Some(b'=') {
                continue;
            }
            rest.skip(1);
            rest.take_until(|b| !b.is_ascii_whitespace());
            let value = match rest.peek() {
                Some(quote @ (b'"' | b'\'')) => {
                    rest.skip(1);
                    let value = rest.take_to(quote);
                    rest.skip(1);
                    value
                }
                _ => rest.take_until(|b| b.is_ascii_whitespace() || b == b'>'),
            };
            if name == "class" {
                class = String::from_utf8_lossy(value).to_ascii_lowercase();
            }
            self.attribute(&name, value);
        }
    }

    fn attribute(&mut self, name: &str, value: &[u8]) {
        let value = value.trim_ascii();
        let scheme = value.get(..5).unwrap_or_default();
        if scheme.eq_ignore_ascii_case(b"data:") {
            self.text.embedded.push(transfer::data_url(value.get(5..).unwrap_or_default()));
        } else if matches!(name, "href" | "src" | "action" | "cite" | "longdesc") && !self.xml {
            // Addresses and numbers behind a word, and what a link carries as a query or in its path.
            let telling = [&b"mailto:"[..], b"tel:", b"sms:"].iter().any(|scheme| starts_with(value, scheme));
            let decoded = transfer::percent(decode_entities(value, true).as_bytes());
            let numbered = !starts_with(value, b"cid:") && has_number(&decoded);
            if telling || numbered || (name == "href" && memchr(b'?', value).is_some()) {
                self.hide(&decoded);
            }
        } else if name == "content" && starts_with(value, b"text/html") {
            // `<meta http-equiv="Content-Type">` of every mail.
        } else if !value.is_empty() && !name.starts_with("xmlns") && (self.xml || !SILENT.contains(&name)) {
            let value = decode_entities(value, true);
            self.hide(value.as_bytes());
        }
    }

    /// Comments, CDATA, processing instructions, doctype.
    fn declaration(&mut self, rest: &mut Cursor<'_>) {
        let body = rest.rest();
        if let Some(comment) = body.strip_prefix(b"!--") {
            let empty = [&b">"[..], b"->"].into_iter().find(|end| comment.starts_with(end));
            let end = comment_end(comment);
            let (len, tail) = match (empty, end) {
                (Some(end), _) => (0, end.len()),
                (None, Some(found)) => found,
                (None, None) => (comment.len(), 0),
            };
            self.comment(comment.get(..len).unwrap_or_default());
            rest.skip(len.saturating_add(tail).saturating_add(3));
        } else if let Some(data) = body.strip_prefix(b"![CDATA[").filter(|_| self.xml) {
            let len = memmem::find(data, b"]]>").unwrap_or(data.len());
            self.shown_verbatim(data.get(..len).unwrap_or_default());
            rest.skip(len.saturating_add(11));
        } else {
            let content = rest.take_to(b'>');
            rest.skip(1);
            let known = [&b"!doctype"[..], b"?xml", b"![if", b"![endif", b"?mso"];
            // Entities of its own: text that is shown where they are named.
            let entities = starts_with(content, b"!doctype") && memchr(b'[', content).is_some();
            if entities || !known.iter().any(|known| starts_with(content, known)) {
                self.hide(content.get(1..).unwrap_or_default());
            }
        }
    }

    /// The text of a comment. A conditional one (`<!--[if mso]>`) is markup to its reader.
    fn comment(&mut self, comment: &[u8]) {
        let comment = comment.trim_ascii();
        if !comment.starts_with(b"[if") || self.conditional {
            let text = decode_entities(comment, false);
            self.hide(text.as_bytes());
            return;
        }
        let markup =
            memmem::find(comment, b"]>").and_then(|at| comment.get(at.saturating_add(2)..)).unwrap_or_default();
        let mut inner = Reader { conditional: true, ..Reader::default() };
        inner.run(&String::from_utf8_lossy(markup));
        self.hide(inner.text.shown.as_bytes());
        self.hide(inner.text.hidden.as_bytes());
        self.text.embedded.append(&mut inner.text.embedded);
    }

    /// A line of text that is not shown.
    fn hide(&mut self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim();
        if !text.is_empty() {
            self.text.hidden.push_str(text);
            self.text.hidden.push('\n');
        }
    }

    fn shown(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if memchr(b'&', bytes).is_some() {
            let decoded = decode_entities(bytes, false);
            self.shown_verbatim(decoded.as_bytes());
        } else {
            self.shown_verbatim(bytes);
        }
    }

    /// Text as it is displayed: white space collapsed but in preformatted elements.
    fn shown_verbatim(&mut self, bytes: &[u8]) {
        let source = String::from_utf8_lossy(bytes);
        if self.preformatted > 0 {
            self.break_before(source.chars().next());
            self.text.shown.push_str(&source);
            return;
        }
        let mut rest = source.as_ref();
        while !rest.is_empty() {
            let words = rest.trim_ascii_start();
            if words.len() < rest.len() {
                self.gap = self.gap.max(Gap::Space);
            }
            // Words apart by single spaces are copied in one run.
            let (run, after) = words.split_at_checked(plain_words(words.as_bytes())).unwrap_or((words, ""));
            self.word(run);
            rest = after;
        }
    }

    fn word(&mut self, word: &str) {
        if !word.is_empty() {
            self.break_before(word.chars().next());
            self.text.shown.push_str(word);
        }
    }

    /// Writes the separator that has come up, and notes it where it may split a number.
    fn break_before(&mut self, next: Option<char>) {
        let gap = std::mem::take(&mut self.gap);
        let separator = match gap {
            Gap::None => return,
            Gap::Space => " ",
            Gap::Cell => "\t",
            Gap::Line => "\n",
            Gap::Paragraph => "\n\n",
        };
        let shown = &mut self.text.shown;
        let Some(before) = shown.chars().next_back() else { return };
        let start = shown.len();
        shown.push_str(separator);
        let numeric = |c: char| c.is_numeric() || matches!(c, '-' | '+' | '\u{2010}'..='\u{2015}' | '\u{2212}');
        if gap >= Gap::Cell && numeric(before) && next.is_some_and(numeric) {
            self.text.seams.push(start..shown.len());
        }
    }
}

/// Length of the words at the start of a text that stand apart by one space each.
fn plain_words(bytes: &[u8]) -> usize {
    let blank = |b: Option<&u8>| b.is_none_or(u8::is_ascii_whitespace);
    let ends =
        |(at, b): (usize, &u8)| b.is_ascii_whitespace() && (*b != b' ' || blank(bytes.get(at.saturating_add(1))));
    bytes.iter().enumerate().position(|(at, b)| ends((at, b))).unwrap_or(bytes.len())
}

/// A birth date, a number, a reference: so many digits in a row are not words.
fn has_number(bytes: &[u8]) -> bool {
    const MIN_DIGITS: usize = 6;
    bytes.split(|b| !b.is_ascii_digit()).any(|run| run.len() >= MIN_DIGITS)
}

fn has_tag(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| matches!(pair, [b'<', letter] if letter.is_ascii_alphabetic()))
}

fn starts_with(bytes: &[u8], prefix: &[u8]) -> bool {
    bytes.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn tag_name(rest: &mut Cursor<'_>) -> String {
    let name = rest.take_until(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'));
    String::from_utf8_lossy(name).to_ascii_lowercase()
}

fn attribute_name(rest: &mut Cursor<'_>) -> String {
    // An equals sign at the start belongs to the name.
    let first = rest.take(1);
    let name = rest.take_until(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>' | b'='));
    let name: Vec<u8> = first.iter().chain(name).copied().collect();
    String::from_utf8_lossy(&name).to_ascii_lowercase()
}

/// Where a comment ends, and the length of its end mark.
fn comment_end(comment: &[u8]) -> Option<(usize, usize)> {
    memmem::find_iter(comment, b"--").find_map(|at| {
        let after = comment.get(at.saturating_add(2)..)?;
        let mark = [&b">"[..], b"!>", b"->"].into_iter().find(|mark| after.starts_with(mark))?;
        Some((at, mark.len().saturating_add(2)))
    })
}

/// The content of an element up to its end tag, which is taken as well.
fn raw_text<'a>(rest: &mut Cursor<'a>, name: &str) -> &'a [u8] {
    let whole = rest.rest();
    let mut len = 0_usize;
    loop {
        let Some(found) = whole.get(len..).and_then(|tail| memmem::find(tail, b"</")) else {
            return rest.take(usize::MAX);
        };
        let at = len.saturating_add(found);
        let after = whole.get(at.saturating_add(2)..).unwrap_or_default();
        let ends = after.get(name.len()).is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'));
        if starts_with(after, name.as_bytes()) && ends {
            let content = rest.take(at);
            rest.take_to(b'>');
            rest.skip(1);
            return content;
        }
        len = at.saturating_add(2);
    }
}

/// The strings of `content:` declarations in a style sheet.
fn css_strings(css: &[u8]) -> impl Iterator<Item = &[u8]> {
    memmem::find_iter(css, b"content:").filter_map(move |at| {
        let rest = css.get(at.saturating_add(8)..)?.trim_ascii_start();
        let (&quote, text) = rest.split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
        text.get(..memchr(quote, text)?)
    })
}
