//! Notices to senders and reviewers: templates in four languages, and a durable outbox.
//!
//! A notice carries no header and no value of the original. It goes from `<>`, only to local
//! domains, and is kept until it is delivered.

pub mod addressee;
pub mod compose;
pub mod facts;
pub mod gather;
mod html;
pub mod machine;
pub mod mailer;
pub mod outbox;
mod pace;
pub mod render;
pub mod settings;
#[cfg(test)]
mod sink;
pub mod template;
mod text;
pub mod texts;
pub mod words;

pub use addressee::{House, Origin, local_addresses, recipients_of_notice};
pub use compose::Composer;
pub use facts::{Language, Machine, NoticeFacts, NoticeKind, Obstacle, PageFacts, PlaceWord, Service};
pub use gather::{Plan, Rhythm};
pub use html::escape;
pub use machine::is_machine;
pub use mailer::Mailer;
pub use outbox::{Outbox, Voice};
pub use render::{RenderError, Rendered, contact_address, render};
pub use settings::Settings;
pub use texts::{Texts, TextsError};
