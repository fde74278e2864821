//! Bars as inline SVG. Lengths are percentages, so that they fit any width and no text is inside that could be
//! cut; each outcome has a pattern besides its colour, for print in black and white.

use std::fmt::Write;

use super::sheet::Row;
use super::suppress::Figure;
use super::tally::OUTCOMES;
use crate::policy::Verdict;

/// The patterns that everything below is filled with; once a page, before the first bar.
pub fn patterns(out: &mut String) {
    out.push_str("<svg width=\"0\" height=\"0\" class=\"patterns\" aria-hidden=\"true\" focusable=\"false\"><defs>\n");
    for outcome in OUTCOMES {
        let drawing = match outcome {
            Verdict::Relay => "<rect width=\"8\" height=\"8\" fill=\"#dde4e8\"/>",
            Verdict::Warn => {
                "<rect width=\"8\" height=\"8\" fill=\"#f6e3b4\"/><circle cx=\"2\" cy=\"2\" r=\"1.2\" fill=\"#7a5a00\"/><circle cx=\"6\" cy=\"6\" r=\"1.2\" fill=\"#7a5a00\"/>"
            }
            Verdict::Reroute => {
                "<rect width=\"8\" height=\"8\" fill=\"#cfe6d6\"/><path d=\"M-2 2L2 -2M0 8L8 0M6 10L10 6\" stroke=\"#24633d\" stroke-width=\"1.6\"/>"
            }
            Verdict::Quarantine => "<rect width=\"8\" height=\"8\" fill=\"#0b4f6c\"/>",
            Verdict::Reject => {
                "<rect width=\"8\" height=\"8\" fill=\"#fff\"/><path d=\"M0 0L8 8M8 0L0 8\" stroke=\"#8c1d18\" stroke-width=\"1.8\"/>"
            }
        };
        let name = outcome.as_str();
        push(
            out,
            format_args!(
                "<pattern id=\"p-{name}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">{drawing}</pattern>\n"
            ),
        );
    }
    out.push_str("</defs></svg>\n");
}

/// What an outcome is drawn as.
pub fn swatch(out: &mut String, outcome: Verdict) {
    push(
        out,
        format_args!(
            "<svg width=\"16\" height=\"12\" aria-hidden=\"true\" focusable=\"false\">{}</svg>",
            rect(Some(outcome), "0.5", "0.5", "15", "11")
        ),
    );
}

/// One bar of the outcomes side by side, gravest first, then what is not broken down; `whole` is as long as the
/// space there is.
pub fn bar(out: &mut String, row: &Row, whole: u64, height: u32, class: &str) {
    push(
        out,
        format_args!(
            "<svg class=\"{class}\" width=\"100%\" height=\"{height}\" aria-hidden=\"true\" focusable=\"false\">"
        ),
    );
    let mut at = 0_u64;
    for (outcome, number) in gravest_first(row) {
        let (from, to) = (percent(at, whole), percent(at.saturating_add(number), whole));
        at = at.saturating_add(number);
        let width = format!("{:.2}%", (to - from).max(0.0));
        out.push_str(&rect(outcome, &format!("{from:.2}%"), "0.5", &width, &height.saturating_sub(1).to_string()));
    }
    out.push_str("</svg>");
}

/// A column for each row, gravest at the foot.
pub fn columns(out: &mut String, rows: &[&Row], highest: u64) {
    const HEIGHT: f64 = 110.0;
    push(out, format_args!("<svg width=\"100%\" height=\"{HEIGHT}\" aria-hidden=\"true\" focusable=\"false\">"));
    let slots = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    for (number, row) in (0_u64..).zip(rows) {
        let x = percent(number, slots);
        let width = (percent(number.saturating_add(1), slots) - x) * 0.8;
        let mut foot = HEIGHT;
        for (outcome, count) in gravest_first(row) {
            let height = percent(count, highest) / 100.0 * (HEIGHT - 1.0);
            foot -= height;
            let (y, height) = (format!("{foot:.1}"), format!("{height:.1}"));
            out.push_str(&rect(outcome, &format!("{x:.2}%"), &y, &format!("{width:.2}%"), &height));
        }
    }
    push(out, format_args!("<line x1=\"0\" y1=\"{HEIGHT}\" x2=\"100%\" y2=\"{HEIGHT}\" stroke=\"#5b6a72\"/></svg>\n"));
}

/// The pattern of [`months`] and [`length`], in the colour of the text around; once a page.
pub const STRIPES: &str = "<svg width=\"0\" height=\"0\" class=\"patterns\" aria-hidden=\"true\" focusable=\"false\"><defs>\
    <pattern id=\"stripes\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">\
    <path d=\"M-1 1L1 -1M0 6L6 0M5 7L7 5\" stroke=\"currentColor\" stroke-width=\"1.4\"/></pattern></defs></svg>";

/// A column for each figure, with the figure above it and its name below. What is not shown has no column.
pub fn months(columns: &[(String, Figure, String)]) -> String {
    const HEIGHT: f64 = 120.0;
    const ABOVE: f64 = 18.0;
    let shown = |figure: Figure| if let Figure::Shown(number) = figure { number } else { 0 };
    let highest = columns.iter().map(|(_, figure, _)| shown(*figure)).max().unwrap_or_default();
    let slots = u64::try_from(columns.len()).unwrap_or(u64::MAX);
    let mut out = String::new();
    let whole = HEIGHT + 2.0 * ABOVE;
    push(&mut out, format_args!("<svg width=\"100%\" height=\"{whole}\" aria-hidden=\"true\" focusable=\"false\">"));
    for (number, (name, figure, written)) in (0_u64..).zip(columns) {
        let x = percent(number, slots);
        let slot = percent(1, slots);
        let height = percent(shown(*figure), highest) / 100.0 * HEIGHT;
        let top = ABOVE + HEIGHT - height;
        let middle = x + slot / 2.0;
        if height > 0.0 {
            push(
                &mut out,
                format_args!(
                    "<rect x=\"{:.2}%\" y=\"{top:.1}\" width=\"{:.2}%\" height=\"{height:.1}\" fill=\"url(#stripes)\" \
                     stroke=\"currentColor\"/>",
                    x + slot * 0.15,
                    slot * 0.7
                ),
            );
        }
        for (y, text) in [(top - 5.0, written), (whole - 4.0, name)] {
            let text = crate::notice::escape(text);
            push(&mut out, format_args!("<text x=\"{middle:.2}%\" y=\"{y:.1}\" text-anchor=\"middle\">{text}</text>"));
        }
    }
    let foot = ABOVE + HEIGHT;
    push(
        &mut out,
        format_args!("<line x1=\"0\" y1=\"{foot}\" x2=\"100%\" y2=\"{foot}\" stroke=\"currentColor\"/></svg>"),
    );
    out
}

/// A bar as long as its part of the longest one.
pub fn length(part: Figure, longest: Figure) -> String {
    let (Figure::Shown(part), Figure::Shown(longest)) = (part, longest) else { return String::new() };
    let width = percent(part, longest);
    format!(
        "<svg class=\"length\" width=\"100%\" height=\"9\" aria-hidden=\"true\" focusable=\"false\"><rect x=\"0.5\" y=\"0.5\" \
         width=\"{width:.2}%\" height=\"8\" fill=\"url(#stripes)\" stroke=\"currentColor\"/></svg>"
    )
}

/// A piece of a bar; `None` is what is not broken down.
fn rect(outcome: Option<Verdict>, x: &str, y: &str, width: &str, height: &str) -> String {
    let stroke = match outcome {
        None => "#8a979e\" stroke-dasharray=\"3 2",
        Some(Verdict::Relay) => "#8a979e",
        Some(Verdict::Warn) => "#7a5a00",
        Some(Verdict::Reroute) => "#24633d",
        Some(Verdict::Quarantine) => "#0b4f6c",
        Some(Verdict::Reject) => "#8c1d18",
    };
    let fill = outcome.map_or_else(|| "#fff".to_owned(), |outcome| format!("url(#p-{})", outcome.as_str()));
    format!("<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\" stroke=\"{stroke}\"/>")
}

/// The figures that are shown, and no others; then what of a sum that is shown they leave.
fn gravest_first(row: &Row) -> impl Iterator<Item = (Option<Verdict>, u64)> {
    let parts: Vec<(Verdict, u64)> = OUTCOMES
        .into_iter()
        .zip(row.figures)
        .rev()
        .filter_map(|(outcome, figure)| if let Figure::Shown(number) = figure { Some((outcome, number)) } else { None })
        .collect();
    let rest = match row.sum() {
        Figure::Shown(sum) => parts.iter().fold(sum, |rest, (_, number)| rest.saturating_sub(*number)),
        Figure::Few | Figure::Withheld => 0,
    };
    let parts = parts.into_iter().map(|(outcome, number)| (Some(outcome), number));
    parts.chain([(None, rest)]).filter(|(_, number)| *number > 0)
}

/// Counts beyond 2^53 lose digits that no bar shows.
#[allow(clippy::cast_precision_loss)]
fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64 * 100.0).min(100.0) }
}

/// Writing to a `String` cannot fail.
pub fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_shown_has_a_mark_and_no_column() {
        let column = |name: &str, figure, written: &str| (name.to_owned(), figure, written.to_owned());
        let drawn = months(&[
            column("jan", Figure::Shown(40), "40"),
            column("feb", Figure::Few, "<5"),
            column("mar", Figure::Withheld, "*"),
        ]);
        assert_eq!(drawn.matches("<rect").count(), 1);
        assert!(drawn.contains(">40</text>") && drawn.contains(">&lt;5</text>") && drawn.contains(">*</text>"));
        assert_eq!(length(Figure::Few, Figure::Shown(9)), "");
        assert!(length(Figure::Shown(3), Figure::Shown(9)).contains("33.33%"));
    }
}
