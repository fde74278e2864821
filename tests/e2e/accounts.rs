//! Accounts of the console, and what a sender does with one: set up by the printed link, signed in with two factors, on
//! the page of a mail that was stopped.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Output;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sluss::account::totp::CodeSecret;

use crate::capture::{Behaviour, Capture};
use crate::mail::{assert_no_secret, confidential, decoded, holding, listed, send, wait_for};
use crate::sluss::Site;

const FROM: &str = "kari@social.kommun.example";
const COLLEAGUE: &str = "per@social.kommun.example";
const GUARD: &str = "vakt@barnevern.example";
pub const PASSWORD: &str = "fyra torra hästar på taket";

pub struct House {
    pub ordinary: Capture,
    pub site: Site,
}

/// A browser: it keeps cookies, and follows nothing.
pub struct Browser {
    port: u16,
    pub cookies: BTreeMap<String, String>,
}

pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub text: String,
}

/// Somebody's phone and password.
pub struct Person {
    pub account: String,
    codes: CodeSecret,
    pub recovery: Vec<String>,
}

pub fn text(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// The value behind `name="…" value="`.
fn field(page: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let begin = page.find(&mark).unwrap_or_else(|| panic!("no {name} in {page}")) + mark.len();
    page[begin..].split('"').next().expect("a value").replace("&#38;", "&")
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
    fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect::<Vec<_>>().join("&")
}

impl Browser {
    pub fn new(house: &House) -> Browser {
        Browser { port: house.site.console, cookies: BTreeMap::new() }
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a deadline");
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: sluss.kommun.example\r\nConnection: close\r\nCookie: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n\
             Content-Length: {}\r\n\r\n{body}",
            cookies.join("; "),
            body.len()
        )
        .expect("a request");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let status = text.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a status");
        let head = text.split("\r\n\r\n").next().expect("a header").to_owned();
        let mut location = None;
        for line in head.lines() {
            let Some((name, value)) = line.split_once(": ") else { continue };
            match name.to_ascii_lowercase().as_str() {
                "set-cookie" => {
                    assert!(value.contains("; Secure; HttpOnly; SameSite=Strict"), "{value}");
                    let (name, value) = value.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
                    assert!(name.starts_with("__Host-"), "{name}");
                    match value {
                        "" => self.cookies.remove(name),
                        value => self.cookies.insert(name.to_owned(), value.to_owned()),
                    };
                }
                "location" => location = Some(value.to_owned()),
                "cache-control" => assert_eq!(value, "no-store"),
                _ => {}
            }
        }
        Answer { status, location, text }
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    /// Opens the page, and sends its form with these fields.
    pub fn fill(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let shown = self.get(page);
        assert_eq!(shown.status, 200, "{}", shown.text);
        self.send(&shown.text, path, fields)
    }

    pub fn send(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        // Of several forms of a page the first is meant.
        let (at, tag) = (field(page, "at"), field(page, "tag"));
        let seen = page.contains("name=\"seen\"").then(|| field(page, "seen"));
        let own = [("at", at.as_str()), ("tag", &tag)].into_iter().chain(seen.as_deref().map(|seen| ("seen", seen)));
        let all: Vec<(&str, &str)> = own.chain(fields.iter().copied()).collect();
        self.ask("POST", path, &encoded(&all))
    }

    fn sign_in(&mut self, link: &str, address: &str, password: &str, code: &str) -> Answer {
        let path = format!("{link}/sign-in");
        self.fill(&path, &path, &[("address", address), ("password", password), ("code", code)])
    }
}

impl Person {
    /// The code of the step so many after the present one; the one after is taken already, as a fast clock has it.
    pub fn code(&self, steps: i64) -> String {
        self.codes.code_at(Timestamp::now() + SignedDuration::from_secs(30 * steps)).expect("a code")
    }
}

impl House {
    fn new() -> House {
        let disclosure = "[[disclosure]]\nid = \"barnevern\"\ncode = \"EX-CHILD-REPORT\"\n";
        House::with(&format!("{disclosure}recipients = [\"{GUARD}\"]\n"))
    }

    pub fn with(tables: &str) -> House {
        let ordinary = Capture::start(Behaviour::default());
        let site = holding(ordinary.address(), tables);
        let text = std::fs::read_to_string(site.config()).expect("the configuration");
        let text = text.replacen("[console]\n", "[console]\nurl = \"https://sluss.kommun.example\"\n", 1);
        std::fs::write(site.config(), text).expect("the configuration written");
        House { ordinary, site }
    }

    /// Holds a mail to both; gives the path of its page, from the notice that comes as number `count`.
    pub fn held(&self, id: &str, count: usize) -> String {
        let answer = send(self.site.address(), FROM, &[GUARD, "ola@firma.example"], &confidential(id));
        assert!(answer.contains("held, ref "), "{answer}");
        let notices = wait_for(&self.ordinary, count);
        let texts: Vec<String> = notices.iter().map(decoded).collect();
        let own = texts.iter().rev().find(|text| text.contains("/m/")).expect("a notice with a link");
        let begin = own.rfind("https://sluss.kommun.example/m/").expect("a link");
        let link = &own[begin + "https://sluss.kommun.example".len()..];
        let token: String = link[3..].chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
        format!("/m/{token}")
    }

    /// Makes an account at the command line; gives its id and the path of the link that was printed.
    fn added(&self, address: &str, standing: &[&str]) -> (String, String) {
        let arguments: Vec<&str> =
            ["user", "add", "--language", "sv"].into_iter().chain(standing.iter().copied()).collect();
        let told = text(self.site.run_with(&arguments, address));
        let account = told.lines().next().and_then(|line| line.strip_prefix("account ")).expect("an id").to_owned();
        let link =
            told.lines().nth(1).and_then(|line| line.strip_prefix("https://sluss.kommun.example")).expect("a link");
        (account, link.to_owned())
    }

    /// Sets an account up as its holder would.
    fn person(&self, address: &str) -> Person {
        self.person_with(address, &[])
    }

    /// `standing`: `--role` and `--unit`.
    pub fn person_with(&self, address: &str, standing: &[&str]) -> Person {
        let (account, link) = self.added(address, standing);
        let mut browser = Browser::new(self);
        let page = browser.get(&link).text;
        let key =
            page.split("<code class=\"key\">").nth(1).and_then(|rest| rest.split("</code>").next()).expect("a key");
        let key: String = key.replace("<span>", "").replace("</span>", "").split_whitespace().collect();
        let codes = CodeSecret::from_bytes(&data_encoding::BASE32_NOPAD.decode(key.as_bytes()).expect("base 32"));
        let person = Person { account, codes: codes.expect("160 bits"), recovery: Vec::new() };
        let (carried, code) = (field(&page, "carried"), person.code(0));
        let fields = |password, code| {
            [("carried", carried.as_str()), ("password", password), ("again", password), ("code", code)]
        };
        for (password, code, said) in [("kort", code.as_str(), "för kort"), (PASSWORD, "000 00", "Koden stämmer inte")]
        {
            let refused = browser.send(&page, &link, &fields(password, code));
            assert_eq!(refused.status, 422, "{}", refused.text);
            assert!(refused.text.contains(said), "{}", refused.text);
        }
        let done = browser.send(&page, &link, &fields(PASSWORD, &code));
        assert_eq!(done.status, 200, "{}", done.text);
        let recovery = done.text.split("<li><code>").skip(1).filter_map(|rest| rest.split('<').next());
        let recovery: Vec<String> = recovery.map(str::to_owned).collect();
        assert_eq!(recovery.len(), 10, "{}", done.text);
        assert!(browser.cookies.is_empty(), "nobody is signed in by that");
        assert_eq!(browser.get(&link).status, 404, "the link is used up");
        Person { recovery, ..person }
    }

    pub fn audit(&self) -> String {
        text(self.site.run(&["audit", "export"]))
    }
}

#[test]
fn a_sender_signs_in_asks_for_an_exception_and_sends_a_report_at_once() {
    let house = House::new();
    let _sluss = house.site.start();
    let link = house.held("1", 1);
    let mut browser = Browser::new(&house);
    assert!(!browser.get(&link).text.contains("/sign-in"), "nobody has an account yet");
    let person = house.person(FROM);
    assert!(browser.get(&link).text.contains("/sign-in"));
    for page in ["own", "exception", "at-once", "fetch"] {
        let answer = browser.get(&format!("{link}/{page}"));
        assert_eq!((answer.status, answer.location), (303, Some(format!("{link}/sign-in"))), "{page}");
    }
    let signed_in = browser.sign_in(&link, FROM, PASSWORD, &person.code(1));
    assert_eq!((signed_in.status, signed_in.location), (303, Some(format!("{link}/own"))), "{}", signed_in.text);

    let own = browser.get(&format!("{link}/own"));
    assert_eq!(own.status, 200, "{}", own.text);
    assert_no_secret("what the check found", &own.text);
    for shown in ["19••••••-••••", "personnummer", "ola@firma.example", FROM] {
        assert!(own.text.contains(shown), "{shown} is not in {}", own.text);
    }

    let path = format!("{link}/exception");
    let codes = browser.get(&path).text;
    assert!(codes.contains("code=EX-PARTY") && !codes.contains("code=EX-NOMEN") && !codes.contains("code=EX-PARENT\""));
    let chosen = format!("{path}?code=EX-CONSENT");
    let facts =
        [("exception", "EX-CONSENT"), ("date", "2026-05-01"), ("received-by", "handläggare"), ("scope", "vårdplan")];
    let incomplete = browser.fill(&chosen, &path, &facts);
    assert_eq!(incomplete.status, 422, "{}", incomplete.text);
    assert!(incomplete.text.contains("value=\"handläggare\""), "what was typed is not lost");
    let full: Vec<_> = facts.iter().copied().chain([("documented", "dnr 2026/17"), ("reason", "flytt")]).collect();
    let asked = browser.fill(&chosen, &path, &full);
    assert_eq!(asked.status, 200, "{}", asked.text);
    assert_eq!(listed(&house.site, "held").len(), 1, "a request releases nothing");
    let id = listed(&house.site, "held")[0]["id"].as_str().expect("an id").to_owned();
    let shown: serde_json::Value =
        serde_json::from_str(&text(house.site.run(&["quarantine", "show", &id, "--json"]))).expect("an object");
    assert_eq!(shown["exception"], "EX-CONSENT");
    assert_eq!(shown["exception_by"], format!("account:{}", person.account));
    assert_eq!(shown["exception_facts"]["documented"], "dnr 2026/17");
    assert_eq!(browser.get(&path).status, 200);
    wait_for(&house.ordinary, 2);

    let path = format!("{link}/at-once");
    let at_once = browser.get(&path).text;
    assert!(at_once.contains(GUARD) && !at_once.contains("ola@firma.example"), "{at_once}");
    let refused = browser.fill(&path, &path, &[("route", "barnevern")]);
    assert_eq!(refused.status, 422, "a reason is asked for");
    let sent = browser.fill(&path, &path, &[("route", "barnevern"), ("reason", "ett barn far illa")]);
    assert_eq!(sent.status, 200, "{}", sent.text);
    let taken = wait_for(&house.ordinary, 5);
    let report: Vec<_> = taken.iter().filter(|mail| decoded(mail).contains("depression")).collect();
    assert_eq!(report.len(), 1);
    assert!(report[0].recipients.iter().all(|to| to.contains(GUARD)), "{:?}", report[0].recipients);
    assert_eq!(listed(&house.site, "held").len(), 1, "it is held on for the other recipient");
    let reviews = text(house.site.run(&["quarantine", "reviews", "--json"]));
    let review: serde_json::Value = serde_json::from_str(&reviews).expect("one look that is due");
    assert_eq!(review["what"], "disclosure:barnevern EX-CHILD-REPORT");
    assert!(review["hours_left"].as_i64().is_some_and(|hours| (16..=72).contains(&hours)), "{review}");
    text(house.site.run(&["quarantine", "review", &id, "--confirm"]));
    assert_eq!(text(house.site.run(&["quarantine", "reviews", "--json"])), "");
    let twice = house.site.run(&["quarantine", "review", &id, "--object", "--reason", "x"]);
    assert_eq!(twice.status.code(), Some(1));

    let audit = house.audit();
    assert_no_secret("the record", &audit);
    for event in
        ["user-added", "user-enrolled", "signed-in", "opened", "exception-requested", "release-started", "reviewed"]
    {
        assert!(audit.contains(&format!("\"{event}\"")), "{event} is not in {audit}");
    }
    assert!(audit.contains(&format!("account:{}", person.account)) && !audit.contains(FROM), "the record names nobody");
    text(house.site.run(&["audit", "verify"]));
}

#[test]
fn nobody_else_and_nothing_less_than_two_factors_gets_in() {
    let house = House::new();
    let mut sluss = house.site.start();
    let link = house.held("2", 1);
    let (person, colleague) = (house.person(FROM), house.person(COLLEAGUE));
    let mut browser = Browser::new(&house);
    let code = person.code(1);
    for (password, code) in [(PASSWORD, "000000"), ("något annat lösenord", code.as_str()), (PASSWORD, "")] {
        let refused = browser.sign_in(&link, FROM, password, code);
        assert_eq!(refused.status, 403);
        assert!(!browser.cookies.contains_key("__Host-sluss"), "one factor begins no session");
    }
    assert_eq!(browser.sign_in(&link, FROM, PASSWORD, &code).status, 303);
    // The code was used; and a form is not taken without its tag, or with that of another page.
    let mut second = Browser::new(&house);
    assert_eq!(second.sign_in(&link, FROM, PASSWORD, &code).status, 403, "the same code again");
    let own = browser.get(&format!("{link}/own")).text;
    for body in [
        "",
        "reason=x",
        &encoded(&[("at", &field(&own, "at")), ("tag", &field(&own, "tag")), ("route", "barnevern"), ("reason", "x")]),
    ] {
        assert_eq!(browser.ask("POST", &format!("{link}/at-once"), body).status, 403, "{body}");
    }
    assert_eq!(browser.ask("POST", &format!("{link}/exception"), &"a=1&".repeat(20_000)).status, 403, "too much");
    assert_eq!(browser.ask("POST", &format!("{link}/exception"), "a=%FF&at=1&at=2").status, 403);
    assert_eq!(listed(&house.site, "held").len(), 1);

    // Another person of the house is not the sender.
    let mut other = Browser::new(&house);
    assert_eq!(other.sign_in(&link, COLLEAGUE, PASSWORD, &colleague.recovery[0]).status, 303);
    for page in ["own", "exception", "at-once", "fetch"] {
        let answer = other.get(&format!("{link}/{page}"));
        assert_eq!(answer.status, 403, "{page}");
        assert!(!answer.text.contains("19••••") && answer.text.contains(COLLEAGUE), "{}", answer.text);
    }
    // Signed out, the cookie that was is worth nothing.
    let page = other.get(&format!("{link}/own")).text;
    let before = other.cookies.clone();
    assert_eq!(other.send(&page, &format!("{link}/sign-out"), &[]).status, 303);
    assert!(other.cookies.is_empty());
    other.cookies = before;
    assert_eq!(other.get(&format!("{link}/own")).status, 303, "led to the sign-in");

    // Disabled: out at once, and not in again.
    text(house.site.run(&["user", "disable", &person.account]));
    assert_eq!(browser.get(&format!("{link}/own")).status, 303);
    assert_eq!(second.sign_in(&link, FROM, PASSWORD, &person.recovery[0]).status, 403);
    text(house.site.run(&["user", "enable", &person.account]));

    // Whoever guesses waits, and cannot tell an account from none.
    let mut answers = Vec::new();
    for address in ["ingen@social.kommun.example", COLLEAGUE] {
        let mut guesser = Browser::new(&house);
        let tries: Vec<u16> =
            (0..6).map(|_| guesser.sign_in(&link, address, "gissat lösenord", "123456").status).collect();
        assert_eq!(tries, [403, 403, 403, 403, 403, 429], "{address}");
        let page = guesser.sign_in(&link, address, "gissat lösenord", "123456").text;
        answers
            .push(page.split("role=\"alert\"").nth(1).expect("a problem").split("</p>").next().map(|said| said.len()));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(Browser::new(&house).sign_in(&link, COLLEAGUE, PASSWORD, &colleague.recovery[1]).status, 429);

    let listed_users = text(house.site.run(&["user", "list", "--json"]));
    assert!(!listed_users.contains(FROM) && listed_users.lines().count() == 2, "{listed_users}");
    let open = text(house.site.run(&["user", "list", "--open", "--json"]));
    assert!(open.contains(FROM));
    // Removed: nothing is left to sign in with, and the record still has the id.
    text(house.site.run(&["user", "remove", &colleague.account]));
    assert_eq!(text(house.site.run(&["user", "list", "--json"])).lines().count(), 1);
    let record = text(house.site.run(&["audit", "export"]));
    assert!(record.lines().any(|line| line.contains("user-removed") && line.contains(&colleague.account)));
    let log = sluss.log();
    for secret in [PASSWORD, FROM, COLLEAGUE, person.recovery[0].as_str(), code.as_str()] {
        assert!(!log.contains(secret), "the log has {secret}");
    }
    sluss.kill();
    let database = std::fs::read(house.site.path().join("store/sluss.db")).expect("the database");
    for secret in [PASSWORD.as_bytes(), FROM.as_bytes(), person.recovery[0].as_bytes(), person.codes.bytes()] {
        assert!(!database.windows(secret.len()).any(|window| window == secret), "the database has it in clear");
    }
}

#[test]
fn a_sender_fetches_what_was_returned_to_him() {
    let house = House::new();
    let _sluss = house.site.start();
    let link = house.held("3", 1);
    let person = house.person(FROM);
    let id = listed(&house.site, "held")[0]["id"].as_str().expect("an id").to_owned();
    text(house.site.run(&["quarantine", "return", &id, "--reason", "fel mottagare"]));
    let mut browser = Browser::new(&house);
    assert!(browser.get(&link).text.contains("/sign-in"), "the link leads there while it can be fetched");
    assert_eq!(browser.sign_in(&link, FROM, PASSWORD, &person.code(1)).status, 303);
    let own = browser.get(&format!("{link}/own")).text;
    let copy = field(&own, "copy");
    assert_eq!(copy, id);
    let file = browser.send(&own, &format!("{link}/fetch"), &[("copy", &copy)]);
    assert_eq!(file.status, 200, "{}", file.text);
    for expected in [
        "content-type: application/octet-stream",
        "content-disposition: attachment; filename=",
        "x-content-type-options: nosniff",
    ] {
        assert!(file.text.to_lowercase().contains(expected), "{expected}: {}", file.text);
    }
    assert!(file.text.contains("19941227-2396"), "the mail itself");
    assert!(house.audit().contains("evidence+content"), "on the record");
}
