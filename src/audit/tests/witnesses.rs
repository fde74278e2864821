//! Heads in the log and in other writers' chains; what processes say of themselves.

use super::*;

fn words(anchors: &[Anchor]) -> Vec<(String, i64)> {
    anchors.iter().map(|anchor| (anchor.writer.clone(), anchor.sequence)).collect()
}

#[test]
fn heads_are_read_from_a_log_of_any_format() {
    let hash = "0123456789abcdef".repeat(4);
    let head = format!("mail1:12:{hash}");
    for line in [
        format!(
            r#"{{"timestamp":"2026-05-04T10:00:00Z","target":"sluss::audit","event":"held","head":"{head}","message":"audit"}}"#
        ),
        format!("2026-05-04T10:00:00Z  INFO sluss::audit: head head={head}"),
        format!("\u{1b}[2m2026\u{1b}[0m \u{1b}[3mhead\u{1b}[0m\u{1b}[2m=\u{1b}[0m{head}"),
        // As syslog and the journal's JSON export wrap it.
        format!(r#"May  4 10:00:00 mail1 sluss[123]: {{"head":"{head}"}}"#),
        format!(r#"{{"MESSAGE":"{{\"target\":\"sluss::audit\",\"head\":\"{head}\"}}"}}"#),
        head.clone(),
    ] {
        let log = format!("nothing here 10:00:00\n{line}\r\n\u{fffd}\n");
        assert_eq!(words(&anchor::in_log(log.as_bytes()).unwrap()), [("mail1".to_owned(), 12)], "{line}");
    }
    assert_eq!(anchor::in_log(&b"a line\n\xff\xfe\n"[..]).unwrap(), []);
}

/// The tail of one chain is deleted together with its head, and the log is gone as well: the other writer's chain
/// still has it.
#[tokio::test]
async fn another_writers_chain_misses_a_tail() {
    let dir = tempfile::tempdir().unwrap();
    let a = chains(&dir).await;
    let b = store(&dir, "b").await;
    anchor(&b, at()).await.unwrap();
    anchor(&a, at()).await.unwrap();
    assert_eq!(verify(&a, None, &[]).await.unwrap().faults, []);
    tamper(&dir, TAIL_CUT_OFF).await;
    let faults = verify(&a, None, &[]).await.unwrap().faults;
    assert_eq!(faults, [Fault { writer: "a".into(), sequence: 4, kind: FaultKind::CutShort }]);
    // Written on in its place.
    let a = store(&dir, "a").await;
    for _ in 0..3 {
        a.append(&Event::BypassEnded.entry(&Actor::System, at())).await.unwrap();
    }
    let faults = verify(&a, None, &[]).await.unwrap().faults;
    assert_eq!(faults, [Fault { writer: "a".into(), sequence: 5, kind: FaultKind::NotAsAnchored }]);
}

#[tokio::test]
async fn alone_a_writer_anchors_in_the_log_only() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir, "a").await;
    anchor(&store, at()).await.unwrap();
    store.append(&Event::Started { version: "0.1.0" }.entry(&Actor::System, at())).await.unwrap();
    anchor(&store, at()).await.unwrap();
    assert_eq!(store.audit_links("a", 0).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_process_that_died_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir, "a").await;
    let figures = Figures { answered: 5, relayed: 3, held: 2, ..Figures::default() };
    let begin = Event::Started { version: "0.1.0" }.entry(&Actor::System, at());
    let end = Event::Stopped { version: "0.1.0", figures: Some(figures) }.entry(&Actor::System, at());
    // This process is there; one of another boot is not, nor is one of an older version with a number nobody has.
    let of = |detail: &str| crate::store::Entry { detail: Some(detail.to_owned()), ..begin.clone() };
    store.append(&of("version=0.0.9 pid=4194305")).await.unwrap();
    store.append(&of(&format!("version=0.1.0 pid={} process=aa boot=another", std::process::id()))).await.unwrap();
    store.append(&begin).await.unwrap();
    let ends = |found: Vec<Process>| found.into_iter().map(|process| process.end).collect::<Vec<_>>();
    assert_eq!(ends(processes(&store, "a").await.unwrap()), [End::Died, End::Died, End::Running]);
    // Seen from another machine nobody knows.
    assert_eq!(ends(processes(&store, "b").await.unwrap()), [End::Unknown; 3]);
    store.append(&end).await.unwrap();
    let found = ends(processes(&store, "a").await.unwrap());
    assert_eq!(found[2], End::Stopped { at: Some(at()), figures: Some(figures) });
    assert!(figures.come_out_even() && !Figures { answered: 6, ..figures }.come_out_even());
}

#[tokio::test]
async fn what_was_disclosed_follows_from_the_entries() {
    let dir = tempfile::tempdir().unwrap();
    let store = chains(&dir).await;
    let links = store.audit_links_of(subject().id).await.unwrap();
    assert_eq!(links.len(), 4);
    let expected = Disclosed {
        position: Some(0),
        at: Some(at()),
        unit: Some("social".into()),
        ground: "release".into(),
        by: "operator:kari".into(),
        reason: Some("agreed with the unit".into()),
    };
    assert_eq!(disclosed(&links), [expected]);
    let used = Event::ExceptionUsed {
        disclosure: Some(MessageId([9; 16])),
        unit: "social".into(),
        transaction: "0123456789ab".into(),
        by: "code:EX-LIFE".into(),
        verdict: "relay",
        reason: Some("danger".into()),
        review_within_hours: Some(8),
    };
    store.append(&used.entry(&Actor::System, at())).await.unwrap();
    let found = disclosed(&store.audit_links_of(MessageId([9; 16])).await.unwrap());
    assert_eq!(
        (found[0].position, found[0].ground.as_str(), found[0].unit.as_deref()),
        (None, "code:EX-LIFE", Some("social"))
    );
}
