//! [`ErrorCounts`]: how often each error occurred, messages that differ only in values counted together.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::limits::{OTHER_ERRORS, clip};
use crate::shown::Message;

/// How often each error occurred, by template. Bounded where the caller gives a limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<ErrorGroup>", into = "Vec<ErrorGroup>")]
pub(crate) struct ErrorCounts(BTreeMap<Arc<str>, Counted>);

/// Errors of one template.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Counted {
    count: u64,
    /// One of the messages.
    example: Arc<str>,
    /// There were others.
    varies: bool,
    /// The first and the last second of the run in which they occurred, where that is known.
    seen: Option<(u64, u64)>,
}

/// Errors whose messages are the same but for the values in them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ErrorGroup {
    /// The message with `…` in place of its values: `json_path $.id: "…" is not "7"`.
    pub template: Arc<str>,
    /// How many there were.
    pub count: u64,
    /// One of the messages in full: `json_path $.id: "4711" is not "7"`.
    pub example: Arc<str>,
    /// Whether there were different ones. If not, the example is the message of all of them.
    #[serde(default)]
    pub varies: bool,
    /// The second of the run in which the first one occurred, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_second: Option<u64>,
    /// The second of the run in which the last one occurred, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_second: Option<u64>,
}

impl ErrorGroup {
    /// What tells most: the message, if all of them are the same, or else the template.
    pub fn text(&self) -> &str {
        if self.varies { &self.template } else { &self.example }
    }
}

impl ErrorCounts {
    /// Counts one error; one of a new kind beyond `limit` is counted as one of the others.
    pub(crate) fn add(&mut self, text: &str, limit: usize) {
        let Message { template, text } = Message::of(text);
        let (template, text) = (clip(&template), clip(&text));
        if let Some(known) = self.0.get_mut(template) {
            known.count += 1;
            known.varies |= *known.example != *text;
        } else if self.has_room(limit) {
            self.0.insert(template.into(), Counted { count: 1, example: text.into(), varies: false, seen: None });
        } else {
            self.add_other(1, None);
        }
    }

    /// Adds the counts of `other`; no template is lost unless there is a limit.
    pub(crate) fn merge(&mut self, other: ErrorCounts, limit: Option<usize>) {
        for (template, more) in other.0 {
            if let Some(known) = self.0.get_mut(&template) {
                known.merge(more);
            } else if &*template == OTHER_ERRORS || limit.is_none_or(|limit| self.has_room(limit)) {
                self.0.insert(template, more);
            } else {
                self.add_other(more.count, more.seen);
            }
        }
    }

    /// Whether another template fits; that of the others takes no room.
    fn has_room(&self, limit: usize) -> bool {
        self.0.len() < limit + usize::from(self.0.contains_key(OTHER_ERRORS))
    }

    fn add_other(&mut self, count: u64, seen: Option<(u64, u64)>) {
        let other = || Counted { count: 0, example: OTHER_ERRORS.into(), varies: false, seen: None };
        let known = self.0.entry(OTHER_ERRORS.into()).or_insert_with(other);
        known.count += count;
        known.seen = earliest_and_last(known.seen, seen);
    }

    /// All of them have occurred in this second of the run.
    pub(crate) fn occurred_in(&mut self, second: u64) {
        self.0.values_mut().for_each(|counted| counted.seen = Some((second, second)));
    }

    pub(crate) fn total(&self) -> u64 {
        self.0.values().map(|counted| counted.count).sum()
    }

    /// How often errors of this template occurred.
    pub(crate) fn count_of(&self, template: &str) -> u64 {
        self.0.get(template).map_or(0, |counted| counted.count)
    }

    /// What is shown of each kind of error, the most frequent first.
    pub(crate) fn ranked(&self) -> Vec<(&str, u64)> {
        let mut all: Vec<(&str, u64)> = Vec::with_capacity(self.0.len());
        for (template, counted) in &self.0 {
            all.push((if counted.varies { template } else { &counted.example }, counted.count));
        }
        all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        all
    }

    /// Each kind of error, the most frequent first.
    pub(crate) fn groups(&self) -> Vec<ErrorGroup> {
        let mut all: Vec<ErrorGroup> = self.clone().into();
        all.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.text().cmp(b.text())));
        all
    }
}

impl Counted {
    /// Which example is kept must not depend on the order in which parts are merged.
    fn merge(&mut self, more: Counted) {
        self.count += more.count;
        self.varies |= more.varies || self.example != more.example;
        if more.example < self.example {
            self.example = more.example;
        }
        self.seen = earliest_and_last(self.seen, more.seen);
    }
}

/// What both say together; where only one is known, that.
fn earliest_and_last(a: Option<(u64, u64)>, b: Option<(u64, u64)>) -> Option<(u64, u64)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (a, b) => a.or(b),
    }
}

impl From<Vec<ErrorGroup>> for ErrorCounts {
    fn from(groups: Vec<ErrorGroup>) -> Self {
        let mut counts = ErrorCounts::default();
        for ErrorGroup { template, count, example, varies, first_second, last_second } in groups {
            let seen = first_second.zip(last_second);
            let more = Counted { count, example, varies, seen };
            match counts.0.get_mut(&template) {
                Some(known) => known.merge(more),
                None => drop(counts.0.insert(template, more)),
            }
        }
        counts
    }
}

impl From<ErrorCounts> for Vec<ErrorGroup> {
    fn from(counts: ErrorCounts) -> Self {
        let group = |(template, Counted { count, example, varies, seen }): (Arc<str>, Counted)| ErrorGroup {
            template,
            count,
            example,
            varies,
            first_second: seen.map(|(first, _)| first),
            last_second: seen.map(|(_, last)| last),
        };
        counts.0.into_iter().map(group).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::shown::varying;

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

    #[test]
    fn messages_that_differ_only_in_values_are_one_error_with_an_example() {
        let mut errors = ErrorCounts::default();
        for n in 0..1000 {
            errors.add(&format!("\"{}\" is not \"x\"", varying(&n.to_string())), 5);
        }
        errors.add("connection refused", 5);
        assert_eq!(errors.ranked(), [("\"…\" is not \"x\"", 1000), ("connection refused", 1)]);
        assert_eq!(&*errors.groups()[0].example, "\"0\" is not \"x\"");
    }

    #[test]
    fn a_value_that_is_always_the_same_is_shown() {
        let (mut errors, mut more) = (ErrorCounts::default(), ErrorCounts::default());
        let text = |value| format!("{} is not 5", varying(value));
        errors.add(&text("7"), 5);
        errors.add(&text("7"), 5);
        assert_eq!(errors.ranked(), [("7 is not 5", 2)]);
        more.add(&text("6"), 5);
        errors.merge(more, None);
        assert_eq!(errors.ranked(), [("… is not 5", 3)]);
        assert_eq!(&*errors.groups()[0].example, "6 is not 5");
    }

    #[test]
    fn the_first_and_the_last_second_are_kept_also_of_those_beyond_the_limit() {
        let mut all = ErrorCounts::default();
        for (second, texts) in [(7, ["a", "c"]), (3, ["a", "b"]), (9, ["b", "b"])] {
            let mut counted = ErrorCounts::default();
            texts.iter().for_each(|text| counted.add(text, 5));
            counted.occurred_in(second);
            all.merge(counted, Some(2));
        }
        let seen: Vec<_> =
            all.groups().iter().map(|group| (group.text().to_owned(), group.first_second, group.last_second)).collect();
        let expected = [(OTHER_ERRORS, 3, 9), ("a", 3, 7), ("c", 7, 7)];
        assert_eq!(seen, expected.map(|(text, first, last)| (text.to_owned(), Some(first), Some(last))));
        let json = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<ErrorCounts>(&json).unwrap(), all);
    }

    #[test]
    fn they_are_written_as_templates_with_counts_and_examples_and_read_again() {
        let mut errors = ErrorCounts::default();
        errors.add(&format!("no {}", varying("1")), 5);
        errors.add(&format!("no {}", varying("2")), 5);
        let json = serde_json::to_string(&errors).unwrap();
        assert_eq!(json, r#"[{"template":"no …","count":2,"example":"no 1","varies":true}]"#);
        assert_eq!(serde_json::from_str::<ErrorCounts>(&json).unwrap(), errors);
    }

    proptest! {
        #[test]
        fn merging_is_associative_and_the_order_does_not_matter(parts in prop::collection::vec(
            prop::collection::vec((0..3_u8, 0..3_u8), 0..6), 3
        )) {
            let counted = |part: &Vec<(u8, u8)>| {
                let mut errors = ErrorCounts::default();
                part.iter().for_each(|(kind, value)| errors.add(&format!("{kind}: {}", varying(&value.to_string())), 9));
                errors
            };
            let [a, b, c] = [0, 1, 2].map(|index| counted(&parts[index]));
            let sum = |a: &ErrorCounts, b: &ErrorCounts| {
                let mut sum = a.clone();
                sum.merge(b.clone(), None);
                sum
            };
            prop_assert_eq!(sum(&sum(&a, &b), &c), sum(&a, &sum(&b, &c)));
            prop_assert_eq!(sum(&a, &b), sum(&b, &a));
        }
    }
}
