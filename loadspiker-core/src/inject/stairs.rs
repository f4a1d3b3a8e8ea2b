//! The order of levels and ramps in a staircase, the same for open and closed steps.

/// More levels than a staircase may have. Those beyond are a mistake, and left out.
pub(super) const MAX_LEVELS: u32 = 100_000;

/// A part of a staircase. Numbers count increments above the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flight {
    /// A level this many increments above the start.
    Level(u32),
    /// A ramp from this many increments above the start to one more.
    Ramp(u32),
}

/// The parts of a staircase of `levels` levels, in order.
///
/// * With ramps and a start at zero: (ramp, level)\*, so that the first level is one increment high.
/// * With ramps and a start above zero: level, (ramp, level)\*, so that the first level is the start.
/// * Without ramps: levels from the start on; the first is left out if it is empty.
pub(super) fn flights(levels: u32, ramps: bool, from_zero: bool) -> impl Iterator<Item = Flight> {
    (0..levels.min(MAX_LEVELS)).flat_map(move |level| {
        let pair = match (ramps, from_zero) {
            (true, true) => [Some(Flight::Ramp(level)), Some(Flight::Level(level + 1))],
            (true, false) => [level.checked_sub(1).map(Flight::Ramp), Some(Flight::Level(level))],
            (false, from_zero) => [None, (level > 0 || !from_zero).then_some(Flight::Level(level))],
        };
        pair.into_iter().flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::Flight::{Level, Ramp};
    use super::*;

    fn all(levels: u32, ramps: bool, from_zero: bool) -> Vec<Flight> {
        flights(levels, ramps, from_zero).collect()
    }

    #[test]
    fn with_ramps_and_a_start_at_zero_each_level_is_ramped_up_to() {
        assert_eq!(all(2, true, true), [Ramp(0), Level(1), Ramp(1), Level(2)]);
    }

    #[test]
    fn with_ramps_and_a_start_above_zero_the_start_is_the_first_level() {
        assert_eq!(all(3, true, false), [Level(0), Ramp(0), Level(1), Ramp(1), Level(2)]);
    }

    #[test]
    fn without_ramps_an_empty_first_level_is_skipped() {
        assert_eq!(all(3, false, true), [Level(1), Level(2)]);
        assert_eq!(all(3, false, false), [Level(0), Level(1), Level(2)]);
        assert_eq!(all(1, false, true), []);
        assert_eq!(all(0, true, true), []);
    }
}
