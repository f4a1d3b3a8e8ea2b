//! Every form of function that `#[loadspiker::test]` takes. (Under trybuild they would prove nothing: it builds
//! programs, and a program leaves its tests out.)

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

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

/// Where its results go.
fn folder(test: &str) -> std::path::PathBuf {
    loadspiker::test_folder(Some("loadspiker"), &format!("test_attribute::{test}"))
}

#[loadspiker::test]
#[should_panic(expected = "results in")]
fn a_failure_names_the_folder_of_the_results() -> Simulation {
    // Of the run before, should there be any.
    let _ = std::fs::remove_dir_all(folder("a_failure_names_the_folder_of_the_results"));
    waits(1).simulated_clock().assert(global().all_requests().count().is(1))
}

#[loadspiker::test]
#[should_panic(expected = "load test \"panics\": 3 panics in its steps; their errors:\n          3  panicked at ")]
fn a_panic_in_a_step_fails_the_test() -> Simulation {
    let wrong = exec_fn(|session| panic!("user {} is not welcome", session.scenario()));
    Simulation::new("panics").with(scenario!("Wrong").exec(wrong).inject([at_once_users(3)]))
}

#[test]
fn results_are_in_a_folder_of_the_tests_own() {
    let test = "results_are_in_a_folder_of_the_tests_own";
    let folder = folder(test);
    let _ = std::fs::remove_dir_all(&folder);
    let name = format!("{}::{test}", module_path!());
    let wrong = || waits(1).simulated_clock().assert(global().all_requests().count().is(1));
    let failure = std::panic::catch_unwind(|| loadspiker::__private::run_test(Some("loadspiker"), &name, wrong));
    let message = *failure.unwrap_err().downcast::<String>().unwrap();
    assert!(message.starts_with("load test \"waits\" has not passed\n1 of 1 assertions failed:\n"), "{message}");
    assert!(message.ends_with(&format!("\nresults in {}", folder.display())), "{message}");
    let report = std::fs::read_to_string(folder.join("report.json")).unwrap();
    assert!(!loadspiker::RunReport::from_json(&report).unwrap().passed());
    let junit = std::fs::read_to_string(folder.join("junit.xml")).unwrap();
    assert!(junit.contains("<failure message=\"global: count of all requests is 1: was 0\""), "{junit}");
    // One that passes writes to the same folder, and says nothing.
    loadspiker::__private::run_test(Some("loadspiker"), &name, || waits(1).simulated_clock());
    let report = std::fs::read_to_string(folder.join("report.json")).unwrap();
    assert!(loadspiker::RunReport::from_json(&report).unwrap().passed());
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
