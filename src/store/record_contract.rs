//! The record: pages, the newest first, and what is chosen of it.

use super::contract::{entry, minute};
use super::*;

pub(super) async fn all(store: &dyn Store) {
    pages_of_the_record_follow_one_another(store).await;
}

async fn pages_of_the_record_follow_one_another(store: &dyn Store) {
    // Two at the same moment, and one whose clock was slow.
    for (minutes, unit) in [(9_000, "social"), (9_001, "bygg"), (9_001, "social"), (8_999, "social")] {
        let entry = Entry { unit: Some(unit.to_owned()), ..entry("viewed", minute(minutes)) };
        store.append(&entry).await.unwrap();
    }
    let since = RecordFilter { from: Some(minute(8_999)), to: Some(minute(9_002)), ..RecordFilter::default() };
    let mut read = Vec::new();
    let mut after = None;
    loop {
        let page = store.record(&since, after.as_ref(), 1).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(RecordPlace::of(last));
        read.extend(page);
    }
    let times: Vec<i64> = read.iter().map(|link| link.at_ms).collect();
    assert_eq!(times, [9_001, 9_001, 9_000, 8_999].map(|n| minute(n).as_millisecond()));
    assert!(read[0].sequence > read[1].sequence);
    assert_eq!(read, store.record(&since, None, 10).await.unwrap());
    for (events, unit, wanted) in [
        (vec!["viewed"], Some("social"), 3),
        (vec!["viewed", "held"], None, 4),
        (vec!["held"], None, 0),
        (vec![], Some("bygg"), 1),
    ] {
        let filter = RecordFilter {
            events: events.into_iter().map(str::to_owned).collect(),
            unit: unit.map(str::to_owned),
            ..since.clone()
        };
        assert_eq!(store.record(&filter, None, 10).await.unwrap().len(), wanted);
    }
}
