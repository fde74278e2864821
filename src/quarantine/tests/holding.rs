//! What is stored, and for whom it opens.

use super::*;

#[tokio::test]
async fn a_held_message_opens_to_what_came_and_nothing_of_it_is_in_clear() {
    let house = House::new().await;
    let receipt = house.relay().hold(house.hold(&["bo@post.example", "\"e v\"@mail.example"])).await.unwrap();
    let message = house.message(receipt.id()).await;
    assert_eq!((message.state, &message.reference), (State::Held, receipt.reference()));
    assert_eq!(message.record.categories, ["health", "national-id"]);
    assert_eq!(message.record.channels, ["unknown"]);
    assert_eq!(message.record.expires_at, house.clock.now() + SignedDuration::from_hours(14 * 24));

    let (evidence, content) = house.console().open(receipt.id(), &operator(), "complaint").await.unwrap();
    assert_eq!(evidence.sender, "anna@kommun.example");
    assert_eq!(evidence.recipients, ["bo@post.example", "\"e v\"@mail.example"]);
    assert_eq!((evidence.findings.len(), evidence.uninspectable.len()), (1, 1));
    assert_eq!(content.envelope, house.hold(&["bo@post.example", "\"e v\"@mail.example"]).envelope);
    assert_eq!(content.subject.as_deref(), Some("café"));
    assert_eq!(content.message.bytes(), stored());

    // Nothing that names a person or the matter is in file or log, sealed or not.
    house.store.close().await;
    let bytes = std::fs::read(house.dir.join("sluss.db")).unwrap();
    for secret in
        ["anna@", "bo@post", "mail.example", "granskare", "café", "of the mail", "01••", "a value", "client.example"]
    {
        assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "{secret} is in clear");
    }
}

#[tokio::test]
async fn an_opening_is_on_the_record_before_anything_is_seen() {
    let house = House::new().await;
    let id = house.held(&["bo@post.example"]).await;
    house.console().open_evidence(id, &operator(), "review").await.unwrap();
    house.console().open(id, &operator(), "complaint").await.unwrap();
    assert_eq!(house.events(id).await, [HELD, "opened opened=evidence", "opened opened=evidence+content"]);
    let links = house.store.audit_links("node", 0).await.unwrap();
    let last = links.last().unwrap();
    assert_eq!((last.actor.as_str(), last.reason.as_deref()), ("operator:kari", Some("complaint")));
    // A store that cannot write the event shows nothing.
    let mut other =
        sqlx::ConnectOptions::connect(&sqlx::sqlite::SqliteConnectOptions::new().filename(house.dir.join("sluss.db")))
            .await
            .unwrap();
    sqlx::raw_sql("DROP TABLE audit_head").execute(&mut other).await.unwrap();
    assert!(matches!(
        house.console().open(id, &operator(), "complaint").await,
        Err(QuarantineError::Store(StoreError::Unavailable(_)))
    ));
}

#[tokio::test]
async fn the_relay_opens_nothing() {
    let house = House::new().await;
    let id = house.held(&["bo@post.example"]).await;
    let relay = house.relay();
    assert!(matches!(relay.open_evidence(id, &operator(), "x").await, Err(QuarantineError::NoIdentity)));
    assert!(matches!(relay.release(id, &operator(), Route::Ordinary, None).await, Err(QuarantineError::NoRoutes)));
    let other = House::new().await;
    let stranger = Quarantine { identities: other.settings(None).identities.map(Arc::new), ..house.console() };
    assert!(matches!(stranger.open(id, &operator(), "x").await, Err(QuarantineError::Seal(SealError::NotForUs))));
    assert_eq!(house.events(id).await, [HELD]);
}

#[tokio::test]
async fn copies_of_one_mail_share_a_reference_and_the_first_makes_the_notice() {
    let house = House::new().await;
    let relay = house.relay();
    let copy = |recipient: &str, sender: &str, message_id: Option<&str>| {
        let mut hold = house.hold(&[recipient]);
        hold.envelope.reverse_path = ReversePath::parse(sender).unwrap().0;
        hold.message_id = message_id.map(str::to_owned);
        hold
    };
    let first = relay.hold(copy("bo@post.example", "<anna@kommun.example>", Some("m1@kommun.example"))).await.unwrap();
    for (sender, message_id, same) in [
        ("<anna@kommun.example>", Some("m1@kommun.example"), true),
        ("<anna@kommun.example>", Some("m2@kommun.example"), false),
        ("<else@kommun.example>", Some("m1@kommun.example"), false),
        ("<>", Some("m1@kommun.example"), false),
        ("<anna@kommun.example>", None, false),
    ] {
        let receipt = relay.hold(copy("eva@post.example", sender, message_id)).await.unwrap();
        assert_eq!(receipt.reference() == first.reference(), same, "{sender} {message_id:?}");
    }
    let notices = house.notices().await;
    assert_eq!(notices.len(), 5);
    let own: Vec<_> = notices.iter().filter(|(_, r)| r.as_deref() == Some(first.reference().as_str())).collect();
    assert_eq!(own.len(), 1);
    assert_eq!((own[0].0.kind, own[0].0.to.as_slice()), (NoticeKind::Held, &["anna@kommun.example".to_owned()][..]));
    // Nobody to tell: no notice.
    let mut silent = house.hold(&["bo@post.example"]);
    silent.notice.to.clear();
    silent.tell.clear();
    relay.hold(silent).await.unwrap();
    assert_eq!(house.notices().await.len(), 0);
}

#[tokio::test]
async fn a_range_that_is_not_in_the_message_is_an_error_not_a_panic() {
    let house = House::new().await;
    for end in [1_000, usize::MAX] {
        let hold = Hold { kept: vec![0..1, 1..end], ..house.hold(&["bo@post.example"]) };
        assert!(matches!(house.relay().hold(hold).await, Err(HoldError::Seal(SealError::Failed))));
    }
    assert_eq!(house.store.reconcile().await.unwrap().held, 0);
}

#[tokio::test]
async fn who_does_not_get_a_turn_is_told_to_come_back() {
    let house = House::new().await;
    let patient = house.relay();
    let relay = Quarantine { longest_wait: std::time::Duration::from_millis(10), ..patient };
    let turns = relay.holds.acquire_many(KIB_HELD_AT_ONCE).await.unwrap();
    let refused = relay.hold(house.hold(&["bo@post.example"])).await;
    assert!(matches!(refused, Err(HoldError::Store(StoreError::Busy))));
    drop(turns);
    relay.hold(house.hold(&["bo@post.example"])).await.unwrap();
    assert_eq!(house.store.reconcile().await.unwrap().held, 1);
}

/// A key is exchanged: new mail is sealed to the new recipient, and the file of identities keeps the old
/// one until what was sealed to it has gone.
#[tokio::test]
async fn an_identity_is_exchanged_while_mail_is_held() {
    let house = House::new().await;
    let before = house.held(&["bo@post.example"]).await;
    let new = house.dir.join("new");
    let recipient = Identities::create_file(&new, house.clock.now()).unwrap();
    let sealing = |identities: Option<Identities>| {
        let sealer = Sealer::new(std::slice::from_ref(&recipient), &BTreeMap::new()).unwrap();
        house.build(Settings { sealer, identities, ..house.settings(None) })
    };
    let after = sealing(None).hold(house.hold(&["eva@post.example"])).await.unwrap().id();

    let only_new = sealing(Some(Identities::from_file(&new).unwrap()));
    let refused = only_new.open(before, &operator(), "x").await;
    assert!(matches!(refused, Err(QuarantineError::Seal(SealError::NotForUs))));
    only_new.open(after, &operator(), "x").await.unwrap();
    let refused = house.console().open(after, &operator(), "x").await;
    assert!(matches!(refused, Err(QuarantineError::Seal(SealError::NotForUs))));

    // As the manual says: the new file's line, then the old one's.
    let both = [std::fs::read(&new).unwrap(), std::fs::read(house.dir.join("identity")).unwrap()].concat();
    std::fs::write(&new, both).unwrap();
    let both = sealing(Some(Identities::from_file(&new).unwrap()));
    for (id, to) in [(before, "bo@post.example"), (after, "eva@post.example")] {
        let (evidence, _) = both.open(id, &operator(), "x").await.unwrap();
        assert_eq!(evidence.recipients, [to]);
    }
}

#[tokio::test]
async fn an_envelope_of_any_shape_is_read_again_as_it_came() {
    let house = House::new().await;
    let mut hold = house.hold(&["\"e v\"@mail.example", "postmaster", "å.ö@blåbär.example", "a..b@[192.0.2.1]"]);
    hold.envelope.recipients[0].parameters =
        vec![Parameter::new("ORCPT", Some("rfc822;a+3Db=c")), Parameter::new("NOTIFY", Some("SUCCESS,FAILURE"))];
    hold.envelope.parameters.push(Parameter::new("SMTPUTF8", None));
    let expected = hold.envelope.clone();
    let id = house.relay().hold(hold).await.unwrap().id();
    let (_, content) = house.console().open(id, &operator(), "x").await.unwrap();
    assert_eq!(content.envelope, expected);
}

#[tokio::test]
async fn the_secret_and_the_store_belong_together() {
    let house = House::new().await;
    let now = house.clock.now();
    let file = house.dir.join("sluss.secret");
    let again = secret::keys(house.store.as_ref(), &file, true, now).await.unwrap();
    assert_eq!(again.fingerprint(), house.keys.fingerprint());
    let other = house.dir.join("other.secret");
    Keys::create_file(&other).unwrap();
    let mismatch = secret::keys(house.store.as_ref(), &other, true, now).await.unwrap_err();
    assert!(matches!(mismatch, secret::SecretError::Store(StoreError::OtherSecret { .. })));
    std::fs::remove_file(&file).unwrap();
    let lost = secret::keys(house.store.as_ref(), &file, true, now).await.unwrap_err();
    assert!(matches!(lost, secret::SecretError::File(crate::message::KeyFileError::Missing(_))));
    assert!(!file.exists(), "a store that has had a secret never gets a new one");
    let made = house.store.audit_links("node", 0).await.unwrap();
    assert_eq!(made.iter().filter(|l| l.event == "secret-made").count(), 1);
}
