//! The procedural macros of LoadSpiker. Use them through the `loadspiker` crate, which re-exports them: they expand to
//! paths of that crate.
//!
//! * [`macro@test`]: turns a function that returns a simulation into a test for `cargo test`;
//! * [`macro@scenario`]: turns an async function into a scenario, in the imperative style;
//! * [`derive(Record)`](derive@Record): makes a struct a record of feeders.
//!
//! The logic is in modules that work on ordinary token streams and are tested there; this file only delegates. `scenario!` is
//! not a procedural macro: `macro_rules!` is enough for it, so it is in the `loadspiker` crate.

use proc_macro::TokenStream;

mod expand;
mod mistakes;
mod record;
mod scenario;

/// Makes a function that returns a `Simulation` a test. The test runs the simulation, and fails with a table of the failed
/// assertions if any fail.
///
/// The function takes no parameters and returns a `Simulation`, or a `Result` of one. Load tests in one binary run one after
/// another, so that they do not disturb each other. Other attributes (`#[ignore]`, `#[should_panic]`, `#[cfg(…)]`), docs
/// and visibility are kept.
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

/// Makes an async function a scenario, in the imperative style. The argument is the name that the report shows.
///
/// The function takes `&mut User` and returns an `Outcome`. It becomes a value with the function's name:
///
/// * `journey.inject([…])` injects users that run it, and `journey.scenario()` is a scenario to which steps can be added;
/// * `exec(journey)` is a step of another scenario, which is not timed itself;
/// * `journey::run(user).await?` calls it from another function of this kind.
///
/// In the prelude, this name is the macro `scenario!`, so write the attribute with its path, or import it:
/// `use loadspiker::scenario;`.
///
/// ```ignore
/// use loadspiker::prelude::*;
///
/// #[loadspiker::scenario("Look around")]
/// async fn look_around(user: &mut User) -> Outcome {
///     for page in 1..=3 {
///         user.http("list").get(format!("/products?page={page}")).send().await?;
///         user.pause(2..5).await;
///     }
///     Ok(())
/// }
///
/// fn simulation() -> Simulation {
///     Simulation::new("shop").with(look_around.inject([at_once_users(10)]))
/// }
/// ```
#[proc_macro_attribute]
pub fn scenario(arguments: TokenStream, item: TokenStream) -> TokenStream {
    scenario::scenario(&arguments.into(), &item.into()).into()
}

/// Makes a struct a record of feeders. `records([User { … }])` feeds values of it, `csv(path).typed::<User>()` reads them
/// from a file and checks all values before the run, and `session.record::<User>()` converts the record in the session back.
///
/// Each field is an attribute of the same name, with its native type: an `age: u8` is an integer. Fields can have the types
/// that `session.get` reads: integers, `f32`, `f64`, `bool`, `String`, `Vec<T>`, `Option<T>`, `Value`. An `Option` may be
/// empty or missing.
///
/// * `#[record(rename = "…")]` on a field sets its name in the file and in the session;
/// * `#[record(default)]` uses the type's default if the field is empty or missing, and `#[record(default = …)]` the value of
///   the expression.
///
/// ```ignore
/// use loadspiker::prelude::*;
///
/// #[derive(Record)]
/// struct User {
///     name: String,
///     #[record(rename = "years")]
///     age: u8,
///     coupon: Option<String>,
///     #[record(default = 1)]
///     items: u32,
/// }
///
/// let users = csv("data/users.csv").typed::<User>().circular();
/// ```
#[proc_macro_derive(Record, attributes(record))]
pub fn derive_record(item: TokenStream) -> TokenStream {
    record::derive(&item.into()).into()
}
