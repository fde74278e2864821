//! The texts that weights are learned from: those of `patterns/implied/`, and of the mails of `tests/corpus` the four
//! fifths that everything else was tuned on too. Of `tests/corpus/unseen`, `tests/corpus/hard` and
//! `tests/corpus/fresh` nothing.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use serde::Deserialize;
use sluss::detect::implied::samples::{self, Mail};
use sluss::detect::implied::train::Sample;
use sluss::inspect::inspect;
use sluss::message::RawMessage;
use sluss::text::OriginKind;

/// Bytes of a mail of the corpus that are learned from.
const OF_A_MAIL: usize = 2_500;
/// Of so many sentences of a confidential mail one must tell something for it to be read as a passage that does.
const ONE_TELLS_OF: usize = 5;
/// One mail of so many is held back, by a hash of its name.
const HELD_BACK: u32 = 5;

/// All texts, as written.
pub struct Texts {
    sentences: Vec<(PathBuf, String)>,
    mails: Vec<(PathBuf, String)>,
    corpus: Vec<(String, bool)>,
}

#[derive(Deserialize)]
struct Label {
    file: String,
    confidential: bool,
    r#where: Option<String>,
}

impl Texts {
    pub fn read() -> Result<Texts, Box<dyn Error>> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        Ok(Texts {
            sentences: files(&root.join("patterns/implied/sentences"), "tsv")?,
            mails: files(&root.join("patterns/implied/mails"), "txt")?,
            corpus: corpus(&root.join("tests/corpus"))?,
        })
    }

    /// SHA-256 of all texts, in hexadecimal.
    pub fn digest(&self) -> String {
        let written = self.sentences.iter().chain(&self.mails).map(|(_, text)| text.as_str());
        let all: Vec<&str> = written.chain(self.corpus.iter().map(|(text, _)| text.as_str())).collect();
        HEXLOWER.encode(digest(&SHA256, all.join("\0").as_bytes()).as_ref())
    }

    /// Every labelled sentence.
    pub fn sentences(&self) -> Result<Vec<Sample<'_>>, Box<dyn Error>> {
        let mut out = Vec::new();
        for (path, text) in &self.sentences {
            out.extend(samples::sentences(text).map_err(|e| format!("{}: {e}", path.display()))?);
        }
        for (path, text) in &self.mails {
            out.extend(samples::mails(text).map_err(|e| format!("{}: {e}", path.display()))?.1);
        }
        Ok(out)
    }

    /// Every labelled mail as one passage, but those that are general text with a line or two about somebody.
    pub fn passages(&self) -> Result<Vec<Sample<'static>>, Box<dyn Error>> {
        let mut all = self.corpus.clone();
        for (path, text) in &self.mails {
            let (mails, _) = samples::mails(text).map_err(|e| format!("{}: {e}", path.display()))?;
            let whole = |mail: &Mail| !mail.confidential || mail.telling * ONE_TELLS_OF >= mail.sentences;
            all.extend(mails.into_iter().filter(whole).map(|mail| (mail.text, mail.confidential)));
        }
        // They live as long as the command.
        Ok(all.into_iter().map(|(text, told)| Sample { class: usize::from(told), text: text.leak() }).collect())
    }
}

fn files(folder: &Path, extension: &str) -> Result<Vec<(PathBuf, String)>, Box<dyn Error>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|e| e == extension));
    paths.sort();
    paths.into_iter().map(|path| Ok((path.clone(), fs::read_to_string(path)?))).collect()
}

/// Subject and text of the tuned mails; those whose evidence hangs on them are left out.
fn corpus(folder: &Path) -> Result<Vec<(String, bool)>, Box<dyn Error>> {
    let mut out = Vec::new();
    for line in fs::read_to_string(folder.join("labels.jsonl"))?.lines() {
        let label: Label = serde_json::from_str(line)?;
        let hung_on = label.r#where.as_deref().is_some_and(|place| matches!(place, "attachment" | "filename"));
        if is_held_back(&label.file) || hung_on {
            continue;
        }
        let inspection = inspect(&RawMessage::uncounted(fs::read(folder.join(&label.file))?));
        let read = inspection.views.iter().filter(|view| !view.alternative);
        let pieces: Vec<String> = read
            .filter(|v| matches!(v.origin.kind, OriginKind::Subject | OriginKind::Body | OriginKind::Html))
            .map(|view| view.normal().to_owned())
            .collect();
        let mut text = pieces.join("\n");
        text.truncate(text.floor_char_boundary(OF_A_MAIL));
        out.push((text, label.confidential));
    }
    Ok(out)
}

/// Whether a mail of the corpus is held back from tuning.
pub fn is_held_back(file: &str) -> bool {
    let hash = file.bytes().fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash.is_multiple_of(HELD_BACK)
}
