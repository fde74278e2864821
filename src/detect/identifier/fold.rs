//! Text folded for label matching.

/// Lower-case ASCII letters and digits; `å ä æ` are `a`, `ö ø` are `o`, accents go; a line end stays;
/// everything else is a space, and spaces stand alone. A space is put between letter and digit, so
/// that a label glued to its number is still a word.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut broken = false;
    let mut last = ' ';
    for c in text.chars() {
        let c = match c {
            c if c.is_ascii() => {
                broken = false;
                ascii(c)
            }
            // UTF-8 read as Latin-1 shows two characters for one letter.
            'Ã' | 'Â' => {
                broken = true;
                ' '
            }
            _ if broken => {
                broken = false;
                ' '
            }
            c => base(c),
        };
        match (last, c) {
            (' ' | '\n', ' ') => continue,
            (' ', '\n') => {
                folded.pop();
            }
            ('0'..='9', 'a'..='z') | ('a'..='z', '0'..='9') => folded.push(' '),
            _ => {}
        }
        folded.push(c);
        last = c;
    }
    folded.truncate(folded.trim_end_matches(' ').len());
    folded
}

fn ascii(c: char) -> char {
    match c {
        'a'..='z' | '0'..='9' | '\n' => c,
        'A'..='Z' => c.to_ascii_lowercase(),
        _ => ' ',
    }
}

fn base(c: char) -> char {
    match c {
        'å' | 'ä' | 'æ' | 'á' | 'à' | 'â' | 'ã' | 'Å' | 'Ä' | 'Æ' | 'Á' | 'À' | 'Â' => 'a',
        'ö' | 'ø' | 'ó' | 'ò' | 'ô' | 'õ' | 'Ö' | 'Ø' | 'Ó' | 'Ò' | 'Ô' => 'o',
        'é' | 'è' | 'ê' | 'ë' | 'É' | 'È' => 'e',
        'ü' | 'ú' | 'ù' | 'Ü' => 'u',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'đ' | 'ð' => 'd',
        'ŋ' | 'ń' | 'ñ' => 'n',
        'š' | 'ś' => 's',
        'ž' | 'ź' => 'z',
        'č' | 'ć' | 'ç' => 'c',
        'ŧ' => 't',
        _ => ' ',
    }
}
