//! `sluss check --text`: a mail as inspection reads it, part by part.
//!
//! Offsets of findings refer to the text under the heading of their part, counted in bytes from the
//! first character after the heading's line.

use std::io::{self, Write};
use std::sync::Arc;

use crate::inspect::Inspection;
use crate::text::{OriginKind, View};

/// Prints every text once, under a heading with its part, what it is, and its place.
pub fn render(inspection: &Inspection, out: &mut impl Write) -> io::Result<()> {
    let mut last: Option<&View> = None;
    for view in &inspection.views {
        if !last.is_some_and(|last| Arc::ptr_eq(last.text(), view.text())) {
            heading(view, out)?;
            out.write_all(view.text().as_bytes())?;
            if !view.text().ends_with('\n') {
                out.write_all(b"\n")?;
            }
        }
        last = Some(view);
    }
    for unread in &inspection.uninspectable {
        let part = if unread.part.is_empty() { "message" } else { unread.part.as_str() };
        writeln!(out, "==== {part}: not read, {} ====", unread.reason.as_str())?;
    }
    Ok(())
}

fn heading(view: &View, out: &mut impl Write) -> io::Result<()> {
    let part = if view.origin.part.is_empty() { "message" } else { &view.origin.part };
    write!(out, "==== {part}: {}", kind(view.origin.kind))?;
    if let Some(place) = &view.origin.place {
        write!(out, ", {place}")?;
    }
    writeln!(out, " ====")
}

fn kind(kind: OriginKind) -> &'static str {
    match kind {
        OriginKind::Subject | OriginKind::Header => "header",
        OriginKind::Body => "text",
        OriginKind::Html => "html",
        OriginKind::Filename => "file name",
        OriginKind::Attachment => "attachment",
        OriginKind::Gap => "outside the parts",
    }
}
