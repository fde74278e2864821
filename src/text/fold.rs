//! What one character becomes in the matching text: Unicode tables, nothing else.
//!
//! NFKC alone is not enough: it leaves digits of other scripts, dashes and look-alike letters alone
//! (UAX 15, UTS 39), and it turns `½` into `1⁄2`, which would grow digits that nobody wrote.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Longest NFKC expansion followed, in characters; longer ones (Arabic phrase ligatures) stay.
pub(super) const MAX_EXPANSION: usize = 4;

/// The code points of digit zero, general category Nd; each begins a run of ten (Unicode 16).
const ZEROS: [u32; 73] = [
    0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0,
    0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620,
    0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30, 0x10D40, 0x11066, 0x110F0, 0x11136,
    0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x116D0, 0x116DA, 0x11730, 0x118E0, 0x11950, 0x11BF0,
    0x11C50, 0x11D50, 0x11DA0, 0x11F50, 0x16A60, 0x16AC0, 0x16B50, 0x16D70, 0x1CCF0, 0x1D7CE, 0x1D7D8, 0x1D7E2,
    0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E950,
];

/// Runs of single digits in circles, brackets, superscript and the like: first, last, value of the
/// first.
const DRESSED_DIGITS: [(u32, u32, u32); 16] = [
    (0xB2, 0xB3, 2),
    (0xB9, 0xB9, 1),
    (0x2070, 0x2070, 0),
    (0x2074, 0x2079, 4),
    (0x2080, 0x2089, 0),
    (0x2460, 0x2468, 1),
    (0x2474, 0x247C, 1),
    (0x2488, 0x2490, 1),
    (0x24EA, 0x24EA, 0),
    (0x24F5, 0x24FD, 1),
    (0x24FF, 0x24FF, 0),
    (0x2776, 0x277E, 1),
    (0x2780, 0x2788, 1),
    (0x278A, 0x2792, 1),
    (0x1F101, 0x1F10A, 0),
    (0x1FBF0, 0x1FBF9, 0),
];

/// Letters of other scripts that look like a Latin one, folded only inside a word that is otherwise
/// Latin. Sorted by code point.
#[rustfmt::skip]
const LOOK_ALIKES: [(char, char); 78] = [
    ('ɑ', 'a'), ('ɡ', 'g'), ('Α', 'A'), ('Β', 'B'), ('Ε', 'E'), ('Ζ', 'Z'), ('Η', 'H'), ('Ι', 'I'), ('Κ', 'K'),
    ('Μ', 'M'), ('Ν', 'N'), ('Ο', 'O'), ('Ρ', 'P'), ('Τ', 'T'), ('Υ', 'Y'), ('Χ', 'X'), ('α', 'a'), ('ι', 'i'),
    ('κ', 'k'), ('ν', 'v'), ('ο', 'o'), ('ρ', 'p'), ('υ', 'u'), ('ϲ', 'c'), ('ϳ', 'j'), ('Ѕ', 'S'), ('І', 'I'),
    ('Ї', 'Ï'), ('Ј', 'J'), ('А', 'A'), ('В', 'B'), ('Е', 'E'), ('К', 'K'), ('М', 'M'), ('Н', 'H'), ('О', 'O'),
    ('Р', 'P'), ('С', 'C'), ('Т', 'T'), ('У', 'Y'), ('Х', 'X'), ('а', 'a'), ('е', 'e'), ('к', 'k'), ('о', 'o'),
    ('р', 'p'), ('с', 'c'), ('у', 'y'), ('х', 'x'), ('ё', 'ë'), ('ѕ', 's'), ('і', 'i'), ('ї', 'ï'), ('ј', 'j'),
    ('ѵ', 'v'), ('Ү', 'Y'), ('ү', 'y'), ('Һ', 'H'), ('һ', 'h'), ('Ӏ', 'I'), ('ӏ', 'l'), ('Ӑ', 'Ă'), ('Ӓ', 'Ä'),
    ('ӓ', 'ä'), ('Ӕ', 'Æ'), ('ӕ', 'æ'), ('Ӧ', 'Ö'), ('ӧ', 'ö'), ('Ө', 'Ø'), ('ө', 'ø'), ('ԁ', 'd'), ('ԛ', 'q'),
    ('Ԛ', 'Q'), ('ԝ', 'w'), ('Ԝ', 'W'), ('ց', 'g'), ('օ', 'o'), ('ս', 'u'),
];

/// The ASCII digit that stands for `c`, for every decimal digit of every script.
pub(super) fn digit(c: char) -> Option<char> {
    let code = u32::from(c);
    let run = ZEROS.partition_point(|&zero| zero <= code).checked_sub(1)?;
    let value = code - ZEROS[run];
    if value < 10 {
        return char::from_digit(value, 10);
    }
    let (first, _, start) = DRESSED_DIGITS.iter().find(|(first, last, _)| (*first..=*last).contains(&code))?;
    char::from_digit(code - first + start, 10)
}

/// Dashes and minus signs.
pub(super) fn is_dash(c: char) -> bool {
    matches!(
        c,
        '\u{2010}'
            ..='\u{2015}'
                | '\u{2043}'
                | '\u{207B}'
                | '\u{208B}'
                | '\u{2212}'
                | '\u{2E3A}'
                | '\u{2E3B}'
                | '\u{FE58}'
                | '\u{FE63}'
                | '\u{FF0D}'
                | '\u{058A}'
                | '\u{05BE}'
                | '\u{1806}'
    )
}

/// White space other than line ends.
pub(super) fn is_space(c: char) -> bool {
    matches!(
        c,
        ' ' | '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{2800}' | '\u{3000}'
    )
}

/// Default-ignorable code points: soft hyphen, joiners, bidi controls, variation selectors, tags.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{20DD}'..='\u{20E4}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Combining marks that belong to Latin letters; those that compose with nothing are dropped.
pub(super) fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1ACE}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20DC}')
}

/// The Latin letter that `c` looks like.
pub(super) fn look_alike(c: char) -> Option<char> {
    LOOK_ALIKES.iter().find(|(from, _)| *from == c).map(|(_, to)| *to)
}

/// Latin letters: ASCII, Latin-1, Latin Extended A and B, and Extended Additional.
pub(super) fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic()
        || (matches!(c, '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}') && !matches!(c, '\u{D7}' | '\u{F7}'))
}

/// Quotation marks and apostrophes as ASCII.
pub(super) fn quote(c: char) -> Option<char> {
    match c {
        '\u{2018}'..='\u{201B}' | '\u{2032}' | '\u{2BC}' => Some('\''),
        '\u{201C}'..='\u{201F}' | '\u{2033}' => Some('"'),
        _ => None,
    }
}

/// NFKC of one character, when that changes it and the result is plain text.
pub(super) fn compatible(c: char) -> Option<impl Iterator<Item = char>> {
    let fraction = matches!(c, '\u{BC}'..='\u{BE}' | '\u{2150}'..='\u{215F}' | '\u{2189}');
    if fraction || is_nfkc_quick(std::iter::once(c)) == IsNormalized::Yes {
        return None;
    }
    let folded = std::iter::once(c).nfkc();
    // Spacing accents (´ ¨ ¸) would become a space with a combining mark.
    let plain = folded.clone().take(MAX_EXPANSION + 1).count() <= MAX_EXPANSION && folded.clone().next() != Some(' ');
    plain.then_some(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_consistent() {
        assert!(ZEROS.is_sorted());
        for zero in ZEROS {
            let c = char::from_u32(zero).unwrap();
            assert_eq!(digit(c), Some('0'), "U+{zero:04X}");
            assert_eq!(digit(char::from_u32(zero + 9).unwrap()), Some('9'), "U+{zero:04X}+9");
        }
        for (from, to) in LOOK_ALIKES {
            assert!(is_latin(to), "{to}");
            assert!(!from.is_ascii(), "{from}");
        }
    }

    #[test]
    fn digits_of_every_dress() {
        for (dressed, plain) in [
            ("０１２３４５６７８９", "0123456789"),
            ("٠١٢٣٤٥٦٧٨٩", "0123456789"),
            ("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"),
            ("₀₁₂₃₄₅₆₇₈₉", "0123456789"),
            ("⓪①②③④⑤⑥⑦⑧⑨", "0123456789"),
            ("𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "0123456789"),
            ("❶❷❸➀➁➂", "123123"),
        ] {
            let folded: String = dressed.chars().filter_map(digit).collect();
            assert_eq!(folded, plain);
        }
        assert_eq!(digit('a'), None);
        assert_eq!(digit('½'), None);
        assert_eq!(digit('\u{1F}'), None);
    }
}
