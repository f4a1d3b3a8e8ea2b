//! The child: the engine at full speed for some seconds, on one shard.

use std::time::{Duration, Instant};

use loadspiker::prelude::*;

use crate::CONNECTIONS;

/// Repeats a GET with 64 users and prints what came of it as a line of JSON.
pub(crate) fn run(url: &str, seconds: u64) -> Result<(), String> {
    let duration = Duration::from_secs(seconds);
    let get = scenario!("get")
        .forever(exec(http("get").get(url)))
        .inject([constant_concurrent_users(CONNECTIONS).during(duration)]);
    let simulation = Simulation::new("peers")
        .protocol(HttpProtocol::new(url))
        .with(get)
        .shards(1)
        .max_duration(duration)
        // As in wrk, what is under way at the end is not waited for.
        .grace_period(Duration::ZERO);
    let start = Instant::now();
    let report = simulation.run().map_err(|error| error.to_string())?;
    let seconds = start.elapsed().as_secs_f64();
    let get = report.request("get").ok_or("the report knows no request \"get\"")?;
    println!("{}", json!({ "requests": get.count(), "failed": get.failed_count(), "seconds": seconds }));
    Ok(())
}
