//! Who has read the mail here, when and why: its sender sees it, with the link alone. Looks at what was found, masked,
//! are not among them.

use jiff::Timestamp;

use super::{Closed, Visit};
use crate::console::texts::{filled, purpose};
use crate::quarantine::own::OWN;

impl Visit<'_> {
    /// One line for each opening of the content of any copy, the last first; none of the sender's own.
    pub(super) async fn openings(&self) -> Result<Vec<String>, Closed> {
        let texts = &self.texts.openings;
        let mut found = Vec::new();
        for copy in &self.copies {
            for link in self.pages.quarantine.store().audit_links_of(copy.id).await? {
                let content = link.detail.as_deref().is_some_and(|detail| detail.ends_with("+content"));
                let reason = link.reason.unwrap_or_default();
                if link.event != "opened" || !content || reason == OWN {
                    continue;
                }
                let at = Timestamp::from_millisecond(link.at_ms).unwrap_or_default();
                let when = self.words.when(at.to_zoned(self.pages.settings.time_zone.clone()).datetime());
                let purpose = purpose(&texts.purposes, &reason);
                let slots = [("when", when.as_str()), ("unit", &copy.record.unit), ("purpose", &purpose)];
                let text = if link.actor.starts_with("account:") { &texts.reviewer } else { &texts.operator };
                found.push((link.at_ms, filled(text, &slots)));
            }
        }
        found.sort_by(|one, other| other.cmp(one));
        Ok(found.into_iter().map(|(_, line)| line).collect())
    }
}
