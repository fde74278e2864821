//! The HTML part: the same words as the text part, as headings, paragraphs, a numbered list and
//! real links. Nothing is loaded from anywhere, nothing is told to anyone.

use super::template::{Block, BlockKind, Document, Inline};

/// Puts the document into `page`, which holds `{lang}`, `{title}` and `{body}` once each.
pub fn typeset(document: &Document, language: &str, title: &str, page: &str) -> String {
    let mut body = String::new();
    let mut rest = document.blocks.as_slice();
    while let Some(block) = rest.first() {
        let run = rest.iter().take_while(|b| b.kind == block.kind).count().max(1);
        let (blocks, after) = rest.split_at(run.min(rest.len()));
        blocks_of_a_kind(block.kind, blocks, &mut body);
        rest = after;
    }
    // The body goes in last and at a known place: what it holds is never searched for slots.
    let (before, after) = page.split_once("{body}").unwrap_or((page, ""));
    let around = |part: &str| part.replace("{lang}", &escape(language)).replace("{title}", &escape(title));
    format!("{}{}{}", around(before), body.trim_end(), around(after))
}

fn blocks_of_a_kind(kind: BlockKind, blocks: &[Block<Vec<Inline>>], out: &mut String) {
    let (open, close) = match kind {
        BlockKind::Choice => ("<ol>\n", "</ol>\n"),
        BlockKind::Note => ("<div class=\"note\" role=\"note\">\n", "</div>\n"),
        BlockKind::Small => ("<div class=\"small\">\n", "</div>\n"),
        BlockKind::Title | BlockKind::Heading | BlockKind::Paragraph => ("", ""),
    };
    out.push_str(open);
    for block in blocks {
        let tag = match kind {
            BlockKind::Title => "h1",
            BlockKind::Heading => "h2",
            BlockKind::Choice => "li",
            BlockKind::Paragraph | BlockKind::Note | BlockKind::Small => "p",
        };
        out.push_str(&format!("<{tag}>"));
        let mut line = String::new();
        inline(&block.content, &mut line);
        out.push_str(line.trim());
        out.push_str(&format!("</{tag}>\n"));
    }
    out.push_str(close);
}

fn inline(inlines: &[Inline], out: &mut String) {
    for piece in inlines {
        match piece {
            Inline::Text(text) => out.push_str(&escape(text)),
            Inline::Unbroken(text) => out.push_str(&format!("<span class=\"one\">{}</span>", escape(text))),
            Inline::Strong(inner) => element("strong", "", inner, out),
            Inline::Emphasis(inner) => element("em", "", inner, out),
            Inline::Code(inner) => element("code", "", inner, out),
            Inline::Link { label, target } => element("a", &format!(" href=\"{}\"", escape(target)), label, out),
        }
    }
}

fn element(tag: &str, attributes: &str, inner: &[Inline], out: &mut String) {
    out.push_str(&format!("<{tag}{attributes}>"));
    inline(inner, out);
    out.push_str(&format!("</{tag}>"));
}

/// For text and for quoted attributes.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
