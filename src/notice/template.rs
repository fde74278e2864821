//! The small language that notice texts are written in, so that a lawyer can read and change them.
//!
//! A file is `Subject: …`, a blank line, then blocks with blank lines between them:
//!
//! ```text
//! # title            ## heading          > a set-off note       --- the last lines, in small
//! 1. a choice        anything else is a paragraph; line breaks inside a block are spaces
//!
//! {name}             a value             **strong**   *emphasis*   `code`
//! [label]({name})    a link to the address that `name` holds
//! [[a||b]]           the first of a, b … whose values are all there; nothing when none is
//! {if flag} {unless flag}   write nothing; there, or not there, as the flag says
//! ```
//!
//! Values are put in after parsing, as plain text: what a value holds is never read as markup. A block
//! that comes out empty is left out, and choices are numbered as they come out.

use std::collections::{BTreeMap, BTreeSet};

/// Marks, links and alternatives inside one another.
const MAX_DEPTH: usize = 8;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    Value(String),
    /// True: the flag must be up; false: it must be down.
    Flag(String, bool),
    Strong(Vec<Piece>),
    Emphasis(Vec<Piece>),
    Code(Vec<Piece>),
    Link {
        label: Vec<Piece>,
        target: String,
    },
    Either(Vec<Vec<Piece>>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    Title,
    Heading,
    Paragraph,
    Choice,
    Note,
    Small,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block<T> {
    pub kind: BlockKind,
    pub content: T,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub subject: Vec<Piece>,
    pub blocks: Vec<Block<Vec<Piece>>>,
}

/// What is left when every value has been put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    Text(String),
    /// Text that must stay on one line.
    Unbroken(String),
    Strong(Vec<Inline>),
    Emphasis(Vec<Inline>),
    Code(Vec<Inline>),
    Link {
        label: Vec<Inline>,
        target: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub subject: Vec<Inline>,
    pub blocks: Vec<Block<Vec<Inline>>>,
}

/// The text's author is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("the first line must be `Subject: …`, followed by a blank line")]
    NoSubject,
    #[error("`{0}` is opened and not closed")]
    Unclosed(&'static str),
    #[error("`{{{0}}}` is not a name: lower-case letters and `_`, or `if name`, `unless name`")]
    BadName(String),
    #[error("a link needs an address: [label]({{name}})")]
    BadLink,
    #[error("marks and alternatives are nested more than {MAX_DEPTH} deep")]
    TooDeep,
    #[error("`{{{0}}}` may be absent and must stand inside [[ ]]")]
    NotCertain(String),
    #[error("there is no `{{{0}}}`")]
    Unknown(String),
}

/// Values and flags of one notice.
#[derive(Clone, Debug, Default)]
pub struct Values {
    pub inline: BTreeMap<String, Vec<Inline>>,
    pub links: BTreeMap<String, String>,
    pub flags: BTreeSet<String>,
}

impl Template {
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        let source = source.replace("\r\n", "\n");
        let (first, rest) = source.split_once("\n\n").ok_or(TemplateError::NoSubject)?;
        let subject = first.strip_prefix("Subject: ").ok_or(TemplateError::NoSubject)?;
        let mut blocks = Vec::new();
        for block in rest.split("\n\n").map(str::trim).filter(|b| !b.is_empty()) {
            for (kind, text) in split_block(block) {
                blocks.push(Block { kind, content: parse_inline(&text)? });
            }
        }
        Ok(Template { subject: parse_inline(subject)?, blocks })
    }

    /// Every piece sequence of the template, the subject first.
    pub fn sequences(&self) -> impl Iterator<Item = &[Piece]> {
        std::iter::once(self.subject.as_slice()).chain(self.blocks.iter().map(|b| b.content.as_slice()))
    }

    /// Puts the values in. An absent value outside `[[ ]]` is named in the error; [`check`] rules
    /// that out for values that are certain.
    pub fn fill(&self, values: &Values) -> Result<Document, TemplateError> {
        let subject = fill(&self.subject, values).map_err(|name| TemplateError::NotCertain(name.to_owned()))?;
        let mut blocks = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let content = fill(&block.content, values).map_err(|name| TemplateError::NotCertain(name.to_owned()))?;
            if !is_blank(&content) {
                blocks.push(Block { kind: block.kind, content });
            }
        }
        Ok(Document { subject, blocks })
    }
}

/// A block's lines as one or, for choices, several.
fn split_block(block: &str) -> Vec<(BlockKind, String)> {
    const MARKS: [(&str, BlockKind); 5] = [
        ("## ", BlockKind::Heading),
        ("# ", BlockKind::Title),
        ("> ", BlockKind::Note),
        ("--- ", BlockKind::Small),
        ("1. ", BlockKind::Choice),
    ];
    let mut out: Vec<(BlockKind, String)> = Vec::new();
    for line in block.lines().map(str::trim) {
        let marked = MARKS.iter().find_map(|&(mark, kind)| line.strip_prefix(mark).map(|rest| (kind, rest)));
        match (marked, out.last_mut()) {
            (Some((BlockKind::Choice, rest)), _) => out.push((BlockKind::Choice, rest.to_owned())),
            (Some((kind, rest)), None) => out.push((kind, rest.to_owned())),
            (None, None) => out.push((BlockKind::Paragraph, line.to_owned())),
            (marked, Some((_, text))) => {
                text.push(' ');
                text.push_str(marked.map_or(line, |(_, rest)| rest));
            }
        }
    }
    out
}

/// Parses one line of text with values, marks, links and alternatives.
pub fn parse_inline(text: &str) -> Result<Vec<Piece>, TemplateError> {
    let mut parser = Parser { rest: text, depth: 0 };
    parser.until(None)
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn eat(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Reads up to `end` and over it; to the end of the text when there is none. In alternatives
    /// (`end` is `]]`) `||` ends as well, and both are left for the caller.
    fn until(&mut self, end: Option<&'static str>) -> Result<Vec<Piece>, TemplateError> {
        if self.depth > MAX_DEPTH {
            return Err(TemplateError::TooDeep);
        }
        self.depth += 1;
        let mut pieces = Vec::new();
        let mut text = String::new();
        loop {
            match end {
                Some("]]") if self.rest.starts_with("||") || self.rest.starts_with("]]") => break,
                Some(end) if end != "]]" && self.eat(end) => break,
                Some(end) if self.rest.is_empty() => return Err(TemplateError::Unclosed(end)),
                _ => {}
            }
            let piece = if self.eat("[[") {
                self.either()?
            } else if self.eat("**") {
                Piece::Strong(self.until(Some("**"))?)
            } else if self.eat("*") {
                Piece::Emphasis(self.until(Some("*"))?)
            } else if self.eat("`") {
                Piece::Code(self.until(Some("`"))?)
            } else if self.eat("[") {
                let label = self.until(Some("]"))?;
                let target = self.between("({", "})").ok_or(TemplateError::BadLink)?;
                Piece::Link { label, target: name(target)? }
            } else if self.rest.starts_with('{') {
                let inside = self.between("{", "}").ok_or(TemplateError::Unclosed("{"))?;
                match inside.split_once(' ') {
                    Some(("if", flag)) => Piece::Flag(name(flag)?, true),
                    Some(("unless", flag)) => Piece::Flag(name(flag)?, false),
                    _ => Piece::Value(name(inside)?),
                }
            } else if let Some(c) = self.rest.chars().next() {
                text.push(c);
                self.rest = self.rest.get(c.len_utf8()..).unwrap_or_default();
                continue;
            } else {
                break;
            };
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
            }
            pieces.push(piece);
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        self.depth -= 1;
        Ok(pieces)
    }

    fn either(&mut self) -> Result<Piece, TemplateError> {
        let mut branches = vec![self.until(Some("]]"))?];
        while !self.eat("]]") && self.eat("||") {
            branches.push(self.until(Some("]]"))?);
        }
        Ok(Piece::Either(branches))
    }

    fn between(&mut self, open: &str, close: &str) -> Option<&'a str> {
        let (inside, rest) = self.rest.strip_prefix(open)?.split_once(close)?;
        self.rest = rest;
        Some(inside)
    }
}

fn name(text: &str) -> Result<String, TemplateError> {
    let good = !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if good { Ok(text.to_owned()) } else { Err(TemplateError::BadName(text.to_owned())) }
}

/// What is known of a name before any notice exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    Always,
    Sometimes,
}

/// Checks that every name is known and that what may be absent stands inside `[[ ]]`. `known` tells
/// what a name is; flags and link targets are looked up as `if name` and `link name`.
pub fn check(pieces: &[Piece], known: &dyn Fn(&str) -> Option<Certainty>) -> Result<(), TemplateError> {
    check_inside(pieces, known, false)
}

/// As [`check`], for a piece that is itself only used where it may be absent.
pub fn check_optional(pieces: &[Piece], known: &dyn Fn(&str) -> Option<Certainty>) -> Result<(), TemplateError> {
    check_inside(pieces, known, true)
}

fn check_inside(
    pieces: &[Piece],
    known: &dyn Fn(&str) -> Option<Certainty>,
    optional: bool,
) -> Result<(), TemplateError> {
    let look = |key: &str, shown: &str| match known(key) {
        None => Err(TemplateError::Unknown(shown.to_owned())),
        Some(Certainty::Sometimes) if !optional => Err(TemplateError::NotCertain(shown.to_owned())),
        Some(_) => Ok(()),
    };
    for piece in pieces {
        match piece {
            Piece::Text(_) => {}
            Piece::Value(name) => look(name, name)?,
            Piece::Flag(name, _) => look(&format!("if {name}"), name)?,
            Piece::Strong(inner) | Piece::Emphasis(inner) | Piece::Code(inner) => check_inside(inner, known, optional)?,
            Piece::Link { label, target } => {
                look(&format!("link {target}"), target)?;
                check_inside(label, known, optional)?;
            }
            Piece::Either(branches) => {
                for branch in branches {
                    check_inside(branch, known, true)?;
                }
            }
        }
    }
    Ok(())
}

/// Puts values into one sequence; the error is the name that has none.
pub fn fill<'a>(pieces: &'a [Piece], values: &Values) -> Result<Vec<Inline>, &'a str> {
    let mut out = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push(Inline::Text(text.clone())),
            Piece::Value(name) => out.extend(values.inline.get(name).ok_or(name.as_str())?.iter().cloned()),
            Piece::Flag(name, wanted) => {
                if values.flags.contains(name) != *wanted {
                    return Err(name);
                }
            }
            Piece::Strong(inner) => out.push(Inline::Strong(fill(inner, values)?)),
            Piece::Emphasis(inner) => out.push(Inline::Emphasis(fill(inner, values)?)),
            Piece::Code(inner) => out.push(Inline::Code(fill(inner, values)?)),
            Piece::Link { label, target } => {
                let target = values.links.get(target).ok_or(target.as_str())?.clone();
                out.push(Inline::Link { label: fill(label, values)?, target });
            }
            Piece::Either(branches) => {
                out.extend(branches.iter().find_map(|branch| fill(branch, values).ok()).unwrap_or_default());
            }
        }
    }
    Ok(out)
}

/// The words alone, without marks and link targets.
pub fn plain(inlines: &[Inline]) -> String {
    let mut out = String::new();
    for inline in inlines {
        match inline {
            Inline::Text(text) | Inline::Unbroken(text) => out.push_str(text),
            Inline::Strong(inner) | Inline::Emphasis(inner) | Inline::Code(inner) => out.push_str(&plain(inner)),
            Inline::Link { label, .. } => out.push_str(&plain(label)),
        }
    }
    out
}

fn is_blank(inlines: &[Inline]) -> bool {
    plain(inlines).trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        let mut values = Values::default();
        values.inline.insert("name".to_owned(), vec![Inline::Text("Ada".to_owned())]);
        values.inline.insert("markup".to_owned(), vec![Inline::Text("**x** [[y]] {name}".to_owned())]);
        values.links.insert("page".to_owned(), "https://sluss.kommun.example/h/ABCD-2345".to_owned());
        values.flags.insert("urgent".to_owned());
        values
    }

    #[test]
    fn alternatives_take_the_first_that_is_whole() {
        for (text, expected) in [
            ("a {name} b", "a Ada b"),
            ("a[[ {desk}]] b", "a b"),
            ("a[[ {desk}|| {name}]] b", "a Ada b"),
            ("[[{desk}||{name}||c]]", "Ada"),
            ("[[{desk}||c]]", "c"),
            ("[[{name}[[, {desk}]]]].", "Ada."),
            ("[[[{name}]({page})||none]]", "Ada"),
            ("[[[{name}]({nowhere})||none]]", "none"),
            ("[[{name}[[ {desk}]]||b]]", "Ada"),
            ("[[{desk}[[ {name}]]||b]]", "b"),
            ("[[{if urgent}now||later]]", "now"),
            ("[[{unless urgent}now||later]]", "later"),
            ("[[**{desk}**||*{name}*]]", "Ada"),
            ("{markup}", "**x** [[y]] {name}"),
            ("a | b ] c", "a | b ] c"),
        ] {
            let pieces = parse_inline(text).unwrap();
            assert_eq!(plain(&fill(&pieces, &values()).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn faults_are_named() {
        for (text, expected) in [
            ("a {name", TemplateError::Unclosed("{")),
            ("a **b", TemplateError::Unclosed("**")),
            ("[[a||b", TemplateError::Unclosed("]]")),
            ("{Name}", TemplateError::BadName("Name".to_owned())),
            ("{if }", TemplateError::BadName(String::new())),
            ("[label](https://elsewhere.example)", TemplateError::BadLink),
            ("[[[[[[[[[[[[[[[[[[a]]]]]]]]]]]]]]]]]]", TemplateError::TooDeep),
        ] {
            assert_eq!(parse_inline(text), Err(expected), "{text}");
        }
        assert_eq!(Template::parse("no subject\n\nbody"), Err(TemplateError::NoSubject));
    }

    #[test]
    fn what_may_be_absent_must_be_optional() {
        let known = |name: &str| match name {
            "name" => Some(Certainty::Always),
            "desk" | "link page" | "if urgent" => Some(Certainty::Sometimes),
            _ => None,
        };
        let checked = |text: &str| check(&parse_inline(text).unwrap(), &known);
        assert_eq!(checked("{name}[[ {desk}]]"), Ok(()));
        assert_eq!(checked("{desk}"), Err(TemplateError::NotCertain("desk".to_owned())));
        assert_eq!(checked("{if urgent}a"), Err(TemplateError::NotCertain("urgent".to_owned())));
        assert_eq!(checked("[a]({page})"), Err(TemplateError::NotCertain("page".to_owned())));
        assert_eq!(checked("[[{dekk}]]"), Err(TemplateError::Unknown("dekk".to_owned())));
        assert_eq!(checked("[[{if calm}a]]"), Err(TemplateError::Unknown("calm".to_owned())));
    }

    proptest::proptest! {
        /// Whatever an administrator writes is a template or an error, and what comes out of a template
        /// holds nothing but its own text and the values.
        #[test]
        fn any_text_is_a_template_or_an_error(text in r"[a\[\]|{}*`()# >.1\n-]{0,60}") {
            if let Ok(pieces) = parse_inline(&text)
                && let Ok(filled) = fill(&pieces, &values())
            {
                proptest::prop_assert!(plain(&filled).len() <= text.len() + 100);
            }
            let _ = Template::parse(&format!("Subject: x\n\n{text}")).map(|template| template.fill(&values()));
        }
    }

    #[test]
    fn blocks_come_out_in_order_and_empty_ones_do_not() {
        let source =
            "Subject: S\n\n# T\n\n[[{desk}]]\n\nline one\nline two\n\n1. a\n1. [[{desk}]]\n1. c\nd\n\n> n\n\n--- s\n";
        let document = Template::parse(source).unwrap().fill(&values()).unwrap();
        let blocks: Vec<_> = document.blocks.iter().map(|b| (b.kind, plain(&b.content))).collect();
        let expected = [
            (BlockKind::Title, "T"),
            (BlockKind::Paragraph, "line one line two"),
            (BlockKind::Choice, "a"),
            (BlockKind::Choice, "c d"),
            (BlockKind::Note, "n"),
            (BlockKind::Small, "s"),
        ];
        assert_eq!(blocks, expected.map(|(kind, text)| (kind, text.to_owned())));
    }
}
