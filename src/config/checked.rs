//! The configuration as meant: every value parsed, every default filled in, every path resolved, every
//! file it names read or tried. Building one without a fault is the only way to have one.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use jiff::civil::Date;

use super::raw::{Source, Table};
use super::{channel, cross, disclosure, gateway, imports, next_hop, notice, policy, rooms, storage, unit};
use crate::channel::{Channel, Pattern};
use crate::detect::Pack;
use crate::notice::facts::Language;
use crate::policy::{Exceptions, Keeping, PrivateMarks, Profiles, Route, Rules, Unit, Units, words};
use crate::telemetry::Sensitive;

/// Name of the next hop that everything without a hop of its own goes to.
pub const DEFAULT_HOP: &str = "default";

/// One field a table. `None`: the table is absent and its room is off.
#[derive(Clone, Debug)]
pub struct Checked {
    pub path: PathBuf,
    /// As it was written.
    pub text: String,
    pub gateway: Option<Gateway>,
    pub next_hops: BTreeMap<String, NextHop>,
    pub store: Option<Store>,
    pub secret: Option<Secret>,
    pub seal: Option<Seal>,
    pub quarantine: Quarantine,
    /// `None`: nothing of the record of decisions is ever deleted by itself.
    pub audit: Option<Audit>,
    pub notice: Notice,
    pub console: Option<Console>,
    pub patterns: Patterns,
    pub inspect: Inspect,
    pub detect: Detect,
    /// `[policy]`, before a unit's own words.
    pub rules: Rules,
    /// In the order of the file; the last is the implied `default` unless the file has one.
    pub units: Vec<UnitSettings>,
    /// With what was imported for them.
    pub channels: Vec<Channel>,
    /// The codes of exceptions in force.
    pub exceptions: Exceptions,
    /// The words in force that mark a private mail.
    pub private: PrivateMarks,
    /// `[[disclosure]]`
    pub disclosures: Vec<Route>,
    pub imports: Imports,
}

/// `[gateway]`
#[derive(Clone, Debug)]
pub struct Gateway {
    pub listen: Vec<SocketAddr>,
    pub hostname: String,
    pub allow_networks: Vec<IpNet>,
    /// Canonical domains; empty: any.
    pub allow_sender_domains: Vec<String>,
    pub require_header: Option<Header>,
    /// Bytes.
    pub max_message_size: u64,
    pub max_connections: usize,
    pub max_connections_per_source: usize,
    /// Bytes.
    pub memory_for_messages: u64,
    pub mixed_next_hops: MixedNextHops,
    pub tls: Option<GatewayTls>,
}

words! {
    /// Recipients bound to different next hops.
    pub enum MixedNextHops {
        Defer = "defer",
        Default = "default",
    }
}

/// `[gateway.tls]`
#[derive(Clone, Debug)]
pub struct GatewayTls {
    pub certificate: Pem,
    pub key: Pem,
    pub require: bool,
    pub client_ca: Option<Pem>,
    /// DNS names, lower case; empty: any certificate of `client_ca`.
    pub client_names: Vec<String>,
}

/// `[next_hop.NAME]`
#[derive(Clone, Debug)]
pub struct NextHop {
    pub name: String,
    /// `host:port`.
    pub address: String,
    pub tls: HopTls,
    pub max_connections: usize,
    pub server_name: Option<String>,
    pub ca: Option<Pem>,
    pub client_identity: Option<(Pem, Pem)>,
    pub credentials: Option<Credentials>,
    pub add_header: Option<Header>,
    /// Put behind each recipient's domain, with its dot: `.secure.example`.
    pub recipient_suffix: Option<String>,
    /// Put in front of the subject.
    pub subject_tag: Option<String>,
}

words! {
    pub enum HopTls {
        None = "none",
        Opportunistic = "opportunistic",
        Required = "required",
        Verified = "verified",
    }
}

#[derive(Clone, Debug)]
pub struct Credentials {
    pub username: String,
    pub password: Sensitive<String>,
    pub password_file: PathBuf,
}

/// A header field with a value that only its file knows.
#[derive(Clone, Debug)]
pub struct Header {
    pub name: String,
    pub value: Sensitive<String>,
    pub value_file: PathBuf,
}

/// A PEM file that has been read and parsed once.
#[derive(Clone)]
pub struct Pem {
    pub path: PathBuf,
    pub pem: Vec<u8>,
}

/// Prints the path only.
impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pem({})", self.path.display())
    }
}

/// `[store]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    Sqlite(PathBuf),
    /// As written, without a password.
    Postgres(String),
}

/// `[secret]`
#[derive(Clone, Debug)]
pub struct Secret {
    pub file: PathBuf,
}

/// `[seal]`
#[derive(Clone, Debug)]
pub struct Seal {
    /// `age1…`, for every unit's mail.
    pub recipients: Vec<String>,
    pub identity_file: Option<PathBuf>,
}

/// `[quarantine]`
#[derive(Clone, Debug)]
pub struct Quarantine {
    /// `keep_days`, `keep_decision` and `[[quarantine.keep]]`.
    pub keeping: Keeping,
    /// Days before the expiry; 0: nobody is warned.
    pub warn_days: u32,
    /// Days that a returned mail stays for its sender.
    pub return_days: u32,
}

/// `[audit]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    pub keep_years: u32,
    pub keep_decision: String,
}

/// `[notice]`
#[derive(Clone, Debug)]
pub struct Notice {
    /// `None` only without a gateway and without the key: nothing to send.
    pub from: Option<String>,
    pub next_hop: String,
    /// Canonical domains.
    pub local_domains: Vec<String>,
    pub policy: Option<String>,
    pub desk: Option<String>,
    pub duty_phone: Option<String>,
    pub review_hours: Option<String>,
    /// Where `languages` come from.
    pub language_file: Option<PathBuf>,
    /// In which language whom to write to.
    pub languages: Vec<(Pattern, Language)>,
    /// Mailboxes that several people read.
    pub shared_mailboxes: Vec<Pattern>,
    /// Senders that are machines, besides those that bear a machine's name.
    pub service_senders: Vec<Pattern>,
}

/// `[console]`
#[derive(Clone, Debug)]
pub struct Console {
    pub listen: SocketAddr,
    /// Without a final slash.
    pub url: Option<String>,
    /// Reverse proxies that say whom they speak for.
    pub proxies: Vec<IpNet>,
}

/// `[patterns]`
#[derive(Clone, Debug)]
pub struct Patterns {
    pub dir: Option<PathBuf>,
}

/// `[inspect]`
#[derive(Clone, Debug)]
pub struct Inspect {
    pub ocr: Ocr,
    pub sandbox: Sandbox,
}

words! {
    pub enum Ocr {
        Auto = "auto",
        Off = "off",
    }
}

words! {
    pub enum Sandbox {
        Required = "required",
        BestEffort = "best-effort",
    }
}

/// `[detect]`
#[derive(Clone, Debug)]
pub struct Detect {
    pub synthetic: Synthetic,
    /// Packs of patterns that are on, each once.
    pub packs: Vec<Pack>,
}

words! {
    /// Synthetic test numbers.
    pub enum Synthetic {
        Count = "count",
        Ignore = "ignore",
    }
}

words! {
    /// When a way is taken.
    pub enum Reroute {
        Automatic = "automatic",
        OnRequest = "on-request",
    }
}

words! {
    /// What happens to a mail when the connection has less than the channel demands.
    pub enum OnTlsFailure {
        Defer = "defer",
        Hold = "hold",
    }
}

/// `[imports]`
#[derive(Clone, Debug)]
pub struct Imports {
    /// Where the evidence of single mailboxes is, a file a channel.
    pub dir: Option<PathBuf>,
}

/// `[[unit]]`
#[derive(Clone, Debug)]
pub struct UnitSettings {
    /// What the decision needs: id, senders, law, rules.
    pub unit: Unit,
    /// Where its `listed` senders come from.
    pub senders_file: Option<PathBuf>,
    pub language: Language,
    /// `age1…`, besides those of `[seal]`.
    pub seal_recipients: Vec<String>,
    /// Mail addresses.
    pub reviewers: Vec<String>,
    /// How to send this securely, in the unit's own words.
    pub how_to_secure: Option<String>,
    pub service_owner: Option<String>,
}

impl Checked {
    /// The units as the policy resolves them.
    pub fn policy_units(&self) -> Units {
        Units::new(self.units.iter().map(|u| u.unit.clone()).collect())
    }

    /// The settings of a unit by its id.
    pub fn unit(&self, id: &str) -> Option<&UnitSettings> {
        self.units.iter().find(|u| u.unit.id == id)
    }

    /// Files and folders that are taken as soon as they have changed, without this text being read again.
    pub fn watched(&self) -> Vec<PathBuf> {
        let lists = self.channels.iter().filter_map(|channel| channel.list_file.clone());
        let senders = self.units.iter().filter_map(|unit| unit.senders_file.clone());
        let dirs = self.patterns.dir.iter().chain(&self.imports.dir).cloned();
        dirs.chain(lists).chain(senders).chain(self.notice.language_file.clone()).collect()
    }

    /// Whether any rule of any unit can put a message into quarantine.
    pub fn may_hold(&self) -> bool {
        self.gateway.is_some() && self.units.iter().any(|u| u.unit.rules.may_hold())
    }
}

/// Reads every table, then the rules between them. What is faulty is replaced by its default, so that
/// the rest can be checked; the result counts only when the source has no fault.
pub(super) fn build<'t>(source: &mut Source<'t>, root: &Table<'t>, today: Date) -> Checked {
    let gateway = gateway::read(source, root);
    let next_hops = next_hop::read(source, root);
    let store = storage::store(source, root);
    let secret = storage::secret(source, root);
    let seal = storage::seal(source, root);
    let quarantine = storage::quarantine(source, root);
    let audit = storage::audit(source, root);
    let console = notice::console(source, root);
    let patterns = rooms::patterns(source, root);
    let inspect = rooms::inspect(source, root);
    let detect = rooms::detect(source, root);
    let profiles = rooms::profiles(source, root, &patterns).unwrap_or_else(Profiles::builtin);
    let exceptions = rooms::exceptions(source, root, &patterns, &profiles).unwrap_or_else(Exceptions::builtin);
    let private = rooms::private(source, root, &patterns).unwrap_or_else(PrivateMarks::builtin);
    let rules = policy::read(source, root);
    let units = unit::read(source, root, &profiles, &rules, gateway.as_ref());
    let imports = imports::read(source, root);
    let mut channels = channel::read(source, root, today);
    imports::attach(source, root, &imports, &mut channels, today);
    let disclosures = disclosure::read(source, root, &exceptions, &units);
    let notice = notice::read(source, root, gateway.as_ref(), &units);
    let checked = Checked {
        path: source.path().to_owned(),
        text: source.text().to_owned(),
        gateway,
        next_hops,
        store,
        secret,
        seal,
        quarantine,
        audit,
        notice,
        console,
        patterns,
        inspect,
        detect,
        rules,
        units,
        channels,
        exceptions,
        private,
        disclosures,
        imports,
    };
    cross::check(source, root, &checked, today);
    checked
}
