//! Examples of the lists that the lexicon does not read: labels, names, what is one's own.

use crate::detect::contact::{self, Words};
use crate::detect::identifier::fold::fold;
use crate::detect::identifier::{Columns, Labels, Role};
use crate::detect::lexicon::format::List;
use crate::detect::lexicon::{Fault, Faults, NameList, OwnList, Use};
use crate::detect::person::{self, Names};
use crate::detect::{Context, Finding};
use crate::text::{Origin, OriginKind, View, Way, Zone};

/// What examples are held against.
pub struct Examiner<'a> {
    pub labels: &'a Labels,
    pub names: &'a Names,
    /// With the own lists in them …
    pub words: &'a Words,
    /// … and without.
    pub plain_words: &'a Words,
}

impl Examiner<'_> {
    /// Every `match` example must be one for which its list is there, no `no_match` example may be: a label
    /// stands in it; a name is read in it; an address, number or mailbox in it is the organisation's own.
    pub fn check(&self, lists: &[List]) -> Result<(), Faults> {
        let mut faults = Faults::default();
        for list in lists {
            let Some(of) = list.of.filter(|of| !matches!(of, Use::Terms(_))) else { continue };
            for example in &list.examples {
                let fault = match (example.matches, self.applies(of, &example.text)) {
                    (true, false) => Fault::ExampleNotMatched,
                    (false, true) => Fault::ExampleMatched { term: list.id.clone() },
                    _ => continue,
                };
                faults.add(&list.file, example.line, fault);
                if faults.enough() {
                    return Err(faults);
                }
            }
        }
        faults.none_or()
    }

    fn applies(&self, of: Use, text: &str) -> bool {
        let found = |kind: &str, words| self.findings(text, words).iter().any(|f| f.kind.starts_with(kind));
        // Own is what is found without the own lists, and is not with them.
        let own = |kind| found(kind, self.plain_words) && !found(kind, self.words);
        match of {
            Use::Terms(_) => false,
            Use::Label(role) => self.has_label(text, role),
            Use::Names(NameList::NotAName) => self.has_no_name(text),
            Use::Names(_) => found("name.", self.words),
            Use::Street => found("street-address", self.words),
            Use::PrivateDomain => found("email", self.words),
            Use::Own(OwnList::Address) => own("street-address"),
            Use::Own(OwnList::Phone) => own("phone"),
            Use::Own(OwnList::Mailbox) => {
                let edges = |c: char| !c.is_alphanumeric();
                text.split_whitespace().any(|word| self.words.own.has_mailbox(word.trim_matches(edges)))
            }
        }
    }

    fn has_label(&self, text: &str, role: Role) -> bool {
        self.labels.hits(&fold(text)).any(|hit| hit.role == role)
    }

    /// From each word on: whether something stands there that only looks like a name.
    fn has_no_name(&self, text: &str) -> bool {
        let words = text.match_indices(' ').map(|(at, _)| at.saturating_add(1));
        [0].into_iter().chain(words).any(|start| {
            let word =
                text.get(start..).unwrap_or_default().split([' ', '.', ',', '!', '?']).next().unwrap_or_default();
            self.names.is_no_name(text, &(start..start.saturating_add(word.len())))
        })
    }

    fn findings(&self, text: &str, words: &Words) -> Vec<Finding> {
        let origin = Origin { kind: OriginKind::Body, part: "1".into(), place: None, nested: 0 };
        let view = View::new(origin, &text.into(), 0..text.len(), Way::In(Zone::New));
        let context = Context { count_synthetic: true, ..Context::default() };
        let mut found = Vec::new();
        contact::find(&view, 0, &context, (self.labels, words), &mut Columns::default(), &mut found);
        person::find(&view, 0, &context, self.names, &mut found);
        found
    }
}
