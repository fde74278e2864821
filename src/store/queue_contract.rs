//! What every store must do with the queue, and with what is called a false alarm.

use super::contract::{entry, minute, new_held};
use super::*;

/// Units of their own: the store has mail of others.
const UNITS: [&str; 2] = ["queue-a", "queue-b"];

pub(super) async fn all(store: &dyn Store) {
    the_queue_is_filtered_ordered_and_paged_by_key(store).await;
    a_false_alarm_is_kept_once(store).await;
}

fn waiting() -> QueueFilter {
    let units = UNITS.map(str::to_owned).to_vec();
    QueueFilter { states: vec![State::Held, State::Releasing], units, ..QueueFilter::default() }
}

/// Held `at` minutes after ten, of the unit with this number.
fn mail(at: i64, unit: usize, urgent: bool, severity: &str, categories: &[&str]) -> NewHeld {
    let mut new = new_held(minute(at), 1);
    new.record.unit = UNITS[unit].to_owned();
    new.record.urgent = urgent;
    new.record.severity = severity.to_owned();
    new.record.categories = categories.iter().map(|word| (*word).to_owned()).collect();
    new.record.expires_at = minute(10_000 - at);
    new
}

async fn the_queue_is_filtered_ordered_and_paged_by_key(store: &dyn Store) {
    let rows = [
        mail(1, 0, false, "medium", &["health"]),
        mail(2, 1, true, "low", &["health", "national-id"]),
        mail(3, 0, false, "critical", &["work"]),
        mail(4, 1, true, "high", &["family"]),
        mail(4, 0, false, "high", &["client-relation"]),
    ];
    let mut ids = Vec::new();
    for row in rows {
        ids.push(store.hold(row).await.unwrap().id());
    }
    let numbers = |found: Vec<HeldMessage>| -> Vec<usize> {
        found.iter().map(|message| ids.iter().position(|id| *id == message.id).unwrap()).collect()
    };
    let all = |order| QueuePage { order, after: None, rows: 50 };
    for (order, expected) in [
        (Order::Urgency, vec![1, 3, 0, 2, 4]),
        (Order::Severity, vec![2, 3, 4, 0, 1]),
        (Order::Unit, vec![0, 2, 4, 1, 3]),
    ] {
        let mut found = numbers(store.queue(&waiting(), &all(order)).await.unwrap());
        // The two of one moment stand in the order of their ids.
        if order == Order::Severity && found[1] == 4 {
            found.swap(1, 2);
        }
        assert_eq!(found, expected, "{order:?}");
    }
    for order in Order::ALL {
        let whole = numbers(store.queue(&waiting(), &all(order)).await.unwrap());
        let (mut paged, mut after) = (Vec::new(), None);
        loop {
            let found = store.queue(&waiting(), &QueuePage { order, after, rows: 2 }).await.unwrap();
            after = found.last().cloned();
            let ends = found.len() < 2;
            paged.extend(numbers(found));
            if ends {
                break;
            }
        }
        assert_eq!(paged, whole, "{order:?}");
    }
    let asked = async |filter: QueueFilter| {
        let mut found = numbers(store.queue(&filter, &all(Order::Oldest)).await.unwrap());
        found.sort_unstable();
        found
    };
    let word = |word: &str| Some(word.to_owned());
    assert_eq!(asked(QueueFilter { category: word("health"), ..waiting() }).await, [0, 1]);
    assert_eq!(asked(QueueFilter { category: word("national-id"), ..waiting() }).await, [1]);
    assert_eq!(asked(QueueFilter { category: word("client"), ..waiting() }).await, [0usize; 0]);
    assert_eq!(asked(QueueFilter { channel: word("unknown"), severity: word("high"), ..waiting() }).await, [3, 4]);
    assert_eq!(asked(QueueFilter { urgent: true, ..waiting() }).await, [1, 3]);
    assert_eq!(asked(QueueFilter { asked: true, ..waiting() }).await, [0usize; 0]);
    assert_eq!(asked(QueueFilter { held_before: Some(minute(2)), ..waiting() }).await, [0]);
    assert_eq!(asked(QueueFilter { held_since: Some(minute(3)), ..waiting() }).await, [2, 3, 4]);
    assert_eq!(asked(QueueFilter { units: vec![UNITS[1].to_owned()], ..waiting() }).await, [1, 3]);
    assert_eq!(asked(QueueFilter { units: Vec::new(), ..waiting() }).await, [0usize; 0]);
    let overdue = QueueFilter { overdue: Some((minute(3), minute(2))), ..waiting() };
    assert_eq!(asked(overdue.clone()).await, [0, 1]);
    let count = store.queue_count(&overdue).await.unwrap();
    assert_eq!(count, QueueCount { messages: 5, urgent: 2, overdue: 2, newest: Some(minute(4)) });
    let none = QueueFilter { units: vec!["none".to_owned()], ..waiting() };
    assert_eq!(store.queue_count(&none).await.unwrap(), QueueCount::default());
    for id in ids {
        let discarded = Entry { message: Some(id), ..entry("discarded", minute(6)) };
        store.discard(id, None, &discarded).await.unwrap();
    }
}

async fn a_false_alarm_is_kept_once(store: &dyn Store) {
    let finding = |rule: &str| FalseFinding {
        rule: rule.to_owned(),
        category: "health".to_owned(),
        kind: "health.mental".to_owned(),
        strength: "strong".to_owned(),
        place: "body".to_owned(),
        zone: "new".to_owned(),
        shape: "••••••".to_owned(),
    };
    let units = [UNITS[0].to_owned()];
    let mut ids = Vec::new();
    for at in [1, 2] {
        let id = store.hold(mail(at, 0, false, "low", &["health"])).await.unwrap().id();
        let called = Entry { message: Some(id), ..entry("false-alarm", minute(at)) };
        let findings = [finding("one"), finding("one"), finding("two")];
        let findings = if at == 1 { &findings[..] } else { &findings[..1] };
        assert!(store.add_false_alarm(id, &units[0], findings, &called).await.unwrap());
        assert!(!store.add_false_alarm(id, &units[0], findings, &called).await.unwrap(), "once");
        ids.push(id);
    }
    let rows = store.false_alarms(&units).await.unwrap();
    let counted: Vec<(&str, u64)> = rows.iter().map(|row| (row.finding.rule.as_str(), row.times)).collect();
    assert_eq!(counted, [("one", 3), ("two", 1)]);
    assert_eq!((rows[0].last, &rows[0].finding), (minute(2), &finding("one")));
    assert!(store.false_alarms(&[]).await.unwrap().is_empty());
    for id in ids {
        let discarded = Entry { message: Some(id), ..entry("discarded", minute(6)) };
        store.discard(id, None, &discarded).await.unwrap();
    }
}
