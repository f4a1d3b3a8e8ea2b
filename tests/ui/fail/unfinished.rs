//! Things that are begun and not finished: a scenario without users, functions that return nothing.

use loadspiker::prelude::*;

fn common(request: HttpRequest) {
    let _ = request.header("accept", "application/json");
}

fn main() {
    let _ = Simulation::new("shop").with(scenario!("Browse").pause(1));
    let _ = http("login").get("/login").with(common);
    let _ = exec_fn(|session| {
        session.set("n", 1)?;
    });
}
