//! TLS with nginx: whom to trust, and what the error says if nobody does.

use loadspiker::prelude::*;
use loadspiker_testkit::Folder;
use loadspiker_testkit::servers::Nginx;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::support::{assert_all_ok, run};

/// nginx with a certificate for `shop.test`, and the issuer of it in a file.
fn secure() -> (Nginx, Folder, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&key).unwrap();
    let issuer = Issuer::from_params(&params, &key);

    let leaf_key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["shop.test".to_owned()]).unwrap().signed_by(&leaf_key, &issuer).unwrap();
    let files = Folder::new();
    files.write("html/index.html", "secret page");
    files.write("certificate.pem", leaf.pem());
    files.write("key.pem", leaf_key.serialize_pem());
    let trust = Folder::new();
    let root = trust.write("root.pem", root.pem());
    (Nginx::start_secure(files, ""), trust, root)
}

fn at(nginx: &Nginx, host: &str) -> HttpProtocol {
    HttpProtocol::new(format!("https://{host}:{}", nginx.port())).host_alias(host, "127.0.0.1")
}

fn page() -> HttpRequest {
    http("page").get("/").check(body_string().is("secret page"))
}

#[test]
fn a_named_issuer_is_trusted_and_the_connection_is_kept() {
    let (nginx, _trust, root) = secure();
    let report = run(5, at(&nginx, "shop.test").root_certificate(root), repeat(3, page()));
    assert_all_ok(&report, "page", 15);
    let phases = report.global().phases();
    assert_eq!((phases.tls().count(), phases.connect().count()), (5, 5));
    // A handshake is in the bytes of the first request.
    assert!(report.global().bytes_received() > 5 * 500);
    assert_eq!(nginx.stop().len(), 15);
}

#[test]
fn an_unknown_issuer_is_an_error_that_names_the_remedy() {
    let (nginx, _trust, _) = secure();
    let report = run(2, at(&nginx, "shop.test"), page());
    let request = report.request("page").unwrap();
    let text = "certificate not trusted: unknown issuer; name the issuer with root_certificate(path), or accept all with \
                insecure()";
    assert_eq!(request.errors(), [(text, 2)]);
    assert_eq!(request.service_time().count(), 0, "nothing was sent");
    assert!(nginx.stop().iter().all(|logged| logged.status != 200));
}

#[test]
fn a_certificate_for_another_host_is_refused_unless_all_are_accepted() {
    let (nginx, _trust, root) = secure();
    let report = run(2, at(&nginx, "other.test").root_certificate(root), page());
    let text = "certificate not trusted: it is not for host \"other.test\"; accept all with insecure()";
    assert_eq!(report.global().errors(), [(text, 2)]);
    assert_all_ok(&run(2, at(&nginx, "other.test").insecure(), page()), "page", 2);
}

#[test]
fn a_port_without_tls_is_told() {
    let nginx = Nginx::start(Folder::new(), "return 200 plain;");
    let report = run(1, at(&nginx, "shop.test"), page());
    assert_eq!(report.global().errors(), [("TLS: the server does not speak TLS on this port", 1)]);
}

#[test]
fn a_root_certificate_that_is_not_there_is_told_before_the_run() {
    let population = scenario!("Page").exec(page()).inject([at_once_users(1)]);
    let protocol = HttpProtocol::new("https://shop.test").root_certificate("no/such/root.pem");
    let error = Simulation::new("tls").protocol(protocol).with(population).run().unwrap_err().to_string();
    assert!(error.contains("root_certificate no/such/root.pem: "), "{error}");
}
