//! The plain text part: lines of at most 72 characters, choices numbered, addresses on lines of
//! their own where a mail reader makes them clickable.

use super::template::{BlockKind, Document, Inline, plain};

/// Columns of a line; longer words stand alone.
const WIDTH: usize = 72;

pub fn typeset(document: &Document) -> String {
    let mut out = String::new();
    let mut number = 0;
    let mut before = None;
    for block in &document.blocks {
        number = if block.kind == BlockKind::Choice { number + 1 } else { 0 };
        let close = matches!(
            (before, block.kind),
            (Some(BlockKind::Heading), _) | (Some(BlockKind::Choice), BlockKind::Choice)
        );
        if before.is_some() && !close {
            out.push('\n');
        }
        let (first, rest) = match block.kind {
            BlockKind::Choice => (format!("{number}. "), "   "),
            _ => (String::new(), ""),
        };
        wrap(plain(&block.content).trim(), &first, rest, &mut out);
        for target in web_addresses(&block.content) {
            out.push_str(rest);
            out.push_str(target);
            out.push('\n');
        }
        before = Some(block.kind);
    }
    out
}

/// Breaks at spaces only; `first` and `rest` stand before the lines.
fn wrap(text: &str, first: &str, rest: &str, out: &mut String) {
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.push_str(&line);
            out.push('\n');
            line = rest.to_owned();
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.push_str(&line);
    out.push('\n');
}

/// Link targets that the words do not show already.
fn web_addresses(inlines: &[Inline]) -> Vec<&str> {
    let mut found = Vec::new();
    for inline in inlines {
        match inline {
            Inline::Link { target, .. } if target.starts_with("http") => found.push(target.as_str()),
            Inline::Strong(inner) | Inline::Emphasis(inner) | Inline::Code(inner) => found.extend(web_addresses(inner)),
            Inline::Text(_) | Inline::Unbroken(_) | Inline::Link { .. } => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn wrapping_keeps_every_word_and_the_width(words in proptest::collection::vec("[a-zåæø]{1,90}", 1..40)) {
            let text = words.join(" ");
            let mut out = String::new();
            wrap(&text, "1. ", "   ", &mut out);
            let lines: Vec<&str> = out.lines().collect();
            let again: Vec<&str> = lines.iter().flat_map(|line| line.split_whitespace()).collect();
            proptest::prop_assert_eq!(&again[1..], &words[..], "after the number");
            for line in lines {
                let one_word = line[3..].split(' ').count() == 1;
                proptest::prop_assert!(line.chars().count() <= WIDTH || one_word, "{}", line);
            }
        }
    }
}
