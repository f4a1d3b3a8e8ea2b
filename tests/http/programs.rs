//! Load tests that other tests run as processes of their own; see `support/process.rs`.

use std::ffi::OsString;
use std::process::ExitCode;

use loadspiker::prelude::*;

use crate::support::process::{ARGUMENTS, PROGRAM};

#[test]
#[ignore = "not a test, but the way into programs that tests run"]
fn run_the_program_that_a_test_asks_for() {
    let Ok(program) = std::env::var(PROGRAM) else { return };
    let arguments = std::env::var(ARGUMENTS).unwrap_or_default();
    let line = std::iter::once(program.as_str()).chain(arguments.lines()).map(OsString::from);
    let code = simulation(&program).main_with(line);
    std::process::exit((0..=255_u8).find(|number| ExitCode::from(*number) == code).unwrap().into());
}

fn simulation(program: &str) -> Simulation {
    // Whoever starts the program says where the target is.
    let protocol = HttpProtocol::new("http://127.0.0.1:1");
    let simulation = Simulation::new(program).protocol(protocol.clone());
    match program {
        // A hundred users a second, for twenty seconds.
        "visits" => simulation.with(
            scenario!("Visit").exec(http("page").get("/")).inject([constant_users_per_sec(100).during(20.secs())]),
        ),
        // A hundred users a second, for eight seconds, on one shard.
        "steady" => simulation.shards(1).with(
            scenario!("Visit").exec(http("page").get("/")).inject([constant_users_per_sec(100).during(8.secs())]),
        ),
        // Twenty users, each with a request that is given up after twenty seconds.
        "stalled" => {
            let patient = protocol.request_timeout(20.secs());
            let wait = scenario!("Wait").exec(http("page").get("/"));
            Simulation::new(program).protocol(patient).grace_period(1.minutes()).with(wait.inject([at_once_users(20)]))
        }
        // A user who is connected, then a thousand who try to be; the first sets the others free.
        "many-users" => {
            let first = scenario!("First")
                .exec(http("ready").get("/ready"))
                .pause(1)
                .exec(http("release").get("/release"))
                .inject([at_once_users(1)]);
            let many = scenario!("Many").pause(200.millis()).exec(http("held").get("/held"));
            simulation.with(first).with(many.inject([at_once_users(1_000)])).shards(1)
        }
        "asserts" => simulation
            .with(scenario!("Visit").exec(http("page").get("")).inject([at_once_users(3)]))
            .assert(global().failed_requests().count().is(0)),
        "wrong" => {
            let missing = scenario!("Missing").feed(csv("no/such/users.csv"));
            let typo = scenario!("Typo").exec(http("page").get("/#{usernmae}"));
            simulation.with(missing.inject([at_once_users(1)])).with(typo.inject([at_once_users(1)]))
        }
        "crashes" => simulation.with(
            scenario!("Visit")
                .exec(http("page").get("/"))
                .crash_load_generator("enough seen")
                .inject([at_once_users(1)]),
        ),
        other => panic!("there is no program {other}"),
    }
}
