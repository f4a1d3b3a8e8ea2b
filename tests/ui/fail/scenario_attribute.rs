use loadspiker::prelude::*;

#[loadspiker::scenario("Not async")]
fn not_async(_user: &mut User) -> Outcome {
    Ok(())
}

#[loadspiker::scenario("Without a user")]
async fn without_a_user() -> Outcome {
    Ok(())
}

#[loadspiker::scenario("By value")]
async fn by_value(_user: User) -> Outcome {
    Ok(())
}

#[loadspiker::scenario("More than a user")]
async fn more_than_a_user(_user: &mut User, _pages: u32) -> Outcome {
    Ok(())
}

#[loadspiker::scenario("Generic")]
async fn generic<T>(_user: &mut User) -> Outcome {
    Ok(())
}

#[loadspiker::scenario("Without an outcome")]
async fn without_an_outcome(_user: &mut User) {}

#[loadspiker::scenario]
async fn without_a_name(_user: &mut User) -> Outcome {
    Ok(())
}

#[loadspiker::scenario("")]
async fn with_an_empty_name(_user: &mut User) -> Outcome {
    Ok(())
}

#[loadspiker::scenario(name = "Named")]
async fn with_a_key(_user: &mut User) -> Outcome {
    Ok(())
}

#[loadspiker::scenario("A struct")]
struct Journey;

fn main() {}
