//! The happy path. What is refused stands in `tests/config_bad`, a folder a case.

use std::path::Path;

use jiff::civil::{Date, date};

use super::checked::{HopTls, MixedNextHops, Store};
use super::*;
use crate::channel::Level;
use crate::detect::{Category, Severity};
use crate::inspect::Reason;
use crate::notice::facts::Language;
use crate::policy::{Judge, Mode, OnConfidential, Rules, Unreadable};

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
encrypted = "quarantine"
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
    assert_eq!(checked.quarantine.keep_days, 14);
    assert_eq!(checked.notice.local_domains, ["kommun.example", "social.kommun.example"]);
    assert_eq!(checked.rules.mode, Mode::Enforce);
    assert_eq!(checked.rules.minimum.of(Category::Health), Level::Enforced);
    assert_eq!(checked.rules.minimum.of(Category::Protected), Level::Eid);
    assert_eq!(checked.rules.minimum.of(Category::Economy), Level::Contract);
    assert_eq!(checked.rules.uninspectable.of(Reason::Unsupported), Unreadable::Relay);
    assert_eq!(checked.rules.uninspectable.of(Reason::Malformed), Unreadable::Quarantine);
    let social = checked.unit("social").unwrap();
    assert_eq!(social.unit.rules.hold_from, Severity::Low);
    assert_eq!(social.unit.rules.on_confidential, OnConfidential::Reject);
    assert_eq!(social.unit.profile.id(), "se.social");
    assert_eq!(checked.unit("skole").unwrap().language, Language::Nb);
    assert_eq!(checked.unit("skole").unwrap().unit.rules, checked.rules);
    assert_eq!(checked.unit("default").unwrap().unit.profile.id(), "default");
    assert_eq!(checked.channels[0].next_hop.as_deref(), Some("default"));
    assert!(checked.may_hold());
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
