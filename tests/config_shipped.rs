//! The configurations we ship are accepted once the administrator has put in his own keys, they start in
//! observe mode, and the reference names every key there is.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use jiff::civil::{Date, date};
use sluss::config::{self, Checked, schema};
use sluss::policy::Mode;

const TODAY: Date = date(2026, 11, 21);

fn shipped(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name)).unwrap()
}

/// What an administrator does first: his own keys, certificates, values and folders.
fn installed(folder: &Path, text: &str) -> PathBuf {
    let key = || age::x25519::Identity::generate().to_public().to_string();
    let certified = rcgen::generate_simple_self_signed(vec!["sluss.kommun.example".to_owned()]).unwrap();
    let (certificate, private) = (certified.cert.pem(), certified.signing_key.serialize_pem());
    let text = text
        .replace("age1-the-organisation", &key())
        .replace("age1-the-escrow", &key())
        .replace("/var/lib/sluss/", "")
        .replace("/etc/ssl/certs/ca-certificates.crt", "ca.pem");
    let files = [
        ("tls.crt", &certificate),
        ("ca.pem", &certificate),
        ("tls.key", &private),
        ("tenant.txt", &"0123456789abcdef\n".to_owned()),
        ("exception.txt", &"fedcba9876543210\n".to_owned()),
        ("partners.txt", &shipped("channels/partners.txt")),
        ("sluss.toml", &text),
    ];
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    folder.join("sluss.toml")
}

fn accepted(name: &str, text: &str) -> (Checked, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let (checked, report) =
        config::load(&installed(folder.path(), text), TODAY).unwrap_or_else(|error| panic!("{name}:\n{error}"));
    (checked, report.warnings().map(|w| w.to_string()).collect())
}

#[test]
fn every_shipped_configuration_is_accepted_and_observes() {
    for name in
        ["sluss.toml", "examples/postfix.toml", "examples/exchange-onprem.toml", "examples/exchange-online.toml"]
    {
        let (checked, warnings) = accepted(name, &shipped(name));
        assert_eq!(warnings, Vec::<String>::new(), "{name}");
        assert_eq!(checked.rules.mode, Mode::Observe, "{name}");
        assert!(checked.gateway.is_some() && checked.may_hold(), "{name}");
    }
}

/// The role that releases: it takes no mail, can open what is held, and leaves notices to the relay, whose
/// words and name they carry.
#[test]
fn the_console_role_of_the_packages_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let identity = folder.path().join("sluss.key");
    let recipient = sluss::quarantine::Identities::create_file(&identity, jiff::Timestamp::now()).unwrap();
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/console.toml")).unwrap();
    let text =
        text.replace("age1...", &recipient).replace("/var/lib/sluss-console/", "").replace("/var/lib/sluss/", "");
    let load = |text: &str| {
        let path = folder.path().join("console.toml");
        fs::write(&path, text).unwrap();
        config::load(&path, TODAY).unwrap_or_else(|error| panic!("{error}"))
    };
    let (checked, report) = load(&text);
    let warnings: Vec<_> = report.warnings().map(|w| w.to_string()).collect();
    assert_eq!(warnings, Vec::<String>::new());
    assert!(checked.gateway.is_none() && checked.console.is_some());
    assert!(checked.seal.as_ref().is_some_and(|seal| seal.identity_file.is_some()));
    assert_eq!(checked.notice.from, None, "two senders of notices would take turns");
    // The name it gives at the next hop when it releases.
    let url = "[console]\nurl = \"https://sluss.kommun.example:8443/console\"";
    let (checked, _) = load(&text.replace("[console]", url));
    assert_eq!(sluss::cli::assemble::hostname(&checked), "sluss.kommun.example");
}

#[test]
fn the_shipped_keys_must_be_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sluss.toml");
    fs::write(&path, shipped("sluss.toml").replace("/var/lib/sluss/", "")).unwrap();
    let error = config::load(&path, TODAY).unwrap_err().to_string();
    assert!(error.contains("[seal] recipients: found \"age1-the-organisation\"; allowed: a public key"), "{error}");
    assert_eq!(error.matches("; allowed:").count(), 2, "{error}");
}

#[test]
fn the_channels_to_copy_are_accepted() {
    let text = format!(
        "[policy]\nmode = \"observe\"\n[next_hop.secure]\naddress = \"secure.vendor.example:25\"\ntls = \"verified\"\n{}",
        shipped("channels/examples.toml")
    );
    let (checked, warnings) = accepted("channels/examples.toml", &text);
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(checked.channels.len(), 5);
    assert_eq!(checked.channels.iter().map(|c| c.listed.len()).sum::<usize>(), 4);
}

/// Every key of the schema stands in the reference, in its table, switched on or as a comment.
#[test]
fn the_reference_names_every_key() {
    let mut table = String::new();
    let mut found = Vec::new();
    for line in shipped("sluss.toml").lines() {
        let line = line.strip_prefix('#').unwrap_or(line);
        if let Some(header) = line.strip_prefix('[') {
            table = header.trim_matches(['[', ']']).replace(".default", ".*");
        } else if let Some((key, value)) = line.split_once(" = ") {
            found.push((table.clone(), key.to_owned()));
            let value = value.trim();
            if let Some(inline) = value.strip_prefix("{ ").or_else(|| value.strip_prefix("[{ ")) {
                let names = inline.split(" = ").filter_map(|part| part.rsplit([' ', ',']).next());
                found.extend(names.map(|name| (format!("{table}.{key}"), name.to_owned())));
            }
        }
    }
    for (table, keys) in schema::KEYS.iter().filter(|(table, _)| !table.is_empty()) {
        for key in *keys {
            let nested = format!("{table}.{key}");
            let there = found.iter().any(|(t, k)| (t == table && k == key) || *t == nested);
            assert!(there, "config/sluss.toml does not name {table}.{key}");
        }
    }
}

/// An optional key that is switched on by taking its "#" away is a key, not a wish.
#[test]
fn optional_keys_are_spelt_right() {
    let text = shipped("sluss.toml");
    let on: String = text
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') => rest,
            _ => line,
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let error = config::check(Path::new("sluss.toml"), &on, TODAY).unwrap_err().to_string();
    // Files that are not there and keys that are placeholders; no key or word that is not known.
    for line in error.lines().filter(|line| line.starts_with("sluss.toml:") && !line.contains("warning:")) {
        let expected =
            ["no such file", "no such folder", "age1-the-", "its folder does not exist", "with tls = \"verified\""];
        assert!(expected.iter().any(|e| line.contains(e)), "{line}");
    }
}
