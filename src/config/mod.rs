//! Configuration as written and as meant. Every fault names file, line, key, what was found and what
//! is allowed.
