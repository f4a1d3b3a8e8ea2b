//! The procedural macros of LoadSpiker. Use them through the `loadspiker` crate, which re-exports them: they expand to
//! paths of that crate.
//!
//! The logic is in the module `expand`, which works on ordinary token streams and is tested there; this file only hands over.
//! `scenario!` is no procedural macro: `macro_rules!` does all it needs, so it lives in the `loadspiker` crate.

use proc_macro::TokenStream;

mod expand;

/// Makes a function that returns a `Simulation` a test: the simulation is run, and the test fails with the table of
/// failed assertions unless all of them hold.
///
/// The function takes no parameters and returns a `Simulation`, or a `Result` with one. Load tests of one binary run
/// one after another, so that they do not disturb each other. Other attributes (`#[ignore]`, `#[should_panic]`,
/// `#[cfg(…)]`), documentation and visibility stay as they are.
///
/// ```ignore
/// use loadspiker::prelude::*;
///
/// #[loadspiker::test]
/// fn the_front_page_holds_its_promise() -> Simulation {
///     Simulation::new("front page")
///         .protocol(HttpProtocol::new("http://127.0.0.1:8080"))
///         .with(scenario!("Visit").exec(http("front page").get("/")).inject([at_once_users(10)]))
///         .assert(global().failed_requests().count().is(0))
/// }
/// ```
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::test(&arguments.into(), &item.into()).into()
}
