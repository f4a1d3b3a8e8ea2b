//! A first load test: customers of a web shop log in, look around, fill a cart and check out.
//!
//! ```text
//! cargo run --release --example quickstart                # runs for about ten seconds
//! cargo run --release --example quickstart -- --check     # shows the plan and runs nothing
//! cargo run --release --example quickstart -- --help      # what else the command line can do
//! ```
//!
//! The shop is a small HTTP server that this program starts for itself, so there is nothing to set up.

use std::io;
use std::process::ExitCode;

use loadspiker::prelude::*;

#[path = "support/shop.rs"]
mod shop;

/// Names and passwords of the customers: a CSV file, whose first line names the columns.
const CUSTOMERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/users.csv");

fn main() -> io::Result<ExitCode> {
    // The system under test. Yours is running already: write its URL here.
    let base_url = shop::open()?;

    // What all requests have in common.
    let shop = HttpProtocol::new(base_url).header("accept", "application/json").user_agent("quickstart");

    // A scenario is what one virtual user does, step by step. Its parts are values: name them, reuse them.
    let customer = scenario!("Customer").exec(log_in()).repeat(2, browse()).exec(buy());

    let simulation =
        Simulation::new("quickstart")
            .protocol(shop)
            // How many customers arrive, and when: ever more for three seconds, then ten a second for five.
            .with(customer.inject([
                ramp_users_per_sec(1.0).to(10.0).during(3.secs()),
                constant_users_per_sec(10.0).during(5.secs()),
            ]))
            .max_duration(20.secs())
            // What must hold. If it does not, the program ends with exit code 1.
            .assert(global().failed_requests().count().is(0))
            .assert(global().response_time().percentile(95.0).lt(250.millis()))
            .assert(details("checkout / pay").response_time().max().lt(1.secs()));

    // Reads the command line, runs, shows progress and the summary, writes the result to a folder.
    Ok(simulation.main())
}

/// Takes a customer from the file and logs in.
fn log_in() -> Chain {
    // Each user takes the next line; `#{username}` and `#{password}` are what it says in these columns.
    feed(csv(CUSTOMERS).circular())
        .exec(
            http("login")
                .post("/login")
                .json(json!({ "user": "#{username}", "password": "#{password}" }))
                // Checks say what a good answer is. They also keep parts of it for later, as `#{token}`.
                .check(status().is(200))
                .check(header("x-session-id").exists())
                .check(json_path("$.access_token").save_as("token")),
        )
        // A failed check is counted, and the user goes on. Without a token that makes no sense here.
        .exit_here_if_failed()
}

/// Opens a page of the list, and one product on it.
fn browse() -> Chain {
    exec(
        http("list")
            .get("/products")
            // Pages 1 to 5: the second number is never drawn.
            .query("page", "#{randomInt(1,6)}")
            .check(json_path("$.products[*].id").find_random().save_as("id")),
    )
    // People read before they click: a think time, drawn anew each time.
    .pause(200.millis()..600.millis())
    .exec(http("detail").get("/products/#{id}").check(json_path("$.price").gt(0.0)))
    .pause(200.millis()..600.millis())
}

/// Puts the product looked at last into the cart and pays. A group is also timed as a whole.
fn buy() -> Chain {
    group(
        "checkout",
        exec(http("add to cart").put("/cart/#{id}").bearer("#{token}").check(json_path("$.items").is(1)))
            .pause(300.millis())
            .exec(http("pay").post("/checkout").bearer("#{token}").check(status().is(201))),
    )
}
