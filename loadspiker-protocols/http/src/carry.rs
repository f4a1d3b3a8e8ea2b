//! [`Carry`]: what goes from one attempt of a request to the next, where the answer was a challenge: a note of the way to
//! authenticate, and the connection, where it is the connection that is authenticated.

use std::rc::Rc;

use loadspiker_net::pool::Permit;

use crate::connection::Connection;

/// What goes from one attempt of a request to the next. It is a pointer to nothing for a request whose way to authenticate
/// needs none of it.
#[derive(Default)]
pub(crate) struct Carry(Option<Box<Carried>>);

#[derive(Default)]
struct Carried {
    /// Whose the connection becomes.
    owner: Option<Rc<String>>,
    note: Option<String>,
    connection: Option<HeldConnection>,
    /// No other connection will do.
    only_here: bool,
}

/// A connection, with the permit that it came with where it is of a shared pool.
pub(crate) type HeldConnection = (Option<Permit<Connection>>, Connection);

impl Carry {
    /// Whose the connection of the request must be, or becomes.
    pub(crate) fn owner(&self) -> Option<&Rc<String>> {
        self.0.as_ref()?.owner.as_ref()
    }

    pub(crate) fn set_owner(&mut self, owner: &str) {
        self.0.get_or_insert_default().owner = Some(Rc::new(owner.to_owned()));
    }

    pub(crate) fn note(&self) -> Option<&str> {
        self.0.as_ref()?.note.as_deref()
    }

    /// What is known to the next attempt, in place of what was known to this one.
    pub(crate) fn set_note(&mut self, note: Option<String>) {
        if note.is_some() || self.0.is_some() {
            self.0.get_or_insert_default().note = note;
        }
    }

    /// Holds a connection, which is the owner's from now on, until it is known what follows the answer.
    pub(crate) fn hold(&mut self, permit: Option<Permit<Connection>>, mut connection: Connection) {
        let carried = self.0.get_or_insert_default();
        connection.set_owner(carried.owner.clone());
        carried.connection = Some((permit, connection));
    }

    /// Whether the next attempt must go over the connection that is held.
    pub(crate) fn is_only_here(&self) -> bool {
        self.0.as_ref().is_some_and(|carried| carried.only_here)
    }

    pub(crate) fn set_only_here(&mut self, only_here: bool) {
        if let Some(carried) = &mut self.0 {
            carried.only_here = only_here;
        }
    }

    /// The connection that is held.
    pub(crate) fn take(&mut self) -> Option<HeldConnection> {
        self.0.as_mut()?.connection.take()
    }
}
