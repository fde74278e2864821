//! What every store must do with accounts, sessions, requests and looks; part of [`super::contract::all`].

use jiff::SignedDuration;

use super::contract::{about, entry, held, minute, new_held, notice, ordinary};
use super::*;

pub(super) async fn all(store: &dyn Store) {
    a_link_sets_an_account_up_once(store).await;
    a_step_a_recovery_code_and_a_session_are_taken_once(store).await;
    wrong_codes_behind_the_right_password_lock(store).await;
    tries_are_counted_for_whoever_is_named(store).await;
    what_is_done_to_an_account_ends_its_sessions(store).await;
    an_exception_is_asked_for_once(store).await;
    what_went_out_at_once_is_looked_at_by_somebody_else(store).await;
}

fn digest(number: u8) -> TokenDigest {
    TokenDigest([number; 32])
}

fn row(number: u8) -> AccountRow {
    AccountRow {
        id: AccountId([number; 16]),
        login: format!("1:{number:02x}"),
        roles: vec!["auditor".into(), "reviewer".into()],
        units: vec!["social".into()],
        language: Some("nn".into()),
        created_at: minute(0),
        enrolled_at: None,
        disabled_at: None,
        locked_at: None,
        sealed: vec![number; 3],
    }
}

fn link(number: u8) -> NewEnrolment {
    NewEnrolment { digest: digest(number), until: minute(60) }
}

async fn enrol(store: &dyn Store, number: u8, at: i64) -> bool {
    let recovery = [digest(200), digest(201)];
    let enrolled = Enrolled {
        account: AccountId([number; 16]),
        digest: digest(number),
        sealed: b"with a password",
        code_step: 100,
        recovery: &recovery,
    };
    store.enrol(&enrolled, &entry("user-enrolled", minute(at))).await.unwrap()
}

/// An account that may sign in.
async fn ready(store: &dyn Store, number: u8) -> AccountId {
    let row = row(number);
    let logins = std::slice::from_ref(&row.login);
    store.add_account(&row, logins, link(number), &entry("user-added", minute(0))).await.unwrap();
    assert!(enrol(store, number, 1).await);
    row.id
}

async fn sign_in(store: &dyn Store, number: u8, factor: SecondFactor, session: u8) -> bool {
    let (id, login) = (AccountId([number; 16]), format!("1:{number:02x}"));
    store.sign_in(id, factor, digest(session), &login, &entry("signed-in", minute(2))).await.unwrap()
}

async fn session(store: &dyn Store, number: u8) -> Option<SessionRow> {
    store.session(digest(number), minute(0), minute(0)).await.unwrap()
}

fn refused(answer: Result<(), StoreError>) -> Conflict {
    match answer {
        Err(StoreError::Conflict(conflict)) => conflict,
        other => panic!("{other:?}"),
    }
}

async fn a_link_sets_an_account_up_once(store: &dyn Store) {
    assert!(!store.has_accounts().await.unwrap());
    let row = row(1);
    let logins = ["2:new".to_owned(), row.login.clone()];
    store.add_account(&row, &logins, link(1), &entry("user-added", minute(0))).await.unwrap();
    let other = AccountRow { id: AccountId([99; 16]), login: "2:new".into(), ..row.clone() };
    let again = store.add_account(&other, &logins, link(99), &entry("user-added", minute(0))).await;
    assert_eq!(refused(again), Conflict::Known, "under an earlier secret's digest");
    assert!(store.has_accounts().await.unwrap());
    assert_eq!(store.accounts().await.unwrap(), std::slice::from_ref(&row));
    assert_eq!(store.account(row.id).await.unwrap(), Some(row.clone()));
    assert!(!sign_in(store, 1, SecondFactor::Step(101), 1).await, "nothing is set yet");

    assert_eq!(store.enrolment(digest(1), minute(59)).await.unwrap().map(|a| a.id), Some(row.id));
    assert_eq!(store.enrolment(digest(1), minute(60)).await.unwrap(), None, "its time is over");
    assert!(!enrol(store, 1, 60).await, "its time is over");
    assert!(enrol(store, 1, 1).await);
    assert!(!enrol(store, 1, 1).await, "it is used up");
    assert_eq!(store.enrolment(digest(1), minute(2)).await.unwrap(), None);
    let set = store.account(row.id).await.unwrap().unwrap();
    assert_eq!((set.enrolled_at, set.sealed.as_slice()), (Some(minute(1)), b"with a password".as_slice()));
    assert_eq!(store.recovery_left(row.id).await.unwrap(), 2);

    let changed = AccountRow { roles: vec![], units: vec!["skole".into()], language: None, ..set.clone() };
    store.change_account(&changed, &entry("user-changed", minute(3))).await.unwrap();
    assert_eq!(store.account(row.id).await.unwrap(), Some(changed));
    let nobody = AccountRow { id: AccountId([98; 16]), ..set };
    assert_eq!(refused(store.change_account(&nobody, &entry("user-changed", minute(3))).await), Conflict::NoAccount);
}

async fn a_step_a_recovery_code_and_a_session_are_taken_once(store: &dyn Store) {
    let id = ready(store, 2).await;
    assert!(!sign_in(store, 2, SecondFactor::Step(100), 10).await, "the step of the enrolment");
    assert!(sign_in(store, 2, SecondFactor::Step(101), 10).await);
    assert!(!sign_in(store, 2, SecondFactor::Step(101), 11).await, "the same code again");
    assert!(!sign_in(store, 2, SecondFactor::Step(100), 11).await, "an earlier one");
    assert_eq!(session(store, 11).await, None, "a refused one begins no session");
    assert!(sign_in(store, 2, SecondFactor::Recovery(digest(200)), 12).await);
    assert!(!sign_in(store, 2, SecondFactor::Recovery(digest(200)), 13).await, "used");
    assert!(!sign_in(store, 2, SecondFactor::Recovery(digest(77)), 13).await, "not one of its own");
    assert_eq!(store.recovery_left(id).await.unwrap(), 1);

    let confirm = async |step, session| {
        let entry = entry("sign-in-confirmed", minute(2));
        store.confirm_session(id, SecondFactor::Step(step), digest(session), &entry).await.unwrap()
    };
    assert!(!confirm(101, 10).await, "a code is good once, for whatever");
    assert!(!confirm(102, 99).await, "there is no such session");
    assert_eq!(session(store, 10).await.unwrap().confirmed_at, None);
    assert!(confirm(102, 10).await && !confirm(102, 10).await);
    assert_eq!(session(store, 10).await.unwrap().confirmed_at, Some(minute(2)));
    assert_eq!(session(store, 12).await.unwrap().confirmed_at, None, "another browser is another one");

    let seen = session(store, 10).await.unwrap();
    assert_eq!((seen.account.id, seen.began_at, seen.seen_at), (id, minute(2), minute(2)));
    assert!(store.session(digest(10), minute(2), minute(0)).await.unwrap().is_none(), "begun too long ago");
    assert!(store.session(digest(10), minute(0), minute(2)).await.unwrap().is_none(), "idle too long");
    store.see_session(digest(10), minute(9)).await.unwrap();
    assert_eq!(store.session(digest(10), minute(0), minute(8)).await.unwrap().unwrap().seen_at, minute(9));
    store.end_session(digest(10), &entry("signed-out", minute(9))).await.unwrap();
    assert_eq!(session(store, 10).await, None);
    assert!(session(store, 12).await.is_some(), "another one goes on");
    store.sweep_accounts(minute(10), minute(2)).await.unwrap();
    assert_eq!(session(store, 12).await, None);
}

async fn wrong_codes_behind_the_right_password_lock(store: &dyn Store) {
    let id = ready(store, 3).await;
    assert!(sign_in(store, 3, SecondFactor::Step(101), 20).await);
    let entries = [entry("sign-in-refused", minute(3)), entry("user-locked", minute(3))];
    for _ in 0..5 {
        store.refuse_attempt(None, 2, &entries).await.unwrap();
    }
    store.refuse_attempt(Some(id), 2, &entries).await.unwrap();
    assert!(session(store, 20).await.is_some());
    // In succession: who gets in begins anew.
    assert!(sign_in(store, 3, SecondFactor::Step(102), 21).await);
    store.refuse_attempt(Some(id), 2, &entries).await.unwrap();
    assert_eq!(store.account(id).await.unwrap().unwrap().locked_at, None);
    store.refuse_attempt(Some(id), 2, &entries).await.unwrap();
    assert_eq!(store.account(id).await.unwrap().unwrap().locked_at, Some(minute(3)));
    assert_eq!((session(store, 20).await, session(store, 21).await), (None, None));
    assert!(!sign_in(store, 3, SecondFactor::Step(103), 22).await);
    assert!(!sign_in(store, 3, SecondFactor::Recovery(digest(200)), 22).await);

    let reset = AccountRow { login: "1:03".into(), sealed: b"name".to_vec(), ..row(3) };
    store
        .reset_account(&reset, NewEnrolment { digest: digest(30), until: minute(90) }, &entry("user-reset", minute(4)))
        .await
        .unwrap();
    let now = store.account(id).await.unwrap().unwrap();
    assert_eq!((now.enrolled_at, now.locked_at, now.sealed), (None, None, b"name".to_vec()));
    assert_eq!(store.recovery_left(id).await.unwrap(), 0);
    assert!(store.enrolment(digest(30), minute(5)).await.unwrap().is_some());
}

fn pause(failures: u32) -> SignedDuration {
    if failures < 3 { SignedDuration::ZERO } else { SignedDuration::from_mins(i64::from(failures)) }
}

async fn tries_are_counted_for_whoever_is_named(store: &dyn Store) {
    let id = ready(store, 4).await;
    for login in ["1:04", "1:nobody"] {
        let logins = [login.to_owned(), "0:earlier".to_owned()];
        let attempt = async |at| store.attempt(&logins, minute(at), pause).await.unwrap();
        for _ in 0..3 {
            let Attempt::Go(account) = attempt(1).await else { panic!("too early") };
            assert_eq!(account.map(|a| a.id), (login == "1:04").then_some(id));
        }
        assert_eq!(attempt(3).await, Attempt::Wait(minute(4)), "{login}");
        assert!(matches!(attempt(4).await, Attempt::Go(_)));
        assert_eq!(attempt(5).await, Attempt::Wait(minute(8)), "it grows");
    }
    assert!(sign_in(store, 4, SecondFactor::Step(101), 40).await);
    let logins = ["1:04".to_owned()];
    assert!(matches!(store.attempt(&logins, minute(5), pause).await.unwrap(), Attempt::Go(_)), "forgotten");
    store.sweep_accounts(minute(5) + SignedDuration::from_hours(24), minute(0)).await.unwrap();
    let logins = ["1:nobody".to_owned()];
    assert!(matches!(store.attempt(&logins, minute(5), pause).await.unwrap(), Attempt::Go(None)), "a day is over");
}

async fn what_is_done_to_an_account_ends_its_sessions(store: &dyn Store) {
    let id = ready(store, 5).await;
    assert!(sign_in(store, 5, SecondFactor::Step(101), 50).await);
    store.disable_account(id, true, &entry("user-disabled", minute(3))).await.unwrap();
    assert_eq!(session(store, 50).await, None);
    assert!(!sign_in(store, 5, SecondFactor::Step(102), 51).await);
    let again = store.disable_account(id, true, &entry("user-disabled", minute(3))).await;
    assert_eq!(refused(again), Conflict::Ended);
    store.disable_account(id, false, &entry("user-enabled", minute(4))).await.unwrap();
    assert_eq!(session(store, 50).await, None, "what has ended has ended");
    assert!(sign_in(store, 5, SecondFactor::Step(102), 51).await);
    let nobody = store.disable_account(AccountId([97; 16]), true, &entry("user-disabled", minute(3))).await;
    assert_eq!(refused(nobody), Conflict::NoAccount);
    let reset = row(5);
    store.reset_account(&reset, link(55), &entry("user-reset", minute(5))).await.unwrap();
    assert_eq!(session(store, 51).await, None);
    store.remove_account(&reset, &entry("user-removed", minute(6))).await.unwrap();
    assert_eq!(store.account(id).await.unwrap(), None);
    assert_eq!(store.enrolment(digest(55), minute(6)).await.unwrap(), None, "its link opens nothing");
    let again = store.remove_account(&reset, &entry("user-removed", minute(6))).await;
    assert_eq!(refused(again), Conflict::NoAccount);
}

async fn an_exception_is_asked_for_once(store: &dyn Store) {
    let id = held(store, 1).await;
    assert!(store.is_sender(id, &["9:xx".into(), "1:cc".into()]).await.unwrap());
    assert!(!store.is_sender(id, &["9:xx".into()]).await.unwrap());
    assert!(!store.is_sender(MessageId::random(), &["1:cc".into()]).await.unwrap());
    let row = ExceptionRow {
        id: RegisterId::random(),
        message: id,
        account: AccountId([1; 16]),
        at: minute(1),
        code: "EX-PARTY".into(),
        sealed: b"facts".to_vec(),
    };
    let waiting = store.outbox_waiting().await.unwrap();
    let asked = about("exception-requested", id, minute(1));
    assert!(store.request_exception(&row, Some(&notice(minute(1))), &asked).await.unwrap());
    let again = ExceptionRow { id: RegisterId::random(), ..row.clone() };
    assert!(!store.request_exception(&again, Some(&notice(minute(1))), &asked).await.unwrap());
    assert_eq!(store.outbox_waiting().await.unwrap(), waiting + 1);
    assert_eq!(store.exception_of(id).await.unwrap(), Some(row));
    let message = store.message(id).await.unwrap().unwrap();
    assert_eq!((message.exception.as_deref(), message.review_asked), (Some("EX-PARTY"), Some(minute(1))));
    assert_eq!(message.state, State::Held, "a request releases nothing");
    store.discard(id, None, &about("discarded", id, minute(2))).await.unwrap();
    let gone = ExceptionRow { id: RegisterId::random(), message: held(store, 1).await, ..again };
    store.discard(gone.message, None, &about("discarded", gone.message, minute(2))).await.unwrap();
    assert!(!store.request_exception(&gone, None, &asked).await.unwrap());
    while let Some(item) = store.outbox_claim(minute(5)).await.unwrap() {
        store.outbox_done(&item).await.unwrap();
    }
}

async fn what_went_out_at_once_is_looked_at_by_somebody_else(store: &dyn Store) {
    let mut new = new_held(minute(0), 1);
    new.record.four_eyes = true;
    let receipt = store.hold(new).await.unwrap();
    let id = receipt.id();
    let review = NewReview {
        id,
        reference: Some(receipt.reference().clone()),
        unit: "social".into(),
        actor: "account:sender".into(),
        what: "disclosure:barnevern EX-CHILD-REPORT".into(),
        at: minute(1),
        due: minute(60),
    };
    let start = NewRelease { review: Some(review.clone()), ..ordinary() };
    let lease = Duration::from_secs(60);
    // It does not wait for the second person whom the policy wants.
    let claim = store.start_release(id, "me", lease, &start, &about("release-started", id, minute(1))).await.unwrap();
    store.record_recipient(&claim, &super::contract::row(0, RecipientState::Accepted), None).await.unwrap();
    store.finish_release(&claim, None, &about("released", id, minute(2))).await.unwrap();
    assert_eq!(store.reviews(false).await.unwrap(), [ReviewRow { review: review.clone(), decided: None }]);
    let overdue = |at, since| async move {
        store
            .reviews_overdue(minute(at), minute(since))
            .await
            .unwrap()
            .iter()
            .map(|row| row.review.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(overdue(59, 59).await, []);
    assert_eq!(overdue(60, 0).await, [id]);
    let reminded = about("review-overdue", id, minute(61));
    let waiting = store.outbox_waiting().await.unwrap();
    assert!(store.remind_of_review(id, minute(0), Some(&notice(minute(61))), &reminded).await.unwrap());
    assert!(!store.remind_of_review(id, minute(0), Some(&notice(minute(61))), &reminded).await.unwrap());
    assert_eq!(store.outbox_waiting().await.unwrap(), waiting + 1, "another node was quicker");
    assert_eq!(overdue(62, 60).await, []);
    assert_eq!(overdue(130, 61).await, [id]);
    let by = |actor: &str| Entry { actor: actor.into(), ..about("reviewed", id, minute(3)) };
    let own = store.decide_review(id, Outcome::Confirmed, None, &by("account:sender")).await;
    assert_eq!(refused(own), Conflict::SamePerson);
    store.decide_review(id, Outcome::Objected, None, &by("operator:kari")).await.unwrap();
    let again = store.decide_review(id, Outcome::Confirmed, None, &by("operator:kari")).await;
    assert_eq!(refused(again), Conflict::Ended);
    let none = store.decide_review(MessageId::random(), Outcome::Confirmed, None, &by("operator:kari")).await;
    assert_eq!(refused(none), Conflict::NotFound);
    assert_eq!(store.reviews(false).await.unwrap(), []);
    let decided = Some((minute(3), "operator:kari".to_owned(), Outcome::Objected));
    assert_eq!(store.review_of(id).await.unwrap(), Some(ReviewRow { review, decided }));
    assert_eq!(store.reviews(true).await.unwrap().len(), 1);
    assert_eq!(overdue(500, 400).await, []);
    assert!(!store.remind_of_review(id, minute(400), None, &reminded).await.unwrap(), "somebody has looked");
    while let Some(item) = store.outbox_claim(minute(90)).await.unwrap() {
        store.outbox_done(&item).await.unwrap();
    }
}
