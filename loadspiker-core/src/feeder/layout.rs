//! How records are laid out in memory for the shards of a run.
//!
//! Records are dealt out to shards in turn: shard `s` of `n` has the records `s`, `s + n`, `s + 2n`, …, its *stripe*.
//! As arrivals are dealt out the same way, users get records in the order of the file. Stripes lie one after the other
//! in memory, so that cores do not write to each other's cache lines when they count references to values.

use std::ops::Range;
use std::sync::Arc;

use super::table::Table;
use crate::value::Value;

/// Tables with no more cells than this, over all copies, are copied for a run: once, or once for each shard.
const COPIED_CELLS: usize = 1 << 18;

/// The rows of a table, in some order.
#[derive(Debug)]
pub(super) struct Rows {
    cells: Box<[Option<Value>]>,
    width: usize,
}

impl Rows {
    pub(super) fn get(&self, row: usize) -> &[Option<Value>] {
        self.cells.get(row * self.width..(row + 1) * self.width).unwrap_or_default()
    }
}

/// The rows of a table in this order: a copy for each shard if each reads all of them and there are few, else one for
/// all.
pub(super) fn lay_out(table: &Table, order: &[usize], shards: usize, each_reads_all: bool) -> Box<[Rows]> {
    let copies_for = |count: usize| table.cells.len().saturating_mul(count) <= COPIED_CELLS;
    let count = if each_reads_all && copies_for(shards) { shards } else { 1 };
    let deep = copies_for(count);
    let rows = || {
        let cells = order.iter().flat_map(|record| table.row(*record));
        let cells = cells.map(|cell| if deep { cell.as_ref().map(copied) } else { cell.clone() }).collect();
        Rows { cells, width: table.columns.len() }
    };
    std::iter::repeat_with(rows).take(count).collect()
}

/// The same value in memory of its own.
pub(crate) fn copied(value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(Arc::from(&**text)),
        Value::Bytes(bytes) => Value::Bytes(Arc::from(&**bytes)),
        Value::List(items) => Value::List(items.iter().map(copied).collect()),
        Value::Map(map) => {
            Value::Map(Arc::new(map.iter().map(|(key, value)| (Arc::from(&**key), copied(value))).collect()))
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::UInt(_) | Value::Float(_) => value.clone(),
    }
}

/// The positions of a run's records, stripe after stripe.
pub(super) fn striped(records: usize, shards: usize) -> impl Iterator<Item = usize> {
    (0..shards.min(records)).flat_map(move |shard| (shard..records).step_by(shards))
}

/// Where the stripe of a shard lies among them.
pub(super) fn stripe(records: usize, shards: usize, shard: usize) -> Range<usize> {
    let (even, more) = (records / shards, records % shards);
    let start = |shard: usize| shard * even + shard.min(more);
    start(shard)..start(shard + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stripes_are_dealt_out_in_turn_and_lie_one_after_the_other() {
        assert_eq!(striped(7, 3).collect::<Vec<_>>(), [0, 3, 6, 1, 4, 2, 5]);
        assert_eq!([0, 1, 2].map(|shard| stripe(7, 3, shard)), [0..3, 3..5, 5..7]);
        assert_eq!(striped(2, 5).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(stripe(2, 5, 4), 2..2);
    }

    proptest! {
        #[test]
        fn stripes_add_up_to_all_records(records in 0_usize..200, shards in 1_usize..20) {
            let order: Vec<usize> = striped(records, shards).collect();
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert!(sorted.into_iter().eq(0..records));
            for shard in 0..shards {
                let own = &order[stripe(records, shards, shard)];
                prop_assert!(own.iter().copied().eq((shard..records).step_by(shards)));
            }
        }
    }
}
