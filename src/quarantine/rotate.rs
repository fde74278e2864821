//! Rotation: what is held is sealed anew, to the keys of today's configuration.
//!
//! One message at a time, its evidence and its content in one transaction, by compare-and-set against the keys that were
//! read: there is no moment at which neither the old nor the new key opens it, a release or discard in between wins,
//! and whoever is killed begins again where he was. Nothing is asked of the relay, which goes on meanwhile.
//!
//! Which keys a message is sealed to stands beside it in the store; what an earlier version has held says nothing, and
//! is sealed anew once.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::open::{QuarantineError, subject};
use super::{Quarantine, SealError};
use crate::audit::{Actor, Event};
use crate::store::{HeldMessage, Resealed, SealCount};

/// How often what was held, or changed, during a pass is looked for again. A relay that has not been restarted goes on
/// sealing to the old keys, and must not keep a rotation from ending.
const PASSES: usize = 8;

/// What became of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resealing {
    Resealed,
    /// Released, discarded, expired or sealed anew by somebody else since it was read.
    Overtaken,
    /// None of the identities here opens it.
    Shut,
    /// It is not what a hold has written.
    Damaged,
}

/// What a rotation came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    pub resealed: u64,
    /// Still sealed to other keys than today's: not opened by any identity here, damaged, or held meanwhile by a relay
    /// that still has the old keys.
    pub left: u64,
    pub damaged: u64,
}

/// Messages of one unit that a rotation would seal anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub unit: String,
    /// Names of the keys now; none: an earlier version has sealed them.
    pub from: Vec<String>,
    pub to: Vec<String>,
    pub messages: u64,
    /// An identity here belongs to one of the keys; `None`: they are not known.
    pub opens: Option<bool>,
    /// An identity here belongs to one of the keys afterwards.
    pub stays_open: bool,
}

impl Quarantine {
    /// What is not sealed to today's keys, by unit and keys. With `units` only these.
    pub async fn due_for_rotation(&self, units: &[String]) -> Result<Vec<Due>, QuarantineError> {
        let ours = self.identities.as_ref().ok_or(QuarantineError::NoIdentity)?.named();
        let sealer = self.sealer.load();
        let counts = self.store.seals().await?;
        let wanted = |count: &SealCount| units.is_empty() || units.contains(&count.unit);
        let due = counts.into_iter().filter(wanted).filter_map(|count| {
            let to = sealer.keys(&count.unit);
            let has = |keys: &[String]| keys.iter().any(|key| ours.contains_key(key));
            (count.sealed_to != to).then(|| Due {
                opens: (!count.sealed_to.is_empty()).then(|| has(&count.sealed_to)),
                stays_open: has(&to),
                unit: count.unit,
                from: count.sealed_to,
                to,
                messages: count.messages,
            })
        });
        Ok(due.collect())
    }

    /// Seals anew everything that [`Quarantine::due_for_rotation`] names, and tells `each` of every message as it is done.
    /// The end is on the record, whatever came of it.
    pub async fn rotate(
        &self,
        units: &[String],
        actor: &Actor,
        mut each: impl FnMut(&HeldMessage, Resealing),
    ) -> Result<Rotated, QuarantineError> {
        let mut rotated = Rotated::default();
        let mut given_up = BTreeSet::new();
        for _ in 0..PASSES {
            let before = rotated.resealed;
            for due in self.due_for_rotation(units).await? {
                if due.opens == Some(false) {
                    continue;
                }
                let mut after = None;
                loop {
                    let page = self.store.sealed_like(&due.unit, &due.from, after).await?;
                    let Some(last) = page.last() else { break };
                    after = Some(last.id);
                    for message in &page {
                        if given_up.contains(&message.id) {
                            continue;
                        }
                        let what = self.reseal(message, &due, actor).await?;
                        match what {
                            Resealing::Resealed => rotated.resealed += 1,
                            Resealing::Overtaken => {}
                            Resealing::Shut => {
                                given_up.insert(message.id);
                            }
                            Resealing::Damaged => {
                                rotated.damaged += 1;
                                given_up.insert(message.id);
                            }
                        }
                        each(message, what);
                    }
                }
            }
            if rotated.resealed == before {
                break;
            }
        }
        rotated.left = self.due_for_rotation(units).await?.iter().map(|due| due.messages).sum();
        let event = Event::KeysRotated { resealed: rotated.resealed, left: rotated.left };
        self.store.append(&event.entry(actor, self.now())).await?;
        Ok(rotated)
    }

    /// Opens one message and seals it anew, in memory; then the store decides.
    pub(super) async fn reseal(
        &self,
        message: &HeldMessage,
        due: &Due,
        actor: &Actor,
    ) -> Result<Resealing, QuarantineError> {
        // Read in this order: whoever deletes takes the content first, or both at once.
        let Some(evidence) = self.store.evidence(message.id).await? else { return Ok(Resealing::Overtaken) };
        let content = self.store.content(message.id).await?;
        let identities = Arc::clone(self.identities.as_ref().ok_or(QuarantineError::NoIdentity)?);
        let (sealer, unit) = (self.sealer.load_full(), due.unit.clone());
        let to = sealer.keys(&unit);
        let anew = tokio::task::spawn_blocking(move || -> Result<_, SealError> {
            let anew = |sealed: &[u8]| sealer.seal(&unit, &[&identities.open(sealed)?]);
            Ok((anew(&evidence)?, content.as_deref().map(anew).transpose()?))
        });
        let (evidence, content) = match anew.await.map_err(|_| SealError::Failed)? {
            Ok(anew) => anew,
            Err(SealError::NotForUs) => return Ok(Resealing::Shut),
            Err(SealError::Damaged) => return Ok(Resealing::Damaged),
            Err(error) => return Err(error.into()),
        };
        let new = Resealed { id: message.id, from: due.from.clone(), to, evidence, content };
        let event = Event::Resealed { subject: subject(message), keys: new.to.join(",") };
        let done = self.store.reseal(&new, &event.entry(actor, self.now())).await?;
        Ok(if done { Resealing::Resealed } else { Resealing::Overtaken })
    }
}
