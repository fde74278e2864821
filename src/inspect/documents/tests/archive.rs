//! Zip archives, sound and hostile.

use super::*;

#[test]
fn a_plain_archive_gives_its_entries_and_its_comment() {
    let found = extract(&fixture("plain.zip"));
    let names: Vec<&str> = found.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["sak/vedtak.txt", "sak/liste.csv"]);
    assert_eq!(found.files[1].bytes, b"navn;fnr\nOla Pr\xC3\xB8ve;01819012345\n");
    assert_eq!(places(&found), BTreeMap::from([("archive comment", 1)]));
    assert_eq!(found.reasons, []);
    survives_damage("plain.zip", 312);
}

#[test]
fn what_two_programs_could_read_differently_is_malformed() {
    let one = archive(&[("a.txt", "tekst"), ("b.txt", "mer")]);
    let replaced = |from: &[u8], to: &[u8], nth: usize| {
        let at = memchr::memmem::find_iter(&one, from).nth(nth).unwrap();
        [&one[..at], to, &one[at + from.len()..]].concat()
    };
    let table = [
        ("a name of its own in the entry", replaced(b"a.txt", b"c.txt", 0)),
        ("a name of its own in the list", replaced(b"a.txt", b"c.txt", 1)),
        ("one name twice", replaced(b"b.txt", b"a.txt", 1)),
        ("one name twice but for case", archive(&[("a.txt", "tekst"), ("A.TXT", "mer")])),
        ("something before", [b"PK\x03\x04 forord", &one[..]].concat()),
        ("an archive before", [&one[..], &archive(&[("c.txt", "annet")])].concat()),
        ("something behind", [&one[..], b"etterord"].concat()),
        ("no list", one[..one.len() - 40].to_vec()),
    ];
    for (what, bytes) in table {
        assert!(extract(&bytes).reasons.contains(&Reason::Malformed), "{what}");
    }
    assert_eq!(extract(&[&one[..], b"\r\n"].concat()).reasons, []);
}

#[test]
fn encrypted_entries_are_named_and_the_others_read() {
    let mut bytes = archive(&[("a.txt", "tekst"), ("b.txt", "mer")]);
    // General purpose flags of the first entry, in the entry and in the list.
    let list = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
    bytes[6] |= 1;
    bytes[list + 8] |= 1;
    let found = extract(&bytes);
    assert_eq!(found.reasons, [Reason::Encrypted]);
    assert_eq!(texts(&found, Some("entry name")), ["a.txt"]);
    assert_eq!(found.files, [Inner { name: "b.txt".into(), bytes: b"mer".to_vec(), ..Inner::default() }]);
}

#[test]
fn limits_end_the_reading_with_a_reason() {
    let bytes = archive(&[("a", "0123456789"), ("b", "0123456789"), ("c", "0123456789")]);
    let bounded = |bytes_out, entries| {
        let mut limits = Limits { bytes: bytes_out, entries, until: None };
        read(&bytes, &mut limits).unwrap()
    };
    assert_eq!((bounded(30, 3).files.len(), bounded(30, 3).reasons), (3, vec![]));
    assert_eq!(bounded(30, 2).reasons, [Reason::OverLimit]);
    assert_eq!(bounded(29, 3).reasons, [Reason::OverLimit]);
    let out: usize = bounded(15, 3).files.iter().map(|file| file.bytes.len()).sum();
    assert!(out <= 15);
    let mut late = Limits { bytes: 30, entries: 3, until: Some(Instant::now()) };
    assert_eq!(read(&bytes, &mut late).unwrap().reasons, [Reason::TimedOut]);
}

#[test]
fn an_entry_that_grows_beyond_measure_is_over_limit() {
    let bomb = archive(&[("nuller", &"0".repeat(20_000_000))]);
    assert!(bomb.len() < 40_000);
    let found = extract(&bomb);
    assert_eq!(found.reasons, [Reason::OverLimit]);
    assert!(found.files[0].bytes.len() <= 16 * 1024 * 1024);
}

#[test]
fn other_formats_are_not_taken() {
    for bytes in [&b""[..], b"PK", b"tekst", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"] {
        assert_eq!(read(bytes, &mut limits()), None);
    }
}
