//! Building a [`Lexicon`]: the compiled-in lists, and those of a folder on top.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::compile::compile;
use super::error::{Fault, PatternError};
use super::format::{List, MAX_FILE, parse};
use super::scan::Scratch;
use super::{Lexicon, builtin};

/// Files one folder may hold, sub-folders included.
const MAX_FILES: usize = 1_000;
/// Depth of sub-folders.
const MAX_DEPTH: usize = 4;
/// Pattern files end so; others are passed over.
const EXTENSION: &str = "txt";

impl Lexicon {
    /// The compiled-in set.
    pub fn builtin() -> Result<Lexicon, PatternError> {
        Lexicon::build(builtin_lists()?)
    }

    /// The compiled-in set, with the folder's lists added; a list of the same id is replaced.
    /// Reads files whose name ends in `.txt` below `lexicon`, `casework`, `general` and `ambiguous`.
    pub fn load(folder: &Path) -> Result<Lexicon, PatternError> {
        let mut lists = builtin_lists()?;
        let mut own: Vec<List> = Vec::new();
        for path in pattern_files(folder)? {
            let name = path.display().to_string();
            let list = parse(&name, &read(&path)?)?;
            if own.iter().any(|l| l.id == list.id) {
                return Err(PatternError { file: name, line: 0, fault: Fault::DuplicateList(list.id) });
            }
            own.push(list);
        }
        lists.retain(|l| own.iter().all(|o| o.id != l.id));
        lists.extend(own);
        Lexicon::build(lists)
    }

    fn build(lists: Vec<List>) -> Result<Lexicon, PatternError> {
        let compiled = compile(&lists)?;
        let lexicon = Lexicon { lists, compiled };
        lexicon.check_examples()?;
        Ok(lexicon)
    }

    /// Every `match` example must be found by its own list, no `no_match` example may be.
    fn check_examples(&self) -> Result<(), PatternError> {
        let (mut scratch, mut hits) = (Scratch::default(), Vec::new());
        for (number, list) in self.lists.iter().enumerate() {
            for example in &list.examples {
                hits.clear();
                self.scan(&example.text, &mut scratch, &mut hits);
                let found = hits.iter().filter_map(|h| self.entry(h)).find(|e| e.list == number);
                let fault = match (example.matches, found) {
                    (true, None) => Fault::ExampleNotMatched,
                    (false, Some(entry)) => Fault::ExampleMatched { term: entry.rule.to_string() },
                    _ => continue,
                };
                return Err(PatternError { file: list.file.clone(), line: example.line, fault });
            }
        }
        Ok(())
    }
}

fn builtin_lists() -> Result<Vec<List>, PatternError> {
    let lists: Vec<List> = builtin::FILES
        .iter()
        .map(|(name, source)| parse(&format!("builtin:{name}"), source))
        .collect::<Result<_, _>>()?;
    for (index, list) in lists.iter().enumerate() {
        if lists.iter().skip(index.saturating_add(1)).any(|l| l.id == list.id) {
            return Err(PatternError {
                file: list.file.clone(),
                line: 0,
                fault: Fault::DuplicateList(list.id.clone()),
            });
        }
    }
    Ok(lists)
}

fn pattern_files(folder: &Path) -> Result<Vec<PathBuf>, PatternError> {
    let mut files = Vec::new();
    fs::read_dir(folder).map_err(|e| unreadable(folder, &e))?;
    for sub in ["lexicon", "casework", "general", "ambiguous"] {
        let path = folder.join(sub);
        if path.is_dir() {
            collect(&path, MAX_DEPTH, &mut files)?;
        }
    }
    files.sort();
    Ok(files)
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), PatternError> {
    for entry in fs::read_dir(folder).map_err(|e| unreadable(folder, &e))? {
        let path = entry.map_err(|e| unreadable(folder, &e))?.path();
        if path.is_dir() {
            if let Some(depth) = depth.checked_sub(1) {
                collect(&path, depth, files)?;
            }
        } else if path.extension().is_some_and(|e| e == EXTENSION) {
            if files.len() >= MAX_FILES {
                let fault = Fault::TooManyFiles { limit: MAX_FILES };
                return Err(PatternError { file: folder.display().to_string(), line: 0, fault });
            }
            files.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, PatternError> {
    let fail = |fault| PatternError { file: path.display().to_string(), line: 0, fault };
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_FILE).unwrap_or(u64::MAX).saturating_add(1);
    fs::File::open(path).and_then(|f| f.take(limit).read_to_end(&mut bytes)).map_err(|e| unreadable(path, &e))?;
    if bytes.len() > MAX_FILE {
        return Err(fail(Fault::FileTooLarge { limit: MAX_FILE }));
    }
    String::from_utf8(bytes).map_err(|_| fail(Fault::NotUtf8))
}

fn unreadable(path: &Path, error: &std::io::Error) -> PatternError {
    PatternError { file: path.display().to_string(), line: 0, fault: Fault::Unreadable(error.to_string()) }
}
