//! Which part of a mail's text is new, quoted, a signature or boilerplate.
//!
//! Promise: the spans are sorted, touch each other and cover the text; linear in its length. In doubt
//! the text is new: a secret that is taken for a signature would be lost, a signature that is taken
//! for new text costs a look.

mod line;
mod words;

use std::ops::Range;

use memchr::memmem;

use super::view::{Zone, ZoneSpan};
use line::Line;
use words::{Cue, Hit, Words};

/// Lines that a signature may have.
const MAX_SIGNATURE_LINES: usize = 20;
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

/// The zones of a mail's body, given as matching text.
pub fn mark(normal: &str) -> Vec<ZoneSpan> {
    let hits: Vec<Hit> = Words::builtin().find(normal).filter(|hit| line::tells(normal, *hit)).collect();
    let marks = [&b"\n>"[..], b"\n--", b"\n__", b"\n=="];
    if hits.is_empty()
        && !normal.starts_with('>')
        && marks.iter().all(|mark| memmem::find(normal.as_bytes(), mark).is_none())
    {
        return all_in(Zone::New, normal);
    }
    let lines = line::split(normal, &hits);
    let mut marker = Marker { text: normal, lines: &lines, spans: Vec::new(), mode: Mode::Own };
    let mut at = 0;
    while at < lines.len() {
        at += marker.lines_from(at).max(1);
    }
    if marker.spans.is_empty() { all_in(Zone::New, normal) } else { marker.spans }
}

/// What the lines above have announced.
#[derive(Clone, Copy)]
enum Mode {
    Own,
    /// In a signature; how many lines it has.
    Signature(usize),
    /// After a signature that own text interrupted; how many lines ago.
    Lapsed(usize),
    /// Under a quoted mail's header: all that follows is quoted.
    Quoted,
}

struct Marker<'a> {
    text: &'a str,
    lines: &'a [Line],
    spans: Vec<ZoneSpan>,
    mode: Mode,
}

impl Marker<'_> {
    /// Marks the line at `at` and those that belong to it; returns how many.
    fn lines_from(&mut self, at: usize) -> usize {
        let Some(line) = self.lines.get(at) else { return 1 };
        let quoted_by_mark = line.depth > 0;
        if let Some(count) = self.quoted_header(at) {
            self.mark(at, count, Zone::Forward);
            if !quoted_by_mark {
                self.mode = Mode::Quoted;
            }
            return count;
        }
        if let Some((count, rest_is_quoted)) = self.attribution(at) {
            self.mark(at, count, Zone::Forward);
            if !quoted_by_mark && rest_is_quoted {
                self.mode = Mode::Quoted;
            }
            return count;
        }
        if let Some(count) = self.boilerplate(at) {
            return count;
        }
        let zone = if quoted_by_mark {
            if matches!(self.mode, Mode::Signature(_)) {
                self.mode = Mode::Lapsed(0);
            }
            Zone::Quote
        } else {
            self.own(at, line)
        };
        self.mark(at, 1, zone);
        1
    }

    /// The zone of a line that is neither marked as quoted nor boilerplate.
    fn own(&mut self, at: usize, line: &Line) -> Zone {
        let content = line.content(self.text);
        let starts = line.is_delimiter(self.text) && self.signature_follows(at)
            || line.cue == Some(Cue::Closing) && line.is_closing(self.text);
        match self.mode {
            Mode::Quoted => Zone::Quote,
            _ if starts => {
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

    /// After a delimiter: whether what follows looks like a signature, not like own text under a rule.
    fn signature_follows(&self, at: usize) -> bool {
        let after = self.lines.iter().skip(at + 1).filter(|line| !line.content(self.text).is_empty());
        after.take(2).all(|line| {
            let content = line.content(self.text);
            line.cue.is_some_and(|cue| matches!(cue, Cue::Disclaimer | Cue::Footer)) || !line::is_prose(content)
        })
    }

    /// A header block of a quoted mail, or a separator line with or without one: how many lines.
    fn quoted_header(&self, at: usize) -> Option<usize> {
        let first = self.lines.get(at)?;
        let separator = first.cue == Some(Cue::Separator) && first.is_separator(self.text)
            || first.is_rule(self.text) && self.header_block(at + 1).is_some();
        if !separator {
            return self.header_block(at);
        }
        let mut next = at + 1;
        while self.lines.get(next).is_some_and(|line| line.content(self.text).is_empty()) {
            next += 1;
        }
        let labelled = self.lines.iter().skip(next).take_while(|line| line.is_label(self.text)).count();
        let block = self.header_block(next).unwrap_or(labelled);
        Some(if block == 0 { 1 } else { next - at + block })
    }

    /// `From`, then `Subject` or a dated `Sent` among the labels that follow.
    fn header_block(&self, at: usize) -> Option<usize> {
        let cue = |line: &Line| line.cue.filter(|_| line.is_label(self.text));
        if self.lines.get(at).and_then(cue) != Some(Cue::From) {
            return None;
        }
        let (mut sent, mut subject, mut count) = (false, false, 0);
        for line in self.lines.iter().skip(at).take(MAX_HEADER_LINES) {
            match cue(line) {
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
            count += 1;
        }
        (sent || subject).then_some(count)
    }

    /// "On … wrote:": how many lines, and whether all that follows is the quoted mail.
    fn attribution(&self, at: usize) -> Option<(usize, bool)> {
        for count in 1..=MAX_ATTRIBUTION_LINES {
            let lines = self.lines.get(at..at + count)?;
            let last = lines.last()?;
            if last.content(self.text).is_empty() {
                return None;
            }
            if !last.content(self.text).ends_with(':') {
                continue;
            }
            if !lines.iter().any(|line| line.wrote) || !line::is_dated(lines.first()?.content(self.text)) {
                return None;
            }
            let whole = self.text.get(lines.first()?.start..last.end)?;
            if whole.len() > line::MAX_ATTRIBUTION || !line::is_dated(whole) {
                return None;
            }
            let next = self.lines.iter().skip(at + count).find(|line| !line.content(self.text).is_empty());
            return Some((count, next.is_none_or(|line| line.depth == 0)));
        }
        None
    }

    /// A disclaimer to the end of its paragraph, or a footer line: how many lines.
    fn boilerplate(&mut self, at: usize) -> Option<usize> {
        let line = self.lines.get(at)?;
        let (zone, hit) = match (line.cue, line.boilerplate) {
            (_, Some((Cue::Disclaimer, hit))) => (Zone::Disclaimer, hit),
            (_, Some((_, hit))) => (Zone::Footer, hit),
            _ => return None,
        };
        let own = if matches!(self.mode, Mode::Quoted) || line.depth > 0 { Zone::Quote } else { Zone::New };
        let start = line::sentence_start(self.text, line.start..hit);
        self.push(line.start..start, own);
        let count = match zone {
            Zone::Disclaimer => {
                let rest = self.lines.iter().skip(at);
                rest.take_while(|other| !other.content(self.text).is_empty() && other.depth == line.depth)
                    .count()
                    .max(1)
            }
            _ => 1,
        };
        let end = self.line_end(at + count - 1);
        self.push(start..end, zone);
        Some(count)
    }

    fn mark(&mut self, at: usize, count: usize, zone: Zone) {
        let start = self.lines.get(at).map_or(self.text.len(), |line| line.start);
        self.push(start..self.line_end(at + count.saturating_sub(1)), zone);
    }

    /// Where the line ends, its line end included.
    fn line_end(&self, at: usize) -> usize {
        self.lines.get(at + 1).map_or(self.text.len(), |line| line.start)
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
