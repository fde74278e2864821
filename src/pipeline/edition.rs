//! By which patterns a verdict was made: a digest of every list, table and profile in force.
//!
//! The full digest and the names with their versions are written once, when a set comes into force; each
//! verdict carries the short one. Two sets of the same short digest are the same texts.

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};

use crate::detect::Detector;
use crate::policy::Units;

/// Hexadecimal digits that a verdict carries.
const SHORT: usize = 16;

/// The set in force, for the record.
#[derive(Clone, Debug)]
pub struct Edition {
    short: Arc<str>,
    sha256: String,
    own: Vec<String>,
    lists: Vec<String>,
    profiles: Vec<String>,
}

impl Edition {
    /// Of the patterns and of the profiles that the units have.
    pub fn of(detector: &Detector, units: &Units) -> Edition {
        let mut digest = Context::new(&SHA256);
        let mut add = |name: &str, text: &str| {
            // Lengths first: what belongs to which is then beyond doubt.
            for piece in [name, text] {
                digest.update(&u64::try_from(piece.len()).unwrap_or(u64::MAX).to_be_bytes());
                digest.update(piece.as_bytes());
            }
        };
        add("sluss", env!("CARGO_PKG_VERSION"));
        let (mut own, mut lists) = (Vec::new(), Vec::new());
        for part in detector.parts() {
            add(&part.id, &part.text);
            if part.own { &mut own } else { &mut lists }.push(format!("{}@{}", part.id, part.version));
        }
        let mut used: Vec<_> = units.all().map(|unit| &unit.profile).collect();
        used.sort_by_key(|profile| profile.id());
        used.dedup_by_key(|profile| profile.id());
        for profile in &used {
            add(profile.id(), profile.text());
        }
        let profiles = used.iter().map(|profile| format!("{}@{}", profile.id(), profile.version())).collect();
        let sha256 = data_encoding::HEXLOWER.encode(digest.finish().as_ref());
        Edition { short: sha256.chars().take(SHORT).collect::<String>().into(), sha256, own, lists, profiles }
    }

    /// What a verdict carries: the first 16 digits of the digest.
    pub fn short(&self) -> &Arc<str> {
        &self.short
    }

    /// SHA-256 in hexadecimal digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Lists and tables of the administrator's folder, `name@version`.
    pub fn own(&self) -> String {
        self.own.join(",")
    }

    /// Compiled-in lists and tables that are in force.
    pub fn lists(&self) -> String {
        self.lists.join(",")
    }

    pub fn profiles(&self) -> String {
        self.profiles.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Mode, Rules, Unit};

    #[test]
    fn a_set_is_told_by_every_text_in_it() {
        let units = Units::new(vec![Unit::fallback(Rules::new(Mode::Enforce))]);
        let builtin = Edition::of(&Detector::builtin(), &units);
        assert_eq!(builtin.short().len(), SHORT);
        assert!(builtin.sha256().starts_with(&**builtin.short()));
        assert!(builtin.own().is_empty());
        assert!(builtin.lists().split(',').any(|list| list.starts_with("health.mental@")));
        assert!(builtin.profiles().starts_with("default@"));
        assert_eq!(builtin.sha256(), Edition::of(&Detector::builtin(), &units).sha256());

        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("lexicon/own.txt");
        std::fs::create_dir(folder.path().join("lexicon")).expect("a folder");
        let mut seen = vec![builtin.sha256().to_owned()];
        for comment in ["# one", "# two"] {
            let list = format!("{comment}\nlist own.list\nversion 3\ncategory health\nsv: gurkfeber\n");
            std::fs::write(&file, list).expect("a file");
            let edition = Edition::of(&Detector::load(folder.path()).expect("a good list"), &units);
            assert_eq!(edition.own(), "own.list@3");
            assert!(!seen.contains(&edition.sha256().to_owned()), "a changed text has the digest of another");
            seen.push(edition.sha256().to_owned());
        }
    }
}
