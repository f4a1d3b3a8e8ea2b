//! What is not a step where one is asked for.

use loadspiker::prelude::*;

fn main() {
    let browse = exec(http("home").get("/"));
    let _ = exec(http("login"));
    let _ = exec([browse.clone(), browse.clone()]);
    let _ = scenario!("Browse").repeat(3, http("list"));
    let _ = random_switch([(60, http("list")), (40, http("cart"))]);
    let _ = group("checkout", 5);
}
