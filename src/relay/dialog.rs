//! One transaction on a taken connection, up to the point where the content is sent or is not.
//!
//! Recipients are answered one by one with the hop's own replies. Once anything has gone wrong with
//! the connection every later call says so; nothing is retried here but a pooled connection that
//! turns out dead before the hop has taken a recipient, which no client needs to notice.

use std::sync::Arc;

use tokio::time::Instant;

use super::error::{Cause, HopError, SendError, Step};
use super::handoff::{self, Failure};
use super::hop::{Hop, Taken};
use super::mapping::answer;
use super::receipt::HandoffReceipt;
use super::settings::ConnectionSecurity;
use crate::message::Recipient;
use crate::smtp::{EnhancedCode, Extensions, Parameter, Reply, ReversePath};

/// `Ok`: a 2xx; `Err`: the hop's refusal of this recipient (or of MAIL, NOOP, RSET).
pub type RecipientReply = Result<Reply, Reply>;

/// One transaction on a taken connection. Dropping it closes the connection, and the hop forgets it.
pub struct Dialog {
    hop: Arc<Hop>,
    /// The connection, or why there is none any more.
    line: Result<Taken, Cause>,
    accepted: usize,
}

impl Dialog {
    /// Takes a connection, sends MAIL and the first RCPT, and gives the hop's answer to that RCPT.
    /// A pooled connection that fails before that answer is replaced once by a new one.
    ///
    /// # Errors
    /// `NoCapacity` after 30 s without a free connection; `Refused` with the hop's answer to MAIL;
    /// `Lacks…` when a parameter needs what the connection does not offer; else `Unavailable`. All of
    /// it within a minute.
    pub async fn start(
        hop: &Arc<Hop>,
        reverse: &ReversePath,
        parameters: &[Parameter],
        first: &Recipient,
    ) -> Result<(Dialog, RecipientReply), HopError> {
        let end = Instant::now() + hop.deadlines.start;
        let mut taken = hop.take(end).await?;
        let mut opened = open(&mut taken, hop, reverse, parameters, first, end).await;
        if taken.pooled && matches!(opened, Err(HopError::Unavailable(_))) {
            taken = hop.replace(taken, end).await?;
            opened = open(&mut taken, hop, reverse, parameters, first, end).await;
        }
        match opened {
            Ok(reply) => {
                let accepted = usize::from(reply.is_ok());
                Ok((Dialog { hop: hop.clone(), line: Ok(taken), accepted }, reply))
            }
            Err(HopError::Unavailable(cause)) => {
                hop.note(&cause);
                Err(HopError::Unavailable(cause))
            }
            // No transaction is open, the connection is as good as before.
            Err(error) => {
                hop.give_back(taken);
                Err(error)
            }
        }
    }

    /// A further recipient.
    ///
    /// # Errors
    /// `LacksDsn` leaves the dialog as it was; `Unavailable` is its end.
    pub async fn recipient(&mut self, recipient: &Recipient) -> Result<RecipientReply, HopError> {
        let by = Instant::now() + self.hop.deadlines.recipient;
        let taken = self.line.as_mut().map_err(|cause| cause.clone())?;
        let mut line = std::mem::take(&mut taken.connection.scratch);
        line.clear();
        write_rcpt(recipient, self.hop.recipient_suffix(), taken.connection.extensions(), &mut line)?;
        let asked = taken.connection.command(&line, Step::Recipient, by).await;
        taken.connection.scratch = line;
        let reply = self.checked(asked.and_then(|reply| answer(Step::Recipient, reply)))?;
        self.accepted = self.accepted.saturating_add(usize::from(reply.is_ok()));
        Ok(reply)
    }

    /// When the hop should hear from us again; `None` when the connection is lost.
    pub fn keep_alive_at(&self) -> Option<Instant> {
        self.line.as_ref().ok().map(|taken| taken.connection.last_sent() + self.hop.deadlines.keep_alive)
    }

    /// A NOOP when nothing was sent for 60 s, so that the hop does not give up on us.
    pub async fn keep_alive(&mut self) -> Result<(), HopError> {
        let deadlines = &self.hop.deadlines;
        let by = Instant::now() + deadlines.short_step;
        let taken = self.line.as_mut().map_err(|cause| cause.clone())?;
        if taken.connection.last_sent().elapsed() < deadlines.keep_alive {
            return Ok(());
        }
        let asked = taken.connection.command(b"NOOP\r\n", Step::Noop, by).await;
        // A hop that refuses NOOP has been heard from, and that is all we wanted.
        self.checked(asked.and_then(|reply| answer(Step::Noop, reply))).map(|_| ())
    }

    /// How the connection is protected; in clear when it is lost.
    pub fn security(&self) -> ConnectionSecurity {
        self.hop.security(self.line.as_ref().is_ok_and(|taken| taken.connection.is_tls()))
    }

    /// Recipients the hop has taken.
    pub fn accepted(&self) -> usize {
        self.accepted
    }

    /// DATA, the content's slices one after the other, the dot, the reply. The connection goes back to
    /// the pool when hop and we agree about where we are, and is closed otherwise.
    ///
    /// # Errors
    /// See [`SendError`]. Without an accepted recipient nothing is sent (`Lost`).
    pub async fn send(self, content: &[&[u8]]) -> Result<HandoffReceipt, SendError> {
        self.send_if(content, std::future::ready(true)).await
    }

    /// The same, but the last block, with the dot, goes only when `still` says yes. Else the connection is closed
    /// (`Lost`): without the dot the hop has no message.
    ///
    /// # Errors
    /// See [`Dialog::send`].
    pub async fn send_if(
        self,
        content: &[&[u8]],
        still: impl Future<Output = bool>,
    ) -> Result<HandoffReceipt, SendError> {
        let hop = self.hop.clone();
        let result = self.hand_off(content, still).await;
        let outcome = match &result {
            Ok(_) => "accepted",
            Err(Failure::Refused(_)) => "refused",
            Err(Failure::Lost(Cause::Withdrawn)) => "lost",
            Err(Failure::Lost(cause)) => {
                hop.note(cause);
                "lost"
            }
            Err(Failure::Unknown(cause)) => {
                hop.note(cause);
                "unknown"
            }
        };
        metrics::counter!("sluss_handoffs_total", "hop" => hop.name().to_owned(), "outcome" => outcome).increment(1);
        Ok(result?)
    }

    async fn hand_off(self, content: &[&[u8]], still: impl Future<Output = bool>) -> Result<HandoffReceipt, Failure> {
        if self.accepted == 0 {
            self.abandon().await;
            return Err(Failure::Lost(Cause::NoRecipient));
        }
        let Dialog { hop, line, accepted } = self;
        let mut taken = line.map_err(Failure::Lost)?;
        // Not every client says `BODY=8BITMIME` before 8-bit text, and converting it would break signatures.
        if !taken.connection.extensions().eight_bit_mime && !content.iter().all(|slice| slice.is_ascii()) {
            Dialog { hop, line: Ok(taken), accepted }.abandon().await;
            return Err(Failure::Refused(eight_bit_not_taken()));
        }
        let end = Instant::now() + hop.deadlines.handoff;
        match handoff::data(&mut taken.connection, &hop.deadlines, end).await? {
            Ok(()) => {}
            // The transaction is still open at the hop.
            Err(refusal) => {
                Dialog { hop, line: Ok(taken), accepted }.abandon().await;
                return Err(Failure::Refused(refusal));
            }
        }
        let handed_off =
            handoff::content(&mut taken.connection, (content, still), hop.name(), &hop.deadlines, end).await;
        if matches!(handed_off, Ok(_) | Err(Failure::Refused(_))) {
            hop.give_back(taken);
        }
        handed_off
    }

    /// RSET, and back to the pool. Nothing that happens here matters to anybody.
    pub async fn abandon(mut self) {
        let by = Instant::now() + self.hop.deadlines.short_step;
        let Ok(taken) = &mut self.line else { return };
        let asked = taken.connection.command(b"RSET\r\n", Step::Reset, by).await;
        let reset = matches!(asked.and_then(|reply| answer(Step::Reset, reply)), Ok(Ok(_)));
        if let (true, Ok(taken)) = (reset, self.line) {
            self.hop.give_back(taken);
        }
    }

    /// A cause is the end of the connection.
    fn checked<T>(&mut self, result: Result<T, Cause>) -> Result<T, HopError> {
        result.map_err(|cause| {
            self.hop.note(&cause);
            self.line = Err(cause.clone());
            HopError::Unavailable(cause)
        })
    }
}

/// MAIL and RCPT on a connection without a transaction, in one write where the hop allows it
/// (RFC 2920). After any error but `Unavailable` there is again no transaction.
async fn open(
    taken: &mut Taken,
    hop: &Hop,
    reverse: &ReversePath,
    parameters: &[Parameter],
    first: &Recipient,
    end: Instant,
) -> Result<RecipientReply, HopError> {
    let by = if taken.pooled { end.min(Instant::now() + hop.deadlines.pooled_start) } else { end };
    let connection = &mut taken.connection;
    let mut lines = std::mem::take(&mut connection.scratch);
    lines.clear();
    write_mail(reverse, parameters, connection.extensions(), &mut lines)?;
    let end_of_mail = lines.len();
    write_rcpt(first, hop.recipient_suffix(), connection.extensions(), &mut lines)?;
    let (mail, rcpt) = lines.split_at(end_of_mail);

    let reply = if connection.extensions().pipelining {
        connection.send(&lines, 2, Step::Mail, by).await?;
        let mail = answer(Step::Mail, connection.reply(Step::Mail, by).await?)?;
        match (mail, connection.reply(Step::Recipient, by).await) {
            (Ok(_), reply) => answer(Step::Recipient, reply?)?,
            // The RCPT that went along cannot have been taken. If its answer is missing, MAIL's
            // stands, and the connection is out of step and will not be pooled.
            (Err(_), Ok(reply)) if reply.is_positive() => {
                return Err(Cause::Unexpected { step: Step::Recipient, code: reply.code }.into());
            }
            (Err(refusal), _) => return Err(HopError::Refused(refusal)),
        }
    } else {
        answer(Step::Mail, connection.command(mail, Step::Mail, by).await?)?.map_err(HopError::Refused)?;
        answer(Step::Recipient, connection.command(rcpt, Step::Recipient, by).await?)?
    };
    connection.scratch = lines;
    Ok(reply)
}

/// What a hop without 8BITMIME would have to say to 8-bit text (RFC 6152 section 3).
fn eight_bit_not_taken() -> Reply {
    Reply::new(554, Some(EnhancedCode(5, 6, 3)), "the next hop does not take 8-bit content")
}

/// A recipient that the gateway's way of writing addresses has no room for.
fn no_suffix() -> Reply {
    Reply::new(553, Some(EnhancedCode(5, 1, 3)), "the address cannot be written as the next hop wants it")
}

/// MAIL with the parameters verbatim, but those the hop lacks and does not need: SIZE, `BODY=7BIT`,
/// and AUTH, which a relay may drop (RFC 4954 section 5).
fn write_mail(
    reverse: &ReversePath,
    parameters: &[Parameter],
    offered: &Extensions,
    out: &mut Vec<u8>,
) -> Result<(), HopError> {
    let start = out.len();
    out.extend_from_slice(b"MAIL FROM:");
    out.extend_from_slice(reverse.to_wire().as_bytes());
    for parameter in parameters {
        match parameter.keyword.as_str() {
            "SIZE" if offered.size.is_none() => continue,
            "AUTH" if offered.auth.is_empty() => continue,
            "BODY" if !offered.eight_bit_mime => {
                if parameter.value.as_deref().is_some_and(|value| value.eq_ignore_ascii_case("7BIT")) {
                    continue;
                }
                return Err(HopError::LacksEightBit);
            }
            "SMTPUTF8" if !offered.smtputf8 => return Err(HopError::LacksSmtputf8),
            "RET" | "ENVID" if !offered.dsn => return Err(HopError::LacksDsn),
            _ => {}
        }
        out.push(b' ');
        out.extend_from_slice(parameter.to_wire().as_bytes());
    }
    end_line(start, Step::Mail, out)
}

/// RCPT with its parameters verbatim; a hop may want a suffix behind the domain.
fn write_rcpt(
    recipient: &Recipient,
    suffix: Option<&str>,
    offered: &Extensions,
    out: &mut Vec<u8>,
) -> Result<(), HopError> {
    let start = out.len();
    let path = match suffix {
        None => recipient.path.to_wire(),
        Some(suffix) => recipient.path.with_suffix(suffix).map_err(|_| HopError::Refused(no_suffix()))?.to_wire(),
    };
    out.extend_from_slice(b"RCPT TO:");
    out.extend_from_slice(path.as_bytes());
    for parameter in &recipient.parameters {
        if matches!(parameter.keyword.as_str(), "NOTIFY" | "ORCPT") && !offered.dsn {
            return Err(HopError::LacksDsn);
        }
        out.push(b' ');
        out.extend_from_slice(parameter.to_wire().as_bytes());
    }
    end_line(start, Step::Recipient, out)
}

/// Ends the line, after a last look that the grammar has let nothing through that would end it early.
fn end_line(start: usize, step: Step, out: &mut Vec<u8>) -> Result<(), HopError> {
    if out.iter().skip(start).any(u8::is_ascii_control) {
        return Err(Cause::Unsendable(step).into());
    }
    out.extend_from_slice(b"\r\n");
    Ok(())
}
