//! Tables: numbers as people write them, and the numbers that are taken for them.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::*;
use crate::detect::category::Strength;
use crate::text::{Origin, OriginKind, Zone, ZoneSpan};

fn view(text: &str) -> View {
    let origin = Origin { kind: OriginKind::Body, part: Arc::from("1"), place: None, nested: 0 };
    let zones = vec![ZoneSpan { span: 0..text.len(), zone: Zone::New }];
    View::new(origin, Arc::from(text), text.to_owned(), vec![(0, 0)], zones, false)
}

fn context() -> Context {
    Context { today: (2026, 11, 21), count_synthetic: true, ..Context::default() }
}

fn found(text: &str) -> Vec<(String, Strength)> {
    let mut out = Vec::new();
    find(&view(text), 0, &context(), &Labels::builtin().unwrap(), &mut out);
    out.into_iter().map(|f| (f.kind.to_string(), f.strength)).collect()
}

#[test]
fn strength_from_surroundings() {
    use Strength::{Medium, Strong, Weak};
    for (text, kind, strength) in [
        ("Hei, fødselsnummeret mitt er 15827297337. Mvh", "synthetic", Strong),
        ("Hei, det riktige skal være 15827297337, ikke det som sto der.", "synthetic", Medium),
        ("Mitt personnummer är 19020617-9814.", "personnummer", Strong),
        ("080-klubben 19020617-9814 är bokad", "personnummer", Medium),
    ] {
        assert_eq!(found(text), [(kind.to_owned(), strength)], "{text:?}");
        let _ = Weak;
    }
}
