//! Somebody who uses the pages with nothing but a keyboard, scripts switched off; and what has to be true of every page
//! that he sees.

use serde_json::{Value, json};

use crate::driver::{Browser, ENTER, TAB};
use crate::front::HOST;
use crate::house::House;
use crate::screenshots;

const AXE: &str = include_str!("axe.min.js");

/// Presses of Tab within which everything of a page is reached.
const STOPS: usize = 400;

/// A screen, and one of 1280 by 1024 at 400 %.
pub const WIDE: (u32, u32) = (1280, 1024);
const NARROW: (u32, u32) = (320, 256);

pub struct Visitor {
    pub browser: Browser,
    /// In which the pages are.
    language: &'static str,
    /// Of the pages; off unless a test asks for them.
    scripts: bool,
    faults: Vec<String>,
}

impl Visitor {
    pub fn new(house: &House) -> Visitor {
        let browser = Browser::start(&house.front);
        let visitor = Visitor { browser, language: "", scripts: false, faults: Vec::new() };
        visitor.run_scripts(false);
        visitor.window(WIDE);
        // What the browser showed before is its own affair.
        visitor.browser.log("performance");
        visitor
    }

    /// From now on this is the language of the browser and of every page.
    pub fn speak(&mut self, language: &'static str) {
        self.language = language;
        let headers = json!({ "headers": { "Accept-Language": language } });
        self.browser.cdp("Network.setExtraHTTPHeaders", &headers);
    }

    pub fn language(&self) -> &'static str {
        self.language
    }

    /// Whether scripts of the pages that come now run.
    pub fn with_scripts(&mut self, run: bool) {
        self.scripts = run;
        self.run_scripts(run);
    }

    /// What a test asks of a page is answered either way; only events are heard by nobody while they do not run.
    fn run_scripts(&self, run: bool) {
        self.browser.cdp("Emulation.setScriptExecutionDisabled", &json!({ "value": !run }));
    }

    pub fn window(&self, (width, height): (u32, u32)) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.browser.cdp("Emulation.setDeviceMetricsOverride", &metrics);
    }

    pub fn colours(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.browser.cdp("Emulation.setEmulatedMedia", &features);
    }

    /// The page's address, in the visitor's language.
    pub fn open(&self, path: &str) {
        let and = if path.contains('?') { '&' } else { '?' };
        self.browser.open(&format!("{path}{and}l={}", self.language));
    }

    /// Goes to the element by Tab.
    pub fn reach(&self, selector: &str) {
        let there = format!("return document.activeElement.matches({})", json!(selector));
        for _ in 0..STOPS {
            if self.browser.run(&there) == Value::Bool(true) {
                return;
            }
            self.browser.press(TAB);
        }
        panic!("{selector} is not reached by Tab at {}", self.title());
    }

    /// Follows a link, or presses a button that leads on.
    pub fn follow(&self, selector: &str) {
        self.follow_with(selector, ENTER);
    }

    pub fn follow_with(&self, selector: &str, key: &str) {
        self.reach(selector);
        self.browser.press_and_follow(key);
    }

    /// Types into the field.
    pub fn fill(&self, selector: &str, text: &str) {
        self.reach(selector);
        // What stands there is chosen when a field is reached by Tab, and typing replaces it.
        self.browser.press(text);
    }

    pub fn text(&self, selector: &str) -> String {
        let script = format!("return document.querySelector({})?.innerText ?? null", json!(selector));
        let text = self.browser.run(&script);
        text.as_str().unwrap_or_else(|| panic!("no {selector} at {}", self.title())).to_owned()
    }

    fn title(&self) -> String {
        self.browser.run("return document.title").as_str().unwrap_or_default().to_owned()
    }

    /// Holds the page against everything that is asked of a page.
    pub fn see(&mut self, name: &str) {
        self.see_answered(name, 200);
    }

    /// The same of a page that came with another status.
    pub fn see_answered(&mut self, name: &str, status: u64) {
        let mut found = self.speaks_for_itself();
        found.extend(self.stays_at_home(status));
        self.run_scripts(true);
        found.extend(self.keys_reach_everything());
        self.browser.run(AXE);
        for (scheme, window) in [("light", WIDE), ("dark", NARROW)] {
            self.colours(scheme);
            self.window(window);
            found.extend(self.fits());
            let violations = self.browser.run_until_called(include_str!("in_page/axe.js"));
            found.extend(strings(&violations).map(|violation| format!("{scheme}, {} px: {violation}", window.0)));
        }
        screenshots::take(self, name);
        self.colours("light");
        self.window(WIDE);
        self.run_scripts(self.scripts);
        self.faults.extend(found.into_iter().map(|fault| format!("{name} in {}: {fault}", self.language)));
    }

    /// What was found so far; it is told of by whoever takes it.
    pub fn found(&mut self) -> Vec<String> {
        std::mem::take(&mut self.faults)
    }

    fn speaks_for_itself(&self) -> Vec<String> {
        let said = self.browser.run(include_str!("in_page/said.js"));
        let good = said["language"] == self.language && said["title"] != "" && said["headings"] == 1;
        let mut found: Vec<String> =
            strings(&said["foreign"]).map(|address| format!("it leads to {address}")).collect();
        if !good {
            found.push(format!("language, title or the one heading: {said}"));
        }
        found
    }

    /// The browser has asked nobody but the site, and has nothing to complain of.
    fn stays_at_home(&self, status: u64) -> Vec<String> {
        let site = format!("https://{HOST}/");
        let (mut found, mut answered, mut page) = (Vec::new(), None, String::new());
        for entry in self.browser.log("performance") {
            let event: Value = serde_json::from_str(entry["message"].as_str().unwrap_or_default()).expect("an event");
            let (event, parameters) = (&event["message"]["method"], &event["message"]["params"]);
            let address = parameters["request"]["url"].as_str().unwrap_or(&site);
            if event == "Network.requestWillBeSent" && !address.starts_with(&site) && !address.starts_with("data:") {
                found.push(format!("it asks for {address}"));
            }
            if event == "Network.responseReceived" && parameters["type"] == "Document" {
                answered = parameters["response"]["status"].as_u64();
                page = parameters["response"]["url"].as_str().unwrap_or_default().to_owned();
            }
        }
        if answered != Some(status) {
            found.push(format!("answered with {answered:?}"));
        }
        for entry in self.browser.log("browser") {
            let said = entry["message"].as_str().unwrap_or_default();
            // That a refusal is one is said by the browser, too.
            let refusal = status >= 400 && said.starts_with(&format!("{page} - Failed to load resource"));
            if !refusal {
                found.push(format!("the browser complains: {said}"));
            }
        }
        found
    }

    /// Tab stops at everything, in the order of the page, and one sees where.
    fn keys_reach_everything(&self) -> Vec<String> {
        let stops = self.browser.run(include_str!("in_page/stops.js"));
        let presses = usize::try_from(stops["presses"].as_u64().expect("a number")).expect("a number");
        self.browser.press(&TAB.repeat(presses));
        let focused = self.browser.run(include_str!("in_page/focused.js"));
        let names: Vec<&str> = strings(&stops["names"]).collect();
        // Where a script has put the focus it begins there, and comes round.
        let first = focused[0]["at"].as_u64().map_or(0, |at| usize::try_from(at).expect("a number"));
        let mut found = Vec::new();
        for turn in 0..names.len() {
            let (at, stop) = ((first + turn) % names.len(), &focused[turn]);
            if stop["at"] != at {
                found.push(format!("Tab does not stop at {} in its turn: {focused} of {names:?}", names[at]));
                break;
            }
            if stop["seen"] != true {
                found.push(format!("one does not see that {} has the focus", names[at]));
            }
        }
        found
    }

    /// Nothing has to be scrolled sideways.
    fn fits(&self) -> Option<String> {
        let sideways = self.browser.run(include_str!("in_page/sideways.js"));
        let (page, window) = (&sideways["page"], &sideways["window"]);
        (page.as_u64() > window.as_u64()).then(|| format!("{page} px in a window of {window}: {}", sideways["beyond"]))
    }
}

/// Tells of everything that was found on the way, at once.
impl Drop for Visitor {
    fn drop(&mut self) {
        let faults = self.faults.join("\n");
        if std::thread::panicking() {
            eprintln!("{faults}");
        } else {
            assert!(faults.is_empty(), "{faults}");
        }
    }
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}
