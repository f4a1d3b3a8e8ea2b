//! The thread of a shard: from its start to its end, a breakdown included.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::thread::JoinHandle;
use std::time::Instant;

use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::compile::Plan;
use crate::engine::Shard;
use crate::engine::clock::Clock;
use crate::engine::health;
use crate::engine::message::{Command, Event};
use crate::engine::signals::{SHARD_THREAD, panic_message};
use crate::engine::timer::Timer;
use crate::shown::plain;

/// Starts the thread of the shard at `index`. It sets itself up, tells that it is ready, and begins when `start` gives
/// the instant from which all shards count.
pub(crate) fn spawn(
    plan: &Arc<Plan>,
    index: usize,
    debug: bool,
    start: Receiver<Instant>,
    commands: UnboundedReceiver<Command>,
    tell: &Sender<Event>,
) -> Result<JoinHandle<()>, String> {
    let (plan, tell) = (plan.clone(), tell.clone());
    let work = move || {
        let shard = || run(&plan, index, debug, &start, commands, &tell);
        if let Err(payload) = catch_unwind(AssertUnwindSafe(shard)) {
            let cause = plain(&panic_message(payload.as_ref())).into_owned();
            // If nobody listens, the run has been given up already.
            let _ = tell.send(Event::Failed { what: format!("shard {index}"), cause });
        }
        let _ = tell.send(Event::Gone);
    };
    let thread = std::thread::Builder::new().name(format!("{SHARD_THREAD}{index}"));
    thread.spawn(work).map_err(|cause| health::explain(&cause))
}

fn run(
    plan: &Arc<Plan>,
    index: usize,
    debug: bool,
    start: &Receiver<Instant>,
    commands: UnboundedReceiver<Command>,
    tell: &Sender<Event>,
) {
    let failed = |what: &str, cause: String| {
        // If nobody listens, the run has been given up already.
        let _ = tell.send(Event::Failed { what: what.to_owned(), cause });
    };
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(cause) => return failed("the runtime of a shard", health::explain(&cause)),
    };
    runtime.block_on(async {
        let base = Instant::now();
        let mut shard = match Shard::open(plan, index, Clock::new(base, plan.simulated_clock), debug, tell.clone()) {
            Ok(shard) => shard,
            Err((what, cause)) => return failed(&what, cause),
        };
        let timer = match Timer::new() {
            Ok(timer) => timer,
            Err(cause) => return failed("the timer of a shard", health::explain(&cause)),
        };
        let _ = tell.send(Event::Ready);
        let Ok(base) = start.recv() else { return };
        if let Some(shard) = Rc::get_mut(&mut shard) {
            let clock = Clock::new(base, plan.simulated_clock);
            shard.clock = clock.clone();
            shard.book.timed_by(move || clock.now());
        }
        shard.run(commands, timer).await;
    });
}
