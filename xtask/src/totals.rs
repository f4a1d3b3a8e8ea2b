//! Reading the numbers in `cargo test`'s output.

use std::fmt;

/// How many tests passed and failed, over all test binaries and doctests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    passed: u64,
    failed: u64,
}

impl Totals {
    /// Takes in a line of output. Only the line that closes a test binary counts:
    /// `test result: ok. 5 passed; 0 failed; 1 ignored; …`.
    pub(crate) fn read(&mut self, line: &str) {
        let Some((_, numbers)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else {
            return;
        };
        for part in numbers.split(';') {
            match part.trim().split_once(' ') {
                Some((number, "passed")) => self.passed += number.parse().unwrap_or(0),
                Some((number, "failed")) => self.failed += number.parse().unwrap_or(0),
                _ => {}
            }
        }
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(output: &str) -> String {
        let mut totals = Totals::default();
        output.lines().for_each(|line| totals.read(line));
        totals.to_string()
    }

    #[test]
    fn the_binaries_are_added_up() {
        let output = "\
running 2 tests
test a ... ok
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: FAILED. 10 passed; 3 failed; 0 ignored; 0 measured; 4 filtered out; finished in 1.25s";
        assert_eq!(totals(output), "12 passed, 3 failed");
    }

    #[test]
    fn what_a_test_prints_is_not_counted() {
        assert_eq!(
            totals("  test result: ok. 2 passed; 0 failed\n7 passed; 1 failed\ntest result: "),
            "0 passed, 0 failed"
        );
    }
}
