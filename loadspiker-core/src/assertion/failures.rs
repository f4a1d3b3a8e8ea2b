//! [`FailureKinds`]: which kinds of failures are meant.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::failure::FailureKind;

/// Kinds of failures: one (`FailureKind::Refused`), several (`[FailureKind::Refused, FailureKind::Reset]`), all
/// [timeouts](Self::timeouts), or all of [TLS](Self::tls).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureKinds(Vec<Meant>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Meant {
    Kind(FailureKind),
    Timeouts,
    Tls,
}

impl FailureKinds {
    /// Timeouts in whichever phase.
    pub fn timeouts() -> Self {
        FailureKinds(vec![Meant::Timeouts])
    }

    /// All that can be wrong with TLS but timeouts.
    pub fn tls() -> Self {
        FailureKinds(vec![Meant::Tls])
    }

    /// How many of these failures are meant.
    pub(super) fn count(&self, found: &BTreeMap<FailureKind, u64>) -> u64 {
        let meant = |kind: &FailureKind| {
            self.0.iter().any(|meant| match meant {
                Meant::Kind(meant) => meant == kind,
                Meant::Timeouts => kind.is_timeout(),
                Meant::Tls => matches!(kind, FailureKind::Tls(_)),
            })
        };
        found.iter().filter(|(kind, _)| meant(kind)).map(|(_, count)| count).sum()
    }

    /// Whether no kind is meant.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<FailureKind> for FailureKinds {
    fn from(kind: FailureKind) -> Self {
        FailureKinds(vec![Meant::Kind(kind)])
    }
}

impl<const N: usize> From<[FailureKind; N]> for FailureKinds {
    fn from(kinds: [FailureKind; N]) -> Self {
        FailureKinds(kinds.into_iter().map(Meant::Kind).collect())
    }
}

impl fmt::Display for FailureKinds {
    /// `refused`, `refused, reset`, `timeout`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, meant) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            match meant {
                Meant::Kind(kind) => write!(f, "{kind}")?,
                Meant::Timeouts => f.write_str("timeout")?,
                Meant::Tls => f.write_str("tls")?,
            }
        }
        Ok(())
    }
}
