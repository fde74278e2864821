//! Every page and act × every role × own and other unit × signed out.

use super::*;

/// One letter a role, in the order of `Role::ALL`: reviewer, supervisor, data-protection officer, auditor,
/// administrator. A page that is not here fails the test: somebody has to say who may see it.
const MAY: &[(&str, &str)] = &[
    ("GET /queue", "rs---"),
    ("GET /queue/changes", "rs---"),
    ("GET /held/{reference}", "rs---"),
    ("GET /held/{reference}/open", "rs---"),
    ("POST /held/{reference}/open", "rs---"),
    ("GET /held/{reference}/download", "-s---"),
    ("POST /held/{reference}/download", "-s---"),
    ("GET /held/{reference}/release", "rs---"),
    ("POST /held/{reference}/release", "rs---"),
    ("GET /held/{reference}/approve", "-s---"),
    ("POST /held/{reference}/approve", "-s---"),
    ("GET /held/{reference}/look", "rs---"),
    ("POST /held/{reference}/look", "rs---"),
    ("GET /held/{reference}/return", "rs---"),
    ("POST /held/{reference}/return", "rs---"),
    ("GET /held/{reference}/false-alarm", "rs---"),
    ("POST /held/{reference}/false-alarm", "rs---"),
    ("GET /held/{reference}/discard", "rs---"),
    ("POST /held/{reference}/discard", "rs---"),
    ("GET /held/{reference}/keep", "rs---"),
    ("POST /held/{reference}/keep", "rs---"),
    ("GET /held/{reference}/unkeep", "rs---"),
    ("POST /held/{reference}/unkeep", "rs---"),
    ("GET /dashboard", "rsd--"),
    ("GET /dashboard.csv", "rsd--"),
    ("GET /channels", "rsd-a"),
    ("POST /channels", "rsd-a"),
    ("GET /words", "rsd-a"),
    ("POST /words", "rsd-a"),
    ("GET /record", "--da-"),
    ("POST /record/verify", "--da-"),
    ("POST /record.csv", "--da-"),
    ("GET /accounts", "----a"),
    ("POST /accounts", "----a"),
    ("GET /account", "rsdaa"),
    ("POST /account", "rsdaa"),
    ("GET /health-view", "----a"),
];

#[tokio::test]
async fn nobody_gets_further_than_his_roles_and_units() {
    let house = House::new().await;
    let own = house.held(Wish::default()).await;
    let other = house.held(Wish { unit: "bygg", ..Wish::default() }).await;
    let mut people = Vec::new();
    for role in Role::ALL {
        people.push((role, house.person(&[role], &["social"]).await));
    }
    let nothing = house.person(&[], &["social"]).await;
    let mut seen = Vec::new();
    for room in ROOMS.iter().flat_map(|rooms| rooms.iter()) {
        for (method, step) in [("GET", room.show), ("POST", room.act)] {
            if step.is_none() {
                continue;
            }
            let name = format!("{method} {}", room.path);
            let (_, may) =
                MAY.iter().find(|(of, _)| *of == name).unwrap_or_else(|| panic!("{name} is not in the matrix"));
            seen.push(name.clone());
            for (reference, is_own) in [(&own, true), (&other, false)] {
                let path = room.path.replace("{reference}", reference.as_str());
                let ask = async |person: &Person| match method {
                    "GET" => house.get(person, &path).await,
                    _ => house.post(person, &path, "at=1&tag=x").await,
                };
                let out = ask(&NOBODY).await;
                assert!(
                    out.status == 303 && out.location().starts_with("/sign-in"),
                    "{name} signed out: {}",
                    out.status
                );
                let refused = ask(&nothing).await;
                assert!(refused.text.contains("inte för din roll"), "{name} without a role: {}", refused.status);
                for (letter, (role, person)) in may.chars().zip(&people) {
                    let answer = ask(person).await;
                    let is_of_mail = room.path.contains("{reference}");
                    let (status, said) = match (letter, is_own || !is_of_mail, method) {
                        ('-', _, _) => (403, "inte för din roll"),
                        (_, false, _) => (404, "Sidan finns inte"),
                        // What is not possible now leads back to the mail.
                        (_, true, "GET") if answer.status == 303 => {
                            assert_eq!(answer.location(), format!("/held/{own}"), "{name} {role:?}");
                            (303, "")
                        }
                        (_, true, "GET") => (200, ""),
                        // In, and the form was none of ours.
                        (_, true, _) => (403, "för gammal"),
                    };
                    assert_eq!(answer.status, status, "{name} {role:?} own={is_own}: {}", answer.text);
                    assert!(answer.text.contains(said), "{name} {role:?} own={is_own}: {}", answer.text);
                }
            }
        }
    }
    assert_eq!(seen.len(), MAY.len(), "the matrix speaks of pages that are not there");
}
