//! HTTP.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod body;
mod clock;
mod connection;
mod decode;
mod dns;
mod error;
mod origin;
mod pool;
mod tls;

pub use error::HttpError;
