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
        writeln!(out, "==== {part}: not read, {} ====", unread.reason.rule())?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::inspect;
    use crate::message::RawMessage;

    #[test]
    fn every_text_stands_under_its_part() {
        let mail = "Subject: Emne\r\nTo: ola@a.example\r\nContent-Type: multipart/mixed; boundary=xyz\r\n\r\nforord\r\n--xyz\r\n\r\nHei\r\n--xyz\r\nContent-Type: text/html; name=a.html\r\n\r\n<p title=skjult>1<td>2\r\n--xyz\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7\r\n--xyz--\r\n";
        let inspection = inspect(&RawMessage::uncounted(mail.into()));
        let mut out = Vec::new();
        render(&inspection, &mut out).unwrap();
        let expected = "\
==== 0: header ====
Subject: Emne
To: ola@a.example
==== message: outside the parts ====
forord
==== 1: text ====
Hei
==== 2: file name ====
a.html
==== 2: attachment ====
1\t2
skjult
==== 3: not read, unsupported ====
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
