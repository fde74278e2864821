//! RTF as tokens (RTF 1.9.1, "RTF Syntax").

use super::super::little_endian::slice;
use crate::inspect::transfer::hex_pair;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open,
    Close,
    /// `\par`, `\f2`.
    Word(&'a str, Option<i32>),
    /// `\~`, `\*`.
    Symbol(u8),
    /// `\'e5`.
    Byte(u8),
    /// What stands between all that, without line ends.
    Text(&'a [u8]),
    /// The bytes of a `\bin`.
    Binary(&'a [u8]),
}

pub(super) struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The text ended inside a token.
    pub cut: bool,
}

impl<'a> Tokens<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Tokens { bytes, at: 0, cut: false }
    }

    /// What has not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn step(&mut self, len: usize) {
        self.at = self.at.saturating_add(len);
    }

    /// After a backslash.
    fn control(&mut self) -> Option<Token<'a>> {
        let Some(first) = self.peek() else {
            self.cut = true;
            return None;
        };
        if first == b'\'' {
            let pair = (self.bytes.get(self.at.saturating_add(1)), self.bytes.get(self.at.saturating_add(2)));
            if let (Some(high), Some(low)) = pair
                && let Some(byte) = hex_pair(*high, *low)
            {
                self.step(3);
                return Some(Token::Byte(byte));
            }
        }
        if !first.is_ascii_alphabetic() {
            self.step(1);
            return Some(Token::Symbol(first));
        }
        let rest = self.rest();
        let letters = rest.iter().take(32).take_while(|byte| byte.is_ascii_alphabetic()).count();
        let name = std::str::from_utf8(rest.get(..letters)?).ok()?;
        self.step(letters);
        let rest = self.rest();
        let sign = usize::from(rest.first() == Some(&b'-'));
        let digits = rest.iter().skip(sign).take_while(|byte| byte.is_ascii_digit()).count();
        let mut value = None;
        if digits > 0 {
            let number = std::str::from_utf8(rest.get(sign..sign.saturating_add(digits))?).ok()?;
            let number = number.parse::<i32>().unwrap_or(i32::MAX);
            value = Some(if sign == 1 { number.saturating_neg() } else { number });
            self.step(sign.saturating_add(digits));
        }
        if self.peek() == Some(b' ') {
            self.step(1);
        }
        if name != "bin" {
            return Some(Token::Word(name, value));
        }
        let len = usize::try_from(value.unwrap_or_default()).unwrap_or_default();
        let bytes = slice(self.bytes, self.at, len).unwrap_or_else(|| {
            self.cut = true;
            self.rest()
        });
        self.step(bytes.len());
        Some(Token::Binary(bytes))
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            match self.peek()? {
                b'{' => {
                    self.step(1);
                    return Some(Token::Open);
                }
                b'}' => {
                    self.step(1);
                    return Some(Token::Close);
                }
                b'\\' => {
                    self.step(1);
                    return self.control();
                }
                b'\r' | b'\n' | 0 => self.step(1),
                _ => {
                    let rest = self.rest();
                    let end = |byte: &u8| matches!(byte, b'{' | b'}' | b'\\' | b'\r' | b'\n' | 0);
                    let len = rest.iter().position(end).unwrap_or(rest.len());
                    self.step(len);
                    return rest.get(..len).map(Token::Text);
                }
            }
        }
    }
}
