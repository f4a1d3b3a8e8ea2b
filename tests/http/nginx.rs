//! Against nginx: files, connections, compression, redirects, passwords.

use loadspiker::prelude::*;
use loadspiker_testkit::Folder;
use loadspiker_testkit::servers::Nginx;

use crate::support::{assert_all_ok, run, tally};

fn with_files() -> Folder {
    let folder = Folder::new();
    folder.write("html/index.html", "<h1>front page</h1>");
    folder.write("html/long.txt", "a line like all the others\n".repeat(4_000));
    folder
}

#[test]
fn files_are_fetched_over_connections_that_are_kept() {
    let nginx = Nginx::start(with_files(), "");
    let chain = repeat(
        5,
        exec(http("page").get("/").check(body_string().is("<h1>front page</h1>")))
            .exec(http("long").get("/long.txt").check(body_length().is(108_000)))
            .exec(http("head").head("/long.txt").check(header("content-length").is("108000"))),
    );
    let report = run(10, HttpProtocol::new(nginx.url()), chain);
    for name in ["page", "long", "head"] {
        assert_all_ok(&report, name, 50);
    }
    assert!(report.request("long").unwrap().bytes_received() >= 50 * 108_000);
    assert_eq!(report.global().phases().connect().count(), 10);
    let connections = tally(nginx.stop().iter().map(|logged| logged.connection));
    assert!(connections.len() == 10 && connections.values().all(|requests| *requests == 15), "{connections:?}");
}

#[test]
fn a_server_that_limits_requests_per_connection_gets_a_new_one_and_no_request_twice() {
    let nginx = Nginx::start(with_files(), "keepalive_requests 3;");
    let report = run(2, HttpProtocol::new(nginx.url()), repeat(10, http("page").get("/")));
    assert_all_ok(&report, "page", 20);
    let log = nginx.stop();
    assert_eq!(log.len(), 20);
    assert!(log.iter().all(|logged| logged.turn <= 3 && logged.status == 200), "{log:?}");
    assert_eq!(tally(log.iter().map(|logged| logged.connection)).len(), 8);
    assert_eq!(report.global().phases().connect().count(), 8);
}

#[test]
fn a_connection_that_the_server_closes_between_requests_is_replaced() {
    // The server forgets a connection while the user rests.
    let nginx = Nginx::start(with_files(), "keepalive_timeout 100ms;");
    let report = run(3, HttpProtocol::new(nginx.url()), repeat(3, exec(http("page").get("/")).pause(400.millis())));
    assert_all_ok(&report, "page", 9);
    assert_eq!(nginx.stop().len(), 9);
}

#[test]
fn compressed_answers_are_decoded_for_checks_and_counted_as_sent() {
    let nginx = Nginx::start(with_files(), "gzip on; gzip_types text/plain; gzip_min_length 1;");
    let fetch = |name: &str| http(name).get("/long.txt").check(body_length().is(108_000));
    let chain = exec(
        fetch("packed")
            .header("accept-encoding", "gzip")
            .check(header("content-encoding").is("gzip"))
            .check(substring("a line like all the others").count().is(4_000)),
    )
    .exec(fetch("plain").check(header("content-encoding").not_exists()));
    let report = run(3, HttpProtocol::new(nginx.url()), chain);
    assert_all_ok(&report, "packed", 3);
    assert_all_ok(&report, "plain", 3);
    let received = |name: &str| report.request(name).unwrap().bytes_received();
    assert!(received("packed") < 3 * 5_000 && received("plain") > 3 * 108_000);
}

#[test]
fn redirects_and_missing_pages_are_what_the_report_says() {
    let nginx =
        Nginx::start(with_files(), "location = /old { return 302 /long.txt; } location = /gone { return 404; }");
    let chain = exec(http("old").get("/old").check(status().is(200)))
        .exec(http("gone").get("/gone"))
        .exec(http("expected").get("/nowhere").check(status().is(404)))
        .exec(
            http("stay").get("/old").no_follow_redirects().check(status().is(302)).check(header("location").exists()),
        );
    let report = run(4, HttpProtocol::new(nginx.url()), chain);
    for name in ["old", "old Redirect 1", "expected", "stay"] {
        assert_all_ok(&report, name, 4);
    }
    assert_eq!(report.request("gone").unwrap().errors(), [("status is 404, expected 2xx or 304", 4)]);
    assert_eq!(*report.global().status_codes(), [(200, 4), (302, 8), (404, 8)].into());
    assert_eq!(nginx.stop().len(), 20);
}

#[test]
fn passwords_open_what_is_closed_without() {
    let folder = with_files();
    folder.write("htpasswd", "ada:{PLAIN}secret of ada\n");
    let nginx = Nginx::start(folder, "auth_basic staff; auth_basic_user_file htpasswd;");
    let chain = exec(http("right").get("/").basic_auth("ada", "#{password}"))
        .exec(http("wrong").get("/").basic_auth("ada", "secret").check(status().is(401)))
        .exec(http("none").get("/").check(header("www-authenticate").is("Basic realm=\"staff\"")));
    let known = feed(records([[("password", "secret of ada")]]).circular()).exec(chain);
    let report = run(2, HttpProtocol::new(nginx.url()), known);
    assert_all_ok(&report, "right", 2);
    assert_all_ok(&report, "wrong", 2);
    assert_eq!(report.request("none").unwrap().errors(), [("status is 401, expected 2xx or 304", 2)]);
}
