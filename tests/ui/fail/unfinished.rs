//! Functions that are begun and not finished: they return nothing.

use loadspiker::prelude::*;

fn common(request: HttpRequest) {
    let _ = request.header("accept", "application/json");
}

fn main() {
    let _ = http("login").get("/login").with(common);
    let _ = exec_fn(|session| {
        session.set("n", 1)?;
    });
}
