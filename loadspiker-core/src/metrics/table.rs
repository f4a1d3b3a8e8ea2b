//! [`Table`]: figures by a small key, for the hot path of a recorder.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashMap;

/// Figures `S` by a small key `I`. Names `K` stay when the figures are taken.
#[derive(Debug)]
pub(crate) struct Table<I, K, S> {
    index: FxHashMap<I, usize>,
    rows: Vec<Row<K, S>>,
    /// Where the last key was found: many users run the same request at a time.
    last: Option<(I, usize)>,
}

#[derive(Debug)]
struct Row<K, S> {
    name: Arc<K>,
    figures: Option<Box<S>>,
}

impl<I, K, S> Default for Table<I, K, S> {
    fn default() -> Self {
        Table { index: FxHashMap::default(), rows: Vec::new(), last: None }
    }
}

impl<I: Copy + Eq + Hash, K: Ord, S: Default> Table<I, K, S> {
    /// The row of a key, if it is there.
    #[inline]
    pub(crate) fn find(&mut self, key: I) -> Option<usize> {
        if let Some((last, row)) = self.last
            && last == key
        {
            return Some(row);
        }
        let row = *self.index.get(&key)?;
        self.last = Some((key, row));
        Some(row)
    }

    /// Adds a row for a key that is not there.
    pub(crate) fn add(&mut self, key: I, name: K) -> usize {
        let row = self.rows.len();
        self.rows.push(Row { name: Arc::new(name), figures: None });
        self.index.insert(key, row);
        row
    }

    /// The figures of a row that was found or added.
    #[inline]
    pub(crate) fn figures(&mut self, row: usize) -> &mut S {
        self.rows[row].figures.get_or_insert_default()
    }

    /// Takes all figures that there are. Figures of keys with the same name are merged.
    pub(crate) fn take(&mut self, merge: impl Fn(&mut S, S)) -> BTreeMap<Arc<K>, Box<S>> {
        let mut taken = BTreeMap::new();
        for row in &mut self.rows {
            let Some(figures) = row.figures.take() else { continue };
            match taken.entry(row.name.clone()) {
                Entry::Vacant(entry) => {
                    entry.insert(figures);
                }
                Entry::Occupied(mut entry) => merge(entry.get_mut(), *figures),
            }
        }
        taken
    }
}
