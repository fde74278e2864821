//! Where released mail goes: the hop of the recipient's channel today, with the same fields on top as
//! mail that is relayed at once.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::{Timestamp, Zoned};

use super::{DEFAULT_HOP, act, judge, prefix};
use crate::channel::Registry;
use crate::message::{Envelope, Header, Keys, RawMessage, Recipient};
use crate::quarantine::Routes;
use crate::relay::{ConnectionSecurity, Hop};

/// What the stamp of a released mail says.
const VERDICT: &str = "released";

/// Next hops and channels, for releases.
pub struct ReleaseRoutes {
    destinations: ArcSwap<Destinations>,
    keys: Arc<Keys>,
}

/// Replaced as one: a channel never names a hop of another configuration.
struct Destinations {
    hops: HashMap<String, Arc<Hop>>,
    registry: Registry,
}

impl ReleaseRoutes {
    pub fn new(hops: HashMap<String, Arc<Hop>>, registry: Registry, keys: Arc<Keys>) -> Self {
        ReleaseRoutes { destinations: ArcSwap::from_pointee(Destinations { hops, registry }), keys }
    }

    /// Puts other next hops and channels in force, for every recipient that is handed over from now on.
    pub fn replace(&self, hops: HashMap<String, Arc<Hop>>, registry: Registry) {
        self.destinations.store(Arc::new(Destinations { hops, registry }));
    }
}

impl Routes for ReleaseRoutes {
    fn hop(&self, recipient: &Recipient) -> Option<Arc<Hop>> {
        let destinations = self.destinations.load();
        let class = destinations.registry.resolve(&judge::plain(&recipient.path.0), Zoned::now().date());
        let name = class.next_hop.as_deref().unwrap_or(DEFAULT_HOP);
        destinations.hops.get(name).cloned()
    }

    fn dress<'m>(&self, hop: &Hop, envelope: &Envelope, message: &'m RawMessage) -> (Vec<u8>, Vec<&'m [u8]>) {
        let header = Header::of(message.bytes());
        let on_top = prefix::added(Some(&self.keys), hop, &header, envelope, VERDICT, Timestamp::now());
        let replaced: Vec<&str> = prefix::replaced(hop).into_iter().collect();
        (on_top.into_bytes(), header.without(&replaced))
    }

    fn admits(&self, recipient: &Recipient, security: ConnectionSecurity) -> bool {
        let class = self.destinations.load().registry.resolve(&judge::plain(&recipient.path.0), Zoned::now().date());
        class.tls.is_none_or(|demand| act::has(security, demand))
    }
}
