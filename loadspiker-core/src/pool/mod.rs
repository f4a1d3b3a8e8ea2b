//! Data pools: records that users check out and return, so that no two active users share one.
//!
//! A [`Pool`] has a name, records, and a rule for when all records are checked out. The steps
//! [`checkout`](crate::dsl::checkout) and [`checkin`](crate::dsl::checkin) take and return a record; in the imperative style,
//! [`User::checkout`](crate::imperative::User::checkout) and [`User::checkin`](crate::imperative::User::checkin) do. When a
//! user ends, for any reason, its records are returned automatically.
//!
//! ```
//! use loadspiker_core::pool::pool;
//! use loadspiker_core::{DurationExt, dsl::*, inject::constant_users_per_sec};
//!
//! let accounts = pool("accounts", (1..=10).map(|n| [("account", n)]));
//! let report = Simulation::new("transfers")
//!     .with(
//!         scenario("Transfer")
//!             .checkout(&accounts)
//!             .dummy("transfer", 2.secs())
//!             .inject([constant_users_per_sec(6).during(1.minutes())]),
//!     )
//!     .simulated_clock()
//!     .run()?;
//! // Ten accounts are good for five transfers of 2 s each second, so users had to wait.
//! let waits = report.record_waits("accounts").unwrap();
//! assert!(waits.waited() > 0 && waits.given_up() == 0);
//! assert_eq!(report.request("transfer").unwrap().response_time().max(), 2.secs());
//! # Ok::<(), loadspiker_core::Error>(())
//! ```
//!
//! # Who gets which record
//!
//! The record that was returned first is checked out first, so that all records are used equally often. Initially, they are
//! in the order of the feeder or, with [`shuffle`](crate::feeder::Feeder::shuffle), in random order. Waiting users are
//! served first come, first served, across all shards.
//!
//! A user has at most one record of a pool. If it checks out again, it keeps its record. A record that a branch of
//! [`parallel`](crate::dsl::parallel) checks out belongs to the user once the branches have joined.

mod bound;
mod run;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use bound::BoundPool;
pub(crate) use run::{RunPools, same_name};

use crate::feeder::{Feeder, IntoFeeder};
use crate::units::FixedDuration;

/// How long a user waits for a record by default.
const PATIENCE: Duration = Duration::from_secs(60);

/// Records that users check out and return. Created by [`pool`].
///
/// Clones are the same pool. Methods that change a setting return a different pool.
#[derive(Clone)]
#[must_use = "a pool does nothing until records are checked out of it"]
pub struct Pool(Arc<Definition>);

#[derive(Clone)]
struct Definition {
    name: String,
    feeder: Feeder,
    patience: Duration,
}

/// Creates a pool of records, from a feeder or from an iterator as in [`records`](crate::feeder::records). The name is used
/// in messages and in the report. Each pool of a simulation needs its own name.
///
/// The strategies [`queue`](Feeder::queue) (the default) and [`shuffle`](Feeder::shuffle) of the feeder set the order in
/// which records are checked out the first time. Other strategies are a mistake, as are feeders whose records are not all
/// in memory.
pub fn pool(name: impl Into<String>, records: impl IntoFeeder) -> Pool {
    Pool(Arc::new(Definition { name: name.into(), feeder: records.into_feeder(), patience: PATIENCE }))
}

impl Pool {
    /// How long a user waits when all records are checked out. Default: 60 s. When the time is over, the step fails: the user is
    /// marked as failed, the error is counted, and the user continues without a record.
    pub fn wait_at_most(self, patience: impl FixedDuration) -> Pool {
        let patience = patience.fixed();
        self.with(|definition| definition.patience = patience)
    }

    /// When all records are checked out, a checkout fails at once instead of waiting.
    pub fn fail_when_exhausted(self) -> Pool {
        self.wait_at_most(Duration::ZERO)
    }

    /// The name of the pool.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether two values are clones of the same pool.
    pub fn is_same_as(&self, other: &Pool) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn with(self, change: impl FnOnce(&mut Definition)) -> Pool {
        let mut definition = Arc::unwrap_or_clone(self.0);
        change(&mut definition);
        Pool(Arc::new(definition))
    }
}

impl From<&Pool> for Pool {
    fn from(pool: &Pool) -> Pool {
        pool.clone()
    }
}

/// As the user wrote it, for the plan: `pool("accounts", csv("accounts.csv"))`.
impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pool({:?}, {})", self.0.name, self.0.feeder)?;
        match self.0.patience {
            PATIENCE => Ok(()),
            Duration::ZERO => f.write_str(".fail_when_exhausted()"),
            patience => write!(f, ".wait_at_most({patience:?})"),
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
