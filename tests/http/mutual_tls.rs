//! TLS with certificates of clients, which nginx verifies: each user shows its own.

use loadspiker::prelude::*;
use loadspiker_testkit::Folder;
use loadspiker_testkit::servers::Nginx;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::support::{assert_all_ok, run};

/// nginx that answers with the name in the client's certificate, the files of ada and bob, and the protocol to use.
fn server() -> (Nginx, Folder, HttpProtocol) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&key).unwrap();
    let issuer = Issuer::from_params(&params, &key);
    let signed = |name: &str| {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["shop.test".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        (params.signed_by(&key, &issuer).unwrap().pem(), key.serialize_pem())
    };
    let (files, mine) = (Folder::new(), Folder::new());
    let (certificate, key) = signed("shop.test");
    files.write("certificate.pem", certificate);
    files.write("key.pem", key);
    files.write("root.pem", root.pem());
    for name in ["ada", "bob"] {
        let (certificate, key) = signed(name);
        mine.write(&format!("{name}.pem"), certificate);
        mine.write(&format!("{name}.key"), key);
    }
    let trusted = mine.write("root.pem", root.pem());
    let verify = "ssl_client_certificate root.pem; ssl_verify_client on; location / { return 200 $ssl_client_s_dn; }";
    let nginx = Nginx::start_secure(files, verify);
    let protocol = HttpProtocol::new(format!("https://shop.test:{}", nginx.port()));
    let protocol = protocol.host_alias("shop.test", "127.0.0.1").root_certificate(trusted);
    (nginx, mine, protocol)
}

fn who() -> HttpRequest {
    http("who").get("/").check(substring("CN=#{user}"))
}

#[test]
fn each_user_shows_its_own_certificate() {
    let (nginx, mine, protocol) = server();
    let (certificate, key) = (format!("{}/#{{user}}.pem", mine.path().display()), mine.path().join("#{user}.key"));
    let protocol = protocol.client_certificate(certificate, key.to_str().unwrap());
    let users = records([[("user", "ada")], [("user", "bob")]]).circular();
    let report = run(4, protocol, feed(users).repeat(3, who()));
    assert_all_ok(&report, "who", 12);
    assert_eq!(report.global().phases().tls().count(), 4, "connections are kept");
    assert_eq!(nginx.stop().len(), 12);
}

#[test]
fn a_certificate_that_is_not_there_fails_its_user_alone() {
    let (_nginx, mine, protocol) = server();
    let folder = mine.path().to_str().unwrap().to_owned();
    let file = |kind: &'static str| {
        let folder = folder.clone();
        move |session: &Session| session.get_str("user").map(|user| format!("{folder}/{user}.{kind}"))
    };
    let protocol = protocol.client_certificate(file("pem"), file("key"));
    let users = records([[("user", "ada")], [("user", "eve")]]).circular();
    let report = run(2, protocol, feed(users).exec(who()));
    let request = report.request("who").unwrap();
    assert_eq!(request.ok_count(), 1);
    assert!(request.errors()[0].0.contains("client_certificate ") && request.errors()[0].0.contains("eve.pem"));
}

#[test]
fn all_users_may_show_one_certificate_and_none_is_refused() {
    let (_nginx, mine, protocol) = server();
    let file = |name: &str| mine.path().join(name).to_str().unwrap().to_owned();
    let shared = protocol.clone().share_connections().client_certificate(file("ada.pem"), file("ada.key"));
    let request = http("who").get("/").check(substring("CN=ada"));
    assert_all_ok(&run(2, shared, request.clone()), "who", 2);
    let report = run(1, protocol, request);
    assert_eq!(report.request("who").unwrap().failed_count(), 1);
}

#[test]
fn users_who_share_connections_cannot_have_certificates_of_their_own() {
    let protocol = HttpProtocol::new("https://shop.test").share_connections();
    let protocol = protocol.client_certificate("#{user}.pem", "#{user}.key");
    let visit = scenario!("Visit").feed(records([[("user", "ada")]]).circular()).exec(http("x").get("/"));
    let simulation = Simulation::new("tls").protocol(protocol).with(visit.inject([at_once_users(1)]));
    let told = simulation.run().unwrap_err().to_string();
    assert!(told.contains("take share_connections() away"), "{told}");
}
