//! From the configuration as meant to the settings of each room. Nothing is started here.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use jiff::{Timestamp, Zoned};

use super::secure::Ways;
use crate::account::Accounts;
use crate::channel::Registry;
use crate::config::checked::{Gateway, HopTls, NextHop, Ocr, Pem, Sandbox as SandboxWord, Synthetic};
use crate::config::{self, Checked, LoadError};
use crate::console::desk::{self, Desk, Operations};
use crate::console::{PageTexts, Proxies, Secure, SenderPages};
use crate::detect::Detector;
use crate::inspect::helper::tesseract::Tesseract;
use crate::inspect::helper::{Pool, Sandbox};
use crate::inspect::pictures::{Blind, Pictures};
use crate::message::Keys;
use crate::pipeline::familiar::Familiar;
use crate::pipeline::{self, Edition, Knowledge, Register, ReleaseRoutes, UnitFacts};
use crate::policy::{Disclosures, Mode, Registers, Rules, Unit, Units, due};
use crate::quarantine::{Quarantine, UnitDesk};
use crate::store::{self, Database, Store, postgres, sqlite};
use crate::telemetry::Sensitive;
use crate::{gateway, notice, quarantine, relay};

/// Why a command cannot go on: one or more lines for the administrator, exit status 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub String);

impl Unusable {
    pub fn because(what: impl std::fmt::Display) -> Self {
        Unusable(what.to_string())
    }
}

/// Reads the configuration; its warnings go to standard error.
pub fn load(path: &Path) -> Result<Checked, Unusable> {
    let (checked, report) = config::load(path, Zoned::now().date()).map_err(|error| match error {
        LoadError::Refused(report) => Unusable(format!("{report}\nThe configuration was refused.")),
        unreadable @ LoadError::Unreadable { .. } => Unusable::because(unreadable),
    })?;
    for warning in report.warnings() {
        eprintln!("{warning}");
    }
    Ok(checked)
}

/// Patterns, channels and units, as one set.
pub fn knowledge(checked: &Checked, readers: &Readers) -> Result<Knowledge, Unusable> {
    let units = checked.policy_units();
    let detector =
        patterns(checked, &units).map_err(|faults| Unusable(format!("[patterns] dir:\n{}", faults.join("\n"))))?;
    Ok(Knowledge {
        edition: Edition::of(&detector, &units),
        detector,
        registry: registry(checked)?.knowing(units.domains()),
        units,
        count_synthetic: checked.detect.synthetic == Synthetic::Count,
        attachments: Arc::new(readers.attachments.clone()),
        pictures: readers.pictures(),
        register: readers.register.clone(),
        familiar: readers.familiar.clone(),
    })
}

/// By which patterns the configuration judges.
pub fn edition(checked: &Checked) -> Result<Edition, Unusable> {
    let units = checked.policy_units();
    let detector = patterns(checked, &units).map_err(|faults| Unusable(faults.join("\n")))?;
    Ok(Edition::of(&detector, &units))
}

/// The patterns of the configuration. `Err`: every fault, a line each.
fn patterns(checked: &Checked, units: &Units) -> Result<Arc<Detector>, Vec<String>> {
    let detector = Detector::with(checked.patterns.dir.as_deref(), &checked.detect.packs)
        .map_err(|error| error.to_string().lines().map(str::to_owned).collect::<Vec<_>>())?;
    let provisions = detector.provisions();
    let mut faults: Vec<String> = Vec::new();
    for profile in units.all().map(|unit| &unit.profile) {
        for id in profile.provisions().filter(|id| provisions.get(id).is_none()) {
            let near = provisions.nearest(id).map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
            faults.push(format!("profile {:?}: there is no provision {id:?}{near}", profile.id()));
        }
    }
    for code in checked.exceptions.all() {
        for id in code.provisions.iter().filter(|id| provisions.get(id).is_none()) {
            let near = provisions.nearest(id).map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
            faults.push(format!("{}: exception {:?}: there is no provision {id:?}{near}", code.place, code.id));
        }
    }
    faults.sort();
    faults.dedup();
    if faults.is_empty() { Ok(detector) } else { Err(faults) }
}

/// Reads the administrator's own patterns and notice texts as a start would; nothing is kept. Gives what he may
/// not have meant, else every fault; a line each.
pub fn try_patterns(checked: &Checked) -> Result<Vec<String>, Vec<String>> {
    let detector = patterns(checked, &checked.policy_units());
    let texts = checked.patterns.dir.as_ref().map(|dir| notice::Texts::load(dir));
    let mut faults = detector.as_ref().err().cloned().unwrap_or_default();
    faults.extend(texts.and_then(Result::err).map(|error| error.to_string()));
    match detector {
        Ok(detector) if faults.is_empty() => Ok(detector.notes().iter().map(ToString::to_string).collect()),
        _ => Err(faults),
    }
}

/// The channels of the configuration.
pub fn registry(checked: &Checked) -> Result<Registry, Unusable> {
    Registry::new(checked.channels.clone()).map_err(Unusable::because)
}

/// The same, with what is imported of single mailboxes read anew: for a relay that runs while reports are imported.
/// After an error the registry in force should stay.
pub fn registry_with_imports_of_now(checked: &Checked) -> Result<Registry, Unusable> {
    let channels = config::imports::reload(checked).map_err(Unusable::because)?;
    Registry::new(channels).map_err(Unusable::because)
}

/// What `check` judges by without a configuration: the profile `default`, nothing known of anyone.
pub fn builtin_knowledge(readers: &Readers) -> Result<Knowledge, Unusable> {
    let (detector, units) = (Detector::builtin(), Units::new(vec![Unit::fallback(Rules::new(Mode::Enforce))]));
    Ok(Knowledge {
        edition: Edition::of(&detector, &units),
        detector,
        registry: Registry::new(Vec::new()).map_err(Unusable::because)?,
        units,
        count_synthetic: true,
        attachments: Arc::new(readers.attachments.clone()),
        pictures: readers.pictures(),
        register: readers.register.clone(),
        familiar: readers.familiar.clone(),
    })
}

/// What reads attachments and pictures, as `[inspect]` says. One for the process; clones share it.
#[derive(Clone)]
pub struct Readers {
    pub attachments: Pool,
    /// `None` with `ocr = "off"`.
    pub tesseract: Option<Tesseract>,
    /// What is registered; unlocked once the store is open.
    pub register: Arc<Register>,
    familiar: Arc<Familiar>,
}

impl Readers {
    fn pictures(&self) -> Arc<dyn Pictures> {
        match &self.tesseract {
            Some(tesseract) => Arc::new(tesseract.clone()),
            None => Arc::new(Blind),
        }
    }
}

/// The processes that open attachments and read pictures; none is started here. Without a configuration the
/// sandbox is required, as it is without the key.
pub fn readers(checked: Option<&Checked>) -> Readers {
    let sandbox = match checked.map_or(SandboxWord::Required, |checked| checked.inspect.sandbox) {
        SandboxWord::Required => Sandbox::Required,
        SandboxWord::BestEffort => Sandbox::BestEffort,
    };
    let reads = checked.is_none_or(|checked| checked.inspect.ocr == Ocr::Auto);
    Readers {
        attachments: Pool::new(sandbox),
        tesseract: reads.then(|| Tesseract::new(sandbox)),
        register: checked.map_or_else(Arc::default, |checked| Register::new(unregistered(checked))),
        familiar: Arc::default(),
    }
}

/// The codes and routes of the configuration, nobody registered yet.
pub fn unregistered(checked: &Checked) -> Registers {
    let routes = checked.disclosures.clone();
    Registers::new(checked.exceptions.clone(), Vec::new(), Vec::new(), Vec::new(), routes)
}

/// Next hops by name.
pub type Hops = HashMap<String, Arc<relay::Hop>>;

/// The next hops of the configuration. Those among `present` that are as it says are kept, with their connections.
pub fn hops(checked: &Checked, present: &Hops) -> Result<Hops, Unusable> {
    let helo = hostname(checked);
    checked
        .next_hops
        .values()
        .map(|hop| {
            let settings = hop_settings(hop, &helo);
            let kept = present.get(&hop.name).filter(|present| present.is_as(&settings)).cloned();
            let made = match kept {
                Some(kept) => kept,
                None => {
                    relay::Hop::new(settings).map_err(|error| Unusable(format!("[next_hop.{}]: {error}", hop.name)))?
                }
            };
            Ok((hop.name.clone(), made))
        })
        .collect()
}

/// Our own name: the gateway's. A role without one that releases mail has to say something at the next hop
/// as well: the name of the console's address, else the machine's.
pub fn hostname(checked: &Checked) -> String {
    let console = || {
        let (_, rest) = checked.console.as_ref()?.url.as_deref()?.split_once("://")?;
        let host = rest.split(['/', '?', '#', ':']).next()?;
        (host.contains('.') && host.parse::<std::net::IpAddr>().is_err()).then(|| host.to_owned())
    };
    let gateway = checked.gateway.as_ref().map(|gateway| gateway.hostname.clone());
    gateway.or_else(console).unwrap_or_else(machine_name)
}

pub fn hop_settings(hop: &NextHop, helo: &str) -> relay::Settings {
    relay::Settings {
        name: hop.name.clone(),
        address: hop.address.clone(),
        tls: match hop.tls {
            HopTls::None => relay::TlsMode::None,
            HopTls::Opportunistic => relay::TlsMode::Opportunistic,
            HopTls::Required => relay::TlsMode::Required,
            HopTls::Verified => relay::TlsMode::Verified,
        },
        server_name: hop.server_name.clone(),
        ca_pem: hop.ca.as_ref().map(|ca| ca.pem.clone()),
        client_identity: hop.client_identity.as_ref().map(|(certificate, key)| relay::ClientIdentity {
            certificate_pem: certificate.pem.clone(),
            key_pem: Sensitive::new(key.pem.clone()),
        }),
        credentials: hop
            .credentials
            .as_ref()
            .map(|c| relay::Credentials { username: c.username.clone(), password: c.password.clone() }),
        max_connections: hop.max_connections,
        helo: helo.to_owned(),
        add_header: hop.add_header.as_ref().map(|h| (h.name.clone(), h.value.expose().clone())),
        recipient_suffix: hop.recipient_suffix.clone(),
        subject_tag: hop.subject_tag.clone(),
    }
}

pub fn gateway_settings(gateway: &Gateway) -> gateway::Settings {
    gateway::Settings {
        hostname: gateway.hostname.clone(),
        access: gateway::AccessSettings {
            networks: gateway.allow_networks.clone(),
            tls_required: gateway.tls.as_ref().is_some_and(|tls| tls.require),
            certificate_required: gateway.tls.as_ref().is_some_and(|tls| tls.client_ca.is_some()),
            client_names: gateway.tls.as_ref().map(|tls| tls.client_names.clone()).unwrap_or_default(),
            sender_domains: gateway.allow_sender_domains.clone(),
        },
        max_message_size: bytes(gateway.max_message_size),
        max_connections: gateway.max_connections,
        max_connections_per_source: gateway.max_connections_per_source,
        tls: tls_settings(gateway),
    }
}

pub fn tls_settings(gateway: &Gateway) -> Option<gateway::TlsSettings> {
    let pem = |pem: &Pem| pem.pem.clone();
    gateway.tls.as_ref().map(|tls| gateway::TlsSettings {
        certificate: pem(&tls.certificate),
        key: Sensitive::new(pem(&tls.key)),
        client_ca: tls.client_ca.as_ref().map(pem),
    })
}

pub fn pipeline_settings(checked: &Checked, gateway: &Gateway) -> pipeline::Settings {
    pipeline::Settings {
        hostname: gateway.hostname.clone(),
        mixed_next_hops: match gateway.mixed_next_hops {
            config::checked::MixedNextHops::Defer => pipeline::MixedNextHops::Defer,
            config::checked::MixedNextHops::Default => pipeline::MixedNextHops::Default,
        },
        max_message_size: bytes(gateway.max_message_size),
        require_header: gateway.require_header.as_ref().map(|h| (h.name.clone(), h.value.expose().clone())),
        local_domains: checked.notice.local_domains.clone(),
        mailboxes: pipeline::Mailboxes::new(
            checked.notice.languages.iter().cloned(),
            checked.notice.shared_mailboxes.iter().cloned(),
            checked.notice.service_senders.iter().cloned(),
        ),
        keeping: checked.quarantine.keeping.clone(),
        private: checked.private.clone(),
        units: checked
            .units
            .iter()
            .map(|u| {
                let (reviewers, service_owner) = (u.reviewers.clone(), u.service_owner.clone());
                (u.unit.id.clone(), UnitFacts { language: u.language, reviewers, service_owner })
            })
            .collect(),
    }
}

pub fn notice_settings(checked: &Checked) -> Option<notice::Settings> {
    Some(said(checked, checked.notice.from.clone()?))
}

/// What notices and pages say of the organisation.
fn said(checked: &Checked, from: String) -> notice::Settings {
    let how = |u: &config::checked::UnitSettings| Some((u.unit.id.clone(), u.how_to_secure.clone()?));
    notice::Settings {
        from,
        hostname: hostname(checked),
        policy: checked.notice.policy.clone(),
        desk: checked.notice.desk.clone(),
        duty_phone: checked.notice.duty_phone.clone(),
        review_hours: checked.notice.review_hours.clone(),
        how_to_secure: checked.units.iter().filter_map(how).collect(),
        console_url: checked.console.as_ref().and_then(|console| console.url.clone()),
        time_zone: jiff::tz::TimeZone::system(),
    }
}

/// The page behind the links of notices; `None` without `[console] url`, or without held mail.
pub fn sender_pages(
    checked: &Checked,
    rooms: Option<(&Arc<Quarantine>, &Arc<Keys>)>,
) -> Result<Option<SenderPages>, Unusable> {
    let Some((console, (quarantine, keys))) = checked.console.as_ref().filter(|c| c.url.is_some()).zip(rooms) else {
        return Ok(None);
    };
    let opens = checked.seal.as_ref().is_some_and(|seal| seal.identity_file.is_some());
    let secure = match opens {
        true => Some(Arc::new(Ways::new(quarantine.clone(), registry(checked)?)) as Arc<dyn Secure>),
        false => None,
    };
    Ok(Some(SenderPages {
        quarantine: quarantine.clone(),
        keys: keys.clone(),
        texts: PageTexts::builtin().map_err(Unusable::because)?,
        words: notice_texts(checked)?,
        // The page sends nothing.
        settings: said(checked, String::new()),
        units: desks(checked),
        secure,
        accounts: Accounts::new(quarantine.store().clone(), keys.clone()),
        disclosures: disclosures(checked),
        issuer: console.url.as_deref().map_or_else(String::new, host_of),
        proxies: Proxies(console.proxies.clone()),
        prefix: console.url.as_deref().map_or_else(String::new, path_of),
        language: checked.units.first().map_or(notice::Language::En, |unit| unit.language),
    }))
}

/// The desk of those who review, beside the sender's page.
pub fn desk(
    checked: &Checked,
    pages: SenderPages,
    knowledge: Arc<Knowledge>,
    operations: Operations,
) -> Result<Desk, Unusable> {
    Ok(Desk {
        pages: Arc::new(pages),
        texts: desk::texts::builtin().map_err(Unusable::because)?,
        knowledge,
        review_hours: due::hours_of(checked.notice.review_hours.as_deref()),
        rooms: desk::RoomTexts::builtin().map_err(Unusable::because)?,
        operations,
        figures: desk::Figures::default(),
    })
}

/// `sluss.kommun.example` of `https://sluss.kommun.example/console`: what an authenticator app shows.
fn host_of(url: &str) -> String {
    let behind = url.split_once("://").map_or(url, |(_, behind)| behind);
    behind.split('/').next().unwrap_or_default().to_owned()
}

/// `/console` of `https://sluss.kommun.example/console`; empty without a path.
fn path_of(url: &str) -> String {
    let behind = url.split_once("://").map_or(url, |(_, behind)| behind);
    behind.find('/').and_then(|at| behind.get(at..)).unwrap_or_default().trim_end_matches('/').to_owned()
}

/// A size that was checked against its limit fits into memory's own measure.
pub fn bytes(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}

/// The store's settings; `None` without `[store]`. `create`: a file may be made where there is none.
pub fn store_settings(checked: &Checked, create: bool) -> Option<store::Settings> {
    let writer = machine_name();
    Some(match checked.store.as_ref()? {
        config::checked::Store::Postgres(url) => postgres::Settings { url: url.clone(), writer }.into(),
        config::checked::Store::Sqlite(path) => {
            let (path, busy_timeout) = (path.clone(), sqlite::BUSY_TIMEOUT);
            sqlite::Settings { path, writer, busy_timeout, create }.into()
        }
    })
}

/// The store and the keys of its secret. With SQLite both are made at the first start. With PostgreSQL several nodes
/// need the same secret, so none of them makes one of its own.
pub async fn open_store(checked: &Checked) -> Result<Option<(Arc<dyn Store>, Arc<Keys>)>, Unusable> {
    let Some(settings) = store_settings(checked, true) else { return Ok(None) };
    let secret = secret_file(checked)?;
    let may_make_secret = matches!(settings, store::Settings::Sqlite(_));
    let store = Database::open(settings).await.map_err(Unusable::because)?;
    let keys = quarantine::secret::keys(&store, secret, may_make_secret, Timestamp::now())
        .await
        .map_err(|error| Unusable(format!("[secret] file: {error}")))?;
    Ok(Some((Arc::new(store), Arc::new(keys))))
}

/// `[secret] file`, which every store needs.
pub fn secret_file(checked: &Checked) -> Result<&Path, Unusable> {
    checked.secret.as_ref().map(|secret| secret.file.as_path()).ok_or_else(|| Unusable::because("[secret] is missing"))
}

/// How notices are written and sent; `None` without a sender address.
pub fn voice(checked: &Checked) -> Result<Option<notice::Voice>, Unusable> {
    let Some(settings) = notice_settings(checked) else { return Ok(None) };
    let Some(hop) = checked.next_hops.get(&checked.notice.next_hop) else { return Ok(None) };
    let fault = |error: &dyn std::fmt::Display| Unusable(format!("[notice]: {error}"));
    let texts = notice_texts(checked)?;
    let composer = notice::Composer::new(settings, texts).map_err(|e| fault(&e))?;
    let mailer = notice::Mailer::new(&hop_settings(hop, &hostname(checked))).map_err(|e| fault(&e))?;
    Ok(Some(notice::Voice { composer, mailer }))
}

/// The texts of notices, with the administrator's own.
fn notice_texts(checked: &Checked) -> Result<notice::Texts, Unusable> {
    let texts = match &checked.patterns.dir {
        None => notice::Texts::builtin(),
        Some(dir) => notice::Texts::load(dir),
    };
    texts.map_err(|error| Unusable(format!("[notice]: {error}")))
}

/// The administrator's own notice texts, name and content.
pub fn notice_files(checked: &Checked) -> Result<Vec<(String, Vec<u8>)>, Unusable> {
    let Some(dir) = &checked.patterns.dir else { return Ok(Vec::new()) };
    let texts = notice::Texts::replaced(dir).map_err(|error| Unusable(format!("[notice]: {error}")))?;
    Ok(texts.into_iter().map(|(name, text)| (name, text.into_bytes())).collect())
}

/// Where released mail goes.
pub fn routes(checked: &Checked, hops: Hops, keys: Arc<Keys>) -> Result<ReleaseRoutes, Unusable> {
    let disclosures = disclosures(checked);
    Ok(ReleaseRoutes::new(hops, registry(checked)?, checked.rules.minimum.clone(), disclosures, keys))
}

/// The routes of lawful disclosure, with their codes and each unit's law.
pub fn disclosures(checked: &Checked) -> Disclosures {
    let profiles = checked.units.iter().map(|unit| (unit.unit.id.clone(), unit.unit.profile.id().to_owned()));
    Disclosures::new(checked.disclosures.clone(), checked.exceptions.clone(), profiles.collect())
}

/// Who reviews each unit's mail.
pub fn desks(checked: &Checked) -> HashMap<String, UnitDesk> {
    let local = &checked.notice.local_domains;
    let desk = |unit: &config::checked::UnitSettings| UnitDesk {
        language: unit.language,
        reviewers: notice::local_addresses(&unit.reviewers, local),
    };
    checked.units.iter().map(|unit| (unit.unit.id.clone(), desk(unit))).collect()
}

/// What time does to held mail.
pub fn times(checked: &Checked) -> quarantine::Times {
    let settings = &checked.quarantine;
    quarantine::Times {
        keep_decision: settings.keeping.decision.clone(),
        warn_days: settings.warn_days,
        return_days: settings.return_days,
    }
}

/// The quarantine of the configuration; `None` without `[seal]`.
pub fn quarantine(
    checked: &Checked,
    store: Arc<dyn Store>,
    keys: Arc<Keys>,
    routes: Arc<ReleaseRoutes>,
) -> Result<Option<Arc<Quarantine>>, Unusable> {
    let Some(sealer) = sealer(checked)? else { return Ok(None) };
    let settings = quarantine::Settings {
        sealer,
        times: times(checked),
        desks: desks(checked),
        identities: identities(checked)?,
        routes: Some(routes),
    };
    Ok(Some(Arc::new(Quarantine::new(store, keys, settings))))
}

/// Seals for the organisation and for each unit's own recipients.
pub fn sealer(checked: &Checked) -> Result<Option<quarantine::Sealer>, Unusable> {
    let Some(seal) = &checked.seal else { return Ok(None) };
    let units = checked.units.iter().map(|u| (u.unit.id.clone(), u.seal_recipients.clone())).collect();
    quarantine::Sealer::new(&seal.recipients, &units).map(Some).map_err(|e| Unusable(format!("[seal]: {e}")))
}

/// The identities that open held mail; only where releases happen.
fn identities(checked: &Checked) -> Result<Option<quarantine::Identities>, Unusable> {
    let file = checked.seal.as_ref().and_then(|seal| seal.identity_file.as_ref());
    file.map(|file| quarantine::Identities::from_file(file))
        .transpose()
        .map_err(|error| Unusable(format!("[seal] identity_file: {error}")))
}

/// Also the name of this host's audit chain.
fn machine_name() -> String {
    nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok()).unwrap_or_else(|| "localhost".to_owned())
}
