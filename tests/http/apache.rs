//! Against Apache: digest authentication as it has it.

use std::process::Command;

use loadspiker::prelude::*;
use loadspiker_testkit::Folder;
use loadspiker_testkit::servers::Apache;

use crate::support::{assert_all_ok, run};

/// Apache with a page for ada, who has to prove herself by a digest.
fn with_digest(more: &str) -> Apache {
    let folder = Folder::new();
    folder.write("html/index.html", "staff only");
    let hashed =
        Command::new("sh").args(["-c", "printf 'ada:staff:secret of ada' | md5sum | cut -d' ' -f1"]).output().unwrap();
    folder.write("users", format!("ada:staff:{}", String::from_utf8(hashed.stdout).unwrap()));
    let users = folder.path().join("users");
    let directory = format!(
        "AuthType Digest\nAuthName staff\nAuthUserFile {}\nAuthDigestQop auth\nRequire valid-user\n{more}",
        users.display()
    );
    Apache::start(folder, &["auth_digest", "dir"], &directory)
}

fn page() -> HttpRequest {
    http("page").get("/index.html").query("x", "a b").check(body_string().is("staff only"))
}

#[test]
fn one_challenge_a_user_is_enough_for_all_its_requests() {
    let apache = with_digest("");
    let protocol = HttpProtocol::new(apache.url()).digest_auth("ada", "#{password}");
    let visit = feed(records([[("password", "secret of ada")]]).circular()).repeat(5, page());
    let report = run(3, protocol, visit);
    assert_all_ok(&report, "page", 15);
    assert_all_ok(&report, "page Challenge", 3);
    assert_eq!(*report.global().status_codes(), [(200, 15), (401, 3)].into());
    assert_eq!(report.global().phases().connect().count(), 3, "{}", apache.errors());
}

#[test]
fn nonces_for_one_request_only_are_replaced_by_the_next() {
    let apache = with_digest("AuthDigestNonceLifetime 0");
    let protocol = HttpProtocol::new(apache.url()).digest_auth("ada", "secret of ada");
    let report = run(1, protocol, repeat(5, page()));
    assert_all_ok(&report, "page", 5);
    assert_all_ok(&report, "page Challenge", 1);
}

#[test]
fn a_wrong_password_is_refused() {
    let apache = with_digest("");
    let request = http("page").get("/index.html").digest_auth("ada", "wrong");
    let report = run(2, HttpProtocol::new(apache.url()), request);
    assert_eq!(report.request("page").unwrap().errors(), [("status is 401, expected 2xx or 304", 2)]);
    assert_all_ok(&report, "page Challenge", 2);
}
