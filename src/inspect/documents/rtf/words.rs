//! What control words mean for a reader of text (RTF 1.9.1, appendix B).

/// Where the text of a group goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// With the text around it.
    Flow,
    /// A text of its own.
    Story(&'static str),
    /// A short text of its own.
    Short(&'static str),
    /// Settings; groups in it may have text.
    Settings,
    /// An older form of what was read just before.
    Older,
    Code,
    Fonts,
    Picture,
    Object,
    Html,
    /// Nobody knows; kept as text if it is some.
    Unknown,
}

use Destination::{Code, Flow, Fonts, Html, Object, Older, Picture, Settings, Short, Story};

/// Destinations by their words.
const DESTINATIONS: [(&str, Destination); 95] = [
    ("header", Story("header")),
    ("headerl", Story("header")),
    ("headerr", Story("header")),
    ("headerf", Story("header")),
    ("footer", Story("footer")),
    ("footerl", Story("footer")),
    ("footerr", Story("footer")),
    ("footerf", Story("footer")),
    ("footnote", Story("footnote")),
    ("annotation", Story("comment")),
    ("shptxt", Story("text box")),
    ("dptxbxtext", Story("text box")),
    ("ftnsep", Story("separator of notes")),
    ("ftnsepc", Story("separator of notes")),
    ("ftncn", Story("separator of notes")),
    ("aftnsep", Story("separator of notes")),
    ("aftnsepc", Story("separator of notes")),
    ("aftncn", Story("separator of notes")),
    ("atnauthor", Short("author")),
    ("atnid", Short("author")),
    ("revtbl", Short("author")),
    ("bkmkstart", Short("bookmark")),
    ("title", Short("properties")),
    ("subject", Short("properties")),
    ("author", Short("properties")),
    ("operator", Short("properties")),
    ("manager", Short("properties")),
    ("company", Short("properties")),
    ("category", Short("properties")),
    ("keywords", Short("properties")),
    ("comment", Short("properties")),
    ("doccomm", Short("properties")),
    ("hlinkbase", Short("properties")),
    ("propname", Short("properties")),
    ("staticval", Short("properties")),
    ("linkval", Short("properties")),
    ("docvar", Short("variable")),
    ("sv", Short("alt text")),
    ("fldinst", Code),
    ("fonttbl", Fonts),
    ("pict", Picture),
    ("objdata", Object),
    ("htmltag", Html),
    ("nonshppict", Older),
    ("shprslt", Older),
    ("mhtmltag", Settings),
    ("fldrslt", Flow),
    ("result", Flow),
    ("ud", Flow),
    ("listtext", Flow),
    ("info", Settings),
    ("userprops", Settings),
    ("shppict", Settings),
    ("shpinst", Settings),
    ("shpgrp", Settings),
    ("background", Settings),
    ("picprop", Settings),
    ("sn", Settings),
    ("colortbl", Settings),
    ("stylesheet", Settings),
    ("listtable", Settings),
    ("listoverridetable", Settings),
    ("listpicture", Settings),
    ("pnseclvl", Settings),
    ("pn", Settings),
    ("rsidtbl", Settings),
    ("generator", Settings),
    ("themedata", Settings),
    ("colorschememapping", Settings),
    ("latentstyles", Settings),
    ("datastore", Settings),
    ("xmlnstbl", Settings),
    ("mmathPr", Settings),
    ("panose", Settings),
    ("falt", Settings),
    ("fontemb", Settings),
    ("blipuid", Settings),
    ("blipupi", Settings),
    ("bkmkend", Settings),
    ("atndate", Settings),
    ("atnref", Settings),
    ("atntime", Settings),
    ("atnparent", Settings),
    ("atrfstart", Settings),
    ("atrfend", Settings),
    ("objclass", Settings),
    ("objname", Settings),
    ("oleclsid", Settings),
    ("pgdsctbl", Settings),
    ("wgrffmtfilter", Settings),
    ("passwordhash", Settings),
    ("pgptbl", Settings),
    ("xmlopen", Settings),
    ("template", Settings),
    ("datafield", Settings),
];

/// The destination that a word begins. Some words do so only at the start of a group.
pub(super) fn destination(word: &str, starred: bool, first: bool) -> Option<Destination> {
    let known = DESTINATIONS.iter().find(|(name, _)| *name == word).map(|(_, destination)| *destination);
    match known {
        Some(Short(_)) if !(starred || first) => None,
        // Styles of the text around.
        None if matches!(word, "cs" | "ds" | "ts") => None,
        None if starred => Some(Destination::Unknown),
        known => known,
    }
}

/// The code page of a font's character set.
pub(super) fn codepage(charset: i32) -> Option<u32> {
    Some(match charset {
        0 => 1252,
        77 => 10_000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        254 => 437,
        255 => 850,
        _ => return None,
    })
}

/// Words that stand for a character.
pub(super) fn character(word: &str) -> Option<char> {
    Some(match word {
        "tab" => '\t',
        "emdash" => '—',
        "endash" => '–',
        "emspace" | "enspace" | "qmspace" => ' ',
        "bullet" => '•',
        "lquote" => '‘',
        "rquote" => '’',
        "ldblquote" => '“',
        "rdblquote" => '”',
        _ => return None,
    })
}
