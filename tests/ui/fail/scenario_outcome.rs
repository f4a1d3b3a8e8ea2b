//! What a journey returns and takes is looked at by the compiler.

use loadspiker::prelude::*;

#[loadspiker::scenario("Another result")]
async fn another_result(_user: &mut User) -> Result<u32, StepError> {
    Ok(5)
}

#[loadspiker::scenario("Another user")]
async fn another_user(_user: &mut String) -> Outcome {
    Ok(())
}

fn main() {}
