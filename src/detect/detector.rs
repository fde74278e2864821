//! The whole of detection behind one value.

use std::path::Path;
use std::sync::Arc;

use super::assess::{Material, assess};
use super::casework::Setting;
use super::contact::{self, Words, WordsError};
use super::explain::{Provision, ProvisionError, Provisions};
use super::identifier::{self, LabelError, Labels};
use super::lexicon::{Lexicon, PatternError, Scratch};
use super::person::{self, Names, NamesError};
use super::reading::{Reading, note_officials, read};
use super::{Assessment, Category, Context, Finding};
use crate::text::View;

/// Why a set of patterns was refused: the fault is in a file.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(transparent)]
    Pattern(#[from] PatternError),
    #[error("labels: {0}")]
    Label(#[from] LabelError),
    #[error("names: {0}")]
    Names(#[from] NamesError),
    #[error("contact words: {0}")]
    Contact(#[from] WordsError),
    #[error(transparent)]
    Provision(#[from] ProvisionError),
}

/// Everything loaded, nothing mutable: one for the process, shared.
pub struct Detector {
    lexicon: Lexicon,
    labels: Labels,
    names: Names,
    contacts: Words,
    provisions: Provisions,
}

impl Detector {
    /// The compiled-in patterns.
    pub fn builtin() -> Arc<Detector> {
        match Lexicon::builtin().map_err(LoadError::from).and_then(Detector::with) {
            Ok(detector) => Arc::new(detector),
            Err(fault) => panic!("compiled-in patterns: {fault}"),
        }
    }

    /// The compiled-in patterns and those of a folder, which add to them and replace by id.
    pub fn load(folder: &Path) -> Result<Arc<Detector>, LoadError> {
        Detector::with(Lexicon::load(folder)?).map(Arc::new)
    }

    fn with(lexicon: Lexicon) -> Result<Detector, LoadError> {
        Ok(Detector {
            lexicon,
            labels: Labels::builtin()?,
            names: Names::builtin()?,
            contacts: Words::builtin()?,
            provisions: Provisions::builtin()?,
        })
    }

    /// Lists in use with their versions, for the record of a decision.
    pub fn versions(&self) -> impl Iterator<Item = (&str, u32)> {
        self.lexicon.versions()
    }

    /// The provisions that make a category confidential, for explanations.
    pub fn provisions(&self, category: Category) -> impl Iterator<Item = &Provision> {
        self.provisions.of(category)
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
