//! No notice is stopped by its own filter: every kind in every language, as the golden files have it, is judged by
//! the built-in profile like any other mail to a mailbox of which nothing is known.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Zoned;
use sluss::cli::assemble::{builtin_knowledge, readers};
use sluss::message::RawMessage;
use sluss::notice::{Language, NoticeKind};
use sluss::policy::Verdict;

/// What stands in the golden files, and what stands there in life: a person's address, numbers that exist.
const IN_LIFE: [(&str, &str); 5] = [
    ("ola@post.example", "karin.dahlqvist@post.example"),
    ("0000-65 43 21", "070-174 06 58"),
    ("00 00 43 21", "916 12 345"),
    ("0000-12 34 56", "0470-410 00"),
    ("00 00 12 34", "22 12 34 56"),
];

fn texts(language: Language) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/notice").join(language.as_str());
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|end| end == "txt")).collect()
}

/// As the outbox writes it: both parts, of which the second says the same with markup.
fn mail(text: &str) -> RawMessage {
    let (subject, body) = text.split_once("\n\n").unwrap();
    let html = body.replace('&', "&amp;").replace('<', "&lt;").replace("\n\n", "</p>\n<p>");
    let mail = format!(
        "From: sluss@kommun.example\nTo: kari@kommun.example\n{subject}\nDate: Wed, 03 Mar 2027 13:05:00 +0000\n\
         Message-ID: <1@sluss.kommun.example>\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n\
         Content-Type: multipart/alternative; boundary=b\n\n\
         --b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{body}\n\
         --b\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n<p>{html}</p>\n--b--\n"
    );
    RawMessage::uncounted(mail.replace('\n', "\r\n").into_bytes())
}

#[test]
fn every_notice_passes() {
    let knowledge = builtin_knowledge(&readers(None)).unwrap();
    let now = Zoned::now();
    let mut stopped = Vec::new();
    for language in Language::ALL {
        let files = texts(language);
        for kind in NoticeKind::ALL {
            let name = format!("{}.txt", kind.as_str());
            assert!(files.iter().any(|file| file.ends_with(&name)), "{language:?} has no {name}");
        }
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let in_life = IN_LIFE.iter().fold(text.clone(), |text, (sample, real)| text.replace(sample, real));
            for text in [text, in_life] {
                let judgement = knowledge.judge(&mail(&text), None, "default", &now).unwrap();
                if judgement.outcome.judged != Verdict::Relay {
                    stopped.push(format!("{}: {:?}", file.display(), judgement.outcome.categories));
                }
            }
        }
    }
    assert!(stopped.is_empty(), "{}", stopped.join("\n"));
}
