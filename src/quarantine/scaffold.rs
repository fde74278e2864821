//! Scaffold.
pub struct Quarantine;
