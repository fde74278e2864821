//! What of a new configuration a running process cannot take: addresses it listens on, its store, its secret,
//! its seal, and the processes that read attachments and pictures.
//!
//! Everything else comes into force at once. Each key that waits is named, so that nobody believes a change to
//! be in force that is not.

use super::checked::Checked;

/// The new configuration as it can come into force beside what runs, and the keys that need a restart,
/// `table.key`, in the order of the reference file.
pub fn held_back(running: &Checked, mut new: Checked) -> (Checked, Vec<&'static str>) {
    let mut keys = Vec::new();
    match (&running.gateway, &mut new.gateway) {
        (Some(old), Some(new)) if old.listen != new.listen => {
            new.listen.clone_from(&old.listen);
            keys.push("gateway.listen");
        }
        (Some(_), Some(_)) | (None, None) => {}
        // A whole room: its other keys would hold for nobody.
        (old, _) => {
            new.gateway = old.clone();
            keys.push("gateway");
        }
    }
    if running.store != new.store {
        new.store.clone_from(&running.store);
        keys.push("store.url");
    }
    if running.secret.as_ref().map(|s| &s.file) != new.secret.as_ref().map(|s| &s.file) {
        new.secret.clone_from(&running.secret);
        keys.push("secret.file");
    }
    match (&running.seal, &new.seal) {
        (Some(old), Some(new)) => {
            if old.recipients != new.recipients {
                keys.push("seal.recipients");
            }
            if old.identity_file != new.identity_file {
                keys.push("seal.identity_file");
            }
        }
        (None, None) => {}
        _ => keys.push("seal"),
    }
    new.seal.clone_from(&running.seal);
    match (&running.console, &mut new.console) {
        (Some(old), Some(new)) if old.listen != new.listen => {
            new.listen = old.listen;
            keys.push("console.listen");
        }
        (Some(_), Some(_)) | (None, None) => {}
        (old, _) => {
            new.console = old.clone();
            keys.push("console");
        }
    }
    if running.inspect.ocr != new.inspect.ocr {
        keys.push("inspect.ocr");
    }
    if running.inspect.sandbox != new.inspect.sandbox {
        keys.push("inspect.sandbox");
    }
    new.inspect.clone_from(&running.inspect);
    (new, keys)
}
