//! `[imports]`: evidence of single mailboxes, a file a channel, as `sluss channel import` left it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;

use super::checked::{Checked, Imports};
use super::files;
use super::raw::{Source, Table};
use super::value;
use crate::channel::import::file;
use crate::channel::{Channel, Mailboxes};

/// Bytes of one import: some 600,000 mailboxes.
const MAX_IMPORT: u64 = 64 << 20;
/// Days before the end at which the next report is asked for.
const REMINDER: i32 = 7;

/// Why the evidence of a channel's mailboxes cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}")]
pub struct ImportError {
    pub path: String,
    pub why: String,
}

/// Where the import of a channel lies in the folder.
pub fn path(dir: &Path, channel: &str) -> PathBuf {
    dir.join(format!("{channel}.mailboxes"))
}

/// The channels of a configuration with what is imported for them now: to be called again when a file in the folder
/// has changed, without reading the configuration. The first import that cannot be used is the error; then the
/// channels in force should stay.
pub fn reload(checked: &Checked) -> Result<Vec<Channel>, ImportError> {
    let mut channels = checked.channels.clone();
    if let Some(dir) = &checked.imports.dir {
        for channel in channels.iter_mut().filter(|c| c.per_mailbox) {
            channel.mailbox.imported = load(dir, &channel.id)?.map(Arc::new);
        }
    }
    Ok(channels)
}

/// What was imported for a channel; `None` without a file.
pub fn load(dir: &Path, channel: &str) -> Result<Option<Mailboxes>, ImportError> {
    let path = path(dir, channel);
    let broken = |why: String| ImportError { path: path.display().to_string(), why };
    match fs::metadata(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(broken(files::plain(&error))),
        Ok(meta) if !meta.is_file() => return Err(broken("not a file".into())),
        Ok(meta) if meta.len() > MAX_IMPORT => {
            return Err(broken(format!("larger than {}", value::show_size(MAX_IMPORT))));
        }
        Ok(_) => {}
    }
    let bytes = fs::read(&path).map_err(|error| broken(files::plain(&error)))?;
    let text = String::from_utf8(bytes).map_err(|_| broken("not UTF-8".into()))?;
    let mailboxes = file::read(&text).map_err(|damaged| {
        broken(format!(
            "{damaged}; import the reports again after taking the file away, or put the previous one, \
             {}.previous, in its place",
            path.display()
        ))
    })?;
    if mailboxes.run.channel != channel {
        return Err(broken("imported for another channel".into()));
    }
    Ok(Some(mailboxes))
}

pub(super) fn read<'t>(source: &mut Source<'t>, root: &Table<'t>) -> Imports {
    let item = source.table(root, "imports").and_then(|t| t.get("dir"));
    let dir = item.and_then(|item| {
        let dir = files::path(source, &item)?;
        if dir.is_dir() {
            return Some(dir);
        }
        source.refuse(&item, format!("{}: no such folder", dir.display()));
        None
    });
    Imports { dir }
}

/// Gives each channel that asks for it what was imported, and says what there is to say of it.
pub(super) fn attach<'t>(
    source: &mut Source<'t>,
    root: &Table<'t>,
    imports: &Imports,
    channels: &mut [Channel],
    today: Date,
) {
    let written = root.below("imports").and_then(|t| t.get("dir"));
    for table in root.all_below("channel") {
        let Some(item) = table.get("per_mailbox") else { continue };
        let id = table.get("id").and_then(|id| id.text());
        let Some(channel) = channels.iter_mut().find(|c| Some(c.id.as_str()) == id && c.per_mailbox) else { continue };
        let Some(dir) = &imports.dir else {
            if written.is_none() {
                source.refuse(&item, "there is nothing to read it from; allowed: true only with [imports] dir");
            }
            continue;
        };
        match load(dir, &channel.id) {
            Err(error) => source.refuse(&item, error.to_string()),
            Ok(None) => {
                let text = "nothing is imported yet: all mailboxes are unknown; sluss channel import --channel";
                source.warn(&item, format!("{text} {}", channel.id));
            }
            Ok(Some(mailboxes)) => {
                let age = mailboxes.run.age(today);
                let left = i32::from(channel.mailbox.days).saturating_sub(age);
                let of = mailboxes.run.as_of;
                if age < 0 {
                    source.warn(
                        &item,
                        format!("the report claims to be of {of}, a day to come: all mailboxes are unknown"),
                    );
                } else if left < 0 {
                    source.warn(
                        &item,
                        format!("the report of {of} is too old: all mailboxes are unknown; import a new one"),
                    );
                } else if left <= REMINDER {
                    source.warn(&item, format!("the report of {of} holds for {left} more days; import a new one"));
                }
                channel.mailbox.imported = Some(Arc::new(mailboxes));
            }
        }
    }
}
