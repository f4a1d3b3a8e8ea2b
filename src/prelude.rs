//! All that a load test is written with: `use loadspiker::prelude::*;`.

pub use loadspiker_core::DurationExt;
pub use loadspiker_core::assertion::{
    Assertion, Criterion, check_details, connection_details, details, for_all, global, message_details, metric,
    scenario_details, tagged,
};
pub use loadspiker_core::check::{
    Check, Response, all_of, any_of, body_bytes, body_length, body_string, check_if, current_location, custom_check,
    header, header_regex, jmes_path, json_path, md5, regex, response_time, sha1, sha256, status, substring,
};
#[cfg(feature = "html")]
#[cfg_attr(docsrs, doc(cfg(feature = "html")))]
pub use loadspiker_core::check::{css, css_attr, form};
#[cfg(feature = "xpath")]
#[cfg_attr(docsrs, doc(cfg(feature = "xpath")))]
pub use loadspiker_core::check::{xpath, xpath_ns};
pub use loadspiker_core::custom_metric::{Counter, Gauge, Rate, Trend, counter, gauge, rate, trend};
pub use loadspiker_core::dsl::{
    Chain, Distribution, PauseType, Population, Scenario, Simulation, Steps, as_long_as, as_long_as_counted,
    as_long_as_during, as_long_as_during_counted, checkin, checkout, crash_load_generator, crash_load_generator_if,
    do_if, do_if_equals, do_if_equals_or_else, do_if_or_else, do_switch, do_switch_or_else, do_while, do_while_counted,
    do_while_during, do_while_during_counted, dummy, during, during_counted, empirical, exec, exec_async, exec_fn,
    exit_block_on_fail, exit_here, exit_here_if, exit_here_if_failed, exponential, feed, feed_n, foreach,
    foreach_counted, forever, forever_counted, group, join_await, join_awaits, log_normal, markov, normal, pace,
    parallel, pause, random_switch, random_switch_or_else, rendez_vous, repeat, repeat_counted, round_robin_switch,
    scenario, stop_load_generator, stop_load_generator_if, try_max, uniform, uniform_random_switch, weighted,
};
#[cfg(feature = "templates")]
#[cfg_attr(docsrs, doc(cfg(feature = "templates")))]
pub use loadspiker_core::expression::{jinja, jinja_file};
#[cfg(feature = "fake")]
#[cfg_attr(docsrs, doc(cfg(feature = "fake")))]
pub use loadspiker_core::fake::{Fake, Locale};
#[cfg(feature = "fake")]
#[cfg_attr(docsrs, doc(cfg(feature = "fake")))]
pub use loadspiker_core::feeder::fake_records;
pub use loadspiker_core::feeder::{
    Feeder, IntoFeeder, async_records, csv, generate, json, json_lines, lazy_records, records, separated_values,
    sitemap, ssv, tsv,
};
pub use loadspiker_core::imperative::{Outcome, User};
pub use loadspiker_core::inject::{
    at_once_users, constant_concurrent_users, constant_users_per_sec, hold_for, increment_concurrent_users,
    increment_users_per_sec, jump_to_rps, nothing_for, ramp_concurrent_users, ramp_users, ramp_users_per_sec,
    reach_rps, stress_peak_users,
};
pub use loadspiker_core::pool::{Pool, pool};
pub use loadspiker_core::protocol::TimeUnit;
pub use loadspiker_core::report::RunReport;
pub use loadspiker_core::{Error, Session, SessionError, StepError, Value};
pub use loadspiker_macros::Record;
pub use loadspiker_report::SimulationMain;
pub use serde_json::json;

#[doc(inline)]
pub use crate::macros::scenario;

#[cfg(all(feature = "http", feature = "html"))]
#[cfg_attr(docsrs, doc(cfg(all(feature = "http", feature = "html"))))]
pub use loadspiker_http::auth::form_login;
#[cfg(feature = "kerberos")]
#[cfg_attr(docsrs, doc(cfg(feature = "kerberos")))]
pub use loadspiker_http::auth::kerberos;
#[cfg(feature = "ntlm")]
#[cfg_attr(docsrs, doc(cfg(feature = "ntlm")))]
pub use loadspiker_http::auth::ntlm;
#[cfg(feature = "http")]
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
pub use loadspiker_http::auth::{
    JwtAlgorithm, api_key, auth_fn, authenticate, aws_sigv4, digest_auth, jwt, jwt_with_key_file, oauth2,
};
#[cfg(feature = "http")]
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
pub use loadspiker_http::{
    HttpProtocol, HttpReply, HttpRequest, UserHttp, add_cookie, cookie, flush_cookies, flush_session_cookies,
    get_cookie, http, http_feeder,
};
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))))]
pub use loadspiker_sql::sql_feeder;
