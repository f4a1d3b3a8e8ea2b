//! [`Sink`]: where the readers of files put records, one after the other.

use std::sync::Arc;

use super::error::FeederError;
use crate::value::Value;

/// The fields of a record: column and value. Of two with the same column the later one counts.
pub(super) type Row = Vec<(usize, Value)>;

/// Takes records: a table, the shards of a run, or a layer that changes them on the way.
pub(super) trait Sink {
    /// The number of the column of this name.
    fn column(&mut self, name: &str) -> Result<usize, Refusal>;

    /// The numbers of the columns, where all of them are known before the first record.
    fn header(&mut self, names: &[Arc<str>]) -> Result<Vec<usize>, Refusal> {
        names.iter().map(|name| self.column(name)).collect()
    }

    /// Takes a record, and leaves an empty row.
    fn record(&mut self, row: &mut Row) -> Result<(), Refusal>;
}

/// Why a sink does not take something.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It needs no more.
    Enough,
    /// Something is wrong; the reader knows the place.
    Problem(String),
    /// Something is wrong, and its message is complete.
    Complete(FeederError),
}

impl Refusal {
    /// The end of reading, with the place of what is wrong.
    pub(super) fn at(self, place: impl FnOnce(String) -> FeederError) -> Halt {
        match self {
            Refusal::Enough => Halt::Enough,
            Refusal::Problem(problem) => Halt::Wrong(place(problem)),
            Refusal::Complete(error) => Halt::Wrong(error),
        }
    }
}

/// Why reading ended before its time.
#[derive(Debug)]
pub(super) enum Halt {
    /// The sink needs no more.
    Enough,
    Wrong(FeederError),
}

impl From<FeederError> for Halt {
    fn from(error: FeederError) -> Self {
        Halt::Wrong(error)
    }
}

impl From<Halt> for Refusal {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Enough => Refusal::Enough,
            Halt::Wrong(error) => Refusal::Complete(error),
        }
    }
}
