//! Arguments of a type that means nothing where they stand.

use loadspiker::prelude::*;

struct Money(u32);

fn main() {
    // Checks compare with values.
    let _ = status().is(Money(5));
    let _ = json_path("$.price").gt(Money(5));
    let _ = json_path("$.price").with_default(Money(5));
    let _ = json_path("$.price").validate("cheap", |value, _session| value.is_some() as u8);
    // Requests take texts, bodies, JSON and checks.
    let _ = http("detail").get(Money(5));
    let _ = http("detail").get("/").query("price", Money(5));
    let _ = http("detail").get("/").header("x-price", Money(5));
    let _ = http("order").post("/").body(json!({ "price": 5 }));
    let _ = http("order").post("/").json(Money(5));
    let _ = http("order").post("/").check(true);
    let _ = http("order").post("/").check([status().is(200)]);
}
