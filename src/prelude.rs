//! All that a load test is written with: `use loadspiker::prelude::*;`.

pub use loadspiker_core::DurationExt;
pub use loadspiker_core::assertion::{Assertion, details, for_all, global};
pub use loadspiker_core::check::{
    Check, Response, all_of, any_of, body_bytes, body_length, body_string, check_if, current_location, custom_check,
    header, header_regex, json_path, regex, response_time, status, substring,
};
pub use loadspiker_core::dsl::{
    Chain, PauseType, Population, Scenario, Simulation, Steps, as_long_as, as_long_as_counted, as_long_as_during,
    as_long_as_during_counted, crash_load_generator, crash_load_generator_if, do_if, do_if_equals,
    do_if_equals_or_else, do_if_or_else, do_switch, do_switch_or_else, do_while, do_while_counted, do_while_during,
    do_while_during_counted, dummy, during, during_counted, exec, exec_fn, exit_block_on_fail, exit_here, exit_here_if,
    exit_here_if_failed, feed, feed_n, foreach, foreach_counted, forever, forever_counted, group, pace, pause,
    random_switch, random_switch_or_else, rendez_vous, repeat, repeat_counted, round_robin_switch, stop_load_generator,
    stop_load_generator_if, try_max, uniform_random_switch,
};
pub use loadspiker_core::feeder::{Feeder, csv, json, json_lines, records, separated_values, sitemap, ssv, tsv};
pub use loadspiker_core::inject::{
    at_once_users, constant_concurrent_users, constant_users_per_sec, increment_concurrent_users,
    increment_users_per_sec, nothing_for, ramp_concurrent_users, ramp_users, ramp_users_per_sec, stress_peak_users,
};
pub use loadspiker_core::report::RunReport;
pub use loadspiker_core::{Error, Session, SessionError, StepError, Value};
pub use loadspiker_macros::Record;
pub use loadspiker_report::SimulationMain;
pub use serde_json::json;

pub use crate::scenario;

#[cfg(feature = "http")]
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
pub use loadspiker_http::{HttpProtocol, HttpRequest, http};
