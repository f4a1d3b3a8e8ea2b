//! HTTP for LoadSpiker: HTTP/1.1 in cleartext and over TLS.
//!
//! [`HttpProtocol`] holds the settings, [`http()`] begins a request:
//!
//! ```
//! use loadspiker_core::check::{json_path, status};
//! use loadspiker_core::dsl::{Simulation, Steps, exec, scenario};
//! use loadspiker_core::inject::at_once_users;
//! use loadspiker_http::{HttpProtocol, http};
//! # use std::io::{Read, Write};
//! # let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
//! # let url = format!("http://{}", server.local_addr().unwrap());
//! # std::thread::spawn(move || {
//! #     let (mut socket, _) = server.accept().unwrap();
//! #     while let Ok(1..) = socket.read(&mut [0; 1024]) {
//! #         socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"id\": 7}").unwrap();
//! #     }
//! # });
//!
//! let order = exec(http("list").get("/products").check(json_path("$.id").save_as("id")))
//!     .exec(http("detail").get("/products/#{id}").check(status().is(200)));
//!
//! let report = Simulation::new("shop")
//!     .protocol(HttpProtocol::new(url))
//!     .with(scenario("Order").exec(order).inject([at_once_users(1)]))
//!     .run()?;
//! assert_eq!(report.request("detail").unwrap().ok_count(), 1);
//! # Ok::<(), loadspiker_core::Error>(())
//! ```
//!
//! # What a user has, and what users share
//!
//! By default every user is a browser: it has its own connections, its own cookies, and negotiates TLS anew. With
//! [`share_connections`](HttpProtocol::share_connections) the users of a shard take connections from one bounded pool,
//! like a service that calls another; cookies stay each user's own. Host names are looked up once per shard and looked
//! up again every 30 s. Shards share nothing but tokens that are said to be [shared](auth::OAuth2::shared).
//!
//! # What it costs
//!
//! A request is compiled before the run; where nothing in it differs from user to user, its head is written down once for
//! each shard. Sending and receiving happen in the user's own task, over a codec of this crate's own: one system call to
//! send a request, one to receive a response that comes in one piece. The header fields of a response are read when a
//! check, a cookie or a redirect asks for them; its body is counted and dropped unless a check looks at it. What is read
//! goes through memory of the shard's: a connection, idle or waiting for its response, is a socket and nothing else.
//!
//! # Who the user is
//!
//! Requests are authenticated with [`auth`](HttpRequest::auth), for one of them or for all; the module [`auth`](mod@auth)
//! has the ways there are, and shows how to write another. A request that is not authenticated pays nothing for it.
//!
//! # What is measured
//!
//! A sample's bytes are those on the wire, headers and TLS included; what a TLS handshake takes is counted to the
//! request that needed it. Its phases are the lookup, connecting, the TLS handshake, the wait for a connection of a
//! shared pool, the time to the first byte and that from the first byte to the last. A request is sent
//! again in one case only: the server had closed the kept connection before anything of the request was written. Every hop
//! of a redirect is a sample: `name`, `name Redirect 1`, `name Redirect 2`.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod action;
mod alias;
pub mod auth;
mod body;
mod body_memory;
mod carry;
mod check;
mod connection;
mod cookie;
mod debug;
mod decode;
mod error;
mod feeder;
mod imperative;
mod origin;
mod part;
mod perform;
mod protocol;
mod redirect;
mod request;
mod shard;
mod step;
mod text;

pub use check::HttpResponse;
pub use cookie::{
    AddCookie, FlushCookies, GetCookie, add_cookie, cookie, flush_cookies, flush_session_cookies, get_cookie,
};
pub use error::HttpError;
pub use feeder::{HttpFeeder, http_feeder};
pub use imperative::{HttpReply, UserHttp};
pub use protocol::HttpProtocol;
pub use request::body::{BodySpec, IntoBody};
pub use request::json::{Computed, IntoJson, JsonSpec, OfSession, Serialized};
pub use request::{HttpRequest, HttpRequestName, http};
