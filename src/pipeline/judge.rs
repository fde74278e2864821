//! Assess without acting: inspect, detect, resolve channels, decide.
//!
//! Blocking and pure but for the clock in the inspection's budget, and for what is remembered of pictures. The
//! relay calls it at the dot, in three steps, so that a mail that waits for the reader of pictures holds nothing
//! that others need; `sluss check` for a file and the console for a draft take all three at once.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use jiff::Zoned;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

use super::absolute;
use super::edition::Edition;
use super::familiar::{Digest, Familiar, Known};
use super::registered::{About, Register};
use crate::channel::{Canonical, ChannelClass, Message, Open, Registry};
use crate::detect::{Assessment, Category, Context, Detector};
use crate::inspect::attachments::Opened;
use crate::inspect::documents::Limits;
use crate::inspect::pictures::{Blind, Outcome as Became, Picture, Pictures};
use crate::inspect::{self, Attachments, Inspection, Reason, Uninspectable};
use crate::message::{Envelope, Header, HeaderFacts, RawMessage};
use crate::policy::{self, Addressed, Claim, Input, Judge, Judged, Lifted, Outcome, Sender, Unit, Units, Way};
use crate::smtp::{self, Mailbox, ReversePath};

/// Everything a judgement rests on; replaced as one when the configuration is read again.
pub struct Knowledge {
    pub detector: Arc<Detector>,
    /// What verdicts are made by, for the record.
    pub edition: Edition,
    pub registry: Registry,
    pub units: Units,
    /// `[detect] synthetic`: synthetic numbers count like real ones.
    pub count_synthetic: bool,
    /// Opens what is not text.
    pub attachments: Arc<dyn Attachments>,
    /// Reads text in pictures.
    pub pictures: Arc<dyn Pictures>,
    /// What is registered of persons, teams and routes; outlives what else is replaced.
    pub register: Arc<Register>,
    /// Pictures that the units send again and again; outlives what else is replaced.
    pub familiar: Arc<Familiar>,
}

/// An address whose channel was judged.
#[derive(Clone, Debug)]
pub struct Address {
    /// `local@domain`, for the sealed evidence and the sender's own notice only.
    pub address: String,
    pub class: ChannelClass,
    /// A recipient of this envelope, not only named in the header.
    pub envelope: bool,
    /// Id of the unit of our own organisation that it belongs to.
    pub unit: Option<String>,
    /// Its domain is nearly a known one.
    pub look_alike: bool,
}

/// What was found and decided.
#[derive(Debug)]
pub struct Judgement {
    pub inspection: Inspection,
    pub assessment: Assessment,
    pub unit: Unit,
    pub addresses: Vec<Address>,
    pub outcome: Outcome,
    /// What registers and claims lift.
    pub lifted: Lifted,
    /// What the sender claims.
    pub claim: Option<Claim>,
    /// Words in the subject by which the unit's senders can ask for a way round.
    pub secure_tag: Option<String>,
    /// There is a way that mail of the unit can take once it is held.
    pub secure_way: bool,
    /// The connection that was to take it has less protection than its channel demands.
    pub unprotected: bool,
    /// Short digest of the patterns it was made by.
    pub edition: Arc<str>,
}

/// A message of which everything has been read, but for text in pictures at first.
pub struct Read {
    /// Of the message.
    bytes: u64,
    inspection: Inspection,
    /// What is known of each of its pictures, in their order.
    pictures: Vec<Met>,
}

impl Read {
    /// Whether the second step takes its time.
    pub fn waits_for_pictures(&self) -> bool {
        self.inspection.waits_for_pictures()
    }

    /// In place of the second step: the pictures stay unread.
    ///
    /// # Errors
    /// [`Fault`] when it panicked.
    pub fn give_pictures_up(&mut self) -> Result<(), Fault> {
        guarded(|| self.inspection.read_pictures(&Blind))
    }
}

/// Opens attachments where the mail is read; the other mails of an asynchronous thread go on on another one
/// meanwhile, so that a file that hangs holds up its own mail alone.
struct InPlace<'a>(&'a dyn Attachments);

impl Attachments for InPlace<'_> {
    fn open(&self, bytes: &[u8], limits: Limits) -> Opened {
        let many = Handle::try_current().is_ok_and(|on| on.runtime_flavor() == RuntimeFlavor::MultiThread);
        if many { block_in_place(|| self.0.open(bytes, limits)) } else { self.0.open(bytes, limits) }
    }
}

/// A picture, its mail, and what is known of it from other mails.
#[derive(Clone, Copy, Default)]
struct Met {
    at: Option<(Digest, Digest)>,
    known: Known,
}

/// Inspection or detection panicked: our fault, not the mail's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault;

impl Knowledge {
    /// Judges one message on its way through `hop`.
    ///
    /// Without an envelope (`sluss check`) the addresses in `To` and `Cc` are the recipients.
    ///
    /// # Errors
    /// [`Fault`] when inspection or detection panicked; nothing was decided.
    pub fn judge(
        &self,
        message: &RawMessage,
        envelope: Option<&Envelope>,
        hop: &str,
        now: &Zoned,
    ) -> Result<Judgement, Fault> {
        let mut read = self.read(message, envelope)?;
        self.read_pictures(&mut read)?;
        self.conclude(read, envelope, hop, now)
    }

    /// The first step: everything but text in pictures.
    ///
    /// # Errors
    /// [`Fault`] when inspection panicked.
    pub fn read(&self, message: &RawMessage, envelope: Option<&Envelope>) -> Result<Read, Fault> {
        let attachments = InPlace(self.attachments.as_ref());
        let mut inspection = guarded(|| inspect::begin(message, &attachments))?;
        let pictures = self.meet(message, envelope, &mut inspection);
        Ok(Read { bytes: u64::try_from(message.len()).unwrap_or(u64::MAX), inspection, pictures })
    }

    /// The second step: text in pictures. What was not read by its end is image-only.
    ///
    /// # Errors
    /// [`Fault`] when it panicked.
    pub fn read_pictures(&self, read: &mut Read) -> Result<(), Fault> {
        let pictures = self.pictures.as_ref();
        guarded(|| read.inspection.read_pictures(pictures))
    }

    /// The last step: what was read is assessed, and decided upon.
    ///
    /// # Errors
    /// [`Fault`] when detection panicked; nothing was decided.
    pub fn conclude(
        &self,
        read: Read,
        envelope: Option<&Envelope>,
        hop: &str,
        now: &Zoned,
    ) -> Result<Judgement, Fault> {
        let Read { bytes, mut inspection, pictures } = read;
        // One time for reading and for assessing; waiting for a turn in between is not part of it.
        let until = Instant::now().checked_add(inspection.left);
        let unit = self.unit_of(envelope, &inspection.facts);
        let familiar = |number: usize| pictures.get(number).is_some_and(|met| met.known.seen);
        let photos = inspection.album.photos(familiar);
        let context = Context { until, photos, ..self.context(envelope, &inspection.facts, unit, now) };
        let assessment = guarded(|| self.detector.assess(&inspection.views, &context))?;
        if assessment.unfinished {
            inspection.uninspectable.push(Uninspectable { part: String::new(), reason: Reason::TimedOut });
        } else {
            self.remember(&inspection, &assessment, &pictures);
        }
        let unit = unit.clone();
        Ok(self.decide(Found { bytes, inspection, assessment, unit }, envelope, hop, now))
    }

    /// Reads and assesses what somebody of this unit might write, and decides nothing. Nothing of it is remembered.
    ///
    /// # Errors
    /// [`Fault`] when inspection or detection panicked.
    pub fn try_text(&self, message: &RawMessage, unit: &Unit, now: &Zoned) -> Result<(Inspection, Assessment), Fault> {
        let attachments = InPlace(self.attachments.as_ref());
        let mut inspection = guarded(|| inspect::begin(message, &attachments))?;
        guarded(|| inspection.read_pictures(&Blind))?;
        let until = Instant::now().checked_add(inspection.left);
        let context = Context { until, ..self.context(None, &inspection.facts, unit, now) };
        let assessment = guarded(|| self.detector.assess(&inspection.views, &context))?;
        Ok((inspection, assessment))
    }

    /// Looks every picture up among those that the unit is known to send. One that was read often enough, and
    /// nothing found in it, is not read again.
    fn meet(&self, message: &RawMessage, envelope: Option<&Envelope>, inspection: &mut Inspection) -> Vec<Met> {
        if inspection.album.pictures.is_empty() {
            return Vec::new();
        }
        let (unit, now) = (self.unit_of(envelope, &inspection.facts), Instant::now());
        // Copies for other recipients are the same mail.
        let header = Header::of(message.bytes());
        let id = header.fields.iter().find(|field| field.is("message-id")).map(|field| field.unfolded());
        let mail = self.familiar.digest(&unit.id, id.as_deref().unwrap_or_else(|| message.bytes()));
        let meet = |picture: &mut Picture| {
            let digest = self.familiar.digest(&unit.id, picture.bytes()?)?;
            let known = self.familiar.meet(digest, mail?, now);
            if known.harmless {
                picture.outcome = Became::Familiar;
            }
            Some((digest, mail?, known))
        };
        let pictures = inspection.album.pictures.iter_mut().map(meet);
        pictures
            .map(|met| met.map_or(Met::default(), |(picture, mail, known)| Met { at: Some((picture, mail)), known }))
            .collect()
    }

    /// Remembers of each picture that was read whether anything would be disclosed by it.
    fn remember(&self, inspection: &Inspection, assessment: &Assessment, pictures: &[Met]) {
        let now = Instant::now();
        for (picture, met) in inspection.album.pictures.iter().zip(pictures) {
            let Some((digest, mail)) = met.at else { continue };
            let here = |&at: &usize| assessment.findings.get(at).is_some_and(|f| f.origin.part == picture.origin.part);
            let disclosed = assessment.disclosures.iter().filter(|of| of.category != Category::Photo);
            if disclosed.flat_map(|of| &of.findings).any(here) {
                self.familiar.found_in(digest);
            } else if picture.is_read() || picture.outcome == Became::Familiar {
                self.familiar.harmless(digest, mail, now);
            }
        }
    }

    /// Judges a message that inspection has failed on too often: nothing of it is known.
    pub fn judge_fault(&self, envelope: &Envelope, hop: &str, now: &Zoned) -> Judgement {
        let inspection = Inspection {
            uninspectable: vec![Uninspectable { part: String::new(), reason: Reason::Fault }],
            ..Inspection::default()
        };
        let unit = self.unit_of(Some(envelope), &inspection.facts).clone();
        // Of the size nothing is known either: a way with a limit is closed.
        let found = Found { bytes: u64::MAX, inspection, assessment: Assessment::default(), unit };
        self.decide(found, Some(envelope), hop, now)
    }

    /// The unit that the envelope sender, else the header, points to.
    pub fn unit_of(&self, envelope: Option<&Envelope>, facts: &HeaderFacts) -> &Unit {
        let reverse = envelope.and_then(|e| match &e.reverse_path {
            ReversePath::Null => None,
            ReversePath::Mailbox(mailbox) => Some(plain(mailbox)),
        });
        let user = envelope.and_then(authenticated).or_else(|| facts.authenticated.clone());
        self.units.resolve(&Sender {
            envelope: reverse.as_deref(),
            header_sender: facts.sender.as_deref(),
            from: &facts.from,
            user: user.as_deref(),
            fields: facts.fields.all(),
        })
    }

    fn context(&self, envelope: Option<&Envelope>, facts: &HeaderFacts, unit: &Unit, now: &Zoned) -> Context {
        let mut own_addresses: Vec<String> = Vec::new();
        if let Some(envelope) = envelope {
            if let ReversePath::Mailbox(mailbox) = &envelope.reverse_path {
                own_addresses.push(plain(mailbox));
            }
            own_addresses.extend(envelope.recipients.iter().map(|r| plain(&r.path.0)));
        }
        own_addresses.extend(facts.from.iter().chain(&facts.sender).chain(&facts.to).chain(&facts.cc).cloned());
        own_addresses.sort_unstable();
        own_addresses.dedup();
        Context {
            own_names: facts.names.clone(),
            own_addresses,
            casework: unit.profile.casework(),
            today: (now.year(), now.month().unsigned_abs(), now.day().unsigned_abs()),
            count_synthetic: self.count_synthetic,
            until: None,
            photos: Vec::new(),
        }
    }

    fn decide(&self, found: Found, envelope: Option<&Envelope>, hop: &str, now: &Zoned) -> Judgement {
        let Found { bytes, inspection, mut assessment, unit } = found;
        let addresses = self.addresses(&inspection.facts, &unit, envelope, now);
        absolute::add(&mut assessment, &unit, &addresses);
        let about = About {
            facts: &inspection.facts,
            assessment: &assessment,
            addresses: &addresses,
            unit: &unit,
            today: now.date(),
        };
        let (lifted, claim) = self.register.lifted(&about);
        assessment.urgent |= lifted.urgent;
        let judged: Vec<Judged<'_>> = addresses
            .iter()
            .map(|a| Judged { class: &a.class, envelope: a.envelope, unit: a.unit.as_deref() })
            .collect();
        let addressed: Vec<Addressed<'_>> =
            addresses.iter().map(|a| Addressed { class: &a.class, look_alike: a.look_alike }).collect();
        let mut reasons: Vec<Reason> = inspection.uninspectable.iter().map(|u| u.reason).collect();
        reasons.sort_unstable();
        reasons.dedup();
        let of_envelope: Vec<Option<Canonical>> =
            addresses.iter().filter(|a| a.envelope).map(|a| Canonical::of(&a.address)).collect();
        let facts = &inspection.facts;
        let message = Message {
            unit: &unit.id,
            recipients: &of_envelope,
            bytes,
            subject: inspection.subject().unwrap_or_default(),
            field: &|name| facts.fields.of(name).map(str::to_owned).collect(),
        };
        let open = self.registry.ways(&message, now.date());
        let ways: Vec<Way<'_>> = open.iter().map(way).collect();
        let mut outcome = policy::decide(&Input {
            assessment: &assessment,
            uninspectable: &reasons,
            recipients: &judged,
            ways: &ways,
            mistakes: &policy::mistakes(&addressed, facts.reply, unit.rules.recipients.many),
            lifted: &lifted,
            unit: &unit,
            hop,
        });
        let secure_tag =
            self.registry.ways_on_request(&unit.id, now.date()).find_map(|channel| channel.asked_by_subject());
        let secure_tag = secure_tag.map(str::to_owned);
        let secure_way = self.registry.ways_later(&unit.id, now.date()).next().is_some();
        outcome.reasons.extend(lifted.by.iter().map(|by| format!("lifted:{by}")));
        outcome.reasons.extend(lifted.refused.iter().map(|why| format!("claim-refused:{why}")));
        drop(ways);
        let edition = self.edition.short().clone();
        let unprotected = false;
        Judgement {
            inspection,
            assessment,
            unit,
            addresses,
            outcome,
            lifted,
            claim,
            secure_tag,
            secure_way,
            unprotected,
            edition,
        }
    }

    /// Envelope recipients, then those that only `To` and `Cc` name (`judge = "named"`).
    fn addresses(&self, facts: &HeaderFacts, unit: &Unit, envelope: Option<&Envelope>, now: &Zoned) -> Vec<Address> {
        let today = now.date();
        let mut seen = HashSet::new();
        let mut addresses = Vec::new();
        let mut add = |address: String, envelope: bool| {
            if seen.insert(address.to_lowercase()) {
                let class = self.registry.resolve(&address, today);
                let canonical = Canonical::of(&address);
                let own = canonical.as_ref().and_then(|own| self.units.of_recipient(own));
                let look_alike = canonical.as_ref().is_some_and(|own| self.registry.look_alike(own).is_some());
                addresses.push(Address { address, class, envelope, unit: own.map(|unit| unit.id.clone()), look_alike });
            }
        };
        for recipient in envelope.iter().flat_map(|e| &e.recipients) {
            add(plain(&recipient.path.0), true);
        }
        if envelope.is_none() || unit.rules.judge == Judge::Named {
            for address in facts.to.iter().chain(&facts.cc) {
                add(address.clone(), envelope.is_none());
            }
        }
        addresses
    }
}

/// What was found in a message, before anything is decided.
struct Found {
    bytes: u64,
    inspection: Inspection,
    assessment: Assessment,
    unit: Unit,
}

fn way<'r>(open: &Open<'r>) -> Way<'r> {
    Way {
        channel: &open.channel.id,
        level: open.level,
        hop: open.channel.next_hop.as_deref(),
        tls: open.channel.tls,
        requested: open.requested,
    }
}

/// The user that the sending server has authenticated: `AUTH=` of MAIL, as xtext (RFC 4954 section 5).
fn authenticated(envelope: &Envelope) -> Option<String> {
    let parameter = envelope.parameters.iter().find(|parameter| parameter.keyword == "AUTH")?;
    let user = smtp::from_xtext(parameter.value.as_deref()?)?;
    let user = user.strip_prefix('<').and_then(|user| user.strip_suffix('>')).unwrap_or(&user);
    (!user.is_empty()).then(|| user.to_owned())
}

fn guarded<T>(what: impl FnOnce() -> T) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(what)).map_err(|_| Fault)
}

/// `local@domain`; the bare local part for `<postmaster>`.
pub(super) fn plain(mailbox: &Mailbox) -> String {
    if mailbox.domain().is_empty() {
        mailbox.local().to_owned()
    } else {
        format!("{}@{}", mailbox.local(), mailbox.domain())
    }
}
