use super::*;

fn unit(id: &str, profile: &str, senders: &[&str]) -> Unit {
    let profile = Profiles::builtin().get(profile).unwrap().clone();
    let senders = senders.iter().map(|s| Pattern::parse(s).unwrap()).collect();
    Unit { senders, ..Unit::new(id, profile, Rules::new(Mode::Enforce)) }
}

fn organisation() -> Units {
    Units::new(vec![
        unit("city", "no.general", &["@kommun.example", ".kommun.example"]),
        unit("social", "no.social", &["@nav.kommun.example", "vakt@kommun.example"]),
        unit("child", "no.child", &["@barn.kommun.example", "@delt.kommun.example"]),
        unit("school", "no.school", &["@delt.kommun.example", ".skole.kommun.example"]),
        unit("shelter", "no.health", &["natt@krisesenter.example"]),
    ])
}

/// Envelope sender, `Sender`, `From`, the unit.
type Row = (Option<&'static str>, Option<&'static str>, &'static [&'static str], &'static str);

#[test]
fn resolution() {
    let rows: &[Row] = &[
        (Some("ola@kommun.example"), None, &[], "city"),
        (Some("OLA+x@Kommun.Example"), None, &[], "city"),
        // Address, then domain, then the longer suffix.
        (Some("vakt@kommun.example"), None, &[], "social"),
        (Some("x@nav.kommun.example"), None, &[], "social"),
        (Some("x@plan.kommun.example"), None, &[], "city"),
        (Some("x@nord.skole.kommun.example"), None, &[], "school"),
        // `.skole…` does not cover the domain itself; the shorter suffix does.
        (Some("x@skole.kommun.example"), None, &[], "city"),
        // Two units claim the domain: the stricter law.
        (Some("x@delt.kommun.example"), None, &[], "child"),
        // The envelope decides, whatever the header says.
        (Some("x@nav.kommun.example"), None, &["x@kommun.example"], "social"),
        // Null path, SRS and strangers: Sender, else From.
        (None, Some("x@nav.kommun.example"), &["x@kommun.example"], "social"),
        (None, None, &["x@barn.kommun.example"], "child"),
        (None, Some("x@stranger.example"), &["x@barn.kommun.example"], "child"),
        (None, None, &["x@kommun.example", "x@barn.kommun.example"], "child"),
        (Some("SRS0=Hash=TT=nav.example=x@kommun.example"), None, &["x@nav.kommun.example"], "social"),
        (Some("srs1+x=y==z@kommun.example"), None, &["x@nav.kommun.example"], "social"),
        (Some("news@bulk.example"), None, &["x@nav.kommun.example"], "social"),
        // Not SRS, only a name that starts alike.
        (Some("srs0lver@kommun.example"), None, &["x@nav.kommun.example"], "city"),
        // In our domains but of no unit: default, the header cannot choose.
        (Some("dag@krisesenter.example"), None, &["x@kommun.example"], "default"),
        (Some("natt@krisesenter.example"), None, &[], "shelter"),
        (None, None, &[], "default"),
        (Some("x@stranger.example"), None, &["x@stranger.example"], "default"),
        (Some("not an address"), None, &["x@nav.kommun.example"], "social"),
    ];
    let units = organisation();
    for (envelope, header_sender, from, expected) in rows {
        let from: Vec<String> = from.iter().map(|f| f.to_string()).collect();
        let sender = Sender { envelope: *envelope, header_sender: *header_sender, from: &from, ..Sender::default() };
        assert_eq!(units.resolve(&sender).id, *expected, "{envelope:?} {header_sender:?} {from:?}");
    }
}

#[test]
fn the_servers_word_comes_before_the_address() {
    let parse = |texts: &[&str]| texts.iter().map(|t| Pattern::parse(t).unwrap()).collect::<Vec<_>>();
    let units = Units::new(vec![
        unit("city", "no.general", &["@kommun.example"]),
        Unit { fields: vec![("X-Department".into(), "Barnevern".into())], ..unit("child", "no.child", &[]) },
        Unit { users: parse(&["vakt@ad.example"]), ..unit("social", "no.social", &[]) },
        Unit {
            listed: parse(&["kari@kommun.example", "@helse.example"]).into_iter().collect(),
            ..unit("health", "no.health", &[])
        },
        unit("named", "no.school", &["rektor@kommun.example"]),
    ]);
    let field = vec![("x-department".to_owned(), " barnevern ".to_owned())];
    let other = vec![("x-department".to_owned(), "Barnevernet".to_owned())];
    for (envelope, user, fields, expected) in [
        ("ola@kommun.example", None, &field, "child"),
        ("ola@kommun.example", Some("vakt@ad.example"), &field, "child"),
        ("ola@kommun.example", Some("vakt@ad.example"), &other, "social"),
        ("ola@kommun.example", Some("dag@ad.example"), &other, "city"),
        // In a list is more exact than the domain; a domain in a list is like one named.
        ("kari@kommun.example", None, &other, "health"),
        ("x@helse.example", None, &other, "health"),
        ("rektor@kommun.example", None, &other, "named"),
    ] {
        let sender = Sender { envelope: Some(envelope), user, fields, ..Sender::default() };
        assert_eq!(units.resolve(&sender).id, expected, "{envelope} {user:?}");
    }
    let of = |address: &str| units.of_recipient(&Canonical::of(address).unwrap()).map(|unit| unit.id.clone());
    assert_eq!(of("kari@kommun.example").as_deref(), Some("health"));
    assert_eq!(of("x@kommun.example").as_deref(), Some("city"));
    assert_eq!(of("x@annan.example"), None);
}

#[test]
fn a_default_of_ones_own_is_taken() {
    let own = unit(DEFAULT, "se.general", &[]);
    let units = Units::new(vec![own, unit("a", "hr", &["@a.example"])]);
    assert_eq!(units.default_unit().profile.id(), "se.general");
    assert_eq!(units.all().map(|u| u.id.as_str()).collect::<Vec<_>>(), ["a", DEFAULT]);
}
