//! Bars as inline SVG. Lengths are percentages, so that they fit any width and no text is inside that could be
//! cut; each outcome has a pattern besides its colour, for print in black and white.

use super::html::push;
use super::sheet::Row;
use super::suppress::Figure;
use super::tally::OUTCOMES;
use crate::policy::Verdict;

/// The patterns that everything below is filled with; once a page, before the first bar.
pub fn patterns(out: &mut String) {
    out.push_str(
        "<svg width=\"0\" height=\"0\" style=\"position:absolute\" aria-hidden=\"true\" focusable=\"false\"><defs>\n",
    );
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
