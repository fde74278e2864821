//! The process that opens attachments: the same program in another mode, locked in before it reads a
//! byte of a mail. A parser's fault costs one attachment.
//!
//! ```text
//! pool       in the relay: starts processes ahead, lends them out, kills at the deadline, replaces
//! process    in the relay: one of them, and what its end says about the file it had
//! protocol   what the two say to each other, with hard bounds
//! child      in the process: locks itself in, then reads file after file
//! sandbox    limits, landlock, seccomp; and whether what a system has of them is enough
//! tesseract  the second kind of process: it may do one thing more, and become the reader of pictures
//! ```
//!
//! Promise: whatever the process does, the relay gets an [`super::Opened`] at latest a moment after the
//! time it gave; nothing it says is trusted beyond its bounds; none outlives the relay, none stays a
//! zombie. Content never reaches a log.

mod child;
#[cfg(debug_assertions)]
mod order;
mod pool;
mod process;
mod protocol;
mod sandbox;
pub mod tesseract;

pub use child::run;
pub use pool::Pool;
pub use sandbox::Sandbox;

/// The program's first argument in this mode.
pub const ARGUMENT: &str = "open-attachments";
