//! Pictures: who waits for whom, and what a unit's own pictures become. The reader of pictures is a script.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex as Lock};

use super::*;
use crate::detect::{Basis, Category};
use crate::inspect::pictures::{Pictures, Time, Unread};
use crate::inspect::{Reason, attachments};
use crate::policy::Verdict as Judged;
use familiar::Familiar;

/// Reads what it is told to, while it may.
struct Scripted {
    words: &'static str,
    may_read: Lock<bool>,
    told: Condvar,
    at_once: usize,
    reading: AtomicUsize,
    most: AtomicUsize,
    begun: AtomicUsize,
}

impl Scripted {
    fn new(words: &'static str, may_read: bool) -> Arc<Scripted> {
        Arc::new(Scripted {
            words,
            may_read: Lock::new(may_read),
            told: Condvar::new(),
            at_once: 1,
            reading: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            begun: AtomicUsize::new(0),
        })
    }

    fn go(&self) {
        *self.may_read.lock().expect("no panic") = true;
        self.told.notify_all();
    }

    fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }
}

impl Pictures for Scripted {
    fn at_once(&self) -> usize {
        self.at_once
    }

    fn read(&self, _picture: &[u8], _page: usize, _time: Time) -> Result<Vec<String>, Unread> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let now = self.reading.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let may = self.may_read.lock().expect("no panic");
        drop(self.told.wait_while(may, |may| !*may).expect("no panic"));
        self.reading.fetch_sub(1, Ordering::SeqCst);
        let word = |(number, word)| format!("5\t1\t1\t1\t1\t{number}\t0\t0\t9\t9\t95\t{word}\n");
        Ok(vec![self.words.split(' ').filter(|word| !word.is_empty()).enumerate().map(word).collect()])
    }
}

/// A picture as far as its header tells: 1000 × 1000, not small.
fn png() -> String {
    let header = [&b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR"[..], &1000_u32.to_be_bytes(), &1000_u32.to_be_bytes()].concat();
    let bytes = [header, vec![7; 30_000]].concat();
    let mut encoded = data_encoding::BASE64.encode(&bytes);
    for at in (1..=encoded.len() / 76).rev() {
        encoded.insert_str(at * 76, "\r\n");
    }
    encoded
}

/// A mail of `from` with a picture whose part has these fields.
fn with_picture(number: usize, from: &str, fields: &str, text: &str) -> RawMessage {
    let mail = format!(
        "From: {from}\r\nTo: ola@firma.example\r\nMessage-ID: <{number}@kommun.example>\r\nSubject: Bilde\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n{text}\r\n\
         --x\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n{fields}\r\n{}\r\n--x--\r\n",
        png()
    );
    RawMessage::uncounted(mail.into_bytes())
}

const ATTACHED: &str = "Content-Disposition: attachment; filename=bilde.png\r\n";
const SHOWN: &str = "Content-ID: <logo>\r\nContent-Disposition: inline; filename=logo.png\r\n";
const OFFICE: &str = "Kari <kari@kommun.example>";
const CASEWORK: &str = "Barneverntjenesten <barnevern@kommun.example>";
const LETTER: &str = "Vedtak om sosialhjelp for Karin Dahlqvist, personnummer 19941227-2396, innvilget";

fn knowledge(pictures: &Arc<Scripted>, familiar: &Arc<Familiar>) -> Knowledge {
    let units = Units::new(vec![Unit::fallback(Rules::new(Mode::Enforce))]);
    Knowledge {
        edition: crate::pipeline::Edition::of(&Detector::builtin(), &units),
        detector: Detector::builtin(),
        registry: Registry::new(Vec::new()).expect("no channels"),
        units,
        count_synthetic: true,
        attachments: Arc::new(attachments::Closed),
        pictures: pictures.clone(),
        register: Arc::default(),
        familiar: familiar.clone(),
    }
}

fn judge(knowledge: &Knowledge, message: &RawMessage) -> Judgement {
    knowledge.judge(message, None, DEFAULT_HOP, &Zoned::now()).expect("no fault")
}

fn photos(judgement: &Judgement) -> Vec<(String, Option<String>)> {
    let photos = judgement.assessment.findings.iter().filter(|finding| finding.category == Category::Photo);
    photos.map(|f| (f.origin.part.to_string(), f.origin.place.as_deref().map(str::to_owned))).collect()
}

/// On one thread: nothing of a mail that waits for its pictures may stand in the way of the others.
#[tokio::test]
async fn mail_without_pictures_does_not_wait_for_mail_with() {
    let house = Arc::new(House::new(Wishes { connections: 21, ..Wishes::default() }).await);
    let reader = Scripted::new("", false);
    house.know(knowledge(&reader, &Arc::default()));
    let padding = "Vi ses i morgen.\r\n".repeat(LARGE / 18);
    let mut waiting = Vec::new();
    for number in 0..10 {
        let (house, text) = (house.clone(), if number % 2 == 0 { "Hei" } else { padding.as_str() });
        let message = with_picture(number, OFFICE, ATTACHED, text);
        waiting.push(tokio::spawn(async move { house.send(&["<a@firma.example>"], message).await }));
    }
    while reader.begun() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for body in [CLEAN, &padding] {
        for _ in 0..5 {
            let sent = house.send(&["<b@firma.example>"], mail("", body)).await;
            assert!(matches!(sent, Ok(Accepted::Relayed(_))), "{sent:?}");
        }
    }
    assert!(waiting.iter().all(|one| !one.is_finished()), "all ten are still waiting");
    assert_eq!(reader.begun(), 1, "one of them for its text, nine for their turn");
    reader.go();
    for one in waiting {
        let sent = one.await.expect("no panic");
        assert!(matches!(sent, Ok(Accepted::Relayed(_))), "{sent:?}");
    }
    assert_eq!((reader.begun(), reader.most.load(Ordering::SeqCst)), (10, 1));
}

/// Each of them holds a connection to the next hop.
#[tokio::test]
async fn those_that_wait_leave_half_of_the_connections_to_the_others() {
    let house = Arc::new(House::new(Wishes { connections: 4, ..Wishes::default() }).await);
    let reader = Scripted::new("", false);
    house.know(knowledge(&reader, &Arc::default()));
    let send = |number| {
        let house = house.clone();
        let message = with_picture(number, OFFICE, ATTACHED, "Hei");
        tokio::spawn(async move { house.send(&["<a@firma.example>"], message).await })
    };
    let waiting = [send(0), send(1)];
    while house.pipeline.queue.load(Ordering::SeqCst) < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Nobody reads the pictures of the third: it is as one with a picture that cannot be read, and goes on.
    let third = send(2).await.expect("no panic");
    assert!(matches!(third, Ok(Accepted::Relayed(_))), "{third:?}");
    let sent = house.send(&["<b@firma.example>"], mail("", CLEAN)).await;
    assert!(matches!(sent, Ok(Accepted::Relayed(_))), "{sent:?}");
    reader.go();
    for one in waiting {
        assert!(matches!(one.await.expect("no panic"), Ok(Accepted::Relayed(_))));
    }
    assert_eq!((reader.begun(), house.pipeline.queue.load(Ordering::SeqCst)), (2, 0));
}

#[tokio::test]
async fn what_a_picture_says_counts_like_any_other_text() {
    let house = House::new(Wishes::default()).await;
    let reader = Scripted::new(LETTER, true);
    house.know(knowledge(&reader, &Arc::default()));
    let sent = house.send(&["<a@firma.example>"], with_picture(1, OFFICE, ATTACHED, "Hei")).await;
    assert!(matches!(sent, Ok(Accepted::Held { .. })), "{sent:?}");
}

#[test]
fn a_picture_without_text_is_a_photo_in_casework_alone() {
    let (empty, letter) = (Scripted::new("", true), Scripted::new(LETTER, true));
    let picture = || vec![("2".to_owned(), Some("picture".to_owned()))];
    for (what, reader, from, fields, found) in [
        ("attached", &empty, CASEWORK, ATTACHED, picture()),
        ("without a case", &empty, OFFICE, ATTACHED, vec![]),
        ("shown by the text", &empty, CASEWORK, SHOWN, vec![]),
        (
            "inline, as phones attach",
            &empty,
            CASEWORK,
            "Content-Disposition: inline; filename=IMG_1.png\r\n",
            picture(),
        ),
        ("a scan that was read", &letter, CASEWORK, ATTACHED, vec![]),
    ] {
        let judgement = judge(&knowledge(reader, &Arc::default()), &with_picture(1, from, fields, "Hei"));
        assert_eq!(photos(&judgement), found, "{what}");
        assert!(judgement.inspection.uninspectable.is_empty(), "{what}");
        let of_photo = judgement.assessment.disclosures.iter().filter(|d| d.basis == Basis::PhotoInCasework).count();
        assert_eq!(of_photo, found.len(), "{what}");
        if !found.is_empty() {
            assert_eq!((judgement.outcome.confidential, judgement.outcome.judged), (false, Judged::Warn), "{what}");
        }
    }
}

#[test]
fn a_picture_that_a_unit_sends_all_week_is_decoration_and_not_read_again() {
    let (reader, familiar) = (Scripted::new("", true), Arc::new(Familiar::default()));
    let knowledge = knowledge(&reader, &familiar);
    for number in 0..=20 {
        let message = with_picture(number, CASEWORK, ATTACHED, "Hei");
        assert_eq!(photos(&judge(&knowledge, &message)).len(), 1, "mail {number}");
        // Its copy for another recipient is the same mail.
        judge(&knowledge, &message);
    }
    let read = reader.begun();
    assert_eq!(read, 42);
    let judgement = judge(&knowledge, &with_picture(21, CASEWORK, ATTACHED, "Hei"));
    assert_eq!((photos(&judgement).len(), judgement.inspection.uninspectable.len(), reader.begun()), (0, 0, read));
    assert_eq!(judgement.outcome.judged, Judged::Relay);
}

/// Else the twenty-second recipient of a mail merge would get what the first did not.
#[test]
fn a_picture_in_which_something_was_found_is_read_every_time() {
    let (reader, familiar) = (Scripted::new(LETTER, true), Arc::new(Familiar::default()));
    let knowledge = knowledge(&reader, &familiar);
    for number in 0..30 {
        let judgement = judge(&knowledge, &with_picture(number, OFFICE, ATTACHED, "Hei"));
        assert!(judgement.outcome.confidential, "mail {number}");
    }
    assert_eq!(reader.begun(), 30);
}

#[test]
fn pictures_beyond_the_pages_of_a_message_are_image_only() {
    let reader = Scripted::new("", true);
    let part = format!("--x\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n", png());
    let mail = format!(
        "From: {OFFICE}\r\nSubject: Bilder\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\
         {}--x--\r\n",
        part.repeat(7)
    );
    let judgement = judge(&knowledge(&reader, &Arc::default()), &RawMessage::uncounted(mail.into_bytes()));
    let unread: Vec<_> = judgement.inspection.uninspectable.iter().map(|u| (u.part.as_str(), u.reason)).collect();
    assert_eq!(unread, [("6", Reason::ImageOnly), ("7", Reason::ImageOnly)]);
    assert_eq!(reader.begun(), 5);
}
