//! What was found, beside what is claimed.

use std::fmt::Display;
use std::time::Duration;

use loadspiker_core::format::human;

/// Prints each finding, and remembers whether all claims hold.
#[derive(Default)]
pub(crate) struct Findings {
    missed: bool,
}

impl Findings {
    /// Something that was measured and is claimed.
    pub(crate) fn claim(&mut self, what: &str, found: impl Display, claimed: impl Display, holds: bool) {
        let verdict = if holds { "holds" } else { "MISSED" };
        println!("  {what:<44} {:>16}   {:<22} {verdict}", found.to_string(), claimed.to_string());
        self.missed |= !holds;
    }

    /// A time that is to be at most so long.
    pub(crate) fn at_most(&mut self, what: &str, found: Duration, most: Duration) {
        self.claim(what, human(found), format!("at most {}", human(most)), found <= most);
    }

    /// A number that is to be exactly this.
    pub(crate) fn exactly(&mut self, what: &str, found: u64, claimed: u64) {
        self.claim(what, found, format!("exactly {claimed}"), found == claimed);
    }

    /// Something that is good to know beside.
    pub(crate) fn note(&mut self, what: &str, found: impl Display) {
        println!("  {what:<44} {:>16}", found.to_string());
    }

    pub(crate) fn all_hold(&self) -> bool {
        !self.missed
    }
}

/// Bytes in MiB.
pub(crate) fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}
