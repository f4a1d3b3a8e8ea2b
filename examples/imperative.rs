//! The imperative style: the journey of a customer as an async function, next to a scenario that is built.
//!
//! ```text
//! cargo run --release --example imperative                # runs for about ten seconds
//! cargo run --release --example imperative -- --check     # shows the plan and runs nothing
//! ```
//!
//! The shop is a small HTTP server that this program starts for itself, so there is nothing to set up.

use std::io;
use std::process::ExitCode;
use std::sync::LazyLock;

use loadspiker::prelude::*;

#[path = "support/shop.rs"]
mod shop;

/// The customers. Made once, so that all users take records from the same list.
static CUSTOMERS: LazyLock<Feeder> =
    LazyLock::new(|| csv(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/users.csv")).circular());

fn main() -> io::Result<ExitCode> {
    // The system under test. Yours is running already: write its URL here.
    let base_url = shop::open()?;

    // Both styles mix: a journey is a step of a built scenario, and so is a piece of async code.
    let mixed = scenario!("Window shopper").exec(http("list").get("/products")).pause(200.millis()).exec_async(
        "compare",
        async |user| {
            let mut cheapest = f64::MAX;
            for id in 1..=5 {
                let product = user.http("detail").get(format!("/products/{id}")).send().await?;
                let product: serde_json::Value = product.json()?;
                cheapest = cheapest.min(product["price"].as_f64().ok_or("a product has no price")?);
            }
            user.session_mut().set("cheapest", cheapest)?;
            Ok(())
        },
    );

    let simulation = Simulation::new("imperative")
        .protocol(HttpProtocol::new(base_url).user_agent("imperative"))
        .with(customer.inject([constant_users_per_sec(10.0).during(5.secs())]))
        .with(mixed.inject([constant_users_per_sec(5.0).during(5.secs())]))
        .max_duration(20.secs())
        .assert(global().failed_requests().count().is(0))
        .assert(global().response_time().percentile(95.0).lt(250.millis()));

    Ok(simulation.main())
}

/// What a customer does, from the first page to the last.
#[loadspiker::scenario("Customer")]
async fn customer(user: &mut User) -> Outcome {
    log_in(user).await?;

    // An ordinary loop, with ordinary variables.
    let mut seen: Vec<i64> = Vec::new();
    for page in 1..=2 {
        user.http("list")
            .get(format!("/products?page={page}"))
            .check(json_path("$.products[*].id").find_random().save_as("id"))
            .send()
            .await?;
        let id = user.session().get("id")?;
        if !seen.contains(&id) {
            user.http("detail").get("/products/#{id}").send().await?;
            seen.push(id);
        }
        // Think time: part of no response time.
        user.pause(200.millis()..600.millis()).await;
    }

    user.group("checkout", async |user| {
        for id in &seen {
            user.http("add to cart").put(format!("/cart/{id}")).bearer("#{token}").send().await?;
        }
        // A status that is no success is a failure, unless it is said to be expected.
        let paid =
            user.http("pay").post("/checkout").bearer("#{token}").check(status().one_of([201, 409])).send().await?;
        if paid.status() == 409 {
            return Err("the cart was emptied by somebody else".into());
        }
        Ok(())
    })
    .await
}

/// Takes a customer from the file and logs in. A part of a journey is a function like any other.
async fn log_in(user: &mut User) -> Outcome {
    user.feed(&CUSTOMERS)?;
    let credentials = json!({ "user": "#{username}", "password": "#{password}" });
    user.http("login")
        .post("/login")
        .json(&credentials)
        .check(json_path("$.access_token").save_as("token"))
        .send()
        .await?;
    Ok(())
}
