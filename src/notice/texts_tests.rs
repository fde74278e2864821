use super::*;

/// A folder of replacements as `[patterns] dir` would be.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join("notices").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn builtin(name: &str) -> &'static str {
    BUILTIN.iter().find(|(builtin, _)| *builtin == name).unwrap().1
}

#[test]
fn every_language_has_every_text() {
    let texts = Texts::builtin().unwrap();
    for language in Language::ALL {
        let edition = texts.edition(language).unwrap();
        assert!(NoticeKind::ALL.into_iter().all(|kind| edition.template(kind).is_some()), "{language:?}");
    }
    assert_eq!(BUILTIN.len(), 1 + Language::ALL.len() * (1 + NoticeKind::ALL.len()), "no text is left over");
}

#[test]
fn one_file_is_replaced_and_the_others_stay() {
    let folder = folder(&[("sv/expired.md", "Subject: Borta ({ref})\n\nDet är borta.")]);
    let texts = Texts::load(folder.path()).unwrap();
    let shown = |kind| format!("{:?}", texts.edition(Language::Sv).unwrap().template(kind).unwrap());
    assert!(shown(NoticeKind::Expired).contains("Det är borta."));
    assert!(shown(NoticeKind::Warned).contains("Ditt mejl är skickat"));
}

#[test]
fn a_folder_without_notices_replaces_nothing() {
    assert!(Texts::load(tempfile::tempdir().unwrap().path()).is_ok());
}

/// What an administrator gets wrong, and what he is told: file, place, fault.
#[test]
fn faults_name_their_place() {
    let words = builtin("nn/words.toml");
    let cases: Vec<(&str, String, &[&str])> = vec![
        ("sv/held.md", "Hej".to_owned(), &["sv/held.md", "Subject: "]),
        ("sv/held.md", "Subject: x\n\n{dekk}".to_owned(), &["sv/held.md", "there is no `{dekk}`"]),
        ("sv/held.md", "Subject: x\n\nRing {desk}.".to_owned(), &["`{desk}` may be absent", "[[ ]]"]),
        ("sv/held.md", "Subject: x\n\n[Öppna]({secure_link})".to_owned(), &["`{secure_link}` may be absent"]),
        ("sv/held.md", "Subject: x\n\n[[{desk}".to_owned(), &["`]]` is opened and not closed"]),
        ("sv/rejected.md", "Subject: x ({ref})\n\nHej".to_owned(), &["`{ref}` may be absent"]),
        ("sv/hold.md", "Subject: x\n\nHej".to_owned(), &["hold.md", "no notice text of this name"]),
        ("dk/held.md", "Subject: x\n\nHej".to_owned(), &["dk", "no notice text of this name"]),
        ("nn/words.toml", "and = 1".to_owned(), &["nn/words.toml"]),
        (
            "nn/words.toml",
            words.replace("\nhealth = \"helse\"", ""),
            &["nn/words.toml", "`categories.health` is missing"],
        ),
        ("nn/words.toml", words.replace("\"mars\", ", ""), &["nn/words.toml", "twelve months"]),
        ("nn/words.toml", words.replace("om {n} dagar", "om {days} dagar"), &["by_days.in_days.many", "{n}"]),
        ("nn/words.toml", words.replace("{if others}Andre", "{if andre}Andre"), &["phrases.others", "`{andre}`"]),
        ("page.html", "<p>{body}</p>".to_owned(), &["page.html", "{lang}"]),
    ];
    for (file, text, expected) in cases {
        let folder = folder(&[(file, text.as_str())]);
        let Err(error) = Texts::load(folder.path()) else { panic!("{file} was accepted: {text}") };
        let error = error.to_string();
        assert!(expected.iter().all(|part| error.contains(part)), "{expected:?} not in: {error}");
    }
}
