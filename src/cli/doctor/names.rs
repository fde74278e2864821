//! Our own name: next hops look it up, forward and reverse, and some refuse who has none.

use std::net::IpAddr;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::finding::Finding;

const CHECK: &str = "name";
/// For one question to the resolver.
const PATIENCE: Duration = Duration::from_secs(4);
/// Addresses of one name that are looked up in reverse.
const MAX_ADDRESSES: usize = 4;

pub async fn check(hostname: &str) -> Vec<Finding> {
    let addresses = match timeout(PATIENCE, tokio::net::lookup_host((hostname, 25))).await {
        Ok(Ok(found)) => {
            let mut found: Vec<IpAddr> = found.map(|address| address.ip()).collect();
            found.sort();
            found.dedup();
            found
        }
        Ok(Err(_)) => Vec::new(),
        Err(_) => {
            let todo = "Look at the resolver of this machine (/etc/resolv.conf).";
            return vec![Finding::warning(CHECK, format!("{hostname}: the resolver did not answer"), todo)];
        }
    };
    if addresses.is_empty() {
        let todo = "Have the name entered in the DNS, or write the machine's own name into [gateway] hostname.";
        return vec![Finding::warning(CHECK, format!("{hostname} has no address; next hops may refuse it"), todo)];
    }
    let outside: Vec<IpAddr> = addresses.iter().copied().filter(|ip| !ip.is_loopback()).collect();
    if outside.is_empty() {
        let what = format!("{hostname} leads to this machine only ({})", listed(&addresses));
        return vec![Finding::warning(
            CHECK,
            what,
            "Have the name entered in the DNS, unless all of the mail stays here.",
        )];
    }
    let mut findings = Vec::new();
    for address in outside.into_iter().take(MAX_ADDRESSES) {
        findings.push(reverse(hostname, address).await);
    }
    findings
}

/// Whether the address leads back to the name.
async fn reverse(hostname: &str, address: IpAddr) -> Finding {
    let ask = Command::new("getent").arg("hosts").arg(address.to_string()).kill_on_drop(true).output();
    let answer = match timeout(PATIENCE, ask).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => {
            let what = format!("{hostname} has the address {address}; its reverse could not be asked for");
            return Finding::warning(CHECK, what, "Install getent, or compare the two by hand.");
        }
        Err(_) => {
            let what = format!("{hostname} has the address {address}; the resolver did not answer for its reverse");
            return Finding::warning(CHECK, what, "Look at the resolver of this machine (/etc/resolv.conf).");
        }
    };
    let names = names(&String::from_utf8_lossy(&answer.stdout));
    let todo = format!("Have the reverse entry of {address} lead to {hostname}, or change [gateway] hostname.");
    if names.iter().any(|name| same(name, hostname)) {
        Finding::ok(CHECK, format!("{hostname} has the address {address}, which leads back to it"))
    } else if names.is_empty() {
        Finding::warning(CHECK, format!("{hostname} has the address {address}, which leads back to no name"), todo)
    } else {
        let what = format!("{hostname} has the address {address}, which leads back to {}", names.join(", "));
        Finding::warning(CHECK, what, todo)
    }
}

/// Of `ADDRESS NAME ALIAS…`, a line each.
fn names(answer: &str) -> Vec<String> {
    let mut names: Vec<String> =
        answer.lines().flat_map(|line| line.split_ascii_whitespace().skip(1)).map(str::to_owned).collect();
    names.dedup();
    names
}

fn same(a: &str, b: &str) -> bool {
    a.trim_end_matches('.').eq_ignore_ascii_case(b.trim_end_matches('.'))
}

pub fn listed(addresses: &[IpAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_an_answer() {
        assert_eq!(names("192.0.2.7       mail.kommun.example mx\n"), ["mail.kommun.example", "mx"]);
        assert_eq!(names(""), Vec::<String>::new());
        assert!(same("Mail.Kommun.example.", "mail.kommun.example") && !same("mx", "mail.kommun.example"));
    }
}
