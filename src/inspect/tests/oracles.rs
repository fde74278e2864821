//! Our readers held against well-known ones, where these are right: `mail-parser` on ordinary
//! structure, html5ever's tokenizer on markup.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use mail_parser::{MessageParser, MimeHeaders, PartType};
use proptest::prelude::*;

use super::*;

/// An ordinary part: its fields and its text.
fn leaf() -> impl Strategy<Value = String> {
    let fields = prop_oneof![
        Just("Content-Type: text/plain; charset=utf-8\r\n"),
        Just("Content-Type: text/csv; charset=utf-8\r\nContent-Disposition: attachment; filename=a.csv\r\n"),
        Just("Content-Type: text/plain\r\nX-Note: folded\r\n over lines\r\n"),
    ];
    (fields, "[a-zæøå ]{1,20}(\r\n[a-z0-9 .-]{0,20}){0,3}").prop_map(|(fields, text)| format!("{fields}\r\n{text}"))
}

/// A tree of ordinary parts as a MIME entity.
fn entity() -> impl Strategy<Value = String> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        (proptest::collection::vec(inner, 1..4), "[a-z]{8}", any::<bool>()).prop_map(|(parts, boundary, preamble)| {
            let mut mail = format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n");
            if preamble {
                mail.push_str("For eldre programmer.\r\n");
            }
            for part in parts {
                mail.push_str(&format!("--{boundary}\r\n{part}\r\n"));
            }
            mail + &format!("--{boundary}--\r\n")
        })
    })
}

/// Texts of all leaves as `mail-parser` reads them.
fn by_mail_parser(mail: &[u8]) -> Vec<String> {
    let message = MessageParser::default().parse(mail).unwrap();
    let texts = message.parts.iter().filter_map(|part| match &part.body {
        PartType::Text(text) => Some(text.replace("\r\n", "\n")),
        PartType::Binary(bytes) if part.attachment_name().is_some() => {
            Some(String::from_utf8_lossy(bytes).replace("\r\n", "\n"))
        }
        _ => None,
    });
    texts.collect()
}

/// Text and comments as html5ever's tokenizer gives them.
#[derive(Default)]
struct Collected(RefCell<String>);

impl TokenSink for Collected {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        if let Token::CharacterTokens(text) = token {
            self.0.borrow_mut().push_str(&text);
        }
        TokenSinkResult::Continue
    }
}

fn by_html5ever(html: &str) -> String {
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Collected::default(), TokenizerOpts::default());
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    tokenizer.sink.0.take()
}

/// Letters and digits only: white space is ours to set.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric() || matches!(c, '<' | '&')).collect()
}

/// Pieces of markup, well and badly formed, without raw-text elements (which the tokenizer alone does
/// not switch to) and without what is cut off at the end.
fn markup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<p class=x title=\"a > b\">"),
        Just("</p>"),
        Just("<br/>"),
        Just("<b"),
        Just(">"),
        Just("<td>01</td>"),
        Just("<!-- skjult -->"),
        Just("<!-->"),
        Just("<!---->"),
        Just("<!-- a --!>"),
        Just("<!doctype html>"),
        Just("<?php x ?>"),
        Just("</ bad>"),
        Just("</>"),
        Just("<3"),
        Just("< b"),
        Just("&amp;"),
        Just("&aring;"),
        Just("&aring"),
        Just("&notit;"),
        Just("&#48;"),
        Just("&#x30;"),
        Just("&#128;"),
        Just("&#0;"),
        Just("&#99999999999;"),
        Just("&#;"),
        Just("&x"),
        Just("&"),
        Just("<a b=c d='e' f>"),
        Just("<a =b>"),
        Just("<a/b/c>"),
        Just("tekst "),
        Just("12"),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat() + ">\"'>-->slutt")
}

proptest! {
    /// Decoding undoes encoding, wherever lines are broken.
    #[test]
    fn base64_is_undone(content: Vec<u8>, width in 1_usize..80) {
        let encoded = data_encoding::BASE64.encode(&content);
        let lines: Vec<&[u8]> = encoded.as_bytes().chunks(width).collect();
        let decoded = super::super::transfer::base64(&lines.join(&b"\r\n"[..]));
        prop_assert_eq!((decoded.bytes, decoded.foreign), (content, 0));
    }

    #[test]
    fn quoted_printable_is_undone(content: Vec<u8>, width in 1_usize..20) {
        let encoded: Vec<String> = content.iter().map(|b| format!("={b:02X}")).collect();
        let lines: Vec<String> = encoded.chunks(width).map(<[String]>::concat).collect();
        let decoded = super::super::transfer::quoted_printable(lines.join("=\r\n").as_bytes()).into_owned();
        prop_assert_eq!(decoded, content);
    }

    #[test]
    fn structure_agrees_with_mail_parser_on_ordinary_mail(entity in entity()) {
        let mail = format!("From: a@a.example\r\nSubject: x\r\n{entity}");
        let inspection = bytes(mail.clone().into_bytes());
        prop_assert_eq!(reasons(&inspection), [""; 0]);
        let read: Vec<String> = inspection
            .views
            .iter()
            .filter(|v| matches!(v.origin.kind, OriginKind::Body | OriginKind::Attachment) && !v.alternative)
            .map(|v| v.text().to_string())
            .collect();
        let expected: Vec<String> = by_mail_parser(mail.as_bytes()).into_iter().filter(|t| !t.trim().is_empty()).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn shown_text_agrees_with_html5ever(html in markup()) {
        let ours = super::super::html::read(&html, false).shown;
        prop_assert_eq!(bare(&ours), bare(&by_html5ever(&html)), "{}", html);
    }
}
