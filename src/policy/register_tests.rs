use jiff::civil::date;
use proptest::prelude::*;

use super::*;

const TODAY: Date = date(2026, 5, 4);

fn person(n: u8) -> PersonDigest {
    PersonDigest::new(&format!("1:{n:02x}"))
}

fn address(text: &str) -> Canonical {
    Canonical::of(text).unwrap()
}

fn patterns(texts: &[&str]) -> Vec<Pattern> {
    texts.iter().map(|t| Pattern::parse(t).unwrap()).collect()
}

fn categories(of: &[Category]) -> BTreeSet<Category> {
    of.iter().copied().collect()
}

fn consent(id: &str, of: u8) -> Consent {
    Consent {
        id: id.into(),
        person: person(of),
        categories: categories(&[Category::Health, Category::Family]),
        recipients: patterns(&["@klinik.example"]),
        given: date(2026, 1, 1),
        expires: date(2026, 12, 31),
        withdrawn: None,
    }
}

fn order(of: u8) -> Order {
    Order { id: "order".into(), person: person(of), from: date(2026, 5, 1), until: None }
}

fn team(of: u8) -> Team {
    Team {
        id: "team".into(),
        person: person(of),
        members: ["a@klinik.example", "b@skole.example"].map(address).into(),
        consent: None,
        opted_out: None,
        expires: date(2026, 12, 31),
        ended: None,
    }
}

fn route(id: &str, code: &str, to: &[&str]) -> Route {
    Route { id: id.into(), code: code.into(), recipients: patterns(to), units: Vec::new(), urgent_phone: None }
}

fn registers(consents: Vec<Consent>, orders: Vec<Order>, teams: Vec<Team>, routes: Vec<Route>) -> Registers {
    Registers::new(Exceptions::builtin(), consents, orders, teams, routes)
}

/// A mail about one person to one recipient, to be changed.
#[derive(Debug)]
struct Mail {
    persons: Vec<PersonDigest>,
    matters: Vec<PersonDigest>,
    people: usize,
    recipients: Vec<Canonical>,
    unit: &'static str,
    profile: &'static str,
    categories: BTreeSet<Category>,
    severity: Severity,
    claim: Option<Claim>,
    today: Date,
}

fn mail() -> Mail {
    Mail {
        persons: vec![person(1)],
        matters: Vec::new(),
        people: 1,
        recipients: vec![address("a@klinik.example")],
        unit: "social",
        profile: "no.social",
        categories: categories(&[Category::Health]),
        severity: Severity::High,
        claim: None,
        today: TODAY,
    }
}

impl Mail {
    fn apply(&self, registers: &Registers) -> Lifted {
        let whom = |of: &[PersonDigest]| -> Vec<Whom> { of.iter().map(|p| Whom(vec![p.clone()])).collect() };
        registers.apply(&Case {
            persons: &whom(&self.persons),
            matters: &whom(&self.matters),
            people: self.people,
            recipients: &self.recipients,
            unit: self.unit,
            profile: self.profile,
            categories: &self.categories,
            severity: self.severity,
            claimed: self.claim.as_ref(),
            today: self.today,
        })
    }

    fn to(self, addresses: &[&str]) -> Mail {
        Mail { recipients: addresses.iter().map(|a| address(a)).collect(), ..self }
    }

    fn claiming(self, code: &str) -> Mail {
        Mail { claim: Some(Claim::of_sender(code, "because")), ..self }
    }
}

fn words(refused: &[Refusal]) -> String {
    refused.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_consent_covers_every_person_recipient_and_category_or_nothing() {
    let one = registers(vec![consent("c1", 1)], vec![], vec![], vec![]);
    let both = registers(vec![consent("c1", 1), consent("c2", 2)], vec![], vec![], vec![]);
    let lifted = mail().apply(&one);
    assert_eq!((lifted.secrecy, lifted.channel, lifted.by), (true, false, vec![By::Consent("c1".into())]));
    let two = || Mail { persons: vec![person(1), person(2)], people: 2, ..mail() };
    for (what, mail, registers, secrecy) in [
        ("two persons, one consent", two(), &one, false),
        ("two persons, a consent each", two(), &both, true),
        ("a person without a number as well", Mail { people: 2, ..mail() }, &one, false),
        ("the same number twice is one person", Mail { persons: vec![person(1); 2], people: 2, ..mail() }, &one, false),
        ("nobody can be told", Mail { persons: vec![], ..mail() }, &one, false),
        ("another recipient too", mail().to(&["a@klinik.example", "a@firma.example"]), &one, false),
        ("below the domain is not the domain", mail().to(&["a@lab.klinik.example"]), &one, false),
        ("to nobody", mail().to(&[]), &one, false),
        (
            "another category too",
            Mail { categories: categories(&[Category::Health, Category::Economy]), ..mail() },
            &one,
            false,
        ),
        ("before it was given", Mail { today: date(2025, 12, 31), ..mail() }, &one, false),
        ("its last day", Mail { today: date(2026, 12, 31), ..mail() }, &one, true),
        ("the day after", Mail { today: date(2027, 1, 1), ..mail() }, &one, false),
    ] {
        assert_eq!(mail.apply(registers).secrecy, secrecy, "{what}");
    }
    let withdrawn = Consent { withdrawn: Some(TODAY), ..consent("c1", 1) };
    let withdrawn = registers(vec![withdrawn], vec![], vec![], vec![]);
    assert!(!mail().apply(&withdrawn).secrecy, "the day it is withdrawn it is gone");
    assert!(Mail { today: date(2026, 5, 3), ..mail() }.apply(&withdrawn).secrecy);
}

#[test]
fn an_entry_is_found_under_whichever_secret_it_was_made() {
    // A consent made with an earlier secret, an order made with the present one.
    let both = |n: u8| Whom(vec![PersonDigest::new(&format!("2:{n:02x}")), person(n)]);
    let mail = mail();
    let lifted = |persons: &[Whom], people: usize, registers: &Registers| {
        registers.apply(&Case {
            persons,
            matters: &[],
            people,
            recipients: &mail.recipients,
            unit: mail.unit,
            profile: mail.profile,
            categories: &mail.categories,
            severity: mail.severity,
            claimed: None,
            today: mail.today,
        })
    };
    let consented = registers(vec![consent("c1", 1)], vec![], vec![], vec![]);
    assert!(lifted(&[both(1)], 1, &consented).secrecy);
    assert!(!lifted(&[both(2)], 1, &consented).secrecy);
    assert!(!lifted(&[both(1)], 2, &consented).secrecy, "two digests of one person are one person");
    let ordered = Order { person: PersonDigest::new("2:01"), ..order(1) };
    let ordered = registers(vec![consent("c1", 1)], vec![ordered], vec![], vec![]);
    assert!(lifted(&[both(1)], 1, &ordered).order.is_some());
}

#[test]
fn a_case_reference_stands_for_a_person_without_a_number_only() {
    let by_case = registers(vec![consent("c", 9)], vec![], vec![], vec![]);
    let case = Mail { persons: vec![], matters: vec![person(9)], ..mail() };
    assert!(case.apply(&by_case).secrecy);
    assert!(!Mail { matters: vec![person(9)], ..mail() }.apply(&by_case).secrecy, "a number nobody consented for");
    assert!(!Mail { matters: vec![person(9), person(8)], ..case }.apply(&by_case).secrecy);
}

#[test]
fn an_order_beats_everything_but_does_not_make_it_less_urgent() {
    let all = registers(
        vec![consent("c1", 1)],
        vec![order(1)],
        vec![team(1)],
        vec![Route { urgent_phone: Some("116111".into()), ..route("r", "EX-LIFE", &["@klinik.example"]) }],
    );
    let lifted = mail().claiming("EX-SELF").apply(&all);
    assert_eq!(lifted.order.as_deref(), Some("order"));
    assert!(!lifted.secrecy && !lifted.channel && !lifted.team && lifted.by.is_empty());
    assert_eq!((lifted.urgent, lifted.urgent_phone.as_deref()), (true, Some("116111")));
    assert_eq!(words(&lifted.refused), "order");
    let later = Mail { persons: vec![person(2), person(1)], people: 2, ..mail() };
    assert!(later.apply(&all).order.is_some(), "on any of the persons");
    assert!(Mail { persons: vec![], matters: vec![person(1)], ..mail() }.apply(&all).order.is_some());

    let until = Order { until: Some(TODAY), ..order(1) };
    let ended = registers(vec![consent("c1", 1)], vec![until], vec![], vec![]);
    assert!(mail().apply(&ended).order.is_some(), "its last day counts");
    assert!(Mail { today: date(2026, 5, 5), ..mail() }.apply(&ended).secrecy);
    assert!(Mail { today: date(2026, 4, 30), ..mail() }.apply(&ended).secrecy, "before it began");
}

#[test]
fn a_team_spares_a_warning_and_nothing_else() {
    let one = |team: Team| registers(vec![consent("c1", 1)], vec![], vec![team], vec![]);
    let to_team =
        || Mail { categories: categories(&[Category::Work]), ..mail() }.to(&["a@klinik.example", "b@skole.example"]);
    let lifted = to_team().apply(&one(team(1)));
    assert_eq!((lifted.team, lifted.secrecy, lifted.channel), (true, false, false));
    assert_eq!(lifted.by, [By::Team("team".into())]);
    for (what, team, applies) in [
        ("of another person", team(2), false),
        ("over", Team { expires: date(2026, 5, 3), ..team(1) }, false),
        ("its last day", Team { expires: TODAY, ..team(1) }, true),
        ("ended today", Team { ended: Some(TODAY), ..team(1) }, false),
        ("the person wants it no more", Team { opted_out: Some(TODAY), ..team(1) }, false),
        ("by a consent that holds", Team { consent: Some("c1".into()), ..team(1) }, true),
        ("by a consent that nobody knows", Team { consent: Some("c2".into()), ..team(1) }, false),
    ] {
        assert_eq!(to_team().apply(&one(team)).team, applies, "{what}");
    }
    assert!(!to_team().to(&["a@klinik.example", "c@skole.example"]).apply(&one(team(1))).team);
    let withdrawn = Consent { withdrawn: Some(TODAY), ..consent("c1", 1) };
    let withdrawn = registers(vec![withdrawn], vec![], vec![Team { consent: Some("c1".into()), ..team(1) }], vec![]);
    assert!(!to_team().apply(&withdrawn).team, "a team falls with its consent");
}

#[test]
fn a_route_needs_all_recipients_its_unit_and_a_code_for_senders() {
    let child = route("barnevern", "EX-CHILD-REPORT", &["vakt@barnevern.example"]);
    let with = |route: Route| registers(vec![], vec![], vec![], vec![route]);
    let to = |addresses: &[&str]| Mail { severity: Severity::Critical, ..mail() }.to(addresses);
    let lifted = to(&["vakt@barnevern.example"]).apply(&with(child.clone()));
    assert_eq!(
        (lifted.secrecy, lifted.channel, lifted.urgent, lifted.review_within_hours),
        (true, true, true, Some(24))
    );
    assert_eq!(lifted.by, [By::Route("barnevern".into())]);
    assert_eq!(to(&["vakt@barnevern.example", "a@firma.example"]).apply(&with(child.clone())), Lifted::default());
    let elsewhere = Route { units: vec!["skole".into()], ..child.clone() };
    assert_eq!(to(&["vakt@barnevern.example"]).apply(&with(elsewhere)), Lifted::default());
    let reviewers = Route { code: "EX-KNOWN".into(), ..child.clone() };
    assert_eq!(to(&["vakt@barnevern.example"]).apply(&with(reviewers)), Lifted::default());
    let unknown = Route { code: "EX-NONE".into(), ..child };
    assert_eq!(to(&["vakt@barnevern.example"]).apply(&with(unknown)), Lifted::default());

    // What must be told of the single mail comes with a claim, or the route says nothing.
    let police = with(route("politi", "EX-CRIME-1Y", &["@polisen.example"]));
    let report = |claim| Mail { profile: "se.social", claim, ..mail() }.to(&["a@polisen.example"]);
    assert_eq!(report(None).apply(&police), Lifted::default());
    let mut claim = Claim::of_sender("EX-CRIME-1Y", "because");
    claim.documented = claim.documented.with(Need::Offence, "rape").with(Need::Manager, "yes");
    let lifted = report(Some(claim)).apply(&police);
    assert_eq!((lifted.secrecy, lifted.channel), (true, false));
    assert_eq!(lifted.by, [By::Route("politi".into()), By::Code("EX-CRIME-1Y".into())]);
    assert_eq!(lifted.refused, []);
}

#[test]
fn a_claim_that_does_not_apply_says_why() {
    let routes = vec![
        route("politi", "EX-POLICE-CONTACT", &["@politiet.example"]),
        route("barnevern", "EX-CHILD-REPORT", &["vakt@barnevern.example"]),
    ];
    let registers = registers(vec![], vec![], vec![], routes);
    let contact = || Mail { categories: categories(&[Category::Contact]), ..mail() };
    let critical = || Mail { severity: Severity::Critical, ..mail() };
    for (what, mail, refused) in [
        ("a party", mail().claiming("EX-PARTY"), ""),
        ("no such code", mail().claiming("EX-NONE"), "unknown-code"),
        ("only a reviewer's", mail().claiming("EX-KNOWN"), "not-for:sender"),
        ("detection's own", mail().claiming("EX-ANON"), "automatic"),
        ("another country's", mail().claiming("EX-REMINDER"), "not-for-this-unit categories needs:approval"),
        ("no reason", Mail { claim: Some(Claim::of_sender("EX-PARTY", " ")), ..mail() }, "needs:reason"),
        ("not all is told", mail().claiming("EX-AUTHORITY-LAW"), "needs:legal-basis needs:manager"),
        ("not the police", contact().claiming("EX-POLICE-CONTACT"), "recipients"),
        ("the police", contact().to(&["a@politiet.example"]).claiming("EX-POLICE-CONTACT"), ""),
        (
            "the police, but more than contact",
            mail().to(&["a@politiet.example"]).claiming("EX-POLICE-CONTACT"),
            "categories",
        ),
        ("too grave for one", critical().claiming("EX-PARTY"), "four-eyes"),
        ("too grave to wait", critical().claiming("EX-LIFE"), ""),
        ("a report to nobody who takes it", critical().claiming("EX-CHILD-REPORT"), "recipients"),
    ] {
        let lifted = mail.apply(&registers);
        assert_eq!(words(&lifted.refused), refused, "{what}");
        assert_eq!(lifted.secrecy, refused.is_empty(), "{what}");
    }
    let mut seconded = Claim::of_sender("EX-PARTY", "because");
    seconded.seconded = true;
    assert!(Mail { claim: Some(seconded), ..critical() }.apply(&registers).secrecy);
    let reviewer = Claim { by: Role::Reviewer, ..Claim::of_sender("EX-KNOWN", "because") };
    assert!(Mail { claim: Some(reviewer), ..mail() }.apply(&registers).secrecy);
    assert_eq!(mail().claiming("EX-LIFE").apply(&registers).review_within_hours, Some(24));
}

#[test]
fn nobody_claims_a_consent_that_was_withdrawn() {
    let mut claim = Claim::of_sender("EX-CONSENT", "");
    for need in [Need::Date, Need::ReceivedBy, Need::Scope, Need::Documented] {
        claim.documented = claim.documented.with(need, "x");
    }
    let claiming = || Mail { claim: Some(claim.clone()), ..mail() };
    let withdrawn = Consent { withdrawn: Some(TODAY), ..consent("c1", 1) };
    let told = |consents| words(&claiming().apply(&registers(consents, vec![], vec![], vec![])).refused);
    assert_eq!(told(vec![]), "");
    assert_eq!(told(vec![withdrawn.clone()]), "withdrawn");
    assert_eq!(told(vec![withdrawn.clone(), consent("c2", 1)]), "", "given anew");
    let others = Consent { recipients: patterns(&["@firma.example"]), ..withdrawn };
    assert_eq!(told(vec![others.clone()]), "", "to others");
    let both = claiming().to(&["a@klinik.example", "a@firma.example"]);
    assert_eq!(
        words(&both.apply(&registers(vec![others], vec![], vec![], vec![])).refused),
        "withdrawn",
        "to one of them"
    );
}

// What follows draws registers and mails from so few values that they meet.

fn day() -> impl Strategy<Value = Date> {
    (1_i8..=8).prop_map(|d| date(2026, 5, d))
}

fn some_patterns() -> impl Strategy<Value = Vec<Pattern>> {
    let all = ["@klinik.example", "a@klinik.example", "@firma.test", "@skole.example", "vakt@barnevern.example"];
    prop::collection::vec(prop::sample::select(patterns(&all)), 1..3)
}

fn some_recipients() -> impl Strategy<Value = Vec<Canonical>> {
    prop::collection::vec(one_recipient(), 1..4)
}

fn one_recipient() -> impl Strategy<Value = Canonical> {
    prop::sample::select(
        ["a@klinik.example", "b@skole.example", "vakt@barnevern.example", "x@firma.test"].map(address).to_vec(),
    )
}

fn some_categories() -> impl Strategy<Value = BTreeSet<Category>> {
    let all = vec![Category::Health, Category::Contact, Category::Family];
    prop::collection::btree_set(prop::sample::select(all), 1..4)
}

fn some_consents() -> impl Strategy<Value = Vec<Consent>> {
    let one = (1_u8..4, some_categories(), some_patterns(), day(), day(), prop::option::of(day()));
    let one = one.prop_map(|(of, categories, recipients, given, expires, withdrawn)| Consent {
        categories,
        recipients,
        given,
        expires,
        withdrawn,
        ..consent("", of)
    });
    prop::collection::vec(one, 0..5).prop_map(|mut all| {
        for (number, consent) in all.iter_mut().enumerate() {
            consent.id = format!("c{number}").into();
        }
        all
    })
}

fn some_teams() -> impl Strategy<Value = Vec<Team>> {
    let consent = prop::option::of(prop::sample::select(vec!["c0", "c1"]));
    let one = (1_u8..4, some_recipients(), day(), prop::option::of(day()), consent);
    let one = one.prop_map(|(of, members, expires, opted_out, consent)| Team {
        members: members.into_iter().collect(),
        expires,
        opted_out,
        consent: consent.map(Into::into),
        ..team(of)
    });
    prop::collection::vec(one, 0..3)
}

fn some_routes() -> impl Strategy<Value = Vec<Route>> {
    let codes = vec!["EX-LIFE", "EX-CHILD-REPORT", "EX-POLICE-CONTACT", "EX-PARTY", "EX-CONSENT", "EX-KNOWN"];
    let one = (prop::sample::select(codes), some_patterns())
        .prop_map(|(code, recipients)| Route { recipients, ..route("r", code, &[]) });
    prop::collection::vec(one, 0..3)
}

fn some_claim() -> impl Strategy<Value = Option<Claim>> {
    let ids: Vec<String> = Exceptions::builtin().ids().map(str::to_owned).collect();
    let one = (prop::sample::select(ids), any::<u16>(), any::<bool>(), any::<bool>());
    prop::option::of(one.prop_map(|(code, told, seconded, reviewer)| {
        let mut claim = Claim::of_sender(&code, "because");
        for (bit, need) in Need::ALL.iter().enumerate() {
            if told & (1 << bit) != 0 {
                claim.documented = claim.documented.with(*need, if *need == Need::ChildAge { "7" } else { "rape" });
            }
        }
        Claim { seconded, by: if reviewer { Role::Reviewer } else { Role::Sender }, ..claim }
    }))
}

fn some_mail() -> impl Strategy<Value = Mail> {
    let persons = prop::collection::vec((1_u8..4).prop_map(person), 1..3);
    let severity = prop::sample::select(Severity::ALL.to_vec());
    let profile = prop::sample::select(vec!["no.social", "se.social", "se.family_counselling", "default"]);
    (persons, 1_usize..3, some_recipients(), some_categories(), severity, profile, some_claim(), day()).prop_map(
        |(persons, people, recipients, categories, severity, profile, claim, today)| Mail {
            persons,
            people,
            recipients,
            categories,
            severity,
            profile,
            claim,
            today,
            ..mail()
        },
    )
}

fn some_registers() -> impl Strategy<Value = Registers> {
    (some_consents(), some_teams(), some_routes()).prop_map(|(c, t, r)| registers(c, vec![], t, r))
}

/// Nothing that `after` lifts was not lifted before.
fn no_more(after: &Lifted, before: &Lifted) -> bool {
    after.secrecy <= before.secrecy && after.channel <= before.channel && after.team <= before.team
}

proptest! {
    #[test]
    fn one_more_person_recipient_or_category_never_lifts_more(
        registers in some_registers(),
        mail in some_mail(),
        another in 1_u8..5,
        recipient in one_recipient(),
        category in prop::sample::select(Category::ALL.to_vec()),
    ) {
        let before = mail.apply(&registers);
        let mut persons = mail.persons.clone();
        persons.push(person(another));
        let mut recipients = mail.recipients.clone();
        recipients.push(recipient);
        let mut categories = mail.categories.clone();
        categories.insert(category);
        let copy = || Mail {
            persons: mail.persons.clone(),
            matters: vec![],
            recipients: mail.recipients.clone(),
            categories: mail.categories.clone(),
            claim: mail.claim.clone(),
            ..mail
        };
        for more in [
            Mail { persons, people: mail.people + 1, ..copy() },
            Mail { people: mail.people + 1, ..copy() },
            Mail { recipients, ..copy() },
            Mail { categories, ..copy() },
            Mail { severity: mail.severity.raised(), ..copy() },
        ] {
            prop_assert!(no_more(&more.apply(&registers), &before));
        }
    }

    #[test]
    fn what_ends_never_lifts_more(
        (consents, teams, routes) in (some_consents(), some_teams(), some_routes()),
        mail in some_mail(),
        which in any::<prop::sample::Index>(),
        withdrawn in any::<bool>(),
    ) {
        let before = mail.apply(&registers(consents.clone(), vec![], teams.clone(), routes.clone()));
        let (mut fewer, mut shorter) = (consents, teams);
        if !fewer.is_empty() {
            let number = which.index(fewer.len());
            if withdrawn {
                fewer[number].withdrawn = Some(mail.today);
            } else {
                fewer[number].expires = date(2026, 4, 30);
            }
        }
        if !shorter.is_empty() {
            let number = which.index(shorter.len());
            if withdrawn {
                shorter[number].opted_out = Some(mail.today);
            } else {
                shorter[number].expires = date(2026, 4, 30);
            }
        }
        let after = mail.apply(&registers(fewer, vec![], shorter, routes));
        prop_assert!(no_more(&after, &before));
    }

    #[test]
    fn an_order_never_lifts_and_consent_never_lifts_the_channel(
        (consents, teams, routes) in (some_consents(), some_teams(), some_routes()),
        mail in some_mail(),
    ) {
        let ordered = registers(consents.clone(), vec![Order { from: date(2026, 5, 1), ..order(1) }], teams, routes);
        let lifted = mail.apply(&ordered);
        if mail.persons.contains(&person(1)) {
            prop_assert!(lifted.order.is_some() && no_more(&lifted, &Lifted::default()) && lifted.by.is_empty());
        }
        let consents_alone = registers(consents, vec![], vec![], vec![]);
        let lifted = Mail { claim: None, ..mail }.apply(&consents_alone);
        prop_assert!(!lifted.channel);
        prop_assert_eq!(lifted.secrecy, !lifted.by.is_empty());
    }

    #[test]
    fn what_opens_the_channel_is_urgent_and_looked_at_afterwards(registers in some_registers(), mail in some_mail()) {
        let lifted = mail.apply(&registers);
        if lifted.channel {
            prop_assert!(lifted.secrecy && lifted.urgent && lifted.review_within_hours.is_some());
            let opens = |by: &By| match by {
                By::Route(_) => true,
                By::Code(id) => ["EX-LIFE", "EX-CHILD-REPORT"].contains(&&**id),
                By::Consent(_) | By::Team(_) => false,
            };
            prop_assert!(lifted.by.iter().any(opens));
        }
    }
}
