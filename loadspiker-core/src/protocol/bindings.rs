//! [`Bindings`]: names, protocols, feeders and pools, gathered while the steps of a simulation are compiled.

use std::any::TypeId;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::Protocol;
use super::compile_context::Names;
use super::rendez_vous::RendezVous;
use crate::expression::SymbolTable;
use crate::feeder::{BoundFeeder, Feeder, RunFeeders};
use crate::pool::{BoundPool, Pool, RunPools};
use crate::session::Slot;

/// A protocol's configuration, bound to a place for its states.
pub(crate) struct BoundProtocol {
    pub(crate) kind: TypeId,
    /// The user gave none: the protocol's own defaults.
    pub(crate) is_default: bool,
    pub(crate) protocol: Arc<dyn Protocol>,
}

/// A feeder and the slots of its fields; `None` if it could not be opened, which was told once.
pub(super) type OpenedFeeder = Option<(Arc<BoundFeeder>, Vec<Slot>)>;

/// A pool of the simulation, and the slots of its fields; `None` if it could not be opened, which was told once.
pub(super) type UsedPool = (Pool, Option<(Arc<BoundPool>, Vec<Slot>)>);

/// A feeder of the simulation.
pub(super) struct UsedFeeder {
    pub(super) feeder: Feeder,
    pub(super) opened: OpenedFeeder,
    /// The scenario that used it first.
    pub(super) scenario: String,
}

/// All that is gathered while the steps of a simulation are compiled.
pub(crate) struct Gathered {
    pub(crate) symbols: SymbolTable,
    pub(crate) bindings: Bindings,
}

/// What steps and requests are bound to.
pub(crate) struct Bindings {
    pub(crate) names: Names,
    pub(crate) protocols: Vec<BoundProtocol>,
    pub(crate) rendez_vous: Vec<Arc<RendezVous>>,
    /// How many switches go by turns.
    pub(crate) turns: usize,
    /// Each population has one user, who waits for nobody.
    pub(crate) alone: bool,
    /// Attributes that are there before the first step of a user.
    pub(crate) inherited: BTreeSet<u32>,
    /// There may be more of them than can be known.
    pub(crate) inherited_opaque: bool,
    /// Fields of a feeder that cannot be opened are among them.
    pub(crate) inherited_fields_unknown: bool,
    pub(super) feeders: Vec<UsedFeeder>,
    pub(super) pools: Vec<UsedPool>,
    pub(super) shards: usize,
    pub(super) seed: u64,
}

impl Gathered {
    pub(crate) fn new(shards: usize, seed: u64) -> Self {
        let bindings = Bindings {
            names: Names::default(),
            protocols: Vec::new(),
            rendez_vous: Vec::new(),
            turns: 0,
            alone: false,
            inherited: BTreeSet::new(),
            inherited_opaque: false,
            inherited_fields_unknown: false,
            feeders: Vec::new(),
            pools: Vec::new(),
            shards,
            seed,
        };
        Gathered { symbols: SymbolTable::default(), bindings }
    }
}

impl Bindings {
    /// The feeders that steps use, for those who meet them during the run.
    pub(crate) fn run_feeders(&mut self) -> RunFeeders {
        let opened = self.feeders.drain(..).filter_map(|used| Some((used.feeder, used.opened?.0)));
        RunFeeders::new(opened, self.shards, self.seed)
    }

    /// The pools that steps use, for those who meet them during the run.
    pub(crate) fn run_pools(&mut self) -> RunPools {
        let opened = self.pools.drain(..).filter_map(|(pool, bound)| Some((pool, bound?.0)));
        RunPools::new(opened, self.shards, self.seed)
    }
}
