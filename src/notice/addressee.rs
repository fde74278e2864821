//! Who may be told of a mail. RFC 3834 sections 2 and 4: an automatic message never answers `<>` or
//! another automatic message, and ours never leave the organisation.

use super::facts::{NoticeKind, is_local, is_local_address};
use crate::smtp::ReversePath;

/// The kind of notice and whom it goes to; `None` when nobody may be told.
///
/// The sender is told when he has a mailbox in `local_domains` and the mail was no automatic one.
/// A held mail whose sender cannot be told is made known to `reviewers` instead, so that it does not
/// wait unseen. Domains are compared as A-labels in lower case; one that begins with a dot covers
/// the domains below it.
pub fn recipients_of_notice(
    kind: NoticeKind,
    reverse_path: &ReversePath,
    auto_submitted: bool,
    local_domains: &[String],
    reviewers: &[String],
) -> Option<(NoticeKind, Vec<String>)> {
    let for_reviewers = || local_addresses(reviewers, local_domains);
    let (kind, to) = match (kind, reverse_path) {
        (kind, _) if kind.is_to_reviewers() => (kind, for_reviewers()),
        // Not about a mail: whom it goes to is settled by who makes it.
        (kind, _) if kind.is_of_service() => return None,
        (_, ReversePath::Mailbox(sender)) if !auto_submitted && is_local(sender.domain(), local_domains) => {
            (kind, vec![sender.raw().to_owned()])
        }
        (NoticeKind::Held | NoticeKind::HeldUnreadable | NoticeKind::HeldUnprotected, _) => {
            (NoticeKind::ReviewerHeld, for_reviewers())
        }
        _ => return None,
    };
    (!to.is_empty()).then_some((kind, to))
}

/// Those of the addresses that a notice may go to.
pub fn local_addresses(addresses: &[String], local_domains: &[String]) -> Vec<String> {
    addresses.iter().filter(|address| is_local_address(address, local_domains)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::Mailbox;

    fn from(address: &str) -> ReversePath {
        let Some((local, domain)) = address.rsplit_once('@') else { return ReversePath::Null };
        ReversePath::Mailbox(Mailbox::from_checked(address.to_owned(), local.to_owned(), domain.to_ascii_lowercase()))
    }

    #[test]
    fn who_is_told() {
        use NoticeKind::{
            Expired, Held, HeldUnprotected, HeldUnreadable, Rejected, ReleaseFailed, ReviewerHeld, Warned,
        };
        let local = ["kommun.example".to_owned(), ".skola.example".to_owned()];
        let reviewers = ["granskare@kommun.example".to_owned(), "konsult@annan.example".to_owned()];
        let reviewer = Some((ReviewerHeld, "granskare@kommun.example"));
        // Kind, reverse path, automatic, who is told of what.
        let cases = [
            (Held, "Kari@kommun.example", false, Some((Held, "Kari@kommun.example"))),
            (Held, "kari@KOMMUN.example", false, Some((Held, "kari@KOMMUN.example"))),
            (Held, "kari@nord.skola.example", false, Some((Held, "kari@nord.skola.example"))),
            (Held, "kari@skola.example", false, reviewer),
            (Held, "kari@forskola.example", false, reviewer),
            (Held, "kari@it.kommun.example", false, reviewer),
            (Held, "kari@kommun.example", true, reviewer),
            (Held, "<>", false, reviewer),
            (HeldUnreadable, "<>", true, reviewer),
            (HeldUnprotected, "<>", false, reviewer),
            (Rejected, "<>", false, None),
            (Warned, "kari@kommun.example", true, None),
            (Warned, "kari@kommun.example", false, Some((Warned, "kari@kommun.example"))),
            (Rejected, "forfalsket@annan.example", false, None),
            (ReleaseFailed, "<>", false, None),
            (Expired, "kari@kommun.example", true, None),
        ];
        for (kind, path, automatic, expected) in cases {
            let told = recipients_of_notice(kind, &from(path), automatic, &local, &reviewers);
            let expected = expected.map(|(kind, to)| (kind, vec![to.to_owned()]));
            assert_eq!(told, expected, "{kind:?} {path} automatic: {automatic}");
        }
        assert_eq!(recipients_of_notice(Held, &ReversePath::Null, false, &local, &[]), None);
    }
}
