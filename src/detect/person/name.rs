//! Names in running text: which capitalised words belong together, and how surely they are a person.

use std::ops::Range;

use super::names::{Class, Names};
use super::words::{self, Word};
use crate::detect::category::Strength;

/// Words of one name, particles included.
const MAX_WORDS: usize = 6;
/// Letters of an initial inside a name.
const INITIAL: usize = 1;
const INITIAL_BYTES: usize = 2;
/// Letters of a patronymic that stands alone, and of capitals that are no name alone (`NOK`).
const SHORTEST_PATRONYMIC: usize = 6;
const LONGEST_ABBREVIATION: usize = 3;
/// Letters of a surname known by its ending alone, without its capital.
const SHORTEST_LOWER_BY_ENDING: usize = 7;
/// Letters of an unlisted given name that begins a sentence.
const SHORTEST_OPENING: usize = 4;
/// Shortest surname that makes a name of an unlisted given name.
const SHORTEST_TELLING: usize = 4;

/// A name as found, before it is known whose it is.
#[derive(Debug)]
pub struct Name {
    pub kind: &'static str,
    pub strength: Strength,
    pub span: Range<usize>,
    pub reason: &'static str,
}

/// What stands right before a word on the same line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Before<'a> {
    pub word: &'a str,
    pub class: Class,
    /// Nothing but spaces in between.
    pub joined: bool,
}

/// What a capitalised word may be as a name, or nothing when none begins with it: as almost always. `titled` says
/// whether a title stands before it.
#[inline]
pub fn may_begin(text: &str, word: &Word, class: Class, names: &Names, titled: impl FnOnce() -> bool) -> Option<Class> {
    let class = match class == Class::default() && may_be_inflected(text, word) {
        true => names.class_of_name(text.get(word.start..word.end)?),
        false => class,
    };
    (class.has(Class::LISTED) || goes_on(text, word.end) || titled()).then_some(class)
}

/// Reads a name that begins at `word`, of the class [`may_begin`] tells.
pub fn read(text: &str, word: &Word, class: Class, before: &Before, names: &Names) -> Option<Name> {
    let titled = before.joined && before.class.has(Class::TITLE);
    if before.joined && before.class.has(Class::PLACE) {
        return None;
    }
    let opens = words::opens_sentence(text.as_bytes(), word.start);
    let person_before = before.joined
        && (before.class.has(Class::ROLE_DEFINITE)
            || before.class.has(Class::ROLE_INDEFINITE)
            || before.class.has(Class::KIN)
            || before.class.has(Class::NAMED) && text.get(..word.start).unwrap_or_default().trim_end().ends_with(':'));
    let alone = || alone(text.get(word.start..word.end)?, word, before, names);
    // A sentence begins with a capital, whatever the word.
    if !class.has(Class::LISTED)
        && opens
        && !titled
        && !person_before
        && word.end.saturating_sub(word.start) > INITIAL_BYTES
        && !goes_on(text, word.end)
    {
        return alone();
    }
    let parts = parts(text, word, names);
    let name = match (class.has(Class::GIVEN), titled) {
        (true, _) => with_given(text, &parts, class, opens, before, names),
        (false, true) => titled_surname(text, &parts, names),
        (false, false) => reversed(text, word, class, names)
            .or_else(|| reversed_cell(text, word, class, &parts, names))
            .or_else(|| unlisted(text, &parts, opens, person_before, names))
            .or_else(alone),
    }?;
    (!is_institution(text, &parts, names)).then_some(name)
}

/// `hjem til Jørgensen`: a patronymic alone, behind a word that leads to somebody.
fn alone(written: &str, word: &Word, before: &Before, names: &Names) -> Option<Name> {
    let leads = before.joined && names.look_up(before.word).has(Class::LEADS_TO);
    let right = leads && written.chars().count() >= SHORTEST_PATRONYMIC && names.is_patronymic(written);
    right.then_some(Name {
        kind: "name.surname",
        strength: Strength::Weak,
        span: word.start..word.end,
        reason: "surname-alone",
    })
}

/// A genitive, a double name or capitals may hide a listed name.
fn may_be_inflected(text: &str, word: &Word) -> bool {
    let last = word.end.checked_sub(1).and_then(|last| text.as_bytes().get(last));
    word.hyphenated
        || word.accented && text.get(word.start..word.end).is_some_and(words::has_marks)
        || match last {
            Some(b'a'..=b'z') => last == Some(&b's'),
            _ => text.get(word.start..word.end).is_some_and(words::is_shouted),
        }
}

/// Another capital follows after a space or an initial's dot.
fn goes_on(text: &str, end: usize) -> bool {
    let bytes = text.as_bytes();
    let past = |at: usize, mark: u8| at.saturating_add(usize::from(bytes.get(at) == Some(&mark)));
    words::is_capital_at(text, past(past(end, b'.'), b' '))
}

/// The capitalised words, initials and particles of one name.
struct Parts {
    spans: Vec<Range<usize>>,
    /// The word behind them, with nothing but a space in between.
    next: Option<Range<usize>>,
}

impl Parts {
    fn end(&self) -> usize {
        self.spans.last().map_or(0, |s| s.end)
    }

    fn span(&self) -> Range<usize> {
        self.spans.first().map_or(0, |s| s.start)..self.end()
    }

    fn last<'a>(&self, text: &'a str) -> &'a str {
        self.spans.last().and_then(|s| text.get(s.clone())).unwrap_or_default()
    }

    fn texts<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a str> {
        self.spans.iter().filter_map(move |s| text.get(s.clone()))
    }
}

fn parts(text: &str, first: &Word, names: &Names) -> Parts {
    let bytes = text.as_bytes();
    let mut spans = Vec::with_capacity(MAX_WORDS);
    spans.push(first.start..first.end);
    let mut particle: Option<Range<usize>> = None;
    let mut end = first.end;
    let mut next_word = None;
    while spans.len() < MAX_WORDS {
        let Some(next) = words::next(bytes, end) else { break };
        let between = text.get(end..next.start).unwrap_or_default();
        let Some(written) = text.get(next.start..next.end) else { break };
        if between == "'"
            && let Some(head) = spans.last_mut()
            && text.get(head.clone()).is_some_and(|head| names.is_before_apostrophe(head))
            && words::is_capital(written)
        {
            head.end = next.end;
            end = next.end;
            continue;
        }
        let initial_before = between == ". " && spans.last().is_some_and(|s| is_initial(text, s));
        let joined =
            between == " " || initial_before || (between == "." && spans.last().is_some_and(|s| is_initial(text, s)));
        if !joined {
            break;
        }
        if words::is_capital(written) {
            // A title or an honorific begins something new.
            let class = names.class(text, &next);
            // `Marius Bakke` and `Kongens Bakke 4`
            let numbered =
                || text.get(next.end..).is_some_and(|rest| rest.trim_start().starts_with(|c: char| c.is_ascii_digit()));
            let surname = class.has(Class::SURNAME) && spans.len() == 1 && !numbered();
            if class.has(Class::HONORIFIC) || class.any_of(&[Class::INSTITUTION, Class::STREET]) && !surname {
                next_word = Some(next.start..next.end);
                break;
            }
            spans.extend(particle.take());
            spans.push(next.start..next.end);
        } else if particle.is_none() && names.class(text, &next).has(Class::PARTICLE) {
            particle = Some(next.start..next.end);
        } else {
            next_word = Some(next.start..next.end);
            break;
        }
        end = next.end;
    }
    Parts { spans, next: particle.or(next_word) }
}

fn is_initial(text: &str, span: &Range<usize>) -> bool {
    text.get(span.clone()).is_some_and(|w| w.chars().count() == INITIAL && words::is_capital(w))
}

/// A street, a company, a school: the word behind the name or its last element says so.
fn is_institution(text: &str, parts: &Parts, names: &Names) -> bool {
    let says = |class: Class| class.has(Class::INSTITUTION) || class.has(Class::STREET);
    let next = parts.next.clone().and_then(|s| text.get(s));
    if next.is_some_and(|w| says(names.look_up(w)) || names.compound(w).has(Class::INSTITUTION)) {
        return true;
    }
    let last = parts.last(text);
    let listed = names.class_of_name(last);
    !listed.has(Class::SURNAME) && !listed.has(Class::GIVEN) && says(names.compound(last))
}

/// The first word is a listed given name.
fn with_given(text: &str, parts: &Parts, class: Class, opens: bool, before: &Before, names: &Names) -> Option<Name> {
    let ambiguous = class.has(Class::AMBIGUOUS);
    let rest: Vec<&str> = parts.texts(text).skip(1).collect();
    // `14-16 May`, `August 2026`; `NOK 500`.
    let first = parts.spans.first().cloned().unwrap_or_default();
    let short_capitals = rest.is_empty()
        && text.get(first.clone()).is_some_and(|w| words::is_shouted(w) && w.chars().count() <= LONGEST_ABBREVIATION);
    if rest.is_empty() && ambiguous && is_beside_number(text, &first) || short_capitals {
        return None;
    }
    let name =
        |kind, strength, end: usize, reason| Some(Name { kind, strength, span: parts.span().start..end, reason });
    if rest.is_empty() {
        let after_name = before.joined && words::is_capital(before.word) && before.class == Class::default();
        return match (ambiguous, opens || after_name) {
            (true, true) => None,
            (true, false) | (false, true) if after_name || ambiguous => {
                name("name.given", Strength::Weak, parts.end(), "given-name")
            }
            _ => name("name.given", Strength::Medium, parts.end(), "given-name"),
        };
    }
    let last = parts.last(text);
    let surname = rest.iter().rev().find(|w| w.chars().count() > INITIAL).is_some_and(|w| names.is_surname(w));
    if surname {
        return name("name.full", Strength::Strong, parts.end(), "given-and-surname");
    }
    if last.chars().count() == INITIAL {
        let dot = usize::from(text.as_bytes().get(parts.end()) == Some(&b'.'));
        let given = !(ambiguous && opens);
        return given
            .then(|| name("name.full", Strength::Medium, parts.end().saturating_add(dot), "given-and-initial"))
            .flatten();
    }
    if names.class_of_name(last).has(Class::GIVEN) {
        return name("name.given", Strength::Medium, parts.end(), "given-names");
    }
    // An ordinary word opening a sentence, and a capitalised word that is no surname: no name.
    if ambiguous && opens {
        return None;
    }
    name("name.full", if ambiguous { Strength::Weak } else { Strength::Medium }, parts.end(), "given-and-unlisted")
}

/// A number right before or behind, as a month or an item of a list has.
fn is_beside_number(text: &str, span: &Range<usize>) -> bool {
    let before = text.get(..span.start).unwrap_or_default().trim_end_matches([' ', '.', ':', 'a', 'e']);
    let behind = text.get(span.end..).unwrap_or_default().trim_start_matches([' ', '.']);
    before.ends_with(|c: char| c.is_ascii_digit()) || behind.starts_with(|c: char| c.is_ascii_digit())
}

/// `fru Solberg`, `familjen Qvarnlöf`.
fn titled_surname(text: &str, parts: &Parts, names: &Names) -> Option<Name> {
    let surname = names.is_surname(parts.last(text));
    let strength = if surname { Strength::Strong } else { Strength::Medium };
    Some(Name { kind: "name.surname", strength, span: parts.span(), reason: "title-and-surname" })
}

/// `Haddad, Rashid`, and cells of a list: `Axelsson;Elsa`.
fn reversed(text: &str, word: &Word, class: Class, names: &Names) -> Option<Name> {
    if !class.has(Class::SURNAME) {
        return None;
    }
    let next = words::next(text.as_bytes(), word.end)?;
    let between = text.get(word.end..next.start)?;
    let written = text.get(next.start..next.end)?;
    let apart = matches!(between, ", " | "," | ";" | "\t" | "^" | " | " | "|" | "_");
    let given = apart && words::is_capital(written) && names.class_of_name(written).has(Class::GIVEN);
    given.then_some(Name {
        kind: "name.full",
        strength: Strength::Strong,
        span: word.start..next.end,
        reason: "surname-first",
    })
}

/// `Berg Anna` at the start of a line or cell, where lists have the surname first.
fn reversed_cell(text: &str, word: &Word, class: Class, parts: &Parts, names: &Names) -> Option<Name> {
    let before = text.get(..word.start)?;
    let opens = before.is_empty() || before.ends_with(['\n', '\t', ';', '|']) || before.ends_with("| ");
    let behind = text.get(parts.end()..)?;
    let closes = behind.is_empty() || behind.starts_with(['\n', '\t', ';', '|', ',']) || behind.starts_with(" |");
    let given = names.class_of_name(parts.last(text));
    let right = class.has(Class::SURNAME)
        && opens
        && closes
        && parts.spans.len() == 2
        && given.has(Class::GIVEN)
        && !given.has(Class::AMBIGUOUS)
        && !given.has(Class::SURNAME);
    right.then_some(Name { kind: "name.full", strength: Strength::Medium, span: parts.span(), reason: "surname-first" })
}

/// A given name that no list has, before a surname that one has; or any two after a word for a person.
fn unlisted(text: &str, parts: &Parts, opens: bool, person_before: bool, names: &Names) -> Option<Name> {
    if parts.spans.len() < 2 || parts.texts(text).any(words::is_shouted) {
        return None;
    }
    let first = parts.texts(text).next().unwrap_or_default();
    let class = names.look_up(first);
    if class != Class::default() && !class.has(Class::SURNAME)
        || names.is_profession(first)
        || names.compound(first).has(Class::INSTITUTION)
    {
        return None;
    }
    // `Gravferd Lars Petter Nygård`: the name begins further on.
    let later = |w: &str| names.class_of_name(w);
    if parts.texts(text).skip(1).any(|w| later(w).has(Class::GIVEN) && !later(w).has(Class::SURNAME)) {
        return None;
    }
    let last = parts.last(text);
    if first.chars().count() == INITIAL && names.is_surname(last) {
        let strength = Strength::Medium;
        return Some(Name { kind: "name.full", strength, span: parts.span(), reason: "initial-and-surname" });
    }
    let telling = last.chars().count() >= SHORTEST_TELLING && names.class_of_name(last).has(Class::SURNAME);
    let strength = match (telling, person_before) {
        (_, true) => Strength::Medium,
        (true, false) if !opens || may_open(text, parts, first, names) => Strength::Weak,
        _ => return None,
    };
    Some(Name { kind: "name.full", strength, span: parts.span(), reason: "unlisted-given" })
}

/// `Tyril Haugen har ringt`: two words at the start of a sentence that goes on, of which the first is none that
/// sentences begin with.
fn may_open(text: &str, parts: &Parts, first: &str, names: &Names) -> bool {
    let goes_on = parts.next.as_ref().is_some_and(|next| text.get(parts.end()..next.start) == Some(" "));
    goes_on && parts.spans.len() == 2 && first.chars().count() >= SHORTEST_OPENING && !names.is_opener(first)
}

/// `anna svensson`, as in hurried notes: both words listed, neither an ordinary one.
pub fn read_lower(text: &str, word: &Word, names: &Names) -> Option<Name> {
    let next = words::next(text.as_bytes(), word.end)?;
    if text.get(word.end..next.start)? != " " {
        return None;
    }
    let written = text.get(next.start..next.end)?;
    let letters = written.chars().count();
    let listed = names.look_up(&words::as_title_of_lower(written)).has(Class::SURNAME);
    let right = listed && letters >= SHORTEST_TELLING
        || letters >= SHORTEST_LOWER_BY_ENDING && names.has_telling_ending(written);
    right.then_some(Name {
        kind: "name.full",
        strength: Strength::Medium,
        span: word.start..next.end,
        reason: "without-capitals",
    })
}

/// Cells of a list where the given name comes first: `Elsa;Axelsson`.
pub fn next_cell(text: &str, name: &mut Name, names: &Names) {
    if name.kind != "name.given" {
        return;
    }
    let Some(next) = words::next(text.as_bytes(), name.span.end) else { return };
    let between = text.get(name.span.end..next.start).unwrap_or_default();
    let Some(written) = text.get(next.start..next.end) else { return };
    if matches!(between, ";" | "," | "\t" | "^" | "|" | " | " | "_")
        && words::is_capital(written)
        && names.is_surname(written)
    {
        *name = Name {
            kind: "name.full",
            strength: Strength::Strong,
            span: name.span.start..next.end,
            reason: "given-and-surname",
        };
    }
}
