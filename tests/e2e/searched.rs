//! The search for planted words finds them, in every form and in every place that it looks at.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::capture::{Behaviour, Capture};
use crate::mail::{confidential, holding, send, wait_for};
use crate::planted::{Found, PLANTED, assert_notice, assert_output, forms, search, search_folder};
use crate::sluss::Site;

/// As a text has it: in the middle, so that base64 begins at any of three places.
fn written(word: &str, before: usize) -> Vec<(&'static str, Vec<u8>)> {
    let text = format!("{}{word} och mer", "x".repeat(before));
    vec![
        ("clear", text.clone().into_bytes()),
        ("hex", data_encoding::HEXLOWER.encode(text.as_bytes()).into_bytes()),
        ("hex", data_encoding::HEXUPPER.encode(text.as_bytes()).into_bytes()),
        ("base64", data_encoding::BASE64.encode(text.as_bytes()).into_bytes()),
        ("base64", data_encoding::BASE64URL.encode(text.as_bytes()).into_bytes()),
    ]
}

#[test]
fn every_word_is_found_in_every_form() {
    for (position, word) in PLANTED.iter().enumerate() {
        for before in 0..6 {
            for (form, bytes) in written(word, before) {
                let found =
                    search("here", &bytes).unwrap_or_else(|| panic!("word {position} in {form} after {before}"));
                // Another word may be a part of it.
                assert!(found.form == form && PLANTED[position].contains(PLANTED[found.word]), "{found:?}");
            }
        }
    }
    assert_eq!(search("here", "Vi ses klockan tre. 20261122-1234, =C3=A5".as_bytes()), None);
}

/// A house in which somebody has left a word; whether it says so when it is closed.
fn notices(leave: impl FnOnce(&Site)) -> bool {
    let house = || {
        let site = Site::new(crate::mail::NETWORKS, "");
        leave(&site);
    };
    catch_unwind(AssertUnwindSafe(house)).is_err()
}

#[test]
fn a_house_does_not_close_with_a_planted_word_in_it() {
    let write = |site: &Site, name: &str, text: &[u8]| {
        let path = site.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let number = PLANTED[0];
    assert!(!notices(|_| ()));
    assert!(!notices(|site| write(site, "log", b"nothing")));
    assert!(!notices(|site| write(site, "in/mail.eml", number.as_bytes())), "mail to be read may hold it");
    for name in ["log", "store/sluss.db", "store/sluss.db-wal", "tmp/a.part", "mail.eml.tmp"] {
        for (form, text) in forms(number) {
            assert!(notices(|site| write(site, name, format!("…{text}…").as_bytes())), "{name} {form}");
        }
    }
    assert!(notices(|site| write(site, &format!("tmp/{number}.txt"), b"")), "a file's name tells as well");
    // What the real program says, when nobody asked it to show content.
    let folder = tempfile::tempdir().unwrap();
    let mail = folder.path().join("mail.eml");
    std::fs::write(&mail, confidential("1")).unwrap();
    let arguments = ["check", "--text", mail.to_str().unwrap()];
    let shown = crate::sluss::run(&arguments);
    assert!(catch_unwind(|| assert_output(&["check"], &shown)).is_err());
}

#[test]
fn a_notice_and_a_database_that_tell_would_be_found() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), "");
    let sluss = site.start();
    assert!(
        send(site.address(), "kari@social.kommun.example", &["ola@firma.example"], &confidential("1")).contains("held")
    );
    let notice = wait_for(&capture, 1).remove(0).text;
    assert_notice(&notice);
    // The same notice, with a word in its subject or, encoded, in its text.
    let text = String::from_utf8(notice).unwrap();
    let subject = text.replacen("\r\nSubject: ", &format!("\r\nSubject: {} ", PLANTED[3]), 1);
    let encoded = data_encoding::BASE64.encode(format!("Hej {}", PLANTED[4]).as_bytes());
    let body = format!(
        "Auto-Submitted: auto-replied\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n{}\r\n",
        &encoded[..6],
        &encoded[6..]
    );
    for telling in [subject, body] {
        assert_ne!(telling, text);
        assert!(catch_unwind(|| assert_notice(telling.as_bytes())).is_err());
    }
    // A table with a word in clear, beside the real ones, found in the file or its write-ahead log.
    assert_eq!(search_folder(site.path()), [], "the program itself has left nothing");
    let told = tokio::runtime::Runtime::new().unwrap().block_on(async {
        use sqlx::{ConnectOptions, Executor};
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(site.path().join("store/sluss.db"));
        let mut connection = options.connect().await.unwrap();
        connection.execute("CREATE TABLE told (word TEXT)").await.unwrap();
        connection.execute(format!("INSERT INTO told VALUES ('{}')", PLANTED[1]).leak() as &str).await.unwrap();
        let told = search_folder(site.path());
        connection
            .execute("PRAGMA secure_delete = ON; DROP TABLE told; PRAGMA wal_checkpoint(TRUNCATE)")
            .await
            .unwrap();
        told
    });
    assert!(told.iter().any(|Found { place, word, .. }| place.starts_with("store/sluss.db") && *word == 1), "{told:?}");
    assert!(sluss.stop().success());
}
