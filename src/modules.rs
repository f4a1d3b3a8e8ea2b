//! The modules of the core as users of the facade see them: what load tests name, without the engine's internals.

/// What a good run is: assertions and criteria. See [`loadspiker_core::assertion`] for how they are written.
pub mod assertion {
    pub use loadspiker_core::assertion::{
        Assertion, AssertionResult, CheckCount, CheckScope, Criterion, EventCount, FailureKinds, IntoCriterion,
        IntoRequirement, Metric, MetricName, MetricScope, Number, Percent, Quantity, RequestCount, Requests,
        RequestsAndUsers, Requirement, ResponseTime, Scope, SingleFigure, StatusCodes, UserCount, Windowed,
        check_details, details, for_all, global, metric, scenario_details,
    };
}

/// What a good response is: checks, and what they save. See [`loadspiker_core::check`] for how they are written.
pub mod check {
    pub use loadspiker_core::check::{
        Check, Extract, ExtractError, Extractor, Found, IntoCheck, Response, Scope, Subject, Verdict, all_of, any_of,
        body_bytes, body_length, body_string, check_if, current_location, custom_check, header, header_regex,
        jmes_path, json_path, md5, regex, response_time, sha1, sha256, status, substring,
    };
    #[cfg(feature = "html")]
    #[cfg_attr(docsrs, doc(cfg(feature = "html")))]
    pub use loadspiker_core::check::{css, css_attr, form};
    #[cfg(feature = "xpath")]
    #[cfg_attr(docsrs, doc(cfg(feature = "xpath")))]
    pub use loadspiker_core::check::{xpath, xpath_ns};
}

/// Figures of your own: counters, gauges, rates and trends. See [`loadspiker_core::custom_metric`].
pub mod custom_metric {
    pub use loadspiker_core::custom_metric::{
        Amount, Counter, CustomMetric, Gauge, Rate, Recording, Trend, counter, gauge, rate, trend,
    };
}

/// What scenarios and simulations are made of: steps, chains, populations. See [`loadspiker_core::dsl`].
pub mod dsl {
    pub use loadspiker_core::dsl::{
        Chain, Distribution, Dummy, IntoChain, IntoPopulation, IntoPopulations, PauseType, Population, Scenario,
        Simulation, Steps, as_long_as, as_long_as_counted, as_long_as_during, as_long_as_during_counted, checkin,
        checkout, crash_load_generator, crash_load_generator_if, do_if, do_if_equals, do_if_equals_or_else,
        do_if_or_else, do_switch, do_switch_or_else, do_while, do_while_counted, do_while_during,
        do_while_during_counted, dummy, dummy_request, during, during_counted, empirical, exec, exec_async, exec_fn,
        exit_block_on_fail, exit_here, exit_here_if, exit_here_if_failed, exponential, feed, feed_n, foreach,
        foreach_counted, forever, forever_counted, group, log_normal, markov, normal, pace, parallel, pause,
        random_switch, random_switch_or_else, rendez_vous, repeat, repeat_counted, round_robin_switch, scenario,
        stop_load_generator, stop_load_generator_if, try_max, uniform, uniform_random_switch, weighted,
    };
}

/// The expression language `#{…}`, and what a number, a text, a duration or a condition may be. See
/// [`loadspiker_core::expression`] for the language.
pub mod expression {
    pub use loadspiker_core::expression::{
        Computed, Distribution, EvalError, IntoCondition, IntoCount, IntoDuration, IntoOutcome, IntoPause, IntoText,
        IntoValue, ParseError, Template, TextOutcome, empirical, exponential, log_normal, normal, uniform,
    };
    #[cfg(feature = "templates")]
    #[cfg_attr(docsrs, doc(cfg(feature = "templates")))]
    pub use loadspiker_core::expression::{Jinja, jinja, jinja_file};
}

/// Values that differ between users: files, records, generators, sources of your own. See [`loadspiker_core::feeder`].
pub mod feeder {
    pub use loadspiker_core::feeder::{
        AsyncSource, Column, Feeder, FeederError, Format, IntoFeeder, IntoNextRecord, NextRecord, ReadError, Record,
        RecordSink, RecordSource, Strategy, TypedRecord, async_records, csv, generate, json, json_lines, lazy_records,
        records, separated_values, sitemap, ssv, tsv,
    };
    #[cfg(feature = "fake")]
    #[cfg_attr(docsrs, doc(cfg(feature = "fake")))]
    pub use loadspiker_core::feeder::{FakeRecords, fake_records};
}

/// Scenarios as async functions. See [`loadspiker_core::imperative`].
pub mod imperative {
    pub use loadspiker_core::imperative::{Outcome, User};
}

/// How many users come, and when, and how many requests they may make. See [`loadspiker_core::inject`].
pub mod inject {
    pub use loadspiker_core::inject::{
        ClosedStep, ConstantConcurrentUsers, ConstantUsersPerSec, IncrementConcurrentUsers,
        IncrementConcurrentUsersTimes, IncrementUsersPerSec, IncrementUsersPerSecTimes, InjectionStep, OpenStep,
        RampConcurrentUsers, RampConcurrentUsersTo, RampUsers, RampUsersPerSec, RampUsersPerSecTo, ReachRps,
        StressPeakUsers, ThrottleStep, at_once_users, constant_concurrent_users, constant_users_per_sec, hold_for,
        increment_concurrent_users, increment_users_per_sec, jump_to_rps, nothing_for, ramp_concurrent_users,
        ramp_users, ramp_users_per_sec, reach_rps, stress_peak_users,
    };
}

/// The figures of a run: times, series, live views. See [`loadspiker_core::metrics`] for how they are measured.
pub mod metrics {
    pub use loadspiker_core::metrics::{
        ErrorGroup, Holds, LiveError, LiveMetric, LiveRequest, LiveScenario, LiveView, MetricFigures, MetricKind,
        MetricPoint, OTHER, OTHER_ERRORS, PhaseTimes, RecordWaits, RequestPoint, Selection, SeriesPoint,
        TimeStatistics, UserStatistics, ValueStatistics, WindowFigures, WindowTimes, Windows,
    };
}

/// Records that no two users have at a time. See [`loadspiker_core::pool`].
pub mod pool {
    pub use loadspiker_core::pool::{Pool, pool};
}

/// What was measured: the report of a run. See [`loadspiker_core::report`].
pub mod report {
    pub use loadspiker_core::report::{
        AssertionResult, Bottleneck, CheckReport, EndReason, GroupReport, HostLoad, LateCause, MetricReport,
        RequestReport, RunInfo, RunReport, SCHEMA_VERSION, ScenarioReport, Statistics, StuckStep, WarmUp,
    };
}
