//! The end of a wait: it is counted, and whoever waited gets what came of it.

use std::rc::Rc;
use std::time::Duration;

use super::{Answer, Got, Guest, Supply, Who};
use crate::engine::cursor::{Cursor, Problem};
use crate::engine::holding::Taken;
use crate::engine::{Shard, User, task};
use crate::feeder::FeedError;
use crate::moment::Moment;
use crate::pool::BoundPool;

impl Shard {
    /// The wait of a guest is over.
    pub(super) fn answer(self: &Rc<Self>, supply: &Supply, guest: Guest, got: Got, at: Moment) {
        let at = at.max(guest.since);
        let answer = Answer { got, at, wait: at.since(guest.since) };
        match guest.who {
            Who::Code(call) => {
                call.answer.replace(Some(answer));
                call.wake();
            }
            Who::User(mut user) => {
                user.intended = at;
                let got = self.count_wait(supply, answer);
                match self.give(&mut user, supply, got, guest.lists) {
                    Ok(()) => task::spawn(self, user),
                    Err(problem) => {
                        self.request_stop(&problem.to_string(), true);
                        self.end_user(user);
                    }
                }
            }
        }
    }

    /// Counts a record that was free.
    pub(crate) fn checked_out(&self, pool: &BoundPool, taken: Taken) {
        if taken == Taken::New {
            self.recorder.borrow_mut().waited_for_record(pool.name(), Duration::ZERO, true);
        }
    }

    /// Counts that no record was free; what is told of it.
    pub(crate) fn exhausted(&self, pool: &BoundPool) -> String {
        self.recorder.borrow_mut().waited_for_record(pool.name(), Duration::ZERO, false);
        pool.exhausted()
    }

    /// Counts the wait, and gives what came of it.
    pub(crate) fn count_wait(&self, supply: &Supply, answer: Answer) -> Got {
        let taken = match answer.got {
            Got::Record(_) | Got::Drawn(_) => true,
            Got::Nothing(_) => false,
            // It is the end of the run that counts.
            Got::Ended(_) => return answer.got,
        };
        self.recorder.borrow_mut().waited_for_record(&supply.name(), answer.wait, taken);
        answer.got
    }

    /// Gives a user what it has waited for, `lists` if so; the run is to end if there is nothing more.
    fn give(&self, user: &mut User, supply: &Supply, got: Got, lists: bool) -> Result<(), FeedError> {
        match (got, supply) {
            (Got::Record(record), Supply::Pool(pool)) => user.hold(pool, record),
            (Got::Drawn(drawn), Supply::Feeder(feeder)) => feeder.give(&mut user.session, &drawn, lists)?,
            (Got::Nothing(message), _) => {
                let program = self.program(user.population);
                let mut cursor = Cursor { user, program: &program, shard: self };
                cursor.fail_step(&Problem { message, panicked: false });
            }
            (Got::Ended(error), _) => return Err(error),
            (Got::Record(_), Supply::Feeder(_)) | (Got::Drawn(_), Supply::Pool(_)) => {}
        }
        Ok(())
    }

    /// The run is given up: nothing more is done at the end of this user.
    fn end_user(self: &Rc<Self>, mut user: Box<User>) {
        let program = self.program(user.population);
        if (Cursor { user: &mut user, program: &program, shard: self }).give_up() {
            self.user_ended(user);
        } else {
            task::spawn(self, user);
        }
    }
}
