//! The page behind the link of a notice: what a sender does with it, and what it shows.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use crate::capture::{Behaviour, Capture};
use crate::mail::{assert_no_secret, confidential, decoded, holding, listed, send, wait_for};
use crate::sluss::{Site, get};

const FROM: &str = "kari@social.kommun.example";
const TO: &str = "ola@firma.example";

struct House {
    ordinary: Capture,
    gateway: Capture,
    site: Site,
}

impl House {
    fn new() -> House {
        let (ordinary, gateway) = (Capture::start(Behaviour::default()), Capture::start(Behaviour::default()));
        let tables = format!(
            r#"
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
            gateway.address()
        );
        let site = holding(ordinary.address(), &tables);
        let text = std::fs::read_to_string(site.config()).expect("the configuration");
        let text = text.replacen("[console]\n", "[console]\nurl = \"https://sluss.kommun.example\"\n", 1);
        std::fs::write(site.config(), text).expect("the configuration written");
        House { ordinary, gateway, site }
    }

    /// Holds a mail; gives the path of its page, from the notice that comes as number `count`.
    fn held(&self, id: &str, count: usize) -> String {
        let answer = send(self.site.address(), FROM, &[TO], &confidential(id));
        assert!(answer.contains("held, ref "), "{answer}");
        let notices = wait_for(&self.ordinary, count);
        let texts: Vec<String> = notices.iter().map(decoded).collect();
        let own = texts.iter().rev().find(|text| text.contains("/m/")).expect("a notice with a link");
        // The last one is of a decoded part.
        let begin = own.rfind("https://sluss.kommun.example/m/").expect("a link");
        let link = &own[begin + "https://sluss.kommun.example".len()..];
        let token: String = link[3..].chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
        format!("/m/{token}")
    }

    fn page(&self, path: &str) -> (u16, String) {
        let (status, text) = get(self.site.console, path).expect("an answer");
        assert_no_secret("the page", &text);
        (status, text)
    }

    /// Presses the button of the page at this path.
    fn press(&self, path: &str) -> (u16, String) {
        let (status, page) = self.page(path);
        assert_eq!(status, 200, "{page}");
        let field = |name: &str| {
            let begin = page.find(&format!("name=\"{name}\" value=\"")).expect("a field") + name.len() + 15;
            page[begin..].split('"').next().expect("a value").to_owned()
        };
        let body = format!("at={}&tag={}", field("at"), field("tag"));
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.site.console)).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a deadline");
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: sluss.kommun.example\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("a request");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        assert_no_secret("the answer", &text);
        let status = text.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a status");
        (status, text)
    }
}

#[test]
fn a_sender_sends_held_mail_by_the_gateway_from_the_page() {
    let house = House::new();
    let _sluss = house.site.start();
    let path = house.held("1", 1);
    let (status, page) = house.page(&path);
    assert_eq!(status, 200);
    assert!(page.contains("firma.example") && !page.contains(TO), "domains and no addresses: {page}");
    // Scanners of links fetch everything, and nothing happens.
    for choice in ["", "/secure", "/edit", "/review", "/withdraw"] {
        assert_eq!(house.page(&format!("{path}{choice}")).0, 200, "{choice}");
    }
    assert_eq!((house.gateway.captured().len(), listed(&house.site, "held").len()), (0, 1));
    let (status, done) = house.press(&format!("{path}/secure"));
    assert_eq!(status, 200, "{done}");
    let taken = wait_for(&house.gateway, 1);
    assert!(decoded(&taken[0]).contains("depression"), "the mail itself has gone to the gateway");
    assert_eq!((listed(&house.site, "held").len(), listed(&house.site, "released").len()), (0, 1));
    // The link is void now, and says no more than one that never was.
    let (_, void) = house.page(&path);
    assert_eq!(void, house.page("/m/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").1);
}

#[test]
fn a_sender_withdraws_held_mail_from_the_page() {
    let house = House::new();
    let _sluss = house.site.start();
    let path = house.held("2", 1);
    let (status, done) = house.press(&format!("{path}/withdraw"));
    assert_eq!(status, 200, "{done}");
    assert_eq!((listed(&house.site, "held").len(), listed(&house.site, "discarded").len()), (0, 1));
    assert!(house.gateway.captured().is_empty());
    let audit = house.site.run(&["audit", "export"]);
    let audit = String::from_utf8(audit.stdout).expect("text");
    assert!(audit.lines().any(|line| line.contains("\"discarded\"") && line.contains("link")), "{audit}");
}

/// The answer to whoever asked for a review comes with the decision, in the sender's mailbox.
#[test]
fn a_sender_who_asked_for_a_review_hears_how_it_ended() {
    let ends = [
        (&["release", "--reason", "rätt mottagare"][..], "Ditt mejl har skickats", 1),
        (&["discard", "--reason", "fel bilaga"][..], "Ditt mejl skickas inte", 0),
    ];
    for (command, title, mails) in ends {
        let house = House::new();
        let _sluss = house.site.start();
        let path = house.held("3", 1);
        let (status, done) = house.press(&format!("{path}/review"));
        assert_eq!(status, 200, "{done}");
        // To the sender, and to the reviewers.
        wait_for(&house.ordinary, 2);
        let held = listed(&house.site, "held");
        let id = held[0]["id"].as_str().expect("an id");
        let decided = house.site.run(&[&["quarantine", command[0], id][..], &command[1..]].concat());
        assert!(decided.status.success(), "{}", String::from_utf8_lossy(&decided.stderr));
        let all: Vec<String> = wait_for(&house.ordinary, 3 + mails).iter().map(decoded).collect();
        let answers: Vec<&String> = all.iter().filter(|mail| mail.contains(title)).collect();
        assert_eq!(answers.len(), 1, "{all:?}");
        assert!(answers[0].contains(&format!("To: {FROM}")), "{}", answers[0]);
        assert_eq!(all.iter().filter(|mail| mail.contains("depression")).count(), mails);
    }
}
