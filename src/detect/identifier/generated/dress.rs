//! The ways one number is written: groupings, other scripts' digits, characters that do not show.

use super::Dice;
use super::numbers::{Number, Shape};

type PutOn = fn(&str) -> String;

/// What is done to the characters of a written number.
const DRESSES: [(&str, PutOn); 21] = [
    ("no-break space", |w| w.replace(' ', "\u{a0}")),
    ("thin space", |w| w.replace(' ', "\u{2009}")),
    ("narrow no-break space", |w| w.replace(' ', "\u{202f}")),
    ("figure space", |w| w.replace(' ', "\u{2007}")),
    ("no-break hyphen", |w| w.replace('-', "\u{2011}")),
    ("figure dash", |w| w.replace('-', "\u{2012}")),
    ("en dash", |w| w.replace('-', "\u{2013}")),
    ("minus", |w| w.replace('-', "\u{2212}")),
    ("soft hyphens", |w| between(w, "\u{ad}")),
    ("zero width spaces", |w| between(w, "\u{200b}")),
    ("joiners", |w| between(w, "\u{200d}")),
    ("word joiners", |w| between(w, "\u{2060}")),
    ("byte order marks", |w| between(w, "\u{feff}")),
    ("variation selectors", |w| between(w, "\u{fe0f}")),
    ("tags", |w| between(w, "\u{e0031}")),
    ("full width", |w| digits_from(w, 0xff10)),
    ("Arabic-Indic", |w| digits_from(w, 0x660)),
    ("mathematical", |w| digits_from(w, 0x1d7ce)),
    ("in circles", in_circles),
    ("keycaps", |w| {
        w.chars().map(|c| if c.is_ascii_digit() { format!("{c}\u{20e3}") } else { c.to_string() }).collect()
    }),
    ("reversed", |w| format!("\u{202e}{}\u{202c}", w.chars().rev().collect::<String>())),
];

fn between(written: &str, mark: &str) -> String {
    let mut out = String::new();
    for c in written.chars() {
        out.push(c);
        out.push_str(mark);
    }
    out.truncate(out.len() - mark.len());
    out
}

fn digits_from(written: &str, zero: u32) -> String {
    written.chars().map(|c| c.to_digit(10).and_then(|d| char::from_u32(zero + d)).unwrap_or(c)).collect()
}

fn in_circles(written: &str) -> String {
    let circled = |d| char::from_u32(if d == 0 { 0x24ea } else { 0x245f + d });
    written.chars().map(|c| c.to_digit(10).and_then(circled).unwrap_or(c)).collect()
}

/// One dress that changes the written number, and its name.
pub fn dressed(written: &str, dice: &mut Dice) -> (&'static str, String) {
    loop {
        let (name, put_on) = dice.pick(&DRESSES);
        let dressed = put_on(written);
        if dressed != written {
            return (name, dressed);
        }
    }
}

/// Every grouping of a number: its name and the text.
pub fn groupings(number: &Number) -> Vec<(&'static str, String)> {
    let n = number.value.as_str();
    match number.shape {
        Shape::Norwegian => vec![
            ("solid", n.to_owned()),
            ("6 5", format!("{} {}", &n[..6], &n[6..])),
            ("6-5", format!("{}-{}", &n[..6], &n[6..])),
            ("6 - 5", format!("{} - {}", &n[..6], &n[6..])),
            ("6_5", format!("{}_{}", &n[..6], &n[6..])),
            ("6 3 2", format!("{} {} {}", &n[..6], &n[6..9], &n[9..])),
            ("dotted date", format!("{}.{}.{} {}", &n[..2], &n[2..4], &n[4..6], &n[6..])),
            ("pairs", format!("{} {} {} {}", &n[..2], &n[2..4], &n[4..6], &n[6..])),
            ("boxes", n.chars().map(String::from).collect::<Vec<_>>().join(" ")),
            ("over two lines", format!("{}\n{}", &n[..6], &n[6..])),
            ("over two quoted lines", format!("{}\n> {}", &n[..6], &n[6..])),
            ("two cells", format!("{}\t{}", &n[..6], &n[6..])),
        ],
        Shape::Swedish => vec![
            ("ten", n[2..].to_owned()),
            ("twelve", n.to_owned()),
            ("6-4", format!("{}-{}", &n[2..8], &n[8..])),
            ("8-4", format!("{}-{}", &n[..8], &n[8..])),
            ("6 - 4", format!("{} - {}", &n[2..8], &n[8..])),
            ("6 4", format!("{} {}", &n[2..8], &n[8..])),
            ("8 4", format!("{} {}", &n[..8], &n[8..])),
            ("dashed date", format!("{}-{}-{}-{}", &n[..4], &n[4..6], &n[6..8], &n[8..])),
            ("hyphen at the line's end", format!("{}-\n{}", &n[2..8], &n[8..])),
            ("hyphen at a quoted line's end", format!("{}-\n> {}", &n[..8], &n[8..])),
        ],
        Shape::Fixed => vec![("as issued", n.to_owned()), ("lower case", n.to_lowercase())],
        Shape::Labelled(label) => vec![("behind its label", format!("{label}{n}"))],
    }
}
