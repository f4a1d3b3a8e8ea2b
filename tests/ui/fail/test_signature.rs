use loadspiker::prelude::*;

fn simulation() -> Simulation {
    Simulation::new("nothing").with(scenario!("Nothing").pause(1).inject([at_once_users(1)]))
}

#[loadspiker::test]
async fn asynchronous() -> Simulation {
    simulation()
}

#[loadspiker::test]
fn with_parameters(_users: u32, _seconds: u32) -> Simulation {
    simulation()
}

#[loadspiker::test]
fn without_return_type() {
    simulation();
}

#[loadspiker::test]
fn generic<T>() -> Simulation {
    simulation()
}

#[loadspiker::test(seconds = 5)]
fn with_arguments() -> Simulation {
    simulation()
}

#[loadspiker::test]
#[test]
fn twice() -> Simulation {
    simulation()
}

fn main() {}
