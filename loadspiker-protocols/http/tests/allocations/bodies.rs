//! Of a body that nobody looks into nothing is kept, and nothing is parsed, however long it is: neither where checks are
//! fed with it as it comes in, nor where checks ask for other things.

use std::io::{Read, Write};
use std::net::TcpStream;

use loadspiker_core::check::{Check, body_length, header, json_path, md5, response_time, sha1, sha256, status};
use loadspiker_core::dsl::*;
use loadspiker_core::inject::at_once_users;
use loadspiker_http::{HttpProtocol, http};
use loadspiker_testkit::allocations::alone;
use loadspiker_testkit::{Allocations, serve};

/// A piece of JSON that may follow itself in an array.
const PIECE: &[u8; 16] = b"{\"id\":12345678},";
const PIECES: usize = 256;
const BLOCK: usize = PIECE.len() * PIECES;
/// How many blocks there are in a body.
const BLOCKS: usize = 1000;
/// The length of a body: an array of JSON.
const LENGTH: usize = 1 + BLOCK * BLOCKS + 5;
/// What a request may take beside its body, in bytes.
const SMALL: usize = 64 << 10;
/// How often each request is made.
const ROUNDS: usize = 3;

/// A server that allocates nothing once it has a connection.
fn server() -> String {
    let address = serve(|mut socket| {
        let mut request = [0; 1024];
        while let Ok(read @ 1..) = socket.read(&mut request) {
            answer(&mut socket, request[..read].starts_with(b"GET /chunked"));
        }
    });
    format!("http://{address}")
}

fn answer(socket: &mut TcpStream, chunked: bool) {
    let mut block = [0; BLOCK];
    block.chunks_exact_mut(PIECE.len()).for_each(|place| place.copy_from_slice(PIECE));
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    if chunked {
        write!(socket, "{head}transfer-encoding: chunked\r\n\r\n1\r\n[\r\n").unwrap();
    } else {
        write!(socket, "{head}content-length: {LENGTH}\r\n\r\n[").unwrap();
    }
    for _ in 0..BLOCKS {
        if chunked {
            write!(socket, "{BLOCK:x}\r\n").unwrap();
        }
        socket.write_all(&block).unwrap();
        if chunked {
            socket.write_all(b"\r\n").unwrap();
        }
    }
    socket.write_all(if chunked { b"5\r\nnull]\r\n0\r\n\r\n" } else { b"null]" }).unwrap();
}

/// How many bytes are allocated, in the best of some rounds, for a request with these checks.
fn allocated(base: &str, path: &str, checks: &[Check]) -> usize {
    let allocations = Allocations::bytes();
    let request = checks.iter().fold(http("n").get(path), |request, check| request.check(check.clone()));
    // What others do meanwhile is not in all rounds; nor is the connection.
    let chain = repeat(ROUNDS, allocations.look().exec(request)).exec(allocations.look());
    let users = scenario("S").exec(chain).inject([at_once_users(1)]);
    let simulation = Simulation::new("streamed").protocol(HttpProtocol::new(base)).with(users).shards(1);
    let report = simulation.run().unwrap();
    assert_eq!(report.request("n").unwrap().ok_count(), ROUNDS as u64, "{:?}", report.global().errors());
    allocations.least()
}

#[test]
fn a_long_body_is_neither_kept_nor_parsed_unless_a_check_looks_into_it() {
    let _alone = alone();
    for path in ["/whole", "/chunked"] {
        for checks in [
            vec![],
            vec![status().is(200), header("content-type").is("application/json"), response_time().gt(0)],
            vec![sha256().exists(), md5().exists(), sha1().exists(), body_length().is(LENGTH)],
        ] {
            let bytes = allocated(&server(), path, &checks);
            assert!(bytes < SMALL, "{path}: {bytes} bytes for {checks:?}");
        }
    }
    // What is kept is seen here, and so is what is parsed: no more than is looked at.
    let json = |path| allocated(&server(), "/whole", &[body_length().is(LENGTH), json_path(path).is(12_345_678)]);
    let (one, all) = (json("$[0].id"), json("$[*].id"));
    assert!(one > LENGTH && one < LENGTH * 3 / 2, "{one} bytes");
    assert!(all > 2 * LENGTH, "{all} bytes");
}
