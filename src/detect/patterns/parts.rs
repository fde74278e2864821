//! What a set is made of, for the record: each list and table with its version and its text.

use std::borrow::Cow;

use crate::detect::implied::Implied;
use crate::detect::lexicon::builtin::FILES;
use crate::detect::pack::Pack;

/// A list or table of the set in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// A list's name; a table's path without its ending.
    pub id: String,
    pub version: u32,
    /// From the administrator's folder.
    pub own: bool,
    pub text: Cow<'static, str>,
}

impl Part {
    pub fn own(id: &str, version: u32, text: String) -> Part {
        Part { id: id.to_owned(), version, own: true, text: Cow::Owned(text) }
    }
}

macro_rules! tables {
    ($($path:literal . $ending:literal),* $(,)?) => {
        [$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/patterns/", $path, ".", $ending)))),*]
    };
}

/// Counts how sentences and passages are asked; the texts that the weights come from have a digest.
const IMPLIED_VERSION: u32 = 1;

/// The compiled-in tables that are no lists.
const TABLES: [(&str, &str); 14] = tables![
    "contact/words"."toml",
    "exceptions"."toml",
    "irregular"."txt",
    "labels/identity"."toml",
    "labels/other-numbers"."toml",
    "names/ambiguous"."txt",
    "names/described"."toml",
    "names/given_no"."txt",
    "names/given_se"."txt",
    "names/surname_endings"."txt",
    "names/surnames"."txt",
    "names/words"."toml",
    "private"."toml",
    "provisions"."toml",
];

/// The compiled-in parts, with those of the packs.
pub fn builtin(packs: &[Pack]) -> Vec<Part> {
    let lists = FILES.iter().chain(packs.iter().flat_map(|pack| pack.files())).map(|(_, text)| (list_of(text), *text));
    let texts = lists.chain(TABLES).map(|(id, text)| Part {
        id: id.to_owned(),
        version: version_of(text),
        own: false,
        text: Cow::Borrowed(text),
    });
    // Weights are told by the texts that they were learned from.
    let learned = Implied::learned_from().ok().map(|from| Part {
        id: "implied".to_owned(),
        version: IMPLIED_VERSION,
        own: false,
        text: Cow::Borrowed(from),
    });
    texts.chain(learned).collect()
}

fn list_of(text: &str) -> &str {
    text.lines().find_map(|line| line.strip_prefix("list ")).unwrap_or_default().trim()
}

/// The number on the first line that begins with `version`, in a list, a table or a comment; 0 without one.
pub fn version_of(text: &str) -> u32 {
    let versions = text.lines().filter_map(|line| line.trim_start_matches(['#', ' ']).strip_prefix("version"));
    versions.filter_map(|rest| rest.trim_start_matches([' ', '=']).trim().parse().ok()).next().unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_pattern_file_is_a_part_with_a_version() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("patterns");
        let parts = builtin(Pack::ALL);
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
                // Of the texts of notices, pages and reports, of the profiles, and of what is read before detection and channels are
                // asked the program's version tells enough.
                if ["notices/", "pages/", "report/", "profiles/", "zones/", "implied/"]
                    .iter()
                    .any(|folder| name.starts_with(folder))
                {
                    continue;
                }
                let text = fs::read_to_string(&path).unwrap();
                if !["webmail.txt", "reports.toml", "private.toml"].contains(&name) {
                    assert!(parts.iter().any(|p| p.text == text), "{name} is no part");
                }
            }
        }
        assert!(parts.iter().any(|p| p.id == "implied" && p.text.len() == 64), "the weights are a part");
        for part in &parts {
            assert!(part.version > 0 && !part.id.is_empty(), "{} has no version", part.id);
        }
    }
}
