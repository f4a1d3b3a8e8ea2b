//! The program at the head of the language's documentation, word for word but for its times.

use loadspiker::prelude::*;

/// How many users come, and how many requests of each kind they make.
pub(crate) const USERS: u64 = 50;
/// Each user lists, and looks at a product, so many times.
pub(crate) const ROUNDS: u64 = 3;

/// The users, as the CSV file has them.
pub(crate) const USERS_CSV: &str =
    "username,password,page\nada,pw-ada,1\ngrace,pw-grace,2\n\"lin,da\",\"pw-lin,da\",3\n";

/// The simulation, with its users in the file `users`.
pub(crate) fn shop(base_url: &str, users: &str) -> Simulation {
    let shop = HttpProtocol::new(base_url).header("accept", "application/json").user_agent("loadspiker");

    let login = exec(
        http("login")
            .post("/login")
            .json(json!({ "user": "#{username}", "password": "#{password}" }))
            .check(status().is(200))
            .check(json_path("$.access_token").save_as("token"))
            .check(header("x-session-id").optional().save_as("session_id")),
    )
    .exit_here_if_failed();

    let browse = scenario!("Browse")
        .feed(csv(users).circular())
        .exec(login)
        .repeat(
            ROUNDS,
            exec(
                http("list")
                    .get("/products")
                    .query("page", "#{page}")
                    .bearer("#{token}")
                    .check(json_path("$[*].id").find_random().save_as("id")),
            )
            .pause(10.millis()..30.millis())
            .exec(http("detail").get("/products/#{id}").check(json_path("$.price").gt(0.0))),
        )
        .pause(5.millis());

    Simulation::new("shop")
        .protocol(shop)
        .with(browse.inject([
            at_once_users(10),
            ramp_users(20).during(500.millis()),
            constant_users_per_sec(20.0).during(1.secs()),
        ]))
        .max_duration(2.minutes())
        .assert(global().response_time().percentile(95.0).lt(1.minutes()))
        .assert(global().failed_requests().percent().lt(1.0))
        .assert(details("login").response_time().max().lt(1.minutes()))
}
