//! In which file of a mail something stands, for people who may see that much.

use super::Judgement;
use crate::detect::{Finding, Where};

impl Judgement {
    /// The file that a part is, within the files around it: `sak.zip/vedtak.docx`. What was found in the names
    /// themselves is masked. None when neither the part nor anything around it has a name.
    pub fn file_of(&self, part: &str) -> Option<String> {
        let ends = part.match_indices(['.', '/']).map(|(at, _)| at).chain([part.len()]);
        let names: Vec<String> = ends.filter_map(|end| self.masked_name(part.get(..end)?)).collect();
        (!names.is_empty()).then(|| names.join("/"))
    }

    fn masked_name(&self, part: &str) -> Option<String> {
        let names = self.inspection.names.get(part)?;
        let of_name = |f: &&Finding| f.place_of_find == Where::Filename && *f.origin.part == *part;
        let spans: Vec<_> = self.assessment.findings.iter().filter(of_name).map(|f| &f.span).collect();
        let shown = names.char_indices().map(|(at, c)| match c {
            // Two names of one part.
            '\n' => '|',
            _ if c.is_control() => ' ',
            _ if c.is_alphanumeric() && spans.iter().any(|span| span.contains(&at)) => '•',
            _ => c,
        });
        Some(shown.collect())
    }
}
