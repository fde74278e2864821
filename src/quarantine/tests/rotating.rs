//! Keys per unit, rotation of keys, exchange of the secret.

use std::collections::HashMap;

use super::*;
use crate::message::Secrets;
use crate::quarantine::disclose;
use crate::quarantine::open::subject;
use crate::quarantine::secret::{Forgetting, SecretError};
use crate::store::{NewRelease, RecipientState, Route};

/// An identity of its own: its file and its recipient.
struct Key {
    path: PathBuf,
    recipient: String,
}

fn key(house: &House, name: &str) -> Key {
    let path = house.dir.join(name);
    let recipient = Identities::create_file(&path, Timestamp::now()).unwrap();
    Key { path, recipient }
}

impl Key {
    fn opens(&self, sealed: &[u8]) -> bool {
        Identities::from_file(&self.path).unwrap().open(sealed).is_ok()
    }
}

fn sealer(all: &[&Key], units: &[(&str, &Key)]) -> Sealer {
    let all: Vec<String> = all.iter().map(|key| key.recipient.clone()).collect();
    let units = units.iter().map(|(unit, key)| (unit.to_string(), vec![key.recipient.clone()])).collect();
    Sealer::new(&all, &units).unwrap()
}

impl House {
    /// With these recipients, and the identities of these files.
    fn with(&self, sealer: Sealer, identities: &[&Key]) -> Quarantine {
        let text: String = identities.iter().map(|key| std::fs::read_to_string(&key.path).unwrap()).collect();
        let identities = (!text.is_empty()).then(|| {
            let path = self.dir.join(format!("together.{}", MessageId::random()));
            crate::message::keys::write_new_private(&path, text.as_bytes()).unwrap();
            Identities::from_file(&path).unwrap()
        });
        self.build(Settings { sealer, times: Times::default(), desks: HashMap::new(), identities, routes: None })
    }

    async fn held_for(&self, quarantine: &Quarantine, unit: &str) -> MessageId {
        let hold = Hold { unit: unit.into(), ..self.hold(&["bo@post.example"]) };
        quarantine.hold(hold).await.unwrap().id()
    }

    /// Evidence and content as they are stored.
    async fn sealed(&self, id: MessageId) -> [Vec<u8>; 2] {
        [self.store.evidence(id).await.unwrap().unwrap(), self.store.content(id).await.unwrap().unwrap()]
    }

    async fn rotate(&self, quarantine: &Quarantine) -> (Rotated, Vec<Resealing>) {
        let mut seen = Vec::new();
        let rotated = quarantine.rotate(&[], &operator(), |_, what| seen.push(what)).await.unwrap();
        (rotated, seen)
    }
}

#[tokio::test]
async fn what_is_held_is_sealed_anew_and_the_old_key_opens_it_no_more() {
    let house = House::new().await;
    let (escrow, old, new) = (key(&house, "escrow"), key(&house, "old"), key(&house, "new"));
    let relay = house.with(sealer(&[&escrow, &old], &[]), &[]);
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(house.held_for(&relay, "social").await);
    }
    let before = house.with(sealer(&[&escrow, &old], &[]), &[&old]);
    assert_eq!(before.due_for_rotation(&[]).await.unwrap(), []);
    let (evidence, content) = before.open(ids[0], &operator(), "before").await.unwrap();

    let console = house.with(sealer(&[&escrow, &new], &[]), &[&new, &old]);
    let due = console.due_for_rotation(&[]).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!((due[0].messages, due[0].opens, due[0].stays_open), (3, Some(true), true));
    let (rotated, seen) = house.rotate(&console).await;
    assert_eq!(rotated, Rotated { resealed: 3, left: 0, damaged: 0 });
    assert_eq!(seen, [Resealing::Resealed; 3]);
    for id in &ids {
        for sealed in house.sealed(*id).await {
            assert!(new.opens(&sealed) && escrow.opens(&sealed) && !old.opens(&sealed));
        }
        let keys = due[0].to.join(",");
        assert_eq!(house.events(*id).await.last().unwrap(), &format!("resealed keys={keys}"));
    }
    let after = house.with(sealer(&[&escrow, &new], &[]), &[&new]);
    let (evidence_after, content_after) = after.open(ids[0], &operator(), "after").await.unwrap();
    assert!(evidence_after == evidence);
    assert_eq!(content_after.message.bytes(), content.message.bytes());
    // Nothing is left to do.
    assert_eq!(house.rotate(&console).await.0, Rotated::default());
    let links = house.store.audit_links("node", 0).await.unwrap();
    let ends: Vec<_> =
        links.iter().filter(|link| link.event == "key-rotated").map(|l| l.detail.clone().unwrap()).collect();
    assert_eq!(ends, ["resealed=3 left=0", "resealed=0 left=0"]);
}

#[tokio::test]
async fn a_rotation_that_is_broken_off_goes_on_where_it_was() {
    let house = House::new().await;
    let (old, new) = (key(&house, "old"), key(&house, "new"));
    let relay = house.with(sealer(&[&old], &[]), &[]);
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(house.held_for(&relay, "social").await);
    }
    // Dropped after every number of messages there can be; at each moment one of the keys opens each message whole.
    for stop in 0..5 {
        let console = house.with(sealer(&[&new], &[]), &[&new, &old]);
        let (sender, mut done) = tokio::sync::mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            let _ = console.rotate(&[], &operator(), |_, what| sender.send(what).unwrap()).await;
        });
        if stop < 4 {
            done.recv().await.unwrap();
        }
        task.abort();
        let _ = task.await;
        for id in &ids {
            let sealed = house.sealed(*id).await;
            let by_new = sealed.iter().filter(|sealed| new.opens(sealed)).count();
            let by_old = sealed.iter().filter(|sealed| old.opens(sealed)).count();
            assert!((by_new, by_old) == (2, 0) || (by_new, by_old) == (0, 2), "{by_new} {by_old}");
        }
    }
    let console = house.with(sealer(&[&new], &[]), &[&new, &old]);
    let left: u64 = console.due_for_rotation(&[]).await.unwrap().iter().map(|due| due.messages).sum();
    let (rotated, _) = house.rotate(&console).await;
    assert_eq!(rotated, Rotated { resealed: left, left: 0, damaged: 0 });
    for id in &ids {
        let events = house.events(*id).await;
        assert_eq!(events.iter().filter(|event| event.starts_with("resealed")).count(), 1, "each once: {events:?}");
        house.with(sealer(&[&new], &[]), &[&new]).open(*id, &operator(), "after").await.unwrap();
    }
}

#[tokio::test]
async fn who_releases_or_discards_in_between_wins() {
    let house = House::new().await;
    let (old, new) = (key(&house, "old"), key(&house, "new"));
    let relay = house.with(sealer(&[&old], &[]), &[]);
    let (discarded, released) = (house.held_for(&relay, "social").await, house.held_for(&relay, "social").await);
    let console = house.with(sealer(&[&new], &[]), &[&new, &old]);
    let due = console.due_for_rotation(&[]).await.unwrap().remove(0);
    let [first, second] = [console.message(discarded).await.unwrap(), console.message(released).await.unwrap()];
    console.discard(discarded, &operator(), None).await.unwrap();
    assert_eq!(console.reseal(&subject(&first), &due, &operator()).await.unwrap(), Resealing::Overtaken);
    // Released: the content is gone, the evidence is sealed anew without it.
    let start = ordinary_release(&second);
    let start = start.entry(&operator(), house.clock.now());
    let claim = house.store.start_release(released, "a", Duration::from_secs(60), &ordinary(), &start).await.unwrap();
    let accepted = crate::store::RecipientRow { position: 0, state: RecipientState::Accepted, reply: None };
    house.store.record_recipient(&claim, &accepted, None).await.unwrap();
    let done = Event::Released(subject(&second)).entry(&operator(), house.clock.now());
    house.store.finish_release(&claim, None, &done).await.unwrap();
    house.store.delete_content(released).await.unwrap();
    assert_eq!(console.reseal(&subject(&second), &due, &operator()).await.unwrap(), Resealing::Resealed);
    assert_eq!(house.store.content(released).await.unwrap(), None);
    assert!(new.opens(&house.store.evidence(released).await.unwrap().unwrap()));
    assert_eq!(console.message(released).await.unwrap().state, State::Released);
    assert!(house.store.reconcile().await.unwrap().holds());
}

/// An identity is needed no more when nothing at all is sealed to it, the addresses of those who got a mail included.
#[tokio::test]
async fn who_got_a_mail_is_sealed_anew_with_the_rest() {
    let house = House::new().await;
    let (old, new) = (key(&house, "old"), key(&house, "new"));
    let relay = house.with(sealer(&[&old], &[]), &[&old]);
    let to = ["bo@post.example", "eva@post.example"];
    let held = relay.hold(house.hold(&to)).await.unwrap().id();
    let hop = super::next_hop::NextHop::honest().await;
    let routes: Arc<dyn Routes> = Arc::new(OneHop::to(hop_to(hop.address)));
    let identities = Some(Identities::from_file(&old.path).unwrap());
    let settings = Settings {
        sealer: sealer(&[&old], &[]),
        times: Times::default(),
        desks: HashMap::new(),
        identities,
        routes: Some(routes),
    };
    house.build(settings).release(held, &operator(), Route::Ordinary, None).await.unwrap();
    let let_go = disclose::Disclosure {
        at: house.clock.now(),
        unit: "social".into(),
        sender: String::new(),
        recipients: vec![to[0].into()],
        values: vec![crate::telemetry::Sensitive::new("no:12057900499".into())],
        review: None,
    };
    let used = |id| Event::ExceptionUsed {
        disclosure: Some(id),
        unit: "social".into(),
        transaction: "0123456789ab".into(),
        by: "code:EX-LIFE".into(),
        verdict: "relay",
        reason: None,
        review_within_hours: None,
    };
    relay.disclose(let_go, used).await.unwrap();
    let found = house.store.messages_of_value(&house.keys.value_digests("no:12057900499")).await.unwrap();
    let let_go = found.into_iter().find(|id| *id != held).unwrap();
    // Long after: nothing of the held mail is left but who got it.
    house.store.sweep(house.clock.now() + jiff::SignedDuration::from_hours(24 * 400)).await.unwrap();

    let console = house.with(sealer(&[&new], &[]), &[&new, &old]);
    let due = console.due_for_rotation(&[]).await.unwrap();
    assert_eq!((due.len(), due[0].messages, due[0].disclosed, due[0].opens), (1, 0, 2, Some(true)));
    let (rotated, seen) = house.rotate(&console).await;
    assert_eq!(rotated, Rotated { resealed: 2, left: 0, damaged: 0 });
    assert_eq!(seen, [Resealing::Resealed; 2]);
    let identities = Identities::from_file(&new.path).unwrap();
    let got = async |id| disclose::recipients(house.store.as_ref(), &identities, id).await.unwrap();
    assert_eq!(got(held).await, [(0, to[0].to_owned()), (1, to[1].to_owned())]);
    assert_eq!(got(let_go).await, [(0, to[0].to_owned())]);
    let past = Identities::from_file(&old.path).unwrap();
    assert!(disclose::recipients(house.store.as_ref(), &past, held).await.is_err());
    let events = house.events(held).await;
    assert_eq!(events.iter().filter(|event| event.starts_with("resealed")).count(), 1, "{events:?}");
    assert_eq!(house.rotate(&console).await.0, Rotated::default());
}

#[tokio::test]
async fn a_units_key_seals_anew_its_own_mail_and_no_other() {
    let house = House::new().await;
    let (escrow, all) = (key(&house, "escrow"), key(&house, "all"));
    let (social, school) = (key(&house, "social"), key(&house, "school"));
    // One office read everything; from now on each unit reads its own.
    let relay = house.with(sealer(&[&escrow, &all], &[]), &[]);
    let (of_social, of_school) = (house.held_for(&relay, "social").await, house.held_for(&relay, "school").await);
    let apart = || sealer(&[&escrow], &[("social", &social), ("school", &school)]);
    let office = house.with(apart(), &[&all]);
    let due = office.due_for_rotation(&[]).await.unwrap();
    assert!(due.iter().all(|due| due.opens == Some(true) && !due.stays_open), "it hands over: {due:?}");
    let rotated = office.rotate(&["social".into()], &operator(), |_, _| {}).await.unwrap();
    assert_eq!(rotated, Rotated { resealed: 1, left: 0, damaged: 0 });
    assert_eq!(house.rotate(&office).await.0, Rotated { resealed: 1, left: 0, damaged: 0 });
    for (id, own, other) in [(of_social, &social, &school), (of_school, &school, &social)] {
        for sealed in house.sealed(id).await {
            assert!(own.opens(&sealed) && escrow.opens(&sealed) && !other.opens(&sealed) && !all.opens(&sealed));
        }
    }
    // A unit's own host leaves the others' mail alone.
    let next = key(&house, "next");
    let changed = sealer(&[&escrow], &[("social", &next), ("school", &next)]);
    let (rotated, seen) = house.rotate(&house.with(changed, &[&social])).await;
    assert_eq!((rotated.resealed, rotated.left, seen), (1, 1, vec![Resealing::Resealed]));
    assert!(school.opens(&house.sealed(of_school).await[0]));
}

#[tokio::test]
async fn what_another_units_host_opens_is_left_to_it() {
    let house = House::new().await;
    let (social, school) = (key(&house, "social"), key(&house, "school"));
    let hosts = || sealer(&[&house_key(&house)], &[("social", &social), ("school", &school)]);
    let (at_social, at_school) = (house.with(hosts(), &[&social]), house.with(hosts(), &[&school]));
    // A release of the one that waits for its next attempt.
    let id = house.held_for(&at_social, "school").await;
    let message = at_school.message(id).await.unwrap();
    let start = ordinary_release(&message);
    let start = start.entry(&operator(), house.clock.now());
    let claim = house.store.start_release(id, "a", Duration::from_secs(60), &ordinary(), &start).await.unwrap();
    house.store.postpone_release(&claim, house.clock.now()).await.unwrap();
    assert!(at_social.is_for_others(id).await && !at_school.is_for_others(id).await);
    house.clock.forward(SignedDuration::from_hours(1));
    assert!(!at_social.is_for_others(id).await, "nobody came; it ends as one that nobody opens");
    // One whose time is over: its own host makes the notice.
    let id = house.held_for(&at_social, "school").await;
    house.clock.forward(SignedDuration::from_hours(24 * 14));
    assert_eq!(at_social.expire().await.unwrap(), 0);
    assert_eq!(house.message(id).await.state, State::Held);
    house.notices().await;
    assert_eq!(at_school.expire().await.unwrap(), 1);
    assert_eq!(house.notices().await.len(), 1);
}

fn ordinary() -> NewRelease {
    NewRelease { route: Route::Ordinary, withheld: Vec::new(), agreement: None, review: None }
}

fn ordinary_release(message: &HeldMessage) -> Event {
    let subject = super::super::open::subject(message);
    Event::ReleaseStarted { subject, route: Route::Ordinary, requested_by: None, reason: None }
}

/// The house's own, as the escrow.
fn house_key(house: &House) -> Key {
    Key { path: house.dir.join("identity"), recipient: house.recipient.clone() }
}

#[tokio::test]
async fn without_an_identity_mail_is_held_and_nothing_can_be_read_or_sealed_anew() {
    let house = House::new().await;
    let (escrow, new) = (key(&house, "escrow"), key(&house, "new"));
    let relay = house.with(sealer(&[&escrow], &[]), &[]);
    let id = house.held_for(&relay, "social").await;
    assert!(matches!(relay.open_evidence(id, &operator(), "look").await, Err(QuarantineError::NoIdentity)));
    assert!(matches!(relay.open(id, &operator(), "look").await, Err(QuarantineError::NoIdentity)));
    let relay = house.with(sealer(&[&new], &[]), &[]);
    assert!(matches!(relay.rotate(&[], &operator(), |_, _| {}).await, Err(QuarantineError::NoIdentity)));
    for sealed in house.sealed(id).await {
        assert!(escrow.opens(&sealed));
        for plain in [&SUBJECT[..8], b"anna@", b"bo@post", b"Body"] {
            assert!(!sealed.windows(plain.len()).any(|window| window == plain));
        }
    }
    assert_eq!(house.events(id).await, [HELD], "a failed opening leaves nothing opened on the record");
}

#[tokio::test]
async fn a_secret_is_exchanged_with_an_overlap_in_which_nothing_is_lost() {
    let house = House::new().await;
    let (path, today) = (house.dir.join("sluss.secret"), jiff::civil::date(2026, 5, 4));
    let now = || house.clock.now();
    // Held, with a notice that waits, under the first.
    let hold = || Hold { message_id: Some("m@kommun.example".into()), ..house.hold(&["bo@post.example"]) };
    let first = house.relay().hold(hold()).await.unwrap();

    let mut secrets = Secrets::read(&path).unwrap();
    secrets.add(&path).unwrap();
    secrets.replace_file(&path).unwrap();
    let store = house.store.as_ref();
    let both = secret::keys(store, &path, false, now()).await.unwrap();
    assert_eq!((both.number(), secret::waiting(&both)), (1, Some(2)), "known, and not yet in use");
    for (number, expected) in [(1, "the one in use"), (3, "no secret with the number 3")] {
        let error = secret::bind(store, &both, number, &operator(), now()).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    secret::bind(store, &both, 2, &operator(), now()).await.unwrap();
    assert_eq!((both.number(), secret::waiting(&both)), (2, None));
    // A process that has read both follows, one that has not goes on as it was, and reads the file at its next start.
    let running = secret::keys(store, &path, false, now()).await.unwrap();
    running.bind(house.keys.fingerprint());
    assert!(secret::follow(store, &running).await.unwrap());
    assert_eq!(running.number(), 2);
    assert!(!secret::follow(store, &running).await.unwrap() && !secret::follow(store, &house.keys).await.unwrap());
    assert_eq!(house.keys.number(), 1);
    let links = house.store.audit_links("node", 0).await.unwrap();
    assert!(links.iter().any(|link| link.event == "secret-exchanged" && link.actor == "operator:kari"));

    // A copy of the mail is known as one, whichever process holds it.
    let with_both = Quarantine::new(house.store.clone(), Arc::new(both), house.settings(None)).with_clock({
        let clock = house.clock.clone();
        move || clock.now()
    });
    let second = with_both.hold(hold()).await.unwrap();
    assert_eq!(first.reference(), second.reference());
    // So is what was sent once more, under a Message-ID of its own.
    let again = Hold { message_id: Some("n@kommun.example".into()), ..hold() };
    let again = with_both.hold(again).await.unwrap();
    let linked: Vec<_> = house.store.duplicates(again.id()).await.unwrap().iter().map(|m| m.id).collect();
    assert_eq!(linked, [first.id(), second.id()]);

    // Forgotten only when nothing needs it; the waiting notice is encrypted anew.
    let both = secret::keys(store, &path, false, now()).await.unwrap();
    let error = secret::forget(store, &both, 2, &operator(), now(), today).await.unwrap_err();
    assert!(matches!(error, SecretError::InUse(2)), "{error}");
    let needed = secret::forget(store, &both, 1, &operator(), now(), today).await.unwrap();
    let Forgetting::Needed(uses) = needed else { panic!("{needed:?}") };
    assert_eq!((uses.values, uses.copies), (1, 1));
    let item = house.store.outbox_claim(now()).await.unwrap().unwrap();
    assert!(house.keys.open_outbox(&item.id.0, &item.payload).is_err());
    assert!(both.open_outbox(&item.id.0, &item.payload).is_ok());
}
