//! Archives, sound and hostile.

use super::*;

#[test]
fn a_plain_archive_gives_its_entries_and_its_comment() {
    let found = extract(&fixture("plain.zip"));
    let names: Vec<&str> = found.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["sak/vedtak.txt", "sak/liste.csv"]);
    assert_eq!(found.files[1].bytes, b"navn;fnr\nOla Pr\xC3\xB8ve;01819012365\n");
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
fn names_are_read_in_the_code_page_that_has_our_letters() {
    // As 7-Zip and Windows write them in Norway, and as the Finder does.
    for raw in [&b"S\x9Bknad \x8Frs\x91.txt"[..], "Søknad Årsæ.txt".as_bytes()] {
        let mut bytes = archive(&[(&"x".repeat(raw.len()), "tekst")]);
        let names: Vec<usize> = memchr::memmem::find_iter(&bytes, &vec![b'x'; raw.len()]).collect();
        names.iter().for_each(|at| bytes[*at..at + raw.len()].copy_from_slice(raw));
        let found = extract(&bytes);
        assert_eq!(found.files[0].name, "Søknad Årsæ.txt");
        assert_eq!(found.reasons, []);
    }
}

#[test]
fn what_the_finder_leaves_is_words_and_no_file_of_its_own() {
    let attributes = b"\0\x05\x16\x07\0\x02\0\0Mac OS X        \0\x02\0\0\0\x09com.apple.metadata\0bplist00_\x10https://prove.example/01819012365\0";
    let found = extract(attributes);
    assert!(texts(&found, Some("properties"))[0].contains("https://prove.example/01819012365"));
    assert_eq!(found.reasons, []);

    let name: Vec<u8> = "Ola 01819012365".encode_utf16().flat_map(u16::to_be_bytes).collect();
    for padding in [&b"\0\0"[..], b"\0\0\0"] {
        let found = extract(&[b"\0\0\0\x01Bud1", padding, &name, b"Iloc"].concat());
        assert!(texts(&found, Some("properties")).concat().contains("Ola 01819012365"));
        assert_eq!(found.reasons, []);
    }
    let large = [&attributes[..], &[0; 70_000]].concat();
    assert_eq!(extract(&large).reasons, [Reason::Unsupported]);
}

#[test]
fn encrypted_entries_are_named_and_the_others_read() {
    let mut bytes = archive(&[("a.txt", "tekst"), ("b.txt", "mer")]);
    // General purpose flags of the first entry, in the entry and in the list.
    let list = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
    bytes[6] |= 1;
    bytes[list + 8] |= 1;
    let found = extract(&bytes);
    assert_eq!(found.reasons, [Reason::Encrypted(Lock::Archive)]);
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
    for bytes in [&b""[..], b"PK", b"tekst", b"\0\0\0\0\0\0\0\0"] {
        assert_eq!(read(bytes, &mut limits()), None);
    }
}

/// What is in every archive of the fixtures.
const ENTRIES: [&str; 2] = ["sak/liste.csv", "sak/vedtak.txt"];

#[test]
fn every_kind_of_archive_gives_its_files() {
    for name in [
        "lzma2.7z",
        "ppmd.7z",
        "bzip2.7z",
        "stored.7z",
        "deflate64.zip",
        "bzip2.zip",
        "lzma.zip",
        "gnu.tar",
        "pax.tar",
        "v7.tar",
    ] {
        let found = extract(&fixture(name));
        assert_eq!(found.reasons, [], "{name}");
        let mut names: Vec<&str> = found.files.iter().map(|file| file.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ENTRIES, "{name}");
        for file in &found.files {
            let text = std::str::from_utf8(&file.bytes).unwrap();
            assert!(text.contains(NUMBER) && text.contains('\u{f8}'), "{name}");
        }
        if !name.ends_with(".tar") {
            survives_damage(name, 250);
        }
    }
}

#[test]
fn a_damaged_tar_archive_says_so() {
    for name in ["gnu.tar", "pax.tar", "v7.tar"] {
        let bytes = fixture(name);
        let whole = extract(&bytes);
        // Headers have a sum; contents have none.
        for at in (0..bytes.len() - 1024).filter(|at| bytes[at / 512 * 512..][..4] == *b"sak/") {
            let mut copy = bytes.clone();
            copy[at] ^= 1 << (at % 7);
            let Some(found) = read(&copy, &mut limits()) else { continue };
            let same = found.files.iter().map(|file| &file.name).eq(whole.files.iter().map(|file| &file.name));
            assert!(same || !found.reasons.is_empty(), "{name}: byte {at}");
        }
        let end = bytes.iter().rposition(|&byte| byte != 0).unwrap();
        for cut in (512..end).step_by(100) {
            assert_eq!(extract(&bytes[..cut]).reasons, [Reason::Malformed], "{name}: cut at {cut}");
        }
        let behind = [&bytes[..], b"etterord"].concat();
        assert_eq!(extract(&behind).reasons, [Reason::Malformed], "{name}");
    }
}

#[test]
fn a_packed_file_comes_out_as_it_was() {
    let whole = fixture("gnu.tar");
    for name in ["gnu.tar.gz", "gnu.tar.bz2", "gnu.tar.xz", "gnu.tar.zst"] {
        let found = extract(&fixture(name));
        assert_eq!(found.reasons, [], "{name}");
        assert_eq!(found.files.len(), 1, "{name}");
        assert_eq!(found.files[0].bytes, whole, "{name}");
        survives_damage(name, 150);
        let twice = [fixture(name), fixture(name)].concat();
        assert_eq!(extract(&twice).files[0].bytes, whole.repeat(2), "{name}");
        for bytes in 0..3 {
            let mut limits = Limits { bytes: bytes * 4_000, ..limits() };
            let bounded = read(&fixture(name), &mut limits).unwrap();
            assert_eq!(bounded.reasons, [Reason::OverLimit], "{name}");
            assert!(bounded.files.iter().all(|file| file.bytes.len() <= bytes * 4_000), "{name}");
        }
    }
}

#[test]
fn what_asks_for_a_password_is_encrypted() {
    for (name, names) in
        [("locked.7z", true), ("locked-list.7z", false), ("locked.zip", true), ("locked-aes.zip", true)]
    {
        let found = extract(&fixture(name));
        assert_eq!(
            (found.reasons.as_slice(), found.files.len()),
            (&[Reason::Encrypted(Lock::Archive)][..], 0),
            "{name}"
        );
        let known = texts(&found, Some("entry name")).iter().any(|known| known.contains("liste.csv"));
        assert_eq!(known, names, "{name}");
    }
}

#[test]
fn an_archive_of_too_many_entries_ends_with_a_reason() {
    for name in ["lzma2.7z", "gnu.tar"] {
        let found = read(&fixture(name), &mut Limits { entries: 1, ..limits() }).unwrap();
        assert_eq!(found.reasons, [Reason::OverLimit], "{name}");
    }
    let late = Some(Instant::now());
    for name in ["lzma2.7z", "gnu.tar", "gnu.tar.xz", "gnu.tar.zst", "gnu.tar.bz2"] {
        let found = read(&fixture(name), &mut Limits { until: late, ..limits() }).unwrap();
        assert_eq!(found.reasons, [Reason::TimedOut], "{name}");
    }
}

#[test]
fn streams_that_grow_beyond_measure_are_over_limit() {
    let zeros = vec![b'0'; 40_000_000];
    let xz = {
        let mut writer = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::default()).unwrap();
        writer.write_all(&zeros).unwrap();
        writer.finish().unwrap()
    };
    let bzip2 = {
        let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
        writer.write_all(&zeros).unwrap();
        writer.finish().unwrap()
    };
    for bomb in [xz, bzip2, zstd::stream::encode_all(&zeros[..], 3).unwrap()] {
        assert!(bomb.len() < 40_000);
        let found = read(&bomb, &mut Limits { bytes: 10_000_000, ..limits() }).unwrap();
        assert_eq!(found.reasons, [Reason::OverLimit]);
        assert!(found.files[0].bytes.len() <= 10_000_000);
    }
}
