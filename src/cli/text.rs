//! The text that detection saw, part by part.

use std::io::{self, Write};

use crate::inspect::Inspection;

pub fn render(inspection: &Inspection, out: &mut impl Write) -> io::Result<()> {
    for view in inspection.views.iter().filter(|view| !view.alternative) {
        writeln!(out, "-- part {}\n{}", view.origin.part, view.text())?;
    }
    Ok(())
}
