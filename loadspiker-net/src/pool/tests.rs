//! What the pools promise: bounds, order, and nothing lost.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use loadspiker_core::Moment;
use loadspiker_core::metrics::Phases;

use super::*;
use crate::attempt::Attempt;
use crate::clock::{Clock, WallClock};
use crate::failure::{Failure, FailureKind, Phase};
use crate::limit::Limit;

/// A connection that is nothing but what a pool looks at.
#[derive(Debug)]
struct Line {
    number: u32,
    usable: Rc<Cell<bool>>,
    owner: Option<&'static str>,
}

impl Pooled for Line {
    fn is_usable(&self) -> bool {
        self.usable.get()
    }

    fn owner(&self) -> Option<&str> {
        self.owner
    }
}

fn line(number: u32) -> Line {
    Line { number, usable: Rc::new(Cell::new(true)), owner: None }
}

fn owned(number: u32, owner: &'static str) -> Line {
    Line { owner: Some(owner), ..line(number) }
}

fn number(line: Option<Line>) -> Option<u32> {
    line.map(|line| line.number)
}

async fn pending<T>(future: &mut Pin<Box<impl Future<Output = T>>>) -> bool {
    std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_pending())).await
}

#[tokio::test]
async fn at_the_bound_users_wait_and_are_served_in_order() {
    let pool = Pool::<Line>::new(2);
    let (one, two) = (pool.try_acquire().unwrap(), pool.try_acquire().unwrap());
    assert!(pool.try_acquire().is_none());

    let (mut first, mut second) = (Box::pin(pool.acquire()), Box::pin(pool.acquire()));
    assert!(pending(&mut first).await && pending(&mut second).await);
    drop(one);
    assert!(pool.try_acquire().is_none(), "a newcomer must not overtake those who wait");
    assert!(pending(&mut second).await);
    let first = first.await;
    drop(two);
    let second = second.await;
    assert!(pool.try_acquire().is_none());
    drop((first, second));
    assert!(pool.try_acquire().is_some());
}

#[tokio::test]
async fn who_stops_waiting_loses_nothing_for_others() {
    let pool = Pool::<Line>::new(1);
    let held = pool.try_acquire().unwrap();
    let (mut first, mut second) = (Box::pin(pool.acquire()), Box::pin(pool.acquire()));
    assert!(pending(&mut first).await && pending(&mut second).await);
    drop(held);
    // The permit has been handed to the first, who goes without having taken it.
    drop(first);
    drop(second.await);
    assert!(pool.try_acquire().is_some());
}

#[test]
fn targets_have_bounds_of_their_own_and_are_forgotten_when_nothing_is_left_of_them() {
    let pools = Pools::<&str, Line>::new(1);
    let a = pools.of(&"a").try_acquire().unwrap();
    assert!(pools.of(&"b").try_acquire().is_some());
    assert!(pools.of(&"a").try_acquire().is_none());
    pools.sweep();
    assert!(pools.of(&"a").try_acquire().is_none(), "it is in use");
    let broken = line(1);
    let usable = broken.usable.clone();
    a.put(broken);
    pools.sweep();
    assert_eq!(pools.pools.borrow().len(), 1);
    usable.set(false);
    pools.sweep();
    assert!(pools.pools.borrow().is_empty());
}

#[test]
fn the_connection_used_last_is_taken_and_unusable_ones_are_dropped() {
    let pool = Pool::new(3);
    let broken = line(3);
    broken.usable.set(false);
    pool.try_acquire().unwrap().put(broken);
    assert_eq!(pool.idle(), 0);
    let lines = [line(1), line(2)];
    let last = lines[1].usable.clone();
    for line in lines {
        pool.try_acquire().unwrap().put(line);
    }
    last.set(false);
    let permit = pool.try_acquire().unwrap();
    assert_eq!(number(permit.take(None)), Some(1));
    assert_eq!(number(permit.take(None)), None);
}

#[test]
fn what_has_an_owner_is_for_its_owner_alone() {
    let pool = Pool::new(3);
    let mut own = OwnPool::default();
    pool.try_acquire().unwrap().put(line(0));
    pool.try_acquire().unwrap().put(owned(1, "ada"));
    own.put(&"a", owned(1, "ada"), 3);
    own.put(&"a", line(0), 3);
    let permit = pool.try_acquire().unwrap();
    assert_eq!(number(permit.take(Some("ada"))), Some(1));
    assert_eq!(number(own.take(&"a", Some("ada"))), Some(1));
    assert_eq!(number(permit.take(Some("bob"))), Some(0), "one that is nobody's will do");
    assert_eq!(number(own.take(&"a", Some("bob"))), Some(0), "one that is nobody's will do");
    own.put(&"a", owned(1, "ada"), 3);
    assert!(own.take(&"a", None).is_none() && own.take(&"a", Some("bob")).is_none());
}

#[test]
fn at_the_bound_connections_of_other_owners_make_room() {
    let pool = Pool::new(2);
    pool.try_acquire().unwrap().put(owned(1, "ada"));
    let first = pool.try_acquire().unwrap();
    assert!(first.take(Some("bob")).is_none());
    let second = pool.try_acquire().unwrap();
    assert!(second.take(None).is_none(), "two are in use by now: the idle one is closed");
    assert!(second.take(Some("ada")).is_none());
}

#[test]
fn a_user_keeps_connections_by_target_up_to_the_bound() {
    let mut own = OwnPool::default();
    for number in 0..4 {
        own.put(&"a", line(number), 2);
    }
    own.put(&"b", line(9), 2);
    assert_eq!(own.len(), 3);
    let mut branch = own.deal();
    assert_eq!((own.len(), branch.len()), (1, 2), "one to each target");
    assert_eq!(number(branch.take(&"a", None)), Some(3));
    own.absorb(branch, 2);
    assert_eq!((number(own.take(&"b", None)), number(own.take(&"a", None))), (Some(9), Some(2)));
    assert!(own.is_empty());
}

/// An attempt that may wait for so long.
fn with_attempt<T>(wait: Duration, run: impl AsyncFnOnce(&mut Attempt<'_, WallClock>) -> T) -> (T, Phases) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (clock, mut phases) = (WallClock::start(), Phases::default());
    let limit = Limit::request(clock.now(), wait);
    let mut attempt = Attempt::new(&clock, Moment::START, limit, &mut phases);
    let outcome = runtime.block_on(run(&mut attempt));
    (outcome, phases)
}

#[test]
fn a_lease_opens_a_connection_once_and_returns_it_when_dropped() {
    let pool = Pool::new(1);
    let opened = Cell::new(0);
    let (numbers, phases) = with_attempt(Duration::from_secs(60), async |attempt| {
        let mut numbers = Vec::new();
        for _ in 0..2 {
            let open = async |_: &mut Attempt<'_, _>| {
                opened.set(opened.get() + 1);
                Ok(line(opened.get()))
            };
            numbers.push(pool.lease("h.test:1", None, attempt, open).await.unwrap().number);
        }
        numbers
    });
    assert_eq!((numbers, opened.get(), phases.get(Phase::WAIT)), (vec![1, 1], 1, None));
}

#[test]
fn a_cancelled_lease_lets_the_next_user_in_and_closes_a_connection_in_use() {
    let pool = Pool::new(1);
    with_attempt(Duration::from_secs(60), async |attempt| {
        let mut exchange = Box::pin(async {
            let lease =
                pool.lease("h.test:1", None, attempt, async |_: &mut Attempt<'_, _>| Ok(line(1))).await.unwrap();
            // An exchange has begun, and will not end.
            lease.usable.set(false);
            std::future::pending::<()>().await;
            lease.discard();
        });
        assert!(pending(&mut exchange).await);
        assert!(pool.try_acquire().is_none());
        drop(exchange);
    });
    assert!(pool.try_acquire().is_some());
    assert_eq!(pool.idle(), 0);
}

#[test]
fn a_wait_that_takes_too_long_names_the_target_and_is_a_phase() {
    let pool = Pool::new(1);
    let _held = pool.try_acquire().unwrap();
    let (leased, phases) = with_attempt(Duration::from_millis(1), async |attempt| {
        pool.lease("h.test:1", None, attempt, async |_: &mut Attempt<'_, _>| Ok(line(1))).await.map(drop)
    });
    let failure: Failure = leased.unwrap_err();
    assert_eq!(failure.kind(), FailureKind::Timeout(Phase::WAIT));
    assert!(
        failure.text().starts_with("wait for a free connection to h.test:1 timed out (request timeout 1 ms)"),
        "{failure}"
    );
    assert!(phases.get(Phase::WAIT).is_some());
}
