//! Zones as a table: each row is a mail's text with the zone of every passage before it.

use super::*;

/// Reads `[zone]` marks out of a sample; returns the passages as found and as marked.
fn passages(marked: &str) -> (Vec<String>, Vec<String>) {
    let mut text = String::new();
    let mut expected: Vec<ZoneSpan> = Vec::new();
    for piece in marked.split('[').filter(|piece| !piece.is_empty()) {
        let (name, content) = piece.split_once(']').unwrap();
        let zone = match name {
            "new" => Zone::New,
            "quote" => Zone::Quote,
            "forward" => Zone::Forward,
            "signature" => Zone::Signature,
            "disclaimer" => Zone::Disclaimer,
            "footer" => Zone::Footer,
            other => panic!("no zone {other}"),
        };
        let start = text.len();
        text.push_str(content);
        expected.push(ZoneSpan { span: start..text.len(), zone });
    }
    let name = |z: &ZoneSpan| format!("{:?} {:?}", z.zone, text.get(z.span.clone()).unwrap());
    (mark(&text, Mode::Own).0.iter().map(name).collect(), expected.iter().map(name).collect())
}

#[test]
fn zones_of_ordinary_mail() {
    let mut failed = 0;
    for sample in [
        "[new]Hei Kari,\n\nMøtet er flyttet til torsdag.\n",
        // signatures
        "[new]Takk for sist.\n\n[signature]Mvh\nOla Eksempel\nEnhetsleder, barnevern\nTlf. 55 00 00 00\n",
        "[new]Tack.\n[signature]Med vänlig hälsning\n\nAnna Exempel\nSocialsekreterare\nanna@kommun.example\n",
        "[new]Takk.\n[signature]Vennleg helsing\nKari Døme | Rådgjevar | www.kommune.example",
        "[new]Thanks.\n[signature]Best regards,\nAnna\n",
        "[new]Klart.\n[signature]-- \nOla\nStorgata 1\n0001 Oslo\n",
        "[new]Hej!\nVi ses.\n[signature]Mvh Anna Exempel, enhetschef\n",
        "[new]Thai again?\n\n[signature]C\n\nCathrine Berg\nFamily therapist\n[disclaimer]If you have received this e-mail in error, delete it.\n",
        "[new]Anna\n\nPer Ek\nStorgata 1\nMvh är inte allt.\n",
        // a greeting in the middle swallows nothing
        "[new]Hei\n[signature]Mvh Kari\n\n[new]Forresten, hun er lagt inn på sykehuset igjen og vil ikke ha besøk.\n",
        "[new]Hei\n[signature]Mvh\nKari\n[new]PS: Ola har fått diagnosen ADHD\n",
        "[new]Hei\n[signature]Mvh Kari\n\n[new]Ola er innlagt igjen",
        "[new]Hej\n[signature]Hälsningar\nBo Ek\nChef för hemtjänsten i norr\n[new]Anna Berg har ramlat\n",
        "[new]Mvh er en forkortelse som mange bruker i brev til kommunen.\n",
        "[new]Hilsen fra mor kom i går, hun var lei seg for at Ola ikke fikk plass.\n",
        // quotes
        "[new]Se under.\n\n[quote]> Hei\n> Ola er syk\n[new]Ja.\n",
        "[new]Ja\n\n[forward]Den 3 mars 2026 kl. 10:12 skrev Anna <anna@a.example>:\n[new]\n[quote]> Hej\n>> Hallå\n",
        "[new]Yes\n\n[forward]On Tue, 3 Mar 2026 at 10:12, Anna Example\n<anna@a.example> wrote:\n[new]\n[quote]> Hi\n[new]Thanks.\n",
        "[new]Ja\n[forward]man. 3. mars 2026 kl. 10:12 skrev Ola <ola@a.example>:\n[quote]Hei, her er svaret.\n",
        "[new]Hei\n[forward]-----Opprinnelig melding-----\nFra: Ola <ola@a.example>\nSendt: 3. mars 2026 10:12\nTil: Kari\nEmne: Sak\n[quote]\nHei Kari\nMvh\nOla\n",
        "[new]Hej\n[forward]Från: Anna\nSkickat: den 3 mars 2026 10:12\nTill: Bo\nKopia: Eva\nÄmne: Ärende\n[quote]\nHej\n",
        "[new]Hei\n[forward]Frå: Ola\nSendt: tysdag\nTil: Kari\nEmne: Sak\n[quote]\nHei\n",
        "[new]Hi\n[forward]________________________________\nFrom: A <a@a.example>\nSent: Tuesday\nTo: B <b@b.example>;\n  C <c@b.example>\nSubject: X\n[quote]\nHi\n",
        "[new]Hi\n[forward]---------- Forwarded message ---------\nFrom: A <a@a.example>\nDate: Tue\nSubject: X\nTo: B\n[quote]\nHi\n",
        "[new]Hei, faktura merkes 3310.\n\n[forward]--- Opprinnelig melding ---\nFra: Spesialpedagog\n[quote]Vi trenger lisens til en elev.\n",
        "[forward]*Från:* Anna\n*Skickat:* den 3 mars\n*Till:* Bo\n*Ämne:* X\n[quote]Hej\n",
        "[new]Hei\n\n[forward]Fra: Per, leverandør\nSendt: 4. november 2025 10:02\n[quote]\nHei! Takk.\n[forward]Fra: Innkjøp\nSendt: 31. oktober 2025 13:35\n[quote]\nHei\n",
        // what only looks like a quote
        "[new]Fra: 10.01\nTil: 12.01\nDet er perioden.\n",
        "[new]Läraren skrev så här:\nEleven är ofta borta.\n",
        "[new]Skill:\n====\nTest\nTo be done by the team in the next few weeks, as agreed with all parents.\n",
        // boilerplate
        "[new]Hej.\n\n[disclaimer]Detta e-postmeddelande är avsett för mottagaren. Om du inte är rätt mottagare,\nradera det.\n[new]\nSlut.\n",
        "[new]Hei. [disclaimer]E-posten kan inneholde taushetsbelagt informasjon. Slett den.\n",
        "[new]Hej\n[footer]Tänk på miljön innan du skriver ut detta mejl\n",
        "[new]Hei\n[signature]--\nLindøy kommune\nPostboks 14, 5431 Lindøy. Servicetorget 56 10 20 00\n[disclaimer]Husk: ikke send fødselsnummer eller helseopplysninger på e-post!\n",
        "[quote]> Hej\n[disclaimer]> Om du inte är rätt mottagare, radera.\n[quote]>\n> Slut\n",
    ] {
        let (found, expected) = passages(sample);
        if found != expected {
            eprintln!("found    {found:?}\nexpected {expected:?}");
            failed += 1;
        }
    }
    assert_eq!(failed, 0);
}
