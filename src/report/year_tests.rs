//! A year of invented counts, as a reader of every page of it sees it.

use super::*;

const ZONE: TimeZone = TimeZone::UTC;

fn counted(lines: &[(Theme, &str, &[u64])]) -> Counted {
    let mut counted = Counted::default();
    for (theme, word, months) in lines {
        for (month, mails) in months.iter().enumerate() {
            counted.add(*theme, word, month, *mails);
        }
    }
    counted
}

#[test]
fn a_small_month_is_not_worked_out_from_its_quarter() {
    let held = [3, 20, 30, 12];
    let mails = [1000, 1000, 1000, 1000];
    let sent = [997, 980, 970, 988];
    let year = counted(&[(Theme::Mails, "", &mails), (Theme::Sent, "relay", &sent), (Theme::Stopped, "", &held)]);
    let year = year.shown();
    let stopped = |span| year.figure(Theme::Stopped, "", span);
    assert_eq!(stopped(Span::Month(0)), Figure::Few);
    let left_out = (1..3).filter(|month| stopped(Span::Month(*month)) == Figure::Withheld).count()
        + usize::from(stopped(Span::Quarter(0)) == Figure::Withheld);
    assert!(left_out >= 1, "one sum with one unknown has one solution");
    // Nor from what went out.
    let gone = |span| year.figure(Theme::Sent, "relay", span);
    let total = |span| year.figure(Theme::Mails, "", span);
    assert!([gone(Span::Month(0)), total(Span::Month(0))].contains(&Figure::Withheld));
    assert_eq!(stopped(Span::Month(3)), Figure::Shown(12));
    assert_eq!(stopped(Span::Month(7)), Figure::Shown(0));
}

#[test]
fn small_units_have_no_name_and_no_order_tells_of_them() {
    let mut lines: Vec<(Theme, &str, &[u64])> = vec![(Theme::Unit, "liten", &[2]), (Theme::Unit, "stor", &[40, 9])];
    lines.extend([(Theme::Unit, "mellan", &[0, 7][..]), (Theme::Unit, "två", &[1, 1][..])]);
    lines.push((Theme::Stopped, "", &[43, 17]));
    let year = counted(&lines).shown();
    assert_eq!(year.words(Theme::Unit, Span::Year).last(), Some(&OTHERS));
    assert_eq!(year.words(Theme::Unit, Span::Month(0)).first(), Some(&"stor"));
    assert!(!year.words(Theme::Unit, Span::Year).iter().any(|unit| ["liten", "två"].contains(unit)));
    assert_eq!(year.figure(Theme::Unit, "liten", Span::Year), Figure::Shown(0));
}

#[test]
fn a_median_needs_five_decisions() {
    let mut counted = Counted::default();
    counted.times[0] = [1, 9, 2, 3].map(SignedDuration::from_hours).to_vec();
    counted.times[1] = vec![SignedDuration::from_hours(40)];
    let year = counted.shown();
    assert_eq!(year.median(Span::Month(0)), None);
    assert_eq!(year.median(Span::Quarter(0)), Some(SignedDuration::from_hours(3)));
    assert_eq!(year.median(Span::Quarter(1)), None);
}

#[test]
fn spans_are_those_of_the_calendar() {
    for (span, from, to) in [
        (Span::Month(1), date(2028, 2, 1), date(2028, 2, 29)),
        (Span::Quarter(3), date(2028, 10, 1), date(2028, 12, 31)),
        (Span::Year, date(2028, 1, 1), date(2028, 12, 31)),
    ] {
        assert_eq!(span.days(2028), (from, to));
        assert_eq!(span.around(to), span);
    }
    assert_eq!(Span::Month(0).around(date(2028, 7, 4)), Span::Month(6));
}

#[tokio::test]
async fn a_year_is_read_from_figures_queue_and_record() {
    use crate::store::{Entry, sqlite};
    let folder = tempfile::tempdir().unwrap();
    let settings = sqlite::Settings {
        path: folder.path().join("sluss.db"),
        writer: "node".to_owned(),
        busy_timeout: std::time::Duration::from_secs(5),
        create: true,
    };
    let store = crate::store::Database::open(settings).await.unwrap();
    let total = |day: &str, outcome: &str, category: &str, count| Total {
        day: day.into(),
        unit: "social".into(),
        outcome: outcome.into(),
        category: category.into(),
        channel: "unknown".into(),
        count,
    };
    let totals = [
        total("2025-12-31", "relayed", "", 70),
        total("2026-02-01", "relayed", "", 500),
        total("2026-02-03", "observed-held", "", 10),
        total("2026-02-03", "observed-held", "health", 8),
        total("2026-02-03", "rerouted", "", 30),
        // Its records are counted instead.
        total("2026-02-03", "held", "", 6),
    ];
    store.add_totals(&totals).await.unwrap();
    let id = MessageId::random();
    let entry = Entry {
        at: "2026-02-05T10:00:00Z".parse().unwrap(),
        event: "discarded",
        actor: "account:0123".into(),
        message: Some(id),
        reference: None,
        unit: Some("social".into()),
        reason: None,
        detail: Some("by=sender".into()),
    };
    store.append(&entry).await.unwrap();
    let told = told(&store, Timestamp::MIN).await.unwrap();
    assert!(told.by_sender.contains(&id) && told.alarms.is_empty());
    let year = read(&store, 2026, &ZONE).await.unwrap().shown();
    for (theme, word, mails) in [
        (Theme::Mails, "", 540),
        (Theme::Sent, "relay", 500),
        (Theme::Sent, "reroute", 30),
        (Theme::Stopped, "", 10),
        (Theme::Category, "health", 8),
        (Theme::Unit, "social", 10),
        (Theme::Level, "unknown", 10),
    ] {
        assert_eq!(year.figure(theme, word, Span::Month(1)), Figure::Shown(mails), "{theme:?} {word}");
    }
    assert_eq!(year.figure(Theme::Mails, "", Span::Month(11)), Figure::Shown(0));
}

#[test]
fn no_sum_of_a_full_year_has_a_single_unknown() {
    let mut counted = Counted::default();
    for unit in 0..30_u64 {
        for month in 0..MONTHS {
            // Between 0 and 12, most of them small.
            let mails = (unit * 7 + month as u64 * 5 + unit * month as u64) % 13;
            let name = format!("unit-{unit:02}");
            counted.decided(Verdict::Quarantine, &name, ["unknown", "capable"][month % 2], month, mails);
            counted.decided(Verdict::Relay, &name, "", month, 400);
        }
    }
    let year = counted.shown();
    let left_out = |figure: &Figure| !matches!(figure, Figure::Shown(_));
    for ((theme, word), figures) in &year.figures {
        for quarter in 0..4 {
            let months = figures[quarter * 3..quarter * 3 + 3].iter().filter(|figure| left_out(figure)).count();
            let unknown = months + usize::from(left_out(&figures[MONTHS + quarter]));
            assert_ne!(unknown, 1, "{theme:?} {word} quarter {quarter}");
        }
    }
    for span in 0..SPANS {
        let of = |theme: Theme| {
            let lines = year.figures.iter().filter(move |((of, _), _)| *of == theme);
            lines.filter(|(_, figures)| left_out(&figures[span])).count()
        };
        assert_ne!(of(Theme::Unit) + of(Theme::Stopped), 1, "span {span}");
        assert_ne!(of(Theme::Mails) + of(Theme::Sent) + of(Theme::Stopped), 1, "span {span}");
    }
    assert!(year.words(Theme::Unit, Span::Year).len() <= MAX_UNITS + 1);
}
