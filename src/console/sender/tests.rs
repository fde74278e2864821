//! The sender's page over a real store and quarantine, asked as a browser and as anybody would ask.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::Request as HttpRequest;
use axum::middleware::from_fn;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use super::*;
use crate::console::limits;
use crate::message::{Envelope, RawMessage, Recipient};
use crate::notice::{NoticeFacts, NoticeKind, PlaceWord, Plan};
use crate::quarantine::{Hold, Sealer, Tell, Times};
use crate::smtp::{ForwardPath, ReversePath};
use crate::store::{Database, NewRelease, Route, Store, sqlite};

const RECIPIENT: &str = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

struct House {
    store: Arc<dyn Store>,
    pages: Arc<SenderPages>,
    door: TowerToHyperService<Router>,
    _folder: tempfile::TempDir,
}

/// An answer as its reader has it.
struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

/// Sends what it is told to send, and remembers it.
struct Channel {
    answer: Mutex<Sent>,
    sent: Mutex<Vec<MessageId>>,
}

impl Secure for Channel {
    fn offers(&self, unit: &str) -> bool {
        unit == "social"
    }

    fn send(&self, id: MessageId) -> Pin<Box<dyn Future<Output = Result<Sent, QuarantineError>> + Send + '_>> {
        self.sent.lock().unwrap().push(id);
        let answer = *self.answer.lock().unwrap();
        Box::pin(async move { Ok(answer) })
    }
}

impl House {
    async fn new(secure: Option<Arc<dyn Secure>>) -> House {
        let folder = tempfile::tempdir().unwrap();
        let settings = sqlite::Settings {
            path: folder.path().join("sluss.db"),
            writer: "node".to_owned(),
            busy_timeout: Duration::from_secs(5),
            create: true,
        };
        let store: Arc<dyn Store> = Arc::new(Database::open(settings).await.unwrap());
        let keys = Arc::new(Keys::derive(&[7; 32]));
        let settings = crate::quarantine::Settings {
            sealer: Sealer::new(&[RECIPIENT.to_owned()], &BTreeMap::new()).unwrap(),
            times: Times { keep_decision: None, warn_days: 0, return_days: 30 },
            desks: HashMap::new(),
            // The page needs none: whoever reads the store opens nothing.
            identities: None,
            routes: None,
        };
        let quarantine = Arc::new(Quarantine::new(store.clone(), keys.clone(), settings));
        let desk = UnitDesk { language: Language::Sv, reviewers: vec!["granskare@kommun.example".to_owned()] };
        let pages = Arc::new(SenderPages {
            quarantine,
            keys: keys.clone(),
            texts: PageTexts::builtin().unwrap(),
            words: notice::Texts::builtin().unwrap(),
            settings: notice::Settings {
                from: String::new(),
                hostname: "sluss.kommun.example".to_owned(),
                policy: None,
                desk: Some("08-123 45 67".to_owned()),
                duty_phone: Some("08-765 43 21".to_owned()),
                review_hours: Some("4 timmar".to_owned()),
                how_to_secure: BTreeMap::from([("skola".to_owned(), "Använd elevsystemet.".to_owned())]),
                console_url: None,
                time_zone: jiff::tz::TimeZone::UTC,
            },
            units: HashMap::from([("social".to_owned(), desk)]),
            secure,
            accounts: Accounts::new(store.clone(), keys.clone()),
            disclosures: Disclosures::default(),
            issuer: "sluss.kommun.example".to_owned(),
            proxies: Proxies::default(),
            prefix: String::new(),
            language: Language::Sv,
        });
        let shown = pages.clone();
        let routes = router(Arc::new(move || Some(shown.clone()))).layer(from_fn(crate::console::answer::guarded));
        House { store, pages, door: TowerToHyperService::new(routes), _folder: folder }
    }

    /// Holds a mail and gives the path of its link; `None` when an earlier copy's notice has it.
    async fn held(&self, unit: &str, message_id: Option<&str>, recipients: &[&str]) -> (MessageId, Option<String>) {
        let now = Timestamp::now();
        let facts = NoticeFacts {
            to: vec!["anna@kommun.example".to_owned()],
            recipients: recipients.iter().map(|r| (*r).to_owned()).collect(),
            categories: vec!["health".to_owned(), "national-id".to_owned()],
            places: vec![PlaceWord::Quote, PlaceWord::Attachment { kind: "Word".to_owned(), number: 2 }],
            unreadable: vec!["encrypted".to_owned()],
            days: 14,
            ..NoticeFacts::of_service(NoticeKind::Held, Language::Sv, Vec::new(), unit, now)
        };
        let mail = b"Subject: hemligt\r\n\r\nKari\r\n".to_vec();
        let kept = std::iter::once(0..mail.len()).collect();
        let hold = Hold {
            at: now,
            unit: unit.to_owned(),
            categories: facts.categories.clone(),
            severity: "high".to_owned(),
            patterns: "0123456789abcdef".to_owned(),
            config: "fedcba9876543210".to_owned(),
            channels: vec!["unknown".to_owned()],
            mode: "enforce".to_owned(),
            urgent: false,
            keep_days: 14,
            keep_decision: None,
            private: false,
            four_eyes: false,
            envelope: Envelope {
                reverse_path: ReversePath::parse("<anna@kommun.example>").unwrap().0,
                parameters: Vec::new(),
                recipients: vec![Recipient {
                    path: ForwardPath::parse("<bo@post.example>").unwrap().0,
                    parameters: Vec::new(),
                }],
            },
            message_id: message_id.map(str::to_owned),
            subject: None,
            findings: Vec::new(),
            uninspectable: Vec::new(),
            values: Vec::new(),
            trace: Vec::new(),
            message: RawMessage::uncounted(mail),
            kept,
            tell: vec![Tell { facts: facts.clone(), plan: Plan::at_once(now) }],
            notice: facts,
            reviewers: Vec::new(),
        };
        let id = self.pages.quarantine.hold(hold).await.unwrap().id();
        (id, self.notice().await.and_then(|facts| facts.link_token).map(|token| format!("/m/{token}")))
    }

    /// The notice that waits, taken.
    async fn notice(&self) -> Option<NoticeFacts> {
        let item = self.store.outbox_claim(Timestamp::now()).await.unwrap()?;
        let json = self.pages.keys.open_outbox(&item.id.0, &item.payload).unwrap();
        self.store.outbox_done(&item).await.unwrap();
        Some(serde_json::from_slice(&json).unwrap())
    }

    async fn ask(&self, request: HttpRequest<Body>) -> Answer {
        let response = self.door.call(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(HttpRequest::get(path).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, form: &str) -> Answer {
        let request = HttpRequest::post(path).header("content-type", "application/x-www-form-urlencoded");
        self.ask(request.header("sec-fetch-site", "same-origin").body(Body::from(form.to_owned())).unwrap()).await
    }

    /// Opens the page with the button, and presses it.
    async fn press(&self, link: &str, choice: &str) -> Answer {
        let path = format!("{link}/{choice}");
        let form = form(&self.get(&path).await.text);
        self.post(&path, &form).await
    }

    async fn state(&self, id: MessageId) -> MessageState {
        self.store.message(id).await.unwrap().unwrap().state
    }

    /// `event actor` of a message, in order.
    async fn events(&self, id: MessageId) -> Vec<String> {
        let links = self.store.audit_links("node", 0).await.unwrap();
        let own = links.into_iter().filter(|l| l.message.as_deref() == Some(&id.0));
        own.map(|l| format!("{} {}", l.event, l.actor)).collect()
    }
}

/// The hidden fields of a page, as a browser sends them.
fn form(page: &str) -> String {
    let value = |name: &str| {
        let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    format!("at={}&tag={}", value("at"), value("tag"))
}

const TO: &[&str] = &["bo@post.example", "eva@firma.example"];

#[tokio::test]
async fn looking_never_acts() {
    let house = House::new(None).await;
    let (id, link) = house.held("social", None, TO).await;
    let link = link.unwrap();
    for path in ["", "/secure", "/edit", "/review", "/withdraw", "/withdraw?at=1&tag=x", "?l=nn", "/nothing", "/"] {
        for method in ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PROPFIND", "POST"] {
            let request = HttpRequest::builder().method(method).uri(format!("{link}{path}"));
            let answer = house.ask(request.body(Body::empty()).unwrap()).await;
            assert!(answer.status < 500, "{method} {path}: {}", answer.status);
        }
    }
    assert_eq!((house.state(id).await, house.events(id).await), (MessageState::Held, vec!["held system".to_owned()]));
    assert_eq!(house.store.message(id).await.unwrap().unwrap().review_asked, None);
}

#[tokio::test]
async fn the_first_page_says_what_stopped_in_words_and_no_more() {
    let house = House::new(None).await;
    let (id, link) = house.held("skola", None, TO).await;
    let reference = house.store.message(id).await.unwrap().unwrap().reference;
    let page = house.get(&link.unwrap()).await;
    assert_eq!(page.status, 200);
    for shown in [
        "Ditt mejl har inte skickats",
        "mottagare hos post.example och firma.example",
        "hälsa och personnummer",
        "i den tidigare konversationen längst ner",
        "raderas",
        "om 14 dagar",
        "Använd elevsystemet.",
        "href=\"tel:081234567\"",
        reference.as_str(),
    ] {
        assert!(page.text.contains(shown), "{shown}\n{}", page.text);
    }
    for hidden in ["bo@", "eva@", "anna@", "hemligt", "Kari", "granskare"] {
        assert!(!page.text.contains(hidden), "{hidden}");
    }
}

#[tokio::test]
async fn a_withdrawn_mail_is_deleted_with_all_its_copies_and_its_link_is_void() {
    let house = House::new(None).await;
    let (first, link) = house.held("social", Some("m1@kommun.example"), TO).await;
    let (second, none) = house.held("social", Some("m1@kommun.example"), TO).await;
    let (other, _) = house.held("social", Some("m2@kommun.example"), TO).await;
    assert_eq!(none, None, "copies share one notice");
    let link = link.unwrap();
    let answer = house.press(&link, "withdraw").await;
    assert_eq!(answer.status, 200);
    assert!(answer.text.contains("Mejlet är tillbakadraget"));
    for id in [first, second] {
        assert_eq!(house.state(id).await, MessageState::Discarded);
        assert_eq!(house.events(id).await, ["held system", "discarded link"]);
        assert_eq!(house.store.content(id).await.unwrap(), None);
        assert_eq!(house.store.evidence(id).await.unwrap(), None);
    }
    assert_eq!(house.state(other).await, MessageState::Held);
    assert_eq!(house.get(&link).await.text, house.get("/m/x").await.text);
}

#[tokio::test]
async fn what_a_reviewer_has_done_meanwhile_stands() {
    let house = House::new(None).await;
    let (id, link) = house.held("social", None, TO).await;
    let path = format!("{}/withdraw", link.unwrap());
    let form = form(&house.get(&path).await.text);
    let entry = crate::audit::Event::Started { version: "0" }.entry(&crate::audit::Actor::System, Timestamp::now());
    let start = NewRelease { route: Route::Ordinary, withheld: Vec::new(), agreement: None, review: None };
    let claim = house.store.start_release(id, "other", Duration::from_secs(60), &start, &entry).await.unwrap();
    let answer = house.post(&path, &form).await;
    assert_eq!((answer.status, answer.text.contains("Det gick inte nu")), (409, true));
    assert_eq!(house.state(id).await, MessageState::Releasing);
    let page = house.get(path.strip_suffix("/withdraw").unwrap()).await;
    assert!(page.text.contains("Mejlet är på väg ut nu") && !page.text.contains("/withdraw"));
    drop(claim);
}

#[tokio::test]
async fn a_review_is_asked_for_once_and_the_reviewers_are_told() {
    let house = House::new(None).await;
    let (id, link) = house.held("social", None, TO).await;
    let link = link.unwrap();
    let path = format!("{link}/review");
    let form = form(&house.get(&path).await.text);
    let answer = house.post(&path, &form).await;
    assert!(answer.text.contains("Tack, någon tittar på det") && answer.text.contains("Du får svar inom 4 timmar."));
    let told = house.notice().await.unwrap();
    assert_eq!(
        (told.kind, told.to.as_slice()),
        (NoticeKind::ReviewerAsked, ["granskare@kommun.example".to_owned()].as_slice())
    );
    assert!(told.link_token.is_none() && told.recipients.is_empty() && told.categories.is_empty());
    assert!(house.store.message(id).await.unwrap().unwrap().review_asked.is_some());
    // The button again, by a page that lay open.
    let again = house.post(&path, &form).await;
    assert!(again.text.contains("Någon tittar redan på det"));
    assert!(house.notice().await.is_none());
    assert_eq!(house.events(id).await, ["held system", "review-asked link"]);
    let page = house.get(&link).await.text;
    assert!(page.contains("Du bad om granskning") && !page.contains(&path));
    assert_eq!(house.get(&path).await.text, page, "nothing is left to be asked");
}

#[tokio::test]
async fn a_secure_channel_is_offered_where_there_is_one() {
    let channel = Arc::new(Channel { answer: Mutex::new(Sent::Whole), sent: Mutex::default() });
    let house = House::new(Some(channel.clone())).await;
    let (_, link) = house.held("skola", None, TO).await;
    assert!(!house.get(&link.unwrap()).await.text.contains("/secure"));
    for (sent, said) in [
        (Sent::Whole, "Mejlet har skickats som säkert meddelande"),
        (Sent::Going, "Mejlet är på väg"),
        (Sent::Requested, "Någon måste godkänna först"),
        (Sent::Refused, "Mejlet skickades inte"),
        (Sent::Closed, "Mejlet kan inte gå den vägen"),
    ] {
        *channel.answer.lock().unwrap() = sent;
        let (id, link) = house.held("social", None, TO).await;
        let link = link.unwrap();
        assert!(house.get(&link).await.text.contains("/secure"));
        assert!(house.press(&link, "secure").await.text.contains(said), "{sent:?}");
        assert_eq!(channel.sent.lock().unwrap().pop(), Some(id));
    }
    assert!(channel.sent.lock().unwrap().is_empty());
}

/// Nothing can be learned from an address that is not a living link.
#[tokio::test]
async fn everything_that_leads_nowhere_has_one_page() {
    let house = House::new(None).await;
    let (id, link) = house.held("social", None, TO).await;
    let (link, token) = (link.clone().unwrap(), link.unwrap()[3..].to_owned());
    let expected = house.get("/m/x").await;
    assert_eq!(expected.status, 404);
    assert!(expected.text.contains("Länken fungerar inte") && !expected.text.contains("/m/"));
    let long = format!("/m/{}", "a".repeat(8_000));
    let other = format!("/m/{}", LinkToken::random().text());
    let reference = format!("/m/{}", house.store.message(id).await.unwrap().unwrap().reference);
    let by_id = format!("/m/{id}");
    let flipped = format!("/m/{}", token.chars().rev().collect::<String>());
    for path in [
        "/",
        "/m/",
        "/m",
        "/index.html",
        "/m/../../etc/passwd",
        "/m/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/m/%00",
        "/m/%ff%fe",
        "/m/<script>",
        "/m/'%20OR%201=1--",
        "/static/../sluss.toml",
        "/q/ABCD-2345",
        "//evil.example/",
        &long,
        &other,
        &reference,
        &by_id,
        &flipped,
        &format!("{link}/nothing"),
        &format!("{link}/withdraw/x"),
        &format!("{link}%2fwithdraw"),
    ] {
        let Ok(request) =
            HttpRequest::get(path.replace('<', "%3C").replace('>', "%3E").replace(' ', "%20")).body(Body::empty())
        else {
            continue;
        };
        let answer = house.ask(request).await;
        assert_eq!((answer.status, &answer.text), (404, &expected.text), "{}", path.get(..40).unwrap_or(path));
        assert_eq!(house.post(&other, "at=1&tag=x").await.text, expected.text);
    }
    assert_eq!(house.get(&link).await.status, 200);
}

#[tokio::test]
async fn only_our_own_form_counts() {
    let house = House::new(None).await;
    let (id, link) = house.held("social", None, TO).await;
    let (_, neighbour) = house.held("social", None, TO).await;
    let (link, neighbour) = (link.unwrap(), neighbour.unwrap());
    let path = format!("{link}/withdraw");
    let good = form(&house.get(&path).await.text);
    let of = async |page: String| form(&house.get(&page).await.text);
    let keys = &house.pages.keys;
    let digest = LinkToken::parse(&link[3..]).unwrap().digest();
    let old = Form::new(keys, &[&digest.0], "withdraw", Timestamp::now() - jiff::SignedDuration::from_mins(61));
    let ahead = Form::new(keys, &[&digest.0], "withdraw", Timestamp::now() + jiff::SignedDuration::from_mins(5));
    for (wrong, what) in [
        (String::new(), "empty"),
        ("at=1&tag=00".to_owned(), "made up"),
        (good.replace("tag=", "tag=0"), "another tag"),
        (of(format!("{link}/review")).await, "of another choice"),
        (of(format!("{neighbour}/withdraw")).await, "of another link"),
        (format!("at={}&tag={}", old.at, old.tag), "old"),
        (format!("at={}&tag={}", ahead.at, ahead.tag), "of tomorrow"),
        (format!("x={}&{good}", "y".repeat(3_000)), "too long"),
    ] {
        let answer = house.post(&path, &wrong).await;
        assert_eq!((answer.status, answer.text.contains("Sidan var för gammal")), (403, true), "{what}");
    }
    for (name, value) in [("sec-fetch-site", "cross-site"), ("content-type", "text/plain"), ("sec-fetch-site", "none")]
    {
        let mut request = HttpRequest::post(&path).header("content-type", "application/x-www-form-urlencoded");
        request.headers_mut().unwrap().insert(name, value.parse().unwrap());
        assert_eq!(house.ask(request.body(Body::from(good.clone())).unwrap()).await.status, 403, "{name} {value}");
    }
    assert_eq!(house.state(id).await, MessageState::Held);
    // Eleven so far, and one more.
    assert_eq!(house.post(&path, &good).await.status, 200);
    assert_eq!(house.state(id).await, MessageState::Discarded);
}

#[tokio::test]
async fn hammering_is_answered_with_patience() {
    let house = House::new(None).await;
    let (id, link) = house.held("social", None, TO).await;
    let path = format!("{}/withdraw", link.unwrap());
    for _ in 0..limits::ACTIONS {
        assert_eq!(house.post(&path, "at=1&tag=x").await.status, 403);
    }
    let good = form(&house.get(&path).await.text);
    let answer = house.post(&path, &good).await;
    assert_eq!((answer.status, answer.text.contains("Vänta en stund")), (429, true));
    assert_eq!(house.state(id).await, MessageState::Held);
    for _ in 0..limits::MISSES {
        house.get("/m/x").await;
    }
    assert_eq!(house.get("/m/x").await.status, 429);
}

/// What a stranger can put before the sender's eyes is the domain of a recipient.
#[tokio::test]
async fn hostile_values_are_text() {
    let house = House::new(None).await;
    let hostile = ["a@<img src=x onerror=alert(1)>.example", "b@post\u{202e}elpmaxe.example", "c@\"><script>.example"];
    let (_, link) = house.held("social", None, &hostile).await;
    let link = link.unwrap();
    for path in [link.clone(), format!("{link}/withdraw?l=\"><script>"), format!("{link}/edit")] {
        let Ok(request) = HttpRequest::get(path.replace(['"', '<', '>'], "%22")).body(Body::empty()) else { continue };
        let text = house.ask(request).await.text;
        for broken in ["<img", "<script", "\u{202e}", "onerror=alert(1)>."] {
            assert!(!text.contains(broken), "{broken}");
        }
    }
    assert!(house.get(&link).await.text.contains("&#60;img src=x"));
}

/// Every page, in every language: nothing inline, nothing from elsewhere, no slot left, and the header fields that
/// keep it so.
#[tokio::test]
async fn every_page_is_whole_and_keeps_to_itself() {
    let channel = Arc::new(Channel { answer: Mutex::new(Sent::Refused), sent: Mutex::default() });
    let house = House::new(Some(channel)).await;
    for language in Language::ALL {
        // What the reviewers were told of the one before.
        while house.notice().await.is_some() {}
        let (_, link) = house.held("social", None, TO).await;
        let (link, lang) = (link.unwrap(), language.as_str());
        let mut pages = Vec::new();
        for path in ["", "/secure", "/edit", "/review", "/withdraw"] {
            pages.push(house.get(&format!("{link}{path}?l={lang}")).await);
        }
        for choice in ["secure", "review", "withdraw"] {
            let path = format!("{link}/{choice}?l={lang}");
            let form = form(&house.get(&path).await.text);
            pages.push(house.post(&path, &form).await);
        }
        let nowhere = HttpRequest::get("/m/x").header("accept-language", lang).body(Body::empty()).unwrap();
        pages.push(house.ask(nowhere).await);
        for (number, page) in pages.iter().enumerate() {
            let (text, place) = (&page.text, format!("{lang} {number}\n{}", page.text));
            assert!(text.starts_with(&format!("<!doctype html>\n<html lang=\"{lang}\"")), "{place}");
            assert_eq!((text.matches("<h1").count(), text.matches("<main").count()), (1, 1), "{place}");
            for absent in ["<script", "style=", "<style", " onclick", "http:", "https:", "{", "}", "javascript:"] {
                assert!(!text.contains(absent), "{absent} {place}");
            }
            let field = |name: &str| page.headers.get(name).map_or("", |value| value.to_str().unwrap());
            assert!(field("content-security-policy").starts_with("default-src 'none'; style-src 'self'"), "{place}");
            assert_eq!(field("cache-control"), "no-store");
            assert_eq!(field("referrer-policy"), "no-referrer");
            assert_eq!(field("x-content-type-options"), "nosniff");
        }
        let names = pages.iter().map(|p| p.text.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0);
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        names.dedup();
        assert!(names.len() >= 7, "pages tell their names apart: {names:?}");
    }
}

#[tokio::test]
async fn an_expired_mail_has_no_page_even_before_it_is_deleted() {
    let house = House::new(None).await;
    let (id, link) = house.held("social", None, TO).await;
    let token = LinkToken::parse(&link.unwrap()[3..]).unwrap();
    let found = house.store.link(&token.digest()).await.unwrap().unwrap();
    let message = house.store.message(id).await.unwrap().unwrap();
    assert_eq!(found.reference, message.reference);
    let alive = |at: Timestamp, state: MessageState| is_alive(&HeldMessage { state, ..message.clone() }, at);
    let (held, end) = (message.record.held_at, message.record.expires_at);
    assert!(alive(held, MessageState::Held) && !alive(end, MessageState::Held));
    assert!(alive(end, MessageState::Releasing), "its release has still to end");
    for state in MessageState::ALL.into_iter().filter(|state| state.is_final()) {
        assert!(!alive(held, state), "{}", state.as_str());
    }
}
