//! Dialling hosts that answer, and hosts that do not.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use loadspiker_core::metrics::Phases;
#[cfg(target_os = "linux")]
use loadspiker_testkit::machine::Unresponsive;
use loadspiker_testkit::machine::unused_port;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::attempt::Attempt;
use crate::clock::{Clock, WallClock};
use crate::limit::Limit;
use crate::testing::*;
use crate::tls::TlsSettings;

const SHORT: Duration = Duration::from_millis(30);

/// A dialer to whom `host.test` has these addresses.
fn dialer_of(addresses: &[&str]) -> Dialer {
    let aliases: Vec<_> = addresses.iter().map(|ip| ("host.test".to_owned(), (*ip).to_owned())).collect();
    let tls = Tls::new(TlsSettings::default(), &[], false);
    Dialer::new(Resolver::system(&aliases), tls, Vec::new(), SocketOptions::default())
}

async fn failure(dialer: &Dialer, to: &Endpoint, limit: Duration) -> Failure {
    dial(dialer, to, limit).await.0.err().unwrap()
}

#[tokio::test]
async fn a_refused_connection_names_host_port_and_addresses() {
    let port = unused_port();
    let refused = failure(&dialer_of(&["127.0.0.1"]), &Endpoint::new("127.0.0.1", port, false), LONG).await;
    assert_eq!(refused.to_string(), format!("connection refused by 127.0.0.1:{port}"));
    assert_eq!(refused.kind(), FailureKind::Refused);
    let host = Endpoint::new("host.test", port, false);
    let refused = failure(&dialer_of(&["127.0.0.1"]), &host, LONG).await;
    assert_eq!(refused.to_string(), format!("connection refused by host.test:{port} (127.0.0.1)"));
}

#[tokio::test]
async fn a_phase_is_counted_also_if_it_fails() {
    let (dialled, phases) = dial(&dialer_of(&[]), &Endpoint::new("127.0.0.1", unused_port(), false), LONG).await;
    assert!(dialled.is_err() && phases.get(Phase::CONNECT).is_some() && phases.get(Phase::DNS).is_none());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_dead_address_before_a_good_one_costs_one_delay_and_is_remembered() {
    let server = serve_at([127, 0, 0, 3].into(), |mut socket| echo(&mut socket));
    let dead = Unresponsive::at([127, 0, 0, 2], server.port());
    let dialer = dialer_of(&["127.0.0.2", "127.0.0.3"]);
    let to = Endpoint::new("host.test", server.port(), false);
    // Sequential dialling would wait for the first one until the limit.
    let (dialled, phases) = dial(&dialer, &to, LONG).await;
    dialled.unwrap();
    assert!(phases.get(Phase::CONNECT).unwrap() >= Duration::from_millis(200), "it was given its time: {phases:?}");
    let host = dialer.resolver.known("host.test").unwrap().unwrap();
    for _ in 0..3 {
        assert_eq!(host.addresses(), ["127.0.0.3".parse::<IpAddr>().unwrap(), "127.0.0.2".parse().unwrap()]);
    }
    drop(dead);
}

#[tokio::test]
async fn an_address_that_refuses_is_followed_by_the_next_one_at_once() {
    let server = serve_at([127, 0, 0, 1].into(), |mut socket| echo(&mut socket));
    let dialer = dialer_of(&["127.0.0.9", "::1", "127.0.0.1"]);
    let to = Endpoint::new("host.test", server.port(), false);
    for _ in 0..4 {
        dial(&dialer, &to, LONG).await.0.unwrap();
    }
    let host = dialer.resolver.known("host.test").unwrap().unwrap();
    assert_eq!(host.addresses()[0], "127.0.0.1".parse::<IpAddr>().unwrap());
}

#[tokio::test]
async fn where_all_addresses_refuse_all_are_named() {
    let port = unused_port();
    let dialer = dialer_of(&["127.0.0.3", "127.0.0.2"]);
    let refused = failure(&dialer, &Endpoint::new("host.test", port, false), LONG).await;
    assert_eq!(refused.to_string(), format!("connection refused by host.test:{port} (127.0.0.2, 127.0.0.3)"));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_phase_that_takes_too_long_is_told_by_its_name() {
    // The lookup, from a resolver that does not answer while the test runs.
    let (go_on, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let resolver = Resolver::new(
        &[],
        Arc::new(move |_| {
            let _ = wait.lock().unwrap().recv();
            Ok(Vec::new())
        }),
    );
    let slow =
        Dialer::new(resolver, Tls::new(TlsSettings::default(), &[], false), Vec::new(), SocketOptions::default());
    let (dialled, phases) = dial(&slow, &Endpoint::new("slow.test", 443, true), SHORT).await;
    let told = dialled.err().unwrap();
    assert_eq!(told.to_string(), "DNS lookup of slow.test:443 timed out (connect timeout 30 ms)");
    assert_eq!(told.kind(), FailureKind::Timeout(Phase::DNS));
    assert!(phases.get(Phase::DNS).is_some() && phases.get(Phase::CONNECT).is_none());
    drop(go_on);

    let dead = Unresponsive::at([127, 0, 0, 4], 0);
    let port = dead.address().port();
    let told = failure(&dialer_of(&[]), &Endpoint::new("127.0.0.4", port, false), SHORT).await;
    assert_eq!(told.to_string(), format!("connect to 127.0.0.4:{port} timed out (connect timeout 30 ms)"));
    let told = failure(&dialer_of(&["127.0.0.4"]), &Endpoint::new("host.test", port, false), SHORT).await;
    assert_eq!(told.to_string(), format!("connect to host.test:{port} timed out (connect timeout 30 ms)"));

    let mut held = Vec::new();
    let server = serve(move |socket| held.push(socket));
    let (dialled, phases) = dial(&dialer_of(&[]), &Endpoint::new("127.0.0.1", server.port(), true), SHORT).await;
    let told = dialled.err().unwrap();
    assert_eq!(told.to_string(), format!("TLS handshake with {server} timed out (connect timeout 30 ms)"));
    assert!(phases.get(Phase::TLS).is_some() && phases.get(Phase::CONNECT).is_some());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn local_addresses_take_turns_and_options_reach_the_socket() {
    let (sender, peers) = mpsc::channel();
    let server = serve(move |socket| sender.send(socket.peer_addr().unwrap().ip().to_string()).unwrap());
    let local = ["127.0.0.2", "127.0.0.3"].map(|ip| ip.parse().unwrap()).to_vec();
    let options = SocketOptions {
        no_delay: true,
        keep_alive: Some(Duration::from_secs(30)),
        send_buffer: Some(16 * 1024),
        receive_buffer: Some(16 * 1024),
    };
    let tls = Tls::new(TlsSettings::default(), &[], false);
    let dialer = Dialer::new(Resolver::system(&[]), tls, local, options);
    for turn in ["127.0.0.2", "127.0.0.3", "127.0.0.2"] {
        let stream = dial(&dialer, &Endpoint::new("127.0.0.1", server.port(), false), LONG).await.0.unwrap();
        assert_eq!(peers.recv().unwrap(), turn);
        let socket = stream.into_plain().unwrap();
        let socket = socket2::SockRef::from(socket.socket());
        assert!(socket.keepalive().unwrap() && socket.tcp_nodelay().unwrap());
        assert!(socket.send_buffer_size().unwrap() < 64 * 1024);
    }
    let told = failure(&dialer, &Endpoint::new("::1", 9, false), LONG).await;
    assert_eq!(told.kind(), FailureKind::LocalAddress);
    assert!(told.text().ends_with("add one to local_addresses([…])"), "{told}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_is_dialled_and_counted_like_any_other() {
    let path = TempFile::absent("sock");
    let to = Endpoint::unix(&path.0);
    let told = failure(&dialer_of(&[]), &to, LONG).await;
    assert_eq!(told.to_string(), format!("there is no Unix socket {to}"));
    let listener = std::os::unix::net::UnixListener::bind(&path.0).unwrap();
    std::thread::spawn(move || echo(&mut listener.accept().unwrap().0));
    let mut stream = dial(&dialer_of(&[]), &to, LONG).await.0.unwrap();
    stream.write_all(b"ping").await.unwrap();
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!((&answer, stream.take_traffic(), stream.is_stale()), (b"ping", (4, 4), false));
}

#[tokio::test]
async fn tls_can_begin_in_the_middle_of_a_stream() {
    let own = certificate(&["shop.test"]);
    let root = TempFile::with(&own.cert.pem());
    let config = Arc::new(server_config(&own, None));
    let server = serve(move |mut socket| {
        let mut command = [0; 8];
        socket.read_exact(&mut command).unwrap();
        assert_eq!(&command, b"STARTTLS");
        socket.write_all(b"go").unwrap();
        echo(&mut accept_tls(&config, socket));
    });
    let mut settings = TlsSettings::default();
    settings.roots.push(root.0.clone());
    let dialer = dialer(settings);
    let to = Endpoint::new("shop.test", server.port(), false);
    let (clock, mut phases) = (WallClock::start(), Phases::default());
    let mut attempt = Attempt::new(&clock, clock.now(), Limit::connect(clock.now(), LONG), &mut phases);
    let mut stream = dialer.dial(&to, &mut attempt).await.unwrap();
    stream.write_all(b"STARTTLS").await.unwrap();
    stream.read_exact(&mut [0; 2]).await.unwrap();
    let mut stream = dialer.secure(stream, &to, &mut attempt).await.unwrap();
    assert!(stream.is_secure());
    stream.write_all(b"ping").await.unwrap();
    stream.flush().await.unwrap();
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"ping");
    assert!(stream.take_traffic().0 > 200, "the handshake and what was before are counted");
    let told = dialer.secure(stream, &to, &mut attempt).await.err().unwrap();
    assert_eq!(told.kind(), FailureKind::Mistake);
    assert!(phases.get(Phase::TLS).is_some());
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Begins to log what this thread tells.
    fn begin() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_ansi(false);
        let guard = tracing::subscriber::set_default(subscriber.with_writer(move || writer.clone()).finish());
        (log, guard)
    }

    #[track_caller]
    fn has(&self, text: &str) {
        let log = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        assert!(log.contains(text), "{text:?} is not in\n{log}");
    }
}

#[tokio::test]
async fn a_connection_tells_when_it_is_opened_and_who_closed_it() {
    let (log, _guard) = Log::begin();
    let address = serve(|mut socket| {
        let _ = socket.read(&mut [0; 1]);
    });
    let to = Endpoint::new("host.test", address.port(), false);
    let dialer = dialer_of(&["127.0.0.1"]);
    let mut stream = dial(&dialer, &to, LONG).await.0.unwrap();
    log.has("looking up a host host=host.test");
    log.has("a host was looked up host=host.test addresses=[127.0.0.1]");
    log.has(&format!("connection opened endpoint={to} local=127.0.0.1:"));
    // The server reads a byte, and closes.
    stream.write_all(b"x").await.unwrap();
    assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
    drop(stream);
    log.has("why=\"closed by the peer\"");
    let open = serve(std::mem::forget);
    drop(dial(&dialer, &Endpoint::new("127.0.0.1", open.port(), false), LONG).await.0.unwrap());
    log.has("why=\"closed by this side\"");
}

#[tokio::test]
async fn a_connection_that_fails_tells_why() {
    let (log, _guard) = Log::begin();
    let to = Endpoint::new("127.0.0.1", unused_port(), false);
    let refused = failure(&dialer_of(&[]), &to, LONG).await;
    log.has(&format!("no connection endpoint={to} failure={refused}"));
}
