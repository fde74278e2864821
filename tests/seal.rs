//! What we seal, stock tools open; what stock tools make, we read: with Debian's `age` and `age-keygen`.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use sluss::audit::Actor;
use sluss::message::{Envelope, KeyFileError, MessageId, RawMessage, Recipient};
use sluss::quarantine::{
    Hold, Identities, Quarantine, QuarantineError, SealError, Sealer, Settings, Times, key_name, secret,
};
use sluss::smtp::{ForwardPath, ReversePath};
use sluss::store::{Database, Store, sqlite};

fn now() -> jiff::Timestamp {
    "2026-05-04T10:00:00Z".parse().unwrap()
}

/// Runs a stock tool with `input`; its standard output.
fn tool(name: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let output = try_tool(name, arguments, input);
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn try_tool(name: &str, arguments: &[&str], input: &[u8]) -> std::process::Output {
    let mut child = Command::new(name)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{name} (Debian package `age`) is needed: {e}"));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // The tool may end before it has read everything; its status tells.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn every_recipient_opens_it_with_the_stock_tool_and_nobody_else_does() {
    let dir = tempfile::tempdir().unwrap();
    let key = |name: &str| {
        let path = dir.path().join(name);
        let recipient = Identities::create_file(&path, now()).unwrap();
        (path, recipient)
    };
    let (organisation, escrow, unit, other) = (key("organisation"), key("escrow"), key("unit"), key("other"));
    let sealer = Sealer::new(
        &[organisation.1, escrow.1],
        &BTreeMap::from([("social".to_owned(), vec![unit.1]), ("school".to_owned(), vec![other.1])]),
    )
    .unwrap();
    // Several of age's 64 KiB chunks, the last one not full, handed over in pieces.
    let plain: Vec<u8> = (0..200_000u32).map(|i| (i % 253) as u8).collect();
    let sealed = sealer.seal("social", &[&plain[..10], b"", &plain[10..]]).unwrap();
    for path in [&organisation.0, &escrow.0, &unit.0] {
        assert_eq!(tool("age", &["-d", "-i", text(path)], &sealed), plain);
        assert_eq!(*Identities::from_file(path).unwrap().open(&sealed).unwrap(), plain);
    }
    assert!(matches!(Identities::from_file(&other.0).unwrap().open(&sealed), Err(SealError::NotForUs)));
    // A unit without recipients of its own is sealed to the organisation alone.
    let sealed = sealer.seal("default", &[b"x"]).unwrap();
    assert_eq!(tool("age", &["-d", "-i", text(&escrow.0)], &sealed), b"x");
    assert!(matches!(Identities::from_file(&unit.0).unwrap().open(&sealed), Err(SealError::NotForUs)));
}

/// A mail of this unit, with nothing in it that anybody knows.
fn mail(unit: &str) -> Hold {
    let message = format!("Subject: plan\r\n\r\nfor {unit}\r\n").into_bytes();
    let notice = serde_json::json!({
        "kind": "held", "language": "sv", "to": [], "recipients": ["bo@post.example"], "reached": [], "others": false,
        "categories": ["health"], "places": ["body"], "unreadable": [], "reference": null, "urgent": false, "unit": unit,
        "at": now().to_string(), "days": 14,
    });
    Hold {
        at: now(),
        unit: unit.into(),
        categories: vec!["health".into()],
        severity: "high".into(),
        patterns: String::new(),
        config: String::new(),
        channels: vec!["unknown".into()],
        mode: "enforce".into(),
        urgent: false,
        keep_days: 14,
        keep_decision: None,
        private: false,
        four_eyes: false,
        envelope: Envelope {
            reverse_path: ReversePath::parse("<anna@kommun.example>").unwrap().0,
            parameters: Vec::new(),
            recipients: vec![Recipient {
                path: ForwardPath::parse("<bo@post.example>").unwrap().0,
                parameters: Vec::new(),
            }],
        },
        message_id: None,
        subject: None,
        findings: Vec::new(),
        uninspectable: Vec::new(),
        values: Vec::new(),
        trace: Vec::new(),
        kept: std::iter::once(0..message.len()).collect(),
        message: RawMessage::uncounted(message),
        notice: serde_json::from_value(notice).unwrap(),
        tell: Vec::new(),
        reviewers: Vec::new(),
    }
}

/// Holds as a relay does: it has recipients, and no identity.
#[tokio::test]
async fn what_is_held_for_a_unit_is_opened_by_its_own_key_and_the_escrow_and_by_no_other_units() {
    let dir = tempfile::tempdir().unwrap();
    let key = |name: &str| {
        let path = dir.path().join(name);
        let recipient = Identities::create_file(&path, now()).unwrap();
        (path, recipient)
    };
    let (escrow, social, school) = (key("escrow"), key("social"), key("school"));
    let settings = sqlite::Settings {
        path: dir.path().join("sluss.db"),
        writer: "node".into(),
        busy_timeout: sqlite::BUSY_TIMEOUT,
        create: true,
    };
    let store = Arc::new(Database::open(settings).await.unwrap());
    let keys = secret::keys(store.as_ref(), &dir.path().join("sluss.secret"), true, now()).await.unwrap();
    let units = [("social", &social), ("school", &school)];
    let own = units.iter().map(|(unit, key)| (unit.to_string(), vec![key.1.clone()])).collect();
    let sealer = Sealer::new(std::slice::from_ref(&escrow.1), &own).unwrap();
    let settings = Settings { sealer, times: Times::default(), desks: HashMap::new(), identities: None, routes: None };
    let relay = Quarantine::new(store.clone(), Arc::new(keys), settings);
    for ((unit, own), (_, other)) in [(units[0], units[1]), (units[1], units[0])] {
        let id: MessageId = relay.hold(mail(unit)).await.unwrap().id();
        let evidence = store.evidence(id).await.unwrap().unwrap();
        let content = store.content(id).await.unwrap().unwrap();
        // Each is a file of its own: an envelope and a mail, and a JSON of what a first view shows.
        for (sealed, holds) in [(&evidence, &b"\"findings\":[]"[..]), (&content, format!("for {unit}").as_bytes())] {
            for path in [&own.0, &escrow.0] {
                let plain = tool("age", &["-d", "-i", text(path)], sealed);
                assert!(plain.windows(holds.len()).any(|window| window == holds));
            }
            let refused = try_tool("age", &["-d", "-i", text(&other.0)], sealed);
            assert!(!refused.status.success() && refused.stdout.is_empty());
            assert!(String::from_utf8_lossy(&refused.stderr).contains("no identity matched"), "{refused:?}");
        }
        let opened = relay.open(id, &Actor::System, "look").await;
        assert!(matches!(opened, Err(QuarantineError::NoIdentity)), "the relay itself never");
        // What tells which keys are still needed.
        let mut names = vec![key_name(&escrow.1), key_name(&own.1)];
        names.sort();
        let counts = store.seals().await.unwrap();
        assert!(counts.iter().any(|count| count.unit == unit && count.sealed_to == names && count.messages == 1));
    }
}

#[test]
fn a_stock_identity_file_and_a_stock_seal_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("stock");
    tool("age-keygen", &["-o", text(&path)], b"");
    let recipient = String::from_utf8(tool("age-keygen", &["-y", text(&path)], b"")).unwrap();
    let sealed = tool("age", &["-r", recipient.trim()], b"hello");
    assert_eq!(*Identities::from_file(&path).unwrap().open(&sealed).unwrap(), b"hello");
    // And the stock tool finds the recipient of an identity of ours.
    let ours = dir.path().join("ours");
    let recipient = Identities::create_file(&ours, now()).unwrap();
    assert_eq!(tool("age-keygen", &["-y", text(&ours)], b""), format!("{recipient}\n").into_bytes());
}

#[test]
fn damage_anywhere_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    let recipient = Identities::create_file(&path, now()).unwrap();
    let identities = Identities::from_file(&path).unwrap();
    let sealed = Sealer::new(&[recipient], &BTreeMap::new()).unwrap().seal("default", &[&[7; 100_000]]).unwrap();
    for place in [0, 30, 150, 250, 70_000, sealed.len() - 1] {
        let mut damaged = sealed.clone();
        damaged[place] ^= 1;
        assert!(identities.open(&damaged).is_err(), "changed at {place}");
        assert!(identities.open(&sealed[..place]).is_err(), "cut at {place}");
    }
}

#[test]
fn a_file_or_recipient_that_cannot_be_used_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    let recipient = Identities::create_file(&path, now()).unwrap();
    assert!(matches!(Identities::create_file(&path, now()), Err(KeyFileError::Exists(_))), "never overwritten");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = Identities::from_file(&path).unwrap_err();
    assert!(matches!(error, SealError::File(KeyFileError::Permissions { mode: 0o644, .. })), "{error}");
    for (content, expected) in [
        ("# only a comment\n\n", "holds no identity"),
        ("# comment\nAGE-SECRET-KEY-1QQQ\n", "line 2: not an age identity"),
        (recipient.as_str(), "line 1: not an age identity"),
    ] {
        let path = dir.path().join("bad");
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let error = Identities::from_file(&path).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("bad"), "{error}");
        assert!(!error.contains("SECRET-KEY-1QQQ"), "an error does not quote a key");
    }
    let none = BTreeMap::new();
    assert!(matches!(Sealer::new(&[], &none), Err(SealError::NoRecipient)));
    assert!(matches!(Sealer::new(&["age1nonsense".into()], &none), Err(SealError::NotARecipient(_))));
    let bad_unit = BTreeMap::from([("social".to_owned(), vec!["nonsense".to_owned()])]);
    assert!(matches!(Sealer::new(&[recipient], &bad_unit), Err(SealError::NotARecipient(_))));
}
