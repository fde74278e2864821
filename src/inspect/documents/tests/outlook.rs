//! Outlook items: what their property streams and storages may hold.

use super::compound::{compound, utf_16};
use super::*;

/// An entry of the list of properties.
fn entry(id: u16, kind: u16, value: u32) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &id.to_le_bytes(), &[0; 4], &value.to_le_bytes(), &[0; 4]].concat()
}

const ATTACHMENT: &str = "__attach_version1.0_#00000000";

/// A mail with one attachment, which has these properties and streams.
fn attached(properties: &[u8], streams: &[(&str, &[u8])]) -> Extract {
    let list = [&[0; 8], properties].concat();
    let names = utf_16("urn:schemas:httpmail:attachmentfilename");
    let paths: Vec<String> = streams.iter().map(|(name, _)| format!("{ATTACHMENT}/{name}")).collect();
    let list_at = format!("{ATTACHMENT}/__properties_version1.0");
    let mut all: Vec<(&str, &[u8])> = vec![
        ("__properties_version1.0", &[0; 32]),
        ("__nameid_version1.0/__substg1.0_00040102", &names),
        (&list_at, &list),
    ];
    all.extend(paths.iter().zip(streams).map(|(path, (_, content))| (path.as_str(), *content)));
    extract(&compound(&all))
}

#[test]
fn an_object_in_a_mail_is_a_file_without_the_mails_names() {
    let streams: [(&str, &[u8]); 2] =
        [("__substg1.0_3701000D/CONTENTS", b"%PDF-1.4 ..."), ("__substg1.0_3701000D/\u{1}Ole", &[1; 20])];
    let found = attached(&entry(0x3701, 0x000D, u32::MAX), &streams);
    assert_eq!(found.reasons, []);
    let object = extract(&found.files[0].bytes);
    assert_eq!((object.reasons, object.pieces), (vec![], vec![]));
    assert_eq!(object.files.len(), 1);
    assert!(object.files[0].bytes.starts_with(b"%PDF"));
    // One that the list names and that is not there.
    assert_eq!(attached(&entry(0x3701, 0x000D, u32::MAX), &[]).reasons, [Reason::Malformed]);
}

#[test]
fn counts_before_the_properties_of_a_mail_in_a_mail_are_no_properties() {
    for recipients in [30_u32, 31, 0x102] {
        let count = recipients.to_le_bytes();
        let list = [&[0; 8][..], &count, &[0; 4], &count, &[0; 4]].concat();
        assert_eq!(extract(&compound(&[("__properties_version1.0", &list)])).reasons, [], "{recipients}");
    }
}

#[test]
fn recipients_and_attachments_are_in_the_code_page_of_the_mail() {
    let list = [&[0; 32], &entry(0x3FFD, 3, 65_001)[..]].concat();
    let found = extract(&compound(&[
        ("__properties_version1.0", &list),
        ("__recip_version1.0_#00000000/__properties_version1.0", &[0; 8]),
        ("__recip_version1.0_#00000000/__substg1.0_3001001E", "Åse Prøve".as_bytes()),
        ("__attach_version1.0_#00000000/__properties_version1.0", &[0; 8]),
        ("__attach_version1.0_#00000000/__substg1.0_3707001E", "søknad.txt".as_bytes()),
        ("__attach_version1.0_#00000000/__substg1.0_37010102", b"..."),
    ]));
    assert_eq!(found.reasons, []);
    assert_eq!(texts(&found, Some("recipients")), ["Åse Prøve"]);
    assert_eq!(found.files[0].name, "søknad.txt");
}

#[test]
fn addresses_are_text_and_their_kinds_are_not() {
    let (address, kind) = (utf_16("01819012365@helse.example"), utf_16("SMTP"));
    let found = extract(&compound(&[
        ("__properties_version1.0", &[0; 32]),
        // Kind and address of whom it was received for.
        ("__substg1.0_0077001F", &kind),
        ("__substg1.0_0078001F", &address),
    ]));
    assert_eq!(texts(&found, Some("properties")), ["01819012365@helse.example"]);
}

#[test]
fn what_a_signed_mail_was_made_of_is_a_mail() {
    let (name, kind) = (utf_16("smime.p7m"), utf_16("multipart/signed"));
    let content = b"Content-Type: multipart/signed; boundary=x\r\n\r\n--x\r\n\r\nFnr 01819012365\r\n--x--\r\n";
    let streams: [(&str, &[u8]); 3] =
        [("__substg1.0_3707001F", &name), ("__substg1.0_370E001F", &kind), ("__substg1.0_37010102", content)];
    let found = attached(&[], &streams);
    assert_eq!(found.reasons, []);
    assert_eq!((found.files[0].name.as_str(), &found.files[0].bytes[..]), ("smime.p7m.eml", &content[..]));
}
