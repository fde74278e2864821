//! The link of a notice: who has its token, and what the store has of it.

use super::*;
use crate::message::LinkToken;
use crate::notice::facts::PageFacts;

#[tokio::test]
async fn the_token_is_in_the_notice_alone() {
    let house = House::new().await;
    let id = house.held(&["bo@post.example"]).await;
    let (told, _) = house.notices().await.remove(0);
    let token = LinkToken::parse(told.link_token.as_deref().unwrap()).unwrap();
    let link = house.store.link(&token.digest()).await.unwrap().unwrap();
    assert_eq!(link.reference, house.message(id).await.reference);
    let page: PageFacts = serde_json::from_slice(&token.open(&link.sealed).unwrap()).unwrap();
    assert_eq!((page.unit.as_str(), page.kind), (told.unit.as_str(), told.kind));
    assert!(!serde_json::to_string(&page).unwrap().contains('@'), "the page has domains, and no address");
    // Whoever opens the evidence could else act in the sender's name.
    let evidence = house.console().open_evidence(id, &operator(), "review").await.unwrap();
    assert_eq!(evidence.notice.link_token, None);
    house.store.close().await;
    let bytes = std::fs::read(house.dir.join("sluss.db")).unwrap();
    for secret in [told.link_token.unwrap().as_str(), "post.example"] {
        assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "{secret} is in clear");
    }
}
