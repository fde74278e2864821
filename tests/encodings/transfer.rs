//! Rows that hide the number in a transfer encoding.

use data_encoding::{BASE64, BASE64URL};

use super::*;

pub fn rows() -> Rows {
    let whole = BASE64.encode(SENTENCE.as_bytes());
    let unpadded = whole.trim_end_matches('=');
    let (first, second) = SENTENCE.split_at(19);
    let uuencoded = "begin 644 notat.txt\n=1F%R<V5L<VYU;6UE<B`P,3@Q.3`Q,C,V-2!N;W4*\n`\nend\n".replace('\n', "\r\n");
    vec![
        ("base64", encoded("base64")),
        ("base64 with a semicolon", encoded("base64;")),
        ("base64 in quotes", encoded("\"base64\"")),
        ("base64 after a comment", encoded("(c) base64")),
        ("base64 in capitals with a space", encoded("BASE64 ")),
        ("base-64", encoded("base-64")),
        ("base64 called 7bit", encoded("7bit")),
        ("base64 called binary", encoded("binary")),
        (
            "base64 without a word",
            text("Content-Type: text/plain", &wrapped(&BASE64.encode(SENTENCE.repeat(4).as_bytes()), 60)),
        ),
        ("base64 with foreign bytes", base64(&whole.replace('R', "R*!\u{1}"))),
        ("base64 with blanks", base64(&whole.replace('R', " \tR "))),
        ("base64 in two padded pieces", base64(&(BASE64.encode(first.as_bytes()) + &BASE64.encode(second.as_bytes())))),
        ("base64 without padding", base64(unpadded)),
        ("base64 with too much padding", base64(&format!("{unpadded}====="))),
        ("base64 in the other alphabet", base64(&BASE64URL.encode("??>~ 01819012365 ??>~".as_bytes()))),
        ("base64, a character a line", base64(&wrapped(&whole, 1))),
        ("base64 with an end in the middle", base64(&format!("{}={}", &whole[..12], &whole[12..]))),
        ("base64 with an end in the middle of a group", base64(&format!("{}={}", &whole[..14], &whole[14..]))),
        ("base64 with a whole end within a group", base64(&format!("{}=={}", &whole[..14], &whole[14..]))),
        ("base64 with bits behind its end", base64("Rm5yIDAxODE5MDEyMzY1Lh==")),
        ("base64 that is plain text", base64("Fnr 01819012365, takk for at du svarer.")),
        ("quoted-printable", quoted("F=C3=B8dselsnummer 01819012365")),
        ("quoted-printable with soft breaks and escapes", quoted("0181=\r\n90=31=\r\n2365")),
        ("quoted-printable in lower case, blanks before the break", quoted("=30=31819= \t\r\n=30=31=32365")),
        ("quoted-printable in small letters", quoted("F=c3=b8dselsnummer =30=31819012365")),
        ("quoted-printable of eight bits", quoted("Fødselsnummer 0181=\r\n9012365 på søknaden")),
        ("quoted-printable called nothing", text("X-A: 1", "F=C3=B8dselsnummer 0181=\r\n9012365")),
        ("quoted-printable with broken escapes", quoted("=ZZ 01819012365 =")),
        ("quoted-printable, a character over a soft break", quoted("=C3=\r\n=B8 01819012365")),
        ("uuencode as an encoding", text("Content-Transfer-Encoding: x-uuencode", &uuencoded)),
        ("uuencode in a text", text("Content-Type: text/plain", &format!("Se vedlegg\r\n\r\n{uuencoded}"))),
        ("two encodings", text("Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit", &whole)),
        (
            "two encodings, the other way",
            text("Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit", SENTENCE),
        ),
        (
            "base64 around a multipart",
            in_base64(
                "Content-Type: multipart/mixed; boundary=xyz",
                b"--xyz\r\nContent-Type: text/plain\r\n\r\nFnr 01819012365\r\n--xyz--\r\n",
            ),
        ),
    ]
}
