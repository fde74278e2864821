//! Character references of HTML.

use html5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};

use super::cursor::Cursor;

/// Longest name in the entity table, with its semicolon.
const MAX_ENTITY: usize = 33;

/// Character references decoded: WHATWG HTML section 13.2.5.72.
pub(super) fn decode_entities(source: &[u8], attribute: bool) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = Cursor::new(source);
    loop {
        out.push_str(&String::from_utf8_lossy(rest.take_to(b'&')));
        if rest.next().is_none() {
            return out;
        }
        let decoded = match rest.peek() {
            Some(b'#') => numeric_reference(rest.rest().get(1..).unwrap_or_default()).map(|(c, len)| {
                out.push(c);
                len.saturating_add(1)
            }),
            Some(first) if first.is_ascii_alphanumeric() => {
                named_reference(rest.rest(), attribute).map(|(chars, len)| {
                    out.extend(chars.into_iter().flatten());
                    len
                })
            }
            _ => None,
        };
        match decoded {
            Some(len) => rest.skip(len),
            None => out.push('&'),
        }
    }
}

/// The character and the length after `&#`.
fn numeric_reference(bytes: &[u8]) -> Option<(char, usize)> {
    let (radix, prefix) = if matches!(bytes.first(), Some(b'x' | b'X')) { (16, 1) } else { (10, 0) };
    let digits = bytes.get(prefix..)?;
    let len = digits.iter().take_while(|b| char::from(**b).is_digit(radix)).count();
    if len == 0 {
        return None;
    }
    let significant = std::str::from_utf8(digits.get(..len)?).ok()?.trim_start_matches('0');
    let c = match u32::from_str_radix(significant, radix).ok() {
        Some(code @ 0x80..=0x9F) => {
            let index = usize::try_from(code.saturating_sub(0x80)).unwrap_or(0);
            C1_REPLACEMENTS.get(index).copied().flatten().or(char::from_u32(code))
        }
        code => code.and_then(char::from_u32),
    };
    let semicolon = usize::from(digits.get(len) == Some(&b';'));
    Some((c.unwrap_or(char::REPLACEMENT_CHARACTER), prefix.saturating_add(len).saturating_add(semicolon)))
}

/// The characters and the length after `&`; the longest name wins.
fn named_reference(bytes: &[u8], attribute: bool) -> Option<([Option<char>; 2], usize)> {
    let head = bytes.get(..MAX_ENTITY).unwrap_or(bytes);
    let run = head.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    let end = run.saturating_add(usize::from(head.get(run) == Some(&b';')));
    let name = std::str::from_utf8(head.get(..end)?).ok()?;
    let (len, &(first, second)) = (1..=end).rev().find_map(|len| {
        let entity = NAMED_ENTITIES.get(name.get(..len)?)?;
        (entity.0 != 0).then_some((len, entity))
    })?;
    // In attributes `&copy=` and `&copyx` are text.
    let bare = name.get(..len).is_some_and(|name| !name.ends_with(';'));
    if attribute && bare && bytes.get(len).is_some_and(|b| *b == b'=' || b.is_ascii_alphanumeric()) {
        return None;
    }
    Some(([char::from_u32(first), Some(second).filter(|code| *code != 0).and_then(char::from_u32)], len))
}
