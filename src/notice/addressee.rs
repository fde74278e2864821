//! Who may be told of a mail. RFC 3834 sections 2 and 4: an automatic message never answers `<>` or
//! another automatic message, and ours never leave the organisation.

use super::facts::{NoticeKind, is_local, is_local_address};
use crate::smtp::ReversePath;

/// Where a mail comes from, as far as a notice is concerned.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    pub reverse_path: &'a ReversePath,
    /// Marked as sent by no person, or as an answer by none (RFC 3834 section 5).
    pub automatic: bool,
    /// The address is a machine's.
    pub machine: bool,
}

/// Whom the house has, of the unit that a mail comes from.
#[derive(Clone, Copy, Debug)]
pub struct House<'a> {
    pub local_domains: &'a [String],
    pub reviewers: &'a [String],
    pub service_owner: Option<&'a str>,
}

/// The kind of notice and whom it goes to; `None` when nobody may be told.
///
/// The sender is told when he has a mailbox in `local_domains`, is no machine, and the mail was no automatic
/// one. For a machine of the house its owner is told, once a day. A held mail of which neither can be told is
/// made known to the reviewers instead, so that it does not wait unseen. Domains are compared as A-labels in
/// lower case; one that begins with a dot covers the domains below it.
pub fn recipients_of_notice(
    kind: NoticeKind,
    origin: Origin<'_>,
    house: House<'_>,
) -> Option<(NoticeKind, Vec<String>)> {
    let reviewers = || local_addresses(house.reviewers, house.local_domains);
    if kind.is_of_service() || kind == NoticeKind::ServiceDigest {
        // Whom these go to is settled by who makes them.
        return None;
    }
    let sender = origin.reverse_path.mailbox().filter(|sender| is_local(sender.domain(), house.local_domains));
    let owner = house.service_owner.filter(|owner| is_local_address(owner, house.local_domains));
    let (kind, to) = match (kind, sender, owner) {
        (kind, ..) if kind.is_to_reviewers() => (kind, reviewers()),
        (kind, Some(sender), _) if !origin.automatic && !origin.machine => (kind, vec![sender.raw().to_owned()]),
        (_, Some(_), Some(owner)) => (NoticeKind::ServiceDigest, vec![owner.to_owned()]),
        (NoticeKind::Held | NoticeKind::HeldUnreadable | NoticeKind::HeldUnprotected, ..) => {
            (NoticeKind::ReviewerHeld, reviewers())
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
            Expired, Held, HeldUnprotected, HeldUnreadable, Rejected, ReleaseFailed, ReviewerHeld, ServiceDigest,
            Warned,
        };
        let local = ["kommun.example".to_owned(), ".skola.example".to_owned()];
        let reviewers = ["granskare@kommun.example".to_owned(), "konsult@annan.example".to_owned()];
        let reviewer = Some((ReviewerHeld, "granskare@kommun.example"));
        let digest = Some((ServiceDigest, "drift@kommun.example"));
        // Kind, reverse path, automatic, a machine, who is told of what, and who where the unit has an owner of machines.
        let cases = [
            (Held, "Kari@kommun.example", false, false, Some((Held, "Kari@kommun.example")), None),
            (Held, "kari@KOMMUN.example", false, false, Some((Held, "kari@KOMMUN.example")), None),
            (Held, "kari@nord.skola.example", false, false, Some((Held, "kari@nord.skola.example")), None),
            (Held, "kari@skola.example", false, false, reviewer, Some(reviewer)),
            (Held, "kari@forskola.example", false, false, reviewer, Some(reviewer)),
            (Held, "kari@it.kommun.example", false, false, reviewer, Some(reviewer)),
            (Held, "kari@kommun.example", true, false, reviewer, Some(digest)),
            (Held, "skanner@kommun.example", false, true, reviewer, Some(digest)),
            (Held, "noreply@annan.example", false, true, reviewer, Some(reviewer)),
            (Held, "<>", false, false, reviewer, Some(reviewer)),
            (HeldUnreadable, "<>", true, false, reviewer, Some(reviewer)),
            (HeldUnprotected, "<>", false, false, reviewer, Some(reviewer)),
            (Rejected, "<>", false, false, None, Some(None)),
            (Rejected, "skanner@kommun.example", false, true, None, Some(digest)),
            (Warned, "kari@kommun.example", true, false, None, Some(digest)),
            (Warned, "kari@kommun.example", false, false, Some((Warned, "kari@kommun.example")), None),
            (Rejected, "forfalsket@annan.example", false, false, None, Some(None)),
            (ReleaseFailed, "<>", false, false, None, Some(None)),
            (Expired, "kari@kommun.example", true, false, None, Some(digest)),
        ];
        let named = |told: Option<(NoticeKind, &str)>| told.map(|(kind, to)| (kind, vec![to.to_owned()]));
        for (kind, path, automatic, machine, without, with) in cases {
            let reverse_path = from(path);
            let origin = Origin { reverse_path: &reverse_path, automatic, machine };
            let house = House { local_domains: &local, reviewers: &reviewers, service_owner: None };
            let told = recipients_of_notice(kind, origin, house);
            assert_eq!(told, named(without), "{kind:?} {path} {origin:?}");
            let house = House { service_owner: Some("drift@kommun.example"), ..house };
            let told = recipients_of_notice(kind, origin, house);
            assert_eq!(told, named(with.unwrap_or(without)), "{kind:?} {path} {origin:?}");
            // An owner outside is nobody.
            let house = House { service_owner: Some("drift@annan.example"), ..house };
            assert_eq!(recipients_of_notice(kind, origin, house), named(without), "{kind:?} {path}");
        }
        let origin = Origin { reverse_path: &ReversePath::Null, automatic: false, machine: false };
        let house = House { local_domains: &local, reviewers: &[], service_owner: None };
        assert_eq!(recipients_of_notice(Held, origin, house), None);
    }

    /// RFC 3834 section 2: no notice of any kind answers `<>`, and none leaves the house.
    #[test]
    fn nothing_is_answered_that_must_not_be_and_nothing_leaves() {
        let local = ["kommun.example".to_owned()];
        let all = ["granskare@kommun.example".to_owned(), "utanför@annan.example".to_owned()];
        for kind in NoticeKind::ALL {
            for path in ["<>", "kari@kommun.example", "kari@annan.example", "kari@kommun.example.annan.example"] {
                for (automatic, machine) in [(false, false), (true, false), (false, true), (true, true)] {
                    let reverse_path = from(path);
                    let origin = Origin { reverse_path: &reverse_path, automatic, machine };
                    let house =
                        House { local_domains: &local, reviewers: &all, service_owner: Some("drift@kommun.example") };
                    let Some((_, to)) = recipients_of_notice(kind, origin, house) else { continue };
                    assert!(to.iter().all(|to| is_local_address(to, &local)), "{kind:?} {origin:?} leaves the house");
                    let answered = to.iter().any(|to| to == path);
                    assert!(!answered || !(automatic || machine), "{kind:?} answers {origin:?}");
                }
            }
        }
    }
}
