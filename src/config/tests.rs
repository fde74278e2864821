//! The happy path. What is refused stands in `tests/config_bad`, a folder a case.

use std::path::Path;

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::checked::{HopTls, MixedNextHops, Store};
use super::show::Shown;
use super::*;
use crate::channel::Level;
use crate::detect::{Category, Severity};
use crate::inspect::Reason;
use crate::notice::facts::Language;
use crate::policy::{Judge, Mode, OnConfidential, Rules, Treatment};

const TODAY: Date = date(2026, 11, 21);

fn accepted(text: &str) -> (Checked, Vec<String>) {
    let (checked, report) = check(Path::new("/etc/sluss/sluss.toml"), text, TODAY).unwrap_or_else(|r| panic!("{r}"));
    (checked, report.warnings().map(|w| w.text.clone()).collect())
}

/// The page of the design, without the files it names.
const PAGE: &str = r#"
[gateway]
listen = ["127.0.0.1:2525"]
hostname = "sluss.kommun.example"
allow_networks = ["127.0.0.0/8", "::1/128"]
allow_sender_domains = []
max_message_size = "50 MiB"
max_connections = 500
max_connections_per_source = 200
memory_for_messages = "512 MiB"
mixed_next_hops = "defer"
[next_hop.default]
address = "127.0.0.1:2526"
tls = "none"
max_connections = 40
[store]
url = "sqlite:/tmp/sluss.db"
[secret]
file = "sluss.secret"
[seal]
recipients = [
    "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj",
    "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
]
[quarantine]
keep_days = 14
keep_decision = "KS 2026/1"
[audit]
keep_years = 10
keep_decision = "KS 2026/3"
[notice]
from = "sluss@kommun.example"
next_hop = "default"
local_domains = []
policy = "Instruktion för sekretess"
[console]
listen = "127.0.0.1:8025"
[detect]
synthetic = "count"
[policy]
mode = "enforce"
on_confidential = "quarantine"
on_filter_error = "tempfail"
judge = "named"
hold_from = "medium"
warn_from = "low"
[policy.minimum_evidence]
default = "contract"
health = "enforced"
[policy.uninspectable]
encrypted = "reject"
encrypted-smime = "relay"
unsupported = "relay"
image-only = "warn"
[[unit]]
id = "social"
senders = ["@social.kommun.example", "vakt@kommun.example"]
profile = "se.social"
language = "sv"
hold_from = "low"
on_confidential = "reject"
[[unit]]
id = "skole"
senders = [".skole.kommun.example"]
profile = "no.school"
[[channel]]
id = "intern"
match = ["@kommun.example"]
not = ["skrivare@kommun.example"]
evidence = { level = "enforced", decided_by = "IT-chef", reference = "KS 2026/2", verified_until = 2027-06-30 }
next_hop = "default"
[[disclosure]]
id = "orosanmalan"
code = "EX-CHILD-REPORT"
recipients = ["mottagningen@kommun.example"]
units = ["skole"]
urgent_phone = "0470-00 00 00"
"#;

#[test]
fn the_page_of_the_design_is_accepted_as_meant() {
    let (checked, warnings) = accepted(PAGE);
    assert_eq!(warnings, Vec::<String>::new());
    let gateway = checked.gateway.as_ref().unwrap();
    assert_eq!(gateway.hostname, "sluss.kommun.example");
    assert_eq!(gateway.max_message_size, 50 * 1024 * 1024);
    assert_eq!(gateway.mixed_next_hops, MixedNextHops::Defer);
    assert!(gateway.tls.is_none());
    assert_eq!(checked.next_hops["default"].tls, HopTls::None);
    assert_eq!(checked.store, Some(Store::Sqlite("/tmp/sluss.db".into())));
    assert_eq!(checked.secret.as_ref().unwrap().file, Path::new("/etc/sluss/sluss.secret"));
    assert_eq!(checked.seal.as_ref().unwrap().recipients.len(), 2);
    assert_eq!(checked.quarantine.keeping.days, 14);
    assert_eq!(checked.notice.local_domains, [".skole.kommun.example", "kommun.example", "social.kommun.example"]);
    assert_eq!(checked.rules.mode, Mode::Enforce);
    assert_eq!(checked.rules.minimum.of(Category::Health), Level::Enforced);
    assert_eq!(checked.rules.minimum.of(Category::Protected), Level::Eid);
    assert_eq!(checked.rules.minimum.of(Category::Economy), Level::Contract);
    assert_eq!(checked.rules.uninspectable.of(Reason::Unsupported), Treatment::Relay);
    assert_eq!(checked.rules.uninspectable.of(Reason::Malformed), Treatment::Quarantine);
    for (rule, expected) in [("encrypted-pgp", Treatment::Reject), ("encrypted-smime", Treatment::Relay)] {
        let reason = Reason::ALL.into_iter().find(|reason| reason.rule() == rule).unwrap();
        assert_eq!(checked.rules.uninspectable.of(reason), expected, "{rule}");
    }
    let social = checked.unit("social").unwrap();
    assert_eq!(social.unit.rules.hold_from, Severity::Low);
    assert_eq!(social.unit.rules.on_confidential, OnConfidential::Reject);
    assert_eq!(social.unit.profile.id(), "se.social");
    assert_eq!(checked.unit("skole").unwrap().language, Language::Nb);
    assert_eq!(checked.unit("skole").unwrap().unit.rules, checked.rules);
    assert_eq!(checked.unit("default").unwrap().unit.profile.id(), "default");
    assert_eq!(checked.channels[0].next_hop.as_deref(), Some("default"));
    assert!(checked.may_hold());
    let route = &checked.disclosures[0];
    assert_eq!((route.code.as_str(), route.units.as_slice()), ("EX-CHILD-REPORT", &["skole".to_owned()][..]));
    assert_eq!(route.urgent_phone.as_deref(), Some("0470-00 00 00"));
}

#[test]
fn an_absent_table_switches_its_room_off_and_the_rest_has_defaults() {
    let (checked, _) = accepted("[policy]\nmode = \"observe\"\n");
    assert!(checked.gateway.is_none() && checked.store.is_none() && checked.console.is_none());
    assert!(!checked.may_hold());
    assert_eq!(checked.rules, Rules::new(Mode::Observe));
    assert_eq!(checked.rules.judge, Judge::Named);
    assert_eq!(checked.rules.minimum.default, Level::Contract);
    assert_eq!(checked.units.len(), 1);
}

/// What is shown is a configuration, and it means the same.
#[test]
fn what_is_shown_means_the_same() {
    for text in [PAGE, "[policy]\nmode = \"observe\"\n"] {
        let (checked, _) = accepted(text);
        let shown = Shown::of(&checked);
        let (again, _) = accepted(&shown.to_string());
        assert_eq!(shown.to_string(), Shown::of(&again).to_string());
        assert_eq!(shown.differences(&Shown::of(&again)), []);
    }
}

#[test]
fn a_difference_is_named_by_its_path() {
    let (before, _) = accepted(PAGE);
    let changed = PAGE
        .replace("max_connections = 500", "max_connections = 400")
        .replace("profile = \"no.school\"", "profile = \"no.general\"")
        .replace("policy = \"Instruktion för sekretess\"\n", "desk = \"1234\"\n")
        .replace("id = \"intern\"", "id = \"own\"");
    let (after, _) = accepted(&changed);
    let lines: Vec<String> = Shown::of(&before).differences(&Shown::of(&after)).iter().map(|d| d.to_string()).collect();
    assert_eq!(
        lines[..2],
        [
            "- channel.intern.evidence = { level = \"enforced\", decided_by = \"IT-chef\", reference = \"KS 2026/2\", verified_until = 2027-06-30 }",
            "- channel.intern.id = \"intern\""
        ]
    );
    let rest: Vec<&String> = lines.iter().filter(|l| !l.contains("channel.")).collect();
    assert_eq!(
        rest,
        [
            "- gateway.max_connections = 500\n+ gateway.max_connections = 400",
            "+ notice.desk = \"1234\"",
            "- notice.policy = \"Instruktion för sekretess\"",
            "- unit.skole.profile = \"no.school\"\n+ unit.skole.profile = \"no.general\"",
        ]
    );
}

/// No key is allowed and then ignored: a moment in time, which fits none of them, is found in each.
#[test]
fn every_key_of_the_schema_is_read() {
    for (table, keys) in schema::KEYS {
        for key in *keys {
            let header = match *table {
                "" => String::new(),
                "unit" | "channel" | "disclosure" => format!("[[{table}]]"),
                "channel.evidence" => "[[channel]]\n[channel.evidence]".into(),
                "channel.trigger" => "[[channel]]\n[[channel.trigger]]".into(),
                "quarantine.keep" => "[[quarantine.keep]]".into(),
                "unit.header" => "[[unit]]\n[unit.header]".into(),
                _ => format!("[{}]", table.replace('*', "x")),
            };
            let text = format!("{header}\n{key} = 1979-05-27T07:32:00Z\n");
            let report = check(Path::new("sluss.toml"), &text, TODAY).unwrap_err();
            let place = format!("sluss.toml:{}:", text.lines().count());
            let found = report.faults().any(|f| f.to_string().starts_with(&place));
            assert!(found, "{table}.{key} is allowed but never read:\n{report}");
        }
    }
}

proptest! {
    /// Whatever is broken in it, a configuration is told about, never stumbled over; and what is told
    /// stands inside the file.
    #[test]
    fn a_broken_file_is_reported(
        from in 0usize..2_600, length in 0usize..40,
        put in prop_oneof!["", "\\PC{0,8}", Just("\n[unit]\n".to_owned()), Just("æ = '''".to_owned()), Just("{ x = [".to_owned())],
    ) {
        let start = PAGE.floor_char_boundary(from.min(PAGE.len()));
        let end = PAGE.floor_char_boundary((start + length).min(PAGE.len()));
        let text = format!("{}{put}{}", &PAGE[..start], &PAGE[end..]);
        if let Err(report) = check(Path::new("sluss.toml"), &text, TODAY) {
            prop_assert!(report.faults().count() > 0);
            let lines = text.lines().count().max(1) + 1;
            for place in report.issues.iter().filter_map(|i| i.place.as_ref()) {
                prop_assert!((1..=lines).contains(&place.line), "line {} of {lines}", place.line);
            }
            prop_assert!(!report.to_string().is_empty());
        }
    }
}

fn digest(text: &str) -> Digest {
    Digest::of(&accepted(text).0, [])
}

#[test]
fn the_digest_tells_configurations_apart_by_what_they_mean() {
    let before = digest(PAGE);
    assert_eq!(before.sha256().len(), 64);
    assert!(before.sha256().starts_with(&**before.short()) && before.short().len() == 16);
    let spaced = format!("# a comment\n{}", PAGE.replace("max_connections = 40", "max_connections   =  40 # of 100"));
    assert_eq!(digest(&spaced), before, "comments and spaces mean nothing");
    assert_eq!(digest(&format!("{PAGE}\n")), before);
    let with_default = PAGE.replace("[detect]\nsynthetic = \"count\"\n", "");
    assert_eq!(digest(&with_default), before, "a default that is written means nothing more");

    // Every row that is shown, each changed alone.
    let changes = [
        ("max_connections = 500", "max_connections = 501"),
        ("max_connections = 40", "max_connections = 41"),
        ("mixed_next_hops = \"defer\"", "mixed_next_hops = \"default\""),
        ("keep_days = 14", "keep_days = 15"),
        ("keep_decision = \"KS 2026/1\"", "keep_decision = \"KS 2026/9\""),
        ("keep_years = 10", "keep_years = 11"),
        ("policy = \"Instruktion för sekretess\"", "policy = \"Instruktion\""),
        ("synthetic = \"count\"", "synthetic = \"ignore\""),
        ("profile = \"no.school\"", "profile = \"no.general\""),
        ("reference = \"KS 2026/2\"", "reference = \"KS 2026/3\""),
        ("id = \"intern\"", "id = \"own\""),
    ];
    let mut seen = vec![before];
    for (old, new) in changes {
        assert!(PAGE.contains(old), "{old}");
        let changed = digest(&PAGE.replace(old, new));
        assert!(!seen.contains(&changed), "{old} -> {new}");
        seen.push(changed);
    }
    let (checked, _) = accepted(PAGE);
    for part in [("patterns", &b"1"[..]), ("patterns", b"2"), ("words.toml", b"1")] {
        let changed = Digest::of(&checked, [part]);
        assert!(!seen.contains(&changed), "{part:?}");
        seen.push(changed);
    }
}

/// A list file counts by what it names.
#[test]
fn the_digest_covers_the_lists_of_channels() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("partner.txt");
    let path = folder.path().join("sluss.toml");
    let text = "[policy]\nmode = \"observe\"\n[[channel]]\nid = \"partner\"\nmatch_file = \"partner.txt\"\n\
        evidence = { level = \"contract\", decided_by = \"IT\", reference = \"1\", verified_until = 2027-06-30 }\n";
    let digest = |listed: &str| {
        std::fs::write(&list, listed).unwrap();
        let (checked, _) = check(&path, text, TODAY).unwrap_or_else(|report| panic!("{report}"));
        assert_eq!(checked.watched(), std::slice::from_ref(&list));
        (Digest::of(&checked, []), Shown::of(&checked).to_string())
    };
    let before = digest("@a.example\n@b.example\n");
    assert_eq!(digest("# partners\n@a.example # the first\n\n@b.example"), before);
    let after = digest("@a.example\n@c.example\n");
    assert_ne!(after.0, before.0);
    assert_ne!(after.1, before.1, "as many entries, and `config diff` shows it");
}

/// The directory's export is watched, counts by what it says, and a line that says nothing is named.
#[test]
fn preferred_languages_are_read_from_a_list() {
    let folder = tempfile::tempdir().unwrap();
    let (list, path) = (folder.path().join("languages.txt"), folder.path().join("sluss.toml"));
    let text = "[policy]\nmode = \"observe\"\n[notice]\nfrom = \"sluss@kommun.example\"\nlanguage_file = \"languages.txt\"\n\
        shared_mailboxes = [\"barn@kommun.example\"]\nservice_senders = [\"@skrivare.kommun.example\"]\n\
        [next_hop.default]\naddress = \"127.0.0.1:25\"\ntls = \"none\"\n";
    let with = |listed: &str| {
        std::fs::write(&list, listed).unwrap();
        check(&path, text, TODAY).map(|(checked, _)| checked)
    };
    let first = with("# as exported\nkari@kommun.example\tnn\n@nord.kommun.example   nb # all\n").unwrap();
    assert_eq!(first.notice.languages.len(), 2);
    assert_eq!((first.notice.shared_mailboxes.len(), first.notice.service_senders.len()), (1, 1));
    assert_eq!(first.watched(), std::slice::from_ref(&list));
    let second = with("kari@kommun.example nb\n@nord.kommun.example nb\n").unwrap();
    assert_ne!(Digest::of(&first, []), Digest::of(&second, []));
    for (line, expected) in [
        ("kari@kommun.example", "allowed: a"),
        ("kari@kommun.example dk", "languages.txt:1: allowed: a language at the end: sv, nb, nn, en"),
        ("kari nn", "languages.txt:1: allowed: an address"),
    ] {
        let report = with(line).unwrap_err().to_string();
        assert!(report.contains(expected), "{line}: {report}");
    }
}

#[test]
fn what_needs_a_restart_is_held_back_and_named() {
    let (running, _) = accepted(PAGE);
    let (same, keys) = held_back(&running, accepted(&format!("# again\n{PAGE}")).0);
    assert_eq!((keys, Digest::of(&same, [])), (vec![], Digest::of(&running, [])));

    let changes = [
        ("listen = [\"127.0.0.1:2525\"]", "listen = [\"127.0.0.1:2599\"]", "gateway.listen"),
        ("url = \"sqlite:/tmp/sluss.db\"", "url = \"sqlite:/tmp/other.db\"", "store.url"),
        ("file = \"sluss.secret\"", "file = \"other.secret\"", "secret.file"),
        ("listen = \"127.0.0.1:8025\"", "listen = \"127.0.0.1:8099\"", "console.listen"),
        ("[detect]", "[inspect]\nocr = \"off\"\n[detect]", "inspect.ocr"),
        ("[detect]", "[inspect]\nsandbox = \"best-effort\"\n[detect]", "inspect.sandbox"),
        ("[console]\nlisten = \"127.0.0.1:8025\"\n", "", "console"),
    ];
    for (old, new, key) in changes {
        assert!(PAGE.contains(old), "{old}");
        // With a change beside it that does not have to wait.
        let changed = PAGE.replace(old, new).replace("keep_days = 14", "keep_days = 15");
        let (taken, keys) = held_back(&running, accepted(&changed).0);
        assert_eq!(keys, [key]);
        let left: Vec<String> =
            Shown::of(&running).differences(&Shown::of(&taken)).iter().map(|d| d.path().to_owned()).collect();
        assert_eq!(left, ["quarantine.keep_days"], "{key}");
    }
    let one_key = PAGE.replace("    \"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\",\n", "");
    let (taken, keys) = held_back(&running, accepted(&one_key).0);
    assert_eq!((keys, taken.seal.unwrap().recipients.len()), (vec!["seal.recipients"], 2));

    // A room that is switched on or off keeps as it is, with all its keys.
    let (without, _) = accepted("[policy]\nmode = \"observe\"\n");
    let (taken, keys) = held_back(&without, running.clone());
    assert_eq!(keys, ["gateway", "store.url", "secret.file", "seal", "console"]);
    assert!(taken.gateway.is_none() && taken.store.is_none() && taken.seal.is_none() && taken.console.is_none());
    let (taken, keys) = held_back(&running, without);
    assert_eq!(keys, ["gateway", "store.url", "secret.file", "seal", "console"]);
    assert!(taken.gateway.is_some() && taken.seal.is_some() && taken.rules.mode == Mode::Observe);
}

#[test]
fn somebody_is_to_be_reminded_of_evidence_that_ends() {
    let page = |owner: &str, until: &str, unit: &str| {
        let page = PAGE.split("[[channel]]").next().unwrap().to_owned();
        format!(
            "{page}{unit}\n[[channel]]\nid = \"partner\"\nmatch = [\"@partner.example\"]\n{owner}\n\
             evidence = {{ level = \"contract\", decided_by = \"x\", reference = \"y\", verified_until = {until} }}\n"
        )
    };
    let own = r#"owner = "it@social.kommun.example""#;
    let reviewed =
        "[[unit]]\nid = \"default\"\nreviewers = [\"granskare@kommun.example\", \"it@social.kommun.example\"]";
    for (owner, until, unit, warned) in [
        ("", "2027-06-30", "", None),
        ("", "2026-12-01", "", Some("nobody is reminded that it ends")),
        ("", "2026-12-01", reviewed, None),
        (own, "2026-12-01", "", None),
        (r#"owner = "it@annan.example""#, "2026-12-01", "", Some("outside [notice] local_domains")),
    ] {
        let (checked, warnings) = accepted(&page(owner, until, unit));
        assert_eq!(checked.channels[0].owner.is_some(), !owner.is_empty());
        let found = warnings.iter().find(|w| w.contains("reminded"));
        match warned {
            Some(text) => assert!(found.is_some_and(|w| w.contains(text)), "{owner} {until}: {warnings:?}"),
            None => assert_eq!(found, None, "{owner} {until} {unit}"),
        }
    }
}

#[test]
fn held_mail_is_kept_by_the_class_that_it_is_of() {
    let page = |rows: &str| format!("{PAGE}\n[[quarantine.keep]]\n{rows}\n");
    let rows = "units = [\"default\"]\ncategories = [\"health\"]\nseverity_from = \"critical\"\ndays = 30\ndecision = \"SN 1\"";
    let (checked, _) = accepted(&page(rows));
    let keeping = &checked.quarantine.keeping;
    let health = std::collections::BTreeSet::from([Category::Health]);
    assert_eq!(keeping.of("default", &health, Severity::Critical), (30, Some("SN 1")));
    assert_eq!(keeping.of("default", &health, Severity::High).0, 14);
    for (rows, told) in [
        ("days = 30", "what holds for all mail is [quarantine] keep_days"),
        ("units = [\"default\"]", "days"),
        ("units = [\"nobody\"]\ndays = 30", "found \"nobody\""),
        ("categories = [\"helth\"]\ndays = 30", "found \"helth\""),
        ("severity_from = \"none\"\ndays = 30", "found \"none\""),
        ("units = [\"default\"]\ndays = 0", "found 0"),
    ] {
        let report = check(Path::new("sluss.toml"), &page(rows), TODAY).unwrap_err();
        let fault = report.faults().find(|fault| fault.to_string().contains(told)).map(ToString::to_string);
        assert!(fault.is_some_and(|fault| fault.contains("[[quarantine.keep]]")), "{rows}: {report}");
    }
}

#[test]
fn from_which_severity_two_persons_decide_is_said_once_or_by_unit() {
    for (word, expected) in [("high", Some(Severity::High)), ("never", None)] {
        let (checked, _) = accepted(&PAGE.replacen("[policy]", &format!("[policy]\nfour_eyes_from = \"{word}\""), 1));
        assert!(checked.units.iter().all(|unit| unit.unit.rules.four_eyes_from == expected), "{word}");
    }
    let report = check(Path::new("sluss.toml"), "[policy]\nmode = \"observe\"\nfour_eyes_from = \"none\"\n", TODAY);
    let report = report.unwrap_err().to_string();
    assert!(report.contains("found \"none\"; allowed: low, medium, high, critical, never"), "{report}");
}
