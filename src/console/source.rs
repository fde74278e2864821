//! Where a request comes from: the address that limits are counted by. It is stored and logged nowhere.
//!
//! A reverse proxy says so in the last element of `X-Forwarded-For`, and is believed only when it is one of ours:
//! whoever else writes that field writes about himself.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Instant;

use axum::extract::Request;
use axum::http::HeaderMap;
use ipnet::IpNet;

/// The far end of a connection, put beside every request by [`super::server`].
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Where a request comes from, and when.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    pub address: IpAddr,
    pub now: Instant,
}

impl Source {
    pub fn of(request: &Request, proxies: &Proxies) -> Self {
        // Without a server of ours around it there is no peer; a test counts as one.
        let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
        let address = peer.map_or(IpAddr::from([0, 0, 0, 0]), |peer| proxies.source(peer, request.headers()));
        Source { address, now: Instant::now() }
    }
}

/// `[console] proxies`.
#[derive(Clone, Debug, Default)]
pub struct Proxies(pub Vec<IpNet>);

impl Proxies {
    /// An IPv4 address, or the /64 of an IPv6 address: a household or a phone has that many to choose from.
    pub fn source(&self, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.ip().to_canonical();
        if !self.0.iter().any(|network| network.contains(&peer)) {
            return whole(peer);
        }
        let last = headers.get_all("x-forwarded-for").iter().next_back();
        let named = last.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
        whole(named.map_or(peer, |named| named.to_canonical()))
    }
}

fn whole(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_proxies_are_believed_and_only_their_last_word() {
        let proxies = Proxies(vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
        for (peer, forwarded, source) in [
            ("127.0.0.1:9", None, "127.0.0.1"),
            ("127.0.0.1:9", Some("192.0.2.7"), "192.0.2.7"),
            // What the client wrote stands before what the proxy adds.
            ("127.0.0.1:9", Some("198.51.100.1, 192.0.2.7"), "192.0.2.7"),
            ("[::1]:9", Some("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::"),
            ("127.0.0.1:9", Some("unknown"), "127.0.0.1"),
            ("127.0.0.1:9", Some("' OR 1=1"), "127.0.0.1"),
            ("203.0.113.5:9", Some("192.0.2.7"), "203.0.113.5"),
            ("[::ffff:203.0.113.5]:9", None, "203.0.113.5"),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(forwarded) = forwarded {
                headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            }
            assert_eq!(proxies.source(peer.parse().unwrap(), &headers).to_string(), source, "{peer} {forwarded:?}");
        }
        // Two fields are one list.
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "198.51.100.1".parse().unwrap());
        headers.append("x-forwarded-for", "192.0.2.7".parse().unwrap());
        assert_eq!(proxies.source("127.0.0.1:9".parse().unwrap(), &headers).to_string(), "192.0.2.7");
    }
}
