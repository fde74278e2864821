#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
//! The matcher on the built-in set.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::builtin().unwrap());

/// Language, list and term.
fn name(entry: &Entry) -> String {
    format!("{}:{}:{}", entry.language.as_str(), entry.kind, entry.term)
}

fn rules(text: &str) -> Vec<String> {
    let (mut scratch, mut hits) = (Scratch::default(), Vec::new());
    LEXICON.scan(text, &mut scratch, &mut hits);
    hits.iter().map(|h| name(LEXICON.entry(h).unwrap())).collect()
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

/// `tests/detection/forms.txt`: every form a grammar gives is found, and no other word is taken for one.
#[test]
fn every_form_of_a_term_is_found_and_no_other_word() {
    let mut wrong = Vec::new();
    let (mut scratch, mut hits) = (Scratch::default(), Vec::new());
    let rows = include_str!("../../../tests/detection/forms.txt");
    for row in rows.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let fields: Vec<&str> = row.split(" | ").collect();
        let [language, term, forms] = fields[..] else { panic!("{row}") };
        let other = term.starts_with('!');
        let term = term.trim_start_matches('!');
        let list = format!("list own.forms\nversion 1\ncategory health\n\n{language}: {term}\n");
        let list =
            format::parse("forms", &format!("{list}match {language}: {term}\nno_match {language}: x\n")).unwrap();
        let lexicon = Lexicon::of(vec![list], &extend::Thinned::new(), &mut Vec::new()).unwrap();
        let words: Vec<&str> = forms.split(' ').collect();
        for form in words.chunks(term.split(' ').count()).map(|words| words.join(" ")) {
            hits.clear();
            lexicon.scan(&form, &mut scratch, &mut hits);
            scratch = Scratch::default();
            if hits.is_empty() != other {
                wrong.push(format!("{language} {term}: {form}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
fn a_rule_leads_to_list_version_and_line_and_holds_no_term() {
    let (mut scratch, mut hits) = (Scratch::default(), Vec::new());
    LEXICON.scan("Hon har schizofreni", &mut scratch, &mut hits);
    let entry = hits.iter().filter_map(|h| LEXICON.entry(h)).find(|e| &*e.term == "schizofreni").unwrap();
    let (list, line) = entry.rule.split_once(':').unwrap();
    let (_, text) = builtin::FILES.iter().find(|(name, _)| *name == "lexicon/health/mental.txt").unwrap();
    let version = text.lines().find_map(|l| l.strip_prefix("version ")).unwrap();
    assert_eq!(list, format!("health.mental@{version}"));
    assert!(text.lines().nth(line.parse::<usize>().unwrap() - 1).unwrap().contains("schizofreni"));
    for entry in &LEXICON.compiled.entries {
        let (list, line) = entry.rule.split_once(':').unwrap();
        assert!(line.parse::<usize>().is_ok() && list.contains('@'), "{}", entry.rule);
    }
}

#[test]
fn an_ambiguous_word_follows_its_cues() {
    let hit = |text: &str| {
        let (mut scratch, mut hits) = (Scratch::default(), Vec::new());
        LEXICON.scan(text, &mut scratch, &mut hits);
        hits.iter().find(|h| name(LEXICON.entry(h).unwrap()) == "sv:health.mental:depression").map(|h| h.cued)
    };
    assert_eq!(hit("en ekonomisk depression väntar"), None);
    assert_eq!(hit("depression behandlas"), Some(true));
    assert_eq!(hit("en depression"), Some(false));
}

#[test]
fn every_pattern_file_is_compiled_in() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("patterns");
    let all: Vec<_> = builtin::FILES.iter().chain(builtin::BUSINESS).collect();
    let mut count = 0;
    let mut folders: Vec<_> =
        ["lexicon", "casework", "general", "ambiguous", "business"].iter().map(|f| root.join(f)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
            assert!(all.iter().any(|(n, _)| *n == name), "{name} is not compiled in");
            count += 1;
        }
    }
    assert_eq!(count, all.len());
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
    assert!(hits.iter().any(|h| name(LEXICON.entry(h).unwrap()) == "sv:health.mental:schizofreni"));
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
