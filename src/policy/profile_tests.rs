use super::*;

const GOOD: &str = r#"
id = "own"
title = "Own"
version = 1
strictness = 3
[[rule]]
basis = ["national-id"]
at_most = "low"
provision = "x"
[[example]]
basis = "national-id"
category = "national-id"
severity = "high"
becomes = "low"
[[example]]
basis = "contact-alone"
category = "contact"
severity = "high"
becomes = "none"
"#;

#[test]
fn every_shipped_profile_is_named_like_its_file() {
    for (file, text) in BUILTIN {
        let profile = Profile::parse(file, text).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(format!("{}.toml", profile.id()), file);
    }
    assert_eq!(Profiles::builtin().ids().count(), BUILTIN.len());
    assert_eq!(Profiles::builtin().default_profile().id(), DEFAULT);
}

/// Protected identity is a matter of life whoever sends it.
#[test]
fn protected_identity_is_critical_in_every_profile() {
    for profile in Profiles::builtin().0.values() {
        for severity in [Severity::Low, Severity::Medium, Severity::High] {
            let weighed = profile.weigh_parts(Basis::Protected, Category::Protected, severity);
            assert_eq!(weighed.map(|w| w.severity), Some(Severity::Critical), "{}", profile.id());
        }
    }
}

/// No profile makes a graver matter lighter than a less grave one of the same kind.
#[test]
fn weighing_is_monotone() {
    for profile in Profiles::builtin().0.values() {
        for basis in Basis::ALL {
            for category in Category::ALL {
                let weigh =
                    |severity| profile.weigh_parts(basis, category, severity).map_or(Severity::None, |w| w.severity);
                let steps = Severity::ALL.map(weigh);
                assert!(steps.is_sorted(), "{} {basis:?} {category:?}: {steps:?}", profile.id());
            }
        }
    }
}

#[test]
fn a_profile_of_ones_own_is_added_or_replaces() {
    let profiles = Profiles::builtin().with([("own.toml", GOOD)]).unwrap();
    assert!(profiles.get("own").is_some() && profiles.get("se.social").is_some());
    let replaced = GOOD.replace("id = \"own\"", "id = \"se.social\"");
    let profiles = Profiles::builtin().with([("own.toml", replaced.as_str())]).unwrap();
    assert_eq!(profiles.get("se.social").map(|p| p.title()), Some("Own"));
}

#[test]
fn what_is_refused() {
    for (from, to, expected) in [
        ("strictness = 3", "strictness = 10", "own.toml: strictness is a number from 0 to 9"),
        ("at_most = \"low\"", "at_most = \"tiny\"", "own.toml:6: at_most has \"tiny\"; allowed: none, low, medium"),
        ("at_most = \"low\"", "at_most = \"low\"\nat_least = \"high\"", "own.toml:6: at_least is above at_most"),
        ("provision = \"x\"\n", "", "own.toml:6: a rule that counts names its provision"),
        ("at_most", "at_moost", "own.toml:8: unknown field `at_moost`"),
        ("\"national-id\"]", "\"national\"]", "own.toml:6: basis has \"national\"; allowed: national-id, person"),
        (
            "becomes = \"low\"",
            "becomes = \"high\"",
            "own.toml:10: example 1 (national-id, national-id, high) becomes low, not high",
        ),
        ("becomes = \"low\"", "becomes = \"none\"", "example 1"),
        ("severity = \"high\"\nbecomes = \"low\"", "severity = \"none\"\nbecomes = \"none\"", "at least one example"),
    ] {
        let error = Profile::parse("own.toml", &GOOD.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(expected), "{to}: {error}");
    }
    let twice = Profiles::builtin().with([("a.toml", GOOD), ("b.toml", GOOD)]).unwrap_err();
    assert_eq!(twice.to_string(), "b.toml: a second profile with the id \"own\"");
}

/// What a reviewer is shown for a provision can be looked up.
#[test]
fn every_provision_is_in_the_table() {
    let table: toml::Table = include_str!("../../patterns/provisions.toml").parse().unwrap();
    let ids: Vec<&str> = table["provision"].as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap()).collect();
    for profile in Profiles::builtin().0.values() {
        for rule in &profile.rules {
            if let Effect::Count { provision, .. } = &rule.effect {
                assert!(ids.contains(&provision.as_str()), "{}: {provision}", profile.id());
            }
        }
    }
}
