//! [`Late`]: what a shard meets for the first time during the run, in requests that the user's code makes.

use std::any::TypeId;
use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::engine::Shard;
use crate::expression::{Functions, LateSymbols};
use crate::feeder::{BoundFeeder, Feeder, MetFeeder};
use crate::pool::{BoundPool, Pool};
use crate::protocol::Binder;
use crate::protocol::{Protocol, ShardHandle};
use crate::session::Slot;
use crate::session::{LATE_LIMIT, LateNames};

/// A protocol of this kind, and the place of its state.
type OpenedProtocol = (TypeId, usize, Arc<dyn Protocol>);

/// Names, protocols, feeders and pools that one shard met during the run.
#[derive(Default)]
pub(crate) struct Late {
    pub(super) names: Rc<LateNames>,
    /// Opened with their defaults, and the places of their states.
    protocols: RefCell<Vec<OpenedProtocol>>,
    /// So that no lock is taken for a feeder, or a pool, met before.
    feeders: RefCell<Vec<MetFeeder>>,
    pools: RefCell<Vec<(Pool, Arc<BoundPool>)>>,
}

impl Shard {
    /// The feeder that all shards share.
    pub(crate) fn feeder(&self, feeder: &Feeder) -> Result<Arc<BoundFeeder>, String> {
        let mut met = self.late.feeders.borrow_mut();
        if let Some((_, bound)) = met.iter().find(|(met, _)| met.shares_cursor_with(feeder)) {
            return bound.clone();
        }
        let bound = self.plan.feeders.bound(feeder)?;
        met.push((feeder.clone(), Ok(bound.clone())));
        Ok(bound)
    }

    /// The pool that all shards share.
    pub(crate) fn pool(&self, pool: &Pool) -> Result<Arc<BoundPool>, String> {
        let mut met = self.late.pools.borrow_mut();
        if let Some((_, bound)) = met.iter().find(|(met, _)| met.is_same_as(pool)) {
            return Ok(bound.clone());
        }
        let bound = self.plan.pools.bound(pool)?;
        met.push((pool.clone(), bound.clone()));
        Ok(bound)
    }
}

/// Binds requests of the users of one population.
pub(crate) struct ShardBinder<'a> {
    pub(crate) shard: &'a Rc<Shard>,
    pub(crate) population: u32,
}

impl LateSymbols for ShardBinder<'_> {
    fn slot(&self, attribute: &str) -> Result<Slot, String> {
        let known = self.shard.shared.get(self.population as usize).and_then(|shared| shared.schema.slot(attribute));
        known.or_else(|| self.shard.late.names.intern(attribute)).ok_or_else(|| {
            // Without the name, which would make every error another one.
            format!(
                "more than {} names of attributes were made up during the run; use fixed names and let the values differ",
                LATE_LIMIT
            )
        })
    }

    fn keep_secret(&self, text: &str) {
        self.shard.late.names.keep_secret(text);
    }

    fn functions(&self) -> &Functions {
        &self.shard.plan.functions
    }
}

impl Binder for ShardBinder<'_> {
    fn protocol(&self, kind: TypeId, key: &str) -> Option<(usize, Arc<dyn Protocol>)> {
        let plan = &self.shard.plan;
        let given = plan.known_protocols.given.get(self.population as usize).into_iter().flatten();
        let of_kind = given.chain(&plan.known_protocols.defaults).filter(|(known, _)| *known == kind);
        let mut here = of_kind.filter_map(|(_, index)| Some((*index, plan.protocols.get(*index)?)));
        if let Some((index, protocol)) = here.find(|(_, protocol)| protocol.key() == key) {
            return Some((index, protocol.clone()));
        }
        let opened = self.shard.late.protocols.borrow();
        opened
            .iter()
            .find(|(known, _, protocol)| *known == kind && protocol.key() == key)
            .map(|(_, index, protocol)| (*index, protocol.clone()))
    }

    fn open(&self, kind: TypeId, protocol: &Arc<dyn Protocol>) -> Result<usize, String> {
        let shard = self.shard;
        let (name, handle) = (protocol.name(), ShardHandle::new(shard.clone(), None));
        let opened = match pin!(protocol.open(&handle)).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(opened) => opened,
            Poll::Pending => Err("it takes time to open; give it to the simulation with .protocol(…)".to_owned()),
        };
        let state = opened.map_err(|cause| format!("cannot start {name}: {cause}"))?;
        let mut states = shard.states.borrow_mut();
        states.push(state);
        let index = states.len() - 1;
        shard.late.protocols.borrow_mut().push((kind, index, protocol.clone()));
        Ok(index)
    }
}
