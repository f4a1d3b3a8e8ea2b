//! What the end-to-end tests share: targets of several kinds, load tests as processes of their own.

pub(crate) mod catalogue;
pub(crate) mod portal;
pub(crate) mod process;
mod routes;
pub(crate) mod server;
pub(crate) mod shop_program;

use loadspiker::prelude::*;

/// A run on one shard of one chain, by so many users at once.
pub(crate) fn run(users: u64, protocol: HttpProtocol, chain: impl Into<Chain>) -> RunReport {
    let population = scenario!("Test").exec(chain.into()).inject([at_once_users(users)]);
    Simulation::new("test").protocol(protocol).with(population).shards(1).run().unwrap()
}

/// Fails with the errors of the run unless all requests of the name ended well, in this number.
#[track_caller]
pub(crate) fn assert_all_ok(report: &RunReport, request: &str, count: u64) {
    let statistics = report.request(request).unwrap();
    assert_eq!((statistics.ok_count(), statistics.failed_count()), (count, 0), "{request}: {:?}", statistics.errors());
}

/// How often each value occurs.
pub(crate) fn tally<T: Ord>(values: impl IntoIterator<Item = T>) -> std::collections::BTreeMap<T, usize> {
    let mut counts = std::collections::BTreeMap::new();
    values.into_iter().for_each(|value| *counts.entry(value).or_default() += 1);
    counts
}
