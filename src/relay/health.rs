//! A short memory of a next hop that could not be reached.
//!
//! Without it every client of a dead hop waits for its own connect timeout. With it one attempt goes
//! out every few seconds, and everybody else is told at once. The first success clears it.

use std::time::Duration;

use tokio::time::Instant;

use super::error::Cause;

#[derive(Debug, Default)]
pub(super) struct Health {
    down: Option<Down>,
}

#[derive(Debug)]
struct Down {
    cause: Cause,
    next_try: Instant,
}

impl Health {
    /// May a new connection be tried now? The one who may is the only one for `memory`.
    pub fn admit(&mut self, now: Instant, memory: Duration) -> Result<(), Cause> {
        match &mut self.down {
            Some(down) if now < down.next_try => Err(down.cause.clone()),
            Some(down) => {
                down.next_try = now + memory;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Remembers a failed attempt; true when the hop was thought well until now.
    pub fn failed(&mut self, cause: Cause, now: Instant, memory: Duration) -> bool {
        self.down.replace(Down { cause, next_try: now + memory }).is_none()
    }

    /// Forgets; true when the hop was thought down until now.
    pub fn succeeded(&mut self) -> bool {
        self.down.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::Step;

    #[test]
    fn one_attempt_per_interval_until_one_succeeds() {
        let memory = Duration::from_secs(5);
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let cause = Cause::TimedOut(Step::Connect);
        let mut health = Health::default();

        assert_eq!(health.admit(at(0), memory), Ok(()), "well: everybody may try");
        assert_eq!(health.admit(at(0), memory), Ok(()));
        assert!(health.failed(cause.clone(), at(1), memory), "news");
        assert!(!health.failed(cause.clone(), at(1), memory), "no news");
        assert_eq!(health.admit(at(5), memory), Err(cause.clone()), "down: nobody");
        assert_eq!(health.admit(at(6), memory), Ok(()), "over: one");
        assert_eq!(health.admit(at(6), memory), Err(cause.clone()), "but only one");
        assert_eq!(health.admit(at(11), memory), Ok(()), "the one may have been cancelled: another");
        assert!(health.succeeded());
        assert!(!health.succeeded());
        assert_eq!(health.admit(at(11), memory), Ok(()));
    }
}
