#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
//! Short mails, and what is disclosed in them: a row for each way of telling whose a circumstance is, or that it is
//! nobody's.

use std::sync::{Arc, LazyLock};

use super::*;
use crate::text::{OriginKind, View};

static DETECTOR: LazyLock<Arc<Detector>> = LazyLock::new(Detector::builtin);

fn view(kind: OriginKind, text: &str) -> View {
    let text: Arc<str> = text.into();
    let origin = Origin { kind, part: "1".into(), place: None, nested: 0 };
    View::read(origin, &text, 0..text.len(), kind == OriginKind::Body)
}

/// What a mail discloses that would be held.
fn told(from: &str, subject: &str, body: &str) -> Vec<Category> {
    let context = Context { own_addresses: vec![from.to_owned()], today: (2025, 12, 1), ..Context::default() };
    let views = [view(OriginKind::Subject, subject), view(OriginKind::Body, body)];
    let assessment = DETECTOR.assess(&views, &context);
    let held = assessment.disclosures.iter().filter(|d| d.severity >= Severity::Medium);
    held.map(|d| d.category).collect()
}

#[test]
fn whose_a_circumstance_is() {
    for (from, subject, body, category) in [
        // the reader's own
        ("a@b.example", "Prøvesvar", "Hei Arne, prøvene dine viser for lavt stoffskifte.", Some(Category::Health)),
        // in a row beside a name, whatever the other rows hold
        ("a@b.example", "Rom 114", "114\tKasper Wiik\tpanikkanfall\tegen vakt", Some(Category::Health)),
        ("a@b.example", "60 m", "1. Elias Ringdal 7,88\n2. Amina Osman 8,02\n3. Live Stokke 8,94", None),
        // a name is a name
        ("a@b.example", "Vakt", "Viktor Stella Berg tar vakten på fredag.", None),
        // invented, and said so in the paragraph before
        (
            "a@b.example",
            "Seminarium",
            "Fallet är helt påhittat:\n\nAnna, 34, är sjukskriven för utmattning och hyran är obetald.",
            None,
        ),
        // of many readers, none
        ("a@b.example", "Tur", "Kjære foreldre!\n\nTreng barnet ditt medisinar, så skriv det på lappen.", None),
        // an animal's
        ("post@dyreklinikken.example", "Sixten", "Sixten får insulin og går ned i vekt, han drikker mye.", None),
        // of a group
        ("a@b.example", "Figures", "14 tenants were evicted in March. Table by Edith Palmer.", None),
    ] {
        let found = told(from, subject, body);
        match category {
            Some(category) => assert!(found.contains(&category), "{subject}: {found:?}"),
            None => assert!(found.is_empty(), "{subject}: {found:?}"),
        }
    }
}
