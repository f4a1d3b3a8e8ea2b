//! The child: the engine at full speed for some seconds, on one shard.

use std::time::{Duration, Instant};

use loadspiker::prelude::*;

use crate::CONNECTIONS;
use crate::journey::journey;
use crate::options::Scenario;

/// The request that is counted.
const NAME: &str = "get";

/// Repeats a GET or a journey with 64 users and prints what came of it as a line of JSON.
pub(crate) fn run(scenario: Scenario, url: &str, seconds: u64) -> Result<(), String> {
    let duration = Duration::from_secs(seconds);
    let chain = match scenario {
        Scenario::Get => exec(http(NAME).get(url)),
        Scenario::Journey => journey(NAME),
    };
    let users = scenario!("users").forever(chain).inject([constant_concurrent_users(CONNECTIONS).during(duration)]);
    let simulation = Simulation::new("peers")
        .protocol(HttpProtocol::new(url))
        .with(users)
        .shards(1)
        .max_duration(duration)
        // As in wrk, what is under way at the end is not waited for.
        .grace_period(Duration::ZERO);
    let start = Instant::now();
    let report = simulation.run().map_err(|error| error.to_string())?;
    let seconds = start.elapsed().as_secs_f64();
    let requests = report.global();
    println!("{}", json!({ "requests": requests.count(), "failed": requests.failed_count(), "seconds": seconds }));
    Ok(())
}
