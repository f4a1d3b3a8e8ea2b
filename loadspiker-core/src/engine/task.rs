//! A busy user: one task that runs step after step until the user rests or ends.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::task::coop::unconstrained;
use tokio::time::{Instant, Sleep};

use crate::compile::{Op, Program, RequestName};
use crate::engine::block;
use crate::engine::cursor::{Cursor, Next};
use crate::engine::goodbye::{UntilOver, register};
use crate::engine::hold::Attended;
use crate::engine::journey::{self, After};
use crate::engine::signals::panic_message;
use crate::engine::{Place, Shard, Supply, Turn, User};
use crate::failure::{Failure, FailureKind};
use crate::protocol::{Action, ActionContext, Woken};

/// A task that waits for a user to work for.
///
/// Tasks are kept for the next user: making one costs more than waking one, and tens of thousands made and dropped in
/// between the small pieces that resting users are made of would leave the memory full of holes.
pub(crate) struct Seat {
    user: Cell<Option<Box<User>>>,
    waker: Waker,
}

/// How many tasks wait at most; what is beyond ends.
const SEATS: usize = 256;

/// Lets `user` go on from where it is.
pub(crate) fn spawn(shard: &Rc<Shard>, user: Box<User>) {
    shard.worked.set(true);
    let seat = shard.seats.borrow_mut().pop();
    if let Some(seat) = seat {
        seat.user.set(Some(user));
        seat.waker.wake_by_ref();
        return;
    }
    spawn_other(shard, work(shard.clone(), user));
}

/// Starts a task that is for no one user.
pub(super) fn spawn_other(shard: &Rc<Shard>, task: impl Future<Output = ()> + 'static) {
    if shard.clock.is_simulated() {
        tokio::task::spawn_local(Watched { task: Box::pin(task), shard: shard.clone() });
    } else {
        tokio::task::spawn_local(task);
    }
}

async fn work(shard: Rc<Shard>, user: Box<User>) {
    let key = register(&shard).await;
    let mut next = Some(user);
    while let Some(user) = next {
        let (population, fork) = (user.population, user.fork().cloned());
        let place = Cell::new(Place::new(population, user.pc));
        let who = user.session.user_id();
        let task = NoPanic(pin!(drive(ActionContext::new(user, shard.clone()), &place)));
        let driven = Attended { task, shard: &shard, user: who, place: &place }.await;
        match driven {
            Ok(None) => {}
            Ok(Some(user)) => shard.cut_off(user),
            Err(message) if !shard.is_over() => shard.user_lost(population, fork.as_deref(), &message),
            Err(_) => {}
        }
        next = sit(&shard).await;
    }
    shard.life.workers.remove(key);
    shard.look_whether_done();
}

/// Waits for the next user; `None` if there is no seat left.
async fn sit(shard: &Shard) -> Option<Box<User>> {
    let mut taken: Option<Rc<Seat>> = None;
    poll_fn(|cx| match &taken {
        None => {
            let mut seats = shard.seats.borrow_mut();
            if seats.len() >= SEATS || shard.is_over() {
                return Poll::Ready(None);
            }
            let seat = Rc::new(Seat { user: Cell::new(None), waker: cx.waker().clone() });
            taken = Some(seat.clone());
            seats.push(seat);
            Poll::Pending
        }
        Some(seat) => match seat.user.take() {
            Some(user) => Poll::Ready(Some(user)),
            None if shard.is_over() => Poll::Ready(None),
            None => Poll::Pending,
        },
    })
    .await
}

/// A task that says when it has run, for simulated time to wait for it.
struct Watched<F> {
    task: Pin<Box<F>>,
    shard: Rc<Shard>,
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.shard.worked.set(true);
        self.task.as_mut().poll(cx)
    }
}

/// Lets the user go on. Gives it back if the run is over, and the user is counted.
async fn drive(mut cx: ActionContext, place: &Cell<Place>) -> Option<Box<User>> {
    let shard = cx.shard.clone();
    let program = shard.program(cx.user.population);
    let throttled = shard.is_throttled(cx.user.population);
    let mut actions: u32 = 0;
    // One that waited for a slot stands behind the action it waited for.
    let mut next = cx.user.held.and(cx.user.pc.checked_sub(1)).map(Next::Act);
    // So does one whose action waited for a bell.
    let mut resumed = cx.user.take_resting();
    if let Some(resting) = resumed.take_if(|resting| resting.cut && resting.woken == Woken::Deadline) {
        drop(resting);
        shard.cut_wait(&mut cx.user);
    } else if resumed.is_some() {
        next = cx.user.pc.checked_sub(1).map(Next::Act);
    }
    loop {
        // Its end may have come while others had their turn: the user is counted then.
        if shard.is_over() {
            return Some(cx.into_user());
        }
        let next = next.take().unwrap_or_else(|| cursor(&mut cx, &program, &shard).advance());
        place.set(shard.pulse.who().1);
        if let Some(witness) = &program.witness {
            witness.keep(cx.session());
        }
        match next {
            Next::Act(pc) => {
                let Some(Op::Action(action)) = program.ops.get(pc as usize) else { return None };
                if resumed.is_none() && shard.is_paused() {
                    // One that waited for a slot stands behind its request.
                    if cx.user.held.is_none() {
                        cx.user.pc = pc;
                    }
                    shard.hold(cx.into_user());
                    return None;
                }
                if resumed.is_none() && throttled && action.is_request() {
                    match shard.ask_throttles(&mut cx.user) {
                        Turn::Now(wait) => cx.waited(wait),
                        Turn::At(due) => {
                            shard.rest(cx.into_user(), due);
                            return None;
                        }
                        Turn::Never => {
                            if cursor(&mut cx, &program, &shard).leave() {
                                shard.user_ended(cx.into_user());
                                return None;
                            }
                            continue;
                        }
                    }
                }
                let here = Place::new(cx.user.population, pc);
                place.set(here);
                shard.pulse.at(here);
                let mut running = match resumed.take() {
                    None => {
                        shard.action_begins(cx.user.population);
                        cx.begin_action();
                        cx.announce(action.as_ref());
                        action.run(&mut cx)
                    }
                    Some(resting) => {
                        let (state, woken) = cx.go_on(*resting);
                        action.resume(state, woken, &mut cx)
                    }
                };
                let panicked = UntilOver { action: NoPanic(running.as_mut()), shard: &shard }.await.err();
                drop(running);
                if shard.is_over() {
                    return Some(cx.into_user());
                }
                shard.step_is_over(here);
                if let Some(resting) = cx.take_resting().filter(|_| panicked.is_none()) {
                    let mut user = cx.into_user();
                    user.extras.get_or_insert_default().rare.get_or_insert_default().resting = Some(resting);
                    shard.listen(user);
                    return None;
                }
                if let Some(message) = panicked {
                    record_panic(&mut cx, action.as_ref(), &message);
                }
                shard.action_ends(cx.user.population);
                // The action may have dropped its wait for another slot.
                let held = throttled && cx.user.held.take().is_some();
                if throttled && cx.take_turned_away() {
                    if held {
                        shard.interrupt(cx.into_user());
                        return None;
                    }
                    if cursor(&mut cx, &program, &shard).leave() {
                        shard.user_ended(cx.into_user());
                        return None;
                    }
                }
                // Others may have become due while this user worked. Looking costs no system call.
                shard.release_due(cx.user.intended);
                actions = actions.wrapping_add(1);
                if actions.is_multiple_of(TURN) {
                    give_way(&mut cx).await;
                }
            }
            Next::Journey(pc) => {
                let Some(Op::Async(step)) = program.ops.get(pc as usize) else { return None };
                if shard.is_paused() {
                    cx.user.pc = pc;
                    shard.hold(cx.into_user());
                    return None;
                }
                let here = Place::new(cx.user.population, pc);
                place.set(here);
                shard.pulse.at(here);
                cx = match Box::pin(journey::run(cx, step, program.clone())).await {
                    After::GoesOn(cx) => cx,
                    After::Ends(mut cx) => {
                        if cursor(&mut cx, &program, &shard).give_up() {
                            shard.user_ended(cx.into_user());
                            return None;
                        }
                        cx
                    }
                    After::TurnedAway(cx) if cx.user.held.is_some() => {
                        shard.interrupt(cx.into_user());
                        return None;
                    }
                    After::TurnedAway(mut cx) => {
                        if cursor(&mut cx, &program, &shard).leave() {
                            shard.user_ended(cx.into_user());
                            return None;
                        }
                        cx
                    }
                    After::Gone => return None,
                    After::Over(cx) => return Some(cx.into_user()),
                };
                shard.step_is_over(here);
                shard.release_due(cx.user.intended);
                actions = actions.wrapping_add(1);
                if actions.is_multiple_of(TURN) {
                    give_way(&mut cx).await;
                }
            }
            Next::Rest(due) => {
                shard.rest(cx.into_user(), due);
                return None;
            }
            Next::Wait(pc, count) => {
                let supply = match program.ops.get(pc as usize) {
                    Some(Op::CheckOut(pool)) => Supply::Pool(pool.clone()),
                    Some(Op::Feed(feeder, _)) => Supply::Feeder(feeder.clone()),
                    _ => return None,
                };
                shard.wait_for(cx.into_user(), &supply, count);
                return None;
            }
            Next::Meet(index) => {
                shard.meet(cx.into_user(), index);
                return None;
            }
            Next::Fork(pc) => {
                if let Some(Op::Fork(forking)) = program.ops.get(pc as usize) {
                    shard.fork(cx.into_user(), forking);
                }
                return None;
            }
            Next::BlockBegin(pc) => {
                let Some(Op::BlockEnter { block, end }) = program.ops.get(pc as usize) else { return None };
                if shard.is_paused() {
                    cx.user.pc = pc;
                    shard.hold(cx.into_user());
                    return None;
                }
                cx.begin_action();
                shard.action_begins(cx.user.population);
                let mut beginning = Box::pin(block::begin(&**block, &mut cx));
                let open = UntilOver { action: NoPanic(beginning.as_mut()), shard: &shard }.await;
                drop(beginning);
                if shard.is_over() {
                    return Some(cx.into_user());
                }
                shard.action_ends(cx.user.population);
                if open.is_ok_and(|open| open) {
                    cursor(&mut cx, &program, &shard).enter_block(pc);
                } else {
                    cx.user.pc = end + 1;
                }
            }
            Next::BlockEnd(enter) => {
                let Some(Op::BlockEnter { block, .. }) = program.ops.get(enter as usize) else { return None };
                let left = cursor(&mut cx, &program, &shard).leave_block();
                let (outcome, exits) = left?;
                cx.begin_action();
                shard.action_begins(cx.user.population);
                let mut ending = Box::pin(block::end(&**block, &mut cx, outcome));
                let _ = UntilOver { action: NoPanic(ending.as_mut()), shard: &shard }.await;
                drop(ending);
                if shard.is_over() {
                    return Some(cx.into_user());
                }
                shard.action_ends(cx.user.population);
                if exits && cursor(&mut cx, &program, &shard).leave() {
                    shard.user_ended(cx.into_user());
                    return None;
                }
            }
            Next::Yield => give_way(&mut cx).await,
            Next::End => {
                shard.user_ended(cx.into_user());
                return None;
            }
        }
    }
}

fn cursor<'a>(cx: &'a mut ActionContext, program: &'a Program, shard: &'a Shard) -> Cursor<'a> {
    Cursor { user: &mut cx.user, program, shard }
}

/// How many actions a user takes before others get their turn, even if none of them had to wait for anything: one that
/// fails at once, in an endless loop, must not have the shard for itself.
const TURN: u32 = 128;

/// Lets others have their turn. Where time is simulated, it goes on by a little, as it would stand still otherwise: by a
/// microsecond, so that instants stay what they are; by up to a millisecond for a user that has had very many turns
/// without doing anything that takes time, so that a loop of a minute ends in a moment.
pub(crate) async fn give_way(cx: &mut ActionContext) {
    if cx.shard.clock.is_simulated() {
        let doublings = (cx.turns / 64).min(10);
        cx.sleep(Duration::from_micros(1 << doublings)).await;
        cx.turns = cx.turns.saturating_add(1);
    } else {
        tokio::task::yield_now().await;
    }
    cx.forget_time();
}

/// A panic inside an action: code of the user's in a check, most likely.
pub(crate) fn record_panic(cx: &mut ActionContext, action: &dyn Action, message: &str) {
    record_block_panic(cx, action.name(), message);
}

/// A panic while a block is opened or closed, or inside an action.
pub(crate) fn record_block_panic(cx: &mut ActionContext, name: &RequestName, message: &str) {
    cx.shard.recorder.borrow_mut().panic_caught(cx.user.scenario());
    cx.sample(name).failed(Failure::new(FailureKind::Panic, message.to_owned())).record();
}

/// Runs a future; a panic in it is the message it ends with.
pub(crate) struct NoPanic<'a, F: ?Sized>(pub(crate) Pin<&'a mut F>);

impl<F: Future + ?Sized> Future for NoPanic<'_, F> {
    type Output = Result<F::Output, String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(cx))) {
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(payload) => Poll::Ready(Err(panic_message(payload.as_ref()))),
        }
    }
}

/// Time limits of a busy user. One timer serves them all: it is armed for the first limit and looked at again when it
/// rings, so that a request which is done in time, as nearly all are, never touches the timer wheel.
#[derive(Default)]
pub(crate) struct Watchdog {
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Watchdog {
    /// Ready once `deadline` has passed.
    ///
    /// The timer is asked outside of the budget that tokio gives a task for one turn: what the limit is for, such as a
    /// peer that does not stop sending, has used that up, and would keep the timer from ringing.
    pub(crate) fn poll(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        loop {
            if sleep.deadline() > deadline {
                sleep.as_mut().reset(deadline);
            }
            match pin!(unconstrained(sleep.as_mut())).poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(()) if sleep.deadline() >= deadline => return Poll::Ready(()),
                Poll::Ready(()) => sleep.as_mut().reset(deadline),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn future_size<A, B, F: Future>(_: impl Fn(A, B) -> F) -> usize {
        size_of::<F>()
    }

    /// Every busy user has such a task; the future of what it does comes on top.
    #[test]
    fn the_task_of_a_busy_user_stays_small() {
        let size = future_size(work);
        assert!(size <= 640, "{size}");
    }

    /// As a peer does that does not stop sending: whatever is asked behind it gets no answer from tokio.
    fn use_up_the_budget(cx: &mut Context<'_>) {
        while pin!(tokio::task::coop::consume_budget()).poll(cx).is_ready() {}
    }

    #[test]
    fn a_time_limit_fires_though_what_it_limits_has_used_up_the_budget_of_the_task() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let begin = std::time::Instant::now();
        let mut watchdog = Watchdog::default();
        runtime.block_on(async {
            let deadline = Instant::now() + Duration::from_millis(20);
            poll_fn(|cx| {
                use_up_the_budget(cx);
                let late = begin.elapsed() > Duration::from_secs(10);
                if late { Poll::Ready(()) } else { watchdog.poll(deadline, cx) }
            })
            .await;
        });
        assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    }
}
