//! [`ErrorCounts`]: how often each error text occurred.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::limits::{OTHER_ERRORS, clip};

/// How often each error text occurred. Bounded where the caller gives a limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct ErrorCounts(BTreeMap<Arc<str>, u64>);

impl ErrorCounts {
    /// Counts one error; a new text beyond `limit` texts is counted as one of the others.
    pub(crate) fn add(&mut self, text: &str, limit: usize) {
        let text = clip(text);
        if let Some(count) = self.0.get_mut(text) {
            *count += 1;
        } else if self.has_room(limit) {
            self.0.insert(text.into(), 1);
        } else {
            self.add_other(1);
        }
    }

    /// Adds the counts of `other`; no text is lost unless there is a limit.
    pub(crate) fn merge(&mut self, other: ErrorCounts, limit: Option<usize>) {
        for (text, count) in other.0 {
            if let Some(sum) = self.0.get_mut(&text) {
                *sum += count;
            } else if &*text == OTHER_ERRORS || limit.is_none_or(|limit| self.has_room(limit)) {
                self.0.insert(text, count);
            } else {
                self.add_other(count);
            }
        }
    }

    /// Whether another text fits; that of the others takes no room.
    fn has_room(&self, limit: usize) -> bool {
        self.0.len() < limit + usize::from(self.0.contains_key(OTHER_ERRORS))
    }

    fn add_other(&mut self, count: u64) {
        match self.0.get_mut(OTHER_ERRORS) {
            Some(sum) => *sum += count,
            None => {
                self.0.insert(OTHER_ERRORS.into(), count);
            }
        }
    }

    pub(crate) fn total(&self) -> u64 {
        self.0.values().sum()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, u64)> {
        self.0.iter().map(|(text, count)| (text, *count))
    }

    /// The texts, the most frequent first.
    pub(crate) fn ranked(&self) -> Vec<(&str, u64)> {
        let mut all: Vec<_> = self.0.iter().map(|(text, count)| (&**text, *count)).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_beyond_the_limit_are_counted_together() {
        let mut errors = ErrorCounts::default();
        for index in 0..10 {
            errors.add(&format!("error {index}"), 3);
        }
        errors.add("error 1", 3);
        assert_eq!(errors.ranked(), [(OTHER_ERRORS, 7), ("error 1", 2), ("error 0", 1), ("error 2", 1)]);
        assert_eq!(errors.total(), 11);
    }

    #[test]
    fn a_limited_merge_loses_texts_but_no_counts() {
        let (mut a, mut b) = (ErrorCounts::default(), ErrorCounts::default());
        a.add("one", 10);
        b.add("one", 10);
        b.add("two", 10);
        b.add("zero", 10);
        a.merge(b, Some(2));
        assert_eq!(a.ranked(), [("one", 2), (OTHER_ERRORS, 1), ("two", 1)]);
    }
}
