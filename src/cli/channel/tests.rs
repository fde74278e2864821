use jiff::civil::date;

use super::*;
use crate::channel::{Evidence, Pattern};

const TODAY: Date = date(2026, 11, 21);

fn registry(ends: &[(&str, Level, Date)]) -> Registry {
    let row = |(id, level, verified_until): &(&str, Level, Date)| Channel {
        id: (*id).into(),
        patterns: vec![Pattern::parse(&format!("@{id}.example")).unwrap()],
        listed: Vec::new(),
        list_file: None,
        not: Vec::new(),
        evidence: Evidence {
            level: *level,
            decided_by: "IT-chef".into(),
            reference: "KS 1".into(),
            verified_until: *verified_until,
        },
        per_mailbox: false,
        mailbox: Default::default(),
        next_hop: None,
        tls: None,
        way: None,
        owner: None,
    };
    Registry::new(ends.iter().map(row).collect()).unwrap()
}

#[test]
fn reminders_fall_due_at_30_14_and_3_days() {
    for (until, due) in [
        (date(2026, 12, 22), None),
        (date(2026, 12, 21), Some(30)),
        (date(2026, 12, 5), Some(14)),
        (date(2026, 11, 25), Some(14)),
        (date(2026, 11, 24), Some(3)),
        (date(2026, 11, 21), Some(3)),
        (date(2026, 11, 20), Some(0)),
    ] {
        let registry = registry(&[("a", Level::Eid, until)]);
        assert_eq!(reminder(&registry.channels()[0], TODAY), due, "{until}");
    }
}

#[test]
fn the_list_ends_with_what_must_be_renewed() {
    let registry = registry(&[
        ("region", Level::Contract, date(2027, 6, 30)),
        ("grann", Level::Attested, date(2026, 12, 1)),
        ("old", Level::Eid, date(2026, 11, 11)),
    ]);
    let mut out = Vec::new();
    list(&registry, TODAY, &mut out).unwrap();
    let expected = "\
channel               today      until       matches
region                contract   2027-06-30  @region.example
grann                 attested   2026-12-01  @grann.example
old                   unknown    2026-11-11  @old.example

To renew:
  old                   ended 10 days ago, its recipients are unknown
  grann                 ends in 10 days
";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn json_is_one_object_a_line() {
    let registry = registry(&[("a", Level::Eid, date(2026, 12, 1)), ("b", Level::Capable, date(2027, 12, 1))]);
    let mut out = Vec::new();
    list_json(&registry, TODAY, &mut out).unwrap();
    let rows: Vec<serde_json::Value> =
        out.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(|l| serde_json::from_slice(l).unwrap()).collect();
    assert_eq!(rows.len(), 2);
    assert_eq!((&rows[0]["id"], &rows[0]["today"], &rows[0]["reminder"]), (&"a".into(), &"eid".into(), &14.into()));
    assert_eq!((&rows[1]["two_factor"], &rows[1]["days_left"]), (&false.into(), &375.into()));
}
