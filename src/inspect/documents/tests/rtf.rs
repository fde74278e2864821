//! Rich Text Format.

use super::*;

fn rtf(body: &str) -> Extract {
    extract(
        format!("{{\\rtf1\\ansi\\ansicpg1252\\deff0{{\\fonttbl{{\\f0 Arial;}}{{\\f1\\fcharset204 Arial;}}}}{body}}}")
            .as_bytes(),
    )
}

fn text(body: &str) -> String {
    let found = rtf(body);
    assert_eq!(found.reasons, [], "{body}");
    texts(&found, None).join("\n")
}

#[test]
fn every_place_of_a_document_is_found_once() {
    let found = extract(&fixture("writer.rtf"));
    assert_eq!(found.reasons, []);
    let expected = [
        ("", 3),
        ("alt text", 1),
        ("comment", 1),
        ("deleted text", 1),
        ("field", 1),
        ("footer", 1),
        // Footnote and endnote.
        ("footnote", 2),
        ("header", 1),
        ("properties", 2),
        ("text box", 1),
    ];
    assert_eq!(places(&found), BTreeMap::from(expected));
    let text = texts(&found, None).join("\n");
    assert!(
        text.starts_with("Fødselsnummer æøåäö, delt over løp: 01819012365 i teksten.\nStrøket: 018199 her.\n"),
        "{text}"
    );
    assert!(text.contains("\nOla Prøve\t01819012365\t\nÅse Prøve\tukjent\t\nSlutt."), "{text}");
    assert_eq!(texts(&found, Some("deleted text")), ["01819012365"]);
    assert_eq!(found.files.len(), 1, "a picture, once");
    assert!(found.files[0].bytes.starts_with(b"\x89PNG"));
}

#[test]
fn characters_are_read_in_every_way_they_are_written() {
    for (written, read) in [
        (r"F\'f8dsel \'e6\'f8\'e5\'e4\'f6", "Fødsel æøåäö"),
        (r"F\u248?dsel \u229\'e5 \u-10179?\u-8704?x", "Fødsel å 😀x"),
        (r"\uc2 F\u248abdsel{\uc0 \u229}", "Fødselå"),
        (r"\uc1 \u248\'f8{\u229 }x", "øåx"),
        (r"\f1 \'cf\'f0{\f0 \'e5}\'ee", "Прåо"),
        ("F\u{f8}dsel".to_owned().as_str(), "Fødsel"),
        (r"018\~19\_012\-365", "018\u{A0}19-012\u{AD}365"),
        (r"01819{\b 012}{\i 365}", "01819012365"),
        ("01819\r\n012365", "01819012365"),
        (r"a\\b\{c\}\emdash\lquote d\rquote", "a\\b{c}—‘d’"),
        (r"a\par b\line c\tab d", "a\nb\nc\td"),
        (r"\trowd Ola\cell 01819012365\cell\row \trowd x\cell\row", "Ola\t01819012365\t\nx"),
        (r"{\v 01819012365}", "01819012365"),
        (r"{\field{\*\fldinst PAGE}{\fldrslt 7}} av", "7 av"),
        (r"{\*\bkmkstart _Toc}\'e5{\*\bkmkend _Toc}", "å"),
        (r"{\upr{}{\*\ud 01819\u48 ?12365}}", "01819012365"),
    ] {
        let written = if written.contains('\u{f8}') { "F\\'f8dsel" } else { written };
        assert_eq!(text(written), read, "{written}");
    }
    let mut bytes = br"{\rtf1\ansi F".to_vec();
    bytes.extend(b"\xF8dsel}\r\n\0");
    assert_eq!(texts(&extract(&bytes), None), ["Fødsel"]);
}

#[test]
fn nothing_with_text_is_dropped() {
    for (written, place) in [
        (r"{\*\nobodyknows 01819012365}", "nobodyknows"),
        (r"{\*\nobodyknows{\*\neither 01819012365}}", "nobodyknows"),
        (r"{\header 01819{\b 012365}\par}", "header"),
        (r"{\footerf 01819012365}", "footer"),
        (r"x{\footnote 01819012365}y", "footnote"),
        (r"{\*\annotation 01819012365}", "comment"),
        (r"{\info{\title 01819012365}}", "properties"),
        (r"{\info{\*\company 01819012365}}", "properties"),
        (r"{\*\userprops{\propname nr}{\staticval 01819012365}}", "properties"),
        (r"{\shp{\*\shpinst{\sp{\sn x}{\sv 0}}{\shptxt 01819012365}}}", "text box"),
        (r"{\shp{\shprslt{\*\do{\dptxbxtext 01819012365}}}}", "text box"),
        (r"{\shp{\*\shpinst{\sp{\sn wzDescription}{\sv Bilde 01819012365}}}}", "alt text"),
        (r"{\*\bkmkstart n01819012365}", "bookmark"),
        (r"{\*\docvar{nr7}{01819012365}}", "variable"),
        (r"{\field{\*\fldinst{ASK 01819012365}}{\fldrslt}}", "field"),
        (r"{\deleted 01819012365}", "deleted text"),
        (r"{\header x{\deleted 01819012365}}", "header deleted text"),
        (r"\bin12 01819012365 ", "binary data"),
    ] {
        let found = rtf(written);
        assert_eq!(places(&found), BTreeMap::from([(place, 1)]), "{written}");
        assert_eq!(found.reasons, [], "{written}");
    }
    let variable = rtf(r"{\*\docvar{nr7}{01819012365}}");
    assert_eq!(texts(&variable, Some("variable")), ["nr7\n01819012365\n"]);
    let after = extract(br"{\rtf1 a}Fnr 01819012365");
    assert_eq!(places(&after), BTreeMap::from([("after the end", 1)]));
}

#[test]
fn pictures_and_objects_are_files() {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let png = hex(b"\x89PNG 01");
    let found = rtf(&format!(r"{{\*\shppict{{\pict\pngblip\picw1 {png}}}}}{{\nonshppict{{\pict\wmetafile8 00}}}}"));
    assert_eq!(found.reasons, []);
    assert_eq!(found.files.iter().map(|file| &file.bytes[..]).collect::<Vec<_>>(), [b"\x89PNG 01"]);
    let found = rtf("{\\pict\\jpegblip\\bin4 \\{}\\}");
    assert_eq!(found.files[0].bytes, b"\\{}\\");

    let len = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_le_bytes();
    let package = b"\x02\0navn.txt\0C:\\a\0\0\0\x03\0\x04\0\0\0C:\\a\x0b\0\0\x0001819012365";
    let object =
        [&[1, 5, 0, 0, 2, 0, 0, 0][..], &len(b"Package\0"), b"Package\0", &[0; 8], &len(package), package].concat();
    let found =
        rtf(&format!(r"{{\object\objemb{{\*\objclass Package}}{{\*\objdata {}}}{{\result Ola}}}}", hex(&object)));
    assert_eq!(found.reasons, []);
    assert_eq!((found.files[0].name.as_str(), &found.files[0].bytes[..]), ("navn.txt", &b"01819012365"[..]));
    assert_eq!(texts(&found, None), ["Ola"]);
    for end in [14, object.len() - 1] {
        let cut = rtf(&format!(r"{{\object{{\*\objdata {}}}}}", hex(&object[..end])));
        assert_eq!(cut.reasons, [Reason::Malformed], "{end}");
    }
}

#[test]
fn parts_of_a_field_of_a_form_are_texts_of_their_own() {
    let found = rtf(
        r"{\field{\*\fldinst FORMTEXT {\*\formfield{\fftype0{\*\ffname Tekst1}{\*\ffdeftext 01819012365}{\*\ffl Nei}}}}{\fldrslt x}}{\*\formfield{\*\ffname Tekst2}{\*\ffdeftext 0181{\b 9012365}}}",
    );
    assert_eq!(found.reasons, []);
    assert_eq!(texts(&found, Some("field")), ["FORMTEXT \n\nTekst1\n01819012365\nNei"]);
    assert_eq!(texts(&found, Some("formfield")), ["\nTekst2\n01819012365"]);
}

#[test]
fn html_inside_comes_out_as_it_was() {
    let found = rtf(
        r"\fromhtml1{\*\htmltag <p>}\htmlrtf {\htmlrtf0 F\'f8dselsnr 01819{\*\htmltag <b>}\htmlrtf{\b\htmlrtf0 012365\htmlrtf}\htmlrtf0{\*\htmltag </b>}{\*\mhtmltag <x>}{\*\htmltag <br>\par}a\htmlrtf\par skjult 01819012365}\htmlrtf0",
    );
    assert_eq!(found.reasons, []);
    assert_eq!(found.files.len(), 1);
    let html = std::str::from_utf8(&found.files[0].bytes).unwrap();
    assert_eq!(html, "<p>Fødselsnr 01819<b>012365</b><br>\na");
    assert_eq!(texts(&found, None), ["\nskjult 01819012365"], "what only readers of RTF show");
}

#[test]
fn bombs_end() {
    let deep = "{".repeat(300_000) + "01819012365" + &"}".repeat(300_000);
    let found = rtf(&deep);
    assert_eq!(found.reasons, [Reason::OverLimit]);
    assert_eq!(places(&found), BTreeMap::from([("", 1)]));
    let stories = r"{\footnote ".repeat(20_000);
    assert_eq!(rtf(&stories).reasons, [Reason::OverLimit, Reason::Malformed]);
    assert_eq!(rtf(r"\bin2000000000 x").reasons, [Reason::Malformed]);
    assert_eq!(rtf(r"\uc2000000000 \u5 01819012365").reasons, []);
    let mut late = Limits { until: Some(std::time::Instant::now()), ..limits() };
    let long = format!(r"{{\rtf1 {}}}", r"\par x".repeat(20_000));
    assert!(read(long.as_bytes(), &mut late).unwrap().reasons.contains(&Reason::TimedOut));
}

#[test]
fn cut_copies_are_malformed_and_nothing_panics() {
    let bytes = fixture("writer.rtf");
    for end in (6..bytes.len() - 4).step_by(7) {
        assert_eq!(extract(&bytes[..end]).reasons, [Reason::Malformed], "{end}");
    }
    for copy in damaged(&bytes, 1_000) {
        read(&copy, &mut limits());
    }
}
