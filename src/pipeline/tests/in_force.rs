//! Another set comes into force while transactions are under way.

use super::*;
use crate::detect::Category;
use crate::policy::KeptClass;

impl House {
    /// A set like the one in force, but without the hop `secure` and the channels, and with these rules.
    fn without_secure(&self, rules: Rules) -> InForce {
        let before = self.pipeline.in_force();
        let hops = HashMap::from([(DEFAULT_HOP.to_owned(), before.default_hop().clone())]);
        let units = Units::new(vec![Unit::fallback(rules)]);
        let knowledge = Knowledge {
            edition: Edition::of(&Detector::builtin(), &units),
            detector: Detector::builtin(),
            registry: Registry::new(Vec::new()).expect("no channels"),
            units,
            count_synthetic: true,
            attachments: Arc::new(crate::inspect::attachments::Closed),
            pictures: Arc::new(crate::inspect::pictures::Blind),
            register: Arc::default(),
            familiar: Arc::default(),
        };
        let settings = Settings { mixed_next_hops: MixedNextHops::Default, ..before.settings.clone() };
        InForce::new(settings, hops, Arc::new(knowledge), "another000000000").expect("a default hop")
    }
}

#[tokio::test]
async fn a_transaction_ends_under_the_set_it_began_with_and_through_a_hop_that_is_gone() {
    let house = House::new(Wishes::default()).await;
    let mut transaction = house.to(&["<a@secure.example>"]).await;
    house.pipeline.replace(house.without_secure(Rules::new(Mode::Enforce)));
    // Its channel, its hop and its rule for mixed hops are those of before.
    assert!(transaction.recipient(recipient("<b@secure.example>")).await.is_ok());
    let other = transaction.recipient(recipient("<c@firma.example>")).await;
    assert_eq!(other, Err(Refusal::MixedNextHops));
    assert!(
        matches!(transaction.finish(mail("", CONFIDENTIAL)).await, Ok(Accepted::Relayed(r)) if r.hop() == "secure")
    );
    assert_eq!(house.secure.record().taken[0].recipients.len(), 2);

    let sent = house.send(&["<a@secure.example>"], mail("", CLEAN)).await;
    assert!(matches!(sent, Ok(Accepted::Relayed(r)) if r.hop() == "default"), "the next one knows no such channel");
}

#[tokio::test]
async fn the_verdict_is_that_of_the_set_it_began_with() {
    let house = House::new(Wishes::default()).await;
    let transaction = house.to(&["<a@firma.example>"]).await;
    house.pipeline.replace(house.without_secure(Rules::new(Mode::Observe)));
    assert!(matches!(transaction.finish(mail("", CONFIDENTIAL)).await, Ok(Accepted::Held(_))));
    let sent = house.send(&["<a@firma.example>"], mail("", CONFIDENTIAL)).await;
    assert!(matches!(sent, Ok(Accepted::Relayed(_))), "observed: {sent:?}");
}

/// And a hop that stays keeps its connections.
#[tokio::test]
async fn the_connections_of_a_hop_close_when_the_last_transaction_is_done_with_it() {
    let house = House::new(Wishes::default()).await;
    let sent = house.send(&["<a@firma.example>"], mail("", CLEAN)).await;
    assert!(matches!(sent, Ok(Accepted::Relayed(_))), "{sent:?}");
    let transaction = house.to(&["<a@secure.example>"]).await;
    house.pipeline.replace(house.without_secure(Rules::new(Mode::Enforce)));
    assert_eq!(house.secure.record().open, 1);
    assert!(matches!(transaction.finish(mail("", CLEAN)).await, Ok(Accepted::Relayed(r)) if r.hop() == "secure"));
    let record = house.secure.until(|record| record.open == 0).await;
    assert_eq!(record.verbs(0).last().map(String::as_str), Some("QUIT"));

    let sent = house.send(&["<a@firma.example>"], mail("", CLEAN)).await;
    assert!(matches!(sent, Ok(Accepted::Relayed(_))), "{sent:?}");
    assert_eq!(house.default.record().connections, 1, "the same connection as before");
}

#[tokio::test]
async fn a_held_mail_expires_when_the_set_it_came_under_says() {
    let house = House::new(Wishes::default()).await;
    let transaction = house.to(&["<a@firma.example>"]).await;
    let mut longer = house.without_secure(Rules::new(Mode::Enforce));
    longer.settings.keeping.days = 30;
    house.pipeline.replace(longer);
    let days = |receipt: Result<Accepted, Refusal>| {
        let store = house.pipeline.store.clone().expect("a store");
        async move {
            let Ok(Accepted::Held(receipt)) = receipt else { panic!("{receipt:?}") };
            let message = store.message(receipt.id()).await.expect("a store").expect("held");
            message.record.expires_at.duration_since(message.record.held_at).as_hours() / 24
        }
    };
    assert_eq!(days(transaction.finish(mail("", CONFIDENTIAL)).await).await, 14);
    assert_eq!(days(house.send(&["<b@firma.example>"], mail("", CONFIDENTIAL)).await).await, 30);
}

#[tokio::test]
async fn a_held_mail_is_kept_as_its_class_says() {
    let house = House::new(Wishes::default()).await;
    let mut by_class = house.without_secure(Rules::new(Mode::Enforce));
    by_class.settings.keeping.classes.push(KeptClass {
        categories: vec![Category::Health],
        days: 30,
        decision: Some("SN 1".to_owned()),
        ..KeptClass::default()
    });
    house.pipeline.replace(by_class);
    let sent = house.send(&["<b@firma.example>"], mail("", CONFIDENTIAL)).await;
    let Ok(Accepted::Held(receipt)) = sent else { panic!("{sent:?}") };
    let store = house.pipeline.store.clone().expect("a store");
    let record = store.message(receipt.id()).await.expect("a store").expect("held").record;
    assert_eq!(record.expires_at.duration_since(record.held_at).as_hours() / 24, 30);
    assert_eq!(record.keep_decision.as_deref(), Some("SN 1"));
}
