//! The whole of detection behind one value.

use std::path::Path;
use std::sync::Arc;

use super::assess::{Material, assess};
use super::casework::Setting;
use super::contact::{self, Words, WordsError};
use super::explain::Provisions;
use super::identifier::{self, LabelError, Labels};
use super::lexicon::{Faults, Lexicon, Note, Scratch};
use super::patterns::{Examiner, Part, Set};
use super::person::{self, Names, NamesError};
use super::reading::{Reading, note_officials, read};
use super::{Assessment, Context, Finding};
use crate::text::View;

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
}

/// Everything loaded, nothing mutable: one for the process, shared.
pub struct Detector {
    lexicon: Lexicon,
    labels: Labels,
    names: Names,
    contacts: Words,
    provisions: Provisions,
    parts: Vec<Part>,
    notes: Vec<Note>,
}

impl Detector {
    /// The compiled-in patterns.
    pub fn builtin() -> Arc<Detector> {
        match Set::builtin().map_err(LoadError::from).and_then(Detector::of) {
            Ok(detector) => Arc::new(detector),
            Err(fault) => panic!("compiled-in patterns: {fault}"),
        }
    }

    /// The compiled-in patterns and those of a folder, which add to them, extend them and replace by name.
    ///
    /// # Errors
    /// Everything that is wrong with the folder's files; nothing of them is used then.
    pub fn load(folder: &Path) -> Result<Arc<Detector>, LoadError> {
        Detector::of(Set::load(folder)?).map(Arc::new)
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
        Ok(Detector { lexicon, labels, names, contacts, provisions, parts: set.parts, notes: set.notes })
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

    /// Assesses one message. Linear in the text; no I/O. The clock is asked before each pass over a view
    /// ([`Context::until`]); when it has run out the rest is left unread and the assessment says so.
    pub fn assess(&self, views: &[View], context: &Context) -> Assessment {
        let mut scratch = Scratch::default();
        let mut findings = Vec::new();
        let mut readings = Vec::with_capacity(views.len());
        let mut truncated = false;
        let mut unfinished = false;
        for (index, view) in views.iter().enumerate() {
            let reading = self.view(view, index, context, &mut scratch, &mut findings, &mut truncated);
            unfinished |= reading.is_none();
            readings.push(reading.unwrap_or_default());
        }
        let setting = Setting::of(context, &readings, &self.lexicon, &mut scratch);
        let (lexicon, photos) = (&self.lexicon, context.photos.as_slice());
        let material = Material { views, readings: &readings, findings, photos, lexicon, setting, truncated };
        Assessment { unfinished, ..assess(material) }
    }

    /// Reads one view; none when the time was up before its end.
    fn view(
        &self,
        view: &View,
        index: usize,
        context: &Context,
        scratch: &mut Scratch,
        findings: &mut Vec<Finding>,
        truncated: &mut bool,
    ) -> Option<Reading> {
        let in_time = || context.in_time().then_some(());
        in_time()?;
        // What it is matched by is of use to nobody after this.
        let view = &view.clone();
        let first = findings.len();
        *truncated |= identifier::find(view, index, context, &self.labels, findings);
        if view.alternative {
            return Some(Reading::default());
        }
        in_time()?;
        *truncated |= contact::find(view, index, context, &self.labels, &self.contacts, findings);
        in_time()?;
        *truncated |= person::find(view, index, context, &self.names, findings);
        in_time()?;
        let mut reading = read(view, &self.lexicon, scratch);
        note_officials(&mut reading, view.normal(), findings.get(first..).unwrap_or_default());
        *truncated |= reading.truncated;
        Some(reading)
    }
}
