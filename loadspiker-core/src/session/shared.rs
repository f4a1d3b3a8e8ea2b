//! [`Shared`]: what all sessions of a population have in common on one shard.

use std::rc::Rc;
use std::sync::Arc;

use super::counter::Counters;
use super::late_names::LateNames;
use super::schema::{Schema, Slot};
use super::secrets::Secrets;
use crate::metrics::Book;

/// What all sessions of a population have in common on one shard: their names, what must not be shown, and where they count.
/// A session has one pointer to it.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) schema: Schema,
    /// Whether the value in a slot is secret, for each slot.
    pub(super) secret: Box<[bool]>,
    pub(super) secrets: Arc<Secrets>,
    /// Names met during the run, of all populations of the shard; none outside of a run.
    pub(super) late: Option<Rc<LateNames>>,
    /// The counters of all sessions of the shard.
    pub(super) counters: Rc<Counters>,
    /// The custom metrics and checks of all sessions of the shard.
    pub(super) book: Rc<Book>,
}

impl Shared {
    /// For sessions of a run.
    pub(crate) fn new(
        schema: Schema,
        secrets: &Arc<Secrets>,
        late: &Rc<LateNames>,
        counters: &Rc<Counters>,
        book: &Rc<Book>,
    ) -> Self {
        Shared {
            late: Some(late.clone()),
            counters: counters.clone(),
            book: book.clone(),
            ..Shared::guarding(schema, secrets.clone())
        }
    }

    /// For sessions outside of a run, which know of these secrets.
    pub(super) fn guarding(schema: Schema, secrets: Arc<Secrets>) -> Self {
        let secret = schema.names.iter().map(|name| secrets.has_attribute(name)).collect();
        Shared { schema, secret, secrets, late: None, counters: Rc::default(), book: Rc::default() }
    }

    /// For sessions outside of a run, whose custom metrics and checks are counted in this book.
    #[cfg(test)]
    pub(crate) fn recorded_in(schema: Schema, book: &Rc<Book>) -> Self {
        Shared { book: book.clone(), ..Shared::guarding(schema, Arc::default()) }
    }

    /// The name behind a late slot.
    pub(super) fn late_name(&self, slot: Slot) -> Option<&Arc<str>> {
        self.late.as_ref()?.name_of(slot)
    }

    /// Texts met during the run that must not be shown.
    pub(super) fn late_secrets(&self) -> Vec<Arc<str>> {
        self.late.as_ref().map(|late| late.secrets()).unwrap_or_default()
    }
}
