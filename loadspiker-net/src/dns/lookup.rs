//! [`Lookups`]: lookups on threads that nobody waits for.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::watch;

use super::{Answer, Ask, failed};

/// How many lookups of a shard run at a time. Further ones wait for their turn.
pub(super) const AT_A_TIME: usize = 64;

/// Begins lookups.
pub(super) struct Lookups {
    ask: Ask,
    queue: Arc<Mutex<Queue>>,
}

/// What the threads share. They end when nothing is left to do.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<Job>,
    threads: usize,
}

/// A lookup: what is looked up, and where the answer goes.
struct Job {
    targets: Arc<[String]>,
    answer: watch::Sender<Option<Answer>>,
}

impl Lookups {
    pub(super) fn new(ask: Ask) -> Self {
        Lookups { ask, queue: Arc::default() }
    }

    /// Looks up these names, one after another; addresses among them are taken as they are. The answer is all addresses,
    /// or the first failure.
    pub(super) fn begin(&self, targets: Arc<[String]>) -> watch::Receiver<Option<Answer>> {
        let addresses: Result<Vec<IpAddr>, _> = targets.iter().map(|target| target.parse()).collect();
        if let Ok(addresses) = addresses {
            return watch::channel(Some(Ok(addresses.into()))).1;
        }
        let first = targets.first().cloned().unwrap_or_default();
        let (answer, receiver) = watch::channel(None);
        let job = Job { targets, answer };
        let mut queue = lock(&self.queue);
        if queue.threads == AT_A_TIME {
            queue.waiting.push_back(job);
            return receiver;
        }
        let (ask, shared) = (self.ask.clone(), self.queue.clone());
        // A thread of tokio's would be waited for when the shard ends.
        match thread::Builder::new().name("lookup".to_owned()).spawn(move || work(job, &*ask, &shared)) {
            Ok(_) => {
                queue.threads += 1;
                receiver
            }
            Err(error) => {
                let failure = failed(&first, &format!("no thread can be started for it ({error})"));
                watch::channel(Some(Err(failure))).1
            }
        }
    }
}

impl Drop for Lookups {
    fn drop(&mut self) {
        lock(&self.queue).waiting.clear();
    }
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does one lookup, and then those that wait.
fn work(mut job: Job, ask: &dyn Fn(&str) -> io::Result<Vec<IpAddr>>, queue: &Mutex<Queue>) {
    loop {
        // A lookup that panics has no answer; that its sender is gone says so.
        if let Ok(answer) = catch_unwind(AssertUnwindSafe(|| look_up(&job.targets, ask))) {
            // The users that waited may be gone.
            let _ = job.answer.send(Some(answer));
        }
        let mut queue = lock(queue);
        match queue.waiting.pop_front() {
            Some(next) => job = next,
            None => {
                queue.threads -= 1;
                return;
            }
        }
    }
}

fn look_up(targets: &[String], ask: &dyn Fn(&str) -> io::Result<Vec<IpAddr>>) -> Answer {
    let mut addresses = Vec::new();
    for target in targets {
        if let Ok(ip) = target.parse() {
            addresses.push(ip);
            continue;
        }
        let found = ask(target).map_err(|error| failed(target, &plain(&error)))?;
        if found.is_empty() {
            return Err(failed(target, "it has no address"));
        }
        addresses.extend(found);
    }
    Ok(addresses.into())
}

/// Asks the system's resolver.
pub(super) fn ask_system(host: &str) -> io::Result<Vec<IpAddr>> {
    let mut addresses: Vec<IpAddr> = Vec::new();
    for found in (host, 0).to_socket_addrs()? {
        if !addresses.contains(&found.ip()) {
            addresses.push(found.ip());
        }
    }
    Ok(addresses)
}

/// The resolver's message without the frame that the standard library puts around it.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_owned()
}
