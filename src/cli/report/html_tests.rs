//! The page of invented counts.

use jiff::Zoned;

use super::super::about::{Modes, Source};
use super::*;
use crate::notice::facts::Language;
use crate::policy::Verdict;
use crate::report::tally::{Seen, Tally};

fn about() -> About {
    let made: Zoned = "2026-05-18T09:30[Europe/Oslo]".parse().unwrap();
    let modes = Some(Modes { observe: 2, enforce: 0 });
    About { source: Source::Files { failed: 1 }, modes, edition: "0123abcd".into(), own: true, made }
}

fn tally(unit: &str, domain: &str) -> Tally {
    let mut tally = Tally::default();
    for (outcome, mails, day) in [
        (Verdict::Relay, 1200, "2026-05-04"),
        (Verdict::Quarantine, 40, "2026-05-05"),
        (Verdict::Warn, 2, "2026-05-06"),
    ] {
        let rows = [
            (Dimension::Domain, domain.to_owned()),
            (Dimension::Category, "health".to_owned()),
            (Dimension::Channel, "/unknown".to_owned()),
            (Dimension::Day, day.to_owned()),
            (Dimension::Rule, "health.mental@3:14".to_owned()),
        ];
        tally.add(&Seen { unit: unit.into(), outcome, noteworthy: true, rows: rows.into() }, mails);
    }
    tally
}

fn page_of(tally: &Tally, language: Language) -> String {
    page(&Sheets::of(tally), &about(), &Words::of(language).unwrap())
}

#[test]
fn nothing_of_a_name_becomes_markup() {
    let hostile = "<script>alert(\"1\")</script>'&\n";
    let page = page_of(&tally(hostile, hostile), Language::En);
    assert!(!page.contains("<script"), "{page}");
    assert!(page.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp; "));
    assert_eq!(escape("a<b>\"c\"'d'&e\u{7}"), "a&lt;b&gt;&quot;c&quot;&#39;d&#39;&amp;e ");
}

#[test]
fn the_page_stands_by_itself_in_every_language() {
    for language in Language::ALL {
        let page = page_of(&tally("social", "firma.example"), language);
        assert!(page.starts_with(&format!("<!doctype html>\n<html lang=\"{}\">", language.as_str())));
        for outside in ["http:", "https:", "src=", "href=", "<script", "@import"] {
            assert!(!page.contains(outside), "{language:?}: {outside}");
        }
        for slot in ["{n}", "{mails}", "{held}", "{unit}", "{title}", "{from}", "{to}", "{edition}"] {
            assert!(!page.contains(slot), "{language:?}: {slot}");
        }
        for (tag, at_least) in
            [("<h1", 1), ("<h2", 4), ("<table", 4), ("<caption", 4), ("scope=\"col\"", 8), ("scope=\"row\"", 6)]
        {
            assert!(page.matches(tag).count() >= at_least, "{language:?}: {tag}");
        }
        for tag in ["table", "section", "figure", "svg", "tr", "th", "td", "dl", "ul", "li", "div"] {
            let open = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
            assert_eq!(open, page.matches(&format!("</{tag}>")).count(), "{language:?}: {tag}");
        }
        let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let once: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), once.len(), "{language:?}: {ids:?}");
    }
}

#[test]
fn small_numbers_are_neither_written_nor_drawn() {
    let page = page_of(&tally("social", "firma.example"), Language::Sv);
    assert!(page.contains("1\u{a0}200"));
    assert!(page.contains("&lt;5"));
    assert!(!page.contains(">2<"), "{page}");
    // Legend, and the heads of tables; no bar has a part that is warned.
    let drawn = page.split("<rect ").filter(|rect| rect.contains("url(#p-warn)")).filter(|rect| rect.contains('%'));
    assert_eq!(drawn.count(), 0);
}

#[test]
fn too_few_mails_make_a_page_without_figures() {
    let mut tally = Tally::default();
    tally.add(&Seen { unit: "social".into(), outcome: Verdict::Relay, noteworthy: false, rows: [].into() }, 3);
    let page = page_of(&tally, Language::Nn);
    assert!(page.contains("for få"));
    assert!(!page.contains("social") && !page.contains("<table"));
}
