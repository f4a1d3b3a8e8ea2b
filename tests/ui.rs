//! What must compile and what must not, with the messages that users see.
//!
//! After a change of messages: `TRYBUILD=overwrite cargo test --test ui`, and read the difference.

#[test]
fn programs_compile_or_say_why_not() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
