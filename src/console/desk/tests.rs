//! The desk over a real store, asked as browsers of people with different roles would ask.

mod held;
mod matrix;
mod queue;
mod rooms;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::Request as HttpRequest;
use axum::middleware::from_fn;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use jiff::SignedDuration;

use super::*;
use crate::account::{Accounts, Role, Standing};
use crate::audit::{Actor, Event};
use crate::channel::{Channel, Registry};
use crate::console::{PageTexts, Proxies, cookie};
use crate::detect::Detector;
use crate::inspect::attachments::Closed as NoAttachments;
use crate::inspect::pictures::Blind;
use crate::message::{Envelope, Keys, LinkToken, MessageId, RawMessage, Recipient};
use crate::notice::{self, NoticeFacts, NoticeKind};
use crate::pipeline::Edition;
use crate::policy::{Disclosures, Mode, Profiles, Rules, Unit, Units};
use crate::quarantine::{Hold, Identities, MaskedFinding, Quarantine, Sealer, Times, UnitDesk};
use crate::smtp::{ForwardPath, ReversePath};
use crate::store::{Database, Enrolled, SecondFactor, sqlite};

const MAIL: &str = "From: anna@kommun.example\r\nSubject: Uppgifter\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
                    Karin Dahlqvist, personnummer 19941227-2396, är sjukskriven.\r\n";

struct House {
    desk: Arc<Desk>,
    door: TowerToHyperService<Router>,
    _folder: tempfile::TempDir,
}

/// What a hold is to be; the rest is the same for all.
struct Wish<'w> {
    unit: &'w str,
    urgent: bool,
    private: bool,
    four_eyes: bool,
    severity: &'w str,
    categories: &'w [&'w str],
    age: SignedDuration,
}

impl Default for Wish<'_> {
    fn default() -> Self {
        Wish {
            unit: "social",
            urgent: false,
            private: false,
            four_eyes: false,
            severity: "high",
            categories: &["health", "national-id"],
            age: SignedDuration::ZERO,
        }
    }
}

/// An answer as its reader has it.
struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

/// Somebody at a browser.
struct Person {
    cookie: String,
}

const NOBODY: Person = Person { cookie: String::new() };

impl House {
    async fn new() -> House {
        House::with(Vec::new()).await
    }

    /// A house that knows these channels.
    async fn with(channels: Vec<Channel>) -> House {
        let folder = tempfile::tempdir().unwrap();
        let settings = sqlite::Settings {
            path: folder.path().join("sluss.db"),
            writer: "node".to_owned(),
            busy_timeout: Duration::from_secs(5),
            create: true,
        };
        let store: Arc<dyn Store> = Arc::new(Database::open(settings).await.unwrap());
        let keys = Arc::new(Keys::derive(&[7; 32]));
        let identity = folder.path().join("sluss.key");
        let recipient = Identities::create_file(&identity, Timestamp::now()).unwrap();
        let settings = crate::quarantine::Settings {
            sealer: Sealer::new(&[recipient], &BTreeMap::new()).unwrap(),
            times: Times { keep_decision: None, warn_days: 0, return_days: 30 },
            desks: HashMap::new(),
            identities: Some(Identities::from_file(&identity).unwrap()),
            routes: None,
        };
        let unit = UnitDesk { language: Language::Sv, reviewers: Vec::new() };
        let pages = Arc::new(SenderPages {
            quarantine: Arc::new(Quarantine::new(store.clone(), keys.clone(), settings)),
            keys: keys.clone(),
            texts: PageTexts::builtin().unwrap(),
            words: notice::Texts::builtin().unwrap(),
            settings: notice::Settings {
                from: String::new(),
                hostname: "sluss.kommun.example".to_owned(),
                policy: None,
                desk: None,
                duty_phone: None,
                review_hours: Some("4 timmar".to_owned()),
                how_to_secure: BTreeMap::new(),
                console_url: None,
                time_zone: jiff::tz::TimeZone::UTC,
            },
            units: HashMap::from([("social".to_owned(), unit.clone()), ("bygg".to_owned(), unit)]),
            secure: None,
            accounts: Accounts::new(store, keys),
            disclosures: Disclosures::default(),
            issuer: "sluss.kommun.example".to_owned(),
            proxies: Proxies::default(),
            prefix: String::new(),
            language: Language::Sv,
        });
        let profile = |id: &str| Profiles::builtin().get(id).unwrap().clone();
        let unit = |id: &str, profile_id: &str| Unit::new(id, profile(profile_id), Rules::new(Mode::Enforce));
        let units = Units::new(vec![unit("social", "se.social"), unit("bygg", "se.social")]);
        let detector = Detector::builtin();
        let knowledge = Arc::new(Knowledge {
            edition: Edition::of(&detector, &units),
            detector,
            registry: Registry::new(channels).unwrap(),
            units,
            count_synthetic: true,
            attachments: Arc::new(NoAttachments),
            pictures: Arc::new(Blind),
            register: Arc::default(),
            familiar: Arc::default(),
        });
        let (rooms, operations, figures) = (RoomTexts::builtin().unwrap(), Operations::default(), Figures::default());
        let desk = Arc::new(Desk {
            pages,
            texts: texts::builtin().unwrap(),
            knowledge,
            review_hours: 4,
            rooms,
            operations,
            figures,
        });
        let shown = desk.clone();
        let routes = router(Arc::new(move || Some(shown.clone()))).layer(from_fn(answer::guarded));
        House { desk, door: TowerToHyperService::new(routes), _folder: folder }
    }

    /// An account that is signed in.
    async fn person(&self, roles: &[Role], units: &[&str]) -> Person {
        self.person_of(&format!("{}@kommun.example", MessageId::random()), roles, units).await
    }

    async fn person_of(&self, address: &str, roles: &[Role], units: &[&str]) -> Person {
        let accounts = &self.desk.pages.accounts;
        let units = units.iter().map(|unit| (*unit).to_owned()).collect();
        let standing = Standing { roles: roles.to_vec(), units, language: Some("sv".to_owned()) };
        let (id, link) = accounts.add(address, &standing, &Actor::System).await.unwrap();
        let (store, row, now) = (self.desk.store(), accounts.account(id).await.unwrap(), Timestamp::now());
        let digest_of = |token, purpose| digest(token, purpose);
        let new = Enrolled {
            account: id,
            digest: digest_of(&link, Purpose::Enrolment),
            sealed: &row.sealed,
            code_step: 1,
            recovery: &[],
        };
        store.enrol(&new, &Event::UserEnrolled(id).entry(&Actor::System, now)).await.unwrap();
        let token = LinkToken::random();
        let entry = Event::SignedIn { account: id, recovery: false }.entry(&Actor::Account(id), now);
        let session = digest_of(&token, Purpose::Session);
        assert!(store.sign_in(id, SecondFactor::Step(2), session, &row.login, &entry).await.unwrap());
        Person { cookie: format!("{}={}", cookie::SESSION, token.text()) }
    }

    /// Holds a mail; gives its reference.
    async fn held(&self, wish: Wish<'_>) -> Reference {
        let at = Timestamp::now().saturating_sub(wish.age).unwrap();
        let to = vec!["bo@post.example".to_owned()];
        let notice = NoticeFacts {
            recipients: to.clone(),
            provisions: vec!["26 kap. 1 § OSL".to_owned()],
            ..NoticeFacts::of_service(
                NoticeKind::Held,
                Language::Sv,
                vec!["anna@kommun.example".to_owned()],
                wish.unit,
                at,
            )
        };
        let finding = MaskedFinding {
            category: "national-id".to_owned(),
            kind: "personnummer".to_owned(),
            strength: "strong".to_owned(),
            place_of_find: "body".to_owned(),
            zone: "new".to_owned(),
            part: "1".to_owned(),
            name: None,
            place: None,
            start: 30,
            end: 43,
            masked: "19••••••-••••".to_owned(),
            rule: "se.personnummer".to_owned(),
            counted: true,
        };
        let hold = Hold {
            at,
            unit: wish.unit.to_owned(),
            categories: wish.categories.iter().map(|word| (*word).to_owned()).collect(),
            severity: wish.severity.to_owned(),
            patterns: "0123456789abcdef".to_owned(),
            config: "fedcba9876543210".to_owned(),
            channels: vec!["unknown".to_owned()],
            mode: "enforce".to_owned(),
            urgent: wish.urgent,
            keep_days: 14,
            keep_decision: None,
            private: wish.private,
            four_eyes: wish.four_eyes,
            envelope: Envelope {
                reverse_path: ReversePath::parse("<anna@kommun.example>").unwrap().0,
                parameters: Vec::new(),
                recipients: vec![Recipient {
                    path: ForwardPath::parse("<bo@post.example>").unwrap().0,
                    parameters: Vec::new(),
                }],
            },
            message_id: None,
            subject: Some("Uppgifter".to_owned()),
            findings: vec![finding],
            uninspectable: Vec::new(),
            values: Vec::new(),
            trace: Vec::new(),
            message: RawMessage::uncounted(MAIL.into()),
            kept: std::iter::once(0..MAIL.len()).collect(),
            tell: Vec::new(),
            notice,
            reviewers: Vec::new(),
        };
        self.desk.pages.quarantine.hold(hold).await.unwrap().reference().clone()
    }

    async fn ask(&self, person: &Person, request: HttpRequest<Body>) -> Answer {
        let (mut parts, body) = request.into_parts();
        parts.headers.insert(header::COOKIE, person.cookie.parse().unwrap());
        let response = self.door.call(HttpRequest::from_parts(parts, body)).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(to_bytes(body, 1 << 22).await.unwrap().to_vec()).unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    async fn get(&self, person: &Person, path: &str) -> Answer {
        self.ask(person, HttpRequest::get(path).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, person: &Person, path: &str, form: &str) -> Answer {
        let request = HttpRequest::post(path).header("content-type", "application/x-www-form-urlencoded");
        let request = request.header("sec-fetch-site", "same-origin").body(Body::from(form.to_owned()));
        self.ask(person, request.unwrap()).await
    }

    /// `event actor-kind` of everything on the record, in order.
    async fn events(&self) -> Vec<String> {
        let links = self.desk.store().audit_links("node", 0).await.unwrap();
        links.into_iter().map(|l| format!("{} {}", l.event, l.actor.split(':').next().unwrap_or_default())).collect()
    }
}

impl Answer {
    fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }
}
