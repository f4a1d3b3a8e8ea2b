//! The thread of a shard: from its start to its end, a breakdown included.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;
use std::time::Instant;

use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;

use crate::compile::Plan;
use crate::engine::clock::Clock;
use crate::engine::events;
use crate::engine::message::{Command, Event};
use crate::engine::signals::{SHARD_THREAD, panic_message};
use crate::engine::timer::Timer;
use crate::engine::{Pulse, Shard};
use crate::error::explain;
use crate::shown::plain;

/// Starts the thread of the shard at `index`. It sets itself up, tells that it is ready, and begins when `start` gives
/// the instant from which all shards count.
pub(crate) fn spawn(
    plan: &Arc<Plan>,
    index: usize,
    debug: bool,
    start: oneshot::Receiver<Instant>,
    commands: UnboundedReceiver<Command>,
    tell: &Sender<Event>,
    pulse: &Arc<Pulse>,
) -> Result<JoinHandle<()>, String> {
    let (plan, tell, pulse) = (plan.clone(), tell.clone(), pulse.clone());
    let listener = events::Listener::here();
    let work = move || {
        let _listening = listener.listen();
        let _span = events::on_shard(index);
        let shard = || run(&plan, index, debug, start, commands, &tell, &pulse);
        if let Err(payload) = catch_unwind(AssertUnwindSafe(shard)) {
            let cause = plain(&panic_message(payload.as_ref())).into_owned();
            // If nobody listens, the run has been given up already.
            let _ = tell.send(Event::Failed { what: format!("shard {index}"), cause });
        }
        pulse.is_over();
        let _ = tell.send(Event::Gone { shard: index });
    };
    let thread = std::thread::Builder::new().name(format!("{SHARD_THREAD}{index}"));
    thread.spawn(work).map_err(|cause| explain(&cause))
}

fn run(
    plan: &Arc<Plan>,
    index: usize,
    debug: bool,
    start: oneshot::Receiver<Instant>,
    commands: UnboundedReceiver<Command>,
    tell: &Sender<Event>,
    pulse: &Arc<Pulse>,
) {
    let failed = |what: &str, cause: String| {
        // If nobody listens, the run has been given up already.
        let _ = tell.send(Event::Failed { what: what.to_owned(), cause });
    };
    pulse.begins();
    let (resting, waking) = (pulse.clone(), pulse.clone());
    let mut runtime = Builder::new_current_thread();
    runtime.enable_all().on_thread_park(move || resting.rests()).on_thread_unpark(move || waking.wakes());
    let runtime = runtime.build_local(LocalOptions::default());
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(cause) => return failed("the runtime of a shard", explain(&cause)),
    };
    runtime.block_on(async {
        let clock = Clock::new(plan.simulated_clock);
        let shard = Shard::new(plan, index, clock, debug, tell.clone(), pulse.clone());
        if let Err((what, cause)) = shard.open_protocols().await {
            shard.drop_states();
            return failed(&what, cause);
        }
        let timer = match Timer::new() {
            Ok(timer) => timer,
            Err(cause) => return failed("the timer of a shard", explain(&cause)),
        };
        let _ = tell.send(Event::Ready);
        // Tasks that protocols have spawned run meanwhile.
        let Ok(base) = start.await else { return shard.drop_states() };
        pulse.wakes();
        shard.clock.begin(base);
        shard.life.begun.set(true);
        let clock = shard.clock.clone();
        shard.book.timed_by(move || clock.now());
        shard.run(commands, timer).await;
        // What follows is to wait for what the runtime does in other threads.
        pulse.is_over();
    });
}
