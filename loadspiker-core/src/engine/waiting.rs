//! [`Waiting`]: who waits for what moment. Two heaps, so that a resting user costs 16 bytes here and nothing else.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::task::Waker;
use std::time::Duration;

use crate::engine::user::User;
use crate::moment::Moment;

/// Resting users, and busy ones that wait without resting, by the moment they go on.
#[derive(Default)]
pub(crate) struct Waiting {
    resting: BinaryHeap<Reverse<Due<Box<User>>>>,
    sleepers: BinaryHeap<Reverse<Due<Sleeper>>>,
}

impl Waiting {
    /// The earliest moment anyone waits for.
    pub(crate) fn next_due(&self) -> Option<Moment> {
        let resting = self.resting.peek().map(|Reverse(due)| due.at);
        let sleeper = self.sleepers.peek().map(|Reverse(due)| due.at);
        [resting, sleeper].into_iter().flatten().min()
    }

    /// Lets `user` rest until `at`.
    pub(crate) fn rest(&mut self, at: Moment, user: Box<User>) {
        self.resting.push(Reverse(Due { at, who: user }));
    }

    /// Has `waker` called at `at`.
    pub(crate) fn sleep(&mut self, at: Moment, waker: Waker) {
        self.sleepers.push(Reverse(Due { at, who: Sleeper(waker) }));
    }

    /// The next user whose rest is over at `now`, with the moment at which it was.
    pub(crate) fn pop_user(&mut self, now: Moment) -> Option<(Moment, Box<User>)> {
        pop(&mut self.resting, now)
    }

    /// The next one to be woken at `now`.
    pub(crate) fn pop_sleeper(&mut self, now: Moment) -> Option<Waker> {
        pop(&mut self.sleepers, now).map(|(_, Sleeper(waker))| waker)
    }

    /// Calls those who wait beyond `at` without resting, for them to see that it is in vain. They stay where they are.
    pub(crate) fn call_beyond(&self, at: Moment) {
        let beyond = self.sleepers.iter().filter(|Reverse(due)| due.at > at);
        beyond.for_each(|Reverse(Due { who: Sleeper(waker), .. })| waker.wake_by_ref());
    }

    /// The slots that users wait for are due later by `gap`.
    pub(crate) fn put_off_slots(&mut self, gap: Duration) {
        let mut all = std::mem::take(&mut self.resting).into_vec();
        for Reverse(Due { at, who }) in all.iter_mut().filter(|Reverse(due)| due.who.held.is_some()) {
            who.put_off(gap);
            *at = *at + gap;
        }
        self.resting = all.into();
    }

    /// Takes out the users that rest beyond `at`.
    #[expect(clippy::vec_box, reason = "users come and go in their boxes")]
    pub(crate) fn take_beyond(&mut self, at: Moment) -> Vec<Box<User>> {
        let all = std::mem::take(&mut self.resting).into_iter();
        let (stay, leave): (Vec<_>, Vec<_>) = all.partition(|Reverse(due)| due.at <= at);
        self.resting = stay.into();
        leave.into_iter().map(|Reverse(due)| due.who).collect()
    }
}

fn pop<T>(heap: &mut BinaryHeap<Reverse<Due<T>>>, now: Moment) -> Option<(Moment, T)>
where
    Due<T>: Ord,
{
    heap.peek().filter(|Reverse(due)| due.at <= now)?;
    heap.pop().map(|Reverse(due)| (due.at, due.who))
}

struct Sleeper(Waker);

/// Someone who goes on at a moment.
struct Due<T> {
    at: Moment,
    who: T,
}

/// What tells apart those who are due at the same moment, so that the order is always the same.
trait Rank {
    fn rank(&self) -> u64;

    /// Among those of one rank: branches of one user.
    fn branch(&self) -> u64 {
        0
    }
}

impl Rank for Box<User> {
    fn rank(&self) -> u64 {
        self.session.user_id()
    }

    fn branch(&self) -> u64 {
        self.serial()
    }
}

impl Rank for Sleeper {
    fn rank(&self) -> u64 {
        0
    }
}

impl<T: Rank> Ord for Due<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = self.at.cmp(&other.at).then_with(|| self.who.rank().cmp(&other.who.rank()));
        order.then_with(|| self.who.branch().cmp(&other.who.branch()))
    }
}

impl<T: Rank> PartialOrd for Due<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Rank> PartialEq for Due<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T: Rank> Eq for Due<T> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Session;

    fn user(seed: u64) -> Box<User> {
        Box::new(User::new(Session::new(std::rc::Rc::default(), seed, seed), 0, Moment::START))
    }

    #[test]
    fn users_go_on_in_the_order_of_their_moments_then_of_their_numbers() {
        let mut waiting = Waiting::default();
        for (at, id) in [(20, 1), (10, 3), (10, 2), (30, 4)] {
            waiting.rest(Moment::from_nanos(at), user(id));
        }
        assert_eq!(waiting.next_due(), Some(Moment::from_nanos(10)));
        let mut order = Vec::new();
        while let Some((_, user)) = waiting.pop_user(Moment::from_nanos(20)) {
            order.push(user.session.user_id());
        }
        assert_eq!(order, [2, 3, 1]);
        assert_eq!(waiting.next_due(), Some(Moment::from_nanos(30)));
    }

    #[test]
    fn those_who_rest_too_long_are_taken_out() {
        let mut waiting = Waiting::default();
        (1..=5).for_each(|id| waiting.rest(Moment::from_nanos(id), user(id)));
        assert_eq!(waiting.take_beyond(Moment::from_nanos(3)).len(), 2);
        assert_eq!(waiting.take_beyond(Moment::START).len(), 3);
        assert_eq!(waiting.next_due(), None);
    }
}
