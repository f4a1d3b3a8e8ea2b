//! Injection profiles of one kind, open and closed.

use loadspiker::prelude::*;

pub(crate) fn main() {
    let open = scenario!("Open").pause(1).inject([
        nothing_for(1.secs()),
        at_once_users(10),
        ramp_users(100).during(10.secs()),
        constant_users_per_sec(20.0).during(30.secs()),
        ramp_users_per_sec(1.0).to(10.0).during(10.secs()),
        stress_peak_users(100).during(10.secs()),
    ]);
    let closed = scenario!("Closed")
        .pause(1)
        .inject([constant_concurrent_users(10).during(10.secs()), ramp_concurrent_users(10).to(20).during(10.secs())]);
    let _ = Simulation::new("both").with(open).with(closed);
}
