use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::*;
use crate::notice::facts::{Language, NoticeKind};
use crate::notice::settings::Settings;
use crate::notice::sink::Sink;
use crate::notice::texts::Texts;
use crate::relay::Settings as HopSettings;
use crate::store::sqlite::Settings as StoreSettings;
use crate::store::{Database, NewNotice};

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
        service: Default::default(),
    }
}

impl Bench {
    async fn add(&self, keys: &Keys, facts: &NoticeFacts) -> NoticeId {
        let id = NoticeId::random();
        let payload = keys.seal_outbox(&id.0, &serde_json::to_vec(facts).unwrap());
        let reference = Some("ABCD-2345".to_owned());
        let notice = NewNotice { id, reference, payload, created_at: self.start, due: self.start };
        self.store.outbox_add(&notice).await.unwrap();
        id
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
    store.outbox_add(&NewNotice { id, reference, payload, created_at: start, due }).await.unwrap();
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
