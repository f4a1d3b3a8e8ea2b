//! [`Lookups`]: lookups on threads that nobody waits for.

use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::Arc;
use std::thread;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::{Answer, Ask, failed};

/// How many lookups of a shard run at a time. Further ones fail at once: so many names that do not resolve in time are no
/// load that a resolver could be blamed for.
const AT_A_TIME: usize = 64;

/// Begins lookups.
pub(super) struct Lookups {
    ask: Ask,
    permits: Arc<Semaphore>,
}

impl Lookups {
    pub(super) fn new(ask: Ask) -> Self {
        Lookups { ask, permits: Arc::new(Semaphore::new(AT_A_TIME)) }
    }

    /// Looks up these names, one after another; addresses among them are taken as they are. The answer is all addresses,
    /// or the first failure.
    pub(super) fn begin(&self, targets: Arc<[String]>) -> watch::Receiver<Option<Answer>> {
        let addresses: Result<Vec<IpAddr>, _> = targets.iter().map(|target| target.parse()).collect();
        if let Ok(addresses) = addresses {
            return watch::channel(Some(Ok(addresses.into()))).1;
        }
        let first = targets.first().cloned().unwrap_or_default();
        let answered = |failure: &str| watch::channel(Some(Err(failed(&first, failure)))).1;
        let Ok(permit) = self.permits.clone().try_acquire_owned() else {
            return answered(&format!("{AT_A_TIME} other lookups have not been answered yet; is the name server up?"));
        };
        let (sender, receiver) = watch::channel(None);
        let ask = self.ask.clone();
        let work = move || {
            let answer = look_up(&targets, &*ask);
            // The users that waited may be gone.
            let _ = sender.send(Some(answer));
            drop::<OwnedSemaphorePermit>(permit);
        };
        // A thread of tokio's would be waited for when the shard ends.
        match thread::Builder::new().name("lookup".to_owned()).spawn(work) {
            Ok(_) => receiver,
            Err(error) => answered(&format!("no thread can be started for it ({error})")),
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
