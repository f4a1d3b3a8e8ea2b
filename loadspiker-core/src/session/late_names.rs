//! [`LateNames`]: attributes whose names are first met during a run, in requests that the user's code makes.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::session::Slot;

/// Slots from here on are late ones. No session has room for them: what is in them is found by its name.
const FIRST: u32 = 1 << 31;

/// How many late names a shard knows at most. Programs have few; only names that are made up without end reach it.
pub(crate) const LIMIT: usize = 4096;

/// The late names of one shard, shared by all its sessions.
#[derive(Debug, Default)]
pub(crate) struct LateNames {
    slots: RefCell<FxHashMap<Arc<str>, Slot>>,
    /// In the order of their slots. Made with the first of them, and never moved, so that names can be lent.
    names: OnceCell<Box<[OnceCell<Arc<str>>]>>,
    /// Texts that must not be shown.
    secrets: RefCell<BTreeSet<Arc<str>>>,
}

impl LateNames {
    /// The slot of `name`, made if it is new; `None` if there are too many.
    pub(crate) fn intern(&self, name: &str) -> Option<Slot> {
        if let Some(slot) = self.slots.borrow().get(name) {
            return Some(*slot);
        }
        let mut slots = self.slots.borrow_mut();
        let index = slots.len();
        let place = self.names.get_or_init(|| vec![OnceCell::new(); LIMIT].into()).get(index)?;
        let slot = Slot(FIRST + u32::try_from(index).ok()?);
        let name: Arc<str> = name.into();
        // The place of a new name is empty.
        let _ = place.set(name.clone());
        slots.insert(name, slot);
        Some(slot)
    }

    /// Keeps a text that must not be shown, unless there are too many.
    pub(crate) fn keep_secret(&self, text: &str) {
        let mut secrets = self.secrets.borrow_mut();
        if !secrets.contains(text) && secrets.len() < LIMIT {
            secrets.insert(text.into());
        }
    }

    /// Texts that must not be shown.
    pub(crate) fn secrets(&self) -> Vec<Arc<str>> {
        self.secrets.borrow().iter().cloned().collect()
    }

    /// The name behind a late slot.
    pub(crate) fn name_of(&self, slot: Slot) -> Option<&Arc<str>> {
        let index = usize::try_from(slot.0.checked_sub(FIRST)?).ok()?;
        self.names.get()?.get(index)?.get()
    }
}

/// Whether `slot` is a late one.
pub(crate) fn is_late(slot: Slot) -> bool {
    slot.0 >= FIRST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_slot_and_is_found_by_it() {
        let names = LateNames::default();
        let (a, b) = (names.intern("a").unwrap(), names.intern("b").unwrap());
        assert_ne!(a, b);
        assert_eq!(names.intern("a"), Some(a));
        assert_eq!(names.name_of(b).map(|name| &**name), Some("b"));
        assert!(is_late(a) && !is_late(Slot(5)));
        assert_eq!(names.name_of(Slot(5)), None);
    }

    #[test]
    fn there_is_an_end_to_names() {
        let names = LateNames::default();
        assert!((0..LIMIT).all(|n| names.intern(&format!("n{n}")).is_some()));
        assert_eq!(names.intern("one more"), None);
        assert!(names.intern("n5").is_some());
    }
}
