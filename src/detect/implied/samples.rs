//! The labelled texts that the weights are learned from.
//!
//! `sentences/*.tsv`: a class, a tab and a sentence a line. `mails/*.txt`: mails between empty lines; the first line of
//! each is `# confidential` or `# clean`, the second `subject: …`, each further one a class, a tab and a sentence. A
//! class is a category's word or `none`. All persons in them are invented.

use super::CLASSES;
use super::train::Sample;

const NONE: &str = "none";
const SUBJECT: &str = "subject: ";

/// Why a file of texts was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("line {line}: {fault}")]
pub struct SampleError {
    /// From 1.
    pub line: usize,
    pub fault: SampleFault,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SampleFault {
    #[error("no tab between class and sentence")]
    Tab,
    #[error("`{0}` is not a class of sentences")]
    Class(String),
    #[error("a mail begins with `# confidential` or `# clean`")]
    Mail,
    #[error("after that comes `{SUBJECT}…`")]
    Subject,
    #[error("a clean mail tells nothing, and a confidential one something")]
    Label,
}

/// A mail's whole text and whether it is confidential.
#[derive(Debug, PartialEq, Eq)]
pub struct Mail {
    pub text: String,
    pub confidential: bool,
    /// Its sentences, and those of them that tell something.
    pub sentences: usize,
    pub telling: usize,
}

/// Reads a file of sentences.
pub fn sentences(file: &str) -> Result<Vec<Sample<'_>>, SampleError> {
    let numbered = (1_usize..).zip(file.lines()).filter(|(_, line)| !line.is_empty());
    numbered.map(|(number, line)| sentence(number, line)).collect()
}

/// Reads a file of mails: the mails, and their sentences.
pub fn mails(file: &str) -> Result<(Vec<Mail>, Vec<Sample<'_>>), SampleError> {
    let (mut mails, mut samples): (Vec<Mail>, Vec<Sample<'_>>) = (Vec::new(), Vec::new());
    let mut lines = (1_usize..).zip(file.lines()).peekable();
    while let Some((number, head)) = lines.next() {
        if head.is_empty() {
            continue;
        }
        let confidential = match head {
            "# confidential" => true,
            "# clean" => false,
            _ => return Err(SampleError { line: number, fault: SampleFault::Mail }),
        };
        let subject = lines.next().and_then(|(_, line)| line.strip_prefix(SUBJECT));
        let mut text = subject.ok_or(SampleError { line: number, fault: SampleFault::Subject })?.to_owned();
        let (mut sentences, mut telling) = (0_usize, 0_usize);
        while let Some((number, line)) = lines.next_if(|(_, line)| !line.is_empty()) {
            let sample = sentence(number, line)?;
            sentences = sentences.saturating_add(1);
            telling = telling.saturating_add(usize::from(sample.class != 0));
            text.push('\n');
            text.push_str(sample.text);
            samples.push(sample);
        }
        if (telling > 0) != confidential {
            return Err(SampleError { line: number, fault: SampleFault::Label });
        }
        mails.push(Mail { text, confidential, sentences, telling });
    }
    Ok((mails, samples))
}

fn sentence(line: usize, written: &str) -> Result<Sample<'_>, SampleError> {
    let (word, text) = written.split_once('\t').ok_or(SampleError { line, fault: SampleFault::Tab })?;
    let of = |class: &Option<crate::detect::Category>| class.map_or(NONE, |category| category.as_str()) == word;
    let class = CLASSES.iter().position(of);
    let class = class.ok_or_else(|| SampleError { line, fault: SampleFault::Class(word.to_owned()) })?;
    Ok(Sample { class, text })
}
