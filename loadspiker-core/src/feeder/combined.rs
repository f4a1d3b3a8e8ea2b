//! Combinations of two feeders: records [side by side](Feeder::zip) or [one after the other](Feeder::chain).

use std::sync::Arc;

use super::builder::{Definition, Feeder, Strategy};
use super::drawn::Drawn;
use super::error::FeederError;
use super::sink::{Halt, Refusal, Row, Sink};
use super::source::Source;

impl Feeder {
    /// Combines the records of two feeders side by side. Each record has the fields of both, up to the end of the shorter feeder.
    /// A field that both have is a mistake.
    ///
    /// Set strategy and sharding on the result; on one of the parts, they are a mistake. One part may be endless, such as
    /// [`generate`](super::generate).
    ///
    /// ```
    /// use loadspiker_core::feeder::records;
    ///
    /// let names = records(["anna", "ben"].map(|name| [("name", name)]));
    /// let ids = records((1..).map(|id| [("id", id)]).take(100));
    /// let users = names.zip(ids).circular().open()?;
    /// assert_eq!(users.records(), Some(2));
    /// # Ok::<(), loadspiker_core::feeder::FeederError>(())
    /// ```
    pub fn zip(self, other: Feeder) -> Feeder {
        Source::Zip(self, other).into()
    }

    /// Appends the records of another feeder. Fields that only one of them has are missing in the records of the other.
    ///
    /// Set strategy and sharding on the result; on one of the parts, they are a mistake.
    ///
    /// ```
    /// use loadspiker_core::feeder::records;
    ///
    /// let regulars = records((0..80).map(|n| [("user", format!("regular{n}"))]));
    /// let guests = records((0..20).map(|n| [("user", format!("guest{n}"))]));
    /// let users = regulars.chain(guests).shuffle().open()?;
    /// assert_eq!(users.records(), Some(100));
    /// # Ok::<(), loadspiker_core::feeder::FeederError>(())
    /// ```
    pub fn chain(self, other: Feeder) -> Feeder {
        Source::Chain(self, other).into()
    }
}

impl Definition {
    /// Whether its records are drawn while the run goes on.
    pub(super) fn is_drawn(&self) -> bool {
        matches!(self.source, Source::Drawn(_))
    }

    /// Whether it gives as many records as are asked for, before the run, too.
    fn is_endless(&self) -> bool {
        matches!(self.source, Source::Drawn(Drawn::Made(..) | Drawn::Lazy(_)))
    }
}

/// A strategy or `shard` on a part of a feeder would do nothing, and is told.
fn check_part(part: &Feeder, method: &str) -> Result<(), FeederError> {
    let definition = part.definition();
    let problem = if definition.strategy != Strategy::Queue {
        format!("it has a strategy of its own within .{method}(…); choose one for the whole, after .{method}(…)")
    } else if definition.sharded {
        format!("it is sharded within .{method}(…); write .shard() after .{method}(…)")
    } else if definition.fields.is_some() || definition.patience.is_some() {
        format!(".fields(…) and .wait_at_most(…) have no effect within .{method}(…); leave it out")
    } else {
        return Ok(());
    };
    Err(FeederError::Invalid { feeder: definition.source.name(), problem })
}

/// What cannot be a part of a feeder, as it is there only while the run goes on.
fn drawn_part(part: &Feeder, method: &str) -> FeederError {
    let problem = format!(
        "its records are drawn while the run goes on, so it cannot be a part of .{method}(…); gather them before the run \
         with records(…)"
    );
    FeederError::Invalid { feeder: part.definition().source.name(), problem }
}

pub(super) fn read_zipped(name: String, left: &Feeder, right: &Feeder, sink: &mut dyn Sink) -> Result<(), Halt> {
    check_part(left, "zip")?;
    check_part(right, "zip")?;
    for part in [left, right] {
        if part.definition().is_drawn() && !part.definition().is_endless() {
            return Err(drawn_part(part, "zip").into());
        }
    }
    let (left, right) = match (left.definition().is_endless(), right.definition().is_endless()) {
        (false, false) => (left.definition().load()?, right.definition().load()?),
        // As many as the other side has.
        (false, true) => {
            let left = left.definition().load()?;
            let right = right.definition().load_up_to(left.records)?;
            (left, Arc::new(right))
        }
        (true, false) => {
            let right = right.definition().load()?;
            (Arc::new(left.definition().load_up_to(right.records)?), right)
        }
        (true, true) => return Err(drawn_part(left, "zip").into()),
    };
    if let Some(both) = left.columns.iter().find(|column| right.columns.contains(column)) {
        let problem = format!("both have the field \"{both}\"; rename it in one of them");
        return Err(FeederError::Invalid { feeder: name, problem }.into());
    }
    let invalid = |refusal: Refusal| refusal.at(|problem| FeederError::Invalid { feeder: name.clone(), problem });
    let names: Vec<_> = left.columns.iter().chain(right.columns.iter()).cloned().collect();
    let columns = sink.header(&names).map_err(invalid)?;
    let mut row = Row::new();
    for record in 0..left.records.min(right.records) {
        let cells = left.row(record).iter().chain(right.row(record));
        row.extend(columns.iter().zip(cells).filter_map(|(column, cell)| Some((*column, cell.clone()?))));
        sink.record(&mut row).map_err(|refusal| match refusal {
            Refusal::Problem(problem) => invalid(Refusal::Problem(format!("record {}: {problem}", record + 1))),
            other => invalid(other),
        })?;
    }
    Ok(())
}

pub(super) fn read_chained(first: &Feeder, second: &Feeder, sink: &mut dyn Sink) -> Result<(), Halt> {
    check_part(first, "chain")?;
    check_part(second, "chain")?;
    for part in [first, second] {
        if part.definition().is_drawn() {
            return Err(drawn_part(part, "chain").into());
        }
    }
    first.definition().read(sink)?;
    second.definition().read(sink)
}
