//! The report as one page: no script, nothing from elsewhere, fit for a screen, a phone and A4 in black and
//! white. Bars are drawn from the figures that are shown, and from no others; each stands in the row of the
//! table that has its numbers.

use super::about::{About, headline, held_in_words};
use crate::notice;
use crate::report::chart::{self, push};
use crate::report::sheet::{Name, Row, Sheet, Sheets};
use crate::report::suppress::Figure;
use crate::report::tally::{Dimension, OUTCOMES};
use crate::report::words::Words;

const STYLE: &str = include_str!("page.css");
/// Rows of a table that may have very many.
const MAX_ROWS: usize = 15;

/// The whole page.
pub fn page(sheets: &Sheets, about: &About, words: &Words) -> String {
    let texts = &words.texts;
    let mut out = String::new();
    let title = escape(&texts.title);
    push(
        &mut out,
        format_args!(
            "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n",
            words.language.as_str()
        ),
    );
    out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    out.push_str("<meta name=\"robots\" content=\"noindex\">\n");
    push(&mut out, format_args!("<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"));
    chart::patterns(&mut out);
    push(
        &mut out,
        format_args!("<main>\n<header>\n<h1>{title}</h1>\n<p class=\"lead\">{}</p>\n", escape(&texts.about)),
    );
    out.push_str("<dl class=\"facts\">\n");
    for (label, value) in about.facts(sheets, words) {
        push(&mut out, format_args!("<dt>{}</dt><dd>{}</dd>\n", escape(&label), escape(&value)));
    }
    out.push_str("</dl>\n</header>\n");
    if sheets.sheets.is_empty() {
        push(&mut out, format_args!("<p>{}</p>\n", escape(&texts.too_few)));
    } else {
        summary(&mut out, sheets, words);
        guide(&mut out, words);
        for sheet in &sheets.sheets {
            table(&mut out, sheet, words, "", 2);
        }
        for (number, unit) in sheets.units.iter().enumerate() {
            let id = format!("u{number}-");
            push(&mut out, format_args!("<section class=\"unit\" aria-labelledby=\"{id}h\">\n"));
            let title = texts.units.title.replace("{unit}", &unit.unit);
            push(&mut out, format_args!("<h2 id=\"{id}h\">{}</h2>\n", escape(&title)));
            let mails = words.figure(unit.all.sum());
            let held = held_in_words(&unit.all, words);
            let intro = texts.units.intro.replace("{mails}", &mails).replace("{held}", &held);
            push(&mut out, format_args!("<p class=\"intro\">{}</p>\n", escape(&intro)));
            for sheet in &unit.sheets {
                table(&mut out, sheet, words, &id, 3);
            }
            out.push_str("</section>\n");
        }
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn summary(out: &mut String, sheets: &Sheets, words: &Words) {
    out.push_str("<ul class=\"headline\">\n");
    for (number, share, text) in headline(&sheets.all, words) {
        let share = share.map(|share| format!(" <small>{}</small>", escape(&share))).unwrap_or_default();
        push(out, format_args!("<li><b>{}{share}</b>{}</li>\n", escape(&number), escape(&text)));
    }
    out.push_str("</ul>\n");
    let columns = columns(std::iter::once(&sheets.all));
    let named = |n: &usize| {
        let outcome = OUTCOMES[*n];
        (outcome, words.outcome(outcome).to_owned(), words.figure(sheets.all.figures[*n]))
    };
    let parts: Vec<_> = columns.iter().map(named).collect();
    let said: Vec<String> = parts.iter().map(|(_, name, figure)| format!("{name} {figure}")).collect();
    let alt = format!("{}: {}", words.texts.headline.chart, said.join(", "));
    push(out, format_args!("<figure role=\"img\" aria-label=\"{}\">\n", escape(&alt)));
    chart::bar(out, &sheets.all, shown(sheets.all.sum()), 26, "");
    out.push_str("<div class=\"legend\">");
    for (outcome, name, figure) in &parts {
        out.push_str("<span>");
        chart::swatch(out, *outcome);
        push(out, format_args!("{} {}</span>", escape(name), escape(figure)));
    }
    out.push_str("</div>\n</figure>\n");
}

fn guide(out: &mut String, words: &Words) {
    let guide = &words.texts.guide;
    push(out, format_args!("<h2>{}</h2>\n<ul class=\"guide\">\n", escape(&guide.title)));
    for point in guide.points.iter().chain([&guide.few, &guide.withheld]) {
        push(out, format_args!("<li>{}</li>\n", escape(point)));
    }
    out.push_str("</ul>\n");
}

/// One table under a heading of this level; `prefix` makes its id the only one of the page.
fn table(out: &mut String, sheet: &Sheet, words: &Words, prefix: &str, level: u8) {
    let Some(texts) = words.table(sheet.dimension) else { return };
    let id = format!("{prefix}{}", sheet.dimension.as_str());
    let title = escape(&texts.title);
    push(out, format_args!("<h{level} id=\"{id}\">{title}</h{level}>\n"));
    if level == 2 {
        push(out, format_args!("<p class=\"note\">{}</p>\n", escape(&texts.note)));
    }
    if sheet.dimension == Dimension::Day {
        days(out, sheet, words, &texts.title);
    }
    push(
        out,
        format_args!("<div class=\"scroll\" role=\"region\" aria-labelledby=\"{id}\" tabindex=\"0\">\n<table>\n"),
    );
    push(out, format_args!("<caption>{title}</caption>\n<thead>\n<tr><th scope=\"col\">{}</th>", escape(&texts.row)));
    let limited = sheet.dimension.is_open() && !matches!(sheet.dimension, Dimension::Unit | Dimension::Day);
    let most = if limited { MAX_ROWS } else { usize::MAX };
    let columns = columns(sheet.rows.iter().chain(&sheet.total));
    for &column in &columns {
        out.push_str("<th scope=\"col\">");
        chart::swatch(out, OUTCOMES[column]);
        push(out, format_args!("{}</th>", escape(words.outcome(OUTCOMES[column]))));
    }
    push(out, format_args!("<th scope=\"col\">{}</th></tr>\n</thead>\n<tbody>\n", escape(&words.texts.total)));
    let longest = sheet.rows.iter().map(|row| shown(row.sum())).max().unwrap_or_default();
    for row in sheet.rows.iter().take(most) {
        line(out, sheet.dimension, row, &columns, words, longest);
    }
    out.push_str("</tbody>\n");
    if let Some(total) = &sheet.total {
        out.push_str("<tfoot>\n");
        line(out, sheet.dimension, total, &columns, words, 0);
        out.push_str("</tfoot>\n");
    }
    out.push_str("</table>\n</div>\n");
    let more = sheet.rows.len().saturating_sub(most);
    if more > 0 {
        let text = words.texts.more_rows.replace("{n}", &more.to_string());
        push(out, format_args!("<p class=\"note\">{}</p>\n", escape(&text)));
    }
}

fn line(out: &mut String, dimension: Dimension, row: &Row, columns: &[usize], words: &Words, longest: u64) {
    let name = escape(&words.row(dimension, &row.name));
    let is_code = matches!(dimension, Dimension::Kind | Dimension::Rule | Dimension::Reason);
    let name = if is_code && matches!(row.name, Name::Word(_)) { format!("<code>{name}</code>") } else { name };
    push(out, format_args!("<tr><th scope=\"row\">{name}"));
    if longest > 0 && shown(row.sum()) > 0 {
        chart::bar(out, row, longest, 10, "bar");
    }
    out.push_str("</th>");
    for figure in columns.iter().map(|&column| row.figures[column]).chain([row.sum()]) {
        let class = if matches!(figure, Figure::Shown(_)) { "" } else { " class=\"mark\"" };
        push(out, format_args!("<td{class}>{}</td>", escape(&words.figure(figure))));
    }
    out.push_str("</tr>\n");
}

/// A column a day, above the table that has their numbers.
fn days(out: &mut String, sheet: &Sheet, words: &Words, title: &str) {
    let is_day = |row: &&Row| matches!(&row.name, Name::Word(day) if day != crate::report::tally::NO_DAY);
    let rows: Vec<&Row> = sheet.rows.iter().filter(is_day).collect();
    let [first, .., last] = rows.as_slice() else { return };
    let alt = words.texts.chart.replace("{title}", title);
    push(out, format_args!("<figure role=\"img\" aria-label=\"{}\">\n", escape(&alt)));
    let highest = rows.iter().map(|row| shown(row.sum())).max().unwrap_or_default();
    chart::columns(out, &rows, highest);
    let name = |row: &Row| escape(&words.row(Dimension::Day, &row.name));
    push(
        out,
        format_args!("<div class=\"axis\"><span>{}</span><span>{}</span></div>\n</figure>\n", name(first), name(last)),
    );
}

/// The outcomes that any of the rows has mails of, or may have.
fn columns<'a>(rows: impl Iterator<Item = &'a Row> + Clone) -> Vec<usize> {
    (0..OUTCOMES.len()).filter(|&column| rows.clone().any(|row| row.figures[column] != Figure::Shown(0))).collect()
}

/// What may be drawn of a figure.
fn shown(figure: Figure) -> u64 {
    match figure {
        Figure::Shown(number) => number,
        Figure::Few | Figure::Withheld => 0,
    }
}

/// Text that is markup nowhere, neither between tags nor in an attribute.
pub fn escape(text: &str) -> String {
    notice::escape(&text.replace(char::is_control, " "))
}

#[cfg(test)]
#[path = "html_tests.rs"]
mod tests;
