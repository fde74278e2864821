//! One connection from banner to close.

use std::sync::Arc;

use tokio_rustls::TlsAcceptor;

use super::connection::{Connection, Ended, Input};
use super::dialog::{Answer, Dialog, Next};
use super::listener::Shared;
use super::transaction;
use crate::smtp::{Command, EnhancedCode, Reply};

/// How a connection ends, or turns to TLS.
enum Turn {
    StartTls(TlsAcceptor),
    /// The last reply waits to be written. `linger`: the client may be in the middle of sending.
    Close {
        linger: bool,
    },
}

/// Talks until one side closes.
pub(super) async fn run(mut connection: Connection, shared: Arc<Shared>) {
    let mut dialog = Dialog::new(shared.clone(), connection.peer(), None);
    if connection.has_unread() {
        // a client that talks before the banner does not listen to what it is offered
        let _ = connection.reply(&out_of_turn()).await;
        return connection.close(true).await;
    }
    if connection.reply(&dialog.banner()).await.is_err() {
        return;
    }
    loop {
        match converse(&mut connection, &mut dialog, &shared).await {
            Ok(Turn::Close { linger }) => {
                connection.close(linger).await;
                return dialog.abandon().await;
            }
            Ok(Turn::StartTls(acceptor)) => {
                if connection.flush().await.is_err() {
                    return;
                }
                match connection.start_tls(acceptor).await {
                    Ok((secured, handshake)) => {
                        metrics::counter!("sluss_tls_handshakes_total", "result" => "ok").increment(1);
                        dialog = Dialog::new(shared.clone(), secured.peer(), Some(handshake));
                        connection = secured;
                    }
                    Err(failure) => {
                        metrics::counter!("sluss_tls_handshakes_total", "result" => "failed").increment(1);
                        tracing::info!(%failure, "TLS handshake failed");
                        return;
                    }
                }
            }
            Err(ended) => {
                if let Some(reply) = ended.last_words() {
                    let _ = connection.reply(&reply).await;
                    let linger = connection.has_unread();
                    connection.close(linger).await;
                }
                // on the way out nobody waits for the next hop; its connection closes with ours
                if !matches!(ended, Ended::Shutdown) {
                    dialog.abandon().await;
                }
                return;
            }
        }
    }
}

/// Reads commands and answers them until the connection closes or turns to TLS.
async fn converse(connection: &mut Connection, dialog: &mut Dialog, shared: &Arc<Shared>) -> Result<Turn, Ended> {
    loop {
        let answer = match connection.command(dialog.keep_alive_at()).await? {
            Input::Quiet => {
                tokio::select! {
                    biased;
                    () = dialog.keep_alive() => continue,
                    () = connection.shutdown() => return Err(Ended::Shutdown),
                }
            }
            Input::Line(line) => {
                let command = Command::parse(&line);
                if command.as_ref().is_ok_and(Command::ends_group) && connection.has_unread() {
                    connection.reply(&out_of_turn()).await?;
                    return Ok(Turn::Close { linger: true });
                }
                tokio::select! {
                    biased;
                    answer = dialog.command(command) => answer,
                    () = connection.shutdown() => return Err(Ended::Shutdown),
                }
            }
            Input::LineTooLong => dialog.line_too_long(),
            Input::BareLineEnd => {
                let text = "bare CR, bare LF or NUL in a command";
                Answer { reply: Reply::new(521, Some(EnhancedCode(5, 5, 2)), text), next: Next::Close }
            }
        };
        let Answer { reply, next } = match answer {
            Answer { reply, next: Next::Data(open) } => {
                let answer = transaction::receive(connection, *open, &reply, shared).await?;
                dialog.message_done();
                answer
            }
            answer => answer,
        };
        connection.reply(&reply).await?;
        match next {
            Next::Continue | Next::Data(_) => {}
            Next::StartTls(acceptor) => return Ok(Turn::StartTls(acceptor)),
            Next::Close => return Ok(Turn::Close { linger: reply.code != 221 }),
        }
    }
}

fn out_of_turn() -> Reply {
    Reply::new(554, Some(EnhancedCode(5, 5, 0)), "out of turn: wait for the reply")
}
