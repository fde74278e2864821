//! The words of one language: categories, places, reasons, dates, lists, and phrases by number.
//!
//! Only words of this file reach a notice. A category, reason or attachment kind that it does not
//! know is left out, never printed as it came.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use serde::Deserialize;

use super::facts::PlaceWord;
use super::template::Inline;

/// Recipients that a notice lists by address; the others are counted.
const MAX_RECIPIENTS: usize = 8;
/// Places that a notice names.
const MAX_PLACES: usize = 4;

/// `words.toml` of a language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// `a, b and c`.
    pub and: String,
    /// `{n}` more recipients, or references, than are listed.
    pub more_recipients: String,
    /// Point in time: `{day} {month} {hour} {minute}`.
    pub when: String,
    /// January to December.
    pub months: Vec<String>,
    pub categories: BTreeMap<String, String>,
    /// Sentences in the place of `why_channel`, where the recipients' login is not what stands against the mail.
    pub obstacles: BTreeMap<String, String>,
    pub unreadable: BTreeMap<String, String>,
    pub places: Places,
    /// Kinds of attachment, as inspection names them.
    pub kinds: BTreeMap<String, String>,
    /// What a sender may be advised to do, by its word.
    pub advice: BTreeMap<String, String>,
    /// Pieces of text that several notices share.
    pub phrases: BTreeMap<String, String>,
    /// Phrases chosen by the number of recipients.
    pub by_recipients: BTreeMap<String, OneMany>,
    /// Phrases chosen by the days that are left; `{n}` stands for the number.
    pub by_days: BTreeMap<String, ZeroOneMany>,
    /// Phrases chosen by where the details stand.
    pub by_place: BTreeMap<String, ByPlace>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Places {
    pub body: String,
    pub quote: String,
    pub subject: String,
    /// `{number}`
    pub attachment: String,
    /// `{number} {kind}`
    pub attachment_of_kind: String,
    /// `{number}`
    pub filename: String,
    /// When there are more places than are named.
    pub elsewhere: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneMany {
    pub one: String,
    pub many: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZeroOneMany {
    pub zero: String,
    pub one: String,
    pub many: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByPlace {
    /// Only in the earlier conversation.
    pub quote: String,
    /// There, and elsewhere.
    pub quote_and_more: String,
    /// Anywhere else, or unknown.
    pub other: String,
}

impl Words {
    /// `a`, `a and b`, `a, b and c`.
    pub fn list(&self, items: &[String]) -> Option<String> {
        match items {
            [] => None,
            [only] => Some(only.clone()),
            [first @ .., last] => Some(format!("{} {} {last}", first.join(", "), self.and)),
        }
    }

    /// The same of pieces that are not plain text.
    pub fn joined(&self, mut items: Vec<Inline>) -> Option<Vec<Inline>> {
        let last = items.pop()?;
        let mut out = Vec::new();
        let before = items.len();
        for (number, item) in items.into_iter().enumerate() {
            out.push(item);
            let last = number.saturating_add(1) == before;
            out.push(Inline::Text(if last { format!(" {} ", self.and) } else { ", ".to_owned() }));
        }
        out.push(last);
        Some(out)
    }

    /// Addresses as a list, the last ones counted when there are many.
    pub fn recipients(&self, addresses: &[String]) -> Option<String> {
        let mut items: Vec<String> = addresses.iter().take(MAX_RECIPIENTS).map(|a| shown(a)).collect();
        let more = addresses.len().saturating_sub(MAX_RECIPIENTS);
        if more > 0 {
            items.push(self.more_recipients.replace("{n}", &more.to_string()));
        }
        self.list(&items)
    }

    pub fn categories(&self, categories: &[String]) -> Option<String> {
        self.known(&self.categories, categories)
    }

    pub fn unreadable(&self, reasons: &[String]) -> Option<String> {
        self.known(&self.unreadable, reasons)
    }

    fn known(&self, table: &BTreeMap<String, String>, wanted: &[String]) -> Option<String> {
        let words: Vec<String> = wanted.iter().filter_map(|word| table.get(word).cloned()).collect();
        self.list(&words)
    }

    /// The text of a word of advice; what is none is a text itself.
    pub fn advice(&self, advice: &str) -> String {
        self.advice.get(advice).cloned().unwrap_or_else(|| shown(advice))
    }

    /// Where the details stand, each place once.
    pub fn places(&self, places: &[PlaceWord]) -> Option<String> {
        let mut words: Vec<String> = Vec::new();
        for place in places {
            let word = self.place(place);
            if !words.contains(&word) {
                words.push(word);
            }
        }
        if words.len() > MAX_PLACES {
            words.truncate(MAX_PLACES);
            words.push(self.places.elsewhere.clone());
        }
        self.list(&words)
    }

    fn place(&self, place: &PlaceWord) -> String {
        let places = &self.places;
        match place {
            PlaceWord::Body => places.body.clone(),
            PlaceWord::Quote => places.quote.clone(),
            PlaceWord::Subject => places.subject.clone(),
            PlaceWord::Filename { number } => places.filename.replace("{number}", &number.to_string()),
            PlaceWord::Attachment { kind, number } => match self.kinds.get(&kind.to_lowercase()) {
                Some(kind) => {
                    places.attachment_of_kind.replace("{number}", &number.to_string()).replace("{kind}", kind)
                }
                None => places.attachment.replace("{number}", &number.to_string()),
            },
        }
    }

    /// The texts that are no templates: where each stands, itself, and the slots it may hold.
    pub fn plain_texts(&self) -> Vec<(String, &str, &'static [&'static str])> {
        const NUMBER: &[&str] = &["{number}"];
        let places = &self.places;
        let mut texts: Vec<(String, &str, &'static [&'static str])> = vec![
            ("more_recipients".to_owned(), &self.more_recipients, &["{n}"]),
            ("when".to_owned(), &self.when, &["{day}", "{month}", "{hour}", "{minute}"]),
            ("places.body".to_owned(), &places.body, &[]),
            ("places.quote".to_owned(), &places.quote, &[]),
            ("places.subject".to_owned(), &places.subject, &[]),
            ("places.attachment".to_owned(), &places.attachment, NUMBER),
            ("places.attachment_of_kind".to_owned(), &places.attachment_of_kind, &["{number}", "{kind}"]),
            ("places.filename".to_owned(), &places.filename, NUMBER),
            ("places.elsewhere".to_owned(), &places.elsewhere, &[]),
        ];
        for (table, words) in [
            ("categories", &self.categories),
            ("obstacles", &self.obstacles),
            ("unreadable", &self.unreadable),
            ("kinds", &self.kinds),
            ("advice", &self.advice),
        ] {
            texts.extend(words.iter().map(|(key, word)| (format!("{table}.{key}"), word.as_str(), [].as_slice())));
        }
        for (key, phrase) in &self.by_recipients {
            texts.push((format!("by_recipients.{key}.one"), &phrase.one, &[]));
            texts.push((format!("by_recipients.{key}.many"), &phrase.many, &[]));
        }
        for (key, phrase) in &self.by_days {
            texts.push((format!("by_days.{key}.zero"), &phrase.zero, &[]));
            texts.push((format!("by_days.{key}.one"), &phrase.one, &[]));
            texts.push((format!("by_days.{key}.many"), &phrase.many, &["{n}"]));
        }
        for (key, phrase) in &self.by_place {
            texts.push((format!("by_place.{key}.quote"), &phrase.quote, &[]));
            texts.push((format!("by_place.{key}.quote_and_more"), &phrase.quote_and_more, &[]));
            texts.push((format!("by_place.{key}.other"), &phrase.other, &[]));
        }
        texts
    }

    /// A local time; years are left out, a notice is about the last weeks.
    pub fn when(&self, time: DateTime) -> String {
        let index = usize::from(time.month().unsigned_abs()).saturating_sub(1);
        let month = self.months.get(index).map_or("", String::as_str);
        self.when
            .replace("{day}", &time.day().to_string())
            .replace("{month}", month)
            .replace("{hour}", &format!("{:02}", time.hour()))
            .replace("{minute}", &format!("{:02}", time.minute()))
    }
}

impl OneMany {
    pub fn pick(&self, number: usize) -> &str {
        if number == 1 { &self.one } else { &self.many }
    }
}

impl ZeroOneMany {
    pub fn pick(&self, number: u32) -> String {
        match number {
            0 => self.zero.clone(),
            1 => self.one.clone(),
            more => self.many.replace("{n}", &more.to_string()),
        }
    }
}

impl ByPlace {
    pub fn pick(&self, places: &[PlaceWord]) -> &str {
        let quoted = places.contains(&PlaceWord::Quote);
        match (quoted, places.iter().all(|p| *p == PlaceWord::Quote)) {
            (true, true) => &self.quote,
            (true, false) => &self.quote_and_more,
            (false, _) => &self.other,
        }
    }
}

/// An address, or what somebody has typed, as it can be shown: no control character, nothing that turns the direction of the text.
pub fn shown(address: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{00ad}' | '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    address.chars().map(|c| if hidden(c) { '\u{fffd}' } else { c }).collect()
}
