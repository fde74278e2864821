//! The tokens of an XML text, one after the other and as they are written: nothing is decoded, nothing checked
//! that takes no text away (XML 1.0, fifth edition).
//!
//! A workbook of 1 MB has a million of them, most of them a few bytes long.

/// What stands next in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A start tag without its brackets; `empty` says that it is its own end.
    Start {
        tag: &'a str,
        empty: bool,
    },
    /// The name in an end tag.
    End(&'a str),
    Text(&'a str),
    /// What a reference names, `amp` or `#248`.
    Reference(&'a str),
    /// Text in which nothing is a mark.
    Verbatim(&'a str),
    Comment(&'a str),
    DocumentType(&'a str),
    /// A declaration, an instruction to programs.
    Instruction,
    /// `&` and no name behind it.
    Stray,
    /// The text ends inside of something.
    CutOff,
}

pub(super) struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    pub fn new(text: &'a str) -> Self {
        Tokens { rest: text }
    }

    /// Everything up to a mark, which is passed over as well.
    fn until(&mut self, mark: &str) -> Option<&'a str> {
        let at = memchr::memmem::find(self.rest.as_bytes(), mark.as_bytes())?;
        let (before, rest) = self.rest.split_at_checked(at)?;
        self.rest = rest.get(mark.len()..)?;
        Some(before)
    }

    /// Passes over the next `n` bytes and gives them.
    fn take(&mut self, n: usize) -> Option<&'a str> {
        let (taken, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(taken)
    }

    /// What begins with `<`.
    fn markup(&mut self) -> Option<Token<'a>> {
        match self.rest.as_bytes().get(1)? {
            b'/' => {
                let end = position(self.rest, |byte| byte == b'>')?;
                let name = self.take(end.checked_add(1)?)?.get(2..end)?;
                Some(Token::End(name.trim_ascii_end()))
            }
            b'?' => self.until("?>").map(|_| Token::Instruction),
            b'!' if self.rest.starts_with("<!--") => {
                self.take(4)?;
                self.until("-->").map(Token::Comment)
            }
            b'!' if self.rest.starts_with("<![CDATA[") => {
                self.take(9)?;
                self.until("]]>").map(Token::Verbatim)
            }
            b'!' => {
                let end = end_of_declarations(self.rest)?;
                self.take(end).map(Token::DocumentType)
            }
            _ => {
                let end = end_of_tag(self.rest)?;
                let tag = self.take(end.checked_add(1)?)?.get(1..end)?;
                Some(match tag.strip_suffix('/') {
                    Some(tag) => Token::Start { tag, empty: true },
                    None => Token::Start { tag, empty: false },
                })
            }
        }
    }

    /// What begins with `&`.
    fn reference(&mut self) -> Option<Token<'a>> {
        let behind = self.rest.get(1..)?;
        let end = memchr::memchr3(b';', b'&', b'<', behind.as_bytes());
        let name = end.filter(|end| behind.as_bytes().get(*end) == Some(&b';')).and_then(|end| behind.get(..end));
        match name.filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#')) {
            Some(name) => {
                self.rest = behind.get(name.len().checked_add(1)?..)?;
                Some(Token::Reference(name))
            }
            None => {
                self.rest = behind;
                Some(Token::Stray)
            }
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let token = match self.rest.as_bytes().first()? {
            b'<' => self.markup(),
            b'&' => self.reference(),
            _ => {
                let end = memchr::memchr2(b'<', b'&', self.rest.as_bytes()).unwrap_or(self.rest.len());
                self.take(end).map(Token::Text)
            }
        };
        if token.is_none() {
            self.rest = "";
        }
        Some(token.unwrap_or(Token::CutOff))
    }
}

/// The attributes in a start tag: names with their prefixes, values as they are written between their quotes.
pub(super) struct Attributes<'a> {
    rest: &'a str,
}

impl<'a> Attributes<'a> {
    /// `rest` is what stands behind the name of the element.
    pub fn new(rest: &'a str) -> Self {
        Attributes { rest }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let equals = position(self.rest, |byte| byte == b'=')?;
        let name = self.rest.get(..equals)?.trim_ascii();
        // Words before it have no value.
        let space = name.bytes().rposition(is_space);
        let name = space.and_then(|space| name.get(space.checked_add(1)?..)).unwrap_or(name);
        let value = self.rest.get(equals.checked_add(1)?..)?.trim_ascii_start();
        let (value, rest) = match value.as_bytes().first() {
            Some(&quote @ (b'"' | b'\'')) => {
                let value = value.get(1..)?;
                let end = position(value, |byte| byte == quote).unwrap_or(value.len());
                (value.get(..end)?, value.get(end.saturating_add(1)..))
            }
            // Without quotes, as HTML has it.
            _ => {
                let end = position(value, is_space).unwrap_or(value.len());
                (value.get(..end)?, value.get(end..))
            }
        };
        self.rest = rest.unwrap_or_default();
        Some((name, value))
    }
}

/// White space of XML (section 2.3).
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Where the first such byte stands. For what is a few bytes long this is quicker than a search.
fn position(text: &str, wanted: impl FnMut(u8) -> bool) -> Option<usize> {
    text.bytes().position(wanted)
}

/// Where a tag ends; a bracket in quotes is text.
fn end_of_tag(text: &str) -> Option<usize> {
    let mut quote = None;
    position(text, |byte| {
        match quote {
            Some(mark) if byte == mark => quote = None,
            None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
            _ => {}
        }
        byte == b'>' && quote.is_none()
    })
}

/// Length of a document type with the declarations in it: brackets of both kinds, and quotes around them.
fn end_of_declarations(text: &str) -> Option<usize> {
    let (mut quote, mut depth) = (None, 0_usize);
    let end = position(text, |byte| {
        match (quote, byte) {
            (Some(mark), _) if byte == mark => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'<' | b'[') => depth = depth.saturating_add(1),
            (None, b'>' | b']') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
        depth == 0
    })?;
    end.checked_add(1)
}

#[cfg(test)]
mod tests {
    use super::Token::*;
    use super::*;

    #[test]
    fn every_byte_is_in_one_token() {
        let start = |tag| Start { tag, empty: false };
        let empty = |tag| Start { tag, empty: true };
        let table: [(&str, &[Token]); 15] = [
            ("", &[]),
            ("<?xml version='1.0'?>\n<a/>", &[Instruction, Text("\n"), empty("a")]),
            ("<w:t a='>' b=\"/>\">x</w:t >", &[start("w:t a='>' b=\"/>\""), Text("x"), End("w:t")]),
            ("<a b='<'/>", &[empty("a b='<'")]),
            ("Bl&#229;b&aelig;r", &[Text("Bl"), Reference("#229"), Text("b"), Reference("aelig"), Text("r")]),
            ("a & b && c&", &[Text("a "), Stray, Text(" b "), Stray, Stray, Text(" c"), Stray]),
            ("Ola & Kari; nei", &[Text("Ola "), Stray, Text(" Kari; nei")]),
            ("a &lt<b>", &[Text("a "), Stray, Text("lt"), start("b")]),
            ("<!-- <a> -- & -->x", &[Comment(" <a> -- & "), Text("x")]),
            ("<![CDATA[a ]] <b> &amp;]]>", &[Verbatim("a ]] <b> &amp;")]),
            ("<!DOCTYPE a>b", &[DocumentType("<!DOCTYPE a>"), Text("b")]),
            (
                "<!DOCTYPE a [<!ENTITY b \"]>\"><!-- c -->]>d",
                &[DocumentType("<!DOCTYPE a [<!ENTITY b \"]>\"><!-- c -->]>"), Text("d")],
            ),
            ("<!DOCTYPE a [<b>", &[CutOff]),
            ("a<b c='", &[Text("a"), CutOff]),
            ("a<", &[Text("a"), CutOff]),
        ];
        for (text, tokens) in table {
            assert_eq!(Tokens::new(text).collect::<Vec<_>>(), tokens, "{text}");
        }
        for cut in ["<", "</a", "<!-- a --", "<![CDATA[ a ]]", "<?a ?"] {
            assert_eq!(Tokens::new(cut).collect::<Vec<_>>(), [CutOff], "{cut}");
        }
    }
    #[test]
    fn attributes_are_given_as_they_are_written() {
        let table: [(&str, &[(&str, &str)]); 6] = [
            (r#" r="A1" t='s'"#, &[("r", "A1"), ("t", "s")]),
            ("\n  xml:space = \"preserve\"\tb=''", &[("xml:space", "preserve"), ("b", "")]),
            (r#" a="x='1' &lt; y>" b="ø""#, &[("a", "x='1' &lt; y>"), ("b", "ø")]),
            (" checked a=1 b=2", &[("a", "1"), ("b", "2")]),
            (" a=\"cut", &[("a", "cut")]),
            (" nothing", &[]),
        ];
        for (text, attributes) in table {
            assert_eq!(Attributes::new(text).collect::<Vec<_>>(), attributes, "{text}");
        }
    }
}
