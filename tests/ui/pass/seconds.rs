//! An integer is a number of seconds wherever a length of time is asked for.

use loadspiker::prelude::*;

pub(crate) fn main() {
    let open = scenario!("Open").pause(1).inject([
        nothing_for(1),
        ramp_users(10).during(10),
        constant_users_per_sec(2).during(30),
        ramp_users_per_sec(1).to(10).during(10),
        stress_peak_users(10).during(10),
        increment_users_per_sec(1).times(2).each_level_lasting(10).separated_by_ramps_lasting(5),
    ]);
    let closed = scenario!("Closed")
        .during(10, pause(1))
        .inject([
            constant_concurrent_users(10).during(10),
            ramp_concurrent_users(10).to(20).during(10),
            increment_concurrent_users(1).times(2).each_level_lasting(10).separated_by_ramps_lasting(5),
        ])
        .start_after("Open", 5)
        .throttle([reach_rps(100).over(10), hold_for(60)]);
    let _ = pool("users", records([("name", "anna")].map(|field| [field]))).wait_at_most(5);
    let open = open.protocol(HttpProtocol::new("http://127.0.0.1:1").connect_timeout(1).request_timeout(10));
    let _ = http("home").get("/").timeout(5);
    let plan = Simulation::new("both")
        .with(open)
        .with(closed)
        .warm_up(5)
        .max_duration(600)
        .grace_period(10)
        .hook_time_limit(60)
        .assert(global().requests_per_sec().over(10).gte(0))
        .plan(&loadspiker::RunOptions::default())
        .unwrap()
        .to_string();
    for line in ["constant_users_per_sec(2).during(30.secs())", "5 s after Open", "nothing_for(1.secs())"] {
        assert!(plan.contains(line), "{line} in {plan}");
    }
}
