//! HTTP: health, readiness, metrics; later the reviewer's and the sender's pages.

pub mod health;
