//! The envelope, with ESMTP parameters kept verbatim for the next hop.

use crate::smtp::{ForwardPath, Parameter, ReversePath};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    pub path: ForwardPath,
    pub parameters: Vec<Parameter>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    pub reverse_path: ReversePath,
    pub parameters: Vec<Parameter>,
    pub recipients: Vec<Recipient>,
}
