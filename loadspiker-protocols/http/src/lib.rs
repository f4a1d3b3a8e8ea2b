//! HTTP.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod action;
mod body;
mod check;
mod clock;
mod connection;
mod cookie;
mod debug;
mod decode;
mod dns;
mod error;
mod origin;
mod perform;
mod pool;
mod protocol;
mod redirect;
mod request;
mod shard;
mod tls;

pub use check::HttpResponse;
pub use error::HttpError;
pub use protocol::HttpProtocol;
pub use request::body::{BodySpec, IntoBody};
pub use request::json::{IntoJson, JsonSpec};
pub use request::{HttpRequest, HttpRequestName, http};
