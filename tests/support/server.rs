//! The HTTP server of the test kit, as the target of a simulation.

use loadspiker::prelude::*;
pub(crate) use loadspiker_testkit::HttpServer as Server;
pub(crate) use loadspiker_testkit::http::{Reply, Seen, ok, reply_with as response};

/// What simulations need of a server.
pub(crate) trait Target {
    fn protocol(&self) -> HttpProtocol;
}

impl Target for Server {
    fn protocol(&self) -> HttpProtocol {
        HttpProtocol::new(&self.url)
    }
}
