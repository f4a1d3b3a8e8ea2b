//! [`Resolver`]: host names to addresses, looked up once per shard and refreshed.
//!
//! The system's resolver blocks, for up to 30 s if name servers do not answer. So each lookup runs on its own thread, which is
//! never joined: a run ends on time, whatever the resolver does. Users that need the same name share one lookup, even with
//! users that have timed out meanwhile.

mod host;
mod lookup;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxHashMap;
use tokio::sync::watch;
use tokio::time::Instant;

pub(crate) use self::host::Host;
use self::host::Known;
use self::lookup::Lookups;
use crate::events;
use crate::failure::{Failure, FailureKind};

/// How long an answer holds. The system's resolver does not tell the TTL of the record.
pub(crate) const TTL: Duration = Duration::from_secs(30);
/// How long a failure holds, so that a thousand users do not ask a broken resolver a thousand times.
const RETRY: Duration = Duration::from_secs(1);

/// Asks for the addresses of a name. It may block.
pub(crate) type Ask = Arc<dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync>;
/// The addresses of a name, or why there are none.
type Answer = Result<Arc<[IpAddr]>, Failure>;

/// Looks up host names for one shard and caches the answers.
pub struct Resolver {
    lookups: Lookups,
    aliases: FxHashMap<String, Arc<[String]>>,
    hosts: RefCell<FxHashMap<Box<str>, Rc<Host>>>,
}

impl Resolver {
    /// A resolver based on the system's. Each alias maps a host name to an address or to another name; several aliases of one name
    /// are all its addresses.
    pub fn system(aliases: &[(String, String)]) -> Self {
        Self::new(aliases, Arc::new(lookup::ask_system))
    }

    pub(crate) fn new(aliases: &[(String, String)], ask: Ask) -> Self {
        let mut by_name: FxHashMap<String, Vec<String>> = FxHashMap::default();
        for (name, target) in aliases {
            let name = url::Host::parse(name).map_or_else(|_| name.to_ascii_lowercase(), |host| host.to_string());
            by_name.entry(name).or_default().push(target.clone());
        }
        let aliases = by_name.into_iter().map(|(name, targets)| (name, targets.into())).collect();
        Resolver { lookups: Lookups::new(ask), aliases, hosts: RefCell::default() }
    }

    /// The host if its addresses are known and fresh, or the failure if that is.
    pub(crate) fn known(&self, name: &str) -> Option<Result<Rc<Host>, Failure>> {
        let hosts = self.hosts.borrow();
        let host = hosts.get(name)?;
        host.fresh().map(|known| known.map(|()| host.clone()))
    }

    /// The host, with addresses that are fresh, or as good as can be had.
    ///
    /// # Cancel safety
    ///
    /// A lookup goes on when who asked for it is dropped; the next one who asks for the name gets its answer.
    pub(crate) async fn resolve(&self, name: &str) -> Result<Rc<Host>, Failure> {
        let host = self.host(name);
        loop {
            if let Some(known) = host.fresh() {
                return known.map(|()| host);
            }
            let mut answer = self.under_way(name, &host);
            // The lookup is over also where its thread has ended without an answer.
            let answered = answer.wait_for(Option::is_some).await.map(|answer| answer.clone());
            let answer = answered.ok().flatten().unwrap_or_else(|| Err(failed(name, "the lookup was given up")));
            events::looked_up(name, &answer);
            host.learn(answer);
        }
    }

    /// The lookup of the name that is under way, begun if there is none.
    fn under_way(&self, name: &str, host: &Host) -> watch::Receiver<Option<Answer>> {
        let mut under_way = host.lookup.borrow_mut();
        under_way
            .get_or_insert_with(|| {
                events::looking_up(name);
                match self.aliases.get(name) {
                    Some(targets) => self.lookups.begin(targets.clone()),
                    None => self.lookups.begin([name.to_owned()].into()),
                }
            })
            .clone()
    }

    fn host(&self, name: &str) -> Rc<Host> {
        if let Some(host) = self.hosts.borrow().get(name) {
            return host.clone();
        }
        let host = Rc::new(Host::default());
        self.hosts.borrow_mut().insert(name.into(), host.clone());
        host
    }

    /// Drops answers that expired long ago. Called about once a second.
    pub fn prune(&self) {
        let now = Instant::now();
        self.hosts.borrow_mut().retain(|_, host| {
            let is_recent = |known: &Known| known.until + TTL > now;
            Rc::strong_count(host) > 1 || host.is_looked_up() || host.known.borrow().as_ref().is_some_and(is_recent)
        });
    }
}

/// The failure of a lookup.
fn failed(host: &str, reason: &str) -> Failure {
    Failure::new(FailureKind::Dns, format!("cannot look up host \"{host}\": {reason}"))
}
