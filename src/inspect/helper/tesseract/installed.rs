//! Where Tesseract is, what it must be able to read, and in which languages it reads.

use std::path::{Path, PathBuf};

/// Where the program may be.
const PROGRAMS: [&str; 2] = ["usr/bin/tesseract", "usr/local/bin/tesseract"];
/// Where its language data may be: Debian's, then that of others.
const DATA: [&str; 5] = [
    "usr/share/tesseract-ocr/5/tessdata",
    "usr/share/tesseract-ocr/4.00/tessdata",
    "usr/share/tessdata",
    "usr/share/tesseract/tessdata",
    "usr/local/share/tessdata",
];
/// The languages it reads, and what they are called.
const LANGUAGES: [(&str, &str); 2] = [("nor", "Norwegian"), ("swe", "Swedish")];
/// Data with which pages that lie on their side are turned.
const ORIENTATION: &str = "osd";
/// The loader of programs (System V ABI), and Debian's folder of libraries.
#[cfg(target_arch = "x86_64")]
const MACHINE: (&str, &str) = ("lib64/ld-linux-x86-64.so.2", "x86_64-linux-gnu");
#[cfg(target_arch = "aarch64")]
const MACHINE: (&str, &str) = ("lib/ld-linux-aarch64.so.1", "aarch64-linux-gnu");
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const MACHINE: (&str, &str) = ("lib/ld.so", "");
/// Where folders of libraries are; with the machine's folder below it, that one alone.
const LIBRARIES: [&str; 5] = ["usr/lib", "lib", "usr/lib64", "lib64", "usr/local/lib"];
/// Where each library is.
const CACHE: &str = "etc/ld.so.cache";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Below which all of it is.
    pub root: PathBuf,
    pub program: PathBuf,
    pub loader: PathBuf,
    /// Folders and files that it may read.
    pub libraries: Vec<PathBuf>,
    pub data: PathBuf,
    /// In Tesseract's words.
    pub languages: Vec<&'static str>,
    /// It can tell how a page lies.
    pub turns: bool,
}

impl Installed {
    /// Looks for it below `root`; `Err` says what is missing and where it comes from.
    pub fn find(root: &Path) -> Result<Installed, String> {
        let program = PROGRAMS.iter().map(|at| root.join(at)).find(|path| path.is_file());
        let program = program.ok_or("tesseract is not installed (Debian: tesseract-ocr)")?;
        let has = |folder: &Path, data: &str| folder.join(format!("{data}.traineddata")).is_file();
        let read_in = |folder: &Path| LANGUAGES.iter().filter(|(code, _)| has(folder, code)).count();
        let folders = DATA.iter().map(|at| root.join(at)).filter(|folder| read_in(folder) > 0);
        // Of several versions the one with more languages, and of those the first.
        let data = folders.rev().max_by_key(|folder| read_in(folder));
        let data = data.ok_or("its languages are not installed (Debian: tesseract-ocr-nor, tesseract-ocr-swe)")?;
        let languages = LANGUAGES.iter().map(|(code, _)| *code).filter(|code| has(&data, code)).collect();
        let libraries = LIBRARIES.iter().map(|at| root.join(at)).map(|folder| {
            let machines = folder.join(MACHINE.1);
            if machines.is_dir() { machines } else { folder }
        });
        let libraries = libraries.chain([root.join(CACHE)]).filter(|path| path.exists());
        Ok(Installed {
            root: root.to_owned(),
            libraries: libraries.collect(),
            loader: root.join(MACHINE.0),
            turns: has(&data, ORIENTATION),
            program,
            data,
            languages,
        })
    }

    /// What it cannot do for want of data, in one line.
    pub fn lacks(&self) -> Option<String> {
        let missing: Vec<&str> =
            LANGUAGES.iter().filter(|(code, _)| !self.languages.contains(code)).map(|(_, name)| *name).collect();
        match (missing.is_empty(), self.turns) {
            (true, true) => None,
            (true, false) => {
                Some("pictures that lie on their side are not read (Debian: tesseract-ocr-osd)".to_owned())
            }
            (false, _) => Some(format!("pictures are not read in {}: its data is missing", missing.join(", "))),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn system(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"").unwrap();
        }
        root
    }

    #[test]
    fn what_is_there_decides() {
        const PROGRAM: &str = "usr/bin/tesseract";
        const NOR: &str = "usr/share/tesseract-ocr/5/tessdata/nor.traineddata";
        const SWE: &str = "usr/share/tesseract-ocr/5/tessdata/swe.traineddata";
        const OSD: &str = "usr/share/tesseract-ocr/5/tessdata/osd.traineddata";
        const OLD: &str = "usr/share/tesseract-ocr/4.00/tessdata/swe.traineddata";
        for (files, languages, said) in [
            (&[][..], Err(()), "tesseract-ocr)"),
            (&[NOR, SWE], Err(()), "tesseract-ocr)"),
            (&[PROGRAM], Err(()), "tesseract-ocr-nor"),
            (&[PROGRAM, OSD], Err(()), "tesseract-ocr-nor"),
            (&[PROGRAM, NOR, SWE, OSD], Ok("nor+swe"), ""),
            (&[PROGRAM, NOR, SWE], Ok("nor+swe"), "tesseract-ocr-osd"),
            (&[PROGRAM, NOR, OSD], Ok("nor"), "not read in Swedish"),
            (&[PROGRAM, OLD, OSD], Ok("swe"), "not read in Norwegian"),
            (&[PROGRAM, NOR, SWE, OLD, OSD], Ok("nor+swe"), ""),
        ] {
            let root = system(files);
            let found = Installed::find(root.path());
            assert_eq!(
                found.as_ref().map(|f| f.languages.join("+")).map_err(|_| ()),
                languages.map(str::to_owned),
                "{files:?}"
            );
            let text = found.map_or_else(|missing| missing, |found| found.lacks().unwrap_or_default());
            assert!(text.contains(said) && (text.is_empty() == said.is_empty()), "{files:?}: {text}");
        }
    }

    #[test]
    fn only_the_machines_own_libraries_where_they_have_a_folder() {
        let library = format!("usr/lib/{}/libc.so.6", MACHINE.1);
        let root = system(&[
            "usr/bin/tesseract",
            "usr/share/tessdata/nor.traineddata",
            &library,
            "usr/lib64/libz.so",
            "usr/lib/other/secret",
            "etc/ld.so.cache",
        ]);
        let found = Installed::find(root.path()).unwrap();
        let folders = [format!("usr/lib/{}", MACHINE.1), "usr/lib64".into(), "etc/ld.so.cache".into()];
        assert_eq!(found.libraries, folders.map(|of| root.path().join(of)));
    }
}
