// A module of the same name as what the expansion uses does not disturb it.
mod std {}

use loadspiker::prelude::*;

#[derive(Clone, Debug, PartialEq, Record)]
struct User {
    name: String,
    #[record(rename = "years")]
    age: u8,
    coupon: Option<String>,
    #[record(default)]
    score: f64,
    #[record(default = 3)]
    items: u32,
}

fn main() {
    let _ = records([User { name: "anna".to_owned(), age: 31, coupon: None, score: 0.5, items: 1 }]).circular();
    let _ = csv("users.csv").typed::<User>();
    let _ = exec_fn(|session| {
        let user: User = session.record()?;
        session.set("older", user.age + 1)?;
        Ok(())
    });
}
