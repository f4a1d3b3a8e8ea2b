//! The HTTP server over plain sockets.

use std::io::{Read, Write};
use std::net::TcpStream;

use loadspiker_testkit::HttpServer;
use loadspiker_testkit::http::{Reply, reply_with};

#[test]
fn requests_are_recorded_with_their_connection_and_answered_as_the_handler_says() {
    let server = HttpServer::start(|seen| match seen.path() {
        "/last" => Reply::Last(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()),
        _ => reply_with(200, &[("x-turn", &seen.turn.to_string())], seen.text()),
    });
    let mut client = TcpStream::connect(server.address()).unwrap();
    client
        .write_all(b"POST /echo HTTP/1.1\r\ncontent-length: 4\r\n\r\nbodyGET /last HTTP/1.1\r\nx-a: b\r\n\r\n")
        .unwrap();
    let mut answers = String::new();
    client.read_to_string(&mut answers).unwrap();
    let expected = "HTTP/1.1 200 Status\r\ncontent-length: 4\r\nx-turn: 0\r\n\r\nbodyHTTP/1.1 204 No Content\r\n\r\n";
    assert_eq!(answers, expected);
    assert_eq!(server.lines(), ["POST /echo", "GET /last"]);
    let seen = server.seen();
    assert_eq!((seen[1].header("x-a"), seen[1].header("X-A"), seen[1].bytes()), (Some("b"), None, 30));
    assert_eq!((seen[1].connection, seen[1].turn, seen[1].number, server.connections()), (0, 1, 1, 1));
}
