//! What others may have put into names, addresses, subject and text (markup, signs that turn the direction of a text,
//! words without an end) is shown as text, and does nothing.

use serde_json::json;

use crate::LANGUAGES;
use crate::driver::DOWN;
use crate::house::{FROM, House, Person};
use crate::mail::listed;
use crate::visitor::Visitor;

/// Names of files, as their sender wrote them: broken gzip, so that each is named as one that could not be read.
const FILES: &[&str] = &[
    "<script>document.title='run'</script>.gz",
    "\"><img src=x onerror=document.title='run'>.gz",
    "</dd></dl></main><form action=https://elsewhere.example><button>Logga in</button></form>.gz",
    "rapport\u{202e}fdp.gz",
    "x\u{2066}y\u{200f}z.gz",
    "javascript:alert(1).gz",
    "{{ page.lang }}{% include \"page.html\" %}.gz",
];

/// What a recipient can be called within the grammar of addresses.
const RECIPIENTS: &[&str] =
    &["\"<img src=x onerror=document.title='run'>\"@firma.example", "\"</dd><script>\"@firma.example"];

/// What a page must not have got from a mail.
const BROUGHT: &str = "return document.querySelectorAll(\
    'img, iframe, script:not([src^=\"/static/\"]), [action*=elsewhere], [href*=elsewhere], [href^=javascript]').length";

#[test]
fn what_others_wrote_is_shown_as_text() {
    let house = House::new();
    let mut sender = Visitor::new(&house);
    sender.speak("en");
    sender.open(&house.invited(FROM, "en", &[]));
    let person = Person::enrolled(&sender, FROM);
    // 60 characters and no place to break.
    let endless = format!("{}@{}.example", "a".repeat(60), "b".repeat(60));
    let recipients: Vec<&str> = RECIPIENTS.iter().copied().chain([endless.as_str()]).collect();
    let page = house.held(FROM, &recipients, &mail());
    sender.open(&page);
    sender.follow("a[href*='/sign-in']");
    person.signs_in(&sender);
    for language in LANGUAGES {
        sender.speak(language);
        for (path, name) in [("", "hostile-overview"), ("/at-once", "hostile-at-once"), ("/own", "hostile-own")] {
            sender.open(&format!("{page}{path}"));
            sender.see(name);
            inert(&sender, name);
        }
        as_written(&sender, &["<script>document.title", "onerror=document.title", "javascript:alert(1)", &endless]);
    }
    drop(sender);

    let mut reviewer = Visitor::new(&house);
    reviewer.speak("en");
    reviewer.with_scripts(true);
    let address = "granskare@social.kommun.example";
    reviewer.open(&house.invited(address, "en", &["--role", "reviewer", "--unit", "social"]));
    let person = Person::enrolled(&reviewer, address);
    let rows = listed(&house.site, "held");
    reviewer.open(&format!("/held/{}", rows[0]["ref"].as_str().expect("a reference")));
    person.signs_in(&reviewer);
    reviewer.see("hostile-held");
    inert(&reviewer, "hostile-held");
    as_written(&reviewer, &["<script>document.title", "<img src=x onerror", "javascript:alert(1)", &endless]);
    reviewer.follow("main a[href*='/open']");
    reviewer.fill("#purpose", DOWN);
    reviewer.fill("#code", &person.recovery[0]);
    reviewer.follow("main form button");
    reviewer.see("hostile-opened");
    inert(&reviewer, "hostile-opened");
    as_written(&reviewer, &["<script>document.title='subject'", "<img src=https://elsewhere.example/body>"]);
}

/// It does nothing, leads nowhere, and does not turn the text around it.
fn inert(visitor: &Visitor, name: &str) {
    assert_eq!(visitor.browser.run(BROUGHT), json!(0), "{name} has what a mail brought");
    let title = visitor.browser.run("return document.title");
    assert!(!["run", "subject"].contains(&title.as_str().expect("a title")), "{name} ran what a mail brought");
    let turning = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!visitor.text("body").contains(turning), "{name} lets a mail turn its text");
}

fn as_written(visitor: &Visitor, words: &[&str]) {
    let text = visitor.text("main");
    for word in words {
        assert!(text.contains(word), "{word} is not shown as it was written");
    }
}

/// A confidential mail with all of the files.
fn mail() -> String {
    let part = |name: &&str| {
        let name: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        format!(
            "--x\r\nContent-Type: application/gzip\r\nContent-Disposition: attachment; filename*=utf-8''{name}\r\n\
             Content-Transfer-Encoding: base64\r\n\r\nH4sIAAAA\r\n"
        )
    };
    let long = "w".repeat(400);
    let files: String = FILES.iter().map(part).collect();
    format!(
        "From: Kari <{FROM}>\r\nTo: ola@firma.example\r\nMessage-ID: <hostile@kommun.example>\r\n\
         Date: Wed, 03 Mar 2027 13:05:00 +0100\r\nSubject: =?utf-8?q?<script>document.title=3D'subject'</script>?=\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
         Karin Dahlqvist, personnummer 19941227-2396, \u{e4}r sjukskriven f\u{f6}r en depression.\r\n\
         <img src=https://elsewhere.example/body> https://elsewhere.example/ \u{202e}fdp {long}\r\n{files}--x--\r\n"
    )
}
