//! The secret, and the keys that held mail is sealed to and opened with. What is sealed here is a test
//! value, and is thrown away.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::account::{Account, READ, name_of};
use super::finding::Finding;
use super::run_as;
use crate::cli::assemble;
use crate::config::Checked;
use crate::message::{KeyFileError, Keys};
use crate::quarantine::{Identities, SealError};

/// What is sealed and opened.
const TEST: &[u8] = b"sluss doctor: a test value";

/// The secret's file; `stored`: the fingerprint that the store has, where it could be looked at.
pub fn secret(file: &Path, stored: Option<&str>, service: &Account, me: &Account) -> Vec<Finding> {
    const CHECK: &str = "secret";
    let path = file.display();
    let Ok(meta) = std::fs::metadata(file) else {
        return vec![match stored {
            None if me.may(file.parent().unwrap_or(file), READ).is_ok() || me.is_root() => {
                Finding::ok(CHECK, format!("{path}: not there yet; the first start makes it"))
            }
            None => {
                Finding::warning(CHECK, format!("{path}: cannot be seen by {}", me.name), "Run the doctor as root.")
            }
            Some(_) => Finding::fault(
                CHECK,
                format!("{path}: not there, and the store was made with one"),
                "Put the copy of the secret back: without it waiting notices and digests are lost.",
            ),
        }];
    };
    let mut findings = Vec::new();
    if meta.uid() != service.uid {
        findings.push(Finding::fault(
            CHECK,
            format!("{path}: belongs to {}, and the service runs as {}", name_of(meta.uid()), service.name),
            format!("Run `chown {} {path}`.", service.name),
        ));
    }
    findings.push(match (Keys::from_file(file), stored) {
        (Ok(keys), Some(stored)) if !keys.bind(stored) => Finding::fault(
            CHECK,
            format!("{path}: this is not the secret that the store was made with"),
            "Put the right copy of the secret back; it stands apart from the store's backup.",
        ),
        (Ok(keys), Some(_)) => match keys.names().first() {
            Some(newest) if newest.number > keys.number() => Finding::warning(
                CHECK,
                format!("{path}: belongs to the store; secret {} is there and not in use yet", newest.number),
                format!("Once every process has read it, run `sluss keys use-secret {}`.", newest.number),
            ),
            _ => Finding::ok(CHECK, format!("{path}: belongs to the store")),
        },
        (Ok(_), None) => Finding::ok(CHECK, format!("{path}: can be used; no store to compare it with")),
        (Err(KeyFileError::Io { .. }), _) if !me.is_root() => {
            Finding::warning(CHECK, format!("{path}: cannot be read by {}", me.name), run_as(&name_of(meta.uid())))
        }
        (Err(error), _) => {
            Finding::fault(CHECK, error.to_string(), format!("Run `chmod 600 {path}`, or put the right file there."))
        }
    });
    findings
}

/// Seals for every unit, and opens it where an identity is configured.
pub fn seal(checked: &Checked, me: &Account) -> Vec<Finding> {
    const CHECK: &str = "seal";
    let Some(seal) = &checked.seal else { return Vec::new() };
    let sealer = match assemble::sealer(checked) {
        Ok(Some(sealer)) => sealer,
        Ok(None) => return Vec::new(),
        Err(error) => {
            return vec![Finding::fault(
                CHECK,
                error.to_string(),
                "Write the age1… line that `sluss keys new` printed.",
            )];
        }
    };
    let units: Vec<&str> = checked.units.iter().map(|u| u.unit.id.as_str()).collect();
    let sealed: Result<Vec<(&str, Vec<u8>)>, SealError> =
        units.iter().map(|unit| Ok((*unit, sealer.seal(unit, &[TEST])?))).collect();
    let sealed = match sealed {
        Ok(sealed) => sealed,
        Err(error) => return vec![Finding::fault(CHECK, error.to_string(), "Correct [seal] recipients.")],
    };
    let count = seal.recipients.len();
    let mut findings = vec![Finding::ok(
        CHECK,
        format!("a test value was sealed for each of {} units, to {count} keys of [seal]", units.len()),
    )];
    let Some(file) = &seal.identity_file else { return findings };
    let identities = match Identities::from_file(file) {
        Ok(identities) => identities,
        Err(SealError::File(KeyFileError::Io { .. })) if !me.is_root() => {
            let what = format!("{}: cannot be read by {}", file.display(), me.name);
            findings.push(Finding::warning("identity", what, "Run the doctor as root or as its owner."));
            return findings;
        }
        Err(error) => {
            let todo = "Put the file there that `sluss keys new` wrote, mode 0600.";
            findings.push(Finding::fault("identity", error.to_string(), todo));
            return findings;
        }
    };
    let shut: Vec<&str> = sealed
        .iter()
        .filter(|(_, bytes)| identities.open(bytes).ok().is_none_or(|plain| plain.as_slice() != TEST))
        .map(|(unit, _)| *unit)
        .collect();
    // Keys of their own may well be another host's.
    let own = sealer.keys_of_units();
    let (elsewhere, unexplained): (Vec<&str>, Vec<&str>) = shut.iter().partition(|unit| own.contains_key(**unit));
    findings.push(if shut.is_empty() {
        Finding::ok("identity", format!("{}: opens what is sealed for every unit", file.display()))
    } else if unexplained.is_empty() && elsewhere.len() < units.len() {
        let text = format!(
            "{}: opens what is sealed for every unit but {}, which have keys of their own",
            file.display(),
            elsewhere.join(", ")
        );
        Finding::ok("identity", text)
    } else {
        Finding::fault(
            "identity",
            format!("{}: does not open what is sealed for {}", file.display(), shut.join(", ")),
            "Put the recipient of one of its keys (its `# public key` line) into [seal] recipients, or the right identity there.",
        )
    });
    findings
}
