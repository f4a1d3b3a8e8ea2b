//! Assertions that lack a statistic, a metric or a condition, and criteria without windows.

use loadspiker::prelude::*;

fn main() {
    let shop = Simulation::new("shop");
    let _ = shop.clone().assert(global().response_time().lt(800.millis()));
    let _ = shop.clone().assert(global().failed_requests().between(1, 2));
    let _ = shop.clone().assert(details("login").lt(800.millis()));
    let _ = shop.clone().assert(check_details("cart").failed().is(0));
    let _ = shop.clone().assert(global().response_time().max());
    let _ = shop.clone().stop_when(global().requests_per_sec().lt(900));
    let _ = shop.fail_when(global().failed_requests().percent().over(10));
}
