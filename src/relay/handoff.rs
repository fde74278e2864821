//! The hand-off: DATA, the content, the dot, and the one place where a receipt is made.
//!
//! Until the write that carries the dot is begun the hop cannot have the message, whatever happens.
//! From then on only a complete reply tells: 2xx is a receipt, 4xx and 5xx are a refusal, and
//! everything else, silence included, is [`SendError::Unknown`].

use tokio::time::Instant;

use super::client::Connection;
use super::deadlines::Deadlines;
use super::error::{Cause, SendError, Step};
use super::mapping::{self, DataReply, DotReply};
use super::receipt::HandoffReceipt;
use crate::smtp::Reply;
use crate::smtp::data_writer::{BareLineEnd, DataWriter};

/// Content is written once this much has gathered. A message below it goes out in one write, dot and
/// all; no write is larger than twice this, but for stuffed dots.
pub(super) const BLOCK: usize = 64 * 1024;

/// [`SendError`] with the cause, which is for the log.
#[derive(Debug)]
pub(super) enum Failure {
    Refused(Reply),
    Lost(Cause),
    Unknown(Cause),
}

impl From<Failure> for SendError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(reply) => SendError::Refused(reply),
            Failure::Lost(_) => SendError::Lost,
            Failure::Unknown(_) => SendError::Unknown,
        }
    }
}

impl From<BareLineEnd> for Failure {
    /// Such content was to be refused long before; the connection is given up with half a message.
    fn from(_: BareLineEnd) -> Self {
        Failure::Lost(Cause::Unsendable(Step::Content))
    }
}

/// DATA and its 354. `Ok(Err)` is the hop's refusal, after which the transaction is still open.
pub(super) async fn data(
    connection: &mut Connection,
    deadlines: &Deadlines,
    end: Instant,
) -> Result<Result<(), Reply>, Failure> {
    let by = end.min(Instant::now() + deadlines.data);
    let reply = connection.command(b"DATA\r\n", Step::Data, by).await.map_err(Failure::Lost)?;
    let code = reply.code;
    match mapping::data(reply) {
        DataReply::Go => Ok(Ok(())),
        DataReply::Refused(reply) => Ok(Err(reply)),
        DataReply::Nonsense => Err(Failure::Lost(Cause::Unexpected { step: Step::Data, code })),
    }
}

/// Content and dot after 354, the dot only if `still` says yes, and the reply to it. After a receipt or a refusal the connection is in
/// step exactly if the hop waited for the dot.
pub(super) async fn content(
    connection: &mut Connection,
    (content, still): (&[&[u8]], impl Future<Output = bool>),
    hop: &str,
    deadlines: &Deadlines,
    end: Instant,
) -> Result<HandoffReceipt, Failure> {
    connection.owe_reply_to_dot();
    let total = content.iter().map(|slice| slice.len()).fold(0, usize::saturating_add);
    let mut block = std::mem::take(&mut connection.scratch);
    block.clear();
    block.reserve(total.saturating_add(total / 64).saturating_add(16).min(2 * BLOCK));
    let mut writer = DataWriter::new();
    for piece in content.iter().flat_map(|slice| slice.chunks(BLOCK)) {
        if block.len() >= BLOCK {
            write(connection, &block, deadlines, end).await?;
            block.clear();
        }
        writer.push(piece, &mut block)?;
    }
    writer.finish(&mut block)?;

    if !still.await {
        return Err(Failure::Lost(Cause::Withdrawn));
    }
    // Whatever came in by now cannot be the answer to a dot that has not been sent.
    if !connection.is_silent() {
        return Err(early(connection, Cause::OutOfTurn(Step::Dot), deadlines).await);
    }
    let by = end.min(Instant::now() + deadlines.block);
    connection.write(&block, Step::Content, by).await.map_err(Failure::Unknown)?;
    block.shrink_to(BLOCK);
    connection.scratch = block;

    let by = end.min(Instant::now() + deadlines.dot);
    let reply = connection.reply(Step::Dot, by).await.map_err(Failure::Unknown)?;
    let nonsense = Failure::Unknown(Cause::Unexpected { step: Step::Dot, code: reply.code });
    match mapping::dot(reply) {
        DotReply::Taken(reply) => HandoffReceipt::from_dot_reply(reply, hop).ok_or(nonsense),
        DotReply::Refused(reply) => Err(Failure::Refused(reply)),
        DotReply::Nonsense => Err(nonsense),
    }
}

/// One block before the last.
async fn write(connection: &mut Connection, block: &[u8], deadlines: &Deadlines, end: Instant) -> Result<(), Failure> {
    if !connection.is_silent() {
        return Err(early(connection, Cause::OutOfTurn(Step::Content), deadlines).await);
    }
    let by = end.min(Instant::now() + deadlines.block);
    match connection.write(block, Step::Content, by).await {
        Ok(()) => Ok(()),
        Err(cause) => Err(early(connection, cause, deadlines).await),
    }
}

/// The hop closed or spoke before the dot. Some answer a message they find too large with 552 and hang
/// up: that is a refusal, and asking again would change nothing. All else is a lost connection.
async fn early(connection: &mut Connection, cause: Cause, deadlines: &Deadlines) -> Failure {
    let by = Instant::now() + deadlines.short_step;
    let reply = connection.reply_unasked(Step::Content, by).await.ok();
    match reply.and_then(|reply| mapping::refusal(Step::Content, &reply)) {
        Some(refusal) => Failure::Refused(refusal),
        None => Failure::Lost(cause),
    }
}
