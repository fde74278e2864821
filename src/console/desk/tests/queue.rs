//! What stands in the queue, in which order, and how quickly.

use super::*;

#[tokio::test]
async fn the_queue_shows_ones_own_units_the_urgent_first_and_says_who_looked() {
    let house = House::new().await;
    let day = SignedDuration::from_hours(24);
    let old = house.held(Wish { age: day * 7, ..Wish::default() }).await;
    let urgent = house.held(Wish { urgent: true, categories: &["family"], ..Wish::default() }).await;
    let other = house.held(Wish { unit: "bygg", ..Wish::default() }).await;
    let reviewer = house.person(&[Role::Reviewer], &["social"]).await;
    let page = house.get(&reviewer, "/queue").await;
    assert_eq!(page.status, 200, "{}", page.text);
    let at = |page: &Answer, reference: &Reference| page.text.find(&format!("/held/{reference}"));
    assert!(at(&page, &urgent).unwrap() < at(&page, &old).unwrap());
    assert_eq!(at(&page, &other), None);
    for said in ["2 väntar", "1 att anmäla", "1 försenade", "Ska anmälas", "Försenad", "hälsa och personnummer"] {
        assert!(page.text.contains(said), "{said} is not in {}", page.text);
    }
    assert!(!page.text.contains("kommun.example</td>") && !page.text.contains("bo@"), "no address");
    let policy = page.headers.get(header::CONTENT_SECURITY_POLICY).unwrap().to_str().unwrap();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    for (query, shown) in [
        ("category=family", vec![&urgent]),
        ("urgent=1", vec![&urgent]),
        ("overdue=1", vec![&old]),
        ("age=over-1d", vec![&old]),
        ("age=under-1h", vec![&urgent]),
        ("channel=unknown", vec![&urgent, &old]),
        ("channel=contract", vec![]),
        ("severity=high&unit=social", vec![&urgent, &old]),
        ("unit=bygg", vec![]),
        ("state=released", vec![]),
        ("asked=1", vec![]),
        (&format!("ref={}", old.as_str().to_lowercase()), vec![&old]),
        (&format!("ref={other}"), vec![]),
        ("category=%25", vec![&urgent, &old]),
        ("order=oldest", vec![&old, &urgent]),
        ("order=newest", vec![&urgent, &old]),
    ] {
        let page = house.get(&reviewer, &format!("/queue?{query}")).await;
        assert_eq!(page.status, 200, "{query}: {}", page.text);
        let mut found: Vec<_> =
            [&urgent, &old, &other].into_iter().filter_map(|of| Some((at(&page, of)?, of))).collect();
        found.sort_by_key(|(place, _)| *place);
        assert_eq!(found.into_iter().map(|(_, of)| of).collect::<Vec<_>>(), shown, "{query}");
    }
    assert_eq!(house.get(&reviewer, "/queue?ref=x").await.status, 422);
    let events = house.events().await;
    let listed = events.iter().filter(|event| *event == "listed account").count();
    house.get(&reviewer, "/queue/changes?by=itself").await;
    assert_eq!((listed, house.events().await.len()), (18, events.len()), "a script's question is not on the record");
    house.get(&reviewer, "/queue?by=itself").await;
    assert_eq!(house.events().await.len(), events.len() + 1, "a look at the queue is, however it is asked for");
    let signed_out = house.get(&NOBODY, "/queue?order=oldest").await;
    assert_eq!(signed_out.location(), "/sign-in?to=%2Fqueue%3Forder%3Doldest");
}
