//! Trade secrets: what a mail tells of a business. Only with the pack `business`.
//!
//! No person is needed, so linking has no say. Two things make a secret of it, both in one paragraph: a price with an
//! amount beside it where bids are weighed, and a claim of secrecy beside a price or an amount. Who says that the
//! contract is awarded speaks of public prices, unless secrecy is claimed. Talking about secrecy in general, without
//! an amount, is nothing.

use std::collections::{BTreeMap, HashSet};

use super::category::Severity;
use super::lexicon::{Dealing, Lexicon, Purpose};
use super::reading::{Circumstance, Evidence, Reading, in_paragraph};

/// Amounts of a paragraph from which they are its prices, wherever in it they stand: a table.
const TABLE: usize = 2;

/// What a message tells of a business.
pub struct Told<'a> {
    /// View and what stands there; the decisive ones first.
    pub items: Vec<(usize, &'a Circumstance)>,
    pub severity: Severity,
    pub reasons: Vec<&'static str>,
}

/// What one paragraph holds.
#[derive(Default)]
struct Paragraph<'a> {
    secrets: Vec<&'a Circumstance>,
    prices: Vec<&'a Circumstance>,
    amounts: Vec<&'a Circumstance>,
}

/// Whether the message tells a trade secret; its views, read. A word that stands in two lists is told once.
pub fn told<'a>(readings: &'a [Reading], lexicon: &Lexicon) -> Option<Told<'a>> {
    let is = |item: &Circumstance, wanted| dealing(item, lexicon) == Some(wanted);
    let anywhere = |wanted| readings.iter().flat_map(|r| &r.business).any(|item| is(item, wanted));
    let (weighed, known) = (anywhere(Dealing::Setting), anywhere(Dealing::Public));
    let (mut claimed, mut priced) = (Vec::<(usize, &Circumstance)>::new(), Vec::<(usize, &Circumstance)>::new());
    for (view, reading) in readings.iter().enumerate() {
        for (number, paragraph) in paragraphs(reading, lexicon) {
            if !in_paragraph(&reading.hypothetical, number).is_empty() {
                continue;
            }
            let Paragraph { secrets, prices, amounts } = paragraph;
            let of_what = prices.iter().chain(&amounts).next();
            if !secrets.is_empty() && of_what.is_some() {
                claimed.extend(secrets.iter().chain(&prices).chain(&amounts).map(|item| (view, *item)));
            } else if weighed && !known {
                let table = amounts.len() >= TABLE;
                let with_amount =
                    prices.into_iter().filter(|p| table || amounts.iter().any(|a| a.sentence == p.sentence));
                priced.extend(with_amount.map(|item| (view, item)));
            }
        }
    }
    for items in [&mut claimed, &mut priced] {
        let mut seen = HashSet::new();
        items.retain(|(view, item)| seen.insert((*view, item.at.start)));
    }
    match (claimed.is_empty(), priced.is_empty()) {
        (true, true) => None,
        (true, false) => Some(Told { items: priced, severity: Severity::Medium, reasons: vec!["price-of-a-bid"] }),
        (false, _) => {
            claimed.extend(priced);
            Some(Told { items: claimed, severity: Severity::High, reasons: vec!["secrecy-claimed"] })
        }
    }
}

/// Lets go of amounts in paragraphs that speak of no price and no secret: nobody will ask for them.
pub fn keep_amounts_of_prices(found: &mut Vec<Circumstance>, lexicon: &Lexicon) {
    let speaks = |item: &&Circumstance| matches!(dealing(item, lexicon), Some(Dealing::Secret | Dealing::Price));
    let mut of: Vec<usize> = found.iter().filter(speaks).map(|item| item.paragraph).collect();
    of.sort_unstable();
    found.retain(|item| dealing(item, lexicon) != Some(Dealing::Amount) || of.binary_search(&item.paragraph).is_ok());
}

fn paragraphs<'a>(reading: &'a Reading, lexicon: &Lexicon) -> BTreeMap<usize, Paragraph<'a>> {
    let mut out: BTreeMap<usize, Paragraph<'a>> = BTreeMap::new();
    for item in &reading.business {
        let paragraph = out.entry(item.paragraph).or_default();
        match dealing(item, lexicon) {
            Some(Dealing::Secret) => paragraph.secrets.push(item),
            Some(Dealing::Price) => paragraph.prices.push(item),
            Some(Dealing::Amount) => paragraph.amounts.push(item),
            Some(Dealing::Setting | Dealing::Public) | None => {}
        }
    }
    out
}

fn dealing(item: &Circumstance, lexicon: &Lexicon) -> Option<Dealing> {
    let Evidence::Term(hit) = &item.evidence else { return None };
    match lexicon.entry(hit)?.purpose {
        Purpose::Business(dealing) => Some(dealing),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::{Arc, LazyLock};

    use super::*;
    use crate::detect::{Basis, Category, Context, Detector, Pack};
    use crate::text::{Origin, OriginKind, View, Way};

    static DETECTOR: LazyLock<Arc<Detector>> = LazyLock::new(|| Detector::with(None, Pack::ALL).unwrap());

    fn judged(detector: &Detector, text: &str) -> Option<Severity> {
        let origin = Origin { kind: OriginKind::Body, part: "1".into(), place: None, nested: 0 };
        let view = View::new(origin, &text.into(), 0..text.len(), Way::Mail);
        let assessment = detector.assess(&[view], &Context::default());
        let of_business = |d: &&crate::detect::Disclosure| d.basis == Basis::BusinessSecret;
        let found = assessment.disclosures.iter().find(of_business)?;
        assert_eq!(found.category, Category::Business);
        Some(found.severity)
    }

    #[test]
    fn prices_of_bids_and_claimed_secrets_are_told() {
        for (text, severity) in [
            ("Hej, vi har öppnat anbuden. Anbudssumman från Exempelbygg är 4 250 000 kr.\n", Severity::Medium),
            ("Leverandøren har enhetspris kr 830 per time i tilbudet.\n", Severity::Medium),
            ("Tilbydaren har ein timepris på 1 150 kroner.\n", Severity::Medium),
            ("The bidder offers an hourly rate of EUR 95 with a mark-up of 12 per cent.\n", Severity::Medium),
            (
                "Konkurransen pågår.\n\nTilbyder A\nEnhetspris gravemaskin: 1 250 kr\nEnhetspris lastebil: 980 kr\n",
                Severity::Medium,
            ),
            ("Påslaget på 12,5 % är en företagshemlighet.\n", Severity::High),
            ("Kalkylen, 4,2 mkr, omfattas av anbudssekretess.\n", Severity::High),
            ("Enhetsprisene er konkurransesensitive og skal ikke deles.\n", Severity::High),
        ] {
            assert_eq!(judged(&DETECTOR, text), Some(severity), "{text}");
        }
    }

    #[test]
    fn prices_that_everybody_may_know_are_not() {
        for text in [
            "Kurset koster 1 500 kr og holdes i rådhuset.\n",
            "Anbudssekretess gäller till dess att beslut har fattats.\n",
            "Tilldelningsbeslut: anbudssumman blev 4 250 000 kr.\n",
            "Kontrakt er inngått med leverandøren, enhetspris 830 kr.\n",
            "Lunchen kostar 95 kr, fast pris hela våren.\n",
            "Anbuden öppnas på fredag kl. 13 i sal 412.\n",
            "Vi söker en upphandlare med lön från 42 000 kr.\n",
            "Leverandøren kommer kl. 10. Møtet varer i 2 timer.\n",
        ] {
            assert_eq!(judged(&DETECTOR, text), None, "{text}");
        }
    }

    #[test]
    fn without_the_pack_nothing_of_it_is_found() {
        let text = "Anbudssumman från leverantören är 4 250 000 kr och en företagshemlighet.\n";
        assert_eq!(judged(&Detector::builtin(), text), None);
        assert!(judged(&DETECTOR, text).is_some());
    }
}
