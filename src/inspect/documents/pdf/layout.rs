//! Glyphs with where they stand to lines of text in reading order.
//!
//! ```text
//! glyphs    in the order they were drawn -> stretches: one line, small gaps
//! stretches of a page that lies askew -> level; drawn twice in one place -> once
//! columns   long lines below each other, beside others of the same kind: read one after the other
//! rows      everything else that stands at one height: from left to right, cells apart by a tab
//! ```
//!
//! A gap makes a space, a wide one a tab, but never inside a number whose digits stand evenly apart.

use std::borrow::Cow;

use super::content::Glyph;
use super::font::Text;

/// Gaps in font sizes: within a word, within a number, between words.
const WORD_GAP: f32 = 0.16;
const NUMBER_GAP: f32 = 0.27;
const CELL_GAP: f32 = 1.0;
/// How far evenly spaced single characters may stand apart, and digits: boxes of a form are up to 8 mm wide.
const SPREAD_GAP: f32 = 1.3;
const BOXES_GAP: f32 = 2.0;
/// Characters from which on even gaps are spacing, not words of one letter, and digits from which on they are boxes.
const SPREAD: usize = 4;
const BOXES: usize = 6;
/// How far the baselines of one line differ, in font sizes; raised and lowered characters included.
const BASELINE: f32 = 0.4;
/// How far a glyph may step back and still continue: kerning and overprinted accents.
const BACK: f32 = 0.35;
/// How far apart, in font sizes, what is drawn twice for weight stands.
const TWICE: f32 = 0.12;
/// How far level lines rise or fall for their length.
const LEVEL: f32 = 0.004;
/// Lines of a column of prose, and characters of them on average.
const COLUMN_LINES: usize = 4;
/// Lines of what stands beside a column and is one too: the last of a page is often short.
const SHORT_COLUMN: usize = 2;
const COLUMN_CHARACTERS: usize = 25;
/// Distance of two lines of a column, in font sizes.
const LEADING: f32 = 2.2;

/// Glyphs that follow each other on a line.
struct Stretch<'g> {
    glyphs: &'g [Glyph],
    from: f32,
    to: f32,
    across: f32,
    size: f32,
    /// The column it belongs to.
    column: Option<usize>,
}

/// The text of all glyphs of a page.
pub(super) fn text(glyphs: &[Glyph]) -> String {
    let mut turns: Vec<(i16, usize)> = Vec::new();
    for glyph in glyphs {
        match turns.iter_mut().find(|(turn, _)| *turn == glyph.turn) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => turns.push((glyph.turn, 1)),
        }
    }
    turns.sort_by_key(|(turn, count)| (std::cmp::Reverse(*count), *turn));
    let mut out = String::new();
    if let [_] = turns.as_slice() {
        frame(glyphs, &mut out);
        return out;
    }
    for (turn, _) in turns {
        let turned: Vec<Glyph> = glyphs.iter().filter(|glyph| glyph.turn == turn).cloned().collect();
        frame(&turned, &mut out);
    }
    out
}

/// The text of glyphs in one frame.
fn frame(glyphs: &[Glyph], out: &mut String) {
    let glyphs = without_doubles(glyphs);
    let mut stretches = stretches(&glyphs);
    straighten(&mut stretches);
    drop_repeated(&mut stretches);
    mark_columns(&mut stretches);
    // Columns stand where their first line stands.
    let mut blocks: Vec<(f32, f32, Vec<&Stretch<'_>>)> = Vec::new();
    let mut loose: Vec<&Stretch<'_>> = Vec::new();
    let mut columns: Vec<(usize, usize)> = Vec::new();
    for stretch in &stretches {
        match stretch.column {
            None => loose.push(stretch),
            Some(column) => match columns.last().filter(|(known, _)| *known == column) {
                Some((_, block)) => {
                    if let Some((_, _, lines)) = blocks.get_mut(*block) {
                        lines.push(stretch);
                    }
                }
                None => {
                    columns.push((column, blocks.len()));
                    blocks.push((stretch.across, stretch.from, vec![stretch]));
                }
            },
        }
    }
    for row in rows(loose) {
        let top = row.first().map_or(0.0, |first| first.across);
        let from = row.first().map_or(0.0, |first| first.from);
        blocks.push((top, from, row));
    }
    blocks.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.total_cmp(&b.1)));
    for (_, _, block) in blocks {
        for row in rows(block) {
            let start = out.len();
            line(&row, out);
            let kept = out.trim_end_matches([' ', '\t']).len().max(start);
            out.truncate(kept);
            if out.len() > start {
                out.push('\n');
            }
        }
    }
}

/// Without glyphs that are drawn again at once, for weight.
fn without_doubles(glyphs: &[Glyph]) -> Cow<'_, [Glyph]> {
    let doubled = |before: &Glyph, after: &Glyph| {
        let near = before.size.min(before.advance * 2.0) * TWICE;
        (after.along - before.along).abs() <= near
            && (after.across - before.across).abs() <= near
            && before.text.is_some()
            && same(before.text.as_ref(), after.text.as_ref())
    };
    let any = glyphs.windows(2).any(|pair| matches!(pair, [before, after] if doubled(before, after)));
    if !any {
        return Cow::Borrowed(glyphs);
    }
    let mut kept: Vec<Glyph> = Vec::with_capacity(glyphs.len());
    for glyph in glyphs {
        if !kept.last().is_some_and(|before| doubled(before, glyph)) {
            kept.push(glyph.clone());
        }
    }
    Cow::Owned(kept)
}

fn stretches(glyphs: &[Glyph]) -> Vec<Stretch<'_>> {
    let mut stretches: Vec<Stretch<'_>> = Vec::new();
    let mut start = 0_usize;
    for (at, pair) in glyphs.windows(2).enumerate() {
        let [before, after] = pair else { continue };
        let size = before.size.max(after.size);
        let gap = after.along - (before.along + before.advance);
        let level = (after.across - before.across).abs() <= size * BASELINE;
        if !(level && gap >= -size * BACK && gap <= size * CELL_GAP) {
            let end = at.saturating_add(1);
            stretches.extend(glyphs.get(start..end).and_then(Stretch::new));
            start = end;
        }
    }
    stretches.extend(glyphs.get(start..).and_then(Stretch::new));
    stretches
}

impl<'g> Stretch<'g> {
    fn new(glyphs: &'g [Glyph]) -> Option<Self> {
        let (first, last) = (glyphs.first()?, glyphs.last()?);
        let size = glyphs.iter().map(|glyph| glyph.size).fold(0.0, f32::max);
        let to = last.along + last.advance;
        Some(Stretch { glyphs, from: first.along, to, across: first.across, size, column: None })
    }

    fn same_text(&self, other: &Self) -> bool {
        self.glyphs.len() == other.glyphs.len()
            && self.glyphs.iter().zip(other.glyphs).all(|(a, b)| same(a.text.as_ref(), b.text.as_ref()))
    }
}

fn same(a: Option<&Text>, b: Option<&Text>) -> bool {
    match (a, b) {
        (Some(Text::One(a)), Some(Text::One(b))) => a == b,
        (Some(Text::More(a)), Some(Text::More(b))) => a == b,
        (None, None) => true,
        _ => false,
    }
}

/// Lines of a page that was scanned askew rise or fall alike; the end of one may stand at the height of the next.
fn straighten(stretches: &mut [Stretch<'_>]) {
    let mut slopes: Vec<(f32, f32)> = Vec::new();
    for stretch in stretches.iter() {
        let (Some(first), Some(last)) = (stretch.glyphs.first(), stretch.glyphs.last()) else { continue };
        let length = last.along - first.along;
        if length > stretch.size {
            slopes.push(((last.across - first.across) / length, length));
        }
    }
    slopes.sort_by(|a, b| a.0.total_cmp(&b.0));
    // The slope of the middle of all that is written: a raised character at the end of a word is no slope.
    let mut left = slopes.iter().map(|(_, length)| length).sum::<f32>() / 2.0;
    let middle = slopes.iter().find(|(_, length)| {
        left -= length;
        left <= 0.0
    });
    let slope = middle.map_or(0.0, |(slope, _)| *slope);
    if slope.abs() > LEVEL {
        for stretch in stretches {
            stretch.across -= slope * stretch.from;
        }
    }
}

/// Text that is drawn again where it stands, for weight or a shadow, is read once.
fn drop_repeated(stretches: &mut Vec<Stretch<'_>>) {
    let mut order: Vec<usize> = (0..stretches.len()).collect();
    let at = |index: &usize| stretches.get(*index).map_or((0.0, 0.0), |stretch| (stretch.across, stretch.from));
    order.sort_by(|a, b| at(b).0.total_cmp(&at(a).0).then(at(a).1.total_cmp(&at(b).1)));
    let mut repeated = vec![false; stretches.len()];
    for (position, &one) in order.iter().enumerate() {
        let Some(first) = stretches.get(one) else { continue };
        if repeated.get(one) == Some(&true) {
            continue;
        }
        let near = first.size * TWICE;
        // What stands at nearly the same height follows in the order.
        for &other in order.iter().skip(position.saturating_add(1)).take(64) {
            let Some(second) = stretches.get(other) else { continue };
            if first.across - second.across > near {
                break;
            }
            if (first.from - second.from).abs() <= near
                && first.same_text(second)
                && let Some(slot) = repeated.get_mut(other)
            {
                *slot = true;
            }
        }
    }
    let mut repeated = repeated.into_iter();
    stretches.retain(|_| repeated.next() != Some(true));
}

/// Finds columns of prose that stand beside each other.
fn mark_columns(stretches: &mut [Stretch<'_>]) {
    struct Block {
        range: std::ops::Range<usize>,
        characters: usize,
        from: f32,
        to: f32,
        top: f32,
        bottom: f32,
    }
    let mut blocks: Vec<Block> = Vec::new();
    for (index, stretch) in stretches.iter().enumerate() {
        let continues = blocks.last_mut().filter(|block| {
            let below = block.bottom - stretch.across;
            below > stretch.size * BASELINE
                && below <= stretch.size * LEADING
                && stretch.from < block.to
                && block.from < stretch.to
        });
        match continues {
            Some(block) => {
                block.range.end = index.saturating_add(1);
                block.characters = block.characters.saturating_add(stretch.glyphs.len());
                block.from = block.from.min(stretch.from);
                block.to = block.to.max(stretch.to);
                block.bottom = stretch.across;
            }
            None => blocks.push(Block {
                range: index..index.saturating_add(1),
                characters: stretch.glyphs.len(),
                from: stretch.from,
                to: stretch.to,
                top: stretch.across,
                bottom: stretch.across,
            }),
        }
    }
    blocks.retain(|block| {
        let lines = block.range.len();
        lines >= SHORT_COLUMN && block.characters >= lines.saturating_mul(COLUMN_CHARACTERS)
    });
    for (number, block) in blocks.iter().enumerate().take(256) {
        let long = block.range.len() >= COLUMN_LINES;
        let beside = |other: &Block| {
            (long || other.range.len() >= COLUMN_LINES)
                && other.top >= block.bottom
                && block.top >= other.bottom
                && (other.from >= block.to || block.from >= other.to)
        };
        if blocks.iter().take(256).any(beside) {
            for stretch in stretches.get_mut(block.range.clone()).unwrap_or_default() {
                stretch.column = Some(number);
            }
        }
    }
}

/// Stretches that stand at one height, from left to right; rows from top to bottom.
fn rows<'s, 'g>(mut stretches: Vec<&'s Stretch<'g>>) -> Vec<Vec<&'s Stretch<'g>>> {
    stretches.sort_by(|a, b| b.across.total_cmp(&a.across).then(a.from.total_cmp(&b.from)));
    let mut rows: Vec<Vec<&'s Stretch<'g>>> = Vec::new();
    for stretch in stretches {
        match rows.last_mut() {
            Some(row)
                if row.last().is_some_and(|last| {
                    (last.across - stretch.across).abs() <= last.size.min(stretch.size) * BASELINE
                }) =>
            {
                row.push(stretch);
            }
            _ => rows.push(vec![stretch]),
        }
    }
    for row in &mut rows {
        row.sort_by(|a, b| a.from.total_cmp(&b.from));
    }
    rows
}

/// What stands between two glyphs.
#[derive(Clone, Copy, PartialEq)]
enum Between {
    Nothing,
    Space,
    Tab,
}

/// The text of a row.
fn line(row: &[&Stretch<'_>], out: &mut String) {
    let glyphs: Vec<&Glyph> = row.iter().flat_map(|stretch| stretch.glyphs).collect();
    let mut between: Vec<(Between, f32)> = Vec::with_capacity(glyphs.len());
    let mut end: Option<&Glyph> = None;
    for glyph in &glyphs {
        let what = match end {
            None => (Between::Nothing, 0.0),
            Some(before) => {
                let size = before.size.max(glyph.size).max(f32::MIN_POSITIVE);
                let gap = (glyph.along - (before.along + before.advance)) / size;
                let digits = is_digit(before) && is_digit(glyph);
                let what = if gap > CELL_GAP {
                    Between::Tab
                } else if gap > if digits { NUMBER_GAP } else { WORD_GAP } {
                    Between::Space
                } else {
                    Between::Nothing
                };
                (what, gap)
            }
        };
        between.push(what);
        end = Some(glyph);
    }
    close_even_gaps(&glyphs, &mut between);
    for (glyph, (what, _)) in glyphs.iter().zip(between) {
        match what {
            Between::Tab => out.push('\t'),
            Between::Space if !out.ends_with([' ', '\t', '\n']) && !is_space(glyph) => out.push(' '),
            _ => {}
        }
        match &glyph.text {
            Some(Text::One(character)) => out.push(*character),
            Some(Text::More(text)) => out.push_str(text),
            None => out.push(char::REPLACEMENT_CHARACTER),
        }
    }
}

/// Single characters at even distances belong together: `s p r e a d` text, and digits in the boxes of a form.
fn close_even_gaps(glyphs: &[&Glyph], between: &mut [(Between, f32)]) {
    close_gaps(glyphs, between, SPREAD, SPREAD_GAP, |glyph| !is_space(glyph));
    close_gaps(glyphs, between, BOXES, BOXES_GAP, is_digit);
}

fn close_gaps(
    glyphs: &[&Glyph],
    between: &mut [(Between, f32)],
    least_many: usize,
    widest: f32,
    fits: impl Fn(&Glyph) -> bool,
) {
    let wide = |between: &[(Between, f32)], at: usize| {
        between.get(at).is_some_and(|(what, gap)| *what != Between::Nothing && *gap <= widest)
            && glyphs.get(at).is_some_and(|glyph| fits(glyph))
            && at.checked_sub(1).and_then(|at| glyphs.get(at)).is_some_and(|glyph| fits(glyph))
    };
    let mut at = 0_usize;
    while at < between.len() {
        if !wide(between, at) {
            at = at.saturating_add(1);
            continue;
        }
        let end = (at..between.len()).find(|&next| !wide(between, next)).unwrap_or(between.len());
        let run = between.get_mut(at..end).unwrap_or_default();
        if run.len().saturating_add(1) >= least_many {
            let least = run.iter().map(|(_, gap)| *gap).fold(f32::MAX, f32::min);
            for (what, gap) in run {
                if *gap <= least * 1.5 + 0.05 {
                    *what = Between::Nothing;
                }
            }
        }
        at = end;
    }
}

fn is_digit(glyph: &Glyph) -> bool {
    matches!(&glyph.text, Some(Text::One(character)) if character.is_ascii_digit())
}

fn is_space(glyph: &Glyph) -> bool {
    matches!(&glyph.text, Some(Text::One(character)) if character.is_whitespace())
}
