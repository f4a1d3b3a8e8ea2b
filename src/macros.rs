//! [`scenario!`](crate::prelude::scenario!): begins a scenario.
//!
//! It is exported under another name and called `scenario` in the prelude: at the root of the crate, that name is the
//! attribute's, and the compiler does not allow a macro and an attribute of one name in one place.

/// Begins a scenario: `scenario!("Browse")` is `scenario("Browse")`.
///
/// The name is any expression that [`scenario`](fn@crate::scenario) takes. Mistakes found in the scenario before the
/// run are reported with the line on which this stands.
///
/// ```
/// use loadspiker::prelude::*;
///
/// let browse = scenario!("Browse").pause(1);
/// let search = scenario!(format!("Search {}", "books")).pause(1);
/// ```
#[macro_export]
#[doc(hidden)]
macro_rules! __scenario {
    ($name:expr $(,)?) => {
        $crate::scenario($name)
    };
    () => {
        ::core::compile_error!("a scenario needs a name: `scenario!(\"Browse\")`")
    };
    ($($other:tt)*) => {
        ::core::compile_error!("a scenario takes one name and nothing else: `scenario!(\"Browse\")`")
    };
}

pub use __scenario as scenario;
