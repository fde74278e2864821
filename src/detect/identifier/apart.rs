//! A birth date, some words, and the last digits: `født 12.05.1979, personnr. 00499`.

use super::labels::{Labels, Role};
use super::read::{Candidate, Writing};
use super::surroundings::slice_after;
use super::written::{Gap, Group, Groups, Written, digits};
use super::{fold::fold, norway, sweden};

/// Bytes between the date and the digits.
const BETWEEN: usize = 48;

/// Reads the groups as a date and looks behind them for the digits that complete it.
pub fn read(text: &str, groups: &Groups, today: (i16, u8, u8), labels: &Labels) -> Option<Candidate> {
    let all = groups.as_slice();
    [1, 3].into_iter().find_map(|n| {
        let groups = all.get(..n)?;
        let digits = groups.iter().fold(0_usize, |digits, group| digits.saturating_add(group.len()));
        let joined = |group: &Group| matches!(group.before, None | Some(Gap::Dot | Gap::Hyphen | Gap::Slash));
        let dated = matches!(digits, 6 | 8) && groups.iter().all(joined);
        dated.then(|| complete(text, &Written::of(text.as_bytes(), groups)?, today, labels)).flatten()
    })
}

fn complete(text: &str, date: &Written, today: (i16, u8, u8), labels: &Labels) -> Option<Candidate> {
    let line = slice_after(text, date.end, BETWEEN).split('\n').next()?;
    let gap = line.find(|c: char| c.is_ascii_digit())?;
    let start = date.end.saturating_add(gap);
    let end = start.saturating_add(digits(text.as_bytes(), start, 6));
    let between = line.get(..gap)?;
    let words = between.bytes().any(|b| b.is_ascii_alphabetic() || !b.is_ascii());
    if !words || !matches!(end.saturating_sub(start), 4 | 5) {
        return None;
    }
    let folded = fold(between);
    if !labels.hits(&folded).any(|hit| matches!(hit.role, Role::LastDigits)) {
        return None;
    }
    let joined: Vec<Group> =
        date.groups.iter().copied().chain([Group { start, end, before: Some(Gap::Space) }]).collect();
    let number = Written::of(text.as_bytes(), &joined)?;
    let digits = number.digits.get(..number.len)?;
    let (reading, value) = match (date.len, end.saturating_sub(start)) {
        (6, 5) => (norway::read(&number.exactly::<11>()?)?, digits.to_vec()),
        (8, 5) => {
            let [d1, d2, m1, m2, _, _, rest @ ..] = number.exactly::<13>()?;
            let [y1, y2, n1, n2, n3, n4, n5] = rest;
            let eleven = [d1, d2, m1, m2, y1, y2, n1, n2, n3, n4, n5];
            (norway::read(&eleven)?, eleven.to_vec())
        }
        (6, 4) => (sweden::read_ten(&number.exactly::<10>()?, today, false)?, digits.to_vec()),
        (8, 4) => (sweden::read_twelve(&number.exactly::<12>()?, today)?, digits.get(2..)?.to_vec()),
        _ => return None,
    };
    let value = value.iter().map(|&d| char::from(d.saturating_add(b'0'))).collect();
    let writing = Writing { digits: number.len, label: Some(Role::LastDigits), ..Writing::default() };
    Some(Candidate { span: date.start..end, value, readings: vec![reading], writing })
}
