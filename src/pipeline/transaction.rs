//! One transaction between a client and the rooms behind the gateway.

use std::net::IpAddr;
use std::sync::Arc;

use super::{Accepted, Refusal};
use crate::message::{MemoryCap, RawMessage, Recipient};
use crate::smtp::{Extensions, Parameter, Reply, ReversePath};

pub struct TlsFacts {
    pub version: String,
    pub cipher: String,
    pub client_name: Option<String>,
}

pub struct ClientFacts {
    pub address: IpAddr,
    pub helo: String,
    pub esmtp: bool,
    pub tls: Option<TlsFacts>,
}

pub struct Pipeline {
    memory: MemoryCap,
}

impl Pipeline {
    pub fn extensions(&self) -> Extensions {
        Extensions::default()
    }

    pub fn memory(&self) -> &MemoryCap {
        &self.memory
    }

    pub fn begin(self: &Arc<Self>, _: ClientFacts, _: ReversePath, _: Vec<Parameter>) -> Transaction {
        Transaction
    }
}

pub struct Transaction;

impl Transaction {
    pub async fn recipient(&mut self, _: Recipient) -> Result<Reply, Refusal> {
        Err(Refusal::NextHopUnavailable)
    }

    pub fn accepted(&self) -> usize {
        0
    }

    pub async fn keep_alive(&mut self) {}

    pub async fn finish(self, _: RawMessage) -> Result<Accepted, Refusal> {
        Err(Refusal::NextHopUnavailable)
    }

    pub async fn abandon(self) {}
}
