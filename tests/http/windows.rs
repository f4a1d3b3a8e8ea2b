//! Windows authentication against Apache, whose GSSAPI verifies NTLM with the passwords in a file.

use std::sync::LazyLock;

use loadspiker::http::auth::Ntlm;
use loadspiker::prelude::*;
use loadspiker_testkit::Folder;
use loadspiker_testkit::servers::Apache;

use crate::support::{assert_all_ok, run};

/// Apache with a page for those who prove a password by what it calls Negotiate. All tests share it.
static INTRANET: LazyLock<Apache> = LazyLock::new(|| {
    let folder = Folder::new();
    folder.write("html/index.html", "staff only");
    folder.write("ntlm_users", "CORP:ada:secret of ada\nCORP:bob:secret of bob\n");
    let directory =
        "AuthType GSSAPI\nAuthName staff\nGssapiAllowedMech ntlmssp\nGssapiConnectionBound On\nRequire valid-user";
    Apache::start(folder, &["auth_gssapi"], directory)
});

fn page(auth: Ntlm) -> HttpRequest {
    http("page").get("/index.html").auth(auth).check(body_string().is("staff only"))
}

#[test]
fn each_user_proves_its_password_once_a_connection() {
    let apache = &*INTRANET;
    let auth = ntlm("#{name}", "secret of #{name}").domain("CORP").workstation("desk");
    let names = records([[("name", "ada")], [("name", "bob")]]);
    let report = run(2, HttpProtocol::new(apache.url()), feed(names).exec(repeat(5, page(auth))));
    assert_all_ok(&report, "page", 10);
    assert_all_ok(&report, "page Challenge", 4);
    assert_eq!(*report.global().status_codes(), [(200, 10), (401, 4)].into());
    assert_eq!(report.global().phases().connect().count(), 2, "{}", apache.errors());
}

#[test]
fn accounts_that_share_connections_are_told_apart() {
    let apache = &*INTRANET;
    let auth = ntlm("#{name}", "secret of #{name}").domain("CORP");
    let names = records([[("name", "ada")], [("name", "bob")]]).circular();
    let anonymous = http("anonymous").get("/index.html").check(status().is(401));
    let protocol = HttpProtocol::new(apache.url()).share_connections().max_connections_per_host(3);
    let report = run(6, protocol, feed(names).repeat(5, exec(page(auth)).exec(anonymous)));
    assert_all_ok(&report, "page", 30);
    assert_all_ok(&report, "anonymous", 30);
}

#[test]
fn a_body_is_sent_with_each_attempt_and_a_connection_that_is_not_kept_is_told() {
    let apache = &*INTRANET;
    let post = http("post").post("/index.html").body("apples").auth(ntlm("CORP\\ada", "secret of ada"));
    let report = run(1, HttpProtocol::new(apache.url()), exec(post.clone()).exec(post));
    assert_all_ok(&report, "post", 2);
    assert_all_ok(&report, "post Challenge", 2);

    let request = page(ntlm("CORP\\ada", "secret of ada")).header("connection", "close");
    let report = run(1, HttpProtocol::new(apache.url()), request);
    let errors = report.request("page").unwrap().errors();
    assert_eq!(errors, [("connection closed in the middle of its authentication: the server has to keep it open", 1)]);
}

#[test]
fn whoever_does_not_know_the_password_is_refused() {
    let apache = &*INTRANET;
    let refused = |auth: Ntlm| {
        let report = run(1, HttpProtocol::new(apache.url()), page(auth));
        let errors = report.request("page").unwrap().errors();
        assert_eq!(errors, [("ntlm: the server rejected the user name, its domain or the password", 1)]);
        assert_all_ok(&report, "page Challenge", 2);
    };
    refused(ntlm("CORP\\ada", "wrong"));
    refused(ntlm("ada", "secret of ada").domain("OTHER"));
    refused(ntlm("nobody", "secret of ada").domain("CORP"));
}
