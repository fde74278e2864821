//! Starting is all or nothing, with a line that says what to mend; reading again never makes it worse.

use std::net::TcpListener;

use nix::sys::signal::Signal;

use crate::capture::{Behaviour, Capture};
use crate::mail::{clean, confidential, holding, send};
use crate::sluss::Site;

const FROM: &str = "kari@social.kommun.example";
const TO: &str = "ola@firma.example";

fn refuses_to_start(site: &Site, wanted: &[&str]) {
    let mut sluss = site.spawn(&[]);
    assert_eq!(sluss.wait().code(), Some(2), "{}", sluss.log());
    let log = sluss.log();
    for words in wanted {
        assert!(log.contains(words), "{words:?} is not in:\n{log}");
    }
}

#[test]
fn a_port_in_use_is_named() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), "");
    let _taken = TcpListener::bind(site.address()).expect("the port is free");
    refuses_to_start(&site, &["cannot listen on", &site.port.to_string()]);
}

#[test]
fn an_unreadable_identity_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), "");
    let key = site.path().join("sluss.key");
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o644)).expect("our file");
    refuses_to_start(&site, &["identity_file", "sluss.key"]);
}

#[test]
fn another_secret_than_the_stores_is_named() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), "");
    assert!(site.start().stop().success());
    std::fs::remove_file(site.path().join("sluss.secret")).expect("it was made");
    refuses_to_start(&site, &["secret"]);
}

#[test]
fn a_misspelt_key_is_named_with_the_nearest_one() {
    let site = Site::new("alow_networks = []", "[policy]\nmode = \"observe\"");
    refuses_to_start(&site, &["alow_networks", "allow_networks", "sluss.toml:"]);
}

#[test]
fn reading_again_changes_units_and_a_fault_changes_nothing() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), "");
    let sluss = site.start();
    assert!(send(site.address(), FROM, &[TO], &confidential("1")).contains("held"));

    let written = std::fs::read_to_string(site.config()).expect("our file");
    let rejecting = written.replace("reviewers = [", "on_confidential = \"reject\"\n        reviewers = [");
    std::fs::write(site.config(), rejecting).expect("our file");
    sluss.signal(Signal::SIGHUP);
    until(|| send(site.address(), FROM, &[TO], &confidential("2")).starts_with("550"));

    std::fs::write(site.config(), "[gateway]\nnonsense = 1\n").expect("our file");
    sluss.signal(Signal::SIGHUP);
    until(|| sluss.log().contains("the old one stays in force"));
    assert!(send(site.address(), FROM, &[TO], &confidential("3")).starts_with("550"), "the last good one is in force");
    assert!(send(site.address(), FROM, &[TO], &clean("4")).starts_with("250"));
    assert!(sluss.stop().success());
}

pub fn until(mut wanted: impl FnMut() -> bool) {
    let end = std::time::Instant::now() + crate::mail::PATIENCE;
    while !wanted() {
        assert!(std::time::Instant::now() < end, "it never came");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn health_metrics_and_the_end() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), "");
    let sluss = site.start();
    assert!(send(site.address(), FROM, &[TO], &clean("1")).starts_with("250"));
    assert_eq!(crate::sluss::get(site.console, "/healthz").map(|(status, _)| status), Some(200));
    let (_, metrics) = crate::sluss::get(site.console, "/metrics").expect("the console answers");
    assert!(metrics.contains("sluss_messages_total{outcome=\"relayed\"} 1"), "{metrics}");
    assert!(metrics.contains("sluss_dots_total{reply=\"250\"} 1"), "{metrics}");
    assert!(sluss.stop().success());
}
