//! The whole of detection behind one value.

use std::path::Path;
use std::sync::Arc;

use super::assess::{Material, assess};
use super::casework::Setting;
use super::contact::{self, Words, WordsError};
use super::explain::{Provision, ProvisionError, Provisions};
use super::identifier::{self, LabelError, Labels};
use super::implied::{Implied, WeightsError};
use super::lexicon::{Lexicon, PatternError, Scratch};
use super::person::{self, Names, NamesError};
use super::reading::{Reading, note_officials, read};
use super::told;
use super::{Assessment, Category, Context, Finding};
use crate::text::{OriginKind, View};

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
    #[error("weights: {0}")]
    Weights(#[from] WeightsError),
}

/// What goes from view to view of one message.
struct Pass<'a> {
    context: &'a Context,
    /// The message's.
    subject: String,
    scratch: Scratch,
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
            implied: Implied::builtin()?,
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
        let subject = views.iter().find(|v| v.origin.kind == OriginKind::Subject && v.origin.nested == 0);
        let subject = subject.map(|v| v.clone().normal().to_owned()).unwrap_or_default();
        let scratch = Scratch::default();
        let mut pass = Pass { context, subject, scratch, findings: Vec::new(), truncated: false };
        let mut readings = Vec::with_capacity(views.len());
        let mut unfinished = false;
        for (index, view) in views.iter().enumerate() {
            let reading = self.view(view, index, &mut pass);
            unfinished |= reading.is_none();
            readings.push(reading.unwrap_or_default());
        }
        let Pass { mut scratch, findings, truncated, .. } = pass;
        let setting = Setting::of(context, &readings, &self.lexicon, &mut scratch);
        let (lexicon, photos) = (&self.lexicon, context.photos.as_slice());
        let material = Material { views, readings: &readings, findings, photos, lexicon, setting, truncated };
        Assessment { unfinished, ..assess(material) }
    }

    /// Reads one view; none when the time was up before its end.
    fn view(&self, view: &View, index: usize, pass: &mut Pass<'_>) -> Option<Reading> {
        let Pass { context, subject, scratch, findings, truncated } = pass;
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
        let of_view = findings.get(first..).unwrap_or_default();
        let mut reading = read(view, &self.lexicon, scratch);
        told::tell(view, &mut reading, &self.implied, subject, of_view);
        note_officials(&mut reading, view.normal(), of_view);
        *truncated |= reading.truncated;
        Some(reading)
    }
}
