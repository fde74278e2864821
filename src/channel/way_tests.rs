use jiff::civil::date;

use super::super::{Evidence, Pattern, Why};
use super::*;

const TODAY: Date = date(2026, 11, 22);

fn way(id: &str, level: Level, settings: WaySettings) -> Channel {
    Channel {
        id: id.into(),
        patterns: Vec::new(),
        listed: Vec::new(),
        list_file: None,
        not: Vec::new(),
        evidence: Evidence {
            level,
            decided_by: "IT-chef".into(),
            reference: "KS 2026/9".into(),
            verified_until: date(2027, 6, 30),
        },
        per_mailbox: false,
        mailbox: Default::default(),
        next_hop: Some(id.into()),
        tls: None,
        way: Some(settings),
        owner: None,
    }
}

fn subject(words: &str) -> Vec<Trigger> {
    vec![Trigger::Subject(words.into())]
}

fn ask(registry: &Registry, unit: &str, to: &[&str], text: &str, bytes: u64) -> Vec<(String, bool)> {
    let recipients: Vec<Option<Canonical>> = to.iter().map(|t| Canonical::of(t)).collect();
    let field = |name: &str| if name == "X-Send-Secure" { vec![" YES ".to_owned()] } else { Vec::new() };
    let message = Message { unit, recipients: &recipients, bytes, subject: text, field: &field };
    registry.ways(&message, TODAY).iter().map(|w| (w.channel.id.clone(), w.requested)).collect()
}

/// Unit, recipients, subject, bytes; the ways that are open, and whether they were asked for.
type Row<'a> = (&'a str, &'a [&'a str], &'a str, u64, &'a [(String, bool)]);

#[test]
fn a_way_is_open_when_unit_recipients_size_and_number_fit() {
    let some = Channel {
        patterns: vec![Pattern::parse("@helse.example").unwrap()],
        not: vec![Pattern::parse("skrivare@helse.example").unwrap()],
        ..way("some", Level::Eid, WaySettings { automatic: true, ..WaySettings::default() })
    };
    let small = WaySettings {
        triggers: subject("[säkert]"),
        units: vec!["social".into()],
        max_recipients: Some(2),
        max_message_size: Some(1_000),
        ..WaySettings::default()
    };
    let registry = Registry::new(vec![some, way("small", Level::Contract, small)]).unwrap();
    let both = vec![("small".to_owned(), true), ("some".to_owned(), false)];
    let rows: [Row<'_>; 8] = [
        ("social", &["a@helse.example"], "Re: [SÄKERT] svar", 1_000, &both),
        ("social", &["a@helse.example"], "svar", 1_000, &both[1..]),
        ("bygg", &["a@helse.example"], "[säkert]", 1_000, &both[1..]),
        ("social", &["a@helse.example", "b@gmail.com"], "[säkert]", 1_000, &both[..1]),
        ("social", &["skrivare@helse.example"], "", 1_000, &[]),
        ("social", &["a@x.example", "b@x.example", "c@x.example"], "[säkert]", 1_000, &[]),
        ("social", &["a@x.example"], "[säkert]", 1_001, &[]),
        ("social", &["a@helse.example", "no address"], "[säkert]", 10, &[]),
    ];
    for (number, (unit, to, text, bytes, expected)) in rows.into_iter().enumerate() {
        assert_eq!(ask(&registry, unit, to, text, bytes), expected, "row {number}");
    }
}

#[test]
fn a_header_asks_as_well_as_a_subject_and_the_strongest_comes_first() {
    let header = vec![Trigger::Header { name: "X-Send-Secure".into(), value: "yes".into() }];
    let registry = Registry::new(vec![
        way("weak", Level::Attested, WaySettings { triggers: header.clone(), ..WaySettings::default() }),
        way("strong", Level::Eid, WaySettings { triggers: header, ..WaySettings::default() }),
        way("asleep", Level::Eid, WaySettings { triggers: subject("#säkert"), ..WaySettings::default() }),
    ])
    .unwrap();
    let open = ask(&registry, "social", &["a@gmail.com"], "hei", 10);
    assert_eq!(open, [("strong".to_owned(), true), ("weak".to_owned(), true)]);
    let advice: Vec<&str> = registry.ways_on_request("social", TODAY).map(|c| c.id.as_str()).collect();
    assert_eq!(advice, ["weak", "strong", "asleep"]);
    assert_eq!(registry.ways_on_request("social", date(2027, 7, 1)).count(), 0, "over");
}

/// A reviewer chooses it by its id; the rest is as when a sender asks.
#[test]
fn a_way_is_open_by_its_id_or_says_why_not() {
    let settings = WaySettings {
        automatic: true,
        units: vec!["social".into()],
        max_recipients: Some(1),
        max_message_size: Some(1_000),
        ..WaySettings::default()
    };
    let no = vec![Pattern::parse("@kommun.example").unwrap()];
    let mailbox = Channel { way: None, ..way("mailbox", Level::Eid, WaySettings::default()) };
    let registry = Registry::new(vec![Channel { not: no, ..way("secure", Level::Eid, settings) }, mailbox]).unwrap();
    let open = |id: &str, unit: &str, to: &[&str], bytes: u64, today: Date| {
        let recipients: Vec<Option<Canonical>> = to.iter().map(|t| Canonical::of(t)).collect();
        let message = Message { unit, recipients: &recipients, bytes, subject: "", field: &|_| Vec::new() };
        registry.way(id, &message, today).map(|open| open.level)
    };
    for (id, unit, to, bytes, expected) in [
        ("secure", "social", &["a@gmail.com"][..], 1_000, Ok(Level::Eid)),
        ("secure", "bygg", &["a@gmail.com"], 1_000, Err(Closed::Unit)),
        ("secure", "social", &["a@kommun.example"], 1_000, Err(Closed::Recipients)),
        ("secure", "social", &["a@gmail.com", "b@gmail.com"], 1_000, Err(Closed::Recipients)),
        ("secure", "social", &["a@gmail.com"], 1_001, Err(Closed::Size)),
        ("mailbox", "social", &["a@gmail.com"], 10, Err(Closed::NoSuchWay)),
        ("none", "social", &["a@gmail.com"], 10, Err(Closed::NoSuchWay)),
    ] {
        assert_eq!(open(id, unit, to, bytes, TODAY), expected, "{id} {unit} {to:?}");
    }
    assert_eq!(open("secure", "social", &["a@gmail.com"], 10, date(2027, 7, 1)), Ok(Level::Unknown), "over");
}

/// A way's evidence is about the way: nobody's own mailbox becomes better by it.
#[test]
fn a_way_never_resolves_an_address() {
    let everybody = way("all", Level::Eid, WaySettings { automatic: true, ..WaySettings::default() });
    let named = Channel { patterns: vec![Pattern::parse("@gmail.com").unwrap()], ..everybody.clone() };
    let registry = Registry::new(vec![everybody, Channel { id: "named".into(), ..named }]).unwrap();
    let class = registry.resolve("a@gmail.com", TODAY);
    assert_eq!((class.level, class.why, class.next_hop), (Level::Unknown, Why::ConsumerWebmail, None));
    assert_eq!(registry.resolve("a@kommun.example", TODAY).why, Why::NoChannel);
}
