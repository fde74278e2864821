//! Numbers made at random, each in a sentence and in a dress of its own: transfer encoding, character set, header
//! field, name of a file, markup.

use data_encoding::BASE64;

use super::{attachment, finds, html, in_base64, quoted, read, subject, text, wrapped};

const NUMBERS: usize = 2_000;
/// Of so many are found.
const FOUND: f64 = 0.999;

/// A linear congruential generator (Knuth's MMIX constants); its upper bits are good enough for a die.
struct Dice(u64);

impl Dice {
    fn from(&mut self, least: u64, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        least + (self.0 >> 33) % (most - least + 1)
    }
}

/// A Norwegian test number, month + 80.
fn norwegian(dice: &mut Dice) -> String {
    let weigh = |digits: &str, weights: &[u32]| {
        let sum: u32 = digits.bytes().zip(weights).map(|(d, w)| u32::from(d - b'0') * w).sum();
        (11 - sum % 11) % 11
    };
    loop {
        let (day, month, year) = (dice.from(1, 28), dice.from(81, 92), dice.from(40, 99));
        let nine = format!("{day:02}{month}{year:02}{:03}", dice.from(0, 499));
        let ten = format!("{nine}{}", weigh(&nine, &[3, 7, 6, 1, 8, 9, 4, 5, 2]));
        let number = format!("{ten}{}", weigh(&ten, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]));
        if number.len() == 11 {
            return number;
        }
    }
}

/// A Swedish number with a serial from 980 on, as Skatteverket's test persons have.
fn swedish(dice: &mut Dice) -> String {
    let (year, month, day) = (dice.from(1930, 2019), dice.from(1, 12), dice.from(1, 28));
    let nine = format!("{:02}{month:02}{day:02}{}", year % 100, dice.from(980, 999));
    let luhn = nine.bytes().enumerate().map(|(at, d)| {
        let doubled = u32::from(d - b'0') * if at % 2 == 0 { 2 } else { 1 };
        doubled / 10 + doubled % 10
    });
    format!("{}{nine}{}", year / 100, (10 - luhn.sum::<u32>() % 10) % 10)
}

const SENTENCES: [&str; 6] = [
    "{}",
    "Hei, det riktige skal være {}, ikke det som sto der.",
    "Det gäller {} som vi talade om.",
    "Sak: {}",
    "This is about {}, please call me.",
    "- {}\r\n- ingen fler",
];

type Dress = fn(&str, &str) -> Vec<u8>;

const DRESSES: [(&str, Dress); 14] = [
    ("plain", |s, n| text("Content-Type: text/plain; charset=utf-8", &s.replace("{}", n))),
    ("base64", |s, n| in_base64("Content-Type: text/plain; charset=utf-8", s.replace("{}", n).as_bytes())),
    ("utf-16", |s, n| {
        let units: Vec<u8> = s.replace("{}", n).encode_utf16().flat_map(u16::to_le_bytes).collect();
        in_base64("Content-Type: text/plain; charset=utf-16le", &units)
    }),
    ("soft line breaks", |s, n| {
        let broken = format!("{}=\r\n{}", &n[..7], &n[7..]);
        quoted(&s.replace("{}", &broken).replace('æ', "=C3=A6").replace('ä', "=C3=A4"))
    }),
    ("digits in hexadecimal", |s, n| {
        let coded: String = n.bytes().map(|b| format!("={b:02X}")).collect();
        quoted(&s.replace("{}", &coded).replace('æ', "=C3=A6").replace('ä', "=C3=A4"))
    }),
    ("a subject", |s, n| subject(&format!("=?utf-8?B?{}?=", BASE64.encode(first_line(s, n).as_bytes())))),
    ("a subject in two words", |_, n| {
        subject(&format!("=?utf-8?Q?{}?= =?utf-8?B?{}?=", &n[..5], BASE64.encode(&n.as_bytes()[5..])))
    }),
    ("a file's name", |_, n| attachment(&format!("Content-Disposition: attachment; filename=\"Ansokan_{n}_fnr.pdf\""))),
    ("a file's name in pieces", |_, n| {
        let (head, tail) = n.split_at(6);
        attachment(&format!(
            "Content-Disposition: attachment;\r\n filename*1=\"{tail}_fnr.txt\";\r\n filename*0=\"sak_{head}\""
        ))
    }),
    ("tags inside", |s, n| html(&s.replace("{}", &n.chars().map(|c| format!("{c}<b></b>")).collect::<String>()))),
    ("comments inside", |s, n| html(&s.replace("{}", &format!("{}<!-- x -->{}", &n[..6], &n[6..])))),
    ("numeric entities", |s, n| html(&s.replace("{}", &n.bytes().map(|b| format!("&#{b};")).collect::<String>()))),
    ("a cell a digit", |_, n| {
        let cells: String = n.chars().map(|c| format!("<td>{c}</td>")).collect();
        html(&format!("<table><tr>{cells}</tr></table>"))
    }),
    ("an attachment in short lines", |s, n| {
        let body = wrapped(&BASE64.encode(s.replace("{}", n).as_bytes()), 9);
        text("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64", &body)
    }),
];

fn first_line(sentence: &str, number: &str) -> String {
    sentence.replace("{}", number).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_number_of_its_own_in_every_mail_is_found() {
    let mut dice = Dice(2_026);
    let mut missed = Vec::new();
    for n in 0..NUMBERS {
        let number = if n % 2 == 0 { norwegian(&mut dice) } else { swedish(&mut dice) };
        let (name, dress) = DRESSES[n / 2 % DRESSES.len()];
        let sentence = SENTENCES[n % SENTENCES.len()];
        // Compared without the century.
        let compared = number.split_at(number.len().saturating_sub(if number.len() == 12 { 10 } else { 11 })).1;
        if !finds(&read(dress(sentence, &number)), compared) {
            missed.push(format!("{name}: {sentence}"));
        }
    }
    #[allow(clippy::cast_precision_loss)]
    let found = 1.0 - missed.len() as f64 / NUMBERS as f64;
    eprintln!("{NUMBERS} numbers, {found:.4} found");
    assert!(found >= FOUND, "{found:.4}: {missed:?}");
}
