//! `check` and `demo`, as typed.

use std::process::{Command, Stdio};

use crate::mail::{clean, confidential};
use crate::sluss::{PROGRAM, run};

#[test]
fn check_prints_one_object_a_file_and_says_by_its_status() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("our folder");
        std::fs::write(path, text).expect("our folder");
    };
    write("b.eml", &confidential("1").replace("\r\n", "\n"));
    write("sub/a.eml", &clean("2"));
    write("notes.txt", "passed over");
    let path = folder.path().to_str().expect("a plain path");

    let output = run(&["check", "--json", path]);
    assert_eq!(output.status.code(), Some(1), "something was confidential");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let rows: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!(rows.len(), 2, "{text}");
    let held = &rows[0];
    assert!(held["file"].as_str().expect("a name").ends_with("b.eml"), "sorted");
    assert_eq!(held["unit"], "default");
    assert_eq!(held["confidential"], true);
    assert_eq!(held["verdict"], "quarantine");
    let categories: Vec<_> = held["categories"].as_array().expect("a list").iter().map(|c| c.as_str()).collect();
    assert!(categories.contains(&Some("national-id")) && categories.contains(&Some("health")), "{categories:?}");
    assert!(categories.is_sorted());
    let finding = held["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|f| f["category"] == "national-id")
        .expect("the number is found");
    assert_eq!(finding["kind"], "personnummer");
    assert_eq!(finding["masked"], "19••••••-••••");
    assert_eq!((finding["where"].as_str(), finding["zone"].as_str()), (Some("body"), Some("new")));
    assert_eq!(finding["part"], "1");
    assert!(finding["place"].is_null() && finding["rule"].is_string() && finding["strength"].is_string());
    let (start, end) = (finding["start"].as_u64().expect("a number"), finding["end"].as_u64().expect("a number"));
    assert_eq!(end - start, 13);
    assert!(held["uninspectable"].as_array().expect("a list").is_empty() && held["elapsed_us"].is_u64());
    assert_eq!((rows[1]["confidential"].as_bool(), rows[1]["verdict"].as_str()), (Some(false), Some("relay")));
    assert_eq!(rows[1]["severity"], "none");

    let one = folder.path().join("sub/a.eml");
    assert_eq!(run(&["check", one.to_str().expect("a plain path")]).status.code(), Some(0));
    let missing = run(&["check", "--json", "/nowhere/at/all.eml"]);
    assert_eq!(missing.status.code(), Some(2));
    let row: serde_json::Value = serde_json::from_slice(&missing.stdout).expect("JSON");
    assert!(row["error"].is_string() && row.get("confidential").is_none());
    assert_eq!(run(&["check"]).status.code(), Some(2), "wrong use");
}

#[test]
fn check_reads_standard_input_and_its_offsets_are_those_of_the_printed_text() {
    let check = |form: &str| {
        let mut child = Command::new(PROGRAM)
            .args(["check", form, "-"])
            .env_remove("SLUSS_CONFIG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        use std::io::Write;
        child.stdin.take().expect("piped").write_all(confidential("1").as_bytes()).expect("it reads");
        String::from_utf8(child.wait_with_output().expect("it ends").stdout).expect("UTF-8")
    };
    let row: serde_json::Value = serde_json::from_str(check("--json").trim()).expect("JSON");
    let number =
        row["findings"].as_array().expect("a list").iter().find(|f| f["category"] == "national-id").expect("found");
    let (start, end) = (number["start"].as_u64().expect("a number"), number["end"].as_u64().expect("a number"));
    let body = "Karin Dahlqvist, personnummer 19941227-2396, är sjukskriven för en depression.";
    assert!(check("--text").contains(body));
    assert_eq!(body.get(start as usize..end as usize), Some("19941227-2396"));
    let explained = check("--explain");
    assert!(explained.contains("19••••••-••••") && !explained.contains("2396"), "{explained}");
}

#[test]
fn the_demo_shows_what_really_happened() {
    let output = run(&["demo", "--once"]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let happened: Vec<&str> = text.lines().filter(|line| line.contains("what happened")).collect();
    assert_eq!(happened.len(), 8, "{text}");
    for (row, wanted) in
        happened.iter().zip(["relayed", "relayed", "relayed", "held", "held", "held", "observe", "held"])
    {
        assert!(row.contains(wanted), "{row:?} should be {wanted}\n{text}");
    }
    assert!(text.contains("4 notices went to senders."), "{text}");

    // Exchange the samples, and the rows change.
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("mine.eml"), confidential("1")).expect("our folder");
    let output = run(&["demo", "--once", "--samples", folder.path().to_str().expect("a plain path")]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.contains("mine") && text.contains("held, ref ") && !text.contains("1-clean"), "{text}");
}
