//! Where the configuration listens: free, or whose.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;

use tokio::net::TcpListener;

use super::finding::Finding;

/// State `LISTEN` in `/proc/net/tcp`.
const LISTEN: &str = "0A";
/// Name of our own process.
const OURS: &str = "sluss";

/// `key` names the configuration's key: `[gateway] listen`.
pub async fn check(key: &str, address: SocketAddr, capable: bool) -> Finding {
    let name = format!("listen:{address}");
    match TcpListener::bind(address).await {
        Ok(_) if address.port() < unprivileged_from() && !capable => Finding::warning(
            &name,
            format!("free; only root may listen on port {}, and the service is not root", address.port()),
            "Give the unit CAP_NET_BIND_SERVICE (the comment in sluss.service shows how), or use a higher port.",
        ),
        Ok(_) => Finding::ok(&name, "free"),
        Err(error) => match error.kind() {
            ErrorKind::AddrInUse => held(&name, key, address),
            ErrorKind::AddrNotAvailable => Finding::fault(
                &name,
                "this machine does not have the address",
                format!("Write an address of this machine into {key}."),
            ),
            ErrorKind::PermissionDenied => {
                Finding::warning(&name, "whether it is free can be told as root only", "Run the doctor as root.")
            }
            _ => Finding::fault(&name, format!("cannot listen: {error}"), format!("Change {key}.")),
        },
    }
}

fn held(name: &str, key: &str, address: SocketAddr) -> Finding {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| std::fs::read_to_string(table).unwrap_or_default());
    let sockets: HashSet<u64> = tables.iter().flat_map(|table| listeners(table, address.port())).collect();
    match holder(&sockets) {
        Some((pid, program)) if program == OURS => {
            Finding::ok(name, format!("held by a running sluss (process {pid})"))
        }
        Some((pid, program)) => Finding::fault(
            name,
            format!("held by {program} (process {pid})"),
            format!("Stop that program, or write another port into {key}."),
        ),
        None => Finding::warning(
            name,
            "in use; by whom can be told as root only",
            "Run the doctor as root, to see whether it is a running sluss.",
        ),
    }
}

/// Inodes of the sockets that listen on the port, from the text of `/proc/net/tcp` or `tcp6`: columns as in
/// proc_pid_net(5), numbers of addresses in hexadecimal.
fn listeners(table: &str, port: u16) -> Vec<u64> {
    let row = |line: &str| {
        let columns: Vec<&str> = line.split_ascii_whitespace().collect();
        let (_, at) = columns.get(1)?.rsplit_once(':')?;
        let listens = *columns.get(3)? == LISTEN && u16::from_str_radix(at, 16).ok()? == port;
        listens.then(|| columns.get(9)?.parse().ok()).flatten()
    };
    table.lines().skip(1).filter_map(row).collect()
}

/// A process that has one of the sockets open, and its name. Of others' processes only root can tell.
fn holder(sockets: &HashSet<u64>) -> Option<(u32, String)> {
    let processes = std::fs::read_dir("/proc").ok()?;
    processes.filter_map(Result::ok).find_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        has_one(&entry.path().join("fd"), sockets).then_some(())?;
        let name = std::fs::read_to_string(entry.path().join("comm")).ok()?;
        Some((pid, name.trim_end().to_owned()))
    })
}

fn has_one(descriptors: &Path, sockets: &HashSet<u64>) -> bool {
    let Ok(open) = std::fs::read_dir(descriptors) else { return false };
    open.filter_map(Result::ok).filter_map(|entry| std::fs::read_link(entry.path()).ok()).any(|target| {
        let inode = target.to_str().and_then(|t| t.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok());
        inode.is_some_and(|inode: u64| sockets.contains(&inode))
    })
}

/// The lowest port that everybody may listen on.
fn unprivileged_from() -> u16 {
    let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap_or_default();
    text.trim().parse().unwrap_or(1024)
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn listeners_are_read_from_the_kernels_table() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            \x20  0: 0100007F:09DD 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 31337 1 0\n\
            \x20  1: 0100007F:09DD 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 31338 1 0\n\
            \x20  2: 00000000:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 31339 1 0\n";
        assert_eq!(listeners(table, 2525), [31337]);
        assert_eq!(listeners(table, 25), [31339]);
        assert_eq!(listeners(table, 26), Vec::<u64>::new());
    }

    #[tokio::test]
    async fn a_port_is_free_or_has_a_holder() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap();
        let found = check("[gateway] listen", address, true).await;
        assert_eq!(found.state, State::Fault, "{found:?}");
        assert!(found.what.contains(&format!("(process {})", std::process::id())), "{found:?}");
        drop(taken);
        assert_eq!(check("[gateway] listen", address, true).await, Finding::ok(&format!("listen:{address}"), "free"));
        let elsewhere = check("[gateway] listen", "192.0.2.1:2525".parse().unwrap(), true).await;
        assert_eq!(elsewhere.state, State::Fault);
    }
}
