//! A place in bytes that only moves forward.

use memchr::memchr;

#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Cursor { rest: bytes }
    }

    /// What has not been taken.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    /// Takes `len` bytes, or all that is left.
    pub fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at_checked(len).unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }

    pub fn skip(&mut self, len: usize) {
        self.take(len);
    }

    /// Takes all before the first `stop`, or to the end.
    pub fn take_to(&mut self, stop: u8) -> &'a [u8] {
        self.take(memchr(stop, self.rest).unwrap_or(self.rest.len()))
    }

    /// Takes all before the first byte for which `stop` is true, or to the end.
    pub fn take_until(&mut self, stop: impl Fn(u8) -> bool) -> &'a [u8] {
        let len = self.rest.iter().position(|&b| stop(b)).unwrap_or(self.rest.len());
        self.take(len)
    }

    /// Takes a line and its end; gives it without the end.
    pub fn take_line(&mut self) -> &'a [u8] {
        let line = self.take_to(b'\n');
        self.skip(1);
        line.strip_suffix(b"\r").unwrap_or(line)
    }
}
