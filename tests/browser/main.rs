//! The console's pages in Chromium: the real program behind TLS, a real browser, and nothing but a keyboard.
//!
//! Everything is done in all four languages with scripts switched off. Of each page that is seen on the way
//! `visitor.rs` asks: no violation found by axe (WCAG 2.2 A and AA, best practice), in light and dark; nothing to scroll
//! sideways at 320 px, which is 1280 px at 400 %; Tab stops at every control in its turn, and one sees where; the
//! browser has asked nobody but the site, and has nothing to complain of.
//!
//! `SLUSS_SCREENSHOTS=docs/screenshots cargo test --test browser` draws the pictures of the documentation anew:
//! `screenshots.rs` says which. Without Debian's `chromium` and `chromium-driver` the tests fail.

#[path = "../support/capture.rs"]
mod capture;
#[allow(dead_code)]
#[path = "../e2e/mail.rs"]
mod mail;
#[path = "../support/next_hop.rs"]
mod next_hop;
#[path = "../support/planted.rs"]
mod planted;
#[path = "../support/sluss.rs"]
mod sluss;

mod account;
mod broken;
mod desk;
mod driver;
mod front;
mod hostile;
mod house;
mod screenshots;
mod sender;
mod visitor;

/// Every page is seen in each.
const LANGUAGES: [&str; 4] = ["sv", "nb", "nn", "en"];
