//! Tables: addresses, telephone numbers and birth dates, and what only looks like them.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, LazyLock};

use super::*;
use crate::detect::lexicon::{Language, OwnList, Term, Weight};
use crate::detect::mask::mask_all;
use crate::text::{Origin, OriginKind};

static LABELS: LazyLock<Labels> = LazyLock::new(|| Labels::builtin().unwrap());
static WORDS: LazyLock<Words> = LazyLock::new(|| Words::builtin().unwrap());

fn context() -> Context {
    Context { today: (2026, 11, 21), ..Context::default() }
}

fn view(text: &str, zone: Zone) -> View {
    let origin = Origin { kind: OriginKind::Body, part: Arc::from("1"), place: None, nested: 0 };
    View::read_in(zone, origin, &Arc::from(text), 0..text.len())
}

fn found_in(text: &str, zone: Zone, ctx: &Context) -> Vec<String> {
    let mut out = Vec::new();
    find(&view(text, zone), 0, ctx, (&LABELS, &WORDS), &mut Columns::default(), &mut out);
    out.iter().map(|f| format!("{}/{} {}", f.kind, f.strength.as_str(), f.masked.chars().count())).collect()
}

/// Rows of text and the findings with the length of each.
fn check(rows: &[(&str, &[&str])]) {
    let wrong: Vec<String> = rows
        .iter()
        .enumerate()
        .map(|(n, (text, expected))| (n, text, expected, found_in(text, Zone::New, &context())))
        .filter(|(_, _, expected, found)| found.iter().map(String::as_str).ne(expected.iter().copied()))
        .map(|(n, text, expected, found)| {
            format!("row {n} {:?}\n  expected {expected:?}\n  found    {found:?}", mask_all(text))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn phones() {
    check(&[
        ("tlf 991 42 087, kode", &["phone/strong 10"]),
        ("Telefon: 412 08 773 (ektefelle)", &["phone/strong 10"]),
        ("ring 22 82 46 00 i dag", &["phone/strong 11"]),
        ("på 917 00 214 etter kl. 14", &["phone/medium 10"]),
        ("+47 22 82 46 00", &["phone/medium 15"]),
        ("0047 22 82 46 00", &["phone/medium 16"]),
        ("+4724200000", &["phone/medium 11"]),
        ("+47 917 00 214", &["phone/medium 14"]),
        ("nummer 22824600", &["phone/weak 8"]),
        ("Mobil: 91700214", &["phone/strong 8"]),
        ("800 80 000", &["phone/medium 10"]),
        ("070-174 06 23", &["phone/medium 13"]),
        ("070 174 06 23", &["phone/medium 13"]),
        ("0701740623", &["phone/medium 10"]),
        ("Tel. 0701740649", &["phone/strong 10"]),
        ("08-678 55 00", &["phone/medium 12"]),
        ("0455-319 244", &["phone/medium 12"]),
        ("Telefon: 0455-319244", &["phone/strong 11"]),
        ("+46 8 678 55 00", &["phone/medium 15"]),
        ("+46 70 174 06 31", &["phone/medium 16"]),
        ("+46 (0)70-174 06 31", &["phone/medium 19"]),
        ("0046 70 174 06 31", &["phone/medium 17"]),
        ("0046701740631", &["phone/medium 13"]),
        ("(08) 678 55 00", &["phone/medium 13"]),
        ("0455/31 92 44", &["phone/medium 13"]),
        ("070/174 06 23", &["phone/medium 13"]),
        ("mob: 991.42.087", &["phone/strong 10"]),
        ("070.174.06.23", &["phone/weak 13"]),
        ("47 991 42 087", &["phone/medium 13"]),
        ("47 99 14 20 87", &["phone/medium 14"]),
        ("46 70 174 06 31", &["phone/medium 15"]),
        ("47 99142087", &["phone/weak 11"]),
        ("Mobil 4799142087", &["phone/strong 10"]),
        // Written as other numbers are: a label or a line of contact data tells.
        ("mob. 9914 2087", &["phone/strong 9"]),
        ("Tel 0455 319244", &["phone/strong 11"]),
        ("Mobil: 070 1740623", &["phone/strong 11"]),
        ("9914 2087 | post@kommun.example", &["phone/medium 9"]),
        ("9914 2087", &[]),
        ("4799142087", &[]),
        ("070 1740623", &[]),
        ("Konto 9914 2087", &[]),
        ("fra 4500 9200 kroner", &[]),
        // Other numbers.
        ("01 23 45 67", &[]),
        ("Org.nr 988 077 917", &[]),
        ("faktura nr 40001234", &[]),
        ("KID: 22824600", &[]),
        ("Kontonr 8601 11 17947", &[]),
        ("bankgiro 5050-1055", &[]),
        ("2025-11-03", &[]),
        ("03.11.2025", &[]),
        ("kl. 13.15-14.30", &[]),
        ("v 8-11", &[]),
        ("18 600 kronor", &[]),
        ("serienr 48123456", &[]),
        ("ISBN 978-82-02-41234-5", &[]),
        ("16 000 personer", &[]),
    ]);
}

#[test]
fn addresses() {
    check(&[
        ("Skogveien 22, nøkkelboks 3382", &["street-address/medium 12", "door-code/strong 4"]),
        ("Granittveien 5A, ring", &["street-address/medium 15"]),
        ("Elvegata 9 (3. etg)", &["street-address/medium 10"]),
        ("Storgata 20B", &["street-address/medium 12"]),
        ("Storgatan 5 B", &["street-address/medium 13"]),
        ("Stora torget 1", &["street-address/medium 14"]),
        ("Gränden 4 A", &["street-address/medium 11"]),
        ("Kungsallén 10", &["street-address/medium 13"]),
        ("Norra Kyrkogatan 8, portkod 1937, 2 tr", &["street-address/medium 18", "door-code/strong 4"]),
        ("P.A. Munchs gate 1", &["street-address/medium 18"]),
        ("Karl Johans gate 5", &["street-address/medium 18"]),
        ("Nordre Ringvei 41, 4270 Fjordvik", &["street-address/strong 32"]),
        ("Björkstigen 7, 831 21 Östersund", &["street-address/strong 31"]),
        ("bor i Kirkebakken 3 med", &["street-address/strong 13"]),
        ("bor i Haugen 12", &["street-address/strong 9"]),
        ("Storg. 20", &["street-address/weak 9"]),
        ("Kongens gt. 4", &["street-address/weak 13"]),
        ("Storgata 20B, 3. etasje, ring", &["street-address/medium 23"]),
        ("Storgatan 10 2 tr", &["street-address/medium 17"]),
        ("Storgatan 10, vån 3", &["street-address/medium 19"]),
        ("Vikav. 225", &["street-address/weak 10"]),
        ("Vikavegen 225-H0304", &["street-address/medium 13", "bruksenhetsnummer/medium 5"]),
        ("Rallarveien 6, H0201, etter", &["street-address/medium 13", "bruksenhetsnummer/medium 5"]),
        ("Storgatan 51 lgh 1002", &["street-address/medium 12", "lagenhetsnummer/medium 8"]),
        ("lägenhet 1204. Pengarna", &["lagenhetsnummer/medium 13"]),
        ("leilighet 304", &["lagenhetsnummer/medium 13"]),
        ("Postboks 123 Sentrum, 0101 Oslo", &["street-address/weak 31"]),
        ("Box 123, 101 23 Stockholm", &["street-address/weak 25"]),
        ("0026 Oslo", &["postcode/weak 9"]),
        ("9730 Kárášjohka", &["postcode/weak 15"]),
        ("112 48 Stockholm", &["postcode/weak 16"]),
        ("11248 Stockholm", &["postcode/weak 15"]),
        ("SE-831 21 Östersund", &["postcode/weak 19"]),
        ("gnr. 12 bnr. 34", &["property/weak 2"]),
        ("Geaidnoluodda 4", &["street-address/medium 15"]),
        ("c/o Andersson, Björkstigen 7", &["street-address/medium 13", "care-of/medium 13"]),
        ("kode inngang 7B", &["door-code/strong 2"]),
        ("koden til porten er 4711", &["door-code/strong 4"]),
        ("larmkod: 998877", &["door-code/strong 6"]),
        // Not addresses.
        ("gatan 2026", &[]),
        ("Veileder 2024", &[]),
        ("lgh 12", &[]),
        ("tiltaksplan 3", &[]),
        ("Kari Haugen 8 år", &[]),
        ("i mai 2024 Oslo", &[]),
        ("Handlingsplan 2030 Oslo", &[]),
        ("feilkode 17", &[]),
        ("Kode 4410 på fakturaen", &[]),
        ("diagnosekode F32", &[]),
        ("Vedlegg 3", &[]),
        ("plan U1", &[]),
        ("Vägen är 3 km", &[]),
    ]);
}

#[test]
fn birth_dates() {
    check(&[
        ("Noel Wahlberg, född 4 mars 2021 (", &["birth.date/medium 11"]),
        ("Habtom (f. 01.01.1988) fikk", &["birth.date/medium 10"]),
        ("født 12.03.58", &["birth.date/medium 8"]),
        ("fødd 12. mars 1958", &["birth.date/medium 13"]),
        ("född 580312", &["birth.date/medium 6"]),
        ("född den 12 mars 1958", &["birth.date/medium 12"]),
        ("Födelsedatum: 1958-03-12", &["birth.date/medium 10"]),
        ("Fødselsdato 12/3-1958", &["birth.date/medium 9"]),
        ("DOB: 12 March 1958", &["birth.date/medium 13"]),
        ("född den trettonde mars femtioåtta", &["birth.date/medium 34"]),
        ("Född trettonde mars nittonhundrafemtioåtta i", &["birth.date/medium 42"]),
        ("født trettende mars femtiåtte", &["birth.date/medium 29"]),
        ("fødd trettande mars 1958", &["birth.date/medium 24"]),
        ("born on the thirteenth March fifty-eight", &["birth.date/medium 40"]),
        ("born March 13, 1958", &["birth.date/medium 19"]),
        ("født i mars 1958", &["birth.date/weak 16"]),
        ("född den trettonde mars", &["birth.date/weak 23"]),
        ("född i Mark 1958", &[]),
        ("en nyfödd trettonde mars femtioåtta", &[]),
        ("född som den första av tre", &[]),
        ("date of birth 12.03.1958", &["birth.date/medium 10"]),
        ("f. 120358", &["birth.date/medium 6"]),
        ("Född: 19580312", &["birth.date/medium 8"]),
        ("DOB: 03/13/1958", &["birth.date/medium 10"]),
        ("DOB: March 13, 1958", &["birth.date/medium 19"]),
        ("født i Bergen 12.03.1958", &["birth.date/medium 10"]),
        ("Fødselsdato for Kari Berg: 12.03.1958", &["birth.date/medium 10"]),
        ("född på Danderyd 1958-03-12", &["birth.date/medium 10"]),
        ("Navn;Født\nKari;12.03.1958\nOla;1.4.61\n", &["birth.date/medium 10", "birth.date/medium 6"]),
        ("Namn\tFödelsedatum\tOrt\nEva\t1958-03-12\tUmeå", &["birth.date/medium 10"]),
        ("Name | Born | Ward\nEve | 12.03.1958 | 4", &["birth.date/medium 10"]),
        ("010190*****", &["birth.date/medium 11"]),
        ("19900101-XXXX", &["birth.date/medium 13"]),
        ("580312-****", &["birth.date/medium 11"]),
        // Bare dates, other dates, the future.
        ("den 4 mars 2021", &[]),
        ("12.03.1958", &[]),
        ("møte 12.03.58", &[]),
        ("född 4 mars 2031", &[]),
        ("født 32.13.1958", &[]),
        ("født friskt barn, møte 12.03.2024", &[]),
        ("Navn;Møte\nKari;12.03.2024", &[]),
        ("Navn;Født\nKari;møte 12.03.2024", &[]),
        ("f. 12", &[]),
        ("Kundnr 123456-XXXX", &[]),
    ]);
}

#[test]
fn private_mailboxes() {
    let domain = WORDS.consumer_domains.iter().min().unwrap();
    let private = format!("skriv til anna.test_1@{domain}.");
    assert_eq!(
        found_in(&private, Zone::New, &context()),
        [format!("email/weak {}", "anna.test_1@".len() + domain.len())]
    );
    assert_eq!(found_in("post@kommun.example", Zone::New, &context()), Vec::<String>::new());
}

#[test]
fn own_contact_data_is_nothing() {
    let text = "Välkommen till Rådhusgatan 4 eller ring 0455-302114";
    assert_eq!(found_in(text, Zone::New, &context()).len(), 2);
    let mut own = Words::builtin().unwrap();
    for (list, text) in [(OwnList::Address, "Rådhusgatan 4"), (OwnList::Phone, "0455-30 21 14")] {
        let term = Term {
            language: Language::Int,
            text: text.to_owned(),
            weight: Weight::Plain,
            open: false,
            exact: false,
            line: 1,
        };
        own.own.add(list, &term);
    }
    let mut out = Vec::new();
    find(&view(text, Zone::New), 0, &context(), (&LABELS, &own), &mut Columns::default(), &mut out);
    assert!(out.is_empty());
    for zone in [Zone::Signature, Zone::Footer, Zone::Disclaimer, Zone::Forward] {
        assert_eq!(found_in("Skogveien 22, tlf 991 42 087", zone, &context()), Vec::<String>::new());
    }
    assert_eq!(found_in("Skogveien 22", Zone::Quote, &context()).len(), 1);
}

#[test]
fn the_limit_is_told() {
    let mut out = Vec::new();
    assert!(find(
        &view(&"tlf 991 42 087; ".repeat(300), Zone::New),
        0,
        &context(),
        (&LABELS, &WORDS),
        &mut Columns::default(),
        &mut out
    ));
    assert_eq!(out.len(), MAX_FINDINGS);
}
