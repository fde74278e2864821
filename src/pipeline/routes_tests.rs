use std::collections::BTreeMap;

use jiff::civil::date;

use super::*;
use crate::channel::{Evidence, Pattern, Protection, WaySettings};
use crate::detect::Category;
use crate::smtp::ForwardPath;

fn channel(id: &str, level: Level, matches: &[&str], hop: Option<&str>) -> Channel {
    Channel {
        id: id.into(),
        patterns: matches.iter().map(|text| Pattern::parse(text).unwrap()).collect(),
        listed: Vec::new(),
        list_file: None,
        not: Vec::new(),
        evidence: Evidence {
            level,
            decided_by: "IT".into(),
            reference: "1".into(),
            verified_until: date(9999, 12, 31),
        },
        per_mailbox: false,
        mailbox: Default::default(),
        next_hop: hop.map(str::to_owned),
        tls: None,
        way: None,
        owner: None,
    }
}

fn way(id: &str, level: Level, hop: Option<&str>, settings: WaySettings) -> Channel {
    Channel { way: Some(settings), ..channel(id, level, &[], hop) }
}

fn routes() -> ReleaseRoutes {
    let hop = |name: &str| (name.to_owned(), Hop::new(crate::relay::Settings::plain(name, "127.0.0.1:1")).unwrap());
    let small = WaySettings { max_message_size: Some(10), ..WaySettings::default() };
    let own = WaySettings { units: vec!["skola".into()], ..WaySettings::default() };
    let strict = Demand { protection: Protection::Verified, or_hold: false };
    let registry = Registry::new(vec![
        channel("bank", Level::Contract, &["@bank.example"], None),
        channel("helse", Level::Eid, &["@helse.example"], Some("helse")),
        Channel { tls: Some(strict), ..way("secure", Level::Eid, Some("secure"), WaySettings::default()) },
        way("weak", Level::Attested, Some("secure"), WaySettings::default()),
        way("here", Level::Eid, None, WaySettings::default()),
        way("small", Level::Eid, Some("secure"), small),
        way("own", Level::Eid, Some("secure"), own),
    ]);
    let minimum =
        MinimumEvidence { default: Level::Contract, by_category: BTreeMap::from([(Category::Health, Level::Eid)]) };
    let hops = HashMap::from([hop(DEFAULT_HOP), hop("secure"), hop("helse")]);
    ReleaseRoutes::new(hops, registry.unwrap(), minimum, Disclosures::default(), Arc::new(Keys::derive(&[7; 32])))
}

fn recipient(address: &str) -> Recipient {
    Recipient { path: ForwardPath::parse(&format!("<{address}>")).unwrap().0, parameters: Vec::new() }
}

fn leaving<'a>(route: &'a Route, categories: &'a [String]) -> Leaving<'a> {
    Leaving { route, unit: "social", categories, bytes: 11 }
}

#[test]
fn those_with_the_evidence_that_the_content_needs_are_reached() {
    let routes = routes();
    let [bank, helse, webmail] = ["a@bank.example", "b@helse.example", "c@gmail.com"].map(recipient);
    let all = [&bank, &helse, &webmail];
    let health = ["health".to_owned()];
    for (categories, expected) in [
        (&[][..], Ok(vec![true, true, false])),
        (&["family".to_owned()], Ok(vec![true, true, false])),
        (&health, Ok(vec![false, true, false])),
        (&["of-a-newer-version".to_owned()], Ok(vec![false, true, false])),
    ] {
        assert_eq!(routes.reach(&leaving(&Route::TwoFactor, categories), &all), expected, "{categories:?}");
    }
    let only = routes.reach(&leaving(&Route::TwoFactor, &health), &[&bank, &webmail]);
    assert_eq!(only, Err(RouteError::NobodyMeets));
    // Asked again when it is handed over.
    let hop = |route: &Route, to: &Recipient| routes.hop(&leaving(route, &health), to).map(|hop| hop.name().to_owned());
    assert_eq!(hop(&Route::TwoFactor, &bank), None);
    assert_eq!(hop(&Route::TwoFactor, &helse).as_deref(), Some("helse"));
    assert_eq!(hop(&Route::Ordinary, &bank).as_deref(), Some(DEFAULT_HOP));
    assert_eq!(routes.reach(&leaving(&Route::Ordinary, &health), &all), Ok(vec![true; 3]));
}

#[test]
fn a_way_is_open_or_says_why_not() {
    let routes = routes();
    let to = recipient("c@gmail.com");
    let error = |id: &str, error: fn(String) -> RouteError| Err(error(id.to_owned()));
    for (id, expected) in [
        ("secure", Ok(vec![true])),
        ("weak", error("weak", RouteError::Evidence)),
        ("here", error("here", RouteError::NoHop)),
        ("small", error("small", RouteError::Size)),
        ("own", error("own", RouteError::Unit)),
        ("bank", error("bank", RouteError::NoSuchWay)),
    ] {
        let route = Route::Way(id.to_owned());
        assert_eq!(routes.reach(&leaving(&route, &[]), &[&to]), expected, "{id}");
        let hop = routes.hop(&leaving(&route, &[]), &to).map(|hop| hop.name().to_owned());
        assert_eq!(hop.as_deref(), expected.is_ok().then_some("secure"), "{id}");
    }
    // What the way demands of the connection counts, not what the recipient's own channel does.
    let secure = Route::Way("secure".into());
    assert!(!routes.admits(&leaving(&secure, &[]), &to, ConnectionSecurity::Encrypted));
    assert!(routes.admits(&leaving(&secure, &[]), &to, ConnectionSecurity::Verified));
    assert!(routes.admits(&leaving(&Route::Ordinary, &[]), &to, ConnectionSecurity::Encrypted));
}
