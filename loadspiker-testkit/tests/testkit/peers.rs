//! Scripts over plain sockets.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use loadspiker_testkit::{Gate, Script, TcpServer, tls};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

fn connect(server: &TcpServer) -> TcpStream {
    TcpStream::connect(server.address()).unwrap()
}

fn read(client: &mut impl Read, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    client.read_exact(&mut bytes).unwrap();
    bytes
}

/// Whether the server has closed the connection in good order.
fn is_closed(client: &mut impl Read) -> bool {
    matches!(client.read(&mut [0]), Ok(0))
}

#[test]
fn steps_are_done_in_order_and_what_came_is_recorded() {
    let script =
        Script::new().expect("a\n").send("1").read(3).send("2").read_until("\r\n").trickle("345", Duration::ZERO);
    let server = TcpServer::scripted(script);
    let mut client = connect(&server);
    client.write_all(b"a\n").unwrap();
    assert_eq!(read(&mut client, 1), b"1");
    client.write_all(b"bcdrest\r\n").unwrap();
    assert_eq!(read(&mut client, 4), b"2345");
    assert!(is_closed(&mut client));
    assert_eq!((server.received(0), server.connections()), (b"a\nbcdrest\r\n".to_vec(), 1));
}

#[test]
fn each_connection_has_its_script_and_the_last_script_is_for_all_that_follow() {
    let server = TcpServer::scripts([Script::new().send("first"), Script::new().send("other")]);
    for said in ["first", "other", "other"] {
        assert_eq!(read(&mut connect(&server), 5), said.as_bytes());
    }
}

#[test]
fn a_reset_is_none_of_a_close() {
    let server = TcpServer::scripts([Script::new().read(1).reset(), Script::new().read(1).close()]);
    let mut client = connect(&server);
    client.write_all(b"x").unwrap();
    assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    let mut client = connect(&server);
    client.write_all(b"x").unwrap();
    assert!(is_closed(&mut client));
}

#[test]
fn steps_are_repeated_until_the_client_goes() {
    let server = TcpServer::scripted(Script::new().repeat(Script::new().expect("PING").send("PONG")));
    let mut client = connect(&server);
    for _ in 0..3 {
        client.write_all(b"PING").unwrap();
        assert_eq!(read(&mut client, 4), b"PONG");
    }
}

#[test]
fn a_peer_that_stalls_or_sends_without_end_does_so_until_the_server_is_dropped() {
    let server = TcpServer::scripts([Script::new().stall(), Script::new().endless("x")]);
    let (mut silent, mut loud) = (connect(&server), connect(&server));
    silent.write_all(b"anybody there?").unwrap();
    assert_eq!(read(&mut loud, 100_000), vec![b'x'; 100_000]);
    silent.set_nonblocking(true).unwrap();
    assert_eq!(silent.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    silent.set_nonblocking(false).unwrap();
    let address = server.address();
    drop(server);
    assert!(silent.read(&mut [0]).is_ok_and(|read| read == 0) || silent.take_error().is_ok());
    while let Ok(1..) = loud.read(&mut [0; 1 << 16]) {}
    // It closes its listener a moment later.
    while TcpStream::connect(address).is_ok() {
        std::thread::yield_now();
    }
}

#[test]
fn a_script_waits_at_a_gate() {
    let gate = Arc::new(Gate::default());
    let server = TcpServer::scripted(Script::new().send("a").wait(&gate).send("b"));
    let mut client = connect(&server);
    assert_eq!(read(&mut client, 1), b"a");
    client.set_nonblocking(true).unwrap();
    assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    client.set_nonblocking(false).unwrap();
    gate.open();
    assert_eq!(read(&mut client, 1), b"b");
}

#[test]
fn tls_can_begin_in_the_middle_and_what_came_is_recorded_in_clear() {
    let own = tls::certificate(&["peer.test"]);
    let config = Arc::new(tls::server_config(&own, None));
    let server =
        TcpServer::scripted(Script::new().expect("TLS!").send("go").start_tls(&config).expect("ping").send("pong"));
    let mut socket = connect(&server);
    socket.write_all(b"TLS!").unwrap();
    assert_eq!(read(&mut socket, 2), b"go");
    let mut roots = RootCertStore::empty();
    roots.add(own.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_root_certificates(roots).with_no_client_auth();
    let session = ClientConnection::new(Arc::new(config), ServerName::try_from("peer.test").unwrap()).unwrap();
    let mut client = StreamOwned::new(session, socket);
    client.write_all(b"ping").unwrap();
    assert_eq!(read(&mut client, 4), b"pong");
    assert_eq!(server.received(0), b"TLS!ping");
}

#[test]
#[should_panic(expected = "connection 0: the script expects \"HELLO\\r\\n\", but \"HELP\" came")]
fn what_a_script_does_not_expect_fails_the_test() {
    let server = TcpServer::scripted(Script::new().expect("HELLO\r\n").stall());
    let mut client = connect(&server);
    client.write_all(b"HELP\r\n").unwrap();
    // It ends there, rather than stall.
    let _ = client.read(&mut [0]);
    while !server.has_unexpected() {
        std::thread::yield_now();
    }
}
