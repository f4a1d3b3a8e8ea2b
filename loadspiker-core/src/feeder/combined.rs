//! Feeders made of two: records [side by side](Feeder::zip), or [one after the other](Feeder::chain).

use super::builder::{Feeder, Strategy};
use super::error::FeederError;
use super::sink::{Halt, Refusal, Row, Sink};
use super::source::Source;

impl Feeder {
    /// The records of both side by side: each record has the fields of one of this feeder and one of the other, up to
    /// the end of the shorter. A field that both have is a mistake.
    ///
    /// Strategy and sharding belong to the whole, and come after it; on one of the two they are a mistake.
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

    /// The records of this feeder, then those of the other. Fields that only one of them has are missing in the
    /// records of the other.
    ///
    /// Strategy and sharding belong to the whole, and come after it; on one of the two they are a mistake.
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

/// A strategy or `shard` on a part of a feeder would do nothing, and is told.
fn check_part(part: &Feeder, method: &str) -> Result<(), FeederError> {
    let definition = part.definition();
    let problem = if definition.strategy != Strategy::Queue {
        format!("it has a strategy of its own within .{method}(…); choose one for the whole, after .{method}(…)")
    } else if definition.sharded {
        format!("it is sharded within .{method}(…); write .shard() after .{method}(…)")
    } else {
        return Ok(());
    };
    Err(FeederError::Invalid { feeder: definition.source.name(), problem })
}

pub(super) fn read_zipped(name: String, left: &Feeder, right: &Feeder, sink: &mut dyn Sink) -> Result<(), Halt> {
    check_part(left, "zip")?;
    check_part(right, "zip")?;
    let (left, right) = (left.definition().load()?, right.definition().load()?);
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
    first.definition().read(sink)?;
    second.definition().read(sink)
}
