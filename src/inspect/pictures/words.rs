//! What Tesseract says of a page, and whether it is to be believed.
//!
//! Its table (`tessedit_create_tsv`) has a row for each word, with how sure it is of it, 0 to 100. A clean scan
//! has hardly a word below 60; handwriting and photographs have hardly one above.
//!
//! A page is read once in each language, and of each line the reading is taken that is surer of it. Measured:
//! asked for both languages at once (`-l nor+swe`, in either order), Tesseract reads Swedish text by the rules
//! of Norwegian (`låkarvård`); line by line the surer one was right in every line of the samples.

/// From here on a word counts as read.
const SURE: f32 = 60.0;
/// Letters and digits of a picture with text. Measured: photographs without any give up to 20 by chance.
const SOME_TEXT: usize = 24;
/// Letters and digits that nobody could read, and that are too many to be the grain of a photograph (up to 60
/// were measured).
const MUCH_UNSURE: usize = 100;

/// The words of one page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// Lines as on the page.
    pub text: String,
    /// Letters and digits in words that were read, and in those that were guessed.
    pub sure: usize,
    pub unsure: usize,
}

/// What a page is by its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Legible {
    /// It has no text.
    Nothing,
    /// Its text was read.
    Text,
    /// It has text that was not, or not wholly, read.
    Doubtful,
}

/// A line in one language.
struct Line<'t> {
    place: Place<'t>,
    /// Where on the page its first word stands.
    corner: (&'t str, &'t str),
    words: Vec<(f32, &'t str)>,
}

impl Line<'_> {
    /// How sure the reading is of it, word by word.
    fn sure(&self) -> f32 {
        let sum: f32 = self.words.iter().map(|(sure, word)| sure * word.chars().count() as f32).sum();
        let letters: usize = self.words.iter().map(|(_, word)| word.chars().count()).sum();
        sum / letters.max(1) as f32
    }
}

impl Words {
    /// The words of a page by its readings, one for each language.
    pub fn of(tables: &[String]) -> Words {
        let mut readings = tables.iter().map(|table| lines(table));
        let first = readings.next().unwrap_or_default();
        let best = readings.fold(first, surer);
        let (mut sure, mut all) = (Words::default(), Words::default());
        for line in &best {
            for (confidence, word) in &line.words {
                let weight = word.chars().filter(|c| c.is_alphanumeric()).count();
                if *confidence >= SURE {
                    all.sure = all.sure.saturating_add(weight);
                } else {
                    all.unsure = all.unsure.saturating_add(weight);
                }
            }
            all.add(line, |_| true);
            sure.add(line, |confidence| confidence >= SURE);
        }
        // Where there is text, what was guessed is part of it: a number of which a digit was smudged.
        if all.legible() == Legible::Nothing {
            all.text = sure.text;
        }
        all
    }

    pub fn legible(&self) -> Legible {
        match (self.sure, self.unsure) {
            (sure, unsure) if unsure >= MUCH_UNSURE && unsure.saturating_mul(2) > sure => Legible::Doubtful,
            (sure, unsure) if sure >= SOME_TEXT && sure >= unsure => Legible::Text,
            _ => Legible::Nothing,
        }
    }

    /// So little that it is no text in any language.
    pub fn is_empty(&self) -> bool {
        self.sure.saturating_add(self.unsure) < SOME_TEXT
    }

    fn add(&mut self, line: &Line<'_>, takes: impl Fn(f32) -> bool) {
        for (number, (_, word)) in line.words.iter().filter(|(sure, _)| takes(*sure)).enumerate() {
            if !self.text.is_empty() {
                self.text.push_str(if number > 0 { " " } else { "\n" });
            }
            self.text.push_str(word);
        }
    }
}

/// Of two readings the surer one: line by line where both see the same lines, else as a whole.
fn surer<'t>(one: Vec<Line<'t>>, other: Vec<Line<'t>>) -> Vec<Line<'t>> {
    let same = |(one, other): (&Line<'_>, &Line<'_>)| one.place == other.place && one.corner == other.corner;
    if one.len() == other.len() && one.iter().zip(&other).all(same) {
        let pairs = one.into_iter().zip(other);
        return pairs.map(|(one, other)| if other.sure() > one.sure() { other } else { one }).collect();
    }
    let sure = |lines: &[Line<'_>]| lines.iter().map(Line::sure).sum::<f32>() / lines.len().max(1) as f32;
    if sure(&other) > sure(&one) { other } else { one }
}

fn lines(table: &str) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (place, corner, sure, word) in table.lines().filter_map(word_of) {
        match lines.last_mut() {
            Some(line) if line.place == place => line.words.push((sure, word)),
            _ => lines.push(Line { place, corner, words: vec![(sure, word)] }),
        }
    }
    lines
}

/// Block, paragraph, line.
type Place<'a> = (&'a str, &'a str, &'a str);

/// `level page block paragraph line word left top width height confidence text`; level 5 is a word.
fn word_of(row: &str) -> Option<(Place<'_>, (&str, &str), f32, &str)> {
    let mut columns = row.splitn(12, '\t');
    let level = columns.next()?;
    let (_page, block, paragraph, line) = (columns.next()?, columns.next()?, columns.next()?, columns.next()?);
    let (_word, left, top) = (columns.next()?, columns.next()?, columns.next()?);
    let sure = columns.nth(2)?.parse().ok().filter(|sure: &f32| sure.is_finite())?;
    let word = columns.next()?.trim();
    (level == "5" && !word.is_empty()).then_some(((block, paragraph, line), (left, top), sure, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(words: &[(&str, &str, f32, &str)]) -> String {
        let mut table =
            "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
             1\t1\t0\t0\t0\t0\t0\t0\t1654\t2339\t-1\t\n"
                .to_owned();
        for (block, line, sure, word) in words {
            table.push_str(&format!("5\t1\t{block}\t1\t{line}\t1\t0\t0\t10\t10\t{sure}\t{word}\n"));
        }
        table
    }

    #[test]
    fn words_stand_in_their_lines() {
        let words = Words::of(&[table(&[
            ("1", "1", 96.0, "Fødselsnummer"),
            ("1", "1", 95.0, "018190"),
            ("1", "1", 40.0, "12365"),
            ("1", "2", 96.5, "Göran"),
            ("2", "1", 91.0, "Åsheim"),
        ])]);
        assert_eq!(words.text, "Fødselsnummer 018190 12365\nGöran\nÅsheim");
        assert_eq!((words.sure, words.unsure, words.legible()), (30, 5, Legible::Text));
    }

    #[test]
    fn of_each_line_the_surer_reading_is_taken() {
        let norwegian = [("1", "1", 96.0, "Fødselsnummer"), ("1", "2", 93.0, "låkarvård"), ("2", "1", 95.0, "strøm")];
        let swedish = [("1", "1", 70.0, "Fedselsnummer"), ("1", "2", 95.0, "läkarvård"), ("2", "1", 80.0, "strem")];
        let words = |one: &[_], other: &[_]| Words::of(&[table(one), table(other)]).text;
        assert_eq!(words(&norwegian, &swedish), "Fødselsnummer\nläkarvård\nstrøm");
        assert_eq!(words(&swedish, &norwegian), "Fødselsnummer\nläkarvård\nstrøm");
        // One that sees other lines is taken as a whole, or not at all.
        assert_eq!(words(&norwegian, &swedish[..2]), "Fødselsnummer\nlåkarvård\nstrøm");
        assert_eq!(words(&swedish[..2], &norwegian), "Fødselsnummer\nlåkarvård\nstrøm");
        assert_eq!(words(&norwegian, &[]), "Fødselsnummer\nlåkarvård\nstrøm");
    }

    #[test]
    fn what_was_guessed_is_not_read() {
        let many = |sure: f32, n: usize| vec![("1", "1", sure, "abcdefghij"); n];
        for (what, read, guessed, legible) in [
            ("an empty page", 0, 0, Legible::Nothing),
            ("a photograph", 2, 6, Legible::Nothing),
            ("a sign in a photograph", 2, 0, Legible::Nothing),
            ("a short note", 3, 0, Legible::Text),
            ("a letter", 80, 10, Legible::Text),
            ("a letter with stamps", 80, 40, Legible::Text),
            ("handwriting", 3, 30, Legible::Doubtful),
            ("a form filled in by hand", 30, 16, Legible::Doubtful),
        ] {
            let words = Words::of(&[table(&[many(90.0, read), many(30.0, guessed)].concat())]);
            assert_eq!(words.legible(), legible, "{what}");
            if legible == Legible::Nothing {
                assert_eq!(words.text.split_whitespace().count(), read, "{what}: grain is not text");
            }
        }
    }

    #[test]
    fn what_is_no_table_has_no_words() {
        for text in [
            "",
            "\n",
            "Kari 01819012365",
            "5\t1\t1",
            "5\t1\t1\t1\t1\t1\t0\t0\t1\t1\tx\tKari",
            "\u{0}\t\t\t\t\t\t\t\t\t\t\t\t",
        ] {
            assert_eq!(Words::of(&[text.to_owned()]), Words::default(), "{text:?}");
        }
        assert_eq!(Words::of(&[]), Words::default());
    }
}
