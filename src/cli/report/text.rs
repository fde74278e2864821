//! The report for a terminal: the same figures, in columns.

use std::io::{self, Write};

use super::about::{About, headline};
use crate::report::sheet::{Row, Sheet, Sheets};
use crate::report::suppress::Figure;
use crate::report::tally::OUTCOMES;
use crate::report::words::Words;

/// Rows of a table that may have very many.
const MAX_ROWS: usize = 12;
/// Characters of a row's name.
const MAX_NAME: usize = 72;

pub fn write(sheets: &Sheets, about: &About, words: &Words, out: &mut impl Write) -> io::Result<()> {
    let texts = &words.texts;
    heading(&texts.title, '=', out)?;
    for (label, value) in about.facts(sheets, words) {
        writeln!(out, "{label}: {value}")?;
    }
    writeln!(out)?;
    if sheets.sheets.is_empty() {
        return writeln!(out, "{}", texts.too_few);
    }
    for (number, share, text) in headline(&sheets.all, words) {
        writeln!(out, "{number:>9} {:>8}  {text}", share.unwrap_or_default())?;
    }
    for sheet in &sheets.sheets {
        table(sheet, words, out)?;
    }
    for unit in &sheets.units {
        writeln!(out)?;
        heading(&texts.units.title.replace("{unit}", &unit.unit), '=', out)?;
        for sheet in &unit.sheets {
            table(sheet, words, out)?;
        }
    }
    writeln!(out, "\n{}\n{}", texts.guide.few, texts.guide.withheld)
}

fn heading(text: &str, under: char, out: &mut impl Write) -> io::Result<()> {
    let line: String = std::iter::repeat_n(under, text.chars().count()).collect();
    writeln!(out, "{text}\n{line}")
}

fn table(sheet: &Sheet, words: &Words, out: &mut impl Write) -> io::Result<()> {
    let Some(texts) = words.table(sheet.dimension) else { return Ok(()) };
    let most = if sheet.dimension.is_open() { MAX_ROWS } else { usize::MAX };
    let rows: Vec<(String, &Row)> = sheet
        .rows
        .iter()
        .take(most)
        .chain(&sheet.total)
        .map(|row| (short(&words.row(sheet.dimension, &row.name)), row))
        .collect();
    let columns: Vec<usize> =
        (0..OUTCOMES.len()).filter(|&n| rows.iter().any(|(_, row)| row.figures[n] != Figure::Shown(0))).collect();
    let heads: Vec<&str> =
        columns.iter().map(|&n| words.outcome(OUTCOMES[n])).chain([words.texts.total.as_str()]).collect();
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    writeln!(out)?;
    heading(&texts.title, '-', out)?;
    write!(out, "{:width$}", "")?;
    for head in &heads {
        write!(out, "  {head:>8}")?;
    }
    writeln!(out)?;
    for (name, row) in &rows {
        write!(out, "{name:width$}")?;
        for (figure, head) in columns.iter().map(|&n| row.figures[n]).chain([row.sum()]).zip(&heads) {
            let wide = head.chars().count().max(8);
            write!(out, "  {:>wide$}", words.figure(figure))?;
        }
        writeln!(out)?;
    }
    let more = sheet.rows.len().saturating_sub(most);
    if more > 0 {
        writeln!(out, "{}", words.texts.more_rows.replace("{n}", &more.to_string()))?;
    }
    Ok(())
}

/// Fits its column, and says nothing to the terminal.
fn short(name: &str) -> String {
    let mut name: String = name.chars().map(|c| if c.is_control() { '·' } else { c }).collect();
    if let Some((cut, _)) = name.char_indices().nth(MAX_NAME) {
        name.truncate(cut);
        name.push('…');
    }
    name
}
