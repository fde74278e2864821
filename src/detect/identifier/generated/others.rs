//! Other numbers are seldom taken for a person's: orders, accounts, references, telephones, times.

use super::super::checks::luhn;
use super::{Dice, Tally, counted, text_of};
use crate::text::OriginKind;

/// Numbers of each sort.
const EACH: usize = 2_000;
/// The most that may be taken for a person's: behind their label, and without one. Of accounts and KID
/// numbers of eleven digits one in seven passes (they have the second check digit already), of OCR numbers
/// of ten one in thirteen: without a word beside them nobody can tell.
const LABELLED: f64 = 0.001;
const BARE: f64 = 0.018;

type Make = fn(&mut Dice) -> String;

fn plain(dice: &mut Dice, digits: usize) -> String {
    format!("{}{}", dice.from(1, 9), text_of(&dice.digits(digits - 1)))
}

fn with_luhn(dice: &mut Dice, digits: usize) -> String {
    let mut all = dice.digits(digits);
    all[0] = all[0].max(1);
    let last = digits - 1;
    let check = (0..10).find(|c| {
        all[last] = *c;
        luhn(&all)
    });
    all[last] = check.unwrap();
    text_of(&all)
}

/// Weights from the right, the check digit last; as Norwegian accounts and KID numbers have it.
fn with_mod_11(dice: &mut Dice, digits: usize) -> String {
    loop {
        let mut all = dice.digits(digits - 1);
        all[0] = all[0].max(1);
        let sum: u32 = all.iter().rev().zip((2..=7).cycle()).map(|(d, w)| u32::from(*d) * w).sum();
        match (11 - sum % 11) % 11 {
            10 => {}
            check => return format!("{}{check}", text_of(&all)),
        }
    }
}

fn grouped(digits: &str, sizes: &[usize], mark: &str) -> String {
    let mut at = 0;
    let groups = sizes.iter().map(|size| {
        at += size;
        &digits[at - size..at]
    });
    groups.collect::<Vec<_>>().join(mark)
}

/// A moment of the last weeks: year, month, day, hour, minute.
fn moment(dice: &mut Dice) -> [u64; 5] {
    [2026, dice.from(9, 11), dice.from(1, 20), dice.from(6, 18), dice.from(0, 59)]
}

/// Sort, how it is made, and the sentences it stands in with its label.
const SORTS: [(&str, Make, &[&str]); 25] = [
    (
        "account, solid",
        |d| with_mod_11(d, 11),
        &["Kontonr {}", "Betales til {} innen fredag", "kontonummer: {}", "IBAN/BBAN {}"],
    ),
    ("account, 4.2.5", |d| grouped(&with_mod_11(d, 11), &[4, 2, 5], "."), &["Kontonr. {}", "konto {}"]),
    ("account, 4 2 5", |d| grouped(&with_mod_11(d, 11), &[4, 2, 5], " "), &["Konto {}", "til kontonummer {}"]),
    (
        "Swedish account",
        |d| format!("{}-{}", d.from(3301, 9999), text_of(&d.digits(7))),
        &["Kontonummer {}", "clearing {}"],
    ),
    ("OCR", |d| with_luhn(d, 10), &["OCR {}", "OCR-nummer: {}", "Ange OCR: {} vid betalning"]),
    ("OCR of twelve", |d| with_luhn(d, 12), &["OCR {}", "Betalningsreferens {}"]),
    ("KID of eleven", |d| with_mod_11(d, 11), &["KID {}", "KID-nr: {}", "merk med KID {}"]),
    ("KID of sixteen", |d| with_luhn(d, 16), &["KID: {}"]),
    ("invoice of ten", |d| plain(d, 10), &["Faktura {}", "Fakturanr {}", "Invoice no {}", "Fakturanummer: {}"]),
    ("invoice of eight", |d| plain(d, 8), &["Faktura {}", "Fakturanr {}"]),
    ("order of ten", |d| plain(d, 10), &["Ordrenr. {}", "Ordernummer: {}", "Order {}", "Bestilling {}", "PO {}"]),
    ("order of eleven", |d| plain(d, 11), &["Ordrenr. {}", "Ordernummer: {}", "Order {}"]),
    (
        "parcel of eighteen",
        |d| format!("37{}", text_of(&d.digits(16))),
        &["Sporing {}", "Kollinr {}", "Spårningsnummer: {}"],
    ),
    ("parcel of ten", |d| plain(d, 10), &["Sporingsnummer {}", "Kolli-id {}", "Tracking {}"]),
    ("serial of ten", |d| plain(d, 10), &["Serienr {}", "S/N {}", "Serienummer: {}"]),
    ("meter of eighteen", |d| format!("7070{}", text_of(&d.digits(14))), &["Målernr {}", "Anläggnings-id: {}"]),
    ("IMEI", |d| with_luhn(d, 15), &["IMEI {}"]),
    ("GTIN", |d| format!("70{}", text_of(&d.digits(11))), &["EAN {}", "GTIN: {}"]),
    ("Norwegian company", |d| format!("9{}", text_of(&d.digits(8))), &["Org.nr. {}", "NO {} MVA"]),
    (
        "Swedish company",
        |d| format!("55{}-{}", d.from(2000, 9999), text_of(&d.digits(4))),
        &["Org.nr {}", "organisationsnummer {}"],
    ),
    ("Norwegian phone", |d| format!("+47{}", d.from(20_000_000, 99_999_999)), &["Tlf. {}", "Ring {}", "Mobil: {}"]),
    (
        "Swedish mobile",
        |d| format!("070{}", text_of(&d.digits(7))),
        &["Tel. {}", "Mobil {}", "Ring 0480-450120 eller {}"],
    ),
    ("Swedish mobile abroad", |d| format!("+4670{}", text_of(&d.digits(7))), &["Tel. {}", "Ring {}"]),
    (
        "time stamp of twelve",
        |d| {
            let [y, m, day, h, min] = moment(d);
            format!("{y}{m:02}{day:02}{h:02}{min:02}")
        },
        &["Skickat {}", "tidsstämpel {}", "[{}] ERROR"],
    ),
    ("Unix seconds", |d| d.from(1_735_000_000, 1_795_000_000).to_string(), &["ts={}", "timestamp: {}"]),
];

/// Where the same numbers stand without a label.
const BARE_FRAMES: [&str; 4] = ["{}", "Se {} for mer.", "Gäller {}, tack.", "a;{};b"];

#[test]
fn other_numbers_are_seldom_taken_for_a_persons() {
    let mut dice = Dice(1_881);
    let (mut labelled, mut bare) = (Tally::default(), Tally::default());
    for (sort, make, frames) in SORTS {
        for n in 0..EACH {
            let number = make(&mut dice);
            let taken = |frame: &str| !counted(OriginKind::Body, &frame.replace("{}", &number)).is_empty();
            labelled.add(sort, taken(frames[n % frames.len()]));
            bare.add(sort, taken(BARE_FRAMES[n % BARE_FRAMES.len()]));
        }
    }
    labelled.print("taken for a person's behind its label");
    bare.print("taken for a person's without a label");
    eprintln!("labelled {:.5}, bare {:.5}", labelled.rate(), bare.rate());
    assert!(labelled.rate() <= LABELLED, "{:.5}", labelled.rate());
    assert!(bare.rate() <= BARE, "{:.5}", bare.rate());
}
