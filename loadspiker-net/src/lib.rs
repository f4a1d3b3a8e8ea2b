//! The network layer of LoadSpiker's protocols.
//!
//! This crate contains what every protocol needs to talk over a network, so that it is written, configured and worded once:
//!
//! * [`Target`] is a parsed URL, and [`Endpoint`] the address of a connection;
//! * [`NetSettings`] are the settings that all protocols share; [`net_settings!`] adds their methods to a configuration;
//! * [`Dialer`] opens connections: lookup ([`Resolver`]), happy eyeballs, socket, TLS ([`Tls`]);
//! * [`Attempt`] is passed through all of that: the clock, the time limit ([`Limit`]), and the phases of the sample;
//! * [`NetStream`] is the byte stream of a connection; it counts bytes, and TLS can start on it at any time;
//! * [`Pool`] and [`OwnPool`] keep idle connections, of all users of a shard or of one user;
//! * [`Failure`] says why something failed, with a [`FailureKind`] for code and the same wording for all protocols;
//! * `http1` (feature `http1`) is an HTTP/1.1 connection without scenarios.
//!
//! What happens to connections is told through `tracing`, at the level `debug`, under the targets `loadspiker_net::…`.
//!
//! Everything belongs to one shard. Nothing on the way of a request is shared with another core or takes a lock.
//! All values belong to one shard. On the request path, nothing is shared with another core or takes a lock.
//!
//! ```
//! use loadspiker_core::metrics::Phases;
//! use loadspiker_net::{Attempt, Clock, Failure, Limit, NetSettings, Phase, Target, WallClock};
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! # use std::io::{Read, Write};
//! # let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
//! # let url = format!("redis://{}", server.local_addr().unwrap());
//! # std::thread::spawn(move || {
//! #     let (mut socket, _) = server.accept().unwrap();
//! #     let _ = socket.read(&mut [0; 64]);
//! #     let _ = socket.write_all(b"+PONG\r\n");
//! # });
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
//!
//! let settings = NetSettings::default();
//! let target = Target::parse(&url, &["redis"])?;
//! let dialer = settings.dialer(&[], &[])?;
//! // In an action the clock is the `ActionContext`, and the phases go into its sample.
//! let (clock, mut phases) = (WallClock::start(), Phases::default());
//! let exchange = async {
//!     let limit = Limit::connect(clock.now(), settings.connect_timeout);
//!     let mut attempt = Attempt::new(&clock, clock.now(), limit, &mut phases);
//!     let mut stream = dialer.dial(&target.endpoint, &mut attempt).await?;
//!     stream.write_all(b"PING\r\n").await.map_err(|error| Failure::from_io(&error))?;
//!     let mut answer = [0; 7];
//!     stream.read_exact(&mut answer).await.map_err(|error| Failure::from_io(&error))?;
//!     assert_eq!((&answer, stream.take_traffic()), (b"+PONG\r\n", (6, 7)));
//!     Ok::<(), Failure>(())
//! };
//! runtime.block_on(exchange).map_err(|failure| failure.to_string())?;
//! assert!(phases.get(Phase::CONNECT).is_some() && phases.get(Phase::DNS).is_none());
//! # Ok::<(), String>(())
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod arrival;
mod attempt;
mod clock;
mod dial;
mod dns;
mod endpoint;
mod events;
mod failure;
#[cfg(feature = "http1")]
#[cfg_attr(docsrs, doc(cfg(feature = "http1")))]
pub mod http1;
mod limit;
pub mod pool;
mod settings;
mod stream;
#[cfg(test)]
mod testing;
mod tls;

pub use attempt::Attempt;
pub use clock::{Clock, WallClock};
pub use dial::{Dialer, SocketOptions};
pub use dns::Resolver;
pub use endpoint::{Endpoint, SCHEMES, Scheme, Target};
pub use failure::{Failure, FailureKind, Phase, TlsFault};
pub use limit::Limit;
#[doc(no_inline)]
pub use pool::{Lease, OwnPool, Pool, Pooled, Pools};
pub use settings::NetSettings;
pub use stream::NetStream;
pub use tls::{CertificateFiles, Tls, TlsSettings, TlsVersion, UserCertificate};

/// What [`net_settings!`] expands to.
#[doc(hidden)]
pub mod __private {
    pub use loadspiker_core::FixedDuration;
    pub use loadspiker_core::expression::IntoText;
}
