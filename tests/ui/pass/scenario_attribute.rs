//! `#[loadspiker::scenario("…")]` makes a value that is a step, a scenario and a population, and can be called.

use loadspiker::prelude::*;

/// Documented, and visible from elsewhere.
#[loadspiker::scenario("Log in")]
pub(crate) async fn log_in(user: &mut User) -> Outcome {
    user.dummy("login", 1.millis()).await
}

#[loadspiker::scenario("Buy")]
#[allow(clippy::needless_pass_by_ref_mut)]
async fn buy(user: &mut User) -> Outcome {
    log_in::run(user).await?;
    user.group("checkout", async |user| user.dummy("pay", 1.millis()).await).await
}

/// Without `scenario!` in the same module the attribute may be imported.
mod inner {
    use loadspiker::prelude::*;
    use loadspiker::scenario;

    #[scenario("Look around")]
    pub(super) async fn look_around(_user: &mut User) -> Result<(), StepError> {
        Ok(())
    }
}

pub(crate) fn main() {
    let everything = scenario!("All").exec(log_in).exec(buy).exec_async("again", buy::run);
    let simulation = Simulation::new("shop")
        .with(everything.inject([at_once_users(1)]))
        .with(buy.inject([constant_users_per_sec(1).during(1.secs())]))
        .with(inner::look_around.scenario().pause(1).inject([at_once_users(1)]));
    simulation.plan(&loadspiker::RunOptions::default()).unwrap();
}
