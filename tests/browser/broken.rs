//! What the tests look for is found where it is: a good page is broken in one way after the other.

use crate::house::House;
use crate::visitor::Visitor;

/// What is done to the page, and a word of what is then found.
const BREAKS: &[(&str, &str)] = &[
    ("document.documentElement.lang = 'de'", "language"),
    ("document.title = ''", "document-title"),
    ("document.querySelector('h1').outerHTML = '<p>x</p>'", "page-has-heading-one"),
    ("document.querySelector('main').append(document.createElement('img'))", "image-alt"),
    ("document.querySelector('main').append(document.createElement('input'))", "label"),
    ("document.querySelector('h1').style.color = '#ddd'", "light, 1280 px: color-contrast"),
    ("document.querySelector('h1').style.color = '#333'", "dark, 320 px: color-contrast"),
    ("document.querySelector('h1').style.width = '400px'", "px in a window of"),
    ("document.querySelector('main a').tabIndex = 1", "tabindex"),
    ("document.querySelector('a').onkeydown = (event) => event.preventDefault()", "Tab does not stop"),
    ("document.querySelector('main a').style.outline = 'none'", "one does not see"),
    ("document.querySelector('main a').href = 'https://elsewhere.example/'", "it leads to https://elsewhere.example/"),
    ("new Image().src = '/static/none.png'", "the browser complains"),
    ("new Image().src = 'https://elsewhere.example/'", "Content Security Policy"),
    ("document.querySelector('link[rel=icon]').href = 'https://elsewhere.example/'", "it leads to"),
];

#[test]
fn what_is_wrong_with_a_page_is_found() {
    let house = House::new();
    let mut visitor = Visitor::new(&house);
    visitor.speak("en");
    visitor.with_scripts(true);
    for (harm, found) in [("", "")].iter().chain(BREAKS) {
        visitor.open("/m/none");
        visitor.browser.run(harm);
        // A picture that is refused takes its time.
        visitor.browser.run_until_called("setTimeout(arguments[0], 200)");
        visitor.see_answered("broken", 404);
        let faults = visitor.found();
        let as_expected =
            if harm.is_empty() { faults.is_empty() } else { faults.iter().any(|fault| fault.contains(found)) };
        assert!(as_expected, "{harm}: {faults:?}");
    }
}
