//! Several configurations of a protocol, how they are opened, and their targets.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use loadspiker_core::DurationExt;
use loadspiker_core::dsl::*;
use loadspiker_core::engine::RunOptions;
use loadspiker_core::inject::at_once_users;
use loadspiker_core::protocol_prelude::*;

use crate::probe::{Act, Log, OfUser, Probe, act, connect};

/// Shows what its protocol is configured with.
fn show() -> Act {
    act("show", |cx, used| {
        Box::pin(async move {
            let mut text = String::new();
            if let Some(template) = &used.protocol.compiled {
                template.render(cx.session(), &mut text).unwrap();
            }
            let target = used.protocol.target.as_deref().unwrap_or("none");
            used.protocol.log.add(format!("{}: {text}, {target}", used.protocol.key));
            used.record(cx);
        })
    })
}

fn probe(log: &Log, key: &'static str, text: &str) -> Probe {
    Probe { log: log.clone(), key, text: text.to_owned(), ..Probe::default() }
}

fn simulation(chain: impl Into<Chain>) -> Simulation {
    let chain = exec_fn(|session| Ok(session.set("tenant", "t1")?)).exec(chain.into());
    Simulation::new("configurations").with(scenario("S").exec(chain).inject([at_once_users(1)])).shards(1)
}

#[test]
fn requests_choose_a_configuration_by_name_and_its_expressions_are_theirs() {
    let log = Log::default();
    let report = simulation(exec(show()).exec(show().on("other")))
        .protocol(probe(&log, "", "a #{tenant}"))
        .protocol(probe(&log, "other", "b #{tenant}"))
        .run()
        .unwrap();
    assert_eq!(report.global().ok_count(), 2);
    let shown: Vec<String> = log.lines().into_iter().filter(|line| line.contains("t1")).collect();
    assert_eq!(shown, [": a t1, none", "other: b t1, none"]);
}

#[test]
fn a_request_of_an_imperative_step_finds_its_configuration_by_name() {
    let log = Log::default();
    let code = Chain::journey("code", async |user: &mut User| {
        user.request(show().on("other")).await?;
        user.request(show()).await
    });
    let named = probe(&log, "other", "b #{tenant}");
    let report = simulation(code).protocol(named).protocol(probe(&log, "", "a")).run().unwrap();
    assert_eq!(report.global().failed_count(), 0, "{:?}", report.global().errors());
    let shown: Vec<String> = log.lines().into_iter().filter(|line| line.ends_with("none")).collect();
    assert_eq!(shown, ["other: b t1, none", ": a, none"]);
}

#[test]
fn what_does_not_fit_is_a_mistake_that_names_the_remedy() {
    let log = Log::default();
    let two = simulation(show()).protocol(probe(&log, "x", "")).protocol(probe(&log, "x", ""));
    let error = two.run().unwrap_err().to_string();
    assert!(error.contains("the simulation has two probe protocols named \"x\"; tell them apart"), "{error}");

    let error = simulation(show().on("y")).protocol(probe(&log, "x", "")).run().unwrap_err().to_string();
    assert!(error.contains("no probe protocol is named \"y\" (there are: \"x\")"), "{error}");

    let plain = Simulation::new("plain").with(scenario("S").exec(show()).inject([at_once_users(1)]));
    let error = plain.protocol(probe(&log, "", "#{nobody}")).run().unwrap_err().to_string();
    assert!(error.contains("no step sets the attribute \"nobody\""), "{error}");

    let real = Probe { real_time: true, ..Probe::default() };
    let error = simulation(show()).protocol(real).simulated_clock().run().unwrap_err().to_string();
    assert!(error.contains("probe waits for what is outside of the process") && error.contains("simulated_clock()"));
}

#[test]
fn all_shards_are_open_before_the_first_user_of_any_starts() {
    let log = Log::default();
    let first = act("first", |cx, used| {
        Box::pin(async move {
            used.protocol.log.add("user");
            used.record(cx);
        })
    });
    let slow = Probe { opens_in: 30.millis(), ..probe(&log, "", "") };
    let users = scenario("S").exec(first).inject([at_once_users(4)]);
    let report = Simulation::new("open").protocol(slow).with(users).shards(2).run().unwrap();
    assert_eq!(report.global().ok_count(), 4);
    let lines = log.lines();
    assert!(lines[..2].iter().all(|line| line.starts_with("open")), "{lines:?}");
    // The clock begins when all are open.
    assert!(report.request("first").unwrap().start_lag().max() < 30.millis() * 5);
}

#[test]
fn a_protocol_that_does_not_open_in_time_is_named() {
    let stuck = Probe { opens_in: 1.hours(), open_timeout: Some(50.millis()), ..Probe::default() };
    let error = simulation(show()).protocol(stuck).run().unwrap_err().to_string();
    assert_eq!(error, "cannot start probe: it was not open within 50 ms; is what it talks to reachable?");
}

fn targets(options: &RunOptions) -> Result<Vec<String>, String> {
    let log = Log::default();
    let simulation = simulation(exec(show()).exec(show().on("other")));
    let simulation = simulation.protocol(probe(&log, "", "")).protocol(probe(&log, "other", ""));
    simulation.run_with(options, &mut ()).map_err(|error| error.to_string())?;
    Ok(log.lines().into_iter().filter(|line| line.starts_with(':') || line.starts_with("other")).collect())
}

#[test]
fn a_base_url_goes_where_its_scheme_fits() {
    let base = |url: &str| targets(&RunOptions { target: Some(url.to_owned()), ..RunOptions::default() });
    assert_eq!(base("probe://a").unwrap(), [": , probe://a", "other: , probe://a"]);
    let error = base("http://ann:secret@a").unwrap_err();
    assert!(error.contains("it fits no protocol of the simulation"), "{error}");
    assert!(error.contains("probe \"other\" (probe://, probes://)") && !error.contains("secret"), "{error}");
    assert!(base("a:80").unwrap_err().contains("it has no scheme"));
}

#[test]
fn a_target_goes_to_a_name_or_a_scheme_and_there_may_be_several() {
    let given = |targets: &[(&str, &str)]| {
        let targets = targets.iter().map(|(name, url)| ((*name).to_owned(), (*url).to_owned())).collect();
        RunOptions { targets, ..RunOptions::default() }
    };
    let both = given(&[("probes", "probes://all"), ("other", "probe://b")]);
    assert_eq!(targets(&both).unwrap(), [": , probes://all", "other: , probe://b"]);
    let error = targets(&given(&[("redis", "redis://a")])).unwrap_err();
    assert!(error.starts_with("cannot start with --target redis=redis://a: it fits no protocol"), "{error}");
}

#[test]
fn a_protocol_reads_the_state_that_a_user_has_of_another() {
    let (log, read) = (Log::default(), Arc::new(Mutex::new(Vec::new())));
    let speak = act("speak", |cx, used| {
        Box::pin(async move {
            used.user(cx).word = "cookie";
            used.record(cx);
        })
    });
    let seen = read.clone();
    let look = act("look", move |cx, used| {
        let seen = seen.clone();
        Box::pin(async move {
            seen.lock().unwrap().push(cx.user_of::<OfUser>().map(|user| user.word));
            used.record(cx);
        })
    });
    let chain = exec(look.clone().on("other")).exec(speak).exec(look.on("other"));
    let simulation = simulation(chain).protocol(probe(&log, "", "")).protocol(probe(&log, "other", ""));
    simulation.run().unwrap();
    assert_eq!(*read.lock().unwrap(), [None, Some("cookie")]);
}

#[test]
fn a_goodbye_is_said_by_a_state_of_each_configuration() {
    let log = Log::default();
    let named = |key| Probe { goodbye: Some(Duration::from_millis(5)), ..probe(&log, key, "") };
    let simulation = simulation(exec(connect()).exec(connect().on("other")));
    simulation.protocol(named("")).protocol(named("other")).simulated_clock().run().unwrap();
    assert_eq!((log.count("goodbye"), log.count("close 0"), log.count("close run")), (2, 2, 2));
}
