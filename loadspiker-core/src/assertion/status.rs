//! [`StatusCodes`]: which status codes are meant.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Range, RangeInclusive};

use serde::{Deserialize, Serialize};

/// Status codes: one (`404`), a range (`500..600`, `500..=599`) or several (`[429, 503]`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusCodes(Vec<RangeInclusive<u16>>);

impl From<u16> for StatusCodes {
    fn from(code: u16) -> Self {
        StatusCodes(vec![code..=code])
    }
}

impl From<RangeInclusive<u16>> for StatusCodes {
    fn from(codes: RangeInclusive<u16>) -> Self {
        StatusCodes(vec![codes])
    }
}

impl From<Range<u16>> for StatusCodes {
    fn from(codes: Range<u16>) -> Self {
        // An empty range stays empty.
        let last = codes.end.saturating_sub(1);
        StatusCodes(if codes.is_empty() { Vec::new() } else { vec![codes.start..=last] })
    }
}

impl<const N: usize> From<[u16; N]> for StatusCodes {
    fn from(codes: [u16; N]) -> Self {
        StatusCodes(codes.into_iter().map(|code| code..=code).collect())
    }
}

impl StatusCodes {
    /// How many of these responses had one of them.
    pub(super) fn count(&self, found: &BTreeMap<u16, u64>) -> u64 {
        let meant = |code: &u16| self.0.iter().any(|codes| codes.contains(code));
        found.iter().filter(|(code, _)| meant(code)).map(|(_, count)| count).sum()
    }

    /// Whether no code is meant.
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(RangeInclusive::is_empty)
    }
}

impl fmt::Display for StatusCodes {
    /// `404`, `500 to 599`, `429, 503`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, codes) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            match (codes.start(), codes.end()) {
                (first, last) if first == last => write!(f, "{first}")?,
                (first, last) => write!(f, "{first} to {last}")?,
            }
        }
        Ok(())
    }
}
