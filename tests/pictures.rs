//! Text in pictures, read by the real Tesseract in the real program; the walls around it, proven by a program in
//! its place; and that nobody waits for pictures who has none.

#[path = "support/attached.rs"]
mod attached;
#[path = "support/capture.rs"]
mod capture;
#[allow(dead_code)]
#[path = "e2e/mail.rs"]
mod mail;
#[path = "support/next_hop.rs"]
mod next_hop;
#[path = "support/planted.rs"]
mod planted;
#[path = "support/sluss.rs"]
mod sluss;

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use ::sluss::inspect::helper::Sandbox;
use ::sluss::inspect::helper::tesseract::{Readiness, Tesseract};
use ::sluss::inspect::pictures::words::{Legible, Words};
use ::sluss::inspect::pictures::{Pictures, Time, Unread};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::attached::{FROM, PATIENCE, TO, alone, check, checked, children_of, is_dead, soon, with};
use crate::capture::{Behaviour, Capture};
use crate::mail::{clean, holding, send};
use crate::sluss::{PROGRAM, get};

/// Both stand in the scans.
const NUMBERS: [&str; 2] = ["01819012365", "19941227-2396"];

fn later(time: Duration) -> Time {
    let until = Instant::now() + time;
    Time { until, share: until }
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(format!("{}/tests/documents/{name}", env!("CARGO_MANIFEST_DIR"))).expect("a fixture")
}

/// The installed one; without landlock the other walls must do.
fn tesseract() -> Tesseract {
    let reader = Tesseract::of(File::open(PROGRAM), Sandbox::BestEffort, "/".into(), 1);
    assert_eq!(reader.ready(), Readiness::Reads(None), "tesseract-ocr with -nor, -swe and -osd");
    reader
}

/// A system in which `reader.c` stands in the place of Tesseract.
fn system() -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a folder");
    let at = |path: &str| root.path().join(path);
    for folder in ["usr/bin", "usr/share/tessdata", "usr/lib", "etc"] {
        fs::create_dir_all(at(folder)).expect("a folder");
    }
    for data in ["nor", "swe", "osd"] {
        fs::write(at(&format!("usr/share/tessdata/{data}.traineddata")), b"data").expect("a file");
    }
    let source = format!("{}/tests/pictures/reader.c", env!("CARGO_MANIFEST_DIR"));
    let made = Command::new("cc").args(["-O1", "-pthread", "-o"]).arg(at("usr/bin/tesseract")).arg(source).status();
    assert!(made.is_ok_and(|status| status.success()), "cc is needed");
    // The libraries are the system's own.
    for library in
        ["usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "lib", "lib64", "usr/lib64", "etc/ld.so.cache"]
    {
        let real = Path::new("/").join(library);
        if real.exists() {
            symlink(real, at(library)).expect("a link");
        }
    }
    root
}

/// Numbers of the processes that `parent` has started and that have become `tesseract`.
fn readers_of(parent: u32) -> Vec<i32> {
    children_of(parent).into_iter().filter(|child| child.name == "tesseract").map(|child| child.id).collect()
}

#[test]
fn whatever_a_picture_makes_it_do_costs_that_picture_alone() {
    let _alone = alone();
    let root = system();
    let reader = Tesseract::of(File::open(PROGRAM), Sandbox::Required, root.path().to_owned(), 1);
    assert_eq!(reader.ready(), Readiness::Reads(None));
    let data = root.path().join("usr/share/tessdata/nor.traineddata");
    let secret = root.path().join("secret");
    fs::write(&secret, b"x").expect("a file");
    let read = |path: &Path| format!("read {}", path.display());
    let said = |text: &str| Ok(vec![text.to_owned()]);
    for (order, time, expected) in [
        // Its own files, and nobody else's.
        (read(&data), PATIENCE, said("done")),
        (read(&root.path().join("usr/bin/tesseract")), PATIENCE, said("done")),
        (read(&secret), PATIENCE, said("EACCES")),
        ("read /etc/hostname".to_owned(), PATIENCE, said("EACCES")),
        ("read /etc/passwd".to_owned(), PATIENCE, said("EACCES")),
        ("read /proc/self/environ".to_owned(), PATIENCE, said("EACCES")),
        ("read /usr/share/doc".to_owned(), PATIENCE, said("EACCES")),
        ("list a folder".to_owned(), PATIENCE, said("EACCES")),
        ("write /tmp/sluss-was-here".to_owned(), PATIENCE, said("EPERM")),
        (format!("write {}", data.display()), PATIENCE, said("EPERM")),
        // No program, no process, no thread, no network.
        ("start /bin/true".to_owned(), PATIENCE, said("EACCES")),
        ("start /bin/sh".to_owned(), PATIENCE, said("EACCES")),
        ("fork".to_owned(), PATIENCE, Err(Unread::Failed)),
        ("thread".to_owned(), PATIENCE, Err(Unread::Failed)),
        ("open a socket".to_owned(), PATIENCE, Err(Unread::Failed)),
        ("kill".to_owned(), PATIENCE, Err(Unread::Failed)),
        // Time, memory, talk.
        ("spin".to_owned(), Duration::from_millis(700), Err(Unread::Late)),
        ("say too much".to_owned(), PATIENCE, Err(Unread::Failed)),
        ("abort".to_owned(), PATIENCE, Err(Unread::Failed)),
        ("fail".to_owned(), PATIENCE, Err(Unread::Failed)),
    ] {
        let begun = Instant::now();
        assert_eq!(reader.read(order.as_bytes(), 0, later(time)), expected, "{order}");
        assert!(begun.elapsed() < PATIENCE, "{order}");
        assert_eq!(readers_of(std::process::id()), [0; 0], "{order}: it is dead, and buried");
    }
    let taken = reader.read(b"fill memory", 0, later(PATIENCE)).expect("it is told that there is no more");
    let taken: u32 = taken[0].trim_end_matches(" MiB").parse().expect("a number");
    assert!((500..1024).contains(&taken), "{taken}");

    let arguments = reader.read(b"arguments", 3, later(PATIENCE)).expect("it tells");
    let folder = root.path().join("usr/share/tessdata");
    let expected = format!(
        "tesseract stdin stdout --tessdata-dir {} -l nor --psm 1 -c tessedit_page_number=3 \
         -c tessedit_create_tsv=1 OMP_THREAD_LIMIT=1 LC_ALL=C.UTF-8",
        folder.display()
    );
    assert_eq!(arguments[0].split_whitespace().collect::<Vec<_>>().join(" "), expected);
}

#[test]
fn it_is_locked_in_and_holds_nothing() {
    let _alone = alone();
    let root = system();
    let reader = Tesseract::of(File::open(PROGRAM), Sandbox::Required, root.path().to_owned(), 1);
    let spinning = {
        let reader = reader.clone();
        thread::spawn(move || reader.read(b"spin", 0, later(PATIENCE)))
    };
    soon("it runs", || readers_of(std::process::id()).len() == 1);
    let [id] = readers_of(std::process::id())[..] else { panic!("one") };
    let read = |name: &str| fs::read_to_string(format!("/proc/{id}/{name}"));
    let status = read("status").expect("readable by all");
    for row in ["Seccomp:\t2", "NoNewPrivs:\t1", "Threads:\t1"] {
        assert!(status.contains(row), "{row}: {status}");
    }
    let limits = read("limits").expect("readable by all");
    for (name, most) in [
        ("Max address space", "1073741824"),
        ("Max cpu time", "60"),
        ("Max open files", "16"),
        ("Max core file size", "0"),
        ("Max file size", "0"),
        ("Max processes", "0"),
    ] {
        let line = limits.lines().find(|line| line.starts_with(name)).expect("the kernel's own words");
        let mut words = line.strip_prefix(name).unwrap_or_default().split_whitespace();
        assert_eq!((words.next(), words.next()), (Some(most), Some(most)), "{line}");
    }
    if let Ok(descriptors) = fs::read_dir(format!("/proc/{id}/fd")) {
        let open: Vec<_> = descriptors.flatten().filter_map(|entry| fs::read_link(entry.path()).ok()).collect();
        assert_eq!(open.len(), 3, "the picture, the text, and nowhere: {open:?}");
    }
    // As the system does when its memory ends.
    kill(Pid::from_raw(id), Signal::SIGKILL).expect("it is there");
    assert_eq!(spinning.join().expect("no panic"), Err(Unread::Failed));
    assert!(reader.read(b"arguments", 0, later(PATIENCE)).is_ok(), "the next one is read");
}

#[test]
fn clean_scans_are_read_whatever_their_format() {
    let _alone = alone();
    let reader = tesseract();
    for name in ["scan.jpg", "scan.tif", "scan.png", "scan.webp", "scan.gif"] {
        let begun = Instant::now();
        let words = Words::of(&reader.read(&fixture(name), 0, later(PATIENCE)).expect("it is read"));
        println!("{name}: {} ms", begun.elapsed().as_millis());
        assert_eq!(words.legible(), Legible::Text, "{name}: {words:?}");
        for expected in NUMBERS.into_iter().chain(["Nordmann", "Åsheim", "Åkesson", "läkarvård", "husleie"]) {
            assert!(words.text.contains(expected), "{name}: {expected} in {:?}", words.text);
        }
    }
    // Upright, on its side, upside down, and an empty back.
    for (page, legible) in [(0, Legible::Text), (1, Legible::Text), (2, Legible::Text), (3, Legible::Nothing)] {
        let words = Words::of(&reader.read(&fixture("pages.tif"), page, later(PATIENCE)).expect("it is read"));
        assert_eq!(words.legible(), legible, "page {page}: {words:?}");
        assert!(legible == Legible::Nothing || NUMBERS.iter().all(|number| words.text.contains(number)));
    }
    // A page comes before the second language of another.
    let both = reader.read(&fixture("scan.webp"), 0, later(PATIENCE)).expect("it is read");
    let hurry = Time { share: Instant::now(), ..later(PATIENCE) };
    assert_eq!((both.len(), reader.read(&fixture("scan.webp"), 0, hurry)), (2, Ok(both[..1].to_vec())));
    let words = Words::of(&reader.read(&fixture("photo.jpg"), 0, later(PATIENCE)).expect("it is read"));
    assert_eq!(words.legible(), Legible::Nothing, "{words:?}");
    for broken in [&b""[..], b"\x89PNG\r\n\x1A\n", &fixture("scan.png")[..2000], b"no picture at all"] {
        let read = reader.read(broken, 0, later(PATIENCE)).map(|tables| Words::of(&tables).legible());
        assert!(matches!(read, Err(Unread::Failed) | Ok(Legible::Nothing)), "{read:?}");
    }
}

fn said(arguments: &[&str], mail: &str) -> String {
    String::from_utf8(check(arguments, mail).stdout).expect("text")
}

/// `category part place` of all findings of a category, and what was not read.
fn found(category: &str, mail: &str) -> (Vec<String>, String) {
    let row = checked(mail);
    let findings = row["findings"].as_array().expect("a list").iter().filter(|f| f["category"] == category);
    let word = |f: &serde_json::Value, key: &str| f[key].as_str().unwrap_or("-").to_owned();
    let mut places: Vec<String> = findings.map(|f| format!("{} {}", word(f, "part"), word(f, "place"))).collect();
    places.dedup();
    (places, row["uninspectable"].to_string())
}

#[test]
fn check_finds_a_number_in_a_scan_and_says_on_which_page() {
    let _alone = alone();
    let office = "Kari <kari@kommun.example>";
    for (name, places) in [
        ("scan.jpg", &["2 picture"][..]),
        ("scan.tif", &["2 picture"]),
        ("scan.png", &["2 picture"]),
        ("pages.tif", &["2 page 1", "2 page 2", "2 page 3"]),
    ] {
        let (findings, unread) = found("national-id", &with("1", office, name, &fixture(name)));
        assert_eq!(
            (findings.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), unread.as_str()),
            (places, "[]"),
            "{name}"
        );
    }
    let text = said(&["--text"], &with("1", office, "tagged.jpg", &fixture("tagged.jpg")));
    assert!(text.contains("GPS 59.9139 N 10.7522 E") && text.contains("Person 01819012365"), "{text}");
    // Those that nobody reads, and those that are broken.
    let heic = [&b"\0\0\0\x18ftypheic\0\0\0\0"[..], &[7; 60_000]].concat();
    for (name, file) in [("a.heic", heic), ("a.jp2", [&b"\0\0\0\x0CjP  \r\n\x87\n"[..], &[7; 60_000]].concat())] {
        let (_, unread) = found("photo", &with("1", office, name, &file));
        assert!(unread.contains("image-only"), "{name}: {unread}");
    }
}

#[test]
fn a_photograph_is_a_finding_in_casework_and_a_logo_never() {
    let _alone = alone();
    let casework = "Barneverntjenesten <barnevern@kommun.example>";
    for (name, from, expected) in [
        ("photo.jpg", casework, vec!["2 picture".to_owned()]),
        ("photo.jpg", "Kari <kari@kommun.example>", vec![]),
        ("logo.png", casework, vec![]),
        ("scan.jpg", casework, vec![]),
    ] {
        let (findings, unread) = found("photo", &with("1", from, name, &fixture(name)));
        assert_eq!((findings, unread.as_str()), (expected, "[]"), "{name} of {from}");
    }
    let text = said(&["--explain"], &with("1", casework, "photo.jpg", &fixture("photo.jpg")));
    assert!(text.contains("photo by photo-in-casework: low") && text.contains(" at picture"), "{text}");
}

#[test]
fn ten_scans_at_once_hold_up_no_mail_without_pictures() {
    let _alone = alone();
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), "");
    let relay = site.start();
    let checks = || get(site.console, "/readyz").unwrap_or_default();
    soon("pictures are read", || checks().1.contains("\"pictures\":{\"ok\":true"));
    let address = site.address();
    let scan = fixture("lines.png");
    let scans: Vec<_> = (0..10)
        .map(|number| {
            let mail = with(&format!("scan{number}"), FROM, "lines.png", &scan);
            thread::spawn(move || send(address, FROM, &[TO], &mail))
        })
        .collect();
    soon("one is read", || !readers_of(relay.id()).is_empty());
    let at_once = (thread::available_parallelism().map_or(1, usize::from) / 2).max(1);
    for number in 0..20 {
        let reply = send(address, FROM, &[TO], &clean(&format!("text{number}")));
        assert!(reply.starts_with("250") && !reply.contains("held"), "{reply}");
        let reading = readers_of(relay.id()).len();
        assert!(reading <= at_once, "{reading} at once");
    }
    let waiting = scans.iter().filter(|one| !one.is_finished()).count();
    assert!(waiting > 0, "twenty mails of text went through before ten scans were read");
    for scan in scans {
        let reply = scan.join().expect("no panic");
        assert!(reply.starts_with("250") && reply.contains("held"), "each is read, however long it waited: {reply}");
    }
    assert_eq!(checks().0, 200);

    // None outlives the relay.
    let last = thread::spawn(move || send(address, FROM, &[TO], &with("last", FROM, "scan.jpg", &fixture("scan.jpg"))));
    soon("it is read", || !readers_of(relay.id()).is_empty());
    let orphans = readers_of(relay.id());
    let mut relay = relay;
    relay.kill();
    soon("it dies", || orphans.iter().all(|id| is_dead(*id)));
    assert!(last.join().is_err(), "there was nobody to answer");
}

#[test]
fn switched_off_nothing_is_read_and_nobody_complains() {
    let _alone = alone();
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), "[inspect]\nocr = \"off\"");
    let relay = site.start();
    let reply = send(site.address(), FROM, &[TO], &with("1", FROM, "scan.webp", &fixture("scan.webp")));
    assert!(reply.starts_with("250") && !reply.contains("held"), "image-only is a warning: {reply}");
    let (status, checks) = get(site.console, "/readyz").expect("it answers");
    assert!(status == 200 && !checks.contains("pictures"), "{checks}");
    assert!(!relay.log().contains("check is well, but"));
}
