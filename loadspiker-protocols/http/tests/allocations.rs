//! A request that is the same for all, whose response nobody looks into, takes one allocation: that of its future.
//!
//! A test program of its own, with one test in it: allocations are counted for the whole process.

#![allow(clippy::unwrap_used, missing_docs)]

use std::alloc::System;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use loadspiker_core::dsl::*;
use loadspiker_core::inject::at_once_users;
use loadspiker_http::{HttpProtocol, http};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How many requests are made between two looks at the allocator, and how many looks there are.
const REQUESTS: usize = 200;
const LOOKS: usize = 10;

/// A server that allocates nothing once it has a connection.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        while let Ok(1..) = socket.read(&mut [0; 1024]) {
            let answer =
                b"HTTP/1.1 200 OK\r\nserver: test\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello";
            socket.write_all(answer).unwrap();
        }
    });
    url
}

#[test]
fn a_plain_request_takes_one_allocation() {
    let counts = Arc::new(Mutex::new(Vec::with_capacity(100)));
    let look = {
        let counts = counts.clone();
        exec_fn(move |_| {
            let stats = ALLOCATOR.stats();
            counts.lock().unwrap().push(stats.allocations + stats.reallocations);
            Ok(())
        })
    };
    let chain = repeat(LOOKS, look.exec(repeat(REQUESTS, http("n").get("/"))));
    let users = scenario("S").exec(chain).inject([at_once_users(1)]);
    let simulation = Simulation::new("counted").protocol(HttpProtocol::new(server())).with(users).shards(1);
    let report = simulation.run().unwrap();
    assert_eq!(report.request("n").unwrap().ok_count(), (REQUESTS * LOOKS) as u64);
    let counts = counts.lock().unwrap();
    // What others do meanwhile (statistics are handed over once a second) is not in all parts of the run.
    let least = counts.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap();
    assert_eq!(least, REQUESTS);
}
