//! Sending held mail at its sender's wish, by the channels of the configuration that ask the recipient to log in.

use std::cmp::Reverse;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use jiff::Zoned;

use crate::audit::Actor;
use crate::channel::Registry;
use crate::console::{Secure, Sent};
use crate::message::MessageId;
use crate::quarantine::{Progress, Quarantine, QuarantineError};
use crate::store::Route;

/// The ways with a next hop of their own. Only where mail can be opened: a release needs the identity.
pub struct Ways {
    quarantine: Arc<Quarantine>,
    registry: Registry,
}

impl Ways {
    pub fn new(quarantine: Arc<Quarantine>, registry: Registry) -> Self {
        Ways { quarantine, registry }
    }

    /// Their ids, the strongest first.
    fn of(&self, unit: &str) -> Vec<String> {
        let today = Zoned::now().date();
        let mut ways: Vec<_> = self.registry.ways_later(unit, today).collect();
        ways.sort_by_key(|channel| Reverse(channel.today(today).0));
        ways.into_iter().map(|channel| channel.id.clone()).collect()
    }

    /// By the first that is open to the mail. Whether one is, the release itself asks before it changes anything.
    async fn try_all(&self, id: MessageId) -> Result<Sent, QuarantineError> {
        let unit = self.quarantine.message(id).await?.record.unit;
        for way in self.of(&unit) {
            match self.quarantine.release(id, &Actor::Link, Route::Way(way), None).await {
                Ok(Progress::Released(_)) => return Ok(Sent::Whole),
                Ok(Progress::Pending { .. }) => return Ok(Sent::Going),
                Ok(Progress::Requested) => return Ok(Sent::Requested),
                Ok(Progress::InPart(_) | Progress::Failed(_)) => return Ok(Sent::Refused),
                Err(QuarantineError::Route(closed)) => tracing::info!(%id, %closed, "the next way is tried"),
                Err(error) => return Err(error),
            }
        }
        Ok(Sent::Closed)
    }
}

impl Secure for Ways {
    fn offers(&self, unit: &str) -> bool {
        self.registry.ways_later(unit, Zoned::now().date()).next().is_some()
    }

    fn send(&self, id: MessageId) -> Pin<Box<dyn Future<Output = Result<Sent, QuarantineError>> + Send + '_>> {
        Box::pin(self.try_all(id))
    }
}
