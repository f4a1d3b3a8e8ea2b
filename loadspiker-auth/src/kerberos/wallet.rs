//! [`Wallet`]: the tickets of a user.

use std::cell::RefCell;
use std::rc::Rc;

use loadspiker_core::Moment;

use super::message::{Client, Ticket};
use crate::token::Lapse;

/// A ticket, and how long it is good.
#[derive(Clone)]
pub(super) struct StoredTicket {
    pub(super) ticket: Rc<Ticket>,
    pub(super) lapse: Lapse,
}

/// The tickets of a user.
#[derive(Default)]
pub(super) struct Wallet(RefCell<Option<Pockets>>);

pub(super) struct Pockets {
    client: Client,
    pub(super) granting: Option<StoredTicket>,
    /// By the names of services that want one.
    tickets: Vec<(String, Option<StoredTicket>)>,
}

impl Wallet {
    /// Makes it that of this client, and empties it if it was another's.
    pub(super) fn belong_to(&self, client: Client) {
        let mut pockets = self.0.borrow_mut();
        if pockets.as_ref().is_none_or(|pockets| pockets.client != client) {
            *pockets = Some(Pockets { client, granting: None, tickets: Vec::new() });
        }
    }

    /// Makes a place for the ticket of this service.
    pub(super) fn want(&self, service: String) {
        if let Some(pockets) = self.0.borrow_mut().as_mut()
            && !pockets.tickets.iter().any(|(known, _)| *known == service)
        {
            pockets.tickets.push((service, None));
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.0.replace(None);
    }

    /// The services for which there is no fresh ticket; `None` if there is one for each.
    pub(super) fn missing(&self, now: Moment) -> Option<(Client, Vec<String>)> {
        let pockets = self.0.borrow();
        let pockets = pockets.as_ref()?;
        let stale =
            pockets.tickets.iter().filter(|(_, held)| !held.as_ref().is_some_and(|held| held.lapse.is_fresh(now)));
        let services: Vec<String> = stale.map(|(service, _)| service.clone()).collect();
        (!services.is_empty()).then(|| (pockets.client.clone(), services))
    }

    /// The ticket-granting ticket, if it is fresh.
    pub(super) fn granting(&self, now: Moment) -> Option<Rc<Ticket>> {
        let pockets = self.0.borrow();
        let held = pockets.as_ref()?.granting.as_ref()?;
        held.lapse.is_fresh(now).then(|| held.ticket.clone())
    }

    pub(super) fn ticket(&self, service: &str) -> Option<Rc<Ticket>> {
        let pockets = self.0.borrow();
        let (_, held) = pockets.as_ref()?.tickets.iter().find(|(name, _)| name == service)?;
        Some(held.as_ref()?.ticket.clone())
    }

    /// Puts what this client has for a service into its place.
    pub(super) fn put(&self, client: &Client, service: &str, ticket: Option<StoredTicket>) {
        self.change(client, |pockets| {
            if let Some((_, place)) = pockets.tickets.iter_mut().find(|(known, _)| known == service) {
                *place = ticket;
            }
        });
    }

    /// Changes what this client has, unless the user has become another.
    pub(super) fn change(&self, client: &Client, change: impl FnOnce(&mut Pockets)) {
        self.0.borrow_mut().as_mut().filter(|pockets| pockets.client == *client).map(change);
    }
}
