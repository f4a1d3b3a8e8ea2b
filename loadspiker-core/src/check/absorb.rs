//! [`Absorber`]: a check that reads the body piece by piece, so that the body need not be kept in memory.

use std::fmt;

use crate::value::Value;

/// Reads a body as it arrives, and returns a result at the end.
pub trait Absorb {
    /// Processes the next piece of the body.
    fn absorb(&mut self, piece: &[u8]);

    /// Called at the end of the body. Returns the value found.
    fn finish(self: Box<Self>) -> Value;
}

/// How an extractor reads a body piece by piece; see [`Extractor::absorber`](super::Extractor::absorber).
///
/// Checks of a response whose absorbers have the same name share one absorber, so a digest is computed only once.
#[derive(Clone, Copy)]
pub struct Absorber {
    name: &'static str,
    start: fn() -> Box<dyn Absorb>,
}

impl Absorber {
    /// Creates an absorber with this name. `start` is called for each response.
    pub const fn new(name: &'static str, start: fn() -> Box<dyn Absorb>) -> Self {
        Absorber { name, start }
    }

    /// What the absorber finds in a body that is complete.
    pub(super) fn absorb_all(self, body: &[u8]) -> Value {
        let mut absorbing = (self.start)();
        absorbing.absorb(body);
        absorbing.finish()
    }

    pub(super) fn name(self) -> &'static str {
        self.name
    }
}

impl fmt::Debug for Absorber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "absorber {}", self.name)
    }
}

/// The absorbers of one response while its body arrives. Created by [`CheckSet::absorbing`](super::CheckSet::absorbing),
/// fed by the protocol, and passed to [`CheckSet::run_absorbed`](super::CheckSet::run_absorbed).
pub struct Absorbing(Vec<(&'static str, Box<dyn Absorb>)>);

impl Absorbing {
    pub(super) fn start(absorbers: &[Absorber]) -> Self {
        Absorbing(absorbers.iter().map(|absorber| (absorber.name, (absorber.start)())).collect())
    }

    /// Feeds the next piece of the decoded body.
    pub fn feed(&mut self, piece: &[u8]) {
        for (_, absorbing) in &mut self.0 {
            absorbing.absorb(piece);
        }
    }

    pub(super) fn finish(self) -> Vec<(&'static str, Value)> {
        self.0.into_iter().map(|(name, absorbing)| (name, absorbing.finish())).collect()
    }
}

impl fmt::Debug for Absorbing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
