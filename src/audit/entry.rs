//! How an event becomes an entry of the chain: facts as `key=value` words, free text in `reason` alone.

use jiff::Timestamp;

use super::event::{Actor, Event, Subject};
use super::{checkpoint, process};
use crate::store::{Entry, Route};

/// Most characters of a reason that are kept.
const REASON_LIMIT: usize = 500;

impl Event {
    /// The entry for the chain.
    pub fn entry(self, actor: &Actor, at: Timestamp) -> Entry {
        let event = self.as_str();
        let mut message = None;
        let (subject, reason, detail) = match self {
            Event::Held { subject, patterns, config } => {
                (Some(subject), None, Some(format!("patterns={patterns} config={config}")))
            }
            Event::Released(subject) | Event::ReviewAsked(subject) | Event::ExpiryWarned(subject) => {
                (Some(subject), None, None)
            }
            Event::Expired { subject, decision } => (Some(subject), decision, None),
            Event::Decided { verdict, unit, transaction, patterns, config } => {
                let by = format!("patterns={patterns} config={config}");
                (None, None, Some(format!("verdict={verdict} unit={unit} transaction={transaction} {by}")))
            }
            Event::Listed { list, by, rows } => (None, None, Some(format!("list={list} by={by} rows={rows}"))),
            Event::Viewed(subject) => (Some(subject), None, None),
            Event::Opened { subject, content, purpose } => {
                let what = if content { "evidence+content" } else { "evidence" };
                (Some(subject), Some(purpose), Some(format!("opened={what}")))
            }
            Event::ReleaseRequested { subject, route, reason } => {
                (Some(subject), reason, Some(format!("route={}", route.word())))
            }
            Event::ReleaseStarted { subject, route, requested_by, reason } => {
                let route = (route != Route::Ordinary).then(|| format!("route={}", route.word()));
                let requested_by = requested_by.map(|by| format!("requested-by={by}"));
                let detail: Vec<String> = route.into_iter().chain(requested_by).collect();
                (Some(subject), reason, (!detail.is_empty()).then(|| detail.join(" ")))
            }
            Event::Discarded { subject, withdrawn, reason } => {
                (Some(subject), reason, withdrawn.then(|| "by=sender".to_owned()))
            }
            Event::Returned { subject, days, mail_back, reason } => {
                (Some(subject), Some(reason), Some(format!("days={days} mail-back={mail_back}")))
            }
            Event::ReturnMailed { subject, hop } => (Some(subject), None, Some(format!("hop={hop}"))),
            Event::ReturnNotMailed { subject, reply } => {
                (Some(subject), None, reply.map(|reply| format!("reply={reply}")))
            }
            Event::Kept { subject, decision, reason } => {
                (Some(subject), Some(reason), Some(format!("decision={decision}")))
            }
            Event::Unkept { subject, reason } => (Some(subject), Some(reason), None),
            Event::ReleasedInPart { subject, accepted, withheld } => {
                (Some(subject), None, Some(format!("accepted={accepted} withheld={withheld}")))
            }
            Event::RecipientAccepted { subject, position, hop }
            | Event::PossibleDuplicate { subject, position, hop } => {
                (Some(subject), None, Some(format!("recipient={position} hop={hop}")))
            }
            Event::RecipientRefused { subject, position, hop, reply } => {
                (Some(subject), None, Some(format!("recipient={position} hop={hop} reply={reply}")))
            }
            Event::ReleaseFailed { subject, accepted, refused, pending, withheld } => {
                let withheld = if withheld > 0 { format!(" withheld={withheld}") } else { String::new() };
                let detail = format!("accepted={accepted} refused={refused} pending={pending}{withheld}");
                (Some(subject), None, Some(detail))
            }
            Event::Started { version } => (None, None, Some(format!("version={version} {}", process::here()))),
            Event::Stopped { version, figures } => {
                let figures = figures.map_or_else(String::new, |figures| format!(" {figures}"));
                (None, None, Some(format!("version={version} {}{figures}", process::here())))
            }
            Event::ExceptionUsed { disclosure, unit, transaction, by, verdict, reason, review_within_hours } => {
                message = disclosure;
                let review = review_within_hours.map_or_else(String::new, |hours| format!(" review={hours}h"));
                let detail = format!("unit={unit} transaction={transaction} by={by} verdict={verdict}{review}");
                (None, reason, Some(detail))
            }
            Event::ConfigLoaded { digest } => (None, None, Some(format!("sha256={digest}"))),
            Event::ConfigRefused { digest, faults } => (None, None, Some(format!("faults={faults} stays={digest}"))),
            Event::PatternsLoaded { sha256, own, lists, profiles } => {
                (None, None, Some(format!("sha256={sha256} own={own} lists={lists} profiles={profiles}")))
            }
            Event::MailboxesLoaded { channel, imported_by, as_of, mailboxes, sha256 } => {
                let facts = format!("channel={channel} report-of={as_of} mailboxes={mailboxes} sha256={sha256}");
                (None, None, Some(format!("{facts} imported-by={imported_by}")))
            }
            Event::IdentitiesRead { recipients, purpose } => {
                (None, None, Some(format!("for={purpose} identities={}", recipients.join(","))))
            }
            Event::Exported { what, reason } => (None, reason, Some(what)),
            Event::ReportMade { from, to } => {
                let day = |day: Option<_>| day.map_or_else(|| "-".to_owned(), |day: jiff::civil::Date| day.to_string());
                (None, None, Some(format!("from={} to={}", day(from), day(to))))
            }
            Event::PersonExported { case, approved_by, messages } => {
                (None, Some(case), Some(format!("messages={messages} approved-by={approved_by}")))
            }
            Event::ConsentGiven(id) | Event::ConsentWithdrawn(id) => (None, None, Some(format!("consent={id}"))),
            Event::OrderMade(id) | Event::OrderEnded(id) => (None, None, Some(format!("order={id}"))),
            Event::TeamMade(id) | Event::TeamChanged(id) | Event::TeamEnded(id) => {
                (None, None, Some(format!("team={id}")))
            }
            Event::SecretMade { fingerprint } => (None, None, Some(format!("fingerprint={fingerprint}"))),
            Event::SecretExchanged { number, fingerprint } | Event::SecretForgotten { number, fingerprint } => {
                (None, None, Some(format!("secret={number} fingerprint={fingerprint}")))
            }
            Event::Resealed { subject, keys } => (Some(subject), None, Some(format!("keys={keys}"))),
            Event::KeysRotated { resealed, left } => (None, None, Some(format!("resealed={resealed} left={left}"))),
            Event::BypassOn { until, reason } => (None, Some(reason), Some(format!("until={until:.0}"))),
            Event::BypassOff { reason } => (None, reason, None),
            Event::BypassEnded | Event::BackupMade => (None, None, None),
            Event::UserAdded { account, roles, units } | Event::UserChanged { account, roles, units } => {
                let list = |words: Vec<String>| if words.is_empty() { "-".to_owned() } else { words.join(",") };
                (None, None, Some(format!("account={account} roles={} units={}", list(roles), list(units))))
            }
            Event::UserDisabled(id)
            | Event::UserEnabled(id)
            | Event::UserRemoved(id)
            | Event::UserReset(id)
            | Event::UserEnrolled(id)
            | Event::UserLocked(id)
            | Event::SignedOut(id)
            | Event::SessionsEnded(id)
            | Event::SignInConfirmed(id) => (None, None, Some(format!("account={id}"))),
            Event::SignedIn { account, recovery } => {
                let by = if recovery { "recovery-code" } else { "code" };
                (None, None, Some(format!("account={account} by=password+{by}")))
            }
            Event::SignInRefused { account } => {
                let account = account.map_or_else(|| "-".to_owned(), |id| id.to_string());
                (None, None, Some(format!("account={account}")))
            }
            Event::FalseAlarm { subject, findings, reason } => {
                (Some(subject), Some(reason), Some(format!("findings={findings}")))
            }
            Event::ExceptionRequested { subject, code } => (Some(subject), None, Some(format!("code={code}"))),
            Event::ReviewOverdue { id, reference, unit } => (Some(Subject { id, reference, unit }), None, None),
            Event::Reviewed { id, reference, unit, outcome, reason } => {
                let subject = Subject { id, reference, unit };
                (Some(subject), reason, Some(format!("outcome={}", outcome.as_str())))
            }
            Event::Anchored(heads) => {
                let heads: Vec<_> = heads.iter().map(|head| format!("head={head}")).collect();
                (None, None, Some(heads.join(" ")))
            }
            Event::Pruned { before, decision, removed, seal } => {
                (None, Some(decision), Some(format!("before={before:.3} {removed} seal={seal}")))
            }
            Event::Checkpoint { cut, seal } => (None, None, Some(format!("{} seal={seal}", checkpoint::facts(&cut)))),
        };
        let (message, reference, unit) = match subject {
            Some(subject) => (Some(subject.id), subject.reference, Some(subject.unit)),
            None => (message, None, None),
        };
        let reason = reason.map(|text| text.chars().take(REASON_LIMIT).collect());
        Entry { at, event, actor: actor.text(), message, reference, unit, reason, detail }
    }
}
