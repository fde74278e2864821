//! The whole of detection behind one value.

use std::path::Path;
use std::sync::Arc;

use super::assess::{Material, assess};
use super::casework::Setting;
use super::contact::{self, Words, WordsError};
use super::explain::Provisions;
use super::identifier::{self, Columns, LabelError, Labels, Role};
use super::implied::{self, Implied, WeightsError};
use super::keep::{Keeper, LONG};
use super::layout::Layout;
use super::lexicon::{Faults, Lexicon, Note, Scratch};
use super::pack::Pack;
use super::patterns::{Examiner, Part, Set};
use super::person::{self, Names, NamesError};
use super::reading::{Reading, place, read};
use super::told;
use super::{Assessment, Context, Finding};
use crate::text::{OriginKind, View};

/// Why a set of patterns was refused: the fault is in a file.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Each with file, line and reason.
    #[error(transparent)]
    Faults(#[from] Faults),
    #[error("labels: {0}")]
    Label(#[from] LabelError),
    #[error("names: {0}")]
    Names(#[from] NamesError),
    #[error("contact words: {0}")]
    Contact(#[from] WordsError),
    #[error("weights: {0}")]
    Weights(#[from] WeightsError),
}

/// What goes from block to block of one message.
struct Pass<'a> {
    context: &'a Context,
    /// The message's.
    subject: String,
    scratch: Scratch,
    /// What the columns of the text read last hold: numbers of persons, birth dates.
    columns: Columns<Role>,
    births: Columns<()>,
    models: implied::Reader<'a>,
    /// Of a long message.
    keeper: Option<Keeper>,
    /// Their views are blocks, by number.
    findings: Vec<Finding>,
    truncated: bool,
}

/// Everything loaded, nothing mutable: one for the process, shared.
pub struct Detector {
    lexicon: Lexicon,
    labels: Labels,
    names: Names,
    contacts: Words,
    provisions: Provisions,
    implied: Implied,
    parts: Vec<Part>,
    notes: Vec<Note>,
}

impl Detector {
    /// The compiled-in patterns.
    pub fn builtin() -> Arc<Detector> {
        match Set::builtin(&[]).map_err(LoadError::from).and_then(Detector::of) {
            Ok(detector) => Arc::new(detector),
            Err(fault) => panic!("compiled-in patterns: {fault}"),
        }
    }

    /// The compiled-in patterns and those of a folder, which add to them, extend them and replace by name.
    ///
    /// # Errors
    /// Everything that is wrong with the folder's files; nothing of them is used then.
    pub fn load(folder: &Path) -> Result<Arc<Detector>, LoadError> {
        Detector::with(Some(folder), &[])
    }

    /// The same with these packs, the folder being optional.
    ///
    /// # Errors
    /// As [`Detector::load`].
    pub fn with(folder: Option<&Path>, packs: &[Pack]) -> Result<Arc<Detector>, LoadError> {
        let set = match folder {
            Some(folder) => Set::load(folder, packs)?,
            None => Set::builtin(packs)?,
        };
        Detector::of(set).map(Arc::new)
    }

    /// The compiled-in patterns with models of one's own, for learning.
    ///
    /// # Errors
    /// None but those of [`Detector::builtin`].
    pub fn reading_by(implied: Implied) -> Result<Detector, LoadError> {
        Ok(Detector { implied, ..Detector::of(Set::builtin(&[])?)? })
    }

    fn of(mut set: Set) -> Result<Detector, LoadError> {
        let (labels, names) = (Labels::with(&set.labels())?, Names::with(&set.names())?);
        let mut contacts = Words::builtin()?;
        if set.parts.iter().any(|part| part.own) {
            let plain_words = Words::builtin()?;
            set.tell(&mut contacts);
            let examiner = Examiner { labels: &labels, names: &names, words: &contacts, plain_words: &plain_words };
            examiner.check(&set.lists)?;
        }
        let provisions = Provisions::with(set.provisions.as_ref(), &mut set.notes)?;
        let lexicon = Lexicon::of(set.lists, &set.thinned, &mut set.notes)?;
        let (parts, notes, implied) = (set.parts, set.notes, Implied::builtin()?);
        Ok(Detector { lexicon, labels, names, contacts, provisions, implied, parts, notes })
    }

    /// What the set is made of, for the record of a decision.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// What the author of the folder's files may not have meant.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The provisions that make categories confidential, for explanations.
    pub fn provisions(&self) -> &Provisions {
        &self.provisions
    }

    /// Assesses one message. Linear in the text; no I/O. A view is read in blocks; besides what one block takes, memory
    /// is bounded however long the text is (`keep`). The clock is asked before each pass over a block
    /// ([`Context::until`]); when it has run out the rest is left unread and the assessment says so.
    pub fn assess(&self, views: &[View], context: &Context) -> Assessment {
        let subject = views.iter().find(|v| v.origin.kind == OriginKind::Subject && v.origin.nested == 0);
        let subject = subject.map(|v| v.clone().normal().to_owned()).unwrap_or_default();
        let length = views.iter().map(View::length).fold(0, usize::saturating_add);
        let mut pass = Pass {
            context,
            subject,
            scratch: Scratch::for_bytes(length),
            columns: Columns::default(),
            births: Columns::default(),
            models: self.implied.reader(),
            keeper: (length > LONG).then(Keeper::default),
            findings: Vec::new(),
            truncated: false,
        };
        let (mut blocks, mut readings) = (Vec::with_capacity(views.len()), Vec::with_capacity(views.len()));
        // The view of each block.
        let mut of = Vec::with_capacity(views.len());
        let mut unfinished = false;
        for (index, view) in views.iter().enumerate() {
            for block in view.blocks() {
                let reading = self.block(&block, blocks.len(), &mut pass);
                unfinished |= reading.is_none();
                readings.push(reading.unwrap_or_default());
                // What it was matched by is of use to nobody after this; a clone has none.
                blocks.push(block.clone());
                of.push(index);
            }
        }
        let Pass { mut scratch, mut models, subject, findings, truncated, .. } = pass;
        let whole = models.message(&subject);
        if let Some(whole) = whole {
            readings.iter_mut().for_each(|reading| reading.hear(whole));
        }
        let setting = Setting::of(context, &readings, &self.lexicon, &mut scratch);
        let (lexicon, photos) = (&self.lexicon, context.photos.as_slice());
        let (views, readings, models) = (&blocks, &readings, &self.implied);
        let material = Material { views, readings, findings, photos, lexicon, setting, whole, models, truncated };
        let mut assessment = Assessment { unfinished, ..assess(material) };
        for finding in &mut assessment.findings {
            // A picture stands in no view.
            finding.view = of.get(finding.view).copied().unwrap_or(finding.view);
        }
        assessment
    }

    /// Reads one block; none when the time was up before its end.
    fn block(&self, view: &View, index: usize, pass: &mut Pass<'_>) -> Option<Reading> {
        let Pass { context, subject, scratch, columns, births, models, keeper, findings, truncated } = pass;
        let in_time = || context.in_time().then_some(());
        in_time()?;
        let first = findings.len();
        *truncated |= identifier::find(view, index, context, &self.labels, columns, findings);
        let mut reading = Reading::default();
        if !view.alternative {
            in_time()?;
            *truncated |= contact::find(view, index, context, (&self.labels, &self.contacts), births, findings);
            in_time()?;
            *truncated |= person::find(view, index, context, &self.names, findings);
            in_time()?;
            let layout = Layout::of(view.normal());
            reading = read(view, &layout, &self.lexicon, &self.names, scratch);
            let of_block = findings.get_mut(first..).unwrap_or_default();
            place(&mut reading, &layout, view.normal(), of_block);
            in_time()?;
            told::tell(view, &layout, &mut reading, models, subject, (of_block, &self.names));
        }
        if let Some(keeper) = keeper {
            *truncated |= keeper.thin(&mut reading, findings, first);
        }
        *truncated |= reading.truncated;
        Some(reading)
    }
}
