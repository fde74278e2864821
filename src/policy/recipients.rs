//! Mistakes of addressing. The most common breach is no attack but a wrong recipient: a domain that is
//! nearly the right one, a private address between official ones, an answer to everybody.

use super::words::words;
use crate::channel::{ChannelClass, Why};

words! {
    /// What is suspicious about the recipients, whatever the mail says.
    pub enum Mistake {
        /// A domain that no channel and no unit has, but for a letter one of theirs.
        LookAlike = "look-alike",
        /// Consumer webmail among mailboxes that a channel speaks of.
        WebmailAmongOfficial = "webmail-among-official",
        /// A reply that goes to many.
        ReplyToMany = "reply-to-many",
    }
}

/// One recipient, as far as mistakes are concerned.
#[derive(Clone, Copy, Debug)]
pub struct Addressed<'a> {
    pub class: &'a ChannelClass,
    /// Its domain is nearly a known one.
    pub look_alike: bool,
}

/// The mistakes of one message, each once. `reply`: it answers another mail; `many`: from so many on.
pub fn mistakes(recipients: &[Addressed<'_>], reply: bool, many: usize) -> Vec<Mistake> {
    let webmail = recipients.iter().any(|r| r.class.why == Why::ConsumerWebmail);
    // By the channel, not by what it is worth today: evidence that ends must not make a mistake none.
    let official = recipients.iter().any(|r| r.class.why != Why::ConsumerWebmail && r.class.channel.is_some());
    let found = [
        (Mistake::LookAlike, recipients.iter().any(|r| r.look_alike)),
        (Mistake::WebmailAmongOfficial, webmail && official),
        (Mistake::ReplyToMany, reply && recipients.len() >= many),
    ];
    found.into_iter().filter(|(_, there)| *there).map(|(mistake, _)| mistake).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mistake_and_its_neighbour_that_is_none() {
        let class = |why, channel: Option<&str>| ChannelClass {
            channel: channel.map(str::to_owned),
            ..ChannelClass::unknown(why)
        };
        let webmail = class(Why::ConsumerWebmail, None);
        let official = class(Why::Evidence, Some("region"));
        let plain = class(Why::NoChannel, None);
        let at = |class, look_alike| Addressed { class, look_alike };
        let rows: [(&[Addressed<'_>], bool, &[Mistake]); 7] = [
            (&[], true, &[]),
            (&[at(&plain, false), at(&webmail, false)], false, &[]),
            (&[at(&official, false), at(&webmail, false)], false, &[Mistake::WebmailAmongOfficial]),
            (&[at(&official, false), at(&plain, true)], false, &[Mistake::LookAlike]),
            (&[at(&official, false); 3], true, &[Mistake::ReplyToMany]),
            (&[at(&official, false); 3], false, &[]),
            (&[at(&official, false); 2], true, &[]),
        ];
        for (number, (recipients, reply, expected)) in rows.into_iter().enumerate() {
            assert_eq!(mistakes(recipients, reply, 3), expected, "row {number}");
        }
    }
}
