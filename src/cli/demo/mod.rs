//! `sluss demo`: the whole relay on loopback, with a next hop that only captures, and sample mail.
//!
//! Nothing is scripted. The samples go through a socket like any mail, and the table is read from what
//! can be seen afterwards: the reply to the dot, the next hop, the store. Exchange a sample and its row
//! changes.

mod capture;
mod client;
mod table;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use capture::Capture;
use jiff::Zoned;

use super::assemble::{self, Unusable};
use super::serve::{self, Running};
use crate::quarantine::Identities;
use crate::telemetry::{logging, metrics};

/// How long the two-factor channel of the demo is verified.
const EVIDENCE_DAYS: i64 = 200;
/// How long the demo waits for the notices of its samples.
const NOTICES_WITHIN: Duration = Duration::from_secs(10);

/// The mails that are sent without `--samples`, in this order.
const SAMPLES: [(&str, &[u8]); 8] = [
    ("1-clean", include_bytes!("samples/1-clean.eml")),
    ("2-clean-signature", include_bytes!("samples/2-clean-signature.eml")),
    ("3-confidential-two-factor", include_bytes!("samples/3-confidential-two-factor.eml")),
    ("4-confidential-sv", include_bytes!("samples/4-confidential-sv.eml")),
    ("5-confidential-nb", include_bytes!("samples/5-confidential-nb.eml")),
    ("6-confidential-nn", include_bytes!("samples/6-confidential-nn.eml")),
    ("7-observe", include_bytes!("samples/7-observe.eml")),
    ("8-unreadable-attachment", include_bytes!("samples/8-unreadable-attachment.eml")),
];

/// Run everything on loopback with a capturing next hop, send sample mail, show what happened to each
/// and why; then stay up for more, until interrupted.
#[derive(clap::Args)]
pub struct Args {
    /// Exit after the table
    #[arg(long)]
    once: bool,
    /// Send the *.eml of this folder instead of the built-in samples
    #[arg(long, value_name = "DIR")]
    samples: Option<PathBuf>,
}

pub fn run(args: &Args) -> ExitCode {
    match demo(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sluss: {error}");
            ExitCode::from(super::EXIT_UNUSABLE)
        }
    }
}

fn demo(args: &Args) -> Result<(), Unusable> {
    let samples = samples(args.samples.as_deref())?;
    let folder = Folder::make()?;
    println!("Starting the relay with a temporary store in {} …", folder.0.display());
    if std::env::var_os(logging::VARIABLE).is_some() {
        logging::init(logging::Format::detect()).map_err(Unusable::because)?;
    }
    let metrics = metrics::install().map_err(Unusable::because)?;
    serve::runtime()?.block_on(async {
        let (capture, next_hop) = Capture::start().await.map_err(Unusable::because)?;
        let (listen, console) = (free_port()?, free_port()?);
        let config = folder.configure(listen, console, next_hop)?;
        let checked = assemble::load(&config)?;
        let running = Running::start(&checked, metrics).await?;
        let knowledge = assemble::knowledge(&checked, &running.readers)?;

        let mut rows = Vec::new();
        for (name, mail) in &samples {
            let sent = client::send(listen, mail).await.map_err(|e| Unusable(format!("{name}: {e}")))?;
            rows.push(table::Row::look(name, mail, &sent, &knowledge, &capture));
        }
        let notices = capture.notices(rows.iter().filter(|row| row.asks_for_notice()).count(), NOTICES_WITHIN).await;
        table::print(&rows, notices);
        if !args.once {
            invite(listen, console, &config, capture.sender_page().as_deref());
            interrupted().await;
            println!("\nStopping; the temporary store is removed.");
        }
        running.stop().await;
        Ok(())
    })
}

/// Until Ctrl-C, or until somebody ends the process or closes its terminal: the keys in its folder must not
/// outlive it.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).ok();
    let signals = (listen(SignalKind::interrupt()), listen(SignalKind::terminate()), listen(SignalKind::hangup()));
    // One that cannot be caught keeps its default action, which ends us as well.
    let (Some(mut int), Some(mut term), Some(mut hup)) = signals else { return std::future::pending().await };
    tokio::select! {
        _ = int.recv() => {}
        _ = term.recv() => {}
        _ = hup.recv() => {}
    }
}

fn invite(listen: SocketAddr, console: SocketAddr, config: &Path, sender_page: Option<&str>) {
    println!("\nThe relay stays up. Send it more:");
    println!("  swaks --server {listen} --from handlaggare@social.kommun.example --to du@firma.example --body 'Hej'");
    println!("See what is held:     sluss --config {} quarantine list", config.display());
    println!("Health and metrics:   http://{console}/readyz  http://{console}/metrics");
    if let Some(page) = sender_page {
        println!("What a sender sees:   {page}");
    }
    println!("Ctrl-C stops it.");
}

/// Name and bytes of each mail, sorted by name.
fn samples(folder: Option<&Path>) -> Result<Vec<(String, Vec<u8>)>, Unusable> {
    let Some(folder) = folder else {
        return Ok(SAMPLES.iter().map(|(name, mail)| ((*name).to_owned(), mail.to_vec())).collect());
    };
    let unusable = |error: std::io::Error| Unusable(format!("{}: {error}", folder.display()));
    let mut samples = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unusable)? {
        let path = entry.map_err(unusable)?.path();
        if path.extension().is_some_and(|e| e == "eml") {
            let name = path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            samples.push((name, super::files::with_crlf(std::fs::read(&path).map_err(unusable)?)));
        }
    }
    samples.sort();
    if samples.is_empty() { Err(Unusable(format!("{}: no *.eml in it", folder.display()))) } else { Ok(samples) }
}

fn free_port() -> Result<SocketAddr, Unusable> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Unusable::because)?;
    listener.local_addr().map_err(Unusable::because)
}

/// A folder of our own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self, Unusable> {
        use std::os::unix::fs::DirBuilderExt;
        let path = std::env::temp_dir().join(format!("sluss-demo-{}", crate::message::MessageId::random()));
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(|error| Unusable(format!("{}: {error}", path.display())))?;
        Ok(Folder(path))
    }

    /// Writes identity and configuration.
    fn configure(&self, listen: SocketAddr, console: SocketAddr, next_hop: SocketAddr) -> Result<PathBuf, Unusable> {
        let key = |name| Identities::create_file(&self.0.join(name), jiff::Timestamp::now()).map_err(Unusable::because);
        let (recipient, escrow) = (key("sluss.key")?, key("escrow.key")?);
        let until = Zoned::now().date().saturating_add(jiff::Span::new().days(EVIDENCE_DAYS));
        let text = include_str!("demo.toml")
            .replace("{listen}", &listen.to_string())
            .replace("{console}", &console.to_string())
            .replace("{next_hop}", &next_hop.to_string())
            .replace("{recipient}", &recipient)
            .replace("{escrow}", &escrow)
            .replace("{until}", &until.to_string());
        let config = self.0.join("sluss.toml");
        std::fs::write(&config, text).map_err(Unusable::because)?;
        Ok(config)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is in the system's folder for temporary files and sealed.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
