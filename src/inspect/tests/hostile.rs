//! Nothing a sender writes makes inspection panic, grow without bound or give a span outside its text.

use proptest::prelude::*;

use super::*;

/// What every inspection keeps, whatever it read.
fn check(mail: Vec<u8>) -> Result<(), TestCaseError> {
    let len = mail.len();
    let inspection = bytes(mail);
    let mut printed = 0;
    for view in &inspection.views {
        printed += view.normal().len();
        prop_assert_eq!(view.zones().first().map(|z| z.span.start), Some(0));
        prop_assert_eq!(view.zones().last().map(|z| z.span.end), Some(view.normal().len()));
        for (at, c) in view.normal().char_indices() {
            let span = view.to_text(at..at + c.len_utf8());
            prop_assert!(view.text().get(span).is_some());
        }
    }
    prop_assert!(printed < 100_000 + 20 * len, "{} bytes of text out of {}", printed, len);
    Ok(())
}

/// Pieces that mean something to some reader.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<&'static [u8]> = vec![
        b"\r\n",
        b"\n",
        b"\r\n\r\n",
        b" ",
        b"\t",
        b";",
        b":",
        b"\"",
        b"(",
        b"\\",
        b"=",
        b"--",
        b"--x",
        b"\r\n--x\r\n",
        b"\r\n--x--\r\n",
        b"\r\n--y\r\n",
        b"Content-Type: multipart/mixed; boundary=x\r\n",
        b"Content-Type: multipart/alternative; boundary=\"y\"\r\n",
        b"Content-Type: message/rfc822\r\n",
        b"Content-Type: text/html; charset=utf-16\r\n",
        b"Content-Type: text/csv\r\n",
        b"Content-Type: text/calendar\r\n",
        b"Content-Type: application/json\r\n",
        b"Content-Type: application/pkcs7-mime\r\n",
        b"Content-Type: text/xml\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: quoted-printable\r\n",
        b"Content-Transfer-Encoding: x-uuencode\r\n",
        b"Content-Disposition: attachment; filename*0*=utf-8''a%",
        b"; filename*9=b",
        b"Subject: =?utf-8?Q?",
        b"=?iso-8859-1?B?",
        b"?=",
        b"From: a <a@a.example>, \"b",
        b"=C3",
        b"=\r\n",
        b"SGVp",
        b"PHA+",
        b"begin 644 x\r\n",
        b"end\r\n",
        b"<p>",
        b"</td><td>1",
        b"<!--",
        b"-->",
        b"<!--[if x]>",
        b"&#x30",
        b"&amp",
        b"<style>",
        b"<script>",
        b"data:text/html;base64,",
        b"\xE2\x80\xAE12",
        b"\xC3\x83\xC2\xB8",
        b"\xFF\xFE",
        b"\0",
        b"\x30\x80\x06\x09",
        b"01819012365",
        b"\r\nFra: a\r\nSendt: 2026\r\nEmne: b\r\n",
        b"\r\n> ",
        b"\r\nMvh\r\n",
        b"\r\n-- \r\n",
        b"skrev a 10:12:\r\n",
    ];
    let piece = prop_oneof![
        8 => proptest::sample::select(known).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 0..8),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_mixture_of_mail_is_survived(mail in fragments()) {
        check(mail)?;
    }

    #[test]
    fn a_mail_with_bytes_changed_is_survived(
        sample in 0_usize..3,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let samples = [SAMPLE, "Content-Type: text/html\r\n\r\n<table><td>1</td><td>2</td></table>&aring;<!-- x -->", "Subject: =?utf-8?B?w7g=?=\r\n\r\nMvh\r\nOla\r\n> x\r\n"];
        let mut mail = samples[sample].replace('\n', "\r\n").into_bytes();
        for (at, byte) in changes {
            let at = at.index(mail.len());
            mail[at] = byte;
        }
        mail.truncate(cut.index(mail.len()) + 1);
        check(mail)?;
    }
}

const SAMPLE: &str = "From: a@a.example\nContent-Type: multipart/mixed; boundary=\"x\"\n\npre\n--x\nContent-Type: text/plain; charset=utf-8; format=flowed\nContent-Transfer-Encoding: quoted-printable\n\nF=C3=B8dsel=\n snummer \nslutt\n--x\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeA0KDQpIZWk=\n--x\nContent-Disposition: attachment; filename*0*=utf-8''a%C3%B8; filename*1=b\n\nbegin 644 a\n#86)C\n`\nend\n--x--\npost\n";
