//! Tables: persons in four languages, and what is taken for them.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, LazyLock};

use super::*;
use crate::detect::mask::mask_all;
use crate::text::{Origin, OriginKind};

static NAMES: LazyLock<Names> = LazyLock::new(|| Names::builtin().unwrap());

fn view(text: &str, zone: Zone) -> View {
    let origin = Origin { kind: OriginKind::Body, part: Arc::from("1"), place: None, nested: 0 };
    View::read_in(zone, origin, &Arc::from(text), 0..text.len())
}

/// `kind/strength` of every finding, in order.
fn found_in(text: &str, zone: Zone, ctx: &Context) -> Vec<String> {
    let mut out = Vec::new();
    find(&view(text, zone), 0, ctx, &NAMES, &mut out);
    out.iter().map(|f| format!("{}/{} {}", f.kind, f.strength.as_str(), f.masked.chars().count())).collect()
}

fn found(text: &str) -> Vec<String> {
    found_in(text, Zone::New, &Context::default())
}

/// Rows of text and the findings with the length of each.
fn check(rows: &[(&str, &[&str])]) {
    let wrong: Vec<String> = rows
        .iter()
        .enumerate()
        .map(|(n, (text, expected))| (n, text, expected, found(text)))
        .filter(|(_, _, expected, found)| found.iter().map(String::as_str).ne(expected.iter().copied()))
        .map(|(n, text, expected, found)| {
            format!("row {n} {:?}\n  expected {expected:?}\n  found    {found:?}", mask_all(text))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn full_names() {
    check(&[
        ("opphold for Arnfinn Strømsvåg, som", &["name.full/strong 17"]),
        ("Gunvor Sahlqvist bor ensam", &["name.full/strong 16"]),
        ("gäller Rashid Haddad och", &["name.full/strong 13"]),
        ("hos Mehwish Iqbal byttes", &["name.full/strong 13"]),
        ("Foreldrene til Thea Marie Kvamme gikk", &["person.kin/medium 14", "name.full/strong 17"]),
        ("om Inger-Lise Fossum i dag", &["name.full/strong 17"]),
        ("Aud Jorunn Heggset var her", &["name.full/strong 18"]),
        ("for Oleksandr Bondarenko og", &["name.full/strong 20"]),
        ("Samuel Okafor at short notice", &["name.full/strong 13"]),
        ("Yusuf Abdirahman Omar, national", &["name.full/strong 21"]),
        ("krever Per Hansens underskrift", &["name.full/strong 11"]),
        ("mot Kari Ødegård-Lie i saken", &["name.full/strong 16"]),
        ("ring Ludwig von Brandt om", &["name.full/strong 17"]),
        ("KARI MOEN har søkt", &["name.full/strong 9"]),
        ("PID|1||HOLMSTRÖM^ERIK^A", &["name.full/strong 14"]),
        ("3;Ida;Cedervall;nej", &["name.full/strong 13"]),
        ("Haddad, Rashid har", &["name.full/strong 14"]),
        ("Axelsson\tElsa\tja", &["name.full/strong 13"]),
        ("personen Amanuel G., 5 260 kr", &["name.full/medium 10"]),
        ("ikke Áile Utsi sin", &["name.full/strong 9"]),
        ("Tordis Vangen på rom 12", &["name.full/strong 13"]),
        ("låsen hos Per Vik er", &["name.full/strong 7"]),
        ("Bo Ek får besök", &["name.full/strong 5"]),
        ("vår Liv Berg som", &["name.full/strong 8"]),
        ("anna svensson ramlade i natt", &["name.full/medium 13"]),
        ("gjelder arnfinn haugen på 12", &["name.full/medium 14"]),
        ("utanför. jonte fahlgren svarar ej", &["name.full/medium 14"]),
        ("Emne: Gravferd Lars Petter Nygård", &["name.full/strong 18"]),
        ("Berg Anna\nEk Karin", &["name.full/medium 9", "name.full/medium 8"]),
        ("portionen till Vilda Ek i 3B", &["name.full/strong 8"]),
        ("vi har stig i berg og dal", &[]),
        ("en siri lund av trær", &[]),
        ("om Liam O'Brien i går", &["name.full/strong 12"]),
        ("om Liam O\u{2019}Brien i går", &["name.full/strong 12"]),
        ("at Mr O'Brien is", &["name.surname/strong 7"]),
        ("för Maria D’Angelo som", &["name.full/strong 14"]),
        ("for Linh Nguyễn som", &["name.full/strong 11"]),
        ("for Linh Nguye\u{302}\u{303}n som", &["name.full/strong 13"]),
        ("om Đorđe Petrović i dag", &["name.full/strong 14"]),
        ("ring Łukasz Nowak om", &["name.full/strong 12"]),
        ("hos Fatma Şahin byttes", &["name.full/strong 11"]),
        ("when I'd go", &[]),
        // A given name that no list has at the start of a sentence.
        ("Tyrilda Haugen har ringt igjen", &["name.full/weak 14"]),
        ("Ring Haugen i morgon", &[]),
        ("Kontakta Lindberg om det", &[]),
        ("Nedre Haugen er stengt", &[]),
        ("Biblioteket Solberg har stengt", &[]),
        ("Xenofon Haugen Eiendom selger", &[]),
        ("Det er O'Learys pub", &[]),
    ]);
}

#[test]
fn given_names_alone() {
    check(&[
        ("Amanda blir orolig av ljud", &["name.given/medium 6"]),
        ("Habtom (f. 01.01.1988) fikk", &["name.given/medium 6"]),
        ("Thea Marie har søkt", &["name.given/medium 10"]),
        ("Dottern Lena är med", &["person.role/medium 7", "name.given/medium 4"]),
        ("til Siv, som", &["name.given/weak 3"]),
        // Months, currencies, authorities.
        ("Study visit 14-16 May: elderly care", &[]),
        ("den 5 August kom", &[]),
        ("kurset koster NOK 500", &[]),
        ("vedtak fra UNE i dag", &[]),
        // Ordinary words at the start of a sentence.
        ("Per måned koster det", &[]),
        ("Dag 1 handler om", &[]),
        ("Maj månad", &[]),
        ("April og mai", &[]),
        ("Even better", &[]),
        ("Helga blir fin", &[]),
        ("Bo hemma", &[]),
        ("Inga problem", &[]),
        ("Hans diagnose er kjent", &["person.pronoun/weak 4"]),
        ("Mina papper", &[]),
        ("Ville du komme", &[]),
        ("Mark the date", &[]),
        ("Du kan komme i mai.", &[]),
    ]);
}

#[test]
fn titles_families_and_roles() {
    check(&[
        ("familjen Qvarnlöf, Ekestad", &["name.surname/strong 8"]),
        ("ekteparet Moen har", &["name.surname/strong 4"]),
        ("fru Solbakken ringte", &["name.surname/strong 9"]),
        ("Mr Okafor is", &["name.surname/strong 6"]),
        ("purringer hjem til Jørgensen nå", &["name.surname/weak 9"]),
        ("help the family. She is", &["person.pronoun/weak 3"]),
        ("herr Xyz kom", &["name.surname/medium 3"]),
        ("bruker Tzehaie Qwert har", &["person.role/weak 6", "name.full/medium 13"]),
        ("elev KL i 9C", &["person.role/weak 4", "name.initials/medium 2"]),
        ("Efternamn: Berg\nFörnamn: Anna", &["name.surname/strong 4", "name.given/weak 4"]),
        ("Navn: Wolodymyr Qwert\nFødt", &["name.full/medium 15"]),
        ("systemets namn Visma Flyt", &[]),
        ("Pasienten er utskrevet", &["person.role/medium 9"]),
        ("den unge har rymt", &["person.role/medium 8"]),
        ("Den enskilde saknar", &["person.role/medium 12"]),
        ("the resident has fallen", &["person.role/medium 12"]),
        ("brukaren sin helse", &["person.role/medium 8"]),
        ("mor til gutten og hennes", &["person.kin/medium 7", "person.role/medium 6", "person.pronoun/weak 6"]),
        ("mamma till Lo", &["person.kin/medium 10", "name.given/weak 2"]),
        ("at mor di har falt", &["person.relative/medium 6"]),
        ("din mamma ramlade", &["person.relative/medium 9"]),
        ("about your father, he", &["person.relative/medium 11", "person.pronoun/weak 2"]),
        // nobody's own
        ("Kjære foreldre!\n\nTa med mor di.", &[]),
        ("Hvis mor di er syk", &[]),
        ("hennes far er syk", &["person.pronoun/weak 6", "person.role/weak 3"]),
        ("pasienter og brukere", &[]),
    ]);
}

/// The findings of `person.described`: strength and text.
fn described(text: &str) -> Vec<String> {
    let view = view(text, Zone::New);
    let mut out = Vec::new();
    find(&view, 0, &Context::default(), &NAMES, &mut out);
    out.retain(|f| *f.kind == *"person.described");
    out.iter().map(|f| format!("{} {}", f.strength.as_str(), view.normal().get(f.normal.clone()).unwrap())).collect()
}

#[test]
fn persons_told_apart_without_a_name() {
    for (text, expected) in [
        ("Enkefruen i det gule huset ved kirka har vært borte", &["medium Enkefruen i det gule huset"][..]),
        ("änkan i huset bakom kyrkan", &["medium änkan i huset"]),
        ("naboen i Storgata 4", &["medium naboen i Storgata 4"]),
        (
            "eldstemann i familien på Solbakken 4",
            &["medium eldstemann i familien på Solbakken 4", "medium familien på Solbakken 4"],
        ),
        ("the boy with the red cap in class 4B", &["medium the boy with the red cap"]),
        ("Flickan med röda mössan på Ekorren", &["medium Flickan med röda mössan"]),
        ("Vår kille i rullstolen ska inte klättra", &["medium Vår kille i rullstolen"]),
        ("gutten i klasse 3A", &["medium gutten i klasse 3A"]),
        ("en kille i 2 A hos oss", &["weak kille i 2 A"]),
        ("mannen på rom 12", &["medium mannen på rom 12"]),
        ("kvinnan i lägenhet 304", &["medium kvinnan i lägenhet 304"]),
        ("the man in flat 12", &["medium the man in flat 12"]),
        ("she who works in the kiosk", &["medium she who works in the kiosk"]),
        ("hon som bor i nummer 12", &["medium hon som bor i nummer 12"]),
        ("gubben som bor i stugan bakom macken", &["medium gubben som bor i stugan"]),
        ("hun som jobber i kassa på Kiwi", &["medium hun som jobber i kassa"]),
        ("vår eneste svømmehallbestyrer har vært borte", &["medium vår eneste svømmehallbestyrer"]),
        ("our only caretaker is ill", &["medium our only caretaker"]),
        ("vaktmesteren vår drikker igjen", &["medium vaktmesteren vår"]),
        ("Jenta på Furutun", &["weak Jenta på Furutun"]),
        // Nobody in particular.
        ("kvinnen i studien fikk medisin", &[]),
        ("barnet i Norge har rett til", &[]),
        ("mannen i en artikkel", &[]),
        ("mannen i Oslo", &[]),
        ("barnet i mars", &[]),
        ("eleven i sentrum", &[]),
        ("pasienten på sykehuset", &[]),
        ("pasienten med diabetes", &[]),
        ("elever i 4B", &[]),
        ("familien i fokus. Det gule huset", &[]),
        ("den som bor i kommunen", &[]),
        ("han som leder møtet", &[]),
        ("hun som jobber med dette", &[]),
        ("vår eneste mulighet", &[]),
        ("den eneste løsningen på dette", &[]),
        ("vår rektor", &[]),
        ("the patient in the study", &[]),
        ("the woman with the report", &[]),
        ("en pojke i huset", &[]),
    ] {
        assert_eq!(described(text), expected, "{text}");
    }
}

#[test]
fn initials() {
    check(&[
        ("E.S. fikk feberkramper", &["name.initials/medium 4"]),
        ("gjelder K. N. som", &["name.initials/medium 5"]),
        ("KL, 8 år, bor", &["name.initials/medium 2", "person.age/medium 4"]),
        ("MR (54 år) er", &["person.age/medium 5"]),
        ("pasient AB er", &["person.role/weak 7", "name.initials/medium 2"]),
        ("MK i klass 7A har", &["name.initials/medium 2"]),
        ("AB på avd 4 har", &["name.initials/medium 2"]),
        ("E.S i 2B", &["name.initials/medium 3"]),
        ("NN i 3A", &[]),
        ("TV på rom 12", &[]),
        ("XY i denne saken", &[]),
        ("Svalan AB levererar", &[]),
        ("o.s.v. och m.m.", &[]),
        ("USA og EU", &[]),
        ("P.A. Munchs gate 1", &[]),
        ("avsnitt A. B är", &[]),
    ]);
}

#[test]
fn ages_and_years_of_birth() {
    check(&[
        ("Emilie Haugerud, 7 år", &["name.full/strong 15", "person.age/medium 4"]),
        ("Storebror (14 år) er", &["person.role/medium 9", "person.age/medium 5"]),
        ("jente på 8 år.", &["person.role/weak 5", "person.age/medium 4"]),
        ("8 år gammel", &["person.age/medium 11"]),
        ("en 12-åring med", &["person.age/medium 8"]),
        ("åtteåringen er", &["person.age/medium 11"]),
        ("8-årig pojke", &["person.age/medium 6", "person.role/weak 5"]),
        ("a 7-year-old girl", &["person.age/medium 10", "person.role/weak 4"]),
        ("82 years old", &["person.age/medium 12"]),
        ("aged 82", &["person.age/medium 7"]),
        ("Luthman (född -39) har", &["person.age/medium 8"]),
        ("f. 58 og", &["person.age/medium 5"]),
        ("født i 1958", &["person.age/medium 11"]),
        ("född 2014,", &["person.age/medium 9"]),
        ("en flicka, 14, bor", &["person.role/weak 6", "person.age/medium 2"]),
        ("om Ola (8) og", &["name.given/medium 3", "person.age/medium 1"]),
        ("Mia, 6 år", &["name.given/medium 3", "person.age/medium 4"]),
        ("åtta år gammal", &["person.age/medium 14"]),
        ("hun er femtiåtte år gammel", &["person.pronoun/weak 3", "person.age/medium 19"]),
        ("eighty-two years old", &["person.age/medium 20"]),
        ("en gutt (åtte år)", &["person.role/weak 4", "person.age/medium 7"]),
        ("a boy of seven.", &["person.role/weak 3", "person.age/medium 5"]),
        ("a seven-year-old girl", &["person.age/medium 14", "person.role/weak 4"]),
        ("jente på 8, og", &["person.role/weak 5", "person.age/medium 1"]),
        // Chapters, years of laws, days, times.
        ("Kapittel 8", &[]),
        ("Lag (2001)", &[]),
        ("hos Anna Berg (2001)", &["name.full/strong 9"]),
        ("for Per Hansen, 14. mai", &["name.full/strong 10"]),
        ("for Per Hansen, 14.30", &["name.full/strong 10"]),
        ("elev på 8. trinn", &["person.role/weak 4"]),
        ("a boy of seven brothers", &["person.role/weak 3"]),
        // Durations, groups, statistics.
        ("i åtte år har vi", &[]),
        ("i 8 år har vi", &[]),
        ("om 3 år", &[]),
        ("8 års erfarenhet", &[]),
        ("12-åringar får", &[]),
        ("i 80-årsåldern", &[]),
    ]);
}

#[test]
fn institutions_streets_and_companies_are_no_persons() {
    check(&[
        ("i Karl Johans gate 5", &[]),
        ("Olav Tryggvasons gate", &[]),
        ("på Sankt Olavs hospital", &[]),
        ("Røde Kors kommer", &[]),
        ("Kari Moen AS leverer", &[]),
        ("Hansen & Sønn AS", &["person.role/weak 4"]),
        ("Svalan Vård AB", &[]),
        ("Kristiansand kommune", &[]),
        ("Nordre Land og Indre Østfold", &[]),
        ("i Region Halland", &[]),
        ("Hotell Victoria", &[]),
        ("Astrid Lindgrens skola", &[]),
        ("Lillskogsskolan Berg", &[]),
        ("Fridtjof Nansens plass", &[]),
        ("i Karls Bakke 5", &[]),
        ("Marius Bakke ble tatt", &["name.full/strong 12"]),
        ("Rema Invest", &[]),
        ("Microsoft Teams", &[]),
    ]);
}

#[test]
fn colleagues() {
    check(&[
        ("Hei Kari,\n\nvi har", &["name.colleague/weak 4"]),
        ("Hej Johanna!\n", &["name.colleague/weak 7"]),
        ("Kjære Kjetil,\n", &["name.colleague/weak 6"]),
        ("Dear Anna Berg,\n", &["name.colleague/weak 9"]),
        ("God morgen Kari og Turid!\n", &["name.colleague/weak 4", "name.colleague/weak 5"]),
        ("Hej Pia Renmark kom inte i dag.", &["name.full/strong 11"]),
        ("Hej, Pia Renmark kom inte i dag.", &["name.full/strong 11"]),
        ("Hej, Pia!\n", &["name.colleague/weak 3"]),
        ("Hei, Geir Ståle Ruud kommer ikke", &["name.full/strong 15"]),
        ("Tekst.\n\nMed vennlig hilsen\nIngrid Moen\nrådgiver", &["name.colleague/weak 11"]),
        ("Text.\n\nMvh Anita", &["name.colleague/weak 5"]),
        ("Text.\n/Maj-Britt", &["name.colleague/weak 9"]),
        ("Stängt på tisdag. Mvh Margareta Lind", &["name.colleague/weak 14"]),
        ("Revisorn Stina Dahl undrar", &["name.colleague/weak 10"]),
        ("Text.\n\nKalle, boendestödet", &["name.colleague/weak 5"]),
        ("Vi ringer i morgon.\n\nAnn-Sofie\n", &["name.colleague/weak 9"]),
        ("Klem fra Åse på Furutun", &["name.colleague/weak 3"]),
        ("skolsköterska Monica Wall 0455", &["name.colleague/weak 11"]),
        ("av Agneta Kroon, demenssamordnare", &["name.colleague/weak 12"]),
        ("Ordførar Arne Skare (Sp) opna", &["name.colleague/weak 10"]),
        ("Författaren Tova Grandell läser", &["name.colleague/weak 13"]),
        ("Sakkunnig hemtjänst: Jörgen Wallin, 0480", &["name.colleague/weak 13"]),
        ("Fackliga: Vision, Petra Orre; Facket, Jim Haldén.", &["name.colleague/weak 10", "name.colleague/weak 10"]),
        ("Municipal Commissioner Eva Forsell opened", &["name.colleague/weak 11"]),
        ("Pasient: Kari Moen", &["person.role/weak 7", "name.full/strong 9"]),
        ("Läkare: Per Hansen. Patient: Bo Ek", &["name.colleague/weak 10", "person.role/weak 7", "name.full/strong 5"]),
        ("Kontakt: Anna Berg, gjelder: Bo Ek", &["name.colleague/weak 9", "name.full/strong 5"]),
        ("Kontaktperson: Per Ek, pappa", &["name.full/strong 6", "person.role/weak 5"]),
        ("Text\n\nVidar i oppfølgingstjenesten", &["name.colleague/weak 5"]),
        (
            "Til stades: Margit Lie (leiar), Ottar Vik (LHL), Gunnar Moen (H)\nSak: Ottar spurte",
            &["name.colleague/weak 10", "name.colleague/weak 9", "name.colleague/weak 11", "name.colleague/weak 5"],
        ),
        (
            "Til stede: Kari Moen (elev), Per Berg (lærer), Eva Vik (rektor)",
            &["name.full/strong 9", "person.role/weak 4", "name.colleague/weak 8", "name.colleague/weak 7"],
        ),
        // A last line that tells about somebody is no signature.
        ("Hej Anna,\n\nPer Ek har ramlat.", &["name.colleague/weak 4", "name.full/strong 6"]),
        ("Hi Tom -\nhe is", &["name.colleague/weak 3", "person.pronoun/weak 2"]),
        ("lege Per Hansen skrev", &["name.colleague/weak 10"]),
        ("Samtalsledare är Kicki Boman och Anders Rehn.", &["name.colleague/weak 11", "name.colleague/weak 11"]),
        ("Oro för Noel Wahlberg, född 4 mars 2021", &["name.full/strong 13"]),
        (
            "Med vänlig hälsning\nVäxeln\n\nHej, min bror Viktor Hallén är hos er sedan onsdag och han tar inte telefonen.",
            &["person.role/weak 4", "name.full/strong 13", "person.pronoun/weak 3"],
        ),
        (">> Ms Katarzyna Wolska, needs", &["name.full/strong 16"]),
        ("Thanks for calling back! The person is Priyanka Nair.", &["name.full/strong 13"]),
        ("Lundh_Per_1964.pdf", &["name.full/strong 9"]),
    ]);
    let own = Context {
        own_names: vec!["Karin Ekdahl".into(), "Moen, Ingrid".into()],
        own_addresses: vec!["mattias.brolin@ekestad.example".into()],
        ..Context::default()
    };
    for text in ["Karin Ekdahl ringer", "Ingrid Moen ringer", "Mattias Brolin ringer", "sa Karin till"] {
        let found = found_in(text, Zone::New, &own);
        assert!(found.first().is_some_and(|f| f.starts_with("name.colleague")), "{text:?}: {found:?}");
    }
}

#[test]
fn zones_without_persons() {
    let text = "Kari Moen, hennes sønn";
    for zone in [Zone::Signature, Zone::Disclaimer, Zone::Footer] {
        assert_eq!(found_in(text, zone, &Context::default()), Vec::<String>::new());
    }
    let head = "Hej, min bror Viktor Hallén är hos er";
    assert_eq!(found_in(head, Zone::Forward, &Context::default()), ["person.role/weak 4", "name.full/strong 13"]);
    let head = "Fra: Ingrid Moen\nTil: Kari Vik\nEmne: Arnfinn Strømsvåg\n";
    assert_eq!(found_in(head, Zone::Forward, &Context::default()), ["name.full/strong 17"]);
    assert_eq!(found_in("Arnfinn Strømsvåg", Zone::Quote, &Context::default()), ["name.full/strong 17"]);
}

#[test]
fn the_limit_is_told() {
    let mut out = Vec::new();
    let text = "Arnfinn Strømsvåg og hun. ".repeat(300);
    assert!(find(&view(&text, Zone::New), 0, &Context::default(), &NAMES, &mut out));
    assert_eq!(out.len(), 2 * MAX_FINDINGS);
}
