//! [`Schema`]: the names of a scenario's attributes, and where their values are.
//! [`Schema`]: what the sessions of a population share.

use std::sync::Arc;

use rustc_hash::FxHashMap;

/// The index of an attribute in every session of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot(pub(crate) u32);

/// Maps attribute names to [`Slot`]s, and holds the name of the scenario. Shared by all sessions of a population.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    pub(super) scenario: String,
    pub(super) names: Vec<Arc<str>>,
    slots: FxHashMap<Arc<str>, Slot>,
}

impl Schema {
    /// Creates a schema with these attributes, in slot order.
    pub fn new(scenario: impl Into<String>, names: impl IntoIterator<Item = Arc<str>>) -> Self {
        let mut schema = Schema { scenario: scenario.into(), ..Schema::default() };
        for name in names {
            schema.intern(&name);
        }
        schema
    }

    /// The slot of `name`, made if it is new.
    pub fn intern(&mut self, name: &str) -> Slot {
        if let Some(slot) = self.slots.get(name) {
            return *slot;
        }
        let slot = Slot(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        let name: Arc<str> = name.into();
        self.names.push(name.clone());
        self.slots.insert(name, slot);
        slot
    }

    /// The slot of `name`, if the scenario mentions it.
    pub fn slot(&self, name: &str) -> Option<Slot> {
        self.slots.get(name).copied()
    }

    /// All names, in the order of their slots.
    pub fn names(&self) -> &[Arc<str>] {
        &self.names
    }
}
