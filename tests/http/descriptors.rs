//! More users than there are file descriptors.

use std::sync::Arc;

use loadspiker_testkit::Gate;

use crate::support::process::Process;
use crate::support::server::{Server, ok};

/// A thousand users, and 256 file descriptors. The server answers nobody until all have tried to connect.
#[test]
fn users_without_a_file_descriptor_fail_with_the_limit_and_the_others_go_on() {
    let gate = Arc::new(Gate::default());
    let held = gate.clone();
    let server = Server::start(move |seen| {
        match seen.path() {
            "/held" => held.pass(),
            "/release" => held.open(),
            _ => {}
        }
        ok()
    });
    let ended = Process::start_with_file_limit(256, "many-users", &["--base-url", &server.url]).end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);

    let report = ended.report();
    assert_eq!((report.users_started(), report.users_ended()), (1_001, 1_001));
    assert_eq!(report.request("release").unwrap().ok_count(), 1);
    let request = report.request("held").unwrap();
    assert_eq!(request.count(), 1_000);
    // One connection is the releasing user's.
    assert_eq!(request.ok_count() + 1, server.connections() as u64);
    assert!((200..256).contains(&request.ok_count()), "{} of 256 descriptors were used", request.ok_count());
    let message = "out of file descriptors (limit 256): raise it with ulimit -n, or share connections";
    assert_eq!(request.errors(), [(message, request.failed_count())]);
    assert!(ended.stdout.contains(message), "the summary says so, too: {}", ended.stdout);
}

/// A shard needs a handful for itself. Where these are missing the program cannot start, and says so.
#[test]
fn a_program_that_cannot_start_for_want_of_descriptors_says_how_to_raise_the_limit() {
    let server = Server::start(|_| ok());
    let mut codes = Vec::new();
    for limit in 6..=20 {
        let ended = Process::start_with_file_limit(limit, "asserts", &["--base-url", &server.url]).end();
        let text = format!("out of file descriptors (limit {limit}): raise it with ulimit -n");
        match ended.code {
            Some(0) => {}
            // No user got a connection, or no file was left for the report.
            Some(1 | 2) => assert!((ended.stdout + &ended.stderr).contains(&text), "limit {limit}: {}", ended.stderr),
            code => panic!("limit {limit}: exit code {code:?}: {}", ended.stderr),
        }
        codes.push(ended.code);
    }
    assert_eq!(codes.first(), Some(&Some(2)), "{codes:?}");
}
