//! Which part of a mail's text is new, quoted, a signature or boilerplate.
//!
//! Promise: the spans are sorted, touch each other and cover the text; linear in its length. In doubt
//! the text is new: a secret that is taken for a signature would be lost, a signature that is taken
//! for new text costs a look.

mod line;
mod words;

use std::ops::Range;

use memchr::{memchr, memmem};

use super::view::{Zone, ZoneSpan};
use line::Line;
use words::{Cue, Hit, Words};

/// Lines that a signature may have.
const MAX_SIGNATURE_LINES: usize = 20;
/// Bytes of a first name that stands for a closing.
const MAX_FIRST_NAME: usize = 24;
/// Lines after an interrupted signature in which a line of contact data still belongs to it.
const SIGNATURE_ECHO: usize = 6;
/// Lines that a quoted mail's header may have, long lists of recipients and all.
const MAX_HEADER_LINES: usize = 50;
/// Lines over which "Den … skrev …:" may be wrapped.
const MAX_ATTRIBUTION_LINES: usize = 3;

/// The whole text in one zone.
pub fn all_in(zone: Zone, normal: &str) -> Vec<ZoneSpan> {
    vec![ZoneSpan { span: 0..normal.len(), zone }]
}

/// The zones of a mail's body, or of a piece of it under lines that left off in `mode`, given as matching text; and
/// what the piece itself leaves off in.
pub fn mark(normal: &str, mode: Mode) -> (Vec<ZoneSpan>, Mode) {
    let mut hits = Words::builtin().find(normal);
    hits.retain(|hit| line::tells(normal, *hit));
    let marks = [&b"\n>"[..], b"\n--", b"\n__", b"\n=="];
    if matches!(mode, Mode::Own)
        && hits.is_empty()
        && !normal.starts_with('>')
        && marks.iter().all(|mark| memmem::find(normal.as_bytes(), mark).is_none())
    {
        return (all_in(Zone::New, normal), mode);
    }
    let mut marker = Marker { text: normal, hits: &hits, spans: Vec::new(), mode };
    let mut at = 0;
    loop {
        marker.forget_hits_before(at);
        at = marker.plain_lines(at);
        let Some(line) = marker.line(at) else { break };
        marker.forget_hits_before(at);
        at = marker.lines_from(&line);
    }
    let spans = if marker.spans.is_empty() { all_in(Zone::New, normal) } else { marker.spans };
    (spans, marker.mode)
}

/// What the lines above have announced.
#[derive(Clone, Copy, Debug, Default)]
pub enum Mode {
    #[default]
    Own,
    /// In a signature; how many lines it has.
    Signature(usize),
    /// After a signature that own text interrupted; how many lines ago.
    Lapsed(usize),
    /// Under a quoted mail's header: all that follows is quoted.
    Quoted,
}

/// Reads the text line by line. Lines are not kept: a long text has a million of them.
struct Marker<'a> {
    text: &'a str,
    /// Of the line that is read and those after it.
    hits: &'a [Hit],
    spans: Vec<ZoneSpan>,
    mode: Mode,
}

impl<'a> Marker<'a> {
    /// The line that begins at `start`; none behind the last.
    fn line(&self, start: usize) -> Option<Line> {
        let rest = self.text.as_bytes().get(start..)?;
        let length = memchr(b'\n', rest).unwrap_or(rest.len());
        Some(line::read(self.text, start, start + length, self.hits))
    }

    /// The lines from `start` on.
    fn lines(&self, start: usize) -> impl Iterator<Item = Line> + use<'_, 'a> {
        let mut next = start;
        std::iter::from_fn(move || {
            let line = self.line(next)?;
            next = line.next();
            Some(line)
        })
    }

    fn forget_hits_before(&mut self, start: usize) {
        let passed = self.hits.iter().take_while(|hit| hit.start < start).count();
        self.hits = self.hits.get(passed..).unwrap_or_default();
    }

    /// Marks lines of new or quoted text that nothing speaks of: no cue is near, and they begin as prose does.
    /// Where the first line begins that has to be looked at.
    fn plain_lines(&mut self, start: usize) -> usize {
        let zone = match self.mode {
            Mode::Own => Zone::New,
            Mode::Quoted => Zone::Quote,
            Mode::Signature(_) | Mode::Lapsed(_) => return start,
        };
        let bytes = self.text.as_bytes();
        let cue = self.hits.first().map_or(usize::MAX, |hit| hit.start);
        // an attribution may begin so much before its verb
        let near = cue.saturating_sub(line::MAX_ATTRIBUTION);
        let prose = |b: &u8| !matches!(b, b'>' | b' ' | b'\t' | b'-' | b'_' | b'=' | b'*');
        let mut next = start;
        while next < near && bytes.get(next).is_some_and(prose) {
            let rest = bytes.get(next..).unwrap_or_default();
            let end = next + memchr(b'\n', rest).unwrap_or(rest.len());
            if end > cue {
                break;
            }
            next = end + 1;
        }
        self.push(start..next.min(bytes.len()), zone);
        next
    }

    /// Marks the line and those that belong to it; returns where the next one begins.
    fn lines_from(&mut self, line: &Line) -> usize {
        let quoted_by_mark = line.depth > 0;
        if let Some(next) = self.quoted_header(line) {
            self.mark(line, next, Zone::Forward);
            if !quoted_by_mark {
                self.mode = Mode::Quoted;
            }
            return next;
        }
        if let Some((next, rest_is_quoted)) = self.attribution(line) {
            self.mark(line, next, Zone::Forward);
            if !quoted_by_mark && rest_is_quoted {
                self.mode = Mode::Quoted;
            }
            return next;
        }
        if let Some(next) = self.boilerplate(line) {
            return next;
        }
        let zone = if quoted_by_mark {
            if matches!(self.mode, Mode::Signature(_)) {
                self.mode = Mode::Lapsed(0);
            }
            Zone::Quote
        } else {
            self.own(line)
        };
        self.mark(line, line.next(), zone);
        line.next()
    }

    /// The zone of a line that is neither marked as quoted nor boilerplate.
    fn own(&mut self, line: &Line) -> Zone {
        let content = line.content(self.text);
        let starts = || {
            line.is_delimiter(self.text) && self.signature_follows(line)
                || line.cue == Some(Cue::Closing) && line.is_closing(self.text)
                || self.signs_in_short(line)
        };
        match self.mode {
            Mode::Quoted => Zone::Quote,
            _ if starts() => {
                self.mode = Mode::Signature(0);
                Zone::Signature
            }
            Mode::Own => Zone::New,
            Mode::Signature(count) => {
                if count >= MAX_SIGNATURE_LINES || line.starts_text() || line::is_prose(content) {
                    self.mode = Mode::Lapsed(0);
                    Zone::New
                } else {
                    self.mode = Mode::Signature(count + usize::from(!content.is_empty()));
                    Zone::Signature
                }
            }
            Mode::Lapsed(count) => {
                self.mode = if count < SIGNATURE_ECHO { Mode::Lapsed(count + 1) } else { Mode::Own };
                let echo = line::is_contact(content) && !line::is_prose(content) && !line.starts_text();
                if echo { Zone::Signature } else { Zone::New }
            }
        }
    }

    /// A first name or an initial alone on its line, and then the same one's full name: `C`, `Cathrine Aarnes-Bø`.
    fn signs_in_short(&self, line: &Line) -> bool {
        let short = line.content(self.text);
        if short.is_empty() || short.len() > MAX_FIRST_NAME || !line::is_one_name(short) {
            return false;
        }
        let next = self.lines(line.next()).find(|line| !line.content(self.text).is_empty());
        next.is_some_and(|next| {
            let full = next.content(self.text);
            full.len() > short.len() && full.starts_with(short.trim_end_matches('.')) && line::is_full_name(full)
        })
    }

    /// After a delimiter: whether what follows looks like a signature, not like own text under a rule.
    fn signature_follows(&self, line: &Line) -> bool {
        let after = self.lines(line.next()).filter(|line| !line.content(self.text).is_empty());
        after.take(2).all(|line| {
            let content = line.content(self.text);
            line.cue.is_some_and(|cue| matches!(cue, Cue::Disclaimer | Cue::Footer)) || !line::is_prose(content)
        })
    }

    /// A header block of a quoted mail, or a separator line with or without one: where the next line begins.
    fn quoted_header(&self, first: &Line) -> Option<usize> {
        let separator = first.cue == Some(Cue::Separator) && first.is_separator(self.text)
            || first.is_rule(self.text) && self.header_block(first.next()).is_some();
        if !separator {
            let from = first.cue == Some(Cue::From);
            return if from { self.header_block(first.start) } else { None };
        }
        let block = self.lines(first.next()).find(|line| !line.content(self.text).is_empty());
        let Some(block) = block.map(|line| line.start) else { return Some(first.next()) };
        let labelled = || {
            let labels = self.lines(block).take_while(|line| line.is_label(self.text));
            labels.last().map(|line| line.next())
        };
        Some(self.header_block(block).or_else(labelled).unwrap_or(first.next()))
    }

    /// `From`, then `Subject` or a dated `Sent` among the labels that follow: where the next line begins.
    fn header_block(&self, start: usize) -> Option<usize> {
        let cue = |line: &Line| line.cue.filter(|_| line.is_label(self.text));
        if self.line(start).as_ref().and_then(cue) != Some(Cue::From) {
            return None;
        }
        let (mut sent, mut subject, mut next) = (false, false, start);
        for (count, line) in self.lines(start).take(MAX_HEADER_LINES).enumerate() {
            match cue(&line) {
                Some(Cue::Sent) => sent |= line::is_dated(line.content(self.text)) || count > 1,
                Some(Cue::Subject) => subject = true,
                Some(_) => {}
                // A long list of recipients runs over several lines.
                None if subject
                    || line.content(self.text).is_empty()
                    || !line.content(self.text).contains(['@', ';']) =>
                {
                    break;
                }
                None => {}
            }
            next = line.next();
        }
        (sent || subject).then_some(next)
    }

    /// "On … wrote:": where the next line begins, and whether all that follows is the quoted mail.
    fn attribution(&self, first: &Line) -> Option<(usize, bool)> {
        let near = |hit: &&Hit| hit.start < first.start + line::MAX_ATTRIBUTION;
        if !self.hits.iter().take_while(near).any(|hit| hit.cue == Cue::Wrote) {
            return None;
        }
        let mut wrote = false;
        for line in self.lines(first.start).take(MAX_ATTRIBUTION_LINES) {
            let content = line.content(self.text);
            wrote |= line.wrote;
            if content.is_empty() {
                return None;
            }
            if !content.ends_with(':') {
                continue;
            }
            if !wrote || !line::is_dated(first.content(self.text)) {
                return None;
            }
            let whole = self.text.get(first.start..line.end)?;
            if whole.len() > line::MAX_ATTRIBUTION || !line::is_dated(whole) {
                return None;
            }
            let next = self.lines(line.next()).find(|line| !line.content(self.text).is_empty());
            return Some((line.next(), next.is_none_or(|line| line.depth == 0)));
        }
        None
    }

    /// A disclaimer to the end of its paragraph, or a footer line: where the next line begins.
    fn boilerplate(&mut self, line: &Line) -> Option<usize> {
        let (zone, hit) = match (line.cue, line.boilerplate) {
            (_, Some((Cue::Disclaimer, hit))) => (Zone::Disclaimer, hit),
            (_, Some((_, hit))) => (Zone::Footer, hit),
            _ => return None,
        };
        let own = if matches!(self.mode, Mode::Quoted) || line.depth > 0 { Zone::Quote } else { Zone::New };
        let start = line::sentence_start(self.text, line.start..hit);
        self.push(line.start..start, own);
        let paragraph = || {
            let rest = self.lines(line.next());
            rest.take_while(|other| !other.content(self.text).is_empty() && other.depth == line.depth).last()
        };
        let last = if zone == Zone::Disclaimer && !line.content(self.text).is_empty() { paragraph() } else { None };
        let next = last.map_or(line.next(), |last| last.next());
        self.push(start..next.min(self.text.len()), zone);
        Some(next)
    }

    /// Marks the line and those up to `next`, their line ends included.
    fn mark(&mut self, line: &Line, next: usize, zone: Zone) {
        self.push(line.start..next.min(self.text.len()), zone);
    }

    fn push(&mut self, span: Range<usize>, zone: Zone) {
        match self.spans.last_mut() {
            _ if span.is_empty() => {}
            Some(last) if last.zone == zone => last.span.end = span.end,
            _ => self.spans.push(ZoneSpan { span, zone }),
        }
    }
}

#[cfg(test)]
mod tests;
