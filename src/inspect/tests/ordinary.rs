//! Everyday mail: read whole, and nothing held against it.

use super::*;

#[test]
fn a_plain_mail() {
    let inspection = read(
        "From: Kari <kari@kommune.example>\nTo: ola@a.example\nSubject: =?utf-8?Q?M=C3=B8te?=\nMessage-ID: <1@x>\n\nHei Ola\n",
    );
    assert_eq!(
        outline(&inspection),
        ["Subject 0: Møte", "Header 0: From: Kari <kari@kommune.example>\nTo: ola@a.example\n", "Body 1: Hei Ola\n"]
    );
    assert_eq!(reasons(&inspection), [""; 0]);
    assert_eq!(inspection.facts.from, ["kari@kommune.example"]);
    assert_eq!(inspection.facts.names, ["Kari"]);
    assert_eq!(inspection.facts.message_id.as_deref(), Some("1@x"));
}
