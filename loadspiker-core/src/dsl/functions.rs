//! [`Simulation::el_function`]: functions of the user's own in the expression language.

use std::sync::Arc;

use crate::dsl::Simulation;
use crate::error::StepError;
use crate::expression::{IntoOutcome, UserFunction};
use crate::session::Session;
use crate::value::Value;

impl Simulation {
    /// Adds a function that the templates of this simulation may call: `#{name(argument, …)}`.
    ///
    /// An argument in a template is a number, a text in quotation marks, `true`, `false`, or else the name of an
    /// attribute, whose value is handed over; parentheses, braces and `#` cannot stand in it. The pattern of the
    /// closure says how many there are: `|[path, key], session|` takes two, `|[], session|` none. A call with another
    /// number, or with an attribute that no step sets, is an error before the run.
    ///
    /// The closure returns a text, a number, any [`Value`], or a `Result` of it; its error fails what needed the text.
    /// It is called by all shards, for every use, and must not block. Where an attribute has the same name,
    /// `#{name(0)}` calls the function.
    ///
    /// ```
    /// use loadspiker_core::dsl::*;
    /// use loadspiker_core::{DurationExt, inject::at_once_users};
    ///
    /// let report = Simulation::new("signed")
    ///     .el_function("join", |[left, right], _| format!("{left}-{right}"))
    ///     .el_function("half", |[], session| session.user_id() % 2)
    ///     .with(
    ///         scenario("Sign")
    ///             .exec_fn(|session| Ok(session.set("path", "pay")?))
    ///             .exec(dummy("#{join(path, 'v1')} #{half()}", 5.millis()))
    ///             .inject([at_once_users(1)]),
    ///     )
    ///     .simulated_clock()
    ///     .run()?;
    /// assert_eq!(report.request("pay-v1 1").unwrap().count(), 1);
    /// # Ok::<(), loadspiker_core::Error>(())
    /// ```
    pub fn el_function<const N: usize, R: IntoOutcome<Value>>(
        mut self,
        name: impl AsRef<str>,
        function: impl Fn([Value; N], &Session) -> R + Send + Sync + 'static,
    ) -> Self {
        let body = move |arguments: Vec<Value>, session: &Session| {
            let arguments: [Value; N] = arguments
                .try_into()
                .map_err(|given: Vec<Value>| StepError::new(format!("takes {N} arguments, {} given", given.len())))?;
            function(arguments, session).into_outcome()
        };
        self.functions.add(UserFunction::new(name.as_ref(), N, Arc::new(body)));
        self
    }
}
