//! Scaffold.
use super::Inspection;
use crate::message::RawMessage;
pub fn inspect(_: &RawMessage) -> Inspection {
    Inspection::default()
}
