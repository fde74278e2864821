//! The bypass: what goes through meanwhile, what does not, who is told; and reminders of evidence that ends.

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::audit::{Actor, Event};
use crate::notice::facts::{Language, NoticeFacts, NoticeKind};
use crate::store::{Bypass, BypassCount, NewBypass};

/// A house whose unit `default` has a reviewer.
async fn house(wishes: Wishes) -> House {
    let reviewers = vec!["granskare@kommun.example".to_owned(), "konsult@annan.example".to_owned()];
    let units =
        HashMap::from([("default".to_owned(), UnitFacts { language: Language::Sv, reviewers, service_owner: None })]);
    House::new(Wishes { units, ..wishes }).await
}

fn store(house: &House) -> &Arc<dyn Store> {
    house.pipeline.store.as_ref().expect("a store")
}

async fn switch_on(house: &House, minutes: i64) -> Bypass {
    let now = Timestamp::now();
    let until = now + SignedDuration::from_mins(minutes);
    let (reason, actor) = ("smarthost move.".to_owned(), "operator:kari".to_owned());
    let entry = Event::BypassOn { until, reason: reason.clone() }.entry(&Actor::Operator("kari".to_owned()), now);
    let made = store(house).bypass_on(&NewBypass { since: now, until, reason, actor }, &entry).await.expect("on");
    house.pipeline.look_at_bypass().await.expect("a look");
    made
}

async fn switch_off(house: &House, bypass: &Bypass) {
    let now = Timestamp::now();
    let entry = Event::BypassOff { reason: None }.entry(&Actor::Operator("kari".to_owned()), now);
    assert!(store(house).bypass_end(bypass.id, now, &entry).await.expect("off"));
}

/// Every notice that waits, or will.
async fn notices(house: &House) -> Vec<NoticeFacts> {
    let keys = house.pipeline.keys.as_ref().expect("keys");
    let mut notices = Vec::new();
    while let Some(item) = store(house).outbox_claim(Timestamp::MAX).await.expect("an outbox") {
        let plain = keys.open_outbox(&item.id.0, &item.payload).expect("ours");
        notices.push(serde_json::from_slice(&plain).expect("facts"));
    }
    notices
}

#[tokio::test]
async fn mail_goes_on_until_it_is_switched_off() {
    let house = house(Wishes::default()).await;
    let send = async |path: &str, message| house.send(&[path], message).await;
    let stopped = send("<a@firma.example>", mail("", CONFIDENTIAL)).await;
    assert!(matches!(stopped, Ok(Accepted::Held(_))), "{stopped:?}");

    let bypass = switch_on(&house, 30).await;
    assert!(house.pipeline.bypass().is_some());
    let remark = house.pipeline.health.checks()["bypass"].remark.clone();
    assert!(house.pipeline.health.ready() && remark.is_some_and(|r| r.starts_with("on until ")));
    let partial = "Content-Type: message/partial; id=x; number=1; total=2\r\n";
    for (number, message) in [mail("", CONFIDENTIAL), mail("", CLEAN), mail(partial, CLEAN)].into_iter().enumerate() {
        let sent = send("<a@firma.example>", message).await;
        assert!(matches!(&sent, Ok(Accepted::Relayed(r)) if r.hop() == "default"), "{number}: {sent:?}");
    }
    assert_eq!(house.default.record().taken.len(), 3);
    let received = "Received: from a by b.example; now\r\n".repeat(51);
    assert_eq!(refusal(send("<a@firma.example>", mail(&received, CLEAN)).await), Refusal::Loop);

    switch_off(&house, &bypass).await;
    house.pipeline.look_at_bypass().await.expect("a look");
    assert_eq!(house.pipeline.bypass(), None);
    assert!(!house.pipeline.health.checks().contains_key("bypass"));
    let stopped = send("<a@firma.example>", mail("", CONFIDENTIAL)).await;
    assert!(matches!(stopped, Ok(Accepted::Held(_))), "{stopped:?}");
    assert_eq!(refusal(send("<a@firma.example>", mail(partial, CLEAN)).await), Refusal::Fragmented);

    house.pipeline.totals().flush(store(&house).as_ref()).await.expect("figures");
    let totals = store(&house).totals("0000-01-01", "9999-12-31").await.expect("figures");
    let bypassed: u64 =
        totals.iter().filter(|t| t.outcome == "bypassed" && t.category == "health").map(|t| t.count).sum();
    assert_eq!(bypassed, 1, "{totals:?}");
}

#[tokio::test]
async fn reviewers_are_told_of_its_beginning_and_its_end_once() {
    let house = house(Wishes::default()).await;
    let bypass = switch_on(&house, 30).await;
    house.pipeline.look_at_bypass().await.expect("a look");
    let [on] = notices(&house).await.try_into().expect("one notice");
    let NoticeFacts { kind, to, service, .. } = on;
    assert_eq!((kind, to), (NoticeKind::BypassOn, vec!["granskare@kommun.example".to_owned()]));
    assert_eq!(service.until, Some(bypass.until.to_string()));
    assert_eq!(service.reason.as_deref(), Some("smarthost move"));

    for body in [CONFIDENTIAL, CLEAN, CLEAN] {
        assert!(house.send(&["<a@firma.example>"], mail("", body)).await.is_ok());
    }
    house.pipeline.look_at_bypass().await.expect("a look");
    let counts = store(&house).bypass_counts(bypass.id).await.expect("counts");
    assert_eq!(counts, [BypassCount { unit: "default".to_owned(), mails: 3, bypassed: 1 }]);

    switch_off(&house, &bypass).await;
    for _ in 0..2 {
        house.pipeline.look_at_bypass().await.expect("a look");
    }
    let [off] = notices(&house).await.try_into().expect("one notice");
    assert_eq!((off.kind, off.service.mails, off.service.bypassed), (NoticeKind::BypassOff, Some(3), Some(1)));
}

/// Nobody switches it off: its time is over, and the end is on the record.
#[tokio::test]
async fn it_ends_by_itself() {
    let house = house(Wishes::default()).await;
    let bypass = switch_on(&house, -1).await;
    assert_eq!(house.pipeline.bypass(), None);
    let stopped = house.send(&["<a@firma.example>"], mail("", CONFIDENTIAL)).await;
    assert!(matches!(stopped, Ok(Accepted::Held(_))), "{stopped:?}");
    assert_eq!(store(&house).bypass().await.expect("an answer"), None, "{bypass:?}");
    let events: Vec<_> =
        store(&house).audit_links("test", 0).await.expect("links").into_iter().map(|l| l.event).collect();
    assert_eq!(events[..2], ["bypass-on", "bypass-ended"]);
}

#[tokio::test]
async fn a_fault_of_ours_stops_nothing_meanwhile() {
    let house = house(Wishes::default()).await;
    let failed = async || {
        let transaction = house.to(&["<a@firma.example>"]).await;
        act::after_fault(&transaction, &mail("", CLEAN), house.pipeline.in_force().default_hop(), &Zoned::now())
            .map(|_| ())
    };
    assert_eq!(failed().await, Err(Refusal::Fault));
    switch_on(&house, 30).await;
    assert_eq!(failed().await, Ok(()));
}

/// A confidential mail that would go another way goes the ordinary one: the other may be what does not work.
#[tokio::test]
async fn a_secure_way_holds_nobody_up_and_stays() {
    let house = house(Wishes { mixed: MixedNextHops::Default, ..Wishes::default() }).await;
    switch_on(&house, 30).await;
    let sent = house.send(&["<a@secure.example>", "<b@bank.example>"], mail("", CONFIDENTIAL)).await;
    assert!(matches!(sent, Ok(Accepted::Relayed(r)) if r.hop() == "secure"));
}

#[tokio::test]
async fn evidence_that_ends_is_told_of_once_for_each_reminder() {
    let house = house(Wishes::default()).await;
    let told = async |day: &str| {
        let now: Zoned = format!("{day}T08:00:00[Europe/Oslo]").parse().expect("a time");
        house.pipeline.remind_of_evidence(&now).await.expect("a look");
        let told = notices(&house).await;
        assert!(told.iter().all(|n| n.kind == NoticeKind::ChannelEnds && n.to == ["granskare@kommun.example"]));
        told.into_iter().map(|n| (n.service.channel.expect("a channel"), n.days, n.service.ended)).collect::<Vec<_>>()
    };
    // The evidence of both channels ends on the first day of the year 9000.
    let both = |days, ended| ["secure", "bank"].map(|id| (id.to_owned(), days, ended));
    let sorted = |mut told: Vec<(String, u32, bool)>| {
        told.sort_by(|a, b| b.0.cmp(&a.0));
        told
    };
    assert_eq!(told("8999-11-01").await, []);
    assert_eq!(sorted(told("8999-12-10").await), both(22, false));
    assert_eq!(told("8999-12-11").await, []);
    assert_eq!(sorted(told("8999-12-20").await), both(12, false));
    assert_eq!(sorted(told("8999-12-29").await), both(3, false));
    assert_eq!(sorted(told("9000-01-01").await), both(0, false));
    assert_eq!(told("9000-01-02").await, [], "the last day and what comes after it are one reminder");
}
