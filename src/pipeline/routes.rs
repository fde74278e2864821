//! Where released mail goes, with the same fields on top as mail that is relayed at once: the hop of the recipient's
//! channel today, or that of a way round. What a mailbox or a way has to have is the minimum for what the mail holds,
//! and for what could not be read; it is asked again for each recipient, when the mail is handed over.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::civil::Date;
use jiff::{Timestamp, Zoned};

use super::{DEFAULT_HOP, act, judge, prefix};
use crate::channel::{Canonical, Channel, Closed, Demand, Level, Message, Registry};
use crate::message::{Envelope, Header, Keys, RawMessage, Recipient};
use crate::policy::{Disclosures, MinimumEvidence};
use crate::quarantine::{Leaving, RouteError, Routes};
use crate::relay::{ConnectionSecurity, Hop};
use crate::store::Route;

/// What the stamp of a released mail says.
const VERDICT: &str = "released";

/// Next hops, channels and minimum evidence, for releases.
pub struct ReleaseRoutes {
    destinations: ArcSwap<Destinations>,
    keys: Arc<Keys>,
}

/// Replaced as one: a channel never names a hop of another configuration.
struct Destinations {
    hops: HashMap<String, Arc<Hop>>,
    registry: Registry,
    minimum: MinimumEvidence,
    disclosures: Disclosures,
}

impl ReleaseRoutes {
    pub fn new(
        hops: HashMap<String, Arc<Hop>>,
        registry: Registry,
        minimum: MinimumEvidence,
        disclosures: Disclosures,
        keys: Arc<Keys>,
    ) -> Self {
        let destinations = ArcSwap::from_pointee(Destinations { hops, registry, minimum, disclosures });
        ReleaseRoutes { destinations, keys }
    }

    /// Puts other next hops, channels and minima in force, for every recipient that is handed over from now on.
    pub fn replace(
        &self,
        hops: HashMap<String, Arc<Hop>>,
        registry: Registry,
        minimum: MinimumEvidence,
        disclosures: Disclosures,
    ) {
        self.destinations.store(Arc::new(Destinations { hops, registry, minimum, disclosures }));
    }
}

impl Routes for ReleaseRoutes {
    fn reach(&self, leaving: &Leaving<'_>, recipients: &[&Recipient]) -> Result<Vec<bool>, RouteError> {
        let (destinations, today) = (self.destinations.load(), Zoned::now().date());
        match leaving.route {
            Route::Ordinary => Ok(vec![true; recipients.len()]),
            Route::TwoFactor => {
                let reached: Vec<bool> =
                    recipients.iter().map(|recipient| destinations.meets(leaving, recipient, today)).collect();
                if reached.contains(&true) { Ok(reached) } else { Err(RouteError::NobodyMeets) }
            }
            Route::Disclosure(id) => {
                let reached: Vec<bool> =
                    recipients.iter().map(|recipient| destinations.discloses(leaving, id, recipient, today)).collect();
                if reached.contains(&true) { Ok(reached) } else { Err(RouteError::NoDisclosure(id.clone())) }
            }
            Route::Way(id) => {
                destinations.way(leaving, id, recipients, today)?;
                Ok(vec![true; recipients.len()])
            }
        }
    }

    fn hop(&self, leaving: &Leaving<'_>, recipient: &Recipient) -> Option<Arc<Hop>> {
        let (destinations, today) = (self.destinations.load(), Zoned::now().date());
        let own = || {
            let class = destinations.registry.resolve(&judge::plain(&recipient.path.0), today);
            class.next_hop.unwrap_or_else(|| DEFAULT_HOP.to_owned())
        };
        let name = match leaving.route {
            Route::Ordinary => own(),
            Route::TwoFactor => destinations.meets(leaving, recipient, today).then(own)?,
            Route::Way(id) => destinations.way(leaving, id, &[recipient], today).ok()?.next_hop.clone()?,
            Route::Disclosure(id) => destinations.discloses(leaving, id, recipient, today).then(own)?,
        };
        destinations.hops.get(&name).cloned()
    }

    fn dress<'m>(&self, hop: &Hop, envelope: &Envelope, message: &'m RawMessage) -> (Vec<u8>, Vec<&'m [u8]>) {
        let header = Header::of(message.bytes());
        let on_top = prefix::added(Some(&self.keys), hop, &header, envelope, VERDICT, Timestamp::now());
        // A field that means something to the hop is ours alone, also where the hop is newer than the hold.
        let own = hop.added_header().map(|(name, _)| name.as_str());
        let replaced: Vec<&str> = prefix::replaced(hop).into_iter().chain(own).collect();
        (on_top.into_bytes(), header.without(&replaced))
    }

    fn admits(&self, leaving: &Leaving<'_>, recipient: &Recipient, security: ConnectionSecurity) -> bool {
        let demand = self.destinations.load().demand(leaving, recipient, Zoned::now().date());
        demand.is_none_or(|demand| act::has(security, demand))
    }
}

impl Destinations {
    /// What the mail asks of a mailbox or a way.
    fn minimum(&self, leaving: &Leaving<'_>) -> Level {
        self.minimum.of_words(leaving.categories)
    }

    /// The recipient's own mailbox has the evidence.
    fn meets(&self, leaving: &Leaving<'_>, recipient: &Recipient, today: Date) -> bool {
        self.registry.resolve(&judge::plain(&recipient.path.0), today).level >= self.minimum(leaving)
    }

    /// The recipient is one of this lawful disclosure, which is open to the mail.
    fn discloses(&self, leaving: &Leaving<'_>, id: &str, recipient: &Recipient, today: Date) -> bool {
        let mut open = self.disclosures.urgent(leaving.unit, leaving.categories);
        let address = Canonical::of(&judge::plain(&recipient.path.0));
        open.find(|urgent| urgent.route.id == *id)
            .zip(address)
            .is_some_and(|(urgent, address)| urgent.reaches(&address, self.meets(leaving, recipient, today)))
    }

    /// The way, if the mail may take it to these recipients.
    fn way(
        &self,
        leaving: &Leaving<'_>,
        id: &str,
        recipients: &[&Recipient],
        today: Date,
    ) -> Result<&Channel, RouteError> {
        let addresses: Vec<Option<Canonical>> =
            recipients.iter().map(|recipient| Canonical::of(&judge::plain(&recipient.path.0))).collect();
        let message = Message {
            unit: leaving.unit,
            recipients: &addresses,
            bytes: u64::try_from(leaving.bytes).unwrap_or(u64::MAX),
            subject: "",
            field: &|_| Vec::new(),
        };
        let open = self.registry.way(id, &message, today).map_err(|closed| {
            let id = id.to_owned();
            match closed {
                Closed::NoSuchWay => RouteError::NoSuchWay(id),
                Closed::Unit => RouteError::Unit(id),
                Closed::Recipients => RouteError::Recipients(id),
                Closed::Size => RouteError::Size(id),
            }
        })?;
        if open.channel.next_hop.is_none() {
            return Err(RouteError::NoHop(id.to_owned()));
        }
        if open.level < self.minimum(leaving) {
            return Err(RouteError::Evidence(id.to_owned()));
        }
        Ok(open.channel)
    }

    fn demand(&self, leaving: &Leaving<'_>, recipient: &Recipient, today: Date) -> Option<Demand> {
        match leaving.route {
            Route::Way(id) => self.registry.channels().iter().find(|channel| channel.id == *id)?.tls,
            Route::Ordinary | Route::TwoFactor | Route::Disclosure(_) => {
                self.registry.resolve(&judge::plain(&recipient.path.0), today).tls
            }
        }
    }
}

#[cfg(test)]
#[path = "routes_tests.rs"]
mod tests;
