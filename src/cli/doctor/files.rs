//! The files that a configuration names: who may read and change them.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::account::{Account, READ, name_of};
use super::finding::Finding;
use crate::config::Checked;

const CHECK: &str = "files";

/// A file, and whether its content is nobody else's.
struct Named {
    path: PathBuf,
    private: bool,
}

pub fn check(checked: &Checked, service: &Account) -> Vec<Finding> {
    let named = named(checked);
    let mut findings: Vec<Finding> = named.iter().flat_map(|file| one(file, service)).collect();
    if findings.is_empty() {
        findings.push(Finding::ok(
            CHECK,
            format!(
                "{} may read all {} files of the configuration, and others read nothing secret",
                service.name,
                named.len()
            ),
        ));
    }
    findings
}

fn named(checked: &Checked) -> Vec<Named> {
    let mut files = vec![Named { path: checked.path.clone(), private: false }];
    let mut name = |path: &Path, private| files.push(Named { path: path.to_owned(), private });
    if let Some(gateway) = &checked.gateway {
        if let Some(tls) = &gateway.tls {
            name(&tls.certificate.path, false);
            name(&tls.key.path, true);
            tls.client_ca.iter().for_each(|ca| name(&ca.path, false));
        }
        gateway.require_header.iter().for_each(|header| name(&header.value_file, true));
    }
    for hop in checked.next_hops.values() {
        hop.ca.iter().for_each(|ca| name(&ca.path, false));
        if let Some((certificate, key)) = &hop.client_identity {
            name(&certificate.path, false);
            name(&key.path, true);
        }
        hop.credentials.iter().for_each(|c| name(&c.password_file, true));
        hop.add_header.iter().for_each(|header| name(&header.value_file, true));
    }
    // The secret has its own check, which knows the store.
    if let Some(file) = checked.seal.as_ref().and_then(|seal| seal.identity_file.as_ref()) {
        name(file, true);
    }
    checked.patterns.dir.iter().for_each(|dir| name(dir, false));
    checked.channels.iter().filter_map(|c| c.list_file.as_ref()).for_each(|file| name(file, false));
    checked.notice.language_file.iter().for_each(|file| name(file, false));
    let mut seen = HashSet::new();
    files.retain(|file| seen.insert(file.path.clone()));
    files
}

fn one(file: &Named, service: &Account) -> Vec<Finding> {
    let shown = file.path.display();
    let Ok(meta) = std::fs::metadata(&file.path) else {
        return vec![Finding::warning(CHECK, format!("{shown}: cannot be looked at"), "Run the doctor as root.")];
    };
    let mode = meta.mode() & 0o777;
    let mut findings = Vec::new();
    if file.private && mode & 0o007 != 0 {
        let what = format!("{shown}: mode {mode:04o}, others can reach what is secret");
        findings.push(Finding::fault(CHECK, what, format!("Run `chmod o= {shown}`, and exchange what was in it.")));
    } else if mode & 0o002 != 0 {
        let what = format!("{shown}: mode {mode:04o}, everybody can change it");
        findings.push(Finding::fault(CHECK, what, format!("Run `chmod o-w {shown}`, and look at what is in it.")));
    } else if meta.uid() != 0 && meta.uid() != service.uid {
        let what = format!("{shown}: belongs to {}, who can change it", name_of(meta.uid()));
        let todo = format!("Run `chown root {shown}`, unless that is meant.");
        findings.push(Finding::warning(CHECK, what, todo));
    }
    if let Err(denied) = service.may(&file.path, READ) {
        let what = format!("{shown}: {} may not read it ({})", service.name, denied.display());
        findings.push(Finding::fault(CHECK, what, format!("Let {} or one of its groups read it.", service.name)));
    }
    findings
}
