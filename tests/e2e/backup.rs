//! The store is copied while it is in use, put on a fresh node, and goes on there.

use std::os::unix::fs::PermissionsExt;

use crate::capture::{Behaviour, Capture, Captured};
use crate::mail::{NETWORKS, assert_no_secret, confidential, holding, listed, send, text, wait_for};
use crate::sluss::Site;

const FROM: &str = "kari@social.kommun.example";
const TO: &str = "ola@firma.example";

#[test]
fn a_backup_is_restored_on_a_fresh_node_and_held_mail_goes_out_from_there() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), "");
    let sluss = site.start();
    let mail = confidential("before");
    let said = send(site.address(), FROM, &[TO], &mail);
    let reference = said.trim_end().strip_prefix("250 2.0.0 held, ref ").unwrap_or_else(|| panic!("{said}")).to_owned();
    wait_for(&capture, 1);

    // While mail comes in.
    let address = site.address();
    let senders = std::thread::spawn(move || {
        for n in 0..20 {
            assert!(send(address, FROM, &[TO], &confidential(&format!("meanwhile-{n}"))).starts_with("250 "));
        }
    });
    let copy = site.path().join("copy.db");
    let file = copy.to_str().expect("a plain path");
    let made = site.run(&["backup", file]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let said = String::from_utf8(made.stdout).expect("UTF-8");
    assert!(said.ends_with(" held, checked\n"), "{said}");
    senders.join().expect("every mail was taken");
    assert_eq!(listed(&site, "held").len(), 21, "nobody waited for it in vain");
    assert_eq!(copy.metadata().expect("the copy").permissions().mode() & 0o777, 0o600);
    assert_no_secret("the copy", &String::from_utf8_lossy(&std::fs::read(&copy).expect("the copy")));
    let again = site.run(&["backup", file]);
    assert_eq!(again.status.code(), Some(2), "a backup overwrites nothing");

    // The node is gone with its disk. What opens the copy was kept elsewhere.
    let kept = |name: &str| (name.to_owned(), std::fs::read(site.path().join(name)).expect("a file of the site"));
    let (backup, secret, identity) = (kept("copy.db").1, kept("sluss.secret"), kept("sluss.key"));
    let config = std::fs::read_to_string(site.config()).expect("the configuration");
    let (port, console) = (site.port.to_string(), site.console.to_string());
    assert!(sluss.stop().success());
    drop(site);

    let fresh = Site::new(NETWORKS, "");
    let config = config.replace(&port, &fresh.port.to_string()).replace(&console, &fresh.console.to_string());
    let put = |name: &str, bytes: &[u8]| {
        let path = fresh.path().join(name);
        std::fs::write(&path, bytes).expect("our file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("our file");
    };
    put("sluss.toml", config.as_bytes());
    std::fs::create_dir(fresh.path().join("store")).expect("a folder");
    put("store/sluss.db", &backup);
    put(&identity.0, &identity.1);
    let refused = fresh.start_serving().err().expect("without its secret a store is not served");
    assert!(refused.contains("sluss.secret"), "{refused}");
    put(&secret.0, &secret.1);

    let sluss = fresh.start();
    let verified = fresh.run(&["audit", "verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    let exported = String::from_utf8(fresh.run(&["audit", "export"]).stdout).expect("UTF-8");
    assert!(exported.contains("\"backup-made\""), "the copy holds the record that it was made");
    assert!(listed(&fresh, "held").iter().any(|row| row["ref"] == reference.as_str()));
    let released = fresh.run(&["quarantine", "release", &reference, "--reason", "restored"]);
    assert!(released.status.success(), "{}", String::from_utf8_lossy(&released.stderr));
    let body = mail.split_once("\r\n\r\n").expect("a body").1;
    let went_out = |captured: &[Captured]| captured.iter().filter(|m| text(m).ends_with(body)).count();
    let mut count = 1;
    while went_out(&wait_for(&capture, count)) == 0 {
        count += 1;
    }
    assert!(fresh.run(&["audit", "verify"]).status.success());
    assert!(sluss.stop().success());
}
