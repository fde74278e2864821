//! Certificates: until when, and for which names. That a key belongs to its certificate is seen when the
//! configuration is read.

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;

use super::finding::Finding;
use crate::config::checked::Pem;

/// A certificate that ends sooner is worth a word.
const SOON_DAYS: i64 = 30;
const DAY: i64 = 24 * 60 * 60;

/// The first certificate of a chain that we show; `hostname`: the name that clients know us by.
pub fn shown(check: &str, chain: &Pem, hostname: Option<&str>, now: Timestamp) -> Vec<Finding> {
    let Some(leaf) = certificates(chain).into_iter().next() else { return vec![unreadable(check, chain)] };
    let Ok((_, certificate)) = x509_parser::parse_x509_certificate(&leaf) else {
        return vec![unreadable(check, chain)];
    };
    let mut findings = vec![until(check, chain, &certificate, now)];
    if let Some(hostname) = hostname {
        let names = names(&certificate);
        findings.push(if names.iter().any(|name| covers(name, hostname)) {
            Finding::ok(check, format!("the certificate names {hostname}"))
        } else {
            let named = if names.is_empty() { "no host".to_owned() } else { names.join(", ") };
            Finding::warning(
                check,
                format!("the certificate names {named}, not {hostname}: clients that verify it will not send"),
                format!("Have a certificate made for {hostname}."),
            )
        });
    }
    findings
}

/// Every certificate of a bundle that we trust: only what is wrong is said, and that all is well.
pub fn trusted(check: &str, bundle: &Pem, now: Timestamp) -> Vec<Finding> {
    let ders = certificates(bundle);
    let parsed: Vec<_> = ders.iter().filter_map(|der| x509_parser::parse_x509_certificate(der).ok()).collect();
    let findings: Vec<Finding> =
        parsed.iter().map(|(_, c)| until(check, bundle, c, now)).filter(|f| f.todo.is_some()).collect();
    match findings.is_empty() {
        true => {
            vec![Finding::ok(check, format!("{}: {} certificates, all valid", bundle.path.display(), parsed.len()))]
        }
        false => findings,
    }
}

fn certificates(file: &Pem) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(&file.pem).filter_map(Result::ok).collect()
}

fn unreadable(check: &str, file: &Pem) -> Finding {
    let todo = "Put a certificate in PEM form into the file.";
    Finding::fault(check, format!("{}: no certificate can be read", file.path.display()), todo)
}

fn until(check: &str, file: &Pem, certificate: &X509Certificate<'_>, now: Timestamp) -> Finding {
    let (path, now) = (file.path.display(), now.as_second());
    let validity = certificate.validity();
    let (from, to) = (validity.not_before.timestamp(), validity.not_after.timestamp());
    let days = to.saturating_sub(now).div_euclid(DAY);
    let renew = "Renew the certificate, then `systemctl reload sluss`.";
    if now > to {
        Finding::fault(check, format!("{path}: expired {} days ago", now.saturating_sub(to).div_euclid(DAY)), renew)
    } else if now < from {
        Finding::fault(
            check,
            format!("{path}: not valid yet"),
            "Set the clock of this machine, or have a valid one made.",
        )
    } else if days < SOON_DAYS {
        Finding::warning(check, format!("{path}: expires in {days} days"), renew)
    } else {
        Finding::ok(check, format!("{path}: valid for {days} days, and the key belongs to it where there is one"))
    }
}

/// DNS names of the subject alternative name; without that extension the common names (RFC 6125 section 6.4.4).
fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    if let Ok(Some(alternative)) = certificate.subject_alternative_name() {
        names.extend(alternative.value.general_names.iter().filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        }));
    }
    if names.is_empty() {
        names.extend(certificate.subject().iter_common_name().filter_map(|n| n.as_str().ok().map(str::to_owned)));
    }
    names
}

/// A wildcard stands for one label, the first.
fn covers(name: &str, hostname: &str) -> bool {
    let whole = name.eq_ignore_ascii_case(hostname);
    let below = name.strip_prefix("*.").zip(hostname.split_once('.'));
    whole || below.is_some_and(|(name, (_, rest))| name.eq_ignore_ascii_case(rest))
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    fn made(names: &[&str]) -> Pem {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut parameters =
            rcgen::CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).unwrap();
        parameters.not_before = rcgen::date_time_ymd(2026, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2027, 1, 1);
        Pem { path: "tls.crt".into(), pem: parameters.self_signed(&key).unwrap().pem().into_bytes() }
    }

    #[test]
    fn until_when_and_for_whom() {
        let chain = made(&["*.kommun.example"]);
        for (now, expected) in [
            ("2025-12-31T00:00:00Z", State::Fault),
            ("2026-06-01T00:00:00Z", State::Ok),
            ("2026-12-10T00:00:00Z", State::Warning),
            ("2027-01-03T00:00:00Z", State::Fault),
        ] {
            let found = shown("tls", &chain, Some("sluss.kommun.example"), now.parse().unwrap());
            let [until, name] = found.as_slice() else { panic!("{found:?}") };
            assert_eq!((until.state, name.state), (expected, State::Ok), "{now}: {found:?}");
        }
        let now = "2026-06-01T00:00:00Z".parse().unwrap();
        assert_eq!(shown("tls", &chain, Some("kommun.example"), now)[1].state, State::Warning);
        assert_eq!(trusted("tls", &chain, now)[0].state, State::Ok);
        let broken = Pem { path: "tls.crt".into(), pem: b"no PEM".to_vec() };
        assert_eq!(shown("tls", &broken, None, now)[0].state, State::Fault);
    }

    #[test]
    fn a_wildcard_is_one_label() {
        for (name, host, covered) in [
            ("sluss.kommun.example", "SLUSS.kommun.example", true),
            ("*.kommun.example", "sluss.kommun.example", true),
            ("*.kommun.example", "a.sluss.kommun.example", false),
            ("*.kommun.example", "kommun.example", false),
        ] {
            assert_eq!(covers(name, host), covered, "{name} {host}");
        }
    }
}
