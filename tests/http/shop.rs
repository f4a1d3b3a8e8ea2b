//! The program at the head of the language's documentation, against servers of four kinds.

use loadspiker::prelude::*;
use loadspiker_testkit::Folder;
use loadspiker_testkit::servers::{Nginx, Python};

use crate::support::catalogue::Catalogue;
use crate::support::shop_program::{ROUNDS, USERS, USERS_CSV, shop};
use crate::support::{assert_all_ok, tally};

/// Runs it, and sees to it that every request was made and ended well.
fn run(base_url: &str) -> RunReport {
    let folder = Folder::new();
    let report = shop(base_url, &folder.write("data/users.csv", USERS_CSV)).run().unwrap();
    assert_all_ok(&report, "login", USERS);
    assert_all_ok(&report, "list", USERS * ROUNDS);
    assert_all_ok(&report, "detail", USERS * ROUNDS);
    assert_eq!((report.users_started(), report.users_ended(), report.users_failed()), (USERS, USERS, 0));
    assert_eq!(*report.global().status_codes(), [(200, USERS * (1 + 2 * ROUNDS))].into());
    report.assert_passed();
    assert_eq!(report.assertions().len(), 3);
    report
}

#[test]
fn against_the_shop_it_is_written_for() {
    let catalogue = Catalogue::open();
    run(&catalogue.url);
    let log = catalogue.log();
    assert!(log.refused.is_empty(), "{:?}", log.refused);
    // Fifty users take three records in turn.
    let users = tally(log.logins.iter().map(String::as_str));
    let mut turns: Vec<_> = users.values().copied().collect();
    turns.sort_unstable();
    assert_eq!(users.keys().copied().collect::<Vec<_>>(), ["ada", "grace", "lin,da"]);
    assert_eq!(turns, [16, 17, 17]);
    // Each lists with the token of its own login, the page of its own record.
    let lists = tally(log.lists.iter().copied());
    assert_eq!(lists.len(), log.logins.len());
    for ((login, page), count) in lists {
        let own = match log.logins[login].as_str() {
            "ada" => 1,
            "grace" => 2,
            _ => 3,
        };
        assert_eq!((page, count), (own, 3), "login {login}");
    }
    // What is looked at was on a page that was listed.
    assert_eq!(log.details.len(), 150);
    assert!(log.details.iter().all(|id| (1..=3).contains(&(id / 10)) && (1..=3).contains(&(id % 10))));
}

#[test]
fn against_nginx() {
    let nginx = Nginx::start(
        Folder::new(),
        r#"
        location = /login { return 200 '{"access_token": "t"}'; }
        location = /products { return 200 '[{"id": 1}, {"id": 2}]'; }
        location /products/ { return 200 '{"price": 1.5}'; }
        "#,
    );
    run(&nginx.url());
    let log = nginx.stop();
    let lines = tally(log.iter().map(|logged| logged.line.as_str()));
    assert_eq!(lines["POST /login HTTP/1.1"], 50);
    assert_eq!(lines["GET /products/1 HTTP/1.1"] + lines["GET /products/2 HTTP/1.1"], 150);
    let pages = [1, 2, 3].map(|page| lines[format!("GET /products?page={page} HTTP/1.1").as_str()]);
    assert_eq!(pages.iter().sum::<usize>(), 150);
    // Every user has a connection of its own, and keeps it.
    let connections = tally(log.iter().map(|logged| logged.connection));
    assert!(connections.len() == 50 && connections.values().all(|requests| *requests == 7), "{connections:?}");
}

#[test]
fn against_a_server_in_python() {
    for version in ["HTTP/1.0", "HTTP/1.1"] {
        let python = Python::start(version);
        let report = run(&python.url);
        let connections = if version == "HTTP/1.0" { 350 } else { 50 };
        assert_eq!(report.global().phases().connect().count(), connections, "{version}");
    }
}
