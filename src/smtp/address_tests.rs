#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use proptest::prelude::*;

use super::*;

#[test]
fn paths_that_are_taken() {
    let table = [
        // between the brackets, local part, domain as compared
        ("anna@kommun.example", "anna", "kommun.example"),
        ("Anna.Test@Kommun.EXAMPLE", "Anna.Test", "kommun.example"),
        ("a..b@x.example", "a..b", "x.example"),
        ("a.@x.example", "a.", "x.example"),
        ("!#$%&'*+-/=?^_`{|}~@x.example", "!#$%&'*+-/=?^_`{|}~", "x.example"),
        (r#""a b"@x.example"#, "a b", "x.example"),
        (r#""a\"b\\c"@x.example"#, r#"a"b\c"#, "x.example"),
        (r#""a>b@c"@x.example"#, "a>b@c", "x.example"),
        (r#"""@x.example"#, "", "x.example"),
        ("a@[192.0.2.1]", "a", "[192.0.2.1]"),
        ("a@[IPv6:2001:DB8:0::1]", "a", "[ipv6:2001:db8::1]"),
        ("a@[ipv6:2001:db8::1]", "a", "[ipv6:2001:db8::1]"),
        ("a@localhost", "a", "localhost"),
        ("a@under_score.example", "a", "under_score.example"),
        ("bjørn@blåbær.example", "bjørn", "xn--blbr-roah.example"),
        ("a@BLÅBÆR.example", "a", "xn--blbr-roah.example"),
        ("a@xn--blbr-roah.example", "a", "xn--blbr-roah.example"),
        // W14: routing tricks are plain local parts for us
        ("user%ext.example@local.example", "user%ext.example", "local.example"),
        ("ext.example!user@local.example", "ext.example!user", "local.example"),
        (r#""user@ext.example"@local.example"#, "user@ext.example", "local.example"),
    ];
    for (inner, local, domain) in table {
        let text = format!("<{inner}> SIZE=1");
        let (path, rest) = ForwardPath::parse(&text).unwrap_or_else(|error| panic!("{inner}: {error}"));
        assert_eq!((path.0.local(), path.0.domain(), rest), (local, domain, " SIZE=1"), "{inner}");
        assert_eq!(path.to_wire(), format!("<{inner}>"), "verbatim to the next hop");
        assert_eq!(ReversePath::parse(&text).map(|(path, _)| path.to_wire()), Ok(format!("<{inner}>")));
    }
}

#[test]
fn paths_that_are_refused() {
    use PathError::*;
    let long = |local: usize| format!("<{}@x.example>", "a".repeat(local));
    let label = |length: usize| format!("<a@{}.example>", "b".repeat(length));
    let (fits, too_long) = (long(244), long(245));
    assert!(ForwardPath::parse(&fits).is_ok());
    assert!(ForwardPath::parse(&label(63)).is_ok());
    let (w13, long_label) = (long(300), label(64));
    let table = [
        (too_long.as_str(), TooLong),
        (&w13, TooLong),
        (&long_label, TooLong),
        // brackets
        ("anna@kommun.example", Brackets),
        ("<anna@kommun.example", Brackets),
        ("", Brackets),
        (r#"<"a@b.example>"#, Brackets),
        // W13, W14: source routes
        ("<@x.example,@y.example:z@w.example>", SourceRoute),
        ("<@local.example:user@ext.example>", SourceRoute),
        // W13: characters
        ("<;id@b.example>", Character),
        ("<a b@x.example>", Character),
        ("<a\tb@x.example>", Character),
        ("<a\u{7f}b@x.example>", Character),
        ("<a\u{85}b@x.example>", Character),
        ("<a\u{a0}b@x.example>", Character),
        ("<a(comment)@x.example>", Character),
        ("<a,b@x.example>", Character),
        ("<\"a\r\nDATA\"@b.example>", Character),
        ("<\"a\\\nb\"@b.example>", Character),
        ("<\"a\0b\"@b.example>", Character),
        // halves
        ("<anna>", Domain),
        ("<postmaster@>", Domain),
        ("<\"anna\">", Domain),
        ("<\"anna\"x@b.example>", Domain),
        ("<a@b@c.example>", Domain),
        ("<a@b..example>", Domain),
        ("<a@.example>", Domain),
        ("<a@b.example.>", Domain),
        ("<a@-b.example>", Domain),
        ("<a@b-.example>", Domain),
        ("<a@b c.example>", Domain),
        ("<a@b,c.example>", Domain),
        ("<a@[192.0.2.256]>", Domain),
        ("<a@[192.0.2.1>", Domain),
        ("<a@[192.0.2.1]x>", Domain),
        ("<a@[IPv6:xyz]>", Domain),
        ("<a@[x400:c=no]>", Domain),
        ("<a@b\u{202e}.example>", Domain),
        ("< a@b.example>", Character),
        ("<a@b.example >", Domain),
    ];
    for (text, error) in table {
        assert_eq!(ForwardPath::parse(text).map(|_| ()), Err(error), "{}", text.escape_debug());
        assert_eq!(ReversePath::parse(text).map(|_| ()), Err(error), "{}", text.escape_debug());
    }
}

#[test]
fn the_null_path_is_a_reverse_path_only() {
    assert_eq!(ReversePath::parse("<>"), Ok((ReversePath::Null, "")));
    assert_eq!(ReversePath::Null.to_wire(), "<>");
    assert!(ForwardPath::parse("<>").is_err());
}

#[test]
fn postmaster_alone_is_a_forward_path_only() {
    for text in ["<postmaster>", "<Postmaster>", "<POSTMASTER>"] {
        let (path, _) = ForwardPath::parse(text).unwrap();
        assert_eq!((path.0.domain(), path.to_wire().as_str()), ("", text));
        assert_eq!(ReversePath::parse(text).map(|_| ()), Err(PathError::Domain));
    }
}

#[test]
fn smtputf8_is_needed_for_either_half() {
    for (text, ascii) in [("<a@b.example>", true), ("<ø@b.example>", false), ("<a@ø.example>", false)] {
        assert_eq!(ForwardPath::parse(text).unwrap().0.is_ascii(), ascii, "{text}");
    }
}

#[test]
fn debug_shows_no_address() {
    let (path, _) = ReversePath::parse("<anna.test@kommun.example>").unwrap();
    let printed = format!("{path:?}");
    assert!(!printed.contains("anna") && !printed.contains("kommun"), "{printed}");
}

proptest! {
    /// Whatever is taken can be written into a command line and is read back as the same path.
    #[test]
    fn a_path_survives_the_wire(inner in r#"["\\a-z.@>< !%\[\]:åø0-9-]{0,40}"#) {
        let text = format!("<{inner}>");
        if let Ok((path, rest)) = ForwardPath::parse(&text) {
            let wire = path.to_wire();
            prop_assert!(!wire.chars().any(char::is_control));
            prop_assert_eq!(format!("{wire}{rest}"), text);
            prop_assert_eq!(ForwardPath::parse(&wire), Ok((path, "")));
        }
    }
}
