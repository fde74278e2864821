//! Ambiguous, broken, oversized and unreadable structure, and what is only sloppy.

use super::*;

/// A multipart/mixed mail with the boundary `xyz`, its body as given.
fn mixed(body: &str) -> String {
    format!("From: a@a.example\nContent-Type: multipart/mixed; boundary=xyz\n\n{body}")
}

const PART: &str = "--xyz\nContent-Type: text/plain\n\nskjult tekst\n";

#[test]
fn what_readers_disagree_on_is_malformed_and_read_all_the_same() {
    for (name, mail, part) in [
        ("no boundary", "Content-Type: multipart/mixed\n\n--xyz\n\nskjult tekst\n--xyz--\n".to_owned(), "1"),
        ("empty boundary", "Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\nskjult tekst\n----\n".to_owned(), "1"),
        ("a boundary that never comes", mixed("skjult tekst\n"), ""),
        (
            "two boundaries",
            format!("Content-Type: multipart/mixed; boundary=xyz; boundary=abc\n\n{PART}--abc\n\nannen\n--abc--\n"),
            "",
        ),
        ("more on the delimiter's line", mixed("--xyz\n\nhei\n--xyzz\n\nskjult tekst\n--xyz--\n"), ""),
        ("opened again", mixed(&format!("--xyz\n\nhei\n--xyz--\n\nmellom\n{PART}--xyz--\n")), ""),
        (
            "two types",
            "Content-Type: multipart/mixed; boundary=xyz\nContent-Type: text/plain\n\n--xyz\n\nskjult tekst\n--xyz--\n".to_owned(),
            "",
        ),
        (
            "two types the other way",
            "Content-Type: text/plain\ncontent-type: multipart/mixed;\n boundary=xyz\n\n--xyz\n\nskjult tekst\n--xyz--\n".to_owned(),
            "",
        ),
        (
            "two encodings",
            "Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit\n\nskjult tekst\n".to_owned(),
            "1",
        ),
        (
            "two dispositions",
            mixed("--xyz\nContent-Disposition: inline\nContent-Disposition: attachment\n\nskjult tekst\n--xyz--\n"),
            "1",
        ),
        (
            "a field of the content after a line that is none",
            "Subject: x\nhva er dette\nContent-Transfer-Encoding: 8bit\n\nskjult tekst\n".to_owned(),
            "1",
        ),
        (
            "BinHex",
            "Subject: x\n\nskjult tekst\n(This file must be converted with BinHex 4.0)\n:#&\"h:\n".to_owned(),
            "1",
        ),
        ("yEnc", "Subject: x\n\nskjult tekst\n=ybegin line=128 size=3 name=a\nxxx\n=yend\n".to_owned(), "1"),
    ] {
        let inspection = read(&mail);
        assert!(inspection.views.iter().any(|v| v.normal().contains("skjult tekst")), "{name}");
        assert_eq!(reasons(&inspection), [format!("{part} malformed")], "{name}");
    }
}

#[test]
fn what_is_only_sloppy_is_not_held_against_a_mail() {
    for (name, mail) in [
        ("no final boundary", mixed(PART)),
        ("white space after the boundary", mixed("--xyz  \n\nskjult tekst\n--xyz-- \n \n\n")),
        (
            "a boundary in quotes",
            "Content-Type: multipart/mixed; boundary=\"x y:z\"\n\n--x y:z\n\nskjult tekst\n--x y:z--\n".to_owned(),
        ),
        (
            "a boundary in the manner of RFC 2231",
            "Content-Type: multipart/mixed; boundary*0=xy; boundary*1=z\n\n--xyz\n\nskjult tekst\n--xyz--\n".to_owned(),
        ),
        ("the same type twice", "Content-Type: text/plain\nContent-Type: text/plain\n\nskjult tekst\n".to_owned()),
        ("a space before the colon", "Content-Type : text/plain\nSubject : x\n\nskjult tekst\n".to_owned()),
        ("an mbox line", "From a@a.example Mon Jan  1 00:00:00 2026\nSubject: x\n\nskjult tekst\n".to_owned()),
        (
            "a nested boundary that begins like the outer",
            mixed(
                "--xyz\nContent-Type: multipart/alternative; boundary=xyz_1\n\n--xyz_1\n\nskjult tekst\n--xyz_1--\n--xyz--\n",
            ),
        ),
        (
            "an encoding on the multipart that changes nothing",
            format!(
                "Content-Type: multipart/mixed; boundary=xyz\nContent-Transfer-Encoding: quoted-printable\n\n{PART}--xyz--\n"
            ),
        ),
        ("an encoding nobody knows", "Content-Transfer-Encoding: utf-8\n\nskjult tekst\n".to_owned()),
        ("a type without a subtype", "Content-Type: text\n\nskjult tekst\n".to_owned()),
        ("dashes in the text", mixed("--xyz\n\n-- \nskjult tekst\n---------\n--\n--xyz--\n")),
        ("a part without a header", mixed("--xyz\n\nskjult tekst\n--xyz--\n")),
    ] {
        let inspection = read(&mail);
        assert!(inspection.views.iter().any(|v| v.normal().contains("skjult tekst")), "{name}");
        assert_eq!(reasons(&inspection), [""; 0], "{name}");
    }
}

#[test]
fn limits_are_outcomes_and_the_start_is_still_read() {
    let fields = |n: usize| (0..n).map(|i| format!("X-A{i}: skjult tekst\n")).collect::<String>();
    let nest = |n: usize| "Content-Type: message/rfc822\n\n".repeat(n) + "Subject: x\n\nskjult tekst\n";
    let deep: String = (0..60).map(|i| format!("Content-Type: multipart/mixed; boundary=b{i}x\n\n--b{i}x\n")).collect();
    for (name, mail) in [
        ("1,001 fields", format!("{}\nhei\n", fields(1_001))),
        ("one field of a megabyte", format!("Subject: skjult tekst {}\n\nhei\n", "x".repeat(1_000_000))),
        ("100,000 folded lines", format!("X-A: skjult tekst\n{}\nhei\n", " x\n".repeat(100_000))),
        ("40 nested messages", nest(40)),
        ("40,000 nested messages", nest(40_000)),
        ("60 nested multiparts", format!("{deep}\nskjult tekst\n")),
        ("2,000 parts", mixed(&PART.repeat(2_000))),
        ("100,000 empty parts", mixed(&(PART.to_owned() + &"--xyz\n\n\n".repeat(100_000)))),
        (
            "a boundary of 2,000 bytes",
            format!(
                "Content-Type: multipart/mixed; boundary={0}\n\n--{0}\n\nskjult tekst\n--{0}--\n",
                "b".repeat(2_000)
            ),
        ),
        (
            "10,000 pieces of a name",
            format!(
                "Content-Type: text/plain; {}\n\nskjult tekst\n",
                (0..10_000).map(|i| format!("name*{i}=a;")).collect::<String>()
            ),
        ),
    ] {
        let inspection = read(&mail);
        assert!(
            reasons(&inspection).iter().any(|reason| reason.ends_with("over-limit")),
            "{name}: {:?}",
            inspection.uninspectable
        );
        assert!(inspection.views.iter().any(|v| v.normal().contains("skjult tekst")), "{name}");
        assert!(inspection.views.len() < 3_000, "{name}");
    }
}

#[test]
fn unreadable_parts_have_a_reason() {
    let attached = |media: &str, name: &str, content: &[u8]| {
        format!(
            "Content-Type: {media}; name=\"{name}\"\nContent-Disposition: attachment; filename=\"{name}\"\nContent-Transfer-Encoding: base64\n\n{}\n",
            data_encoding::BASE64.encode(content)
        )
    };
    let picture = |extra: &str, size: usize| {
        let bytes = [b"\x89PNG\r\n\x1A\n".to_vec(), vec![7; size]].concat();
        format!(
            "Content-Type: image/png\nContent-Transfer-Encoding: base64\n{extra}\n{}\n",
            data_encoding::BASE64.encode(&bytes)
        )
    };
    for (name, part, reason) in [
        ("docx", attached("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "a.docx", b"PK\x03\x04\0\0"), "1 unsupported"),
        ("a zip called text", attached("text/plain", "a.txt", b"PK\x03\x04\0\0"), "1 unsupported"),
        ("pdf", attached("application/octet-stream", "a", b"%PDF-1.7\n\0\x01"), "1 unsupported"),
        ("pdf without binary streams, after blanks", attached("application/octet-stream", "a", b"\r\n%PDF-1.4\n1 0 obj\n"), "1 unsupported"),
        ("PostScript", attached("application/postscript", "a.ps", b"%!PS-Adobe-3.0\n(0181) show\n"), "1 unsupported"),
        ("a zip with a password", attached("application/zip", "a.zip", b"PK\x03\x04\x14\0\x01\0\0\0"), "1 encrypted-archive"),
        ("a document with a password", attached("application/msword", "a.docx", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"), "1 encrypted-office"),
        ("rtf", attached("application/rtf", "a.rtf", b"{\\rtf1 hei}"), "1 unsupported"),
        ("winmail.dat", attached("application/ms-tnef", "winmail.dat", b"\x78\x9F\x3E\x22\0\0"), "1 unsupported"),
        ("EBCDIC", "Content-Type: text/plain; charset=ibm037\nContent-Transfer-Encoding: base64\n\nxoWEsoWTsqWUlIWZQPDx+PHz8PHy8/T1\n".to_owned(), "1 unsupported"),
        ("HZ", "Content-Type: text/plain; charset=hz-gb-2312\n\n~{<:Ky2;~}\n".to_owned(), "1 unsupported"),
        ("a picture", picture("", 30_000), "1 image-only"),
        ("a large picture in the text", picture("Content-ID: <a>\n", 30_000), "1 image-only"),
        ("an attached small picture", picture("Content-Disposition: attachment; filename=a.png\n", 3_000), "1 image-only"),
        ("PGP in the text", "\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n".to_owned(), "1 encrypted-pgp"),
        ("an attached small picture with an id", picture("Content-ID: <a>\nContent-Disposition: attachment; filename=a.png\n", 3_000), "1 image-only"),
        ("UTF-32", "Content-Type: text/plain; charset=utf-32\nContent-Transfer-Encoding: base64\n\n//4AAEgAAABlAAAAaQAAAA==\n".to_owned(), "1 unsupported"),
        ("age in the text", "\n-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBBQUFBQUFBQUFBQUFBQUFB\nYWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBBQUFBQUFBQUFBQUFBQUFB\n-----END AGE ENCRYPTED FILE-----\n".to_owned(), "1 encrypted-pgp"),
        ("S/MIME enveloped, as a signature", "Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64\n\nMIAGCSqGSIb3DQEHA6CAMIACAQA=\n".to_owned(), "1 encrypted-smime"),
        ("S/MIME enveloped, of no type", "Content-Type: application/octet-stream; name=smime.p7m\nContent-Transfer-Encoding: base64\n\nMIAGCSqGSIb3DQEHA6CAMIACAQA=\n".to_owned(), "1 encrypted-smime"),
        ("S/MIME enveloped, in armour", "\n-----BEGIN PKCS7-----\nMIAGCSqGSIb3DQEHA6CAMIACAQAwggAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nMIAGCSqGSIb3DQEHA6CAMIACAQAwggAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-----END PKCS7-----\n".to_owned(), "1/1 encrypted-smime"),
        ("a document in a calendar", format!("Content-Type: text/calendar\n\nATTACH;ENCODING=BASE64;VALUE=BINARY:{}\n", data_encoding::BASE64.encode(b"PK\x03\x04\0\0")), "1/1 unsupported"),
        ("base64 with junk around no text", "Content-Transfer-Encoding: base64\n\n!gI!GC!g4!SF!ho!eI!iY!qL!jI!2O!j5!CR!kp!OU!lZ!aX!\n".to_owned(), "1 malformed"),
        ("base64 with an end within a group", "Content-Transfer-Encoding: base64\n\nSG=VpIEthcmku\n".to_owned(), "1 malformed"),
        ("51 files in a text", format!("\n{}", "begin 644 a\n#86)C\n`\nend\n".repeat(51)), "1 over-limit"),
        ("S/MIME enveloped", "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\nContent-Transfer-Encoding: base64\n\nMIAGCSqGSIb3DQEHA6CAMIACAQA=\n".to_owned(), "1 encrypted-smime"),
        ("S/MIME enveloped, not said", "Content-Type: application/pkcs7-mime; name=smime.p7m\nContent-Transfer-Encoding: base64\n\nMIAGCSqGSIb3DQEHA6CAMIACAQA=\n".to_owned(), "1 encrypted-smime"),
        ("PGP/MIME", "Content-Type: multipart/encrypted; boundary=abc\n\n--abc\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--abc\nContent-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n--abc--\n".to_owned(), "1 encrypted-pgp"),
    ] {
        let inspection = read(&mixed(&format!("--xyz\n{part}--xyz--\n")));
        assert_eq!(reasons(&inspection), [reason], "{name}");
    }
}

#[test]
fn base64_in_two_padded_pieces_is_in_order() {
    let inspection = read("Content-Transfer-Encoding: base64\n\nSGVpIEthcmkuCg==\nSGVpIE9sYS4=\n");
    assert_eq!(reasons(&inspection), [""; 0]);
    assert!(inspection.views.iter().any(|view| view.normal() == "Hei Kari.\nHei Ola."));
}

#[test]
fn a_mail_in_pieces_is_fragmented() {
    for media in ["message/partial; id=x; number=1", "message/external-body; access-type=url"] {
        assert!(read(&format!("Content-Type: {media}\n\nSubject: x\n\nhei\n")).fragmented, "{media}");
    }
    assert!(!read("Content-Type: message/rfc822\n\nSubject: x\n\nhei\n").fragmented);
}

#[test]
fn paths_are_those_of_imap() {
    let inner = "Content-Type: multipart/alternative; boundary=abc\n\n--abc\n\nc\n--abc\nContent-Type: text/html\n\nd\n--abc--\n";
    let mail = mixed(&format!(
        "--xyz\n\na\n--xyz\nContent-Type: message/rfc822\n\nSubject: x\n{inner}--xyz\nContent-Type: message/rfc822\n\nSubject: y\n\ne\n--xyz\nContent-Type: multipart/mixed; boundary=mno\n\n--mno\n\nf\n--mno--\n--xyz--\n"
    ));
    let paths: Vec<_> = read(&mail).parts.iter().map(|part| part.part.clone()).collect();
    assert_eq!(paths, ["1", "2", "2.1", "2.2", "3", "3.1", "4.1"]);
    let headers: Vec<_> = read(&mail)
        .views
        .iter()
        .filter(|v| v.normal() == "x" || v.normal() == "y")
        .map(|v| (v.origin.part.to_string(), v.origin.nested))
        .collect();
    assert_eq!(headers, [("2.0".to_owned(), 1), ("3.0".to_owned(), 1)]);
}
