//! Imperative steps: code of the user's as a step of a user on its way.
//!
//! The code is a future in the user's task. It holds the user while it runs, and gives it back at its end, whatever that
//! was: done, failed, panicked, or dropped where it stood because it waits for longer than the run will last.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use crate::compile::AsyncStep;
use crate::engine::Shard;
use crate::engine::cursor::{Cursor, Problem};
use crate::engine::shard::ShardProgram;
use crate::engine::task::NoPanic;
use crate::failure::{Failure, FailureKind};
use crate::moment::Moment;
use crate::protocol::ActionContext;
use crate::protocol::{Outcome, User};

/// What has happened in futures of the engine's within the user's code. It may drop them where they stand (it lost
/// patience, say), and then they cannot tell the user itself.
#[derive(Debug, Default)]
pub(crate) struct Loose {
    /// The user waits for something beyond the end of the run.
    pub(crate) hopeless: Cell<bool>,
    /// It waits for a message in vain, because the run is being stopped: its request counts as interrupted.
    pub(crate) interrupted: Cell<bool>,
    /// The sum of the times of requests that were dropped, in microseconds.
    pub(crate) dropped_requests: Cell<Option<u32>>,
    /// A group was dropped: the depth of the frames outside of it.
    pub(crate) depth: Cell<Option<usize>>,
    /// The user is to go no further, such as when there are no records left.
    pub(crate) ends: Cell<bool>,
    /// A throttle has no slot left for the user.
    pub(crate) turned_away: Cell<bool>,
}

/// What becomes of the user.
pub(super) enum After {
    GoesOn(ActionContext),
    /// It has come to its end.
    Ends(ActionContext),
    /// A throttle has no slot left for it.
    TurnedAway(ActionContext),
    /// It is counted already, and has taken its leave.
    Gone,
    /// The run is over: it is counted already.
    Over(ActionContext),
}

/// How the user's code ended.
enum Way {
    Done(Outcome),
    Panicked(String),
    Hopeless,
    TurnedAway,
    Over,
}

/// Runs the code of `step` for one user.
pub(super) async fn run(cx: ActionContext, step: &AsyncStep, program: ShardProgram) -> After {
    let shard = cx.shard.clone();
    let loose = Rc::new(Loose::default());
    let mut user = User::new(cx, program, loose.clone());
    let depth = user.cx.user.frames.len();
    let begin = Begin::of(&mut user);
    let way = {
        let mut code = step.code.run(&mut user);
        let mut code = NoPanic(code.as_mut());
        poll_fn(|context| match Pin::new(&mut code).poll(context) {
            Poll::Ready(Ok(outcome)) => Poll::Ready(Way::Done(outcome)),
            Poll::Ready(Err(message)) => Poll::Ready(Way::Panicked(message)),
            Poll::Pending if shard.is_over() => Poll::Ready(Way::Over),
            Poll::Pending if loose.hopeless.get() => Poll::Ready(Way::Hopeless),
            Poll::Pending if loose.turned_away.get() => Poll::Ready(Way::TurnedAway),
            Poll::Pending => Poll::Pending,
        })
        .await
    };
    if shard.is_over() {
        return After::Over(user.into_context());
    }
    let problem = match way {
        Way::Over => return After::Over(user.into_context()),
        Way::Hopeless => {
            shard.interrupt(user.into_context().into_user());
            return After::Gone;
        }
        Way::TurnedAway => {
            user.settle();
            user.leave_to(depth);
            return After::TurnedAway(user.into_context());
        }
        Way::Done(outcome) => outcome.err().map(|error| {
            let problem = Problem { message: format!("{error:#}"), panicked: false };
            (problem, error.is_counted())
        }),
        Way::Panicked(message) => {
            // The groups it was in have failed with it.
            user.cx.user.fail_group();
            Some((Problem { message, panicked: true }, false))
        }
    };
    user.settle();
    user.leave_to(depth);
    // The code may have dropped a request that waited for its slot.
    user.cx.user.held = None;
    match (&step.name, &problem) {
        (Some(_), problem) => record(&mut user, step, &begin, problem.as_ref().map(|(problem, _)| problem)),
        (None, Some((problem, counted))) => fail(&mut user, &shard, problem, *counted),
        (None, None) => {}
    }
    if loose.ends.get() {
        return After::Ends(user.into_context());
    }
    After::GoesOn(user.into_context())
}

/// An untimed step has failed.
fn fail(user: &mut User, shard: &Shard, problem: &Problem, counted: bool) {
    if counted {
        user.cx.user.session.mark_as_failed();
        user.cx.user.fail_group();
    } else {
        let program = user.program.clone();
        Cursor { user: &mut user.cx.user, program: &program, shard }.fail_step(problem);
    }
}

/// What is known when a timed step begins.
struct Begin {
    intended: Moment,
    started: Moment,
    /// The time of requests in the group around it.
    cumulated: Option<u32>,
}

impl Begin {
    fn of(user: &mut User) -> Self {
        user.cx.begin_action();
        let cumulated = user.cx.user.cumulated().copied();
        Begin { intended: user.cx.intended(), started: user.cx.started(), cumulated }
    }
}

/// The sample of a timed step: its pauses are left out.
fn record(user: &mut User, step: &AsyncStep, begin: &Begin, problem: Option<&Problem>) {
    let Some(name) = &step.name else { return };
    let cx = &mut user.cx;
    if problem.is_some_and(|problem| problem.panicked) {
        cx.shard.recorder.borrow_mut().panic_caught(cx.user.scenario());
    }
    // Its time is that of the requests in it and more: the group around it counts it once.
    if let Some((cumulated, before)) = cx.user.cumulated().zip(begin.cumulated) {
        *cumulated = before;
    }
    let ended = cx.now();
    let (intended, started) = (begin.intended + user.paused, begin.started + user.paused);
    let outcome = problem.map_or(Ok(()), |problem| {
        let kind = if problem.panicked { FailureKind::Panic } else { FailureKind::Other };
        Err(Failure::new(kind, problem.message.clone()))
    });
    let sample = cx.sample(name).intended(intended.min(ended)).started(started.min(ended)).ended(ended);
    sample.outcome(outcome).no_time_passed().record();
}

impl Shard {
    /// Lets the user's code wait until `due`, unless that is beyond the end of the run.
    pub(crate) async fn pause_until(&self, due: Moment, loose: &Loose) {
        struct Clear<'a>(&'a Cell<bool>);
        impl Drop for Clear<'_> {
            fn drop(&mut self) {
                self.0.set(false);
            }
        }
        let hopeless = Clear(&loose.hopeless);
        let mut sleep = std::pin::pin!(self.sleep_until(due));
        poll_fn(|context| {
            let over = sleep.as_mut().poll(context);
            if over.is_pending() && due > self.deadline.get() {
                hopeless.0.set(true);
            }
            over
        })
        .await;
    }
}
