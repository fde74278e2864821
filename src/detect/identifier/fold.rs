//! Text folded for label matching.

/// Lower-case ASCII letters and digits; `å ä æ` are `a`, `ö ø` are `o`, accents go; a line end stays;
/// everything else is a space, and spaces stand alone. A space is put between letter and digit, so
/// that a label glued to its number is still a word.
pub fn fold(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut folded: Vec<u8> = Vec::with_capacity(text.len().saturating_add(8));
    let mut before = None;
    let mut at = 0_usize;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let word = rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        if let Some(word) = rest.get(..word).filter(|word| !word.is_empty()) {
            if folded.last().is_some_and(u8::is_ascii_digit) {
                folded.push(b' ');
            }
            folded.extend(word.iter().map(u8::to_ascii_lowercase));
            (at, before) = (at.saturating_add(word.len()), None);
            continue;
        }
        let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
        at = at.saturating_add(c.len_utf8());
        push(&mut folded, behind(before.replace(c), c));
    }
    while folded.last() == Some(&b' ') {
        folded.pop();
    }
    // Always ASCII.
    String::from_utf8(folded).unwrap_or_default()
}

/// One folded character more, apart from the last one as it has to be.
fn push(folded: &mut Vec<u8>, c: u8) {
    match (folded.last().copied().unwrap_or(b' '), c) {
        (b' ' | b'\n', b' ') => return,
        (b' ', b'\n') => {
            folded.pop();
        }
        (b'0'..=b'9', b'a'..=b'z') | (b'a'..=b'z', b'0'..=b'9') => folded.push(b' '),
        _ => {}
    }
    folded.push(c);
}

/// What an ASCII character becomes.
pub fn ascii(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' | b'0'..=b'9' | b'\n' => byte,
        b'A'..=b'Z' => byte | 0x20,
        _ => b' ',
    }
}

/// What one character becomes that stands behind another: two that show one letter of broken UTF-8 become spaces.
pub fn behind(before: Option<char>, c: char) -> u8 {
    match c {
        c if c.is_ascii() => u8::try_from(c).map_or(b' ', ascii),
        c if opens_broken(c) || before.is_some_and(opens_broken) => b' ',
        c => base(c),
    }
}

/// UTF-8 read as Latin-1 shows two characters for one letter.
fn opens_broken(c: char) -> bool {
    matches!(c, 'Ã' | 'Â')
}

fn base(c: char) -> u8 {
    match c {
        'å' | 'ä' | 'æ' | 'á' | 'à' | 'â' | 'ã' | 'Å' | 'Ä' | 'Æ' | 'Á' | 'À' | 'Â' => b'a',
        'ö' | 'ø' | 'ó' | 'ò' | 'ô' | 'õ' | 'Ö' | 'Ø' | 'Ó' | 'Ò' | 'Ô' => b'o',
        'é' | 'è' | 'ê' | 'ë' | 'É' | 'È' => b'e',
        'ü' | 'ú' | 'ù' | 'Ü' => b'u',
        'í' | 'ì' | 'î' | 'ï' => b'i',
        'đ' | 'ð' => b'd',
        'ŋ' | 'ń' | 'ñ' => b'n',
        'š' | 'ś' => b's',
        'ž' | 'ź' => b'z',
        'č' | 'ć' | 'ç' => b'c',
        'ŧ' => b't',
        _ => b' ',
    }
}
