//! HTTP for LoadSpiker: HTTP/1.1 in cleartext and over TLS.
//!
//! [`HttpProtocol`] contains the settings, and [`http()`] begins a request:
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
//! By default, every user is like a browser: it has its own connections and cookies, and negotiates TLS anew. With
//! [`share_connections`](HttpProtocol::share_connections), the users of a shard take connections from one bounded pool, like
//! a service that calls another one; each user keeps its own cookies. Host names are looked up once per shard, and again
//! every 30 s. Shards share nothing except tokens that are marked as [shared](auth::OAuth2::shared).
//!
//! # What it costs
//!
//! Requests are compiled before the run. If nothing in the head of a request differs between users, it is serialized once per
//! shard. Sending and receiving happen in the user's own task, with our own codec: one system call to send a request, and one
//! to receive a response that arrives in one piece. The header fields of a response are parsed when a check, a cookie or a
//! redirect needs them; the body is counted and discarded unless a check needs it. Buffers belong to the shard: a connection,
//! idle or waiting for its response, is only a socket.
//!
//! # Who the user is
//!
//! Use [`auth`](HttpRequest::auth) to authenticate one request, or all of them. The module [`auth`](mod@auth) lists the
//! methods, and shows how to write another one. Requests without authentication have no extra cost.
//!
//! # What is measured
//!
//! The bytes of a sample are those on the wire, including headers and TLS. The bytes of a TLS handshake are added to the
//! request that needed it. The phases are the lookup, connecting, the TLS handshake, the wait for a connection of a shared
//! pool, the time to the first byte, and the time from the first to the last byte. A request is retried in one case only: the
//! server had closed the idle connection before anything of the request was written. Every hop of a redirect is a sample:
//! `name`, `name Redirect 1`, `name Redirect 2`.

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
