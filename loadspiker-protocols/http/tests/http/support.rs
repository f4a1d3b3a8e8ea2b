//! Shortcuts for simulations against servers of the test kit.

use loadspiker_core::dsl::{Chain, Simulation, Steps, scenario};
use loadspiker_core::engine::{Observer, RunOptions};
use loadspiker_core::inject::at_once_users;
use loadspiker_core::report::RunReport;
use loadspiker_http::HttpProtocol;
pub(crate) use loadspiker_testkit::Folder;
pub(crate) use loadspiker_testkit::HttpServer as Server;
pub(crate) use loadspiker_testkit::http::{Reply, Seen, redirect, reply, reply_with};

/// What simulations need of a server.
pub(crate) trait Target {
    fn protocol(&self) -> HttpProtocol;
}

impl Target for Server {
    fn protocol(&self) -> HttpProtocol {
        HttpProtocol::new(&self.url)
    }
}

/// Runs a chain for one user.
pub(crate) fn run(protocol: HttpProtocol, chain: impl Into<Chain>) -> RunReport {
    run_users(1, protocol, chain)
}

/// Runs a chain for some users on one shard.
pub(crate) fn run_users(users: u64, protocol: HttpProtocol, chain: impl Into<Chain>) -> RunReport {
    simulation(users, protocol, chain).run().unwrap()
}

pub(crate) fn simulation(users: u64, protocol: HttpProtocol, chain: impl Into<Chain>) -> Simulation {
    let population = scenario("Test").exec(chain.into()).inject([at_once_users(users)]);
    Simulation::new("test").protocol(protocol).with(population).shards(1)
}

/// The mistakes of a simulation that must not run.
pub(crate) fn mistakes(protocol: HttpProtocol, chain: impl Into<Chain>) -> String {
    simulation(1, protocol, chain).run().err().map(|error| error.to_string()).unwrap()
}

/// The only error of a run.
pub(crate) fn only_error(report: &RunReport) -> String {
    let errors = report.global().errors();
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors[0].0.to_owned()
}

/// What debugging shows of a chain.
pub(crate) fn debugged(protocol: HttpProtocol, chain: impl Into<Chain>) -> String {
    #[derive(Default)]
    struct Shown(String);
    impl Observer for Shown {
        fn debug(&mut self, text: &str) {
            self.0.push_str(text);
        }
    }
    let mut shown = Shown::default();
    let options = RunOptions { debug: true, ..RunOptions::default() };
    simulation(1, protocol, chain).run_with(&options, &mut shown).unwrap();
    shown.0
}

/// Fails with the errors of the run unless all requests of the name ended well, in this number.
#[track_caller]
pub(crate) fn assert_all_ok(report: &RunReport, request: &str, count: u64) {
    let Some(statistics) = report.request(request) else { panic!("no {request}: {:?}", report.global().errors()) };
    assert_eq!((statistics.ok_count(), statistics.failed_count()), (count, 0), "{request}: {:?}", statistics.errors());
}
