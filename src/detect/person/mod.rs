//! STUB
use std::sync::Arc;
use super::{Context, draft::Draft, category::*, finding::Finding};
use crate::text::{View, Zone};
#[derive(Default)]
pub struct Names;
impl Names { pub fn builtin() -> Arc<Names> { Arc::new(Names) } }
pub fn find(view: &View, index: usize, ctx: &Context, _n: &Names, out: &mut Vec<Finding>) {
    let t = view.normal();
    let mut words: Vec<(usize, &str)> = vec![];
    let mut s = None;
    for (i, c) in t.char_indices().chain(std::iter::once((t.len(), ' '))) {
        if c.is_alphanumeric() || (c == '-' && s.is_some()) { if s.is_none() { s = Some(i); } }
        else if let Some(b) = s.take() { words.push((b, &t[b..i])); }
    }
    let roles = ["brukaren","brukeren","klienten","pasienten","patienten","barnet","eleven","gutten","jenta","flickan","pojken","guten","pupil","patient","tenant","resident","child"];
    let kin = ["mor","far","mamma","pappa","mamman","pappan","sønnen","datteren","sonen","dottern","mother","father","daughter","son","søster","bror","dottera","mora","faren","mannen","kona","hustrun","makan"];
    let pron = ["han","hun","hon","ho","hen","hans","hennes","hennar","ham","henne","honom","him","his","her","she","he"];
    let mut push = |span: std::ops::Range<usize>, kind, st| {
        if matches!(view.zone_at(span.start), Zone::Signature | Zone::Disclaimer | Zone::Footer | Zone::Forward) { return; }
        out.push(Draft { category: Category::Name, kind, strength: st, span, rule: "stub", reasons: vec![], identity: String::new() }.into_finding(view, index));
    };
    let mut i = 0;
    while i < words.len() {
        let (b, w) = words[i];
        let lw = w.to_lowercase();
        let cap = |w: &str| w.chars().next().is_some_and(char::is_uppercase) && w.chars().skip(1).any(char::is_lowercase) && w.len() > 2;
        if pron.contains(&lw.as_str()) { push(b..b + w.len(), "person.pronoun", Strength::Weak); }
        else if kin.contains(&lw.as_str()) { push(b..b + w.len(), "person.kin", Strength::Medium); }
        else if roles.contains(&lw.as_str()) { push(b..b + w.len(), "person.role", Strength::Medium); }
        else if cap(w) {
            let mut j = i;
            while j + 1 < words.len() && cap(words[j + 1].1) && t[words[j].0 + words[j].1.len()..words[j + 1].0] == *" " { j += 1; }
            let full = &t[b..words[j].0 + words[j].1.len()];
            let e = b + full.len();
            let ls = t[..b].rfind('\n').map_or(0, |x| x + 1);
            let le = t[e..].find('\n').map_or(t.len(), |x| e + x);
            let line = t[ls..le].trim();
            let greet = ["Hej","Hei","Hi","Dear","Kjære","Kära","Hello","Mvh","Hilsen","Med","Til","Till"].contains(&w) || t[..b].trim_end().ends_with("Hej") || (line == full && view.origin.kind == crate::text::OriginKind::Body);
            if !greet && j > i && j - i < 3 && !ctx.own_names.iter().any(|n| n.contains(words[i].1)) && !["kommun","Kommune","Storgatan"].iter().any(|k| full.contains(k)) {
                push(b..b + full.len(), "name.full", Strength::Strong);
            }
            i = j;
        }
        i += 1;
    }
}
