//! What a connection goes by: our name, who may relay, sizes, limits, certificates.
//!
//! One immutable value behind one pointer. A connection asks for it at each transaction, so that one that lives
//! on over a reload goes by the new rules from its next MAIL, and by the old ones to the end of this one.

use super::access::Access;
use super::tls::ServerTls;
use super::{Settings, SetupError};

/// Checked settings; the addresses to listen on are no part of them.
pub struct Rules {
    pub(super) hostname: String,
    /// Octets.
    pub(super) max_message_size: usize,
    pub(super) max_connections: usize,
    pub(super) max_connections_per_source: usize,
    pub(super) access: Access,
    pub(super) tls: Option<ServerTls>,
}

impl Rules {
    /// Reads certificates and domains; nothing comes into force.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        let mut access = settings.access.clone();
        access.certificate_required |= settings.tls.as_ref().is_some_and(|tls| tls.client_ca.is_some());
        Ok(Rules {
            hostname: settings.hostname.clone(),
            max_message_size: settings.max_message_size,
            max_connections: settings.max_connections,
            max_connections_per_source: settings.max_connections_per_source,
            access: Access::new(access)?,
            tls: settings.tls.as_ref().map(ServerTls::new).transpose()?,
        })
    }
}
