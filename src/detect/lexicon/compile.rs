//! Lists to tables: every spelling of every term, folded, each with the endings it may carry.

use std::collections::HashMap;
use std::sync::Arc;

use regex_automata::meta::Regex;
use regex_automata::util::syntax;

use super::error::{Fault, Faults};
use super::fold::{Folded, Folding, LOST, lower};
use super::format::List;
use super::keys::{Keys, LAST_ELEMENT_FROM, Value};
use super::language::{CommonWords, LONGEST_COMMON_WORD, Language};
use super::morphology::{ABBREVIATION, EXACT, Endings, Stem, agreeing, joining, packed_endings, stems};
use super::purpose::Purpose;
use super::term::{Ambiguity, Term, Weight, spellings};

/// Bytes a compiled regular expression may take.
const REGEX_MEMORY: usize = 8 * 1024 * 1024;
/// A stem may be the first element of a compound from this many folded bytes.
const FIRST_ELEMENT_FROM: usize = 6;

/// A term as it is reported.
#[derive(Debug)]
pub struct Entry {
    pub list: usize,
    pub language: Language,
    pub weight: Weight,
    pub purpose: Purpose,
    /// The lexicon's sub-list, `health.mental`.
    pub kind: Arc<str>,
    /// `<list>@<version>:<line>`
    pub rule: Arc<str>,
    /// As written, or the expression's name: for messages to the list's author, never for a finding.
    pub term: Box<str>,
    pub line: usize,
}

/// One spelling of a term, ready to be compared with the text.
#[derive(Debug)]
pub struct Spelling {
    pub entry: usize,
    /// Lower case, unfolded.
    pub text: Box<str>,
    /// Index into [`Compiled::endings`].
    pub endings: usize,
    pub case: Case,
    /// `*`: whatever follows within the word.
    pub open: bool,
    pub first_element: bool,
    pub last_element: bool,
    /// Length of the folded text.
    pub folded: usize,
    /// Index into [`Compiled::ambiguities`].
    pub ambiguity: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    Any,
    /// The first letter is a capital.
    Initial,
    /// Every letter is.
    Capitals,
}

/// Patterns of one folding: keys, and the spellings behind each. Nearly all matches of short keys lie
/// inside longer words; two bits of a key's value tell that without a look at the spellings.
#[derive(Default)]
pub struct Patterns {
    pub keys: Keys,
    /// Where the members of each group begin; those of the next follow them.
    groups: Vec<u32>,
    members: Vec<u32>,
}

impl Patterns {
    /// The spellings behind a key, by number.
    pub fn group(&self, value: Value) -> &[u32] {
        let group = value.group();
        let start = |number: usize| self.groups.get(number).map_or(self.members.len(), |start| *start as usize);
        self.members.get(start(group)..start(group.saturating_add(1))).unwrap_or_default()
    }
}

/// A regular expression over folded text, and its entry.
pub struct Expression {
    pub regex: Regex,
    pub entry: usize,
}

pub struct Compiled {
    pub entries: Vec<Entry>,
    pub spellings: Vec<Spelling>,
    /// Sets of endings, each packed into a number.
    pub endings: Vec<Vec<u64>>,
    pub plain: Patterns,
    pub lossy: Patterns,
    pub ambiguities: Vec<Ambiguity>,
    /// The commonest words of each language, folded.
    pub common_words: CommonWords,
    /// Each by itself: what it must begin with or hold is then looked for first, and hardly any text has it.
    pub expressions: Vec<Expression>,
}

impl Compiled {
    /// A spelling of a group.
    pub fn spelling(&self, number: u32) -> Option<&Spelling> {
        self.spellings.get(number as usize)
    }
}

/// Compiles a set. Lists must have distinct ids; those that the lexicon has no use for are passed over.
pub fn compile(lists: &[List]) -> Result<Compiled, Faults> {
    let mut out = Compiled {
        entries: Vec::new(),
        spellings: Vec::new(),
        endings: Vec::new(),
        plain: Patterns::default(),
        lossy: Patterns::default(),
        ambiguities: lists.iter().flat_map(|l| &l.ambiguities).map(folded_cues).collect(),
        common_words: CommonWords::default(),
        expressions: Vec::new(),
    };
    let senses: HashMap<(Language, String), usize> = out
        .ambiguities
        .iter()
        .enumerate()
        .flat_map(|(i, a)| a.words.iter().map(move |w| ((a.language, w.clone()), i)))
        .collect();
    let mut folder = Folded::default();
    let (mut faults, mut sets) = (Faults::default(), Sets::default());
    for (number, list) in lists.iter().enumerate() {
        let Some(purpose) = list.purpose() else { continue };
        let kind: Arc<str> = list.kind().into();
        // The terms of a line share their rule.
        let mut rule: (usize, Arc<str>) = (0, "".into());
        for term in &list.terms {
            if purpose == Purpose::Function {
                folder.fold(&term.text, Folding::Plain);
                if !out.common_words.add(folder.bytes(), term.language) {
                    faults.add(&list.file, term.line, Fault::TermTooLong { limit: LONGEST_COMMON_WORD });
                }
                continue;
            }
            if rule.0 != term.line {
                rule = (term.line, list.rule(term.line).into());
            }
            let entry = out.entries.len();
            out.entries.push(Entry {
                list: number,
                language: term.language,
                weight: term.weight,
                purpose,
                kind: Arc::clone(&kind),
                rule: Arc::clone(&rule.1),
                term: term.text.as_str().into(),
                line: term.line,
            });
            let ambiguity = senses.get(&(term.language, term.text.to_lowercase())).copied();
            if let Err(fault) = spell(term, list.compounds.unwrap_or(true), (entry, ambiguity), &mut sets, &mut out) {
                faults.add(&list.file, term.line, fault);
            }
        }
        for expression in &list.expressions {
            let regex = match build_regex(&expression.source) {
                Ok(regex) => regex,
                Err(reason) => {
                    let fault = Fault::BadRegex { id: expression.id.clone(), reason };
                    faults.add(&list.file, expression.line, fault);
                    continue;
                }
            };
            out.expressions.push(Expression { regex, entry: out.entries.len() });
            out.entries.push(Entry {
                list: number,
                language: expression.language,
                weight: Weight::Plain,
                purpose,
                kind: Arc::clone(&kind),
                rule: list.rule(expression.line).into(),
                term: expression.id.as_str().into(),
                line: expression.line,
            });
        }
        if faults.enough() {
            break;
        }
    }
    faults.none_or()?;
    let unbuildable = |reason| {
        let mut faults = Faults::default();
        faults.add("patterns", 0, Fault::Unbuildable(reason));
        faults
    };
    out.plain = patterns(&mut out.spellings, Folding::Plain).map_err(unbuildable)?;
    out.lossy = patterns(&mut out.spellings, Folding::Lossy).map_err(unbuildable)?;
    Ok(out)
}

/// Cues are compared with single words of the matching copy: folded, the longest word of each.
fn folded_cues(ambiguity: &Ambiguity) -> Ambiguity {
    let mut folder = Folded::default();
    let mut fold = |cues: &[String]| -> Vec<String> {
        cues.iter()
            .filter_map(|cue| cue.split_whitespace().max_by_key(|w| w.chars().count()))
            .map(|word| {
                folder.fold(word, Folding::Plain);
                String::from_utf8_lossy(folder.bytes()).into_owned()
            })
            .collect()
    };
    Ambiguity { innocent: fold(&ambiguity.innocent), personal: fold(&ambiguity.personal), ..ambiguity.clone() }
}

/// Expressions are matched against the folded text, so they are folded too, and ASCII.
fn build_regex(source: &str) -> Result<Regex, String> {
    let regex = Regex::builder()
        .syntax(syntax::Config::new().unicode(false).utf8(false).case_insensitive(true))
        .configure(Regex::config().nfa_size_limit(Some(REGEX_MEMORY)).utf8_empty(false))
        .build(&fold_source(source))
        .map_err(|e| one_line(&e))?;
    if regex.is_match(b"") {
        return Err("matches everywhere: nothing at all satisfies it".to_owned());
    }
    Ok(regex)
}

/// What the library says of an expression: its innermost reason, which is a sentence; the outer ones draw a
/// picture of several lines.
fn one_line(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let text = innermost.to_string();
    let last = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    last.trim().trim_start_matches("error: ").to_owned()
}

/// Letters as the fold writes them; escapes and syntax are ASCII and stay.
fn fold_source(source: &str) -> String {
    source
        .chars()
        .map(|c| match lower(c) {
            'å' | 'ä' | 'æ' => 'a',
            'ö' | 'ø' => 'o',
            _ => c,
        })
        .collect()
}

fn spell(
    term: &Term,
    compounds: bool,
    (entry, ambiguity): (usize, Option<usize>),
    sets: &mut Sets,
    out: &mut Compiled,
) -> Result<(), Fault> {
    let letters = || term.text.chars().filter(|c| c.is_alphabetic());
    let capitals = letters().count() > 1 && letters().all(char::is_uppercase);
    let case = if capitals {
        Case::Capitals
    } else if term.weight == Weight::Ambiguous && term.text.chars().next().is_some_and(char::is_uppercase) {
        Case::Initial
    } else {
        Case::Any
    };
    for spelling in spellings(&term.text)? {
        let spelling = spelling.to_lowercase();
        let (head, last) = match spelling.rsplit_once(' ') {
            Some((head, last)) => (Some(head), last),
            None => (None, spelling.as_str()),
        };
        let stems = match () {
            () if term.exact || term.open => vec![Stem { text: last.to_owned(), endings: EXACT }],
            () if capitals => vec![Stem { text: last.to_owned(), endings: ABBREVIATION }],
            () => stems(last, term.language),
        };
        let heads =
            if term.exact { head.iter().map(|h| (*h).to_owned()).collect() } else { agreeing_heads(head, term) };
        let compounds = compounds
            && head.is_none()
            && !term.exact
            && !term.open
            && !capitals
            && term.weight != Weight::Ambiguous
            && !matches!(term.language, Language::En | Language::Int);
        for stem in stems {
            let endings = sets.number(&stem, &mut out.endings);
            let may_go_on = match last.strip_prefix(stem.text.as_str()) {
                // a stem cut short by an ending is no first element: `polit` of `politiet`
                Some(cut) => matches!(cut, "" | "a" | "e"),
                // `föräldraansvar`
                None => term.language == Language::Sv,
            };
            let mut push = |text: String| {
                out.spellings.push(Spelling {
                    entry,
                    text: text.into(),
                    endings,
                    case,
                    open: term.open,
                    first_element: compounds && may_go_on,
                    last_element: compounds,
                    folded: 0,
                    ambiguity,
                });
            };
            if heads.is_empty() {
                push(stem.text.clone());
            }
            for head in &heads {
                push(format!("{head} {}", stem.text));
            }
        }
    }
    Ok(())
}

/// Sets of endings met so far, by number.
#[derive(Default)]
struct Sets(Vec<(Endings, Option<char>)>);

impl Sets {
    /// The number of a stem's set, which is added if it is new.
    fn number(&mut self, stem: &Stem, all: &mut Vec<Vec<u64>>) -> usize {
        let seam = joining(&stem.text);
        let known = self.0.iter().position(|(of, after)| std::ptr::eq(*of, stem.endings) && *after == seam);
        known.unwrap_or_else(|| {
            self.0.push((stem.endings, seam));
            all.push(packed_endings(stem.endings, seam));
            all.len().saturating_sub(1)
        })
    }
}

/// The words before the last one, with the first of them in its agreeing forms.
fn agreeing_heads(head: Option<&str>, term: &Term) -> Vec<String> {
    let Some(head) = head else { return Vec::new() };
    let (first, rest) = head.split_once(' ').map_or((head, ""), |(f, r)| (f, r));
    agreeing(first, term.language)
        .into_iter()
        .map(|f| if rest.is_empty() { f } else { format!("{f} {rest}") })
        .collect()
}

fn patterns(spellings: &mut [Spelling], folding: Folding) -> Result<Patterns, String> {
    let mut folder = Folded::default();
    let mut by_key: HashMap<Vec<u8>, Value> = HashMap::with_capacity(spellings.len());
    let mut groups: Vec<Vec<u32>> = Vec::new();
    for (index, spelling) in spellings.iter_mut().enumerate() {
        folder.fold(&spelling.text, folding);
        if folding == Folding::Plain {
            spelling.folded = folder.bytes().len();
            spelling.first_element &= spelling.folded >= FIRST_ELEMENT_FROM;
            spelling.last_element &= spelling.folded >= LAST_ELEMENT_FROM;
        } else if !folder.bytes().contains(&LOST) {
            continue;
        }
        let next = Value::new(groups.len()).ok_or("too many keys")?;
        let value = by_key.entry(folder.bytes().to_vec()).or_insert(next);
        if *value == next {
            groups.push(Vec::new());
        }
        if let Some(members) = groups.get_mut(value.group()) {
            members.push(u32::try_from(index).map_err(|_| "too many spellings")?);
        }
        if spelling.last_element {
            value.let_stand_inside();
        }
        if spelling.first_element || spelling.open {
            value.let_go_on();
        }
    }
    let mut out = Patterns { keys: Keys::new(&by_key)?, ..Patterns::default() };
    for members in groups {
        out.groups.push(u32::try_from(out.members.len()).map_err(|_| "too many spellings")?);
        out.members.extend(members);
    }
    Ok(out)
}
