//! Accounts over a real store: what lets somebody in, and what does not.

use std::sync::Mutex;
use std::time::Duration;

use super::password::Weak;
use super::totp::CodeSecret;
use super::*;
use crate::store::{Conflict, Database, sqlite};

const ADDRESS: &str = "Kari.Nordmann@kommune.example";
const PASSWORD: &str = "fire tørre hester på taket";

struct House {
    accounts: Accounts,
    clock: Arc<Mutex<Timestamp>>,
    store: Arc<dyn Store>,
    _folder: tempfile::TempDir,
}

/// Somebody with an account, and what he has on his phone.
struct Person {
    id: AccountId,
    codes: CodeSecret,
    recovery: Vec<Zeroizing<String>>,
}

impl House {
    async fn new() -> House {
        let folder = tempfile::tempdir().unwrap();
        let settings = sqlite::Settings {
            path: folder.path().join("sluss.db"),
            writer: "node".to_owned(),
            busy_timeout: Duration::from_secs(5),
            create: true,
        };
        let store: Arc<dyn Store> = Arc::new(Database::open(settings).await.unwrap());
        let clock = Arc::new(Mutex::new("2026-05-04T10:00:00Z".parse().unwrap()));
        let now = clock.clone();
        let keys = Arc::new(Keys::derive(&[7; 32]));
        let accounts = Accounts::new(store.clone(), keys).with_clock(move || *now.lock().unwrap());
        House { accounts, clock, store, _folder: folder }
    }

    fn forward(&self, by: SignedDuration) {
        *self.clock.lock().unwrap() += by;
    }

    fn now(&self) -> Timestamp {
        *self.clock.lock().unwrap()
    }

    async fn person(&self) -> Person {
        let (id, token) = self.accounts.add(ADDRESS, &standing(), &operator()).await.unwrap();
        let codes = CodeSecret::random();
        let carried = self.accounts.carried(&token, &codes);
        let back = self.accounts.carried_back(&token, &carried).unwrap();
        assert!(self.accounts.carried_back(&LinkToken::random(), &carried).is_none(), "bound to its link");
        let code = codes.code_at(self.now()).unwrap();
        let Set::Done(recovery) = self.accounts.set(&token, setting(PASSWORD, back, &code)).await.unwrap() else {
            panic!("not set")
        };
        // The step of the enrolment is used up.
        self.forward(SignedDuration::from_secs(30));
        Person { id, codes, recovery }
    }

    async fn try_with(&self, address: &str, password: &str, code: &str) -> SignIn {
        let typed = Credentials {
            address: address.to_owned(),
            password: Zeroizing::new(password.to_owned()),
            code: Zeroizing::new(code.to_owned()),
        };
        self.accounts.sign_in(typed).await.unwrap()
    }

    async fn session(&self, person: &Person) -> LinkToken {
        let code = person.codes.code_at(self.now()).unwrap();
        match self.try_with(ADDRESS, PASSWORD, &code).await {
            SignIn::In(id, token) if id == person.id => token,
            _ => panic!("refused"),
        }
    }

    /// `event actor detail` of all that is on the record.
    async fn events(&self) -> Vec<String> {
        let links = self.store.audit_links("node", 0).await.unwrap();
        links.into_iter().map(|l| format!("{} {} {}", l.event, l.actor, l.detail.unwrap_or_default())).collect()
    }
}

fn operator() -> Actor {
    Actor::Operator("root".into())
}

fn standing() -> Standing {
    Standing { roles: vec![Role::Reviewer], units: vec!["social".into()], language: Some("nb".into()) }
}

fn setting(password: &str, codes: CodeSecret, code: &str) -> Setting {
    Setting { password: Zeroizing::new(password.to_owned()), codes, code: Zeroizing::new(code.to_owned()) }
}

#[tokio::test]
async fn an_account_is_set_up_by_its_link_and_no_further_without_a_code() {
    let house = House::new().await;
    let (id, token) = house.accounts.add(ADDRESS, &standing(), &operator()).await.unwrap();
    let twice = house.accounts.add(&ADDRESS.to_uppercase(), &standing(), &operator()).await;
    assert!(matches!(twice, Err(AccountError::Store(StoreError::Conflict(Conflict::Known)))));
    for wrong in ["kari", "kari@kommune", "@kommune.example", "ka ri@kommune.example", "kari@kommune.example."] {
        let refused = house.accounts.add(wrong, &standing(), &operator()).await;
        assert!(matches!(refused, Err(AccountError::Address)), "{wrong}");
    }
    let code = |codes: &CodeSecret| codes.code_at(house.now()).unwrap();
    let codes = CodeSecret::random();
    assert!(matches!(house.try_with(ADDRESS, "", &code(&codes)).await, SignIn::Refused), "nothing is set");
    let right = code(&codes);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    let set = house.accounts.set(&token, setting(PASSWORD, codes, wrong)).await.unwrap();
    assert!(matches!(set, Set::Not(NotSet::Code)), "nobody has a password alone");
    let codes = CodeSecret::random();
    let right = code(&codes);
    let set = house.accounts.set(&token, setting("kort", codes, &right)).await.unwrap();
    assert!(matches!(set, Set::Not(NotSet::Weak(Weak::Short))));
    assert_eq!(house.accounts.account(id).await.unwrap().enrolled_at, None);
    assert_eq!(house.accounts.enrolment(&token).await.unwrap().unwrap().address, ADDRESS);
    house.forward(LINK_OPEN);
    assert!(house.accounts.enrolment(&token).await.unwrap().is_none(), "its time is over");
    let codes = CodeSecret::random();
    let right = code(&codes);
    assert!(matches!(house.accounts.set(&token, setting(PASSWORD, codes, &right)).await.unwrap(), Set::Gone));
}

#[tokio::test]
async fn both_factors_let_in_and_each_code_once() {
    let house = House::new().await;
    let person = house.person().await;
    let code = person.codes.code_at(house.now()).unwrap();
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    let SignIn::In(id, token) = house.try_with(" kari.nordmann@KOMMUNE.example", PASSWORD, &spaced).await else {
        panic!("refused")
    };
    assert_eq!(id, person.id);
    let signed_in = house.accounts.signed_in(&token).await.unwrap().unwrap();
    assert_eq!((signed_in.id(), signed_in.address.as_str()), (id, ADDRESS));
    assert!(matches!(house.try_with(ADDRESS, PASSWORD, &code).await, SignIn::Refused), "the same code again");
    assert!(matches!(house.try_with(ADDRESS, PASSWORD, &person.recovery[3]).await, SignIn::In(..)));
    assert!(matches!(house.try_with(ADDRESS, PASSWORD, &person.recovery[3]).await, SignIn::Refused), "used");
    house.forward(SignedDuration::from_secs(30));
    let next = person.codes.code_at(house.now()).unwrap();
    for (password, code) in [("", next.as_str()), ("fire tørre hester", &next), (PASSWORD, ""), (PASSWORD, "12345")] {
        assert!(matches!(house.try_with(ADDRESS, password, code).await, SignIn::Refused), "one factor");
    }
    let events = house.events().await;
    assert!(events.contains(&format!("signed-in account:{id} account={id} by=password+code")), "{events:?}");
    assert!(events.contains(&format!("signed-in account:{id} account={id} by=password+recovery-code")));
    assert!(events.contains(&format!("sign-in-refused system account={id}")));
    assert!(!events.iter().any(|event| event.to_lowercase().contains("kari")), "the record names nobody");
}

#[tokio::test]
async fn whoever_guesses_waits_whether_there_is_an_account_or_not() {
    let house = House::new().await;
    house.person().await;
    for address in [ADDRESS, "ingen@kommune.example"] {
        for _ in 0..5 {
            assert!(matches!(house.try_with(address, "gjettet passord", "000000").await, SignIn::Refused), "{address}");
        }
        let SignIn::Wait(until) = house.try_with(address, "gjettet passord", "000000").await else {
            panic!("{address} is not held back")
        };
        assert_eq!(until, house.now() + SignedDuration::from_secs(30), "{address}");
    }
    assert_eq!(
        [5, 6, 7, 11, 12, 99].map(sign_in::pause),
        [30, 60, 120, 1800, 1800, 1800].map(SignedDuration::from_secs)
    );
    assert_eq!([0, 1, 4].map(sign_in::pause), [SignedDuration::ZERO; 3]);
}

#[tokio::test]
async fn wrong_codes_behind_the_right_password_lock_the_account_until_it_is_reset() {
    let house = House::new().await;
    let person = house.person().await;
    let session = house.session(&person).await;
    for _ in 0..sign_in::WRONG_CODES {
        assert!(house.accounts.account(person.id).await.unwrap().locked_at.is_none());
        assert!(matches!(house.try_with(ADDRESS, PASSWORD, "0").await, SignIn::Refused));
        house.forward(SignedDuration::from_mins(31));
        let _ = house.store.see_session(digest(&session, Purpose::Session), house.now()).await;
    }
    assert!(house.accounts.account(person.id).await.unwrap().locked_at.is_some());
    assert!(house.accounts.signed_in(&session).await.unwrap().is_none(), "its sessions end");
    let code = person.codes.code_at(house.now()).unwrap();
    assert!(matches!(house.try_with(ADDRESS, PASSWORD, &code).await, SignIn::Refused));
    house.forward(SignedDuration::from_mins(31));
    let token = house.accounts.reset(person.id, &operator()).await.unwrap();
    let codes = CodeSecret::random();
    let code = codes.code_at(house.now()).unwrap();
    assert!(matches!(
        house.accounts.set(&token, setting("et helt annet passord", codes, &code)).await,
        Ok(Set::Done(_))
    ));
    assert!(matches!(house.try_with(ADDRESS, PASSWORD, &person.recovery[0]).await, SignIn::Refused), "all is new");
    assert!(house.events().await.contains(&format!("user-locked system account={}", person.id)));
}

#[tokio::test]
async fn a_session_ends_by_itself_by_its_holder_and_with_its_account() {
    let house = House::new().await;
    let person = house.person().await;
    let token = house.session(&person).await;
    assert!(house.accounts.signed_in(&LinkToken::random()).await.unwrap().is_none());
    for _ in 0..4 {
        house.forward(SignedDuration::from_mins(14));
        assert!(house.accounts.signed_in(&token).await.unwrap().is_some(), "seen now and then");
    }
    house.forward(IDLE);
    assert!(house.accounts.signed_in(&token).await.unwrap().is_none(), "idle");

    let token = house.session(&person).await;
    let begun = house.now();
    while house.now() < begun + ABSOLUTE - SignedDuration::from_mins(10) {
        assert!(house.accounts.signed_in(&token).await.unwrap().is_some());
        house.forward(SignedDuration::from_mins(10));
    }
    assert!(house.accounts.signed_in(&token).await.unwrap().is_some());
    house.forward(SignedDuration::from_mins(10));
    assert!(house.accounts.signed_in(&token).await.unwrap().is_none(), "a working day is over");

    let token = house.session(&person).await;
    let signed_in = house.accounts.signed_in(&token).await.unwrap().unwrap();
    house.accounts.sign_out(&token, &signed_in).await.unwrap();
    assert!(house.accounts.signed_in(&token).await.unwrap().is_none());

    house.forward(SignedDuration::from_secs(30));
    let token = house.session(&person).await;
    house.accounts.disable(person.id, true, &operator()).await.unwrap();
    assert!(house.accounts.signed_in(&token).await.unwrap().is_none());
    house.forward(SignedDuration::from_secs(30));
    let code = person.codes.code_at(house.now()).unwrap();
    assert!(matches!(house.try_with(ADDRESS, PASSWORD, &code).await, SignIn::Refused));
}

#[tokio::test]
async fn of_many_who_come_with_one_code_one_gets_in() {
    let house = House::new().await;
    let person = house.person().await;
    let code = person.codes.code_at(house.now()).unwrap();
    let tries = [house.try_with(ADDRESS, PASSWORD, &code), house.try_with(ADDRESS, PASSWORD, &code)];
    let [one, two] = tries;
    let (one, two) = tokio::join!(one, two);
    let inside = [one, two].into_iter().filter(|answer| matches!(answer, SignIn::In(..))).count();
    assert_eq!(inside, 1);
}
