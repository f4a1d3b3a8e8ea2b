//! What must compile and what must not, with the messages that users see.
//!
//! What must compile is a part of this test. trybuild gets only what must not: it then checks all cases in one run of
//! `cargo check`, and neither generates code for the dependencies a second time nor links a program for each case.
//!
//! It is a package of its own, because trybuild checks all dependencies of the package it is in: those of the facade's tests,
//! with all features, would take minutes.
//!
//! After a change of messages: `TRYBUILD=overwrite cargo test -p loadspiker-ui-tests`, and read the difference.

#![allow(clippy::unwrap_used, clippy::redundant_closure, reason = "what must compile is written as users write it")]

#[path = "pass/profiles.rs"]
mod profiles;
#[path = "pass/record.rs"]
mod record;
#[path = "pass/scenario_attribute.rs"]
mod scenario_attribute;
#[path = "pass/scenario_macro.rs"]
mod scenario_macro;
#[path = "pass/seconds.rs"]
mod seconds;

#[test]
fn profiles_of_one_kind_compile() {
    profiles::main();
}

#[test]
fn typed_records_compile_and_come_back_as_they_were() {
    record::main();
}

#[test]
fn scenarios_as_functions_compile() {
    scenario_attribute::main();
}

#[test]
fn the_scenario_macro_compiles_wherever_it_is_named() {
    scenario_macro::main();
}

#[test]
fn whole_seconds_compile_wherever_a_duration_does() {
    seconds::main();
}

#[test]
fn wrong_programs_do_not_compile_and_say_why() {
    trybuild::TestCases::new().compile_fail("fail/*.rs");
}
