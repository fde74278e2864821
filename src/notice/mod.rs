//! Notices to senders and reviewers: templates in four languages, and a durable outbox.
//!
//! A notice carries no header and no value of the original. It goes from `<>`, only to local
//! domains, and is kept until it is delivered.

pub mod facts;
mod html;
pub mod render;
pub mod settings;
pub mod template;
mod text;
pub mod texts;
pub mod words;

pub use facts::{Language, NoticeFacts, NoticeKind, PlaceWord};
pub use render::{RenderError, Rendered, render};
pub use settings::Settings;
pub use texts::{Texts, TextsError};
