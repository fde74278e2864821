//! Names that are not the ones a mail is about: its writer and its reader, colleagues, those who act
//! for an office.
//!
//! They are told by where they stand: in a greeting, in a closing or under it, alone on the last
//! lines, next to the word for a profession; or because the caller knows them.

use std::ops::Range;

use super::names::{Class, Names};
use super::words;
use crate::detect::Context;
use crate::text::View;

/// Words of a greeting before the name, and characters of its line.
const GREETING_WORDS: usize = 5;
/// Lines at the end of a text that may be a signature without a closing.
const LAST_LINES: usize = 4;
/// Lines under a closing that belong to it.
const UNDER_CLOSING: usize = 3;
/// Characters of a line that is a name, a title, a unit.
const SIGNATURE_LINE: usize = 60;
/// Words of a closing and what stands before the name in it (`Hilsen Boligkontoret v/ Tor`).
const CLOSING_WORDS: usize = 6;
/// Bytes of a line that is looked through as a list, and officials that make it one of theirs.
const LONGEST_LIST: usize = 1_000;
const LISTED_OFFICIALS: usize = 2;
/// Words of a label in front of a name.
const LABEL_WORDS: usize = 4;
/// Words behind a name and a comma that may be a title.
const TITLE_WORDS: usize = 4;

/// Why the name is a colleague's; none when it is not.
pub fn reason(view: &View, span: &Range<usize>, own: &Own, names: &Names) -> Option<&'static str> {
    let text = view.normal();
    let name = text.get(span.clone())?;
    if own.has(name) || names.is_colleague(name) {
        return Some("known");
    }
    let (start, end) = words::line(text.as_bytes(), span.start);
    let line = text.get(start..end)?;
    let head = text.get(start..span.start)?;
    if is_greeting(head, text.get(span.end..end)?, names) {
        return Some("greeting");
    }
    // `… stängd på tisdag. Mvh Margareta Lind`
    let after_stop = head.rsplit(['.', '!', '?']).next().filter(|last| last.len() < head.len()).unwrap_or_default();
    if is_closing(after_stop, names) && text.get(span.end..end).is_some_and(|tail| tail.trim().is_empty()) {
        return Some("sign-off");
    }
    let short = words::is_within(line, SIGNATURE_LINE) && head.split(' ').count() <= CLOSING_WORDS;
    if is_closing(head, names) || (short && under_closing(text, start, names)) {
        return Some("sign-off");
    }
    if is_profession_beside(text, span, line, head, end, names) {
        return Some("profession");
    }
    is_last_line(view, span, start, end, names).then_some("sign-off")
}

/// Nothing but words of a greeting (and other names of it) before the name, and nothing behind it
/// that goes on about the person: `Hei, Geir Ruud kommer ikke` greets nobody.
fn is_greeting(head: &str, tail: &str, names: &Names) -> bool {
    let head = head.trim_start_matches(['>', ' ']);
    let mut words = head.split([' ', ',']).filter(|w| !w.is_empty()).peekable();
    // Almost every name is settled here.
    if !words.peek().is_some_and(|w| names.look_up(w).has(Class::GREETING)) {
        return false;
    }
    let filler = |w: &str| {
        let class = names.look_up(w);
        class.has(Class::GREETING) || class.has(Class::GREETING_FILLER)
    };
    let next = tail.trim_start().split(' ').next().unwrap_or_default();
    let closes = match head.contains(',') {
        true => matches!(tail.trim_end(), "" | "!" | "," | "."),
        false => {
            tail.trim_start().is_empty()
                || tail.starts_with(['!', ',', '.', ':', '-'])
                || matches!(next, "-" | "!")
                || filler(next)
        }
    };
    closes
        && !head.contains([':', '.', '!', '?'])
        && head.split(' ').filter(|w| !w.is_empty()).count() <= GREETING_WORDS
        && words.all(|w| filler(w) || (words::is_capital(w) && names.class_of_name(w).has(Class::GIVEN)))
}

/// The line begins with a closing, or with the slash that stands for one.
fn is_closing(head: &str, names: &Names) -> bool {
    let head = head.trim_start_matches(['>', ' ']);
    if head.starts_with('/') {
        return true;
    }
    let first = head.split([' ', ',', '.', '!']).next().unwrap_or_default();
    if !names.look_up(first).has(Class::CLOSING_HEAD) {
        return false;
    }
    let line: Vec<&str> = head.split([' ', ',', '.', '!']).filter(|w| !w.is_empty()).collect();
    // `Thanks for calling back! The person is …` goes on.
    if line.len() > CLOSING_WORDS {
        return false;
    }
    (1..=line.len().min(3)).any(|n| line.get(..n).is_some_and(|words| names.phrase(words).has(Class::CLOSING)))
}

/// A line of the few above closes the mail, with nothing but short lines in between.
fn under_closing(text: &str, start: usize, names: &Names) -> bool {
    let above = text.get(..start).unwrap_or_default();
    let mut lines = above.trim_end_matches('\n').rsplit('\n').filter(|l| !l.trim_matches(['>', ' ']).is_empty());
    for _ in 0..UNDER_CLOSING {
        let Some(line) = lines.next() else { return false };
        if !words::is_within(line, SIGNATURE_LINE) {
            return false;
        }
        if is_closing(line, names) {
            return true;
        }
    }
    false
}

/// `skolsköterska Monica Wall`, `Samtalsledare är Kicki Boman`, `Agneta Kroon, demenssamordnare`,
/// `Arne Skare (Sp)`, a title on the next line.
fn is_profession_beside(text: &str, span: &Range<usize>, line: &str, head: &str, end: usize, names: &Names) -> bool {
    // `Kontaktperson: Per Ek, pappa`
    let tail = text.get(span.end..end).unwrap_or_default();
    let behind = tail.strip_prefix(", ").or_else(|| tail.strip_prefix(" (")).unwrap_or_default();
    let kin = behind.split([' ', ',', ')', '.', '\n']).next().unwrap_or_default();
    if !kin.is_empty() && names.look_up(kin).any_of(&[Class::KIN, Class::ROLE_DEFINITE, Class::ROLE_INDEFINITE]) {
        return false;
    }
    let mut before = head.rsplit(' ').map(|w| w.trim_matches(['(', '"', '.', ':'])).filter(|w| !w.is_empty());
    let nearest = before.next().unwrap_or_default();
    let linked = names.look_up(nearest).has(Class::PROFESSION_LINK).then(|| before.next()).flatten();
    if is_under_label(head, names) {
        return true;
    }
    if head.ends_with(' ') && (names.is_profession(nearest) || linked.is_some_and(|w| names.is_profession(w))) {
        return true;
    }
    if is_list_of_officials(line, names) {
        return true;
    }
    let bracket = tail.strip_prefix(" (").and_then(|t| t.split_once(')')).map(|(inside, _)| inside);
    if bracket.is_some_and(|letters| names.is_party(letters)) {
        return true;
    }
    let behind = match bracket.or_else(|| tail.strip_prefix(", ")).or_else(|| tail.strip_prefix(" - ")) {
        Some(title) => title,
        None if tail.trim_start().is_empty() => {
            let next = text.get(end..).unwrap_or_default().trim_start_matches('\n');
            next.split('\n').next().unwrap_or_default()
        }
        None => return false,
    };
    behind
        .split([' ', ',', ')', '|', '.', '/'])
        .filter(|w| !w.is_empty())
        .take(TITLE_WORDS)
        .any(|w| names.is_profession(w))
}

/// `Til stades: Margit Lie (leiar), Ottar Vik (LHL), Gunnar Sæbø (H)`: a list in which two or more have an
/// office or a party, and nobody a part in a case.
fn is_list_of_officials(line: &str, names: &Names) -> bool {
    if line.len() > LONGEST_LIST || memchr::memchr_iter(b'(', line.as_bytes()).nth(LISTED_OFFICIALS - 1).is_none() {
        return false;
    }
    let mut officials = 0_usize;
    for inside in line.split('(').skip(1).filter_map(|rest| rest.split_once(')')).map(|(inside, _)| inside) {
        let mut words = inside.split([' ', ',', '/']).filter(|w| !w.is_empty());
        if words.clone().any(|w| names.look_up(w).any_of(&[Class::ROLE_DEFINITE, Class::ROLE_INDEFINITE, Class::KIN])) {
            return false;
        }
        officials = officials.saturating_add(usize::from(words.any(|w| names.is_party(w) || names.is_profession(w))));
    }
    officials >= LISTED_OFFICIALS
}

/// `Sakkunnig hemtjänst: Jörgen Wallin`, `Fackliga: Vision, Petra Orre; …`: the line begins with the name of
/// an office or a desk.
fn is_under_label(head: &str, names: &Names) -> bool {
    // `Läkare: Per Hansen. Patient: …`: the label of this sentence, and of this part of it.
    if memchr::memchr(b':', head.as_bytes()).is_none() {
        return false;
    }
    let sentence = head.rsplit(". ").next().unwrap_or_default();
    let Some((before, _)) = sentence.rsplit_once(':') else { return false };
    let label = before.rsplit([',', ';', ':']).next().unwrap_or_default();
    let words = || label.split([' ', '/', '-', '>', '*', '(', ')']).filter(|w| !w.is_empty());
    let named = |w: &str| names.is_profession(w) || names.look_up(w).has(Class::DESK);
    words().count() <= LABEL_WORDS && words().any(named)
}

/// A line of nothing but the name (and a unit or title), set off at the end of its text.
fn is_last_line(view: &View, span: &Range<usize>, start: usize, end: usize, names: &Names) -> bool {
    let text = view.normal();
    let line = text.get(start..end).unwrap_or_default();
    let alone = text.get(start..span.start).is_some_and(|h| h.trim_matches(['>', ' ', '-', '/']).is_empty());
    if !alone || !words::is_within(line, SIGNATURE_LINE) {
        return false;
    }
    let tail = text.get(span.end..end).unwrap_or_default();
    // `Kalle, boendestödet`, `Vidar i oppfølgingstjenesten`: no second name, no number.
    // `Per Ek har ramlat.` tells about him.
    let first = tail.trim_start().split(' ').next().unwrap_or_default();
    let introduced = tail.trim().is_empty()
        || tail.starts_with([',', '/', '|', '('])
        || tail.starts_with(" - ")
        || tail.starts_with(" /")
        || words::is_capital(first)
        || names.described().is_place(first);
    let unit = introduced
        && !tail.bytes().any(|b| b.is_ascii_digit() || b == b':' || b == b'?')
        && tail.split(' ').count() <= TITLE_WORDS;
    if !unit {
        return false;
    }
    let zone = zone_end(view, span.start);
    let rest = text.get(end..zone).unwrap_or_default();
    let quoted = |l: &&str| !l.trim_matches(['>', ' ']).is_empty();
    let below: Vec<&str> = rest.split('\n').filter(quoted).take(LAST_LINES).collect();
    let above = text.get(..start).unwrap_or_default();
    let set_off =
        above.trim_end_matches(['>', ' ']).ends_with("\n\n") || above.trim_end_matches(['>', ' ']).ends_with("\n>\n");
    let has_text_above = above.split('\n').any(|l| quoted(&l));
    let short = |l: &&str| {
        words::is_within(l, SIGNATURE_LINE) && !l.ends_with(['.', '?']) && !names.class_of_first(l).has(Class::PRONOUN)
    };
    set_off && has_text_above && below.len() < LAST_LINES && below.iter().all(short)
}

/// Where the zone that `at` stands in ends.
fn zone_end(view: &View, at: usize) -> usize {
    let zone = view.zone_at(at);
    let from = view.zones().partition_point(|z| z.span.end <= at);
    let rest = view.zones().get(from..).unwrap_or_default();
    rest.iter().take_while(|z| z.zone == zone).last().map_or(view.normal().len(), |z| z.span.end)
}

/// The names of the mail's own people, from every word of theirs on to the end.
pub struct Own<'a>(Vec<(char, &'a str)>);

/// What holds the words of a name apart, in an address too.
const APART: [char; 6] = [' ', '.', '_', ',', '<', '('];

impl<'a> Own<'a> {
    pub fn of(ctx: &'a Context) -> Self {
        let locals = ctx.own_addresses.iter().filter_map(|a| a.split_once('@')).map(|(local, _)| local);
        let names = ctx.own_names.iter().map(String::as_str).chain(locals);
        Own(names.flat_map(tails).collect())
    }

    /// The whole name in either order, the end of a longer one (`Health Desk` of `Public Health
    /// Desk`), or one word of it alone.
    fn has(&self, name: &str) -> bool {
        let Some(first) = name.chars().next().map(fold_letter) else { return false };
        let alone = !name.contains(' ');
        // `Moen, Ingrid` is `Ingrid Moen`.
        let reordered = |tail: &str| {
            let (last, given) = tail.split_once(", ")?;
            let (name_given, name_last) = name.rsplit_once(' ')?;
            Some(same(given, name_given) && same(last, name_last))
        };
        let last = name.rsplit(' ').next().and_then(|w| w.chars().next()).map(fold_letter);
        self.0.iter().any(|(letter, tail)| {
            let word = if alone { tail.split(APART).next().unwrap_or_default() } else { tail };
            (*letter == first && same(word, name)) || (Some(*letter) == last && reordered(tail) == Some(true))
        })
    }
}

/// A name from each of its words on, with the first letter of each, folded.
fn tails(name: &str) -> impl Iterator<Item = (char, &str)> {
    let mut before = ' ';
    name.char_indices().filter_map(move |(at, c)| {
        let starts = APART.contains(&before) && !APART.contains(&c);
        before = c;
        starts.then(|| (fold_letter(c), name.get(at..).unwrap_or_default()))
    })
}

fn fold_letter(c: char) -> char {
    base(c.to_lowercase().next().unwrap_or(c))
}

/// Equal without regard to case, accents (addresses have none) and what holds words apart.
fn same(a: &str, b: &str) -> bool {
    a.chars().map(fold_letter).eq(b.chars().map(fold_letter))
}

fn base(c: char) -> char {
    match c {
        'å' | 'ä' | 'æ' => 'a',
        'ö' | 'ø' => 'o',
        'é' | 'è' => 'e',
        '.' | '_' => ' ',
        c => c,
    }
}
