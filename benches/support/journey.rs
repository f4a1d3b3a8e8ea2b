//! A full journey: what is set beside wrk, and what instructions are counted of.

use loadspiker::prelude::*;

/// One request, of this name, of a user who does all that a scenario usually does about it.
pub(crate) fn journey(name: &'static str) -> Chain {
    let products = (0..1000).map(|id| [("id", Value::from(id)), ("token", Value::from(format!("token-{id:06}")))]);
    let product = http(name)
        .get("/products/#{id}?view=full")
        .header("x-session", "session-#{token}")
        .check(status().is(200))
        .check(json_path("$.name").save_as("name"));
    feed(records(products).circular()).group("browse", exec(product)).pause(0)
}
