//! Inspection as tables: one row a mail, with what must be found in it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod attachments;
mod hostile;
mod oracles;
mod ordinary;
mod structure;

use super::*;
use crate::text::OriginKind;

/// Inspects a mail written with LF line ends.
fn read(mail: &str) -> Inspection {
    bytes(mail.replace('\n', "\r\n").into_bytes())
}

fn bytes(mail: Vec<u8>) -> Inspection {
    inspect(&RawMessage::uncounted(mail))
}

/// `kind part: normal` of every view.
fn outline(inspection: &Inspection) -> Vec<String> {
    let line = |view: &View| {
        let alternative = if view.alternative { "*" } else { "" };
        format!("{:?}{alternative} {}: {}", view.origin.kind, view.origin.part, view.normal())
    };
    inspection.views.iter().map(line).collect()
}

fn reasons(inspection: &Inspection) -> Vec<String> {
    inspection.uninspectable.iter().map(|u| format!("{} {}", u.part, u.reason.rule())).collect()
}

/// Whether some view of `kind` shows `needle`.
fn shows(inspection: &Inspection, kind: OriginKind, needle: &str) -> bool {
    inspection.views.iter().any(|view| view.origin.kind == kind && view.normal().contains(needle))
}
