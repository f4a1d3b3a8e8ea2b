//! Load testing in Rust: scenarios in a fluent language, one engine for many protocols, exact latencies, assertions and
//! reports.
//!
//! A load test is a program of yours, or one of your tests. You describe what a user does, step by step, and how many
//! users come, and when; LoadSpiker lets them loose on the system under test and tells what they met with.
//!
//! ```no_run
//! use loadspiker::prelude::*;
//! use std::process::ExitCode;
//!
//! fn main() -> ExitCode {
//!     let browse = scenario!("Browse")
//!         .feed(records((1..=100).map(|n| [("page", n)])).circular())
//!         .repeat(3, exec(http("list").get("/products").query("page", "#{page}")
//!                 .check(json_path("$[*].id").find_random().save_as("id")))
//!             .pause(1..3)
//!             .exec(http("detail").get("/products/#{id}").check(json_path("$.price").gt(0.0))));
//!
//!     Simulation::new("shop")
//!         .protocol(HttpProtocol::new("http://127.0.0.1:8080"))
//!         .with(browse.inject([
//!             ramp_users(100).during(10.secs()),
//!             constant_users_per_sec(20).during(30.secs()),
//!         ]))
//!         .assert(global().response_time().percentile(95.0).lt(800.millis()))
//!         .assert(global().failed_requests().percent().lt(1.0))
//!         .main()
//! }
//! ```
//!
//! [`SimulationMain::main`] makes a program with a command line; [`Simulation::run`] returns the [`RunReport`]; under
//! [`#[loadspiker::test]`](macro@test) a simulation is a test of `cargo test`.
//!
//! # Where to look
//!
//! * the steps of a scenario: [`Steps`];
//! * scenarios as async functions: [`#[loadspiker::scenario]`](macro@scenario) and [`imperative`];
//! * how many users come, and when, and how many requests they may make: [`inject`], [`Population`];
//! * what users send: the protocols, such as [`http`]; who they are: [`http::auth`];
//! * values that differ between users: [`feeder`], [`derive(Record)`](derive@Record) and the [`expression`] language
//!   `#{…}`; records that no two users may have at a time: [`pool`];
//! * what a good answer is: [`check`]; what a good run is: [`assertion`];
//! * figures of your own: [`custom_metric`];
//! * what goes for the whole run, such as its end, its warm-up, its seed, and what is done before and after it:
//!   [`Simulation`]; how it is steered while it is on: [`RunHandle`];
//! * what was measured, and how: [`report`], [`metrics`];
//! * a protocol of your own: [`protocol_prelude`], or the crate [`loadspiker_core`].
//!
//! # Features
//!
//! | feature | default | what it brings | what it costs |
//! |---|---|---|---|
//! | `http` | yes | HTTP/1.1, cleartext and TLS | httparse, rustls with ring |
//! | `html` | yes | Checks on HTML: `css`, `css_attr`, `form`; logins by forms | scraper, html5ever |
//! | `xpath` | yes | Checks on XML: `xpath`, `xpath_ns` | roxmltree, xpath-eval |
//! | `ntlm` | no | Windows authentication: `ntlm` | hmac, md4 |
//! | `kerberos` | no | Kerberos, where a server says Negotiate: `kerberos` | picky-krb, aes |
//! | `templates` | no | Texts with loops and conditions: `jinja`, `jinja_file` | minijinja |
//! | `fake` | no | Made-up names, addresses, texts: `fake_records`, `#{fakeName()}` | fake, rand |
//! | `postgres` | no | Records of PostgreSQL: `sql_feeder` | sqlx, rustls with ring |
//! | `mysql` | no | Records of MySQL and MariaDB: `sql_feeder` | sqlx, rustls with ring |
//! | `sqlite` | no | Records of SQLite: `sql_feeder` | sqlx, SQLite (C) |
//! | `sql` | no | `postgres`, `mysql` and `sqlite` | all three |
//! | `full` | no | Everything | all of the above |
//!
//! Without features there is the engine, the language, all other checks and the reports. Each feature but `full` is a
//! module of its own, with a prelude: `loadspiker::http::prelude`. [`prelude`] has what most programs need of them.
//!
//! # What users get wrong
//!
//! *A think time is no rate.* In a closed profile the number of users is fixed, so a slow system gets fewer requests,
//! and the test is kindest when it should be hardest:
//!
//! ```
//! # use loadspiker::prelude::*;
//! # fn visit() -> Scenario { scenario!("Visit").pause(1) }
//! // At most 50 users at a time: as the system slows down, so does the load.
//! let closed = visit().inject([constant_concurrent_users(50).during(1.minutes())]);
//!
//! // 50 users a second, come what may: this is what the internet does.
//! let open = visit().inject([constant_users_per_sec(50).during(1.minutes())]);
//! ```
//!
//! *A failed check does not stop a user.* It is counted, and the user goes on with the next step, perhaps without the
//! token that it needs. Say where that makes no sense:
//!
//! ```
//! # use loadspiker::prelude::*;
//! # let (log_in, order) = (exec(pause(1)), exec(pause(1)));
//! let journey = scenario!("Order").exec(log_in).exit_here_if_failed().exec(order);
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod features;
mod macros;
mod modules;

pub mod prelude;

pub use loadspiker_core::compile::{Plan, PlannedScenario};
pub use loadspiker_core::dsl::{Chain, PauseType, Population, Scenario, Simulation, Steps, scenario};
pub use loadspiker_core::engine::{ControlError, Observer, RunHandle, RunOptions, StartedRun};
pub use loadspiker_core::protocol_prelude;
pub use loadspiker_core::report::RunReport;
pub use loadspiker_core::stream;
pub use loadspiker_core::{
    DurationExt, Error, Failure, FailureKind, FixedDuration, FromValue, ListItem, Mistake, Mistakes, Phase, Session,
    SessionError, StepError, TlsFault, Value, parse_duration,
};
pub use loadspiker_macros::{Record, scenario, test};
pub use loadspiker_report::{Progress, SimulationMain, Summary, test_folder, write_results, write_run_folder};

#[cfg(feature = "fake")]
pub use features::fake;
#[cfg(feature = "html")]
pub use features::html;
#[cfg(feature = "http")]
pub use features::http;
#[cfg(feature = "kerberos")]
pub use features::kerberos;
#[cfg(feature = "mysql")]
pub use features::mysql;
#[cfg(feature = "ntlm")]
pub use features::ntlm;
#[cfg(feature = "postgres")]
pub use features::postgres;
#[cfg(feature = "sql")]
pub use features::sql;
#[cfg(feature = "sqlite")]
pub use features::sqlite;
#[cfg(feature = "templates")]
pub use features::templates;
#[cfg(feature = "xpath")]
pub use features::xpath;
pub use modules::{
    assertion, check, custom_metric, dsl, expression, feeder, imperative, inject, metrics, pool, report,
};

/// The code of the README and of the guide, compiled and run with the tests.
#[cfg(doctest)]
mod documents {
    macro_rules! documents {
        ($($(#[$condition:meta])? $name:ident: $path:literal;)*) => {$(
            $(#[$condition])?
            #[doc = include_str!($path)]
            mod $name {}
        )*};
    }
    documents! {
        readme: "../README.md";
        first_test: "../docs/guide/1-first-test.md";
        scenarios: "../docs/guide/2-scenarios.md";
        the_imperative_style: "../docs/guide/3-the-imperative-style.md";
        injection: "../docs/guide/4-injection.md";
        #[cfg(feature = "templates")]
        expressions_and_feeders: "../docs/guide/5-expressions-and-feeders.md";
        checks_and_assertions: "../docs/guide/6-checks-and-assertions.md";
        control_of_a_run: "../docs/guide/7-control-of-a-run.md";
        http: "../docs/guide/8-http.md";
        authentication: "../docs/guide/9-authentication.md";
        reading_the_report: "../docs/guide/10-reading-the-report.md";
        in_cargo_test: "../docs/guide/11-in-cargo-test.md";
        a_protocol_of_your_own: "../docs/guide/12-a-protocol-of-your-own.md";
        a_streaming_protocol: "../docs/guide/13-a-streaming-protocol.md";
        a_stall_and_its_latencies: "../docs/guide/14-a-stall-and-its-latencies.md";
    }
}
