//! Who did what to a held message: a closed set of events in one hash chain per writer, each event
//! written in the transaction of what it records. A decision without a record did not happen.
