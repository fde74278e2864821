//! What a next hop's reply means, step by step (RFC 5321 sections 4.2.1 and 4.3.2).
//!
//! A complete 4xx or 5xx is the hop's own word and goes on to our client, with an enhanced code when it
//! has none. A 421 ends the connection and is never passed on as 421: our client would take it for ours.
//! A 2xx or 3xx that does not belong here proves that we and the hop are out of step; such a connection
//! is given up, and the client hears 451. The text has passed the escaping of `smtp::reply` when it
//! was read.

use super::dialog::RecipientReply;
use super::error::{Cause, Step};
use crate::smtp::{EnhancedCode, Reply};

const CLOSING: u16 = 421;
const START_MAIL_INPUT: u16 = 354;

/// While the connection is set up only one code lets us go on.
pub(super) fn expect(code: u16, step: Step, reply: Reply) -> Result<Reply, Cause> {
    match reply.code {
        found if found == code => Ok(reply),
        CLOSING => Err(Cause::Closing(step)),
        found if reply.is_transient() || reply.is_permanent() => Err(Cause::Refused { step, code: found }),
        found => Err(Cause::Unexpected { step, code: found }),
    }
}

/// MAIL, RCPT, NOOP, RSET: 2xx, or the hop's refusal.
pub(super) fn answer(step: Step, reply: Reply) -> Result<RecipientReply, Cause> {
    match reply.code {
        CLOSING => Err(Cause::Closing(step)),
        _ if reply.is_positive() => Ok(Ok(with_enhanced(step, reply))),
        _ if reply.is_transient() || reply.is_permanent() => Ok(Err(with_enhanced(step, reply))),
        code => Err(Cause::Unexpected { step, code }),
    }
}

/// What follows from the reply to DATA.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum DataReply {
    /// 354.
    Go,
    Refused(Reply),
    /// Anything else; 250 instead of 354 above all.
    Nonsense,
}

pub(super) fn data(reply: Reply) -> DataReply {
    match refusal(Step::Data, &reply) {
        Some(refusal) => DataReply::Refused(refusal),
        None if reply.code == START_MAIL_INPUT => DataReply::Go,
        None => DataReply::Nonsense,
    }
}

/// What follows from the reply to the dot.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum DotReply {
    Taken(Reply),
    Refused(Reply),
    /// A 3xx.
    Nonsense,
}

pub(super) fn dot(reply: Reply) -> DotReply {
    match refusal(Step::Dot, &reply) {
        Some(refusal) => DotReply::Refused(refusal),
        None if reply.is_positive() => DotReply::Taken(with_enhanced(Step::Dot, reply)),
        None => DotReply::Nonsense,
    }
}

/// The 4xx or 5xx as our client gets it: a 421 becomes 451.
pub(super) fn refusal(step: Step, reply: &Reply) -> Option<Reply> {
    let mut refusal = reply.clone();
    if refusal.code == CLOSING {
        refusal.code = 451;
    }
    (reply.is_transient() || reply.is_permanent()).then(|| with_enhanced(step, refusal))
}

fn with_enhanced(step: Step, reply: Reply) -> Reply {
    let fallback = match step {
        Step::Mail => EnhancedCode(2, 1, 0),
        Step::Recipient => EnhancedCode(2, 1, 5),
        _ => EnhancedCode(2, 0, 0),
    };
    reply.or_enhanced(fallback)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(code: u16) -> Reply {
        Reply::new(code, None, "text")
    }

    #[test]
    fn each_code_at_each_step() {
        for code in 200..600 {
            let positive = code < 300;
            let refused = code >= 400 && code != 421;

            let answered = answer(Step::Recipient, reply(code));
            assert_eq!(matches!(answered, Ok(Ok(_))), positive, "RCPT {code}");
            assert_eq!(matches!(answered, Ok(Err(_))), refused, "RCPT {code}");

            let to_data = data(reply(code));
            assert_eq!(to_data == DataReply::Go, code == 354, "DATA {code}");
            assert_eq!(matches!(to_data, DataReply::Refused(_)), code >= 400, "DATA {code}");

            let to_dot = dot(reply(code));
            assert_eq!(matches!(to_dot, DotReply::Taken(_)), positive, "dot {code}");
            assert_eq!(matches!(to_dot, DotReply::Refused(_)), code >= 400, "dot {code}");

            assert_eq!(expect(220, Step::Greeting, reply(code)).is_ok(), code == 220, "greeting {code}");
        }
    }

    #[test]
    fn nobody_downstream_hears_our_hops_421() {
        for passed_on in [data(reply(421)), data(reply(450))] {
            let DataReply::Refused(reply) = passed_on else { panic!("{passed_on:?}") };
            assert_ne!(reply.code, 421);
            assert!(reply.is_transient());
        }
        assert_eq!(dot(reply(421)), DotReply::Refused(Reply::new(451, Some(EnhancedCode(4, 0, 0)), "text")));
        assert_eq!(answer(Step::Mail, reply(421)), Err(Cause::Closing(Step::Mail)));
    }

    #[test]
    fn a_missing_enhanced_code_is_added_and_a_given_one_kept() {
        let rows = [
            (Step::Mail, 250, EnhancedCode(2, 1, 0)),
            (Step::Recipient, 250, EnhancedCode(2, 1, 5)),
            (Step::Recipient, 450, EnhancedCode(4, 0, 0)),
            (Step::Recipient, 550, EnhancedCode(5, 0, 0)),
        ];
        for (step, code, enhanced) in rows {
            let (Ok(Ok(found)) | Ok(Err(found))) = answer(step, reply(code)) else { panic!("{code}") };
            assert_eq!(found.enhanced, Some(enhanced), "{step} {code}");
        }
        let given = Reply::new(550, Some(EnhancedCode(5, 1, 1)), "text");
        assert_eq!(answer(Step::Recipient, given.clone()), Ok(Err(given)));
    }
}
