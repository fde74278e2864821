//! One number by itself, as somebody types it: into a register, a search.

use super::kind::{Kind, Proof};
use super::read;
use super::written::Groups;
use crate::detect::finding::Identity;

/// The person whose number this text is, whole: with the same identity that the number has in a mail, however it is
/// spaced. None when it is no number, when its checks fail, or when something else stands beside it. Of digits that
/// pass in two registers the likelier one is meant, as in a mail without a label.
pub fn number(text: &str, today: (i16, u8, u8)) -> Option<(Kind, Identity)> {
    let text = text.trim();
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut groups = Groups::default();
    groups.read(text.as_bytes(), 0);
    let candidate = read::at(text, 0, &groups, today)?;
    if candidate.span != (0..text.len()) {
        return None;
    }
    let kind = candidate.readings.first().filter(|reading| reading.proof > Proof::LabelOnly)?.kind;
    Some((kind, Identity(format!("{}{}", kind.country().prefix(), candidate.value))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_whole_or_not_at_all() {
        for (text, expected) in [
            ("01819012365", Some((Kind::Synthetic, "no:01819012365"))),
            (" 018190 12365\n", Some((Kind::Synthetic, "no:01819012365"))),
            ("19941227-2396", Some((Kind::Personnummer, "se:9412272396"))),
            ("941227-2396", Some((Kind::Personnummer, "se:9412272396"))),
            ("199412272396", Some((Kind::Personnummer, "se:9412272396"))),
            ("9412272396", Some((Kind::Personnummer, "se:9412272396"))),
            ("01819012366", None), // the check digit
            ("19941227-2397", None),
            ("01819012365 ", Some((Kind::Synthetic, "no:01819012365"))),
            ("01819012365 Kari", None),
            ("Kari 01819012365", None),
            ("01819012365 01819012365", None),
            ("12345", None),
            ("", None),
        ] {
            let found = number(text, (2026, 5, 4));
            let found = found.as_ref().map(|(kind, identity)| (*kind, identity.0.as_str()));
            assert_eq!(found, expected, "{text:?}");
        }
    }
}
