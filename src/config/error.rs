//! What is wrong with a configuration, said so that it can be repaired: file, line, key, what was found
//! and what is allowed. All faults of a file are reported together.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

/// Characters of a value that a message repeats.
const MAX_FOUND: usize = 60;
/// Characters of a source line that a message repeats.
const MAX_LINE: usize = 160;

/// Weight of an [`Issue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The configuration is refused.
    Fault,
    /// It is accepted; the administrator should know.
    Warning,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// Text of the line; empty when it must not be shown.
    source: String,
    /// Characters to underline.
    width: usize,
}

/// One thing to say about one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    pub weight: Weight,
    pub file: PathBuf,
    /// `None` when the file as a whole is meant.
    pub place: Option<Place>,
    /// `[policy] mode`; empty for broken TOML.
    pub key: String,
    /// What was found and what is allowed, one line.
    pub text: String,
}

/// Everything found in one file, in the order of its lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub issues: Vec<Issue>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Nothing was read: exit status 2.
    #[error("{path}: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// It was read and refused: at least one fault.
    #[error("{0}")]
    Refused(Report),
}

impl Report {
    pub fn faults(&self) -> impl Iterator<Item = &Issue> {
        self.issues.iter().filter(|i| i.weight == Weight::Fault)
    }

    pub fn warnings(&self) -> impl Iterator<Item = &Issue> {
        self.issues.iter().filter(|i| i.weight == Weight::Warning)
    }

    /// Puts the issues in the order of the file; those without a place first.
    pub(super) fn sort(&mut self) {
        self.issues.sort_by_key(|i| i.place.as_ref().map(|p| (p.line, p.column)));
    }
}

impl Place {
    /// `span` in bytes of `text`. With `hidden`, the line is cut where the span ends.
    pub(super) fn new(text: &str, span: Range<usize>, hidden: bool) -> Self {
        let start = floor(text, span.start);
        let line_start = text.get(..start).and_then(|t| t.rfind('\n')).map_or(0, |n| n + 1);
        let line_end = text.get(start..).and_then(|t| t.find('\n')).map_or(text.len(), |n| start + n);
        let end = floor(text, span.end).clamp(start, line_end);
        let before = text.get(line_start..start).unwrap_or_default();
        let line = text.get(line_start..if hidden { end } else { line_end }).unwrap_or_default().trim_end();
        Place {
            line: text.get(..start).unwrap_or_default().matches('\n').count() + 1,
            column: before.chars().count() + 1,
            source: line.to_owned(),
            width: text.get(start..end).unwrap_or_default().trim_end().chars().count().max(1),
        }
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = match self.weight {
            Weight::Fault => "",
            Weight::Warning => "warning: ",
        };
        write!(f, "{}:", self.file.display())?;
        if let Some(place) = &self.place {
            write!(f, "{}:{}:", place.line, place.column)?;
        }
        write!(f, " {weight}")?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.text)?;
        let Some(place) = self.place.as_ref().filter(|p| !p.source.is_empty()) else { return Ok(()) };
        let line: String = place.source.chars().take(MAX_LINE).collect();
        write!(f, "\n    {line}")?;
        // Tabs are kept so that the caret stands where the terminal puts the word.
        let column = place.column.min(MAX_LINE);
        let indent: String = line.chars().take(column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let width = place.width.min(line.chars().count().saturating_sub(column - 1)).max(1);
        write!(f, "\n    {indent}{}", "^".repeat(width))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, issue) in self.issues.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            issue.fmt(f)?;
        }
        Ok(())
    }
}

/// A value as a message repeats it: quoted, on one line, not endless.
pub(super) fn quoted(value: &str) -> String {
    let short: String = value.chars().take(MAX_FOUND).collect();
    let dots = if short.len() < value.len() { "…" } else { "" };
    format!("{short:?}{dots}")
}

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
