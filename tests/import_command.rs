//! `sluss channel import`, `list` and `explain`, as typed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

const CHANNEL: &str = r#"
[[channel]]
id = "intern"
match = ["@kommun.example"]
evidence = { level = "enforced", decided_by = "IT-chef", reference = "CA-All-Exchange", verified_until = 2999-12-31 }
per_mailbox = true
"#;

/// A folder with a configuration and a place for imports.
fn folder(more: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("imports")).unwrap();
    let text = format!("[policy]\nmode = \"observe\"\n[imports]\ndir = \"imports\"\n{CHANNEL}{more}");
    fs::write(folder.path().join("sluss.toml"), text).unwrap();
    folder
}

fn sluss(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluss"));
    command.current_dir(folder).args(["--config", "sluss.toml"]).args(args).env("SUDO_USER", "kari").output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A report of `strong` accounts with a key, and `weak` ones with a telephone.
fn report(folder: &Path, strong: std::ops::Range<usize>, weak: usize) {
    let mut rows = String::from("sep=;\r\nUserPrincipalName;IsMfaCapable;MethodsRegistered\r\n");
    for n in strong {
        rows.push_str(&format!("u{n:03}@kommun.example;Sann;fido2SecurityKey,mobilePhone\r\n"));
    }
    for n in 0..weak {
        rows.push_str(&format!("w{n:03}@kommun.example;Sann;mobilePhone\r\n"));
    }
    fs::write(folder.join("report.csv"), rows).unwrap();
}

const IMPORT: [&str; 4] = ["channel", "import", "--channel", "intern"];

fn import(folder: &Path, more: &[&str]) -> Output {
    sluss(folder, &[&IMPORT[..], more].concat())
}

#[test]
fn an_import_makes_its_mailboxes_the_channels_level() {
    let folder = folder("");
    let folder = folder.path();
    let file = folder.join("imports/intern.mailboxes");
    let explain = |address: &str| text(&sluss(folder, &["channel", "explain", address]));
    assert!(explain("u000@kommun.example").contains("NOT two-factor login"));
    report(folder, 0..20, 3);

    let dry = import(folder, &["--dry-run", "report.csv"]);
    assert_eq!(dry.status.code(), Some(0), "{}", text(&dry));
    assert!(text(&dry).contains("Nothing was written.") && !file.exists());

    let done = import(folder, &["report.csv"]);
    let said = text(&done);
    assert_eq!(done.status.code(), Some(0), "{said}");
    assert!(said.contains("report.csv: Entra ID, user registration details; CSV with ';', UTF-8; 23 rows"), "{said}");
    assert!(said.contains("20  verified  a second factor is registered and allowed"), "{said}");
    assert!(said.contains("23  in all; 23 of them are this channel's to decide"), "{said}");
    assert!(!said.contains("@kommun.example"), "no address without --list: {said}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    let head = fs::read_to_string(&file).unwrap();
    let head: serde_json::Value = serde_json::from_str(head.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&head["imported_by"], &head["records"], &head["source"]),
        (&"kari".into(), &23.into(), &"entra".into())
    );

    let known = explain("U000+tag@Kommun.example");
    assert!(known.contains("u000@kommun.example: two-factor login"), "{known}");
    assert!(known.contains("mailbox    capable (account): a second factor is registered and allowed"), "{known}");
    assert!(known.contains("factors    passkey, phone"), "{known}");
    assert!(known.contains(&format!(", {}; holds 40 days", &head["inputs"][0]["sha256"].as_str().unwrap()[..12])));
    let weak = explain("w000@kommun.example");
    assert!(weak.contains("NOT two-factor login") && weak.contains("the only second factor is a telephone"), "{weak}");
    assert!(explain("ny@kommun.example").contains("asks for evidence of the single mailbox, and there is none"));
    let listed = text(&sluss(folder, &["channel", "list"]));
    assert!(listed.contains("20 of 23 mailboxes verified; report of "), "{listed}");

    // The telephone is the channel's to decide, also of what is imported already.
    let config = fs::read_to_string(folder.join("sluss.toml")).unwrap();
    fs::write(folder.join("sluss.toml"), format!("{config}phone_factor = \"accept\"\n")).unwrap();
    assert!(explain("w000@kommun.example").contains("w000@kommun.example: two-factor login"));
}

#[test]
fn a_cut_report_is_not_taken_without_being_meant() {
    let folder = folder("");
    let folder = folder.path();
    let file = folder.join("imports/intern.mailboxes");
    report(folder, 0..100, 0);
    assert_eq!(import(folder, &["report.csv"]).status.code(), Some(0));
    let first = fs::read(&file).unwrap();

    // A tenth may go.
    report(folder, 0..90, 0);
    assert_eq!(import(folder, &["report.csv"]).status.code(), Some(0));
    let second = fs::read(&file).unwrap();
    assert_eq!(fs::read(folder.join("imports/intern.mailboxes.previous")).unwrap(), first);

    report(folder, 0..80, 0);
    let refused = import(folder, &["report.csv"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused).contains("10 of 90 verified mailboxes would be lost, more than 10 %"), "{}", text(&refused));
    assert_eq!(fs::read(&file).unwrap(), second);
    let refused = import(folder, &["--json", "report.csv"]);
    assert_eq!(refused.status.code(), Some(2));
    let object: serde_json::Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!(
        (&object["outcome"], &object["change"]["lost"], &object["verified"]),
        (&"refused".into(), &10.into(), &80.into())
    );
    assert!(!text(&refused).contains("@kommun.example"));

    assert_eq!(import(folder, &["--yes", "report.csv"]).status.code(), Some(0));
    assert_eq!(fs::read(folder.join("imports/intern.mailboxes.previous")).unwrap(), second);
    let config_check = sluss(folder, &["config", "check"]);
    assert!(text(&config_check).contains("ok"), "{}", text(&config_check));
    let names = fs::read_dir(folder.join("imports")).unwrap().count();
    assert_eq!(names, 2, "nothing temporary is left");
}

#[test]
fn what_cannot_be_done_is_said_and_nothing_is_written() {
    let folder = folder("");
    let folder = folder.path();
    report(folder, 0..5, 0);
    fs::write(folder.join("page.csv"), "<html></html>").unwrap();
    for (args, expected) in [
        (&["page.csv"][..], "page.csv: a web page, probably the sign-in page"),
        (&["none.csv"], "none.csv: No such file"),
        (&["--list", "report.csv"], "at a terminal only"),
        (&["--exported", "2999-01-01", "report.csv"], "a day to come"),
        (&["--users", "report.csv", "report.csv"], "given with --users, but it is a report"),
    ] {
        let output = import(folder, args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text(&output).contains(expected), "{args:?}: {}", text(&output));
    }
    let other = sluss(folder, &["channel", "import", "--channel", "extern", "report.csv"]);
    assert_eq!(other.status.code(), Some(2));
    assert!(text(&other).contains("there is no channel \"extern\"; there are: intern"), "{}", text(&other));
    assert_eq!(fs::read_dir(folder.join("imports")).unwrap().count(), 0);
}

#[test]
fn a_report_grows_old() {
    let folder = folder("");
    let folder = folder.path();
    report(folder, 0..5, 0);
    assert_eq!(import(folder, &["--exported", "2020-02-29", "report.csv"]).status.code(), Some(0));
    let known = text(&sluss(folder, &["channel", "explain", "u000@kommun.example"]));
    assert!(known.contains("NOT two-factor login"), "{known}");
    assert!(known.contains("the evidence of the single mailboxes is too old, of 2020-02-29"), "{known}");
    assert!(known.contains("the report of 2020-02-29 is too old"), "the configuration warns: {known}");
    let listed = text(&sluss(folder, &["channel", "list"]));
    assert!(listed.contains("too old, import a new one") && listed.contains("unknown"), "{listed}");
}
