//! The wording of failures.

use std::io;
use std::time::Duration;

use loadspiker_core::Moment;

use super::*;
use crate::limit::Limit;

#[test]
fn errors_of_the_system_are_told_apart_and_name_the_peer() {
    let of = |kind: io::ErrorKind| Failure::from_io(&kind.into()).at("shop.test:80");
    let refused = of(io::ErrorKind::ConnectionRefused);
    assert_eq!((refused.kind(), refused.text()), (FailureKind::Refused, "connection refused by shop.test:80"));
    let reset = of(io::ErrorKind::BrokenPipe);
    assert_eq!((reset.kind(), reset.text()), (FailureKind::Reset, "connection reset by shop.test:80"));
    let closed = of(io::ErrorKind::UnexpectedEof);
    assert_eq!(closed.text(), "connection closed by shop.test:80 before the response was complete");
    let unreachable = of(io::ErrorKind::NetworkUnreachable);
    assert_eq!((unreachable.kind(), unreachable.text()), (FailureKind::Unreachable, "no route to shop.test:80"));
    assert_eq!(of(io::ErrorKind::PermissionDenied).text(), "permission denied at shop.test:80");
    assert_eq!(of(io::ErrorKind::AddrNotAvailable).kind(), FailureKind::OutOfPorts);
}

#[test]
fn each_phase_has_its_own_text_with_host_and_port() {
    let limit = Limit::connect(Moment::START, Duration::from_secs(10));
    let of = |phase| Failure::timed_out(phase, "shop.test:443", limit).to_string();
    assert_eq!(of(Phase::DNS), "DNS lookup of shop.test:443 timed out (connect timeout 10 s)");
    assert_eq!(of(Phase::CONNECT), "connect to shop.test:443 timed out (connect timeout 10 s)");
    assert_eq!(of(Phase::TLS), "TLS handshake with shop.test:443 timed out (connect timeout 10 s)");
    let limit = Limit::request(Moment::START, Duration::from_millis(250));
    let response = Failure::timed_out(Phase::RESPONSE, "shop.test:443", limit);
    assert_eq!(response.to_string(), "response from shop.test:443 timed out (request timeout 250 ms)");
}

#[test]
fn a_failure_to_connect_names_the_addresses_that_were_tried() {
    let refused = || Failure::from_io(&io::ErrorKind::ConnectionRefused.into());
    let (v4, v6): (IpAddr, IpAddr) = ([127, 0, 0, 1].into(), "::1".parse().unwrap());
    let text = |target, addresses: &[IpAddr]| at_addresses(refused(), target, addresses).to_string();
    assert_eq!(text("localhost:80", &[v6, v4]), "connection refused by localhost:80 (127.0.0.1, ::1)");
    assert_eq!(text("localhost:80", &[v4, v6]), text("localhost:80", &[v6, v4]));
    assert_eq!(text("127.0.0.1:80", &[v4]), "connection refused by 127.0.0.1:80");
    assert_eq!(text("[::1]:80", &[v6]), "connection refused by [::1]:80");
}

#[cfg(unix)]
#[test]
fn exhausted_descriptors_name_the_limit_of_the_process() {
    let failure = Failure::from_io(&io::Error::from_raw_os_error(24));
    assert_eq!(failure.kind(), FailureKind::OutOfDescriptors);
    assert!(failure.text().starts_with("out of file descriptors (limit "), "{failure}");
    assert!(failure.text().ends_with("): raise it with ulimit -n, or share connections"), "{failure}");
}
