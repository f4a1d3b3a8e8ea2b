//! [`HttpShard`] and [`HttpUser`]: the state of HTTP on one shard, and of one user.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use loadspiker_core::protocol::{ShardHandle, ShardState, UserState};
use loadspiker_net::pool::Pools;
use loadspiker_net::{Dialer, OwnPool};

use crate::body_memory::BodyMemory;
use crate::connection::{Buffers, Connection};
use crate::cookie::Jar;
use crate::origin::{Origin, Origins};
use crate::protocol::HttpProtocol;
use crate::request::file::Files;
use crate::request::prepared::Prepared;

/// What is offered in TLS.
pub(crate) const ALPN: &str = "http/1.1";
/// Who rests at least this long has those of its connections closed that the server has closed.
const REST: Duration = Duration::from_millis(50);

/// The state of HTTP on one shard.
pub(crate) struct HttpShard {
    pub(crate) dialer: Dialer,
    pub(crate) buffers: Buffers,
    /// For bodies that checks look at.
    pub(crate) memory: Arc<BodyMemory>,
    /// The pool of all users, if they share one.
    pub(crate) shared: Option<Pools<Rc<Origin>, Connection>>,
    pub(crate) origins: Origins,
    pub(crate) bases: Vec<Base>,
    pub(crate) files: Files,
    /// This shard's own copies of what all shards know: with them, cloning a header touches no counter that another
    /// core writes. By request, and within a request by base URL.
    prepared: RefCell<Vec<Option<Rc<Prepared>>>>,
    /// Header maps of requests that are done with: the next ones use their memory.
    spare: RefCell<Vec<HeaderMap>>,
    /// The response that was found bad last, as it is shown in the report: between the checks and the sample.
    pub(crate) failed: RefCell<String>,
}

/// How many header maps are kept for reuse, and up to which size.
const SPARE: (usize, usize) = (64, 64);

/// A base URL.
pub(crate) struct Base {
    pub(crate) origin: Rc<Origin>,
    /// The path, without a slash at its end.
    pub(crate) path: Box<str>,
}

impl HttpShard {
    pub(crate) fn open(protocol: &HttpProtocol) -> Result<Self, String> {
        let origins = Origins::default();
        let mut bases = Vec::new();
        for url in protocol.bases() {
            let url = url?;
            let origin = origins.of(&url).map_err(|error| error.to_string())?;
            bases.push(Base { origin, path: url.path().trim_end_matches('/').into() });
        }
        let aliases: Vec<_> = protocol.parsed_host_aliases().into_iter().collect::<Result<_, _>>()?;
        let shared = protocol.net.share_connections.then(|| Pools::new(protocol.max_connections_per_host));
        Ok(HttpShard {
            dialer: protocol.net.dialer(&aliases, &[ALPN])?,
            buffers: Buffers::default(),
            memory: BodyMemory::new(protocol.max_checked_body, protocol.max_checked_memory),
            shared,
            origins,
            bases,
            files: Files::default(),
            prepared: RefCell::default(),
            spare: RefCell::default(),
            failed: RefCell::default(),
        })
    }

    /// An empty header map, with room if one is to spare.
    pub(crate) fn header_map(&self) -> HeaderMap {
        self.spare.borrow_mut().pop().unwrap_or_default()
    }

    /// Takes back a header map that nobody needs any more.
    pub(crate) fn take_back(&self, mut headers: HeaderMap) {
        let mut spare = self.spare.borrow_mut();
        if spare.len() < SPARE.0 && headers.capacity() <= SPARE.1 {
            headers.clear();
            spare.push(headers);
        }
    }

    /// Which of the base URLs this user goes to.
    pub(crate) fn base_of(&self, user_id: u64) -> usize {
        match self.bases.len() {
            0 | 1 => 0,
            // Users are numbered from 1.
            n => usize::try_from(user_id.wrapping_sub(1) % n as u64).unwrap_or(0),
        }
    }

    /// This shard's copy of the request with this number, for this base URL.
    pub(crate) fn prepared(&self, action: usize, base: usize, prepare: impl FnOnce() -> Prepared) -> Rc<Prepared> {
        let index = action * self.bases.len().max(1) + base;
        if let Some(Some(prepared)) = self.prepared.borrow().get(index) {
            return prepared.clone();
        }
        let prepared = Rc::new(prepare());
        let mut all = self.prepared.borrow_mut();
        if all.len() <= index {
            all.resize(index + 1, None);
        }
        all[index] = Some(prepared.clone());
        prepared
    }
}

impl ShardState for HttpShard {
    fn tick(&self, _: &ShardHandle) {
        self.dialer.tick();
        if let Some(shared) = &self.shared {
            shared.sweep();
        }
        self.origins.prune();
    }
}

/// The state of one user, or of a branch of one.
pub(crate) struct HttpUser {
    pub(crate) pool: OwnPool<Rc<Origin>, Connection>,
    /// Made when the first cookie comes, or the first branch.
    pub(crate) cookies: Option<Jar>,
    /// How many idle connections there may be to one origin.
    limit: usize,
}

impl HttpUser {
    pub(crate) fn new(protocol: &HttpProtocol) -> Self {
        HttpUser { pool: OwnPool::default(), cookies: None, limit: protocol.max_connections_per_host }
    }
}

impl UserState for HttpUser {
    fn rest(&mut self, duration: Duration) {
        if duration >= REST {
            self.pool.sweep();
        }
    }

    /// As in a browser, branches share the cookies, and each has connections: idle ones of the user's, as far as there
    /// are any, or its own.
    fn fork(&mut self) -> Option<Box<dyn UserState>> {
        let branch = HttpUser {
            pool: self.pool.deal(),
            cookies: Some(self.cookies.get_or_insert_default().clone()),
            limit: self.limit,
        };
        Some(Box::new(branch))
    }

    fn join(&mut self, branch: Box<dyn UserState>) {
        let branch: Box<dyn Any> = branch;
        if let Ok(branch) = branch.downcast::<HttpUser>() {
            self.pool.absorb(branch.pool, self.limit);
        }
    }
}
