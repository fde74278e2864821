//! Records of a workbook and their texts, which go on in records of their own (MS-XLS sections 2.1.4 and 2.5.293 ff.).

use super::super::little_endian::{by_codepage, u8_at, u16_at, u32_at, utf_16};

/// The record that goes on with the one before.
const CONTINUE: u16 = 0x003C;

/// A record with those that go on with it.
pub(super) struct Record<'a> {
    pub kind: u16,
    /// Offset of the record in its stream.
    pub at: usize,
    pub parts: Vec<&'a [u8]>,
}

impl<'a> Record<'a> {
    /// The content of the record itself.
    pub fn head(&self) -> &'a [u8] {
        self.parts.first().copied().unwrap_or_default()
    }
}

/// The records of a stream.
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The last record was cut off.
    pub cut: bool,
}

impl<'a> Records<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Records { bytes, at: 0, cut: false }
    }

    fn one(&mut self) -> Option<(u16, &'a [u8])> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let found = u16_at(rest, 0).zip(u16_at(rest, 2)).and_then(|(kind, len)| {
            let end = usize::from(len).checked_add(4)?;
            Some((kind, rest.get(4..end)?, end))
        });
        let Some((kind, content, len)) = found else {
            // The rest of the last sector.
            self.cut = rest.iter().any(|byte| *byte != 0);
            self.at = self.bytes.len();
            return None;
        };
        self.at = self.at.saturating_add(len);
        Some((kind, content))
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let at = self.at;
        let (kind, content) = self.one()?;
        let mut parts = vec![content];
        while u16_at(self.bytes, self.at) == Some(CONTINUE) {
            match self.one() {
                Some((_, content)) => parts.push(content),
                None => break,
            }
        }
        Some(Record { kind, at, parts })
    }
}

/// A place in a record and its continuations.
pub(super) struct Reader<'r, 'a> {
    parts: &'r [&'a [u8]],
    part: usize,
    at: usize,
}

impl<'r, 'a> Reader<'r, 'a> {
    pub fn new(record: &'r Record<'a>, at: usize) -> Self {
        Reader { parts: &record.parts, part: 0, at }
    }

    fn rest(&mut self) -> &'a [u8] {
        loop {
            let part = self.parts.get(self.part).copied().unwrap_or_default();
            match part.get(self.at..).unwrap_or_default() {
                [] if self.part.saturating_add(1) < self.parts.len() => {
                    self.part = self.part.saturating_add(1);
                    self.at = 0;
                }
                rest => return rest,
            }
        }
    }

    fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let taken = self.rest().get(..len)?;
        self.at = self.at.saturating_add(len);
        Some(taken)
    }

    /// How many records have been read from, and to their end.
    pub fn parts_read(&self) -> usize {
        let whole = self.parts.get(self.part).is_some_and(|part| self.at >= part.len());
        self.part.saturating_add(usize::from(whole))
    }

    pub fn is_done(&mut self) -> bool {
        self.rest().is_empty()
    }

    pub fn u8(&mut self) -> Option<u8> {
        u8_at(self.bytes(1)?, 0)
    }

    pub fn u16(&mut self) -> Option<u16> {
        u16_at(self.bytes(2)?, 0)
    }

    pub fn u32(&mut self) -> Option<u32> {
        u32_at(self.bytes(4)?, 0)
    }

    /// Passes over bytes, through as many records as it takes.
    pub fn skip(&mut self, mut len: usize) -> Option<()> {
        while len > 0 {
            let here = self.rest().len().min(len);
            if here == 0 {
                return None;
            }
            self.at = self.at.saturating_add(here);
            len = len.saturating_sub(here);
        }
        Some(())
    }

    /// A text with its length before it, in one byte or two, and how it was formatted behind it.
    pub fn text(&mut self, book: Version, short: bool) -> Option<String> {
        let count = if short { usize::from(self.u8()?) } else { usize::from(self.u16()?) };
        self.characters(count, book)
    }

    /// A text of so many characters. In each record that it goes on in, it says anew how wide they are.
    pub fn characters(&mut self, count: usize, book: Version) -> Option<String> {
        const WIDE: u8 = 1;
        const PHONETIC: u8 = 4;
        const RICH: u8 = 8;
        if !book.wide {
            return Some(by_codepage(self.bytes(count)?, book.codepage));
        }
        let mut flags = self.u8()?;
        let runs = if flags & RICH == 0 { 0 } else { usize::from(self.u16()?) };
        let spoken = if flags & PHONETIC == 0 { 0 } else { usize::try_from(self.u32()?).ok()? };
        let (mut text, mut left) = (String::new(), count);
        while left > 0 {
            let part = self.parts.get(self.part).copied().unwrap_or_default();
            let rest = part.get(self.at..).unwrap_or_default();
            let width = if flags & WIDE == 0 { 1 } else { 2 };
            let here = rest.len().checked_div(width)?.min(left);
            let bytes = rest.get(..here.checked_mul(width)?)?;
            match width {
                1 => text.extend(bytes.iter().map(|byte| char::from(*byte))),
                _ => text.push_str(&utf_16(bytes)),
            }
            self.at = self.at.checked_add(bytes.len())?;
            left = left.checked_sub(here)?;
            if left > 0 {
                self.part = self.part.checked_add(1)?;
                self.at = 0;
                flags = u8_at(self.parts.get(self.part)?, 0)?;
                self.at = 1;
            }
        }
        self.skip(runs.checked_mul(4)?.checked_add(spoken)?)?;
        Some(text)
    }
}

/// How a workbook writes text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version {
    /// BIFF8, with Unicode; before, texts were in a code page.
    pub wide: bool,
    pub codepage: u32,
}
