//! [`Supply`]: what it is called, how long it is waited for, what is told if that was in vain.

use std::sync::Arc;
use std::time::Duration;

use super::Supply;
use crate::desk::Ticket;
use crate::feeder::{Fields, Live};
use crate::format::precise;
use crate::moment::Moment;

impl Supply {
    pub(super) fn is(&self, other: &Supply) -> bool {
        match (self, other) {
            (Supply::Pool(pool), Supply::Pool(other)) => Arc::ptr_eq(pool, other),
            (Supply::Feeder(feeder), Supply::Feeder(other)) => Arc::ptr_eq(feeder, other),
            _ => false,
        }
    }

    pub(super) fn live(&self) -> Option<&Live> {
        match self {
            Supply::Pool(_) => None,
            Supply::Feeder(feeder) => feeder.live(),
        }
    }

    /// What it is called in the report.
    pub(super) fn name(&self) -> Arc<str> {
        match self {
            Supply::Pool(pool) => pool.name().clone(),
            Supply::Feeder(feeder) => feeder.name().into(),
        }
    }

    pub(super) fn patience(&self) -> Duration {
        match self {
            Supply::Pool(pool) => pool.patience,
            Supply::Feeder(_) => self.live().map(|live| live.patience).unwrap_or_default(),
        }
    }

    /// What is told to one who has waited in vain.
    pub(super) fn in_vain(&self) -> String {
        match self {
            Supply::Pool(pool) => pool.exhausted(),
            Supply::Feeder(feeder) => format!(
                "feeder {} gave no record within {}; look at what fills it, or wait longer with wait_at_most",
                feeder.name(),
                precise(self.patience())
            ),
        }
    }

    /// Somebody waits no longer.
    pub(super) fn leave(&self, shard: usize, ticket: Ticket) {
        match self {
            Supply::Pool(pool) => pool.desk.leave(shard, ticket),
            Supply::Feeder(_) => {
                if let Some(live) = self.live() {
                    live.desk.leave(shard, ticket);
                }
            }
        }
    }

    /// A record of the pool that nobody took goes to the next.
    pub(super) fn offer_record(&self, record: usize, at: Option<Moment>) {
        if let Supply::Pool(pool) = self {
            pool.desk.offer(record, at);
        }
    }

    /// The same with one that was drawn.
    pub(super) fn offer_drawn(&self, record: Fields, at: Option<Moment>) {
        if let Some(live) = self.live() {
            live.desk.offer(record, at);
        }
    }
}
