//! Tables: numbers as people write them, and the numbers that are taken for them.
//!
//! Norwegian numbers are synthetic (month + 80 or + 65) or published test patients, Swedish ones
//! published test numbers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::sync::{Arc, LazyLock};

use super::*;
use crate::detect::category::{Category, Strength};
use crate::detect::mask::mask_identifier;
use crate::text::{Origin, OriginKind};

static LABELS: LazyLock<Labels> = LazyLock::new(|| Labels::builtin().unwrap());

fn view_of(kind: OriginKind, text: &str) -> View {
    let origin = Origin { kind, part: Arc::from("1"), place: None, nested: 0 };
    View::read(origin, &Arc::from(text), 0..text.len(), false)
}

fn context() -> Context {
    Context { today: (2026, 11, 21), count_synthetic: true, ..Context::default() }
}

fn findings(kind: OriginKind, text: &str, ctx: &Context) -> Vec<Finding> {
    let mut out = Vec::new();
    find(&view_of(kind, text), 0, ctx, &LABELS, &mut Columns::default(), &mut out);
    out
}

/// `kind/strength`, and of weak findings the reason that made them so.
fn words(found: &[Finding]) -> Vec<String> {
    found
        .iter()
        .map(|f| match f.strength {
            Strength::Weak => format!("{}/weak {}", f.kind, f.reasons.last().unwrap()),
            strength => format!("{}/{}", f.kind, strength.as_str()),
        })
        .collect()
}

fn check_in(kind: OriginKind, rows: &[(&str, &[&str])]) {
    let wrong: Vec<String> = rows
        .iter()
        .enumerate()
        .map(|(n, (text, expected))| (n, text, expected, words(&findings(kind, text, &context()))))
        .filter(|(_, _, expected, found)| found.iter().map(String::as_str).ne(expected.iter().copied()))
        .map(|(n, text, expected, found)| {
            format!("row {n} {:?}\n  expected {expected:?}\n  found    {found:?}", mask_identifier(text))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(rows: &[(&str, &[&str])]) {
    check_in(OriginKind::Body, rows);
}

const NEEDS: &str = "needs-label-or-casework";

#[test]
fn norwegian_numbers_as_written() {
    check(&[
        ("Hei, det riktige skal være 15827297337, ikke det som sto der.", &["synthetic/medium"]),
        ("Hei, fødselsnummeret mitt er 15827297337. Mvh", &["synthetic/strong"]),
        ("(158272 97337)", &["synthetic/medium"]),
        ("158272-97337", &["synthetic/medium"]),
        ("158272 - 97337", &["synthetic/medium"]),
        ("15.82.72 97337", &["synthetic/medium"]),
        ("15/82/72-97337", &["synthetic/medium"]),
        ("158272.973.37", &["synthetic/medium"]),
        ("158272 973 37", &["synthetic/medium"]),
        ("15 82 72 973 37", &["synthetic/medium"]),
        ("1 5 8 2 7 2 9 7 3 3 7", &["synthetic/medium"]),
        ("158272_97337", &["synthetic/medium"]),
        ("158272\n97337", &["synthetic/medium"]),
        ("> 158272\n> 97337", &["synthetic/medium"]),
        (">> pasient 158272\n>> 97337 fra", &["synthetic/medium"]),
        ("158272\u{a0}97337", &["synthetic/medium"]),
        ("158272\u{2009}97337", &["synthetic/medium"]),
        ("158272\u{2011}97337", &["synthetic/medium"]),
        ("15\u{ad}827297\u{200d}337", &["synthetic/medium"]),
        ("１５８２７２９７３３７", &["synthetic/medium"]),
        ("fnr15827297337", &["synthetic/strong"]),
        ("15827297337kvinne", &["synthetic/medium"]),
        ("15827297337/11827708447", &["synthetic/medium", "synthetic/medium"]),
        ("15827297337,11827708447;12818621521", &["synthetic/medium", "synthetic/medium", "synthetic/medium"]),
        ("15827297337-11827708447", &["synthetic/medium", "synthetic/medium"]),
        // Birth date with its century, then the five digits.
        ("født 05.06.1979 00499", &[]),
        ("12.05.1979 00499", &["fodselsnummer/medium"]),
        ("født 12.05.1979-00499", &["fodselsnummer/strong"]),
        // Grouped by nobody's habit.
        ("1582 7297337", &["synthetic/weak needs-label-or-casework"]),
        ("fnr 1582 7297337", &["synthetic/strong"]),
    ]);
}

#[test]
fn swedish_numbers_as_written() {
    check(&[
        ("Har ni något på 871220-2384?", &["personnummer/medium"]),
        ("19871220-2384", &["personnummer/medium"]),
        ("198712202384", &["personnummer/medium"]),
        ("hej 8712202384 larmar", &["personnummer/medium"]),
        ("871220 2384", &["personnummer/medium"]),
        ("871220\u{2013}2384", &["personnummer/medium"]),
        ("871220 - 2384", &["personnummer/medium"]),
        ("87.12.20-2384", &["personnummer/medium"]),
        ("1987-12-20-2384", &["personnummer/medium"]),
        ("19 87 12 20 2384", &["personnummer/medium"]),
        ("1987 1220 2384", &["personnummer/medium"]),
        ("19871220\u{a0}2384", &["personnummer/medium"]),
        ("871220-\n2384", &["personnummer/medium"]),
        ("871220\n2384", &["personnummer/weak needs-label-or-casework"]),
        ("19871220-\n> 2384", &["personnummer/medium"]),
        ("Pnr:198901132384", &["personnummer/strong"]),
        ("personnr 930312+9804", &["personnummer/strong"]),
        ("is199003052397.", &["personnummer/medium"]),
        ("Samordningsnummer 20170576-2399", &["samordningsnummer/strong"]),
        ("2201732399", &["samordningsnummer/medium"]),
        ("196100602397", &["samordningsnummer/medium"]),
        ("000101-T220", &["interim/medium"]),
        ("interimsnummer 000101T220", &["interim/strong"]),
        ("19140728-TF26", &["tf-nummer/medium"]),
        ("19810829M071", &["reservnummer/medium"]),
        ("Reservnummer: 19810829AB71", &["reservnummer/medium"]),
        ("19810829AB71", &[]),
        ("NRID 22810829AB1C", &["reservnummer/medium"]),
        ("reservnummer 23050829AB1C", &["reservnummer/medium"]),
        ("22810829AB1C", &[]),
        ("NRID 22811329AB1C", &[]),
        // A sole trader's number is the owner's.
        ("Org.nr 871220-2384", &["personnummer/medium"]),
        ("Momsreg.nr SE871220238401", &["personnummer/medium"]),
        ("konto 3300 871220 2384", &["personnummer/medium"]),
        ("3300-8712202384", &["personnummer/medium"]),
    ]);
}

#[test]
fn neighbours() {
    check(&[
        ("CPR-nr. 251160-8174", &["cpr/strong"]),
        ("251160-8174", &["cpr/medium"]),
        ("cpr 250260-5953", &["cpr/medium"]),
        ("250260-5953", &[]),
        ("010164-2345", &["cpr/weak needs-label-or-casework"]),
        ("personnummer 251160-8174", &["cpr/medium"]),
        ("hetu 131052-308T", &["henkilotunnus/strong"]),
        ("131052a308t", &["henkilotunnus/medium"]),
        ("kt. 310896-2099", &["kennitala/strong"]),
        ("kennitala 902412-2041", &["kerfiskennitala/medium"]),
        ("902412-2041", &[]),
    ]);
}

#[test]
fn numbers_that_need_a_label_or_casework() {
    check(&[
        ("80008117075", &["fh-nummer/weak needs-label-or-casework"]),
        ("Felles hjelpenummer 80008117075", &["fh-nummer/strong"]),
        ("pasient-id: 80008117075", &["fh-nummer/strong"]),
        ("200112345609", &["duf-nummer/weak needs-label-or-casework"]),
        ("DUF-nr 2001 123456 09", &["duf-nummer/strong"]),
        ("DUF 200112345609", &["duf-nummer/strong"]),
        ("0701740649", &["samordningsnummer/weak needs-label-or-casework"]),
        ("personnr 0701740649", &["samordningsnummer/strong"]),
        // Fillers stand for a person, but are no number.
        ("01010100100", &["placeholder/weak needs-label-or-casework"]),
        ("01010155555", &["placeholder/weak needs-label-or-casework"]),
    ]);
    let filler = &findings(OriginKind::Body, "fnr 01010100100", &context())[0];
    assert_eq!((filler.category, filler.strength), (Category::Birth, Strength::Medium));
    assert!(findings(OriginKind::Body, "80008117075", &context())[0].reasons.contains(&NEEDS));
}

#[test]
fn labels_decide() {
    check(&[
        ("fødselsnr.: 15827297337", &["synthetic/strong"]),
        ("F.nr. 158272 97337", &["synthetic/strong"]),
        ("Født: 15827297337", &["synthetic/strong"]),
        ("D-nr 49910690514", &["synthetic/strong"]),
        // The number of a case does not look like a person's.
        ("dnr 871220-2384", &["personnummer/medium"]),
        ("Sak: 15827297337", &["synthetic/medium"]),
        ("Ärende 8712202384", &["personnummer/medium"]),
        ("dnr 200112345609", &[]),
        // Customers and members are known by their own numbers.
        ("Kundnr 871220-2384", &["personnummer/medium"]),
        // A label right beside the number speaks against it, one further off only when chance may pass.
        ("ordre til bruker 15827297337", &["synthetic/medium"]),
        ("serienummer på pumpen 8712202384", &["personnummer/weak near-serial"]),
        ("serienummer på pumpen 871220-2384", &["personnummer/medium"]),
        // An account's number always passes.
        ("kontonummer for innbetaling er 15827297337", &["synthetic/weak near-account"]),
        // … but nobody writes it with the date apart.
        ("Kontonr 158272 97337", &["synthetic/medium"]),
        ("Serienr 871220-2384", &["personnummer/medium"]),
        ("Ring 15827297337", &["synthetic/medium"]),
        ("Ring 01819012365", &["synthetic/weak near-phone"]),
        // Anybody's reference may be the number itself.
        ("Vår ref: 15827297337", &["synthetic/medium"]),
        ("Referens 8712202384", &["personnummer/weak near-reference"]),
        // Nobody has a number under the rule of 2032 yet.
        ("serienummer på pumpen 30108299939", &["fodselsnummer/weak near-serial"]),
        ("f?dselsnummer 15827297337", &["synthetic/strong"]),
        ("fÃ¸dselsnummer 15827297337", &["synthetic/strong"]),
        ("Fødselsnummer:\n15827297337", &["synthetic/strong"]),
        ("personnummer på eleven som börjar är 871220-2384", &["personnummer/strong"]),
        ("fnr 15827297337 og 11827708447", &["synthetic/strong", "synthetic/strong"]),
        ("15827297337 (fnr)", &["synthetic/strong"]),
        ("871220-2384 är hans personnummer", &["personnummer/strong"]),
        ("personal identity number 198712202384", &["personnummer/strong"]),
        ("national ID 15827297337, who", &["synthetic/strong"]),
        // Against.
        ("Kontonr 1582 72 97337", &["synthetic/weak near-account"]),
        ("kontonummer 15827297337", &["synthetic/weak near-account"]),
        ("1582 72 97337", &["synthetic/weak shape-of-account"]),
        ("KID 15827297337", &["synthetic/weak near-reference"]),
        ("OCR: 8712202384", &["personnummer/weak near-reference"]),
        ("Bankgiro 8712202384", &["personnummer/weak near-giro"]),
        ("fakturanr 8712202384", &["personnummer/weak near-invoice"]),
        ("ordrenr. 15827297337", &["synthetic/weak near-order"]),
        ("Tel. 8712202384", &["personnummer/weak near-phone"]),
        ("serienummer 15827297337", &["synthetic/weak near-serial"]),
        ("kolli 15827297337", &["synthetic/weak near-tracking"]),
        ("15827297337 kr", &["synthetic/weak near-amount"]),
        ("Målernr.:\n15827297337\n11827708447", &["synthetic/weak near-serial", "synthetic/weak near-serial"]),
        ("Tel. 0701740649", &["samordningsnummer/weak near-phone"]),
        ("DUF-nr 15827297337", &["synthetic/medium"]),
        // The nearest label before the number, and each label its own number.
        ("konto 86011117947, fnr 15827297337", &["synthetic/strong"]),
        ("fnr 15827297337, konto 11827708447", &["synthetic/strong", "synthetic/weak near-account"]),
        ("tlf 911 22 333, 15827297337", &["synthetic/medium"]),
        ("faktura for 15827297337", &["synthetic/medium"]),
        ("ordre 4471 gjelder bruker 15827297337", &["synthetic/medium"]),
        ("vare", &[]),
        ("det skal være 15827297337", &["synthetic/medium"]),
        // A label cannot mend a number that fails.
        ("Fødselsnummer 15827297338", &[]),
        ("personnr 871220-2385", &[]),
        ("personnummer 123456-7890", &[]),
    ]);
}

#[test]
fn columns_and_lost_zeros() {
    check_in(
        OriginKind::Attachment,
        &[
            ("Fornavn;Fnr;Beløp\nFIKTIV;15827297337;1200,00", &["synthetic/strong"]),
            (
                "navn,konto,fnr\nA,86011117947,15827297337\nB,11827708447,11827708447",
                &["synthetic/strong", "synthetic/weak near-account", "synthetic/strong"],
            ),
            ("Namn\tPersonnummer\nTest\t198712202384", &["personnummer/strong"]),
            ("| Namn | Personnummer |\n| Test | 871220-2384 |", &["personnummer/strong"]),
            ("ordrenr;dato\n15827297337;1.2.2026", &["synthetic/weak near-order"]),
            ("\"Fnr\";\"Navn\"\n=\"15827297337\";A\n'11827708447;B", &["synthetic/strong", "synthetic/strong"]),
            // A spreadsheet dropped the leading zero.
            ("Fnr;Navn\n9866717831;A", &["synthetic/medium"]),
            ("9866717831", &[]),
            ("ordrenr;Navn\n9866717831;A", &[]),
            ("Personnummer;Namn\n206292385;A", &["personnummer/medium"]),
            ("206292385", &[]),
            ("fnr 9866717831", &["synthetic/medium"]),
        ],
    );
}

#[test]
fn parts_of_other_things() {
    check(&[
        ("lot x15827297337A0177", &["synthetic/weak part-of-longer"]),
        ("550e8400-e29b-41d4-a716-198712202384", &["personnummer/weak part-of-longer"]),
        ("3f198712202384b", &["personnummer/weak part-of-longer"]),
        ("https://x.example/t?id=198712202384&u=1", &["personnummer/strong"]),
        ("https://x.example/t/198712202384", &["personnummer/medium"]),
        ("https://x.example/t/8712202384", &["personnummer/weak in-address"]),
        ("https://x.example/?q=kari+15827297337", &["synthetic/medium"]),
        ("https://x.example/sak?fnr=15827297337&x=1", &["synthetic/strong"]),
        ("<20260411101512.198712202384@mail.example>", &["personnummer/weak in-address"]),
        ("198712202384@elev.skola.example", &["personnummer/medium"]),
        ("59.15827297337", &["synthetic/weak part-of-longer"]),
        ("+46 70 174 06 37", &[]),
        ("+15827297337", &[]),
        // No country's code begins with a zero.
        ("+01819012365", &["synthetic/medium"]),
        ("IBAN NO93 8601 1117 947", &[]),
        ("SE45 5000 0000 0583 9825 7466", &[]),
        ("4571 1987 1220 2384", &[]),
        ("158272973371", &[]),
        ("0015827297337", &[]),
        ("22 82 46 00 912 34 567", &[]),
        ("978-82-02-41234-5", &[]),
        ("1,15827297337,x", &["synthetic/medium"]),
        ("nr.15827297337", &["synthetic/medium"]),
    ]);
}

#[test]
fn clocks_logs_and_lists() {
    check(&[
        ("202509221015", &[]),
        ("20251103-0113 ERROR 4471", &[]),
        ("1767225600 retry", &[]),
        ("206305170802", &[]),
        ("03.11.25 1415", &[]),
    ]);
    check_in(
        OriginKind::Filename,
        &[
            ("Soknad_28886398141_2026.pdf", &["synthetic/medium"]),
            ("arkiv_18990412-0806.tif", &["personnummer/weak needs-label-or-casework"]),
            ("Berg_Anna_890113-2384.pdf", &["personnummer/medium"]),
            ("Berg_Anna_19700428-1515.pdf", &[]),
            ("Lundh_Per_198712202384_ans.pdf", &["personnummer/medium"]),
            ("pnr_18990412-0806.tif", &["personnummer/strong"]),
        ],
    );
    // Among many that fail an unlabelled pass is chance; a label keeps it.
    let fails: String = (0..300).map(|n| format!("{}\n", 40_000_000_000_u64 + n * 7_919)).collect();
    check(&[(&format!("{fails}15827297337"), &["synthetic/weak needs-label-or-casework"])]);
    // Beside a dozen accounts a right number is no chance, as it is beside a dozen of ten digits.
    let few: String = (0..12).map(|n| format!("{}\n", 40_000_000_000_u64 + n * 7_919)).collect();
    check(&[(&format!("{few}15827297337"), &["synthetic/medium"])]);
    let few: String = (0..12).map(|n| format!("{}\n", 4_000_000_000_u64 + n * 7_919)).collect();
    check(&[(&format!("{few}8712202384"), &["personnummer/weak needs-label-or-casework"])]);
    check(&[(&format!("{fails}fnr 15827297337"), &["synthetic/strong"])]);
}

/// The last digits apart from the date, with words between that say what they are.
#[test]
fn date_and_last_digits_apart() {
    check(&[
        ("født 12.05.1979, personnr. 00499", &["fodselsnummer/strong"]),
        ("f. 120579, personnummer 00499", &["fodselsnummer/strong"]),
        ("12.05.79 (pnr 00499)", &["fodselsnummer/strong"]),
        ("född 871220, sista fyra 2384", &["personnummer/strong"]),
        ("871220 fyra sista: 2384", &["personnummer/strong"]),
        ("1987-12-20, de fyra sista siffrorna är 2384", &["personnummer/strong"]),
        ("12.05.1979, rom 00499", &[]),
        ("871220 kl 2384", &[]),
    ]);
}

#[test]
fn synthetic_numbers_can_be_left_out() {
    let ignore = Context { count_synthetic: false, ..context() };
    assert_eq!(words(&findings(OriginKind::Body, "fnr 15827297337, h-nr 13527248013", &ignore)), ["h-nummer/strong"]);
}

#[test]
fn findings_hold_no_value() {
    let found = findings(OriginKind::Body, "Fnr 158272 97337 og 19871220-2384", &context());
    assert_eq!(found.iter().map(|f| f.masked.as_str()).collect::<Vec<_>>(), ["15•••• •••••", "19••••••-••••"]);
    assert!(found.iter().all(|f| !format!("{f:?}").contains("97337") && !format!("{f:?}").contains("2384")));
}

/// Characters that do not show are no way to write a number: the finding says that they are there.
#[test]
fn invisible_characters_inside_a_number_are_told() {
    for (text, told) in [
        ("fnr 15\u{200b}827297337", true),
        ("fnr 158272\u{ad}97337", true),
        ("\u{202a}fnr 15827297337\u{202c}", false),
        ("fnr 15827297337", false),
        ("fnr 158272\u{a0}97337", false),
    ] {
        let found = findings(OriginKind::Body, text, &context());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].reasons.contains(&"invisible-characters"), told, "{} characters", text.chars().count());
    }
}

#[test]
fn two_forms_of_one_number_have_one_identity() {
    let identity = |text: &str| findings(OriginKind::Body, text, &context())[0].identity.clone();
    for form in ["19871220-2384", "198712202384", "8712202384", "871220 2384", "1987-12-20-2384", "SE871220238401"] {
        assert!(identity(form) == identity("871220-2384"), "{} characters", form.len());
    }
    assert!(identity("12.05.1979 00499") == identity("12057900499"));
    assert!(identity("cpr 251160-8174") != identity("12057900499"));
}

#[test]
fn a_million_numbers_take_constant_memory() {
    let mut out = Vec::new();
    let text = "15827297337 8712202384\n".repeat(500_000);
    assert!(find(&view_of(OriginKind::Attachment, &text), 0, &context(), &LABELS, &mut Columns::default(), &mut out));
    assert_eq!(out.len(), 2 * MAX_FINDINGS);
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the text, spans lie inside it, on characters, and findings are few.
        #[test]
        fn never_panics(text in "[0-9 .\\-+/:;,|\\tA-Za-zæøåÆØÅÃ•\n>T@_]{0,200}") {
            let view = view_of(OriginKind::Body, &text);
            for finding in findings(OriginKind::Body, &text, &context()) {
                prop_assert!(view.normal().get(finding.normal.clone()).is_some());
                prop_assert!(view.text().get(finding.span.clone()).is_some());
            }
        }

        /// Changing one digit of a Norwegian number never leaves it valid under today's rule.
        #[test]
        fn one_wrong_digit_is_seen(place in 6_usize..9, to in 0_u8..10) {
            let right = *b"12057900499";
            let mut wrong = right;
            wrong[place] = b'0' + to;
            let text = String::from_utf8(wrong.to_vec()).unwrap();
            let today = findings(OriginKind::Body, &text, &context()).iter().any(|f| f.reasons.contains(&"checksum"));
            prop_assert_eq!(today, wrong == right);
        }

        /// Every Swedish date and birth number with its check digit is found, in both lengths.
        #[test]
        fn every_swedish_number_is_found(year in 1930_u16..2026, month in 1_u8..13, day in 1_u8..29, number in 1_u16..1000) {
            let nine = format!("{:02}{month:02}{day:02}{number:03}", year % 100);
            let check = (0..10).find(|c| {
                let digits: Vec<u8> = format!("{nine}{c}").bytes().map(|b| b - b'0').collect();
                checks::luhn(&digits)
            });
            let twelve = format!("{}{nine}{}", year / 100, check.unwrap());
            let long = findings(OriginKind::Body, &format!("pnr {twelve}"), &context());
            let short = findings(OriginKind::Body, &format!("pnr {}-{}", &twelve[2..8], &twelve[8..]), &context());
            prop_assert_eq!(words(&long), ["personnummer/strong"]);
            prop_assert!(long[0].identity == short[0].identity);
        }
    }
}
