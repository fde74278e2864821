//! Text folded for label matching.

/// Lower-case ASCII letters and digits; `å ä æ` are `a`, `ö ø` are `o`, accents go; a line end stays;
/// everything else is a space, and spaces stand alone. A space is put between letter and digit, so
/// that a label glued to its number is still a word.
pub fn fold(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut folded: Vec<u8> = Vec::with_capacity(text.len().saturating_add(8));
    let mut broken = false;
    let mut last = b' ';
    let mut at = 0_usize;
    while let Some(&byte) = bytes.get(at) {
        let c = if byte < 0x80 {
            broken = false;
            at = at.saturating_add(1);
            ascii(byte)
        } else {
            let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
            at = at.saturating_add(c.len_utf8());
            match c {
                // UTF-8 read as Latin-1 shows two characters for one letter.
                'Ã' | 'Â' => {
                    broken = true;
                    b' '
                }
                _ if broken => {
                    broken = false;
                    b' '
                }
                c => base(c),
            }
        };
        match (last, c) {
            (b' ' | b'\n', b' ') => continue,
            (b' ', b'\n') => {
                folded.pop();
            }
            (b'0'..=b'9', b'a'..=b'z') | (b'a'..=b'z', b'0'..=b'9') => folded.push(b' '),
            _ => {}
        }
        folded.push(c);
        last = c;
    }
    while folded.last() == Some(&b' ') {
        folded.pop();
    }
    // Always ASCII.
    String::from_utf8(folded).unwrap_or_default()
}

fn ascii(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' | b'0'..=b'9' | b'\n' => byte,
        b'A'..=b'Z' => byte | 0x20,
        _ => b' ',
    }
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
