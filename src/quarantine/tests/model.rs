//! Random operations against a model: states, recipients, notices and counts never disagree.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::store::{Agreement, Claim, NewRequest, NewReturn, RecipientRow, RecipientState};

/// One step of a test; messages are picked by number, persons are two.
#[derive(Clone, Debug)]
enum Step {
    Hold {
        recipients: usize,
        four_eyes: bool,
    },
    Ask {
        message: usize,
        person: bool,
    },
    /// For all, or without the first recipient.
    Start {
        message: usize,
        person: bool,
        part: bool,
    },
    Resume(usize),
    Record {
        message: usize,
        recipient: usize,
        state: RecipientState,
    },
    Finish(usize),
    EndInPart(usize),
    Fail(usize),
    Return(usize),
    Discard(usize),
    Keep(usize),
    Unkeep(usize),
    Expire {
        message: usize,
        due: bool,
    },
    DeleteContent(usize),
    /// Now, or when every time is over.
    Sweep {
        later: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let m = 0..4usize;
    let one = |step: fn(usize) -> Step| m.clone().prop_map(step);
    prop_oneof![
        2 => (1..3usize, any::<bool>()).prop_map(|(recipients, four_eyes)| Step::Hold { recipients, four_eyes }),
        2 => (m.clone(), any::<bool>()).prop_map(|(message, person)| Step::Ask { message, person }),
        4 => (m.clone(), any::<bool>(), any::<bool>())
            .prop_map(|(message, person, part)| Step::Start { message, person, part }),
        1 => one(Step::Resume),
        6 => (m.clone(), 0..2usize, prop::sample::select(&RecipientState::ALL[..3]))
            .prop_map(|(message, recipient, state)| Step::Record { message, recipient, state }),
        2 => one(Step::Finish),
        2 => one(Step::EndInPart),
        1 => one(Step::Fail),
        1 => one(Step::Return),
        1 => one(Step::Discard),
        1 => one(Step::Keep),
        1 => one(Step::Unkeep),
        1 => (m.clone(), any::<bool>()).prop_map(|(message, due)| Step::Expire { message, due }),
        1 => one(Step::DeleteContent),
        1 => any::<bool>().prop_map(|later| Step::Sweep { later }),
    ]
}

/// What a message must be like.
struct Model {
    state: State,
    recipients: Vec<RecipientState>,
    four_eyes: bool,
    /// Who has asked for a release.
    asked: Option<bool>,
    kept: bool,
    has_content: bool,
    has_evidence: bool,
    claim: Option<Claim>,
}

impl Model {
    fn all(&self, states: &[RecipientState]) -> bool {
        self.recipients.iter().all(|state| states.contains(state))
    }

    fn sweep(&mut self, later: bool) {
        if self.state.is_final() && !self.kept && (later || self.state != State::Returned) {
            self.has_content = false;
            self.has_evidence &= !later;
        }
    }
}

fn person(which: bool) -> Actor {
    if which { operator() } else { second() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn the_store_does_what_the_model_does(steps in prop::collection::vec(step(), 1..60)) {
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
            Step::Hold { recipients, four_eyes } => {
                let mut hold = house.hold(&["bo@post.example", "eva@post.example"][..recipients]);
                hold.four_eyes = four_eyes;
                let id = relay.hold(hold).await.unwrap().id();
                order.push(id);
                let model = Model {
                    state: State::Held,
                    recipients: vec![RecipientState::Pending; recipients],
                    four_eyes,
                    asked: None,
                    kept: false,
                    has_content: true,
                    has_evidence: true,
                    claim: None,
                };
                models.insert(id, model);
            }
            Step::Sweep { later } => {
                let days = if later { 30 } else { 0 };
                house.store.sweep(house.clock.now() + SignedDuration::from_hours(24 * days)).await.unwrap();
                models.values_mut().for_each(|model| model.sweep(later));
            }
            Step::Ask { message: m, .. }
            | Step::Start { message: m, .. }
            | Step::Resume(m)
            | Step::Finish(m)
            | Step::EndInPart(m)
            | Step::Fail(m)
            | Step::Return(m)
            | Step::Discard(m)
            | Step::Keep(m)
            | Step::Unkeep(m)
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
        assert_eq!((message.state, message.kept.is_some()), (model.state, model.kept));
        assert_eq!(message.request.is_some(), model.asked.is_some());
        let rows = house.store.recipients(*id).await.unwrap();
        assert_eq!(rows.iter().map(|r| r.state).collect::<Vec<_>>(), model.recipients);
        assert_eq!(house.store.content(*id).await.unwrap().is_some(), model.has_content);
        assert_eq!(house.store.evidence(*id).await.unwrap().is_some(), model.has_evidence);
        assert_eq!(message.ended_at.is_some(), model.state.is_final());
        // Nothing that is not over has lost its content, and released means that everybody has it.
        assert!(model.has_content || model.state.is_final());
        assert!(model.state != State::Released || model.all(&[RecipientState::Accepted]));
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
        Step::Hold { .. } | Step::Sweep { .. } => return,
        Step::Ask { person: who, .. } => {
            let request = NewRequest { route: Route::Ordinary, not_before: now, keep_until: now };
            let event = Event::ReleaseRequested { subject: subject(), route: Route::Ordinary, reason: None };
            let result = store.request_release(id, &request, &event.entry(&person(*who), now)).await;
            let free = model.asked.is_none_or(|asked| asked == *who);
            if result.is_ok() {
                model.asked = Some(*who);
            }
            (result, was == State::Held && free)
        }
        Step::Start { person: who, part, .. } => {
            let route = if *part { Route::TwoFactor } else { Route::Ordinary };
            let agreement = Some(Agreement { requested_at: now, not_before: now });
            let new = NewRelease {
                route: route.clone(),
                withheld: if *part { vec![0] } else { vec![] },
                agreement,
                review: None,
            };
            let event = Event::ReleaseStarted { subject: subject(), route, requested_by: None, reason: None };
            let result = store.start_release(id, "a", lease, &new, &event.entry(&person(*who), now)).await;
            let agreed = !model.four_eyes || model.asked.is_some_and(|asked| asked != *who);
            assert_eq!(result.is_ok(), was == State::Held && agreed, "{result:?}");
            if let Ok(claim) = result {
                model.claim = Some(claim);
                model.state = State::Releasing;
                model.asked = None;
                for (position, state) in model.recipients.iter_mut().enumerate() {
                    *state = match *state {
                        RecipientState::Accepted => RecipientState::Accepted,
                        _ if *part && position == 0 => RecipientState::Withheld,
                        _ => RecipientState::Pending,
                    };
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
            let Some(claim) = claim.filter(|_| was == State::Releasing) else { return };
            // Only what is pending is ever sent.
            let pending = model.recipients.get(*recipient) == Some(&RecipientState::Pending);
            if !pending {
                return;
            }
            let row = RecipientRow { position: *recipient, state: *state, reply: None };
            let result = store.record_recipient(&claim, &row, None).await;
            if result.is_ok() {
                model.recipients[*recipient] = *state;
            }
            (result, true)
        }
        Step::Finish(_) => {
            let Some(claim) = claim else { return };
            let all = model.all(&[RecipientState::Accepted]);
            let result =
                store.finish_release(&claim, None, &Event::Released(subject()).entry(&Actor::System, now)).await;
            if result.is_ok() {
                model.state = State::Released;
            }
            (result, was == State::Releasing && all)
        }
        Step::EndInPart(_) => {
            let Some(claim) = claim else { return };
            let all = model.all(&[RecipientState::Accepted, RecipientState::Withheld]);
            let event = Event::ReleasedInPart { subject: subject(), accepted: 0, withheld: 0 };
            let result = store.end_in_part(&claim, now, &[], &event.entry(&Actor::System, now)).await;
            if result.is_ok() {
                model.state = State::Held;
            }
            (result, was == State::Releasing && all)
        }
        Step::Fail(_) => {
            let Some(claim) = claim else { return };
            let event = Event::ReleaseFailed { subject: subject(), accepted: 0, refused: 0, pending: 0, withheld: 0 };
            let result = store.fail_release(&claim, now, &[], &event.entry(&Actor::System, now)).await;
            if result.is_ok() {
                model.state = State::Held;
            }
            (result, was == State::Releasing)
        }
        Step::Return(_) => {
            let notice = sealed_notice(&house.keys, &notice(), None, now).unwrap();
            let content_until = now + SignedDuration::from_hours(7 * 24);
            let new = NewReturn { content_until, mail_back: false, notice };
            let event = Event::Returned { subject: subject(), days: 7, mail_back: false, reason: "x".into() };
            let result = store.return_to_sender(id, &new, &event.entry(&operator(), now)).await;
            if result.is_ok() {
                (model.state, model.asked) = (State::Returned, None);
            }
            (result, was == State::Held)
        }
        Step::Discard(_) => {
            let event = Event::Discarded { subject: subject(), withdrawn: false, reason: None };
            let result = store.discard(id, None, &event.entry(&operator(), now)).await;
            if result.is_ok() {
                (model.state, model.has_content, model.has_evidence) = (State::Discarded, false, false);
            }
            (result, was == State::Held && !model.kept)
        }
        Step::Keep(_) => {
            let event = Event::Kept { subject: subject(), decision: "KS 1".into(), reason: "x".into() };
            let result = store.keep(id, "KS 1", &event.entry(&operator(), now)).await;
            let free = !model.kept && model.has_evidence;
            model.kept |= result.is_ok();
            (result, free)
        }
        Step::Unkeep(_) => {
            let event = Event::Unkept { subject: subject(), reason: "x".into() };
            let result = store.unkeep(id, now, &event.entry(&operator(), now)).await;
            (result, std::mem::replace(&mut model.kept, false))
        }
        Step::Expire { due, .. } => {
            let days = if *due { 14 } else { 13 };
            let at = now + SignedDuration::from_hours(24 * days);
            let result = store
                .expire(id, None, &Event::Expired { subject: subject(), decision: None }.entry(&Actor::System, at))
                .await;
            if result.is_ok() {
                (model.state, model.has_content, model.has_evidence) = (State::Expired, false, false);
            }
            (result, was == State::Held && *due && !model.kept)
        }
        Step::DeleteContent(_) => {
            let result = store.delete_content(id).await;
            model.has_content &= !was.is_final() || model.kept || was == State::Returned;
            (result, true)
        }
    };
    let (result, allowed) = done;
    assert_eq!(result.is_ok(), allowed, "{step:?} {result:?}");
}
