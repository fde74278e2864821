//! What every store must do with the registers; part of [`super::contract::all`].

use jiff::civil::{Date, date};

use super::contract::{entry, links, minute};
use super::*;

const LAST: Date = date(2026, 12, 31);

fn consent(person: &str) -> ConsentRow {
    ConsentRow {
        id: RegisterId::random(),
        person: person.into(),
        categories: vec!["family".into(), "health".into()],
        given: date(2026, 5, 1),
        expires: LAST,
        created_at: minute(0),
        withdrawn_at: None,
        sealed: b"sealed consent".to_vec(),
    }
}

fn order(until: Option<Date>) -> OrderRow {
    OrderRow {
        id: RegisterId::random(),
        person: "1:aa".into(),
        from: date(2026, 5, 1),
        until,
        created_at: minute(0),
        sealed: b"sealed order".to_vec(),
    }
}

fn team(consent: Option<RegisterId>) -> TeamRow {
    TeamRow {
        id: RegisterId::random(),
        person: "1:aa".into(),
        kind: "sip".into(),
        consent,
        expires: LAST,
        created_at: minute(0),
        opted_out_at: None,
        ended_at: None,
        sealed: b"sealed team".to_vec(),
    }
}

pub(super) async fn all(store: &dyn Store) {
    assert_eq!(store.registers().await.unwrap(), Registered::default());
    let events_before = events(store).await.len();
    let first = consent("1:aa");
    let gone = ConsentRow { created_at: minute(1), ..consent("1:bb") };
    store.add_consent(&first, &entry("consent-given", minute(0))).await.unwrap();
    store.add_consent(&gone, &entry("consent-given", minute(1))).await.unwrap();
    store.withdraw_consent(gone.id, &entry("consent-withdrawn", minute(2))).await.unwrap();
    let withdrawn = ConsentRow { withdrawn_at: Some(minute(2)), ..gone.clone() };
    let read = store.registers().await.unwrap();
    assert_eq!((read.changes, &read.consents), (3, &vec![first.clone(), withdrawn]));

    let (open, closed) = (order(None), OrderRow { created_at: minute(1), ..order(Some(LAST)) });
    store.add_order(&open, &entry("order-made", minute(3))).await.unwrap();
    store.add_order(&closed, &entry("order-made", minute(3))).await.unwrap();
    let day = date(2026, 6, 1);
    store.end_order(open.id, day, &entry("order-ended", minute(4))).await.unwrap();
    store.end_order(closed.id, day, &entry("order-ended", minute(4))).await.unwrap();
    let ended = |row: &OrderRow| OrderRow { until: Some(day), ..row.clone() };
    assert_eq!(store.registers().await.unwrap().orders, [ended(&open), ended(&closed)]);

    let made = team(Some(first.id));
    store.add_team(&made, &entry("team-made", minute(5))).await.unwrap();
    let changed = TeamRow {
        consent: None,
        expires: date(2026, 9, 1),
        opted_out_at: Some(minute(6)),
        sealed: b"other members".to_vec(),
        ..made.clone()
    };
    store.change_team(&changed, &entry("team-changed", minute(6))).await.unwrap();
    assert_eq!(store.registers().await.unwrap().teams, std::slice::from_ref(&changed));
    store.end_team(made.id, &entry("team-ended", minute(7))).await.unwrap();
    assert_eq!(store.registers().await.unwrap().teams, [TeamRow { ended_at: Some(minute(7)), ..changed.clone() }]);

    let changes = store.register_changes().await.unwrap();
    assert_eq!(changes, 10, "every change counts");
    assert_eq!(
        events(store).await.split_off(events_before),
        [
            "consent-given",
            "consent-given",
            "consent-withdrawn",
            "order-made",
            "order-made",
            "order-ended",
            "order-ended",
            "team-made",
            "team-changed",
            "team-ended"
        ]
    );

    // What cannot be done changes nothing: no row, no count, no event.
    let before = store.registers().await.unwrap();
    let note = entry("consent-withdrawn", minute(8));
    let nobody = RegisterId::random();
    for (answer, expected) in [
        (store.withdraw_consent(gone.id, &note).await, Conflict::Ended),
        (store.withdraw_consent(nobody, &note).await, Conflict::NotRegistered),
        (store.end_order(closed.id, LAST, &note).await, Conflict::Ended),
        (store.end_order(nobody, LAST, &note).await, Conflict::NotRegistered),
        (store.change_team(&changed, &note).await, Conflict::Ended),
        (store.end_team(made.id, &note).await, Conflict::Ended),
        (store.end_team(nobody, &note).await, Conflict::NotRegistered),
        (store.add_team(&team(Some(nobody)), &note).await, Conflict::NotRegistered),
        (store.add_team(&team(Some(gone.id)), &note).await, Conflict::OtherPerson),
    ] {
        assert_eq!(answer.unwrap_err(), expected.into());
    }
    assert_eq!(store.registers().await.unwrap(), before);
    assert_eq!(events(store).await.len(), events_before + 10);
}

/// Of all writers, in the order of each chain.
async fn events(store: &dyn Store) -> Vec<String> {
    let mut events = Vec::new();
    for writer in store.audit_writers().await.unwrap() {
        events.extend(links(store, &writer).await.into_iter().map(|link| link.event));
    }
    events
}
