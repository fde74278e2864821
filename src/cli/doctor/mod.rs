//! `sluss doctor`: looks at everything that the configuration names, and says of each how it is and what to
//! do.
//!
//! It changes nothing: no store is made or brought up to date, no mail is sent, what it seals it throws
//! away. Every check has a time of its own, so that the whole takes seconds, whatever is broken.
//!
//! ```text
//! names, ports, certificates    how we are known, where we listen
//! hops                          each next hop: name, connection, TLS, login, what it offers
//! store, keys, files            the disk and who may read what is on it
//! content                       patterns and channels
//! system                        clock, unit, attachments, pictures
//! ```

mod account;
mod certificates;
mod content;
mod files;
mod finding;
mod hops;
mod keys;
mod names;
mod ports;
mod store;
mod system;

use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use jiff::Zoned;
use tokio::task::JoinSet;

use super::{EXIT_UNUSABLE, assemble};
use crate::config::checked::Store;
use crate::config::{self, Checked, Issue, NO_PERMISSION, Report, Weight};
use account::Account;
use finding::{Finding, State};
use system::Unit;

/// A fault was found.
const EXIT_FAULTY: u8 = 1;
/// For what is done on a thread of its own: patterns, and the processes that open attachments and pictures.
const PATIENCE: Duration = Duration::from_secs(15);

/// Look at everything the configuration names, and say what is wrong and what to do; changes nothing
///
/// Exit status: 0 when all is well or there are warnings only, 1 when a fault was found, 2 when the
/// configuration could not be read. Run it as root: what another user cannot see it says.
#[derive(clap::Args)]
pub struct Args {
    /// One object a line
    #[arg(long)]
    json: bool,
    /// User that the service runs as [default: that of its systemd unit, else the owner of secret or store]
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
}

pub fn run(args: &Args, path: &Path) -> ExitCode {
    let (checked, report) = match config::understand(path, Zoned::now().date()) {
        Ok((Some(checked), report)) => (checked, report),
        Ok((None, report)) => {
            eprintln!("{report}\nsluss: the configuration could not be read");
            return ExitCode::from(EXIT_UNUSABLE);
        }
        Err(error) => {
            eprintln!("sluss: {error}");
            return ExitCode::from(EXIT_UNUSABLE);
        }
    };
    let runtime = match super::serve::runtime() {
        Ok(runtime) => runtime,
        Err(error) => return super::unusable(&error),
    };
    let findings = runtime.block_on(examine(args, checked, &report));
    // What is still at it was given up, and is not waited for.
    runtime.shutdown_background();
    match print(&findings, args.json) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("sluss: cannot write the result: {error}");
            ExitCode::from(EXIT_UNUSABLE)
        }
        _ if findings.iter().any(|f| f.state == State::Fault) => ExitCode::from(EXIT_FAULTY),
        _ => ExitCode::SUCCESS,
    }
}

fn print(findings: &[Finding], json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let colour = out.is_terminal() && std::env::var_os("NO_COLOR").is_none();
    for finding in findings {
        if json {
            serde_json::to_writer(&mut out, finding)?;
            writeln!(out)?;
        } else {
            writeln!(out, "{}", finding.line(colour))?;
        }
    }
    if !json {
        writeln!(out, "\n{}", finding::summary(findings))?;
    }
    out.flush()
}

/// Everything, at the same time; told in a fixed order.
async fn examine(args: &Args, checked: Checked, report: &Report) -> Vec<Finding> {
    let me = Account::me();
    let role = if checked.gateway.is_some() { "sluss.service" } else { "sluss-console.service" };
    let unit = Unit::ask(role).await;
    let (service, missing) = match service_account(args, &checked, unit.as_ref()) {
        Ok(service) => (service, None),
        Err(fault) => (me.clone(), Some(fault)),
    };
    let insider = me.is_root() || me.uid == service.uid;
    let who = format!("looking as {}; the service runs as {}", me.name, service.name);
    let mut findings = vec![match insider {
        true => Finding::ok("doctor", who),
        false => Finding::warning("doctor", who, run_as(&service.name)),
    }];
    findings.extend(missing);
    findings.extend(configuration(&checked, report, insider));
    if service.is_root() {
        let todo = "Let it run as a user of its own (deploy/sysusers.d, deploy/systemd).";
        findings.push(Finding::warning("doctor", "the service runs as root", todo));
    }
    // Alone, and before the others: it may be done as somebody else.
    let (store, fingerprint) = match &checked.store {
        Some(Store::Sqlite(path)) => store::check(path, &service, &me).await,
        Some(Store::Postgres(url)) => store::check_server(url, &service).await,
        None => (Vec::new(), None),
    };
    let mut rooms = JoinSet::new();
    let capable = service.is_root() || unit.as_ref().is_some_and(Unit::binds);
    // Each with its place in the report.
    {
        let checked = checked.clone();
        rooms.spawn(async move { (0, outside(&checked, capable).await) });
    }
    for (place, hop) in (1..).zip(checked.next_hops.values()) {
        let (checked, hop) = (checked.clone(), hop.clone());
        rooms.spawn(async move { (place, hops::check(&checked, &hop).await) });
    }
    let after = checked.next_hops.len();
    {
        let (checked, service) = (checked.clone(), service.clone());
        let inside = move || [store, inside(&checked, &service, &me, fingerprint.as_deref())].concat();
        rooms.spawn(async move { (after + 1, on_a_thread("files", inside).await) });
    }
    let readers = assemble::readers(Some(&checked));
    let (attached, pictured) = (readers.clone(), readers);
    let today = Zoned::now().date();
    let channels = content::channels(&checked.channels, today);
    rooms.spawn(async move { (after + 2, on_a_thread("patterns", move || content::patterns(&checked)).await) });
    rooms.spawn(async move { (after + 3, channels) });
    rooms.spawn(
        async move { (after + 4, on_a_thread("attachments", move || vec![system::attachments(&attached)]).await) },
    );
    rooms.spawn(async move { (after + 5, on_a_thread("pictures", move || vec![system::pictures(&pictured)]).await) });
    rooms.spawn(async move { (after + 6, vec![system::clock().await]) });
    let mut told: Vec<(usize, Vec<Finding>)> = Vec::new();
    while let Some(room) = rooms.join_next().await {
        // A panic in one is said, and the others go on.
        told.push(room.unwrap_or_else(|_| {
            (usize::MAX, vec![Finding::warning("doctor", "a check failed through a fault of ours", "Report it.")])
        }));
    }
    told.sort_by_key(|(place, _)| *place);
    findings.extend(told.into_iter().flat_map(|(_, found)| found));
    findings.extend(unit.map(|unit| unit.finding()));
    findings
}

/// What to do where somebody else sees more.
fn run_as(name: &str) -> String {
    match name {
        "root" => "Run the doctor as root.".to_owned(),
        name => format!("Run the doctor as root or as {name}."),
    }
}

/// What reading the configuration showed; `insider`: to somebody who may read what the service may.
fn configuration(checked: &Checked, report: &Report, insider: bool) -> Vec<Finding> {
    const CHECK: &str = "configuration";
    let hidden = |issue: &Issue| !insider && issue.text.ends_with(NO_PERMISSION);
    let mut findings: Vec<Finding> = report
        .issues
        .iter()
        .map(|issue| {
            let line = issue.place.as_ref().map(|place| format!("line {}: ", place.line)).unwrap_or_default();
            let key = if issue.key.is_empty() { String::new() } else { format!("{}: ", issue.key) };
            let what = format!("{line}{key}{}", issue.text);
            match issue.weight {
                Weight::Fault if hidden(issue) => Finding::warning(CHECK, what, "Run the doctor as root."),
                Weight::Fault => Finding::fault(CHECK, what, "Correct it; until then a start or reload is refused."),
                Weight::Warning => Finding::warning(CHECK, what, "Look whether that is meant (`sluss config check`)."),
            }
        })
        .collect();
    if report.faults().any(|issue| !hidden(issue)) {
        let what = "it is refused; what follows is about what could be understood of it";
        findings.push(Finding::fault(CHECK, what, "Run `sluss config check` until it says ok, then the doctor again."));
    } else if report.faults().next().is_none() {
        findings.push(Finding::ok(CHECK, format!("{}: can be used", checked.path.display())));
    }
    findings
}

/// Whom the service runs as.
fn service_account(args: &Args, checked: &Checked, unit: Option<&Unit>) -> Result<Account, Finding> {
    let missing = |name: &str| {
        let what = format!("there is no user {name}");
        Finding::fault("doctor", what, "Make it (`systemd-sysusers`), or name another with --user.")
    };
    if let Some(name) = &args.user {
        return Account::named(name).ok_or_else(|| missing(name));
    }
    if let Some((unit, name)) = unit.and_then(|unit| Some((unit, unit.user()?))) {
        let account = Account::named(name).ok_or_else(|| missing(name))?;
        return Ok(unit.groups().fold(account, Account::with_group));
    }
    let secret = checked.secret.as_ref().map(|secret| secret.file.as_path());
    let store = match &checked.store {
        Some(Store::Sqlite(path)) => Some(path.as_path()),
        _ => None,
    };
    let owner = secret.into_iter().chain(store).find_map(|path| std::fs::metadata(path).ok()).map(|meta| meta.uid());
    Ok(owner.map_or_else(Account::me, Account::of))
}

/// How others find us, and where.
async fn outside(checked: &Checked, capable: bool) -> Vec<Finding> {
    let now = jiff::Timestamp::now();
    let mut findings = Vec::new();
    if let Some(gateway) = &checked.gateway {
        findings.extend(names::check(&gateway.hostname).await);
        for &address in &gateway.listen {
            findings.push(ports::check("[gateway] listen", address, capable).await);
        }
        if let Some(tls) = &gateway.tls {
            findings.extend(certificates::shown("tls", &tls.certificate, Some(&gateway.hostname), now));
            findings.extend(tls.client_ca.iter().flat_map(|ca| certificates::trusted("tls", ca, now)));
        }
    }
    if let Some(console) = &checked.console {
        findings.push(ports::check("[console] listen", console.listen, capable).await);
    }
    for hop in checked.next_hops.values() {
        let name = format!("next-hop:{}", hop.name);
        if let Some((certificate, _)) = &hop.client_identity {
            findings.extend(certificates::shown(&name, certificate, None, now));
        }
        findings.extend(hop.ca.iter().flat_map(|ca| certificates::trusted(&name, ca, now)));
    }
    findings
}

/// Keys and files. Blocking.
fn inside(checked: &Checked, service: &Account, me: &Account, stored: Option<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(secret) = &checked.secret {
        findings.extend(keys::secret(&secret.file, stored, service, me));
    }
    findings.extend(keys::seal(checked, me));
    findings.extend(files::check(checked, service));
    findings
}

async fn on_a_thread(check: &'static str, work: impl FnOnce() -> Vec<Finding> + Send + 'static) -> Vec<Finding> {
    match tokio::time::timeout(PATIENCE, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(findings)) => findings,
        _ => {
            let what = format!("could not be told within {} s", PATIENCE.as_secs());
            vec![Finding::warning(check, what, "Run the doctor again when the machine has less to do.")]
        }
    }
}

#[cfg(test)]
mod tests;
