//! Inbound SMTP: listener, TLS, access, the dialog of one connection.
//!
//! The gateway owns the client's socket and nothing else: it reads commands and data, asks
//! [`crate::pipeline`] what they mean, and writes replies. It never inspects and never decides.
