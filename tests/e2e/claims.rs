//! Codes that a sender names in the header, cases, and the fixed recipients of lawful disclosure.

use serde_json::Value;

use crate::capture::{Behaviour, Capture};
use crate::mail::{decoded, holding, listed, outcome, send, text, wait_for};
use crate::sluss::Site;

const FROM: &str = "kari@social.kommun.example";
/// With two factors, and another authority.
const SCHOOL: &str = "rektor@skola.kommun.example";
/// With one factor, as far as anybody knows.
const FIRM: &str = "ola@firma.example";
/// Of routes; with one factor too.
const OFFICE: &str = "mottagning@barn.kommun.example";
const RESCUE: &str = "vakt@alarm.example";

/// A published test number of the Swedish tax agency, so nobody's.
const PERSON: &str = "19941227-2396";

const TABLES: &str = r#"
    towards = { skola = "quarantine" }
    [[unit]]
    id = "skola"
    senders = ["@skola.kommun.example"]
    profile = "se.school"
    [[channel]]
    id = "skola"
    match = ["@skola.kommun.example"]
    evidence = { level = "eid", decided_by = "IT", reference = "1", verified_until = 2999-12-31 }
    [[disclosure]]
    id = "orosanmalan"
    code = "EX-CHILD-REPORT"
    recipients = ["mottagning@barn.kommun.example"]
    urgent_phone = "0000-99 99 99"
    [[disclosure]]
    id = "alarm"
    code = "EX-LIFE"
    recipients = ["@alarm.example"]
    units = ["social"]
"#;

const NUMBER: &str = "Personnummer 19941227-2396 har beviljats ekonomiskt bistånd.";

/// `fields` are header lines, each with its CRLF.
fn mail(id: &str, to: &[&str], fields: &str, body: &str) -> String {
    format!(
        "From: Kari <{FROM}>\r\nTo: {}\r\nMessage-ID: <{id}@kommun.example>\r\n{fields}\
         Date: Wed, 03 Mar 2027 13:05:00 +0100\r\nSubject: Underlag\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}\r\n",
        to.join(", ")
    )
}

/// Reason and detail of each `exception-used`, in order.
fn uses(site: &Site) -> Vec<(Option<String>, String)> {
    let exported = String::from_utf8(site.run(&["audit", "export"]).stdout).expect("UTF-8");
    assert!(!exported.contains(PERSON), "the audit tells whom");
    let events = exported.lines().map(|line| serde_json::from_str::<Value>(line).expect("one object a line"));
    let word = |value: &Value| value.as_str().map(str::to_owned);
    let used = events.filter(|event| event["event"] == "exception-used");
    used.map(|event| (word(&event["reason"]), word(&event["detail"]).expect("a detail"))).collect()
}

#[test]
fn a_claim_holds_with_what_must_be_documented_and_never_leaves() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), TABLES);
    let sluss = site.start();
    let full = "EX-CONSENT; date=2026-11-01; received-by=handläggare; scope=skolgång; documented=BUV 2026/17";
    // The claim, the outcome, and the word that tells of it.
    let rows = [
        ("EX-PARTY; ombud enligt fullmakt", "relayed", "lifted:code:EX-PARTY"),
        (full, "relayed", "lifted:code:EX-CONSENT"),
        ("EX-PARTY", "held", "claim-refused:needs:reason"),
        (full.split_once("; documented").expect("the last").0, "held", "claim-refused:needs:documented"),
        ("EX-NOMEN; ingen lider men", "held", "claim-refused:not-for:sender"),
        ("EX-PURPOSE; samme formål", "held", "claim-refused:not-for-this-unit"),
        ("EX-ALLT; det får gå", "held", "claim-refused:unknown-code"),
        // The report of a child at risk goes to who may take it, and to nobody else.
        ("EX-CHILD-REPORT; barn far illa", "held", "claim-refused:recipients"),
        ("EX-PARTY; a\r\nX-Sluss-Exception: EX-LIFE; b", "held", "other-unit:skola"),
    ];
    for (number, (claim, wanted, why)) in rows.iter().enumerate() {
        let fields = format!("X-Sluss-Exception: {claim}\r\nX-Sluss-Case: BUV 2026/17\r\n");
        let mail = mail(&number.to_string(), &[SCHOOL], &fields, NUMBER);
        let (word, reasons) = outcome(&site, &sluss, FROM, &mail, &[SCHOOL]);
        assert!(word == *wanted && reasons.contains(why), "{claim}: {word}, {reasons}");
        assert_eq!(reasons.contains("lifted"), word == "relayed", "{claim}: {reasons}");
    }
    // Secrecy it opens, a mailbox with one factor it does not.
    let held = mail("firm", &[FIRM], "X-Sluss-Exception: EX-PARTY; ombud\r\nX-Sluss-Case: BUV 2026/17\r\n", NUMBER);
    let (word, reasons) = outcome(&site, &sluss, FROM, &held, &[FIRM]);
    assert!(word == "held" && reasons.contains("lifted:code:EX-PARTY"), "{word}, {reasons}");
    let output = site.run(&["quarantine", "release", "--all", "--reason", "allowed"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let uses = uses(&site);
    let reasons: Vec<Option<&str>> = uses.iter().map(|(reason, _)| reason.as_deref()).collect();
    assert_eq!(reasons, [Some("ombud enligt fullmakt"), None], "one for each mail that went on");
    assert!(uses[0].1.ends_with(" by=code:EX-PARTY verdict=relay"), "{}", uses[0].1);
    // Two that passed and eight that were released; what was said of them stays in the house.
    let is_mail = |mail: &&crate::capture::Captured| !mail.mail.starts_with("<>");
    crate::starting::until(|| capture.captured().iter().filter(is_mail).count() == 10);
    for captured in capture.captured().iter().filter(is_mail) {
        let text = text(captured);
        let header = text.split_once("\r\n\r\n").expect("a header").0.to_ascii_lowercase();
        assert!(!header.contains("x-sluss-exception") && !header.contains("x-sluss-case"), "{header}");
        assert!(text.ends_with(&format!("\r\n\r\n{NUMBER}\r\n")));
    }
    assert!(sluss.stop().success());
}

#[test]
fn a_consent_for_a_case_is_for_mail_that_names_it() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), TABLES);
    let sluss = site.start();
    let consent = [
        &["consent", "add", "--case", "BUV 2026/17", "--purpose", "skolgång", "--category", "health,work"][..],
        &["--recipient", SCHOOL, "--given", "2020-05-01", "--received-by", "handläggare"],
        &["--documented", "BUV 2026/17", "--expires", "2999-12-31"],
    ];
    let output = site.run(&consent.concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(sluss.stop().success());

    let sluss = site.start();
    let body = "Turid Solbakken är sjukskriven för en depression.";
    let sent = |id: &str, fields: &str, body: &str| {
        outcome(&site, &sluss, FROM, &mail(id, &[SCHOOL], fields, body), &[SCHOOL])
    };
    let (word, reasons) = sent("1", "X-Sluss-Case: BUV 2026/17\r\n", body);
    assert!(word == "relayed" && reasons.contains("lifted:consent:"), "{word}, {reasons}");
    assert!(!text(&wait_for(&capture, 1)[0]).contains("BUV 2026/17"));
    for (id, fields, body) in [
        ("2", "", body.to_owned()),
        ("3", "X-Sluss-Case: BUV 2026/18\r\n", body.to_owned()),
        ("4", "X-Sluss-Case: BUV 2026/17\r\n", format!("{body} {PERSON}")),
    ] {
        let (word, reasons) = sent(id, fields, &body);
        assert!(word == "held" && !reasons.contains("lifted"), "{id}: {word}, {reasons}");
    }
    assert_eq!(uses(&site).len(), 1);
    assert!(sluss.stop().success());
}

#[test]
fn what_must_not_be_delayed_goes_at_once_to_those_it_is_for() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), TABLES);
    let sluss = site.start();
    // By its route alone: nobody has to name a code.
    for (at, (to, route)) in [(OFFICE, "orosanmalan"), (RESCUE, "alarm")].into_iter().enumerate() {
        let (word, reasons) = outcome(&site, &sluss, FROM, &mail(route, &[to], "", NUMBER), &[to]);
        assert!(word == "warned" && reasons.contains(&format!("lifted:route:{route}")), "{word}, {reasons}");
        assert!(reasons.contains("channel-below-minimum") && reasons.contains("channel-lifted"), "{reasons}");
        let sent = wait_for(&capture, 2 * at + 1);
        assert_eq!(sent[2 * at].recipients, [format!("<{to}>")], "before anything else");
        // Its sender hears that there is a better way.
        let notice = &wait_for(&capture, 2 * at + 2)[2 * at + 1];
        assert!(decoded(notice).contains("Ditt mejl är skickat") && !decoded(notice).contains(PERSON));
        let uses = uses(&site);
        assert!(uses[at].1.ends_with(&format!(" by=route:{route} verdict=warn review=24h")), "{}", uses[at].1);
    }
    // Danger to life may be claimed towards anybody, with a word on it.
    let fields = "X-Sluss-Exception: EX-LIFE; medvetslös, ambulans på väg\r\n";
    let (word, reasons) = outcome(&site, &sluss, FROM, &mail("life", &[FIRM], fields, NUMBER), &[FIRM]);
    assert!(word == "warned" && reasons.contains("lifted:code:EX-LIFE"), "{word}, {reasons}");
    let used = uses(&site);
    assert_eq!(used[2].0.as_deref(), Some("medvetslös, ambulans på väg"));
    assert!(used[2].1.ends_with(" by=code:EX-LIFE verdict=warn review=24h"), "{}", used[2].1);

    // One recipient more, another unit, an address that is protected: it is held.
    let both = [OFFICE, FIRM];
    assert_eq!(outcome(&site, &sluss, FROM, &mail("both", &both, "", NUMBER), &both).0, "held");
    let protected = format!("{NUMBER} Personen har skyddad identitet, röj inte adressen.");
    let (word, reasons) = outcome(&site, &sluss, FROM, &mail("protected", &[OFFICE], "", &protected), &[OFFICE]);
    assert!(word == "held" && reasons.contains("lifted:route:orosanmalan"), "{word}, {reasons}");
    let from_school = mail("school", &[RESCUE], "", NUMBER).replace(FROM, SCHOOL);
    assert!(send(site.address(), SCHOOL, &[RESCUE], &from_school).contains("held, ref "));
    assert_eq!(uses(&site).len(), 3, "none for what is held");
    // Urgent as it is, it is at the top of the queue, and the notice says whom to ring.
    let rows = listed(&site, "held");
    assert_eq!(rows.iter().filter(|row| row["urgent"] == true).count(), 1, "{rows:?}");
    crate::starting::until(|| capture.captured().iter().any(|mail| decoded(mail).contains("0000-99 99 99")));
    assert!(sluss.stop().success());
}
