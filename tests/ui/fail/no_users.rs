//! Scenarios that nobody runs.

use loadspiker::prelude::*;

fn main() {
    let browse = scenario!("Browse").pause(1);
    let _ = Simulation::new("shop").with(browse.clone());
    let _ = browse.clone().inject([at_once_users(1)]).and_then(browse.clone());
    let _ = browse.clone().inject([at_once_users(1)]).and_then([browse]);
}
