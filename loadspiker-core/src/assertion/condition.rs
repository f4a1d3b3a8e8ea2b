//! [`Condition`]: what a figure is compared with.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::value::Quantity;

/// What a figure is compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Condition<Q> {
    Lt(Q),
    Lte(Q),
    Gt(Q),
    Gte(Q),
    Is(Q),
    Between(Q, Q),
    Around(Q, Q),
    DeviatesAround(Q, f64),
    OneOf(Vec<Q>),
}

impl<Q: Quantity> Condition<Q> {
    pub(super) fn holds(&self, actual: Q) -> bool {
        match self {
            Condition::Lt(than) => actual < *than,
            Condition::Lte(than) => actual <= *than,
            Condition::Gt(than) => actual > *than,
            Condition::Gte(than) => actual >= *than,
            Condition::Is(value) => actual == *value,
            Condition::Between(low, high) => *low <= actual && actual <= *high,
            Condition::Around(value, distance) => within(actual, *value, *distance),
            Condition::DeviatesAround(value, percent) => within(actual, *value, value.share(percent / 100.0)),
            Condition::OneOf(values) => values.contains(&actual),
        }
    }

    /// How far `actual` is on the wrong side, below zero on the right one; the greater, the worse.
    pub(super) fn miss(&self, actual: Q) -> f64 {
        let actual = actual.as_f64();
        let distance = |value: &Q| (actual - value.as_f64()).abs();
        match self {
            Condition::Lt(than) | Condition::Lte(than) => actual - than.as_f64(),
            Condition::Gt(than) | Condition::Gte(than) => than.as_f64() - actual,
            Condition::Is(value) | Condition::Around(value, _) | Condition::DeviatesAround(value, _) => distance(value),
            Condition::Between(low, high) => (low.as_f64() - actual).max(actual - high.as_f64()),
            Condition::OneOf(values) => values.iter().map(distance).fold(f64::INFINITY, f64::min),
        }
    }

    /// Whether `actual`, being wrong, is too much rather than too little.
    pub(super) fn too_much(&self, actual: Q) -> bool {
        match self {
            Condition::Lt(_) | Condition::Lte(_) => true,
            Condition::Gt(_) | Condition::Gte(_) => false,
            Condition::Is(value) | Condition::Around(value, _) | Condition::DeviatesAround(value, _) => actual > *value,
            Condition::Between(_, high) => actual > *high,
            Condition::OneOf(values) => values.iter().all(|value| actual > *value),
        }
    }

    /// The figure as a text short enough to read and long enough not to look like a threshold that it is not.
    pub(super) fn show(&self, actual: Q) -> String {
        let thresholds = self.values();
        let misleading =
            |text: &String| thresholds.iter().any(|threshold| *threshold != actual && threshold.text() == *text);
        let short = (4..10).map(|digits| actual.short(digits)).find(|text| !misleading(text));
        short.unwrap_or_else(|| actual.text())
    }

    pub(super) fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        if self.values().iter().any(|value| !value.is_defined()) {
            mistakes.push("a threshold is not a number; give a finite one".to_owned());
        }
        match self {
            Condition::Between(low, high) if low > high => mistakes.push(format!(
                "nothing is between {} and {}; give the lower one first",
                low.text(),
                high.text()
            )),
            Condition::DeviatesAround(_, percent) if !(percent.is_finite() && *percent >= 0.0) => {
                mistakes.push(format!("the deviation is {percent} %; give one of at least 0"));
            }
            Condition::Around(value, distance) if value.plus(*distance) < *value => {
                mistakes.push(format!("the distance is {}; give one of at least 0", distance.text()));
            }
            Condition::OneOf(values) if values.is_empty() => {
                mistakes.push("nothing is one of an empty list; give at least one value".to_owned());
            }
            _ => {}
        }
        mistakes
    }

    fn values(&self) -> Vec<Q> {
        match self {
            Condition::Lt(value)
            | Condition::Lte(value)
            | Condition::Gt(value)
            | Condition::Gte(value)
            | Condition::Is(value)
            | Condition::DeviatesAround(value, _) => vec![*value],
            Condition::Between(a, b) => vec![*a, *b],
            Condition::Around(value, distance) => {
                vec![*value, *distance, value.minus(*distance), value.plus(*distance)]
            }
            Condition::OneOf(values) => values.clone(),
        }
    }
}

fn within<Q: Quantity>(actual: Q, value: Q, distance: Q) -> bool {
    value.minus(distance) <= actual && actual <= value.plus(distance)
}

impl<Q: Quantity> fmt::Display for Condition<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Lt(than) => write!(f, "< {}", than.text()),
            Condition::Lte(than) => write!(f, "≤ {}", than.text()),
            Condition::Gt(than) => write!(f, "> {}", than.text()),
            Condition::Gte(than) => write!(f, "≥ {}", than.text()),
            Condition::Is(value) => write!(f, "is {}", value.text()),
            Condition::Between(low, high) => write!(f, "between {} and {}", low.text(), high.text()),
            Condition::Around(value, distance) => write!(f, "around {} ± {}", value.text(), distance.text()),
            Condition::DeviatesAround(value, percent) => write!(f, "around {} ± {percent} %", value.text()),
            Condition::OneOf(values) => {
                let values: Vec<_> = values.iter().map(|value| value.text()).collect();
                write!(f, "one of {}", values.join(", "))
            }
        }
    }
}
