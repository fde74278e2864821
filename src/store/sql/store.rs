//! [`Store`] for both databases: each method and the step behind it.

use std::time::Duration;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::Database;
use crate::message::{LinkDigest, MessageId};
use crate::store::{
    Answer, Bypass, BypassCount, Claim, ConsentRow, DisclosedTo, Entry, Filter, Head, Health, HeldMessage, Link,
    MailboxRole, NewBypass, NewDisclosure, NewHeld, NewNotice, NewRelease, NewRequest, NewReturn, OrderRow, OutboxItem,
    Pruning, RecipientRow, Reconciliation, RegisterId, Registered, Resealed, ResealedAddresses, SealCount,
    SealedAddress, SecretText, SecretUses, SenderLink, Store, StoreReceipt, Swept, TeamRow, TextPlace, Total,
};

impl Store for Database {
    fn healthy(&self) -> Health {
        self.core.health()
    }

    fn ping(&self) -> Answer<'_, ()> {
        self.guarded(self.core.check())
    }

    fn clock(&self) -> Answer<'_, Timestamp> {
        self.guarded(self.core.read_clock())
    }

    fn hold(&self, new: NewHeld) -> Answer<'_, StoreReceipt> {
        self.guarded(self.wait_for_hold(new))
    }

    fn message(&self, id: MessageId) -> Answer<'_, Option<HeldMessage>> {
        self.guarded(self.core.read_message(id))
    }

    fn list<'a>(&'a self, filter: &'a Filter) -> Answer<'a, Vec<HeldMessage>> {
        self.guarded(self.core.read_list(filter))
    }

    fn recipients(&self, id: MessageId) -> Answer<'_, Vec<RecipientRow>> {
        self.guarded(self.core.read_recipients(id))
    }

    fn evidence(&self, id: MessageId) -> Answer<'_, Option<Vec<u8>>> {
        self.guarded(self.core.read_evidence(id))
    }

    fn content(&self, id: MessageId) -> Answer<'_, Option<Vec<u8>>> {
        self.guarded(self.core.read_content(id))
    }

    fn start_release<'a>(
        &'a self,
        id: MessageId,
        owner: &'a str,
        lease: Duration,
        start: &'a NewRelease,
        entry: &'a Entry,
    ) -> Answer<'a, Claim> {
        self.guarded(self.core.claim_held(id, owner, lease, start, entry))
    }

    fn request_release<'a>(&'a self, id: MessageId, request: &'a NewRequest, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.write_request(id, request, entry))
    }

    fn resume_release<'a>(&'a self, id: MessageId, owner: &'a str, lease: Duration) -> Answer<'a, Claim> {
        self.guarded(self.core.claim_releasing(id, owner, lease))
    }

    fn due_releases(&self, now: Timestamp) -> Answer<'_, Vec<MessageId>> {
        self.guarded(self.core.read_due_releases(now))
    }

    fn renew<'a>(&'a self, claim: &'a Claim, lease: Duration) -> Answer<'a, ()> {
        self.guarded(self.core.renew_lease(claim, lease))
    }

    fn record_recipient<'a>(
        &'a self,
        claim: &'a Claim,
        recipient: &'a RecipientRow,
        entry: Option<&'a Entry>,
    ) -> Answer<'a, ()> {
        self.guarded(self.core.write_recipient(claim, recipient, entry))
    }

    fn record_accepted<'a>(
        &'a self,
        claim: &'a Claim,
        recipient: &'a RecipientRow,
        disclosed: &'a SealedAddress,
        entry: &'a Entry,
    ) -> Answer<'a, ()> {
        self.guarded(self.core.write_accepted(claim, recipient, disclosed, entry))
    }

    fn postpone_release<'a>(&'a self, claim: &'a Claim, next: Timestamp) -> Answer<'a, ()> {
        self.guarded(self.core.write_postponed(claim, next))
    }

    fn finish_release<'a>(
        &'a self,
        claim: &'a Claim,
        answer: Option<&'a NewNotice>,
        entry: &'a Entry,
    ) -> Answer<'a, ()> {
        self.guarded(self.core.write_released(claim, answer, entry))
    }

    fn fail_release<'a>(
        &'a self,
        claim: &'a Claim,
        keep_until: Timestamp,
        notices: &'a [NewNotice],
        entry: &'a Entry,
    ) -> Answer<'a, ()> {
        self.guarded(self.core.write_failed(claim, keep_until, notices, entry))
    }

    fn end_in_part<'a>(
        &'a self,
        claim: &'a Claim,
        keep_until: Timestamp,
        notices: &'a [NewNotice],
        entry: &'a Entry,
    ) -> Answer<'a, ()> {
        self.guarded(self.core.write_ended_in_part(claim, keep_until, notices, entry))
    }

    fn return_to_sender<'a>(&'a self, id: MessageId, new: &'a NewReturn, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.write_returned(id, new, entry))
    }

    fn end_return<'a>(&'a self, claim: &'a Claim, notice: Option<&'a NewNotice>, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.write_return_ended(claim, notice, entry))
    }

    fn keep<'a>(&'a self, id: MessageId, decision: &'a str, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.write_kept(id, decision, entry))
    }

    fn unkeep<'a>(&'a self, id: MessageId, keep_until: Timestamp, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.write_unkept(id, keep_until, entry))
    }

    fn duplicates(&self, id: MessageId) -> Answer<'_, Vec<HeldMessage>> {
        self.guarded(self.core.read_duplicates(id))
    }

    fn to_warn(&self, now: Timestamp, before: SignedDuration) -> Answer<'_, Vec<HeldMessage>> {
        self.guarded(self.core.read_to_warn(now, before))
    }

    fn warn<'a>(&'a self, id: MessageId, notice: Option<&'a NewNotice>, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.write_warned(id, notice, entry))
    }

    fn discard<'a>(&'a self, id: MessageId, answer: Option<&'a NewNotice>, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.write_discarded(id, answer, entry))
    }

    fn link<'a>(&'a self, digest: &'a LinkDigest) -> Answer<'a, Option<SenderLink>> {
        self.guarded(self.core.read_link(*digest))
    }

    fn ask_review<'a>(&'a self, asked: &'a [(MessageId, Entry)], notice: Option<&'a NewNotice>) -> Answer<'a, usize> {
        self.guarded(self.core.write_review_asked(asked, notice))
    }

    fn expired(&self, now: Timestamp) -> Answer<'_, Vec<HeldMessage>> {
        self.guarded(self.core.read_expired(now))
    }

    fn expire<'a>(&'a self, id: MessageId, notice: Option<&'a NewNotice>, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.write_expired(id, notice, entry))
    }

    fn delete_content(&self, id: MessageId) -> Answer<'_, ()> {
        self.guarded(self.core.erase_content(id))
    }

    fn sweep(&self, now: Timestamp) -> Answer<'_, Swept> {
        self.guarded(self.core.sweep_ended(now))
    }

    fn append<'a>(&'a self, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.append_entry(entry))
    }

    fn audit_heads(&self) -> Answer<'_, Vec<Head>> {
        self.guarded(self.core.read_heads())
    }

    fn audit_links<'a>(&'a self, writer: &'a str, sequence: i64) -> Answer<'a, Vec<Link>> {
        self.guarded(self.core.read_links(writer, sequence))
    }

    fn audit_writers(&self) -> Answer<'_, Vec<String>> {
        self.guarded(self.core.read_writers())
    }

    fn writer(&self) -> &str {
        &self.core.writer
    }

    fn audit_marks<'a>(&'a self, writer: &'a str, sequence: i64) -> Answer<'a, Vec<Link>> {
        self.guarded(self.core.read_marks(writer, sequence))
    }

    fn audit_links_of(&self, id: MessageId) -> Answer<'_, Vec<Link>> {
        self.guarded(self.core.read_links_of(id))
    }

    fn prune_plan(&self, before: Timestamp) -> Answer<'_, Pruning> {
        self.guarded(self.core.plan_pruning(before))
    }

    fn prune<'a>(&'a self, step: &'a Pruning, entries: &'a [Entry]) -> Answer<'a, ()> {
        self.guarded(self.core.write_pruning(step, entries))
    }

    fn disclose<'a>(&'a self, new: &'a NewDisclosure, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.write_disclosure(new, entry))
    }

    fn disclosed(&self, id: MessageId) -> Answer<'_, Vec<DisclosedTo>> {
        self.guarded(self.core.read_disclosed(id))
    }

    fn messages_of_value<'a>(&'a self, digests: &'a [String]) -> Answer<'a, Vec<MessageId>> {
        self.guarded(self.core.find_by_value(digests))
    }

    fn messages_of_mailbox<'a>(&'a self, digests: &'a [String]) -> Answer<'a, Vec<(MessageId, MailboxRole)>> {
        self.guarded(self.core.find_by_mailbox(digests))
    }

    fn outbox_add<'a>(&'a self, notice: &'a NewNotice) -> Answer<'a, ()> {
        self.guarded(self.core.add_notice(notice))
    }

    fn outbox_claim(&self, now: Timestamp) -> Answer<'_, Option<OutboxItem>> {
        self.guarded(self.core.claim_notice(now))
    }

    fn outbox_claim_like<'a>(&'a self, item: &'a OutboxItem, until: Timestamp) -> Answer<'a, Vec<OutboxItem>> {
        self.guarded(self.core.claim_notices_like(item, until))
    }

    fn outbox_done<'a>(&'a self, taken: &'a OutboxItem) -> Answer<'a, ()> {
        self.guarded(self.core.end_notice(taken, "delivered"))
    }

    fn outbox_retry<'a>(&'a self, taken: &'a OutboxItem, at: Timestamp) -> Answer<'a, ()> {
        self.guarded(self.core.retry_notice(taken, at))
    }

    fn outbox_failed<'a>(&'a self, taken: &'a OutboxItem) -> Answer<'a, ()> {
        self.guarded(self.core.end_notice(taken, "failed"))
    }

    fn outbox_waiting(&self) -> Answer<'_, u64> {
        self.guarded(self.core.count_waiting_notices(None))
    }

    fn outbox_due(&self, now: Timestamp) -> Answer<'_, u64> {
        self.guarded(self.core.count_waiting_notices(Some(now)))
    }

    fn add_totals<'a>(&'a self, totals: &'a [Total]) -> Answer<'a, ()> {
        self.guarded(self.core.write_totals(totals))
    }

    fn totals<'a>(&'a self, from: &'a str, to: &'a str) -> Answer<'a, Vec<Total>> {
        self.guarded(self.core.read_totals(from, to))
    }

    fn reconcile(&self) -> Answer<'_, Reconciliation> {
        self.guarded(self.core.count_states())
    }

    fn bypass(&self) -> Answer<'_, Option<Bypass>> {
        self.guarded(self.core.read_bypass())
    }

    fn bypass_on<'a>(&'a self, new: &'a NewBypass, entry: &'a Entry) -> Answer<'a, Bypass> {
        self.guarded(self.core.write_bypass(new, entry))
    }

    fn bypass_end<'a>(&'a self, id: i64, at: Timestamp, entry: &'a Entry) -> Answer<'a, bool> {
        self.guarded(self.core.write_bypass_end(id, at, entry))
    }

    fn bypass_untold(&self) -> Answer<'_, Vec<Bypass>> {
        self.guarded(self.core.read_untold_bypasses())
    }

    fn bypass_told<'a>(&'a self, seen: &'a Bypass, notices: &'a [NewNotice]) -> Answer<'a, bool> {
        self.guarded(self.core.write_bypass_told(seen, notices))
    }

    fn bypass_count<'a>(&'a self, id: i64, counts: &'a [BypassCount]) -> Answer<'a, ()> {
        self.guarded(self.core.write_bypass_counts(id, counts))
    }

    fn bypass_counts(&self, id: i64) -> Answer<'_, Vec<BypassCount>> {
        self.guarded(self.core.read_bypass_counts(id))
    }

    fn remind<'a>(
        &'a self,
        reminder: (&'a str, &'a str, i32),
        at: Timestamp,
        notice: Option<&'a NewNotice>,
    ) -> Answer<'a, bool> {
        self.guarded(self.core.write_reminder(reminder, at, notice))
    }

    fn secret_fingerprint(&self) -> Answer<'_, Option<String>> {
        self.guarded(self.core.read_fingerprint())
    }

    fn bind_secret<'a>(&'a self, fingerprint: &'a str, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.write_fingerprint(fingerprint, entry))
    }

    fn rebind_secret<'a>(&'a self, from: &'a str, to: &'a str, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.exchange_fingerprint(from, to, entry))
    }

    fn secret_uses(&self, number: u32, today: Date, copies_since: Timestamp) -> Answer<'_, SecretUses> {
        self.guarded(self.core.count_secret_uses(number, today, copies_since))
    }

    fn secret_texts(&self, place: TextPlace, after: Option<[u8; 16]>) -> Answer<'_, Vec<SecretText>> {
        self.guarded(self.core.read_secret_texts(place, after))
    }

    fn renew_text<'a>(&'a self, read: &'a SecretText, sealed: &'a [u8]) -> Answer<'a, bool> {
        self.guarded(self.core.write_renewed_text(read, sealed))
    }

    fn seals(&self) -> Answer<'_, Vec<SealCount>> {
        self.guarded(self.core.count_seals())
    }

    fn sealed_like<'a>(
        &'a self,
        unit: &'a str,
        sealed_to: &'a [String],
        after: Option<MessageId>,
    ) -> Answer<'a, Vec<HeldMessage>> {
        self.guarded(self.core.read_sealed_like(unit, sealed_to, after))
    }

    fn reseal<'a>(&'a self, new: &'a Resealed, entry: &'a Entry) -> Answer<'a, bool> {
        self.guarded(self.core.write_resealed(new, entry))
    }

    fn disclosed_like<'a>(
        &'a self,
        unit: &'a str,
        sealed_to: &'a [String],
        after: Option<MessageId>,
    ) -> Answer<'a, Vec<MessageId>> {
        self.guarded(self.core.read_disclosed_like(unit, sealed_to, after))
    }

    fn reseal_disclosed<'a>(&'a self, new: &'a ResealedAddresses, entry: &'a Entry) -> Answer<'a, bool> {
        self.guarded(self.core.write_resealed_disclosed(new, entry))
    }

    fn add_consent<'a>(&'a self, row: &'a ConsentRow, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.insert_consent(row, entry))
    }

    fn withdraw_consent<'a>(&'a self, id: RegisterId, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.write_withdrawn(id, entry))
    }

    fn add_order<'a>(&'a self, row: &'a OrderRow, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.insert_order(row, entry))
    }

    fn end_order<'a>(&'a self, id: RegisterId, until: Date, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.write_order_ended(id, until, entry))
    }

    fn add_team<'a>(&'a self, row: &'a TeamRow, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.insert_team(row, entry))
    }

    fn change_team<'a>(&'a self, row: &'a TeamRow, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.write_team(row, entry))
    }

    fn end_team<'a>(&'a self, id: RegisterId, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.write_team_ended(id, entry))
    }

    fn registers(&self) -> Answer<'_, Registered> {
        self.guarded(self.core.read_registers())
    }

    fn register_changes(&self) -> Answer<'_, u64> {
        self.guarded(self.core.count_register_changes())
    }
}
