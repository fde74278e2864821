//! What every page has around it: language, links to the others, style sheets.

use axum::http::{HeaderMap, header};

use super::assets::{Assets, assets};
use super::sender::SenderPages;
use super::texts::Texts;
use crate::notice::Language;

/// Around a page.
pub struct Page<'t> {
    pub lang: &'static str,
    /// Path of the console's address, before that of everything.
    pub prefix: &'t str,
    pub texts: &'t Texts,
    pub assets: &'static Assets,
    /// The same page in the other languages.
    pub languages: Vec<Other<'t>>,
    /// `?l=nn` where the language was chosen, to be carried on; else empty.
    pub query: String,
}

pub struct Other<'t> {
    pub lang: &'static str,
    pub name: &'t str,
    pub href: String,
}

impl<'t> Page<'t> {
    /// `path`: of this page, without its query; links to it in other languages are left out without one.
    pub fn new(pages: &'t SenderPages, texts: &'t Texts, language: Language, chosen: bool, path: Option<&str>) -> Self {
        let others = |path: &str| {
            let others = pages.texts.all().filter(|(other, _)| *other != language);
            let link = |(other, texts): (Language, &'t Texts)| Other {
                lang: other.as_str(),
                name: &texts.language,
                href: format!("{path}?l={}", other.as_str()),
            };
            others.map(link).collect()
        };
        Page {
            lang: language.as_str(),
            prefix: &pages.prefix,
            texts,
            assets: assets(),
            languages: path.map_or_else(Vec::new, others),
            query: if chosen { format!("?l={}", language.as_str()) } else { String::new() },
        }
    }
}

/// `l=nn` of the query.
pub fn chosen_language(query: Option<&str>) -> Option<Language> {
    query?.split('&').find_map(|pair| pair.strip_prefix("l=")).and_then(Language::from_word)
}

/// For a page that belongs to nobody: what the browser asks for first, in its order. Norwegian without a form is
/// bokmål.
pub fn asked_language(headers: &HeaderMap) -> Option<Language> {
    let accepted = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    accepted.split(',').find_map(|range| {
        let tag = range.split(';').next()?.trim().split('-').next()?.to_ascii_lowercase();
        if tag == "no" { Some(Language::Nb) } else { Language::from_word(&tag) }
    })
}

/// A phone number or an address as one tap, anything else as words.
pub struct Contact {
    pub text: String,
    pub href: Option<String>,
}

impl Contact {
    /// `None` for nothing, or blanks.
    pub fn of(value: Option<&str>) -> Option<Contact> {
        let text = value?.trim();
        (!text.is_empty()).then(|| Contact { text: text.to_owned(), href: crate::notice::contact_address(text) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_read_from_where_they_are_asked_for() {
        for (query, language) in [
            (Some("l=nn"), Some(Language::Nn)),
            (Some("x=1&l=sv"), Some(Language::Sv)),
            (Some("l=\"><script>"), None),
            (Some(""), None),
            (None, None),
        ] {
            assert_eq!(chosen_language(query), language, "{query:?}");
        }
        for (accepted, language) in [
            ("nn-NO,nb;q=0.8", Some(Language::Nn)),
            ("no", Some(Language::Nb)),
            ("de-DE, sv;q=0.5", Some(Language::Sv)),
            ("fi", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, accepted.parse().unwrap())]);
            assert_eq!(asked_language(&headers), language, "{accepted}");
        }
    }
}
