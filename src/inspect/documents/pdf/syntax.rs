//! Whether objects and dictionaries are what they should be: where they are not, readers pass over them in silence.

use std::collections::HashSet;

use memchr::memmem;

/// Dictionaries and arrays inside each other.
const MAX_DEPTH: usize = 64;

/// Where an object begins in the file, behind its header (ISO 32000-2, 7.3.10): `12 0 obj`.
#[derive(Clone, Copy)]
pub(super) struct Header {
    pub number: u32,
    at: usize,
}

/// All objects that begin in the file; None when more of them end.
pub(super) fn headers(bytes: &[u8]) -> Option<Vec<Header>> {
    let (mut begun, mut ended) = (Vec::new(), 0_usize);
    for at in memmem::find_iter(bytes, b"obj") {
        let before = bytes.get(..at).unwrap_or_default();
        let behind = at.saturating_add(3);
        if before.ends_with(b"end") {
            ended = ended.saturating_add(1);
        } else if let Some(number) = header(before, bytes.get(behind).copied()) {
            begun.push(Header { number, at: behind });
        }
    }
    (begun.len() >= ended).then_some(begun)
}

/// Whether each entry of the tables of objects says that it is one or that it is none (ISO 32000-2, 7.5.4).
pub(super) fn has_sound_tables(bytes: &[u8]) -> bool {
    memmem::find_iter(bytes, b"xref").all(|at| {
        let before = bytes.get(..at).unwrap_or_default();
        let table = bytes.get(at.saturating_add(4)..).unwrap_or_default();
        !before.last().is_some_and(|byte| is_white(*byte)) || is_sound_table(table)
    })
}

fn is_sound_table(table: &[u8]) -> bool {
    let mut words = table.split(|byte| is_white(*byte)).filter(|word| !word.is_empty());
    let number = |word: Option<&[u8]>| -> Option<u64> { std::str::from_utf8(word?).ok()?.parse().ok() };
    while let Some(count) = number(words.next()).and_then(|_| number(words.next())) {
        for _ in 0..count {
            // What is no entry at all is for others to repair.
            if number(words.next()).and_then(|_| number(words.next())).is_none() {
                return true;
            }
            if !words.next().is_some_and(|kind| matches!(kind, b"n" | b"f")) {
                return false;
            }
        }
    }
    true
}

/// Whether the objects that `known` does not have are at least well-formed: what is not is passed over by others.
pub(super) fn are_well_formed(bytes: &[u8], headers: &[Header], known: impl Fn(u32) -> bool) -> bool {
    let information = information(bytes);
    let ends = headers.iter().skip(1).map(|next| next.at).chain([bytes.len()]);
    headers.iter().zip(ends).filter(|(header, _)| !known(header.number)).all(|(header, end)| {
        let data = bytes.get(header.at..end).unwrap_or_default();
        let stream = memmem::find(data, b"stream").unwrap_or(data.len());
        let data = data.get(..stream).unwrap_or_default();
        // The document information is text and nothing but text; other objects may have been given up.
        if information.contains(&header.number) {
            return false;
        }
        match (Tokens { rest: data }).next() {
            Some(Token::OpenDictionary) => first_dictionary(data).is_some_and(is_dictionary),
            first => first != Some(Token::Wrong),
        }
    })
}

/// The numbers of the objects that trailers name as the document information (ISO 32000-2, 7.5.5).
fn information(bytes: &[u8]) -> HashSet<u32> {
    let key = b"/Info";
    let named = memmem::find_iter(bytes, key).filter_map(|at| {
        let value = bytes.get(at.saturating_add(key.len())..)?.trim_ascii_start();
        let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
        std::str::from_utf8(value.get(..digits)?).ok()?.parse().ok()
    });
    named.collect()
}

/// The bytes from the first brackets of a dictionary to those that close it.
fn first_dictionary(data: &[u8]) -> Option<&[u8]> {
    let mut tokens = Tokens { rest: data };
    let mut depth = 0_usize;
    loop {
        match tokens.next()? {
            Token::OpenDictionary => depth = depth.saturating_add(1),
            Token::CloseDictionary if depth > 1 => depth = depth.saturating_sub(1),
            Token::CloseDictionary => return data.get(..data.len().saturating_sub(tokens.rest.len())),
            Token::Wrong => return None,
            _ => {}
        }
    }
}

/// The number of the object whose header ends before this byte.
fn header(before: &[u8], after: Option<u8>) -> Option<u32> {
    let start = |text: &[u8]| {
        let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        (digits > 0).then(|| text.len().saturating_sub(digits))
    };
    let apart = before.last().is_some_and(|byte| is_white(*byte));
    let rest = before.get(..start(before.trim_ascii_end())?).filter(|_| apart)?;
    let numbered = Some(rest).filter(|rest| rest.last().is_some_and(|byte| is_white(*byte)))?.trim_ascii_end();
    let (rest, digits) = numbered.split_at_checked(start(numbered)?)?;
    let free = rest.last().is_none_or(|byte| !byte.is_ascii_alphanumeric());
    let begins = after.is_some_and(|byte| is_white(byte) || byte.is_ascii_digit() || b"<[(/%+-.tfn".contains(&byte));
    std::str::from_utf8(digits).ok()?.parse().ok().filter(|_| free && begins)
}

/// Whether every entry is a name and a value (ISO 32000-2, 7.3.7), and every string ends as it should.
pub(super) fn is_dictionary(data: &[u8]) -> bool {
    let mut tokens = Tokens { rest: data };
    let mut open: Vec<Open> = Vec::new();
    // The bytes may come with or without their brackets.
    let mut bare = Open::Dictionary { key: true };
    loop {
        let Some(token) = tokens.next() else { return open.is_empty() && bare.may_end() };
        let now = open.last_mut().unwrap_or(&mut bare);
        match token {
            Token::Wrong => return false,
            Token::OpenDictionary | Token::OpenArray => {
                // The outermost brackets are no value.
                if !(open.is_empty() && bare.is_new() && token == Token::OpenDictionary) {
                    let now = open.last_mut().unwrap_or(&mut bare);
                    if !now.take_value() {
                        return false;
                    }
                }
                if open.len() >= MAX_DEPTH {
                    return false;
                }
                open.push(if token == Token::OpenArray { Open::Array } else { Open::Dictionary { key: true } });
            }
            Token::CloseDictionary | Token::CloseArray => {
                let fits = matches!(
                    (open.pop(), token),
                    (Some(Open::Array), Token::CloseArray)
                        | (Some(Open::Dictionary { key: true } | Open::Reference), Token::CloseDictionary)
                );
                if !fits {
                    return false;
                }
            }
            Token::Name => {
                if !now.take_name() {
                    return false;
                }
            }
            Token::Value => {
                if !now.take_value() {
                    return false;
                }
            }
            Token::Number | Token::Reference => {
                if !now.take_number() {
                    return false;
                }
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Open {
    Array,
    /// Before a key, or before a value.
    Dictionary {
        key: bool,
    },
    /// Behind a number: the rest of a reference may follow.
    Reference,
}

impl Open {
    fn is_new(self) -> bool {
        self == Open::Dictionary { key: true }
    }

    fn may_end(self) -> bool {
        matches!(self, Open::Dictionary { key: true } | Open::Reference)
    }

    fn take_value(&mut self) -> bool {
        match self {
            Open::Array => true,
            Open::Dictionary { key } => !std::mem::replace(key, true),
            Open::Reference => false,
        }
    }

    fn take_name(&mut self) -> bool {
        match self {
            Open::Array => {}
            Open::Dictionary { key } => *key = !*key,
            Open::Reference => *self = Open::Dictionary { key: false },
        }
        true
    }

    fn take_number(&mut self) -> bool {
        match self {
            Open::Array | Open::Reference => true,
            Open::Dictionary { key: true } => false,
            Open::Dictionary { key: false } => {
                *self = Open::Reference;
                true
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Token {
    Name,
    Number,
    Reference,
    /// A string, a truth value, null.
    Value,
    OpenDictionary,
    CloseDictionary,
    OpenArray,
    CloseArray,
    Wrong,
}

struct Tokens<'a> {
    rest: &'a [u8],
}

impl Tokens<'_> {
    fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    fn next(&mut self) -> Option<Token> {
        loop {
            let white = self.rest.iter().take_while(|byte| is_white(**byte)).count();
            self.skip(white);
            if self.rest.first() != Some(&b'%') {
                break;
            }
            let comment = self.rest.iter().take_while(|byte| !matches!(**byte, b'\r' | b'\n')).count();
            self.skip(comment);
        }
        let (token, length) = match self.rest {
            [] => return None,
            [b'<', b'<', ..] => (Token::OpenDictionary, 2),
            [b'>', b'>', ..] => (Token::CloseDictionary, 2),
            [b'[', ..] => (Token::OpenArray, 1),
            [b']', ..] => (Token::CloseArray, 1),
            [b'<', rest @ ..] => {
                let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit() || is_white(**byte)).count();
                let closed = rest.get(digits) == Some(&b'>');
                (if closed { Token::Value } else { Token::Wrong }, digits.saturating_add(2))
            }
            [b'(', ..] => match literal(self.rest) {
                Some(length) => (Token::Value, length),
                None => (Token::Wrong, 1),
            },
            [b'/', rest @ ..] => (Token::Name, regular(rest).saturating_add(1)),
            rest => {
                let length = regular(rest);
                let word = rest.get(..length).unwrap_or_default();
                let token = match word {
                    b"" => Token::Wrong,
                    b"true" | b"false" | b"null" => Token::Value,
                    b"R" => Token::Reference,
                    word if word.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) => {
                        Token::Number
                    }
                    _ => Token::Wrong,
                };
                (token, length.max(1))
            }
        };
        self.skip(length);
        Some(token)
    }
}

/// The length of a string in parentheses, which may stand in it in pairs.
fn literal(data: &[u8]) -> Option<usize> {
    let (mut depth, mut escaped) = (0_usize, false);
    for (at, byte) in data.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth = depth.saturating_add(1),
            b')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at.saturating_add(1));
                }
            }
            _ => {}
        }
    }
    None
}

fn regular(data: &[u8]) -> usize {
    data.iter().take_while(|byte| !is_white(**byte) && !b"()<>[]{}/%".contains(byte)).count()
}

pub(super) fn is_white(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_that_lost_their_beginning_are_missed() {
        let table = [
            ("1 0 obj\n<<>>\nendobj 12 0\nobj(obj)endobj", true),
            ("1 0 obj\n<<>>\nendobj\n2 0 obx\n<<>> endobj", false),
            ("1 0 obj\n<</A<66>/B(x)>>stream\n>>endstream endobj", true),
            ("1 0 obj\n<<>>\nendobj\n2 0obj\n<<>> endobj", false),
            ("1 0 obj\n<</A<6x>/B(x)>>\nendobj", false),
            ("1 0 obj\n<</A<66>/B(x)>\nendobj\n2 0 obj<<>>endobj", false),
            ("1 0 obj\n<<>>\nendobj\n2 0 obj\u{1}<<>> endobj", false),
            ("1 0 obj\n<<>>\nendobj\ny2 0 obj <<>> endobj", false),
        ];
        for (bytes, expected) in table {
            let headers = headers(bytes.as_bytes());
            let whole = headers.is_some_and(|headers| are_well_formed(bytes.as_bytes(), &headers, |_| false));
            assert_eq!(whole, expected, "{bytes}");
        }
    }

    #[test]
    fn entries_of_tables_are_used_or_free() {
        let table = [
            ("\nxref\n0 2\n0000000000 65535 f \n0000000015 00000 n \n3 1\n0000000099 00000 n\r\ntrailer", true),
            ("\nxref\n0 2\n0000000000 65535 f \n0000000015 00000 l \ntrailer", false),
            ("\nxref\n0 9\n0000000000 65535 f \ntrailer", true),
            ("the xref is not here; startxref 0 1 0 0 x", true),
        ];
        for (bytes, expected) in table {
            assert_eq!(has_sound_tables(bytes.as_bytes()), expected, "{bytes}");
        }
    }

    #[test]
    fn only_names_with_values_are_a_dictionary() {
        let table = [
            ("", true),
            ("<</A 1/B 2 0 R/C[1 2 0 R/D(x)<<>>]/E<</F<66 6F>>>/G true/H/I>>", true),
            ("/A 1 /B(o\\)(p))% ) \n/C -.5", true),
            ("<</A(x) B(y)>>", false),
            ("<</A<66Z6>>>", false),
            ("<</A(x>>", false),
            ("<</A(x)", false),
            ("<</A/B/C>>", false),
            ("<</A 1 (x)>>", false),
            ("<</A[1>>", false),
            ("<</A x/B(y)>>", false),
        ];
        for (data, expected) in table {
            assert_eq!(is_dictionary(data.as_bytes()), expected, "{data}");
        }
    }
}
