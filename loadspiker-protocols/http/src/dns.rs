//! [`Resolver`]: host names to addresses, looked up once per shard and refreshed.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use rustc_hash::FxHashMap;
use tokio::time::Instant;

use crate::error::HttpError;

/// How long an answer holds. The system's resolver does not tell the TTL of the record.
pub(crate) const TTL: Duration = Duration::from_secs(30);
/// How long a failure holds, so that a thousand users do not ask a broken resolver a thousand times.
const RETRY: Duration = Duration::from_secs(1);

type Answer = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>>>>;
type Lookup = Box<dyn Fn(&str) -> Answer>;

/// Looks up host names and keeps the answers. Only one lookup of a name runs at a time; others wait for it.
pub(crate) struct Resolver {
    lookup: Lookup,
    aliases: FxHashMap<String, Vec<String>>,
    hosts: RefCell<FxHashMap<Box<str>, Rc<Host>>>,
}

/// What is known of one host name.
#[derive(Default)]
pub(crate) struct Host {
    gate: tokio::sync::Mutex<()>,
    known: RefCell<Option<Known>>,
    turn: Cell<usize>,
    /// The last connection that worked went over IPv6, or IPv4; this family is tried first.
    ipv6: Cell<Option<bool>>,
}

struct Known {
    addresses: Result<Rc<[IpAddr]>, HttpError>,
    until: Instant,
}

impl Resolver {
    /// A resolver on top of the system's. Each alias sends a host name to an address, or to another name.
    pub(crate) fn system(aliases: &[(String, String)]) -> Self {
        Self::new(aliases, Box::new(|host| Box::pin(ask_system(host.to_owned()))))
    }

    fn new(aliases: &[(String, String)], lookup: Lookup) -> Self {
        let mut by_name: FxHashMap<String, Vec<String>> = FxHashMap::default();
        for (name, target) in aliases {
            by_name.entry(name.to_ascii_lowercase()).or_default().push(target.clone());
        }
        Resolver { lookup, aliases: by_name, hosts: RefCell::default() }
    }

    /// The host, with addresses that are fresh; and whether they had to be looked up.
    pub(crate) async fn resolve(&self, name: &str) -> Result<(Rc<Host>, bool), HttpError> {
        let host = self.host(name);
        if let Some(known) = host.fresh() {
            return known.map(|()| (host, false));
        }
        let _turn = host.gate.lock().await;
        if let Some(known) = host.fresh() {
            return known.map(|()| (host.clone(), true));
        }
        let found = self.look_up(name).await;
        let now = Instant::now();
        let mut known = host.known.borrow_mut();
        match (&found, known.as_mut()) {
            // While the resolver is out of order the addresses found before stay good.
            (Err(_), Some(old)) if old.addresses.is_ok() => old.until = now + RETRY,
            (Err(error), _) => *known = Some(Known { addresses: Err(error.clone()), until: now + RETRY }),
            (Ok(addresses), _) => *known = Some(Known { addresses: Ok(addresses.clone()), until: now + TTL }),
        }
        let answer = known.as_ref().map_or(Ok(()), Known::outcome);
        drop(known);
        answer.map(|()| (host.clone(), true))
    }

    fn host(&self, name: &str) -> Rc<Host> {
        if let Some(host) = self.hosts.borrow().get(name) {
            return host.clone();
        }
        let host = Rc::new(Host::default());
        self.hosts.borrow_mut().insert(name.into(), host.clone());
        host
    }

    async fn look_up(&self, name: &str) -> Result<Rc<[IpAddr]>, HttpError> {
        let itself = [name.to_owned()];
        let targets = self.aliases.get(name).map_or(&itself[..], Vec::as_slice);
        let mut addresses = Vec::new();
        for target in targets {
            if let Ok(ip) = target.parse() {
                addresses.push(ip);
                continue;
            }
            let failed = |reason: String| HttpError::Lookup { host: target.clone(), reason };
            let found = (self.lookup)(target).await.map_err(|error| failed(plain(&error)))?;
            if found.is_empty() {
                return Err(failed("it has no address".to_owned()));
            }
            addresses.extend(found);
        }
        Ok(addresses.into())
    }

    /// Forgets names whose answers ran out long ago.
    pub(crate) fn prune(&self) {
        let now = Instant::now();
        self.hosts.borrow_mut().retain(|_, host| {
            Rc::strong_count(host) > 1 || host.known.borrow().as_ref().is_some_and(|known| known.until + TTL > now)
        });
    }
}

impl Host {
    fn fresh(&self) -> Option<Result<(), HttpError>> {
        let known = self.known.borrow();
        known.as_ref().filter(|known| Instant::now() < known.until).map(Known::outcome)
    }

    /// The addresses in the order to try them: those of the family that worked last, beginning with another one each
    /// time, then the others.
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        let known = self.known.borrow();
        let Some(Ok(all)) = known.as_ref().map(|known| &known.addresses) else { return Vec::new() };
        let Some(first) = all.first() else { return Vec::new() };
        let ipv6 = self.ipv6.get().unwrap_or(first.is_ipv6());
        let (mut order, others): (Vec<IpAddr>, Vec<IpAddr>) = all.iter().partition(|ip| ip.is_ipv6() == ipv6);
        if !order.is_empty() {
            let turn = self.turn.get();
            self.turn.set(turn.wrapping_add(1));
            let by = turn % order.len();
            order.rotate_left(by);
        }
        order.extend(others);
        order
    }

    /// A connection to this address of the host came to be.
    pub(crate) fn worked(&self, ip: IpAddr) {
        self.ipv6.set(Some(ip.is_ipv6()));
    }
}

impl Known {
    fn outcome(&self) -> Result<(), HttpError> {
        self.addresses.as_ref().map(|_| ()).map_err(HttpError::clone)
    }
}

async fn ask_system(host: String) -> io::Result<Vec<IpAddr>> {
    let mut addresses: Vec<IpAddr> = Vec::new();
    for found in tokio::net::lookup_host((host, 0)).await? {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(last: u8) -> IpAddr {
        [127, 0, 0, last].into()
    }

    /// A resolver whose answers come from `answer`, and how often it was asked.
    fn counting(answer: impl Fn(usize) -> io::Result<Vec<IpAddr>> + 'static) -> (Resolver, Rc<Cell<usize>>) {
        let asked = Rc::new(Cell::new(0));
        let count = asked.clone();
        let lookup: Lookup = Box::new(move |_| {
            count.set(count.get() + 1);
            let answer = answer(count.get());
            Box::pin(async move {
                tokio::task::yield_now().await;
                answer
            })
        });
        (Resolver::new(&[("alias.test".into(), "10.0.0.1".into())], lookup), asked)
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_holds_for_its_time_and_is_then_refreshed() {
        let (resolver, asked) = counting(|_| Ok(vec![ip(1)]));
        assert!(resolver.resolve("a.test").await.unwrap().1);
        assert!(!resolver.resolve("a.test").await.unwrap().1);
        assert_eq!(asked.get(), 1);
        tokio::time::advance(TTL).await;
        assert!(resolver.resolve("a.test").await.unwrap().1);
        assert_eq!(asked.get(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn users_who_ask_at_the_same_time_share_one_lookup() {
        let (resolver, asked) = counting(|_| Ok(vec![ip(1)]));
        let (a, b) = tokio::join!(resolver.resolve("a.test"), resolver.resolve("a.test"));
        assert!(a.is_ok() && b.is_ok());
        assert_eq!(asked.get(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn addresses_take_turns() {
        let (resolver, _) = counting(|_| Ok(vec![ip(1), ip(2)]));
        let (host, _) = resolver.resolve("a.test").await.unwrap();
        assert_eq!(host.addresses(), [ip(1), ip(2)]);
        assert_eq!(host.addresses(), [ip(2), ip(1)]);
        assert_eq!(host.addresses(), [ip(1), ip(2)]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_family_that_worked_is_tried_first() {
        let v6: IpAddr = "::1".parse().unwrap();
        let (resolver, _) = counting(move |_| Ok(vec![v6, ip(1)]));
        let (host, _) = resolver.resolve("localhost").await.unwrap();
        assert_eq!(host.addresses(), [v6, ip(1)]);
        host.worked(ip(1));
        assert_eq!(host.addresses(), [ip(1), v6]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_told_and_not_asked_for_again_at_once() {
        let (resolver, asked) =
            counting(|_| Err(io::Error::other("failed to lookup address information: no such name")));
        for _ in 0..3 {
            let error = resolver.resolve("a.test").await.err().unwrap();
            assert_eq!(error.to_string(), "cannot look up host \"a.test\": no such name");
        }
        assert_eq!(asked.get(), 1);
        tokio::time::advance(RETRY).await;
        assert!(resolver.resolve("a.test").await.is_err());
        assert_eq!(asked.get(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn when_a_refresh_fails_the_old_addresses_stay() {
        let (resolver, _) = counting(|n| if n == 1 { Ok(vec![ip(1)]) } else { Err(io::Error::other("down")) });
        resolver.resolve("a.test").await.unwrap();
        tokio::time::advance(TTL).await;
        assert_eq!(resolver.resolve("a.test").await.unwrap().0.addresses(), [ip(1)]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_alias_needs_no_lookup() {
        let (resolver, asked) = counting(|_| Ok(vec![ip(1)]));
        let (host, _) = resolver.resolve("alias.test").await.unwrap();
        assert_eq!(host.addresses(), ["10.0.0.1".parse::<IpAddr>().unwrap()]);
        assert_eq!(asked.get(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn names_not_used_for_long_are_forgotten() {
        let (resolver, _) = counting(|_| Ok(vec![ip(1)]));
        for n in 0..100 {
            resolver.resolve(&format!("h{n}.test")).await.unwrap();
        }
        resolver.prune();
        assert_eq!(resolver.hosts.borrow().len(), 100);
        tokio::time::advance(TTL * 2).await;
        resolver.prune();
        assert_eq!(resolver.hosts.borrow().len(), 0);
    }
}
