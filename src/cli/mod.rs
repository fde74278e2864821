//! The command line: a file a command. This room alone knows `config` and builds the others.

pub mod text;
