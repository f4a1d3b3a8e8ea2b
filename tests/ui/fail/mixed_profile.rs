//! An injection profile says how many users arrive, or how many there are, not both.

use loadspiker::prelude::*;

fn main() {
    let _ = scenario!("Mixed").pause(1).inject([
        constant_users_per_sec(20.0).during(30.secs()),
        constant_concurrent_users(10).during(30.secs()),
    ]);
}
