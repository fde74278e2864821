//! Another configuration comes into force while the program works: asked for, or because a watched file changed.

use std::io::{BufReader, Write};
use std::net::TcpStream;

use nix::sys::signal::Signal;

use crate::capture::{Behaviour, Capture};
use crate::mail::{ask, assert_no_secret, clean, confidential, connect, holding, reply, send, wait_for};
use crate::sluss::{Site, Sluss, get};
use crate::starting::until;

const FROM: &str = "kari@social.kommun.example";
const TO: &str = "ola@firma.example";

fn exported(site: &Site, event: &str) -> Vec<String> {
    let exported = String::from_utf8(site.run(&["audit", "export"]).stdout).expect("UTF-8");
    let events = exported.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    events.filter(|e| e["event"] == event).map(|e| e["detail"].as_str().unwrap_or_default().to_owned()).collect()
}

/// From MAIL to the 354.
fn begin(client: &mut BufReader<TcpStream>) {
    for command in [format!("MAIL FROM:<{FROM}>"), format!("RCPT TO:<{TO}>")] {
        let said = ask(client, &command);
        assert!(said.starts_with("250"), "{said}");
    }
    assert!(ask(client, "DATA").starts_with("354"));
}

fn changed(site: &Site, changes: &[(&str, &str)]) {
    let mut text = std::fs::read_to_string(site.config()).expect("our file");
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    std::fs::write(site.config(), text).expect("our file");
}

fn loaded(sluss: &Sluss) -> usize {
    sluss.log().matches("\"configuration in force\"").count()
}

/// The field of the line that tells of the newest mail with this outcome.
fn config_of(sluss: &Sluss, outcome: &str) -> String {
    let log = sluss.log();
    let mut lines = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let line = lines.rfind(|line| line["outcome"] == outcome).unwrap_or_else(|| panic!("no {outcome} mail in\n{log}"));
    line["config"].as_str().expect("the verdict names its configuration").to_owned()
}

#[test]
fn a_client_in_the_middle_of_its_text_is_served_to_its_end() {
    let (before, after) = (Capture::start(Behaviour::default()), Capture::start(Behaviour::default()));
    let site = holding(before.address(), "");
    let sluss = site.start();
    let shown = String::from_utf8(site.run(&["config", "show"]).stdout).expect("UTF-8");
    let sha256 = shown.lines().last().and_then(|line| line.strip_prefix("# sha256 ")).expect("a digest").to_owned();

    let (mut client, _) = connect(site.address());
    begin(&mut client);
    let mail = confidential("1");
    let (first, second) = mail.split_at(mail.len() / 2);
    client.get_mut().write_all(first.as_bytes()).expect("the relay reads");

    // Another mode, another next hop under the same name, and what has to wait.
    changed(
        &site,
        &[
            ("mode = \"enforce\"", "mode = \"observe\""),
            (&before.address().to_string(), &after.address().to_string()),
            (&format!("127.0.0.1:{}\"]", site.port), &format!("127.0.0.1:{}\"]", crate::sluss::free_port())),
            ("url = \"sqlite:store/sluss.db\"", "url = \"sqlite:store/other.db\""),
        ],
    );
    sluss.signal(Signal::SIGHUP);
    until(|| loaded(&sluss) == 2);
    let log = sluss.log();
    assert!(log.contains("needs a restart: gateway.listen") && log.contains("needs a restart: store.url"), "{log}");
    assert!(log.contains("next_hop.default.address") && log.contains("policy.mode"), "changed keys are named: {log}");

    client.get_mut().write_all(second.as_bytes()).expect("the relay reads");
    client.get_mut().write_all(b".\r\n").expect("the relay reads");
    let said = reply(&mut client);
    assert!(said.contains("held"), "under the set it began with: {said}");

    begin(&mut client);
    client.get_mut().write_all(confidential("2").as_bytes()).expect("the relay reads");
    client.get_mut().write_all(b".\r\n").expect("the relay reads");
    let said = reply(&mut client);
    assert!(said.starts_with("250") && !said.contains("held"), "the next one is only watched: {said}");
    assert!(ask(&mut client, "QUIT").starts_with("221"));
    // The mail, and the notice of the one before, which goes where notices go now.
    wait_for(&after, 2);
    assert_eq!(before.captured().len(), 0);
    assert_eq!(get(site.console, "/readyz").map(|(status, _)| status), Some(200));

    changed(&site, &[("url = \"sqlite:store/other.db\"", "url = \"sqlite:store/sluss.db\"")]);
    until(|| exported(&site, "config-loaded").len() == 2);
    let configs = exported(&site, "config-loaded");
    assert_eq!(configs.first(), Some(&format!("sha256={sha256}")), "`config show` tells the digest in force");
    let short = |n: usize| configs.get(n).and_then(|c| c.get("sha256=".len()..23)).expect("a digest").to_owned();
    assert_ne!(short(0), short(1));
    let held = exported(&site, "held");
    assert!(held.iter().all(|detail| detail.ends_with(&format!(" config={}", short(0)))), "{held:?}");
    assert_eq!(held.len(), 1);
    assert_eq!((config_of(&sluss, "held"), config_of(&sluss, "observed")), (short(0), short(1)));

    std::fs::write(site.config(), "[gateway]\nnonsense = 1\n[policy]\nmode = \"maybe\"\n").expect("our file");
    sluss.signal(Signal::SIGHUP);
    until(|| sluss.log().contains("the old one stays in force"));
    let log = sluss.log();
    assert!(log.contains("nonsense") && log.contains("maybe"), "every reason is told: {log}");
    assert!(send(site.address(), FROM, &[TO], &clean("3")).starts_with("250"));
    assert_eq!(get(site.console, "/readyz").map(|(status, _)| status), Some(200));
    assert!(sluss.stop().success());
}

#[test]
fn a_watched_list_is_taken_when_it_is_whole_and_refused_once_when_it_is_not() {
    let capture = Capture::start(Behaviour::default());
    let channel = "[[channel]]\nid = \"partner\"\nmatch_file = \"partner.txt\"\n\
        evidence = { level = \"eid\", decided_by = \"IT\", reference = \"1\", verified_until = 2199-12-31 }\n";
    let site = holding(capture.address(), channel);
    let list = site.path().join("partner.txt");
    std::fs::write(&list, "@partner.example\n").expect("our file");
    let sluss = site.start();
    assert!(send(site.address(), FROM, &[TO], &confidential("1")).contains("held"));

    // Somebody edits the configuration and has not finished; the list is taken under the text in force.
    let whole = std::fs::read_to_string(site.config()).expect("our file");
    std::fs::write(site.config(), "[gateway").expect("our file");
    std::fs::write(&list, "@partner.example\n@firma.example\n").expect("our file");
    until(|| loaded(&sluss) == 2);
    let said = send(site.address(), FROM, &[TO], &confidential("2"));
    assert!(said.starts_with("250") && !said.contains("held"), "{said}");

    std::fs::write(&list, "@partner.example\nfirma example\n").expect("our file");
    let refusals = || sluss.log().matches("the old one stays in force").count();
    until(|| refusals() == 1);
    assert!(sluss.log().contains("partner.txt:2"), "{}", sluss.log());
    // The log is first to know.
    until(|| get(site.console, "/readyz").is_some_and(|(_, body)| body.contains("a change was refused")));
    assert_eq!(get(site.console, "/readyz").map(|(status, _)| status), Some(200));
    assert!(!send(site.address(), FROM, &[TO], &confidential("3")).contains("held"), "the last good one is in force");
    // Four more looks.
    std::thread::sleep(std::time::Duration::from_secs(20));
    assert_eq!(refusals(), 1, "told once");

    std::fs::write(&list, "@partner.example\n").expect("our file");
    until(|| loaded(&sluss) == 3);
    assert!(send(site.address(), FROM, &[TO], &confidential("4")).contains("held"));
    until(|| get(site.console, "/readyz").is_some_and(|(_, body)| !body.contains("a change was refused")));
    std::fs::write(site.config(), whole).expect("our file");
    assert_eq!((exported(&site, "config-loaded").len(), exported(&site, "config-refused").len()), (3, 1));
    assert!(sluss.stop().success());
}

#[test]
fn a_comparison_says_which_mail_would_go_another_way() {
    let site = holding("127.0.0.1:9".parse().expect("an address"), "");
    let old = site.path().join("old.toml");
    let text = std::fs::read_to_string(site.config()).expect("our file");
    std::fs::write(&old, text.replace("reviewers = [", "on_confidential = \"reject\"\n        reviewers = ["))
        .expect("our file");
    let folder = site.path().join("mail");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("a.eml"), confidential("1")).expect("our file");
    std::fs::write(folder.join("b.eml"), clean("2")).expect("our file");
    let (old, config) = (old.to_str().expect("a plain path"), site.config());
    let (new, mail) = (config.to_str().expect("a plain path"), folder.to_str().expect("a plain path"));

    let output = crate::sluss::run(&["config", "diff", old, new, mail]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert_no_secret("the comparison", &said);
    assert!(said.starts_with("newly held: 1\n  unit social, "), "{said}");
    assert!(said.contains(&format!("    {mail}/a.eml\n")) && !said.contains("b.eml"), "{said}");
    assert!(said.contains("\nno longer rejected: 1\n"), "{said}");
    assert!(said.ends_with("\nwould newly hold 1 of 2; 1 would go another way than before\n"), "{said}");

    let output = crate::sluss::run(&["config", "diff", old, new, mail, "/no/such.eml"]);
    assert_eq!(output.status.code(), Some(2), "a file that cannot be read is told");
}
