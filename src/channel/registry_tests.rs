use jiff::civil::date;
use proptest::prelude::*;

use super::*;

const TODAY: Date = date(2026, 11, 21);

fn channel(id: &str, patterns: &[&str], level: Level) -> Channel {
    let parse = |texts: &[&str]| texts.iter().map(|t| Pattern::parse(t).unwrap()).collect();
    Channel {
        id: id.into(),
        patterns: parse(patterns),
        listed: Vec::new(),
        list_file: None,
        not: Vec::new(),
        evidence: Evidence {
            level,
            decided_by: "Informationssäkerhetssamordnare".into(),
            reference: "KS 2026/123".into(),
            verified_until: date(2027, 6, 30),
        },
        per_mailbox: false,
        mailbox: Default::default(),
        next_hop: None,
        tls: None,
        way: None,
        owner: None,
    }
}

fn patterns(texts: &[&str]) -> Vec<Pattern> {
    texts.iter().map(|t| Pattern::parse(t).unwrap()).collect()
}

fn neighbourhood() -> Registry {
    Registry::new(vec![
        channel("kommun", &["@kommun.example"], Level::Enforced),
        channel("below", &[".kommun.example"], Level::Attested),
        channel("school", &[".skola.kommun.example"], Level::Capable),
        channel("rektor", &["rektor@kommun.example"], Level::Eid),
        Channel {
            listed: patterns(&["vikarie@kommun.example", "rektor@kommun.example", "@grann.example"]),
            ..channel("list", &[], Level::Contract)
        },
        Channel {
            not: patterns(&["skrivare@region.example"]),
            ..channel("region", &["@region.example"], Level::Contract)
        },
        Channel {
            evidence: Evidence { verified_until: date(2026, 11, 20), ..channel("x", &[], Level::Eid).evidence },
            ..channel("old", &["@old.example"], Level::Eid)
        },
        Channel { per_mailbox: true, ..channel("each", &["@each.example"], Level::Enforced) },
        Channel { next_hop: Some("secure".into()), ..channel("portal", &["@helse.example"], Level::Eid) },
        channel("tie-strong", &["@tie.example"], Level::Eid),
        channel("tie-weak", &["@tie.example"], Level::Attested),
    ])
    .unwrap()
}

#[test]
fn resolution() {
    use Level::*;
    let registry = neighbourhood();
    let rows: &[(&str, Option<&str>, Level, Why)] = &[
        ("anna@kommun.example", Some("kommun"), Enforced, Why::Evidence),
        ("ANNA+x@KOMMUN.EXAMPLE.", Some("kommun"), Enforced, Why::Evidence),
        // Named by hand is more specific than standing in a list.
        ("rektor@kommun.example", Some("rektor"), Eid, Why::Evidence),
        ("rektor+sjuk@kommun.example", Some("rektor"), Eid, Why::Evidence),
        // An address in a list is more specific than the domain, even when its evidence is weaker.
        ("vikarie@kommun.example", Some("list"), Contract, Why::Evidence),
        ("x@grann.example", Some("list"), Contract, Why::Evidence),
        ("x@under.kommun.example", Some("below"), Attested, Why::Evidence),
        // The longer suffix decides, and a subdomain is not the domain.
        ("x@norra.skola.kommun.example", Some("school"), Capable, Why::Evidence),
        ("x@skola.kommun.example", Some("below"), Attested, Why::Evidence),
        ("x@notkommun.example", None, Unknown, Why::NoChannel),
        ("x@region.example", Some("region"), Contract, Why::Evidence),
        ("skrivare@region.example", None, Unknown, Why::NoChannel),
        ("x@old.example", Some("old"), Unknown, Why::Expired(date(2026, 11, 20))),
        ("x@each.example", Some("each"), Unknown, Why::NoMailboxEvidence),
        ("x@helse.example", Some("portal"), Eid, Why::Evidence),
        ("x@tie.example", Some("tie-weak"), Attested, Why::Evidence),
        ("anna@gmail.com", None, Unknown, Why::ConsumerWebmail),
        ("anna@ｇｍａｉｌ.com", None, Unknown, Why::ConsumerWebmail),
        ("anna+kommun.example@Mail.GMAIL.com", None, Unknown, Why::ConsumerWebmail),
        ("anna", None, Unknown, Why::NoChannel),
        ("anna@[192.0.2.7]", None, Unknown, Why::NoChannel),
    ];
    for (address, id, level, why) in rows {
        let class = registry.resolve(address, TODAY);
        assert_eq!((class.channel.as_deref(), class.level, &class.why), (*id, *level, why), "{address}");
    }
    assert_eq!(registry.resolve("x@helse.example", TODAY).next_hop.as_deref(), Some("secure"));
}

#[test]
fn evidence_holds_to_the_end_of_its_last_day() {
    let registry = neighbourhood();
    let level = |day| registry.resolve("x@kommun.example", day).level;
    assert_eq!(level(date(2027, 6, 30)), Level::Enforced);
    assert_eq!(level(date(2027, 7, 1)), Level::Unknown);
}

/// A tie is judged by what the evidence is worth today: the expired one is the weaker.
#[test]
fn a_tie_with_an_expired_channel_is_unknown() {
    let mut expired = channel("expired", &["@a.example"], Level::Eid);
    expired.evidence.verified_until = date(2026, 1, 1);
    let registry = Registry::new(vec![channel("good", &["@a.example"], Level::Attested), expired]).unwrap();
    let class = registry.resolve("x@a.example", TODAY);
    assert_eq!((class.channel.as_deref(), class.level), (Some("expired"), Level::Unknown));
}

#[test]
fn webmail_is_never_better_than_unknown() {
    for pattern in ["@gmail.com", "anna@gmail.com", ".outlook.com", "@mail.hotmail.com"] {
        let error = Registry::new(vec![channel("mine", &[pattern], Level::Attested)]).unwrap_err();
        assert!(matches!(error, RegistryError::ConsumerWebmail { .. }), "{pattern}");
    }
    // A wide suffix does not reach into webmail, and a channel of level unknown may name a next hop.
    let wide = channel("wide", &[".co.uk"], Level::Eid);
    let hop = Channel { next_hop: Some("secure".into()), ..channel("hop", &["@gmail.com"], Level::Unknown) };
    let registry = Registry::new(vec![wide, hop]).unwrap();
    assert_eq!(registry.resolve("a@yahoo.co.uk", TODAY).level, Level::Unknown);
    let class = registry.resolve("a@gmail.com", TODAY);
    assert_eq!((class.why, class.next_hop.as_deref()), (Why::ConsumerWebmail, Some("secure")));
}

#[test]
fn ids_are_unique() {
    let twice = vec![channel("a", &["@a.example"], Level::Eid), channel("a", &["@b.example"], Level::Eid)];
    assert_eq!(Registry::new(twice).unwrap_err(), RegistryError::DuplicateId("a".into()));
}

fn any_pattern() -> impl Strategy<Value = Pattern> {
    let domain = "[ab](\\.[ab]){0,2}\\.example";
    prop_oneof![
        (r"[xy]", domain).prop_map(|(l, d)| Pattern::parse(&format!("{l}@{d}")).unwrap()),
        domain.prop_map(|d| Pattern::parse(&format!("@{d}")).unwrap()),
        domain.prop_map(|d| Pattern::parse(&format!(".{d}")).unwrap()),
    ]
}

proptest! {
    /// The index finds exactly what asking every pattern one after the other finds.
    #[test]
    fn resolution_agrees_with_the_slow_way(
        rows in prop::collection::vec((any_pattern(), 0usize..6), 0..12),
        local in "[xy]", domain in "[ab](\\.[ab]){0,3}\\.example",
    ) {
        let channels: Vec<Channel> = rows.iter().enumerate().map(|(n, (pattern, level))| {
            Channel { patterns: vec![pattern.clone()], ..channel(&n.to_string(), &[], Level::ALL[*level]) }
        }).collect();
        let address = Canonical::of(&format!("{local}@{domain}")).unwrap();
        let best = channels.iter().filter(|c| c.patterns[0].matches(&address)).map(|c| c.patterns[0].specificity()).max();
        let slow = channels.iter()
            .filter(|c| c.patterns[0].matches(&address) && Some(c.patterns[0].specificity()) == best)
            .map(|c| c.evidence.level).min().unwrap_or(Level::Unknown);
        let registry = Registry::new(channels).unwrap();
        prop_assert_eq!(registry.resolve(&address.to_string(), TODAY).level, slow);
    }
}
