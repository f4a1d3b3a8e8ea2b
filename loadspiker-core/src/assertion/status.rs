//! [`StatusCodes`]: which status codes are meant.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Status codes: one (`404`), a range (`500..600`, `500..=599`) or several (`[429, 503]`); or texts, of protocols whose status
/// is one (`"NOAUTH"`, `["NOAUTH", "WRONGPASS"]`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusCodes {
    codes: Vec<RangeInclusive<u16>>,
    texts: Vec<String>,
}

impl From<u16> for StatusCodes {
    fn from(code: u16) -> Self {
        StatusCodes::of_codes(vec![code..=code])
    }
}

impl From<RangeInclusive<u16>> for StatusCodes {
    fn from(codes: RangeInclusive<u16>) -> Self {
        StatusCodes::of_codes(vec![codes])
    }
}

impl From<Range<u16>> for StatusCodes {
    fn from(codes: Range<u16>) -> Self {
        // An empty range stays empty.
        let last = codes.end.saturating_sub(1);
        StatusCodes::of_codes(if codes.is_empty() { Vec::new() } else { vec![codes.start..=last] })
    }
}

impl<const N: usize> From<[u16; N]> for StatusCodes {
    fn from(codes: [u16; N]) -> Self {
        StatusCodes::of_codes(codes.into_iter().map(|code| code..=code).collect())
    }
}

impl From<&str> for StatusCodes {
    fn from(text: &str) -> Self {
        StatusCodes { codes: Vec::new(), texts: vec![text.to_owned()] }
    }
}

impl<const N: usize> From<[&str; N]> for StatusCodes {
    fn from(texts: [&str; N]) -> Self {
        StatusCodes { codes: Vec::new(), texts: texts.into_iter().map(str::to_owned).collect() }
    }
}

impl StatusCodes {
    fn of_codes(codes: Vec<RangeInclusive<u16>>) -> Self {
        StatusCodes { codes, texts: Vec::new() }
    }

    /// How many of these responses had one of them.
    pub(super) fn count(&self, codes: &BTreeMap<u16, u64>, texts: &BTreeMap<Arc<str>, u64>) -> u64 {
        let meant = |code: &u16| self.codes.iter().any(|codes| codes.contains(code));
        let by_code: u64 = codes.iter().filter(|(code, _)| meant(code)).map(|(_, count)| count).sum();
        let by_text: u64 = self.texts.iter().filter_map(|text| texts.get(text.as_str())).sum();
        by_code + by_text
    }

    /// Whether no status is meant.
    pub(super) fn is_empty(&self) -> bool {
        self.codes.iter().all(RangeInclusive::is_empty) && self.texts.is_empty()
    }
}

impl fmt::Display for StatusCodes {
    /// `404`, `500 to 599`, `429, 503`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, codes) in self.codes.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            match (codes.start(), codes.end()) {
                (first, last) if first == last => write!(f, "{first}")?,
                (first, last) => write!(f, "{first} to {last}")?,
            }
        }
        f.write_str(&self.texts.join(", "))
    }
}
