//! Things that are begun and not finished: a request without a method, a scenario without users, steps that are none.

use loadspiker::prelude::*;

fn common(request: HttpRequest) {
    let _ = request.header("accept", "application/json");
}

fn main() {
    let _ = exec(http("login"));
    let _ = exec("login");
    let _ = Simulation::new("shop").with(scenario!("Browse").pause(1));
    let _ = http("login").get("/login").with(common);
    let _ = exec_fn(|session| {
        session.set("n", 1)?;
    });
}
