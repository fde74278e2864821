//! Many mails from Postfix's own load generator, counted at the end of the way.

use std::process::Command;

use crate::capture::{Behaviour, Capture};
use crate::mail::{NETWORKS, wait_for};
use crate::sluss::Site;

#[test]
fn every_mail_of_many_sessions_arrives_once() {
    let capture = Capture::start(Behaviour::default());
    let tables = format!(
        "[next_hop.default]\naddress = \"{}\"\ntls = \"none\"\n[policy]\nmode = \"enforce\"\non_confidential = \"reject\"\n\
         [policy.uninspectable]\nencrypted = \"reject\"\nunsupported = \"reject\"\nmalformed = \"reject\"\n\
         over-limit = \"reject\"\ntimed-out = \"reject\"\nfault = \"reject\"\n",
        capture.address()
    );
    let site = Site::new(NETWORKS, &tables);
    let sluss = site.start();
    let status = Command::new("/usr/sbin/smtp-source")
        .args(["-s", "10", "-m", "500", "-l", "4000", "-f", "a@kommun.example", "-t", "b@firma.example"])
        .arg(site.address().to_string())
        .status()
        .expect("smtp-source comes with Postfix");
    assert!(status.success());
    assert_eq!(wait_for(&capture, 500).len(), 500);
    assert!(sluss.stop().success());
}
