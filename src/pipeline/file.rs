//! In which file of a mail something stands, and where in it, for people who may see that much.

use super::Judgement;
use crate::detect::{Finding, Where};

/// Digits that a place may show before its cell: more of them are somebody's number, in the name of a sheet.
const MAX_DIGITS: usize = 7;

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

/// Where in its file a finding stands. Sheets are named by whoever made them: no control character is shown, and
/// no digit of a name that has as many as a number of a person.
pub fn place_of(finding: &Finding) -> Option<String> {
    finding.origin.place.as_deref().map(shown)
}

fn shown(place: &str) -> String {
    let cell = place.rfind('!').unwrap_or(place.len());
    let (name, cell) = place.split_at(cell);
    let masks = name.chars().filter(|c| c.is_numeric()).count() > MAX_DIGITS;
    let shown = |c: char| match c {
        _ if c.is_control() => ' ',
        _ if masks && c.is_numeric() => '•',
        _ => c,
    };
    name.chars().map(shown).chain(cell.chars().map(|c| if c.is_control() { ' ' } else { c })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_shows_no_number_and_no_escape() {
        for (place, fit) in [
            ("Ark1!XFD1048576", "Ark1!XFD1048576"),
            ("slide 12 notes", "slide 12 notes"),
            ("Uke 2026-47!B2", "Uke 2026-47!B2"),
            ("01819012365!B2", "•••••••••••!B2"),
            ("Ola 018190 12365 header", "Ola •••••• ••••• header"),
            ("a\u{1b}[2J!B2", "a [2J!B2"),
        ] {
            assert_eq!(shown(place), fit);
        }
    }
}
