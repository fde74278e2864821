//! What keeps us from taking mail, by name: `listener`, `next-hop:default`, `store`, `secret`, `patterns`.
//!
//! Every room reports its own check into one shared [`Health`]; `/readyz` shows them all. We are
//! ready when every check that was ever named is well. A check that was announced with
//! [`Health::expect`] and not yet reported counts as failing, so that a half-started process is
//! never sent mail. Reasons are for the administrator and bland: printable, short, no secret, no
//! address of a person.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

/// Characters of a reason that are kept.
const MAX_REASON: usize = 200;
/// Why a check fails that was announced and not yet reported.
const STARTING: &str = "starting";

/// One named check as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// `Ok`, or why not.
    pub state: Result<(), String>,
    /// When it last changed between well and not well.
    pub since: Timestamp,
    /// What is to be known of a check that is well: something that was left out, by choice.
    pub remark: Option<String>,
}

/// The checks of one process; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Health {
    checks: Arc<Mutex<BTreeMap<String, Check>>>,
}

impl Health {
    pub fn new() -> Self {
        Health::default()
    }

    /// Announces a check that will be reported later; until then it fails as "starting".
    pub fn expect(&self, name: &str) {
        let starting = Check { state: Err(STARTING.to_owned()), since: Timestamp::now(), remark: None };
        self.lock().entry(name.to_owned()).or_insert(starting);
    }

    /// Reports a check that is well, with what is to be known of it; a new remark is logged.
    pub fn well_but(&self, name: &str, remark: Option<&str>) {
        self.set(name, Ok::<(), &str>(()));
        let remark = remark.map(bland);
        if let Some(check) = self.lock().get_mut(name)
            && check.remark != remark
        {
            if let Some(remark) = &remark {
                tracing::warn!(check = name, remark, "check is well, but");
            }
            check.remark = remark;
        }
    }

    /// Reports a check. The first report is logged, and a change between well and not well; a repeated one is not.
    pub fn set(&self, name: &str, state: Result<(), impl AsRef<str>>) {
        let state = state.map_err(|reason| bland(reason.as_ref()));
        metrics::gauge!("sluss_check", "check" => name.to_owned()).set(if state.is_ok() { 1.0 } else { 0.0 });
        let mut checks = self.lock();
        let before = checks.get(name);
        let changed = before.is_none_or(|before| is_news(&before.state, &state));
        let since = match before {
            Some(before) if !changed => before.since,
            _ => Timestamp::now(),
        };
        if changed {
            match &state {
                Ok(()) => tracing::info!(check = name, "check is well"),
                Err(reason) => tracing::warn!(check = name, reason, "check is failing"),
            }
        }
        let remark = before.filter(|_| !changed).and_then(|before| before.remark.clone());
        checks.insert(name.to_owned(), Check { state, since, remark });
    }

    /// Takes a check away: its room has been switched off. Its gauge cannot be, and says well: nothing fails.
    pub fn forget(&self, name: &str) {
        if self.lock().remove(name).is_some() {
            metrics::gauge!("sluss_check", "check" => name.to_owned()).set(1.0);
        }
    }

    /// True when there is at least one check and all are well.
    pub fn ready(&self) -> bool {
        let checks = self.lock();
        !checks.is_empty() && checks.values().all(|c| c.state.is_ok())
    }

    /// All checks by name.
    pub fn checks(&self) -> BTreeMap<String, Check> {
        self.lock().clone()
    }

    /// A panic elsewhere cannot leave the map half-changed: every write is one `insert`.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Check>> {
        self.checks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_news(before: &Result<(), String>, now: &Result<(), String>) -> bool {
    before.is_ok() != now.is_ok() || before.as_ref().is_err_and(|reason| reason == STARTING)
}

/// One line of printable text, at most [`MAX_REASON`] characters.
fn bland(reason: &str) -> String {
    reason.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_REASON).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_stays_while_the_check_is_well() {
        let health = Health::new();
        let remark = || health.checks().get("pictures").and_then(|check| check.remark.clone());
        health.well_but("pictures", Some("not read"));
        assert!(health.ready());
        health.set("pictures", Ok::<(), &str>(()));
        assert_eq!(remark().as_deref(), Some("not read"));
        health.well_but("pictures", None);
        assert_eq!(remark(), None);
        health.well_but("pictures", Some("not read"));
        health.set("pictures", Err("it fails"));
        assert_eq!(remark(), None);
    }

    #[test]
    fn ready_only_when_every_named_check_is_well() {
        let health = Health::new();
        assert!(!health.ready(), "nothing has reported yet");
        health.expect("store");
        health.set("listener", Ok::<(), &str>(()));
        assert!(!health.ready(), "the store is still starting");
        health.set("store", Ok::<(), &str>(()));
        assert!(health.ready());
        health.set("next-hop:default", Err("connection refused"));
        assert!(!health.ready());
        health.forget("next-hop:default");
        assert!(health.ready());
    }

    #[test]
    fn expecting_does_not_forget_what_was_reported() {
        let health = Health::new();
        health.set("store", Ok::<(), &str>(()));
        health.expect("store");
        assert!(health.ready());
    }

    #[test]
    fn a_check_that_fails_from_the_start_is_news_once() {
        let (starting, failing) = (Err(STARTING.to_owned()), Err("no landlock".to_owned()));
        for (before, now, news) in [
            (&starting, &failing, true),
            (&starting, &Ok(()), true),
            (&failing, &failing, false),
            (&failing, &Ok(()), true),
            (&Ok(()), &Ok(()), false),
        ] {
            assert_eq!(is_news(before, now), news, "{before:?}, then {now:?}");
        }
    }

    #[test]
    fn since_moves_only_with_the_state() {
        let health = Health::new();
        health.set("store", Err("locked"));
        let first = health.checks()["store"].since;
        health.set("store", Err("disk full"));
        let second = health.checks()["store"].clone();
        assert_eq!((second.since, second.state), (first, Err("disk full".to_owned())));
    }

    #[test]
    fn reasons_are_one_short_printable_line() {
        let health = Health::new();
        health.set("store", Err(format!("a\r\nb\x1b[2J{}", "x".repeat(1000))));
        let reason = health.checks()["store"].state.clone().unwrap_err();
        assert!(reason.starts_with("a  b [2Jx") && reason.chars().count() == MAX_REASON, "{reason}");
    }
}
