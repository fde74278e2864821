//! What no rule of the decision may ever do: weaker evidence, a further recipient, a day later, a thing
//! less that speaks for the mail; none of them loosens a verdict.

use jiff::civil::date;
use proptest::prelude::*;
use sluss::channel::{ChannelClass, Level, Why};
use sluss::detect::{Assessment, Basis, Category, Disclosure, Severity};
use sluss::inspect::Reason;
use sluss::policy::{
    Input, Internal, Judged, Lifted, MinimumEvidence, Mistake, Mode, OnConfidential, Outcome, Profiles, Rules,
    Treatment, Unit, Verdict, Way, decide,
};

/// A recipient that owns its class.
#[derive(Clone, Debug)]
struct To {
    class: ChannelClass,
    envelope: bool,
    unit: Option<&'static str>,
}

/// A message, its recipients and the rules, all that a decision rests on.
#[derive(Clone, Debug)]
struct Case {
    profile: &'static str,
    disclosures: Vec<(usize, usize, usize)>,
    unreadable: Vec<Reason>,
    to: Vec<To>,
    ways: Vec<(Level, Option<&'static str>, bool)>,
    mistakes: Vec<Mistake>,
    lifted: Lifted,
    rules: Rules,
}

impl Case {
    fn decide(&self) -> Outcome {
        let profile = Profiles::builtin().get(self.profile).unwrap().clone();
        let unit = Unit::new("social", profile, self.rules.clone());
        let disclosure = |&(basis, category, severity): &(usize, usize, usize)| Disclosure {
            basis: Basis::ALL[basis % Basis::ALL.len()],
            category: Category::ALL[category % Category::ALL.len()],
            severity: Severity::ALL[severity % Severity::ALL.len()],
            findings: Vec::new(),
            reasons: Vec::new(),
        };
        let assessment =
            Assessment { disclosures: self.disclosures.iter().map(disclosure).collect(), ..Assessment::default() };
        let recipients: Vec<Judged<'_>> =
            self.to.iter().map(|to| Judged { class: &to.class, envelope: to.envelope, unit: to.unit }).collect();
        let way = |&(level, hop, requested): &(Level, Option<&'static str>, bool)| Way {
            channel: "gateway",
            level,
            hop,
            tls: None,
            requested,
        };
        let ways: Vec<Way<'_>> = self.ways.iter().map(way).collect();
        decide(&Input {
            assessment: &assessment,
            uninspectable: &self.unreadable,
            recipients: &recipients,
            ways: &ways,
            mistakes: &self.mistakes,
            lifted: &self.lifted,
            unit: &unit,
            hop: "default",
        })
    }
}

fn level() -> impl Strategy<Value = Level> {
    (0usize..Level::ALL.len()).prop_map(|n| Level::ALL[n])
}

fn hop() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![Just(None), Just(Some("default")), Just(Some("secure")), Just(Some("other"))]
}

fn to() -> impl Strategy<Value = To> {
    let unit = prop_oneof![3 => Just(None), 1 => Just(Some("social")), 1 => Just(Some("skola"))];
    (level(), hop(), any::<bool>(), unit).prop_map(|(level, hop, envelope, unit)| {
        let class = ChannelClass { level, next_hop: hop.map(str::to_owned), ..ChannelClass::unknown(Why::Evidence) };
        To { class, envelope, unit }
    })
}

fn treatment() -> impl Strategy<Value = Treatment> {
    (0usize..Treatment::ALL.len()).prop_map(|n| Treatment::ALL[n])
}

fn rules() -> impl Strategy<Value = Rules> {
    let thresholds = (1usize..5, 1usize..5);
    let minimum = (2usize..6, prop::collection::btree_map(0usize..Category::ALL.len(), 2usize..6, 0..3));
    let unreadable = prop::collection::vec((0usize..Reason::ALL.len(), treatment()), 0..4);
    let towards = prop::option::of(treatment());
    let recipients = (treatment(), treatment(), treatment());
    (thresholds, minimum, unreadable, towards, recipients, any::<bool>(), any::<bool>()).prop_map(
        |((hold, warn), (default, by), unreadable, towards, (alike, webmail, many), reject, report)| {
            let mut rules = Rules::new(Mode::Enforce);
            rules.hold_from = Severity::ALL[hold.max(warn)];
            rules.warn_from = Severity::ALL[hold.min(warn)];
            rules.minimum = MinimumEvidence {
                default: Level::ALL[default],
                by_category: by.into_iter().map(|(c, l)| (Category::ALL[c], Level::ALL[l])).collect(),
            };
            for (reason, treatment) in unreadable {
                rules.uninspectable.set(Reason::ALL.into_iter().nth(reason).unwrap(), treatment);
            }
            rules.towards.extend(towards.map(|treatment| ("skola".to_owned(), treatment)));
            rules.recipients.look_alike = alike;
            rules.recipients.webmail_among_official = webmail;
            rules.recipients.reply_to_many = many;
            rules.on_confidential = if reject { OnConfidential::Reject } else { OnConfidential::Quarantine };
            rules.internal = if report { Internal::Report } else { Internal::Judge };
            rules
        },
    )
}

fn case() -> impl Strategy<Value = Case> {
    let profile = prop_oneof![Just("default"), Just("no.social"), Just("se.general"), Just("se.family_counselling")];
    let disclosures = prop::collection::vec((0usize..20, 0usize..30, 0usize..5), 0..4);
    let unreadable = prop::collection::vec((0usize..Reason::ALL.len()).prop_map(|n| Reason::ALL[n]), 0..3);
    let ways = prop::collection::vec((level(), hop(), any::<bool>()), 0..3).prop_map(|mut ways| {
        ways.sort_by_key(|(level, _, requested)| (!requested, std::cmp::Reverse(*level)));
        ways
    });
    let mistakes = prop::collection::vec((0usize..Mistake::ALL.len()).prop_map(|n| Mistake::ALL[n]), 0..3);
    let lifted = (any::<bool>(), any::<bool>(), prop::bool::weighted(0.2), any::<bool>()).prop_map(
        |(order, secrecy, channel, team)| Lifted {
            order: order.then(|| "order".into()),
            secrecy,
            channel,
            team,
            ..Lifted::default()
        },
    );
    let to = prop::collection::vec(to(), 1..4);
    (profile, disclosures, unreadable, to, ways, mistakes, lifted, rules()).prop_map(
        |(profile, disclosures, unreadable, to, ways, mistakes, lifted, rules)| Case {
            profile,
            disclosures,
            unreadable,
            to,
            ways,
            mistakes,
            lifted,
            rules,
        },
    )
}

/// Stricter or the same. A mail that went round and now goes as it is has not been let through: either way every
/// recipient is reached by what the mail asks for, which the last property holds.
fn as_strict(after: &Outcome, before: &Outcome) -> bool {
    after.judged >= before.judged || (before.judged == Verdict::Reroute && after.judged == Verdict::Relay)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn weaker_evidence_never_loosens(case in case(), which in any::<prop::sample::Index>(), weaker in level()) {
        let mut weak = case.clone();
        let class = &mut weak.to[which.index(case.to.len())].class;
        class.level = class.level.min(weaker);
        prop_assert!(as_strict(&weak.decide(), &case.decide()), "{:?} {:?}", case.decide(), weak.decide());
    }

    /// Expired evidence: unknown, while the channel's next hop stays.
    #[test]
    fn a_day_later_never_loosens(case in case(), which in any::<prop::sample::Index>()) {
        let mut late = case.clone();
        let class = &mut late.to[which.index(case.to.len())].class;
        class.level = Level::Unknown;
        class.why = Why::Expired(date(2026, 1, 1));
        prop_assert!(as_strict(&late.decide(), &case.decide()), "{:?} {:?}", case.decide(), late.decide());
    }

    #[test]
    fn a_further_recipient_never_loosens(case in case(), further in to(), at in any::<prop::sample::Index>()) {
        let mut more = case.clone();
        more.to.insert(at.index(case.to.len() + 1), further);
        prop_assert!(as_strict(&more.decide(), &case.decide()), "{:?} {:?}", case.decide(), more.decide());
    }

    /// A way that closes, or whose evidence ends, may stop a mail and never lets one through. One that was
    /// asked for is another matter: without the request an ordinary mail goes the ordinary way.
    #[test]
    fn a_way_less_never_loosens(case in case(), which in any::<prop::sample::Index>(), close in any::<bool>()) {
        let mut case = case;
        case.ways.iter_mut().for_each(|way| way.2 = false);
        let mut less = case.clone();
        if !case.ways.is_empty() {
            let which = which.index(case.ways.len());
            if close { less.ways.remove(which); } else { less.ways[which].0 = Level::Unknown; }
        }
        prop_assert!(as_strict(&less.decide(), &case.decide()), "{:?} {:?}", case.decide(), less.decide());
    }

    /// Nothing that lifts makes a verdict stricter, and nothing stands above an order.
    #[test]
    fn what_lifts_only_lifts(case in case()) {
        let with = |lifted: Lifted| Case { lifted, ..case.clone() }.decide().judged;
        let none = with(Lifted::default());
        for lifted in [
            Lifted { secrecy: true, ..Lifted::default() },
            Lifted { channel: true, ..Lifted::default() },
            Lifted { team: true, ..Lifted::default() },
        ] {
            prop_assert!(with(lifted.clone()) <= none);
            let order = Some("order".into());
            let ordered = Case { lifted: Lifted { order, ..lifted.clone() }, ..case.clone() }.decide();
            prop_assert!(ordered.judged >= with(lifted));
            if ordered.confidential {
                prop_assert!(ordered.judged >= Verdict::Quarantine);
            }
        }
        // Consent lifts secrecy between authorities, and not the demand on the channel.
        let elsewhere = case.to.iter().all(|to| to.unit.is_none());
        if elsewhere {
            prop_assert_eq!(with(Lifted { secrecy: true, ..Lifted::default() }), none);
        }
    }

    /// What leaves as it is rests on evidence: a mail that something in it would stop, and that nothing lifts, is
    /// relayed only when every recipient's channel has the minimum, or a way behind the ordinary hop has it, or
    /// the house only watches. What is rerouted goes where the minimum is.
    #[test]
    fn what_leaves_rests_on_evidence(case in case()) {
        let case = Case { lifted: Lifted::default(), ..case };
        let outcome = case.decide();
        let stops = |reason: &Reason| case.rules.uninspectable.of(*reason).verdict() > Verdict::Reroute;
        let by_content = outcome.categories.iter().map(|category| case.rules.minimum.of(*category));
        let unread = case.unreadable.iter().filter(|reason| stops(reason)).map(|_| case.rules.minimum.default);
        let Some(least) = by_content.chain(unread).max() else { return Ok(()) };
        let watched = |to: &To| to.unit.is_some() && case.rules.internal == Internal::Report;
        let by_channel = case.to.iter().all(|to| watched(to) || to.class.level >= least);
        let here = |hop: &Option<&str>| hop.is_none_or(|hop| hop == "default");
        let by_way = case.ways.iter().any(|(level, hop, _)| *level >= least && here(hop));
        let through = case.ways.iter().any(|(level, hop, _)| *level >= least && *hop == outcome.reroute_to.as_deref());
        match outcome.judged {
            Verdict::Relay | Verdict::Warn => prop_assert!(by_channel || by_way, "{outcome:?}"),
            Verdict::Reroute => prop_assert!(by_channel || through, "{outcome:?}"),
            Verdict::Quarantine | Verdict::Reject => {}
        }
    }
}
