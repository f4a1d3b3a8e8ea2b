//! feeder.
