//! The limits of timed loops: whoever waits within one goes on when its time is over, wherever in the loop it waits.
//!
//! Pauses and paces rest no longer than that. Whoever waits for others at a rendez-vous, or for a record, gets a task that
//! fetches it at the limit. An await of a message ends at the limit too (`listen`). Any other request that is on its way, a
//! wait for its slot of a throttle included, is never cut, and neither is code in the imperative style.

use std::rc::Rc;

use crate::compile::{Kind, Op, Pc, Program};
use crate::engine::cursor::{Cursor, guard};
use crate::engine::room::Room;
use crate::engine::user::{Frame, User};
use crate::engine::{Shard, task};
use crate::moment::Moment;

/// The timed loop around a user that ends first.
#[derive(Clone, Copy)]
struct Limit {
    at: Moment,
    of: TimedLoop,
}

#[derive(Clone, Copy)]
enum TimedLoop {
    /// The frame at this depth.
    Own(usize),
    /// Around the fork that the user is a branch of, entered there.
    Around(Pc),
}

/// Which of the loops to be left as soon as possible ends first; of several that end at once, the outermost.
fn limit(user: &User, program: &Program) -> Option<Limit> {
    if user.watched == 0 {
        return None;
    }
    let end = |enter: Pc, since: Moment| {
        let Some(Op::LoopEnter(entered)) = program.ops.get(enter as usize) else { return None };
        let Kind::While { during: Some(during), .. } = &entered.kind else { return None };
        // What is wrong with it is told when the loop looks at its time itself.
        let during = guard(|| during.get(&user.session).map_err(|error| error.to_string())).ok()?;
        Some(since + during)
    };
    let held = user.held_for();
    let around = user.fork().into_iter().flat_map(|fork| fork.loops());
    let around = around.filter_map(|around| {
        Some(Limit { at: end(around.enter, around.since + held)?, of: TimedLoop::Around(around.enter) })
    });
    let own = user.frames.iter().enumerate().filter_map(|(depth, frame)| match *frame {
        Frame::Loop { enter, asap: true, since, .. } => {
            Some(Limit { at: end(enter, since)?, of: TimedLoop::Own(depth) })
        }
        _ => None,
    });
    around.chain(own).min_by_key(|limit| limit.at)
}

impl Cursor<'_> {
    /// Until when a wait lasts that would last until `due`: if a timed loop around ends before, until then, and that loop
    /// is left afterwards.
    pub(super) fn cut(&mut self, due: Moment) -> Moment {
        match limit(self.user, self.program) {
            Some(limit) if limit.at < due => {
                match limit.of {
                    TimedLoop::Own(depth) => {
                        if let Some(Frame::Loop { over, .. }) = self.user.frames.get_mut(depth) {
                            *over = true;
                        }
                    }
                    TimedLoop::Around(enter) => {
                        if let Some(Frame::Branch { over, .. }) = self.user.frames.first_mut() {
                            *over = Some(enter);
                        }
                    }
                }
                limit.at.max(self.user.intended)
            }
            _ => due,
        }
    }
}

/// Where a user waits without a moment at which it goes on.
pub(super) enum Waits {
    /// At the rendez-vous of this number.
    Meeting(usize),
    Room(Rc<Room>),
}

impl Shard {
    /// When the first of the timed loops around `user` ends, if it is in one.
    pub(crate) fn limit_of(&self, user: &User) -> Option<Moment> {
        limit(user, &self.program(user.population)).map(|limit| limit.at)
    }

    /// Fetches the user of this number and serial from where it waits when its limit is reached.
    pub(super) fn fetch_at(self: &Rc<Self>, at: Moment, who: (u64, u64), from: Waits) {
        self.worked.set(true);
        let shard = self.clone();
        task::spawn_other(self, async move {
            shard.sleep_until(at).await;
            if !shard.is_over() {
                shard.fetch(who, &from);
            }
        });
    }

    fn fetch(self: &Rc<Self>, who: (u64, u64), from: &Waits) {
        let now = self.clock.now();
        // It may have gone on, and wait here again within another loop.
        let is_due = |user: &User| {
            (user.session.user_id(), user.serial()) == who && self.limit_of(user).is_some_and(|limit| limit <= now)
        };
        let user = match from {
            Waits::Meeting(index) => {
                let mut meetings = self.meetings.borrow_mut();
                let place = meetings[*index].iter().position(|user| is_due(user));
                // If it has just opened, all who wait are let go in a moment.
                let place = place.filter(|_| self.plan.rendez_vous[*index].leave());
                place.map(|place| meetings[*index].remove(place))
            }
            Waits::Room(room) => self.take_from_room(room, is_due),
        };
        let Some(mut user) = user else { return };
        let program = self.program(user.population);
        user.intended = Cursor { user: &mut user, program: &program, shard: self }.cut(Moment::NEVER);
        task::spawn(self, user);
    }
}
