//! Exchanges over TLS.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use super::*;
use crate::endpoint::Endpoint;
use crate::testing::http1::*;
use crate::testing::{LONG, accept_tls, certificate, dial, dialer, serve, server_config};
use crate::tls::TlsSettings;

fn config() -> Arc<rustls::ServerConfig> {
    Arc::new(server_config(&certificate(&["shop.test"]), None))
}

async fn handshake(server: SocketAddr) -> Connection {
    let mut settings = TlsSettings::default();
    settings.insecure = true;
    let dialer = dialer(settings);
    Connection::new(dial(&dialer, &Endpoint::new("shop.test", server.port(), true), LONG).await.0.unwrap())
}

/// A server that answers every request with 200.
fn secure_server() -> SocketAddr {
    let config = config();
    serve(move |socket| {
        let mut tls = accept_tls(&config, socket);
        while read_request(&mut tls).is_some() {
            if tls.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").is_err() {
                return;
            }
        }
    })
}

#[tokio::test]
async fn a_secure_connection_is_used_again() {
    let server = secure_server();
    let mut connection = handshake(server).await;
    let handshake_bytes = connection.take_traffic();
    assert!(handshake_bytes.0 > 200 && handshake_bytes.1 > 500);
    for _ in 0..3 {
        assert_eq!(status(&mut connection).await, 200);
        assert!(connection.is_reusable());
    }
}

#[tokio::test]
async fn a_secure_connection_closed_while_idle_is_found_out_before_anything_is_sent() {
    for says_so in [false, true] {
        let (closed, told) = std::sync::mpsc::channel();
        let config = config();
        let server = serve(move |socket| {
            let mut tls = accept_tls(&config, socket);
            read_request(&mut tls).unwrap();
            tls.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").unwrap();
            if says_so {
                tls.conn.send_close_notify();
                tls.flush().unwrap();
            }
            drop(tls);
            closed.send(()).unwrap();
        });
        let mut connection = handshake(server).await;
        assert_eq!(status(&mut connection).await, 200);
        told.recv().unwrap();
        let_the_reactor_run().await;
        connection.take_traffic();
        let (request, buffers) = (request("POST", "order"), Buffers::default());
        let clock = Readings::default();
        let failure = exchange(&mut connection, &request, &mut Discard, &buffers, &clock).await.unwrap_err();
        assert!(matches!(failure, Unanswered::Unsent(_)), "{failure:?}");
        assert_eq!(connection.take_traffic().0, 0);
    }
}

#[tokio::test]
async fn large_bodies_pass_over_tls_in_both_directions() {
    let config = config();
    let server = serve(move |socket| {
        let mut tls = accept_tls(&config, socket);
        let received = read_request(&mut tls).unwrap();
        let body = received.split_once("\r\n\r\n").unwrap().1;
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        tls.write_all(answer.as_bytes()).unwrap();
    });
    let mut connection = handshake(server).await;
    let body: &'static str = "0123456789abcdef".repeat(50_000).leak();
    let (request, buffers, mut sink) = (request("POST", body), Buffers::default(), Collect::up_to(1 << 30));
    exchange(&mut connection, &request, &mut sink, &buffers, &Readings::default()).await.unwrap();
    assert!(sink.into_body() == body.as_bytes());
}
