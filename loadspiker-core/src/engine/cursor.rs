//! The cursor: takes a user from operation to operation, up to the next one that takes time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::compile::{Op, Pc, Program, Switch, SwitchBy, Test};
use crate::engine::signals::panic_message;
use crate::engine::user::{Frame, User};
use crate::engine::{Place, Shard};
use crate::expression::EvalError;
use crate::feeder::at_once;
use crate::moment::Moment;
use crate::protocol::RendezVous;

/// How many operations a user takes before others get their turn.
const TURN: u32 = 1000;

/// Where the cursor stopped, and why.
pub(crate) enum Next {
    /// At an action, which is to be run; the cursor is behind it.
    Act(Pc),
    /// At code of the user's, which is to be run; the cursor is behind it.
    Journey(Pc),
    /// At a pause.
    Rest(Moment),
    /// At a record that is to be waited for; with how many are asked for, if they become lists.
    Wait(Pc, Option<usize>),
    /// At a rendez-vous with others.
    Meet(usize),
    /// At a block, which is to be opened; the cursor is behind that.
    BlockBegin(Pc),
    /// At the end of the block that was entered there, which is to be closed.
    BlockEnd(Pc),
    /// At a fork, whose branches are to begin.
    Fork(Pc),
    /// It has gone on for long without doing anything that takes time.
    Yield,
    /// At the end.
    End,
}

/// A user on its way through its program, on its shard.
pub(crate) struct Cursor<'a> {
    pub(crate) user: &'a mut User,
    pub(crate) program: &'a Program,
    pub(crate) shard: &'a Shard,
}

impl Cursor<'_> {
    /// Goes on to the next operation that takes time.
    pub(crate) fn advance(&mut self) -> Next {
        let mut before = None;
        for _ in 0..TURN {
            if let Some(before) = before {
                self.shard.step_is_over(before);
            }
            let pc = self.user.pc;
            let Some(op) = self.program.ops.get(pc as usize) else { return Next::End };
            if self.user.watched > 0 && op.is_step() && self.leave_early() {
                continue;
            }
            self.user.pc = pc + 1;
            let place = Place::new(self.user.population, pc);
            self.shard.pulse.at(place);
            before = Some(place);
            match op {
                Op::Action(_) => return Next::Act(pc),
                Op::Async(_) => return Next::Journey(pc),
                Op::Call(function) => {
                    let (user, started) = (&mut *self.user, self.shard.clock.now());
                    let outcome = guard(|| function(&mut user.session).map_err(|error| format!("{error:#}")));
                    // The user's own code takes its time; how late the engine was before stays as it was.
                    let took = self.shard.clock.now().since(started);
                    user.intended = user.intended + took;
                    if let Err(problem) = outcome {
                        self.fail_step(&problem);
                    }
                    if self.shard.code_ran(place, took) {
                        // Others have waited long enough.
                        return Next::Yield;
                    }
                }
                Op::Pause(pause) => match self.try_to(|cursor| pause.get(&cursor.user.session)) {
                    Some(duration) => {
                        let pauses = self.program.pauses;
                        let drawn = self.user.session.random(|random| pauses.draw(duration, random));
                        if !drawn.is_zero() {
                            let due = self.user.intended + drawn;
                            return Next::Rest(self.cut(due));
                        }
                    }
                    None => continue,
                },
                Op::Pace(number, period) => {
                    if let Some(period) = self.try_to(|cursor| period.get(&cursor.user.session))
                        && let Some(due) = self.pace(*number, period)
                    {
                        return Next::Rest(due);
                    }
                }
                Op::RendezVous(meeting) => {
                    if self.must_wait(meeting) {
                        return Next::Meet(meeting.index);
                    }
                }
                Op::Feed(feeder, count) => {
                    let shard = self.shard;
                    let count = match count {
                        None => None,
                        Some(count) => match self.try_to(|cursor| at_once(count.get(&cursor.user.session)?)) {
                            Some(count) => Some(count),
                            None => continue,
                        },
                    };
                    if feeder.live().is_some() {
                        return Next::Wait(pc, count);
                    }
                    let session = &mut self.user.session;
                    let fed = match count {
                        None => feeder.feed(shard.index, session),
                        Some(count) => feeder.feed_n(shard.index, session, count),
                    };
                    if let Err(problem) = fed {
                        shard.request_stop(&problem.to_string(), true);
                        // The run is given up: nothing more is done at the end of this user.
                        if self.give_up() {
                            return Next::End;
                        }
                    }
                }
                Op::CheckOut(pool) => match self.user.check_out(pool) {
                    Some(taken) => self.shard.checked_out(pool, taken),
                    None if pool.patience.is_zero() => {
                        self.fail_step(&Problem { message: self.shard.exhausted(pool), panicked: false });
                    }
                    None => return Next::Wait(pc, None),
                },
                Op::CheckIn(pool) => self.user.check_in(pool, self.user.intended),
                Op::LoopEnter(entered) => self.enter_loop(pc, entered),
                Op::LoopNext(enter) => {
                    if self.next_pass(*enter) && self.leave() {
                        return Next::End;
                    }
                }
                Op::Jump(target) => self.user.pc = *target,
                Op::Unless(test, target) => {
                    if self.holds(test) != Some(true) {
                        self.user.pc = *target;
                    }
                }
                Op::Switch(switch) => self.user.pc = self.choose(switch),
                Op::TryEnter { attempts, end } => match self.try_to(|cursor| attempts.get(&cursor.user.session)) {
                    Some(0) | None => self.user.pc = *end,
                    Some(_) => {
                        self.user.settle_failure();
                        let failed_before = self.user.session.is_failed();
                        self.user.session.mark_as_succeeded();
                        self.push(Frame::Try { enter: pc, failed_before, attempt: 1 });
                    }
                },
                Op::TryLeave => {
                    if self.user.session.is_failed() {
                        self.retry_or_leave();
                    } else {
                        self.pop();
                    }
                }
                Op::BlockEnter { .. } => return Next::BlockBegin(pc),
                Op::BlockLeave(enter) => return Next::BlockEnd(*enter),
                Op::GroupEnter(name) => {
                    let outer = self.user.group;
                    let since = self.user.intended;
                    self.user.group = self.shard.group(outer, name, &self.user.session);
                    self.push(Frame::Group { outer, failed: false, cumulated_micros: 0, since });
                }
                Op::GroupLeave => self.pop(),
                Op::Exit(test) => {
                    if test.as_ref().is_none_or(|test| self.holds(test) == Some(true)) && self.leave() {
                        return Next::End;
                    }
                }
                Op::Stop { why, condition, crash } => {
                    if condition.as_ref().is_none_or(|test| self.holds(test) == Some(true)) {
                        self.shard.request_stop(why, *crash);
                    }
                }
                Op::Fork(_) => return Next::Fork(pc),
                Op::BranchEnd => {
                    self.end_branch();
                    return Next::End;
                }
                Op::Retire => self.shard.user_retires(self.user.population),
                Op::End => {
                    if self.leave() {
                        return Next::End;
                    }
                }
            }
        }
        Next::Yield
    }

    /// The user leaves whatever it is in: first for what every user does at its end, then for good. Whether it is gone.
    pub(super) fn leave(&mut self) -> bool {
        if let Some(fork) = self.user.fork() {
            // Its other branches leave too; the user itself does when they are joined.
            fork.exit();
            return self.give_up();
        }
        if !self.give_up() {
            return false;
        }
        // The position is behind the operation that leads out.
        let gone = self.user.pc > self.program.end;
        if !gone {
            self.user.pc = self.program.end;
        }
        gone
    }

    /// Runs code that may be the user's; what goes wrong in it marks the user as failed and is counted.
    pub(super) fn try_to<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T, EvalError>) -> Option<T> {
        match guard(|| f(self).map_err(|error| format!("{error:#}"))) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.fail_step(&problem);
                None
            }
        }
    }

    pub(crate) fn fail_step(&mut self, problem: &Problem) {
        self.user.session.mark_as_failed();
        self.user.fail_group();
        self.shard.step_failed(self.user, problem);
        if let Some(witness) = &self.program.witness {
            witness.step_failed(self.user.pc, &self.user.session.masked(&problem.message));
        }
    }

    fn holds(&mut self, test: &Test) -> Option<bool> {
        self.try_to(|cursor| {
            let session = &cursor.user.session;
            match test {
                Test::Condition(condition) => condition.get(session),
                Test::Equal(left, right) => Ok(left.get(session)?.same_as(&*right.get(session)?)),
                Test::Failed => Ok(session.is_failed()),
            }
        })
    }

    fn choose(&mut self, switch: &Switch) -> Pc {
        match &switch.by {
            SwitchBy::Value(value, cases) => self
                .try_to(|cursor| {
                    let session = &cursor.user.session;
                    let value = value.get(session)?;
                    for (key, target) in cases {
                        if key.get(session)?.same_as(&value) {
                            return Ok(*target);
                        }
                    }
                    Ok(switch.otherwise)
                })
                .unwrap_or(switch.otherwise),
            SwitchBy::Chance(bounds) => {
                let drawn = self.user.session.random(|random| random.f64() * 100.0);
                bounds.iter().find(|(bound, _)| drawn < *bound).map_or(switch.otherwise, |(_, target)| *target)
            }
            SwitchBy::Turn(index, targets) => {
                let turn = self.shard.next_turn(*index);
                targets.get(turn % targets.len().max(1)).copied().unwrap_or(switch.otherwise)
            }
        }
    }

    /// When the pace lets this user go on; `None` for at once.
    fn pace(&mut self, number: u32, period: Duration) -> Option<Moment> {
        let user = &mut *self.user;
        let now = user.intended;
        let paces = &mut user.extras.get_or_insert_default().paces;
        let index = paces.iter().position(|(pace, _)| *pace == number).unwrap_or_else(|| {
            paces.push((number, now));
            paces.len() - 1
        });
        let due = paces[index].1.max(now);
        paces[index].1 = due + period;
        if due <= now {
            return None;
        }
        let cut = self.cut(due);
        if cut < due
            && let Some(extras) = &mut self.user.extras
        {
            // It does not pass here.
            extras.paces[index].1 = due;
        }
        Some(cut)
    }

    fn must_wait(&self, meeting: &RendezVous) -> bool {
        if meeting.is_open() {
            return false;
        }
        let last = meeting.arrive();
        if last {
            self.shard.open_rendez_vous(meeting.index, self.user.intended);
        }
        !last
    }
}

/// What went wrong in a step of the user's.
pub(crate) struct Problem {
    pub(crate) message: String,
    pub(crate) panicked: bool,
}

/// Runs code that may be the user's, and turns a panic in it into a problem.
pub(crate) fn guard<T>(f: impl FnOnce() -> Result<T, String>) -> Result<T, Problem> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(message)) => Err(Problem { message, panicked: false }),
        Err(payload) => Err(Problem { message: panic_message(payload.as_ref()), panicked: true }),
    }
}
