//! The hand-off: DATA, the content, the dot, and the one place where a receipt is made.
//!
//! Until the write that carries the dot is begun the hop cannot have the message, whatever happens.
//! From then on only a complete reply tells: 2xx is a receipt, 4xx and 5xx are a refusal, and
//! everything else, silence included, is [`SendError::Unknown`].

use tokio::time::Instant;

use super::client::Connection;
use super::deadlines::Deadlines;
use super::error::{SendError, Step};
use super::mapping::{self, DataReply, DotReply};
use super::receipt::HandoffReceipt;
use crate::smtp::Reply;
use crate::smtp::data_writer::{BareLineEnd, DataWriter};

/// Content is written once this much has gathered. A message below it goes out in one write, dot and
/// all; no write is larger than twice this, but for stuffed dots.
pub(super) const BLOCK: usize = 64 * 1024;

/// DATA and its 354. `Ok(Err)` is the hop's refusal, after which the transaction is still open.
pub(super) async fn data(connection: &mut Connection, deadlines: &Deadlines) -> Result<Result<(), Reply>, SendError> {
    let by = Instant::now() + deadlines.data;
    let reply = connection.command(b"DATA\r\n", Step::Data, by).await.map_err(|_| SendError::Lost)?;
    match mapping::data(reply) {
        DataReply::Go => Ok(Ok(())),
        DataReply::Refused(reply) => Ok(Err(reply)),
        DataReply::Nonsense => Err(SendError::Lost),
    }
}

/// Content and dot after 354, and the reply to it. On an error the connection is out of step unless
/// the error is a complete refusal of the dot.
pub(super) async fn content(
    connection: &mut Connection,
    content: &[&[u8]],
    hop: &str,
    deadlines: &Deadlines,
) -> Result<HandoffReceipt, SendError> {
    let end = Instant::now() + deadlines.handoff;
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
        writer.push(piece, &mut block).map_err(not_sent)?;
    }
    writer.finish(&mut block).map_err(not_sent)?;

    // Whatever came in by now cannot be the answer to a dot that has not been sent.
    if !connection.is_silent() {
        return Err(refused_early(connection, deadlines).await);
    }
    let by = end.min(Instant::now() + deadlines.block);
    connection.write(&block, Step::Content, by).await.map_err(|_| SendError::Unknown)?;
    block.shrink_to(BLOCK);
    connection.scratch = block;

    let by = end.min(Instant::now() + deadlines.dot);
    let reply = connection.reply(Step::Dot, by).await.map_err(|_| SendError::Unknown)?;
    match mapping::dot(reply) {
        DotReply::Taken(reply) => HandoffReceipt::from_dot_reply(reply, hop).ok_or(SendError::Unknown),
        DotReply::Refused(reply) => Err(SendError::Refused(reply)),
        DotReply::Nonsense => Err(SendError::Unknown),
    }
}

/// One block before the last.
async fn write(
    connection: &mut Connection,
    block: &[u8],
    deadlines: &Deadlines,
    end: Instant,
) -> Result<(), SendError> {
    let by = end.min(Instant::now() + deadlines.block);
    if !connection.is_silent() || connection.write(block, Step::Content, by).await.is_err() {
        return Err(refused_early(connection, deadlines).await);
    }
    Ok(())
}

/// The hop closed or spoke before the dot. Some answer a message they find too large with 552 and hang
/// up: that is a refusal, and asking again would change nothing. All else is a lost connection.
async fn refused_early(connection: &mut Connection, deadlines: &Deadlines) -> SendError {
    let by = Instant::now() + deadlines.short_step;
    let reply = connection.reply_unasked(Step::Content, by).await.ok();
    reply.and_then(|reply| mapping::refusal(Step::Content, &reply)).map_or(SendError::Lost, SendError::Refused)
}

/// Content with a bare line end reached the hand-off, past the reader that refuses it.
fn not_sent(_: BareLineEnd) -> SendError {
    tracing::error!("content with a bare line end was kept from the next hop");
    SendError::Lost
}
