//! Kerberos against a realm of MIT's and an Apache that takes its tickets, and against what is no KDC.

use std::io::Write;
use std::sync::LazyLock;

use loadspiker::http::auth::Kerberos;
use loadspiker::prelude::*;
use loadspiker_testkit::TcpServer;
use loadspiker_testkit::machine::unused_address;
use loadspiker_testkit::servers::{Apache, Kdc};

use crate::support::{assert_all_ok, run};

/// For all tests, since it takes long to start.
static KDC: LazyLock<Kdc> = LazyLock::new(Kdc::start);
static INTRANET: LazyLock<Apache> = LazyLock::new(|| KDC.intranet());

fn page(auth: Kerberos) -> HttpRequest {
    http("page").get("/index.html").auth(auth).check(body_string().is("staff only"))
}

fn of(user: &str, kdc: &Kdc) -> Kerberos {
    kerberos(format!("{user}@{}", kdc.realm()), format!("secret of {user}")).kdc(kdc.address())
}

/// The error of the only request.
fn error(protocol: &str, auth: Kerberos) -> String {
    let report = run(1, HttpProtocol::new(protocol), page(auth));
    let [(error, 1)] = report.request("page").unwrap().errors()[..] else { panic!("{report:?}") };
    error.to_owned()
}

#[test]
fn each_user_gets_its_tickets_once_and_shows_one_with_each_request() {
    let (kdc, apache) = (&*KDC, &*INTRANET);
    let auth = kerberos("#{name}", "secret of #{name}").realm(kdc.realm()).kdc(kdc.address());
    // Nobody else comes as these two, so that the log tells of them alone.
    let names = records([[("name", "cyd")], [("name", "dan")]]);
    let report = run(2, HttpProtocol::new(apache.url()), feed(names).exec(repeat(5, page(auth))));
    assert_all_ok(&report, "page", 10);
    assert_all_ok(&report, "page Challenge", 2);
    assert_all_ok(&report, "kerberos AS", 4);
    assert_all_ok(&report, "kerberos TGS", 2);
    let log = kdc.log();
    let issued = log.lines().filter(|line| line.contains("TGS_REQ") && line.contains("ISSUE"));
    assert_eq!(issued.filter(|line| line.contains("cyd@") || line.contains("dan@")).count(), 2, "{log}");
    let tgs = report.request("kerberos TGS").unwrap();
    assert!(tgs.bytes_sent() > 400 && tgs.bytes_received() > 400 && tgs.phases().connect().count() == 2);
}

#[test]
fn with_the_name_of_the_service_there_is_a_ticket_from_the_first_request_on() {
    let (kdc, apache) = (&*KDC, &*INTRANET);
    let auth = of("ada", kdc).service("HTTP/127.0.0.1");
    let steps = exec(authenticate(&auth)).exec(page(auth.clone())).exec(page(auth));
    let report = run(1, HttpProtocol::new(apache.url()), steps);
    assert_all_ok(&report, "page", 2);
    assert!(report.request("page Challenge").is_none());
    assert_all_ok(&report, "kerberos TGS", 1);
}

#[test]
fn who_need_not_prove_anything_first_has_its_ticket_after_one_question() {
    let (kdc, apache) = (&*KDC, &*INTRANET);
    let report = run(1, HttpProtocol::new(apache.url()), page(of("eve", kdc)));
    assert_all_ok(&report, "page", 1);
    assert_all_ok(&report, "kerberos AS", 1);
    let wrong = kerberos("eve", "mistyped").realm(kdc.realm()).kdc(kdc.address());
    assert_eq!(error(&apache.url(), wrong), "kerberos: the password is wrong");
}

#[test]
fn tickets_are_renewed_before_they_end() {
    let (kdc, apache) = (&*KDC, &*INTRANET);
    // Good for ten seconds, and thus renewed after five.
    let page = page(of("short", kdc));
    let report = run(1, HttpProtocol::new(apache.url()), exec(page.clone()).pause(6.secs()).exec(page));
    assert_all_ok(&report, "page", 2);
    assert_all_ok(&report, "page Challenge", 1);
    assert_all_ok(&report, "kerberos AS", 4);
    assert_all_ok(&report, "kerberos TGS", 2);
}

#[test]
fn a_user_that_becomes_another_gets_tickets_of_its_own() {
    let (kdc, apache) = (&*KDC, &*INTRANET);
    let auth = kerberos("#{name}", "secret of #{name}").realm(kdc.realm()).kdc(kdc.address());
    let names = records([[("name", "ada")], [("name", "bob")]]);
    let report = run(1, HttpProtocol::new(apache.url()), repeat(2, feed(names).exec(page(auth))));
    assert_all_ok(&report, "page", 2);
    assert_all_ok(&report, "page Challenge", 2);
    assert_all_ok(&report, "kerberos TGS", 2);
}

#[test]
fn what_the_kdc_and_the_server_refuse_is_told() {
    let (kdc, apache) = (&*KDC, &*INTRANET);
    let (url, realm) = (apache.url(), kdc.realm());
    let says = |auth: Kerberos, why: &str| assert_eq!(error(&url, auth.kdc(kdc.address())), format!("kerberos: {why}"));
    says(kerberos("ada", "mistyped").realm(realm), "the password is wrong");
    says(kerberos("nobody", "x").realm(realm), "the KDC knows no such user in this realm");
    says(kerberos("ada@ELSEWHERE", "x"), "the KDC knows no such user in this realm");
    says(of("ada", kdc).service("HTTP/elsewhere"), "the KDC knows no such service");
    says(
        kerberos("zoë", "x").realm(realm),
        "\"zoë\" has characters that names in Kerberos cannot have; they are ASCII",
    );
    // A ticket for something else than the server.
    let other = Kdc::start();
    let stranger = of("ada", &other).kdc(other.address());
    assert_eq!(error(&url, stranger), "kerberos: the server rejected the ticket for HTTP/127.0.0.1");
}

/// A server that answers each message with these bytes and closes.
fn answers(bytes: &'static [u8]) -> TcpServer {
    TcpServer::start(move |mut peer| {
        let length = peer.read_bytes(4).unwrap();
        peer.read_bytes(u32::from_be_bytes(length.try_into().unwrap()) as usize).unwrap();
        peer.write_all(bytes).unwrap();
    })
}

#[test]
fn what_is_no_kdc_is_told() {
    let error = |address: &str, why: &str| {
        let auth = kerberos("ada@TEST", "x").kdc(address).service("HTTP/x");
        let report = run(1, HttpProtocol::new("http://127.0.0.1:9"), page(auth));
        let errors =
            report.request("kerberos AS").unwrap().errors().into_iter().map(|(error, _)| error).collect::<Vec<_>>();
        assert_eq!(errors, [why]);
        assert_eq!(report.request("page").unwrap().errors(), [(&*format!("kerberos: {why}"), 1)]);
    };
    let free = unused_address();
    error(&free, &format!("connection refused by {free}"));
    let answer = |bytes, why: &str| {
        let server = answers(bytes);
        error(&server.to_string(), &why.replace("SERVER", &server.to_string()));
    };
    answer(b"\0\0\0\x04nope", "the KDC's answer is not a Kerberos message");
    answer(b"HTTP/1.1 400", "kerberos: what answers is not a KDC");
    answer(b"\0\0", "connection closed by SERVER before the response was complete");
}

#[test]
fn mistakes_are_told_before_the_run() {
    let mistake = |auth: Kerberos| {
        let population = scenario!("Test").exec(page(auth)).inject([at_once_users(1)]);
        let simulation = Simulation::new("test").protocol(HttpProtocol::new("http://127.0.0.1:9")).with(population);
        simulation.run().unwrap_err().to_string()
    };
    let has = |auth: Kerberos, why: &str| assert!(mistake(auth.clone()).contains(why), "{}", mistake(auth));
    has(kerberos("ada@TEST", "x"), "kerberos: no KDC is configured; add .kdc(\"host\")");
    has(kerberos("ada", "x").kdc("dc"), "kerberos: the realm is missing; write user@REALM, or add .realm(\"REALM\")");
    has(kerberos("ada@TEST", "x").kdc("http://dc"), "kerberos: \"http://dc\" is not a valid KDC; write kdc(\"host\")");
}
