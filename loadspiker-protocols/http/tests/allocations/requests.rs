//! A request that is the same for all, whose response nobody looks into, takes one allocation: that of its future.

use std::io::{Read, Write};

use loadspiker_core::dsl::*;
use loadspiker_core::inject::at_once_users;
use loadspiker_http::{HttpProtocol, http};
use loadspiker_testkit::allocations::alone;
use loadspiker_testkit::{Allocations, serve};

/// How many requests are made between two looks at the allocator, and how many looks there are.
const REQUESTS: usize = 200;
const LOOKS: usize = 10;

/// A server that allocates nothing once it has a connection.
fn server() -> String {
    let address = serve(|mut socket| {
        while let Ok(1..) = socket.read(&mut [0; 1024]) {
            let answer =
                b"HTTP/1.1 200 OK\r\nserver: test\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello";
            socket.write_all(answer).unwrap();
        }
    });
    format!("http://{address}")
}

#[test]
fn a_plain_request_takes_one_allocation() {
    let _alone = alone();
    let allocations = Allocations::calls();
    let chain = repeat(LOOKS, allocations.look().exec(repeat(REQUESTS, http("n").get("/"))));
    let users = scenario("S").exec(chain).inject([at_once_users(1)]);
    let simulation = Simulation::new("counted").protocol(HttpProtocol::new(server())).with(users).shards(1);
    let report = simulation.run().unwrap();
    assert_eq!(report.request("n").unwrap().ok_count(), (REQUESTS * LOOKS) as u64);
    assert_eq!(allocations.least(), REQUESTS);
}
