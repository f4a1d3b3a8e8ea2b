//! [`Schema`]: what the sessions of a population share.

use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::counter::Counters;
use super::late_names::LateNames;
use super::secrets::Secrets;
use crate::metrics::Book;

/// The index of an attribute in every session of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot(pub(crate) u32);

/// Maps attribute names to [`Slot`]s, and holds the name of the scenario. Shared by all sessions of a population.
#[derive(Debug, Default)]
pub struct Schema {
    pub(super) scenario: String,
    pub(super) names: Vec<Arc<str>>,
    /// Which of them are secret.
    pub(super) secret: Vec<bool>,
    pub(super) secrets: Arc<Secrets>,
    slots: FxHashMap<Arc<str>, Slot>,
    /// Names met during the run; only the schemas of a shard have them.
    late: Option<Rc<LateNames>>,
    /// Shared by all schemas of a shard.
    pub(super) counters: Rc<Counters>,
    /// Shared by all schemas of a shard.
    pub(super) book: Rc<Book>,
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

    /// A schema whose sessions use these counters.
    pub(crate) fn counting_with(self, counters: &Rc<Counters>) -> Self {
        Schema { counters: counters.clone(), ..self }
    }

    /// A schema whose sessions record custom metrics and checks in this book.
    pub(crate) fn recorded_in(self, book: &Rc<Book>) -> Self {
        Schema { book: book.clone(), ..self }
    }

    /// A schema whose sessions mask these secrets.
    pub(crate) fn guarding(self, secrets: &Arc<Secrets>) -> Self {
        let secret = self.names.iter().map(|name| secrets.has_attribute(name)).collect();
        Schema { secrets: secrets.clone(), secret, ..self }
    }

    /// The slot of `name`, created if necessary.
    pub fn intern(&mut self, name: &str) -> Slot {
        if let Some(slot) = self.slots.get(name) {
            return *slot;
        }
        let slot = Slot(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        let name: Arc<str> = name.into();
        self.secret.push(self.secrets.has_attribute(&name));
        self.names.push(name.clone());
        self.slots.insert(name, slot);
        slot
    }

    /// A schema with these names registered late.
    pub(crate) fn with_late(mut self, late: Rc<LateNames>) -> Self {
        self.late = Some(late);
        self
    }

    /// Texts met during the run that must not be shown.
    pub(super) fn late_secrets(&self) -> Vec<Arc<str>> {
        self.late.as_ref().map(|late| late.secrets()).unwrap_or_default()
    }

    /// The name behind a late slot.
    pub(super) fn late_name(&self, slot: Slot) -> Option<&Arc<str>> {
        self.late.as_ref()?.name_of(slot)
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
