use std::os::unix::fs::{MetadataExt, PermissionsExt};

use proptest::prelude::*;

use super::*;

fn keys() -> Keys {
    Keys::derive(&[7; SECRET_LEN])
}

#[test]
fn a_digest_depends_on_secret_label_and_value_and_names_its_key() {
    let one = keys().digest("value", b"0101");
    assert!(one.starts_with("1:"));
    assert_eq!(one.len(), 42);
    assert_eq!(one, keys().digest("value", b"0101"));
    for other in [
        keys().digest("value", b"0102"),
        keys().digest("copy", b"0101"),
        // The border between label and value is part of what is hashed.
        keys().digest("value0", b"101"),
        Keys::derive(&[8; SECRET_LEN]).digest("value", b"0101"),
    ] {
        assert_ne!(one, other);
    }
}

#[test]
fn each_use_has_its_own_key() {
    let keys = keys();
    let tags = [keys.stamp_tag(&[b"x"]), keys.token_tag(&[b"x"])];
    assert_ne!(tags[0], tags[1]);
    assert!(keys.stamp_matches(&[b"x"], &tags[0]));
    assert!(!keys.stamp_matches(&[b"x"], &tags[1]));
    assert!(!keys.token_matches(&[b"x"], &tags[0]));
    assert!(!keys.stamp_matches(&[b"x"], &tags[0][..38]));
    assert!(!keys.stamp_matches(&[b"x"], ""));
    assert!(!keys.stamp_matches(&[b"x"], "not hex"));
}

#[test]
fn a_register_has_a_key_of_its_own_and_an_entry_opens_for_its_id_only() {
    let keys = keys();
    let sealed = keys.seal_register(b"consent1", b"purpose");
    assert_eq!(keys.open_register(b"consent1", &sealed).as_deref(), Ok(&b"purpose"[..]));
    assert_eq!(keys.open_register(b"consent2", &sealed), Err(OpenError));
    assert_eq!(keys.open_outbox(b"consent1", &sealed), Err(OpenError));
    assert_eq!(keys.open_register(b"consent1", &keys.seal_outbox(b"consent1", b"purpose")), Err(OpenError));
    assert_eq!(keys.person_digests("no:01819012365"), [keys.digest("person", b"no:01819012365")]);
    assert_eq!(keys.case_digests(" buv  2026/17 "), keys.case_digests("BUV 2026/17"));
    assert_ne!(keys.case_digests("BUV 2026/17"), keys.case_digests("BUV 2026/18"));
    assert_ne!(keys.case_digests("01819012365"), keys.person_digests("01819012365"));
}

#[test]
fn the_secret_is_not_printed() {
    assert_eq!(format!("{:?}", keys()), format!("Keys {{ fingerprint: {:?}, .. }}", keys().fingerprint()));
}

#[test]
fn the_file_is_made_once_whole_and_private() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sluss.secret");
    let made = Keys::create_file(&path).unwrap();
    let metadata = std::fs::metadata(&path).unwrap();
    assert_eq!((metadata.len(), metadata.mode() & 0o7777), (SECRET_LEN as u64, 0o600));
    assert_eq!(Keys::from_file(&path).unwrap().fingerprint(), made.fingerprint());
    assert!(matches!(Keys::create_file(&path), Err(KeyFileError::Exists(_))));
    assert_eq!(Keys::from_file(&path).unwrap().fingerprint(), made.fingerprint());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "no draft is left behind");
}

#[test]
fn a_file_that_cannot_be_the_secret_is_named_with_its_fault() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sluss.secret");
    assert!(matches!(Keys::from_file(&path), Err(KeyFileError::Missing(_))));
    for (length, mode, expected) in [
        (0, 0o600, "0 bytes, a secret has 32"),
        (31, 0o600, "31 bytes, a secret has 32"),
        (33, 0o600, "33 bytes, a secret has 32"),
        (64, 0o600, "64 bytes, a secret has 32"),
        (5000, 0o600, "5000 bytes, a secret has 32"),
        (32, 0o640, "mode is 0640, others than the owner have access; it must be 0600"),
        (32, 0o604, "mode is 0604, others than the owner have access; it must be 0600"),
    ] {
        std::fs::write(&path, vec![1; length]).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(Keys::from_file(&path).unwrap_err().to_string(), format!("{}: {expected}", path.display()));
    }
    std::fs::write(&path, [1; SECRET_LEN]).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    assert!(Keys::from_file(&path).is_ok(), "a stricter mode is fine");
}

#[test]
fn a_file_of_several_secrets_is_read_and_its_faults_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sluss.secret");
    let (a, b) = ("aa".repeat(SECRET_LEN), "BB".repeat(SECRET_LEN));
    let many: String = (1..=17).map(|n| format!("{n} {a}\n")).collect();
    for (text, expected) in [
        (format!("# comment\n\n1 {a}\n2 {b}\n"), Ok(vec![2, 1])),
        (format!("7 {a}"), Ok(vec![7])),
        ("# comment\n".to_owned(), Err(": holds no secret")),
        (format!("1 {a}\n1 {b}\n"), Err(", line 2: neither a comment nor a new number with 64 hex digits")),
        (format!("0 {a}\n"), Err(", line 1: neither a comment nor a new number with 64 hex digits")),
        (format!("1 {}\n", &a[2..]), Err(", line 1: neither a comment nor a new number with 64 hex digits")),
        (format!("1 {a}\n2 {b} \nthree\n"), Err(", line 3: neither a comment nor a new number with 64 hex digits")),
        (many, Err(": holds 16 secrets, no more are allowed")),
        (format!("#{}\n", "x".repeat(5000)), Err(": 5002 bytes, a secret has 32")),
    ] {
        std::fs::write(&path, &text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let read = Keys::from_file(&path).map(|keys| keys.names().iter().map(|name| name.number).collect::<Vec<_>>());
        match (read, expected) {
            (Ok(numbers), Ok(expected)) => assert_eq!(numbers, expected),
            (Err(error), Err(expected)) => {
                assert_eq!(error.to_string(), format!("{}{expected}", path.display()));
            }
            (read, expected) => panic!("{read:?} is not {expected:?}"),
        }
    }
}

#[test]
fn a_second_secret_stands_beside_the_first_until_it_is_taken_out() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sluss.secret");
    let first = Keys::create_file(&path).unwrap();
    let digest = first.person_digests("no:01819012365").remove(0);
    let stamp = first.stamp_tag(&[b"x"]);
    let notice = first.seal_outbox(b"row", b"plain");

    let mut secrets = Secrets::read(&path).unwrap();
    assert_eq!(secrets.add(&path).unwrap(), 2);
    secrets.replace_file(&path).unwrap();
    let metadata = std::fs::metadata(&path).unwrap();
    assert_eq!(metadata.mode() & 0o7777, 0o600);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "no draft is left behind");

    let both = Keys::from_file(&path).unwrap();
    // Where the store is bound to the first, nothing changes but that the second is known.
    assert!(both.bind(first.fingerprint()));
    assert_eq!((both.number(), &both.person_digests("no:01819012365")[0]), (1, &digest));
    let second = both.names().remove(0);
    assert!(both.bind(&second.fingerprint) && !both.bind("none of ours"));
    assert_eq!((both.number(), both.fingerprint()), (2, second.fingerprint.as_str()));
    let digests = both.person_digests("no:01819012365");
    assert_eq!(digests, [both.digest("person", b"no:01819012365"), digest]);
    assert!(digests[0].starts_with("2:"));
    // What the first has made is still good, and can be made anew.
    assert!(both.stamp_matches(&[b"x"], &stamp));
    assert_ne!(both.stamp_tag(&[b"x"]), stamp);
    let renewed = both.renew_outbox(b"row", &notice).unwrap().unwrap();
    assert_eq!(both.open_outbox(b"row", &notice), both.open_outbox(b"row", &renewed));
    assert_eq!(both.renew_outbox(b"row", &renewed), Ok(None));
    assert_eq!(both.renew_outbox(b"other row", &renewed), Err(OpenError));
    // And who knows only the first cannot open what the second has made.
    assert_eq!(first.open_outbox(b"row", &renewed), Err(OpenError));

    let mut secrets = Secrets::read(&path).unwrap();
    assert!(!secrets.remove(3) && secrets.remove(1) && !secrets.remove(2), "never the last one");
    secrets.replace_file(&path).unwrap();
    let last = Keys::from_file(&path).unwrap();
    assert_eq!(last.names(), [second]);
    assert!(!last.stamp_matches(&[b"x"], &stamp));
}

proptest! {
    #[test]
    fn an_outbox_payload_opens_only_whole_and_only_in_its_row(
        row in prop::array::uniform16(any::<u8>()),
        plain in prop::collection::vec(any::<u8>(), 0..200),
        place in any::<prop::sample::Index>(),
    ) {
        let keys = keys();
        let sealed = keys.seal_outbox(&row, &plain);
        prop_assert_eq!(keys.open_outbox(&row, &sealed), Ok(plain.clone()));
        let mut other_row = row;
        other_row[0] ^= 1;
        prop_assert_eq!(keys.open_outbox(&other_row, &sealed), Err(OpenError));
        let mut damaged = sealed.clone();
        damaged[place.index(sealed.len())] ^= 1;
        prop_assert_eq!(keys.open_outbox(&row, &damaged), Err(OpenError));
        prop_assert_eq!(keys.open_outbox(&row, &sealed[..place.index(sealed.len())]), Err(OpenError));
        prop_assert_eq!(Keys::derive(&[8; SECRET_LEN]).open_outbox(&row, &sealed), Err(OpenError));
    }
}
