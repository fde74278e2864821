use super::*;

const GOOD: &str = r#"version = 3
[[exception]]
id = "EX-OWN"
name = { nb = "Egen" }
meaning = { nb = "Vår egen." }
provisions = ["no.fvl.13a.1"]
who = ["sender"]
needs = ["reason"]
lifts = ["secrecy"]
"#;

fn builtin(id: &str) -> Arc<Exception> {
    Exceptions::builtin().get(id).unwrap_or_else(|| panic!("{id}")).clone()
}

/// One row a code: who, what it opens, kinds of recipients, countries, hours until review.
#[test]
fn the_table_of_codes() {
    const BOTH: &str = "sender reviewer";
    const REVIEWER: &str = "reviewer";
    let table = [
        ("EX-ANON", "", "secrecy", "", "", None),
        ("EX-AUDIT", BOTH, "secrecy", "", "no", None),
        ("EX-AUTHORITY-LAW", BOTH, "secrecy", "", "", None),
        ("EX-CARE-TEAM", BOTH, "secrecy", "", "", None),
        ("EX-CHILD-REPORT", BOTH, "secrecy channel", "child-protection", "", Some(24)),
        ("EX-COLLEAGUE", BOTH, "secrecy", "", "", None),
        ("EX-CONSENT", BOTH, "secrecy", "", "", None),
        ("EX-CRIME-1Y", BOTH, "secrecy", "police prosecutor", "se", None),
        ("EX-CRIME-NO", BOTH, "secrecy", "police prosecutor supervisory", "no", None),
        ("EX-CRIMEPREV", REVIEWER, "secrecy", "", "se", None),
        ("EX-DELIVER-PUBLIC", REVIEWER, "secrecy", "", "", None),
        ("EX-KNOWN", REVIEWER, "secrecy", "", "no", None),
        ("EX-LIFE", BOTH, "secrecy channel", "", "", Some(24)),
        ("EX-NOMEN", REVIEWER, "secrecy", "", "se", None),
        ("EX-PARDON", REVIEWER, "secrecy", "", "no", None),
        ("EX-PARENT", BOTH, "secrecy", "", "no", None),
        ("EX-PARENT-SE", REVIEWER, "secrecy", "", "se", None),
        ("EX-PARTY", BOTH, "secrecy", "", "", None),
        ("EX-POLICE-CONTACT", BOTH, "secrecy", "police correctional", "no", None),
        ("EX-PURPOSE", BOTH, "secrecy", "", "no", None),
        ("EX-REMINDER", BOTH, "secrecy", "", "se", None),
        ("EX-RESEARCH", BOTH, "secrecy", "", "no", None),
        ("EX-SELF", BOTH, "secrecy", "", "", None),
    ];
    let exceptions = Exceptions::builtin();
    assert_eq!(exceptions.ids().collect::<Vec<_>>(), table.map(|row| row.0), "every code of the law, no other");
    for (id, who, opens, recipients, countries, review) in table {
        let code = exceptions.get(id).unwrap();
        let words = |words: Vec<&str>| words.join(" ");
        assert_eq!(words(code.who.iter().map(|w| w.as_str()).collect()), who, "{id}");
        assert_eq!(words(code.opens.iter().map(|w| w.as_str()).collect()), opens, "{id}");
        assert_eq!(words(code.recipients.iter().map(|w| w.as_str()).collect()), recipients, "{id}");
        assert_eq!(code.countries.join(" "), countries, "{id}");
        assert_eq!(code.review_within_hours, review, "{id}");
        assert_eq!(code.automatic, id == "EX-ANON");
        assert_eq!(code.consent, ["EX-CONSENT", "EX-PARENT", "EX-PARENT-SE"].contains(&id), "{id}");
        // Only what cannot wait may be done by one person alone, whatever the severity.
        assert_eq!(code.urgent, opens.contains("channel"), "{id}");
        assert_eq!(code.needs_four_eyes(Severity::Critical), !code.urgent, "{id}");
        assert!(!code.needs_four_eyes(Severity::High), "{id}");
        assert!(code.may_be_used_by(Role::Reviewer) || code.automatic, "{id}");
        assert!(!code.urgent || code.may_be_used_by(Role::Sender), "{id}");
    }
    assert_eq!(builtin("EX-POLICE-CONTACT").categories, [Category::Contact]);
}

#[test]
fn every_code_is_told_in_four_languages_in_one_sentence_or_two() {
    for code in Exceptions::builtin().all() {
        for texts in [&code.name, &code.meaning] {
            for text in [&texts.sv, &texts.nb, &texts.nn, &texts.en] {
                let text = text.as_deref().unwrap_or_else(|| panic!("{}: a language is missing", code.id));
                assert!(!text.trim().is_empty() && text.chars().count() < 200, "{}: {text}", code.id);
            }
        }
        assert!(code.meaning.in_language("nn").ends_with('.'), "{}", code.id);
    }
}

#[test]
fn family_counselling_knows_consent_and_danger_only() {
    let known = |profile| -> Vec<String> {
        Exceptions::builtin().all().filter(|c| c.is_for_profile(profile)).map(|c| c.id.clone()).collect()
    };
    assert_eq!(
        known("se.family_counselling"),
        ["EX-ANON", "EX-CHILD-REPORT", "EX-CONSENT", "EX-LIFE", "EX-PARENT-SE", "EX-REMINDER", "EX-SELF"]
    );
    assert!(!known("no.social").iter().any(|c| c == "EX-NOMEN" || c == "EX-CRIME-1Y"));
    assert!(!known("se.social").iter().any(|c| c == "EX-PARENT" || c == "EX-POLICE-CONTACT"));
    assert_eq!(known("default").len(), Exceptions::builtin().all().count(), "no country: both laws");
}

#[test]
fn what_is_missing_is_named() {
    let consent = builtin("EX-CONSENT");
    assert_eq!(consent.missing(&Documented::default()), ["date", "received-by", "scope", "documented"]);
    let some = Documented::default().with(Need::Date, "2026-05-04").with(Need::Scope, "  ");
    assert_eq!(consent.missing(&some), ["received-by", "scope", "documented"], "a blank is nothing");

    let crime = builtin("EX-CRIME-1Y");
    let told = |offence| {
        let told = Documented::default().with(Need::Reason, "x").with(Need::Manager, "yes");
        crime.missing(&told.with(Need::Offence, offence))
    };
    assert_eq!((told("rape"), told("theft")), (vec![], vec!["offence"]));

    let parent = builtin("EX-PARENT");
    for (age, missing) in [("15", 0), ("0", 0), ("16", 1), ("-1", 1), ("fifteen", 1), ("", 1)] {
        let told = Documented::default().with(Need::Reason, "x").with(Need::Date, "x").with(Need::Documented, "x");
        assert_eq!(parent.missing(&told.with(Need::ChildAge, age)).len(), missing, "{age:?}");
    }
}

#[test]
fn what_was_documented_is_never_printed() {
    let documented = Documented::default().with(Need::Reason, "Kari Nordmann").with(Need::Date, "2026-05-04");
    assert_eq!(format!("{documented:?}"), r#"{"date", "reason"}"#);
}

#[test]
fn an_own_file_adds_and_replaces_by_id() {
    let before = Exceptions::builtin().all().count();
    let own = GOOD.replace("EX-OWN", "EX-SELF");
    let exceptions = Exceptions::builtin().with("own.toml", GOOD).unwrap().with("own.toml", &own).unwrap();
    assert_eq!(exceptions.all().count(), before + 1);
    let replaced = exceptions.get("EX-SELF").unwrap();
    assert_eq!((replaced.who.as_slice(), replaced.name.in_language("en")), (&[Role::Sender][..], "Egen"));
    assert_eq!(replaced.four_eyes_from, Some(Severity::Critical));
}

#[test]
fn a_fault_names_file_line_code_and_what_is_allowed() {
    let with = |from: &str, to: &str| GOOD.replace(from, to);
    let more = |row: &str| format!("{GOOD}{row}\n");
    let channel = with(r#"["secrecy"]"#, r#"["channel"]"#);
    for (text, expected) in [
        (with("version = 3", "version = 0"), "own.toml: version is a number from 1"),
        (with("lifts =", "lift ="), "own.toml:9: unknown field `lift`"),
        (with("EX-OWN", "own"), r#"own.toml:2: exception "own": an id is EX-"#),
        (with(r#"{ nb = "Egen" }"#, "{}"), "name has no text"),
        (with(r#"nb = "Egen""#, r#"nb = " ""#), "name has no text"),
        (with(r#"nb = "Egen""#, r#"de = "Eigen""#), "own.toml:4: unknown field `de`"),
        (with(r#"["sender"]"#, r#"["boss"]"#), r#"who has "boss"; allowed: sender, reviewer"#),
        (with(r#"["sender"]"#, "[]"), "who names nobody"),
        (more("automatic = true"), "who names nobody, or somebody names what is automatic"),
        (with(r#"["reason"]"#, "[]"), "needs names nothing"),
        (with(r#"["reason"]"#, r#"["mood"]"#), r#"needs has "mood"; allowed: approval, "#),
        (with(r#"["reason"]"#, r#"["offence"]"#), "needs offence and offences go together"),
        (with(r#"["reason"]"#, r#"["child-age"]"#), "needs child-age and child_under go together"),
        (with(r#"["no.fvl.13a.1"]"#, "[]"), "provisions names none"),
        (with(r#"["secrecy"]"#, "[]"), "lifts names nothing"),
        (channel.clone(), "lifts the channel without review_within_hours"),
        (format!("{channel}review_within_hours = 24\nconsent = true\n"), "nobody can consent to a mailbox"),
        (more("review_within_hours = 0"), "a number from 1 to 72"),
        (more(r#"countries = ["dk"]"#), r#"countries has "dk"; allowed: no, se"#),
        (more(r#"categories = ["helth"]"#), r#"categories has "helth"; allowed: belief"#),
        (more(r#"recipients = ["friends"]"#), r#"recipients has "friends"; allowed: child-protection"#),
        (more(r#"four_eyes_from = "none""#), "allowed: low, medium, high, critical, never"),
        (format!("{GOOD}{}", GOOD.replace("version = 3\n", "")), "own.toml:10: EX-OWN stands twice"),
    ] {
        let error = Exceptions::builtin().with("own.toml", &text).unwrap_err().to_string();
        assert!(error.contains(expected) && error.starts_with("own.toml"), "{error}");
    }
}
