//! Who may relay: networks, the name in a verified client certificate, sender domains. Pure.

use std::net::IpAddr;

use ipnet::IpNet;

use super::SetupError;
use super::tls::Handshake;
use crate::smtp::{EnhancedCode, Mailbox, Reply, ReversePath};

#[derive(Clone, Debug, Default)]
pub struct AccessSettings {
    /// A client outside all of them may not relay.
    pub networks: Vec<IpNet>,
    /// `MAIL` only under TLS.
    pub tls_required: bool,
    /// A client certificate that `client_ca` vouches for is demanded.
    pub certificate_required: bool,
    /// One of these must stand in the certificate as a DNS name or as the common name; empty: any
    /// certificate that `client_ca` vouches for.
    pub client_names: Vec<String>,
    /// Domains as a sender's address has them; one below a listed domain is not listed. Empty: any.
    pub sender_domains: Vec<String>,
}

/// The rules, ready to be asked.
#[derive(Debug)]
pub(super) struct Access {
    settings: AccessSettings,
}

/// Why a client may not relay. The reply repeats no rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    Network,
    TlsRequired,
    Certificate,
    SenderDomain,
}

impl Access {
    /// Normalises names and domains; a domain in the rules that is none is a fault of the
    /// configuration.
    pub(super) fn new(mut settings: AccessSettings) -> Result<Self, SetupError> {
        for domain in &mut settings.sender_domains {
            let parsed = Mailbox::parse(&format!("postmaster@{domain}"));
            let parsed = parsed.map_err(|_| SetupError::SenderDomain(domain.clone()))?;
            *domain = parsed.domain().to_owned();
        }
        settings.certificate_required |= !settings.client_names.is_empty();
        Ok(Access { settings })
    }

    /// May this client relay at all, as it is connected now? With the name from its certificate that
    /// decided it.
    pub(super) fn client(&self, address: IpAddr, tls: Option<&Handshake>) -> Result<Option<String>, Denied> {
        let address = address.to_canonical();
        if !self.settings.networks.iter().any(|network| network.contains(&address)) {
            return Err(Denied::Network);
        }
        if !self.settings.tls_required && !self.settings.certificate_required {
            return Ok(tls.and_then(|tls| tls.names.as_ref()?.first().cloned()));
        }
        let Some(tls) = tls else { return Err(Denied::TlsRequired) };
        match &tls.names {
            None if self.settings.certificate_required => Err(Denied::Certificate),
            None => Ok(None),
            Some(names) if self.settings.client_names.is_empty() => Ok(names.first().cloned()),
            Some(names) => {
                let known = |name: &&String| self.settings.client_names.iter().any(|n| n.eq_ignore_ascii_case(name));
                names.iter().find(known).cloned().map(Some).ok_or(Denied::Certificate)
            }
        }
    }

    /// May mail from this sender be relayed? The null path may: notices and calendar replies have no
    /// other (RFC 5321 section 4.5.5).
    pub(super) fn sender(&self, path: &ReversePath) -> Result<(), Denied> {
        let Some(mailbox) = path.mailbox() else { return Ok(()) };
        let domains = &self.settings.sender_domains;
        let allowed = domains.is_empty() || domains.iter().any(|domain| domain == mailbox.domain());
        if allowed { Ok(()) } else { Err(Denied::SenderDomain) }
    }
}

impl Denied {
    /// For the administrator's log: which rule it was.
    pub(super) fn word(self) -> &'static str {
        match self {
            Denied::Network => "network",
            Denied::TlsRequired => "no-tls",
            Denied::Certificate => "certificate",
            Denied::SenderDomain => "sender-domain",
        }
    }

    pub(super) fn reply(self) -> Reply {
        match self {
            Denied::Network | Denied::Certificate => Reply::new(550, Some(EnhancedCode(5, 7, 1)), "relaying denied"),
            Denied::SenderDomain => Reply::new(550, Some(EnhancedCode(5, 7, 1)), "sender domain not allowed"),
            Denied::TlsRequired => Reply::new(530, Some(EnhancedCode(5, 7, 0)), "must issue a STARTTLS command first"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(settings: AccessSettings) -> Access {
        let networks = ["192.0.2.0/24", "2001:db8::/32"].map(|network| network.parse().unwrap()).to_vec();
        Access::new(AccessSettings { networks, ..settings }).unwrap()
    }

    fn tls(names: Option<&[&str]>) -> Handshake {
        let names = names.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        Handshake { version: "TLSv1.3".into(), cipher: "TLS_AES_128_GCM_SHA256".into(), names }
    }

    #[test]
    fn networks() {
        let access = access(AccessSettings::default());
        for (address, expected) in [
            ("192.0.2.7", Ok(None)),
            ("::ffff:192.0.2.7", Ok(None)),
            ("2001:db8::1", Ok(None)),
            ("192.0.3.1", Err(Denied::Network)),
            ("2001:db9::1", Err(Denied::Network)),
            ("::1", Err(Denied::Network)),
        ] {
            assert_eq!(access.client(address.parse().unwrap(), None), expected, "{address}");
        }
        let nobody = Access::new(AccessSettings::default()).unwrap();
        assert_eq!(nobody.client("127.0.0.1".parse().unwrap(), None), Err(Denied::Network));
    }

    #[test]
    fn tls_and_certificates() {
        let inside: IpAddr = "192.0.2.7".parse().unwrap();
        let outside: IpAddr = "198.51.100.7".parse().unwrap();
        let required = || AccessSettings { tls_required: true, ..Default::default() };
        let certified = || AccessSettings { certificate_required: true, ..Default::default() };
        let named = || AccessSettings { client_names: vec!["Mail.kommun.example".into()], ..Default::default() };
        let (right, other) = (tls(Some(&["x.example", "mail.KOMMUN.example"])), tls(Some(&["other.example"])));
        let none = tls(None);
        let name = |name: &str| Ok(Some(name.to_owned()));
        let table = [
            (required(), None, Err(Denied::TlsRequired)),
            (required(), Some(&none), Ok(None)),
            (required(), Some(&other), name("other.example")),
            (certified(), None, Err(Denied::TlsRequired)),
            (certified(), Some(&none), Err(Denied::Certificate)),
            (certified(), Some(&other), name("other.example")),
            (named(), None, Err(Denied::TlsRequired)),
            (named(), Some(&none), Err(Denied::Certificate)),
            (named(), Some(&other), Err(Denied::Certificate)),
            (named(), Some(&right), name("mail.KOMMUN.example")),
        ];
        for (row, (settings, handshake, expected)) in table.into_iter().enumerate() {
            let access = access(settings);
            assert_eq!(access.client(inside, handshake), expected, "row {row}");
            assert_eq!(access.client(outside, handshake), Err(Denied::Network), "a certificate opens no network");
        }
    }

    #[test]
    fn sender_domains() {
        let rules = ["Kommun.example", "blåbær.example"].map(str::to_owned).to_vec();
        let access = access(AccessSettings { sender_domains: rules, ..Default::default() });
        for (path, allowed) in [
            ("<>", true),
            ("<a@kommun.example>", true),
            ("<a@KOMMUN.EXAMPLE>", true),
            ("<a@x.kommun.example>", false),
            ("<a@xkommun.example>", false),
            ("<a@xn--blbr-roah.example>", true),
            ("<a@other.example>", false),
            ("<kommun.example@other.example>", false),
            ("<a%kommun.example@other.example>", false),
            ("<a@[192.0.2.7]>", false),
        ] {
            let (parsed, _) = ReversePath::parse(path).unwrap();
            assert_eq!(access.sender(&parsed).is_ok(), allowed, "{path}");
        }
    }

    #[test]
    fn a_sender_domain_that_is_none_is_a_fault_of_the_configuration() {
        for wrong in ["", ".", ".kommun.example", "kommun..example", "@kommun.example", "*.kommun.example"] {
            let settings = AccessSettings { sender_domains: vec![wrong.into()], ..Default::default() };
            assert!(Access::new(settings).is_err(), "{wrong}");
        }
    }
}
