//! Who is told of a held mail, when, and in which words.

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::notice::facts::{Language, NoticeFacts, NoticeKind};

const OWNER: &str = "drift@kommun.example";

/// A house whose unit `default` has reviewers and an owner of its machines.
async fn house(mailboxes: Mailboxes) -> House {
    let reviewers = vec!["granskare@kommun.example".to_owned(), "konsult@annan.example".to_owned()];
    let unit = UnitFacts { language: Language::Sv, reviewers, service_owner: Some(OWNER.to_owned()) };
    House::new(Wishes { units: HashMap::from([("default".to_owned(), unit)]), mailboxes, ..Wishes::default() }).await
}

/// Holds the mail; gives what it made, with the minutes until it is due, in that order.
async fn told(house: &House, from: &str, fields: &str) -> Vec<(NoticeFacts, i64)> {
    let now = Timestamp::now();
    let mut transaction = house.begin_from(from);
    transaction.recipient(recipient("<a@firma.example>")).await.expect("a recipient");
    let held = transaction.finish(mail(fields, CONFIDENTIAL)).await;
    assert!(matches!(held, Ok(Accepted::Held(_))), "{held:?}");
    let (store, keys) = (house.pipeline.store.as_ref().expect("a store"), house.pipeline.keys.as_ref().expect("keys"));
    let mut told = Vec::new();
    while let Some(item) = store.outbox_claim(Timestamp::MAX).await.expect("an outbox") {
        let plain = keys.open_outbox(&item.id.0, &item.payload).expect("ours");
        let minutes = (item.due.duration_since(now) + SignedDuration::from_secs(30)).as_mins();
        told.push((serde_json::from_slice(&plain).expect("facts"), minutes));
        store.outbox_done(&item).await.expect("done");
    }
    told
}

fn kinds(told: &[(NoticeFacts, i64)]) -> Vec<(NoticeKind, &str)> {
    told.iter().map(|(facts, _)| (facts.kind, facts.to[0].as_str())).collect()
}

const REVIEWER: &str = "granskare@kommun.example";

#[tokio::test]
async fn a_sender_at_once_and_the_reviewers_later_without_a_name() {
    let house = house(Mailboxes::default()).await;
    let told = told(&house, "<kari@kommun.example>", "").await;
    let expected = [
        (NoticeKind::Held, "kari@kommun.example"),
        (NoticeKind::ReviewerHeld, REVIEWER),
        (NoticeKind::ReviewerExpiring, REVIEWER),
    ];
    assert_eq!(kinds(&told), expected);
    let (sender, _) = &told[0];
    assert!(!sender.categories.is_empty() && !sender.provisions.is_empty());
    assert_eq!((told[0].1, told[1].1), (0, 15));
    assert!((11 * 24 * 60..=12 * 24 * 60).contains(&told[2].1), "two days before: {}", told[2].1);
    for (facts, _) in &told[1..] {
        let named = facts.recipients.len() + facts.categories.len() + facts.places.len() + facts.provisions.len();
        assert_eq!((named, facts.to.len()), (0, 1));
        assert!(!serde_json::to_string(facts).expect("JSON").contains("kari@"));
    }
}

#[tokio::test]
async fn the_same_again_waits_for_others_like_it() {
    let house = house(Mailboxes::default()).await;
    assert_eq!(told(&house, "<kari@kommun.example>", "").await[0].1, 0);
    let again = mail("", CONFIDENTIAL).bytes().to_vec();
    let again = String::from_utf8(again).expect("text").replace("<1@", "<2@");
    let sent = house.send(&["<a@firma.example>"], RawMessage::uncounted(again.into_bytes())).await;
    assert!(matches!(sent, Ok(Accepted::Held(_))), "{sent:?}");
    let store = house.pipeline.store.as_ref().expect("a store");
    let first = store.outbox_claim(Timestamp::MAX).await.expect("an outbox").expect("a notice");
    let minutes = first.due.duration_since(Timestamp::now()).as_mins();
    assert!((8..=10).contains(&minutes), "{minutes}");
}

#[tokio::test]
async fn a_machine_is_never_answered() {
    let house = house(Mailboxes::new([], [], [Pattern::parse("plan2@kommun.example").expect("a pattern")])).await;
    for (from, fields, named) in [
        ("<plan2@kommun.example>", "", Some("plan2@kommun.example")),
        ("<no-reply@kommun.example>", "", Some("no-reply@kommun.example")),
        ("<kari@kommun.example>", "Auto-Submitted: auto-replied\r\n", None),
    ] {
        let fields = format!("{fields}X-Of: {from}\r\n");
        let told = told(&house, from, &fields).await;
        let digest = told.iter().find(|(facts, _)| facts.kind == NoticeKind::ServiceDigest).expect("a digest");
        assert_eq!(digest.0.to, [OWNER], "{from}");
        let machine = digest.0.machine.as_ref().expect("a machine");
        assert_eq!((machine.sender.as_deref(), machine.outcome), (named, NoticeKind::Held), "{from}");
        assert!(digest.0.recipients.is_empty() && (1..=24 * 60 + 60).contains(&digest.1), "{from}: {}", digest.1);
        let reviewers = told.iter().find(|(facts, _)| facts.kind == NoticeKind::ReviewerHeld).expect("reviewers");
        assert!(reviewers.0.untold, "{from}");
        assert!(told.iter().all(|(facts, _)| facts.to.iter().all(|to| !from.contains(to.as_str()))), "{from}");
    }
}

#[tokio::test]
async fn nobody_answers_the_null_path() {
    let house = house(Mailboxes::default()).await;
    let told = told(&house, "<>", "").await;
    assert_eq!(kinds(&told), [(NoticeKind::ReviewerHeld, REVIEWER), (NoticeKind::ReviewerExpiring, REVIEWER)]);
    assert_eq!((told[0].0.untold, told[0].1), (true, 0));
}

#[tokio::test]
async fn in_his_language_and_without_a_category_where_colleagues_read_it() {
    let pattern = |text: &str| Pattern::parse(text).expect("a pattern");
    let languages = [(pattern("kari@kommun.example"), Language::Nn), (pattern("@kommun.example"), Language::En)];
    let house = house(Mailboxes::new(languages, [pattern("barn@kommun.example")], [])).await;
    let told_kari = told(&house, "<kari@kommun.example>", "").await;
    assert_eq!(told_kari[0].0.language, Language::Nn);
    assert_eq!(told_kari[1].0.language, Language::En, "the only reviewer of the house");
    let shared = told(&house, "<barn@kommun.example>", "X-Of: barn\r\n").await;
    let (facts, _) = &shared[0];
    assert_eq!((facts.kind, facts.language), (NoticeKind::Held, Language::En));
    assert!(facts.categories.is_empty() && facts.places.is_empty() && facts.provisions.is_empty());
}
