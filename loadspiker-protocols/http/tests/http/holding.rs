//! Peers that do not stop sending, and neighbours that hold up the shard: neither is charged to others.

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use loadspiker_core::DurationExt;
use loadspiker_core::check::{body_length, md5};
use loadspiker_core::dsl::*;
use loadspiker_core::inject::{at_once_users, constant_concurrent_users, constant_users_per_sec};
use loadspiker_http::{HttpProtocol, http};
use loadspiker_testkit::{Script, TcpServer};

use crate::support::{Reply, Server, Target, reply};

/// Sends `head` and then `more` for as long as somebody takes it.
fn endless(head: &str, more: Vec<u8>) -> TcpServer {
    TcpServer::scripted(Script::new().send(head).endless(more))
}

#[test]
fn a_request_times_out_while_its_body_keeps_coming() {
    let server = endless("HTTP/1.1 200 OK\r\n\r\n", vec![b'x'; 1 << 20]);
    let begin = Instant::now();
    let visit = scenario("Visit").exec(http("endless").get("/").timeout(300.millis()).check(md5()));
    let simulation = Simulation::new("endless").shards(1).protocol(HttpProtocol::new(format!("http://{server}")));
    let report = simulation.with(visit.inject([at_once_users(2)])).run().unwrap();
    let text = format!("response from {server} timed out (request timeout 300 ms)");
    assert_eq!(report.global().errors(), [(&*text, 2)]);
    assert!(report.global().response_time().max() < 3.secs(), "{:?}", report.global().response_time().max());
    assert!(begin.elapsed() < 10.secs(), "{:?}", begin.elapsed());
}

#[test]
fn interim_responses_without_end_are_no_response() {
    let server = endless("", b"HTTP/1.1 102 Processing\r\n\r\n".to_vec());
    let visit = scenario("Visit").exec(http("endless").get("/"));
    let simulation = Simulation::new("endless").shards(1).protocol(HttpProtocol::new(format!("http://{server}")));
    let report = simulation.with(visit.inject([at_once_users(1)])).run().unwrap();
    let error = "invalid HTTP response: more than 100 interim responses (1xx) before the response";
    assert_eq!(report.global().errors(), [(error, 1)]);
}

#[test]
fn a_neighbour_that_holds_up_the_shard_is_not_charged_to_the_target() {
    let server = Server::start(|_| {
        thread::sleep(20.millis());
        reply(200, "ok")
    });
    let slow = scenario("Slow").forever(
        exec_fn(|_| {
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_millis(500) {
                std::hint::spin_loop();
            }
            Ok(())
        })
        .pause(5.millis()),
    );
    let visit = scenario("Visit").exec(http("page").get("/")).exec(http("again").get("/"));
    let report = Simulation::new("held")
        .shards(1)
        .protocol(server.protocol())
        .with(slow.inject([constant_concurrent_users(1).during(3.secs())]))
        .with(visit.inject([constant_users_per_sec(10).during(3.secs())]))
        .run()
        .unwrap();
    // The target takes 20 ms. Its answers come in while the shard is held up for half a second.
    let service = report.request("page").unwrap().service_time();
    assert!(service.min() >= 20.millis(), "{:?}", service.min());
    assert!(service.percentile(80.0) < 150.millis(), "{:?}", service.percentile(80.0));
    // The delay is the load generator's: what follows starts late.
    let lag = report.request("again").unwrap().start_lag();
    assert!(lag.percentile(90.0) > 100.millis(), "{:?}", lag.percentile(90.0));
    let warnings = report.warnings().join("\n");
    assert!(warnings.contains("A step held up the load generator: exec_fn at"), "{warnings}");
}

#[test]
fn a_large_encoded_body_is_decoded_aside_and_checked_as_any() {
    // Does not shrink to less than what is decoded in place.
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    let body: Vec<u8> = (0..400_000).map(|_| random()).collect();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&body).unwrap();
    let encoded = encoder.finish().unwrap();
    assert!(encoded.len() > 100_000);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", encoded.len());
    let (whole, cut) = ([head.as_bytes(), &encoded].concat(), {
        let mut cut = encoded.clone();
        cut[50_000..50_200].fill(0xff);
        [head.as_bytes(), &cut].concat()
    });
    let server =
        Server::start(move |seen| Reply::Answer(if seen.path() == "/cut" { cut.clone() } else { whole.clone() }));
    let visit = scenario("Visit")
        .exec(http("fed").get("/").check(body_length().is(400_000)))
        .exec(
            http("kept")
                .get("/")
                .check(loadspiker_core::check::body_bytes().transform(|bytes| format!("{bytes}").len()).gt(1)),
        )
        .exec(http("cut").get("/cut").check(body_length().is(400_000)));
    let simulation = Simulation::new("aside").shards(1).protocol(server.protocol());
    let report = simulation.with(visit.inject([at_once_users(1)])).run().unwrap();
    assert_eq!((report.request("fed").unwrap().ok_count(), report.request("kept").unwrap().ok_count()), (1, 1));
    assert_eq!(report.global().errors(), [("corrupt gzip body", 1)]);
}
