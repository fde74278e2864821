//! Next hops: the whole set-up of a connection as a mail would have it, and no mail.

use std::net::IpAddr;
use std::time::Duration;

use tokio::time::timeout;

use super::finding::Finding;
use super::names::listed;
use crate::cli::assemble;
use crate::config::Checked;
use crate::config::checked::{HopTls, NextHop};
use crate::config::show_size as size;
use crate::relay::{self, Cause, Hop, HopError, Step, TlsMode};
use crate::smtp::Extensions;

/// For the name, and for each connection.
const PATIENCE: Duration = Duration::from_secs(8);

/// What one connection came to.
enum Tried {
    Offers(Extensions),
    Failed(Cause),
    Late,
}

pub async fn check(checked: &Checked, hop: &NextHop) -> Vec<Finding> {
    let name = format!("next-hop:{}", hop.name);
    let addresses: Vec<IpAddr> = match timeout(PATIENCE, tokio::net::lookup_host(&hop.address)).await {
        Ok(Ok(found)) => found.map(|address| address.ip()).collect(),
        _ => Vec::new(),
    };
    if addresses.is_empty() {
        let what = format!("the host name of {} has no address", hop.address);
        let todo = format!("Correct [next_hop.{}] address, or the resolver of this machine.", hop.name);
        return vec![Finding::fault(&name, what, todo)];
    }
    let settings = assemble::hop_settings(hop, &assemble::hostname(checked));
    let extensions = match connect(&settings).await {
        Ok(Tried::Offers(extensions)) => extensions,
        Ok(Tried::Failed(cause)) => {
            let what = format!("{} ({}): {cause}", hop.address, listed(&addresses));
            return vec![Finding::fault(&name, what, what_to_do(&cause, hop))];
        }
        Ok(Tried::Late) => {
            let what = format!("{} ({}): no answer within {} s", hop.address, listed(&addresses), PATIENCE.as_secs());
            let todo = "Look whether a firewall drops the connection, and whether the next hop is well.";
            return vec![Finding::fault(&name, what, todo)];
        }
        Err(error) => {
            return vec![Finding::fault(&name, error.clone(), format!("Correct [next_hop.{}].", hop.name))];
        }
    };
    let mut findings = vec![Finding::ok(&name, reached(hop, &addresses, &extensions))];
    findings.extend(encryption(&name, hop, &settings, &addresses, &extensions).await);
    findings.extend(offers(&name, checked, &extensions));
    findings
}

async fn connect(settings: &relay::Settings) -> Result<Tried, String> {
    let hop = Hop::new(settings.clone()).map_err(|error| error.to_string())?;
    Ok(match timeout(PATIENCE, hop.probe()).await {
        Err(_) => Tried::Late,
        Ok(Ok(())) => Tried::Offers(hop.extensions().unwrap_or_default()),
        Ok(Err(HopError::Unavailable(cause))) => Tried::Failed(cause),
        Ok(Err(_)) => Tried::Late,
    })
}

fn reached(hop: &NextHop, addresses: &[IpAddr], extensions: &Extensions) -> String {
    let tls = match hop.tls {
        HopTls::None => "without TLS",
        HopTls::Opportunistic => "TLS where it is offered",
        HopTls::Required => "with TLS",
        HopTls::Verified => "with TLS, certificate verified",
    };
    let login = if hop.credentials.is_some() { ", logged in" } else { "" };
    let has = |on: bool, word: &'static str| on.then(|| word.to_owned());
    let offered: Vec<String> = [
        extensions.size.map(|bytes| if bytes == 0 { "SIZE".to_owned() } else { format!("SIZE {}", size(bytes)) }),
        has(extensions.eight_bit_mime, "8BITMIME"),
        has(extensions.smtputf8, "SMTPUTF8"),
        has(extensions.dsn, "DSN"),
        has(extensions.pipelining, "PIPELINING"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let offered =
        if offered.is_empty() { "offers nothing".to_owned() } else { format!("offers {}", offered.join(", ")) };
    format!("{} ({}) answers, {tls}{login}; {offered}", hop.address, listed(addresses))
}

/// What would be possible, and what is not done.
async fn encryption(
    name: &str,
    hop: &NextHop,
    settings: &relay::Settings,
    addresses: &[IpAddr],
    extensions: &Extensions,
) -> Option<Finding> {
    let here = addresses.iter().all(IpAddr::is_loopback);
    let with = |tls: TlsMode| relay::Settings { tls, ..settings.clone() };
    match hop.tls {
        HopTls::Verified => None,
        HopTls::None if here => None,
        HopTls::None => Some(Finding::warning(
            name,
            if extensions.starttls { "mail goes in clear, though STARTTLS is offered" } else { "mail goes in clear" },
            format!(r#"Write tls = "verified" into [next_hop.{}], unless the network between is protected."#, hop.name),
        )),
        HopTls::Opportunistic if matches!(connect(&with(TlsMode::Required)).await, Ok(Tried::Offers(_))) => {
            stronger(name, hop, &with(TlsMode::Verified)).await
        }
        HopTls::Opportunistic if here => None,
        HopTls::Opportunistic => Some(Finding::warning(
            name,
            "TLS is not offered, or its handshake fails: mail goes in clear, or not at all",
            "Have STARTTLS switched on at the next hop.",
        )),
        HopTls::Required => stronger(name, hop, &with(TlsMode::Verified)).await,
    }
}

/// TLS that checks nothing, where it could.
async fn stronger(name: &str, hop: &NextHop, verified: &relay::Settings) -> Option<Finding> {
    match connect(verified).await {
        Ok(Tried::Offers(_)) => Some(Finding::warning(
            name,
            "its certificate is not verified, and would pass",
            format!(r#"Write tls = "verified" into [next_hop.{}]."#, hop.name),
        )),
        _ => Some(Finding::ok(name, format!("its certificate is not verified (tls = {:?})", hop.tls.as_str()))),
    }
}

fn offers(name: &str, checked: &Checked, extensions: &Extensions) -> Vec<Finding> {
    let mut findings = Vec::new();
    let ours = checked.gateway.as_ref().map_or(0, |gateway| gateway.max_message_size);
    if let Some(theirs) = extensions.size.filter(|&theirs| theirs > 0 && theirs < ours) {
        findings.push(Finding::warning(
            name,
            format!("takes {} at most; [gateway] max_message_size is {}", size(theirs), size(ours)),
            "Raise the next hop's limit, or lower max_message_size, so that senders are told the right one.",
        ));
    }
    if !extensions.eight_bit_mime {
        let todo = "Have it switched on at the next hop.";
        findings.push(Finding::warning(name, "lacks 8BITMIME: mail with 8-bit text is refused", todo));
    }
    findings
}

fn what_to_do(cause: &Cause, hop: &NextHop) -> String {
    let table = format!("[next_hop.{}]", hop.name);
    match cause {
        Cause::Connect(_) | Cause::TimedOut(Step::Connect | Step::Resolve) => {
            format!(
                "Look whether the next hop runs, whether a firewall is between, and whether {table} address is right."
            )
        }
        Cause::NoAddress(_) => format!("Correct {table} address, or the resolver of this machine."),
        Cause::StartTlsMissing => {
            format!("Have STARTTLS switched on at the next hop; or weaken {table} tls, where the network is protected.")
        }
        Cause::Tls(_) | Cause::PlaintextBehindStartTls => format!(
            "Have the next hop's certificate put right, or name its authority in {table} ca_file and its name in server_name."
        ),
        Cause::Refused { step: Step::Auth, .. } => {
            format!("Correct {table} username and password_file, or have the account opened at the next hop.")
        }
        Cause::AuthMissing => format!("Have AUTH switched on at the next hop, or take username out of {table}."),
        Cause::AuthInClear => format!(r#"Write tls = "verified" into {table}: a password is sent under TLS only."#),
        Cause::Refused { .. } | Cause::Closing(_) => {
            "Have the next hop accept this machine as a client (its relay rules, its log).".to_owned()
        }
        _ => format!("Look at the next hop's log; {table} address may lead to something that is no SMTP server."),
    }
}
