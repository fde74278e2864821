//! Random operations against a model: states, recipients, notices and counts never disagree.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::store::{Claim, RecipientRow, RecipientState};

/// One step of a test; messages are picked by number.
#[derive(Clone, Debug)]
enum Step {
    Hold { recipients: usize },
    Start(usize),
    Resume(usize),
    Record { message: usize, recipient: usize, state: RecipientState },
    Finish(usize),
    Fail(usize),
    Discard(usize),
    Expire { message: usize, due: bool },
    DeleteContent(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let m = 0..4usize;
    prop_oneof![
        2 => (1..3usize).prop_map(|recipients| Step::Hold { recipients }),
        3 => m.clone().prop_map(Step::Start),
        1 => m.clone().prop_map(Step::Resume),
        6 => (m.clone(), 0..2usize, prop::sample::select(RecipientState::ALL.as_slice()))
            .prop_map(|(message, recipient, state)| Step::Record { message, recipient, state }),
        2 => m.clone().prop_map(Step::Finish),
        1 => m.clone().prop_map(Step::Fail),
        1 => m.clone().prop_map(Step::Discard),
        1 => (m.clone(), any::<bool>()).prop_map(|(message, due)| Step::Expire { message, due }),
        1 => m.prop_map(Step::DeleteContent),
    ]
}

/// What a message must be like.
struct Model {
    state: State,
    recipients: Vec<RecipientState>,
    has_content: bool,
    claim: Option<Claim>,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn the_store_does_what_the_model_does(steps in prop::collection::vec(step(), 1..40)) {
        tokio::runtime::Runtime::new().unwrap().block_on(run(steps));
    }
}

async fn run(steps: Vec<Step>) {
    let house = House::new().await;
    let relay = house.relay();
    let mut order: Vec<MessageId> = Vec::new();
    let mut models: BTreeMap<MessageId, Model> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Hold { recipients } => {
                let addresses = ["bo@post.example", "eva@post.example"];
                let id = relay.hold(house.hold(&addresses[..recipients])).await.unwrap().id();
                order.push(id);
                let recipients = vec![RecipientState::Pending; recipients];
                models.insert(id, Model { state: State::Held, recipients, has_content: true, claim: None });
            }
            Step::Start(m)
            | Step::Resume(m)
            | Step::Finish(m)
            | Step::Fail(m)
            | Step::Discard(m)
            | Step::DeleteContent(m)
            | Step::Record { message: m, .. }
            | Step::Expire { message: m, .. } => {
                let Some(id) = order.get(m).copied() else { continue };
                apply(&house, id, models.get_mut(&id).unwrap(), &step).await;
            }
        }
    }
    for (id, model) in &models {
        let message = house.message(*id).await;
        assert_eq!(message.state, model.state);
        let rows = house.store.recipients(*id).await.unwrap();
        assert_eq!(rows.iter().map(|r| r.state).collect::<Vec<_>>(), model.recipients);
        assert_eq!(house.store.content(*id).await.unwrap().is_some(), model.has_content);
        assert_eq!(message.ended_at.is_some(), model.state.is_final());
        // Nothing that is not over has lost its content.
        assert!(model.has_content || model.state.is_final());
    }
    let counts = house.store.reconcile().await.unwrap();
    assert!(counts.holds(), "{counts:?}");
    assert_eq!(counts.held, models.len() as u64);
    assert_eq!(crate::audit::verify(house.store.as_ref(), None, &[]).await.unwrap().faults, []);
}

async fn apply(house: &House, id: MessageId, model: &mut Model, step: &Step) {
    let store = &house.store;
    let now = house.clock.now();
    let subject = || Subject { id, reference: None, unit: "social".into() };
    let (was, claim) = (model.state, model.claim.clone());
    // Leases of no length: whoever comes next may take over.
    let lease = Duration::ZERO;
    let done = match step {
        Step::Hold { .. } => return,
        Step::Start(_) => {
            let entry = Event::ReleaseStarted { subject: subject(), reason: None }.entry(&operator(), now);
            let result = store.start_release(id, "a", lease, &entry).await;
            assert_eq!(result.is_ok(), was == State::Held, "{result:?}");
            if let Ok(claim) = result {
                model.claim = Some(claim);
                model.state = State::Releasing;
                for state in &mut model.recipients {
                    if *state == RecipientState::Refused {
                        *state = RecipientState::Pending;
                    }
                }
            }
            return;
        }
        Step::Resume(_) => {
            let result = store.resume_release(id, "b", lease).await;
            assert_eq!(result.is_ok(), was == State::Releasing, "{result:?}");
            if let Ok(new) = result {
                if let Some(old) = claim {
                    assert_eq!(store.renew(&old, lease).await, Err(Conflict::LeaseLost.into()));
                }
                model.claim = Some(new);
            }
            return;
        }
        Step::Record { recipient, state, .. } => {
            let Some(claim) = claim else { return };
            let row = RecipientRow { position: *recipient, state: *state, reply: None };
            let result = store.record_recipient(&claim, &row, None).await;
            if let (Ok(()), Some(known)) = (&result, model.recipients.get_mut(*recipient))
                && *known != RecipientState::Accepted
            {
                *known = *state;
            }
            (result, was == State::Releasing)
        }
        Step::Finish(_) => {
            let Some(claim) = claim else { return };
            let all = model.recipients.iter().all(|s| *s == RecipientState::Accepted);
            let result = store.finish_release(&claim, &Event::Released(subject()).entry(&Actor::System, now)).await;
            if result.is_ok() {
                model.state = State::Released;
            }
            (result, was == State::Releasing && all)
        }
        Step::Fail(_) => {
            let Some(claim) = claim else { return };
            let event = Event::ReleaseFailed { subject: subject(), accepted: 0, refused: 0, pending: 0 };
            let result = store.fail_release(&claim, now, &[], &event.entry(&Actor::System, now)).await;
            if result.is_ok() {
                model.state = State::Held;
            }
            (result, was == State::Releasing)
        }
        Step::Discard(_) => {
            let entry = Event::Discarded { subject: subject(), reason: None }.entry(&operator(), now);
            let result = store.discard(id, &entry).await;
            if result.is_ok() {
                (model.state, model.has_content) = (State::Discarded, false);
            }
            (result, was == State::Held)
        }
        Step::Expire { due, .. } => {
            let days = if *due { 14 } else { 13 };
            let at = now + SignedDuration::from_hours(24 * days);
            let result = store
                .expire(id, None, &Event::Expired { subject: subject(), decision: None }.entry(&Actor::System, at))
                .await;
            if result.is_ok() {
                (model.state, model.has_content) = (State::Expired, false);
            }
            (result, was == State::Held && *due)
        }
        Step::DeleteContent(_) => {
            let result = store.delete_content(id).await;
            model.has_content &= !was.is_final();
            (result, true)
        }
    };
    let (result, allowed) = done;
    assert_eq!(result.is_ok(), allowed, "{step:?} {result:?}");
}
