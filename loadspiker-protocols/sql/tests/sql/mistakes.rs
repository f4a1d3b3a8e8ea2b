//! What is wrong before any database is asked.

use loadspiker_core::dsl::{Simulation, Steps, scenario};
use loadspiker_core::inject::at_once_users;
use loadspiker_sql::sql_feeder;
use loadspiker_testkit::machine::unused_port;

use super::support::mistake;

#[test]
fn a_scheme_that_is_unknown_names_those_that_are_known() {
    assert_eq!(
        mistake(&sql_feeder("oracle://shop:s3cret@db/shop", "SELECT 1")),
        "feeder sql_feeder(\"oracle://shop:•••@db/shop\", \"SELECT 1\"): unsupported database scheme \"oracle\"; a \
         URL begins with sqlite:, postgres:// or mysql:// (or postgresql://, mariadb://)"
    );
    assert!(mistake(&sql_feeder("postgres://h/d", " ")).contains("the query is empty; write one that returns rows"));
    let port = mistake(&sql_feeder("postgres://shop:s3cret@db:port/shop", "SELECT 1"));
    assert!(port.contains("the URL cannot be read: ") && !port.contains("s3cret"), "{port}");
}

#[test]
fn a_server_that_is_not_there_is_told_with_the_url_and_the_step() {
    let port = unused_port();
    let users = sql_feeder(format!("mysql://shop:s3cret@127.0.0.1:{port}/shop"), "SELECT id\n  FROM users");
    let simulation = Simulation::new("absent").with(scenario("Visit").feed(users).inject([at_once_users(1)]));
    let message = simulation.run().unwrap_err().to_string();
    assert!(message.contains("scenario \"Visit\", feed sql_feeder("), "{message}");
    assert!(message.contains("\"SELECT id FROM users\"): cannot connect: "), "{message}");
    assert!(message.contains("is the server running, and are host and port right?"), "{message}");
    assert!(!message.contains("s3cret"), "{message}");
}
