//! Rows that hide the number in markup.

use data_encoding::BASE64;

use super::*;

pub fn rows() -> Rows {
    let cells: String = NUMBER.chars().map(|d| format!("<td> {d} </td>\r\n")).collect();
    let divs: String = NUMBER.chars().map(|d| format!("<div style=\"float:left\">{d}</div>")).collect();
    let encoded = BASE64.encode(SENTENCE.as_bytes());
    vec![
        ("bold in the middle", html("<b>018190</b>12365")),
        ("empty tags", html("018190<b></b>12<span/>365")),
        ("numeric entities", html("01819&#48;1&#x32;&#0051;65")),
        ("named entities", html("018&zwnj;19&shy;012&ZeroWidthSpace;365")),
        ("a comment between digits", html("018190<!-- -->12365")),
        ("a comment that ends oddly", html("<!-- x --!>01819012365")),
        ("wbr", html("018190<wbr>12365")),
        ("a cell a digit", html(&format!("<table><tr>{cells}</tr></table>"))),
        ("a div a digit", html(&divs)),
        ("unclosed tags", html("<p><b><i>01819012365")),
        ("hidden text", html("<p style=\"display:none\">01819012365</p>")),
        ("a comment", html("<p>Hei</p><!-- 01819012365 -->")),
        ("an unclosed comment", html("<p>Hei</p><!-- 01819012365")),
        ("alt", html("<img src=\"cid:x\" alt=\"01819012365\">")),
        ("title attribute", html("<p title='01819012365'>Hei</p>")),
        ("an unquoted attribute", html("<p data-fnr=01819012365>Hei</p>")),
        ("title element", html("<title>018&#49;9012365</title>Hei")),
        ("style sheet", html("<style>p:after { content: \"01819012365\" }</style><p>Hei")),
        ("script", html("<script>var fnr = '01819012365';</script>Hei")),
        ("textarea", html("<textarea>01819012365</textarea>")),
        ("a link", html("<a href=\"mailto:a@a.example?subject=%30%31819012365\">Svar</a>")),
        ("a link's path", html("<a href=\"https://a.example/sak/01819012365/vis\">Sak</a>")),
        ("a picture's address", html("<img src=\"https://a.example/vis?nr=01819012365\">")),
        ("an entity of its own", html("<!DOCTYPE a [ <!ENTITY nr \"01819012365\"> ]>&nr;")),
        ("tags in a style sheet", html("<svg><style>p{}<b>01819012365</b></style></svg>")),
        ("a data URL", html(&format!("<a href=\"data:text/plain;base64,{encoded}\">x</a>"))),
        ("a big attribute", html(&format!("<p title=\"{}01819012365\">Hei</p>", "x".repeat(1_000_000)))),
        ("deep nesting", html(&format!("{}01819012365", "<div>".repeat(100_000)))),
        ("a broken tag", html("<p <b>01819012365")),
        ("a doctype and CDATA", html("<!DOCTYPE html><![CDATA[01819012365]]>")),
    ]
}
