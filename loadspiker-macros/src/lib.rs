//! The procedural macros of LoadSpiker. Use them through the `loadspiker` crate, which re-exports them: they expand to
//! paths of that crate.
//!
//! * [`macro@test`]: a function that returns a simulation is a test of `cargo test`;
//! * [`macro@scenario`]: an async function is a scenario, in the imperative style;
//! * [`derive(Record)`](derive@Record): a struct is a record of feeders.
//!
//! The logic is in modules that work on ordinary token streams and are tested there; this file only hands over.
//! `scenario!` is no procedural macro: `macro_rules!` does all it needs, so it lives in the `loadspiker` crate.

use proc_macro::TokenStream;

mod expand;
mod mistakes;
mod record;
mod scenario;

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

/// Makes an async function a scenario, in the imperative style; the name is what the report shows.
///
/// The function takes the user, `&mut User`, and returns an `Outcome`. It becomes a value of its name:
///
/// * `journey.inject([…])` gives it to a number of users, `journey.scenario()` goes on with it as a scenario;
/// * `exec(journey)` is a step of another scenario, which is not timed itself;
/// * `journey::run(user).await?` is a part of another function of this kind.
///
/// In the prelude, the macro `scenario!` has this name, so the attribute is written with its path, or imported by
/// itself: `use loadspiker::scenario;`.
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

/// Makes a struct a record of feeders: `records([User { … }])` feeds it, `csv(path).typed::<User>()` reads it from a
/// file and checks every value before the run, `session.record::<User>()` gives it back.
///
/// Each field is an attribute of the same name, of the native type: an `age: u8` is an integer. The types of fields are
/// those that `session.get` reads: integers, `f32`, `f64`, `bool`, `String`, `Vec<T>`, `Option<T>`, `Value`. An
/// `Option` may be empty or missing.
///
/// * `#[record(rename = "…")]` on a field gives its name in the file and in the session;
/// * `#[record(default)]` takes the type's default where the field is empty or missing, `#[record(default = …)]` the
///   value of the expression.
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
