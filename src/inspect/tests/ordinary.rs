//! Everyday mail: read whole, and nothing held against it.

use super::*;

#[test]
fn a_plain_mail() {
    let inspection = read(
        "From: Kari <kari@kommune.example>\nTo: ola@a.example\nSubject: =?utf-8?Q?M=C3=B8te?=\nMessage-ID: <1@x>\n\nHei Ola\n",
    );
    assert_eq!(
        outline(&inspection),
        ["Subject 0: Møte", "Header 0: From: Kari <kari@kommune.example>\nTo: ola@a.example\n", "Body 1: Hei Ola\n"]
    );
    assert_eq!(reasons(&inspection), [""; 0]);
    assert_eq!(inspection.facts.from, ["kari@kommune.example"]);
    assert_eq!(inspection.facts.names, ["Kari"]);
    assert_eq!(inspection.facts.message_id.as_deref(), Some("1@x"));
}

/// What Outlook sends: mixed, related, alternative, a logo, an empty attachment, white space at the end.
const OUTLOOK: &str = concat!(
    "From: =?iso-8859-1?Q?=C5se_D=F8me?= <ase@kommune.example>\n",
    "To: \"Dømesen, Ola\" <ola@a.example>\n",
    "Subject: SV: Sak\nThread-Topic: Sak\nThread-Index: AdkXyz0181901236500000000==\n",
    "X-MS-Exchange-Organization-SCL: -1\nReceived: from x by y id 01819012365\n",
    "Content-Type: multipart/mixed;\n\tboundary=\"_004_AB_\"\nMIME-Version: 1.0\n\n",
    "This is a multi-part message in MIME format.\n\n",
    "--_004_AB_\nContent-Type: multipart/related;\n\tboundary=\"_003_AB_\";\n\ttype=\"multipart/alternative\"\n\n",
    "--_003_AB_\nContent-Type: multipart/alternative;\n\tboundary=\"_000_AB_\"\n\n",
    "--_000_AB_\nContent-Type: text/plain; charset=\"iso-8859-1\"\nContent-Transfer-Encoding: quoted-printable\n\n",
    "Hei Ola,=20\n\nM=F8tet er flyttet.\n\nMvh\n=C5se\n\n",
    "--_000_AB_\nContent-Type: text/html; charset=\"iso-8859-1\"\nContent-Transfer-Encoding: quoted-printable\n\n",
    "<html><head><meta http-equiv=3D\"Content-Type\" content=3D\"text/html; charset=3Diso-8859-1\">\n",
    "<!--[if !mso]><style>v\\:* {behavior:url(#default#VML);}</style><![endif]--><style><!--\n",
    "@font-face {font-family:Calibri; panose-1:2 15 5 2 2 2 4 3 2 4;}\n--></style></head>\n",
    "<body lang=3D\"NO-BOK\"><div class=3D\"WordSection1\">\n<p class=3D\"MsoNormal\">Hei Ola,<o:p></o:p></p>\n",
    "<p class=3D\"MsoNormal\"><span style=3D\"font-size:11.0pt\">M=F8tet er&nbsp;flyttet.</span></p>\n",
    "<img src=3D\"cid:logo\" width=3D\"100\"></div></body></html>\n\n",
    "--_000_AB_--\n\n",
    "--_003_AB_\nContent-Type: image/png; name=\"image001.png\"\nContent-ID: <logo>\nContent-Disposition: inline; filename=\"image001.png\"\nContent-Transfer-Encoding: base64\n\n",
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==\n\n",
    "--_003_AB_--\n\n",
    "--_004_AB_\nContent-Type: text/plain; name=\"tom.txt\"\nContent-Disposition: attachment; filename=\"tom.txt\"\n\n\n",
    "--_004_AB_--\n \n\n\n",
);

#[test]
fn outlook_mail_is_read_and_not_flagged() {
    let inspection = read(OUTLOOK);
    assert_eq!(reasons(&inspection), [""; 0]);
    assert_eq!(
        outline(&inspection),
        [
            "Subject 0: SV: Sak",
            "Header 0: From: Åse Døme <ase@kommune.example>\nTo: \"Dømesen, Ola\" <ola@a.example>\nThread-Topic: Sak\n",
            "Gap : This is a multi-part message in MIME format.\n",
            "Body 1.1.1: Hei Ola, \n\nMøtet er flyttet.\n\nMvh\nÅse\n",
            "Html 1.1.2: Hei Ola,\nMøtet er flyttet.",
            "Filename 1.2: image001.png",
            "Filename 2: tom.txt",
        ]
    );
    assert_eq!(inspection.facts.names, ["Åse Døme", "Dømesen, Ola"]);
    assert_eq!(inspection.facts.to, ["ola@a.example"]);
    let parts: Vec<_> = inspection.parts.iter().map(|p| (p.part.as_str(), p.attachment, p.size)).collect();
    assert_eq!(parts, [("1.1.1", false, 44), ("1.1.2", false, 495), ("1.2", true, 70), ("2", true, 0)]);
}

#[test]
fn everyday_mail_is_not_flagged() {
    let signed = |kind: &str, signature: &str| {
        format!(
            "Content-Type: multipart/signed; protocol=\"{kind}\"; boundary=abc\n\n--abc\nContent-Type: text/plain\n\nskjult tekst\n--abc\n{signature}\n--abc--\n"
        )
    };
    for (name, mail) in [
        (
            "PGP signed",
            signed(
                "application/pgp-signature",
                "Content-Type: application/pgp-signature\n\n-----BEGIN PGP SIGNATURE-----\n\niQEzBAEBCAAdFiEE\n=abcd\n-----END PGP SIGNATURE-----",
            ),
        ),
        (
            "S/MIME signed",
            signed(
                "application/pkcs7-signature",
                "Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=smime.p7s\n\nMIAGCSqGSIb3DQEHAqCAMIACAQExDzANBglghkgBZQMEAgEFADCABgkqhkiG9w0BBwEAAA==",
            ),
        ),
        (
            "S/MIME opaque",
            // ContentInfo { signedData { 1, {}, { data, [0] "Subject: x\r\n\r\nskjult tekst" } } }
            format!(
                "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\nContent-Transfer-Encoding: base64\n\n{}\n",
                data_encoding::BASE64.encode(
                    &[
                        b"\x30\x80\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02\xA0\x80\x30\x80\x02\x01\x01\x31\x00".as_slice(),
                        b"\x30\x80\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x01\xA0\x80\x24\x80",
                        b"\x04\x0ESubject: x\r\n\r\n\x04\x0Cskjult tekst\0\0\0\0",
                    ]
                    .concat()
                )
            ),
        ),
        (
            "a meeting request",
            "Content-Type: text/calendar; method=REQUEST; charset=utf-8\n\nBEGIN:VCALENDAR\nDESCRIPTION:skjult te\n kst\\nmer\nEND:VCALENDAR\n".to_owned(),
        ),
        (
            "a delivery report",
            "Content-Type: multipart/report; report-type=delivery-status; boundary=abc\n\n--abc\n\nskjult tekst\n--abc\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n--abc\nContent-Type: text/rfc822-headers\n\nSubject: x\n--abc--\n".to_owned(),
        ),
        ("8-bit text that nobody declared", "Subject: f\u{F8}dt\n\nskjult tekst, fødselsnummer\n".to_owned()),
        ("no header at all", "\nskjult tekst\n".to_owned()),
        ("a certificate in the text", "Subject: x\n\nskjult tekst\n-----BEGIN CERTIFICATE-----\nMIIDXTCCAkWgAwIBAgIJALmVVuDWu4NYMA0GCSqGSIb3DQEBCwUAMEUxCzAJBgNV\nBAYTAkFVMRMwEQYDVQQIDApTb21lLVN0YXRlMSEwHwYDVQQKDBhJbnRlcm5ldCBX\n-----END CERTIFICATE-----\n".to_owned()),
        ("a text that begins like a file", "Subject: x\n\nID3 og BZh er merker, %PDF-1.7 og\nskjult tekst\n".to_owned()),
        ("a long hash in the text", "Subject: x\n\nskjult tekst\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n".to_owned()),
        ("a dangling begin", "Subject: x\n\nskjult tekst\nbegin 644 times a day\n".to_owned()),
    ] {
        let inspection = read(&mail);
        assert!(inspection.views.iter().any(|v| v.normal().contains("skjult tekst")), "{name}: {:?}", inspection.views);
        assert_eq!(reasons(&inspection), [""; 0], "{name}");
        assert!(!inspection.fragmented, "{name}");
    }
}

#[test]
fn machine_fields_and_style_sheets_are_no_text() {
    let inspection = read(OUTLOOK);
    for needle in ["01819012365", "panose", "behavior", "SCL"] {
        assert!(!inspection.views.iter().any(|v| v.normal().contains(needle)), "{needle}");
    }
}

#[test]
fn a_table_is_labelled_by_its_headings() {
    let table = "Navn;\"Fnr\";Merknad\nOla;=\"01819012365\";\nKari;'02819012345;\"flere;\nord\"\n";
    let inspection = read(&format!("Content-Type: text/csv; name=a.csv; charset=utf-8\n\n{table}"));
    let view = inspection.views.iter().find(|v| v.alternative).unwrap();
    assert_eq!(
        view.normal(),
        "Navn Ola; Fnr 01819012365; Merknad ; \nNavn Kari; Fnr 02819012345; Merknad flere;; \nNavn ord; \n"
    );
    let at = view.normal().find("02819012345").unwrap();
    assert_eq!(&view.text()[view.to_text(at..at + 11)], "02819012345");
    assert_eq!(view.text().as_ref(), table);
}

#[test]
fn every_offset_of_a_part_means_the_same_text() {
    let mail = "Subject: emne 1\nKeywords: ord 2\nContent-Type: text/html\n\n<p title='tittel 3'>vist 4</p><!-- skjult 5 -->\n";
    let inspection = read(mail);
    for needle in ["emne 1", "ord 2", "tittel 3", "vist 4", "skjult 5"] {
        let view = inspection.views.iter().find(|v| v.normal().contains(needle)).unwrap();
        let at = view.normal().find(needle).unwrap();
        assert_eq!(&view.text()[view.to_text(at..at + needle.len())], needle);
    }
    let texts: std::collections::HashSet<_> = inspection.views.iter().map(|v| v.text().as_ptr()).collect();
    assert_eq!(texts.len(), 2, "one for the header, one for the part");
}

#[test]
fn nested_mail_is_an_attachment_with_zones() {
    let mail = "Content-Type: message/rfc822\n\nFrom: Ola <ola@a.example>\nSubject: indre\n\nHei\n> sitat\n";
    let inspection = read(mail);
    assert!(shows(&inspection, OriginKind::Attachment, "indre"));
    let header = inspection.views.iter().find(|v| v.normal().contains("ola@a.example")).unwrap();
    assert_eq!((header.zone_at(0), header.origin.part.as_ref()), (crate::text::Zone::Forward, "1.0"));
    let body = inspection.views.iter().find(|v| v.normal().contains("sitat")).unwrap();
    assert_eq!((body.origin.kind, body.origin.nested, body.zones().len()), (OriginKind::Attachment, 1, 2));
    assert_eq!(inspection.facts.from, [""; 0], "facts are those of the mail itself");
}

#[test]
fn the_subject_is_told_as_it_is_shown() {
    for (written, shown) in [
        ("=?utf-8?q?M=C3=B8te_om_=C3=85se?=", Some("Møte om Åse")),
        ("=?iso-8859-1?b?TfZ0ZQ==?= i morgon \u{2013} kl. 9", Some("Möte i morgon \u{2013} kl. 9")),
        ("plain", Some("plain")),
        ("privat \u{202E}txt.fdp", Some("privat \u{202E}txt.fdp")),
    ] {
        let inspection = read(&format!("Subject: {written}\n\nHei"));
        assert_eq!(inspection.subject(), shown);
    }
    assert_eq!(read("To: a@b.example\n\nx").subject(), None);
}
