//! [`Table`]: records in memory, and how they are gathered.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::sink::{Refusal, Row, Sink};
use crate::value::Value;

/// Records in memory: columns, and a cell for each record and column. A cell is `None` where a record does not have
/// the field.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub(crate) columns: Arc<[Arc<str>]>,
    /// Record by record.
    pub(super) cells: Vec<Option<Value>>,
    pub(crate) records: usize,
}

impl Table {
    /// The cells of a record (from 0), in the order of the columns.
    pub(crate) fn row(&self, record: usize) -> &[Option<Value>] {
        let width = self.columns.len();
        self.cells.get(record * width..(record + 1) * width).unwrap_or_default()
    }

    /// Hands all records to `sink`.
    pub(super) fn pour_into(&self, sink: &mut dyn Sink) -> Result<(), Refusal> {
        let columns = sink.header(&self.columns)?;
        let mut row = Row::new();
        for record in 0..self.records {
            let cells = columns.iter().zip(self.row(record));
            row.extend(cells.filter_map(|(column, cell)| Some((*column, cell.clone()?))));
            sink.record(&mut row).map_err(|refusal| match refusal {
                Refusal::Problem(problem) => Refusal::Problem(format!("record {}: {problem}", record + 1)),
                other => other,
            })?;
        }
        Ok(())
    }

    /// Every `count`-th record, from the one of this index (from 0).
    pub(super) fn part(&self, index: usize, count: usize) -> Table {
        let chosen = (index..self.records).step_by(count);
        let records = chosen.len();
        let cells = chosen.flat_map(|record| self.row(record)).cloned().collect();
        Table { columns: self.columns.clone(), cells, records }
    }
}

/// Gathers records whose fields may differ. The columns are all fields, in the order in which they first come.
#[derive(Debug, Default)]
pub(super) struct TableBuilder {
    columns: Vec<Arc<str>>,
    numbers: FxHashMap<Arc<str>, usize>,
    fields: Row,
    /// Where the fields of each record end.
    ends: Vec<usize>,
}

impl Sink for TableBuilder {
    fn column(&mut self, name: &str) -> Result<usize, Refusal> {
        Ok(self.numbered(name))
    }

    fn record(&mut self, row: &mut Row) -> Result<(), Refusal> {
        self.fields.append(row);
        self.end_record();
        Ok(())
    }
}

impl TableBuilder {
    fn numbered(&mut self, name: &str) -> usize {
        if let Some(column) = self.numbers.get(name) {
            return *column;
        }
        let name: Arc<str> = name.into();
        self.columns.push(name.clone());
        self.numbers.insert(name, self.columns.len() - 1);
        self.columns.len() - 1
    }

    /// Adds a field to the current record.
    pub(super) fn field(&mut self, name: &str, value: Value) {
        let column = self.numbered(name);
        self.fields.push((column, value));
    }

    /// Ends the current record.
    pub(super) fn end_record(&mut self) {
        self.ends.push(self.fields.len());
    }

    /// Keeps the columns only.
    pub(super) fn forget_records(&mut self) {
        self.fields.clear();
        self.ends.clear();
    }

    /// How many records there are so far.
    pub(super) fn records(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn finish(self) -> Table {
        let (width, records) = (self.columns.len(), self.ends.len());
        let mut cells = vec![None; width * records];
        let mut fields = self.fields.into_iter();
        let mut begin = 0;
        for (record, end) in self.ends.into_iter().enumerate() {
            for (column, value) in fields.by_ref().take(end - begin) {
                cells[record * width + column] = Some(value);
            }
            begin = end;
        }
        Table { columns: self.columns.into(), cells, records }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_with_different_fields_leave_gaps() {
        let mut builder = TableBuilder::default();
        builder.field("a", 1.into());
        builder.end_record();
        builder.end_record();
        builder.field("b", 2.into());
        builder.field("a", 3.into());
        builder.field("a", 4.into());
        builder.end_record();
        let table = builder.finish();
        assert_eq!(table.columns.iter().map(|name| &**name).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(table.row(0), [Some(1.into()), None]);
        assert_eq!(table.row(1), [None, None]);
        assert_eq!(table.row(2), [Some(4.into()), Some(2.into())]);
        assert_eq!(table.records, 3);
        assert_eq!(table.row(3), []);
    }
}
