//! [`Finish`]: what happens to records between the file and memory: transformations, and conversion to types.

use std::sync::Arc;

use super::builder::Transform;
use super::error::FeederError;
use super::sink::{Refusal, Row, Sink};
use super::source::guarded;
use super::typed::Shape;
use crate::value::Value;

/// Transforms and converts each record, and hands it on. Its own columns are those of the file.
pub(super) struct Finish<'a> {
    feeder: String,
    transforms: &'a [Transform],
    names: Vec<Arc<str>>,
    /// For each column of the file the one of the sink, or, with a shape, the field.
    targets: Vec<usize>,
    shape: Option<(&'a Shape, Vec<usize>)>,
    given: Vec<Option<Value>>,
    sink: &'a mut dyn Sink,
}

impl<'a> Finish<'a> {
    pub(super) fn new(
        feeder: String,
        transforms: &'a [Transform],
        shape: Option<&'a Shape>,
        sink: &'a mut dyn Sink,
    ) -> Result<Self, Refusal> {
        let shape = match shape {
            Some(shape) => {
                let names: Vec<Arc<str>> = shape.columns.iter().map(|column| column.name().into()).collect();
                Some((shape, sink.header(&names)?))
            }
            None => None,
        };
        let (names, targets, given) = Default::default();
        Ok(Finish { feeder, transforms, names, targets, shape, given, sink })
    }

    fn transform(&self, row: &mut Row) -> Result<(), Refusal> {
        let transformed = guarded(|| {
            for (column, value) in row {
                let given = std::mem::take(value);
                *value = self.transforms.iter().fold(given, |value, change| change(&self.names[*column], value));
            }
        });
        transformed.map_err(|message| {
            let what = "the transformation";
            Refusal::Complete(FeederError::Panicked { feeder: self.feeder.clone(), what, message })
        })
    }
}

impl Sink for Finish<'_> {
    fn column(&mut self, name: &str) -> Result<usize, Refusal> {
        if let Some(known) = self.names.iter().position(|known| **known == *name) {
            return Ok(known);
        }
        let target = match &self.shape {
            Some((shape, _)) => shape
                .position(name)
                .ok_or_else(|| Refusal::Problem(format!("field \"{name}\" is unknown; {}", shape.described())))?,
            None => self.sink.column(name)?,
        };
        self.names.push(name.into());
        self.targets.push(target);
        Ok(self.names.len() - 1)
    }

    fn header(&mut self, names: &[Arc<str>]) -> Result<Vec<usize>, Refusal> {
        if let Some((shape, _)) = &self.shape {
            shape.check(names)?;
        }
        names.iter().map(|name| self.column(name)).collect()
    }

    fn record(&mut self, row: &mut Row) -> Result<(), Refusal> {
        if !self.transforms.is_empty() {
            self.transform(row)?;
        }
        for (column, _) in row.iter_mut() {
            *column = self.targets[*column];
        }
        if let Some((shape, columns)) = &self.shape {
            self.given.clear();
            self.given.resize(shape.columns.len(), None);
            for (field, value) in row.drain(..) {
                self.given[field] = Some(value);
            }
            let values = shape.read(|field| self.given[field].take())?;
            row.extend(columns.iter().copied().zip(values));
        }
        self.sink.record(row)
    }
}
