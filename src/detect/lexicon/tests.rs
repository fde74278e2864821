#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
//! The matcher on the built-in set, and every fault a file can have.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::builtin().unwrap());

fn rules(text: &str) -> Vec<String> {
    let (mut scratch, mut hits) = (Scratch::default(), Vec::new());
    LEXICON.scan(text, &mut scratch, &mut hits);
    hits.iter().map(|h| LEXICON.entry(h).unwrap().rule.to_string()).collect()
}

#[test]
fn inflection_compounds_and_spellings_lead_to_the_term() {
    for (text, rule) in [
        ("hennes diagnoser", "sv:health.everyday:diagnos"),
        ("hans sykdommer", "nb:health.everyday:sykdom"),
        ("ei orosanmalan", "sv:social.child_protection:orosanmälan"),
        ("OROSANMAELAN.pdf", "sv:social.child_protection:orosanmälan"),
        ("orosanm?lan", "sv:social.child_protection:orosanmälan"),
        ("orosanm\u{FFFD}lan", "sv:social.child_protection:orosanmälan"),
        ("multipel\n> skleros", "sv:health.somatic:multipel skleros"),
        ("samordnad individuell plan", "sv:health.care_service:samordnad individuell plan"),
        ("en LSS-insats", "sv:health.disability:LSS-insats"),
        ("ADHD-utredning", "sv:health.mental:ADHD"),
        ("åldersdiabetes", "sv:health.somatic:diabetes"),
        ("diabetesvård", "sv:health.somatic:diabetes"),
        ("psykiske lidelser", "nb:health.mental:psykisk lidelse"),
        ("dei sjukmelde: sjukmeldinga", "nn:health.treatment:sjukmelding"),
        ("fekk økonomisk stønad", "nn:economy.terms:økonomisk stønad"),
        ("her pregnancies", "en:health.reproductive_sexual:pregnancy"),
        ("skyddade personuppgifter", "sv:protected.markers:skyddade personuppgifter"),
    ] {
        let found = rules(text);
        assert!(found.iter().any(|r| r == rule), "{rule} not among {found:?}");
    }
}

#[test]
fn words_that_only_look_alike_are_left_alone() {
    for text in [
        "han får en bok",
        "the russ tradition",
        "als ob",
        "ms word",
        "hela kursen var utskild",
        "Romania, romanen, romantik",
        "botanisk",
        "ekonomisk depression på 1930-talet",
    ] {
        let found: Vec<String> = rules(text).into_iter().filter(|r| !r.contains(":general.")).collect();
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}

#[test]
fn an_ambiguous_word_follows_its_cues() {
    let hit = |text: &str| {
        let (mut scratch, mut hits) = (Scratch::default(), Vec::new());
        LEXICON.scan(text, &mut scratch, &mut hits);
        hits.iter().find(|h| LEXICON.entry(h).unwrap().rule.starts_with("sv:health.mental:depression")).map(|h| h.cued)
    };
    assert_eq!(hit("en ekonomisk depression väntar"), None);
    assert_eq!(hit("depression behandlas"), Some(true));
    assert_eq!(hit("en depression"), Some(false));
}

#[test]
fn every_pattern_file_is_compiled_in() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("patterns");
    let mut count = 0;
    let mut folders: Vec<_> = ["lexicon", "casework", "general", "ambiguous"].iter().map(|f| root.join(f)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
            assert!(builtin::FILES.iter().any(|(n, _)| *n == name), "{name} is not compiled in");
            count += 1;
        }
    }
    assert_eq!(count, builtin::FILES.len());
}

fn load_one(source: &str) -> Result<Lexicon, PatternError> {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("lexicon")).unwrap();
    fs::write(folder.path().join("lexicon/own.txt"), source).unwrap();
    Lexicon::load(folder.path())
}

#[test]
fn faults_name_file_line_and_reason() {
    let head = "list own.list\nversion 1\ncategory health\n";
    for (body, line, reason) in [
        ("sv: one; two; one", 4, "stands twice"),
        ("sv: one;; two", 4, "empty term"),
        ("sv: x", 4, "too short"),
        ("de: Krankheit", 4, "`de` is not a language"),
        ("term Krankheit", 4, "`term` is not known"),
        ("regex sv broken: (a", 4, "regex `broken`"),
        ("amb sv: one | two", 4, "expected `amb"),
        ("sv: gurkfeber\nmatch sv: Fåglarna flyger.", 5, "finds nothing"),
        ("sv: gurkfeber\nno_match sv: Hon har gurkfeber.", 5, "finds `sv:own.list:gurkfeber`"),
        ("category fish", 4, "`fish` is not a category"),
        ("version zero", 4, "not a whole number"),
        ("sv: a/b/c/d/e a/b/c/d/e a/b/c/d/e", 0, "more than 64 spellings"),
    ] {
        let error = load_one(&format!("{head}{body}\n")).err().unwrap_or_else(|| panic!("{body}: accepted"));
        assert_eq!(error.line, line, "{error}");
        assert!(error.file.ends_with("own.txt"), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
    assert!(
        load_one("version 1\ncategory health\nsv: gurkfeber\n").is_err_and(|e| e.fault == Fault::MissingHeader("list"))
    );
    assert!(load_one("sv: gurkfeber\n").is_err_and(|e| e.line == 1));
}

#[test]
fn a_set_beyond_its_limits_is_refused() {
    let mut source = String::from("list own.list\nversion 1\ncategory health\n");
    for i in 0..1_000_000 {
        source.push_str(&format!("sv: t{i}\n"));
    }
    assert!(matches!(load_one(&source).err().unwrap().fault, Fault::FileTooLarge { .. }));
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("lexicon")).unwrap();
    for file in 0..4 {
        let mut source = format!("list own.list{file}\nversion 1\ncategory health\n");
        for i in 0..60_000 {
            source.push_str(&format!("sv: ord{i}\n"));
        }
        fs::write(folder.path().join(format!("lexicon/{file}.txt")), source).unwrap();
    }
    assert!(matches!(Lexicon::load(folder.path()).err().unwrap().fault, Fault::TooManyTerms { .. }));
}

#[test]
fn an_own_list_is_added_and_replaces_by_id() {
    let added =
        load_one("list own.list\nversion 2\ncategory health\nsv: gurkfeber\nmatch sv: Hon har gurkfebern.\n").unwrap();
    assert_eq!(added.versions().count(), LEXICON.versions().count() + 1);
    assert_eq!(added.len(), LEXICON.len() + 1);
    let replaced = load_one("list health.mental\nversion 9\ncategory health\nsv: gurkfeber\n").unwrap();
    assert_eq!(replaced.versions().count(), LEXICON.versions().count());
    assert!(replaced.versions().any(|v| v == ("health.mental", 9)));
    assert!(replaced.len() < LEXICON.len());
}

#[test]
fn two_files_of_one_id_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("lexicon")).unwrap();
    for name in ["a", "b"] {
        fs::write(
            folder.path().join(format!("lexicon/{name}.txt")),
            "list own.list\nversion 1\ncategory health\nsv: gurkfeber\n",
        )
        .unwrap();
    }
    let error = Lexicon::load(folder.path()).err().unwrap();
    assert_eq!(error.fault, Fault::DuplicateList("own.list".to_owned()));
}

#[test]
fn languages_are_told_by_their_commonest_words() {
    let mut scratch = Scratch::default();
    for (text, sv, no, en) in [
        ("Jag har inte sett att det är så och vi vet inte", true, false, false),
        ("Jeg har ikke sett at det er slik og vi vet ikke hva dere mener", false, true, false),
        ("We have not seen that it is so and they will not say", false, false, true),
    ] {
        LEXICON.scan(text, &mut scratch, &mut Vec::new());
        let set = scratch.languages(0..text.len()).unwrap();
        assert_eq!((set.swedish, set.norwegian, set.english), (sv, no, en), "{text}");
    }
    LEXICON.scan("Journal 2025", &mut scratch, &mut Vec::new());
    assert_eq!(scratch.languages(0..12), None);
    let (first, second) = ("Jag har inte sett att det är så.\n\n", "We have not seen that.");
    LEXICON.scan(&format!("{first}{second}"), &mut scratch, &mut Vec::new());
    assert!(scratch.languages(0..first.len()).unwrap().swedish);
    assert!(!scratch.languages(first.len()..first.len() + second.len()).unwrap().swedish);
}

#[test]
fn the_cut_between_two_pieces_of_a_text_changes_nothing() {
    for phrase in ["multipel skleros", "ekonomisk depression", "orosanm?lan", "orosanmälan om", "rom 12, hjärtsvikt"]
    {
        let alone = rules(phrase);
        for shift in 0..phrase.len() + 8 {
            let text =
                format!("{}{} {phrase} {}", "x".repeat(shift), " x".repeat(scan::CHUNK / 2 - 12), "x ".repeat(9_000));
            assert_eq!(rules(&text), alone, "{phrase} {shift}");
        }
    }
}

#[test]
fn a_flood_of_one_term_hides_no_other() {
    let text = format!("{}\nhon har schizofreni", "ångest och oro. ".repeat(200_000));
    let (mut scratch, mut hits) = (Scratch::default(), Vec::new());
    assert!(LEXICON.scan(&text, &mut scratch, &mut hits));
    assert!(hits.len() < 3_000);
    assert!(hits.iter().any(|h| &*LEXICON.entry(h).unwrap().rule == "sv:health.mental:schizofreni"));
}

proptest! {
    #[test]
    fn hits_lie_on_character_boundaries_of_whole_words(text in "(\\PC|[a-zåäö ?\u{FFFD}\n>]|hjärtsvikt|OROSANM\u{FFFD}LAN|barnevern){0,40}") {
        let (mut scratch, mut hits) = (Scratch::default(), Vec::new());
        LEXICON.scan(&text, &mut scratch, &mut hits);
        for hit in hits {
            prop_assert!(hit.start < hit.end);
            prop_assert!(text.get(hit.start..hit.end).is_some());
        }
    }
}
