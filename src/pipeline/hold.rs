//! The verdict that keeps the mail.

use jiff::Zoned;

use super::judge::Judgement;
use super::transaction::Transaction;
use super::{Accepted, Refusal};
use crate::message::RawMessage;

pub(super) async fn hold(
    _transaction: &Transaction,
    _message: &RawMessage,
    _judgement: &Judgement,
    _reason: Option<&'static str>,
    _now: &Zoned,
) -> Result<Accepted, Refusal> {
    Err(Refusal::StoreUnavailable)
}
