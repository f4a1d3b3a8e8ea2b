//! [`BoundPool`]: a pool in a run.

use std::sync::Arc;
use std::time::Duration;

use crate::desk::Desk;
use crate::feeder::{FeederError, Strategy, Table};
use crate::format::precise;
use crate::moment::Moment;
use crate::pool::Pool;
use crate::session::Session;

/// A pool in a run: its records, and the desk over which they go, by their number.
pub(crate) struct BoundPool {
    name: Arc<str>,
    table: Arc<Table>,
    pub(crate) desk: Desk<usize>,
    pub(crate) patience: Duration,
}

impl BoundPool {
    /// Reads the records of `pool`, for so many shards.
    pub(crate) fn open(pool: &Pool, shards: usize, seed: u64) -> Result<Self, FeederError> {
        let definition = &pool.0;
        let feeder = &definition.feeder;
        let invalid = |problem: &str| {
            let feeder = format!("{feeder} of pool \"{}\"", definition.name);
            FeederError::Invalid { feeder, problem: problem.to_owned() }
        };
        if definition.name.trim().is_empty() {
            return Err(invalid("the name of the pool is empty; give it one that can be found in a report"));
        }
        let opened = feeder.open()?;
        let table = opened.table().ok_or_else(|| {
            invalid("a pool needs all records before the run; add .loaded(), or gather them with records(…)")
        })?;
        let mut order: Vec<usize> = (0..table.records).collect();
        match opened.strategy() {
            Strategy::Queue => {}
            Strategy::Shuffle => fastrand::Rng::with_seed(seed).shuffle(&mut order),
            Strategy::Random | Strategy::Circular | Strategy::UniquePerUser => {
                return Err(invalid(
                    "a pool checks out the record that was returned first; remove the strategy, or use .shuffle() for a \
                     random order at the beginning",
                ));
            }
        }
        let desk = Desk::new(shards, order);
        Ok(BoundPool {
            name: definition.name.as_str().into(),
            table: table.clone(),
            desk,
            patience: definition.patience,
        })
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The names of its fields.
    pub(crate) fn fields(&self) -> &[Arc<str>] {
        &self.table.columns
    }

    /// Sets the fields of a record as attributes.
    pub(crate) fn give(&self, record: usize, session: &mut Session) {
        for (name, cell) in self.table.columns.iter().zip(self.table.row(record)) {
            match cell {
                // That every field can name an attribute was seen to when the feeder was opened.
                Some(value) => drop(session.set(name, value.clone())),
                None => drop(session.remove(name)),
            }
        }
    }

    /// Removes the attributes of a record.
    pub(crate) fn take_away(&self, session: &mut Session) {
        self.table.columns.iter().for_each(|name| drop(session.remove(name)));
    }

    /// A record comes back.
    pub(crate) fn put_back(&self, record: usize, at: Option<Moment>) {
        self.desk.offer(record, at);
    }

    /// What is told to a user that got no record.
    pub(crate) fn exhausted(&self) -> String {
        let (name, records) = (&self.name, self.table.records);
        let (are, them) =
            if records == 1 { ("its only record is", "one") } else { ("all its records are", "one of them") };
        let waited = match self.patience {
            Duration::ZERO => String::new(),
            patience => format!(", and {them} was not returned within {}", precise(patience)),
        };
        format!(
            "pool \"{name}\" is exhausted: {are} checked out ({records}){waited}; add records, return them earlier with \
             checkin, or let fewer users come"
        )
    }
}

impl std::fmt::Debug for BoundPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BoundPool").field("name", &self.name).finish_non_exhaustive()
    }
}
