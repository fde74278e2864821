//! What an administrator gets wrong, a folder a case: `tests/config_bad/CASE/sluss.toml` and beside it
//! `expected`, word for word what `sluss config check` prints.
//!
//! A case may bring files and folders of its own. They are copied with mode 0600, `modes` (lines of `FILE MODE`)
//! gives others. Keys and certificates are made anew for each run and stand beside the configuration:
//! `tls.crt`, `tls.key`, `other.key`, `ca.pem`, `old.crt` with `old.key`, and the identity `sluss.key`.
//! `AGE_PUBLIC` and `AGE_SECRET` in a configuration stand for its two halves.
//!
//! `UPDATE_EXPECTED=1` writes the files anew; read the difference before you keep it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret;
use jiff::civil::{Date, date};

const TODAY: Date = date(2026, 11, 21);

/// Keys and certificates, made once.
struct Material {
    files: Vec<(&'static str, String)>,
    age_public: String,
    age_secret: String,
}

impl Material {
    fn new() -> Self {
        let name = || vec!["sluss.kommun.example".to_owned()];
        let own = rcgen::generate_simple_self_signed(name()).unwrap();
        let other = rcgen::KeyPair::generate().unwrap();
        let old_key = rcgen::KeyPair::generate().unwrap();
        let mut old = rcgen::CertificateParams::new(name()).unwrap();
        old.not_before = rcgen::date_time_ymd(2020, 1, 1);
        old.not_after = rcgen::date_time_ymd(2021, 1, 1);
        let old = old.self_signed(&old_key).unwrap();
        let identity = age::x25519::Identity::generate();
        let age_public = identity.to_public().to_string();
        let age_secret = identity.to_string().expose_secret().to_owned();
        let files = vec![
            ("tls.crt", own.cert.pem()),
            ("tls.key", own.signing_key.serialize_pem()),
            ("ca.pem", own.cert.pem()),
            ("other.key", other.serialize_pem()),
            ("old.crt", old.pem()),
            ("old.key", old_key.serialize_pem()),
            ("sluss.key", format!("# created by a test\n{age_secret}\n")),
        ];
        Material { files, age_public, age_secret }
    }

    /// Lays the case out in a folder of its own.
    fn lay_out(&self, case: &Path, folder: &Path) {
        for (name, text) in &self.files {
            write(&folder.join(name), text.as_bytes());
        }
        self.copy(case, folder);
        for line in fs::read_to_string(case.join("modes")).unwrap_or_default().lines() {
            let (file, mode) = line.split_once(' ').unwrap();
            let mode = u32::from_str_radix(mode, 8).unwrap();
            fs::set_permissions(folder.join(file), fs::Permissions::from_mode(mode)).unwrap();
        }
    }

    fn copy(&self, from: &Path, to: &Path) {
        for entry in fs::read_dir(from).unwrap().map(|e| e.unwrap().path()) {
            let target = to.join(entry.file_name().unwrap());
            if entry.is_dir() {
                fs::create_dir(&target).unwrap();
                self.copy(&entry, &target);
                continue;
            }
            let bytes = fs::read(&entry).unwrap();
            let bytes = match String::from_utf8(bytes) {
                Ok(text) => text.replace("AGE_PUBLIC", &self.age_public).replace("AGE_SECRET", &self.age_secret).into(),
                Err(raw) => raw.into_bytes(),
            };
            write(&target, &bytes);
        }
    }
}

fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn every_bad_configuration_is_told_as_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config_bad");
    let mut cases: Vec<PathBuf> = fs::read_dir(&root).unwrap().map(|e| e.unwrap().path()).collect();
    cases.retain(|p| p.is_dir());
    cases.sort();
    let material = Material::new();
    let mut wrong = Vec::new();
    for case in &cases {
        let name = case.file_name().unwrap().to_string_lossy();
        let folder = tempfile::tempdir().unwrap();
        material.lay_out(case, folder.path());
        let mut out = Vec::new();
        let code = sluss::cli::config::check(&folder.path().join("sluss.toml"), TODAY, &mut out).unwrap();
        let printed = String::from_utf8(out).unwrap();
        assert!(!printed.contains("AGE-SECRET-KEY"), "{name}: a private key was printed");
        let printed =
            printed.replace(&format!("{}/", folder.path().display()), "").replace(&material.age_public, "AGE_PUBLIC");
        let found = format!("{printed}exit {code}\n");
        let expected_file = case.join("expected");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&expected_file, &found).unwrap();
        }
        let expected = fs::read_to_string(&expected_file).unwrap_or_default();
        if found != expected {
            wrong.push(format!("--- {name}: expected\n{expected}--- found\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases differ\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(cases.len() >= 40);
}

#[test]
fn a_file_that_cannot_be_read_is_another_matter() {
    let folder = tempfile::tempdir().unwrap();
    let mut out = Vec::new();
    let path = folder.path().join("sluss.toml");
    assert_eq!(sluss::cli::config::check(&path, TODAY, &mut out).unwrap(), 2);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        format!("{}: No such file or directory (os error 2)\n", path.display())
    );

    write(&path, b"[policy]\nmode = \"observe\"\n# gr\xf8nn\n");
    let mut out = Vec::new();
    assert_eq!(sluss::cli::config::check(&path, TODAY, &mut out).unwrap(), 2);
    assert_eq!(String::from_utf8(out).unwrap(), format!("{}: not UTF-8\n", path.display()));
}
