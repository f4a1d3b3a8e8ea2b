//! What a user gets in one answer it needs for the next request: tokens, identifiers, CSRF tokens from headers and cookies.
//! A server refuses whatever is not that of the same user. The same journey in both styles.

use std::sync::LazyLock;

use loadspiker::prelude::*;

use crate::support::assert_all_ok;
use crate::support::portal::Portal;

const USERS: u64 = 25;

fn accounts() -> Feeder {
    records((0..USERS).map(|n| [("account", format!("user {n}")), ("password", format!("pw \"user {n}\""))]))
}

/// What all requests behind the login have in common.
fn as_user(request: HttpRequest) -> HttpRequest {
    request.bearer("#{token}").header("accept", "application/json").check(status().is(200))
}

/// The page of the login, whose header has a CSRF token.
fn login_page() -> HttpRequest {
    http("login page").get("/login").check(header("x-csrf-token").save_as("page_token")).check(cookie("visit").exists())
}

fn login() -> HttpRequest {
    http("login")
        .post("/login")
        .header("x-csrf-token", "#{page_token}")
        .json(json!({ "user": "#{account}", "password": "#{password}" }))
        .check(json_path("$.access_token").save_as("token"))
        .check(json_path("$.user.id").save_as("user_id"))
        .check(cookie("csrf").save_as("csrf"))
        .check(cookie("visit").not_exists())
}

fn offers() -> HttpRequest {
    http("offers")
        .get("/users/#{user_id}/orders")
        .with(as_user)
        .check(json_path("$.of").is("#{account}"))
        .check(json_path("$.offers[*]").find_all().save_as("offers"))
}

fn order(product: &str) -> HttpRequest {
    http("order")
        .with(as_user)
        .post("/users/#{user_id}/orders")
        .header("x-csrf-token", "#{csrf}")
        .json(json!({ "product": product }))
        .check(cookie("csrf").save_as("csrf"))
}

fn logout() -> HttpRequest {
    http("logout").post("/logout").check(status().is(204))
}

fn built() -> Scenario {
    scenario!("Built")
        .feed(accounts())
        .exec(login_page())
        .exec(login())
        .exit_here_if_failed()
        .exec(offers())
        .foreach("#{offers}", "offer", exec(order("#{offer}")).pause(1.millis()))
        .exec(logout())
}

static ACCOUNTS: LazyLock<Feeder> = LazyLock::new(accounts);

#[loadspiker::scenario("Imperative")]
async fn imperative(user: &mut User) -> Outcome {
    user.feed(&ACCOUNTS)?;
    user.send(login_page()).await?;
    user.http("login")
        .post("/login")
        .header("x-csrf-token", "#{page_token}")
        .json(json!({ "user": "#{account}", "password": "#{password}" }))
        .check(json_path("$.access_token").save_as("token"))
        .check(json_path("$.user.id").save_as("user_id"))
        .check(cookie("csrf").save_as("csrf"))
        .send()
        .await?;
    let offers: Vec<String> = user.send(offers()).await?.json::<serde_json::Value>()?["offers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|offer| offer.as_str().map(str::to_owned))
        .collect();
    for offer in offers {
        user.send(order(&offer)).await?;
        user.pause(1.millis()).await;
    }
    user.send(logout()).await?;
    Ok(())
}

fn run(population: Population, protocol: fn(&Portal) -> HttpProtocol) {
    let portal = Portal::open();
    let report = Simulation::new("portal").protocol(protocol(&portal)).with(population).shards(2).run().unwrap();
    let orders = portal.orders();
    for (request, times) in [("login page", 1), ("login", 1), ("offers", 1), ("order", 2), ("logout", 1)] {
        assert_all_ok(&report, request, USERS * times);
    }
    assert_eq!((report.users_ended(), report.users_failed()), (USERS, 0));
    assert_eq!(orders.len(), 2 * usize::try_from(USERS).unwrap());
    // Each account has ordered what it was offered.
    for pair in orders.chunks(2) {
        assert_eq!(pair[0].0, pair[1].0);
        let book = pair[0].1["product"].as_str().unwrap().strip_prefix("book/").unwrap();
        assert_eq!(pair[1].1["product"], format!("pen \"{book}\""));
    }
}

#[test]
fn a_built_scenario_carries_on_what_it_is_given() {
    run(built().inject([at_once_users(USERS)]), |portal| HttpProtocol::new(&portal.url));
}

#[test]
fn users_that_share_connections_are_told_apart() {
    run(built().inject([at_once_users(USERS)]), |portal| HttpProtocol::new(&portal.url).share_connections());
}

#[test]
fn an_imperative_scenario_carries_on_what_it_is_given() {
    run(imperative.inject([at_once_users(USERS)]), |portal| HttpProtocol::new(&portal.url));
}

#[test]
fn a_user_that_does_not_carry_it_on_is_refused() {
    let portal = Portal::open();
    let careless = scenario!("Careless").feed(accounts()).exec(login_page()).exec(flush_cookies()).exec(login());
    let report = Simulation::new("portal")
        .protocol(HttpProtocol::new(&portal.url))
        .with(careless.inject([at_once_users(2)]))
        .run()
        .unwrap();
    assert_eq!(report.request("login").unwrap().failed_count(), 2);
    assert_eq!(*report.request("login").unwrap().status_codes(), [(403, 2)].into());
}
