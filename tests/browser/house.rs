//! A town hall with mail that was stopped: the real program with its console behind TLS, where notices go, and the
//! people who use the pages.

use jiff::{SignedDuration, Timestamp};
use sluss::account::totp::CodeSecret;

use crate::capture::{Behaviour, Capture};
use crate::front::{Front, HOST};
use crate::mail::{decoded, holding, listed, send, wait_for};
use crate::sluss::{Site, Sluss};
use crate::visitor::Visitor;

/// Who has written the mails.
pub const FROM: &str = "kari@social.kommun.example";
/// Of a lawful disclosure: mail to it can be sent at once.
pub const GUARD: &str = "vakt@barnevern.example";
pub const OTHER: &str = "ola@firma.example";

const PASSWORD: &str = "fyra torra hästar på taket";

pub struct House {
    pub ordinary: Capture,
    pub secure: Capture,
    pub site: Site,
    _sluss: Sluss,
    pub front: Front,
}

/// Somebody's phone and password, once the account is set up.
pub struct Person {
    pub address: String,
    codes: CodeSecret,
    /// Each is good for once.
    pub recovery: Vec<String>,
}

impl House {
    pub fn new() -> House {
        let (ordinary, secure) = (Capture::start(Behaviour::default()), Capture::start(Behaviour::default()));
        let tables = format!(
            r#"
            [[disclosure]]
            id = "barnevern"
            code = "EX-CHILD-REPORT"
            recipients = ["{GUARD}"]
            [[unit]]
            id = "bygg"
            senders = ["@bygg.kommun.example"]
            profile = "se.social"
            language = "sv"
            reviewers = ["granskare@bygg.kommun.example"]
            [next_hop.secure]
            address = "{}"
            tls = "none"
            [[channel]]
            id = "gateway"
            next_hop = "secure"
            reroute = "on-request"
            trigger = [{{ subject = "[säkert]" }}]
            evidence = {{ level = "eid", decided_by = "IT", reference = "avtal", verified_until = 2999-12-31 }}
            "#,
            secure.address()
        );
        let site = holding(ordinary.address(), &tables);
        let text = std::fs::read_to_string(site.config()).expect("the configuration");
        let text = text.replacen("[console]\n", &format!("[console]\nurl = \"https://{HOST}\"\n"), 1);
        let text = text.replacen("[notice]\n", "[notice]\nduty_phone = \"0000-22 22 22\"\nreview_hours = \"4\"\n", 1);
        std::fs::write(site.config(), text).expect("the configuration written");
        let sluss = site.start();
        let front = Front::start(site.console);
        House { ordinary, secure, site, _sluss: sluss, front }
    }

    /// Holds a mail of [`FROM`] as one of this sender; gives the path of its page, from the notice of it. A sender gets
    /// one notice at a time: each mail has one of its own.
    pub fn held(&self, from: &str, to: &[&str], mail: &str) -> String {
        let before = self.links().len();
        let answer = send(self.site.address(), from, to, &mail.replace(FROM, from));
        assert!(answer.contains("held, ref "), "{answer}");
        let mut count = self.ordinary.captured().len();
        loop {
            let links = self.links();
            if let Some(link) = links.into_iter().nth(before) {
                return link;
            }
            count += 1;
            wait_for(&self.ordinary, count);
        }
    }

    /// The paths of pages in the notices so far.
    fn links(&self) -> Vec<String> {
        let begin = format!("https://{HOST}/m/");
        let of = |text: String| {
            let (_, rest) = text.rsplit_once(&begin)?;
            let token = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect::<String>();
            Some(format!("/m/{token}"))
        };
        self.ordinary.captured().iter().filter_map(|mail| of(decoded(mail))).collect()
    }

    /// The id of the one mail in this state.
    pub fn id_of(&self, state: &str) -> String {
        let rows = listed(&self.site, state);
        assert_eq!(rows.len(), 1, "{state}");
        rows[0]["id"].as_str().expect("an id").to_owned()
    }

    pub fn told(&self, arguments: &[&str], input: &str) -> String {
        let output = self.site.run_with(arguments, input);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Makes an account at the command line; gives the path of the link that was printed.
    pub fn invited(&self, address: &str, language: &str, more: &[&str]) -> String {
        let arguments = [&["user", "add", "--language", language], more].concat();
        let told = self.told(&arguments, address);
        let link = told.lines().find_map(|line| line.strip_prefix(&format!("https://{HOST}")));
        link.expect("a link").to_owned()
    }
}

impl Person {
    /// Sets the account up at the page that the visitor has open.
    pub fn enrolled(visitor: &Visitor, address: &str) -> Person {
        let key: String = visitor.text("code.key").split_whitespace().collect();
        let codes = CodeSecret::from_bytes(&data_encoding::BASE32_NOPAD.decode(key.as_bytes()).expect("base 32"));
        let codes = codes.expect("160 bits");
        let mut person = Person { address: address.to_owned(), codes, recovery: Vec::new() };
        visitor.fill("#password", PASSWORD);
        visitor.fill("#again", PASSWORD);
        visitor.fill("#code", &person.code(0));
        visitor.follow("main form button");
        person.recovery = visitor.text(".codes").split_whitespace().map(str::to_owned).collect();
        assert_eq!(person.recovery.len(), 10);
        person
    }

    /// The code of the step so many after the present one; the one after is taken already, as a fast clock has it.
    fn code(&self, steps: i64) -> String {
        self.codes.code_at(Timestamp::now() + SignedDuration::from_secs(30 * steps)).expect("a code")
    }

    /// Fills in the sign-in form that the visitor has open.
    pub fn signs_in(&self, visitor: &Visitor) {
        self.signs_in_with(visitor, &self.code(1));
    }

    pub fn signs_in_with(&self, visitor: &Visitor, code: &str) {
        visitor.fill("#address", &self.address);
        visitor.fill("#password", PASSWORD);
        visitor.fill("#code", code);
        visitor.follow("main form button");
    }
}

/// Somebody reports concern for a child by mail: urgent.
pub fn concern(id: &str) -> String {
    format!(
        "From: Kari <{FROM}>\r\nTo: {OTHER}\r\nMessage-ID: <{id}@kommun.example>\r\nSubject: Anm\r\n\
         Date: Wed, 03 Mar 2027 13:05:00 +0100\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
         Hej,\r\n\r\nOrosanmälan gällande Elin Ekström, 8 år, bifogas.\r\n\r\nHälsningar\r\nKari\r\n"
    )
}
