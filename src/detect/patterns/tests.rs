#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
//! Sets made of folders: what they change, and every fault that a folder or a file in it can have.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::detect::detector::LoadError;
use crate::detect::{Assessment, Context, Detector};
use crate::text::{Origin, OriginKind, View, Way};

/// A folder with these files, by path and text.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        write(&folder, path, text.as_bytes());
    }
    folder
}

fn write(folder: &TempDir, path: &str, bytes: &[u8]) {
    let path = folder.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn load(folder: &TempDir) -> Result<Arc<Detector>, Faults> {
    Detector::load(folder.path()).map_err(|error| match error {
        LoadError::Faults(faults) => faults,
        other => panic!("{other}"),
    })
}

/// Its faults and notes as told, paths from the folder on.
fn told(folder: &TempDir, text: impl ToString) -> String {
    text.to_string().replace(&format!("{}/", folder.path().display()), "")
}

fn refused(files: &[(&str, &str)]) -> String {
    let folder = folder(files);
    told(&folder, load(&folder).err().expect("it was accepted"))
}

fn notes(files: &[(&str, &str)]) -> Vec<String> {
    let folder = folder(files);
    let detector = load(&folder).unwrap_or_else(|faults| panic!("{faults}"));
    detector.notes().iter().map(|note| told(&folder, note)).collect()
}

fn assess(detector: &Detector, text: &str) -> Assessment {
    let origin = Origin { kind: OriginKind::Body, part: "1".into(), place: None, nested: 0 };
    let view = View::new(origin, &text.into(), 0..text.len(), Way::Mail);
    let context = Context { today: (2026, 1, 1), count_synthetic: true, ..Context::default() };
    detector.assess(&[view], &context)
}

/// Kinds and rules of all findings.
fn findings(detector: &Detector, text: &str) -> Vec<String> {
    assess(detector, text).findings.iter().map(|f| format!("{} {}", f.kind, f.rule)).collect()
}

const HEAD: &str = "list own.list\nversion 1\ncategory health\n";

#[test]
fn faults_name_file_line_and_reason() {
    for (body, line, reason) in [
        ("sv: one; two; one", "4: ", "stands twice"),
        ("sv: one;; two", "4: ", "an empty term"),
        ("sv: x", "4: ", "too short"),
        ("de: Krankheit", "4: ", "`de` is not a language; allowed are sv, nb, nn, en, int"),
        ("term Krankheit", "4: ", "cannot begin with `term`"),
        ("mach sv: gurkfeber", "4: ", "did you mean `match`?"),
        ("regex sv broken: (a", "4: ", "regex `broken`: unclosed group"),
        ("regex sv a: b\nregex sv a: c", "5: ", "regex `a` stands twice"),
        ("regex sv all: (gurka)*", "4: ", "regex `all`: matches everywhere"),
        ("regex sv huge: ((a{100}){100}){100}", "4: ", "regex `huge`: "),
        ("amb sv: one | two", "4: ", "expected `amb"),
        ("sv: gurkfeber\nmatch sv: Fåglarna flyger.", "5: ", "finds nothing"),
        ("sv: gurkfeber\nno_match sv: Hon har gurkfeber.", "5: ", "finds `gurkfeber`"),
        ("version 2", "4: ", "`version` stands twice"),
        ("category fish", "4: ", "`fish` is not a category"),
        ("category helth", "4: ", "did you mean `health`?"),
        ("purpose generel", "4: ", "did you mean `general`?"),
        ("sv: gurk\u{AD}feber", "4: ", "invisible character U+00AD"),
        ("sv: a/b/c/d/e a/b/c/d/e a/b/c/d/e", "4: ", "more than 64 spellings"),
        ("remove sv: one", "4: ", "`remove` needs a line `extends`"),
        ("compounds maybe", "4: ", "neither on nor off"),
    ] {
        let error = refused(&[("lexicon/own.txt", &format!("{HEAD}{body}\n"))]);
        assert!(error.starts_with(&format!("lexicon/own.txt:{line}")) && error.contains(reason), "{body}: {error}");
    }
    for (source, reason) in [
        ("version 1\ncategory health\nsv: gurkfeber\n", "lexicon/own.txt: `list` must come before"),
        ("list own\ncategory health\nsv: gurkfeber\n", "lexicon/own.txt: `version` must come before"),
        (
            "list own\nversion 1\nsv: gurkfeber\nsv: annat\n",
            "lexicon/own.txt:3: `category`, `purpose` or `extends` must",
        ),
        ("list Own\nversion 0\ncategory health\n", "lexicon/own.txt:2: version `0`"),
        ("", "lexicon/own.txt: `list` must"),
    ] {
        let error = refused(&[("lexicon/own.txt", source)]);
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn all_faults_are_told_at_once_and_not_without_end() {
    let error = refused(&[
        ("lexicon/a.txt", "list a\nversion 1\ncategory helth\nsv: x\nde: one\n"),
        ("own/b.txt", "list b\nversion 1\npurpose own-phone\nint: ring oss\n"),
    ]);
    assert_eq!(error.lines().count(), 3, "{error}");
    let many = refused(&[("lexicon/a.txt", &format!("{HEAD}{}", "sv: x\n".repeat(1000)))]);
    assert_eq!(many.lines().count(), 21, "{many}");
    assert!(many.ends_with("the rest was not read"));
}

#[test]
fn names_that_are_not_known_are_refused_with_the_nearest() {
    for (path, reason) in [
        ("lexikon/own.txt", "lexikon: `lexikon` is not a folder of patterns; did you mean `lexicon`?"),
        ("lexicon/own.text", "lexicon/own.text: `own.text` is not read; allowed: lists, whose names end in .txt"),
        ("labels/identity.toml", "labels/identity.toml: `identity.toml` is not read"),
        (
            "own.txt",
            "own.txt: `own.txt` is not read; allowed: provisions.toml, exceptions.toml and private.toml here; a list stands in a folder",
        ),
        ("provision.toml", "did you mean `provisions.toml`?"),
        ("profiles/own.txt", "allowed: profiles, whose names end in .toml"),
        ("lexicon/a/b/c/d/own.txt", "lexicon/a/b/c/d: folders lie more than 4 deep"),
    ] {
        let error = refused(&[(path, HEAD)]);
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn what_was_never_meant_as_a_pattern_is_noted() {
    let own = format!("{HEAD}sv: gurkfeber\n");
    let files =
        [(".git/config", "x"), ("README.md", "x"), ("lexicon/own.txt~", "x"), ("lexicon/own.txt", own.as_str())];
    let notes = notes(&files);
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert!(notes.iter().all(|n| n.contains("is not read")), "{notes:?}");
}

#[test]
fn files_are_read_as_windows_and_mac_write_them() {
    let text = "\u{FEFF}list own.list\r\nversion 1\r\ncategory health\r\nsv: gurka\u{30A}ngest\r\nmatch sv: Gurkångesten kom.\r\n";
    let folder = folder(&[("lexicon/OWN.TXT", text)]);
    let detector = load(&folder).unwrap_or_else(|faults| panic!("{faults}"));
    assert!(findings(&detector, "Anna Berg har gurkångest.").contains(&"own.list own.list@1:4".to_owned()));
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_line() {
    let folder = folder(&[]);
    write(&folder, "lexicon/a.txt", b"list a\nversion 1\ncategory health\nsv: \xE5ngest\n");
    write(&folder, "lexicon/b.txt", b"\xFF\xFEl\0i\0s\0t\0");
    write(&folder, "lexicon/c.txt", b"list c\nversion 1\ncategory health\nsv: gurk\0feber\n");
    write(&folder, "lexicon/d.txt", &vec![b'#'; folder::MAX_FILE + 1]);
    // What cannot be read as text at all is told first.
    let error = told(&folder, load(&folder).err().unwrap());
    for reason in ["lexicon/a.txt:4: is not UTF-8: byte 0xe5", "lexicon/b.txt: is UTF-16", "lexicon/d.txt: is larger"] {
        assert!(error.contains(reason), "{error}");
    }
    for name in ["a", "b", "d"] {
        fs::remove_file(folder.path().join(format!("lexicon/{name}.txt"))).unwrap();
    }
    assert!(
        told(&folder, load(&folder).err().unwrap()).contains("lexicon/c.txt:4: holds the invisible character U+0000")
    );
}

#[test]
fn links_that_lead_nowhere_or_round_are_refused() {
    let folder = folder(&[("lexicon/a/own.txt", &format!("{HEAD}sv: gurkfeber\n"))]);
    symlink(folder.path().join("lexicon"), folder.path().join("lexicon/a/round")).unwrap();
    symlink("nowhere.txt", folder.path().join("lexicon/b.txt")).unwrap();
    symlink("self.txt", folder.path().join("lexicon/self.txt")).unwrap();
    symlink("/dev/zero", folder.path().join("lexicon/zero.txt")).unwrap();
    let error = told(&folder, load(&folder).err().unwrap());
    for reason in [
        "lexicon/a/round: is a link that leads back",
        "lexicon/b.txt: cannot be read: no such file, or a link",
        "lexicon/self.txt: cannot be read",
        "lexicon/zero.txt: is neither a file nor a folder",
    ] {
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn a_linked_file_is_read() {
    let folder = folder(&[]);
    let elsewhere = tempfile::NamedTempFile::new().unwrap();
    fs::write(elsewhere.path(), format!("{HEAD}sv: gurkfeber\n")).unwrap();
    fs::create_dir(folder.path().join("lexicon")).unwrap();
    symlink(elsewhere.path(), folder.path().join("lexicon/own.txt")).unwrap();
    assert!(load(&folder).unwrap().parts().iter().any(|p| p.own && p.id == "own.list"));
}

#[test]
fn a_folder_that_is_none_is_refused() {
    let folder = folder(&[]);
    let missing = folder.path().join("missing");
    assert!(matches!(Detector::load(&missing), Err(LoadError::Faults(f)) if f.to_string().contains("cannot be read")));
}

#[test]
fn a_set_beyond_its_limits_is_refused() {
    let mut source = String::from(HEAD);
    for i in 0..1_000_000 {
        source.push_str(&format!("sv: t{i}\n"));
    }
    assert!(refused(&[("lexicon/own.txt", &source)]).contains("is larger than 4194304 bytes"));
    let files: Vec<(String, String)> = (0..4)
        .map(|file| {
            let terms: String = (0..60_000).map(|i| format!("sv: ord{i}\n")).collect();
            (format!("lexicon/{file}.txt"), format!("list own.list{file}\nversion 1\ncategory health\n{terms}"))
        })
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let error = refused(&files);
    assert!(error.starts_with("lexicon/3.txt:") && error.contains("more than 200000 terms"), "{error}");
}

#[test]
fn expressions_are_counted_too() {
    let many: String =
        (0..=crate::detect::lexicon::load::MAX_REGEXES).map(|i| format!("regex sv r{i}: gurk{i}\n")).collect();
    assert!(refused(&[("lexicon/own.txt", &format!("{HEAD}{many}"))]).contains("more than 200 regular expressions"));
}

#[test]
fn a_term_that_nearly_every_mail_has_is_noted() {
    let notes = notes(&[("lexicon/own.txt", &format!("{HEAD}sv: och!; gurka\nsv: ka*; gurk*\n"))]);
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(
        notes[0].contains(":4: `och` is one of the commonest") && notes[1].contains(":5: `ka*` begins"),
        "{notes:?}"
    );
}

#[test]
fn an_expression_is_removed_by_its_name() {
    let own = format!("{HEAD}regex sv gurka: gurk[ao]r\n");
    let less = "list less\nversion 1\nextends own.list\nremove regex sv gurka\nno_match sv: Två gurkor.\n";
    let folder = folder(&[("lexicon/a.txt", &own), ("lexicon/b.txt", less)]);
    assert!(load(&folder).is_ok());
    let error = refused(&[("lexicon/a.txt", &own), ("lexicon/b.txt", &less.replace("sv gurka", "sv gurk"))]);
    assert!(error.contains("b.txt:4: `gurk` does not stand in `own.list`; did you mean `gurka`?"), "{error}");
}

#[test]
fn an_own_list_is_added() {
    let folder = folder(&[("lexicon/own.txt", &format!("{HEAD}sv: gurkfeber\nmatch sv: Hon har gurkfebern.\n"))]);
    let detector = load(&folder).unwrap();
    assert!(detector.notes().is_empty());
    assert_eq!(detector.parts().len(), Detector::builtin().parts().len() + 1);
    assert!(findings(&detector, "Anna Berg har gurkfeber.").contains(&"own.list own.list@1:4".to_owned()));
}

#[test]
fn a_list_of_a_built_in_name_takes_its_place_and_is_noted() {
    let own = "# ours\nlist health.mental\nversion 9\ncategory health\nsv: gurkfeber\n";
    let folder = folder(&[("lexicon/own.txt", own)]);
    let detector = load(&folder).unwrap();
    let of = |part: &&Part| part.id == "health.mental";
    let parts: Vec<&Part> = detector.parts().iter().filter(of).collect();
    assert!(parts.len() == 1 && parts[0].version == 9 && parts[0].own);
    let note = told(&folder, &detector.notes()[0]);
    assert!(note.starts_with("lexicon/own.txt:2: takes the place of the built-in list `health.mental`"), "{note}");
    assert!(!findings(&detector, "Anna Berg har schizofreni.").iter().any(|f| f.starts_with("health.mental")));
}

#[test]
fn two_files_of_one_name_are_refused() {
    let own = format!("{HEAD}sv: gurkfeber\n");
    let error = refused(&[("lexicon/a.txt", &own), ("own/b.txt", &own)]);
    assert_eq!(error, "own/b.txt:1: the name `own.list` is used by another file of the folder");
}

const EXTENDS: &str = "list own.mental\nversion 2\nextends health.mental\n";

#[test]
fn an_extension_adds_to_a_list_and_takes_from_it() {
    let own = format!(
        "{EXTENDS}sv: gurksorg\nremove sv: Schizofreni\nremove nb: schizofreni\nremove nn: schizofreni\nmatch sv: Hon har gurksorg.\n\
         no_match sv: Schizofreni är ett ord.\n"
    );
    let folder = folder(&[("lexicon/own.txt", &own)]);
    let detector = load(&folder).unwrap_or_else(|faults| panic!("{faults}"));
    assert!(findings(&detector, "Anna Berg har gurksorg.").contains(&"health.mental own.mental@2:4".to_owned()));
    assert!(!findings(&detector, "Anna Berg har schizofreni.").iter().any(|f| f.starts_with("health.mental")));
    assert!(
        findings(&detector, "Anna Berg har anorexi.").iter().any(|f| f.starts_with("health.mental health.mental@"))
    );
}

#[test]
fn what_an_extension_gets_wrong_is_told() {
    for (own, reason) in [
        (
            "list a\nversion 1\nextends health.metal\n",
            "a.txt:3: there is no list of terms `health.metal` to extend; did you mean `health.mental`?",
        ),
        ("list health.mental\nversion 1\nextends health.mental\n", "a.txt:3: a list cannot extend itself"),
        (
            "list a\nversion 1\nextends health.mental\ncategory crime\n",
            "a.txt:3: the list `health.mental` is of another",
        ),
        (
            "list a\nversion 1\nextends health.mental\nremove sv: schizofren\n",
            "a.txt:4: `schizofren` does not stand in `health.mental`; did you mean `schizofreni`?",
        ),
        (
            "list a\nversion 1\nextends health.mental\nremove sv: gurka\n",
            "a.txt:4: `gurka` does not stand in `health.mental`",
        ),
        ("list a\nversion 1\nextends health.mental\nremove nb: ångest\n", "a.txt:4: `ångest` does not stand"),
        (
            "list a\nversion 1\nextends health.mental\nno_match sv: Hon har anorexi.\n",
            "a.txt:4: the list finds `anorexi`",
        ),
    ] {
        let error = refused(&[("lexicon/a.txt", own)]);
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn a_removal_that_changes_less_or_more_than_meant_is_noted() {
    let own = "list a\nversion 1\nextends own.list\nremove sv: gurkfeber\n";
    let extended = format!("{HEAD}sv: gurkfeber; annat\nmatch sv: Gurkfeber.\n");
    let other = "list other\nversion 1\ncategory health\nnb: gurkfeber\nno_match sv: Gurkfeber.\n";
    let notes = notes(&[("lexicon/a.txt", own), ("lexicon/b.txt", &extended), ("lexicon/c.txt", other)]);
    assert_eq!(
        notes,
        [
            "lexicon/a.txt:4: `gurkfeber` is still found: it stands in `other` too (line 4, nb)",
            "lexicon/a.txt:4: since this removal `own.list` no longer finds its own example on line 5",
        ]
    );
}

#[test]
fn an_own_label_makes_a_number_count_and_another_speaks_against_it() {
    let labels = [
        (
            "labels/a.txt",
            "list own.person\nversion 1\npurpose label-identity\nsv: Gurkpersonkod\nmatch sv: Gurkpersonkod 12\n",
        ),
        ("labels/b.txt", "list own.case\nversion 1\npurpose label-serial\nsv: Gurknummer*~\nno_match sv: Gurka 12\n"),
    ];
    let folder = folder(&labels);
    let detector = load(&folder).unwrap_or_else(|faults| panic!("{faults}"));
    let reasons = |detector: &Detector, text: &str| -> Vec<&'static str> {
        assess(detector, text).findings.iter().flat_map(|f| f.reasons.clone()).collect()
    };
    let plain = Detector::builtin();
    let (person, case) = ("Gurkpersonkod 8501019809", "Gurknummer: 8501019809");
    assert!(reasons(&detector, person).contains(&"label") && !reasons(&plain, person).contains(&"label"));
    assert!(reasons(&detector, case).contains(&"near-serial") && !reasons(&plain, case).contains(&"near-serial"));
}

#[test]
fn own_names_are_read_and_what_only_looks_like_one_is_not() {
    let names = [
        (
            "names/a.txt",
            "list own.given\nversion 1\npurpose given-name\nsv: Gurkelina\nmatch sv: Gurkelina Berg ringde.\n",
        ),
        (
            "names/b.txt",
            "list own.places\nversion 1\npurpose not-a-name\nsv: Anna Lindhs plats\nmatch sv: Vi ses på Anna Lindhs plats.\n",
        ),
    ];
    let folder = folder(&names);
    let detector = load(&folder).unwrap_or_else(|faults| panic!("{faults}"));
    let named = |detector: &Detector, text: &str| findings(detector, text).iter().any(|f| f.starts_with("name."));
    let plain = Detector::builtin();
    for (text, now, before) in [("Gurkelina ringde", true, false), ("Vi ses på Anna Lindhs plats", false, true)] {
        let before_too = named(&plain, text);
        assert_eq!((named(&detector, text), before_too), (now, before), "{text}");
    }
    let error = refused(&[("names/a.txt", "list a\nversion 1\npurpose given-name\nsv: gurkelina\n")]);
    assert!(error.contains("`gurkelina` must be a name that begins with a capital letter"), "{error}");
}

#[test]
fn own_addresses_numbers_and_mailboxes_are_no_clients() {
    let own = [
        (
            "own/a.txt",
            "list own.addresses\nversion 1\npurpose own-address\nsv: Storgatan 7, 352 30 Växjö\nmatch sv: Kom till Storgatan 7.\nno_match sv: Hon bor på Storgatan 71.\n",
        ),
        (
            "own/b.txt",
            "list own.phones\nversion 1\npurpose own-phone\nint: 0455-30*\nmatch sv: Ring 0455-30 21 14.\nno_match sv: Ring 0455-31 21 14.\n",
        ),
        (
            "own/c.txt",
            "list own.staff\nversion 1\npurpose own-mailbox\nint: anna.berg@kommun.example\nmatch sv: Skriv till anna.berg@kommun.example.\n",
        ),
    ];
    let folder = folder(&own);
    let detector = load(&folder).unwrap_or_else(|faults| panic!("{faults}"));
    let text = "Anna Berg sitter på Storgatan 7, 352 30 Växjö och nås på 0455-30 21 14.";
    let (now, before) = (findings(&detector, text), findings(&Detector::builtin(), text));
    assert!(before.iter().any(|f| f.starts_with("street-address")) && before.iter().any(|f| f.starts_with("phone")));
    assert!(!now.iter().any(|f| f.starts_with("street-address") || f.starts_with("phone")), "{now:?}");
    assert!(before.iter().any(|f| f.starts_with("name.full")) && !now.iter().any(|f| f.starts_with("name.full")));
}

#[test]
fn own_streets_and_private_domains_are_found() {
    let own = [
        (
            "own/a.txt",
            "list own.streets\nversion 1\npurpose street\nsv: Gurkbacken\nmatch sv: Hon bor på Gurkbacken 12.\n",
        ),
        (
            "own/b.txt",
            "list own.domains\nversion 1\npurpose private-domain\nint: gurkmail.example\nmatch sv: Skriv till vera@gurkmail.example.\n",
        ),
    ];
    let folder = folder(&own);
    let detector = load(&folder).unwrap_or_else(|faults| panic!("{faults}"));
    let now = findings(&detector, "Hon bor på Gurkbacken 12 och har vera@gurkmail.example");
    assert!(
        now.iter().any(|f| f.starts_with("street-address")) && now.iter().any(|f| f.starts_with("email")),
        "{now:?}"
    );
}

fn manual() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/patterns/../docs/patterns.md")).unwrap()
}

#[test]
fn the_manuals_examples_are_one_good_set() {
    let manual = manual();
    let folder = folder(&[]);
    let mut files = 0;
    for block in manual.split("\n```").filter_map(|b| b.strip_prefix("text ").or_else(|| b.strip_prefix("toml "))) {
        let (path, text) = block.split_once('\n').unwrap();
        write(&folder, path, text.as_bytes());
        files += 1;
    }
    assert!(files >= 10);
    let detector = load(&folder).unwrap_or_else(|faults| panic!("{}", told(&folder, faults)));
    assert_eq!(detector.parts().iter().filter(|part| part.own).count(), files);
    let notes: Vec<String> = detector.notes().iter().map(|note| told(&folder, note)).collect();
    assert!(notes.is_empty(), "{notes:?}");
}

#[test]
fn the_manual_names_every_purpose() {
    let manual = manual();
    for word in Use::words() {
        assert!(manual.split(|c: char| !c.is_alphanumeric() && c != '-').any(|known| known == word), "{word}");
    }
}

#[test]
fn a_list_of_a_pack_that_is_off_is_set_aside_with_a_note() {
    let own = "list own.prices\nversion 1\nextends business.price\nsv: bananpris\n";
    let files = [("business/own.txt", own)];
    let told = notes(&files);
    assert!(told.iter().any(|note| note.contains("own.prices") && note.contains("\"business\"")), "{told:?}");
    let folder = folder(&files);
    let on = Detector::with(Some(folder.path()), Pack::ALL).unwrap();
    assert!(on.parts().iter().any(|part| part.id == "own.prices"));
    let text = "Leverantören tar ett bananpris på 12 kr i sitt anbud.";
    assert!(assess(&on, text).disclosures.iter().any(|d| d.category == crate::detect::Category::Business));
}
