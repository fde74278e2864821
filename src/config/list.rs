//! List files: one address, domain or suffix a line; `#` starts a comment.

use std::path::{Path, PathBuf};

use super::files;
use super::raw::{Item, Source};
use crate::channel::Pattern;

/// Bytes of a list file.
const MAX_LIST: u64 = 64 << 20;

/// The patterns of the file that `item` names. `refuse` says why a pattern may not stand in it. `None` when
/// the file cannot be read, which has been said.
pub fn patterns<'t>(
    source: &mut Source<'t>,
    item: &Item<'t>,
    refuse: impl Fn(&Pattern) -> Option<String>,
) -> Option<(PathBuf, Vec<Pattern>)> {
    let path = files::path(source, item)?;
    let mut listed = Vec::new();
    for (place, line) in lines(source, item, &path)? {
        match Pattern::parse(&line) {
            Ok(pattern) => match refuse(&pattern) {
                Some(why) => source.refuse(item, format!("{place}: {why}")),
                None => listed.push(pattern),
            },
            Err(allowed) => source.refuse(item, format!("{place}: allowed: {allowed}")),
        }
    }
    if listed.is_empty() {
        source.warn(item, format!("{}: names nobody", path.display()));
    }
    Some((path, listed))
}

/// The lines of a list file that say something, each with its place. `None` when the file cannot be read, which
/// has been said.
pub fn lines<'t>(source: &mut Source<'t>, item: &Item<'t>, path: &Path) -> Option<Vec<(String, String)>> {
    let bytes = files::read(source, item, path, MAX_LIST)?;
    let Ok(text) = String::from_utf8(bytes) else {
        source.refuse(item, format!("{}: not UTF-8", path.display()));
        return None;
    };
    let said = |line: &str| line.split('#').next().unwrap_or_default().trim().to_owned();
    let lines = (1..).zip(text.trim_start_matches('\u{feff}').lines());
    let lines = lines.map(|(number, line): (usize, &str)| (format!("{}:{number}", path.display()), said(line)));
    Some(lines.filter(|(_, line)| !line.is_empty()).collect())
}
