//! The texts that weights are learned from: those of `patterns/implied/`, and of the mails of `tests/corpus` the four
//! fifths that everything else was tuned on too. The weights of marks, which hang on whole messages, are learned from
//! `patterns/implied/messages`, from the fifth of `tests/corpus` that is held back and from the half of
//! `tests/corpus/fresh` that was read. Of `tests/corpus/unseen`, `tests/corpus/hard`, `tests/corpus/newest` and the other
//! half of `fresh` nothing is learned.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use serde::Deserialize;
use sluss::detect::implied::samples::{self, Mail};
use sluss::detect::implied::train::Sample;
use sluss::inspect::{Inspection, inspect};
use sluss::message::RawMessage;
use sluss::text::OriginKind;

/// Bytes of a mail of the corpus that are learned from.
const OF_A_MAIL: usize = 2_500;
/// Of so many sentences of a confidential mail one must tell something for it to be read as a passage that does.
const ONE_TELLS_OF: usize = 5;
/// Words of a name at the end of a mail.
const NAME_WORDS: usize = 4;
/// One mail of so many is held back, by a hash of its name.
const HELD_BACK: u32 = 5;

/// All texts, as written.
#[derive(Clone)]
pub struct Texts {
    sentences: Vec<(PathBuf, String)>,
    mails: Vec<(PathBuf, String)>,
    /// Mails of which each file is by one hand.
    messages: Vec<(PathBuf, String)>,
    corpus: Vec<(String, bool)>,
}

/// A whole message, as it comes.
pub struct Message {
    pub inspection: Inspection,
    /// Who signs, where no header says who writes.
    pub signed: Option<String>,
    pub confidential: bool,
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
            messages: files(&root.join("patterns/implied/messages"), "txt")?,
            corpus: corpus(&root.join("tests/corpus"))?,
        })
    }

    /// SHA-256 of all texts, in hexadecimal.
    pub fn digest(&self) -> String {
        let written = self.sentences.iter().chain(&self.mails).chain(&self.messages).map(|(_, text)| text.as_str());
        let all: Vec<&str> = written.chain(self.corpus.iter().map(|(text, _)| text.as_str())).collect();
        HEXLOWER.encode(digest(&SHA256, all.join("\0").as_bytes()).as_ref())
    }

    /// How many hands the messages are by.
    pub fn hands(&self) -> usize {
        self.messages.len()
    }

    /// The same without the messages of one hand.
    pub fn without(&self, hand: usize) -> Texts {
        let mut other = self.clone();
        other.messages.remove(hand);
        other
    }

    /// The messages of one hand.
    pub fn by(&self, hand: usize) -> Result<Vec<Message>, Box<dyn Error>> {
        let (path, text) = &self.messages[hand];
        let (mails, _) = samples::mails(text).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(mails.into_iter().map(message).collect())
    }

    /// Every labelled sentence.
    pub fn sentences(&self) -> Result<Vec<Sample<'_>>, Box<dyn Error>> {
        let mut out = Vec::new();
        for (path, text) in &self.sentences {
            out.extend(samples::sentences(text).map_err(|e| format!("{}: {e}", path.display()))?);
        }
        for (path, text) in self.mails.iter().chain(&self.messages) {
            out.extend(samples::mails(text).map_err(|e| format!("{}: {e}", path.display()))?.1);
        }
        Ok(out)
    }

    /// Every labelled mail as one passage, but those that are general text with a line or two about somebody.
    pub fn passages(&self) -> Result<Vec<Sample<'static>>, Box<dyn Error>> {
        let mut all = self.corpus.clone();
        for (path, text) in self.mails.iter().chain(&self.messages) {
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

/// A labelled mail as a message.
fn message(mail: Mail) -> Message {
    let (subject, body) = mail.text.split_once('\n').unwrap_or((&mail.text, ""));
    let raw = format!(
        "From: <a@annan.example>\r\nTo: <post@annan.example>\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
        body.replace('\n', "\r\n")
    );
    let inspection = inspect(&RawMessage::uncounted(raw.into_bytes()));
    Message { inspection, signed: signed(body), confidential: mail.confidential }
}

/// The name a mail ends with, if it does.
fn signed(body: &str) -> Option<String> {
    let last = body.lines().next_back()?.trim_start_matches('/');
    let name = last.split([',', '–', '(']).next().unwrap_or_default().trim();
    let words: Vec<&str> = name.split_whitespace().collect();
    let is_name = |word: &&str| word.starts_with(char::is_uppercase);
    ((1..=NAME_WORDS).contains(&words.len()) && words.iter().all(is_name)).then(|| name.to_owned())
}

/// The labelled messages that no sentence or passage is learned from: the fifth of the corpus that is held back, and
/// the read half of the fresh ones.
pub fn measured() -> Result<Vec<Message>, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut out = Vec::new();
    type Picked = fn(&str) -> bool;
    let sets: [(PathBuf, Picked); 2] = [(folder.clone(), is_held_back), (folder.join("fresh"), was_read)];
    for (folder, of) in sets {
        for line in fs::read_to_string(folder.join("labels.jsonl"))?.lines() {
            let Label { file, confidential, .. } = serde_json::from_str(line)?;
            if of(&file) {
                let inspection = inspect(&RawMessage::uncounted(fs::read(folder.join(&file))?));
                out.push(Message { inspection, signed: None, confidential });
            }
        }
    }
    Ok(out)
}

/// Whether a fresh mail is of the half that was read: by a bit of its name's hash.
fn was_read(file: &str) -> bool {
    hash(file.rsplit('/').next().unwrap_or(file)) >> 8 & 1 == 0
}

/// Whether a mail of the corpus is held back from tuning.
pub fn is_held_back(file: &str) -> bool {
    hash(file).is_multiple_of(HELD_BACK)
}

/// FNV-1a, 32 bits.
fn hash(name: &str) -> u32 {
    name.bytes().fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
