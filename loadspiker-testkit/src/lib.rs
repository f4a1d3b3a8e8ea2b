//! What the tests and benches of LoadSpiker's crates share. Not published.
//!
//! - **Peers that do as they are told.** [`TcpServer`] gives each connection to a [`Script`], or to a closure that gets a
//!   [`Peer`]: read, answer, stall, trickle, reset, close, start TLS. It records what each connection received.
//!   [`HttpServer`] does the same for requests and replies. [`tls`] makes certificates and server configurations.
//! - **Real servers.** [`servers`] starts nginx, Apache, PostgreSQL and others, each in a folder of its own on a free port,
//!   waits until it is ready, stops and restarts it. A new server is a [`Recipe`](servers::Recipe) of a few lines.
//! - **The engine without a network.** A [`Trace`] makes probes, the actions of a tiny protocol: a probe takes no time and
//!   notes which user came by and when it was meant to. [`run`] uses the simulated clock and a fixed seed, [`for_seeds`]
//!   repeats a test with many seeds and names the one that fails.
//! - **Allocations.** [`count_allocations!`] and [`Allocations`] count them between points of a scenario.
//! - **Small things.** [`Folder`] is a temporary folder, [`Gate`] holds threads until a test lets them go, [`machine`]
//!   finds programs, unused ports and addresses that do not answer.
//!
//! Everything here panics when something is wrong, since it serves tests.
//!
//! # Example
//!
//! A server that expects a greeting, answers in pieces, and then resets the connection:
//!
//! ```
//! use std::io::{Read, Write};
//! use std::net::TcpStream;
//! use std::time::Duration;
//!
//! use loadspiker_testkit::{Script, TcpServer};
//!
//! let script = Script::new().expect("PING\r\n").trickle("PONG\r\n", Duration::from_millis(1)).read_until("\r\n").reset();
//! let server = TcpServer::scripted(script);
//!
//! let mut client = TcpStream::connect(server.address())?;
//! client.write_all(b"PING\r\n")?;
//! let mut answer = [0; 6];
//! client.read_exact(&mut answer)?;
//! assert_eq!(&answer, b"PONG\r\n");
//! client.write_all(b"QUIT\r\n")?;
//! assert!(client.read(&mut answer).is_err(), "the server has reset the connection");
//! assert_eq!(server.received(0), b"PING\r\nQUIT\r\n");
//! # Ok::<(), std::io::Error>(())
//! ```

#![allow(clippy::unwrap_used, reason = "it serves tests, which fail by a panic")]

pub mod allocations;
mod folder;
mod gate;
pub mod http;
pub mod machine;
mod peer;
mod probe;
mod script;
pub mod servers;
mod simulated;
mod tcp;
pub mod tls;

pub use allocations::Allocations;
pub use folder::Folder;
pub use gate::Gate;
pub use http::HttpServer;
pub use peer::Peer;
pub use probe::{Passage, Trace};
pub use script::Script;
pub use simulated::{for_seeds, mistakes, run};
pub use tcp::{TcpServer, echo, serve, serve_at};

#[doc(hidden)]
pub mod __private {
    //! What [`count_allocations!`](crate::count_allocations) expands to.

    pub use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
}
