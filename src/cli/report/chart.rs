//! Bars as inline SVG. Lengths are percentages, so that they fit any width and no text is inside that could be
//! cut; each outcome has a pattern besides its colour, for print in black and white.

use super::html::push;
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
            rect(outcome, "0.5", "0.5", "15", "11")
        ),
    );
}

/// One bar of the outcomes side by side, gravest first; `whole` is as long as the space there is.
pub fn bar(out: &mut String, figures: &[Figure], whole: u64, height: u32, class: &str) {
    push(
        out,
        format_args!(
            "<svg class=\"{class}\" width=\"100%\" height=\"{height}\" aria-hidden=\"true\" focusable=\"false\">"
        ),
    );
    let mut at = 0;
    for (outcome, number) in gravest_first(figures) {
        let (from, to) = (percent(at, whole), percent(at.saturating_add(number), whole));
        at = at.saturating_add(number);
        let width = format!("{:.2}%", (to - from).max(0.0));
        out.push_str(&rect(outcome, &format!("{from:.2}%"), "0.5", &width, &height.saturating_sub(1).to_string()));
    }
    out.push_str("</svg>");
}

/// A column for each row of figures, gravest at the foot.
pub fn columns(out: &mut String, rows: &[&[Figure]], highest: u64) {
    const HEIGHT: f64 = 110.0;
    push(out, format_args!("<svg width=\"100%\" height=\"{HEIGHT}\" aria-hidden=\"true\" focusable=\"false\">"));
    let slots = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    for (number, figures) in (0_u64..).zip(rows) {
        let x = percent(number, slots);
        let width = (percent(number.saturating_add(1), slots) - x) * 0.8;
        let mut foot = HEIGHT;
        for (outcome, count) in gravest_first(figures) {
            let height = percent(count, highest) / 100.0 * (HEIGHT - 1.0);
            foot -= height;
            let (y, height) = (format!("{foot:.1}"), format!("{height:.1}"));
            out.push_str(&rect(outcome, &format!("{x:.2}%"), &y, &format!("{width:.2}%"), &height));
        }
    }
    push(out, format_args!("<line x1=\"0\" y1=\"{HEIGHT}\" x2=\"100%\" y2=\"{HEIGHT}\" stroke=\"#5b6a72\"/></svg>\n"));
}

fn rect(outcome: Verdict, x: &str, y: &str, width: &str, height: &str) -> String {
    let stroke = match outcome {
        Verdict::Relay => "#8a979e",
        Verdict::Warn => "#7a5a00",
        Verdict::Reroute => "#24633d",
        Verdict::Quarantine => "#0b4f6c",
        Verdict::Reject => "#8c1d18",
    };
    let name = outcome.as_str();
    format!(
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"url(#p-{name})\" stroke=\"{stroke}\"/>"
    )
}

/// The figures that are shown, and no others.
fn gravest_first(figures: &[Figure]) -> impl Iterator<Item = (Verdict, u64)> {
    OUTCOMES.into_iter().zip(figures).rev().filter_map(|(outcome, figure)| match figure {
        Figure::Shown(number) if *number > 0 => Some((outcome, *number)),
        _ => None,
    })
}

/// Counts beyond 2^53 lose digits that no bar shows.
#[allow(clippy::cast_precision_loss)]
fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64 * 100.0).min(100.0) }
}
