//! Every form of function that `#[loadspiker::test]` takes. (Under trybuild they would prove nothing: it builds
//! programs, and a program leaves its tests out.)

use loadspiker::prelude::*;

fn waits(users: u64) -> Simulation {
    Simulation::new("waits").with(scenario!("Wait").pause(1.millis()).inject([at_once_users(users)]))
}

#[loadspiker::test]
fn a_simulation_is_run() -> Simulation {
    waits(1)
}

#[loadspiker::test]
fn a_question_mark_may_be_used() -> Result<Simulation, std::num::ParseIntError> {
    Ok(waits("5".parse()?))
}

#[loadspiker::test]
#[should_panic(expected = "there is no simulation to run: invalid digit")]
fn an_error_fails_the_test() -> Result<Simulation, std::num::ParseIntError> {
    Ok(waits("many".parse()?))
}

/// Documentation, visibility and attributes, outer and inner, stay.
#[loadspiker::test]
#[should_panic(expected = "built")]
#[cfg(not(miri))]
pub(crate) fn what_was_written_stays() -> Simulation {
    #![expect(unreachable_code, reason = "shows that inner attributes are kept")]
    panic!("built");
    waits(1)
}

mod inner {
    use super::waits;

    #[expect(clippy::needless_return, reason = "that an early return works is what is tested")]
    #[loadspiker::test]
    fn r#match() -> loadspiker::prelude::Simulation {
        return waits(1);
    }

    #[loadspiker::test]
    fn r#impl() -> impl loadspiker::__private::LoadTest {
        waits(1)
    }
}
