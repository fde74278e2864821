//! Rows that hide the number in a character set or in Unicode.

use encoding_rs::{ISO_8859_10, ISO_8859_15, WINDOWS_1252};

use super::*;

pub fn rows() -> Rows {
    let other_digits =
        |zero: u32| -> String { NUMBER.chars().map(|d| char::from_u32(u32::from(d) - 0x30 + zero).unwrap()).collect() };
    let half_pair: Vec<u8> =
        "Fnr 01819012365 og ".encode_utf16().chain([0xD800, 0x35]).flat_map(u16::to_le_bytes).collect();
    let reversed: String = NUMBER.chars().rev().collect();
    let with_mark = |big: bool| [if big { &b"\xFE\xFF"[..] } else { b"\xFF\xFE" }, &utf_16(big)].concat();
    let plain = |body: &str| text("Content-Type: text/plain; charset=utf-8", body);
    let between = |c: &str| plain(&NUMBER.chars().map(|d| format!("{d}{c}")).collect::<String>());
    vec![
        ("utf-8", charset("utf-8", SENTENCE.as_bytes())),
        ("iso-8859-1", charset("iso-8859-1", &WINDOWS_1252.encode(SENTENCE).0)),
        ("iso-8859-15", charset("iso-8859-15", &ISO_8859_15.encode(SENTENCE).0)),
        ("iso-8859-10", charset("iso-8859-10", &ISO_8859_10.encode(SENTENCE).0)),
        ("windows-1252", charset("windows-1252", &WINDOWS_1252.encode(SENTENCE).0)),
        ("latin-1 called utf-8", charset("utf-8", &WINDOWS_1252.encode(SENTENCE).0)),
        ("latin-1 called us-ascii", charset("us-ascii", &WINDOWS_1252.encode(SENTENCE).0)),
        ("latin-1 called nothing", mail("X-A: 1", &WINDOWS_1252.encode(SENTENCE).0)),
        ("latin-1 called nonsense", charset("x-ukjent", &WINDOWS_1252.encode(SENTENCE).0)),
        ("utf-8 called latin-1", charset("iso-8859-1", SENTENCE.as_bytes())),
        ("utf-8 with a mark", charset("iso-8859-1", format!("\u{FEFF}{SENTENCE}").as_bytes())),
        ("utf-8 twice", charset("utf-8", "FÃ¸dselsnummer 01819012365 pÃ¥ sÃ¸knaden.".as_bytes())),
        ("utf-7", charset("utf-7", b"F+APg-dselsnummer 01819012365 p+AOU s+APg-knaden.")),
        ("utf-8, or utf-7", charset("utf-8; charset=utf-7", b"018+ADEAOQ-012365")),
        ("utf-7 in HTML that no reader knows", mail("Content-Type: text/html; charset=utf-7", b"<p>+01819012365-")),
        ("utf-8 called utf-16", charset("utf-16", SENTENCE.as_bytes())),
        ("utf-8 called gb18030", charset("gb18030", SENTENCE.as_bytes())),
        ("utf-16le", in_base64("Content-Type: text/plain; charset=utf-16le", &utf_16(false))),
        ("utf-16be", in_base64("Content-Type: text/plain; charset=utf-16be", &utf_16(true))),
        ("utf-16 with a mark", in_base64("Content-Type: text/plain; charset=utf-16", &with_mark(true))),
        ("utf-16 without a mark", in_base64("Content-Type: text/plain; charset=utf-16", &utf_16(true))),
        ("utf-16 called nothing", in_base64("Content-Type: text/plain", &utf_16(false))),
        ("utf-16 called utf-8, with a mark", in_base64("Content-Type: text/plain; charset=utf-8", &with_mark(false))),
        (
            "utf-16 of odd length",
            in_base64("Content-Type: text/plain; charset=utf-16le", &[utf_16(false), vec![0x41]].concat()),
        ),
        ("cp850", charset("cp850", b"F\x9Bdselsnummer 01819012365 p\x86 s\x9Bknaden.")),
        ("cp865", charset("cp865", b"F\x9Bdselsnummer 01819012365 p\x86 s\x9Bknaden.")),
        (
            "html with a meta charset",
            mail(
                "Content-Type: text/html",
                &[&b"<meta charset=\"iso-8859-1\">"[..], &WINDOWS_1252.encode(SENTENCE).0].concat(),
            ),
        ),
        (
            "html with a meta charset that is not the label's",
            mail(
                "Content-Type: text/html; charset=utf-8",
                &[&b"<meta charset=\"iso-8859-1\">"[..], &WINDOWS_1252.encode(SENTENCE).0].concat(),
            ),
        ),
        ("iso-2022 shifts", charset("iso-2022-jp", b"Fnr \x1B(J018190\x1B(B12365")),
        ("utf-8 that is too long", charset("utf-8", b"Fnr 0\xC0\xB1819012365 og 01819012365")),
        ("half a pair in utf-16", in_base64("Content-Type: text/plain; charset=utf-16le", &half_pair)),
        ("half a pair in utf-8", charset("utf-8", b"Fnr 018190\xED\xA0\x8012365, 01819012365")),
        ("full-width digits", plain(&other_digits(0xFF10))),
        ("Arabic-Indic digits", plain(&other_digits(0x660))),
        ("mathematical digits", plain(&other_digits(0x1D7CE))),
        ("superscripts", plain("⁰¹⁸¹⁹⁰¹²³⁶⁵")),
        ("circled digits", plain("⓪①⑧①⑨⓪①②③⑥⑤")),
        ("no-break spaces", plain("Fødselsnummer 018190\u{A0}12365")),
        ("thin spaces", plain("Fødselsnummer 018190\u{2009}12365")),
        ("a figure dash", plain("Fødselsnummer 018190\u{2012}12365")),
        ("a non-breaking hyphen", plain("Fødselsnummer 018190\u{2011}12365")),
        ("a minus", plain("Fødselsnummer 018190\u{2212}12365")),
        ("a word of Cyrillic look-alikes", plain("Fødselsn\u{443}mm\u{435}r 01819012365")),
        ("a form feed", plain("Fnr 018190\u{C}12365")),
        ("a delete character", plain("Fnr 018190\u{7F}12365")),
        ("NFD letters", plain("Fo\u{338}dselsnummer 01819012365")),
        ("zero-width space", between("\u{200B}")),
        ("soft hyphen", between("\u{AD}")),
        ("zero-width non-joiner", between("\u{200C}")),
        ("zero-width joiner", between("\u{200D}")),
        ("byte order marks", between("\u{FEFF}")),
        ("right-to-left marks", between("\u{200F}")),
        ("word joiner", between("\u{2060}")),
        ("combining dot", between("\u{323}")),
        ("variation selector", between("\u{FE0F}")),
        ("tag characters", between("\u{E0041}")),
        ("right-to-left override", plain(&format!("\u{202E}{reversed}\u{202C}"))),
        ("isolates", between("\u{2066}")),
        ("subject", subject("Notat 01819012365")),
        ("subject in two encoded-words", subject("=?utf-8?B?MDE4MTkw?= =?utf-8?B?MTIzNjU=?=")),
        ("subject in two folded encoded-words", subject("=?utf-8?B?MDE4MTkw?=\r\n =?iso-8859-1?Q?12365?=")),
        (
            "encoded-words that split a character",
            subject("=?utf-8?B?RsM=?= =?utf-8?B?uGRzZWxzbnVtbWVyIDAxODE5MDEyMzY1?="),
        ),
        ("encoded-word with a blank", subject("=?us-ascii?Q?018190_?= =?us-ascii?Q?12365?=")),
        ("encoded-word in an address", text("To: =?utf-8?Q?01819012365?= <a@a.example>", "Hei")),
        ("encoded-word inside a number", subject("01819=?utf-8?Q?01?=2365")),
        ("encoded-word of an unknown set", subject("=?x-ukjent?Q?01819012365?=")),
        ("encoded-word with a language", subject("=?utf-8*nb?Q?01819012365?=")),
        ("encoded-word with spaces", subject("=?utf-8?Q?fnr 01819012365?=")),
        ("encoded-word too long", subject(&format!("=?utf-8?Q?{}=30=31819012365?=", "x".repeat(9_000)))),
        ("encoded-word in quotes", text("To: \"=?utf-8?Q?01819012365?=\" <a@a.example>", "Hei")),
        ("raw utf-8 in the subject", subject("fødselsnummer 01819012365")),
        ("two subjects", text("Subject: ingenting\r\nSubject: 01819012365", "Hei")),
        (
            "format=flowed with delsp",
            text("Content-Type: text/plain; format=flowed; delsp=yes", "01819 \r\n012365\r\n"),
        ),
    ]
}
