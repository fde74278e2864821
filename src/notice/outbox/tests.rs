use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::*;
use crate::message::{MessageId, Reference};
use crate::notice::facts::{Language, Machine, NoticeKind};
use crate::notice::settings::Settings;
use crate::notice::sink::Sink;
use crate::notice::texts::Texts;
use crate::relay::Settings as HopSettings;
use crate::store::sqlite::Settings as StoreSettings;
use crate::store::{Database, Entry, NewHeld, NewNotice, QueueRecord};

struct Bench {
    outbox: Outbox,
    store: Arc<dyn Store>,
    keys: Arc<Keys>,
    start: Timestamp,
    _folder: tempfile::TempDir,
}

/// A real store, real encryption, and a mailer to this port.
async fn bench(port: u16) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let settings = StoreSettings {
        path: folder.path().join("sluss.db"),
        writer: "test".to_owned(),
        busy_timeout: Duration::from_secs(5),
        create: true,
    };
    let store: Arc<dyn Store> = Arc::new(Database::open(settings).await.unwrap());
    let keys = Arc::new(Keys::derive(&[7; 32]));
    let voice = Arc::new(ArcSwapOption::from_pointee(voice(port)));
    let outbox = Outbox::new(Arc::clone(&store), Arc::clone(&keys), voice);
    Bench { outbox, store, keys, start: "2027-03-03T13:05:00Z".parse().unwrap(), _folder: folder }
}

fn voice(port: u16) -> Voice {
    Voice { composer: composer(), mailer: Mailer::new(&hop(port)).unwrap() }
}

fn composer() -> Composer {
    let settings = Settings {
        from: "Sluss <sluss@kommun.example>".to_owned(),
        hostname: "sluss.kommun.example".to_owned(),
        policy: None,
        desk: None,
        duty_phone: None,
        review_hours: None,
        how_to_secure: BTreeMap::new(),
        console_url: None,
        time_zone: TimeZone::UTC,
    };
    Composer::new(settings, Texts::builtin().unwrap()).unwrap()
}

fn hop(port: u16) -> HopSettings {
    HopSettings { max_connections: 1, ..HopSettings::plain("default", format!("127.0.0.1:{port}")) }
}

fn facts(to: &[&str]) -> NoticeFacts {
    NoticeFacts {
        kind: NoticeKind::Held,
        language: Language::Sv,
        to: to.iter().map(|&a| a.to_owned()).collect(),
        recipients: vec!["ola@post.example".to_owned()],
        reached: Vec::new(),
        others: false,
        categories: vec!["health".to_owned()],
        places: Vec::new(),
        obstacle: Default::default(),
        unreadable: Vec::new(),
        reference: None,
        urgent: false,
        unit: "social".to_owned(),
        at: "2027-03-03T13:05:00Z".to_owned(),
        days: 14,
        secure_tag: None,
        urgent_phone: None,
        link_token: None,
        secure_way: false,
        advice: None,
        mailed_back: false,
        service: Default::default(),
        provisions: Vec::new(),
        untold: false,
        machine: None,
        gathered: Vec::new(),
    }
}

impl Bench {
    async fn add(&self, keys: &Keys, facts: &NoticeFacts) -> NoticeId {
        let id = NoticeId::random();
        let payload = keys.seal_outbox(&id.0, &serde_json::to_vec(facts).unwrap());
        let reference = Some("ABCD-2345".to_owned());
        let notice = NewNotice {
            id,
            reference,
            payload,
            topics: Vec::new(),
            created_at: self.start,
            due: self.start,
            link: None,
        };
        self.store.outbox_add(&notice).await.unwrap();
        id
    }

    /// With its plan, as a hold adds it.
    async fn plan(&self, facts: &NoticeFacts, reference: &str, minute: i64) {
        let id = NoticeId::random();
        let at = self.start + SignedDuration::from_mins(minute);
        let plan = gather::Plan::of(facts, &self.keys, at, &TimeZone::UTC);
        let payload = self.keys.seal_outbox(&id.0, &serde_json::to_vec(facts).unwrap());
        let reference = Some(reference.to_owned()).filter(|reference| !reference.is_empty());
        let created_at = at.max(plan.due);
        let notice = NewNotice { id, reference, payload, topics: plan.topics, created_at, due: plan.due, link: None };
        self.store.outbox_add(&notice).await.unwrap();
    }

    /// A held mail of this reference.
    async fn hold(&self, reference: &str) -> MessageId {
        let id = MessageId::random();
        let held = NewHeld {
            id,
            reference: reference.parse::<Reference>().unwrap(),
            record: QueueRecord {
                unit: "social".to_owned(),
                categories: Vec::new(),
                severity: "high".to_owned(),
                channels: Vec::new(),
                mode: "enforce".to_owned(),
                urgent: false,
                private: false,
                four_eyes: false,
                keep_decision: None,
                held_at: self.start,
                expires_at: self.start + SignedDuration::from_hours(14 * 24),
            },
            copy_digests: Vec::new(),
            duplicate_digests: Vec::new(),
            sealed_to: Vec::new(),
            copies_since: self.start,
            value_digests: Vec::new(),
            mailbox_digests: Vec::new(),
            recipients: 1,
            evidence: b"sealed".to_vec(),
            content: b"sealed".to_vec(),
            notices: Vec::new(),
            entry: self.entry("held", id),
        };
        self.store.hold(held).await.unwrap();
        id
    }

    fn entry(&self, event: &'static str, id: MessageId) -> Entry {
        let (actor, unit) = ("system".to_owned(), Some("social".to_owned()));
        Entry { at: self.start, event, actor, message: Some(id), reference: None, unit, reason: None, detail: None }
    }

    async fn step_after(&mut self, minutes: i64) -> bool {
        self.outbox.step(self.start + SignedDuration::from_mins(minutes)).await.unwrap()
    }

    async fn waiting(&self) -> u64 {
        self.store.outbox_waiting().await.unwrap()
    }
}

/// Unfolded value of a header field, or none.
fn field<'a>(mail: &'a str, name: &str) -> Option<&'a str> {
    let (header, _) = mail.split_once("\r\n\r\n").unwrap();
    header.split("\r\n").find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[tokio::test]
async fn delivered_from_the_null_path_as_an_automatic_reply() {
    let sink = Sink::start(None).await;
    let mut bench = bench(sink.port).await;
    let id = bench.add(&bench.keys, &facts(&["kari@kommun.example"])).await;
    assert!(bench.step_after(0).await);
    assert!(!bench.step_after(0).await, "nothing is left");
    assert_eq!(bench.waiting().await, 0);

    let taken = sink.taken();
    let [taken] = taken.as_slice() else { panic!("{} mails", taken.len()) };
    assert_eq!((taken.from.as_str(), taken.to.as_str()), ("", "kari@kommun.example"));
    let message_id = format!("<{}@sluss.kommun.example>", HEXLOWER.encode(&id.0));
    for (name, expected) in [
        ("From", "Sluss <sluss@kommun.example>"),
        ("To", "kari@kommun.example"),
        ("Subject", "Ditt mejl har inte skickats (ref ABCD-2345)"),
        ("Date", "Wed, 03 Mar 2027 13:05:00 +0000"),
        ("Message-ID", message_id.as_str()),
        ("References", "<ABCD-2345@sluss.kommun.example>"),
        ("Auto-Submitted", "auto-replied"),
        ("X-Auto-Response-Suppress", "All"),
        ("Content-Language", "sv"),
        ("MIME-Version", "1.0"),
    ] {
        assert_eq!(field(&taken.mail, name), Some(expected), "{name}");
    }
    assert!(field(&taken.mail, "Content-Type").unwrap().starts_with("multipart/alternative"));
    // No other field: what is not here can carry nothing of the original.
    let (header, _) = taken.mail.split_once("\r\n\r\n").unwrap();
    let mut names: Vec<_> = header.split("\r\n").filter_map(|line| Some(line.split_once(": ")?.0)).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "Auto-Submitted",
            "Content-Language",
            "Content-Type",
            "Date",
            "From",
            "MIME-Version",
            "Message-ID",
            "References",
            "Subject",
            "To",
            "X-Auto-Response-Suppress",
        ]
    );
    let parsed = mail_parser::MessageParser::default().parse(taken.mail.as_bytes()).unwrap();
    assert!(parsed.body_text(0).unwrap().contains("stannat hos oss"));
    assert!(parsed.body_html(0).unwrap().contains("<strong>stannat hos oss</strong>"));
    assert_eq!(parsed.attachment_count(), 0);
}

#[tokio::test]
async fn tried_again_after_growing_pauses_and_given_up_after_five_days() {
    let sink = Sink::start(None).await;
    let mut bench = bench(sink.port).await;
    bench.add(&bench.keys, &facts(&["later@kommun.example"])).await;
    let mut attempts = Vec::new();
    // Looking every minute for six days, as a busy worker would.
    for minute in 0..6 * 24 * 60 {
        if bench.step_after(minute).await {
            attempts.push(minute);
        }
    }
    assert_eq!(attempts[..9], [0, 1, 3, 7, 15, 31, 63, 123, 183]);
    assert!(*attempts.last().unwrap() >= 5 * 24 * 60 && *attempts.last().unwrap() <= 5 * 24 * 60 + 60);
    assert_eq!((bench.waiting().await, sink.taken().len()), (0, 0));
}

#[tokio::test]
async fn a_next_hop_that_is_away_loses_nothing() {
    let port = Sink::start(None).await.port; // closed again
    let mut bench = bench(port).await;
    bench.add(&bench.keys, &facts(&["kari@kommun.example"])).await;
    assert!(bench.step_after(0).await);
    assert_eq!(bench.waiting().await, 1);

    let sink = Sink::start(None).await;
    bench.outbox.voice.store(Some(Arc::new(voice(sink.port))));
    assert!(bench.step_after(1).await);
    assert_eq!((bench.waiting().await, sink.taken().len()), (0, 1));
}

#[tokio::test]
async fn each_recipient_gets_it_once_whatever_happens_to_the_others() {
    let sink = Sink::start(None).await;
    let mut bench = bench(sink.port).await;
    let to = ["anna@kommun.example", "dead@kommun.example", "later-once@kommun.example", "bo@kommun.example"];
    bench.add(&bench.keys, &facts(&to)).await;
    assert!(bench.step_after(0).await);
    assert_eq!(bench.waiting().await, 1, "one still waits");
    assert!(bench.step_after(1).await);
    assert_eq!(bench.waiting().await, 0);
    let got: Vec<String> = sink.taken().into_iter().map(|t| t.to).collect();
    assert_eq!(got, ["anna@kommun.example", "bo@kommun.example", "later-once@kommun.example"]);
    assert!(bench.outbox.progress.is_empty());
}

#[tokio::test]
async fn a_flood_is_spread_over_hours() {
    let sink = Sink::start(None).await;
    let mut bench = bench(sink.port).await;
    for _ in 0..40 {
        bench.add(&bench.keys, &facts(&["system@kommun.example"])).await;
    }
    while bench.step_after(0).await {}
    assert_eq!((bench.waiting().await, sink.taken().len()), (10, 30));
    while bench.step_after(60).await {}
    assert_eq!((bench.waiting().await, sink.taken().len()), (0, 40));
}

#[tokio::test]
async fn the_same_again_is_told_in_one_notice_that_names_each_reference() {
    let sink = Sink::start(None).await;
    let mut bench = bench(sink.port).await;
    for (minute, reference) in [(0, "ABCD-2345"), (1, "EFGH-6789"), (2, "JKMN-2345")] {
        bench.plan(&facts(&["kari@kommun.example"]), reference, minute).await;
    }
    let other = NoticeFacts { recipients: vec!["per@post.example".to_owned()], ..facts(&["kari@kommun.example"]) };
    bench.plan(&other, "NPQR-6789", 1).await;
    while bench.step_after(3).await {}
    assert_eq!(bench.waiting().await, 0);
    let taken = sink.taken();
    let subjects: Vec<_> = taken.iter().map(|taken| field(&taken.mail, "Subject").unwrap()).collect();
    assert_eq!(subjects, ["3 mejl har inte skickats", "Ditt mejl har inte skickats (ref NPQR-6789)"]);
    let parsed = mail_parser::MessageParser::default().parse(taken[0].mail.as_bytes()).unwrap();
    for reference in ["ABCD-2345", "EFGH-6789", "JKMN-2345"] {
        assert!(parsed.body_text(0).unwrap().contains(reference) && parsed.body_html(0).unwrap().contains(reference));
    }
}

#[tokio::test]
async fn what_is_put_off_together_is_sent_together_under_one_name() {
    let sink = Sink::start(None).await;
    let mut bench = bench(sink.port).await;
    for reference in ["ABCD-2345", "EFGH-6789"] {
        bench.plan(&facts(&["later-once@kommun.example"]), reference, 0).await;
    }
    assert!(bench.step_after(0).await);
    assert_eq!(bench.waiting().await, 2);
    bench.plan(&facts(&["later-once@kommun.example"]), "JKMN-2345", 1).await;
    while bench.step_after(1).await {}
    assert_eq!(bench.waiting().await, 0);
    let mut subjects: Vec<_> =
        sink.taken().iter().map(|taken| field(&taken.mail, "Subject").unwrap().to_owned()).collect();
    subjects.sort();
    assert_eq!(subjects, ["2 mejl har inte skickats", "Ditt mejl har inte skickats (ref JKMN-2345)"]);
}

#[tokio::test]
async fn reviewers_hear_of_what_still_waits_a_quarter_of_an_hour_later() {
    let sink = Sink::start(None).await;
    let mut bench = bench(sink.port).await;
    let reviewers = NoticeFacts { kind: NoticeKind::ReviewerHeld, ..facts(&["granskare@kommun.example"]) };
    for (minute, reference) in [(0, "ABCD-2345"), (5, "EFGH-6789"), (10, "JKMN-2345")] {
        let id = bench.hold(reference).await;
        bench.plan(&reviewers, reference, minute).await;
        if minute == 5 {
            bench.store.discard(id, None, &bench.entry("discarded", id)).await.unwrap();
        }
    }
    assert!(!bench.step_after(14).await, "not yet");
    assert!(bench.step_after(15).await);
    assert_eq!((bench.waiting().await, sink.taken().len()), (0, 1), "one for all of them");
    let mail = sink.taken().remove(0).mail;
    let parsed = mail_parser::MessageParser::default().parse(mail.as_bytes()).unwrap();
    assert_eq!(parsed.subject(), Some("2 mejl väntar på granskning"));
    let text = parsed.body_text(0).unwrap();
    assert!(text.contains("ABCD-2345") && text.contains("JKMN-2345"), "{text}");
    assert!(!text.contains("EFGH-6789"), "it is decided");
    assert!(text.contains("om 14 dagar"), "{text}");

    let urgent = NoticeFacts { urgent: true, ..reviewers };
    bench.hold("NPQR-6789").await;
    bench.plan(&urgent, "NPQR-6789", 20).await;
    assert!(bench.step_after(20).await, "at once");
    assert_eq!(sink.taken().len(), 2);
}

#[tokio::test]
async fn a_warning_of_what_has_been_decided_is_not_sent() {
    let sink = Sink::start(None).await;
    let mut bench = bench(sink.port).await;
    let warning = NoticeFacts { kind: NoticeKind::ReviewerExpiring, ..facts(&["granskare@kommun.example"]) };
    let id = bench.hold("ABCD-2345").await;
    bench.store.discard(id, None, &bench.entry("discarded", id)).await.unwrap();
    bench.plan(&warning, "ABCD-2345", 0).await;
    bench.plan(&warning, "EFGH-6789", 0).await;
    while bench.step_after(0).await {}
    assert_eq!((bench.waiting().await, sink.taken().len()), (0, 0));
    bench.hold("JKMN-2345").await;
    bench.plan(&warning, "JKMN-2345", 12 * 24 * 60).await;
    assert!(bench.step_after(12 * 24 * 60).await);
    let text = sink.taken().remove(0).mail;
    let parsed = mail_parser::MessageParser::default().parse(text.as_bytes()).unwrap();
    assert_eq!(parsed.subject(), Some("Ett mejl raderas om 2 dagar (ref JKMN-2345)"));
}

#[tokio::test]
async fn a_machine_is_told_of_once_a_day() {
    let sink = Sink::start(None).await;
    let mut bench = bench(sink.port).await;
    let of = |outcome| NoticeFacts {
        kind: NoticeKind::ServiceDigest,
        machine: Some(Machine { sender: Some("skanner@kommun.example".to_owned()), outcome }),
        ..facts(&["drift@kommun.example"])
    };
    bench.plan(&of(NoticeKind::Held), "ABCD-2345", 0).await;
    bench.plan(&of(NoticeKind::Warned), "", 3 * 60).await;
    assert!(!bench.step_after(16 * 60).await, "five in the morning");
    assert!(bench.step_after(17 * 60).await);
    let mail = sink.taken().remove(0).mail;
    assert_eq!((bench.waiting().await, sink.taken().len()), (0, 1));
    let text = mail_parser::MessageParser::default().parse(mail.as_bytes()).unwrap().body_text(0).unwrap().into_owned();
    assert!(text.contains("skanner@kommun.example") && text.contains("Stannat hos oss: 1 (ref ABCD-2345)"), "{text}");
}

#[tokio::test]
async fn a_dead_mailbox_ends_it_at_once() {
    let sink = Sink::start(None).await;
    let mut bench = bench(sink.port).await;
    bench.add(&bench.keys, &facts(&["dead@kommun.example"])).await;
    assert!(bench.step_after(0).await);
    assert_eq!((bench.waiting().await, sink.taken().len()), (0, 0));
}

#[tokio::test]
async fn a_payload_of_another_secret_waits_for_the_right_one() {
    let sink = Sink::start(None).await;
    let mut bench = bench(sink.port).await;
    let other = Keys::derive(&[8; 32]);
    bench.add(&other, &facts(&["kari@kommun.example"])).await;
    assert!(bench.step_after(0).await);
    assert_eq!((bench.waiting().await, sink.taken().len()), (1, 0));
    bench.outbox.keys = Arc::new(other);
    assert!(bench.step_after(1).await);
    assert_eq!((bench.waiting().await, sink.taken().len()), (0, 1));
}

#[tokio::test]
async fn runs_until_it_is_told_to_stop() {
    let sink = Sink::start(None).await;
    let Bench { outbox, store, keys, start, _folder } = bench(sink.port).await;
    let (stop, shutdown) = watch::channel(false);
    let running = tokio::spawn(outbox.run(shutdown));
    let id = NoticeId::random();
    let payload = keys.seal_outbox(&id.0, &serde_json::to_vec(&facts(&["kari@kommun.example"])).unwrap());
    let due = Timestamp::now() - SignedDuration::from_mins(1);
    let reference = Some("ABCD-2345".to_owned());
    store
        .outbox_add(&NewNotice { id, reference, payload, topics: Vec::new(), created_at: start, due, link: None })
        .await
        .unwrap();
    tokio::time::timeout(Duration::from_secs(30), async {
        while store.outbox_waiting().await.unwrap() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(30), running).await.unwrap().unwrap();
    assert_eq!(sink.taken().len(), 1);
}
