use super::samples::{SampleFault, mails, sentences};
use super::train::{Sample, train};
use super::*;

fn features_of(text: &str) -> Vec<u32> {
    all(text)
}

#[test]
fn names_and_numbers_stand_for_each_other() {
    assert_eq!(features_of("I går kom Kari Vik kl 10."), features_of("I går kom Ola Nes kl 17."));
    assert_eq!(features_of("HON KOM IGÅR"), features_of("hon kom igår"), "a mail in capitals is no list of names");
    assert_ne!(features_of("hon kom"), features_of("kom hon"));
}

#[test]
fn every_text_has_features_and_an_end() {
    assert_eq!(features_of("").len(), 1, "an empty text is its two edges");
    let long = "ord ".repeat(100_000);
    assert!(features_of(&long).len() < 10 * MOST_WORDS);
    for odd in ["\u{1F600}", "İ ǅ ß", "’", "a\u{301}b", "１２"] {
        assert!(!features_of(odd).is_empty());
    }
}

const WRITTEN: &str = "\
health\tHon har inte lämnat sängen på en vecka.
health\tHan har inte lämnat sängen sedan i fredags.
economy\tDet låg kuvert från inkasso bakom elementet.
economy\tInkasso har skickat kuvert igen.
none\tServern har inte svarat på en vecka.
none\tDet låg kuvert på disken i receptionen.
none\tHan har semester sedan i fredags.
";

fn learned() -> Weights<{ CLASSES.len() }> {
    train(&sentences(WRITTEN).unwrap(), 2)
}

#[test]
fn what_was_learned_tells_like_sentences_from_others() {
    let weights = learned();
    let ill = told(&weights, "Brukaren har inte lämnat sängen.").unwrap();
    assert_eq!(ill.category, Category::Health);
    assert!(ill.chance > 0.6, "{ill:?}");
    let server = told(&weights, "Servern har inte svarat.").unwrap();
    assert!(server.chance < ill.chance / 2.0, "{server:?}");
    assert_eq!(told(&weights, "inkasso igen").unwrap().category, Category::Economy);
}

#[test]
fn learning_again_gives_the_same_bytes() {
    assert_eq!(learned().to_bytes("x"), learned().to_bytes("x"));
}

#[test]
fn weights_are_read_back_as_written_and_any_damage_is_told() {
    let weights = learned();
    let bytes = weights.to_bytes("0123abcd");
    assert_eq!(Weights::from_bytes(&bytes), Ok((weights, "0123abcd".to_owned())));
    for length in 0..bytes.len() {
        assert!(Weights::<{ CLASSES.len() }>::from_bytes(&bytes[..length]).is_err(), "cut after {length} bytes");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(Weights::<{ CLASSES.len() }>::from_bytes(&longer), Err(WeightsError::Length));
    assert_eq!(Weights::<KINDS>::from_bytes(&bytes), Err(WeightsError::Classes(11, KINDS)));
    let start = bytes.len() - 2 * (4 + CLASSES.len());
    let mut doubled = bytes.clone();
    doubled.copy_within(start..start + 4, start + 4 + CLASSES.len());
    assert_eq!(Weights::<{ CLASSES.len() }>::from_bytes(&doubled), Err(WeightsError::Order));
}

#[test]
fn the_weights_of_the_program_load_and_know_their_texts() {
    let implied = Implied::builtin().unwrap();
    let told = implied.told("Hun har ikke vært ute av senga siden hun sluttet med tablettene.").unwrap();
    assert!(told.chance > 0.5, "{told:?}");
    let harmless = implied.told("Vi har ikke fått svar på tilbudet om nye skrivere.").unwrap();
    assert!(harmless.chance < 0.4, "{harmless:?}");
    let advert = [
        "Vi söker två sjuksköterskor till en avdelning för demenssjuka.",
        "Du har legitimation och gärna erfarenhet av äldrevård och palliativ vård.",
        "Tjänsten är på heltid med tillträde enligt överenskommelse. Vi tillämpar individuell lönesättning.",
        "Välkommen med din ansökan senast den 3 mars. Fackliga företrädare nås genom växeln.",
    ];
    assert!(implied.is_personal(advert) < 0.3);
}

#[test]
fn faults_in_texts_name_their_line() {
    let fault = |outcome: Result<usize, samples::SampleError>| outcome.unwrap_err();
    let tsv = |text: &str| fault(sentences(text).map(|s| s.len()));
    assert_eq!(tsv("none\ta\nhealth b").to_string(), "line 2: no tab between class and sentence");
    assert_eq!(tsv("fish\ta").fault, SampleFault::Class("fish".into()));
    let txt = |text: &str| fault(mails(text).map(|(m, _)| m.len()));
    assert_eq!(txt("subject: a"), samples::SampleError { line: 1, fault: SampleFault::Mail });
    assert_eq!(txt("\n# clean\nnone\ta").fault, SampleFault::Subject);
    assert_eq!(txt("# clean\nsubject: a\nhealth\tb").fault, SampleFault::Label);
    assert_eq!(txt("# confidential\nsubject: a\nnone\tb").fault, SampleFault::Label);
    let (read, of) = mails("# clean\nsubject: a\nnone\tb\n\n# confidential\nsubject: c\nnone\td\nwork\te\n").unwrap();
    assert_eq!(
        read.iter().map(|m| (m.text.as_str(), m.confidential)).collect::<Vec<_>>(),
        [("a\nb", false), ("c\nd\ne", true)]
    );
    assert_eq!(of.iter().map(|s| s.class).collect::<Vec<_>>(), [0, 0, 7]);
}

#[test]
fn an_untaught_model_is_undecided() {
    let none: Weights<KINDS> = train(&[] as &[Sample<'_>], 2);
    assert!(none.is_empty());
    assert_eq!(is_personal(&none, ["whatever"]), UNTOLD);
}
