//! Faults of disk and clock under the real program: `faulty.c` stands before the C library.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Of one process, and switched while it runs.
pub struct Faults {
    folder: PathBuf,
    library: &'static Path,
}

impl Faults {
    /// In a folder of their own in this one.
    pub fn new(within: &Path) -> Faults {
        static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
        let library = LIBRARY.get_or_init(|| {
            let library = tempfile::Builder::new().suffix(".so").tempfile().expect("a file").into_temp_path();
            let library = library.keep().expect("a file");
            let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/faulty.c");
            let mut cc = Command::new("cc");
            cc.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).args([source, "-ldl"]);
            assert!(cc.status().expect("cc is there").success(), "{source} does not compile");
            library
        });
        let folder = within.join("faults");
        std::fs::create_dir(&folder).expect("a folder");
        Faults { folder, library }
    }

    /// What the program is started with.
    pub fn environment(&self) -> [(&str, &str); 2] {
        let text = |path: &'_ Path| path.to_str().expect("a plain path").to_owned().leak() as &str;
        [("LD_PRELOAD", text(self.library)), ("FAULTS", text(&self.folder))]
    }

    pub fn set(&self, fault: &str, value: &str) {
        // Whole at once: the program reads it at every call.
        let new = self.folder.join("new");
        std::fs::write(&new, value).expect("our file");
        std::fs::rename(new, self.folder.join(fault)).expect("our file");
    }

    pub fn clear(&self, fault: &str) {
        std::fs::remove_file(self.folder.join(fault)).expect("our file");
    }
}
