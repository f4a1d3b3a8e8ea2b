//! What is not a length of time where a fixed one is asked for.

use loadspiker::prelude::*;

fn main() {
    let _ = constant_users_per_sec(1).during(1.5);
    let _ = constant_users_per_sec(1).during("10s");
    let _ = Simulation::new("shop").max_duration(-1);
}
