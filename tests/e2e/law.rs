//! Situations in which the law decides, each as a mail that `sluss check` judges under the unit's law.

use std::fmt::Write as _;

use crate::sluss::Site;

const UNITS: &str = r#"
    [policy]
    mode = "enforce"
    on_confidential = "reject"
    [policy.uninspectable]
    encrypted = "reject"
    unsupported = "reject"
    malformed = "reject"
    over-limit = "reject"
    timed-out = "reject"
    fault = "reject"
    [[unit]]
    id = "nav"
    senders = ["@nav.kommune.example"]
    profile = "no.social"
    [[unit]]
    id = "bygg"
    senders = ["@bygg.kommune.example"]
    profile = "no.general"
    [[unit]]
    id = "social"
    senders = ["@social.kommun.example"]
    profile = "se.social"
    [[unit]]
    id = "familj"
    senders = ["@familj.kommun.example"]
    profile = "se.family_counselling"
    [[unit]]
    id = "legekontor"
    senders = ["@lege.kommune.example"]
    profile = "no.health"
    [[channel]]
    id = "secure"
    match = ["@region.example", "@politi.example"]
    evidence = { level = "eid", decided_by = "IT", reference = "avtale", verified_until = 2999-12-31 }
"#;

struct Mail {
    name: &'static str,
    from: &'static str,
    to: &'static str,
    subject: &'static str,
    body: &'static str,
    verdict: &'static str,
    severity: Option<&'static str>,
    urgent: Option<bool>,
}

const fn mail(
    name: &'static str,
    from: &'static str,
    to: &'static str,
    subject: &'static str,
    body: &'static str,
    verdict: &'static str,
) -> Mail {
    Mail { name, from, to, subject, body, verdict, severity: None, urgent: None }
}

const ADDRESS: &str = "Hei,\n\nSøkeren bor nå her: Kari Nordmann, Storgata 5, 9500 Alta.\n\nHilsen\nOla\n";
const REPORT: &str = "Hej,\n\nOrosanmälan gällande Elin Ekström, 8 år, bifogas.\n\nHälsningar\nPer\n";

const MAILS: [Mail; 14] = [
    // § 44 second sentence against § 13 second paragraph.
    mail("address-nav", "a@nav.kommune.example", "x@firma.example", "Adresse", ADDRESS, "reject"),
    mail("address-bygg", "a@bygg.kommune.example", "x@firma.example", "Adresse", ADDRESS, "relay"),
    mail(
        "statistics",
        "a@nav.kommune.example",
        "x@firma.example",
        "Tall",
        "Antall med diabetes i kommunen økte 12 prosent fra 2024 til 2025.\n",
        "relay",
    ),
    Mail {
        urgent: Some(true),
        ..mail("report", "a@social.kommun.example", "x@klinik.example", "Anmälan", REPORT, "reject")
    },
    mail("report-secure", "a@social.kommun.example", "x@region.example", "Anmälan", REPORT, "relay"),
    mail(
        "counselling",
        "a@familj.kommun.example",
        "anna@gmail.com",
        "Tid",
        "Hej Anna Berg,\n\nDu har tid för samtal hos oss på torsdag kl. 10.\n\nHälsningar\nEva\n",
        "reject",
    ),
    // Consent opens the secrecy, not the channel.
    mail(
        "consent",
        "a@nav.kommune.example",
        "x@gmail.com",
        "Samtykke",
        "Hei,\n\nTurid Solbakken har samtykket til at vi deler dette. Hun har fått diagnosen bipolar lidelse.\n",
        "reject",
    ),
    Mail {
        severity: Some("critical"),
        ..mail(
            "code-6",
            "a@nav.kommune.example",
            "x@firma.example",
            "Sak",
            "Hei,\n\nTurid Solbakken har kode 6. Ikke oppgi adressen til noen.\n",
            "reject",
        )
    },
    mail(
        "signature",
        "ola@nav.kommune.example",
        "x@firma.example",
        "Møte",
        "Hei,\n\nVi ses klokken ni.\n\n-- \nOla Hansen\nSaksbehandler\nNAV Alta\nStorgata 5, 9510 Alta\nTlf. 78 45 00 00\n",
        "relay",
    ),
    mail(
        "police-secure",
        "a@nav.kommune.example",
        "x@politi.example",
        "Oppholdssted",
        "Hei,\n\nKari Nordmann bor i Storgata 5, 9500 Alta, telefon 78 45 12 34.\n",
        "relay",
    ),
    mail(
        "police-open",
        "a@nav.kommune.example",
        "x@politi-annen.example",
        "Oppholdssted",
        "Hei,\n\nKari Nordmann bor i Storgata 5, 9500 Alta, telefon 78 45 12 34.\n",
        "reject",
    ),
    mail(
        "reminder",
        "a@lege.kommune.example",
        "ola@post.example",
        "Påminnelse",
        "Hei,\n\nDu har time hos oss tirsdag 10:00. Ring oss om det ikke passer.\n",
        "relay",
    ),
    // Absolute secrecy: somebody else's name is enough, and in a private mailbox the addressee's own.
    mail(
        "counselling-of-another",
        "a@familj.kommun.example",
        "x@firma.example",
        "Tid",
        "Hej,\n\nMaria Ekström har tid för samtal hos oss på torsdag kl. 10.\n\nHälsningar\nEva\n",
        "reject",
    ),
    mail(
        "counselling-nobody",
        "a@familj.kommun.example",
        "x@firma.example",
        "Kontorstid",
        "Hej,\n\nVi har öppet måndag till torsdag.\n",
        "relay",
    ),
];

#[test]
fn each_unit_is_judged_by_its_own_law() {
    let site = Site::new("", "");
    // Without [gateway] nothing is relayed: only judged.
    std::fs::write(site.config(), UNITS).unwrap();
    let mut wrong = String::new();
    for mail in &MAILS {
        let file = site.path().join(format!("{}.eml", mail.name));
        let text = format!(
            "Date: Wed, 03 Mar 2027 13:05:00 +0100\nFrom: {}\nTo: {}\nMessage-ID: <{}@kommun.example>\nSubject: {}\n\
             MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{}",
            mail.from, mail.to, mail.name, mail.subject, mail.body
        );
        std::fs::write(&file, text).unwrap();
        let output = site.run(&["check", "--json", file.to_str().unwrap()]);
        let found: serde_json::Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{}: {error}: {}", mail.name, String::from_utf8_lossy(&output.stderr)));
        let mut expect = |what: &str, expected: serde_json::Value| {
            if found[what] != expected {
                let _ = writeln!(wrong, "{}: {what}: expected {expected}, found {}", mail.name, found[what]);
            }
        };
        expect("verdict", mail.verdict.into());
        if let Some(severity) = mail.severity {
            expect("severity", severity.into());
        }
        if let Some(urgent) = mail.urgent {
            expect("urgent", urgent.into());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
