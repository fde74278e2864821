//! Rotation: what is held, and to whom mail went, is sealed anew, to the keys of today's configuration.
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
use crate::audit::{Actor, Event, Subject};
use crate::message::MessageId;
use crate::store::{Resealed, ResealedAddresses, SealCount, StoreError};

/// How often what was held, or changed, during a pass is looked for again. A relay that has not been restarted goes on
/// sealing to the old keys, and must not keep a rotation from ending.
const PASSES: usize = 8;

/// What is sealed: a held message; the addresses of those who got a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sealed {
    Held,
    Disclosed,
}

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

/// What a rotation came to, in held messages and mails that went out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    pub resealed: u64,
    /// Still sealed to other keys than today's: not opened by any identity here, damaged, or held meanwhile by a relay
    /// that still has the old keys.
    pub left: u64,
    pub damaged: u64,
}

/// What a rotation would seal anew of one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub unit: String,
    /// Names of the keys now; none: an earlier version has sealed them.
    pub from: Vec<String>,
    pub to: Vec<String>,
    pub messages: u64,
    /// Mails that went out, of which it is kept who got them.
    pub disclosed: u64,
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
                disclosed: count.disclosed,
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
        mut each: impl FnMut(&Subject, Resealing),
    ) -> Result<Rotated, QuarantineError> {
        let mut rotated = Rotated::default();
        let mut given_up = BTreeSet::new();
        for _ in 0..PASSES {
            let before = rotated.resealed;
            for due in self.due_for_rotation(units).await? {
                if due.opens == Some(false) {
                    continue;
                }
                for what in [Sealed::Held, Sealed::Disclosed] {
                    let mut after = None;
                    loop {
                        let page = self.still_sealed(what, &due, after).await?;
                        let Some(last) = page.last() else { break };
                        after = Some(last.id);
                        for subject in page {
                            if given_up.contains(&(what, subject.id)) {
                                continue;
                            }
                            let end = match what {
                                Sealed::Held => self.reseal(&subject, &due, actor).await?,
                                Sealed::Disclosed => self.reseal_disclosed(&subject, &due, actor).await?,
                            };
                            rotated.resealed += u64::from(end == Resealing::Resealed);
                            rotated.damaged += u64::from(end == Resealing::Damaged);
                            if matches!(end, Resealing::Shut | Resealing::Damaged) {
                                given_up.insert((what, subject.id));
                            }
                            each(&subject, end);
                        }
                    }
                }
            }
            if rotated.resealed == before {
                break;
            }
        }
        rotated.left = self.due_for_rotation(units).await?.iter().map(|due| due.messages + due.disclosed).sum();
        let event = Event::KeysRotated { resealed: rotated.resealed, left: rotated.left };
        self.store.append(&event.entry(actor, self.now())).await?;
        Ok(rotated)
    }

    /// The next of those that are sealed to the keys that the rotation leaves; none: that was all.
    async fn still_sealed(
        &self,
        what: Sealed,
        due: &Due,
        after: Option<MessageId>,
    ) -> Result<Vec<Subject>, StoreError> {
        Ok(match what {
            Sealed::Held => self.store.sealed_like(&due.unit, &due.from, after).await?.iter().map(subject).collect(),
            Sealed::Disclosed => {
                let ids = self.store.disclosed_like(&due.unit, &due.from, after).await?;
                ids.into_iter().map(|id| Subject { id, reference: None, unit: due.unit.clone() }).collect()
            }
        })
    }

    /// Opens one message and seals it anew, in memory; then the store decides.
    pub(super) async fn reseal(
        &self,
        message: &Subject,
        due: &Due,
        actor: &Actor,
    ) -> Result<Resealing, QuarantineError> {
        // Read in this order: whoever deletes takes the content first, or both at once.
        let Some(evidence) = self.store.evidence(message.id).await? else { return Ok(Resealing::Overtaken) };
        let content = self.store.content(message.id).await?;
        let with_content = content.is_some();
        let (to, anew) = match self.anew(&due.unit, std::iter::once(evidence).chain(content).collect()).await? {
            Ok(anew) => anew,
            Err(end) => return Ok(end),
        };
        let mut anew = anew.into_iter();
        let evidence = anew.next().ok_or(SealError::Failed)?;
        let new = Resealed { id: message.id, from: due.from.clone(), to, evidence, content: anew.next() };
        if new.content.is_some() != with_content {
            return Err(SealError::Failed.into());
        }
        let event = Event::Resealed { subject: message.clone(), keys: new.to.join(",") };
        let done = self.store.reseal(&new, &event.entry(actor, self.now())).await?;
        Ok(if done { Resealing::Resealed } else { Resealing::Overtaken })
    }

    /// The same of the addresses of those who got one mail.
    async fn reseal_disclosed(&self, mail: &Subject, due: &Due, actor: &Actor) -> Result<Resealing, QuarantineError> {
        let mut rows = self.store.disclosed(mail.id).await?;
        rows.retain(|row| row.address.sealed_to == due.from);
        let positions: Vec<usize> = rows.iter().map(|row| row.position).collect();
        let sealed = rows.into_iter().map(|row| row.address.sealed).collect();
        let (to, anew) = match self.anew(&due.unit, sealed).await? {
            Ok(anew) => anew,
            Err(end) => return Ok(end),
        };
        let addresses: Vec<_> = positions.into_iter().zip(anew).collect();
        if addresses.is_empty() {
            return Ok(Resealing::Overtaken);
        }
        let new = ResealedAddresses { id: mail.id, from: due.from.clone(), to, addresses };
        let event = Event::Resealed { subject: mail.clone(), keys: new.to.join(",") };
        let done = self.store.reseal_disclosed(&new, &event.entry(actor, self.now())).await?;
        Ok(if done { Resealing::Resealed } else { Resealing::Overtaken })
    }

    /// The names of today's keys of the unit, and each of these sealed to them.
    #[allow(clippy::type_complexity, reason = "said once")]
    async fn anew(
        &self,
        unit: &str,
        sealed: Vec<Vec<u8>>,
    ) -> Result<Result<(Vec<String>, Vec<Vec<u8>>), Resealing>, QuarantineError> {
        let identities = Arc::clone(self.identities.as_ref().ok_or(QuarantineError::NoIdentity)?);
        let (sealer, unit) = (self.sealer.load_full(), unit.to_owned());
        let to = sealer.keys(&unit);
        let anew = tokio::task::spawn_blocking(move || -> Result<Vec<_>, SealError> {
            sealed.iter().map(|sealed| sealer.seal(&unit, &[&identities.open(sealed)?])).collect()
        });
        match anew.await.map_err(|_| SealError::Failed)? {
            Ok(anew) => Ok(Ok((to, anew))),
            Err(SealError::NotForUs) => Ok(Err(Resealing::Shut)),
            Err(SealError::Damaged) => Ok(Err(Resealing::Damaged)),
            Err(error) => Err(error.into()),
        }
    }
}
