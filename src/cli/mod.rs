//! The command line: a file a command. This room alone knows `config` and builds the others.

pub mod channel;
pub mod config;

/// Wrong use, bad configuration, store or file not to be opened.
pub const EXIT_UNUSABLE: u8 = 2;
