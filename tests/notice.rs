//! Notices as the sender reads them, compared exactly with `tests/golden/notice/`.
//!
//! `SLUSS_BLESS=1 cargo test --test notice` writes the files anew; the difference is then read by a
//! person who knows the language.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use sluss::detect::Category;
use sluss::inspect::Reason;
use sluss::notice::{
    Language, Machine, NoticeFacts, NoticeKind, Obstacle, PlaceWord, Rendered, Service, Settings, Texts, gather, render,
};

/// In the language of the unit, as an administrator would write them.
struct Municipality {
    policy: &'static str,
    desk: &'static str,
    duty_phone: &'static str,
    review_hours: &'static str,
    how_to_secure: &'static str,
}

fn municipality(language: Language) -> Municipality {
    match language {
        Language::Sv => Municipality {
            policy: "Instruktion för sekretess",
            desk: "0000-12 34 56",
            duty_phone: "0000-65 43 21",
            review_hours: "4 arbetstimmar",
            how_to_secure: "Skicka uppgifterna i e-tjänsten Säkra meddelanden på intranätet.",
        },
        Language::Nb => Municipality {
            policy: "Retningslinje for taushetsplikt",
            desk: "00 00 12 34",
            duty_phone: "00 00 43 21",
            review_hours: "4 arbeidstimer",
            how_to_secure: "Send opplysningene med eDialog, som du finner på intranettet.",
        },
        Language::Nn => Municipality {
            policy: "Retningslinje for teieplikt",
            desk: "00 00 12 34",
            duty_phone: "00 00 43 21",
            review_hours: "4 arbeidstimar",
            how_to_secure: "Send opplysningane med eDialog, som du finn på intranettet.",
        },
        Language::En => Municipality {
            policy: "Instruction on secrecy",
            desk: "servicedesk@kommun.example",
            duty_phone: "0000-65 43 21",
            review_hours: "4 working hours",
            how_to_secure: "Send the details with Secure messages on the intranet.",
        },
    }
}

fn settings(language: Language, links: bool) -> Settings {
    let m = municipality(language);
    Settings {
        policy: Some(m.policy.to_owned()),
        desk: Some(m.desk.to_owned()),
        duty_phone: Some(m.duty_phone.to_owned()),
        review_hours: Some(m.review_hours.to_owned()),
        how_to_secure: BTreeMap::from([("social".to_owned(), m.how_to_secure.to_owned())]),
        console_url: links.then(|| "https://sluss.kommun.example".to_owned()),
        ..bare_settings()
    }
}

/// Nothing said but what must be.
fn bare_settings() -> Settings {
    Settings {
        from: "sluss@kommun.example".to_owned(),
        hostname: "sluss.kommun.example".to_owned(),
        policy: None,
        desk: None,
        duty_phone: None,
        review_hours: None,
        how_to_secure: BTreeMap::new(),
        console_url: None,
        time_zone: TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap(),
    }
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|&w| w.to_owned()).collect()
}

fn facts(kind: NoticeKind, language: Language) -> NoticeFacts {
    let kept = kind.has_reference();
    NoticeFacts {
        kind,
        language,
        to: words(&["kari@kommun.example"]),
        recipients: words(&["ola@post.example"]),
        reached: Vec::new(),
        others: false,
        categories: words(&["health", "national-id"]),
        places: vec![PlaceWord::Body, PlaceWord::Attachment { kind: "Word".to_owned(), number: 1 }],
        obstacle: Obstacle::Channel,
        unreadable: Vec::new(),
        reference: kept.then(|| "ABCD-2345".to_owned()),
        urgent: false,
        unit: "social".to_owned(),
        at: "2027-03-03T13:05:09Z".to_owned(),
        days: 14,
        secure_tag: None,
        urgent_phone: None,
        link_token: kind.has_link().then(|| "k3y".to_owned()),
        secure_way: kind.has_link(),
        advice: None,
        mailed_back: false,
        service: Service::default(),
        provisions: Vec::new(),
        untold: false,
        machine: None,
        gathered: Vec::new(),
    }
}

/// Facts of every kind as they come in practice.
fn typical(kind: NoticeKind, language: Language) -> NoticeFacts {
    let typical = facts(kind, language);
    let released = NoticeFacts {
        recipients: words(&["ola@post.example"]),
        reached: words(&["per@lege.example"]),
        categories: Vec::new(),
        places: Vec::new(),
        days: 9,
        ..typical.clone()
    };
    match kind {
        NoticeKind::HeldUnreadable => NoticeFacts {
            categories: Vec::new(),
            places: vec![PlaceWord::Attachment { kind: "PDF".to_owned(), number: 2 }],
            unreadable: words(&["encrypted"]),
            ..typical
        },
        NoticeKind::HeldUnprotected => NoticeFacts { categories: Vec::new(), places: Vec::new(), ..typical },
        NoticeKind::ReleaseFailed | NoticeKind::ReviewerReleaseFailed | NoticeKind::ReleasedInPart => released,
        NoticeKind::Returned => {
            NoticeFacts { days: 7, advice: Some("remove".to_owned()), mailed_back: true, ..typical }
        }
        NoticeKind::Released => NoticeFacts { recipients: Vec::new(), ..released },
        NoticeKind::Discarded => NoticeFacts { days: 0, ..typical },
        NoticeKind::Expiring => NoticeFacts { days: 3, ..typical },
        NoticeKind::Expired => NoticeFacts { categories: Vec::new(), places: Vec::new(), days: 0, ..typical },
        NoticeKind::ReviewerHeld
        | NoticeKind::ReviewerExpiring
        | NoticeKind::ReviewerExpired
        | NoticeKind::ReviewerAsked
        | NoticeKind::ReviewerReviewDue
        | NoticeKind::ReviewerReviewOverdue
        | NoticeKind::ReviewerSecond => {
            let days = if kind == NoticeKind::ReviewerExpiring { 2 } else { 14 };
            NoticeFacts { to: words(&["granskare@kommun.example"]), recipients: Vec::new(), days, ..typical }
        }
        NoticeKind::ServiceDigest => digest(language),
        NoticeKind::Rerouted => NoticeFacts { secure_tag: Some("[säkert]".to_owned()), ..typical },
        NoticeKind::BypassOn | NoticeKind::BypassOff | NoticeKind::ChannelEnds => of_service(kind, language),
        NoticeKind::Held | NoticeKind::Rejected | NoticeKind::Warned => typical,
    }
}

/// A day of a scanner: some held, one refused, one sent.
fn digest(language: Language) -> NoticeFacts {
    let one = |outcome, reference: Option<&str>| NoticeFacts {
        to: words(&["drift@kommun.example"]),
        recipients: Vec::new(),
        others: true,
        reference: reference.map(str::to_owned),
        link_token: None,
        machine: Some(Machine { sender: Some("skanner2@kommun.example".to_owned()), outcome }),
        ..facts(NoticeKind::ServiceDigest, language)
    };
    let all = vec![
        one(NoticeKind::Held, Some("ABCD-2345")),
        one(NoticeKind::HeldUnreadable, Some("EFGH-6789")),
        one(NoticeKind::Rejected, None),
        one(NoticeKind::Warned, None),
    ];
    gather::together(all).unwrap()
}

/// The same mail, sent so many times.
fn repeated(kind: NoticeKind, language: Language, times: usize) -> NoticeFacts {
    let letters: Vec<char> = ('A'..='Z').collect();
    let all = letters.iter().take(times).map(|letter| {
        let one = typical(kind, language);
        let reference = one.reference.as_ref().map(|_| format!("ABC{letter}-2345"));
        NoticeFacts { reference, ..one }
    });
    gather::together(all.collect()).unwrap()
}

fn of_service(kind: NoticeKind, language: Language) -> NoticeFacts {
    let at = "2027-03-03T13:05:09Z".parse().unwrap();
    let said = |text: &str| Some(text.to_owned());
    let service = match kind {
        NoticeKind::BypassOn => {
            Service { until: said("2027-03-03T14:05:09Z"), reason: said("smarthost-bytte"), ..Service::default() }
        }
        NoticeKind::BypassOff => Service {
            until: said("2027-03-03T13:35:09Z"),
            reason: said("smarthost-bytte"),
            mails: Some(120),
            bypassed: Some(7),
            all_mails: Some(980),
            all_bypassed: Some(41),
            ..Service::default()
        },
        _ => Service { until: said("2027-03-17"), channel: said("partner"), ..Service::default() },
    };
    let to = words(&["granskare@kommun.example"]);
    NoticeFacts { days: 14, service, ..NoticeFacts::of_service(kind, language, to, "social", at) }
}

/// Name of the golden file without its ending, facts, settings.
fn cases(language: Language) -> Vec<(String, NoticeFacts, Settings)> {
    let mut cases = Vec::new();
    for kind in NoticeKind::ALL {
        cases.push((kind.as_str().to_owned(), typical(kind, language), settings(language, false)));
        if kind.has_link() {
            cases.push((format!("{}-link", kind.as_str()), typical(kind, language), settings(language, true)));
        }
    }
    let hard = NoticeFacts {
        recipients: (1..=11).map(|n| format!("mottaker{n}@post.example")).collect(),
        others: true,
        categories: words(&["client-relation", "contact", "health"]),
        places: vec![PlaceWord::Subject, PlaceWord::Quote, PlaceWord::Filename { number: 2 }],
        unreadable: words(&["encrypted", "unsupported"]),
        urgent: true,
        days: 1,
        ..facts(NoticeKind::Held, language)
    };
    cases.push(("held-hard".to_owned(), hard, settings(language, false)));
    for obstacle in Obstacle::ALL.into_iter().filter(|obstacle| *obstacle != Obstacle::Channel) {
        for kind in [NoticeKind::Held, NoticeKind::Warned] {
            let stopped = NoticeFacts { obstacle, ..typical(kind, language) };
            cases.push((format!("{}-{}", kind.as_str(), obstacle.as_str()), stopped, settings(language, false)));
        }
    }
    let phone = Some("116 111".to_owned());
    let disclosed = NoticeFacts { urgent: true, urgent_phone: phone, ..facts(NoticeKind::Held, language) };
    cases.push(("held-disclosure".to_owned(), disclosed, settings(language, false)));
    let quote = NoticeFacts { places: vec![PlaceWord::Quote], ..facts(NoticeKind::Held, language) };
    cases.push(("held-quote".to_owned(), quote, settings(language, false)));
    cases.push(("held-bare".to_owned(), typical(NoticeKind::Held, language), bare_settings()));
    for kind in [NoticeKind::Held, NoticeKind::Rejected] {
        let tagged = NoticeFacts { secure_tag: Some("[säkert]".to_owned()), ..typical(kind, language) };
        cases.push((format!("{}-tag", kind.as_str()), tagged, settings(language, false)));
    }
    let own_words = NoticeFacts {
        recipients: Vec::new(),
        advice: Some("Ring 0000-12 34 56.".to_owned()),
        mailed_back: false,
        ..typical(NoticeKind::Returned, language)
    };
    cases.push(("returned-words".to_owned(), own_words, settings(language, false)));
    for kind in [NoticeKind::Expired, NoticeKind::ReviewerExpired, NoticeKind::Expiring, NoticeKind::Returned] {
        let partly = NoticeFacts {
            recipients: words(&["ola@post.example"]),
            reached: words(&["per@lege.example"]),
            ..typical(kind, language)
        };
        cases.push((format!("{}-partly", kind.as_str()), partly, settings(language, false)));
    }
    let mut ended = of_service(NoticeKind::ChannelEnds, language);
    (ended.days, ended.service.ended) = (0, true);
    cases.push(("channel-ends-over".to_owned(), ended, settings(language, false)));
    let mut meanwhile = typical(NoticeKind::ReviewerHeld, language);
    meanwhile.service.bypass = true;
    cases.push(("reviewer-held-bypass".to_owned(), meanwhile, settings(language, false)));
    for kind in
        [NoticeKind::Held, NoticeKind::HeldUnreadable, NoticeKind::Rejected, NoticeKind::Warned, NoticeKind::Rerouted]
    {
        cases.push((format!("{}-again", kind.as_str()), repeated(kind, language, 3), settings(language, false)));
    }
    cases.push(("held-again-link".to_owned(), repeated(NoticeKind::Held, language, 3), settings(language, true)));
    for kind in [NoticeKind::ReviewerHeld, NoticeKind::ReviewerExpiring] {
        cases.push((format!("{}-several", kind.as_str()), repeated(kind, language, 26), settings(language, false)));
    }
    let urgent = NoticeFacts { urgent: true, untold: true, ..typical(NoticeKind::ReviewerHeld, language) };
    cases.push(("reviewer-held-urgent".to_owned(), urgent, settings(language, false)));
    let machine = Some(Machine { sender: None, outcome: NoticeKind::Held });
    let automatic = NoticeFacts { machine, ..typical(NoticeKind::ServiceDigest, language) };
    let automatic = gather::together(vec![automatic]).unwrap();
    cases.push(("service-digest-automatic".to_owned(), automatic, bare_settings()));
    let law = match language {
        Language::Sv | Language::En => "OSL 26 kap. 1 §",
        Language::Nb | Language::Nn => "barnevernsloven § 13-1",
    };
    let lawful = NoticeFacts { provisions: words(&[law]), ..typical(NoticeKind::Held, language) };
    cases.push(("held-law".to_owned(), lawful.clone(), settings(language, false)));
    cases.push(("held-law-bare".to_owned(), lawful, bare_settings()));
    let nowhere = NoticeFacts { reached: Vec::new(), ..typical(NoticeKind::ReleaseFailed, language) };
    cases.push(("release-failed-nobody".to_owned(), nowhere, settings(language, false)));
    let unread = NoticeFacts { recipients: Vec::new(), ..typical(NoticeKind::HeldUnreadable, language) };
    cases.push((
        "rejected-unreadable".to_owned(),
        NoticeFacts { kind: NoticeKind::Rejected, reference: None, link_token: None, ..unread },
        settings(language, false),
    ));
    cases
}

fn golden(language: Language) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/notice").join(language.as_str())
}

fn compare(path: &Path, found: &str) -> Result<(), String> {
    if std::env::var_os("SLUSS_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, found).unwrap();
        return Ok(());
    }
    let expected = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    if expected == found {
        return Ok(());
    }
    let line = expected.lines().zip(found.lines()).position(|(a, b)| a != b).map_or(0, |i| i + 1);
    Err(format!("{}, line {line}:\n--- expected\n{expected}\n--- found\n{found}", path.display()))
}

/// HTML is compared for `held` alone; the other kinds go through the same typesetting.
#[test]
fn golden_files() {
    let texts = Texts::builtin().unwrap();
    let mut differences = Vec::new();
    for language in Language::ALL {
        for (name, facts, settings) in cases(language) {
            let Rendered { subject, text, html } = render(&facts, &settings, &texts).unwrap();
            let folder = golden(language);
            let plain = format!("Subject: {subject}\n\n{text}");
            differences.extend(compare(&folder.join(format!("{name}.txt")), &plain).err());
            if name == "held" || name == "held-link" {
                differences.extend(compare(&folder.join(format!("{name}.html")), &html).err());
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}

/// Both parts as words: markup, numbering and addresses of links taken off.
fn words_of_html(html: &str) -> Vec<String> {
    let body = html.split_once("<body>").unwrap().1;
    let tags = regex::Regex::new(r"<[^>]*>").unwrap();
    // Tags inside a word hold it together, tags of blocks are followed by a line break.
    let text = tags.replace_all(body, "");
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    text.replace("&amp;", "&").split_whitespace().map(str::to_owned).collect()
}

fn words_of_text(text: &str) -> Vec<String> {
    let number = regex::Regex::new(r"(?m)^[1-9]\. ").unwrap();
    let address = regex::Regex::new(r"(?m)^ *https://\S+$").unwrap();
    let text = address.replace_all(text, "");
    number.replace_all(&text, "").split_whitespace().map(str::to_owned).collect()
}

#[test]
fn both_parts_say_the_same() {
    let texts = Texts::builtin().unwrap();
    for language in Language::ALL {
        for (name, facts, settings) in cases(language) {
            let rendered = render(&facts, &settings, &texts).unwrap();
            assert_eq!(words_of_html(&rendered.html), words_of_text(&rendered.text), "{language:?} {name}");
        }
    }
}

/// Whatever is or is not known, no notice shows a hole, a doubled space or a mark of the template.
#[test]
fn whatever_is_absent_leaves_whole_sentences() {
    let texts = Texts::builtin().unwrap();
    let holes = regex::Regex::new(r"(?m)\{|\}|^ *[.,;:]|\[\[|\|\||\*|`|  \S|\(\)| [.,;]|\.\.|,\.|: ?\.|None").unwrap();
    for language in Language::ALL {
        for kind in NoticeKind::ALL {
            for bits in 0..1024_u32 {
                let has = |bit: u32| bits >> bit & 1 == 1;
                let mut facts = typical(kind, language);
                facts.recipients = if has(0) { facts.recipients } else { Vec::new() };
                facts.categories = if has(1) { facts.categories } else { Vec::new() };
                facts.places = if has(2) { facts.places } else { Vec::new() };
                facts.unreadable = if has(3) { words(&["malformed"]) } else { Vec::new() };
                (facts.urgent, facts.others) = (has(4), has(4));
                facts.reached = if has(8) { words(&["per@lege.example"]) } else { Vec::new() };
                facts.service.bypass = has(4) && kind.is_to_reviewers();
                facts.untold = has(4);
                if has(9) {
                    facts.provisions = words(&["OSL 26 kap. 1 §"]);
                    let again = NoticeFacts {
                        reference: facts.reference.as_ref().map(|_| "EFGH-6789".to_owned()),
                        ..facts.clone()
                    };
                    facts = gather::together(vec![facts, again]).unwrap();
                }
                let mut settings = settings(language, has(5));
                settings.desk = settings.desk.filter(|_| has(6));
                if !has(7) {
                    settings = Settings { desk: settings.desk, console_url: settings.console_url, ..bare_settings() };
                }
                let rendered = render(&facts, &settings, &texts).unwrap();
                // Choices are indented; that is no doubled space.
                let text = rendered.text.replace("\n   ", "\n");
                let all = format!("{}\n{text}", rendered.subject);
                assert!(!holes.is_match(&all), "{language:?} {kind:?} {bits:010b}\n{all}");
            }
        }
    }
}

#[test]
fn every_category_and_reason_has_a_word_in_every_language() {
    let texts = Texts::builtin().unwrap();
    for language in Language::ALL {
        let words = &texts.edition(language).unwrap().words;
        let categories: Vec<&str> = words.categories.keys().map(String::as_str).collect();
        assert_eq!(categories, Category::ALL.map(Category::as_str), "{language:?}");
        for reason in Reason::ALL {
            assert!(words.unreadable.contains_key(reason.as_str()), "{language:?} {}", reason.as_str());
        }
        for obstacle in Obstacle::ALL {
            let said = words.obstacles.contains_key(obstacle.as_str());
            assert_eq!(said, obstacle != Obstacle::Channel, "{language:?} {}", obstacle.as_str());
        }
    }
}

/// What comes from outside is shown as text, or not at all.
#[test]
fn nothing_foreign_becomes_markup() {
    let texts = Texts::builtin().unwrap();
    let mut facts = facts(NoticeKind::Held, Language::Sv);
    facts.recipients = words(&["\"<img src=x>\"@post.example", "a\u{202e}b\r\nc@post.example", "{ref}@post.example"]);
    facts.categories = words(&["health", "<b>unheard-of</b>"]);
    facts.places = vec![PlaceWord::Attachment { kind: "hemlig-fil.docx".to_owned(), number: 3 }];
    let rendered = render(&facts, &settings(Language::Sv, true), &texts).unwrap();
    assert!(!rendered.html.contains("<img"), "an address is no tag");
    assert!(rendered.html.contains("&lt;img src=x&gt;"));
    assert!(!rendered.text.contains('\u{202e}') && !rendered.text.contains('\r'));
    assert!(rendered.text.contains("{ref}@post.example"), "a value is never read as a template");
    assert!(!rendered.text.contains("unheard-of") && !rendered.text.contains("hemlig"));
    assert!(rendered.text.contains("i bilaga 3."));
}

/// No picture, script, style sheet, font or form: a notice loads nothing and tells nobody.
#[test]
fn html_loads_nothing() {
    let texts = Texts::builtin().unwrap();
    for (name, facts, settings) in cases(Language::En) {
        let html = render(&facts, &settings, &texts).unwrap().html;
        for never in ["<img", "<script", "<link", "<iframe", "<form", "url(", "@import", "src=", "background=", "on"] {
            let found = match never {
                "on" => html.contains(" onload") || html.contains(" onclick") || html.contains(" onerror"),
                other => html.contains(other),
            };
            assert!(!found, "{name}: {never}");
        }
        assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">"), "{name}");
    }
}

/// WCAG 2.1, success criterion 1.4.3: at least 4.5:1, in light and in dark.
#[test]
fn colours_can_be_read() {
    let page = Texts::builtin().unwrap().page;
    let (light, dark) = page.split_once("@media (prefers-color-scheme: dark)").unwrap();
    let colour = |css: &str, selector: &str, property: &str| -> [f64; 3] {
        let pattern =
            format!(r"(?s)(?:^|\n) *{}\s*\{{(?:[^}}]*;)?\s*{property}: #([0-9a-f]{{6}})", regex::escape(selector));
        let found =
            regex::Regex::new(&pattern).unwrap().captures(css).unwrap_or_else(|| panic!("{selector} {property}"));
        let value = u32::from_str_radix(&found[1], 16).unwrap();
        [value >> 16, value >> 8 & 255, value & 255].map(|c| f64::from(c) / 255.0)
    };
    let luminance = |c: [f64; 3]| {
        let [r, g, b] = c.map(|v| if v <= 0.03928 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    for (name, css) in [("light", light), ("dark", dark)] {
        for (front, back) in
            [("body", ".sheet"), ("a", ".sheet"), (".small", ".sheet"), ("body", ".note"), ("a", ".note")]
        {
            let (front_l, back_l) =
                (luminance(colour(css, front, "color")), luminance(colour(css, back, "background")));
            let ratio = (front_l.max(back_l) + 0.05) / (front_l.min(back_l) + 0.05);
            assert!(ratio >= 4.5, "{name}: {front} on {back} is {ratio:.1}:1");
        }
    }
}
