//! `[patterns]`, `[inspect]`, `[detect]`.

use super::checked::{Detect, Inspect, Ocr, Patterns, Sandbox, Synthetic};
use super::files;
use super::raw::{Item, Source, Table};
use crate::detect::Pack;
use crate::policy::{Exceptions, PrivateMarks, Profiles};

/// Codes of exceptions in the folder of patterns.
const EXCEPTIONS: &str = "exceptions.toml";
/// Words that mark a private mail, there too.
const PRIVATE: &str = "private.toml";
/// Bytes of one profile file, and of that of the codes.
const MAX_PROFILE: u64 = 1 << 20;

pub fn patterns<'t>(source: &mut Source<'t>, root: &Table<'t>) -> Patterns {
    let item = source.table(root, "patterns").and_then(|t| t.get("dir"));
    let dir = item.and_then(|item| {
        let dir = files::path(source, &item)?;
        if dir.is_dir() {
            return Some(dir);
        }
        source.refuse(&item, format!("{}: no such folder", dir.display()));
        None
    });
    Patterns { dir }
}

/// The built-in legal profiles and those of `[patterns] dir`.
pub fn profiles<'t>(source: &mut Source<'t>, root: &Table<'t>, patterns: &Patterns) -> Option<Profiles> {
    let folder = patterns.dir.as_ref()?.join("profiles");
    if !folder.is_dir() {
        return None;
    }
    let item = root.below("patterns")?.get("dir")?;
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) => {
            source.refuse(&item, format!("{}: {error}", folder.display()));
            return None;
        }
    };
    let mut paths: Vec<_> = entries.filter_map(|e| e.ok()).map(|e| e.path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "toml"));
    paths.sort();
    let mut written = Vec::new();
    for path in &paths {
        let bytes = files::read(source, &item, path, MAX_PROFILE)?;
        let Ok(text) = String::from_utf8(bytes) else {
            source.refuse(&item, format!("{}: is not UTF-8; save the file as UTF-8", path.display()));
            return None;
        };
        written.push((path.display().to_string(), text));
    }
    match Profiles::builtin().with(written.iter().map(|(name, text)| (name.as_str(), text.as_str()))) {
        Ok(profiles) => Some(profiles),
        Err(error) => {
            source.refuse(&item, error.to_string());
            None
        }
    }
}

/// The built-in codes of exceptions and those of `[patterns] dir`.
pub fn exceptions<'t>(
    source: &mut Source<'t>,
    root: &Table<'t>,
    patterns: &Patterns,
    profiles: &Profiles,
) -> Option<Exceptions> {
    let (item, name, text) = in_folder(source, root, patterns, EXCEPTIONS)?;
    let exceptions = match Exceptions::builtin().with(&name, &text) {
        Ok(exceptions) => exceptions,
        Err(error) => {
            source.refuse(&item, error.to_string());
            return None;
        }
    };
    for code in exceptions.all() {
        for profile in code.not_for_profiles.iter().filter(|id| profiles.get(id).is_none()) {
            let text = format!(
                "{}: exception {:?}: not_for_profiles has {profile:?}, which is no profile",
                code.place, code.id
            );
            source.refuse(&item, text);
        }
    }
    Some(exceptions)
}

/// The built-in words that mark a private mail and those of `[patterns] dir`.
pub fn private<'t>(source: &mut Source<'t>, root: &Table<'t>, patterns: &Patterns) -> Option<PrivateMarks> {
    let (item, name, text) = in_folder(source, root, patterns, PRIVATE)?;
    match PrivateMarks::builtin().with(&name, &text) {
        Ok(marks) => Some(marks),
        Err(error) => {
            source.refuse(&item, error.to_string());
            None
        }
    }
}

/// A file of `[patterns] dir`: the key that names the folder, the file's own name and its text. `None` when there is
/// none, or a fault was found.
fn in_folder<'t>(
    source: &mut Source<'t>,
    root: &Table<'t>,
    patterns: &Patterns,
    file: &str,
) -> Option<(Item<'t>, String, String)> {
    let path = patterns.dir.as_ref()?.join(file);
    if !path.exists() {
        return None;
    }
    let item = root.below("patterns")?.get("dir")?;
    let bytes = files::read(source, &item, &path, MAX_PROFILE)?;
    let name = path.display().to_string();
    let Ok(text) = String::from_utf8(bytes) else {
        source.refuse(&item, format!("{name}: is not UTF-8; save the file as UTF-8"));
        return None;
    };
    Some((item, name, text))
}

pub fn inspect<'t>(source: &mut Source<'t>, root: &Table<'t>) -> Inspect {
    let mut inspect = Inspect { ocr: Ocr::Auto, sandbox: Sandbox::Required };
    let Some(table) = source.table(root, "inspect") else { return inspect };
    if let Some(ocr) = table.get("ocr").and_then(|item| source.word(&item, Ocr::ALL, Ocr::as_str)) {
        inspect.ocr = ocr;
    }
    if let Some(sandbox) = table.get("sandbox").and_then(|item| source.word(&item, Sandbox::ALL, Sandbox::as_str)) {
        inspect.sandbox = sandbox;
    }
    inspect
}

pub fn detect<'t>(source: &mut Source<'t>, root: &Table<'t>) -> Detect {
    let mut detect = Detect { synthetic: Synthetic::Count, packs: Vec::new() };
    let Some(table) = source.table(root, "detect") else { return detect };
    let synthetic = table.get("synthetic");
    if let Some(word) = synthetic.and_then(|item| source.word(&item, Synthetic::ALL, Synthetic::as_str)) {
        detect.synthetic = word;
    }
    if let Some(item) = table.get("packs") {
        for member in source.members(&item) {
            let pack = source.word(&member, Pack::ALL, Pack::as_str);
            detect.packs.extend(pack.filter(|pack| !detect.packs.contains(pack)));
        }
    }
    detect
}
