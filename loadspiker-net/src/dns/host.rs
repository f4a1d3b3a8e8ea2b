//! [`Host`]: what is known of one host name: its addresses, and which of them worked.

use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::Instant;

use super::{Answer, RETRY, TTL};
use crate::failure::Failure;

/// What is known of one host name.
#[derive(Default)]
pub(crate) struct Host {
    pub(super) known: RefCell<Option<Known>>,
    /// The lookup that is under way.
    pub(super) lookup: RefCell<Option<watch::Receiver<Option<Answer>>>>,
    turn: Cell<usize>,
    /// The last connection that worked went over IPv6, or IPv4; this family is tried first.
    ipv6: Cell<Option<bool>>,
    /// Addresses that did not work while another one did, and until when they are tried last.
    unfit: RefCell<Vec<(IpAddr, Instant)>>,
}

pub(super) struct Known {
    addresses: Answer,
    pub(super) until: Instant,
}

impl Host {
    /// Whether there are addresses, if that is known and fresh.
    pub(super) fn fresh(&self) -> Option<Result<(), Failure>> {
        let known = self.known.borrow();
        let fresh = known.as_ref().filter(|known| Instant::now() < known.until);
        fresh.map(|known| known.addresses.as_ref().map(|_| ()).map_err(Failure::clone))
    }

    /// Whether a lookup is under way that has no answer yet.
    pub(super) fn is_looked_up(&self) -> bool {
        self.lookup.borrow().as_ref().is_some_and(|answer| answer.has_changed().is_ok())
    }

    /// The lookup that was under way is over. Where several waited for it, the first one learns.
    pub(super) fn learn(&self, answer: Answer) {
        if self.lookup.take().is_none() {
            return;
        }
        let now = Instant::now();
        let mut known = self.known.borrow_mut();
        match (answer, known.as_mut()) {
            // While the resolver is out of order the addresses found before stay good.
            (Err(_), Some(old)) if old.addresses.is_ok() => old.until = now + RETRY,
            (Err(failure), _) => *known = Some(Known { addresses: Err(failure), until: now + RETRY }),
            (Ok(addresses), _) => *known = Some(Known { addresses: Ok(addresses), until: now + TTL }),
        }
    }

    /// The addresses in the order to try them (RFC 8305 §4): those of both families in turn, beginning with the family that
    /// worked last, and within a family with another one each time. Those that did not work lately come last.
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        let known = self.known.borrow();
        let Some(Ok(all)) = known.as_ref().map(|known| &known.addresses) else { return Vec::new() };
        let all: &Arc<[IpAddr]> = all;
        let Some(first) = all.first() else { return Vec::new() };
        if all.len() == 1 {
            return vec![*first];
        }
        let turn = self.turn.get();
        self.turn.set(turn.wrapping_add(1));
        let ipv6 = self.ipv6.get().unwrap_or(first.is_ipv6());
        let unfit = self.unfit();
        let (fit, last): (Vec<IpAddr>, Vec<IpAddr>) = all.iter().partition(|ip| !unfit.contains(ip));
        let (mut ours, mut others): (Vec<IpAddr>, Vec<IpAddr>) = fit.iter().partition(|ip| ip.is_ipv6() == ipv6);
        for family in [&mut ours, &mut others] {
            let by = turn % family.len().max(1);
            family.rotate_left(by);
        }
        let mut order = Vec::with_capacity(all.len());
        let (mut ours, mut others) = (ours.into_iter(), others.into_iter());
        while ours.len() + others.len() > 0 {
            order.extend(ours.next());
            order.extend(others.next());
        }
        order.extend(last);
        order
    }

    fn unfit(&self) -> Vec<IpAddr> {
        let mut unfit = self.unfit.borrow_mut();
        if unfit.is_empty() {
            return Vec::new();
        }
        let now = Instant::now();
        unfit.retain(|(_, until)| *until > now);
        unfit.iter().map(|(ip, _)| *ip).collect()
    }

    /// A connection to this address of the host came to be, and those to the others did not, or not so soon.
    pub(crate) fn worked(&self, ip: IpAddr, others: &[IpAddr]) {
        self.ipv6.set(Some(ip.is_ipv6()));
        let mut unfit = self.unfit.borrow_mut();
        if unfit.is_empty() && others.is_empty() {
            return;
        }
        unfit.retain(|(known, _)| *known != ip && !others.contains(known));
        let until = Instant::now() + TTL;
        unfit.extend(others.iter().map(|other| (*other, until)));
    }
}
